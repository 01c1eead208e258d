"""Prediction: throughput, the latency of one row, and memory beside MLPClassifier.

    python benchmarks/prediction.py [--rounds 7]

One BLAS thread, `predict_proba` of 60,000 x 784 with 128 hidden units, in both
precisions and of the images in bytes; the floor is the product of X and the hidden
layer's weights and nothing else. One row is one of those, and of a table with 20
features and 32 units, as an array and as a frame. The peak of memory beyond the result
is with 1024 units, by tracemalloc.
"""

import argparse
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from contestants import mlp_classifier, skmlp_classifier
from data_sets import mnist, mnist_images
from side_by_side import print_header, print_row, ratios, seconds_in_turn
from sklearn.datasets import make_classification
from threadpoolctl import threadpool_limits

ESTIMATORS = {"ours": skmlp_classifier, "MLP": mlp_classifier}
N_TRAINING_ROWS, N_SINGLE_ROWS, N_BLOCK_ROWS = 2_000, 300, 500


def fit_both(X: Any, y: np.ndarray, n_hidden: int) -> dict[str, Any]:
    """Return both classifiers, fitted in one epoch to some of the rows."""
    some = slice(N_TRAINING_ROWS)
    return {
        name: make(n_hidden, max_iter=1).fit(X[some], y[some])
        for name, make in ESTIMATORS.items()
    }


def compare_many(work: str, X: np.ndarray, y: np.ndarray, n_rounds: int) -> None:
    """Print how much longer MLPClassifier takes for all rows."""
    fitted = fit_both(X, y, n_hidden=128)
    sides = {name: lambda f=f: f.predict_proba(X) for name, f in fitted.items()}
    W1 = fitted["ours"].coefs_[0]
    if X.dtype == W1.dtype:
        sides["floor"] = product(X, W1)
    times = seconds_in_turn(sides, n_rounds)
    theirs = ratios(times["MLP"], times["ours"])
    print_row(work, "60,000 rows: MLP / ours", theirs, ">= 1.5")
    if "floor" in sides:
        beside = ratios(times["ours"], times["floor"])
        print_row(work, "60,000 rows: ours / floor", beside)


def compare_one(work: str, X: Any, y: np.ndarray, n_hidden: int, n_rounds: int) -> None:
    """Print how long we take for one row, beside MLPClassifier."""
    fitted = fit_both(X, y, n_hidden)
    single = [X[i : i + 1] for i in range(N_SINGLE_ROWS)]
    times = seconds_in_turn(
        {name: lambda f=f: predict_each(f, single) for name, f in fitted.items()},
        n_rounds,
    )
    ours = ratios(times["ours"], times["MLP"])
    print_row(work, "one row: ours / MLP", ours, "<= 0.7")
    us = [1e6 * t / N_SINGLE_ROWS for t in times["ours"]]
    print_row(work, "one row: ours, μs", us)


def product(X: np.ndarray, W1: np.ndarray) -> Callable[[], None]:
    """Return what multiplies blocks of rows into a buffer that a cache holds."""
    Z = np.empty((N_BLOCK_ROWS, W1.shape[1]), X.dtype)

    def multiply() -> None:
        for start in range(0, len(X), N_BLOCK_ROWS):
            np.matmul(X[start : start + N_BLOCK_ROWS], W1, out=Z)

    return multiply


def predict_each(classifier: Any, tables: list[Any]) -> None:
    """Predict tables of one row, one call each."""
    for X in tables:
        classifier.predict_proba(X)


def compare_images(n_rounds: int) -> None:
    """Compare on the images, in both precisions and in bytes."""
    X, y = mnist()
    tables = {"float32": X, "float64": X.astype(np.float64), "uint8": mnist_images()[0]}
    for dtype, table in tables.items():
        work = f"784-128-10 {dtype}"
        compare_many(work, table, y, n_rounds)
        compare_one(work, table, y, 128, n_rounds)


def compare_tables(n_rounds: int) -> None:
    """Compare on one row of a small table, as an array and as a frame."""
    X, y = make_classification(N_TRAINING_ROWS, random_state=0)
    frame = pd.DataFrame(X, columns=[f"feature {i}" for i in range(X.shape[1])])
    compare_one("20-32-2 float64", X, y, 32, n_rounds)
    compare_one("20-32-2 frame", frame, y, 32, n_rounds)


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
        compare_images(n_rounds)
        compare_tables(n_rounds)
        measure_memory()


if __name__ == "__main__":
    main()
