"""What early stopping watches: the scorer that `scoring` stands for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import check_scoring, get_scorer_names

from skmlp._checks.warning import is_within_joblib, warn
from skmlp._core.rows import Matrix

# Columns of the history that a scorer's name must not be taken for.
_OWN_COLUMNS = (
    *("epoch", "loss", "learning_rate", "seconds", "val_", "train_", "active_units"),
)


class Scorer(NamedTuple):
    """A scorer of scikit-learn's kind, its metric's name and what that metric takes."""

    name: str
    function: Callable[..., Any]
    takes_weights: bool

    def score(
        self,
        predictor: BaseEstimator,
        X: Matrix,
        labels: np.ndarray,
        weight: np.ndarray | None,
    ) -> float:
        """Return the score of an estimator; greater is better."""
        passes = {}
        if self.takes_weights and weight is not None:
            passes["sample_weight"] = weight
        value = self.function(predictor, X, labels, **passes)
        if not isinstance(value, Real):
            raise ValueError(
                f"scoring={self.name} must return one number; got {value!r}."
            )
        return float(value)


def warn_of_unused(scorer: Scorer) -> None:
    """Warn that nothing is measured by a scorer that was asked for.

    Not for each candidate of a search: its last training, on all rows, says it once.
    """
    if is_within_joblib():
        return
    warn(
        f"scoring={scorer.name} has no effect on this fit: there is no validation data "
        "to score. Set early_stopping=True, or pass X_val and y_val. To compare the "
        "candidates of a search, pass scoring to the search.",
        UserWarning,
    )


def check_scorer(
    estimator: BaseEstimator, scoring: str | Callable[..., Any]
) -> Scorer | None:
    """Return the scorer that `scoring` stands for, or None where that is the loss."""
    if isinstance(scoring, str):
        if scoring == "loss":
            return None
        if scoring not in get_scorer_names():
            raise ValueError(
                f"scoring={scoring!r} is neither 'loss' nor the name of a scorer; "
                "sklearn.metrics.get_scorer_names() lists them."
            )
    function: Any = check_scoring(estimator, scoring=scoring)
    metric = getattr(function, "_score_func", function)
    name = getattr(metric, "__name__", "scoring").strip("<>")
    name = scoring if isinstance(scoring, str) else name
    if name.startswith(_OWN_COLUMNS):
        name = f"scorer_{name}"
    parameters = inspect.signature(metric).parameters
    takes_weights = "sample_weight" in parameters or any(
        p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()
    )
    return Scorer(name, function, takes_weights)
