"""The part of the training data that early stopping watches."""

from __future__ import annotations

import numpy as np

from skmlp._checks.data import TrainingData
from skmlp._checks.warning import warn


def hold_out(
    data: TrainingData, fraction: float, rng: np.random.Generator
) -> tuple[np.ndarray | None, TrainingData]:
    """Return the rows to train on, None for all, and the data to validate with."""
    counts = data.weight > 0
    strata = data.targets.strata(data.y, counts)
    parts = stratified_parts(strata, counts, fraction, rng)
    if parts is not None:
        return parts[0], data.select(parts[1])
    warn(
        f"validation_fraction={fraction} of {len(data.y)} rows is fewer than two rows "
        "per class or stratum, too small to hold out; early stopping watches the "
        "training data instead. Raise validation_fraction, or pass X_val.",
        UserWarning,
    )
    return None, data


def stratified_parts(
    strata: np.ndarray, counts: np.ndarray, fraction: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """Split row numbers into training and validation, stratum by stratum.

    Each stratum gives the rounded fraction of its rows that count; one with at least
    two keeps one on each side, one with a single row is trained on. None where the
    fraction of all would be fewer than two rows per stratum: too few to judge by.
    """
    rows = np.flatnonzero(counts)
    n_strata = len(np.unique(strata[rows]))
    if round(fraction * len(rows)) < 2 * n_strata:
        return None
    held_out = np.zeros(len(strata), bool)
    for stratum in range(int(strata.max()) + 1):
        members = rng.permutation(rows[strata[rows] == stratum])
        n_held_out = max(round(fraction * len(members)), 1)
        held_out[members[: min(n_held_out, len(members) - 1)]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def parts_of(
    n_parts: int, strata: np.ndarray, counts: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the number of the part that each row is in, -1 where it does not count.

    The parts are of equal size, and so are the shares of each stratum in them, to a
    row.
    """
    rows = rng.permutation(np.flatnonzero(counts))
    rows = rows[np.argsort(strata[rows], kind="stable")]
    part = np.full(len(strata), -1)
    part[rows] = np.arange(len(rows)) % n_parts
    return part
