"""What a busy machine costs a fit.

    python benchmarks/busy_machine.py [--rounds 3]

Threads are as each library sets them. With other processes that burn half of the cores:
the time of a fit over its time without them, quiet and busy in turn. 10,000 rows of
MNIST; ours with all defaults, two epochs of the others with theirs; each fit in a
process of its own, which is ended after a minute and counts as that.
"""

import argparse
import subprocess
import sys
from contextlib import contextmanager

import joblib
from contestants import Training, has_torch, torch_training
from elsewhere import seconds_elsewhere
from side_by_side import print_header, print_row, ratios
from sklearn.neural_network import MLPClassifier

from skmlp import TwoLayerClassifier

N_ROWS, N_EPOCHS = 10_000, 2


def default_skmlp(X, y) -> Training:
    """Return a fit with skmlp's defaults."""
    return lambda: TwoLayerClassifier().fit(X, y)


def default_mlp(X, y) -> Training:
    """Return a fit with MLPClassifier's defaults."""
    return lambda: MLPClassifier(max_iter=N_EPOCHS).fit(X, y)


def default_torch(X, y) -> Training:
    """Return a training in PyTorch like MLPClassifier's."""
    work = {"n_hidden": 100, "batch_size": 200, "solver": "adam"}
    return torch_training(X, y, max_iter=N_EPOCHS, n_threads=None, **work)


@contextmanager
def burnt_cores():
    """Keep half of the cores busy with Python loops."""
    n_cores = max(1, joblib.cpu_count() // 2)
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
            quiet.append(seconds_elsewhere(make, N_ROWS))
            busy.append(seconds_elsewhere(make, N_ROWS, beside=burnt_cores()))
        target = "<= 2" if name == "ours" else ""
        print_row("default fit", f"{name}: busy / quiet", ratios(busy, quiet), target)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    n_rounds = parser.parse_args().rounds
    print_header("A busy machine")
    compare_busy_with_quiet(n_rounds)


if __name__ == "__main__":
    main()
