"""One training from start to end, also if it diverges or is interrupted.

Training that diverges or is interrupted is noticed, undone as far as can be, and said.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skmlp._checks.data import TrainingData
from skmlp._checks.scale import describe_scale
from skmlp._checks.warning import warn
from skmlp._core.threads import threads_of_training
from skmlp._settings import Settings
from skmlp._training.build import (
    MakePredictor,
    build_evaluation,
    build_monitor,
    build_trainer,
)
from skmlp._training.callbacks import FitTasks
from skmlp._training.epochs import Monitor, Row
from skmlp._training.holdout import hold_out
from skmlp._training.state import TrainingState, rows_at_once
from skmlp._training.trainer import Diverged, Trainer

# How many rows tell at every end of training whether a closer look is needed.
_A_FEW = 256
# Losses and weights below these come from no overflow, and lead to none.
_TAME_LOSS, _TAME_WEIGHT = 1e3, 1e6
# By how much the loss may have grown without a word: chance alone does that much.
_NOISE = 0.01


def threads_for(settings: Settings, data: TrainingData) -> AbstractContextManager:
    """Return what sets the number of BLAS threads while a state is made and trained."""
    n_rows = min(rows_at_once(settings, data), settings.batch_size, len(data.y))
    return threads_of_training(n_rows, data.X.shape[1], settings.hidden_layer_size)


def fit(
    settings: Settings,
    data: TrainingData,
    validation: TrainingData | None,
    state: TrainingState,
    make_predictor: MakePredictor,
    tasks: FitTasks,
) -> None:
    """Train as many epochs as are planned; keep what was learnt if interrupted."""
    subset = None
    state.progress.plan(settings.max_iter)
    if validation is None and settings.early_stopping:
        rng = np.random.default_rng(state.split_seed)
        subset, validation = hold_out(data, settings.validation_fraction, rng)
    tasks.begin_fit()
    trainer = build_trainer(settings, data, state, subset)
    monitor = build_monitor(settings, trainer, data, validation, make_predictor, tasks)
    run = _Run(settings, data, trainer, monitor)
    try:
        run.train(settings.max_iter)
    except KeyboardInterrupt:
        run.keep_what_was_learnt()
    if settings.early_stopping:
        monitor.restore_best()
    run.undo_overflow()
    run.compare_with_start()


def partial_fit(
    settings: Settings,
    data: TrainingData,
    validation: TrainingData | None,
    state: TrainingState,
    make_predictor: MakePredictor,
) -> None:
    """Train one epoch."""
    state.progress.planned_epochs = settings.max_iter
    trainer = build_trainer(settings, data, state, mean_weight=1.0)
    monitor = build_monitor(settings, trainer, data, validation, make_predictor)
    run = _Run(settings, data, trainer, monitor)
    run.train(1)
    run.undo_overflow()


@dataclass
class _Run:
    """One run of a trainer, watched by a monitor."""

    settings: Settings
    data: TrainingData
    trainer: Trainer
    monitor: Monitor

    def __post_init__(self) -> None:
        self.state = self.trainer.state
        self.flat = self.state.params.flat

    def train(self, n_epochs: int) -> None:
        """Train; where that diverges, restore the best epoch or raise."""
        try:
            with np.errstate(all="ignore"):
                self.trainer.run(n_epochs, self.monitor)
        except Diverged as error:
            self._undo(error, self.state.progress.n_epochs + 1)

    def _undo(self, error: Diverged, epoch: int) -> None:
        """Restore the best epoch, or raise where none was better than the start."""
        best_row = self.monitor.best_row
        message = f"Training diverged in epoch {epoch}. {self._advice()}"
        if best_row is None:
            raise ValueError(message) from error
        start_loss, best_loss = self._losses(
            (self.monitor.start_flat, self.monitor.best_flat)
        )
        if not best_loss < start_loss:
            raise ValueError(message) from error
        self.monitor.restore_best()
        self.state.solver = None  # its moments are not to be trusted
        warn(f"{message} {_restored(best_row)}", ConvergenceWarning)

    def undo_overflow(self) -> None:
        """Undo training after which finite weights make no finite predictions.

        Or cannot be handed out: those for X as it is may overflow.
        """
        row = self.monitor.row
        largest = max(-float(self.flat.min()), float(self.flat.max()))
        if largest < _TAME_WEIGHT and (row is None or row["loss"] < _TAME_LOSS):
            return
        (loss,) = self._losses([self.flat.copy()])
        if not math.isfinite(loss):
            self._undo(Diverged(), self.state.progress.n_epochs)

    def keep_what_was_learnt(self) -> None:
        """Leave usable weights after Ctrl-C, and warn."""
        self.monitor.settle()
        epoch = self.state.progress.n_epochs + 1
        warn(
            f"Training was interrupted in epoch {epoch}; what was learnt is kept.",
            ConvergenceWarning,
        )

    def compare_with_start(self) -> None:
        """Warn where the loss has grown; restore an epoch where it had not."""
        monitor = self.monitor
        if monitor.row is None:
            return
        flats = (monitor.start_flat, monitor.best_flat, self.flat.copy())
        start_loss, _, end_loss = self._losses(flats, in_short=True)
        if end_loss <= start_loss and monitor.row["loss"] <= self.trainer.start_loss:
            return  # and so it was on the rest, as good as always
        start_loss, best_loss, end_loss = self._losses(flats)
        if end_loss <= start_loss + _NOISE:
            return
        message = (
            f"Training ended in epoch {monitor.row['epoch']} with a loss of "
            f"{end_loss:.3g}, larger than {start_loss:.3g} before it began. "
            f"{self._advice()}"
        )
        if monitor.best_row is not None and best_loss < start_loss:
            monitor.restore_best()
            message += f" {_restored(monitor.best_row)}"
        warn(message, ConvergenceWarning)

    def _losses(
        self, flats: Iterable[np.ndarray], in_short: bool = False
    ) -> list[float]:
        """Return the mean loss at weights, on the training rows or a few of them.

        On all rows it is NaN where the weights cannot be handed out for X as it is.
        """
        rows = self.trainer.batches.subset
        if in_short:
            rows = _a_few_that_count(self.data.weight, rows)
        params = self.state.params
        evaluate = build_evaluation(self.settings, params, self.data, rows)
        end_flat = self.flat.copy()
        losses = []
        with np.errstate(all="ignore"):
            for flat in flats:
                np.copyto(self.flat, flat)
                loss, _ = evaluate()
                is_usable = in_short or all(
                    np.isfinite(layer).all() for layer in params.layers()
                )
                losses.append(loss if is_usable else math.nan)
        np.copyto(self.flat, end_flat)
        return losses

    def _advice(self) -> str:
        """Return what to do against divergence."""
        settings = self.settings
        rate, alpha = settings.learning_rate_init, settings.alpha
        if settings.solver.decouples_decay and alpha * rate > 1:
            return (
                f"Lower alpha={alpha}: with learning_rate_init={rate} a step takes "
                f"{alpha * rate:.3g} times the weights away, which should be much less "
                "than 1."
            )
        return (
            f"Lower learning_rate_init={rate}; "
            f"{describe_scale(self.data.X, settings.dtype, settings.standardize)}"
        )


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


def _restored(row: Row) -> str:
    return f"The weights of epoch {row['epoch']} are restored."
