"""Scikit-learn's callbacks: alone, in a pipeline, in a grid search; snapshots."""

import signal
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import TwoLayerClassifier

pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")


class Recorder:
    """Remember every hook; ask to stop after some epochs."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.calls, self.epochs, self.predictions, self.weights = [], [], [], []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(f"begin {context.task_name}")

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, fitted_estimator=None
    ):
        self.calls.append(f"end {context.task_name}")
        if context.task_name == "epoch":
            self.epochs.append(fitted_estimator.n_iter_)
            self.weights.append(fitted_estimator.coefs_[0])
            self.predictions.append(fitted_estimator.predict(X))
            assert set(y) == set(fitted_estimator.classes_)
        return len(self.epochs) == self.stop_after

    def teardown(self, estimator, context):
        self.calls.append("teardown")


@pytest.fixture(scope="module")
def images():
    X, y = load_digits(return_X_y=True)
    return X[:400] / 16, y[:400]


def test_hooks_are_called_around_fit_and_each_epoch(images):
    recorder = Recorder()
    TwoLayerClassifier(5, max_iter=2).set_callbacks(recorder).fit(*images)
    epoch = ["begin epoch", "end epoch"]
    begin, end = ["setup", "begin fit"], ["end fit", "teardown"]
    assert recorder.calls == begin + 2 * epoch + end


def test_lbfgs_calls_them_for_each_iteration(images):
    recorder = Recorder()
    clf = TwoLayerClassifier(5, solver="lbfgs", max_iter=3).set_callbacks(recorder)
    clf.fit(*images)
    assert recorder.epochs == [1, 2, 3]
    assert recorder.calls.count("begin epoch") == 3


def test_lbfgs_ends_every_epoch_that_it_begins(images):
    recorder = Recorder()
    clf = TwoLayerClassifier(5, solver="lbfgs", alpha=10.0, tol=1e-3, max_iter=500)
    clf.set_callbacks(recorder).fit(*images)
    assert clf.n_iter_ < 500
    assert recorder.calls.count("begin epoch") == recorder.calls.count("end epoch")


def test_callbacks_are_given_the_frame_that_fit_was(images):
    from sklearn.callback import ScoringMonitor

    pandas = pytest.importorskip("pandas")
    X, y = images
    frame = pandas.DataFrame(X).rename(columns=str)
    monitor = ScoringMonitor(scoring="accuracy")
    clf = TwoLayerClassifier(5, max_iter=2).set_callbacks(monitor)
    clf.fit(frame, y)  # warnings are errors: none of feature names that are missing
    assert len(monitor.get_logs().data_as_pandas) == 2


def test_fitted_estimator_predicts_as_if_training_had_ended_then(images):
    recorder = Recorder()
    make = {"random_state": 0, "dropout": 0.2, "learning_rate": "constant"}
    TwoLayerClassifier(9, max_iter=3, **make).set_callbacks(recorder).fit(*images)
    for n_epochs, predicted in zip((1, 2, 3), recorder.predictions, strict=True):
        alone = TwoLayerClassifier(9, max_iter=n_epochs, **make).fit(*images)
        assert_array_equal(alone.predict(images[0]), predicted)


def dense(labels):
    return labels.toarray() if sparse.issparse(labels) else labels


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_callbacks_see_networks_of_several_labels(images, kind):
    X, y = images
    Y = kind(y[:, np.newaxis] >> np.arange(3) & 1)
    make = {"random_state": 0, "learning_rate": "constant"}
    seen = []

    class Look(Recorder):
        def on_fit_task_end(self, estimator, context, *, y=None, fitted_estimator=None):
            if context.task_name == "epoch":
                assert y is Y
                seen.append(fitted_estimator.predict(X))
                self.epochs.append(len(fitted_estimator.history_["loss"]))

    look = Look()
    TwoLayerClassifier(9, max_iter=3, **make).set_callbacks(look).fit(X, Y)
    assert look.epochs == [1, 2, 3]
    for n_epochs, predicted in enumerate(seen, start=1):
        alone = TwoLayerClassifier(9, max_iter=n_epochs, **make).fit(X, Y).predict(X)
        assert type(alone) is type(predicted)
        assert_array_equal(dense(alone), dense(predicted))


def test_a_callback_that_returns_true_stops_with_the_last_weights(images):
    make = {"random_state": 0, "learning_rate": "constant"}
    clf = TwoLayerClassifier(9, max_iter=50, **make)
    clf.set_callbacks(Recorder(stop_after=4)).fit(*images)
    short = TwoLayerClassifier(9, max_iter=4, **make).fit(*images)
    assert clf.n_iter_ == 4
    assert_array_equal(clf.coefs_[0], short.coefs_[0])


def test_a_callback_that_stops_early_stopping_leaves_the_best_weights(images):
    scores = iter([1, 3, 2, 2])
    clf = TwoLayerClassifier(9, early_stopping=True, scoring=lambda *_: next(scores))
    recorder = Recorder(stop_after=4)
    clf.set_callbacks(recorder).fit(*images)
    assert (clf.n_iter_, clf.best_epoch_) == (4, 2)
    assert_array_equal(clf.coefs_[0], recorder.weights[1])


def test_callbacks_do_not_change_what_is_learnt(images):
    watched, alone = (TwoLayerClassifier(9, random_state=0, max_iter=3) for _ in "ab")
    watched.set_callbacks(Recorder()).fit(*images)
    assert_array_equal(watched.coefs_[0], alone.fit(*images).coefs_[0])


def test_a_callback_that_raises_leaves_the_estimator_as_it_was(images):
    clf = TwoLayerClassifier(9, random_state=0, max_iter=3).fit(*images)
    before = clf.coefs_[0].copy()
    recorder = Recorder()
    recorder.predictions = None
    with pytest.raises(AttributeError, match="append"):
        clf.set_callbacks(recorder).fit(*images)
    assert recorder.calls[-1] == "teardown"
    assert_array_equal(clf.coefs_[0], before)


def test_monitor_in_a_grid_search_has_a_row_a_fit_and_epoch(images, capsys):
    from sklearn.callback import ProgressBar, ScoringMonitor

    monitor = ScoringMonitor(scoring="accuracy")
    clf = TwoLayerClassifier(5, max_iter=4).set_callbacks(monitor)
    pipe = make_pipeline(StandardScaler(), clf)
    grid = {"twolayerclassifier__hidden_layer_size": [5, 10]}
    search = GridSearchCV(pipe, grid, cv=3, n_jobs=2, refit=False)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(*images)
    table = monitor.get_logs().data_as_pandas
    assert len(table) == 2 * 3 * 4
    assert table["accuracy"].between(0, 1).all()


def test_progress_bar_shows_epochs(images, capsys):
    from sklearn.callback import ProgressBar

    clf = TwoLayerClassifier(5, max_iter=3).set_callbacks(ProgressBar())
    assert clf.fit(*images).n_iter_ == 3
    assert "TwoLayerClassifier" in capsys.readouterr().out


EXAMPLE = Path(__file__).parents[2] / "examples" / "scale" / "plot_snapshots.py"
KILLED = """
from pathlib import Path
exec(Path({example!r}).read_text().split("# %%")[0])  # up to what it runs

class Loud(Snapshots):
    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        super().on_fit_task_end(estimator, context, fitted_estimator=fitted_estimator)
        print("epoch", flush=True)

X, y = load_digits(return_X_y=True)
clf = TwoLayerClassifier(9, dropout=0.2, random_state=0, warm_start=True,
                         learning_rate="constant", max_iter=100_000)
clf.set_callbacks(Loud({path!r}, every=5)).fit(X / 16, y)
"""


def test_a_killed_run_goes_on_from_its_snapshot_to_the_same_weights(tmp_path):
    path = tmp_path / "snapshot.joblib"
    script = KILLED.format(example=str(EXAMPLE), path=str(path))
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as process:
        lines = (line for line in process.stdout if line.strip() == "epoch")
        for _ in range(13):
            next(lines)
        process.send_signal(signal.SIGKILL)
    left = joblib.load(path)
    X, y = load_digits(return_X_y=True)
    n_epochs = left.n_iter_ + 7
    left.set_params(max_iter=7).fit(X / 16, y)
    make = {"dropout": 0.2, "random_state": 0, "learning_rate": "constant"}
    whole = TwoLayerClassifier(9, max_iter=n_epochs, **make).fit(X / 16, y)
    assert left.n_iter_ == n_epochs >= 17
    assert_array_equal(left.coefs_[0], whole.coefs_[0])
    assert_array_equal(left.intercepts_[1], whole.intercepts_[1])
