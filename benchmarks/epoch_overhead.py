"""What history, unset callbacks and early stopping switched off cost an epoch.

Trains 784-128-10 with adam on batches of 128, one BLAS thread, and times the epochs
whole and the part of them that is not the mini-batch loop, in the same run: the
shuffle, the history, the check of the weights, the best epoch.

    python benchmarks/epoch_overhead.py
"""

import statistics
import time

import numpy as np
from contestants import skmlp_classifier
from data_sets import mnist
from side_by_side import print_header, print_row
from threadpoolctl import threadpool_limits

BATCH_SIZE, N_EPOCHS = 128, 8
WORK = f"784-128-10 adam {BATCH_SIZE}"


def main() -> None:
    """Print the share of an epoch between its last and the next one's first step."""
    X, y = mnist()
    times = []

    def schedule(share: float) -> float:
        times.append(time.perf_counter())
        return 1.0

    params = {"batch_size": BATCH_SIZE, "max_iter": N_EPOCHS, "learning_rate": schedule}
    print_header("What of an epoch is not its batches; one BLAS thread")
    with threadpool_limits(1):
        skmlp_classifier(128, solver="adam", **params).fit(X, y)
    n_batches = -(-len(X) // BATCH_SIZE)
    last = np.s_[n_batches - 1 :: n_batches]
    steps = np.diff(times)
    batch = statistics.median(np.delete(steps, last))
    epoch = batch * n_batches
    print_row(WORK, "epoch, ms", [1000 * epoch])
    shares = [100 * (step - batch) / epoch for step in steps[last]]
    print_row(WORK, "not batches, %", shares)


if __name__ == "__main__":
    main()
