"""Workers and clients that die or are slow: the weights are those of a quiet run.

A worker is killed by the schedule that is asked there, in the midst of a round.
"""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dask.array as da
import joblib
import numpy as np
import pytest
from clusters import cluster_of
from distributed import Client
from numpy.testing import assert_array_equal
from on_workers import Constant, KillsWorkers, Waits, wait_for
from snapshots import count_tasks, cut_digits

from skmlp.dask import DaskTwoLayerClassifier

MAKE = {"hidden_layer_size": 8, "max_iter": 3, "n_replicas": 3, "random_state": 0}
MAKE |= {"rounds_per_epoch": 2, "outer_momentum": 0.5, "dropout": 0.2}


@pytest.fixture(scope="module")
def mortal():
    """The client of two processes that may be killed: others take their place."""
    with cluster_of(2) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def undisturbed(mortal, images):
    return fitted(mortal, images, Constant())


def fitted(client, images, schedule, **params):
    client.wait_for_workers(len(client.cluster.worker_spec))
    clf = DaskTwoLayerClassifier(
        client=client, learning_rate=schedule, **{**MAKE, **params}
    )
    return clf.fit(*images)


def assert_same(clf, other):
    for mine, yours in zip(clf.coefs_, other.coefs_, strict=True):
        assert_array_equal(mine, yours)
    assert clf.history_["loss"] == other.history_["loss"]


@pytest.mark.parametrize("share", [0.01, 0.6])
def test_a_worker_is_killed_in_the_midst_of_a_round(
    mortal, images, undisturbed, tmp_path, share
):
    clf = fitted(mortal, images, KillsWorkers(tmp_path, share))
    assert [*tmp_path.iterdir()]
    assert_same(clf, undisturbed)


def test_all_workers_are_killed_and_with_them_the_network_that_was_sent(
    mortal, images, undisturbed, tmp_path
):
    clf = fitted(mortal, images, KillsWorkers(tmp_path, 0.4, times=2))
    assert len([*tmp_path.iterdir()]) == 2
    assert_same(clf, undisturbed)


def test_a_slow_worker_only_delays(mortal, images, undisturbed, tmp_path):
    slow = Waits(tmp_path, 0.5)
    with ThreadPoolExecutor() as pool:
        fitting = pool.submit(fitted, mortal, images, slow)
        wait_for(tmp_path / "reached")
        (other,) = (
            address
            for address, pid in mortal.run(os.getpid).items()
            if str(pid) != (tmp_path / "reached").read_text()
        )
        assert mortal.submit(sum, [1, 2], workers=[other]).result() == 3
        assert not fitting.done()
        (tmp_path / "go on").touch()
    assert_same(fitting.result(), undisturbed)


def scattered(client, images):
    """Return X of blocks that only workers hold."""
    X, y = images
    blocks = client.scatter([block.compute() for block in X.blocks])
    parts = [
        da.from_delayed(block, shape=X.blocks[i].shape, dtype=X.dtype)
        for i, block in enumerate(blocks)
    ]
    return da.concatenate(parts), y


def test_blocks_that_are_lost_for_ever_are_named_and_epochs_kept(
    mortal, images, undisturbed, tmp_path
):
    mortal.wait_for_workers(2)
    given = scattered(mortal, images)
    clf = DaskTwoLayerClassifier(client=mortal, **MAKE)
    clf.learning_rate = KillsWorkers(tmp_path, 0.7)  # in the third epoch
    with pytest.raises(
        RuntimeError, match=r"^Blocks? .*\d.* lost.*client\.scatter.*2\)"
    ):
        clf.fit(*given)
    assert clf.n_iter_ == 2
    assert clf.history_["loss"] == undisturbed.history_["loss"][:2]


def test_blocks_that_are_lost_before_an_epoch_is_over_leave_the_estimator(
    mortal, images, tmp_path
):
    mortal.wait_for_workers(2)
    given = scattered(mortal, images)
    clf = DaskTwoLayerClassifier(client=mortal, **MAKE)
    clf.learning_rate = KillsWorkers(tmp_path, 0.1)
    with pytest.raises(RuntimeError, match=r"^Blocks? .*\d.* lost"):
        clf.fit(*given)
    assert not hasattr(clf, "classes_")


def test_the_only_worker_is_killed(images, tmp_path):
    with cluster_of(1) as cluster, Client(cluster) as client:
        clf = fitted(client, images, KillsWorkers(tmp_path, 0.4))
        assert [*tmp_path.iterdir()]
        assert_same(clf, fitted(client, images, Constant()))


TRAINS = """
import sys
import dask.array as da
from distributed import Client
from skmlp.dask import DaskTwoLayerClassifier
from snapshots import Snapshots, cut_digits

if __name__ == "__main__":
    address, path, make = sys.argv[1], sys.argv[2], eval(sys.argv[3])
    with Client(address) as client:
        clf = DaskTwoLayerClassifier(max_iter=6, **make)
        clf.set_callbacks(Snapshots(path, kills_after=4)).fit(*cut_digits())
"""


def test_training_goes_on_from_a_snapshot_of_a_client_that_was_killed(client, tmp_path):
    pytest.importorskip("sklearn.callback", reason="callbacks came with 1.9")

    make = {**MAKE, "learning_rate": "constant", "warm_start": True}
    del make["max_iter"]
    path = tmp_path / "snapshot.joblib"
    script = tmp_path / "trains.py"
    script.write_text(TRAINS)
    command = [sys.executable, script, client.scheduler.address, path, repr(make)]
    here = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": here}
    killed = subprocess.run(command, env=environment, timeout=100)
    assert killed.returncode == -signal.SIGKILL
    left = joblib.load(path)
    assert left.n_iter_ == 4
    left.set_params(max_iter=2, client=client).fit(*cut_digits())
    whole = DaskTwoLayerClassifier(client=client, max_iter=6, **make)
    assert_same(left, whole.fit(*cut_digits()))


INTERRUPTED = """
import sys
import warnings
from distributed import Client
from on_workers import Waits
from skmlp.dask import DaskTwoLayerClassifier
from snapshots import count_tasks, cut_digits

if __name__ == "__main__":
    address, folder, make = sys.argv[1], sys.argv[2], eval(sys.argv[3])
    with Client(address) as client, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clf = DaskTwoLayerClassifier(learning_rate=Waits(folder, 0.7), **make)
        clf.fit(*cut_digits())
        while client.run_on_scheduler(count_tasks):
            pass
        print(clf.n_iter_, clf.history_["loss"], *(w.message for w in caught))
"""


def test_ctrl_c_keeps_the_epochs_that_are_over(client, tmp_path):
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED)
    command = [sys.executable, script, client.scheduler.address, tmp_path, repr(MAKE)]
    here = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": here}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True
    ) as training:
        wait_for(tmp_path / "reached")
        training.send_signal(signal.SIGINT)
        told, _ = training.communicate(timeout=60)
    (tmp_path / "go on").touch()
    make = {**MAKE, "learning_rate": Constant(), "client": client}
    whole = DaskTwoLayerClassifier(**make).fit(*cut_digits())
    assert told.startswith(f"2 {whole.history_['loss'][:2]}")
    assert "interrupted after 2 of 3 epochs; what was learnt is kept" in told


def test_nothing_is_left_on_the_cluster(client, images):
    DaskTwoLayerClassifier(client=client, **MAKE).fit(*images)
    with pytest.raises(ValueError, match=r"^Block \d: .*(NaN|infin)"):
        DaskTwoLayerClassifier(client=client, **MAKE).fit(images[0] * np.inf, images[1])
    while client.run_on_scheduler(count_tasks):  # what is released takes a moment
        pass
