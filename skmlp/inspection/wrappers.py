"""From a pipeline or a search to the fitted classifier within."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skmlp._classifier import TwoLayerClassifier


def fitted_classifier(estimator: BaseEstimator) -> TwoLayerClassifier:
    """Return the classifier itself, a pipeline's last step or a search's best."""
    classifier = _steps(estimator)[-1]
    check_is_fitted(classifier)
    return classifier


def features_within(estimator: BaseEstimator, X: Any) -> Any:
    """Return what the classifier is given where the estimator is given X."""
    for transformer in _steps(estimator)[:-1]:
        X = transformer.transform(X)
    return X


def feature_names_within(estimator: BaseEstimator) -> Any:
    """Return the names of the classifier's features, or None if they are unknown."""
    *before, classifier = _steps(estimator)
    names = getattr(classifier, "feature_names_in_", None)
    if names is None and before:
        try:
            return before[-1].get_feature_names_out()
        except (AttributeError, ValueError):  # a step that has or is given no names
            return None
    return names


def _steps(whole: Any) -> list[Any]:
    """Return what transforms X, if anything, and the classifier."""
    if isinstance(whole, TwoLayerClassifier):
        return [whole]
    if isinstance(whole, Pipeline):
        before = [whole[:-1]] if len(whole) > 1 else []
        return [*before, *_steps(whole[-1])]
    if hasattr(whole, "best_estimator_"):
        return _steps(whole.best_estimator_)
    if hasattr(whole, "refit"):  # a search
        check_is_fitted(whole)
        raise ValueError(
            f"{type(whole).__name__} has no best_estimator_, as refit="
            f"{whole.refit!r}. Search with refit=True."
        )
    raise TypeError(
        "estimator must be a TwoLayerClassifier, a Pipeline that ends in one or a "
        f"search over one; got {whole!r}."
    )
