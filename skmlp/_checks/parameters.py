"""What values a parameter may take, in scikit-learn's words."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    StrOptions,
)

__all__ = [
    "COUNT",
    "DECAY",
    "FRACTION",
    "FROM_THE_LAST",
    "NON_NEGATIVE",
    "POSITIVE",
    "RATE",
    "Constraints",
    "HasMethods",
    "InvalidParameterError",
    "one_of",
    "validate_parameters",
]

Constraints = dict[str, list]

RATE = Interval(Real, 0, 1, closed="left")
DECAY = Interval(Real, 0, 1, closed="right")
FRACTION = Interval(Real, 0, 1, closed="neither")
POSITIVE = Interval(Real, 0, None, closed="neither")
NON_NEGATIVE = Interval(Real, 0, None, closed="left")
COUNT = Interval(Integral, 1, None, closed="left")
FROM_THE_LAST = Interval(Integral, None, -1, closed="right")


def validate_parameters(estimator: BaseEstimator) -> None:
    """Raise where a parameter of an estimator is none of what its class allows."""
    estimator._validate_params()


def one_of(*names: Iterable[str]) -> StrOptions:
    """Return the constraint to be one of the names of some collections."""
    return StrOptions({name for collection in names for name in collection})
