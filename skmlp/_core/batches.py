"""Mini-batches: which rows of X each step learns from, and what each row counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

__all__ = ["SAMPLINGS", "Batch", "Batches", "Part", "Sampling"]

# Takes the number of rows and a random stream; returns their order in one epoch, or
# None for the order of X.
Sampling: TypeAlias = Callable[[int, np.random.Generator], np.ndarray | None]


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


SAMPLINGS: dict[str, Sampling] = {
    "shuffle": _shuffle,
    "sequential": _sequential,
    "replacement": _replacement,
}


class Part(NamedTuple):
    """Some rows of a batch: where they are in X, their y and what each counts."""

    key: slice | np.ndarray
    y: np.ndarray
    weight: np.ndarray


class Batch(NamedTuple):
    """What one step learns from, part by part; most batches are one part."""

    parts: Sequence[Part]
    n_rows: int
    share_of_epoch_done: float


class Batches:
    """The batches of a training set, as keys of its rows; it never sees X.

    A row counts by its weight over (batch rows x mean weight), so that the expected
    gradient of a batch is the gradient of the weighted mean loss.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Encoded targets.
    weight : ndarray of shape (n_samples,)
        Non-negative, not all zero; its dtype is that of the computation.
    batch_size : int
    block_rows : int
        Larger batches are handed out in parts of so many rows.
    sampling : callable
        One of `SAMPLINGS`.
    subset : ndarray of intp or None
        The rows to train on; None for all.
    mean_weight : float or None
        What a weight is measured by; None for the mean weight of the rows.
    """

    def __init__(
        self,
        y: np.ndarray,
        weight: np.ndarray,
        *,
        batch_size: int,
        block_rows: int,
        sampling: Sampling,
        subset: np.ndarray | None = None,
        mean_weight: float | None = None,
    ) -> None:
        self.n_rows = len(y) if subset is None else len(subset)
        self.batch_size = min(batch_size, self.n_rows)
        self.block_rows = block_rows
        self.y = y
        self.weight = weight
        self.sampling = sampling
        self.subset = subset
        if mean_weight is None:
            weights = weight if subset is None else weight[subset]
            mean_weight = float(weights.mean(dtype=np.float64))
        self.mean_weight = mean_weight

    def epoch(self, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield the batches of one epoch."""
        order = self.sampling(self.n_rows, rng)
        if self.subset is not None:
            order = self.subset if order is None else self.subset[order]
        y = self.y if order is None else self.y[order]
        weight = self._scaled_weights(order)
        for start in range(0, self.n_rows, self.batch_size):
            stop = min(start + self.batch_size, self.n_rows)
            parts = list(self._parts(order, y, weight, start, stop))
            yield Batch(parts, stop - start, start / self.n_rows)

    def _scaled_weights(self, order: np.ndarray | None) -> np.ndarray:
        """Return what each row counts in its batch, in the order of the epoch."""
        weight = self.weight.copy() if order is None else self.weight[order]
        np.multiply(weight, 1.0 / (self.batch_size * self.mean_weight), out=weight)
        n_last = self.n_rows % self.batch_size
        if n_last:
            weight[-n_last:] *= self.batch_size / n_last
        return weight

    def _parts(
        self,
        order: np.ndarray | None,
        y: np.ndarray,
        weight: np.ndarray,
        start: int,
        stop: int,
    ) -> Iterator[Part]:
        for first in range(start, stop, self.block_rows):
            part = slice(first, min(first + self.block_rows, stop))
            key = part if order is None else order[part]
            yield Part(key, y[part], weight[part])
