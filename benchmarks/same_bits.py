"""Train a dozen settings with two checkouts and say whether the weights are equal.

    python benchmarks/same_bits.py OTHER_CHECKOUT

Each checkout trains in a process of its own, by the same Python and libraries, on one
machine: equal to the bit is then the least that a change of structure has to leave.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.datasets import load_digits, make_classification

HERE = Path(__file__).parents[1]
# Not what 'auto' stands for, which changes when defaults do.
PINNED = {"alpha": 0.1, "learning_rate_init": 0.01}
# The same number of threads for both, where a checkout knows several.
PINNED_IF_KNOWN = {"n_jobs": 1}
# Name: data, how it is trained, parameters.
SETTINGS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "the defaults": ("digits", "fit", {"max_iter": "auto"}),
    "adam, float64": ("table", "fit", {"solver": "adam", "alpha": 0.01}),
    "sgd, Nesterov": ("digits", "fit", {"solver": "sgd", "learning_rate": "cosine"}),
    "sgd, classical, clipped": (
        "table",
        "fit",
        {
            "solver": "sgd",
            "nesterovs_momentum": False,
            "max_grad_norm": 0.5,
            "learning_rate": "invscaling",
        },
    ),
    "sgd without momentum, gradient descent": (
        "table",
        "fit",
        {"solver": "sgd", "momentum": 0.0, "batch_size": None},
    ),
    "lbfgs, float32": ("digits", "fit", {"solver": "lbfgs", "max_iter": 20}),
    "lbfgs, float64": ("table", "fit", {"solver": "lbfgs", "activation": "tanh"}),
    "squared error, smoothed": (
        "digits",
        "fit",
        {"loss": "squared_error", "label_smoothing": 0.1, "activation": "logistic"},
    ),
    "brier, adaptive": (
        "table",
        "fit",
        {"loss": "brier", "learning_rate": "adaptive", "activation": "gelu"},
    ),
    "sequential, exponential": (
        "digits",
        "fit",
        {"sampling": "sequential", "learning_rate": "exponential"},
    ),
    "with replacement, balanced": (
        "table",
        "fit",
        {"sampling": "replacement", "class_weight": "balanced", "activation": "elu"},
    ),
    "dropout of units and features": (
        "digits",
        "fit",
        {"dropout": 0.3, "input_dropout": 0.2, "activation": "silu"},
    ),
    "sparse, narrow": ("narrow", "fit", {"activation": "leaky_relu"}),
    "sparse, wide": ("wide", "fit", {"dropout": 0.1, "hidden_layer_size": 32}),
    "sparse, wide, sgd with penalty, clipped": (
        "wide",
        "fit",
        {
            "solver": "sgd",
            "alpha": 0.01,
            "hidden_layer_size": 32,
            "max_grad_norm": 1.0,
        },
    ),
    "sparse, wide, without standardisation": (
        "wide",
        "fit",
        {"standardize": False, "hidden_layer_size": 32},
    ),
    "early stopping": (
        "digits",
        "fit",
        {
            "early_stopping": True,
            "scoring": "accuracy",
            "learning_rate": "constant",
            "learning_rate_init": 0.01,
            "n_iter_no_change": 2,
        },
    ),
    "own validation, monitored": (
        "digits",
        "validated",
        {"early_stopping": True, "monitor_train": True},
    ),
    "warm start": ("digits", "twice", {"warm_start": True, "dropout": 0.1}),
    "warm start, lbfgs": (
        "table",
        "twice",
        {"warm_start": True, "solver": "lbfgs", "max_iter": 5},
    ),
    "partial_fit": ("digits", "parts", {}),
    "partial_fit, planned": ("table", "parts", {"max_iter": 3, "solver": "adam"}),
    "partial_fit, balanced, wide": (
        "wide",
        "parts",
        {"class_weight": "balanced", "hidden_layer_size": 32},
    ),
    "given weights, trained on": ("table", "given", {"activation": "tanh"}),
    "no intercept, uniform, no standardisation": (
        "table",
        "fit",
        {
            "fit_intercept": False,
            "weight_init": "uniform",
            "init_scale": (0.1, 0.2),
            "standardize": False,
            "activation": "softplus",
        },
    ),
    "a batch of many blocks": ("tall", "fit", {"batch_size": None, "max_iter": 3}),
    "float64 data in float32": ("table", "fit", {"dtype": "float32"}),
    "bytes": ("bytes", "fit", {"input_dropout": 0.1}),
    "columns in memory": ("columns", "fit", {}),
    "large, adam": ("large", "fit", {"hidden_layer_size": 400, "solver": "adam"}),
    "large, adamw, dropout": (
        "large",
        "fit",
        {"hidden_layer_size": 400, "dropout": 0.2, "input_dropout": 0.1},
    ),
}


def data_of(name: str) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return X, y and sample weights of a small problem."""
    rng = np.random.default_rng(0)
    X, y = load_digits(return_X_y=True)
    if name == "table":
        X, y = make_classification(700, 12, n_informative=6, random_state=0)
        X = 10.0 * X + 100.0
    elif name == "narrow":
        X = sparse.csr_array(X)
    elif name == "wide":
        y = y[:600] % 3
        X = sparse.random_array((600, 2**14), density=5e-4, rng=rng, format="csr")
    elif name == "large":
        X = rng.random((len(y), 700), dtype=np.float32)
    elif name == "tall":
        X, y = np.tile(X, (5, 1)), np.tile(y, 5)
    elif name == "bytes":
        X = X.astype(np.uint8)
    elif name == "columns":
        X = np.asfortranarray(X.astype(np.float32))
    else:
        X = X.astype(np.float32)
    return X, y, rng.uniform(0.5, 2.0, size=len(y))


def train(data: str, how: str, params: dict[str, Any]) -> Any:
    """Return a classifier of the checkout on the path, trained."""
    from skmlp import TwoLayerClassifier

    X, y, weight = data_of(data)
    known = TwoLayerClassifier().get_params().keys()
    params = {k: v for k, v in PINNED_IF_KNOWN.items() if k in known} | PINNED | params
    clf = TwoLayerClassifier(**{"hidden_layer_size": 24, "max_iter": 4} | params)
    clf.set_params(random_state=3)
    half = len(y) // 2
    if how == "fit":
        return clf.fit(X, y, weight)
    if how == "validated":
        return clf.fit(X[:half], y[:half], X_val=X[half:], y_val=y[half:])
    if how == "twice":
        return clf.fit(X, y).fit(X, y, weight)
    if how == "given":
        rng, n = np.random.default_rng(1), clf.hidden_layer_size
        coefs = [rng.normal(size=(X.shape[1], n)) / 100, rng.normal(size=(n, 2))]
        clf = TwoLayerClassifier.from_weights(
            coefs, [np.zeros(n), np.zeros(2)], [0, 1], random_state=3, **params
        )
        return clf.partial_fit(X, y).partial_fit(X, y)
    clf.partial_fit(X[:half], y[:half], classes=np.unique(y), sample_weight=None)
    return clf.partial_fit(X[half:], y[half:], sample_weight=weight[half:])


def digests() -> dict[str, str]:
    """Return a digest of the weights, biases and predictions of each setting."""
    warnings.simplefilter("ignore")
    found = {}
    for name, (data, how, params) in SETTINGS.items():
        clf = train(data, how, params)
        few = data_of(data)[0][:100]  # a block: how many are at once may change bits
        arrays = (*clf.coefs_, *clf.intercepts_, clf.predict_proba(few))
        digest = hashlib.sha256()
        for array in arrays:
            digest.update(str((array.dtype, array.shape)).encode() + array.tobytes())
        found[name] = digest.hexdigest()
    return found


def digests_of(checkout: Path) -> dict[str, str]:
    """Return the digests by a process that imports skmlp from a checkout."""
    printed = subprocess.run(
        [sys.executable, __file__, "--digests"],
        env={**os.environ, "PYTHONPATH": str(checkout)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return json.loads(printed)


def main() -> None:
    """Print a line per setting; fail where one differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", nargs="?", type=Path, help="another checkout")
    parser.add_argument("--digests", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.digests:
        print(json.dumps(digests()))
        return
    if chosen.other is None:
        parser.error("name the other checkout")
    ours, theirs = digests_of(HERE), digests_of(chosen.other.resolve())
    for name, digest in ours.items():
        print(f"{name:45} {'equal' if digest == theirs[name] else 'DIFFERENT'}")
    n_equal = sum(digest == theirs[name] for name, digest in ours.items())
    print(f"{n_equal} of {len(ours)} settings are equal to the bit")
    sys.exit(n_equal < len(ours))


if __name__ == "__main__":
    main()
