"""What history, unset callbacks and early stopping switched off cost an epoch.

Trains 784-128-10 with adam on batches of 128, one BLAS thread, and times the epochs
whole and the part of them that is not the mini-batch loop, in the same run.

    python benchmarks/epoch_overhead.py
"""

import statistics
import time

import numpy as np

from skmlp import TwoLayerClassifier

N_ROWS, BATCH_SIZE, N_EPOCHS = 60_000, 128, 8


def main():
    """Print the share of an epoch between its last and the next one's first step."""
    rng = np.random.default_rng(0)
    X = rng.random((N_ROWS, 784), dtype=np.float32)
    y = rng.integers(10, size=N_ROWS)
    times = []

    def schedule(share):
        times.append(time.perf_counter())
        return 1.0

    make = {"batch_size": BATCH_SIZE, "max_iter": N_EPOCHS, "random_state": 0}
    TwoLayerClassifier(128, learning_rate=schedule, **make).fit(X, y)
    steps = np.diff(times)
    n_batches = -(-N_ROWS // BATCH_SIZE)
    between = steps[n_batches - 1 :: n_batches]  # a batch, and what ends an epoch
    within = np.delete(steps, np.s_[n_batches - 1 :: n_batches])
    batch = statistics.median(within)
    epoch = batch * n_batches
    extra = statistics.median(between) - batch
    print(f"an epoch takes {epoch:.3f} s, of which {extra / epoch:.2%} is not batches")
    print("(that is: the shuffle, the history, the check of the weights, the best)")


if __name__ == "__main__":
    main()
