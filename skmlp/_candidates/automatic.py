"""alpha='auto': the decay that does best on held-out rows, of a few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skmlp._candidates.training import score_candidates, train_candidates
from skmlp._checks.data import TrainingData, fits_in
from skmlp._core.rows import numbers_per_row
from skmlp._settings import Settings
from skmlp._training.holdout import stratified_parts

# From what clean tables want to what noisy ones do.
ALPHAS = (0.05, 0.15, 0.5, 1.5, 5.0)
# Fewer held-out rows do not tell good from bad; with more numbers than these decay
# matters less, and the comparison would take longer than it is worth.
_HELD_OUT, _FEWEST_HELD_OUT = 0.25, 20
_MOST_NUMBERS = 2**23
# The networks that are compared have so large a share of the units and of the epochs:
# all five together then take about half the time of the training that follows.
_SHARE_OF_UNITS, _FEWEST_UNITS, _SHARE_OF_EPOCHS = 0.25, 16, 0.5
_FLOAT32 = np.dtype(np.float32)


def measured_alpha(
    settings: Settings, data: TrainingData, rng: np.random.Generator
) -> float | None:
    """Return the best of `ALPHAS` on a part of the rows that is held out once.

    None where nothing is to be learnt from that: with few rows per class, very many
    numbers, or no network that trains without diverging. The loss decides.
    """
    if data.X.shape[0] * numbers_per_row(data.X) > _MOST_NUMBERS:
        return None
    strata, counts = data.targets.strata(data.y), data.weight > 0
    parts = stratified_parts(strata, counts, _HELD_OUT, rng)
    if parts is None or len(parts[1]) < _FEWEST_HELD_OUT:
        return None
    trial = _trial(settings, data, seed=int(rng.integers(2**31)))
    weight = data.weight.astype(trial.dtype, copy=False)
    data = data._replace(weight=weight)
    candidates = train_candidates(trial, data, ALPHAS, subset=parts[0])
    scores = score_candidates(trial, candidates, data.select(parts[1]))
    best = int(scores.argmax())
    return ALPHAS[best] if np.isfinite(scores[best]) else None


def _trial(settings: Settings, data: TrainingData, seed: int) -> Settings:
    """Return the settings of smaller, shorter, less precise networks to compare."""
    n_units = settings.hidden_layer_size
    n_fewer = max(round(_SHARE_OF_UNITS * n_units), min(_FEWEST_UNITS, n_units))
    return replace(
        settings,
        hidden_layer_size=n_fewer,
        max_iter=max(round(_SHARE_OF_EPOCHS * settings.max_iter), 1),
        dtype=_FLOAT32 if fits_in(_FLOAT32, data.X) else settings.dtype,
        early_stopping=False,
        scorer=None,
        random_state=seed,
    )
