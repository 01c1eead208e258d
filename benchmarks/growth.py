"""How the time of an epoch grows when rows, features or units are doubled.

    python benchmarks/growth.py [--rounds 5]

One BLAS thread, Adam, batches of 128, random numbers in float32. All sizes are timed in
turn; a line of the table is one doubling, its ratios those of the same round.
"""

import argparse
from itertools import pairwise

import numpy as np
from contestants import skmlp_training
from side_by_side import print_header, print_row, ratios, seconds_in_turn
from threadpoolctl import threadpool_limits

MIDDLE = {"rows": 10_000, "features": 784, "units": 128}
DOUBLED = {
    "rows": (5_000, 10_000, 20_000, 40_000),
    "features": (392, 784, 1568),
    "units": (64, 128, 256, 512),
}
TARGET = "<= 2.3"
_N_EPOCHS = 3


def training(rows: int, features: int, units: int):
    """Return what trains some epochs on random data of this size."""
    rng = np.random.default_rng(0)
    X = rng.random((rows, features), dtype=np.float32)
    y = rng.integers(10, size=rows)
    work = {"batch_size": 128, "max_iter": _N_EPOCHS, "solver": "adam"}
    return skmlp_training(X, y, n_hidden=units, **work)


def measure(what: str, n_rounds: int) -> None:
    """Print a line for each doubling of one quantity."""
    sides = {n: training(**{**MIDDLE, what: n}) for n in DOUBLED[what]}
    next(iter(sides.values()))()  # warm up
    times = seconds_in_turn(sides, n_rounds)
    for n, twice in pairwise(DOUBLED[what]):
        figure = f"{twice:,} / {n:,}"
        print_row(f"{what} doubled", figure, ratios(times[twice], times[n]), TARGET)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    n_rounds = parser.parse_args().rounds
    middle = ", ".join(f"{n:,} {what}" for what, n in MIDDLE.items())
    print_header(f"Growth of an epoch's time from {middle}; one BLAS thread")
    with threadpool_limits(1):
        for what in DOUBLED:
            measure(what, n_rounds)


if __name__ == "__main__":
    main()
