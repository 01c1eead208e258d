"""Write small models for tests of files that an earlier version has saved.

To be run by the version whose files are to be kept, before the format changes::

    python tests/release/write_saved.py tests/data/saved/format_0

Beside each model, saved by joblib and by skops, it writes what the model predicts for
the rows of `rows`.
"""

import sys
from pathlib import Path

import joblib
import numpy as np
import skops.io
from scipy.sparse import csr_array

from skmlp import TwoLayerClassifier

N_ROWS, N_FEATURES = 60, 4


def rows():
    """Return X, of which a feature is far from zero, and y of three classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, N_FEATURES)).round(3)
    y = np.digitize(X[:, 0] + X[:, 1], [-0.5, 0.5])
    return X + np.array([0.0, 0.0, 3.0, 1e6]), y


def models():
    """Return fitted classifiers by name."""
    X, y = rows()
    words = np.array(["high", "low"])[y % 2]
    given = {"hidden_layer_size": 5, "max_iter": 3, "random_state": 0}
    single = TwoLayerClassifier(**given).fit(X.astype(np.float32), y)
    going_on = TwoLayerClassifier(**given, solver="adam", alpha=0.01)
    for part in np.array_split(np.arange(N_ROWS), 3):
        going_on.partial_fit(X[part], y[part], classes=[0, 1, 2])
    tuned = TwoLayerClassifier(
        **given,
        **{"loss": "brier", "activation": "gelu", "early_stopping": True},
        **{"standardize": False, "class_weight": "balanced", "warm_start": True},
    )
    several = TwoLayerClassifier(**given, class_weight="balanced")
    return {
        "single precision": single,
        "partial_fit": going_on,
        "words": tuned.fit(X - X.mean(axis=0), words),
        "several labels": several.fit(X, csr_array(X[:, :3] > [0.0, 0.5, 3.0])),
    }


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    X, _ = rows()
    for name, model in models().items():
        stem = name.replace(" ", "_")
        joblib.dump(model, folder / f"{stem}.joblib")
        skops.io.dump(model, folder / f"{stem}.skops")
        np.save(folder / f"{stem}.npy", model.predict_proba(X))


if __name__ == "__main__":
    main()
