"""Implicit standardisation: training as if every feature were centred and scaled.

The first layer is trained on x̂ = (x - μ) / s, and handed out for x itself::

    Z = X̂ Ŵ1 + b̂1 = X W1 + b1        W1 = Ŵ1 / s        b1 = b̂1 - μᵀ W1

Scales are powers of two, so that Ŵ1 and W1 follow from one another without rounding.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

# A scale is at least this share of the range: features that hardly ever vary, as pixels
# at a border, would otherwise become huge where they do.
_LEAST_SHARE_OF_RANGE = 0.25
# Scales keep so many powers of two away from the end of the numbers, for the weights.
_MARGIN = 28
# From so many scales on, the distance of a center from zero costs X W1 its digits.
_FAR = 32.0


class Standardization(NamedTuple):
    """The center μ and the scale s of each feature, float64; s is a power of two."""

    center: np.ndarray
    scale: np.ndarray

    @property
    def centers(self) -> bool:
        """Whether any feature is centred."""
        return bool(self.center.any())

    @property
    def far(self) -> np.ndarray:
        """The features that lie so far from zero that X is to be centred to predict.

        In float32 a year has three digits behind the point, a time in seconds none.
        """
        return np.flatnonzero(np.abs(self.center) > _FAR * self.scale)

    def to_raw(self, W1: np.ndarray) -> np.ndarray:
        """Return the weights for x, given those for x̂."""
        return W1 / self.scale.astype(W1.dtype)[:, np.newaxis]

    def from_raw(self, W1: np.ndarray) -> None:
        """Turn weights for x into those for x̂, in place."""
        np.multiply(W1, self.scale.astype(W1.dtype)[:, np.newaxis], out=W1)

    def bias_shift(self, W1: np.ndarray) -> np.ndarray:
        """Return μᵀ W1, by which the biases for x and for x̂ differ."""
        return np.einsum("f,fh->h", self.center, W1)  # the same sum every time


class Centered:
    """Sparse rows minus one dense row, X - 1 mᵀ, as a factor of products."""

    def __init__(self, X: Any, m: np.ndarray) -> None:
        self.X, self.m, self.shape = X, m, X.shape

    def __matmul__(self, W: np.ndarray) -> np.ndarray:
        """Return (X - 1 mᵀ) W."""
        return self.X @ W - self.m @ W

    @property
    def T(self) -> _CenteredTransposed:
        """The transpose."""
        return _CenteredTransposed(self.X.T, self.m)


class _CenteredTransposed:
    def __init__(self, XT: Any, m: np.ndarray) -> None:
        self.XT, self.m = XT, m

    def __matmul__(self, dZ: np.ndarray) -> np.ndarray:
        """Return (Xᵀ - m 1ᵀ) dZ."""
        product = self.XT @ dZ
        product -= np.outer(self.m, dZ.sum(axis=0))
        return product


def measure(
    blocks: Iterable[tuple[Any, Any]],
    weight: np.ndarray,
    n_features: int,
    dtype: np.dtype,
) -> Standardization:
    """Measure center and scale of each feature from blocks of rows and their weights.

    The center is the weighted mean; the scale is the standard deviation, or a quarter
    of the range where that is larger, rounded to a power of two that the dtype of the
    computation can hold. What is constant, as all is in a first chunk of one row, is
    not centred, and scaled by its size. Rows of weight 0 count for nothing.
    """
    moments = _Moments(n_features)
    with np.errstate(all="ignore"):  # squares may overflow; the range is still known
        for rows, X in blocks:
            counts = weight[rows] > 0
            w = weight[rows][counts].astype(np.float64)
            moments.add(X if counts.all() else X[counts], w)
        if moments.total == 0:
            return Standardization(np.zeros(n_features), np.ones(n_features))
        center, scale = moments.mean(), moments.scale()
    is_constant = scale == 0
    scale = np.where(is_constant, np.abs(center), scale)
    center[is_constant] = 0.0
    return Standardization(center, _power_of_two(scale, dtype))


def largest_scale(dtype: np.dtype) -> float:
    """Return the largest scale that a feature may have; its inverse is the least."""
    return 2.0 ** (np.finfo(dtype).maxexp - _MARGIN)


class _Moments:
    """Weighted sums of x - origin and of its squares, and the range, by feature.

    The origin is in the first rows, so that a mean that is large beside the range takes
    nothing from the precision; zero for what sparse rows leave out.
    """

    def __init__(self, n_features: int) -> None:
        self.origin: np.ndarray | None = None
        self.total = 0.0
        self.sum, self.sum_of_squares = np.zeros(n_features), np.zeros(n_features)
        self.low = np.full(n_features, np.inf)
        self.high = np.full(n_features, -np.inf)

    def add(self, X: Any, weight: np.ndarray) -> None:
        """Take in a block of rows that all count."""
        if not len(weight):
            return
        self.total += weight.sum()
        weight = weight.astype(X.dtype)
        (self._add_sparse if sparse.issparse(X) else self._add_dense)(X, weight)

    def _add_dense(self, X: np.ndarray, weight: np.ndarray) -> None:
        if self.origin is None:
            self.origin = X[0].copy()
        X = X - self.origin
        np.minimum(self.low, X.min(axis=0), out=self.low)
        np.maximum(self.high, X.max(axis=0), out=self.high)
        self.sum += weight @ X
        np.multiply(X, X, out=X)
        self.sum_of_squares += weight @ X

    def _add_sparse(self, X: Any, weight: np.ndarray) -> None:
        X = X.copy()
        X.sum_duplicates()
        X.eliminate_zeros()
        np.minimum.at(self.low, X.indices, X.data)
        np.maximum.at(self.high, X.indices, X.data)
        has_zeros = np.bincount(X.indices, minlength=X.shape[1]) < X.shape[0]
        np.minimum(self.low, 0.0, out=self.low, where=has_zeros)
        np.maximum(self.high, 0.0, out=self.high, where=has_zeros)
        if self.origin is None:
            self.origin = np.where(has_zeros, 0.0, self.low).astype(X.dtype)
        X.data -= self.origin[X.indices]
        self.sum += X.T @ weight
        np.multiply(X.data, X.data, out=X.data)
        self.sum_of_squares += X.T @ weight
        if self.origin.any():
            X.data[...] = 1.0
            left_out = weight.sum(dtype=np.float64) - X.T @ weight
            left_out[~has_zeros] = 0.0
            self.sum -= left_out * self.origin
            self.sum_of_squares += left_out * np.square(self.origin, dtype=np.float64)

    def mean(self) -> np.ndarray:
        """Return the weighted mean of each feature, 0 where the sums overflow."""
        origin = 0.0 if self.origin is None else self.origin.astype(np.float64)
        mean = origin + self.sum / self.total
        return np.where(np.isfinite(mean), mean, 0.0)

    def scale(self) -> np.ndarray:
        """Return the standard deviation, or a share of the range if that is larger."""
        mean_square = self.sum_of_squares / self.total
        variance = mean_square - (self.sum / self.total) ** 2
        variance[~np.isfinite(variance)] = 0.0  # the range is known at least
        deviation = np.sqrt(np.maximum(variance, 0.0))
        return np.maximum(deviation, _LEAST_SHARE_OF_RANGE * (self.high - self.low))


def _power_of_two(scale: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return the nearest power of two of each scale, 1 for 0."""
    scale = np.where(scale > 0, scale, 1.0)
    scale = np.clip(scale, 1.0 / largest_scale(dtype), largest_scale(dtype))
    return np.exp2(np.rint(np.log2(scale)))
