"""The end of an epoch: what is recorded, kept and printed, and when to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from skmlp._core.parameters import Parameters
from skmlp._core.rows import are_finite
from skmlp._training.callbacks import FitTasks
from skmlp._training.state import TrainingState
from skmlp._training.trainer import Diverged, Rows

Row = dict[str, float]


class Watched(Protocol):
    """What a monitor sees of a trainer."""

    @property
    def state(self) -> TrainingState:
        """What it trains."""
        ...

    @property
    def batches(self) -> Rows:
        """What it learns from."""
        ...

    @property
    def learning_rate(self) -> float:
        """That of the last step."""
        ...


class Kept(NamedTuple):
    """The parameters that an epoch ended with, and its row."""

    row: Row
    params: Parameters


class Monitor:
    """Ends each epoch: records it, keeps the best weights, says when to stop.

    What an epoch ended with is copied when the next begins to change it; after the last
    one nothing is.

    Parameters
    ----------
    trainer : Watched
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
    cools_from : float or None
        At a plateau what is left of the plan is shortened to `n_iter_no_change` epochs,
        from this share of it on at the earliest; None where a plan is left as it is.
    report : callable
        Called with the row of each epoch and whether it is the best so far.
    tasks : FitTasks or None
        The callbacks, which may ask to stop.

    Attributes
    ----------
    start : Parameters
        Those before the first epoch.
    row : dict or None
        That of the epoch that the weights are of.
    unkept : dict or None
        The row of the best epoch, as long as the weights are its, and not yet kept.
    kept : tuple of up to two Kept
        The best epoch, and the best before it: the loss of an epoch, a mean over its
        batches, does not know what the last step did.
    """

    def __init__(
        self,
        trainer: Watched,
        *,
        measures: Iterable[Callable[[], Row]],
        watched: str,
        n_iter_no_change: int,
        tol: float,
        max_plateaus: float,
        cools_from: float | None = None,
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
        self.cools_from = cools_from
        self.report = report
        self.tasks = tasks
        self.start = self.state.params.copy()
        self.kept: tuple[Kept, ...] = ()
        self.row: Row | None = None
        self.unkept: Row | None = None

    def begin_epoch(self) -> None:
        """Keep the weights if they are the best; start the clock."""
        if self.unkept is not None:
            self._keep(self.unkept)
        self.started = time.perf_counter()
        if self.tasks is not None:
            self.tasks.begin_epoch()

    def end_epoch(self, loss: float) -> bool:
        """Record an epoch; return whether training should stop."""
        if not are_finite(self.state.params.flat):
            raise Diverged
        row = self.row = self._measure(loss)
        progress = replace(self.state.progress)
        progress.count_epoch(self.trainer.batches.n_rows)
        score = watched_score(self.watched, row[self.watched])
        is_best = progress.judge(score, self.tol, self.n_iter_no_change)
        if self.cools_from is not None and progress.is_at_plateau:
            progress.cool_down(self.n_iter_no_change, self.cools_from)
        self.unkept = row if is_best else None
        append_row(self.state.history, row)
        self.state.progress = progress  # from here on the epoch counts, see settle
        self.report(row, is_best)
        asked_to_stop = self.tasks is not None and self.tasks.end_epoch()
        is_over = progress.is_over or progress.n_plateaus >= self.max_plateaus
        return asked_to_stop or is_over

    def restore_best(self) -> None:
        """Restore the weights of the best epoch, where there was one."""
        if self.unkept is None and self.kept:
            self.restore(self.kept[0])

    def restore(self, kept: Kept) -> None:
        """Restore the weights of an epoch; forget what is kept of later ones."""
        self._forget_kept_after(kept.row["epoch"])
        self.row = kept.row
        np.copyto(self.state.params.flat, kept.params.flat)

    def settle(self) -> None:
        """Forget what an interrupted end of an epoch noted before the epoch counted."""
        history, n_epochs = self.state.history, self.state.progress.n_epochs
        n_whole = sum(epoch <= n_epochs for epoch in history.get("epoch", []))
        for column in history.values():
            del column[n_whole:]
        self._forget_kept_after(n_epochs)

    def _forget_kept_after(self, n_epochs: float) -> None:
        self.kept = tuple(k for k in self.kept if k.row["epoch"] <= n_epochs)
        if self.unkept is not None and self.unkept["epoch"] > n_epochs:
            self.unkept = None

    def _keep(self, row: Row) -> None:
        """Keep the weights as those of the best epoch, in the memory of the third."""
        params = self.state.params
        if len(self.kept) < 2:
            copied = params.copy()
        else:
            copied = self.kept[1].params
            self.kept = self.kept[:1]  # before Ctrl-C may find a row with other weights
            np.copyto(copied.flat, params.flat)
        self.kept = (Kept(row, copied), *self.kept)
        self.unkept = None

    def _measure(self, loss: float) -> Row:
        row: Row = {
            "epoch": self.state.progress.n_epochs + 1,
            "loss": loss,
            "learning_rate": self.trainer.learning_rate,
            "seconds": time.perf_counter() - self.started,
        }
        for measure in self.measures:
            row |= measure()
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


def print_legend(watched: str) -> None:
    """Print what the mark of `print_epoch` means."""
    best = "lowest" if watched_score(watched, 1.0) < 0 else "highest"
    print(f"* marks the {best} {watched} so far", flush=True)


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
