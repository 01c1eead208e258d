"""What is within a model: the classifier at its end, and whether that is ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from skmlp._classifier import TwoLayerClassifier


def inner_model(model: Any) -> Any:
    """Return what is frozen, or what a search found."""
    if isinstance(model, FrozenEstimator):
        return model.estimator
    return model.best_estimator_


def stands_for_another(model: Any) -> bool:
    """Return whether a model predicts as one within: it searched, or is frozen."""
    return isinstance(model, FrozenEstimator) or hasattr(model, "best_estimator_")


def chain(model: Any) -> Iterator[Any]:
    """Yield a model, the last step of a pipeline, what a search found, and so on."""
    yield model
    if isinstance(model, Pipeline):
        yield from chain(model.steps[-1][1])
    elif stands_for_another(model):
        yield from chain(inner_model(model))


def final_classifier(model: Any) -> Any:
    """Return what is at the end of pipelines and searches."""
    return [*chain(model)][-1]


def is_ours(model: Any) -> bool:
    """Return whether a model ends in a classifier of this package."""
    return isinstance(final_classifier(model), TwoLayerClassifier)
