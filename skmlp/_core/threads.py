"""How many threads BLAS uses for the products of a batch."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import scipy
from threadpoolctl import ThreadpoolController

# Multiplications in the largest product of a block from which on it may take several
# threads. Below, a second core speeds up the products alone 1.1 to 1.6 times, and that
# on a quiet machine; above, 1.8. On a busy one threads wait for one another, and so for
# the other processes, which costs many times the gain.
_WORTH_THREADS = 2**26
# Up to here BLAS takes one thread by itself.
_TINY = 2**18


class _OneThread:
    """Keeps some libraries to one thread while a fit is inside.

    The limit is one of the process. Of several threads that fit at once, the first sets
    it and restores it when it leaves; the others leave it alone, lest one of them find
    the limit and restore that.
    """

    def __init__(self, controller: Callable[[], Any]) -> None:
        self.controller = controller
        self.lock = threading.Lock()
        self.owner: threading.Thread | None = None
        self.depth = 0

    def __enter__(self) -> None:
        with self.lock:
            if self.owner is None:
                self.owner = threading.current_thread()
                self.limiter = self.controller().limit(limits=1)
            self.depth += self.owner is threading.current_thread()

    def __exit__(self, *exception: object) -> None:
        with self.lock:
            if self.owner is not threading.current_thread():
                return
            self.depth -= 1
            if self.depth == 0:
                self.limiter.restore_original_limits()
                self.owner = None


@cache
def _all_blas() -> Any:
    """Find the BLAS libraries that NumPy and SciPy have loaded; done once, some ms."""
    return ThreadpoolController().select(user_api="blas")


@cache
def _blas_of_scipy() -> Any:
    """Find SciPy's own BLAS, where it has one beside NumPy's, as its wheels do."""
    folder = os.path.dirname(scipy.__file__)
    paths = [library["filepath"] for library in _all_blas().info()]
    return _all_blas().select(filepath=[p for p in paths if p.startswith(folder)])


# NumPy's BLAS multiplies, SciPy's adds vectors. Both with several threads would be two
# sets of threads that wait for work on the same cores: four times slower than one.
_products_and_vectors = _OneThread(_all_blas)
_vectors = _OneThread(_blas_of_scipy)


def threads_of_training(
    n_rows: int, n_features: int, n_hidden: int
) -> AbstractContextManager:
    """Keep BLAS to one thread, but for large products: they take what is allowed."""
    is_large = n_rows * n_features * n_hidden >= _WORTH_THREADS
    return _vectors if is_large else _products_and_vectors


def threads_of_prediction(
    n_rows: int, n_features: int, n_hidden: int
) -> AbstractContextManager:
    """Keep BLAS to one thread for products that are neither tiny nor large."""
    n_multiplications = n_rows * n_features * n_hidden
    is_between = _TINY < n_multiplications < _WORTH_THREADS
    return _products_and_vectors if is_between else nullcontext()
