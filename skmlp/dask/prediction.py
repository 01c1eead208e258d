"""Predictions of Dask's arrays and frames, block by block, when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skmlp.dask.blocks import len_of
from skmlp.dask.cluster import dask_and_distributed


def lazily(model: Any, method: str, X: Any, like: Any) -> Any:
    """Return the Dask array of what a method of the model makes of each block of X.

    Like is what it makes of no rows.
    """
    dask, _ = dask_and_distributed()
    predict = _by_blocks(method, like)
    model = dask.delayed(model)  # once in the graph, however many blocks there are
    if hasattr(X, "map_partitions") and not hasattr(X, "rechunk"):
        parts = [dask.delayed(predict)(part, model) for part in X.to_delayed()]
        return _of_unknown_lengths(dask, parts, like)
    X = X.rechunk({1: -1})
    axes: dict[str, Any] = {"drop_axis": 1}
    if like.ndim == 2:
        axes = {"chunks": (X.chunks[0], (like.shape[1],))}
    return X.map_blocks(predict, model, dtype=like.dtype, meta=like, **axes)


def _of_unknown_lengths(dask: Any, parts: Sequence[Any], like: Any) -> Any:
    """Return an array of delayed blocks, those of a frame, of any length."""
    shape = (np.nan, *like.shape[1:])
    blocks = [
        dask.array.from_delayed(part, shape, dtype=like.dtype, meta=like)
        for part in parts
    ]
    return dask.array.concatenate(blocks, allow_unknown_chunksizes=True)


def _by_blocks(method: str, like: Any) -> Callable[..., Any]:
    """Return what predicts a block, of no rows too."""

    def predict(X: Any, model: Any) -> Any:
        return getattr(model, method)(X) if len_of(X) else like

    return predict
