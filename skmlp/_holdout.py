"""The part of the training data that early stopping watches."""

from __future__ import annotations

import warnings

import numpy as np

from skmlp._validation import TrainingData


def hold_out(
    data: TrainingData, fraction: float, rng: np.random.Generator
) -> tuple[np.ndarray | None, TrainingData]:
    """Return the rows to train on, None for all, and the data to validate with."""
    parts = stratified_parts(data.y, fraction, rng)
    if parts is not None:
        return parts[0], data.select(parts[1])
    warnings.warn(
        f"validation_fraction={fraction} of {len(data.y)} rows is fewer than two rows "
        "a class, too small to hold out; early stopping watches the training data "
        "instead. Raise validation_fraction, or pass X_val.",
        UserWarning,
        stacklevel=4,
    )
    return None, data


def stratified_parts(
    y: np.ndarray, fraction: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """Split row numbers into training and validation, class by class.

    Each class gives the rounded fraction of its rows; one with at least two rows keeps
    one on each side, one with a single row is trained on. None where the fraction of
    all rows would be fewer than two a class: too few to judge by.
    """
    n_classes = len(np.unique(y))
    if round(fraction * len(y)) < 2 * n_classes:
        return None
    held_out = np.zeros(len(y), bool)
    for rows in np.split(np.argsort(y, kind="stable"), np.cumsum(np.bincount(y))[:-1]):
        if len(rows) > 1:
            n_held_out = min(max(round(fraction * len(rows)), 1), len(rows) - 1)
            held_out[rng.permutation(rows)[:n_held_out]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
