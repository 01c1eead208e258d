"""Fits that are worth several threads: data of a size, and who takes part."""

import threading
from contextlib import contextmanager

import numpy as np

from skmlp import TwoLayerClassifier

# A step on so many rows at once is worth two threads, by 12.8 million multiplications,
# where at least 16 are planned.
N_ROWS, N_FEATURES, N_HIDDEN, N_CLASSES = 128, 784, 128, 5


def helpers():
    """Return the threads that help others to train or to measure."""
    return {thread for thread in threading.enumerate() if thread.name == "skmlp"}


@contextmanager
def helpers_that_start():
    """Yield a set that those that start meanwhile are put into."""
    seen = set()

    def look(*_):
        if (thread := threading.current_thread()).name == "skmlp":
            seen.add(thread)

    threading.setprofile(look)
    try:
        yield seen
    finally:
        threading.setprofile(None)


def table(n_rows=2 * N_ROWS, n_features=N_FEATURES, dtype=np.float64):
    """Return X, and y that it tells something about."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_features)).astype(dtype)
    y = np.argmax(X[:, :N_CLASSES] + rng.normal(size=(n_rows, N_CLASSES)), axis=1)
    return X, y


def network(n_jobs, **params):
    """Return a network to train in steps of so many rows, 16 of 256 rows in all."""
    defaults = {"hidden_layer_size": N_HIDDEN, "batch_size": N_ROWS, "max_iter": 8}
    defaults |= {"alpha": 0.01, "learning_rate_init": 0.003, "random_state": 0}
    return TwoLayerClassifier(**defaults | params, n_jobs=n_jobs)


class Watched:
    """A constant learning rate that notes how many threads there are at each step."""

    def __init__(self):
        self.n_threads, self.callers = set(), []

    def __call__(self, share):
        self.n_threads.add(1 + len(helpers()))
        self.callers.append(threading.get_ident())
        return 1.0


def n_threads_of(clf, X, y, **weights):
    """Fit, and return how many threads took the steps."""
    watched = Watched()
    clf.set_params(learning_rate=watched).fit(X, y, **weights)
    assert set(watched.callers) == {threading.get_ident()}
    assert helpers() == set()
    (n_threads,) = watched.n_threads
    return n_threads


def arrays(clf):
    """Return what a network has learnt."""
    return [*clf.coefs_, *clf.intercepts_]


def bits(clf):
    """Return what a network has learnt, to be compared to the bit."""
    return b"".join(array.tobytes() for array in arrays(clf))
