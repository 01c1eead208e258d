"""Mini-batches: rows of X, whatever its type, gathered into buffers of one dtype.

X is never copied or cast whole. Rows are asked for by an index array, which gathers
them, or by a slice, which is a view where X has the dtype of the computation already.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from scipy import sparse

from skmlp._core.standardization import Centered, Standardization

__all__ = [
    "SAMPLINGS",
    "Batches",
    "Block",
    "Matrix",
    "Rows",
    "block_rows",
    "blocks_of",
    "holds_finite_numbers",
    "rows_of",
]

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


def leading(storage: np.ndarray, *shape: int) -> np.ndarray:
    """Return the first elements of a vector as a contiguous array of this shape."""
    return storage[: math.prod(shape)].reshape(shape)


class DenseRows:
    """Rows of a dense array of any dtype and memory order, in the dtype asked for.

    With a standardisation they come centred and scaled.
    """

    def __init__(
        self,
        X: np.ndarray,
        n_rows: int,
        dtype: np.dtype,
        standardization: Standardization | None = None,
    ) -> None:
        self.X = np.asarray(X)
        n_features = X.shape[1]
        same_dtype = X.dtype == dtype
        self.as_they_are = same_dtype and standardization is None
        self.gathered = np.empty(n_rows * n_features, X.dtype)
        self.written = (
            self.gathered if same_dtype else np.empty(n_rows * n_features, dtype)
        )
        self.write = _writer(standardization, X.dtype, np.dtype(dtype))
        self.takes = X.dtype.isnative and X.flags.aligned and X.flags.forc

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
        if not self.takes:
            return self.X[indices]
        n_features = self.X.shape[1]
        if self.X.flags.c_contiguous:
            rows = leading(self.gathered, len(indices), n_features)
            return self.X.take(indices, 0, rows, "clip")
        columns = leading(self.gathered, n_features, len(indices))
        return self.X.T.take(indices, 1, columns, "clip").T


def _cast(rows: np.ndarray, out: np.ndarray) -> None:
    """Copy rows; what float64 holds and float32 does not becomes infinite."""
    with np.errstate(over="ignore"):
        np.copyto(out, rows)


def _writer(
    standardization: Standardization | None, X_dtype: np.dtype, dtype: np.dtype
) -> Callable[[np.ndarray, np.ndarray], None]:
    """Return what writes rows of X into another array, standardised where asked for."""
    if standardization is None:
        return _cast
    center = standardization.center.astype(np.result_type(X_dtype, dtype))
    inverse_scale = (1.0 / standardization.scale).astype(dtype)

    def standardize(rows: np.ndarray, out: np.ndarray) -> None:
        if center.dtype == dtype:
            np.copyto(out, rows)
            np.subtract(out, center, out=out)
        else:  # X is the more precise, and may hold times, of which float32 knows days
            np.subtract(rows, center, out=out, casting="same_kind")
        np.multiply(out, inverse_scale, out=out)

    return standardize


class SparseRows:
    """Rows of a CSR matrix or array, in the dtype asked for, never densified.

    With a standardisation they come scaled; `CenteredRows` centre them.
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
        self.inverse_scale = (
            None
            if standardization is None
            else (1.0 / standardization.scale).astype(dtype)
        )

    def __getitem__(self, key: slice | np.ndarray) -> Matrix:
        """Return the rows as CSR."""
        with np.errstate(over="ignore"):
            rows = self.X[key].astype(self.dtype, copy=False)
        if self.inverse_scale is None:
            return rows
        scaled = rows.data * self.inverse_scale[rows.indices]
        return type(rows)((scaled, rows.indices, rows.indptr), shape=rows.shape)


class CenteredRows:
    """Rows that `SparseRows` scaled, centred without being densified."""

    def __init__(
        self, rows: Rows, standardization: Standardization, dtype: np.dtype
    ) -> None:
        self.rows = rows
        self.m = (standardization.center / standardization.scale).astype(dtype)

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
) -> Rows:
    """Return what hands out up to n_rows rows of X at a time."""
    rows = SparseRows if sparse.issparse(X) else DenseRows
    return rows(X, n_rows, dtype, standardization)


def blocks_of(
    X: Matrix, n_rows: int, dtype: np.dtype, subset: np.ndarray | None = None
) -> Iterator[tuple[slice | np.ndarray, Matrix]]:
    """Walk through (a subset of) X in blocks, each valid until the next."""
    n_all = X.shape[0] if subset is None else len(subset)
    rows = rows_of(X, min(n_rows, n_all), dtype)
    for start in range(0, n_all, n_rows):
        block = slice(start, min(start + n_rows, n_all))
        key = block if subset is None else subset[block]
        yield key, rows[key]


def holds_finite_numbers(X: Matrix) -> bool:
    """Return whether no number of a block is NaN or infinite."""
    values = X.data if sparse.issparse(X) else X
    if values.flags.c_contiguous and np.isfinite(np.vdot(values, values)):
        return True
    return bool(np.isfinite(values).all())  # the squares alone may overflow


def _index_dtype(n_rows: int) -> type[np.signedinteger]:
    """Return the smaller of two dtypes that can number the rows."""
    return np.int32 if n_rows < 2**31 else np.int64


def _shuffle(n_rows: int, rng: np.random.Generator) -> np.ndarray | None:
    """Visit every row once, in a new order each epoch."""
    order = np.arange(n_rows, dtype=_index_dtype(n_rows))
    rng.shuffle(order)
    return order


def _sequential(n_rows: int, rng: np.random.Generator) -> np.ndarray | None:
    """Visit every row once, in the order of X; None lets slices do it."""
    return None


def _replacement(n_rows: int, rng: np.random.Generator) -> np.ndarray | None:
    """Draw as many rows as there are, each independently."""
    return rng.integers(n_rows, size=n_rows, dtype=_index_dtype(n_rows))


SAMPLINGS: dict[str, Callable[[int, np.random.Generator], np.ndarray | None]] = {
    "shuffle": _shuffle,
    "sequential": _sequential,
    "replacement": _replacement,
}


class Block(NamedTuple):
    """Some rows of a batch: X, their class indices and what each counts."""

    X: Matrix
    y: np.ndarray
    weight: np.ndarray


class Batch(NamedTuple):
    """What one step learns from, block by block; most batches are one block."""

    blocks: Iterator[Block]
    n_rows: int
    share_of_epoch_done: float


class Batches:
    """The batches of a training set.

    A row counts by its weight over (batch rows x mean weight), so that the expected
    gradient of a batch is the gradient of the weighted mean loss.

    Parameters
    ----------
    rows : Rows
        Hands out the rows of X, up to `block_rows` at a time.
    y : ndarray of intp of shape (n_samples,)
        Class indices.
    weight : ndarray of shape (n_samples,)
        Non-negative, not all zero; its dtype is that of the computation.
    batch_size : int
    block_rows : int
        Larger batches are handed out in blocks of so many rows.
    sampling : callable
        One of `SAMPLINGS`.
    subset : ndarray of intp or None
        The rows to train on; None for all.
    mean_weight : float or None
        What a weight is measured by; None for the mean weight of the rows.
    """

    def __init__(
        self,
        rows: Rows,
        y: np.ndarray,
        weight: np.ndarray,
        *,
        batch_size: int,
        block_rows: int,
        sampling: Callable[[int, np.random.Generator], np.ndarray | None],
        subset: np.ndarray | None = None,
        mean_weight: float | None = None,
    ) -> None:
        self.n_rows = len(y) if subset is None else len(subset)
        self.batch_size = min(batch_size, self.n_rows)
        self.block_rows = block_rows
        self.rows = rows
        self.y = y
        self.weight = weight
        self.sampling = sampling
        self.subset = subset
        if mean_weight is None:
            weights = weight if subset is None else weight[subset]
            mean_weight = float(weights.mean(dtype=np.float64))
        self.mean_weight = mean_weight

    def epoch(self, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield the batches of one epoch; each is valid until the next is asked for."""
        order = self.sampling(self.n_rows, rng)
        if self.subset is not None:
            order = self.subset if order is None else self.subset[order]
        y = self.y if order is None else self.y[order]
        weight = self._scaled_weights(order)
        for start in range(0, self.n_rows, self.batch_size):
            stop = min(start + self.batch_size, self.n_rows)
            blocks = self._blocks(order, y, weight, start, stop)
            yield Batch(blocks, stop - start, start / self.n_rows)

    def _scaled_weights(self, order: np.ndarray | None) -> np.ndarray:
        """Return what each row counts in its batch, in the order of the epoch."""
        weight = self.weight.copy() if order is None else self.weight[order]
        np.multiply(weight, 1.0 / (self.batch_size * self.mean_weight), out=weight)
        n_last = self.n_rows % self.batch_size
        if n_last:
            weight[-n_last:] *= self.batch_size / n_last
        return weight

    def _blocks(
        self,
        order: np.ndarray | None,
        y: np.ndarray,
        weight: np.ndarray,
        start: int,
        stop: int,
    ) -> Iterator[Block]:
        for first in range(start, stop, self.block_rows):
            part = slice(first, min(first + self.block_rows, stop))
            key = part if order is None else order[part]
            yield Block(self.rows[key], y[part], weight[part])
