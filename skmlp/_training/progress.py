"""How far training has come: what schedules ask, what is counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from skmlp.schedules import Moment


@dataclass
class Progress:
    """How far training has come: what schedules ask, what is counted; plain numbers.

    Parameters
    ----------
    n_epochs, n_samples : int
        Epochs done and rows learnt from, ever.
    planned_from, planned_epochs : int
        The epoch at which the current plan began, and its length.
    cooled_after : int
        The epochs of the plan after which it was shortened, 0 where it was not.
    cooled_share : float
        The share of training that was done then.
    watched : str
        What the scores are of.
    best_score : float
        The best score within the plan.
    n_stale, n_plateaus : int
        Epochs without improvement in a row, and how often they made a plateau.
    is_at_plateau : bool
        Whether the last epoch ended one.
    """

    n_epochs: int = 0
    n_samples: int = 0
    planned_from: int = 0
    planned_epochs: int = 1
    cooled_after: int = 0
    cooled_share: float = 0.0
    watched: str = "loss"
    best_score: float = -math.inf
    n_stale: int = 0
    n_plateaus: int = 0
    is_at_plateau: bool = False

    def plan(self, n_epochs: int) -> None:
        """Begin a plan of so many epochs; counts of the last plan are forgotten."""
        self.planned_from, self.planned_epochs = self.n_epochs, n_epochs
        self.cooled_after, self.cooled_share = 0, 0.0
        self.best_score, self.n_stale, self.n_plateaus = -math.inf, 0, 0

    def plan_on(self, n_epochs: int) -> None:
        """Let the current plan have so many epochs, unless it was shortened."""
        if not self.cooled_after:
            self.planned_epochs = n_epochs

    @property
    def is_over(self) -> bool:
        """Whether all epochs of the plan are done."""
        return self.n_epochs - self.planned_from >= self.planned_epochs

    def cool_down(self, n_epochs: int, falls_from: float) -> None:
        """Let what is left of the plan take at most so many epochs.

        They go through the rest of the schedule, from where its rate falls on.
        """
        n_done = self.n_epochs - self.planned_from
        if n_done + n_epochs >= self.planned_epochs:
            return
        share = max(self.moment(0.0).share, falls_from)
        self.cooled_after, self.cooled_share = n_done, share
        self.planned_epochs = n_done + n_epochs

    def watch(self, name: str) -> None:
        """Take scores of that name; those of another are forgotten."""
        if name != self.watched:
            self.watched, self.best_score, self.n_stale = name, -math.inf, 0

    def moment(self, share_of_epoch_done: float) -> Moment:
        """Return where training stands within an epoch."""
        n_done = self.n_epochs - self.planned_from + share_of_epoch_done
        n_since = n_done - self.cooled_after
        share = n_since / (self.planned_epochs - self.cooled_after)
        share = self.cooled_share + (1.0 - self.cooled_share) * share
        return Moment(min(share, 1.0), self.n_epochs, self.n_plateaus)

    def count_epoch(self, n_samples: int) -> None:
        """Count an epoch over so many rows."""
        self.n_epochs, self.n_samples = self.n_epochs + 1, self.n_samples + n_samples

    def judge(self, score: float, tol: float, n_iter_no_change: int) -> bool:
        """Take in the score of an epoch; return whether it is the best so far."""
        self.n_stale = 0 if score > self.best_score + tol else self.n_stale + 1
        self.is_at_plateau = self.n_stale >= n_iter_no_change
        if self.is_at_plateau:
            self.n_stale = 0
            self.n_plateaus += 1
        is_best = score > self.best_score
        self.best_score = max(self.best_score, score)
        return is_best
