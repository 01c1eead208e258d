"""How many threads BLAS uses for the products of a batch."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

# Multiplications in the largest product of a block below which one thread is as fast as
# two on a quiet machine, and many times faster on a busy one, where threads that wait
# for one another wait for the other processes too.
_WORTH_THREADS = 2**25


@cache
def _controller() -> Any:
    """Find the BLAS libraries that NumPy and SciPy have loaded; done once, some ms."""
    return ThreadpoolController().select(user_api="blas")


def suitable_threads(
    n_rows: int, n_features: int, n_hidden: int
) -> AbstractContextManager:
    """Keep BLAS to one thread for small products; else to what is allowed already."""
    if n_rows * n_features * n_hidden >= _WORTH_THREADS:
        return nullcontext()
    return _controller().limit(limits=1)
