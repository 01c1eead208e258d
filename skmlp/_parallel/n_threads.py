"""How many threads some work takes: as many as pay, and no more than are allowed."""

from __future__ import annotations

import math
import threading
from multiprocessing import current_process
from numbers import Integral

import joblib

from skmlp._parallel.limit import n_threads_of_blas

# A step is worth k threads from so many multiplications times k² on: what they compute
# falls with k, what each costs the others, by Python's lock above all, grows with k.
_OF_A_STEP = 3_000_000
# Where threads work on rows of their own, each on many, a thread is soon worth it.
_OF_ROWS = 100_000_000
# Fewer steps are not worth that parameters are handed over.
_FEWEST_STEPS = 16


def threads_of_steps(n_jobs: int | None, n_multiplications: int, n_steps: int) -> int:
    """Return how many threads take part in each of some steps of training.

    Parameters
    ----------
    n_jobs : int or None
        At most so many; see `allowed_threads`.
    n_multiplications : int
        Those of the largest product of a step.
    n_steps : int
        How many steps the parameters are handed over for.
    """
    if n_steps < _FEWEST_STEPS:
        return 1
    return _threads_of(n_jobs, math.isqrt(n_multiplications // _OF_A_STEP))


def threads_of_rows(n_jobs: int | None, n_multiplications: int) -> int:
    """Return how many threads take parts of the rows that go through a network."""
    return _threads_of(n_jobs, n_multiplications // _OF_ROWS)


def _threads_of(n_jobs: int | None, n_worthwhile: int) -> int:
    """Return how many threads to take of those that are worth it."""
    if n_worthwhile < 2:
        return 1
    return min(n_worthwhile, allowed_threads(n_jobs))


def allowed_threads(n_jobs: int | None) -> int:
    """Return how many threads there may be.

    None stands for the cores that joblib counts, which heeds the affinity of the
    process, its container and loky's limits, but for no more than BLAS is allowed, and
    for one in what others run several of: a thread that is not the main one, or a
    worker of a pool of processes. Negative numbers leave cores free: -1 takes all.
    """
    if n_jobs == 0 or not isinstance(n_jobs, Integral | None):  # set after fit
        raise ValueError(f"n_jobs={n_jobs!r} must be an int other than 0, or None.")
    if n_jobs is not None:
        return n_jobs if n_jobs > 0 else max(1, joblib.cpu_count() + 1 + n_jobs)
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or current_process().daemon:
        return 1
    n_cores = joblib.cpu_count(only_physical_cores=True)
    return min(n_cores, n_threads_of_blas(n_cores))
