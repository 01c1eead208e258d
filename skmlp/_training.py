"""Training: the mini-batch loop, L-BFGS, what is recorded, when to stop.

The way of one batch: `Training.run` → `run_epoch` → `Objective.loss_and_grad` →
``solver.step``.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy import optimize

from skmlp._batches import Batches
from skmlp._network import Objective, Parameters
from skmlp.schedules import Moment, Schedule
from skmlp.solvers import Solver

Row = dict[str, float]


class Diverged(ArithmeticError):
    """The loss or a weight is no longer finite."""


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
    best_score : float
        The best score within the plan.
    n_stale, n_plateaus : int
        Epochs without improvement in a row, and how often they made a plateau.
    """

    n_epochs: int = 0
    n_samples: int = 0
    planned_from: int = 0
    planned_epochs: int = 1
    best_score: float = -math.inf
    n_stale: int = 0
    n_plateaus: int = 0

    def plan(self, n_epochs: int) -> None:
        """Begin a plan of so many epochs; counts of the last plan are forgotten."""
        self.planned_from, self.planned_epochs = self.n_epochs, n_epochs
        self.best_score, self.n_stale, self.n_plateaus = -math.inf, 0, 0

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
        if self.n_stale == n_iter_no_change:
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
        self.kept_solver: dict[str, Any] | None = None
        self.solver: Any = None

    def attach(self, solver: Any) -> None:
        """Take in a new solver; it goes on from what was kept, where that fits."""
        self.solver = solver
        kept = self.kept_solver or {}
        fits = kept.keys() == set(solver.state) and all(
            np.shape(kept[name]) == np.shape(getattr(solver, name)) for name in kept
        )
        if fits:
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

    objective: Objective
    batches: Batches
    state: State
    solver: Solver
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
            self.state.progress.count_epoch(self.batches.n_rows)
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

    def run(self, n_epochs: int, epochs: Epochs) -> None:
        """Iterate so many times, or until converged or told to stop."""
        last = self.state.progress.n_epochs + n_epochs

        def end_iteration(intermediate_result: optimize.OptimizeResult) -> None:
            np.copyto(self.iterate, intermediate_result.x)
            self.params.flat[...] = self.iterate
            self.state.progress.count_epoch(self.batches.n_rows)
            if epochs.end_epoch(float(intermediate_result.fun)):
                raise StopIteration
            if self.state.progress.n_epochs < last:
                epochs.begin_epoch()

        epochs.begin_epoch()
        try:
            optimize.minimize(
                self._loss_and_grad,
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


class Monitor:
    """Ends each epoch: records it, keeps the best weights, says when to stop.

    Parameters
    ----------
    training : Training or LBFGSTraining
    measures : iterable of callables
        Each returns a dict of what it measured at the end of an epoch.
    watched : str
        The entry of an epoch's row that should improve: a loss by falling.
    n_iter_no_change : int
        So many epochs without improvement are a plateau.
    tol : float
        What counts as an improvement.
    max_plateaus : float
        After so many plateaus training stops.
    report : callable
        Called with the row of each epoch and whether it is the best so far.
    tasks : FitTasks or None
        The callbacks, which may ask to stop.
    """

    def __init__(
        self,
        training: Training | LBFGSTraining,
        *,
        measures: Iterable[Callable[[], Row]],
        watched: str,
        n_iter_no_change: int,
        tol: float,
        max_plateaus: float,
        report: Callable[[Row, bool], None],
        tasks: Any = None,
    ) -> None:
        self.training = training
        self.measures = tuple(measures)
        self.watched = watched
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.max_plateaus = max_plateaus
        self.report = report
        self.tasks = tasks
        self.start_flat = training.params.flat.copy()
        self.best_flat = self.start_flat.copy()
        self.best_row: Row | None = None
        self.row: Row | None = None

    def begin_epoch(self) -> None:
        """Start the clock."""
        self.started = time.perf_counter()
        if self.tasks is not None:
            self.tasks.begin_epoch()

    def end_epoch(self, loss: float) -> bool:
        """Record an epoch; return whether training should stop."""
        if not np.isfinite(self.training.params.flat).all():
            raise Diverged
        row = self.row = self._record(loss)
        progress = self.training.state.progress
        score = watched_score(self.watched, row[self.watched])
        is_best = progress.judge(score, self.tol, self.n_iter_no_change)
        if is_best:
            np.copyto(self.best_flat, self.training.params.flat)
            self.best_row = row
        self.report(row, is_best)
        asked_to_stop = self.tasks is not None and self.tasks.end_epoch()
        return asked_to_stop or progress.n_plateaus >= self.max_plateaus

    def restore_best(self) -> None:
        """Restore the weights of the best epoch, where there was one."""
        if self.best_row is not None:
            np.copyto(self.training.params.flat, self.best_flat)
            self.row = self.best_row

    def make_finite(self) -> None:
        """Restore the weights of the best epoch, or the first, if they overflowed."""
        if not np.isfinite(self.training.params.flat).all():
            np.copyto(self.training.params.flat, self.best_flat)

    def _record(self, loss: float) -> Row:
        row: Row = {
            "epoch": self.training.state.progress.n_epochs,
            "loss": loss,
            "learning_rate": self.training.learning_rate,
            "seconds": time.perf_counter() - self.started,
        }
        for measure in self.measures:
            row |= measure()
        append_row(self.training.state.history, row)
        return row


def append_row(history: dict[str, list[float]], row: Row) -> None:
    """Add a row to columns of equal length; what was not measured is NaN."""
    n_rows = len(history.get("epoch", []))
    for name in row.keys() - history.keys():
        history[name] = [math.nan] * n_rows
    for name, column in history.items():
        column.append(row.get(name, math.nan))


def watched_score(name: str, value: float) -> float:
    """Return what is watched as a score: greater is better."""
    return -value if name in ("loss", "val_loss") else value


def print_epoch(row: Row, is_best: bool) -> None:
    """Print one aligned line for an epoch, with a mark where it is the best so far."""
    measured = (
        f"{name} {_four_digits(value)}"
        for name, value in row.items()
        if name not in ("epoch", "learning_rate", "seconds")
    )
    print(
        f"epoch {row['epoch']:4d}",
        *measured,
        f"learning_rate {row['learning_rate']:.2e}",
        f"{row['seconds']:6.2f} s",
        "*" if is_best else "",
        sep="  ",
        flush=True,
    )


def _four_digits(value: float) -> str:
    """Return eight characters."""
    return f"{value:8.4f}" if abs(value) < 1000 else f"{value:8.2e}"
