"""Sixteen tables, most of one difficulty each, on which the defaults were chosen first.

They were listed before any result was seen: small tables that scikit-learn and
statsmodels ship, images (pooled to 14×14, for the time of the trees), and synthetic
families: noisy labels, rare classes, badly scaled features and so on. That makes them
good cases to see what a change does to one difficulty, and no sample of what users
have: for that there are `real_tables.py` and `real_defaults.py`. A table is a function
that returns X and y; drawn from a fixed seed, it is the same at each call.
"""

import os
from functools import partial

import numpy as np
from real_tables import REAL_TABLES, is_here
from sklearn.datasets import make_classification, make_moons
from sklearn.model_selection import train_test_split

from skmlp.datasets import fetch_fashion_mnist, fetch_mnist

N_IMAGES = 10_000  # of which half is trained on


def as_arrays(name):
    """Return a real table whose columns are all numbers as two arrays."""
    X, y = REAL_TABLES[name].read()
    return X.to_numpy(), np.asarray(y)


def label_noise():
    """Return 1,000 rows of which a quarter has a random label."""
    return make_classification(
        1000, 20, n_informative=8, flip_y=0.25, class_sep=1.0, random_state=0
    )


def imbalance():
    """Return 4,000 rows of which one in twenty is positive."""
    return make_classification(
        4000, 20, n_informative=8, weights=[0.95], flip_y=0.02, random_state=1
    )


def redundant_and_badly_scaled():
    """Return 3,000 rows, most features sums of others, times powers of ten."""
    X, y = make_classification(
        3000, 40, n_informative=8, n_redundant=24, n_classes=3, random_state=2
    )
    return X * powers_of_ten(X.shape[1], seed=2), y


def many_classes():
    """Return 5,000 rows in ten classes of three clusters each."""
    return make_classification(
        5000,
        25,
        n_informative=15,
        n_classes=10,
        n_clusters_per_class=3,
        class_sep=1.5,
        random_state=3,
    )


def wide():
    """Return 200 rows of 500 features, thirty of which matter."""
    return make_classification(200, 500, n_informative=30, random_state=4)


def moons():
    """Return 1,000 points on two noisy half moons."""
    return make_moons(1000, noise=0.3, random_state=5)


def large():
    """Return 21,000 rows in five classes of four clusters each."""
    return make_classification(
        21_000,
        30,
        n_informative=12,
        n_redundant=6,
        n_classes=5,
        n_clusters_per_class=4,
        flip_y=0.05,
        random_state=6,
    )


def mnist():
    """Return 10,000 handwritten digits of 14 × 14 pixels."""
    return _some_images(fetch_mnist)


def fashion_mnist():
    """Return 10,000 articles of clothing, 14 × 14 pixels."""
    return _some_images(fetch_fashion_mnist)


def _some_images(fetch):
    """Return the first images, each pixel the mean of four, float32.

    At full size boosted trees take as long for them as for all other tables together.
    """
    images, y = fetch(return_X_y=True)
    squares = images[:N_IMAGES].reshape(-1, 14, 2, 14, 2).astype(np.float32)
    return squares.mean(axis=(2, 4)).reshape(-1, 196), y[:N_IMAGES]


EMBEDDED = {
    "iris": partial(as_arrays, "iris"),
    "wine": partial(as_arrays, "wine"),
    "breast cancer": partial(as_arrays, "breast_cancer"),
    "digits": partial(as_arrays, "digits"),
}
SURVEYS = {name: partial(as_arrays, name) for name in ("fair", "anes96", "modechoice")}
SYNTHETIC = {
    "label noise": label_noise,
    "imbalance": imbalance,
    "redundant, badly scaled": redundant_and_badly_scaled,
    "many classes": many_classes,
    "wide, few rows": wide,
    "moons": moons,
    "large": large,
}
IMAGES = {"MNIST 14×14": mnist, "Fashion-MNIST 14×14": fashion_mnist}


def available_tables():
    """Return the tables that can be loaded here, by name; say which cannot."""
    tables = dict(EMBEDDED)
    if not is_here("statsmodels"):
        print(f"statsmodels is not installed: without {', '.join(SURVEYS)}.\n")
    else:
        tables |= SURVEYS
    tables |= SYNTHETIC
    if "SKMLP_DATA" not in os.environ:
        print(f"SKMLP_DATA is not set: without {', '.join(IMAGES)}.\n")
    else:
        tables |= IMAGES
    return tables


def split(name, X, y, seed):
    """Return the stratified training and test parts: X, X, y, y."""
    test_size = 0.5 if name in IMAGES else 0.25
    return train_test_split(X, y, test_size=test_size, stratify=y, random_state=seed)


def powers_of_ten(n_features, seed):
    """Return a factor a feature, between 1e-3 and 1e3, its exponent uniform."""
    return 10 ** np.random.default_rng(seed).uniform(-3, 3, n_features)
