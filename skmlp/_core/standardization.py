"""Implicit standardisation: training as if every feature were centred and scaled.

The first layer is trained on x̂ = (x - μ) / s, and handed out for x itself::

    Z = X̂ Ŵ1 + b̂1 = X W1 + b1        W1 = Ŵ1 / s        b1 = b̂1 - μᵀ W1

Scales are powers of two, so that Ŵ1 and W1 follow from one another without rounding.
Outliers neither make a scale large nor move a center far, and training counts them as
no more than a limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

# A scale is at least this share of the range: features that hardly ever vary, as pixels
# at a border, would otherwise become huge where they do.
_LEAST_SHARE_OF_RANGE = 0.25
# What is rarer than one in so many is an outlier: of the values that differ from the
# median one in so many is further from it than the spread. Codes for gaps are so rare;
# what is less rare is a heavy tail, which predictions have to know.
_RARE = 50
# Fewer values, or rows, tell of no outlier.
_FEWEST = 20
# A scale of more than so many spreads is that of outliers. Of a million normal numbers
# it is 1.05 spreads.
_TOO_LARGE = 1.4
# So many rows tell the spread.
_SAMPLE = 2048
# So many features of them are sorted at a time: 1 MB in float32, a cache.
_FEATURES_AT_ONCE = 128
# Training counts x̂ beyond this as this: the squared gradients of one outlier would hold
# Adam up for a thousand steps. Without outliers |x̂| is at most 4 √2, a range by a
# quarter of it that was rounded down. On real tables with heavy tails 3 was worse.
_LIMIT = 6.0
# Scales keep so many powers of two away from the end of the numbers, for the weights.
_MARGIN = 28
# From so many scales on, the distance of a center from zero costs X W1 its digits.
_FAR = 32.0


class Standardization(NamedTuple):
    """The center μ and the scale s of each feature, float64; s is a power of two.

    In training x̂ counts as no more than the limit, and as no less than minus that.
    """

    center: np.ndarray
    scale: np.ndarray
    limit: float = math.inf

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

    def farthest(self, low: np.ndarray, high: np.ndarray) -> float:
        """Return the largest |x̂| of features that lie between two bounds."""
        bounds = np.stack([low, high]) / self.scale - self.center / self.scale
        return float(np.abs(bounds).max())

    def without_limit(self) -> Standardization:
        """Return one for predictions, which take what is far out as it is."""
        return self._replace(limit=math.inf)

    def without_centers(self) -> Standardization:
        """Return one that scales alone, with a limit for what is not centred."""
        limit = self.limit + float(np.abs(self.center / self.scale).max())
        return Standardization(np.zeros_like(self.center), self.scale, limit)

    def to_raw(self, W1: np.ndarray) -> np.ndarray:
        """Return the weights for x, given those for x̂."""
        return W1 / self.scale.astype(W1.dtype)[:, np.newaxis]

    def from_raw(self, W1: np.ndarray) -> None:
        """Turn weights for x into those for x̂, in place."""
        np.multiply(W1, self.scale.astype(W1.dtype)[:, np.newaxis], out=W1)

    def bias_shift(self, W1: np.ndarray) -> np.ndarray:
        """Return μᵀ W1, by which the biases for x and for x̂ differ."""
        if not self.centers:
            return np.zeros(W1.shape[1:])
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
    X: Any, blocks: Iterable[tuple[Any, Any]], weight: np.ndarray, dtype: np.dtype
) -> Standardization:
    """Measure center and scale of each feature of X, a dense array or CSR.

    The center is the weighted mean; the scale is the standard deviation, or a quarter
    of the range where that is larger. More than 1.4 spreads are the scale of outliers:
    then it is the spread, and the center is the middle, a mean in which none counts as
    further from the median than the spread. Scales are rounded to powers of two that
    the dtype of the computation can hold. What is constant, as all is in a first chunk
    of one row, is not centred, and scaled by its size. Rows of weight 0 count for
    nothing.

    Parameters
    ----------
    X : array or CSR of shape (n_samples, n_features)
        A sample of its rows tells the spread.
    blocks : iterable of tuples of (rows, X[rows])
        All of X, in a dtype in which its moments are taken.
    weight : ndarray of shape (n_samples,)
    dtype : dtype
        That of the computation.
    """
    moments = moments_of(X.shape[1], blocks, weight)
    if moments.total == 0:
        return Standardization(np.zeros(X.shape[1]), np.ones(X.shape[1]))
    rows, counts = sampled_rows(weight)
    return standardization_of(moments, X, rows, counts, dtype)


def moments_of(
    n_features: int, blocks: Iterable[tuple[Any, Any]], weight: np.ndarray
) -> Moments:
    """Return the moments of the rows of positive weight."""
    moments = Moments(n_features)
    with np.errstate(all="ignore"):  # squares may overflow; the range is still known
        for rows, block in blocks:
            counts = weight[rows] > 0
            w = weight[rows][counts].astype(np.float64)
            moments.add(block if counts.all() else block[counts], w)
    return moments


def standardization_of(
    moments: Moments, X: Any, rows: np.ndarray, counts: np.ndarray, dtype: np.dtype
) -> Standardization:
    """Return the standardisation, given moments of all rows and a sample of them.

    The sample is some rows of X, those of `sampled_rows`, which count so many times.
    """
    with np.errstate(all="ignore"):
        precise = np.result_type(X.dtype, dtype)
        middle, spread = _middle_and_spread(X, rows, counts, precise)
        center, scale = moments.mean(), moments.scale()
    has_outliers = spread < scale / _TOO_LARGE
    center = np.where(has_outliers, middle, center)
    scale = np.where(has_outliers, spread, scale)
    is_constant = scale == 0
    scale = np.where(is_constant, np.abs(center), scale)
    center[is_constant] = 0.0
    is_told = moments.n_rows >= _FEWEST or has_outliers.any()
    limit = _LIMIT if is_told else math.inf  # later rows may lie far from these few
    return Standardization(center, _power_of_two(scale, dtype), limit)


def largest_scale(dtype: np.dtype) -> float:
    """Return the largest scale that a feature may have; its inverse is the least."""
    return 2.0 ** (np.finfo(dtype).maxexp - _MARGIN)


class Moments:
    """Weighted sums of x - origin and of its squares, and the range, by feature.

    The origin is in the first rows, so that a mean that is large beside the range takes
    nothing from the precision; zero for what sparse rows leave out.
    """

    def __init__(self, n_features: int) -> None:
        self.origin: np.ndarray | None = None
        self.n_rows, self.total = 0, 0.0
        self.sum, self.sum_of_squares = np.zeros(n_features), np.zeros(n_features)
        self.low = np.full(n_features, np.inf)
        self.high = np.full(n_features, -np.inf)

    def add(self, X: Any, weight: np.ndarray) -> None:
        """Take in a block of rows that all count."""
        if not len(weight):
            return
        self.n_rows += len(weight)
        self.total += weight.sum()
        weight = weight.astype(X.dtype)
        (self._add_sparse if sparse.issparse(X) else self._add_dense)(X, weight)

    def _add_dense(self, X: np.ndarray, weight: np.ndarray) -> None:
        if self.origin is None:
            self.origin = X[0].copy()
        np.minimum(self.low, X.min(axis=0), out=self.low)
        np.maximum(self.high, X.max(axis=0), out=self.high)
        X = X - self.origin
        self.sum += weight @ X
        np.multiply(X, X, out=X)
        self.sum_of_squares += weight @ X

    def _add_sparse(self, X: Any, weight: np.ndarray) -> None:
        X = X.copy()
        X.sum_duplicates()
        X.eliminate_zeros()
        values = X.data.astype(np.float64)  # of another dtype it is ten times slower
        np.minimum.at(self.low, X.indices, values)
        np.maximum.at(self.high, X.indices, values)
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

    def merge(self, other: Moments) -> None:
        """Take in the moments of other rows, which may have another origin."""
        if other.origin is None:
            return
        if self.origin is None:
            self.origin = other.origin
        with np.errstate(all="ignore"):
            shift = other.origin.astype(np.float64) - self.origin
            self.sum += other.sum + other.total * shift
            self.sum_of_squares += other.sum_of_squares + shift * (
                2.0 * other.sum + other.total * shift
            )
        self.n_rows += other.n_rows
        self.total += other.total
        np.minimum(self.low, other.low, out=self.low)
        np.maximum(self.high, other.high, out=self.high)

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


def sampled_rows(
    weight: np.ndarray, before: float = 0.0, total: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows that are spread evenly over the cumulative weight, and their counts.

    Integer weights are repeated rows to it. The fractions of multiples of the golden
    ratio keep it out of step with what comes back regularly, as the hours of a day.

    The weights may be a part of those of more rows, whose sum is the total, and before
    this part another: the rows are then those of the part.
    """
    steps = np.arange(_SAMPLE)
    golden_ratio = (1 + math.sqrt(5)) / 2
    cumulative = before + np.cumsum(weight, dtype=np.float64)
    whole = cumulative[-1] if total is None else total
    positions = (steps + steps * golden_ratio % 1) / _SAMPLE * whole
    is_here = (positions >= before) & (positions < cumulative[-1])
    rows = np.searchsorted(cumulative, positions[is_here], side="right")
    return np.unique(rows, return_counts=True)


def _middle_and_spread(
    X: Any, rows: np.ndarray, counts: np.ndarray, dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle and the spread of each feature, on rows that count so often.

    The spread is infinite, and the middle any, where few values differ from the median.
    """
    if sparse.issparse(X):
        return _middle_and_spread_of_sparse(X[rows].astype(dtype), counts)
    middle, spread = np.empty(X.shape[1]), np.empty(X.shape[1])
    for start in range(0, X.shape[1], _FEATURES_AT_ONCE):
        some = slice(start, start + _FEATURES_AT_ONCE)
        columns = X[rows, some].T.astype(dtype)
        middle[some], spread[some] = _middle_and_spread_of_columns(columns, counts)
    return middle, spread


def _middle_and_spread_of_columns(
    columns: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return those of each row of an array, whose values count so many times."""
    values = np.repeat(columns, counts, axis=1)
    values.sort(axis=1)  # faster than to partition, which ties make slow
    median = values[:, (_SAMPLE - 1) // 2, np.newaxis]
    n_others = np.count_nonzero(values != median, axis=1)
    n_beyond = n_others // _RARE
    n_ends = n_beyond.max() + 1
    ends = np.hstack([median - values[:, :n_ends], values[:, -n_ends:] - median])
    ends.sort(axis=1)
    spread = ends[np.arange(len(ends)), -1 - n_beyond, np.newaxis]
    np.clip(values, median - spread, median + spread, out=values)
    middle = values.mean(axis=1, dtype=np.float64)
    return middle, np.where(n_others >= _FEWEST, spread[:, 0], np.inf)


def _middle_and_spread_of_sparse(
    X: Any, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return those of each feature of CSR, whose rows count so many times."""
    X.sum_duplicates()
    X.eliminate_zeros()
    n_features = X.shape[1]
    count_of_entry = np.repeat(counts, np.diff(X.indptr))
    n_entries = np.bincount(X.indices, count_of_entry, n_features).astype(np.intp)
    spread = np.full(n_features, np.inf)
    is_dense = n_entries > (_SAMPLE - 1) // 2  # its median may be another than 0
    is_sparse = ~is_dense & (n_entries >= _FEWEST)
    entries = is_sparse[X.indices]
    spread[is_sparse] = _spread_of_entries(
        X.indices[entries], np.abs(X.data[entries]), count_of_entry[entries]
    )
    near = np.clip(X.data, -spread[X.indices], spread[X.indices])
    middle = np.bincount(X.indices, near * count_of_entry, n_features) / _SAMPLE
    X, dense = X.tocsc(), np.flatnonzero(is_dense)
    for start in range(0, len(dense), _FEATURES_AT_ONCE):
        some = dense[start : start + _FEATURES_AT_ONCE]
        columns = X[:, some].toarray().T
        middle[some], spread[some] = _middle_and_spread_of_columns(columns, counts)
    return middle, spread


def _spread_of_entries(
    features: np.ndarray, sizes: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return the spread of each of these features, whose median is 0."""
    order = np.lexsort([sizes, features])
    n_up_to = np.cumsum(counts[order])
    last = np.flatnonzero(np.diff(features[order], append=-1))
    n_others = np.diff(n_up_to[last], prepend=0)
    n_beyond = n_others // _RARE
    kept = np.searchsorted(n_up_to, n_up_to[last] - 1 - n_beyond, side="right")
    return sizes[order][kept]


def _power_of_two(scale: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return the nearest power of two of each scale, 1 for 0."""
    scale = np.where(scale > 0, scale, 1.0)
    scale = np.clip(scale, 1.0 / largest_scale(dtype), largest_scale(dtype))
    return np.exp2(np.rint(np.log2(scale)))
