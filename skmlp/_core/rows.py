"""Rows of X, whatever its type, gathered into buffers of one dtype.

X is never copied or cast whole. Rows are asked for by an index array, which gathers
them, or by a slice, which is a view where X has the dtype of the computation already.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

import numpy as np
from scipy import sparse

from skmlp._core.blas import zeros
from skmlp._core.standardization import Centered, Standardization

# A dense array or a CSR matrix or array; SciPy ships no types.
Matrix: TypeAlias = Any

# How many numbers the buffers of one block may hold together: 2 MB in float32, a cache.
_BLOCK_ELEMENTS = 2**19
_MIN_BLOCK_ROWS = 256


def block_rows(n_features: int, n_hidden: int, n_outputs: int) -> int:
    """Return how many rows go through the network at once."""
    return max(
        _MIN_BLOCK_ROWS, _BLOCK_ELEMENTS // (n_features + 3 * n_hidden + 2 * n_outputs)
    )


def numbers_per_row(X: Matrix) -> int:
    """Return how many numbers a row of X takes, if it is sparse on average.

    A zero that is stored is none.
    """
    if not sparse.issparse(X):
        return X.shape[1]
    return math.ceil(np.count_nonzero(X.data) / X.shape[0])


def leading(storage: np.ndarray, *shape: int) -> np.ndarray:
    """Return the first elements of a vector as a contiguous array of this shape."""
    return storage[: math.prod(shape)].reshape(shape)


class DenseRows:
    """Rows of a dense array of any dtype and memory order, in the dtype asked for.

    With a standardisation they come centred and scaled, and what is then beyond its
    limit as the limit. What is asked for slices alone, it need not gather.
    """

    def __init__(
        self,
        X: np.ndarray,
        n_rows: int,
        dtype: np.dtype,
        standardization: Standardization | None = None,
        *,
        gathers: bool = True,
    ) -> None:
        self.X = np.asarray(X)
        n_elements = n_rows * X.shape[1]
        same_dtype = X.dtype == dtype
        self.as_they_are = same_dtype and standardization is None
        if gathers or not self.as_they_are:
            self.written = zeros(n_elements, dtype)
        if gathers:
            self.gathered = self.written if same_dtype else zeros(n_elements, X.dtype)
            self.gathered_rows = leading(self.gathered, n_rows, X.shape[1])
        self.write = _writer(standardization, X.dtype, np.dtype(dtype))
        self.takes = X.dtype.isnative and X.flags.aligned and X.flags.forc
        self.takes_rows = self.takes and X.flags.c_contiguous

    def __getitem__(self, key: slice | np.ndarray) -> np.ndarray:
        """Return the rows, valid until the next call."""
        rows = self.X[key] if isinstance(key, slice) else self._gather(key)
        if self.as_they_are:
            return rows
        # Keep the memory order, so that writing runs along it.
        if rows.flags.c_contiguous:
            written = leading(self.written, *rows.shape)
        else:
            written = leading(self.written, *rows.shape[::-1]).T
        self.write(rows, written)
        return written

    def _gather(self, indices: np.ndarray) -> np.ndarray:
        """Copy rows into the buffer; mode="clip" lets take write there directly."""
        if self.takes_rows:
            rows = self.gathered_rows[: len(indices)]
            return self.X.take(indices, 0, rows, "clip")
        if self.takes:
            columns = leading(self.gathered, self.X.shape[1], len(indices))
            return self.X.T.take(indices, 1, columns, "clip").T
        return self.X[indices]


def _copy(rows: np.ndarray, out: np.ndarray) -> None:
    """Copy rows; what float64 holds and float32 does not becomes infinite."""
    np.copyto(out, rows)


def _writer(
    standardization: Standardization | None, X_dtype: np.dtype, dtype: np.dtype
) -> Callable[[np.ndarray, np.ndarray], None]:
    """Return what writes rows of X into another array, standardised where asked for."""
    if standardization is None:
        return _copy
    center = standardization.center.astype(np.result_type(X_dtype, dtype))
    inverse_scale = (1.0 / standardization.scale).astype(dtype)
    limit = standardization.limit

    def standardize(rows: np.ndarray, out: np.ndarray) -> None:
        if center.dtype == dtype:
            np.copyto(out, rows)
            np.subtract(out, center, out=out)
        else:  # X is the more precise, and may hold times, of which float32 knows days
            np.subtract(rows, center, out=out, casting="same_kind")
        np.multiply(out, inverse_scale, out=out)
        if limit < math.inf:
            np.clip(out, -limit, limit, out=out)

    return standardize


class SparseRows:
    """Rows of a CSR matrix or array, in the dtype asked for, never densified.

    With a standardisation they come scaled, and centred where features are far from
    zero; `CenteredRows` centre the others. A feature that is far has hardly any zeros
    to leave out, so that all of its entries are stored, and centred exactly. What is
    stored, and will be beyond the limit once it is centred, comes as the limit.
    """

    def __init__(
        self,
        X: Matrix,
        n_rows: int,
        dtype: np.dtype,
        standardization: Standardization | None = None,
    ) -> None:
        self.X = X
        self.dtype = dtype
        self.limit = math.inf
        self.inverse_scale, self.far = None, np.empty(0, np.intp)
        if standardization is not None:
            self.inverse_scale = (1.0 / standardization.scale).astype(dtype)
            self.far = standardization.far
            self.center_of_far = np.zeros(X.shape[1], np.result_type(X.dtype, dtype))
            self.center_of_far[self.far] = standardization.center[self.far]
            self.limit = standardization.limit
            m = _centers_left(standardization, dtype)
            # Zero stays: an entry that is none, or that is stored in two parts.
            self.low = np.minimum(m - self.limit, 0.0)
            self.high = np.maximum(m + self.limit, 0.0)

    def __getitem__(self, key: slice | np.ndarray) -> Matrix:
        """Return the rows as CSR."""
        rows = self.X[key]
        if self.far.size:
            rows = _with_entries_of(rows, self.far)
            rows.data = rows.data - self.center_of_far[rows.indices]
        rows = rows.astype(self.dtype, copy=False)
        if self.inverse_scale is None:
            return rows
        scaled = rows.data * self.inverse_scale[rows.indices]
        if self.limit < math.inf:
            np.maximum(scaled, self.low[rows.indices], out=scaled)
            np.minimum(scaled, self.high[rows.indices], out=scaled)
        return type(rows)((scaled, rows.indices, rows.indptr), shape=rows.shape)


def _with_entries_of(rows: Matrix, features: np.ndarray) -> Matrix:
    """Return a copy that stores one entry of each of these features in every row."""
    n_rows = rows.shape[0]
    zeros = np.zeros(n_rows * len(features), rows.dtype)
    row_of_zero = np.repeat(np.arange(n_rows), len(features))
    row_of_entry = np.repeat(np.arange(n_rows), np.diff(rows.indptr))
    values = np.concatenate([rows.data, zeros])
    row = np.concatenate([row_of_entry, row_of_zero])
    column = np.concatenate([rows.indices, np.tile(features, n_rows)])
    return type(rows)((values, (row, column)), shape=rows.shape)  # which adds them up


def _centers_left(standardization: Standardization, dtype: np.dtype) -> np.ndarray:
    """Return what `SparseRows` leave to be subtracted, 0 of features that are far."""
    m = standardization.center / standardization.scale
    m[standardization.far] = 0.0
    return m.astype(dtype)


class CenteredRows:
    """Rows that `SparseRows` scaled, centred without being densified."""

    def __init__(
        self, rows: Rows, standardization: Standardization, dtype: np.dtype
    ) -> None:
        self.rows = rows
        self.m = _centers_left(standardization, dtype)

    def __getitem__(self, key: slice | np.ndarray) -> Matrix:
        """Return the rows as a factor of products."""
        return Centered(self.rows[key], self.m)


class Rows(Protocol):
    """What hands out rows of X: those above, or dropout around them."""

    def __getitem__(self, key: slice | np.ndarray) -> Matrix: ...


def rows_of(
    X: Matrix,
    n_rows: int,
    dtype: np.dtype,
    standardization: Standardization | None = None,
    *,
    gathers: bool = True,
) -> Rows:
    """Return what hands out up to n_rows rows of X at a time, sparse ones scaled."""
    if sparse.issparse(X):
        return SparseRows(X, n_rows, dtype, standardization)
    return DenseRows(X, n_rows, dtype, standardization, gathers=gathers)


def centered(
    rows: Rows, X: Matrix, standardization: Standardization | None, dtype: np.dtype
) -> Rows:
    """Return rows of X that are centred, where `rows_of` left that to be done."""
    if standardization is None or not standardization.centers or not sparse.issparse(X):
        return rows
    return CenteredRows(rows, standardization, dtype)


def blocks_of(
    X: Matrix,
    n_rows: int,
    dtype: np.dtype,
    subset: np.ndarray | range | None = None,
    standardization: Standardization | None = None,
) -> Iterator[tuple[slice | np.ndarray, Matrix]]:
    """Walk through (a subset of) X in blocks, each valid until the next."""
    some = range(X.shape[0]) if subset is None else subset
    gathers = not isinstance(some, range)
    most = min(n_rows, len(some))
    rows = rows_of(X, most, dtype, standardization, gathers=gathers)
    rows = centered(rows, X, standardization, dtype)
    for start in range(0, len(some), n_rows):
        block = some[start : start + n_rows]
        key = slice(block.start, block.stop) if isinstance(block, range) else block
        yield key, rows[key]


def holds_finite_numbers(X: Matrix) -> bool:
    """Return whether no number of a block is NaN or infinite."""
    if type(X) is not np.ndarray:
        X = X.X if isinstance(X, Centered) else X
        X = X.data if sparse.issparse(X) else np.asarray(X)
    return are_finite(X)


def are_finite(values: np.ndarray) -> bool:
    """Return whether no number of an array is NaN or infinite."""
    if values.flags.c_contiguous and math.isfinite(np.vdot(values, values)):
        return True
    return bool(np.isfinite(values).all())  # the squares alone may overflow
