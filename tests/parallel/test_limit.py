"""BLAS threads: one for small products, restored whatever the order of leaving."""

import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import scipy
from threadpoolctl import threadpool_info, threadpool_limits

from skmlp import TwoLayerClassifier
from skmlp._parallel.limit import threads_of_prediction, threads_of_training


def blas_threads():
    """Return the number of threads of each BLAS library, by the library's path."""
    libraries = [i for i in threadpool_info() if i["user_api"] == "blas"]
    return {library["filepath"]: library["num_threads"] for library in libraries}


def threads_of_scipy():
    """Return the number of threads of SciPy's own BLAS, none where it has NumPy's."""
    folder = str(Path(scipy.__file__).parent)
    return {n for path, n in blas_threads().items() if path.startswith(folder)}


def threads_of_numpy():
    """Return the number of threads of the BLAS that multiplies matrices."""
    folder = str(Path(scipy.__file__).parent)
    return {n for path, n in blas_threads().items() if not path.startswith(folder)}


def let_go():
    """Let other threads limit BLAS: threadpoolctl 3.8 heeds one living thread alone."""
    with threadpool_limits():
        pass  # on leaving, the last limit of this thread is over


@pytest.fixture
def two_threads():
    """Allow BLAS two threads, whatever it was allowed; return them by library."""
    limits = threadpool_limits(2, user_api="blas")
    let_go()
    try:
        allowed = blas_threads()
        if set(allowed.values()) != {2}:
            pytest.skip(f"BLAS cannot be given two threads here, but {allowed}")
        yield allowed
    finally:
        limits.restore_original_limits()
        let_go()


def fit(batch_size, during, **params):
    """Fit a network of 500 features and 800 units, and do something in the middle.

    A bound on the gradient, of no effect, leaves threads to BLAS.
    """
    rng = np.random.default_rng(0)
    X, y = rng.random((batch_size, 500), dtype=np.float32), np.arange(batch_size) % 2
    params = {"batch_size": batch_size, "max_iter": 1, "max_grad_norm": 1e9} | params
    clf = TwoLayerClassifier(800, **params)
    clf.set_params(learning_rate=lambda share: (during(), 1e-3)[1]).fit(X, y)


@pytest.mark.parametrize(("batch_size", "expected"), [(100, 1), (250, 2)])
def test_small_products_take_one_thread_and_large_ones_what_is_allowed(
    batch_size, expected, two_threads
):
    seen = set()
    fit(batch_size, during=lambda: seen.update(threads_of_numpy()))
    assert seen == {expected}
    assert blas_threads() == two_threads


@pytest.mark.parametrize("params", [{"max_grad_norm": None}, {"n_jobs": 1}])
def test_large_products_take_one_thread_where_threads_are_those_of_training(
    params, two_threads
):
    seen = set()
    fit(250, during=lambda: seen.update(threads_of_numpy()), **params)
    assert seen == {1}
    assert blas_threads() == two_threads


def test_vectors_take_one_thread_beside_products_of_several(two_threads):
    if not threads_of_scipy():
        pytest.skip("NumPy and SciPy have one BLAS between them")
    of_numpy, of_scipy = set(), set()

    def look():
        of_numpy.update(threads_of_numpy())
        of_scipy.update(threads_of_scipy())

    fit(250, during=look)
    assert (of_numpy, of_scipy) == ({2}, {1})


def test_more_than_allowed_is_never_taken(two_threads):
    seen = set()
    with threadpool_limits(1, user_api="blas"):
        fit(250, during=lambda: seen.update(threads_of_numpy()))
    assert seen == {1}


def test_threads_that_fit_at_once_leave_the_limit_as_it_was(two_threads):
    # The first enters, the second enters, the first leaves, the second leaves. What is
    # asserted in a thread fails the test: pytest warns of it, and warnings are errors.
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))
    seen = set()

    def in_first():
        first_is_in.set()
        assert second_is_in.wait(60)

    def in_second():
        seen.update(threads_of_numpy())
        second_is_in.set()
        assert first_is_out.wait(60)

    first = threading.Thread(target=fit, args=(100, in_first))
    second = threading.Thread(target=fit, args=(100, in_second))
    first.start()
    assert first_is_in.wait(60)
    second.start()
    first.join()
    first_is_out.set()
    second.join()
    assert seen == {1}
    assert blas_threads() == two_threads


def test_a_fit_within_a_fit_leaves_the_limit_as_it_was(two_threads):
    seen = set()
    fit(100, during=lambda: fit(50, during=lambda: seen.update(threads_of_numpy())))
    assert seen == {1}
    assert blas_threads() == two_threads


@pytest.mark.parametrize(
    ("n_multiplications", "of_training", "of_prediction"),
    [
        (2**17, 1, 2),
        (2**18, 1, 2),  # BLAS takes one thread by itself
        (2**19, 1, 1),
        (2**26 - 2**9, 1, 1),
        (2**26, 2, 1),
        (2**27, 2, 1),
    ],
)
def test_only_large_products_of_training_take_several_threads(
    n_multiplications, of_training, of_prediction, two_threads
):
    sizes = n_multiplications // 2**9, 2**4, 2**5
    with threads_of_training(*sizes):
        assert threads_of_numpy() == {of_training}
    with threads_of_prediction(*sizes):
        assert threads_of_numpy() == {of_prediction}
    assert blas_threads() == two_threads


def test_who_leaves_first_leaves_the_others_their_one_thread(two_threads):
    first, second = (threads_of_training(1, 1, 1) for _ in range(2))
    with second:
        with first:
            assert threads_of_numpy() == {1}
        assert threads_of_numpy() == {1}
    assert blas_threads() == two_threads


def test_a_limit_that_is_set_meanwhile_stays(two_threads):
    with threads_of_training(1, 1, 1):
        limits = threadpool_limits(3, user_api="blas")
        let_go()
    assert set(blas_threads().values()) == {3}
    limits.restore_original_limits()
    let_go()
    with threads_of_training(1, 1, 1):
        assert threads_of_numpy() == {1}


def in_child(function):
    """Return what a function of a forked process says, as its exit status."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 99
    try:
        status = function()
    finally:
        os._exit(status)


def most_threads():
    return max(blas_threads().values())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on Windows")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_keeps_the_limit_of_its_own_thread_alone(two_threads):
    is_in, may_leave = threading.Event(), threading.Event()

    def hold():
        with threads_of_training(1, 1, 1):
            is_in.set()
            may_leave.wait(60)

    def leave():
        one_thread.__exit__()
        return most_threads()

    other = threading.Thread(target=hold)
    other.start()
    assert is_in.wait(60)
    assert most_threads() == 1
    assert in_child(most_threads) == 2
    one_thread = threads_of_training(1, 1, 1)
    with one_thread:
        assert in_child(most_threads) == 1
        assert in_child(leave) == 2
    may_leave.set()
    other.join()
    assert blas_threads() == two_threads


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on Windows")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_other_threads_of_a_child_wait_for_nobody():
    def fit_in_thread():
        thread = threading.Thread(target=fit, args=(10, int), daemon=True)
        thread.start()
        thread.join(60)
        return int(thread.is_alive())

    assert in_child(fit_in_thread) == 0


def enter_and_leave(interrupt_at):
    """Enter and leave, interrupted at some call; return whether it came to that."""
    calls = iter(range(1000))

    def trace(frame, event, argument):
        code = frame.f_code
        within = code.co_filename == threads_of_training.__code__.co_filename
        if within and next(calls) == interrupt_at:
            sys.settrace(None)
            raise KeyboardInterrupt

    one_thread = threads_of_training(1, 1, 1)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with one_thread as limit, limit:
            pass
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_a_limit_that_is_broken_off_anywhere_is_as_it_was(two_threads):
    n_interrupts = 0
    while enter_and_leave(interrupt_at=n_interrupts):
        assert blas_threads() == two_threads
        n_interrupts += 1
    assert n_interrupts >= 4
    assert blas_threads() == two_threads
