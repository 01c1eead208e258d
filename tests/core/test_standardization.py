"""Implicit standardisation: as if a scaler stood in front, and nobody sees it."""

import pickle

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_iris

from skmlp import TwoLayerClassifier
from skmlp._core.standardization import measure
from skmlp.solvers import SOLVERS

KINDS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "CSR": sparse.csr_array,
    "CSC": sparse.csc_array,
}


def documented(X, weight=None):
    """Return the center and the scale of each feature by the documented formula."""
    center = np.average(X, axis=0, weights=weight)
    deviation = np.sqrt(np.average((X - center) ** 2, axis=0, weights=weight))
    spread = np.maximum(deviation, np.ptp(X, axis=0) / 4)
    return center, 2 ** np.rint(np.log2(np.where(spread > 0, spread, 1.0)))


def classifier(**params):
    defaults = {"hidden_layer_size": 8, "random_state": 0, "batch_size": 16}
    defaults |= {"learning_rate": "constant", "learning_rate_init": 0.01, "max_iter": 5}
    defaults["alpha"] = 0.3
    return TwoLayerClassifier(**defaults | params)


def all_weights(clf):
    return np.concatenate([a.ravel() for a in (*clf.coefs_, *clf.intercepts_)])


@pytest.fixture
def table():
    """Features of all scales and centers, some of many zeros; y of three classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 7)) * [1e-3, 1, 7, 300, 1, 5e4, 40]
    X += [0, 10, -3, 1000, 0, 0, 100]
    X[:, 4] *= rng.random(80) < 0.05
    X[:, 5] *= rng.random(80) < 0.3
    y = np.digitize(X[:, 1] - 10 + X[:, 2] / 7, [-0.5, 0.5])
    return X, y


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_equals_training_on_standardised_X(solver, kind, table):
    X, y = table
    center, scale = documented(X)
    X_hat = (X - center) / scale
    implicit = classifier(solver=solver).fit(KINDS[kind](X), y)
    explicit = classifier(solver=solver, standardize=False).fit(X_hat, y)
    W1 = implicit.coefs_[0] * scale[:, np.newaxis]
    assert_allclose(W1, explicit.coefs_[0], rtol=1e-9, atol=1e-9)
    actual, expected = implicit.predict_proba(X), explicit.predict_proba(X_hat)
    assert_allclose(actual, expected, rtol=1e-9, atol=1e-9)
    assert implicit.loss_ == pytest.approx(explicit.loss_, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_center_and_scale_are_weighted(kind, table):
    X, y = table
    weight = np.random.default_rng(1).integers(0, 4, len(y)).astype(float)
    X[weight == 0] *= 1e3  # what counts for nothing does not widen the range either
    center, scale = documented(X[weight > 0], weight[weight > 0])
    implicit = classifier().fit(KINDS[kind](X), y, weight)
    explicit = classifier(standardize=False).fit((X - center) / scale, y, weight)
    assert_allclose(
        implicit.coefs_[0] * scale[:, np.newaxis],
        explicit.coefs_[0],
        rtol=1e-9,
        atol=1e-9,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_weight_zero_count_for_nothing(kind, table):
    X, y = table
    weight = np.ones(len(y))
    weight[60:] = 0.0
    X[60:] = 1e6
    make = {"batch_size": None}
    weighted = classifier(**make).fit(KINDS[kind](X), y, weight)
    without = classifier(**make).fit(KINDS[kind](X[:60]), y[:60])
    assert_allclose(all_weights(weighted), all_weights(without), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dtype", "tol"), [("float32", 1e-3), ("float64", 1e-9)])
def test_precision_that_X_has_is_enough(dtype, tol, kind, table):
    X, y = table[0].astype(np.float32), table[1]
    exact = classifier(dtype="float64").fit(X.astype(np.float64), y)
    clf = classifier().fit(KINDS[kind](X.astype(dtype)), y)
    assert clf.coefs_[0].dtype == dtype
    actual, expected = clf.predict_proba(X), exact.predict_proba(X)
    assert_allclose(actual, expected, rtol=0, atol=tol)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "uint16", "float16"])
def test_narrow_numbers_are_standardised_alike(dtype, kind, table):
    X = np.random.default_rng(0).integers(0, 100, (80, 7)).astype(dtype)
    y = table[1]
    actual = classifier().fit(KINDS[kind](X) if dtype != "float16" else X, y)
    expected = classifier(dtype="float32").fit(X.astype(np.float64), y)
    assert actual.coefs_[0].dtype == np.float32
    assert_allclose(all_weights(actual), all_weights(expected), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_moments_that_float32_does_not_know_are_told_apart(kind):
    # Seconds since 1970, of which float32 knows every 128th.
    seconds = 1.7e9 + np.arange(100.0)
    X, y = KINDS[kind](seconds[:, np.newaxis]), np.arange(100) > 50
    clf = classifier(learning_rate_init=0.1, max_iter=50).fit(X, y)
    assert clf.score(X, y) > 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_X_is_not_changed(kind, table):
    X, y = KINDS[kind](table[0]), table[1]
    before = joblib.hash(X)
    classifier().fit(X, y).partial_fit(X, y)
    assert joblib.hash(X) == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("largest", [3, 80])
def test_powers_of_two_change_no_bit_of_predictions(largest, kind, table):
    X, y = table
    factors = 2.0 ** np.random.default_rng(0).integers(-largest, largest + 1, 7)
    one, two = (KINDS[kind](A) for A in (X, X * factors))
    actual = classifier().fit(two, y).predict_proba(two)
    assert_array_equal(actual, classifier().fit(one, y).predict_proba(one))


def test_powers_of_ten_leave_the_predictions_alike():
    X, y = load_iris(return_X_y=True)
    factors = 10.0 ** np.array([-7, 5, 0, 12])
    one = TwoLayerClassifier(random_state=0).fit(X, y)
    two = TwoLayerClassifier(random_state=0).fit(X * factors, y)
    assert (one.predict(X) == two.predict(X * factors)).mean() >= 0.95


def test_constants_added_change_nothing(table):
    X, y = table
    constants = np.array([1, -7, 100, 1e4, 3, 1e5, -50])
    one = classifier().fit(X, y).predict_proba(X)
    two = classifier().fit(X + constants, y).predict_proba(X + constants)
    assert_allclose(one, two, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_feature_of_zeros_is_as_good_as_none(kind, table):
    X, y = table
    rng = np.random.default_rng(0)
    W1, W2 = rng.normal(size=(7, 8)) / np.ptp(X, axis=0)[:, None], np.eye(8, 3)
    with_zeros = np.insert(X, 2, 0.0, axis=1)
    W1_there = np.insert(W1, 2, 0.0, axis=0)
    clf = classifier(weight_init=(W1_there, W2)).fit(KINDS[kind](with_zeros), y)
    without = classifier(weight_init=(W1, W2)).fit(X, y)
    assert_allclose(np.delete(clf.coefs_[0], 2, axis=0), without.coefs_[0], rtol=1e-7)
    assert_array_equal(clf.coefs_[0][2], 0.0)


@pytest.mark.parametrize("value", [8.0, 2.0**20])
@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_feature_is_a_second_bias(kind, value, table):
    X, y = table
    one = np.insert(X, 2, 1.0, axis=1)
    other = np.insert(X, 2, value, axis=1)
    expected = classifier().fit(one, y).coefs_[0]
    coefs = classifier().fit(KINDS[kind](other), y).coefs_[0]
    assert_allclose(np.delete(coefs, 2, axis=0), np.delete(expected, 2, axis=0))
    assert_allclose(coefs[2] * value, expected[2])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_features_of_extreme_scale_are_harmless(dtype, kind, table):
    X, y = table
    X[:, 3] *= 1e27
    X[:, 6] *= 1e-32
    X = KINDS[kind](X.astype(dtype))
    clf = classifier(max_iter=30).fit(X, y)
    assert np.isfinite(all_weights(clf)).all()
    assert clf.score(X, y) >= 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_without_intercept_features_are_scaled_but_not_centered(kind, table):
    X, y = table
    scale = documented(X)[1]
    implicit = classifier(fit_intercept=False).fit(KINDS[kind](X), y)
    explicit = classifier(fit_intercept=False, standardize=False).fit(X / scale, y)
    W1 = implicit.coefs_[0] * scale[:, np.newaxis]
    assert_allclose(W1, explicit.coefs_[0], rtol=1e-9, atol=1e-9)
    assert not implicit.intercepts_[0].any()
    assert not implicit.intercepts_[1].any()


@pytest.mark.parametrize("kind", KINDS)
def test_partial_fit_measures_the_first_call_alone(kind, table):
    X, y = table
    center, scale = documented(X[:40])
    parts = X[:40], 3 * X[40:] + 1
    implicit, explicit = classifier(), classifier(standardize=False)
    for part, labels in zip(parts, (y[:40], y[40:]), strict=True):
        implicit.partial_fit(KINDS[kind](part), labels, classes=range(3))
        X_hat = np.clip((part - center) / scale, -6, 6)
        explicit.partial_fit(X_hat, labels, classes=range(3))
    W1 = implicit.coefs_[0] * scale[:, np.newaxis]
    assert_allclose(W1, explicit.coefs_[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_partial_fit_goes_on_from_a_pickle_to_the_bit(kind, dtype, table):
    X, y = KINDS[kind](table[0].astype(dtype)), table[1]
    one = classifier(dropout=0.2).partial_fit(X, y, classes=range(3))
    two = pickle.loads(pickle.dumps(one))
    one.partial_fit(X, y).partial_fit(X, y)
    two = pickle.loads(pickle.dumps(two.partial_fit(X, y))).partial_fit(X, y)
    assert_array_equal(all_weights(one), all_weights(two))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_two_fits_of_two_epochs_are_one_of_four(kind, dtype, table):
    X, y = KINDS[kind](table[0].astype(dtype)), table[1]
    twice = classifier(warm_start=True, max_iter=2).fit(X, y).fit(X, y)
    once = classifier(max_iter=4).fit(X, y)
    assert_array_equal(all_weights(twice), all_weights(once))
    assert twice.loss_curve_ == once.loss_curve_


@pytest.mark.parametrize("params", [{}, {"batch_size": 1}, {"dropout": 0.3}], ids=str)
def test_partial_fits_are_the_epochs_of_a_fit(params, table):
    X, y = table
    parts, whole = classifier(**params), classifier(max_iter=3, **params)
    parts.partial_fit(X, y, classes=range(3)).partial_fit(X, y).partial_fit(X, y)
    assert_array_equal(all_weights(parts), all_weights(whole.fit(X, y)))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_caller_adds_to_the_weights_stays(kind, table):
    X, y = KINDS[kind](table[0]), table[1]
    make = {"learning_rate_init": 1e-12, "solver": "sgd", "momentum": 0.0}
    clf = classifier(**make).partial_fit(X, y, classes=range(3))
    clf.intercepts_[0] += 0.5
    clf.intercepts_[1] += [1.0, 2.0, -3.0]
    clf.coefs_[0] *= 3.0
    clf.coefs_[1] *= -0.5
    before = clf.decision_function(X)
    assert_allclose(clf.partial_fit(X, y).decision_function(X), before, rtol=1e-6)


def test_what_a_caller_adds_to_the_biases_is_learnt_from(table):
    X, y = table
    scale = documented(X)[1]
    one, two = classifier(), classifier(standardize=False)
    X_hat = (X - documented(X)[0]) / scale
    one.partial_fit(X, y, classes=range(3)).intercepts_[0][:] += 0.5
    two.partial_fit(X_hat, y, classes=range(3)).intercepts_[0][:] += 0.5
    one.partial_fit(X, y)
    two.partial_fit(X_hat, y)
    actual = one.coefs_[0] * scale[:, np.newaxis]
    assert_allclose(actual, two.coefs_[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_of_initial_weights_is_that_of_X_as_it_is(kind, table):
    X, y = table
    rng = np.random.default_rng(0)
    W1, W2 = rng.normal(size=(7, 8)) / np.ptp(X, axis=0)[:, None], np.eye(8, 3)
    make = {"weight_init": (W1, W2), "max_iter": 1, "learning_rate_init": 1e-12}
    clf = classifier(**make).fit(KINDS[kind](X), y)
    assert_allclose(clf.coefs_[0], W1, rtol=1e-6)
    assert_allclose(clf.coefs_[1], W2, atol=1e-6)
    assert_allclose(clf.intercepts_[0], 0.0, atol=1e-6)


@pytest.mark.parametrize("rate", ["dropout", "input_dropout"])
@pytest.mark.parametrize("kind", KINDS)
def test_dropout_learns_with_it_and_is_reproducible(kind, rate, table):
    X, y = KINDS[kind](table[0] - [0, 10, -3, 1000, 0, 0, 100]), table[1]
    make = {rate: 0.2, "max_iter": 60, "learning_rate_init": 0.05}
    one, two = (classifier(**make).fit(X, y) for _ in "ab")
    assert_array_equal(all_weights(one), all_weights(two))
    assert one.score(X, y) >= 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_dropped_features_are_those_of_standardised_X(kind, table):
    X, y = table
    center, scale = documented(X)
    X_hat = (X - center) / scale
    make = {"input_dropout": 0.5, "solver": "sgd"}
    implicit = classifier(**make).fit(np.asarray(X, order=kind[0]), y)
    explicit = classifier(standardize=False, **make).fit(X_hat, y)
    W1 = implicit.coefs_[0] * scale[:, np.newaxis]
    assert_allclose(W1, explicit.coefs_[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_lbfgs_finds_the_minimum_that_it_finds_on_standardised_X(kind, table):
    X, y = table
    center, scale = documented(X)
    make = {"solver": "lbfgs", "alpha": 0.1, "activation": "tanh", "tol": 1e-9}
    implicit = classifier(max_iter=3000, **make).fit(KINDS[kind](X), y)
    explicit = classifier(max_iter=3000, standardize=False, **make)
    explicit.fit((X - center) / scale, y)
    assert implicit.n_iter_ < 3000
    assert implicit.loss_ == pytest.approx(explicit.loss_, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_history_measures_the_network_for_X_as_it_is(kind, table):
    X, y = KINDS[kind](table[0]), table[1]
    clf = classifier(monitor_train=True, scoring="neg_log_loss")
    clf.fit(X, y, X_val=X[:30], y_val=y[:30])
    losses = -clf.predict_log_proba(X)[np.arange(80), y]
    assert clf.history_["train_loss"][-1] == pytest.approx(losses.mean())
    assert clf.history_["val_loss"][-1] == pytest.approx(losses[:30].mean())
    assert clf.history_["neg_log_loss"][-1] == pytest.approx(-losses[:30].mean())
    assert clf.history_["val_accuracy"][-1] == clf.score(X[:30], y[:30])


def test_restored_weights_are_those_of_the_best_epoch(table):
    X, y = table
    make = {"early_stopping": True, "n_iter_no_change": 2, "validation_fraction": 0.3}
    scores, up_to_two = iter([1, 2, 1, 1]), iter([1, 2])
    stopped = classifier(scoring=lambda *_: next(scores), max_iter=50, **make)
    two = classifier(scoring=lambda *_: next(up_to_two), max_iter=2, **make)
    assert stopped.fit(X, y).best_epoch_ == 2
    assert_array_equal(all_weights(stopped), all_weights(two.fit(X, y)))


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True)])
def test_it_may_be_changed_between_calls(first, second, table):
    X, y = table[0] / np.ptp(table[0], axis=0), table[1]
    clf = classifier(standardize=first).partial_fit(X, y, classes=range(3))
    before = clf.decision_function(X)
    clf.set_params(standardize=second, learning_rate_init=1e-12).partial_fit(X, y)
    assert_allclose(clf.decision_function(X), before, rtol=1e-6, atol=1e-6)


def test_weights_from_elsewhere_are_those_for_X_as_it_is(table):
    X, y = table
    clf = classifier().fit(X, y)
    parts = clf.coefs_, clf.intercepts_, clf.classes_
    make = {"learning_rate_init": 1e-12, "warm_start": True, "max_iter": 1}
    again = TwoLayerClassifier.from_weights(*parts, **make).fit(X, y)
    assert_allclose(again.decision_function(X), clf.decision_function(X), rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_chunk_that_counts_nothing_is_harmless(kind, table):
    X, y = table
    clf = classifier(class_weight={0: 0.0, 1: 1.0, 2: 1.0})
    clf.partial_fit(KINDS[kind](X[y == 0]), y[y == 0], classes=range(3))
    assert np.isfinite(all_weights(clf)).all()


def test_a_first_chunk_of_one_row_is_scaled_by_its_size(table):
    X, y = table
    scale = 2.0 ** np.rint(np.log2(np.where(X[0] == 0, 1, np.abs(X[0]))))
    implicit, explicit = classifier(), classifier(standardize=False)
    implicit.partial_fit(X[:1], y[:1], classes=range(3)).partial_fit(X[:9], y[:9])
    explicit.partial_fit(X[:1] / scale, y[:1], classes=range(3))
    explicit.partial_fit(X[:9] / scale, y[:9])
    raw = explicit.coefs_[0] / scale[:, np.newaxis]
    assert_allclose(implicit.coefs_[0], raw, rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("offset", [0, 2000, 10**6, 10**9])
def test_offsets_far_beyond_the_spread_change_nothing(offset, kind, dtype):
    X = np.random.default_rng(0).integers(-512, 512, size=(300, 3)) / 256
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    make = {"dtype": dtype, "random_state": 0, "monitor_train": True, "max_iter": 20}
    near = TwoLayerClassifier(20, **make).fit(X, y, X_val=X, y_val=y)
    X_far = KINDS[kind](X + offset)
    far = TwoLayerClassifier(20, **make).fit(X_far, y, X_val=X_far, y_val=y)
    atol = {"float32": 2e-6, "float64": 1e-6 if offset == 10**9 else 1e-9}[dtype]
    expected = near.predict_proba(X)
    assert_allclose(far.predict_proba(X_far), expected, rtol=0, atol=atol)
    for column in ("loss", "train_loss", "val_loss"):
        assert_allclose(far.history_[column], near.history_[column], rtol=1e-5)


def sparse_rows_of(values, columns, shape):
    """Return CSR whose every row stores these values, in this order."""
    starts = np.arange(0, len(values) + 1, len(columns))
    return sparse.csr_array((values, np.resize(columns, len(values)), starts), shape)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sparse_rows_with_a_far_feature_are_what_they_are_as_dense_ones(dtype):
    rng = np.random.default_rng(0)
    X = np.stack([2.0**20 + rng.integers(0, 64, 90) / 8, rng.normal(size=90)], axis=1)
    X[:, 1] *= rng.random(90) < 0.5
    y = X[:, 0] > 2.0**20 + 4
    clf = classifier(dtype=dtype).fit(X, y)
    # One row leaves the far feature out, others store it in two parts, out of order.
    X[7, 0] = 0.0
    left_out = sparse.csr_array(X)
    halves = np.stack([X[:, 0] / 2, X[:, 1], X[:, 0] / 2], axis=1).ravel()
    in_parts = sparse_rows_of(halves, [0, 1, 0], X.shape)
    before = joblib.hash(in_parts)
    expected = clf.decision_function(X)
    rtol = {"float32": 1e-4, "float64": 1e-12}[dtype]
    assert_allclose(clf.decision_function(left_out), expected, rtol=rtol, atol=rtol)
    assert_allclose(clf.decision_function(in_parts), expected, rtol=rtol, atol=rtol)
    assert joblib.hash(in_parts) == before


@pytest.mark.parametrize("rows_left_out", [[], range(60, 100, 3)])
def test_far_sparse_features_are_measured_exactly(rows_left_out):
    steps = np.random.default_rng(0).integers(0, 64, (100, 1))
    X = (2.0**20 + steps / 8).astype(np.float32)
    X[rows_left_out] = 0.0
    weight = np.random.default_rng(1).integers(0, 3, 100).astype(float)
    center, scale = documented(X.astype(float)[weight > 0], weight[weight > 0])
    parts = slice(50), slice(50, 100)
    blocks = [(rows, sparse.csr_array(X[rows])) for rows in parts]
    measured = measure(X, blocks, weight, np.dtype(np.float32))
    assert_allclose(measured.center, center, rtol=1e-9)
    assert_array_equal(measured.scale, scale)


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_times_in_seconds_are_predicted_as_they_were_learnt(dtype):
    rng = np.random.default_rng(0)
    seconds = 1_700_000_000 + rng.integers(86_400, size=(600, 2))
    X, y = seconds.astype(dtype), (seconds[:, 0] % 86_400 < 43_200).astype(int)
    clf = TwoLayerClassifier(dtype="float32", random_state=0).fit(X, y)
    assert clf.score(X, y) > 0.97
    log_proba = clf.predict_log_proba(X)[np.arange(600), y]
    assert -log_proba.mean(dtype=float) == pytest.approx(clf.loss_, abs=0.01)


def test_weights_that_are_changed_by_hand_are_those_that_predict():
    X = 1e6 + np.random.default_rng(0).normal(size=(100, 2))
    clf = TwoLayerClassifier(9, random_state=0).fit(X, X[:, 0] > 1e6)
    before = clf.decision_function(X)
    clf.intercepts_[1] += [0.0, 2.0]
    assert_allclose(clf.decision_function(X), before + 2.0, rtol=1e-9)
    clf.coefs_[1][...] = 0.0
    assert_allclose(clf.decision_function(X), np.diff(clf.intercepts_[1])[0])


def circle(outlier=None, n_rows=3000, shape=np.positive):
    """Return features, of which one row each holds an outlier, and whether far out."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 6))
    y = (X[:, :4] ** 2).sum(axis=1) > 3.4
    X = shape(X)
    if outlier is not None:
        X[rng.choice(n_rows, 6, replace=False), range(6)] = outlier
    return X, y


def accuracy(X, y, shape=np.positive, kind=np.asarray):
    """Return the accuracy of a network on 8000 other rows, which have no outliers."""
    rng = np.random.default_rng(1)
    X_test = rng.normal(size=(8000, 6))
    y_test = (X_test[:, :4] ** 2).sum(axis=1) > 3.4
    clf = TwoLayerClassifier(64, random_state=0).fit(kind(X), y)
    return clf.score(kind(shape(X_test)), y_test)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [np.positive, np.exp], ids=["normal", "lognormal"])
@pytest.mark.parametrize("outlier", [999.0, 99_999.0, 1e6])
def test_one_outlier_a_feature_costs_less_than_two_points(outlier, shape, kind):
    without = accuracy(*circle(shape=shape), shape)
    assert without > 0.85
    assert accuracy(*circle(outlier, shape=shape), shape, KINDS[kind]) > without - 0.02


@pytest.mark.parametrize("kind", KINDS)
def test_an_outlier_below_costs_less_than_two_points(kind):
    assert accuracy(*circle(-999.0), kind=KINDS[kind]) > accuracy(*circle()) - 0.02


def test_a_code_in_one_row_of_a_hundred_costs_less_than_three_points():
    X, y = circle()
    without = accuracy(X, y)
    rows = np.arange(0, 3000, 100)
    X[rows, rows // 100 % 6] = 999.0
    assert accuracy(X, y) > without - 0.03


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_training_counts_outliers_as_the_limit(solver, kind):
    X, y = circle(99_999.0, n_rows=400)
    center, scale, limit = measure(X, [(slice(0, 400), X)], np.ones(400), X.dtype)
    X_hat = (X - center) / scale
    assert np.abs(X_hat).max() > 10_000
    within = np.clip(X_hat, -limit, limit)
    implicit = classifier(solver=solver).fit(KINDS[kind](X), y)
    explicit = classifier(solver=solver, standardize=False).fit(within, y)
    W1 = implicit.coefs_[0] * scale[:, np.newaxis]
    assert_allclose(W1, explicit.coefs_[0], rtol=1e-7, atol=1e-7)
    assert_allclose(
        implicit.decision_function(X), explicit.decision_function(X_hat), rtol=1e-6
    )


@pytest.mark.parametrize("kind", KINDS)
def test_without_intercept_outliers_alone_meet_a_limit(kind):
    X, y = circle(99_999.0, n_rows=400)
    X += [100.0, 0.0, -50.0, 0.0, 0.0, 3.0]
    center, scale, _ = measure(X, [(slice(0, 400), X)], np.ones(400), X.dtype)
    limit = 6 + np.abs(center / scale).max()
    implicit = classifier(fit_intercept=False).fit(KINDS[kind](X), y)
    explicit = classifier(fit_intercept=False, standardize=False)
    explicit.fit(np.clip(X / scale, -limit, limit), y)
    W1 = implicit.coefs_[0] * scale[:, np.newaxis]
    assert_allclose(W1, explicit.coefs_[0], rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("value", [1e10, 1e20, 1e30, 3e38])
def test_an_outlier_at_the_end_of_the_range_does_no_harm(value):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3)).astype(np.float32)
    y = X[:, 0] > 0
    X[5, 1] = value
    clf = TwoLayerClassifier(8, random_state=0).fit(X, y)
    assert clf.score(X, y) > 0.95
    assert np.isfinite(clf.predict_log_proba(X)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_evaluations_see_outliers_as_predictions_do(kind):
    X, y = circle(999.0, n_rows=400)
    X = KINDS[kind](X)
    clf = classifier(monitor_train=True).fit(X, y, X_val=X, y_val=y)
    losses = -clf.predict_log_proba(X)[np.arange(400), y.astype(int)]
    assert losses.max() > 20
    assert clf.history_["train_loss"][-1] == pytest.approx(losses.mean())
    assert clf.history_["val_loss"][-1] == pytest.approx(losses.mean())


def test_an_outlier_of_a_later_chunk_does_no_harm():
    X, y = circle()
    spoilt = X.copy()
    spoilt[1550] = 1e9
    clf, without = (TwoLayerClassifier(64, random_state=0) for _ in "ab")
    for chunk in [*np.split(np.arange(2000), 10)] * 10:
        without.partial_fit(X[chunk], y[chunk], classes=[False, True])
        clf.partial_fit(spoilt[chunk], y[chunk], classes=[False, True])
    X_test, y_test = X[2000:], y[2000:]
    assert clf.score(X_test, y_test) > without.score(X_test, y_test) - 0.02


def test_outliers_that_are_predicted_ever_worse_are_no_divergence():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6))
    y = X.sum(axis=1) > 0
    X[[np.argmax(y), np.argmin(y)]] = 1e6  # one of both is always wrong
    near_zero = 1e-9 * rng.normal(size=(6, 8)), 1e-3 * rng.normal(size=(8, 2))
    clf = classifier(weight_init=near_zero, max_iter=20, activation="leaky_relu")
    clf.fit(X, y)  # without a warning
    losses = -clf.predict_log_proba(X)[np.arange(400), y.astype(int)]
    assert losses.mean() > 100
    assert clf.loss_curve_[0] < 1
    assert clf.loss_curve_[-1] < clf.loss_curve_[0] / 2
