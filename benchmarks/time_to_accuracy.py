"""Time to 98.0 % of the MNIST test images with 512 units on one thread.

    python benchmarks/time_to_accuracy.py [--rounds 3]

Ours is a plan known in advance, timed whole. MLPClassifier has its defaults, or sgd
with a learning rate of 0.1, and is given float32 and a look at the test images, outside
of the clock, after each epoch: it stops at the first one that reaches the goal, which
flatters it. A round is a seed, the same for all. Needs ``$SKMLP_DATA``.
"""

import argparse
import statistics
from collections.abc import Callable

import numpy as np
from contestants import skmlp_classifier
from data_sets import has_mnist, mnist
from side_by_side import print_header, print_row, ratios, seconds
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

GOAL = 0.98
N_HIDDEN = 512
PLAN = {
    "solver": "adam",
    "alpha": 0.0,
    "label_smoothing": 0.1,
    "batch_size": 200,
    "learning_rate": "one_cycle",
    "learning_rate_init": 0.005,
    "max_iter": 2,
}
PEERS = {
    "MLP defaults": {},
    "MLP sgd 0.1": {"solver": "sgd", "learning_rate_init": 0.1},
}
MOST_EPOCHS = 30


def train_ours(seed: int) -> tuple[float, float]:
    """Return the seconds of the plan and the accuracy at its end."""
    classifier = skmlp_classifier(N_HIDDEN, **{**PLAN, "random_state": seed})
    X, y = mnist()
    return seconds(lambda: classifier.fit(X, y)), classifier.score(*mnist("test"))


def train_peer(seed: int, **params) -> tuple[float, float]:
    """Return the seconds of the epochs up to the goal, and the accuracy there."""
    classifier = MLPClassifier((N_HIDDEN,), random_state=seed, **params)
    (X, y), (X_test, y_test) = mnist(), mnist("test")
    total, accuracy = 0.0, 0.0
    for _ in range(MOST_EPOCHS):
        total += seconds(lambda: classifier.partial_fit(X, y, classes=np.arange(10)))
        accuracy = classifier.score(X_test, y_test)
        if accuracy >= GOAL:
            break
    return total, accuracy


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    n_rounds = parser.parse_args().rounds
    print_header("Time to 98.0 % of the MNIST test images; one BLAS thread")
    if not has_mnist():
        print("Not measured: name the folder of MNIST's images in SKMLP_DATA.")
        return
    sides: dict[str, Callable[[int], tuple[float, float]]] = {"ours": train_ours}
    for name, params in PEERS.items():
        sides[name] = lambda seed, params=params: train_peer(seed, **params)
    with threadpool_limits(1):
        rounds = [
            {name: train(seed) for name, train in sides.items()}
            for seed in range(n_rounds)
        ]
    print_results({name: [r[name] for r in rounds] for name in sides})


def print_results(results: dict[str, list[tuple[float, float]]]) -> None:
    """Print seconds and accuracies of all sides, and our share of each peer's time."""
    work = f"784-{N_HIDDEN}-10"
    for name, pairs in results.items():
        times, accuracies = zip(*pairs, strict=True)
        reached = sum(a >= GOAL for a in accuracies)
        print_row(work, f"{name}, s", times)
        print_row(work, f"{name}, % ({reached} of {len(pairs)})", percent(accuracies))
    ours = [t for t, _ in results.pop("ours")]
    best = min(results, key=lambda name: statistics.median(t for t, _ in results[name]))
    for name, pairs in results.items():
        mark = " (best)" if name == best else ""
        values = ratios(ours, [t for t, _ in pairs])
        target = "<= 0.25" if name == "MLP defaults" else ""
        print_row(work, f"ours / {name}{mark}", values, target)


def percent(shares) -> list[float]:
    """Return shares in percent."""
    return [100 * share for share in shares]


if __name__ == "__main__":
    main()
