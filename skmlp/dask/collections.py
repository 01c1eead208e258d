"""From Dask's arrays and frames to blocks of rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from skmlp.dask.cluster import dask_and_distributed


class Parts(NamedTuple):
    """The delayed blocks of a collection."""

    name: str
    delayed: list[Any]


def is_collection(X: Any) -> bool:
    """Return whether something is an array or a frame of Dask's."""
    return hasattr(X, "dask") and hasattr(X, "to_delayed")


def parts_of(X: Any, y: Any, sample_weight: Any) -> list[tuple[Any, Any, Any]]:
    """Return the delayed blocks of X, with the y and the weights of their rows."""
    for name, given in (("X", X), ("y", y), ("sample_weight", sample_weight)):
        if not is_collection(given) and not (name == "sample_weight" and given is None):
            raise TypeError(
                f"{name} is a {type(given).__name__}. DaskTwoLayerClassifier needs "
                "Dask arrays or frames, such as dask.array.from_array(X, chunks=...); "
                "TwoLayerClassifier takes others."
            )
        if getattr(given, "ndim", 1) == 0:
            raise ValueError(f"{name} is a single number, and has no rows.")
    X = _in_blocks_of_rows(X)
    columns = [_delayed("X", X), _delayed("y", _like(X, "y", y))]
    n_blocks = len(columns[0].delayed)
    if sample_weight is None:
        columns.append(Parts("sample_weight", [None] * n_blocks))
    else:
        columns.append(
            _delayed("sample_weight", _like(X, "sample_weight", sample_weight))
        )
    for name, delayed in columns:
        if len(delayed) != n_blocks:
            raise ValueError(
                f"X has {n_blocks} blocks of rows, but {name} has {len(delayed)}. Give "
                "both the same partitions: repartition frames; of arrays whose chunks "
                "are unknown, call compute_chunk_sizes()."
            )
    return list(zip(*(column.delayed for column in columns), strict=True))


def computed(*collections: Any, client: Any) -> tuple[Any, ...]:
    """Return collections as what they hold, in the memory of this process.

    Without a client they are computed by Dask's current scheduler.
    """
    dask, _ = dask_and_distributed()
    get = None if client is None else client.get
    return dask.compute(*collections, scheduler=get)


def _delayed(name: str, collection: Any) -> Parts:
    """Return the blocks of rows of a collection."""
    delayed = collection.to_delayed()
    return Parts(name, list(delayed.ravel() if hasattr(delayed, "ravel") else delayed))


def _in_blocks_of_rows(collection: Any) -> Any:
    """Return a collection of which no row lies in several blocks."""
    if getattr(collection, "ndim", 1) > 1 and hasattr(collection, "rechunk"):
        return collection.rechunk(dict.fromkeys(range(1, collection.ndim), -1))
    return collection


def _like(X: Any, name: str, other: Any) -> Any:
    """Return a collection with the blocks of X, where both know theirs."""
    other = _in_blocks_of_rows(other)
    if not (hasattr(X, "rechunk") and hasattr(other, "rechunk")):
        return other
    rows, other_rows = X.chunks[0], other.chunks[0]
    if not (_are_known(rows) and _are_known(other_rows)) or rows == other_rows:
        return other
    if sum(rows) != sum(other_rows):
        raise ValueError(
            f"X and {name} have inconsistent numbers of samples: "
            f"{[sum(rows), sum(other_rows)]}. Pass one per row of X."
        )
    return other.rechunk({0: rows})


def _are_known(sizes: Sequence[float]) -> bool:
    return not any(math.isnan(size) for size in sizes)
