"""The contract of a trainer, and of who is told of its epochs."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from skmlp._training.state import TrainingState


class Diverged(ArithmeticError):
    """The loss or a weight is no longer finite."""


class Interrupted(RuntimeError):
    """What a trainer needs is lost; what was learnt in whole epochs is of use."""


class Rows(Protocol):
    """The rows that an epoch sees, as `Batches` has them."""

    @property
    def n_rows(self) -> int:
        """How many they are."""
        ...

    @property
    def subset(self) -> np.ndarray | None:
        """Which of the training data they are; None for all."""
        ...


class Epochs(Protocol):
    """Who is told of epochs, as `Monitor` is."""

    def begin_epoch(self) -> None:
        """Be told that an epoch begins."""

    def end_epoch(self, loss: float) -> bool:
        """Be told of its loss; return whether training should stop."""
        ...


class Trainer(Protocol):
    """What trains the parameters of a state on batches.

    Attributes
    ----------
    state : TrainingState
        What it changes.
    batches : Batches or other rows
        What it learns from.
    learning_rate : float
        That of the last step.
    start_loss : float
        The objective before any step, on the first batch; NaN until it is known.
    """

    state: TrainingState
    learning_rate: float
    start_loss: float

    @property
    def batches(self) -> Rows:
        """What it learns from."""
        ...

    def run(self, n_epochs: int, epochs: Epochs) -> None:
        """Train for so many epochs, or until converged or told to stop."""
