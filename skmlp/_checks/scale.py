"""Whether features lie on a scale that a network can learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import min_max_axis

from skmlp._checks.warning import warn
from skmlp._core.rows import Matrix
from skmlp._core.standardization import largest_scale


def warn_of_other_scale(X: Matrix, X_val: Matrix) -> None:
    """Warn where most features of X_val lie on another scale than those of X."""
    low, high = (np.asarray(bound, float) for bound in range_of_features(X))
    low_val, high_val = (np.asarray(b, float) for b in range_of_features(X_val))
    with np.errstate(over="ignore"):
        width, width_val = high - low, high_val - low_val
        varies = (width > 0) & (width_val > 0)
        outside = (high_val > high + 2 * width) | (low_val < low - 2 * width)
    shrunken = (width_val < width / 10) & (X_val.shape[0] >= 10)
    if varies.any() and (outside | shrunken)[varies].mean() > 0.5:
        warn(
            f"X_val is on another scale than X: most features lie between "
            f"{low_val.min():.3g} and {high_val.max():.3g}, those of X between "
            f"{low.min():.3g} and {high.max():.3g}. Transform X_val as X was; in a "
            'Pipeline, by transform_input=["X_val"] and metadata routing.',
            UserWarning,
        )


def range_of_features(X: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the largest value of each feature."""
    if issparse(X):
        low_and_high: Any = min_max_axis(X, axis=0)
        return low_and_high
    return X.min(axis=0), X.max(axis=0)


def range_of(X: Matrix) -> tuple[float, float]:
    """Return the least and the largest value of X, or zero beyond them."""
    values = X.data if issparse(X) else X
    return float(values.min(initial=0)), float(values.max(initial=0))


def describe_scale(X: Matrix, dtype: np.dtype, is_standardized: bool) -> str:
    """Return the range of X in words, and a remedy where it is wide."""
    low, high = range_of(X)
    words = f"X lies between {low:.3g} and {high:.3g}"
    if max(-low, high) > largest_scale(dtype):
        return (
            words + f", too large for dtype('{dtype}'), in which the network computes: "
            "scale X, and mark missing values as such."
        )
    if is_standardized or max(-low, high) <= 10:
        return words + "."
    return (
        words + ", unscaled: set standardize=True, or put a MinMaxScaler or a "
        "StandardScaler in front, or for sparse X a MaxAbsScaler."
    )
