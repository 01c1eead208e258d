"""Units trained by several threads: what one thread makes of them, but for rounding."""

import numpy as np
import pytest
import reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from several import (
    N_CLASSES,
    N_FEATURES,
    N_HIDDEN,
    N_ROWS,
    arrays,
    bits,
    helpers,
    n_threads_of,
    network,
    table,
)

from skmlp import TwoLayerClassifier
from skmlp._core.batches import SAMPLINGS, Batches
from skmlp._core.network import Workspace
from skmlp._core.objective import Objective
from skmlp._core.parameters import Parameters
from skmlp._parallel.units import InSeveralThreads, Units, parts_of
from skmlp._targets.one_label import OneLabel
from skmlp.activations import ACTIVATIONS
from skmlp.losses import LOSSES
from skmlp.solvers import SOLVERS

STOCHASTIC = [name for name, solver in SOLVERS.items() if solver.is_stochastic]


def assert_close(clf, other):
    """Mind differences between networks that rounding does not explain."""
    for mine, theirs in zip(arrays(clf), arrays(other), strict=True):
        assert_allclose(mine, theirs, rtol=0, atol=1e-11 * np.abs(theirs).max())
    for name in clf.history_.keys() - {"seconds"}:
        assert_allclose(clf.history_[name], other.history_[name], rtol=1e-10)


def assert_threads_change_rounding_alone(X, y, n_jobs=2, weights=None, **params):
    """Fit by one thread and by several; return the latter."""
    weights = weights or {}
    one, several = (network(n, **params) for n in (1, n_jobs))
    assert n_threads_of(one, X, y, **weights) == 1
    assert n_threads_of(several, X, y, **weights) == n_jobs
    assert_close(several, one)
    return several


@pytest.mark.parametrize("n_jobs", [2, 3, 4])
def test_any_number_of_threads_learns_the_same(n_jobs):
    # A further thread is worth n² times 3 million multiplications; on a machine of two
    # cores three and four are more threads than cores.
    units = {"hidden_layer_size": N_HIDDEN * n_jobs**2 // 4 + 7}
    assert_threads_change_rounding_alone(*table(), n_jobs=n_jobs, **units)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_threads_learn_the_same_with_every_activation(activation):
    assert_threads_change_rounding_alone(*table(), activation=activation)


@pytest.mark.parametrize("solver", STOCHASTIC)
@pytest.mark.parametrize("loss", LOSSES)
def test_threads_learn_the_same_with_every_solver_and_loss(loss, solver):
    assert_threads_change_rounding_alone(*table(), solver=solver, loss=loss)


OPTIONS = {
    "no momentum": {"solver": "sgd", "momentum": 0.0},
    "classical momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "decays that change units": {"beta_1": 0.0, "beta_2": 0.01},
    "no penalty": {"solver": "adam", "alpha": 0.0},
    "no intercept": {"fit_intercept": False},
    "not standardised": {"standardize": False},
    "smoothed labels": {"label_smoothing": 0.2},
    "class weights": {"class_weight": "balanced"},
    "in the order of X": {"sampling": "sequential"},
    "drawn": {"sampling": "replacement"},
    "training rows measured": {"monitor_train": True},
    "features dropped": {"input_dropout": 0.2},
    "units dropped, but none of them": {"dropout": 1e-13, "sampling": "sequential"},
    "stopped early": {"early_stopping": True, "validation_fraction": 0.4},
    "a solver with options": {"solver": SOLVERS["adam"](beta_1=0.5)},
}
# Fewer rows to train on take fewer steps.
LONGER = {"stopped early": {"max_iter": 16}}


@pytest.mark.parametrize("name", OPTIONS)
def test_threads_learn_the_same_whatever_is_asked_for(name):
    options = OPTIONS[name] | LONGER.get(name, {})
    assert_threads_change_rounding_alone(*table(), **options)


@pytest.mark.parametrize("n_classes", [2, 3, 30])
def test_threads_learn_the_same_for_few_outputs_and_many(n_classes):
    X, _ = table()
    assert_threads_change_rounding_alone(X, np.arange(len(X)) % n_classes)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("loss", LOSSES)
def test_threads_learn_the_same_where_labels_are_several(loss, class_weight):
    X, y = table()
    Y = y[:, np.newaxis] >> np.arange(3) & 1
    options = {"loss": loss, "class_weight": class_weight, "monitor_train": True}
    assert_threads_change_rounding_alone(X, Y, **options)


def test_threads_learn_the_same_from_weighted_rows():
    X, y = table()
    weight = np.random.default_rng(1).uniform(0, 3, len(y)) * (y != 2)
    weights = {"sample_weight": weight}
    assert_threads_change_rounding_alone(X, y, weights=weights)


def test_threads_learn_the_same_where_the_last_batch_is_smaller():
    assert_threads_change_rounding_alone(*table(2 * N_ROWS + 1), max_iter=6)


def test_threads_learn_the_same_from_batches_of_several_blocks():
    # Of so many numbers per row two megabytes hold fewer than 500 rows.
    X, y = table(1000)
    sampled = {"sampling": "replacement", "max_iter": 16}
    assert_threads_change_rounding_alone(X, y, batch_size=None, **sampled)
    assert_threads_change_rounding_alone(X, y, batch_size=900, max_iter=8)


KINDS = {
    "uint8": lambda X: (20 * X + 120).astype(np.uint8),
    "column by column": np.asfortranarray,
    "sparse": sparse.csr_array,
    "far from zero": lambda X: X + 1e9,
    "outliers": lambda X: np.where(np.arange(X.size).reshape(X.shape) % 999, X, 1e6),
    "constant columns": lambda X: X * (np.arange(X.shape[1]) % 5 > 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_threads_learn_the_same_from_every_kind_of_X(kind):
    X, y = table()
    params = {"dtype": "float64", "monitor_train": True}
    assert_threads_change_rounding_alone(KINDS[kind](X), y, **params)


def test_threads_learn_float32_as_well():
    X, y = table(dtype=np.float32)
    one, two = network(1, learning_rate="constant").fit(X, y), network(2)
    assert n_threads_of(two, X, y) == 2
    assert two.coefs_[0].dtype == np.float32
    assert_allclose(
        two.coefs_[0], one.coefs_[0], atol=1e-4 * np.abs(one.coefs_[0]).max()
    )


def test_threads_stop_early_at_the_same_epoch():
    # The labels say nothing: the best epoch is one of the first.
    X, _ = table()
    y = np.random.default_rng(1).integers(N_CLASSES, size=len(X))
    stops = {"early_stopping": True, "validation_fraction": 0.4, "max_iter": 50}
    several = assert_threads_change_rounding_alone(X, y, n_iter_no_change=3, **stops)
    assert several.n_iter_ < 50
    assert several.best_epoch_ <= several.n_iter_ - 3


def from_weights(weights, n_jobs, **params):
    """Return a network with these weights that `fit` trains on, as they are."""
    clf = network(n_jobs, **params)
    kept = clf.get_params() | {"warm_start": True, "standardize": False}
    del kept["hidden_layer_size"]
    coefs, intercepts = [weights["W1"], weights["W2"]], [weights["b1"], weights["b2"]]
    return TwoLayerClassifier.from_weights(
        coefs, intercepts, classes=range(N_CLASSES), **kept
    )


@pytest.mark.parametrize(
    ("solver", "learn", "options"),
    [
        ("adam", reference.adam, {}),
        ("adamw", reference.adam, {"weight_decay": 0.01}),
        ("sgd", reference.sgd, {}),
    ],
)
def test_threads_follow_the_textbook(solver, learn, options):
    X, y = table()
    rng = np.random.default_rng(1)
    shapes = {"W1": (N_FEATURES, N_HIDDEN), "b1": (N_HIDDEN,)}
    shapes |= {"W2": (N_HIDDEN, N_CLASSES), "b2": (N_CLASSES,)}
    weights = {k: rng.normal(scale=0.05, size=shape) for k, shape in shapes.items()}
    clf = from_weights(
        weights, 2, solver=solver, activation="gelu", sampling="sequential"
    )
    sample_weight = rng.uniform(0.1, 3.0, len(y))
    assert n_threads_of(clf, X, y, sample_weight=sample_weight) == 2
    expected = reference.train(
        lambda *args: learn(*args, **options),
        weights,
        X,
        y,
        rate=0.003,
        batch_size=N_ROWS,
        n_epochs=8,
        sample_weight=sample_weight,
        alpha=0.0 if options else 0.01,
        activation="gelu",
    )
    for name, mine in zip(("W1", "W2", "b1", "b2"), arrays(clf), strict=True):
        theirs = expected[name]
        assert_allclose(mine, theirs, rtol=0, atol=1e-10 * np.abs(theirs).max())


DROPS = {"dropout": 0.3, "input_dropout": 0.1}


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_a_number_of_threads_gives_the_same_bits_each_time(n_jobs):
    X, y = table(dtype=np.float32)
    units = {"hidden_layer_size": N_HIDDEN * n_jobs**2 // 4 + 7}
    fits = [network(n_jobs, **DROPS, **units) for _ in range(3)]
    assert {n_threads_of(clf, X, y) for clf in fits} == {n_jobs}
    assert len({bits(clf) for clf in fits}) == 1


@pytest.mark.parametrize("solver", STOCHASTIC)
@pytest.mark.parametrize("drops", [{}, DROPS], ids=["", "dropout"])
def test_two_fits_are_one_of_twice_the_epochs(solver, drops):
    X, y = table()
    params = {"solver": solver, "learning_rate": "constant", **drops}
    twice = network(2, max_iter=8, warm_start=True, **params).fit(X, y).fit(X, y)
    once = network(2, max_iter=16, **params).fit(X, y)
    assert bits(twice) == bits(once)
    assert twice.loss_curve_ == once.loss_curve_


def test_what_several_threads_remember_one_goes_on_with_and_back():
    X, y = table()
    params = {"learning_rate": "constant", "warm_start": True}
    mixed, one = network(2, **params), network(1, **params)
    for n_jobs in (2, 1, 2):
        mixed.set_params(n_jobs=n_jobs).fit(X, y)
        one.fit(X, y)
    assert_close(mixed, one)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_threads_learn_the_same_from_chunks(solver):
    X, y = table(32 * 16, 3200)
    one, two = (network(n, batch_size=32, solver=solver) for n in (1, 2))
    for chunk in (slice(None), slice(0, 100), slice(None)):  # the second by one thread
        for clf in (one, two):
            clf.partial_fit(X[chunk], y[chunk], classes=range(N_CLASSES))
    assert bits(one) != bits(two)
    assert_close(two, one)


def test_units_that_begin_alike_are_dropped_apart():
    # Both halves of the units have the same weights. They are trained alike, each by a
    # thread, until other units of the one are dropped than of the other.
    X, y = table()
    rng = np.random.default_rng(1)
    halves = N_HIDDEN // 2
    W1, W2 = rng.normal(size=(N_FEATURES, halves)), rng.normal(size=(halves, N_CLASSES))
    weights = np.hstack([W1, W1]), np.vstack([W2, W2])
    alike = network(2, weight_init=weights).fit(X, y).coefs_[0]
    apart = network(2, weight_init=weights, dropout=0.1).fit(X, y).coefs_[0]
    assert_array_equal(alike[:, :halves], alike[:, halves:])
    assert (apart[:, :halves] != apart[:, halves:]).any(axis=0).all()


@pytest.mark.parametrize("n_parts", [1, 2, 3, 8])
@pytest.mark.parametrize("n_units", [1, 15, 16, 17, 31, 33, 100, 128, 1000])
def test_parts_are_all_units_about_equal_and_each_begins_a_line_of_the_cache(
    n_units, n_parts
):
    parts = [range(n_units)[part] for part in parts_of(n_units, n_parts)]
    assert [unit for part in parts for unit in part] == [*range(n_units)]
    assert all(part.start % 16 == 0 for part in parts)
    assert len(parts) == min(n_parts, -(-n_units // 16))
    lengths = [-(-len(part) // 16) for part in parts]
    assert max(lengths) - min(lengths) <= 1
    assert min(map(len, parts)) > 0


@pytest.mark.parametrize("n_hidden", [1, 16, 17])
def test_few_units_of_many_features_are_trained_by_one_thread_where_they_are_one_part(
    n_hidden,
):
    X, y = np.random.default_rng(0).random((N_ROWS, 6400)), np.arange(N_ROWS) % 3
    params = {"max_iter": 16, "hidden_layer_size": n_hidden}
    assert n_threads_of(network(2, **params), X, y) == 1 + (n_hidden > 16)


class FailingRows:
    """Rows of X, but for one time that they are asked for."""

    def __init__(self, X, fails_at):
        self.X, self.n_left = X, fails_at

    def __getitem__(self, key):
        self.n_left -= 1
        if self.n_left == 0:
            raise OSError("no such disk")
        return self.X[key]


def small_learner(X, params, fails_at):
    """Return what trains 64 units of 6 features by four threads, by plain SGD."""
    relu, alpha, n_rows = ACTIVATIONS["relu"], 0.0, 10
    solver = SOLVERS["sgd"](momentum=0.0)
    solver = solver.start(params.flat.size, params.n_weights, params.dtype)
    make = {"alpha": alpha, "block_rows": n_rows, "draws": False}
    units = [
        Units(part, params, solver, make_activation=lambda params, rng: relu, **make)
        for part in parts_of(64, 4)
    ]
    rows = [FailingRows(X, fails_at)] * 3
    workspace = Workspace(n_rows, *params.shape[1:], params.dtype)
    targets = OneLabel(np.arange(3), LOSSES["log_loss"](), label_smoothing=0.0)
    loss = LOSSES["log_loss"]()
    return InSeveralThreads(
        Objective(rows[0], relu, targets, loss, alpha, workspace), rows, units
    )


def train_an_epoch(learner, batches, losses):
    """Take steps, and note the loss before each."""
    rng = np.random.default_rng(0)
    with learner.training(), learner.epoch(batches, rng) as all_batches:
        for batch in all_batches:
            losses.append(learner.loss_and_grad(batch))
            learner.step(0.1)


@pytest.mark.parametrize("fails_at", [1, 2, 4])
def test_rows_that_cannot_be_gathered_end_the_epoch_with_what_was_learnt(fails_at):
    # The first are gathered by the thread that asks, others by one that helps.
    X, y = np.random.default_rng(0).normal(size=(40, 6)), np.arange(40) % 3
    params = Parameters(6, 64, 3, np.float64)
    params.weights[...] = np.random.default_rng(1).normal(size=params.n_weights)
    start = params.copy()
    learner = small_learner(X, params, fails_at)
    sampling = SAMPLINGS["sequential"]
    batches = Batches(y, np.ones(40), batch_size=10, block_rows=10, sampling=sampling)
    with pytest.raises(OSError, match="no such disk"):
        train_an_epoch(learner, batches, losses := [])
    assert helpers() == set()
    n_steps = len(losses)
    assert n_steps == fails_at - 1
    weights = {name: getattr(start, name) for name in ("W1", "b1", "W2", "b2")}
    expected = reference.train(
        lambda *args: reference.sgd(*args, momentum=0.0, nesterovs_momentum=False),
        weights,
        X[: 10 * n_steps],
        y[: 10 * n_steps],
        rate=0.1,
        batch_size=10,
        n_epochs=1,
        sample_weight=np.ones(10 * n_steps),
    )
    for name, array in expected.items():
        assert_allclose(getattr(params, name), array, rtol=1e-12, atol=1e-14)
