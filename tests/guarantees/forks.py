"""Fork many times while threads fit and predict; count hangs and other bits.

``python tests/guarantees/forks.py`` forks 1,000 children in some minutes, or as many as
a number says. It fails if a child hangs, dies, or learns other bits than one alone.
"""

import os
import select
import signal
import sys
import threading
import warnings
from collections import Counter

import numpy as np

from skmlp import TwoLayerClassifier

N_CHILDREN = 1000
N_THREADS = 2
PATIENCE = 60  # seconds, of which a child needs a hundredth where nothing is in its way


def learn(n_hidden=64):
    """Fit and predict a little, above what BLAS takes one thread for by itself."""
    X = np.random.default_rng(0).random((600, 60))
    clf = TwoLayerClassifier(n_hidden, max_iter=2, random_state=0)
    clf.fit(X, np.arange(600) % 3)
    learnt = [*clf.coefs_, *clf.intercepts_, clf.predict_proba(X), clf.predict(X[:1])]
    return b"".join(array.tobytes() for array in learnt)


class Workers:
    """Threads that fit and predict until they are left; counts what each learnt."""

    def __enter__(self):
        self.is_over, self.learnt = threading.Event(), Counter()
        self.threads = [threading.Thread(target=self.work) for _ in range(N_THREADS)]
        for thread in self.threads:
            thread.start()
        return self

    def work(self):
        while not self.is_over.is_set():
            self.learnt[learn()] += 1

    def __exit__(self, *exception):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


def outcome_of_child(expected):
    """Fork, learn in the child, and return "same", "other", "dead" or "hung"."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():  # of forks beside threads, since Python 3.12
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            os.write(writing, b"same" if learn() == expected else b"other")
        finally:
            os._exit(0)
    os.close(writing)
    is_done = select.select([reading], [], [], PATIENCE)[0]
    outcome = (os.read(reading, 5).decode() or "dead") if is_done else "hung"
    os.close(reading)
    if not is_done:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return outcome


def main(n_children):
    """Fork children one after the other; print and return what became of them."""
    expected = learn()
    with Workers() as workers:
        outcomes = Counter(outcome_of_child(expected) for _ in range(n_children))
    print(f"{n_children} children: {dict(outcomes)}")
    n_fits, n_others = workers.learnt.total(), len(workers.learnt) - 1
    print(f"{n_fits} fits in threads meanwhile, {n_others} with other bits")
    return outcomes == {"same": n_children} and [*workers.learnt] == [expected]


if __name__ == "__main__":
    sys.exit(not main(int(sys.argv[1]) if len(sys.argv) > 1 else N_CHILDREN))
