"""Training against the textbook network, by identities, and what it allocates."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import reference
from numpy.testing import assert_allclose
from registries import STOCHASTIC

from skmlp import TwoLayerClassifier
from skmlp.activations import ACTIVATIONS
from skmlp.losses import LOSSES
from skmlp.solvers import SOLVERS

# What the reference is called with for each solver of the estimator.
REFERENCE_SOLVERS = {
    "adam": (reference.adam, {}),
    "adamw": (reference.adam, {"weight_decay": 0.05}),
    "sgd": (reference.sgd, {}),
}


def continued(weights, classes=range(4), **params):
    """Return an estimator with these weights that `fit` trains on."""
    return TwoLayerClassifier.from_weights(
        [weights["W1"], weights["W2"]],
        [weights["b1"], weights["b2"]],
        classes=classes,
        warm_start=True,
        **{"learning_rate": "constant", "standardize": False} | params,
    )


def assert_same_weights(clf, weights, rtol=1e-9):
    assert_allclose(clf.coefs_[0], weights["W1"], rtol=rtol, atol=rtol)
    assert_allclose(clf.coefs_[1], weights["W2"], rtol=rtol, atol=rtol)
    assert_allclose(clf.intercepts_[0], weights["b1"], rtol=rtol, atol=rtol)
    assert_allclose(clf.intercepts_[1], weights["b2"], rtol=rtol, atol=rtol)


def train_both(problem, weights, solver, *, alpha=0.05, solver_options=None, **options):
    """Train five epochs by skmlp and by the textbook on the same batches of 16."""
    X, y, sample_weight = problem
    learn, defaults = REFERENCE_SOLVERS[solver]
    clf = continued(
        weights,
        classes=range(4) if y.ndim == 1 else None,
        solver=solver,
        alpha=alpha,
        batch_size=16,
        sampling="sequential",
        learning_rate_init=0.01,
        max_iter=5,
        **options,
        **(solver_options or {}),
    ).fit(X, y, sample_weight)
    expected = reference.train(
        lambda *args: learn(*args, **defaults, **(solver_options or {})),
        weights,
        X,
        y,
        rate=0.01,
        batch_size=16,
        n_epochs=5,
        sample_weight=sample_weight,
        alpha=0.0 if SOLVERS[solver].decouples_decay else alpha,
        **options,
    )
    return clf, expected


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_solver_follows_the_textbook(solver, loss, problem, weights):
    assert_same_weights(*train_both(problem, weights, solver, loss=loss))


@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_several_labels_follow_the_textbook(
    solver, loss, label_smoothing, several, weights
):
    options = {"loss": loss, "label_smoothing": label_smoothing}
    assert_same_weights(*train_both(several, weights, solver, **options))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation_follows_the_textbook(activation, problem, weights):
    assert_same_weights(*train_both(problem, weights, "sgd", activation=activation))


@pytest.mark.parametrize("nesterovs_momentum", [True, False])
@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_momentum_follows_the_textbook(momentum, nesterovs_momentum, problem, weights):
    options = {"momentum": momentum, "nesterovs_momentum": nesterovs_momentum}
    assert_same_weights(*train_both(problem, weights, "sgd", solver_options=options))


def test_label_smoothing_follows_the_textbook(problem, weights):
    assert_same_weights(*train_both(problem, weights, "adam", label_smoothing=0.3))


def test_lbfgs_follows_the_textbook(problem, weights):
    X, y, sample_weight = problem
    clf = continued(weights, solver="lbfgs", alpha=0.05, max_iter=5, tol=0.0)
    clf.fit(X, y, sample_weight)
    weight = sample_weight / sample_weight.sum()
    expected = reference.lbfgs(weights, X, y, weight, max_iter=5, alpha=0.05)
    assert_same_weights(clf, expected)


@pytest.mark.parametrize("loss", LOSSES)
def test_lbfgs_of_weighed_labels_follows_the_textbook(loss, several, weights):
    X, y, sample_weight = several
    ratios = np.array([[1.0, 2.0], [3.0, 1.0], [1.0, 0.5], [0.25, 4.0]])
    asked = [dict(enumerate(pair)) for pair in ratios.tolist()]
    options = {"alpha": 0.05, "loss": loss, "label_smoothing": 0.1}
    make = {"solver": "lbfgs", "max_iter": 5, "tol": 0.0, "class_weight": asked}
    clf = continued(weights, None, **make, **options).fit(X, y, sample_weight)
    counts = ratios[np.arange(4), y]
    mean = np.average(counts.mean(axis=1), weights=sample_weight)
    expected = reference.lbfgs(
        weights,
        X,
        y,
        sample_weight / sample_weight.sum(),
        max_iter=5,
        weights_of_labels=counts / mean,
        **options,
    )
    assert_same_weights(clf, expected)


def test_lbfgs_converges_to_a_stationary_point(problem, weights):
    X, y, _ = problem
    params = {"solver": "lbfgs", "alpha": 0.1, "activation": "tanh"}
    clf = continued(weights, **params, max_iter=2000, tol=1e-9).fit(X, y)
    fitted = {
        "W1": clf.coefs_[0],
        "W2": clf.coefs_[1],
        "b1": clf.intercepts_[0],
        "b2": clf.intercepts_[1],
    }
    uniform = np.full(len(y), 1 / len(y))
    _, gradient = reference.objective(
        fitted, X, y, uniform, alpha=0.1, activation="tanh"
    )
    assert clf.n_iter_ < 2000
    assert max(np.abs(g).max() for g in gradient.values()) < 1e-5


def test_clipping_bounds_the_length_of_a_step(problem, weights):
    X, y, _ = problem
    params = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 1.0}
    clf = continued(weights, **params, batch_size=None, max_grad_norm=0.01)
    clf.partial_fit(X, y)
    after = (*clf.coefs_, *clf.intercepts_)
    before = (weights[name] for name in ("W1", "W2", "b1", "b2"))
    squares = [((a - b) ** 2).sum() for a, b in zip(after, before, strict=True)]
    assert sum(squares) == pytest.approx(0.01**2, rel=1e-9)


def test_clipping_leaves_short_gradients_alone(problem):
    X, y, _ = problem
    bounded, free = (
        TwoLayerClassifier(5, random_state=0, max_iter=3, max_grad_norm=bound).fit(X, y)
        for bound in (1e6, None)
    )
    np.testing.assert_array_equal(bounded.coefs_[0], free.coefs_[0])


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_integer_weights_equal_repeated_rows_in_full_batches(problem, solver, loss):
    X, y, _ = problem
    counts = np.random.default_rng(3).integers(0, 4, size=len(y))
    counts[:4] = 1
    make = {"solver": solver, "loss": loss, "batch_size": None, "max_iter": 10}
    weighted = TwoLayerClassifier(5, random_state=0, **make).fit(X, y, counts)
    repeated = TwoLayerClassifier(5, random_state=0, **make).fit(
        X.repeat(counts, axis=0), y.repeat(counts)
    )
    assert_allclose(weighted.coefs_[0], repeated.coefs_[0], rtol=1e-7, atol=1e-9)


def test_class_weight_multiplies_sample_weight(problem):
    X, y, sample_weight = problem
    by_class = {0: 2.0, 1: 0.5, 2: 1.0, 3: 3.0}
    make = {"random_state": 0, "max_iter": 5, "batch_size": 16}
    both = TwoLayerClassifier(5, class_weight=by_class, **make).fit(X, y, sample_weight)
    product = sample_weight * np.array([by_class[label] for label in y])
    by_sample = TwoLayerClassifier(5, **make).fit(X, y, product)
    np.testing.assert_array_equal(both.coefs_[0], by_sample.coefs_[0])


def test_scale_of_the_weights_does_not_matter(problem):
    X, y, sample_weight = problem
    make = {"random_state": 0, "max_iter": 5, "batch_size": 16}
    once = TwoLayerClassifier(5, **make).fit(X, y, sample_weight)
    fourfold = TwoLayerClassifier(5, **make).fit(X, y, 4 * sample_weight)
    assert_allclose(once.coefs_[0], fourfold.coefs_[0], rtol=1e-12)


def test_a_batch_of_zero_weights_is_harmless(problem):
    X, y, _ = problem
    sample_weight = np.ones(len(y))
    sample_weight[16:32] = 0.0
    make = {"random_state": 0, "max_iter": 2, "batch_size": 16, "alpha": 0.0}
    make |= {"sampling": "sequential", "solver": "sgd", "momentum": 0.0}
    make |= {"learning_rate": "constant", "learning_rate_init": 0.001}
    with_zeros = TwoLayerClassifier(5, **make).fit(X, y, sample_weight)
    # The last batch has 2 rows, the others 16: the same batches but one.
    kept = sample_weight > 0
    scaled = {"learning_rate_init": 0.001 * len(y) / kept.sum()}
    without = TwoLayerClassifier(5, **make | scaled).fit(X[kept], y[kept])
    assert_allclose(with_zeros.coefs_[0], without.coefs_[0], rtol=1e-12)


@pytest.mark.parametrize("copies", [2, 5])
def test_penalty_of_gradient_descent_does_not_depend_on_the_number_of_rows(
    problem, copies
):
    X, y, _ = problem
    make = {"random_state": 0, "alpha": 1.0, "solver": "sgd", "learning_rate_init": 0.1}
    once = TwoLayerClassifier(5, **make, batch_size=None).fit(X, y)
    many = TwoLayerClassifier(5, **make, batch_size=None).fit(
        np.tile(X, (copies, 1)), np.tile(y, copies)
    )
    assert_allclose(once.coefs_[0], many.coefs_[0], rtol=1e-9, atol=1e-12)


def test_penalty_shrinks_weights_alike_for_every_batch_size(problem):
    X, y, _ = problem
    # On a constant feature of zero only the penalty moves W1: exactly (1 - rate alpha)
    # a step, whatever the batch.
    X = np.zeros_like(X)
    make = {"random_state": 0, "alpha": 0.5, "solver": "sgd", "momentum": 0.0}
    make |= {"learning_rate_init": 0.1, "weight_init": "normal"}
    make |= {"learning_rate": "constant"}
    steps_of = {10: 5, 25: 2, 50: 1}
    norms = {
        size: np.linalg.norm(
            TwoLayerClassifier(5, **make, batch_size=size, max_iter=1)
            .fit(X, y)
            .coefs_[0]
        )
        for size in steps_of
    }
    start = norms[50] / 0.95
    for size, n_steps in steps_of.items():
        assert norms[size] == pytest.approx(start * 0.95**n_steps, rel=1e-12)


@pytest.mark.parametrize("sampling", ["shuffle", "sequential", "replacement"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_same_seed_gives_the_same_bits(problem, solver, sampling):
    X, y, _ = problem
    make = {"solver": solver, "sampling": sampling, "batch_size": 16, "max_iter": 3}
    dropout = {} if solver == "lbfgs" else {"dropout": 0.5, "input_dropout": 0.2}
    one, two = (
        TwoLayerClassifier(5, random_state=7, **make, **dropout).fit(X, y)
        for _ in range(2)
    )
    np.testing.assert_array_equal(one.coefs_[0], two.coefs_[0])
    np.testing.assert_array_equal(one.intercepts_[1], two.intercepts_[1])


def test_other_seed_gives_other_weights(problem):
    X, y, _ = problem
    one, two = (
        TwoLayerClassifier(5, random_state=seed, max_iter=1).fit(X, y)
        for seed in (0, 1)
    )
    assert not np.array_equal(one.coefs_[0], two.coefs_[0])


def test_same_seed_gives_the_same_bits_in_another_process():
    script = (
        "from sklearn.datasets import load_digits; from skmlp import *;"
        "X, y = load_digits(return_X_y=True);"
        "c = TwoLayerClassifier(9, dropout=0.2, max_iter=3, random_state=0).fit(X, y);"
        "bits = c.coefs_[0].tobytes().hex(), c.intercepts_[1].tobytes().hex()"
    )
    here = {}
    exec(script, here)
    there = subprocess.run(
        [sys.executable, "-c", f"{script}; print(*bits)"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert tuple(there.stdout.split()) == here["bits"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_float32_in_is_float32_through(digits, activation, loss, solver):
    X_train, X_test, y_train, _ = digits
    clf = TwoLayerClassifier(
        8, activation=activation, loss=loss, solver=solver, max_iter=1, dropout=0.1
    ).fit(X_train, y_train)
    assert {a.dtype for a in (*clf.coefs_, *clf.intercepts_)} == {np.dtype("float32")}
    assert clf.predict_proba(X_test).dtype == np.float32


@pytest.mark.parametrize("loss", LOSSES)
def test_float32_in_is_float32_through_where_labels_are_several(digits, loss):
    X_train, X_test, y_train, _ = digits
    Y = y_train[:, np.newaxis] >> np.arange(3) & 1
    make = {"max_iter": 1, "label_smoothing": 0.1, "class_weight": "balanced"}
    clf = TwoLayerClassifier(8, loss=loss, **make).fit(X_train, Y)
    assert {a.dtype for a in (*clf.coefs_, *clf.intercepts_)} == {np.dtype("float32")}
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        assert getattr(clf, method)(X_test).dtype == np.float32


def allocations_a_batch(X, y, n_hidden, batch_size, **params):
    """Return the largest number of bytes allocated between two steps of one epoch."""
    peaks = []

    def learning_rate(share):  # called once a batch
        current, peak = tracemalloc.get_traced_memory()
        peaks.append(peak - learning_rate.start)
        tracemalloc.reset_peak()
        learning_rate.start = current
        return 1.0

    learning_rate.start = 0
    tracemalloc.start()
    try:
        TwoLayerClassifier(
            n_hidden,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=0.001,
            max_iter=2,
            **params,
        ).fit(X, y)
    finally:
        tracemalloc.stop()
    n_batches = len(y) // batch_size
    return max(peaks[1:n_batches] + peaks[n_batches + 1 :])  # not between epochs


@pytest.mark.parametrize("solver", STOCHASTIC)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_batch_allocates_less_than_a_hidden_layer(activation, loss, solver):
    rng = np.random.default_rng(0)
    X, y = rng.integers(2, size=(1024, 100), dtype=np.uint8), np.arange(1024) % 10
    n_bytes = allocations_a_batch(
        X,
        y,
        n_hidden=128,
        batch_size=128,
        activation=activation,
        loss=loss,
        solver=solver,
        dropout=0.5,
        input_dropout=0.5,
        label_smoothing=0.1,
        max_grad_norm=1.0,
    )
    assert n_bytes < 128 * 128 * 4


@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_batch_of_several_labels_allocates_less_than_a_hidden_layer(
    loss, class_weight
):
    rng = np.random.default_rng(0)
    n_bytes = allocations_a_batch(
        X=rng.integers(2, size=(1024, 100), dtype=np.uint8),
        y=rng.integers(2, size=(1024, 10)),
        n_hidden=128,
        batch_size=128,
        loss=loss,
        class_weight=class_weight,
        label_smoothing=0.1,
    )
    assert n_bytes < 128 * 128 * 4


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_many_parameters_are_trained_as_few_are(solver):
    # 120,000 features of which all but six are zero: without a penalty the six are
    # trained as if they were alone, wherever in the long vector they stand.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 6)), np.arange(30) % 3
    places = [0, 1, 40_000, 70_000, 119_998, 119_999]
    wide = np.zeros((30, 120_000))
    wide[:, places] = X
    W1, W2 = rng.normal(size=(6, 2)), rng.normal(size=(2, 3))
    W1_wide = np.zeros((120_000, 2))
    W1_wide[places] = W1
    make = {"solver": solver, "alpha": 0.0, "max_iter": 3, "sampling": "sequential"}
    make["learning_rate_init"] = 0.01
    few = TwoLayerClassifier(2, weight_init=(W1, W2), **make).fit(X, y)
    many = TwoLayerClassifier(2, weight_init=(W1_wide, W2), **make).fit(wide, y)
    assert_allclose(many.coefs_[0][places], few.coefs_[0], rtol=1e-9)
    assert np.count_nonzero(many.coefs_[0]) == 12
