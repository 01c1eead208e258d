"""Training that goes wrong: noticed, undone as far as can be, and said."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skmlp._fitting import evaluation
from skmlp._monitor import Monitor
from skmlp._threads import suitable_threads
from skmlp._training import Diverged, LBFGSTraining, Training
from skmlp._validation import TrainingData, describe_scale


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
    threads = suitable_threads(n_rows, *training.params.shape[:2])
    try:
        with threads, np.errstate(all="ignore"):
            training.run(n_epochs, monitor)
    except Diverged as error:
        epoch = training.state.progress.n_epochs + 1
        message = f"Training diverged in epoch {epoch}. {_advice(estimator, data)}"
        best = monitor.best_row
        if best is None or best["loss"] >= training.start_loss:
            raise ValueError(message) from error
        monitor.restore_best()
        training.state.solver = None  # its moments are not to be trusted
        warn(f"{message} The weights of epoch {best['epoch']} are restored.")


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
    if monitor.row is None or monitor.row["loss"] <= training.start_loss:
        return  # as good as always: nothing more to measure
    flat = training.params.flat
    evaluate = evaluation(estimator, training, data, training.batches.subset)

    def loss_at(weights: np.ndarray) -> float:
        np.copyto(flat, weights)
        return evaluate()[0]

    end_flat = flat.copy()
    with np.errstate(all="ignore"):
        start_loss = loss_at(monitor.start_flat)
        best_loss = loss_at(monitor.best_flat)
        end_loss = loss_at(end_flat)
    if end_loss <= start_loss:
        return
    message = (
        f"Training ended in epoch {monitor.row['epoch']} with a loss of "
        f"{end_loss:.3g}, larger than {start_loss:.3g} before it began. "
        f"{_advice(estimator, data)}"
    )
    if monitor.best_row is not None and best_loss < start_loss:
        monitor.restore_best()
        message += f" The weights of epoch {monitor.row['epoch']} are restored."
    warn(message)


def _advice(estimator: Any, data: TrainingData) -> str:
    return (
        f"Lower learning_rate_init={estimator.learning_rate_init}; "
        f"{describe_scale(data.X)}"
    )
