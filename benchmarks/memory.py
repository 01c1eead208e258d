"""Memory that `fit` takes beyond its data: 47 MB and 376 MB of it, and a file of 4 GB.

    python benchmarks/memory.py

Each measure in a process of its own, one epoch. Two peaks: what Python and NumPy
allocate, by tracemalloc; and, where the system tells (Linux), the anonymous memory of
the process, which counts the buffers of BLAS too and not the pages of a mapped file; it
is looked at every few milliseconds, and so may miss what is held for a shorter time.
That file is a temporary one with holes: a few rows are written, the rest are zeros. One
BLAS thread; each more has its buffer.
"""

import tempfile
import threading
import tracemalloc
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from contestants import skmlp_classifier
from data_sets import mnist_images
from side_by_side import print_header, print_row
from threadpoolctl import threadpool_limits

# The mapped file: images of 64 x 64 pixels.
N_MAPPED_ROWS, N_PIXELS, N_WRITTEN = 2**20, 64 * 64, 1000
TARGET = "<= 32"
_STATUS = Path("/proc/self/status")
_SECONDS_BETWEEN_LOOKS = 0.002


def anonymous_bytes() -> int:
    """Return how much memory the process has that no file stands behind."""
    line = next(s for s in _STATUS.read_text().splitlines() if "RssAnon" in s)
    return 1024 * int(line.split()[1])


@contextmanager
def highest_anonymous_bytes():
    """Look again and again, in a thread; yields a list whose last entry is the peak."""
    if not _STATUS.exists():
        yield [0]
        return
    peaks, ended = [anonymous_bytes()], threading.Event()

    def look() -> None:
        while not ended.wait(_SECONDS_BETWEEN_LOOKS):
            peaks.append(max(peaks.pop(), anonymous_bytes()))

    thread = threading.Thread(target=look)
    thread.start()
    yield peaks
    ended.set()
    thread.join()


def peaks_of_fit(X: np.ndarray, y: np.ndarray, **params) -> dict[str, float]:
    """Return the MB that a fit takes at its peak, counted in both ways."""
    warnings.simplefilter("ignore")  # raw pixels are not meant to be learnt from
    work = {"max_iter": 1, "solver": "adam", **params}
    with threadpool_limits(1):
        skmlp_classifier(**{**work, "n_hidden": 1}).fit(X[:100, :1], y[:100])  # imports
        classifier = skmlp_classifier(**work)
        tracemalloc.start()
        with highest_anonymous_bytes() as highest:
            before = highest[-1]
            classifier.fit(X, y)
    peaks = {"allocated, MB": tracemalloc.get_traced_memory()[1] / 1e6}
    if _STATUS.exists():
        peaks["anonymous memory, MB"] = (highest[-1] - before) / 1e6
    return peaks


def fit_uint8() -> dict[str, float]:
    """Fit the images as they are."""
    return peaks_of_fit(*mnist_images(), n_hidden=128, batch_size=128)


def fit_float64() -> dict[str, float]:
    """Fit the images in float64, and so compute in it."""
    images, y = mnist_images()
    return peaks_of_fit(images / 255.0, y, n_hidden=128, batch_size=128)


def fit_mapped_file() -> dict[str, float]:
    """Fit a file of 4 GB."""
    rng = np.random.default_rng(0)
    with tempfile.NamedTemporaryFile() as file:
        shape = (N_MAPPED_ROWS, N_PIXELS)
        X = np.memmap(file.name, np.uint8, mode="w+", shape=shape)
        X[:N_WRITTEN] = rng.integers(256, size=(N_WRITTEN, N_PIXELS), dtype=np.uint8)
        while file.read(2**24):
            pass  # into the system's cache: reading holes in random order takes minutes
        y = rng.integers(10, size=N_MAPPED_ROWS, dtype=np.uint8)
        return peaks_of_fit(X, y, n_hidden=32, batch_size=1000)


def print_peaks(name: str, fit: Callable[[], dict[str, float]]) -> None:
    """Run one measure in a fresh process and print its peaks."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        for figure, megabytes in fresh.submit(fit).result().items():
            print_row(name, figure, [megabytes], TARGET)


def main() -> None:
    """Print the table."""
    print_header("Memory that fit takes beyond X and y, one epoch")
    print_peaks("784-128-10, 47 MB of uint8", fit_uint8)
    print_peaks("784-128-10, 376 MB of float64", fit_float64)
    print_peaks("4096-32-10, a file of 4.3 GB", fit_mapped_file)


if __name__ == "__main__":
    main()
