"""Half an hour on a stream that never stops changing: does anything grow or slow down?

    python tests/release/soak.py [--minutes 30]

One thread learns a stream with `partial_fit`, and predicts each chunk before it learns
it; another thread predicts with the same classifier all the time. The means of the
features move, and so do the boundaries between the classes: after a thousand chunks
nothing is where it was. Each minute has a line of medians. At the end the second half
is compared with the first:

- resident memory has grown by at most 2 MB;
- `partial_fit` takes at most a tenth more. What counts is the CPU time of its thread,
  relative to that of products of matrices in the same minute, because other processes
  slow both;
- the accuracy on chunks not yet learnt has fallen by at most two points.

The exit code is 1 where one of them fails. One BLAS thread; Linux only, where /proc
tells the resident memory.
"""

import argparse
import os
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from skmlp import TwoLayerClassifier

MOST_GROWN_MB, MOST_SLOWED, MOST_FALLEN = 2.0, 1.1, 0.02
SECONDS = 60  # of a minute
LINE = (
    "{n_calls:7,} calls  {ms:.3f} ms, {relative:.2f} times the products  {mb:.2f} MB  "
    "accuracy {accuracy:.4f}"
)
_N_ROWS, _N_FEATURES, _N_CLASSES = 256, 32, 5
# Chunks in which the boundaries go round once. Each feature's mean has a pace of its
# own, so that the stream does not repeat.
_CHUNKS_PER_TURN = 2000
# The products of matrices are timed once in so many calls.
_CALLS_PER_YARDSTICK = 4
_SECONDS_BETWEEN_PREDICTIONS = 0.005
_STATM = Path("/proc/self/statm")


class Stream:
    """Chunks of a classification problem that drifts."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        self.phase = self.rng.uniform(0, 2 * np.pi, size=_N_FEATURES)
        self.pace = self.rng.uniform(0.5, 1, size=_N_FEATURES)
        self.plane = self.rng.normal(size=(2, _N_FEATURES, _N_CLASSES))
        self.n_chunks = 0

    def chunk(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the next rows, in float32, and their classes."""
        angle = 2 * np.pi * self.n_chunks / _CHUNKS_PER_TURN
        self.n_chunks += 1
        around_zero = self.rng.normal(size=(_N_ROWS, _N_FEATURES))
        means = np.sin(self.pace * angle + self.phase)
        boundaries = np.cos(angle) * self.plane[0] + np.sin(angle) * self.plane[1]
        y = (around_zero @ boundaries).argmax(axis=1)
        return (around_zero + means).astype(np.float32), y


def predict_until(
    ended: threading.Event, clf: TwoLayerClassifier, X: np.ndarray
) -> int:
    """Predict again and again; return how often."""
    n_predictions = 0
    while not ended.wait(_SECONDS_BETWEEN_PREDICTIONS):
        sums = clf.predict_proba(X).sum(axis=1)
        np.testing.assert_allclose(sums, 1, rtol=1e-5)
        n_predictions += 1
    return n_predictions


def resident_mb() -> float:
    """Return how much of the process is in memory."""
    n_pages = int(_STATM.read_text().split()[1])
    return n_pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(work, *args) -> float:
    """Return the time that this thread, and no other, spent computing."""
    start = time.thread_time()
    work(*args)
    return time.thread_time() - start


def multiply_matrices(matrix: np.ndarray) -> None:
    """Do work that does not depend on skmlp."""
    for _ in range(8):
        matrix @ matrix


def one_minute(clf: TwoLayerClassifier, stream: Stream) -> dict:
    """Learn for a minute; return its medians."""
    matrix = np.ones((128, 128), dtype=np.float32)
    calls, yardsticks, accuracies, memory = [], [], [], []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        X, y = stream.chunk()
        accuracies.append((clf.predict(X) == y).mean())
        calls.append(cpu_seconds(clf.partial_fit, X, y))
        memory.append(resident_mb())
        if len(calls) % _CALLS_PER_YARDSTICK == 1:
            yardsticks.append(cpu_seconds(multiply_matrices, matrix))
    return {
        "n_calls": len(calls),
        "ms": 1000 * statistics.median(calls),
        "relative": statistics.median(calls) / statistics.median(yardsticks),
        "accuracy": statistics.fmean(accuracies),
        "mb": statistics.median(memory),
    }


def soak(n_minutes: int) -> tuple[list[dict], int]:
    """Return what each minute measured, and how many predictions were made."""
    stream, minutes, ended = Stream(), [], threading.Event()
    clf = TwoLayerClassifier(64, learning_rate="constant", random_state=0)
    X, y = stream.chunk()
    clf.partial_fit(X, y, classes=range(_N_CLASSES))
    with ThreadPoolExecutor(1) as executor:
        predictions = executor.submit(predict_until, ended, clf, X)
        try:
            one_minute(clf, stream)  # until buffers and the history are full
            for n in range(1, n_minutes + 1):
                minutes.append(minute := one_minute(clf, stream))
                print(f"minute {n:3}: {LINE.format(**minute)}", flush=True)
        finally:
            ended.set()
    return minutes, predictions.result()


def is_flat(minutes: list[dict]) -> bool:
    """Compare the halves, print the comparison, and say whether all is well."""
    half = len(minutes) // 2

    def halves(name: str) -> tuple[float, float]:
        values = [minute[name] for minute in minutes]
        return statistics.median(values[:half]), statistics.median(values[half:])

    memory, relative, accuracy = map(halves, ("mb", "relative", "accuracy"))
    grown, slowed = memory[1] - memory[0], relative[1] / relative[0]
    risen = accuracy[1] - accuracy[0]
    print(f"resident memory: {grown:+.2f} MB, at most {MOST_GROWN_MB:+.0f}")
    print(f"CPU time of a call: {slowed:.3f} times, at most {MOST_SLOWED}")
    print(f"accuracy: {risen:+.4f}, at least {-MOST_FALLEN}")
    return grown <= MOST_GROWN_MB and slowed <= MOST_SLOWED and risen >= -MOST_FALLEN


def main() -> None:
    """Print the lines and the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=30)
    n_minutes = parser.parse_args().minutes
    if n_minutes < 2:
        parser.error(f"--minutes {n_minutes}: two halves take at least 2")
    if not _STATM.exists():
        parser.error("resident memory is read from /proc, which this system has not")
    with threadpool_limits(1):
        minutes, n_predictions = soak(n_minutes)
    n_calls = sum(minute["n_calls"] for minute in minutes)
    print(f"\n{n_calls:,} calls of partial_fit beside {n_predictions:,} predictions")
    sys.exit(0 if is_flat(minutes) else 1)


if __name__ == "__main__":
    main()
