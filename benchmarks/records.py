"""The best that one hidden layer has reached here, without augmentation.

    python benchmarks/records.py [mnist] [fashion-mnist]

Trains on the 60,000 training images and prints the accuracy on the test images and the
time; the goals are 98.7 % on MNIST and 90.5 % on Fashion-MNIST. Minutes each, with as
many threads as BLAS takes. From ``$SKMLP_DATA``, else fetched from OpenML once.
"""

import argparse

import numpy as np
from contestants import skmlp_classifier
from side_by_side import print_header, print_row, seconds

from skmlp.datasets import fetch_fashion_mnist, fetch_mnist

DATA_SETS = {"mnist": fetch_mnist, "fashion-mnist": fetch_fashion_mnist}
GOALS = {"mnist": ">= 98.7", "fashion-mnist": ">= 90.5"}
_COMMON = {
    "n_hidden": 1024,
    "solver": "adamw",
    "alpha": 0.05,
    "batch_size": 128,
    "learning_rate": "one_cycle",
    "max_iter": 30,
}
SETTINGS = {
    "mnist": {
        **_COMMON,
        "learning_rate_init": 0.002,
        "dropout": 0.5,
        "input_dropout": 0.2,
        "label_smoothing": 0.02,
        "standardize": False,
    },
    "fashion-mnist": {
        **_COMMON,
        "learning_rate_init": 0.003,
        "dropout": 0.4,
        "input_dropout": 0.1,
        "label_smoothing": 0.1,
        "standardize": True,
    },
}


def load(name: str) -> list[np.ndarray]:
    """Return the training images and labels, then the test's.

    Pixels are bytes where they are standardised, else float32 between 0 and 1.
    """
    X, y = DATA_SETS[name](subset="train", return_X_y=True)
    X_test, y_test = DATA_SETS[name](subset="test", return_X_y=True)
    if SETTINGS[name]["standardize"]:
        return [X, y, X_test, y_test]
    return [X / np.float32(255), y, X_test / np.float32(255), y_test]


def train(name: str, seed: int, verbose: bool) -> None:
    """Print the accuracy and the time of one data set."""
    X, y, X_test, y_test = load(name)
    params = {**SETTINGS[name], "random_state": seed, "verbose": verbose}
    classifier = skmlp_classifier(**params)
    duration = seconds(lambda: classifier.fit(X, y))
    work = f"{name}, 784-{classifier.hidden_layer_size}-10"
    print_row(
        work, "test images, %", [100 * classifier.score(X_test, y_test)], GOALS[name]
    )
    print_row(work, f"{classifier.max_iter} epochs, s", [duration])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="mnist, fashion-mnist or both")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    chosen = parser.parse_args()
    print_header("Records with one hidden layer, no augmentation")
    for name in chosen.names or DATA_SETS:
        train(name, chosen.seed, chosen.verbose)


if __name__ == "__main__":
    main()
