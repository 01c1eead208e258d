"""Training: what it has to remember, the mini-batch loop, L-BFGS.

The way of one batch: `Training.run` → `run_epoch` → `Objective.loss_and_grad` →
``solver.step``.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy import optimize

from skmlp._core.batches import Batches, Block
from skmlp._core.network import Objective, Parameters
from skmlp.schedules import Moment, Schedule


class Diverged(ArithmeticError):
    """The loss or a weight is no longer finite."""


class Minimized(Protocol):
    """What is minimised: `Objective`, or `TouchedFeatures` around one."""

    def loss_and_grad(self, blocks: Iterator[Block], grads: Parameters) -> float:
        """Return the objective of a batch; write its gradient into grads."""


class Stepping(Protocol):
    """What takes the steps: a solver, or `TouchedFeatures` around one."""

    def step(self, params: np.ndarray, grads: np.ndarray, learning_rate: float) -> None:
        """Move the parameters against the gradient, which may be overwritten."""


class Epochs(Protocol):
    """Who is told of epochs, as `Monitor` is."""

    def begin_epoch(self) -> None:
        """Be told that an epoch begins."""

    def end_epoch(self, loss: float) -> bool:
        """Be told of its loss; return whether training should stop."""


@dataclass
class Progress:
    """How far training has come: what schedules ask, what is counted; plain numbers.

    Parameters
    ----------
    n_epochs, n_samples : int
        Epochs done and rows learnt from, ever.
    planned_from, planned_epochs : int
        The epoch at which the current plan began, and its length.
    watched : str
        What the scores are of.
    best_score : float
        The best score within the plan.
    n_stale, n_plateaus : int
        Epochs without improvement in a row, and how often they made a plateau.
    """

    n_epochs: int = 0
    n_samples: int = 0
    planned_from: int = 0
    planned_epochs: int = 1
    watched: str = "loss"
    best_score: float = -math.inf
    n_stale: int = 0
    n_plateaus: int = 0

    def plan(self, n_epochs: int) -> None:
        """Begin a plan of so many epochs; counts of the last plan are forgotten."""
        self.planned_from, self.planned_epochs = self.n_epochs, n_epochs
        self.best_score, self.n_stale, self.n_plateaus = -math.inf, 0, 0

    def watch(self, name: str) -> None:
        """Take scores of that name; those of another are forgotten."""
        if name != self.watched:
            self.watched, self.best_score, self.n_stale = name, -math.inf, 0

    def moment(self, share_of_epoch_done: float) -> Moment:
        """Return where training stands within an epoch."""
        n_done = self.n_epochs - self.planned_from + share_of_epoch_done
        share = min(n_done / self.planned_epochs, 1.0)
        return Moment(share, self.n_epochs, self.n_plateaus)

    def count_epoch(self, n_samples: int) -> None:
        """Count an epoch over so many rows."""
        self.n_epochs += 1
        self.n_samples += n_samples

    def judge(self, score: float, tol: float, n_iter_no_change: int) -> bool:
        """Take in the score of an epoch; return whether it is the best so far."""
        self.n_stale = 0 if score > self.best_score + tol else self.n_stale + 1
        if self.n_stale >= n_iter_no_change:
            self.n_stale = 0
            self.n_plateaus += 1
        is_best = score > self.best_score
        self.best_score = max(self.best_score, score)
        return is_best


class State:
    """What training changes, and what it needs to go on as if it had never paused."""

    def __init__(
        self,
        params: Parameters,
        rng: np.random.Generator,
        progress: Progress,
        history: dict[str, list[float]] | None = None,
    ) -> None:
        self.params = params
        self.rng = rng
        self.progress = progress
        self.history = {} if history is None else history
        self.watched = "loss"
        self.split_seed = 0
        self.kept_solver: dict[str, Any] | None = None
        self.solver: Any = None

    def attach(self, solver: Any) -> None:
        """Take in a new solver; it goes on from what was kept, where that fits."""
        self.solver = solver
        kept = self.kept_solver or {}
        fits = kept.keys() == set(solver.state) and all(
            np.shape(kept[name]) == np.shape(getattr(solver, name)) for name in kept
        )
        # What was gathered with other decays is in other units.
        changed = any(
            kept[n] != getattr(solver, n) for n in solver.options if n in kept
        )
        if fits and not changed:
            for name, value in kept.items():
                setattr(solver, name, copy.copy(value))

    def forget_history_before(self, n_epochs: int) -> None:
        """Keep the last so many epochs of the history."""
        for column in self.history.values():
            del column[:-n_epochs]

    def solver_state(self) -> dict[str, Any] | None:
        """Return what the solver has to remember."""
        if self.solver is None:
            return None
        return {
            name: copy.copy(getattr(self.solver, name)) for name in self.solver.state
        }


@dataclass
class Training:
    """Mini-batch training of an objective by a stochastic solver."""

    objective: Minimized
    solver: Stepping
    batches: Batches
    state: State
    schedule: Schedule
    learning_rate_init: float

    def __post_init__(self) -> None:
        self.params = self.state.params
        self.grads = self.params.zeros_like()
        self.learning_rate = self.learning_rate_init
        self.start_loss = math.nan  # of the first batch, before any step

    def run(self, n_epochs: int, epochs: Epochs) -> None:
        """Train for so many epochs, or until told to stop."""
        for _ in range(n_epochs):
            epochs.begin_epoch()
            loss = self.run_epoch()
            if epochs.end_epoch(loss):
                return

    def run_epoch(self) -> float:
        """Take one step a batch; return the mean of the objective over the batches."""
        total = 0.0
        for batch in self.batches.epoch(self.state.rng):
            loss = self.objective.loss_and_grad(batch.blocks, self.grads)
            self._check_loss(loss)
            self._set_learning_rate(batch.share_of_epoch_done)
            self.solver.step(self.params.flat, self.grads.flat, self.learning_rate)
            total += loss * batch.n_rows
        return total / self.batches.n_rows

    def _check_loss(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise Diverged
        if math.isnan(self.start_loss):
            self.start_loss = loss

    def _set_learning_rate(self, share_of_epoch_done: float) -> None:
        moment = self.state.progress.moment(share_of_epoch_done)
        self.learning_rate = self.learning_rate_init * self.schedule(moment)


@dataclass
class LBFGSTraining:
    """Training by L-BFGS, for which an epoch is an iteration over the whole set.

    References
    ----------
    Liu & Nocedal (1989), "On the limited memory BFGS method for large scale
    optimization", Mathematical Programming 45, by :func:`scipy.optimize.minimize`.
    """

    objective: Objective
    batches: Batches
    state: State
    tol: float

    def __post_init__(self) -> None:
        self.params = self.state.params
        self.grads = self.params.zeros_like()
        self.learning_rate = 1.0  # L-BFGS sets the length of its steps itself
        self.start_loss = math.nan
        self.iterate = self.params.flat.astype(np.float64)
        self.in_iteration = False

    def run(self, n_epochs: int, epochs: Epochs) -> None:
        """Iterate so many times, or until converged or told to stop."""

        def loss_and_grad(flat: np.ndarray) -> tuple[float, np.ndarray]:
            if not self.in_iteration:
                epochs.begin_epoch()
                self.in_iteration = True
            return self._loss_and_grad(flat)

        def end_iteration(intermediate_result: optimize.OptimizeResult) -> None:
            np.copyto(self.iterate, intermediate_result.x)
            self.params.flat[...] = self.iterate
            self.in_iteration = False
            if epochs.end_epoch(float(intermediate_result.fun)):
                raise StopIteration

        try:
            optimize.minimize(
                loss_and_grad,
                self.iterate.copy(),
                method="L-BFGS-B",
                jac=True,
                callback=end_iteration,
                options={
                    "maxiter": n_epochs,
                    "maxfun": 20 * n_epochs,
                    "gtol": self.tol,
                },
            )
        finally:  # whatever point was being tried
            self.params.flat[...] = self.iterate

    def _loss_and_grad(self, flat: np.ndarray) -> tuple[float, np.ndarray]:
        self.params.flat[...] = flat
        (batch,) = self.batches.epoch(self.state.rng)
        loss = self.objective.loss_and_grad(batch.blocks, self.grads)
        if math.isnan(self.start_loss):
            self.start_loss = loss
        if not math.isfinite(self.start_loss):
            raise Diverged
        return loss, self.grads.flat.astype(np.float64)
