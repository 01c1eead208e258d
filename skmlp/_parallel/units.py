"""One network trained in several threads, each of which has some of the hidden units.

    logits = W2ᵀ Hᵀ + b2 = Σ_k W2_kᵀ H_kᵀ + b2        H_k = f(X W1_k + b1_k)

Forwards and backwards, a unit needs only its own weights, when the gradient with
respect to the logits is known. So each thread has some of the units: its own network
and solver, in its own memory. In a step threads exchange the rows of the batch, their
parts of the logits, which are added up, and the gradient with respect to these.

The way of one batch: `InSeveralThreads.loss_and_grad` → `Units.forward` side by side →
the loss, while a helper gathers the rows of the next batch → `Units.backward` and
`Units.step` side by side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain, cycle, islice, pairwise, tee
from queue import SimpleQueue
from typing import TypeAlias

import numpy as np

from skmlp._core.batches import Batch, Batches, Part
from skmlp._core.network import Activation, Workspace, backward, forward
from skmlp._core.objective import Objective, add_decay, penalty
from skmlp._core.parameters import Parameters
from skmlp._core.rows import Matrix, Rows
from skmlp._parallel.team import Task, Team
from skmlp.solvers import Solver

# Those of two batches may be in use while those of a third are gathered.
N_ROWS = 3
# The first unit of a thread is a multiple of this, a line of the cache.
_UNITS_TOGETHER = 16

Key: TypeAlias = slice | np.ndarray
# Where one thread waits for the rows of a batch; None where none could be gathered. No
# lock is shared, which Ctrl-C might keep from being released.
Inbox: TypeAlias = "SimpleQueue[Matrix | None]"


class InSeveralThreads:
    """A learner that has the hidden units of a network learn side by side.

    The thread that asks computes the loss of a batch, while a helper gathers the rows
    of the next one. While training, the units hold the parameters; after each epoch
    they are handed back.

    Parameters
    ----------
    objective : Objective
        Of the whole network.
    rows : sequence of Rows
        `N_ROWS` that hand out the same rows, each in memory of its own.
    units : sequence of Units
        At least two.
    """

    def __init__(
        self, objective: Objective, rows: Sequence[Rows], units: Sequence[Units]
    ) -> None:
        self.objective = objective
        self.rows = cycle(rows)
        self.units = units
        self.inboxes: list[Inbox] | None = None

    def training(self) -> AbstractContextManager[object]:
        """Let the units take over the parameters; return the team that trains them."""
        for units in self.units:
            units.take_over()
        self.team = Team(len(self.units))
        return self.team

    def epoch(
        self, batches: Batches, rng: np.random.Generator
    ) -> AbstractContextManager[Iterator[Batch]]:
        """Return what yields the batches, and hands the parameters back at the end."""
        return _Epoch(self, batches, rng)

    def begin_epoch(
        self, batches: Batches, rng: np.random.Generator
    ) -> Iterator[Batch]:
        """Return the batches of an epoch."""
        for units in self.units:
            units.begin_epoch(rng)
        self.inboxes = None
        return self._looking_ahead(batches.epoch(rng))

    def hand_back(self) -> None:
        """Wait for the units, and take their parameters back."""
        self.team.wait()
        for units in self.units:
            units.hand_back()

    def loss_and_grad(self, batch: Batch) -> float:
        """Return the objective of a batch; let the units find their gradients."""
        value = sum(
            self._backpropagate(part, next(self.next_keys), is_first=i == 0)
            for i, part in enumerate(batch.parts)
        )
        return value + sum(units.penalty for units in self.units)

    def step(self, learning_rate: float) -> None:
        """Let the units move their parameters."""
        self.team.start([partial(units.step, learning_rate) for units in self.units])

    def _looking_ahead(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Return the batches; look up which rows are wanted after each part of them."""
        batches, ahead = tee(batches)
        keys = (part.key for batch in ahead for part in batch.parts)
        self.next_keys = chain(islice(keys, 1, None), [None])
        return batches

    def _backpropagate(self, part: Part, next_key: Key | None, is_first: bool) -> float:
        """Return the weighted loss of some rows; let the units find its gradient."""
        inboxes = self.inboxes
        if inboxes is None:
            inboxes = self._new_inboxes()
            _gather(next(self.rows), part.key, inboxes)
        self.team.run(
            [
                partial(units.forward, inbox)
                for units, inbox in zip(self.units, inboxes, strict=True)
            ],
            self._ahead(next_key),
        )
        first, *others = (units.buffers for units in self.units)
        for buffers in others:
            np.add(first.logits, buffers.logits, out=first.logits)
        value = self.objective.loss_of(part.y, part.weight, first)
        # Which stays as it is until all units have come to the next batch.
        dlogits = first.dlogits
        self.team.start(
            [partial(units.backward, dlogits, is_first) for units in self.units]
        )
        return value

    def _ahead(self, key: Key | None) -> Task | None:
        """Return what gathers the rows of the next part."""
        self.inboxes = None
        if key is None:
            return None
        self.inboxes = self._new_inboxes()
        return partial(_gather, next(self.rows), key, self.inboxes)

    def _new_inboxes(self) -> list[Inbox]:
        """Return an inbox for each thread."""
        return [SimpleQueue() for _ in self.units]


class _Epoch(AbstractContextManager[Iterator[Batch]]):
    """An epoch in several threads, whatever ends it.

    Not by `contextlib.contextmanager`: a generator that Ctrl-C has kept from its end
    comes to it when it is forgotten, after the threads have ended.
    """

    def __init__(
        self, learner: InSeveralThreads, batches: Batches, rng: np.random.Generator
    ) -> None:
        self.learner = learner
        self.batches = batches
        self.rng = rng

    def __enter__(self) -> Iterator[Batch]:
        return self.learner.begin_epoch(self.batches, self.rng)

    def __exit__(self, *exception: object) -> None:
        try:
            self.learner.hand_back()
        except KeyboardInterrupt:
            self.learner.hand_back()
            raise


def _gather(rows: Rows, key: Key, inboxes: Sequence[Inbox]) -> None:
    """Gather rows for all who wait for them."""
    X = None
    try:
        X = rows[key]
    finally:
        for inbox in inboxes:
            inbox.put(X)


class Units:
    """Some of the hidden units: a network whose logits are a part of all.

    The biases of the output layer are those of the first units; others' stay zero.

    Parameters
    ----------
    units : slice
    whole : Parameters
        Of all units.
    solver : Solver
        Of all units. It moves each parameter by itself, and looks at no gradient but
        its own.
    alpha : float
        The strength of the penalty.
    block_rows : int
        The most rows of a part of a batch.
    make_activation : callable
        Takes the parameters of these units and a random stream.
    draws : bool
        Whether the activation draws from the stream: each epoch then begins a new one.
    """

    def __init__(
        self,
        units: slice,
        whole: Parameters,
        solver: Solver,
        *,
        alpha: float,
        block_rows: int,
        make_activation: Callable[[Parameters, np.random.Generator], Activation],
        draws: bool,
    ) -> None:
        self.params = params = whole.of_units(units)
        self.grads, self.grads_of_block = params.zeros_like(), params.zeros_like()
        self.whole_solver = solver
        self.solver = solver.start(params.flat.size, params.n_weights, params.dtype)
        self.alpha, self.penalty = alpha, 0.0
        self.workspace = Workspace(block_rows, *params.shape[1:], params.dtype)
        self.draws, self.rng = draws, np.random.default_rng()
        self.activation = make_activation(params, self.rng)
        self.has_b2 = units.start == 0
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

    def begin_epoch(self, rng: np.random.Generator) -> None:
        """Begin a new stream, where one is drawn from."""
        if self.draws:
            seeded = np.random.default_rng(int(rng.integers(2**63)))
            self.rng.bit_generator.state = seeded.bit_generator.state

    def forward(self, inbox: Inbox) -> None:
        """Find the part of the logits of some rows, and the penalty."""
        X = inbox.get()
        if X is None:  # the error is raised by who waits for this
            return
        self.X = X
        self.buffers = self.workspace[self.X.shape[0]]
        forward(self.params, self.X, self.buffers, self.activation)
        self.penalty = penalty(self.params, self.alpha)

    def backward(self, dlogits: np.ndarray, is_first: bool) -> None:
        """Find the gradient; add it to that of earlier rows of the batch."""
        grads = self.grads if is_first else self.grads_of_block
        np.copyto(self.buffers.dlogits, dlogits)
        backward(self.params, self.X, self.buffers, self.activation, grads)
        if not self.has_b2:
            grads.b2[...] = 0.0
        if not is_first:
            np.add(self.grads.flat, grads.flat, out=self.grads.flat)

    def step(self, learning_rate: float) -> None:
        """Move the parameters."""
        add_decay(self.params, self.alpha, self.grads)
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


def _copy_scalars(source: Solver, target: Solver) -> None:
    for name in source.scalars:
        setattr(target, name, getattr(source, name))
