"""Gradients by the features are those of differences, and importances follow."""

import tracemalloc
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, RFECV, SelectFromModel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skmlp import TwoLayerClassifier
from skmlp.activations import ACTIVATIONS, Activation
from skmlp.inspection import feature_importances, input_gradients

# How far rows are moved to either side, for central differences.
STEP = 1e-5


def differences(function, X, step=STEP):
    """Return central differences, of shape (n_rows, n_outputs, n_features)."""
    columns = []
    for feature in range(X.shape[1]):
        moved = np.zeros(X.shape[1])
        moved[feature] = step
        ahead, behind = function(X + moved), function(X - moved)
        columns.append((ahead - behind).reshape(len(X), -1) / (2 * step))
    return np.stack(columns, axis=2)


def logits_of(clf):
    """Return the function that computes the logits of a tanh network in plain NumPy."""
    (W1, W2), (b1, b2) = clf.coefs_, clf.intercepts_
    return lambda X: np.tanh(X @ W1 + b1) @ W2 + b2


def of_weights(weights, n_classes=4, **params):
    """Return a classifier of 6 features with weights in general position."""
    return TwoLayerClassifier.from_weights(
        [weights["W1"], weights["W2"][:, :n_classes]],
        [weights["b1"], weights["b2"][:n_classes]],
        **{"classes": range(n_classes), "activation": "tanh"} | params,
    )


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_central_differences(activation, problem, weights):
    clf, X = of_weights(weights, activation=activation), problem[0]
    expected = differences(clf.decision_function, X)
    assert_allclose(input_gradients(clf, X), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_gradients_are_by_default_those_of_every_logit(n_classes, problem, weights):
    clf, X = of_weights(weights, n_classes), problem[0]
    expected = differences(logits_of(clf), X)
    assert_allclose(input_gradients(clf, X), expected, rtol=1e-6, atol=1e-8)


def test_two_classes_have_one_decision_function(problem, weights):
    clf, X = of_weights(weights, n_classes=2), problem[0]
    gradients = input_gradients(clf, X, output="decision_function")
    expected = differences(clf.decision_function, X)
    assert_allclose(gradients, expected, rtol=1e-6, atol=1e-8)
    of_logits = input_gradients(clf, X)
    assert_allclose(gradients[:, 0], of_logits[:, 1] - of_logits[:, 0], rtol=1e-12)


@pytest.mark.parametrize("n_labels", [2, 4])
@pytest.mark.parametrize("output", ["logits", "decision_function"])
def test_each_of_several_labels_has_an_output(output, n_labels, problem, weights):
    clf, X = of_weights(weights, n_labels, classes=None), problem[0]
    gradients = input_gradients(clf, X, output=output)
    expected = differences(clf.decision_function, X)
    assert_allclose(gradients, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_threshold_of_several_labels_has_no_gradient(loss, problem, weights):
    X = problem[0]
    clf = of_weights(weights, classes=None, loss=loss)
    by_output = [
        input_gradients(clf, X, output=output)
        for output in ("logits", "decision_function")
    ]
    assert_array_equal(*by_output)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.csc_matrix])
def test_gradients_are_by_the_features_as_they_are(form, standardize, problem):
    X, y, _ = problem
    X = form(X * [1, 1, 10, 10, 0.1, 0])
    clf = TwoLayerClassifier(
        5, activation="tanh", max_iter=3, standardize=standardize, random_state=0
    ).fit(X, y)
    dense = X if isinstance(X, np.ndarray) else X.toarray()
    expected = differences(clf.decision_function, dense)
    assert_allclose(input_gradients(clf, X), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_features_far_from_zero_have_the_gradients_of_near_ones(form, problem):
    X, y, _ = problem
    X = np.round(X, 2)
    clf = TwoLayerClassifier(5, activation="tanh", max_iter=3, random_state=0)
    near, far = (
        input_gradients(clf.fit(form(rows), y), form(rows)) for rows in (X, 2**20 + X)
    )
    assert_allclose(far, near, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_that_of_the_weights(dtype, problem, weights):
    single = {name: array.astype(dtype) for name, array in weights.items()}
    gradients = input_gradients(of_weights(single), problem[0])
    assert gradients.dtype == dtype
    expected = input_gradients(of_weights(weights), problem[0])
    assert_allclose(gradients, expected, rtol=1e-4, atol=1e-5)


def test_linear_network_has_one_gradient_everywhere(problem, weights):
    clf, X = of_weights(weights, activation="identity"), problem[0]
    expected = np.broadcast_to((weights["W1"] @ weights["W2"]).T, (len(X), 4, 6))
    assert_allclose(input_gradients(clf, X), expected, rtol=1e-12)


def test_permuted_features_have_permuted_gradients(problem, weights):
    X, order = problem[0], [3, 1, 5, 0, 2, 4]
    permuted = of_weights({**weights, "W1": weights["W1"][order]})
    expected = input_gradients(of_weights(weights), X)[..., order]
    assert_allclose(input_gradients(permuted, X[:, order]), expected, rtol=1e-12)


def test_gradients_of_many_rows_are_those_of_each(problem, weights):
    clf, X = of_weights(weights, n_jobs=2), problem[0]
    n_copies = 2_000  # 100,000 rows, more than go through the network at once
    many = input_gradients(clf, np.tile(X, (n_copies, 1)))
    expected = np.tile(input_gradients(clf, X), (n_copies, 1, 1))
    assert_allclose(many, expected, rtol=1e-12, atol=1e-14)


def test_gradients_take_no_memory_but_their_own(weights):
    clf, X = of_weights(weights), np.zeros((200_000, 6))
    input_gradients(clf, X)
    tracemalloc.start()
    gradients = input_gradients(clf, X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < gradients.nbytes + 2**24


def test_activation_of_a_user_may_overwrite_what_it_likes(problem, weights):
    def backward(Z, H, dH):
        np.multiply(dH, 1 - H**2, out=dH)
        Z[...] = H[...] = np.nan

    own = Activation(lambda Z, H: np.tanh(Z, out=H), backward)
    X = problem[0]
    gradients = input_gradients(of_weights(weights, activation=own), X)
    expected = input_gradients(of_weights(weights), X)
    assert_allclose(gradients, expected, rtol=1e-12)


def test_gradients_of_a_pipeline_are_by_what_its_classifier_is_given(problem):
    X, y, _ = problem
    clf = TwoLayerClassifier(5, activation="tanh", max_iter=3, random_state=0)
    pipeline = make_pipeline(MinMaxScaler(), clf).fit(X, y)
    expected = input_gradients(pipeline[-1], pipeline[0].transform(X))
    assert_array_equal(input_gradients(pipeline, X), expected)


@pytest.mark.parametrize(
    ("X", "arguments", "message"),
    [
        (
            np.ones((2, 5)),
            {},
            "X has 5 features, but TwoLayerClassifier is expecting 6",
        ),
        ([[0, 0, 0, np.nan, 0, 0]], {}, "column 3 of X holds nan"),
        (np.ones((2, 6)), {"output": "probability"}, "output must be one of .*logits"),
    ],
)
def test_wrong_arguments_are_refused(X, arguments, message, weights):
    with pytest.raises(ValueError, match=message):
        input_gradients(of_weights(weights), X, **arguments)


def test_gradient_that_overflows_is_refused():
    weights = [np.float32([[1e30]]), np.float32([[0, 1e30]])]
    clf = TwoLayerClassifier.from_weights(weights, None, [0, 1], activation="tanh")
    with pytest.raises(ValueError, match="A gradient is too large for dtype"):
        input_gradients(clf, [[0.0]])


@pytest.mark.parametrize("look", [input_gradients, feature_importances])
def test_what_is_not_fitted_is_refused(look):
    with pytest.raises(NotFittedError):
        look(TwoLayerClassifier(), [[0.0], [1.0]])


def plain_importances(gradients, X):
    """Return the spread of each feature times the root mean square of its gradients."""
    return X.std(axis=0) * np.sqrt((gradients**2).mean(axis=(0, 1)))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_importances_are_of_what_tells_classes_apart(form, problem, weights):
    clf, X = of_weights(weights), problem[0]
    gradients = input_gradients(clf, X)
    gradients -= gradients.mean(axis=1, keepdims=True)
    expected = plain_importances(gradients, X)
    assert_allclose(feature_importances(clf, form(X)), expected, rtol=1e-12)


def test_importances_of_several_labels_are_of_each(problem, weights):
    clf, X = of_weights(weights, classes=None), problem[0]
    expected = plain_importances(input_gradients(clf, X), X)
    assert_allclose(feature_importances(clf, X), expected, rtol=1e-12)


def test_importances_of_many_rows_are_those_of_few(problem, weights):
    clf, X = of_weights(weights), problem[0]
    many = feature_importances(clf, np.tile(X, (2_000, 1)))
    assert_allclose(many, feature_importances(clf, X), rtol=1e-9)


@pytest.mark.parametrize("X_is_there", [True, False])
def test_importances_know_no_units(X_is_there, problem):
    X, y, _ = problem
    units = 2.0 ** np.array([0, 10, -10, 3, -3, 1])
    clf = TwoLayerClassifier(5, max_iter=3, random_state=0)
    one, other = (
        feature_importances(clf.fit(rows, y), rows if X_is_there else None)
        for rows in (X, X * units)
    )
    assert_allclose(other, one, rtol=1e-6)


def test_without_X_rows_have_the_scale_of_training(problem):
    X, y, _ = problem
    clf = TwoLayerClassifier(5, activation="identity", max_iter=3, random_state=0)
    clf.fit(X * 2.0 ** np.arange(6), y)
    # Of a linear network the importances say what a scale was: a power of two.
    deviations = (X * 2.0 ** np.arange(6)).std(axis=0)
    scales = feature_importances(clf) / feature_importances(
        clf, X * 2.0 ** np.arange(6)
    )
    exponents = np.log2(scales * deviations)
    assert_allclose(exponents, np.round(exponents), atol=1e-9)
    assert (np.abs(np.log2(scales)) < 1).all()


def test_without_X_and_scale_rows_are_standardised(problem, weights):
    clf = of_weights(weights, activation="identity")
    W = weights["W1"] @ weights["W2"]
    expected = W.std(axis=1)
    assert_allclose(feature_importances(clf), expected, rtol=1e-9)


def test_one_row_and_squares_beyond_float64_have_no_importances(weights):
    clf = of_weights(weights)
    with pytest.raises(ValueError, match="X has one row"):
        feature_importances(clf, np.ones((1, 6)))
    with pytest.raises(ValueError, match="squares of X are too large"):
        feature_importances(clf, [[1e200] * 6, [-1e200] * 6])


def test_error_names_the_row_among_all(weights):
    X = np.zeros((100_000, 6))
    X[99_999, 2] = np.inf
    with pytest.raises(ValueError, match=r"column 2 of X holds inf \(row 99999\)"):
        feature_importances(of_weights(weights), X)


@pytest.fixture(scope="module")
def informative():
    """A table whose first four of 15 features tell three classes apart."""
    return make_classification(
        *(300, 15),
        n_informative=4,
        n_redundant=0,
        n_classes=3,
        n_clusters_per_class=1,
        shuffle=False,
        random_state=0,
    )


@pytest.mark.parametrize("in_front", [[], [StandardScaler()]])
@pytest.mark.parametrize(
    "selector",
    [
        partial(RFE, n_features_to_select=4),
        partial(RFECV, min_features_to_select=4, step=5, cv=2),
        partial(SelectFromModel, max_features=4, threshold=-np.inf),
    ],
)
def test_selectors_find_what_is_informative(selector, in_front, informative):
    X, y = informative
    clf = TwoLayerClassifier(20, max_iter=15, alpha=0.3, random_state=0)
    selecting = selector(
        make_pipeline(*in_front, clf), importance_getter=feature_importances
    )
    assert selecting.fit(X, y).get_support()[:4].all()


def test_selectors_take_frames(informative):
    X, y = informative
    frame = pd.DataFrame(X, columns=[f"feature {i}" for i in range(X.shape[1])])
    clf = TwoLayerClassifier(20, max_iter=15, alpha=0.3, random_state=0)
    getter = {"importance_getter": feature_importances, "threshold": "2*mean"}
    chosen = SelectFromModel(clf, **getter).fit(frame, y).get_feature_names_out()
    assert chosen.tolist() == [f"feature {i}" for i in range(4)]


def test_X_is_bound_for_a_selector_that_fits_once(informative):
    X, y = informative
    clf = TwoLayerClassifier(20, max_iter=15, alpha=0.3, random_state=0)
    getter = partial(feature_importances, X=X)
    selecting = SelectFromModel(clf, importance_getter=getter, threshold="2*mean")
    assert_array_equal(np.flatnonzero(selecting.fit(X, y).get_support()), range(4))
