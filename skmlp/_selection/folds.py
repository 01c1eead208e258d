"""Which rows candidates are trained on, and which they are scored on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedKFold, check_cv

from skmlp._checks.data import TrainingData
from skmlp._core.rows import Matrix
from skmlp._training.holdout import stratified_parts

# In how many parts a table is cut that is too small to spare one for good.
_N_PARTS = 5


class Fold(NamedTuple):
    """The numbers of the rows to train on, and of those to score on."""

    train: np.ndarray
    held_out: np.ndarray


def folds_of(cv: Any, X: Matrix, labels: np.ndarray) -> list[Fold]:
    """Return the folds of a number of them, a splitter, or an iterable of splits."""
    splitter: Any = check_cv(cv, labels, classifier=True)
    every_row = np.arange(len(labels))
    folds = [
        Fold(every_row[train], every_row[held_out])  # of masks too
        for train, held_out in splitter.split(X, labels)
    ]
    for fold in folds:
        if not len(fold.train) or not len(fold.held_out):
            raise ValueError(
                f"cv={cv!r} makes a fold of {len(fold.train)} rows to train on and "
                f"{len(fold.held_out)} held out; each needs at least one."
            )
    if not folds:
        raise ValueError(f"cv={cv!r} makes no fold; it must make at least one.")
    return folds


def automatic_folds(
    data: TrainingData, fraction: float, rng: np.random.Generator
) -> Sequence[Fold]:
    """Return one fold that holds out a fraction of the rows, stratified by class.

    Where that would be fewer than two rows per class, the rows are cut in five parts,
    or as many as the smallest class has rows, each held out once; where a class has
    only one row there is no fold.
    """
    counts = data.weight > 0
    strata = data.targets.strata(data.y, counts)
    parts = stratified_parts(strata, counts, fraction, rng)
    if parts is not None:
        return [Fold(*parts)]
    rows = np.flatnonzero(counts)
    _, sizes = np.unique(strata[rows], return_counts=True)
    n_parts = min(_N_PARTS, int(sizes.min()))
    if n_parts < 2:
        return []
    splitter = StratifiedKFold(
        n_parts, shuffle=True, random_state=int(rng.integers(2**31))
    )
    splits = splitter.split(np.zeros(len(rows)), strata[rows])
    return [Fold(rows[train], rows[held_out]) for train, held_out in splits]
