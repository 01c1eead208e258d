"""Thousands of faults, and how many of them broke a promise: none may.

    python tests/guarantees/torture.py [KIND ...] [--share SHARE]

The long form of ``test_faults.py``, some minutes on one core. The kinds are

- lines: an error at each line that runs, the first time, and some times where few go;
- exits: Ctrl-C while a context is left, of skmlp, NumPy or others;
- signals: Ctrl-C by the kernel, at random moments;
- kills: the process is killed while it writes snapshots, at lines and random moments;
- disk: files may grow no larger than some number of bytes.

A table says what was done; the exit status is 1 where a promise was broken.
"""

import argparse
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
from faults import (
    CASES,
    Moments,
    Target,
    contents,
    is_within,
    leaves_a_context,
    watched_surroundings,
)
from sklearn.datasets import load_digits

from skmlp import TwoLayerClassifier

EXAMPLE = Path(__file__).parents[2] / "examples" / "scale" / "plot_snapshots.py"
# How many times a line of few cases is hit, and how many faults there are of a kind.
N_TIMES, N_SIGNALS, N_KILLS, N_LIMITS = 3, 4000, 120, 100


def hit_lines(share):
    """Yield, for each injection, the promises that it broke."""
    seen = set()
    for name, case in CASES.items():
        target = Target(case)
        new, known = target.choose(N_TIMES, seen), target.choose(1)
        known = [at for at in known if target.moments[at] in seen]
        seen.update(target.moments)
        errors = (KeyboardInterrupt, MemoryError)
        faults = [(at, error) for at in new for error in errors]
        faults += [(at, errors[n % 2]) for n, at in enumerate(known)]
        for at, error in faults[:: round(1 / share)]:
            yield [f"{name}, {broken}" for broken in target.inject(at, error)]


def hit_exits(share):
    """Yield, for each Ctrl-C while a context is left, the promises that it broke."""
    for name, case in CASES.items():
        target = Target(case, leaves_a_context)
        for at in range(0, len(target.moments), round(1 / share)):
            broken = target.inject(at, KeyboardInterrupt)
            yield [f"{name}, {promise}" for promise in broken]


def send_signals(share):
    """Yield, for each signal, the promises that it broke."""
    rng = np.random.default_rng(0)
    for name, case in CASES.items():
        target = Target(case)
        started = time.perf_counter()
        case.call(case.make())
        seconds = time.perf_counter() - started
        for _ in range(round(share * N_SIGNALS / len(CASES))):
            delay = rng.uniform(1e-6, seconds)
            broken = target.interrupt(delay)
            yield [
                f"{name}, after {1e3 * delay:.2f} ms: {promise}" for promise in broken
            ]


class Snapshots:
    """Training that writes a snapshot per epoch, as the example does."""

    N_EPOCHS = 12

    def __init__(self, folder):
        X, y = load_digits(return_X_y=True)
        self.data = X[:200], y[:200]
        self.path = Path(folder, "snapshot.joblib")
        self.whole = self.make().fit(*self.data)

    def make(self):
        make = {"learning_rate": "constant", "dropout": 0.2, "random_state": 0}
        return TwoLayerClassifier(
            16, max_iter=self.N_EPOCHS, warm_start=True, batch_size=50, **make
        )

    def run(self):
        example = {}
        exec(EXAMPLE.read_text().split("# %%")[0], example)  # up to what it runs
        clf = self.make().set_callbacks(example["Snapshots"](self.path, every=1))
        return clf.fit(*self.data)

    def broken_promises(self):
        """Go on from what is there; return what is wrong with that, and remove it."""
        if not self.path.exists():
            return []
        left = joblib.load(self.path)
        self.path.unlink()
        if (n_left := self.N_EPOCHS - left.n_iter_) > 0:
            left.set_params(max_iter=n_left).fit(*self.data)
        same = all(map(np.array_equal, left.coefs_, self.whole.coefs_))
        return [] if same else ["going on from a snapshot ended at other weights"]


def kill_this_process():
    os.kill(os.getpid(), signal.SIGKILL)


def kill(share):
    """Yield, for each process killed, what was wrong with the snapshot it left."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        snapshots = Snapshots(folder)
        started = time.perf_counter()
        with Moments(counts=is_within(joblib)) as moments:
            snapshots.run()
        seconds, n_moments = time.perf_counter() - started, len(moments.names)
        for n in range(n_kills := round(share * N_KILLS)):
            at = n * n_moments // n_kills if n % 2 else None
            if (child := os.fork()) == 0:
                with Moments(at, kill_this_process, is_within(joblib)):
                    snapshots.run()
                os._exit(0)
            if at is None:
                time.sleep(rng.uniform(0, seconds))
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            yield snapshots.broken_promises()


def fill_disk(share):
    """Yield, for each limit on the size of files, which promises that broke."""
    with tempfile.TemporaryDirectory() as folder:
        snapshots = Snapshots(folder)
        clf = snapshots.run()
        size = snapshots.path.stat().st_size
        for limit in np.linspace(0, size - 1, round(share * N_LIMITS), dtype=int):
            yield train_with_limit(clf, snapshots, int(limit))
        yield snapshots.broken_promises()


def train_with_limit(clf, snapshots, limit):
    """Train on where no file may be as large as a snapshot; return what that broke."""
    before = contents(clf, snapshots.data[0]), snapshots.path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        clf.fit(*snapshots.data)
    except OSError:
        pass
    else:
        return [f"no error with a limit of {limit} bytes"]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    after = contents(clf, snapshots.data[0]), snapshots.path.read_bytes()
    return [] if after == before else [f"{limit} bytes changed what was there"]


KINDS = {
    "lines": hit_lines,
    "exits": hit_exits,
    "signals": send_signals,
    "kills": kill,
    "disk": fill_disk,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], metavar="KIND")
    parser.add_argument("--share", type=float, default=1.0, help="how many of all")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    # Which a shell lets a program in the background ignore.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print(f"{'kind of fault':<16}{'faults':>8}{'broke a promise':>17}{'seconds':>9}")
    n_broken = 0
    for kind in arguments.kinds or KINDS:
        started = time.perf_counter()
        with watched_surroundings():
            found = list(KINDS[kind](arguments.share))
        seconds, broken = time.perf_counter() - started, list(filter(None, found))
        print(f"{kind:<16}{len(found):>8}{len(broken):>17}{seconds:>9.0f}", flush=True)
        for promises in broken[:20]:
            print("   ", *promises)
        n_broken += len(broken)
    return n_broken > 0


if __name__ == "__main__":
    sys.exit(main())
