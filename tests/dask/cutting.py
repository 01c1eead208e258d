"""Collections of Dask made of blocks as they are given, whatever these hold."""

import dask
import dask.array
import numpy as np


def joined(*blocks, dtype=float, known=False):
    """Return an array of blocks; it believes that they are of a dtype, without looking.

    How many rows they have it only knows if asked to.
    """
    parts = [
        dask.array.from_delayed(
            dask.delayed(block, pure=False),
            shape=(len_of(block) if known else np.nan, *blocks[0].shape[1:]),
            meta=np.empty((0,) * blocks[0].ndim, dtype),
        )
        for block in blocks
    ]
    return dask.array.concatenate(parts, allow_unknown_chunksizes=True)


def len_of(block):
    return block.shape[0]


def cut(array, *ends):
    """Return the parts of an array, or of a frame, between some rows."""
    starts, ends = [0, *ends], [*ends, array.shape[0]]
    return [array[start:end] for start, end in zip(starts, ends, strict=True)]
