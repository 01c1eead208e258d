"""What DaskTwoLayerClassifier learns, tells and repeats; with and without processes."""

import dask
import dask.array as da
import numpy as np
import pytest
from cutting import cut, joined
from distributed import Client
from in_process import InProcess
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skmlp import TwoLayerClassifier
from skmlp.dask import DaskTwoLayerClassifier


def weights_of(clf):
    return [*clf.coefs_, *clf.intercepts_]


def assert_same(clf, other):
    for mine, yours in zip(weights_of(clf), weights_of(other), strict=True):
        assert_array_equal(mine, yours)
    assert clf.history_["loss"] == other.history_["loss"]


@pytest.fixture(scope="module")
def expected(images):
    """What is learnt where one call is made after the other."""
    return trained(InProcess(), images)


def trained(client, images, **params):
    few = {"hidden_layer_size": 8, "max_iter": 3, "n_replicas": 3}
    few |= {"rounds_per_epoch": 2, "outer_momentum": 0.5, "random_state": 0}
    few |= {"dropout": 0.1, "input_dropout": 0.1}
    return DaskTwoLayerClassifier(**few | {"client": client} | params).fit(*images)


def test_two_processes_learn_the_same(client, images, expected):
    assert_same(trained(client, images), expected)


@pytest.mark.parametrize("n_workers", [1, 3])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_any_number_of_workers_and_threads_learns_the_same(
    images, expected, n_workers, n_threads
):
    workers = {"n_workers": n_workers, "threads_per_worker": n_threads}
    with Client(processes=False, dashboard_address=":0", **workers) as client:
        assert_same(trained(client, images), expected)


@pytest.mark.parametrize("seed", range(1, 6))
def test_any_order_of_calls_learns_the_same(images, expected, seed):
    assert_same(trained(InProcess(seed), images), expected)


@pytest.mark.parametrize("sampling", ["shuffle", "sequential", "replacement"])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_every_sampling_and_solver_is_repeatable(images, solver, sampling):
    params = {"solver": solver, "sampling": sampling, "max_grad_norm": 1.0}
    first, second = (trained(InProcess(i), images, **params) for i in range(2))
    assert_same(first, second)
    assert first.history_["loss"][-1] < first.history_["loss"][0]


def test_another_seed_learns_something_else(images, expected):
    other = trained(InProcess(), images, random_state=1)
    assert not np.array_equal(other.coefs_[0], expected.coefs_[0])


@pytest.mark.parametrize("n_replicas", [1, 2, 6, 99])
@pytest.mark.parametrize("n_rounds", [1, 5, 20])
def test_any_number_of_replicas_and_rounds_learns(images, n_replicas, n_rounds):
    params = {"n_replicas": n_replicas, "rounds_per_epoch": n_rounds, "max_iter": 15}
    clf = trained(InProcess(), images, hidden_layer_size=32, **params)
    assert clf.score(*images) > 0.9


def test_rounds_may_be_more_than_rows(images):
    X, y = images[0][:12].rechunk((3, 64)), images[1][:12].rechunk(3)
    clf = trained(InProcess(), (X, y), rounds_per_epoch=9, n_replicas=4)
    assert len(clf.history_["loss"]) == 3


def test_one_step_of_many_replicas_is_one_step_on_all_rows(digits):
    X, y = digits[0][:1340], digits[2][:1340]
    params = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0, "max_iter": 1}
    params |= {"learning_rate": "constant", "learning_rate_init": 0.1}
    params |= {"batch_size": None, "random_state": 0}
    many = DaskTwoLayerClassifier(
        8, client=InProcess(), n_replicas=20, outer_momentum=0.0, **params
    ).fit(joined(*np.split(X, 20)), joined(*np.split(y, 20)))
    whole = TwoLayerClassifier(8, **params).fit(X, y)
    assert_allclose(many.coefs_[0], whole.coefs_[0], rtol=1e-4, atol=1e-6)


def test_history_has_an_entry_for_each_epoch(few, images, capsys):
    clf = few(verbose=True, monitor_train=True, scoring="f1_macro")
    X_val, y_val = images[0][:100], images[1][:100]
    clf.fit(*images, X_val=X_val, y_val=y_val)
    assert clf.history_.keys() > {"loss", "train_loss", "val_accuracy", "f1_macro"}
    assert all(len(column) == 3 for column in clf.history_.values())
    assert clf.history_["epoch"] == [1, 2, 3]
    lines = capsys.readouterr().out.splitlines()
    assert [int(line.split()[1]) for line in lines if "epoch " in line] == [1, 2, 3]


def test_learning_rates_follow_the_schedule(few, images):
    clf = few(learning_rate="exponential", learning_rate_init=0.01, max_iter=4)
    rates = clf.fit(*images).history_["learning_rate"]
    whole = TwoLayerClassifier(
        8, learning_rate="exponential", learning_rate_init=0.01, max_iter=4, alpha=0.1
    ).fit(*dask.compute(*images))
    assert_allclose(rates, whole.history_["learning_rate"], rtol=0.05)


def test_validation_data_may_be_of_this_process(few, images):
    X_val, y_val = dask.compute(images[0][:100], images[1][:100])
    given = few().fit(*images, X_val=X_val, y_val=y_val, sample_weight_val=y_val + 1)
    weight = images[1][:100] + 1
    blocks = {"X_val": images[0][:100], "y_val": images[1][:100]}
    asked = few().fit(*images, **blocks, sample_weight_val=weight)
    assert given.history_["val_loss"] == asked.history_["val_loss"]


def test_early_stopping_keeps_the_best_epoch(few, images):
    scores = iter([0.1, 0.9, 0.5, 0.4, 0.3])
    blocks = {"X_val": images[0][:100], "y_val": images[1][:100]}
    clf = few(
        early_stopping=True,
        scoring=lambda *_: next(scores),
        n_iter_no_change=2,
        max_iter=5,
        learning_rate="constant",
    ).fit(*images, **blocks)
    assert (clf.n_iter_, clf.best_epoch_) == (4, 2)
    short = few(max_iter=2, learning_rate="constant").fit(*images)
    assert all(map(np.array_equal, weights_of(clf), weights_of(short)))


def test_early_stopping_needs_validation_data(few, images):
    with pytest.raises(ValueError, match="early_stopping=True needs validation data"):
        few(early_stopping=True).fit(*images)
    with pytest.raises(ValueError, match="y_val is missing"):
        few().fit(*images, X_val=images[0])


@pytest.mark.parametrize("solver", ["lbfgs"])
def test_solvers_of_all_rows_at_once_are_refused(few, images, solver):
    with pytest.raises(ValueError, match=r"solver='lbfgs' needs all rows.*'adamw'"):
        few(solver=solver).fit(*images)


@pytest.mark.parametrize("solver", ["sgd", "adamw"])
def test_two_fits_are_one_with_warm_start(few, images, solver):
    params = {"learning_rate": "constant", "warm_start": True, "solver": solver}
    clf = few(max_iter=2, **params).fit(*images)
    clf.set_params(max_iter=3).fit(*images)
    assert_same(clf, few(max_iter=5, **params).fit(*images))


def test_warm_start_wants_the_same_network(few, images):
    clf = few(warm_start=True).fit(*images)
    with pytest.raises(ValueError, match="the number of features changed from 64 to 9"):
        clf.fit(images[0][:, :9], images[1])
    assert clf.n_features_in_ == 64


def test_training_goes_on_alone(few, images):
    X, y = dask.compute(*images)
    clf = few(warm_start=True).fit(*images)
    local = clf.to_local()
    loss = clf.history_["loss"][-1]
    assert local.partial_fit(X, y).history_["loss"][-1] < loss
    again = clf.to_local().fit(X, y)
    assert again.n_iter_ == 6
    assert again.history_["loss"][-1] < loss
    assert clf.n_iter_ == 3


def test_training_that_diverges_leaves_the_estimator(few, images):
    clf = few(solver="sgd", learning_rate_init=1e30)
    with pytest.raises(ValueError, match=r"diverged in epoch 1\. Lower learning_rate_"):
        clf.fit(*images)
    assert not hasattr(clf, "classes_")


def test_training_that_diverges_late_restores_a_better_epoch(few, images):
    clf = few(learning_rate=lambda share: 1e30 if share > 0.7 else 1.0)
    with pytest.warns(ConvergenceWarning, match="diverged in epoch 3.*of epoch 2 are"):
        clf.fit(*images)
    assert all(np.isfinite(weights).all() for weights in weights_of(clf))


def test_a_schedule_that_returns_no_number_is_named(few, images):
    with pytest.raises(ValueError, match="learning_rate must return a finite number"):
        few(learning_rate=lambda share: np.nan).fit(*images)


class Recorder:
    """Remember every hook; ask to stop after some epochs."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.calls, self.losses, self.weights = [], [], []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X=None, fitted_estimator=None):
        self.calls.append(f"end {context.task_name}")
        if context.task_name == "epoch":
            assert isinstance(fitted_estimator, DaskTwoLayerClassifier)
            assert isinstance(X, da.Array)
            self.losses.append(fitted_estimator.history_["loss"][-1])
            self.weights.append(fitted_estimator.coefs_[0])
        return len(self.losses) == self.stop_after

    def teardown(self, estimator, context):
        self.calls.append("teardown")


def test_callbacks_are_called_around_fit_and_each_epoch(few, images):
    pytest.importorskip("sklearn.callback", reason="callbacks came with 1.9")
    recorder = Recorder(stop_after=2)
    clf = few(learning_rate="constant").set_callbacks(recorder).fit(*images)
    epoch = ["begin epoch", "end epoch"]
    begin, end = ["setup", "begin fit"], ["end fit", "teardown"]
    assert recorder.calls == begin + 2 * epoch + end
    assert recorder.losses == clf.history_["loss"]
    assert_array_equal(recorder.weights[-1], clf.coefs_[0])
    short = few(learning_rate="constant", max_iter=2).fit(*images)
    assert_array_equal(clf.coefs_[0], short.coefs_[0])


def test_the_digits_in_scrambled_blocks_are_told_apart_nearly_as_on_one_machine(digits):
    X, X_test, y, y_test = digits
    ends = range(169, 1347, 169)
    blocks = [*zip(cut(X, *ends), cut(y, *ends), strict=True)]
    seeds = range(5)
    lost = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(blocks))
        given = [joined(*(blocks[i][part] for i in order)) for part in (0, 1)]
        params = {"hidden_layer_size": 64, "random_state": seed}
        clf = DaskTwoLayerClassifier(client=InProcess(seed), n_replicas=8, **params)
        clf.fit(*given)
        local = TwoLayerClassifier(**params).fit(X, y)
        lost.append(local.score(X_test, y_test) - clf.score(X_test, y_test))
    assert np.mean(lost) < 0.008  # of 12 seeds 0.003 on average, deviation 0.0036
