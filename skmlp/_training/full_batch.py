"""Training by a solver that minimises over the whole training set, as L-BFGS does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from skmlp._core.batches import Batches
from skmlp._core.learner import Minimized
from skmlp._training.state import TrainingState
from skmlp._training.trainer import Diverged, Epochs
from skmlp.solvers import FullBatchSolver

Result = TypeVar("Result")


@dataclass
class FullBatchTrainer:
    """Trains by a solver for which an epoch is an iteration over the whole set."""

    objective: Minimized
    solver: FullBatchSolver
    batches: Batches
    state: TrainingState

    def __post_init__(self) -> None:
        self.params = self.state.params
        self.grads = self.params.zeros_like()
        self.learning_rate = 1.0  # the solver sets the length of its steps itself
        self.start_loss = math.nan
        self.iterate = self.params.flat.astype(np.float64)
        self.in_iteration = False
        self.told_to_stop = False

    def run(self, n_epochs: int, epochs: Epochs) -> None:
        """Iterate so many times, or until converged or told to stop."""

        def value_and_grad(flat: np.ndarray) -> tuple[float, np.ndarray]:
            if not self.in_iteration:
                epochs.begin_epoch()
                self.in_iteration = True
            return _unless_it_stops(self._value_and_grad, flat)

        def end_iteration(flat: np.ndarray, value: float) -> None:
            np.copyto(self.iterate, flat)
            self.params.flat[...] = self.iterate
            self.in_iteration = False
            self.told_to_stop = _unless_it_stops(epochs.end_epoch, value)
            if self.told_to_stop:
                raise StopIteration

        try:
            self.solver.minimize(
                value_and_grad, self.iterate.copy(), n_epochs, end_iteration
            )
        except StopIteration:  # which SciPy's solvers catch, and others need not
            if not self.told_to_stop:
                raise
        finally:  # whatever point was being tried
            self.params.flat[...] = self.iterate

    def _value_and_grad(self, flat: np.ndarray) -> tuple[float, np.ndarray]:
        self.params.flat[...] = flat
        (batch,) = self.batches.epoch(self.state.rng)
        loss = self.objective.loss_and_grad(self.params, batch, self.grads)
        if math.isnan(self.start_loss):
            self.start_loss = loss
        if not math.isfinite(self.start_loss):
            raise Diverged
        return loss, self.grads.flat.astype(np.float64)


def _unless_it_stops(function: Callable[..., Result], *args: object) -> Result:
    """Call; an accidental StopIteration is an error, as it is in a generator.

    A solver would take it for the sign that training was told to stop.
    """
    try:
        return function(*args)
    except StopIteration as error:
        raise RuntimeError("StopIteration was raised in training.") from error
