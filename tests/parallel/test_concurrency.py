"""Fits in several threads, interrupted fits, forks: limits hold, bits stay the same."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skmlp import TwoLayerClassifier


def blas_threads():
    """Return the number of threads of each BLAS library, by the library's path."""
    libraries = [i for i in threadpool_info() if i["user_api"] == "blas"]
    return {library["filepath"]: library["num_threads"] for library in libraries}


@pytest.fixture
def several_threads():
    """Return how many threads BLAS has, where that is more than one."""
    if min(before := set(blas_threads().values())) == 1:
        pytest.skip("BLAS has one thread here, so that there is nothing to limit")
    return before


def in_thread(function):
    """Return what a function returns in a thread of its own."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(function).result()


def train(seed=0):
    rng = np.random.default_rng(0)
    X, y = rng.random((1000, 300), dtype=np.float32), rng.integers(5, size=1000)
    clf = TwoLayerClassifier(128, batch_size=128, max_iter=2, random_state=seed)
    return clf.fit(X, y)


def test_after_a_fit_other_threads_can_still_set_limits(several_threads):
    train()

    def limited():
        with threadpool_limits(1, user_api="blas"):
            return set(blas_threads().values())

    assert in_thread(limited) == {1}
    assert set(blas_threads().values()) == several_threads


def test_a_fit_beside_limits_of_another_thread_has_one_thread(several_threads):
    seen = []

    def fit():
        clf = TwoLayerClassifier(9, max_iter=1)
        clf.set_params(learning_rate=lambda share: seen.append(blas_threads()) or 1.0)
        clf.fit(np.eye(6), np.arange(6) % 2)

    allowed = max(several_threads)
    with threadpool_limits(allowed, user_api="blas"):  # the main thread owns OpenBLAS
        in_thread(fit)
        assert set(blas_threads().values()) == {allowed}
    assert set(seen[0].values()) == {1}


def test_fits_at_once_have_the_bits_of_one_alone(several_threads):
    alone = train()
    with ThreadPoolExecutor(4) as executor:
        together = list(executor.map(lambda _: train(), range(12)))
    for clf in together:
        np.testing.assert_array_equal(clf.coefs_[0], alone.coefs_[0])
        np.testing.assert_array_equal(clf.coefs_[1], alone.coefs_[1])
    assert set(blas_threads().values()) == several_threads


def test_a_limit_that_another_thread_ends_is_not_brought_back():
    began, ended = threading.Event(), threading.Event()

    def schedule(share):
        began.set()
        ended.wait(60)
        return 1.0

    before = blas_threads()
    clf = TwoLayerClassifier(5, max_iter=1, learning_rate=schedule)
    fit = threading.Thread(target=clf.fit, args=(np.eye(6), np.arange(6) % 2))
    with threadpool_limits(1, user_api="blas"):
        fit.start()
        began.wait(60)
    ended.set()
    fit.join()
    assert blas_threads() == before


def run(script):
    """Run a script in a process of its own; return what it prints."""
    run = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.split()


INTERRUPTED = """
import threadpoolctl
look = threadpoolctl.ThreadpoolController.__init__

def interrupted(self):
    threadpoolctl.ThreadpoolController.__init__ = look
    raise KeyboardInterrupt

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits
from skmlp import TwoLayerClassifier
before = threadpool_info()
threadpoolctl.ThreadpoolController.__init__ = interrupted
clf = TwoLayerClassifier(5, max_iter=2, random_state=0)
X, y = np.eye(6), np.arange(6) % 2
try:
    clf.fit(X, y)
except KeyboardInterrupt:
    print("interrupted")
print(clf.fit(X, y).n_iter_, threadpool_info() == before)
"""


def test_an_interrupt_while_libraries_are_looked_for_breaks_nothing():
    assert run(INTERRUPTED) == ["interrupted", "2", "True"]


FORKED = """
import os, threading
import numpy as np
from threadpoolctl import threadpool_info
from skmlp import TwoLayerClassifier
X, y = np.random.default_rng(0).random((600, 60)), np.arange(600) % 3
before = threadpool_info()
stop = threading.Event()

def fit():
    return TwoLayerClassifier(64, max_iter=1, random_state=0).fit(X, y)

def fit_on():
    while not stop.is_set():
        fit().predict(X)

expected = fit().coefs_[0]
threads = [threading.Thread(target=fit_on) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(10):
    child = os.fork()
    if child == 0:
        is_free = threadpool_info() == before
        os._exit(not (is_free and (fit().coefs_[0] == expected).all()))
    print(os.waitpid(child, 0)[1])
stop.set()
"""


@pytest.mark.skipif(not hasattr(sys, "getdlopenflags"), reason="no fork on Windows")
def test_a_fork_while_other_threads_fit_neither_hangs_nor_keeps_their_limits():
    assert run(FORKED) == ["0"] * 10
