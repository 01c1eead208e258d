"""What learns from a batch: an objective and a solver, on the same parameters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import numpy as np

from skmlp._core.batches import Batch, Batches
from skmlp._core.parameters import Parameters


class Minimized(Protocol):
    """What is minimised: `Objective`, or `LazyRows` around one."""

    def loss_and_grad(
        self, params: Parameters, batch: Batch, grads: Parameters
    ) -> float:
        """Return the objective of a batch; write its gradient into grads."""
        ...


class Stepping(Protocol):
    """What takes the steps: a solver, or `LazyRows` around one."""

    def step(self, params: np.ndarray, grads: np.ndarray, learning_rate: float) -> None:
        """Move the parameters against the gradient, which may be overwritten."""


class Learner(Protocol):
    """What a trainer by mini-batches asks of who learns from them."""

    def training(self) -> AbstractContextManager[object]:
        """Return what training is to happen in."""
        ...

    def epoch(
        self, batches: Batches, rng: np.random.Generator
    ) -> AbstractContextManager[Iterator[Batch]]:
        """Return what an epoch is to happen in, which yields its batches."""
        ...

    def loss_and_grad(self, batch: Batch) -> float:
        """Return the objective of a batch; keep its gradient."""
        ...

    def step(self, learning_rate: float) -> None:
        """Move the parameters against the gradient that is kept."""


class InOneThread:
    """A learner that does one thing after the other."""

    def __init__(
        self, objective: Minimized, solver: Stepping, params: Parameters
    ) -> None:
        self.objective = objective
        self.solver = solver
        self.params = params
        self.grads = params.zeros_like()

    def training(self) -> AbstractContextManager[object]:
        """Return a context of no effect: there is nothing to begin or to end."""
        return nullcontext()

    def epoch(
        self, batches: Batches, rng: np.random.Generator
    ) -> AbstractContextManager[Iterator[Batch]]:
        """Return the batches, in a context of no effect."""
        return nullcontext(batches.epoch(rng))

    def loss_and_grad(self, batch: Batch) -> float:
        """Return the objective of a batch; keep its gradient."""
        return self.objective.loss_and_grad(self.params, batch, self.grads)

    def step(self, learning_rate: float) -> None:
        """Move the parameters against the gradient that is kept."""
        self.solver.step(self.params.flat, self.grads.flat, learning_rate)
