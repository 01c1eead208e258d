"""The defaults of three classifiers, table by table.

    python benchmarks/defaults.py [--seeds 5] [--first-seed 5]

TwoLayerClassifier, MLPClassifier and HistGradientBoostingClassifier as they come, each
behind a MinMaxScaler, on the tables of `tables.py`. A seed is a stratified split and
the estimator's seed; the defaults were chosen on the seeds 0 to 4. A fourth column is
TwoLayerClassifier without any scaler on features multiplied by powers of ten drawn
between 1e-3 and 1e3. All run in one thread; seconds are the processor's, so that a busy
machine counts little. About ten minutes.
"""

import argparse
import time
import warnings
from statistics import fmean

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from tables import available_tables, powers_of_ten, split
from threadpoolctl import threadpool_limits

from skmlp import TwoLayerClassifier

OURS, UNSCALED, MLP, TREES = "ours", "ours, unscaled", "MLP", "trees"


def measure(model, X_train, X_test, y_train, y_test):
    """Return the accuracy, the log-loss and the seconds of a fit."""
    start = time.process_time()
    model.fit(X_train, y_train)
    seconds = time.process_time() - start
    # As float64: a zero costs 36 in any precision, not 16 in float32.
    probabilities = model.predict_proba(X_test).astype(np.float64)
    accuracy = accuracy_score(y_test, model.classes_[probabilities.argmax(axis=1)])
    return accuracy, log_loss(y_test, probabilities, labels=model.classes_), seconds


def contest(X_train, X_test, y_train, y_test, seed):
    """Return what was measured of each side, by its name."""
    factors = powers_of_ten(X_train.shape[1], seed).astype(X_train.dtype)
    scaled = X_train, X_test, y_train, y_test
    badly_scaled = X_train * factors, X_test * factors, y_train, y_test
    ours = TwoLayerClassifier(random_state=seed)
    mlp = MLPClassifier(random_state=seed)
    trees = HistGradientBoostingClassifier(random_state=seed)
    return {
        OURS: measure(make_pipeline(MinMaxScaler(), ours), *scaled),
        UNSCALED: measure(ours, *badly_scaled),
        MLP: measure(make_pipeline(MinMaxScaler(), mlp), *scaled),
        TREES: measure(make_pipeline(MinMaxScaler(), trees), *scaled),
    }


def mean_over(contests):
    """Return the mean accuracy, log-loss and seconds of each side."""
    return {
        side: [fmean(c[side][i] for c in contests) for i in range(3)]
        for side in contests[0]
    }


def print_row(name, measured, n_tables=1):
    """Print a line of the table, its seconds being of one fit on each table."""
    cells = [
        f"{accuracy:.3f} / {loss:.3f} / {seconds * n_tables:.2f}"
        for accuracy, loss, seconds in measured.values()
    ]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def print_targets(mean):
    """Print how the means compare."""
    ours, unscaled, mlp, trees = (mean[s] for s in (OURS, UNSCALED, MLP, TREES))
    print(
        f"\naccuracy: {100 * (ours[0] - mlp[0]):+.1f} points on MLPClassifier,"
        f" {100 * (ours[0] - trees[0]):+.1f} on HistGradientBoostingClassifier,"
        f" {100 * (unscaled[0] - ours[0]):+.2f} without a scaler"
        f"\nlog-loss: {ours[1] - mlp[1]:+.3f} and {ours[1] - trees[1]:+.3f}"
        f"\nfit time: 1/{mlp[2] / ours[2]:.1f} and 1/{trees[2] / ours[2]:.1f}"
    )


def print_comparison(tables, seeds):
    """Print a Markdown table, then how the means compare."""
    print(f"accuracy / log-loss / seconds of a fit, means of {len(seeds)} seeds\n")
    print(f"| table | {' | '.join([OURS, UNSCALED, MLP, TREES])} |")
    print("|---" * 5 + "|")
    means = []
    for name, load in tables.items():
        X, y = load()
        contests = [contest(*split(name, X, y, seed), seed) for seed in seeds]
        means.append(mean_over(contests))
        print_row(name, means[-1])
    mean = mean_over(means)
    print_row("mean; seconds: sum", mean, len(tables))
    print_targets(mean)


def main():
    """Read the number of seeds and compare in one thread."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=5)
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # MLPClassifier's, that it has not converged
    with threadpool_limits(1):
        seeds = range(args.first_seed, args.first_seed + args.seeds)
        print_comparison(available_tables(), seeds)


if __name__ == "__main__":
    main()
