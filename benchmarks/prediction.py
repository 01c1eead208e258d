"""Prediction: throughput, the latency of one row, and memory beside MLPClassifier.

    python benchmarks/prediction.py [--rounds 7]

One BLAS thread, `predict_proba` of 60,000 x 784 with 128 hidden units in both
precisions; the floor is the product of X and the hidden layer's weights and nothing
else. The peak of memory beyond the result is with 1024 units, by tracemalloc.
"""

import argparse
import tracemalloc
import warnings
from collections.abc import Callable

import numpy as np
from contestants import mlp_classifier, skmlp_classifier
from data_sets import mnist
from side_by_side import print_header, print_row, ratios, seconds_in_turn
from threadpoolctl import threadpool_limits

ESTIMATORS = {"ours": skmlp_classifier, "MLP": mlp_classifier}
N_TRAINING_ROWS, N_SINGLE_ROWS, N_BLOCK_ROWS = 2_000, 300, 500


def compare(dtype: str, n_rounds: int) -> None:
    """Print how much longer MLPClassifier takes for many rows, and we for one."""
    X, y = mnist()
    X = X.astype(dtype)
    fitted = {
        name: make(128, max_iter=1).fit(X[:N_TRAINING_ROWS], y[:N_TRAINING_ROWS])
        for name, make in ESTIMATORS.items()
    }
    sides = {name: lambda f=f: f.predict_proba(X) for name, f in fitted.items()}
    sides["floor"] = product(X, fitted["ours"].coefs_[0])
    many = seconds_in_turn(sides, n_rounds)
    single = seconds_in_turn(
        {name: lambda f=f: predict_one_by_one(f, X) for name, f in fitted.items()},
        n_rounds,
    )
    work = f"784-128-10 {dtype}"
    print_row(
        work, "60,000 rows: MLP / ours", ratios(many["MLP"], many["ours"]), ">= 1.5"
    )
    print_row(work, "60,000 rows: ours / floor", ratios(many["ours"], many["floor"]))
    print_row(
        work, "one row: ours / MLP", ratios(single["ours"], single["MLP"]), "<= 1.0"
    )
    print_row(
        work, "one row: ours, μs", [1e6 * t / N_SINGLE_ROWS for t in single["ours"]]
    )


def product(X: np.ndarray, W1: np.ndarray) -> Callable[[], None]:
    """Return what multiplies blocks of rows into a buffer that a cache holds."""
    Z = np.empty((N_BLOCK_ROWS, W1.shape[1]), X.dtype)

    def multiply() -> None:
        for start in range(0, len(X), N_BLOCK_ROWS):
            np.matmul(X[start : start + N_BLOCK_ROWS], W1, out=Z)

    return multiply


def predict_one_by_one(classifier, X: np.ndarray) -> None:
    """Predict single rows, one call each."""
    for i in range(N_SINGLE_ROWS):
        classifier.predict_proba(X[i : i + 1])


def measure_memory() -> None:
    """Print the peak of memory beyond the result, for both."""
    X, y = mnist()
    for name, make in ESTIMATORS.items():
        classifier = make(1024, max_iter=1).fit(X[:1000], y[:1000])
        tracemalloc.start()
        result = classifier.predict_proba(X)
        peak = tracemalloc.get_traced_memory()[1] - result.nbytes
        tracemalloc.stop()
        target = "<= 64" if name == "ours" else ""
        figure = f"60,000 rows: {name}, MB more"
        print_row("784-1024-10 float32", figure, [peak / 1e6], target)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    n_rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore")  # MLPClassifier warns that one epoch is few
    print_header("Prediction; one BLAS thread")
    with threadpool_limits(1):
        for dtype in ("float32", "float64"):
            compare(dtype, n_rounds)
        measure_memory()


if __name__ == "__main__":
    main()
