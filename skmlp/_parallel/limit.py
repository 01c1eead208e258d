"""How many threads BLAS uses for the products of a batch."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, Self, TypeAlias

import scipy
from threadpoolctl import ThreadpoolController

# A block whose largest product has at least so many multiplications may take several
# threads. Below, a second core makes only the products 1.1 to 1.6 times as fast, and
# only on a quiet machine; above, 1.8. On a busy machine threads wait for one another,
# and so for the other processes, which costs many times the gain.
_WORTH_THREADS = 2**26
# Up to here BLAS takes one thread by itself.
_TINY = 2**18


class _Library:
    """A BLAS library, and who keeps it to one thread.

    The number of threads is one of the process. The first holder finds out what it was,
    the last puts it back. Every method may be called again after an interrupt.
    """

    def __init__(self, controller: Any) -> None:
        self.controller = controller
        # Since threadpoolctl 3.8 only one thread may set OpenBLAS's number, until that
        # thread says that it is done; its other threads are passed over in silence.
        self.set_num_threads: Callable[[int], object] = getattr(
            controller, "_real_set_num_threads", controller.set_num_threads
        )
        self.holders: set[_OneThread] = set()
        self.original: int | None = None

    def admit(self, holder: _OneThread) -> None:
        """Take in who wants one thread."""
        self.holders.add(holder)
        if self.original is None:
            self.original = self.controller.get_num_threads()
        self.set_num_threads(1)

    def n_allowed(self) -> int:
        """Return the number of threads without our limits."""
        now: int = self.controller.get_num_threads()
        return now if self.original is None else max(now, self.original)

    def dismiss(self, holder: _OneThread) -> None:
        """Remove a holder of the limit, if it is there."""
        self.holders.discard(holder)
        self._release()

    def keep_holders_of_this_thread(self) -> None:
        """Remove all others: a forked process has only the thread that forked."""
        this_thread = threading.get_ident()
        self.holders = {h for h in self.holders if h.thread == this_thread}
        self._release()

    def _release(self) -> None:
        """Restore the number of threads if there are no holders."""
        if self.holders or self.original is None:
            return
        if self.controller.get_num_threads() == 1:  # it was not changed since
            self.set_num_threads(self.original)
        self.original = None


class _OneThread:
    """Keeps some libraries to one thread while a fit or a prediction is inside.

    It is entered twice, ``with threads_of_training(...) as limit, limit:``. Ctrl-C may
    come just as the inner `__exit__` begins, before it can see to anything; the outer
    one then does.
    """

    # Only one thread at a time counts holders. It is taken and used within one line,
    # because an exception between two lines would leave it taken. A fork takes it too:
    # no other thread is then within OpenBLAS's own lock, for which a child would wait
    # for ever. A signal handler may fork or fit while its thread has the lock.
    lock = threading.RLock()

    def __init__(self, libraries: Callable[[], Sequence[_Library]]) -> None:
        self.find_libraries = libraries
        self.libraries: Sequence[_Library] = ()
        self.thread = threading.get_ident()

    def __enter__(self) -> Self:
        self.libraries = self.find_libraries()
        try:
            with _OneThread.lock: self._enter()  # fmt: skip # noqa: E701
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *exception: object) -> None:
        try:
            with _OneThread.lock: self._leave()  # fmt: skip # noqa: E701
        except BaseException:
            with _OneThread.lock: self._leave()  # fmt: skip # noqa: E701
            raise

    def _enter(self) -> None:
        for library in self.libraries:
            library.admit(self)

    def _leave(self) -> None:
        for library in self.libraries:
            library.dismiss(self)


# What is entered twice, as `_OneThread` explains.
Limit: TypeAlias = AbstractContextManager[AbstractContextManager[object]]
_NO_LIMIT: Limit = nullcontext(nullcontext())


@cache
def _all_blas() -> tuple[_Library, ...]:
    """Find the BLAS libraries that NumPy and SciPy have loaded; done once, some ms."""
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    return tuple(map(_Library, found))


@cache
def _blas_of_scipy() -> tuple[_Library, ...]:
    """Find SciPy's own BLAS, where it has one beside NumPy's, as its wheels do."""
    folder = os.path.dirname(scipy.__file__)
    libraries = _all_blas()
    return tuple(b for b in libraries if b.controller.filepath.startswith(folder))


def _begin_anew_in_child() -> None:
    """See to it that a forked process counts no holders that it does not have."""
    _OneThread.lock.release()
    if _all_blas.cache_info().currsize:
        for library in _all_blas():
            library.keep_holders_of_this_thread()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_OneThread.lock.acquire,
        after_in_parent=_OneThread.lock.release,
        after_in_child=_begin_anew_in_child,
    )


def n_threads_of_blas(most: int) -> int:
    """Return how many threads BLAS may take without our limits."""
    with _OneThread.lock:
        return min([most, *(library.n_allowed() for library in _all_blas())])


def one_thread_of_blas() -> Limit:
    """Keep BLAS to one thread."""
    return _OneThread(_all_blas)


def threads_of_training(n_rows: int, n_features: int, n_hidden: int) -> Limit:
    """Keep BLAS to one thread, except for large products: they take what is allowed.

    NumPy's BLAS multiplies, SciPy's adds vectors. Both with several threads would be
    two sets of threads that wait for work on the same cores: four times slower than
    one.
    """
    is_large = n_rows * n_features * n_hidden >= _WORTH_THREADS
    return _OneThread(_blas_of_scipy if is_large else _all_blas)


def threads_of_prediction(n_rows: int, n_features: int, n_hidden: int) -> Limit:
    """Keep BLAS to one thread, except for tiny products, which take one anyway."""
    is_tiny = n_rows * n_features * n_hidden <= _TINY
    return _NO_LIMIT if is_tiny else _OneThread(_all_blas)
