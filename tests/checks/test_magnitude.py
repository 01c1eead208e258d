"""Numbers near the end of the floating-point range: finite results or a clear error."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from skmlp import TwoLayerClassifier
from skmlp.losses import LOSSES

LARGEST = {"float32": 3e38, "float64": 1.7e308}
KINDS = {"dense": np.asarray, "sparse": sparse.csr_array}
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def classifier(**params):
    return TwoLayerClassifier(8, random_state=0, max_iter=10, **params)


def signs(dtype):
    X = np.random.default_rng(0).choice([-1.0, 1.0], (60, 3)).astype(dtype)
    return X, (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("offset", [0, 10_000])
@pytest.mark.parametrize("dtype", LARGEST)
def test_a_row_too_large_to_be_predicted_is_refused(dtype, offset, kind):
    X, y = signs(dtype)
    clf = classifier().fit(KINDS[kind](X + X.dtype.type(offset)), y)
    X[7] = np.multiply([1, -1, 1], LARGEST[dtype])
    words = (
        "between -.*e.* and .*e.*, for which the outputs .* too large .*Replace codes"
    )
    for method in METHODS:
        with pytest.raises(ValueError, match=words):
            getattr(clf, method)(KINDS[kind](X))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", LARGEST)
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("solver", ["adamw", "sgd", "lbfgs"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_to_large_numbers_predicts_them_or_is_refused(
    solver, standardize, dtype, kind
):
    X, y = signs(dtype)
    refusals = []
    for exponent in (0, 1, 2, 3, 6, 12, 30):
        X_large = KINDS[kind](X * X.dtype.type(LARGEST[dtype] / 10**exponent))
        clf = classifier(solver=solver, standardize=standardize)
        try:
            clf.fit(X_large, y)
        except ValueError as error:
            refusals.append(str(error))
            continue
        proba, labels = clf.predict_proba(X_large), clf.predict(X_large)
        assert np.isfinite(proba).all()
        assert (labels == proba.argmax(axis=1)).all()
        assert (labels == (clf.decision_function(X_large) > 0)).all()
    if not standardize:
        assert refusals
    elif solver != "sgd":  # whose steps grow with the numbers
        assert not refusals
    for message in refusals:
        assert message.startswith("Training diverged")
        assert "too large for dtype" in message or "set standardize=True" in message


@pytest.mark.parametrize("loss", LOSSES)
def test_logits_whose_sums_are_not_finite_make_probabilities(loss):
    largest = float(np.finfo(np.float64).max)
    weights = [np.eye(3), np.eye(3)]
    clf = TwoLayerClassifier.from_weights(
        weights, None, [0, 1, 2], activation="identity", loss=loss
    )
    rows = list(itertools.permutations(np.multiply(largest, [0.9, -0.9, 0.5])))
    best = np.eye(3)[np.argmax(rows, axis=1)]
    assert_allclose(clf.predict_proba(rows), best, atol=1e-300)
    assert np.isfinite(clf.decision_function(rows)).all()


@pytest.mark.parametrize("scoring", ["loss", "accuracy", "roc_auc"])
@pytest.mark.filterwarnings("ignore:X_val is on another scale")
def test_validation_rows_too_large_to_be_predicted_are_no_improvement(scoring):
    X, y = signs("float32")
    X_val = np.vstack([X, np.float32([[3e38, -3e38, 3e38]])])
    clf = classifier(early_stopping=True, scoring=scoring)
    clf.fit(X, y, X_val=X_val, y_val=np.append(y, 1))
    assert np.isnan(clf.validation_scores_).all()
    assert clf.score(X, y) == 1.0


def test_huge_logits_are_those_of_the_network():
    weights = [[[1.0]], [[0.0, 1.0]]]
    clf = TwoLayerClassifier.from_weights(weights, None, [0, 1], dtype="float32")
    X = np.float32([[2], [5e37], [8e37], [1e38], [2e38], [3e38]])
    assert clf.decision_function(X).tolist() == X[:, 0].tolist()
    assert clf.predict_log_proba(X[1:])[:, 0].tolist() == (-X[1:, 0]).tolist()
    proba = clf.predict_proba(X)
    assert proba[0].tolist() == clf.predict_proba(X[:1])[0].tolist()
    assert proba[1:].tolist() == [[0.0, 1.0]] * 5


def test_differences_of_logits_end_with_the_numbers():
    weights = [[[1.0, -1.0]], [[-1.0, 1.0], [0.0, 0.0]]]
    clf = TwoLayerClassifier.from_weights(weights, None, [0, 1], dtype="float32")
    largest = float(np.finfo(np.float32).max)
    assert clf.decision_function([[3e38]]).tolist() == [largest]
    assert clf.predict_log_proba([[3e38]]).tolist() == [[-largest, 0.0]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_at_the_end_of_the_range_is_no_trouble(kind):
    X = KINDS[kind](np.full((4, 1), 1.7e308))
    clf = TwoLayerClassifier(2, max_iter=1, random_state=0).fit(X, [0, 1, 0, 1])
    assert np.isfinite(clf.predict_proba(X)).all()


@pytest.mark.parametrize("solver", ["adamw", "lbfgs"])
def test_weights_that_overflow_for_X_as_it_is_are_not_handed_out(solver):
    X = np.arange(4.0)[:, np.newaxis] * [2e-308, 1] + [0, 1e4]
    make = {"activation": "tanh", "weight_init": "normal", "init_scale": (1e20, 1.0)}
    with pytest.raises(ValueError, match="Training diverged"):
        classifier(solver=solver, **make).fit(X, [0, 1, 0, 1])


def test_balanced_weights_that_no_precision_holds_are_refused():
    X, weight = np.arange(4.0)[:, np.newaxis], [1.0, 1e-309, 1.0, 1e-309]
    with pytest.raises(ValueError, match=r"does not hold.*Scale sample_weight"):
        classifier(class_weight="balanced").fit(X, [0, 1, 0, 1], weight)


@pytest.mark.parametrize("solver", ["adamw", "lbfgs"])
def test_features_whose_sums_overflow_have_no_center(solver):
    X = np.float32([[8.4e37], [-1.4e38], [-2.8e38], [-3e38]])
    clf = TwoLayerClassifier(1, max_iter=1, random_state=0, solver=solver)
    try:
        clf.fit(X, [1, 1, 1, 0])
    except ValueError:
        assert not hasattr(clf, "coefs_")
    else:
        assert np.isfinite(clf.intercepts_[0]).all()
