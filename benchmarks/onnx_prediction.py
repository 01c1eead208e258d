"""Prediction by onnxruntime beside predict_proba, and the cold start of both.

    python benchmarks/onnx_prediction.py [--rounds 7]

One thread each. One row, and 10,000 rows, of images with 128 hidden units and of a
table with 20 features and 32 units; and of a table with gaps and texts
through `tabular_pipeline`. The cold start is a new process that imports what it needs,
loads a file and predicts one row; below it, how much of it is the import of the package
and of scikit-learn alone.
"""

import argparse
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnxruntime
import pandas as pd
from data_sets import mnist
from side_by_side import print_header, print_row, ratios, seconds_in_turn
from sklearn.datasets import make_classification
from threadpoolctl import threadpool_limits

from skmlp import TwoLayerClassifier, tabular_pipeline
from skmlp.onnx import to_onnx

N_ROWS, N_SINGLE_ROWS = 10_000, 300

IN_ONNXRUNTIME = """
import sys
import numpy as np
import onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
session.run(None, {"X": np.zeros((1, int(sys.argv[2])), np.float32)})
"""
WITH_OURS = """
import sys
import joblib
import numpy as np
clf = joblib.load(sys.argv[1])
clf.predict_proba(np.zeros((1, int(sys.argv[2])), np.float32))
"""
# What a classifier of scikit-learn takes to be imported.
SCIKIT_LEARN = "from sklearn.neural_network import MLPClassifier"


def session_of(model: Any, X: Any) -> onnxruntime.InferenceSession:
    """Return a session of one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(to_onnx(model, X).SerializeToString(), options)


def compare(work: str, model: Any, X: Any, inputs: Any, n_rounds: int) -> None:
    """Print times for all rows and for one; a session takes inputs(X)."""
    session = session_of(model, X)
    single = [X[i : i + 1] for i in range(N_SINGLE_ROWS)]
    for rows, tables in (("one row", single), (f"{len(X):,} rows", [X])):
        given = [inputs(table) for table in tables]

        def by_onnxruntime(given: list[Any] = given) -> None:
            for each in given:
                session.run(None, each)

        def by_ours(tables: list[Any] = tables) -> None:
            for each in tables:
                model.predict_proba(each)

        sides: dict[str, Callable[[], object]] = {
            "ours": by_ours,
            "onnx": by_onnxruntime,
        }
        times = seconds_in_turn(sides, n_rounds)
        for name, took in times.items():
            us = [1e6 * t / len(tables) for t in took]
            print_row(work, f"{rows}: {name}, μs", us)
        print_row(work, f"{rows}: ours / onnx", ratios(times["ours"], times["onnx"]))


def compare_arrays(n_rounds: int) -> None:
    """Compare on images and on a small table."""
    images, digits = mnist()
    table, labels = make_classification(N_ROWS, random_state=0)
    for work, X, y, n_hidden in (
        ("784-128-10 float32", images[:N_ROWS], digits[:N_ROWS], 128),
        ("20-32-2 float32", table.astype(np.float32), labels, 32),
        ("20-32-2 float64", table, labels, 32),
    ):
        clf = TwoLayerClassifier(n_hidden, max_iter=1, alpha=0.3, random_state=0)
        compare(work, clf.fit(X, y), X, lambda X: {"X": X}, n_rounds)


def compare_table(n_rounds: int) -> None:
    """Compare on a table with gaps and texts, through all of its pipeline."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(N_ROWS, 8)), columns=[*"abcdefgh"])
    frame = frame.mask(rng.random(frame.shape) < 0.05)
    frame["colour"] = rng.choice(["red", "green", "blue"], N_ROWS).astype(object)
    y = rng.integers(2, size=N_ROWS)
    clf = TwoLayerClassifier(32, max_iter=1, alpha=0.3, random_state=0)
    pipeline = tabular_pipeline(clf).fit(frame, y)

    def columns(frame: Any) -> dict[str, np.ndarray]:
        return {name: frame[[name]].to_numpy() for name in frame}

    compare("tabular_pipeline, 9 columns", pipeline, frame, columns, n_rounds)


def compare_cold_starts(n_rounds: int) -> None:
    """Print how long a new process takes to the first prediction."""
    X, y = mnist()
    clf = TwoLayerClassifier(128, max_iter=1, alpha=0.3, random_state=0)
    clf.fit(X[:1000], y[:1000])
    with tempfile.TemporaryDirectory() as folder:
        ours, exported = Path(folder, "clf.joblib"), Path(folder, "clf.onnx")
        joblib.dump(clf, ours)
        exported.write_bytes(to_onnx(clf).SerializeToString())
        n_features = str(X.shape[1])
        commands = {
            "onnxruntime": [IN_ONNXRUNTIME, str(exported), n_features],
            "ours": [WITH_OURS, str(ours), n_features],
            "import skmlp": ["import skmlp"],
            "import scikit-learn's MLP": [SCIKIT_LEARN],
            "nothing": [""],
        }
        sides = {name: started(command) for name, command in commands.items()}
        for name, took in seconds_in_turn(sides, n_rounds).items():
            print_row("a new process", f"{name}, s", took)


def started(command: list[str]) -> Callable[[], object]:
    """Return what runs some code in a new process."""
    return lambda: subprocess.run([sys.executable, "-c", *command], check=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    n_rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore")
    print_header("Prediction by onnxruntime; one thread")
    with threadpool_limits(1):
        compare_arrays(n_rounds)
        compare_table(n_rounds)
    compare_cold_starts(n_rounds)


if __name__ == "__main__":
    main()
