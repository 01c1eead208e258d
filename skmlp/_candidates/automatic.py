"""alpha='auto': the decay that does best on held-out rows, of a few."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from skmlp._candidates.training import Candidate, train_candidates
from skmlp._checks.data import TrainingData, fits_in
from skmlp._core.rows import numbers_per_row
from skmlp._settings import Settings, auto_max_iter
from skmlp._training.build import AsTrained, build_evaluation
from skmlp._training.holdout import parts_of
from skmlp._training.state import is_lazy
from skmlp.schedules import OneCycle

# From what clean tables want to what noisy ones do.
ALPHAS = (0.07, 0.2, 0.7, 2.0, 7.0)
# A quarter of the rows is held out; small tables hold out further quarters until that
# is enough rows to judge by. A quarter of too few tells nothing.
_N_PARTS, _ENOUGH_HELD_OUT = 4, 250
_FEWEST_HELD_OUT, _FEWEST_PER_STRATUM = 20, 2
# With more numbers than these decay matters less, and the comparison takes long.
_MOST_NUMBERS = 2**23
# The networks that are compared have so large a share of the units and of the epochs:
# all five together take about a third of the time of the training that follows.
_SHARE_OF_UNITS, _FEWEST_UNITS, _SHARE_OF_EPOCHS = 0.25, 16, 0.5
# With several labels a network of all units wants about twice the decay that is best
# for a quarter of them (benchmarks/multilabel.py; one label was measured by itself).
_MORE_DECAY, _STEEPEST = 2.0, 1e100
_FLOAT32 = np.dtype(np.float32)


def measured_alpha(
    settings: Settings, data: TrainingData, rng: np.random.Generator
) -> float | None:
    """Return which of `ALPHAS` has the lowest loss on held-out rows.

    With several labels per row it may lie between two of them, and is doubled. None if
    the comparison would say nothing or take too long: with few rows per class, very
    many numbers, wide sparse X, or if every network diverges.
    """
    counts = data.weight > 0
    n_held_out = int(counts.sum()) // _N_PARTS
    strata = data.targets.strata(data.y, counts)
    n_strata = len(np.unique(strata[counts]))
    fewest = max(_FEWEST_HELD_OUT, _FEWEST_PER_STRATUM * n_strata)
    n_numbers = data.X.shape[0] * numbers_per_row(data.X)
    is_large = n_numbers > _MOST_NUMBERS or is_lazy(settings, data)
    if n_held_out < fewest or is_large:
        return None
    part = parts_of(_N_PARTS, strata, counts, rng)
    trial = _trial(settings, data, seed=int(rng.integers(2**31)))
    data = data._replace(weight=data.weight.astype(trial.dtype, copy=False))
    n_folds = min(math.ceil(_ENOUGH_HELD_OUT / n_held_out), _N_PARTS)
    losses = np.zeros(len(ALPHAS))
    for fold in range(n_folds):
        held_out = np.flatnonzero(part == fold)
        rest = np.flatnonzero(counts & (part != fold))
        candidates = train_candidates(trial, data, ALPHAS, subset=rest)
        losses += [_loss(trial, candidate, data, held_out) for candidate in candidates]
    if not np.isfinite(losses.min()):
        return None
    if data.targets.has_several_labels:
        return alpha_of_several_labels(losses)
    return ALPHAS[losses.argmin()]


def alpha_of_several_labels(losses: np.ndarray) -> float:
    """Return twice the alpha where the slope of the losses is 0, next to the best.

    The slope between two of `ALPHAS`, on a logarithmic scale, is that halfway.
    """
    best = int(losses.argmin())
    near = slice(max(best - 1, 0), best + 2)
    scale = np.log(ALPHAS[near])
    halfway = (scale[1:] + scale[:-1]) / 2
    slopes = np.diff(losses[near]) / np.diff(scale)
    slopes = slopes.clip(-_STEEPEST, _STEEPEST)  # infinite beside what diverged
    return _MORE_DECAY * math.exp(np.interp(0.0, slopes, halfway))


def _loss(
    settings: Settings, candidate: Candidate, data: TrainingData, rows: np.ndarray
) -> float:
    """Return the mean loss on some rows, in which outliers count as in training."""
    if candidate.trained is None:
        return math.inf
    network = AsTrained(candidate.trained.parameters())
    with np.errstate(all="ignore"):
        loss, _ = build_evaluation(settings, network, data, rows)()
    return math.inf if math.isnan(loss) else loss


def _trial(settings: Settings, data: TrainingData, seed: int) -> Settings:
    """Return the settings of smaller, shorter, less precise networks to compare.

    Their epochs are as many as 'auto' stands for and their schedule is the default, so
    that alpha does not depend on how long training will be, or who ends it.
    """
    n_units = settings.hidden_layer_size
    n_fewer = max(round(_SHARE_OF_UNITS * n_units), min(_FEWEST_UNITS, n_units))
    n_epochs = auto_max_iter(len(data.y), settings.batch_size)
    return replace(
        settings,
        hidden_layer_size=n_fewer,
        max_iter=max(round(_SHARE_OF_EPOCHS * n_epochs), 1),
        dtype=_FLOAT32 if fits_in(_FLOAT32, data.X) else settings.dtype,
        schedule=OneCycle(),
        early_stopping=False,
        random_state=seed,
    )
