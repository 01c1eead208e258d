"""BLAS threads: one for small products, restored whatever the order of leaving."""

import threading
from pathlib import Path

import numpy as np
import pytest
import scipy
from threadpoolctl import threadpool_info, threadpool_limits

from skmlp import TwoLayerClassifier


def blas_threads():
    """Return the number of threads of each BLAS library, by the library's path."""
    libraries = [i for i in threadpool_info() if i["user_api"] == "blas"]
    return {library["filepath"]: library["num_threads"] for library in libraries}


def threads_of_numpy():
    """Return the number of threads of the BLAS that multiplies matrices."""
    folder = str(Path(scipy.__file__).parent)
    threads = blas_threads()
    own = [n for path, n in threads.items() if not path.startswith(folder)]
    return own or list(threads.values())


def fit(batch_size, during):
    """Fit a network of 500 features and 800 units, and do something in the middle."""
    rng = np.random.default_rng(0)
    X, y = rng.random((batch_size, 500), dtype=np.float32), np.arange(batch_size) % 2
    clf = TwoLayerClassifier(800, batch_size=batch_size, max_iter=1)
    clf.set_params(learning_rate=lambda share: (during(), 1e-3)[1]).fit(X, y)


@pytest.mark.parametrize(("batch_size", "expected"), [(100, 1), (250, 2)])
def test_small_products_take_one_thread_and_large_ones_what_is_allowed(
    batch_size, expected
):
    seen = []
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        fit(batch_size, during=lambda: seen.extend(threads_of_numpy()))
        assert blas_threads() == before
    if max(before.values()) == 2:
        assert set(seen) == {expected}


def test_vectors_take_one_thread_beside_products_of_several():
    seen = []
    with threadpool_limits(2, user_api="blas"):
        fit(250, during=lambda: seen.append(blas_threads()))
    shared = len(seen[0]) == 1  # NumPy and SciPy have one BLAS between them
    assert shared or 1 in seen[0].values()


def test_more_than_allowed_is_never_taken():
    seen = []
    with threadpool_limits(1, user_api="blas"):
        fit(250, during=lambda: seen.extend(threads_of_numpy()))
    assert set(seen) == {1}


def test_threads_that_fit_at_once_leave_the_limit_as_it_was():
    # The first enters, the second enters, the first leaves, the second leaves.
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))
    before = blas_threads()

    def in_first():
        first_is_in.set()
        second_is_in.wait(60)

    def in_second():
        second_is_in.set()
        first_is_out.wait(60)

    first = threading.Thread(target=fit, args=(100, in_first))
    second = threading.Thread(target=fit, args=(100, in_second))
    first.start()
    first_is_in.wait(60)
    second.start()
    first.join()
    first_is_out.set()
    second.join()
    assert blas_threads() == before


def test_a_fit_within_a_fit_leaves_the_limit_as_it_was():
    before = blas_threads()
    fit(100, during=lambda: fit(50, during=lambda: None))
    assert blas_threads() == before
