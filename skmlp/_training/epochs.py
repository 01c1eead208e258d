"""The end of an epoch: what is recorded, kept and printed, and when to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

import numpy as np

from skmlp._training.callbacks import FitTasks
from skmlp._training.trainer import Diverged, Trainer

Row = dict[str, float]


class Monitor:
    """Ends each epoch: records it, keeps the best weights, says when to stop.

    Parameters
    ----------
    trainer : Trainer
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
        trainer: Trainer,
        *,
        measures: Iterable[Callable[[], Row]],
        watched: str,
        n_iter_no_change: int,
        tol: float,
        max_plateaus: float,
        report: Callable[[Row, bool], None],
        tasks: FitTasks | None = None,
    ) -> None:
        self.trainer = trainer
        self.state = trainer.state
        self.measures = tuple(measures)
        self.watched = watched
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.max_plateaus = max_plateaus
        self.report = report
        self.tasks = tasks
        self.start_flat = self.state.params.flat.copy()
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
        if not np.isfinite(self.state.params.flat).all():
            raise Diverged
        row = self.row = self._record(loss)
        progress = self.state.progress
        progress.count_epoch(self.trainer.batches.n_rows)
        score = watched_score(self.watched, row[self.watched])
        is_best = progress.judge(score, self.tol, self.n_iter_no_change)
        if is_best:
            np.copyto(self.best_flat, self.state.params.flat)
            self.best_row = row
        self.report(row, is_best)
        asked_to_stop = self.tasks is not None and self.tasks.end_epoch()
        return asked_to_stop or progress.n_plateaus >= self.max_plateaus

    def restore_best(self) -> None:
        """Restore the weights of the best epoch, where there was one."""
        if self.best_row is not None:
            np.copyto(self.state.params.flat, self.best_flat)
            self.row = self.best_row

    def settle(self) -> None:
        """Leave what is whole after an interrupt: finite weights, epochs that count."""
        if not np.isfinite(self.state.params.flat).all():
            np.copyto(self.state.params.flat, self.best_flat)
        history, n_epochs = self.state.history, self.state.progress.n_epochs
        n_whole = sum(epoch <= n_epochs for epoch in history.get("epoch", []))
        for column in history.values():
            del column[n_whole:]

    def _record(self, loss: float) -> Row:
        row: Row = {
            "epoch": self.state.progress.n_epochs + 1,
            "loss": loss,
            "learning_rate": self.trainer.learning_rate,
            "seconds": time.perf_counter() - self.started,
        }
        for measure in self.measures:
            row |= measure()
        append_row(self.state.history, row)
        return row


def append_row(history: dict[str, list[float]], row: Row) -> None:
    """Add a row to columns of equal length; what was not measured is NaN."""
    n_rows = len(history.get("epoch", []))
    for name in row:
        if name not in history:
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
