"""Wide sparse X, where a step moves the weights of a batch's features alone."""

import tracemalloc

import numpy as np
import pytest
import reference
from numpy.testing import assert_allclose, assert_array_equal
from registries import STOCHASTIC
from scipy import sparse

from skmlp import TwoLayerClassifier
from skmlp._core.lazy_rows import has_few_features_per_batch

# As few weights as make X wide.
N_FEATURES, N_HIDDEN = 2**14, 16
FORMATS = {
    "csr_array": sparse.csr_array,
    "csr_matrix": sparse.csr_matrix,
    "csc_array": sparse.csc_array,
    "coo_array": sparse.coo_array,
    "int64 indices": lambda X: with_int64_indices(X),
}


def with_int64_indices(X):
    X = X.copy()
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


@pytest.fixture(scope="module")
def wide():
    """X of 60 rows in CSR, four numbers a row of 40 features, and y of 3 classes."""
    rng = np.random.default_rng(0)
    features = rng.choice(N_FEATURES, 40, replace=False)
    X = np.zeros((60, N_FEATURES))
    for row in X:
        row[rng.choice(features, 4, replace=False)] = rng.normal(size=4)
    return sparse.csr_array(X), np.arange(60) % 3


@pytest.fixture(scope="module")
def start():
    """Initial weights, biases zero."""
    rng = np.random.default_rng(1)
    return {
        "W1": rng.normal(size=(N_FEATURES, N_HIDDEN)),
        "W2": rng.normal(size=(N_HIDDEN, 3)),
        "b1": np.zeros(N_HIDDEN),
        "b2": np.zeros(3),
    }


def classifier(start, **params):
    defaults = {"weight_init": (start["W1"], start["W2"]), "random_state": 0}
    defaults |= {"batch_size": 10, "sampling": "sequential", "max_iter": 4}
    defaults |= {"learning_rate": "constant", "learning_rate_init": 0.01}
    return TwoLayerClassifier(N_HIDDEN, **defaults | {"standardize": False} | params)


def lazy_sgd(weights, gradient_of, batches, rate, *, seen, momentum, nesterov=True):
    """The textbook's, but a weight without a feature in the batch waits."""
    velocity = dict.fromkeys(weights, 0.0)
    for batch in batches:
        g = {k: seen(batch)[k] * v for k, v in gradient_of(weights, batch).items()}
        velocity = {k: momentum * velocity[k] - rate * g[k] for k in weights}
        step = velocity
        if nesterov:
            step = {k: momentum * velocity[k] - rate * g[k] for k in weights}
        weights = {k: weights[k] + seen(batch)[k] * step[k] for k in weights}
    return weights


def lazy_adam(weights, gradient_of, batches, rate, *, seen, weight_decay=0.0):
    """The textbook's, but a weight without a feature in the batch waits."""
    m = v = dict.fromkeys(weights, 0.0)
    decay = {k: weight_decay if k[0] == "W" else 0.0 for k in weights}
    for t, batch in enumerate(batches, start=1):
        g = {k: seen(batch)[k] * v for k, v in gradient_of(weights, batch).items()}
        m = {k: 0.9 * m[k] + 0.1 * g[k] for k in weights}
        v = {k: 0.999 * v[k] + 0.001 * g[k] ** 2 for k in weights}
        m_hat = {k: m[k] / (1 - 0.9**t) for k in weights}
        v_hat = {k: v[k] / (1 - 0.999**t) for k in weights}
        step = {k: m_hat[k] / (np.sqrt(v_hat[k]) + 1e-8) for k in weights}
        step = {k: rate * (step[k] + decay[k] * weights[k]) for k in weights}
        weights = {k: weights[k] - seen(batch)[k] * step[k] for k in weights}
    return weights


# The twin of each solver, and what it takes.
TWINS = {
    "adam": (lazy_adam, {}),
    "adamw": (lazy_adam, {}),
    "sgd": (lazy_sgd, {"momentum": 0.9}),
}


def twin(learn, wide, start, *, alpha=0.0, n_epochs=4, **options):
    """Return what a plain network of the same batches and steps learns."""
    X, y = wide[0].toarray(), wide[1]

    def seen(rows):
        has_numbers = (X[rows] != 0).any(axis=0).astype(float)[:, np.newaxis]
        return {"W1": has_numbers, "W2": 1.0, "b1": 1.0, "b2": 1.0}

    return reference.train(
        lambda *args: learn(*args, seen=seen, **options),
        start,
        X,
        y,
        rate=0.01,
        batch_size=10,
        n_epochs=n_epochs,
        sample_weight=np.ones(60),
        alpha=alpha,
    )


def all_weights(clf):
    return np.concatenate([a.ravel() for a in (*clf.coefs_, *clf.intercepts_)])


def named(clf):
    """Return the weights as the reference has them."""
    W1, W2, b1, b2 = *clf.coefs_, *clf.intercepts_
    return {"W1": W1, "W2": W2, "b1": b1, "b2": b2}


def assert_same_weights(clf, weights, rtol=1e-9):
    expected = np.concatenate([weights[k].ravel() for k in ("W1", "W2", "b1", "b2")])
    assert_allclose(all_weights(clf), expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("form", FORMATS)
def test_gradient_descent_is_that_of_the_dense_array(
    form, fit_intercept, loss, wide, start
):
    X, y = wide
    make = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0, "sampling": "shuffle"}
    make |= {"fit_intercept": fit_intercept, "loss": loss}
    lazy = classifier(start, **make).fit(FORMATS[form](X), y)
    dense = classifier(start, **make).fit(X.toarray(), y)
    assert_allclose(all_weights(lazy), all_weights(dense), rtol=1e-12, atol=1e-12)
    assert lazy.loss_ == pytest.approx(dense.loss_, rel=1e-12)
    assert lazy.intercepts_[0].any() == lazy.intercepts_[1].any() == fit_intercept


def test_gradient_descent_is_that_of_the_scaled_dense_array(wide, start):
    X, y = wide
    dense = X.toarray()
    spread = np.maximum(dense.std(axis=0), np.ptp(dense, axis=0) / 4)
    scale = 2 ** np.rint(np.log2(np.where(spread > 0, spread, 1.0)))
    make = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0, "weight_init": "he"}
    lazy = classifier(start, standardize=True, **make).fit(X, y)
    scaled = classifier(start, **make).fit(dense / scale, y)
    W1 = lazy.coefs_[0] * scale[:, np.newaxis]
    assert_allclose(W1, scaled.coefs_[0], rtol=1e-12, atol=1e-12)
    assert_allclose(lazy.intercepts_[0], scaled.intercepts_[0], atol=1e-12)


@pytest.mark.parametrize("nesterov", [True, False])
def test_momentum_waits_for_its_features(nesterov, wide, start):
    make = {"solver": "sgd", "nesterovs_momentum": nesterov, "alpha": 0.05}
    clf = classifier(start, momentum=0.8, **make).fit(*wide)
    expected = twin(lazy_sgd, wide, start, alpha=0.05, momentum=0.8, nesterov=nesterov)
    assert_same_weights(clf, expected)


def test_adam_waits_for_its_features(wide, start):
    clf = classifier(start, solver="adam", alpha=0.05).fit(*wide)
    assert_same_weights(clf, twin(lazy_adam, wide, start, alpha=0.05))


def test_adamw_shrinks_the_weights_of_the_batch_alone(wide, start):
    clf = classifier(start, solver="adamw", alpha=0.3).fit(*wide)
    assert_same_weights(clf, twin(lazy_adam, wide, start, weight_decay=0.3))


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_many_steps_wait_as_few_do(solver, wide, start):
    # So many that decaying scales are multiplied in more than once. The twin does
    # without the features that are in no row.
    learn, options = TWINS[solver]
    X, y = wide
    seen = np.unique(X.indices)
    narrow, begin = (X[:, seen], y), start | {"W1": start["W1"][seen]}
    clf = classifier(start, solver=solver, alpha=0.0, max_iter=50).fit(X, y)
    actual, expected = named(clf), twin(learn, narrow, begin, n_epochs=50, **options)
    actual["W1"] = actual["W1"][seen]
    for name, array in expected.items():
        assert_allclose(actual[name], array, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_features_never_seen_keep_their_weights_to_the_bit(
    solver, standardize, wide, start
):
    never = np.setdiff1d(np.arange(N_FEATURES), wide[0].indices)
    clf = classifier(start, solver=solver, standardize=standardize).fit(*wide)
    assert len(never) >= N_FEATURES - 40
    assert_array_equal(clf.coefs_[0][never], start["W1"][never])
    assert (clf.coefs_[0] != start["W1"]).any()


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_loss_holds_the_penalty_of_all_weights(solver, wide, start):
    X, y = wide
    make = {"solver": solver, "alpha": 0.05, "batch_size": None}
    after_three = classifier(start, max_iter=3, **make).fit(X, y)
    after_four = classifier(start, max_iter=4, **make).fit(X, y)
    loss = reference.objective(
        named(after_three), X.toarray(), y, np.full(60, 1 / 60), alpha=0.05
    )[0]
    assert after_four.loss_ == pytest.approx(loss, rel=1e-9)


def test_a_step_is_no_longer_than_max_grad_norm(wide, start):
    make = {"solver": "sgd", "momentum": 0.0, "batch_size": None, "max_iter": 1}
    clf = classifier(start, max_grad_norm=1e-3, learning_rate_init=1.0, **make)
    after = named(clf.fit(*wide))
    squares = [((after[name] - start[name]) ** 2).sum() for name in start]
    assert sum(squares) == pytest.approx(1e-6, rel=1e-9)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_short_gradients_are_left_alone(solver, wide, start):
    bounded = classifier(start, solver=solver, max_grad_norm=1e9).fit(*wide)
    free = classifier(start, solver=solver).fit(*wide)
    assert_array_equal(all_weights(bounded), all_weights(free))


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_two_fits_of_two_epochs_are_one_of_four(solver, standardize, wide, start):
    make = {"solver": solver, "standardize": standardize, "dropout": 0.2}
    twice = classifier(start, warm_start=True, max_iter=2, **make)
    twice.fit(*wide).fit(*wide)
    once = classifier(start, max_iter=4, **make).fit(*wide)
    assert_array_equal(all_weights(twice), all_weights(once))
    assert_allclose(twice.loss_curve_, once.loss_curve_, rtol=1e-12)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_calls_of_partial_fit_are_the_epochs_of_a_fit(solver, standardize, wide, start):
    make = {"solver": solver, "standardize": standardize}
    parts = classifier(start, **make).partial_fit(*wide, classes=range(3))
    parts.partial_fit(*wide).partial_fit(*wide)
    whole = classifier(start, max_iter=3, **make).fit(*wide)
    assert_array_equal(all_weights(parts), all_weights(whole))


def test_a_fit_of_one_epoch_copies_no_weights_that_it_ends_with(wide, start):
    # It holds them, those at the start, their gradient, two moments, room for those of
    # a batch, and half as much twice for some of the moments.
    clf = classifier(start, solver="adam", max_iter=1)
    tracemalloc.start()
    try:
        clf.fit(*wide)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak / start["W1"].nbytes < 7.5


@pytest.mark.parametrize("rate", ["dropout", "input_dropout"])
def test_dropout_is_reproducible(rate, wide, start):
    make = {rate: 0.5, "weight_init": "auto", "standardize": True}
    one, two = (classifier(start, **make).fit(*wide) for _ in "ab")
    without = classifier(start, **make | {rate: 0.0}).fit(*wide)
    assert_array_equal(all_weights(one), all_weights(two))
    assert not np.array_equal(one.coefs_[0], without.coefs_[0])
    assert one.loss_ < one.loss_curve_[0]


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("form", FORMATS)
def test_every_sparse_format_trains_alike(form, standardize, wide, start):
    X, y = wide
    make = {"standardize": standardize}
    actual = classifier(start, **make).fit(FORMATS[form](X), y)
    expected = classifier(start, **make).fit(X, y)
    assert_array_equal(all_weights(actual), all_weights(expected))


def test_numbers_in_halves_and_without_order_train_alike(wide, start):
    X, y = wide
    halves = np.repeat(X.data, 2) / 2, np.repeat(X.indices, 2), 2 * X.indptr
    backwards = tuple(part[::-1].copy() for part in halves[:2])
    same = sparse.csr_array((*backwards, halves[2]), X.shape)  # its rows upside down
    actual = classifier(start).fit(same, y)
    expected = classifier(start).fit(X[::-1], y)
    assert_allclose(all_weights(actual), all_weights(expected), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("standardize", [True, False])
def test_zeros_that_are_stored_change_no_bit(standardize, wide, start):
    X, y = wide
    rows, columns = (
        np.random.default_rng(0).integers([60, N_FEATURES], size=(9000, 2)).T
    )
    entries = X.tocoo()
    values = np.concatenate([entries.data, np.zeros(9000)])
    rows = np.concatenate([entries.row, rows])
    columns = np.concatenate([entries.col, columns])
    stored = sparse.csr_array((values, (rows, columns)), X.shape)
    assert stored.nnz > X.nnz + 8000
    make = {"solver": "adamw", "alpha": 0.5, "standardize": standardize}
    one, two = (classifier(start, **make).fit(A, y) for A in (X, stored))
    assert_array_equal(two.coefs_[0], one.coefs_[0])


def test_float32_follows_float64(wide, start):
    X, y = wide
    make = {"solver": "sgd", "alpha": 0.05}
    single = classifier(start, dtype="float32", **make).fit(X, y)
    double = classifier(start, **make).fit(X, y)
    assert single.coefs_[0].dtype == np.float32
    assert_allclose(all_weights(single), all_weights(double), rtol=0, atol=1e-5)


def test_a_batch_without_any_number_is_harmless(wide, start):
    X, y = sparse.vstack([sparse.csr_array((10, N_FEATURES)), wide[0][10:]]), wide[1]
    make = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0}
    lazy = classifier(start, **make).fit(sparse.csr_array(X), y)
    dense = classifier(start, **make).fit(X.toarray(), y)
    assert_allclose(all_weights(lazy), all_weights(dense), rtol=1e-12, atol=1e-12)


def test_rows_held_out_are_measured_and_not_learnt(wide, start):
    X, y = wide
    make = {"early_stopping": True, "validation_fraction": 0.2, "max_iter": 5}
    one, two = (classifier(start, **make).fit(A, y) for A in (X, X.tocsc()))
    assert len(one.history_["val_loss"]) == one.n_iter_
    assert_array_equal(all_weights(one), all_weights(two))


@pytest.mark.parametrize("solver", STOCHASTIC)
@pytest.mark.parametrize("standardize", [True, False])
def test_batches_of_many_numbers_train_as_the_dense_array(standardize, solver):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, N_FEATURES)) * (rng.random((60, N_FEATURES)) < 0.1) + 0.0
    y = np.arange(60) % 3
    make = {"standardize": standardize, "solver": solver, "random_state": 0}
    make |= {"max_iter": 2, "batch_size": 10}
    actual = TwoLayerClassifier(N_HIDDEN, **make).fit(sparse.csr_array(X), y)
    expected = TwoLayerClassifier(N_HIDDEN, **make).fit(X, y)
    assert_allclose(all_weights(actual), all_weights(expected), rtol=1e-8, atol=1e-9)


def test_lbfgs_trains_as_on_the_dense_array(wide):
    X, y = wide
    make = {"solver": "lbfgs", "max_iter": 3, "random_state": 0}
    actual = TwoLayerClassifier(N_HIDDEN, **make).fit(X, y)
    expected = TwoLayerClassifier(N_HIDDEN, **make).fit(X.toarray(), y)
    assert_allclose(all_weights(actual), all_weights(expected), rtol=1e-9, atol=1e-9)


def test_chunks_of_many_numbers_go_on_with_what_few_began(wide, start):
    X, y = wide
    dense = X.toarray()
    spread = np.maximum(dense.std(axis=0), np.ptp(dense, axis=0) / 4)
    scale = 2 ** np.rint(np.log2(np.where(spread > 0, spread, 1.0)))
    full = np.random.default_rng(0).random((10, N_FEATURES))
    make = {"solver": "sgd", "alpha": 0.0, "weight_init": "he", "momentum": 0.0}
    make["learning_rate_init"] = 1e-4
    mixed = classifier(start, standardize=True, **make)
    mixed.partial_fit(X, y, classes=range(3)).partial_fit(
        sparse.csr_array(full), y[:10]
    )
    scaled = classifier(start, **make).partial_fit(dense / scale, y, classes=range(3))
    scaled.partial_fit(full / scale, y[:10])
    W1 = mixed.coefs_[0] * scale[:, np.newaxis]
    assert_allclose(W1, scaled.coefs_[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_chunks_of_few_numbers_go_on_with_what_many_began(solver, wide, start):
    X, y = wide
    full = np.random.default_rng(0).random((10, N_FEATURES))
    make = {"solver": solver, "standardize": True, "learning_rate_init": 1e-4}
    sparsely, densely = (classifier(start, **make) for _ in "ab")
    sparsely.partial_fit(sparse.csr_array(full), y[:10], classes=range(3))
    densely.partial_fit(full, y[:10], classes=range(3))
    sparsely.partial_fit(X, y)
    densely.partial_fit(X.toarray(), y)
    actual, expected = all_weights(sparsely), all_weights(densely)
    assert_allclose(actual, expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("batch_size", [10, None])
def test_stored_zeros_stay_in_X(batch_size, wide, start):
    X, y = wide[0].copy(), wide[1]
    X.data[::2] = 0.0
    before = X.copy()
    classifier(start, batch_size=batch_size).fit(X, y)
    assert_array_equal(X.data, before.data)
    assert_array_equal(X.indices, before.indices)
    assert_array_equal(X.indptr, before.indptr)


def n_numbers_in_each_row(n_numbers, n_features):
    """Return 8 sparse rows that have so many numbers each."""
    X = sparse.lil_array((8, n_features))
    X[:, :n_numbers] = 1.0
    return X.tocsr()


@pytest.mark.parametrize(
    ("n_numbers", "n_features", "n_hidden", "batch_size", "expected"),
    [
        (4, 2**14, 16, 10, True),
        (4, 2**14, 15, 10, False),  # W1 is small
        (4, 2**14, 16, 2048, True),
        (4, 2**14, 16, 2049, False),  # a batch may have more than half of the features
        (1, 2**20, 1, 65_536, True),
        (1, 2**20, 1, 65_537, False),  # a batch is more than one block
    ],
)
def test_steps_wait_where_w1_is_wide_and_a_batch_has_few_of_its_features(
    n_numbers, n_features, n_hidden, batch_size, expected
):
    X = n_numbers_in_each_row(n_numbers, n_features)
    assert has_few_features_per_batch(X, n_hidden, 2, batch_size) == expected
    assert not has_few_features_per_batch(np.ones((1, 2**18)), 16, 2, 1)
