"""The defaults, changed one at a time, on real tables.

    python benchmarks/default_sweep.py [--splits 2] [--tables adult]

Each line is TwoLayerClassifier with one change of its defaults on the tables of
`real_tables.py`, as numbers that everybody gets, in float32: means over tables and
splits, and the seconds of one fit on each table. A split is also the classifier's seed;
30 % of the rows judge. All runs in one thread; seconds are the processor's, so that a
busy machine counts little. About half an hour.
"""

import argparse
import warnings
from statistics import fmean

import numpy as np
from defaults import measure
from peers import numbers
from real_tables import REAL_TABLES, available_names, load_table
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from skmlp import TwoLayerClassifier
from skmlp._settings import auto_batch_size, auto_learning_rate_init, auto_max_iter


def budget(**numbers):
    """Return the rules of batch_size and max_iter with other numbers."""
    of_batches = {k: v for k, v in numbers.items() if k == "steps_per_epoch"}
    of_epochs = {k: v for k, v in numbers.items() if k != "steps_per_epoch"}

    def rule(n_rows, n_features):
        batch_size = auto_batch_size(n_rows, **of_batches)
        max_iter = auto_max_iter(n_rows, batch_size, **of_epochs)
        return {"batch_size": batch_size, "max_iter": max_iter}

    return rule


def rate(of_one_feature):
    """Return the rule of learning_rate_init with another number."""
    return lambda n_rows, n_features: {
        "learning_rate_init": auto_learning_rate_init(
            n_features, of_one_feature=of_one_feature
        )
    }


# Parameters, or a function of the shape of X that returns them.
CANDIDATES = {
    "the defaults": {},
    "alpha 0.07": {"alpha": 0.07},
    "alpha 0.2": {"alpha": 0.2},
    "alpha 0.7": {"alpha": 0.7},
    "alpha 2": {"alpha": 2.0},
    "alpha 7": {"alpha": 7.0},
    "standardize=False": {"standardize": False},
    "750 steps, 25 epochs": budget(n_steps=750, most_epochs=25),
    "3,000 steps, 100 epochs": budget(n_steps=3000, most_epochs=100),
    "50 steps per epoch": budget(steps_per_epoch=50),
    "rate 0.07 / √features": rate(0.07),
    "rate 0.26 / √features": rate(0.26),
    "cosine": {"learning_rate": "cosine"},
    "constant, rate 0.002": {"learning_rate": "constant", "learning_rate_init": 0.002},
    "beta_2 0.99": {"beta_2": 0.99},
    "adam": {"solver": "adam"},
    "sgd": {"solver": "sgd"},
    "100 hidden units": {"hidden_layer_size": 100},
    "512 hidden units": {"hidden_layer_size": 512},
    "tanh": {"activation": "tanh"},
    "dropout 0.2": {"dropout": 0.2},
    "label smoothing 0.03": {"label_smoothing": 0.03},
    "early stopping": {"early_stopping": True},
}


def classifier(change, X, seed):
    """Return TwoLayerClassifier with a change of its defaults."""
    params = change(*X.shape) if callable(change) else change
    return TwoLayerClassifier(random_state=seed, **params)


def measure_on_table(name, n_splits):
    """Return accuracy, log-loss and seconds, means over splits, of each candidate."""
    X, y = load_table(name)
    rows = {label: [] for label in CANDIDATES}
    for split in range(n_splits):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.3, stratify=y, random_state=split
        )
        parts = [part.astype(np.float32) for part in numbers(X_train, X_test)]
        for label, change in CANDIDATES.items():
            net = classifier(change, parts[0], split)
            rows[label].append(measure(net, *parts, y_train, y_test))
    return {label: _means(measured) for label, measured in rows.items()}


def _means(measured):
    return [fmean(m[i] for m in measured) for i in range(3)]


def print_sweep(tables, n_splits):
    """Print a table, a line a candidate."""
    on_tables = [measure_on_table(name, n_splits) for name in tables]
    print(f"Means of {len(tables)} tables and {n_splits} splits.\n")
    rule = "=" * 23 + "  ========  ========  ======="
    print(f"{rule}\n{'candidate':23}  accuracy  log-loss  seconds\n{rule}")
    for label in CANDIDATES:
        accuracy, loss, seconds = _means([measured[label] for measured in on_tables])
        seconds *= len(tables)
        print(f"{label:23}  {accuracy:.4f}    {loss:.4f}    {seconds:.1f}")
    print(rule)


def main():
    """Read the number of splits and sweep in one thread."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--tables", nargs="+", choices=REAL_TABLES)
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # that float32 probabilities sum to nearly one
    with threadpool_limits(1):
        print_sweep(args.tables or available_names(), args.splits)


if __name__ == "__main__":
    main()
