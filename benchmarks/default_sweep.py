"""The defaults, changed one at a time.

    python benchmarks/default_sweep.py [--seeds 5]

Each line is TwoLayerClassifier behind a MinMaxScaler with one change of its defaults:
means over the tables of `tables.py` and the seeds, and the seconds of one fit on each
table. A seed is a stratified split and the estimator's seed. All runs in one thread;
seconds are the processor's, so that a busy machine counts little. About twelve
minutes.
"""

import argparse
from statistics import fmean

from defaults import measure
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from tables import available_tables, split
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
    "standardize=False": {"standardize": False},
    "1,000 steps": budget(n_steps=1000),
    "3,000 steps": budget(n_steps=3000),
    "at most 25 epochs": budget(most_epochs=25),
    "at most 100 epochs": budget(most_epochs=100),
    "50 steps per epoch": budget(steps_per_epoch=50),
    "rate 0.2 / √features": rate(0.2),
    "rate 0.8 / √features": rate(0.8),
    "rate 0.02": {"learning_rate_init": 0.02},
    "rate 0.06": {"learning_rate_init": 0.06},
    "cosine": {"learning_rate": "cosine"},
    "constant, rate 0.002": {"learning_rate": "constant", "learning_rate_init": 0.002},
    "alpha 0.1": {"alpha": 0.1},
    "alpha 0.3": {"alpha": 0.3},
    "alpha 1": {"alpha": 1.0},
    "adam, alpha 0.001": {"solver": "adam"},
    "adam, alpha 0.003": {"solver": "adam", "alpha": 0.003},
    "sgd": {"solver": "sgd"},
    "lbfgs": {"solver": "lbfgs"},
    "100 hidden units": {"hidden_layer_size": 100},
    "512 hidden units": {"hidden_layer_size": 512},
    "tanh": {"activation": "tanh"},
    "dropout 0.2": {"dropout": 0.2},
    "input dropout 0.1": {"input_dropout": 0.1},
    "label smoothing 0.03": {"label_smoothing": 0.03},
}


def classifier(change, X, seed):
    """Return TwoLayerClassifier with a change of its defaults."""
    params = change(*X.shape) if callable(change) else change
    return TwoLayerClassifier(random_state=seed, **params)


def measure_on_table(candidates, name, X, y, n_seeds):
    """Return accuracy, log-loss and seconds, means over seeds, of each candidate."""
    rows = {label: [] for label in candidates}
    for seed in range(n_seeds):
        parts = split(name, X, y, seed)
        for label, change in candidates.items():
            net = classifier(change, parts[0], seed)
            rows[label].append(measure(make_pipeline(MinMaxScaler(), net), *parts))
    return {label: _means(measured) for label, measured in rows.items()}


def _means(measured):
    return [fmean(m[i] for m in measured) for i in range(3)]


def print_sweep(candidates, tables, n_seeds):
    """Print a Markdown table, a line a candidate."""
    on_tables = [
        measure_on_table(candidates, name, *load(), n_seeds)
        for name, load in tables.items()
    ]
    print(f"Means of {len(tables)} tables and {n_seeds} seeds.\n")
    print("| candidate | accuracy | log-loss | seconds |\n|---|---|---|---|")
    for label in candidates:
        accuracy, loss, seconds = _means([measured[label] for measured in on_tables])
        seconds *= len(tables)
        print(f"| {label} | {accuracy:.4f} | {loss:.4f} | {seconds:.1f} |")


def main():
    """Read the number of seeds and sweep in one thread."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    n_seeds = parser.parse_args().seeds
    with threadpool_limits(1):
        print_sweep(CANDIDATES, available_tables(), n_seeds)


if __name__ == "__main__":
    main()
