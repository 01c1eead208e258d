"""Shuffle the rows of a stream of chunks, within a buffer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skmlp.streams.parts import Chunk, Example, join, n_rows_of, parts_of, take


def shuffled(
    chunks: Iterable[Any],
    buffer_rows: int,
    *,
    chunk_rows: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Iterator[Chunk]:
    """Yield each row of the chunks once, shuffled within a bounded buffer.

    The buffer is filled with `buffer_rows` rows. Then a random half of them is
    returned; the other half stays, and is mixed with the next rows. So a row
    moves by about half of `buffer_rows` on average. Rows that are sorted over much
    longer distances stay sorted: read the parts of such a file in random order, or
    shuffle the file.

    Parameters
    ----------
    chunks : iterable of tuples
        The stream: each chunk is ``(X, y)`` or ``(X, y, sample_weight)``, with equally
        many rows. X is array-like, a pandas or polars frame, or sparse; y is
        array-like, a series, or for several labels per row an array, a frame or sparse.
        All chunks have the same kind, columns and dtypes. They are copied, so that the
        next one may be written to the same memory. Chunks without rows are skipped.
    buffer_rows : int
        The number of rows in the buffer, at least 1. If chunks have more than half as
        many rows, the buffer holds two chunks and half of `buffer_rows`. While rows are
        shuffled, they take twice their memory.
    chunk_rows : int, default=None
        The number of rows of each returned chunk; the last chunk has the remaining
        rows. With None chunks have the sizes of those of the stream.
    random_state : int, RandomState instance or None, default=None
        Seed of the order. For several passes over a file, pass the number of the pass.

    Returns
    -------
    mixed : iterator of tuples
        Chunks with the same parts as those of the stream: frames and series with their
        index, sparse matrices as CSR, everything else as NumPy arrays.

    Raises
    ------
    TypeError
        If a chunk is not such a tuple, or a part of it is a frame of another library.
    ValueError
        If an argument is invalid, or a chunk differs from the first one; the error
        counts chunks from 1.

    See Also
    --------
    skmlp.TwoLayerClassifier.partial_fit : Trains on one chunk.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmlp.streams import shuffled
    >>> X, y = load_iris(return_X_y=True)  # sorted by label
    >>> chunks = ((X[i : i + 10], y[i : i + 10]) for i in range(0, 150, 10))
    >>> mixed = shuffled(chunks, buffer_rows=150, random_state=0)
    >>> next(mixed)[1]
    array([2, 1, 0, 2, 0, 2, 0, 1, 1, 1])
    """
    _check_count("buffer_rows", buffer_rows)
    if chunk_rows is not None:
        _check_count("chunk_rows", chunk_rows)
    if not isinstance(chunks, Iterable):
        raise TypeError(
            "chunks must be an iterable of tuples (X, y), as a generator; got "
            f"{type(chunks).__name__}."
        )
    rng = check_random_state(random_state)
    return _mixed(_alike(chunks), Buffer(int(buffer_rows), chunk_rows, rng))


class Buffer:
    """Rows that are held back, to be mixed with those that come later.

    Parameters
    ----------
    n_wanted : int
        From how many rows on some are given out; half of them stay.
    chunk_rows : int or None
        The size of the chunks that are given out; None for the sizes that came.
    rng : RandomState
    """

    def __init__(
        self, n_wanted: int, chunk_rows: int | None, rng: np.random.RandomState
    ) -> None:
        self.n_wanted = n_wanted
        self.chunk_rows = chunk_rows
        self.rng = rng
        self.held: list[Chunk] = []
        self.n_rows = 0
        self._sizes: deque[int] = deque()  # in which to give out what is held

    @property
    def n_stay(self) -> int:
        """The number of rows that stay where more are to come."""
        return self.n_wanted // 2

    @property
    def is_full(self) -> bool:
        """Whether there are enough rows to give a chunk of them out."""
        return self.n_rows >= max(self.n_wanted, self.n_stay + self.next_size)

    @property
    def next_size(self) -> int:
        """The number of rows of the next chunk that is given out."""
        return self.chunk_rows or self._sizes[0]

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a chunk."""
        n_rows = n_rows_of(chunk[0])
        self.held.append(chunk)
        self.n_rows += n_rows
        if self.chunk_rows is None:
            self._sizes.append(n_rows)

    def give(self, n_stay: int) -> Iterator[Chunk]:
        """Yield chunks of random rows, as long as no fewer than `n_stay` are left."""
        pool = tuple(map(join, zip(*self.held, strict=True)))
        self.held.clear()
        order = self.rng.permutation(self.n_rows)
        while self.n_rows and self.n_rows - self.next_size >= n_stay:
            given, order = np.split(order, [self.next_size])
            self.n_rows -= len(given)
            if self.chunk_rows is None:
                self._sizes.popleft()
            yield _rows_of(pool, given)
        self.held = [_rows_of(pool, order)] if self.n_rows else []


def _mixed(chunks: Iterator[Chunk], buffer: Buffer) -> Iterator[Chunk]:
    """Yield the rows of chunks through a buffer."""
    for chunk in chunks:
        buffer.add(chunk)
        if buffer.is_full:
            yield from buffer.give(buffer.n_stay)
    if buffer.n_rows:
        yield from buffer.give(0)
        yield from buffer.held  # fewer than chunk_rows


def _alike(chunks: Iterable[Any]) -> Iterator[Chunk]:
    """Yield the chunks that have rows, each compared with the first of them."""
    first: Example | None = None
    for number, given in enumerate(chunks, start=1):
        chunk = parts_of(given, number)
        if n_rows_of(chunk[0]) == 0:
            continue
        example = Example.of(chunk, number)
        first = first or example
        example.check_like(first)
        yield chunk


def _rows_of(chunk: Chunk, rows: np.ndarray) -> Chunk:
    return tuple(take(part, rows) for part in chunk)


def _check_count(name: str, given: Any) -> None:
    """Raise where a number of rows is none."""
    if not isinstance(given, Integral) or isinstance(given, bool) or given < 1:
        raise ValueError(
            f"{name} must be a whole number of rows, at least 1; got {given!r}."
        )
