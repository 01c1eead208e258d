"""How the outputs of a network depend on its features: gradients and importances.

The gradients come from the backward pass of training, continued by one more product,
from the hidden layer to the rows of X.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils import gen_batches

from skmlp._checks.data import check_finite, check_prediction_data
from skmlp._classifier import TwoLayerClassifier
from skmlp._core.network import Buffers, backward_to_rows
from skmlp._core.rows import Matrix, are_finite
from skmlp._targets.forms import ONE_LABEL
from skmlp.inspection.wrappers import features_within, fitted_classifier

_OUTPUTS = ("logits", "decision_function")
# Rows that stand for those of training, where there are none.
_N_TYPICAL_ROWS = 256
# So many numbers of gradients are held at a time: 8 MB in float64.
_NUMBERS_AT_ONCE = 2**20


def input_gradients(
    estimator: BaseEstimator, X: Any, *, output: str = "logits"
) -> np.ndarray:
    """Compute the gradient of each output with respect to the features, exactly.

    Parameters
    ----------
    estimator : TwoLayerClassifier, Pipeline or search
        Fitted. In a pipeline or search, the gradient is with respect to the features
        that the classifier gets from the steps before it.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows for the estimator, of any numeric dtype, finite. The result is one dense
        array: if there are many classes and features, pass few rows at a time.
    output : {'logits', 'decision_function'}, default='logits'
        The output whose gradient is returned:

        - 'logits': the logit of each class, also for two classes, or of each of several
          labels.
        - 'decision_function': what `decision_function` returns. It differs only for two
          classes: one output, the difference of their logits.

    Returns
    -------
    gradients : ndarray of shape (n_samples, n_outputs, n_features)
        Outputs in the order of `classes_`; with respect to the features in their own
        units, even if training standardised them. float32 or float64, as the weights.

    Raises
    ------
    TypeError
        If there is no `TwoLayerClassifier` within `estimator`.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    ValueError
        If X does not fit the estimator or is not finite, `output` is invalid, a
        gradient is too large for the dtype of the weights, or a search has no
        `best_estimator_`.

    See Also
    --------
    feature_importances : One number for each feature.
    check_gradients : The gradient that training uses, with respect to the weights.

    Notes
    -----
    A gradient says how an output changes when a feature of this row changes a little;
    for images it is known as a saliency map [1]_. To compare features in different
    units, multiply the gradients by the standard deviations of the features.

    For one label per row, predictions do not change if all logits rise by the same
    amount. To compare two classes, subtract their gradients; to compare class k with
    all others, use ``gradients[:, k] - gradients.mean(axis=1)``.

    'relu' and 'leaky_relu' have a kink at 0; the gradient there is that from the left.

    References
    ----------
    .. [1] Simonyan, Vedaldi and Zisserman (2014), "Deep inside convolutional networks:
       visualising image classification models and saliency maps", section 3.

    Examples
    --------
    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.inspection import input_gradients
    >>> coefs = [[[1.0], [-2.0]], [[0.0, 3.0]]]
    >>> clf = TwoLayerClassifier.from_weights(coefs, None, ["no", "yes"])
    >>> input_gradients(clf, [[5.0, 1.0]])
    array([[[ 0.,  0.],
            [ 3., -6.]]])
    """
    if output not in _OUTPUTS:
        raise ValueError(f"output must be one of {_OUTPUTS}; got {output!r}.")
    classifier = fitted_classifier(estimator)
    X = check_prediction_data(classifier, features_within(estimator, X))
    directions = np.eye(classifier.n_outputs_)
    if output == "decision_function":
        directions = _directions_of_scores(classifier)
    return _gradients(classifier, X, directions)


def feature_importances(estimator: BaseEstimator, X: Any = None) -> np.ndarray:
    r"""Measure how much the outputs of a network depend on each feature.

    The importance of feature f is its standard deviation times the root mean square of
    the gradients with respect to it [1]_,

    .. math:: \sigma_f \sqrt{\operatorname{mean}_{i, k} \left(
              \frac{\partial o_{ik}}{\partial x_{if}} \right)^2}

    over rows i and classes k. For one label per row o is the logit of a class minus the
    mean over the classes, because predictions do not change if all logits rise by the
    same amount. For several labels o is the logit of each label.

    Parameters
    ----------
    estimator : TwoLayerClassifier, Pipeline or search
        Fitted. In a pipeline or search, the features are those that the classifier
        gets from the steps before it.
    X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
        Rows for the estimator, at least two. None for rows drawn from a normal
        distribution, feature by feature, with the center and the scale of the
        standardisation; with ``standardize=False``, and for `from_weights`, with mean 0
        and standard deviation 1, as a StandardScaler returns them.

    Returns
    -------
    importances : ndarray of shape (n_features,)
        At least 0, float64; in units of a logit.

    Raises
    ------
    TypeError
        If there is no `TwoLayerClassifier` within `estimator`.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    ValueError
        If X does not fit the estimator, is not finite, has one row or squares too large
        for float64, a gradient is too large for the dtype of the weights, or a search
        has no `best_estimator_`.

    See Also
    --------
    input_gradients : The gradients themselves.
    sklearn.inspection.permutation_importance : By how much a score falls without a
        feature. It needs labels, and takes much more time.

    Notes
    -----
    The function itself is an `importance_getter` for `RFE`, `RFECV` and
    `SelectFromModel` of :mod:`sklearn.feature_selection`, which pass only the fitted
    estimator to it. RFE fits on fewer and fewer columns and does not tell which, so
    that you cannot bind an X. For SelectFromModel you can:
    ``functools.partial(feature_importances, X=X)``. Selectors need one importance for
    each of their columns: put a step that makes other columns, such as an encoder, in
    front of the selector.

    Random rows do not show how features depend on each other, and do not suit rare
    features, such as those of a OneHotEncoder. Pass X if you can.

    An importance does not say that a feature is needed: of two features that are nearly
    the same, both may have a large one.

    References
    ----------
    .. [1] Zurada, Malinowski and Cloete (1994), "Sensitivity analysis for minimization
       of input data dimension for feedforward neural network", ISCAS, pages 447-450.
       They use the range instead of the standard deviation, and the largest of all
       outputs instead of their root mean square.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.feature_selection import RFE
    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.inspection import feature_importances
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = TwoLayerClassifier(10, max_iter=20, random_state=0)
    >>> rfe = RFE(clf, n_features_to_select=2, importance_getter=feature_importances)
    >>> rfe.fit(X, y).support_
    array([False, False,  True,  True])
    """
    classifier = fitted_classifier(estimator)
    if X is None:
        X = _typical_rows(classifier)
    else:
        X = check_prediction_data(classifier, features_within(estimator, X))
    if X.shape[0] < 2:
        raise ValueError(
            "X has one row, which has no standard deviation. Pass several rows, or "
            "X=None."
        )
    # Here, as what is refused block by block is a row of a block.
    names = getattr(classifier, "feature_names_in_", None)
    check_finite(X, classifier.coefs_[0].dtype, names)
    with np.errstate(over="ignore", invalid="ignore"):
        mean_square, variance = _moments(classifier, X)
        importances: np.ndarray = np.sqrt(mean_square * variance)
    if not are_finite(importances):
        raise ValueError("The squares of X are too large for float64. Scale X.")
    return importances


def _moments(
    classifier: TwoLayerClassifier, X: Matrix
) -> tuple[np.ndarray, np.ndarray]:
    """Return, by feature, the mean square of the gradients and the variance of X."""
    n_outputs, n_features = classifier.n_outputs_, X.shape[1]
    directions = np.eye(n_outputs)
    if classifier._targets().form == ONE_LABEL:
        directions -= 1.0 / n_outputs
    sums, scaler = np.zeros(n_features), StandardScaler(with_mean=False)
    n_rows = max(1, _NUMBERS_AT_ONCE // (n_outputs * n_features))
    for rows in gen_batches(X.shape[0], n_rows):
        gradients = _gradients(classifier, X[rows], directions)
        sums += np.square(gradients, dtype=np.float64).sum(axis=(0, 1))
        scaler.partial_fit(X[rows])
    return sums / (X.shape[0] * n_outputs), np.asarray(scaler.var_)


def _gradients(
    classifier: TwoLayerClassifier, X: Matrix, directions: np.ndarray
) -> np.ndarray:
    """Return the gradients of sums of logits, each of which counts by a direction."""
    # What is computed forwards with standardised features has the same Z, H and W2;
    # backwards these weights lead to the features as they are.
    layers = classifier._trained().layers()
    activation = classifier._trained_activation()
    n_features, dtype = len(layers.W1), layers.W1.dtype
    gradients = np.empty((X.shape[0], len(directions), n_features), dtype)

    def write(rows: Any, buffers: Buffers) -> None:
        dX = gradients[rows]
        backward_to_rows(layers, buffers, activation, directions, dX)

    classifier._go_forward(X, write, goes_back=True)
    if not are_finite(gradients):
        raise ValueError(
            f"A gradient is too large for dtype('{dtype}'), in which the network "
            "computes. Train with features in smaller units: where their numbers are "
            "larger, gradients are smaller."
        )
    return gradients


def _directions_of_scores(classifier: TwoLayerClassifier) -> np.ndarray:
    """Return what each logit counts in each score of `decision_function`."""
    targets, n_outputs = classifier._targets(), classifier.n_outputs_
    none, each = np.zeros((n_outputs, n_outputs)), np.eye(n_outputs)
    counts: np.ndarray = targets.scores(each) - targets.scores(none)
    return counts.reshape(n_outputs, -1).T


def _typical_rows(classifier: TwoLayerClassifier) -> np.ndarray:
    """Return rows whose features have the mean and scale that training measured."""
    shape = (_N_TYPICAL_ROWS, classifier.n_features_in_)
    rows: np.ndarray = scale(np.random.default_rng(0).normal(size=shape))
    kept = classifier._training_state["standardization"]
    return rows if kept is None else kept["center"] + rows * kept["scale"]
