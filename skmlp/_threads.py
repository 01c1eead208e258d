"""How many threads BLAS uses for the products of a batch."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

# Multiplications in the largest product of a block from which on it may take several
# threads. Below, a second core speeds up the products alone 1.1 to 1.6 times, and that
# on a quiet machine; above, 1.8. On a busy one threads wait for one another, and so for
# the other processes, which costs many times the gain.
_WORTH_THREADS = 2**26
# Below, BLAS itself takes one thread.
_SMALL = 2**18


class _OneThread:
    """Keeps BLAS to one thread while a fit is inside.

    The limit is one of the process. Of several threads that fit at once, the first sets
    it and restores it when it leaves; the others leave it alone, lest one of them find
    the limit and restore that.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.owner: threading.Thread | None = None
        self.depth = 0

    def __enter__(self) -> None:
        with self.lock:
            if self.owner is None:
                self.owner = threading.current_thread()
                self.limiter = _controller().limit(limits=1)
            self.depth += self.owner is threading.current_thread()

    def __exit__(self, *exception: object) -> None:
        with self.lock:
            if self.owner is not threading.current_thread():
                return
            self.depth -= 1
            if self.depth == 0:
                self.limiter.restore_original_limits()
                self.owner = None


_one_thread = _OneThread()


@cache
def _controller() -> Any:
    """Find the BLAS libraries that NumPy and SciPy have loaded; done once, some ms."""
    return ThreadpoolController().select(user_api="blas")


def suitable_threads(
    n_rows: int, n_features: int, n_hidden: int
) -> AbstractContextManager:
    """Keep BLAS to one thread for small products; else to what is allowed already."""
    n_multiplications = n_rows * n_features * n_hidden
    if _SMALL < n_multiplications < _WORTH_THREADS:
        return _one_thread
    return nullcontext()
