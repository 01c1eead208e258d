"""Training that goes wrong: noticed, undone as far as can be, and said."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skmlp._checks.data import TrainingData
from skmlp._checks.scale import describe_scale
from skmlp._core.threads import threads_of_training
from skmlp._settings import decouples_alpha
from skmlp._training.build import evaluation
from skmlp._training.epochs import Monitor, Row
from skmlp._training.minibatch import Diverged, LBFGSTraining, Training

# How many rows tell at every end of training whether a closer look is needed.
_A_FEW = 256
# By how much the loss may have grown without a word: chance alone does that much.
_NOISE = 0.01


def warn(message: str) -> None:
    """Warn the caller of fit."""
    warnings.warn(message, ConvergenceWarning, stacklevel=5)


def run(
    estimator: Any,
    training: Training | LBFGSTraining,
    monitor: Monitor,
    n_epochs: int,
    data: TrainingData,
) -> None:
    """Train; where that diverges, restore the best epoch or raise."""
    n_rows = training.batches.block_rows
    threads = threads_of_training(n_rows, *training.params.shape[:2])
    try:
        with threads, np.errstate(all="ignore"):
            training.run(n_epochs, monitor)
    except Diverged as error:
        epoch = training.state.progress.n_epochs + 1
        message = f"Training diverged in epoch {epoch}. {_advice(estimator, data)}"
        if monitor.best_row is None:
            raise ValueError(message) from error
        flats = (monitor.start_flat, monitor.best_flat)
        start_loss, best_loss = _losses(estimator, training, data, flats)
        if not best_loss < start_loss:
            raise ValueError(message) from error
        monitor.restore_best()
        training.state.solver = None  # its moments are not to be trusted
        warn(f"{message} {_restored(monitor.best_row)}")


def keep_what_was_learnt(monitor: Monitor) -> None:
    """Leave usable weights after Ctrl-C, and warn."""
    monitor.make_finite()
    epoch = monitor.training.state.progress.n_epochs + 1
    warn(f"Training was interrupted in epoch {epoch}; what was learnt is kept.")


def compare_with_start(
    estimator: Any,
    training: Training | LBFGSTraining,
    monitor: Monitor,
    data: TrainingData,
) -> None:
    """Warn where the loss has grown; restore an epoch where it had not."""
    if monitor.row is None:
        return
    flats = (monitor.start_flat, monitor.best_flat, training.params.flat.copy())
    start_loss, _, end_loss = _losses(estimator, training, data, flats, in_short=True)
    if end_loss <= start_loss and monitor.row["loss"] <= training.start_loss:
        return  # and so it was on the rest, as good as always
    start_loss, best_loss, end_loss = _losses(estimator, training, data, flats)
    if end_loss <= start_loss + _NOISE:
        return
    message = (
        f"Training ended in epoch {monitor.row['epoch']} with a loss of "
        f"{end_loss:.3g}, larger than {start_loss:.3g} before it began. "
        f"{_advice(estimator, data)}"
    )
    if monitor.best_row is not None and best_loss < start_loss:
        monitor.restore_best()
        message += f" {_restored(monitor.best_row)}"
    warn(message)


def _losses(
    estimator: Any,
    training: Training | LBFGSTraining,
    data: TrainingData,
    flats: Iterable[np.ndarray],
    in_short: bool = False,
) -> list[float]:
    """Return the mean loss, on what is trained on or a few rows of it, at weights."""
    rows = training.batches.subset
    if in_short:
        rows = _a_few_that_count(data.weight, rows)
    evaluate = evaluation(estimator, training, data, rows)
    end_flat = training.params.flat.copy()
    losses = []
    with np.errstate(all="ignore"):
        for flat in flats:
            np.copyto(training.params.flat, flat)
            losses.append(evaluate()[0])
    np.copyto(training.params.flat, end_flat)
    return losses


def _a_few_that_count(weight: np.ndarray, subset: np.ndarray | None) -> np.ndarray:
    """Return the first rows (of a subset) of positive weight."""
    n_rows = len(weight) if subset is None else len(subset)
    found: list[np.ndarray] = []
    for start in range(0, n_rows, _A_FEW):
        rows = np.arange(start, min(start + _A_FEW, n_rows))
        rows = rows if subset is None else subset[rows]
        found.append(rows[weight[rows] > 0])
        if sum(map(len, found)) >= _A_FEW:
            break
    return np.concatenate(found)[:_A_FEW]


def _advice(estimator: Any, data: TrainingData) -> str:
    rate, alpha = estimator.learning_rate_init, estimator.alpha
    if decouples_alpha(estimator.solver) and alpha * rate > 1:
        return (
            f"Lower alpha={alpha}: with learning_rate_init={rate} a step takes "
            f"{alpha * rate:.3g} times the weights away, which should be much less "
            "than 1."
        )
    return (
        f"Lower learning_rate_init={rate}; "
        f"{describe_scale(data.X, estimator.standardize)}"
    )


def _restored(row: Row) -> str:
    return f"The weights of epoch {row['epoch']} are restored."
