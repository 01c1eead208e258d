"""Training by mini-batches.

The way of one batch: `MiniBatchTrainer.run` → `run_epoch` → `loss_and_grad` of the
learner and its objective → ``step`` of both learner and solver.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from skmlp._core.batches import Batches
from skmlp._core.learner import Learner
from skmlp._training.state import TrainingState
from skmlp._training.trainer import Diverged, Epochs
from skmlp.schedules import Schedule


@dataclass
class MiniBatchTrainer:
    """Trains by a stochastic solver, one step per batch."""

    learner: Learner
    batches: Batches
    state: TrainingState
    schedule: Schedule
    learning_rate_init: float

    def __post_init__(self) -> None:
        self.learning_rate = self.learning_rate_init
        self.start_loss = math.nan

    def run(self, n_epochs: int, epochs: Epochs) -> None:
        """Train for so many epochs, or until told to stop."""
        with self.learner.training():
            for _ in range(n_epochs):
                epochs.begin_epoch()
                loss = self.run_epoch()
                if epochs.end_epoch(loss):
                    return

    def run_epoch(self) -> float:
        """Take one step per batch; return the mean of the objective over them."""
        total = 0.0
        with self.learner.epoch(self.batches, self.state.rng) as batches:
            for batch in batches:
                loss = self.learner.loss_and_grad(batch)
                self._check_loss(loss)
                self._set_learning_rate(batch.share_of_epoch_done)
                self.learner.step(self.learning_rate)
                total += loss * batch.n_rows
        return total / self.batches.n_rows

    def _check_loss(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise Diverged
        if math.isnan(self.start_loss):
            self.start_loss = loss

    def _set_learning_rate(self, share_of_epoch_done: float) -> None:
        moment = self.state.progress.moment(share_of_epoch_done)
        multiplier = self.schedule(moment)
        try:  # Python's number, so that nothing is upcast by it
            self.learning_rate = self.learning_rate_init * float(multiplier)
        except (TypeError, ValueError):
            self.learning_rate = math.nan
        if not math.isfinite(self.learning_rate):
            raise ValueError(
                f"learning_rate must return a finite number; got {multiplier!r} when "
                f"{moment.share:.0%} of training were done."
            )
