"""Sets with several labels per row: synthetic ones, real ones, and pairs of digits.

A set is X, a data frame, and Y, an indicator matrix. No package was found that ships
one of the usual multilabel sets; the real ones are tables of R (in pydataset, which
`real_tables.py` reads too) of which several columns answer one question by yes or no.
"""

from functools import cache

import numpy as np
import pandas as pd
from real_tables import how_it_is_missing, is_here, pydataset_frame
from sklearn.datasets import load_digits, make_multilabel_classification

N_MOVIES = 4_000
GENRES = ["Action", "Animation", "Comedy", "Drama", "Documentary", "Romance", "Short"]
AMENITIES = ["driveway", "recroom", "fullbase", "gashw", "airco", "prefarea"]


def load_set(name, seed):
    """Return X and Y, those of a synthetic set drawn from the seed."""
    if name not in SYNTHETIC:
        return (REAL | DERIVED)[name]()
    X, Y = make_multilabel_classification(**SYNTHETIC[name], random_state=seed)
    return pd.DataFrame(X), Y


@cache
def movies():
    """Return 4,000 films of the Internet Movie Database; which of seven genres?

    Year, length, budget, votes, ratings, mostly without a budget. Natural, as a film
    may be a drama and a romance; a fifth of them has no genre, a quarter two or more.
    """
    films = pydataset_frame("ggplot2/movies").sample(N_MOVIES, random_state=0)
    return films.drop(columns=["title", *GENRES]), films[GENRES].to_numpy()


@cache
def houses():
    """Return 546 houses sold in Windsor in 1987; which of six amenities?

    Price, size, numbers of rooms. Few rows, and a label that 5 % have.
    """
    sold = pydataset_frame("Ecdat/Housing")
    return sold.drop(columns=AMENITIES), (sold[AMENITIES] == "yes").to_numpy(int)


@cache
def digit_pairs():
    """Return 898 pairs of handwritten digits side by side; which digits are shown?

    Derived from scikit-learn's digits, because what is to be seen there is far from
    linear. Each image is in one pair only: no split has it on both sides.
    """
    images, digits = load_digits(return_X_y=True)
    pairs = np.random.default_rng(0).permutation(len(digits))[:1796].reshape(-1, 2)
    X = images[pairs].reshape(len(pairs), -1)
    shown = (digits[pairs][:, :, None] == np.arange(10)).any(axis=1)
    return pd.DataFrame(X), shown.astype(int)


_SHAPES = [  # n_samples, n_features, n_classes, n_labels
    (500, 20, 5, 2),
    (500, 100, 20, 3),
    (2_000, 20, 10, 2),
    (2_000, 100, 5, 3),
    (10_000, 20, 5, 2),
    (5_000, 100, 20, 3),
]
_NAMES = "n_samples", "n_features", "n_classes", "n_labels"
# Counts of words in documents of several topics.
SYNTHETIC = {
    f"{shape[0]:,} x {shape[1]}, {shape[2]} labels": dict(
        zip(_NAMES, shape, strict=True)
    )
    for shape in _SHAPES
}
REAL = {"movies": movies, "houses": houses}
DERIVED = {"digit pairs": digit_pairs}
SETS = [*SYNTHETIC, *REAL, *DERIVED]


def available_sets():
    """Return the names of the sets that can be loaded here; say which cannot."""
    if is_here("pydataset"):
        return SETS
    print(f"{how_it_is_missing('pydataset')}: without {', '.join(REAL)}.")
    return [name for name in SETS if name not in REAL]
