"""What a busy machine costs a fit, and what threads gain on a quiet one.

    python benchmarks/busy_machine.py [--rounds 3]

The threads of BLAS are as each library sets them. First, with other processes that burn
half of the cores: the time of a fit over its time without them, quiet and busy in turn.
MNIST, each library's defaults, 100 units, two epochs of 10,000 rows; each fit in a
process of its own, which is ended after a minute and counts as that. Then 784-512-10 on
the machine as it is, which ought to be quiet: one thread against as many as there are.
"""

import argparse
import subprocess
import sys
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

import joblib
from contestants import Training, has_torch, skmlp_training, torch_training
from data_sets import mnist
from side_by_side import print_header, print_row, ratios, seconds, seconds_in_turn
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from skmlp import TwoLayerClassifier

N_ROWS, N_EPOCHS, MOST_SECONDS = 10_000, 2, 60.0


def default_skmlp(X, y) -> Training:
    """Return a fit with skmlp's defaults."""
    return lambda: TwoLayerClassifier(max_iter=N_EPOCHS).fit(X, y)


def default_mlp(X, y) -> Training:
    """Return a fit with MLPClassifier's defaults."""
    return lambda: MLPClassifier(max_iter=N_EPOCHS).fit(X, y)


def default_torch(X, y) -> Training:
    """Return a training in PyTorch like the other two's."""
    work = {"n_hidden": 100, "batch_size": 200, "solver": "adam"}
    return torch_training(X, y, max_iter=N_EPOCHS, n_threads=None, **work)


def report_seconds(make: Callable[..., Training], X, y, caller: Connection) -> None:
    """Say that the warm-up is over, wait for the start, time a training."""
    warnings.simplefilter("ignore")  # MLPClassifier warns that two epochs are few
    make(X[:1000], y[:1000])()
    training = make(X, y)
    caller.send("ready")
    caller.recv()
    caller.send(seconds(training))


def seconds_elsewhere(make: Callable[..., Training], busy: bool) -> float:
    """Return how long a training takes in a fresh process, or the most it may."""
    X, y = (part[:N_ROWS] for part in mnist())
    context = get_context("spawn")
    answers, caller = context.Pipe()
    process = context.Process(target=report_seconds, args=(make, X, y, caller))
    process.start()
    try:
        answers.recv()
        with burnt_cores(max(1, joblib.cpu_count() // 2) if busy else 0):
            answers.send("start")
            return answers.recv() if answers.poll(MOST_SECONDS) else MOST_SECONDS
    finally:
        process.kill()
        process.join()


@contextmanager
def burnt_cores(n_cores: int):
    """Keep some cores busy with Python loops."""
    loop = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(loop) for _ in range(n_cores)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def compare_busy_with_quiet(n_rounds: int) -> None:
    """Print how many times longer a fit takes on a busy machine."""
    trainings = {"ours": default_skmlp, "MLP": default_mlp, "PyTorch": default_torch}
    if not has_torch():
        del trainings["PyTorch"]
    for name, make in trainings.items():
        quiet, busy = [], []
        for _ in range(n_rounds):
            quiet.append(seconds_elsewhere(make, busy=False))
            busy.append(seconds_elsewhere(make, busy=True))
        target = "<= 2" if name == "ours" else ""
        print_row("default fit", f"{name}: busy / quiet", ratios(busy, quiet), target)


def compare_threads(n_rounds: int) -> None:
    """Print the gain of threads in products large enough for them."""
    X, y = (part[:N_ROWS] for part in mnist())
    work = {"n_hidden": 512, "batch_size": 200, "max_iter": N_EPOCHS, "solver": "adam"}
    many = skmlp_training(X, y, **work)

    def one() -> None:
        with threadpool_limits(1):
            many()

    many()  # warm up
    times = seconds_in_turn({"one": one, "many": many}, n_rounds)
    figure = f"one thread / {joblib.cpu_count()} threads"
    values = ratios(times["one"], times["many"])
    print_row("784-512-10 adam 200", figure, values, ">= 1.4")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    n_rounds = parser.parse_args().rounds
    print_header("A busy machine, and threads on a quiet one")
    compare_busy_with_quiet(n_rounds)
    compare_threads(n_rounds)


if __name__ == "__main__":
    main()
