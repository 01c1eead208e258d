"""Time of a training epoch as everybody is installed: nobody's threads are limited.

    python benchmarks/as_installed.py [--rounds 5]

MNIST, Adam, each training in a process of its own and on a machine that ought to be
quiet. In each round every side trains once; the table holds the median over the rounds
of the ratio of two sides' times in the same round, and its range.
"""

import argparse
from functools import partial

from contestants import has_torch, mlp_training, skmlp_training, torch_training
from elsewhere import seconds_elsewhere
from side_by_side import in_turn, print_header, print_row, ratios

N_EPOCHS = 3
# Hidden units, the size of a batch, and what two cores are to gain.
SIZES = (
    (128, 128, ""),
    (256, 256, ">= 1.3"),
    (512, 200, ">= 1.5"),
    (1024, 256, ">= 1.5"),
)
SIDES = {
    "ours": partial(skmlp_training, n_jobs=None),
    "one thread": skmlp_training,
    "MLP float32": mlp_training,
    "PyTorch": partial(torch_training, n_threads=None),
}
TARGETS = {"MLP float32": ">= 1.5", "PyTorch": ">= 1.2"}


def compare(n_hidden: int, batch_size: int, gain: str, n_rounds: int) -> None:
    """Print the ratios of one size."""
    work = {"n_hidden": n_hidden, "batch_size": batch_size, "solver": "adam"}
    sides = {
        name: partial(seconds_elsewhere, side, None, max_iter=N_EPOCHS, **work)
        for name, side in SIDES.items()
        if name != "PyTorch" or has_torch()
    }
    times = in_turn(sides, n_rounds)
    name = f"784-{n_hidden}-10 adam {batch_size}"
    print_row(name, "ours, ms an epoch", [1000 * t / N_EPOCHS for t in times["ours"]])
    print_row(
        name, "one thread / ours", ratios(times["one thread"], times["ours"]), gain
    )
    for side, target in TARGETS.items():
        if side in times:
            values = ratios(times[side], times["ours"])
            print_row(name, f"{side} / ours", values, target)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    n_rounds = parser.parse_args().rounds
    print_header("Time of a training epoch, nobody's threads limited")
    for size in SIZES:
        compare(*size, n_rounds)


if __name__ == "__main__":
    main()
