"""Features as numbers: what scikit-learn refuses, and what slips through its checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_feature_names_in, _get_feature_names

from skmlp._checks.faults import refuse_misread, short, told_again
from skmlp._core.rows import Matrix


def feature_names(X: Any) -> np.ndarray | None:
    """Return the names of the features, where X has names that are all strings."""
    try:
        return _get_feature_names(X)
    except (TypeError, ValueError) as error:
        raise told_again(error, "X", X) from error


def input_feature_names(
    estimator: BaseEstimator, given: ArrayLike | None = None
) -> np.ndarray:
    """Return the names of the features that a fitted estimator takes."""
    return np.asarray(_check_feature_names_in(estimator, given))


def values_of_plain_frame(X: Any, names: np.ndarray) -> Any:
    """Return the values of a frame with these columns, if all are NumPy's numbers.

    None of any other X: booleans, nullable numbers and categories need a full check.
    """
    if not all(hasattr(X, name) for name in ("columns", "dtypes", "to_numpy")):
        return None
    if [name for name in X.columns if type(name) is str] != names.tolist():
        return None
    are_plain = all(isinstance(d, np.dtype) and d.kind in "iuf" for d in X.dtypes)
    return X.to_numpy() if are_plain else None


def checked_features(
    check: Callable[..., Any], *arguments: Any, **options: Any
) -> Matrix:
    """Return X, the last argument, as a check of scikit-learn's leaves it: numbers."""
    *others, X = arguments
    is_array = type(X) is np.ndarray and X.dtype.kind in "biuf"
    if not is_array:
        _refuse_what_is_no_table(X)
    try:
        read = X if is_array else _read(X)
        features = check(*others, read, **options)
        if features.dtype.kind not in "biuf":
            features = _as_floats(features)
    except (TypeError, ValueError, OverflowError) as error:
        raise told_again(error, "X", X) from error
    if not is_array:
        refuse_misread("X", read)
    return features


def _read(X: Any) -> Any:
    """Return the array that NumPy makes of a list, masked where its rows are."""
    if not isinstance(X, Sequence):
        return X
    has_masks = any(isinstance(row, np.ma.MaskedArray) for row in X)
    return np.ma.array(X) if has_masks else np.asarray(X)


def _as_floats(features: Matrix) -> Matrix:
    """Return what scikit-learn left as objects as numbers, but not times."""
    if features.dtype.kind != "O":
        raise TypeError(f"an array of {features.dtype} holds no numbers")
    features = features.astype(np.float64)
    if not np.isfinite(features.data if issparse(features) else features).all():
        raise ValueError("not all numbers are finite")
    return features


def _refuse_what_is_no_table(X: Any) -> None:
    """Raise where X is none of what scikit-learn reads, or breaks what reads it."""
    if issparse(X):
        refuse_broken_sparse("X", X)
    elif not hasattr(X, "__array__"):
        _refuse_what_is_no_list(X)


def _refuse_what_is_no_list(X: Any) -> None:
    """Raise where X is neither an array nor a list of rows, or an empty list."""
    if not isinstance(X, Sequence) or isinstance(X, str | bytes):
        raise ValueError(
            "X must be an array, a frame, a sparse matrix or a list of rows; got "
            f"{short(X)}."
        )
    if not X:
        raise ValueError("X is empty: it has 0 samples, at least 1 is needed.")


def refuse_broken_sparse(name: str, given: Any) -> None:
    """Raise where indices point outside of it, which SciPy follows without a look."""
    if given.ndim == 2 and not _is_sound(given):
        raise ValueError(
            f"{name} is a broken sparse matrix: its indices do not fit the shape "
            f"{given.shape} in the format {given.format!r}. Check how it was read, or "
            "build it anew."
        )


def _is_sound(X: Any) -> bool:
    """Return whether the indices of a sparse matrix stay within its shape."""
    if X.format == "coo":
        return _within(X.row, X.shape[0]) and _within(X.col, X.shape[1])
    if X.format not in ("csr", "csc"):
        return True
    n_lines, n_places = X.shape if X.format == "csr" else X.shape[::-1]
    ends = X.indptr
    if len(ends) != n_lines + 1 or ends[0] != 0 or (ends[1:] < ends[:-1]).any():
        return False
    n_stored = ends[-1]
    places = X.indices[:n_stored]
    return n_stored == len(places) <= len(X.data) and _within(places, n_places)


def _within(indices: np.ndarray, n: int) -> bool:
    """Return whether indices are at least 0 and less than n."""
    return not indices.size or bool(indices.min() >= 0 and indices.max() < n)
