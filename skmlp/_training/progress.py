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
        self.n_epochs, self.n_samples = self.n_epochs + 1, self.n_samples + n_samples

    def judge(self, score: float, tol: float, n_iter_no_change: int) -> bool:
        """Take in the score of an epoch; return whether it is the best so far."""
        self.n_stale = 0 if score > self.best_score + tol else self.n_stale + 1
        if self.n_stale >= n_iter_no_change:
            self.n_stale = 0
            self.n_plateaus += 1
        is_best = score > self.best_score
        self.best_score = max(self.best_score, score)
        return is_best
