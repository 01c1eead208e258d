"""One network trained in several threads, each of which has some of the hidden units.

    logits = W2ᵀ Hᵀ + b2 = Σ_k W2_kᵀ H_kᵀ + b2        H_k = f(X W1_k + b1_k)

What a unit does, forwards and backwards, concerns its own weights alone, once the
gradient with respect to the logits is known. So each thread has some of the units: a
network and a solver of its own, in memory of its own. All that threads exchange in a
step are their parts of the logits, which are added up, and the gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from skmlp._core.batches import Batch, Part
from skmlp._core.dropout import Streams
from skmlp._core.network import backward, forward
from skmlp._core.objective import Objective, add_penalty, penalty
from skmlp._core.parameters import Parameters
from skmlp._parallel.team import Team
from skmlp.solvers import Solver

# Makes the objective of some units, given their parameters and random streams.
MakeObjective: TypeAlias = Callable[[Parameters, Streams], Objective]

# The first unit of a thread is a multiple of this, a line of the cache.
_UNITS_TOGETHER = 16


class InSeveralThreads:
    """A learner that has the hidden units of a network learn side by side.

    The loss of a batch is computed by the thread that asks. While training, the units
    hold the parameters; after each epoch they are handed back.

    Parameters
    ----------
    n_threads : int
    params : Parameters
        Of the whole network.
    solver : Solver
        For all of them; it moves each parameter by itself, and looks at no other's
        gradient.
    make_objective : callable
    has_dropout : bool
        Whether the objectives draw from their streams: each epoch then begins new ones.
    """

    def __init__(
        self,
        n_threads: int,
        params: Parameters,
        solver: Solver,
        make_objective: MakeObjective,
        *,
        has_dropout: bool,
    ) -> None:
        self.has_dropout = has_dropout
        self.units = [
            _Units(units, params, solver, make_objective)
            for units in parts_of(params.shape[1], n_threads)
        ]
        self.first = self.units[0]

    def training(self) -> AbstractContextManager[object]:
        """Let the units take over the parameters; return the team that trains them."""
        for units in self.units:
            units.take_over()
        self.team = Team(len(self.units))
        return self.team

    @contextmanager
    def epoch(self, rng: np.random.Generator) -> Iterator[None]:
        """Hand the parameters back at the end, whatever ends the epoch."""
        if self.has_dropout:
            seed = int(rng.integers(2**63))
            for units in self.units:
                units.restart_streams(seed)
        try:
            yield
        finally:
            try:
                self._hand_back()
            except KeyboardInterrupt:
                self._hand_back()
                raise

    def loss_and_grad(self, batch: Batch) -> float:
        """Return the objective of a batch; let the units find their gradients."""
        value = 0.0
        for i, part in enumerate(batch.parts):
            value += self._backpropagate(part, is_first=i == 0)
        return value + sum(units.penalty for units in self.units)

    def step(self, learning_rate: float) -> None:
        """Let the units move their parameters."""
        self.team.start([partial(units.step, learning_rate) for units in self.units])

    def _backpropagate(self, part: Part, *, is_first: bool) -> float:
        """Return the weighted loss of some rows; let the units find its gradient."""
        self.team.run([partial(units.forward, part.key) for units in self.units])
        buffers = self.first.buffers
        for units in self.units[1:]:
            np.add(buffers.logits, units.buffers.logits, out=buffers.logits)
        value = self.first.objective.loss_of(part.y, part.weight, buffers)
        dlogits = buffers.dlogits  # which stays as it is until all have come so far
        self.team.start(
            [partial(units.backward, dlogits, is_first) for units in self.units]
        )
        return value

    def _hand_back(self) -> None:
        self.team.wait()
        for units in self.units:
            units.hand_back()


class _Units:
    """Some of the hidden units: a network whose logits are a part of all.

    The biases of the output layer are those of the first units; others' stay zero.
    """

    def __init__(
        self,
        units: slice,
        whole: Parameters,
        solver: Solver,
        make_objective: MakeObjective,
    ) -> None:
        self.has_b2 = units.start == 0
        self.params = params = whole.of_units(units)
        self.grads, self.grads_of_block = params.zeros_like(), params.zeros_like()
        self.whole_solver = solver
        self.solver = solver.start(params.flat.size, params.n_weights, params.dtype)
        self.streams = Streams(np.random.default_rng(), np.random.default_rng())
        self.stream_number = units.start + 1
        self.objective = make_objective(params, self.streams)
        self.penalty = 0.0
        # The same numbers, in the whole network's memory and in this one's.
        self.pairs: list[tuple[np.ndarray, np.ndarray]] = []
        theirs = (whole.flat, *solver.vectors())
        ours = (params.flat, *self.solver.vectors())
        for vector, part in zip(theirs, ours, strict=True):
            *by_unit, b2 = _by_unit(vector, whole.shape)
            *part_by_unit, part_b2 = _by_unit(part, params.shape)
            by_unit = [A[units] for A in by_unit]
            self.pairs += zip(by_unit, part_by_unit, strict=True)
            if self.has_b2:
                self.pairs.append((b2, part_b2))

    def take_over(self) -> None:
        """Copy the parameters, and what the solver remembers of them."""
        for theirs, ours in self.pairs:
            np.copyto(ours, theirs)
        _copy_scalars(self.whole_solver, self.solver)

    def hand_back(self) -> None:
        """Copy them back."""
        for theirs, ours in self.pairs:
            np.copyto(theirs, ours)
        _copy_scalars(self.solver, self.whole_solver)

    def restart_streams(self, seed: int) -> None:
        """Begin new streams: the same for the features, one's own for the units."""
        _restart(self.streams.features, [seed])
        _restart(self.streams.units, [seed, self.stream_number])

    def forward(self, key: slice | np.ndarray) -> None:
        """Find the part of the logits of some rows, and the penalty."""
        objective = self.objective
        self.X = objective.rows[key]
        self.buffers = objective.workspace[self.X.shape[0]]
        forward(self.params, self.X, self.buffers, objective.activation)
        self.penalty = penalty(self.params, objective.alpha)

    def backward(self, dlogits: np.ndarray, is_first: bool) -> None:
        """Find the gradient; add it to that of earlier rows of the batch."""
        grads = self.grads if is_first else self.grads_of_block
        np.copyto(self.buffers.dlogits, dlogits)
        backward(self.params, self.X, self.buffers, self.objective.activation, grads)
        if not self.has_b2:
            grads.b2[...] = 0.0
        if not is_first:
            np.add(self.grads.flat, grads.flat, out=self.grads.flat)

    def step(self, learning_rate: float) -> None:
        """Move the parameters."""
        add_penalty(self.params, self.objective.alpha, self.grads)
        self.solver.step(self.params.flat, self.grads.flat, learning_rate)


def parts_of(n_units: int, n_parts: int) -> list[slice]:
    """Return so many parts of the hidden units, about equal; fewer where few are."""
    n_lines = math.ceil(n_units / _UNITS_TOGETHER)
    n_parts = min(n_parts, n_lines)
    bounds = [n_lines * k // n_parts * _UNITS_TOGETHER for k in range(n_parts)]
    return [slice(*pair) for pair in pairwise([*bounds, n_units])]


def _by_unit(
    vector: np.ndarray, shape: tuple[int, int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return views of numbers that belong to W1ᵀ, W2, b1 and b2.

    But for the last their first axis is that of the hidden units.
    """
    n_features, n_hidden, n_outputs = shape
    sizes = n_features * n_hidden, n_hidden * n_outputs, n_hidden
    W1, W2, b1, b2 = np.split(vector, np.cumsum(sizes))
    return W1.reshape(n_features, n_hidden).T, W2.reshape(n_hidden, -1), b1, b2


def _restart(stream: np.random.Generator, seeds: Sequence[int]) -> None:
    stream.bit_generator.state = np.random.default_rng(seeds).bit_generator.state


def _copy_scalars(source: Solver, target: Solver) -> None:
    for name in source.scalars:
        setattr(target, name, getattr(source, name))
