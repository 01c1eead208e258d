"""How the outputs of a network follow its features: exact gradients, and importances.

The gradients come from the backward pass of training, which goes one product further,
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
        that the classifier within is given, behind all other steps.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        What the estimator takes, of any numeric dtype, finite. The gradients of all
        rows are returned at once, and dense: of many classes and features take few rows
        at a time.
    output : {'logits', 'decision_function'}, default='logits'
        Of what the gradients are:

        - 'logits': of the logit of each class, or of each of several labels; of two
          classes there are two.
        - 'decision_function': of what `decision_function` returns. That differs for two
          classes alone: it is the difference of their logits, and one output.

    Returns
    -------
    gradients : ndarray of shape (n_samples, n_outputs, n_features)
        Outputs in the order of `classes_`; by the features in their own units, whether
        training standardised them or not. float32 or float64, as the weights.

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
    check_gradients : The gradient that training uses, by the weights.

    Notes
    -----
    A gradient says what an output does when a feature of this row changes a little: in
    images it is known as a saliency map [1]_. Features in different units compare after
    a multiplication by their standard deviations.

    Predictions of one label per row stay as they are when all logits rise alike: what
    tells one class from another is the difference of their gradients, and of the class
    k from all others ``gradients[:, k] - gradients.mean(axis=1)``.

    'relu' and 'leaky_relu' have a kink at 0, where the gradient is that from the left.

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
    r"""Measure how much the outputs of a network follow each feature.

    The importance of feature f is its standard deviation times the root mean square of
    the gradients by it [1]_,

    .. math:: \sigma_f \sqrt{\operatorname{mean}_{i, k} \left(
              \frac{\partial o_{ik}}{\partial x_{if}} \right)^2}

    over rows i and classes k. Of one label per row o is the logit of a class less the
    mean of all, as predictions do not change when all logits rise alike; of several
    labels it is the logit of each.

    Parameters
    ----------
    estimator : TwoLayerClassifier, Pipeline or search
        Fitted. In a pipeline or search, the features are those that the classifier
        within is given, behind all other steps.
    X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
        What the estimator takes, at least two rows. None for rows drawn from a normal
        distribution, feature by feature, with the center and the scale that training
        standardised by; with ``standardize=False``, and for weights from elsewhere,
        with mean 0 and standard deviation 1, as a StandardScaler leaves them.

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
        feature. It takes labels, and much more time.

    Notes
    -----
    The function itself is an `importance_getter` for `RFE`, `RFECV` and
    `SelectFromModel` of :mod:`sklearn.feature_selection`, which hand it the fitted
    estimator alone. RFE fits on fewer and fewer columns and does not say on which, so
    that no X can be bound to it. For SelectFromModel one can:
    ``functools.partial(feature_importances, X=X)``. Selectors want one importance for
    each of their columns: what makes other columns, as an encoder, goes in front of the
    selector.

    Random rows know nothing of how features go together, and nothing of rare ones, as
    those of a OneHotEncoder. Prefer X where there is one.

    An importance does not say that a feature is needed: of two that are nearly the same
    both may have one.

    References
    ----------
    .. [1] Zurada, Malinowski and Cloete (1994), "Sensitivity analysis for minimization
       of input data dimension for feedforward neural network", ISCAS, pages 447-450.
       There the range takes the place of the standard deviation, and the largest of all
       outputs that of their root mean square.

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
