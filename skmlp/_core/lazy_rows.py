"""Steps over the rows of W1 that a batch has features for: cheap on wide sparse X."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import sparse

from skmlp._core.batches import Batch
from skmlp._core.blas import IN_CACHE
from skmlp._core.objective import Objective, add_penalty
from skmlp._core.parameters import Parameters
from skmlp._core.rows import Matrix, block_rows, numbers_per_row

# Weights of the hidden layer from which on steps that touch few of them pay.
_WIDE = 2**18


class Mover(Protocol):
    """What a step in parts asks of a solver; see `skmlp.solvers`."""

    def vectors(self) -> tuple[np.ndarray, ...]:
        """Return what it remembers of each parameter."""
        ...

    def begin(self, grads: np.ndarray, /) -> object:
        """Begin a step."""

    def move(
        self,
        n_weights: int,
        learning_rate: float,
        params: np.ndarray,
        grads: np.ndarray,
        /,
        *memory: np.ndarray,
    ) -> object:
        """Move some parameters, the first n_weights of which are weights."""


def has_few_features_per_batch(
    X: Matrix, n_hidden: int, n_outputs: int, batch_size: int
) -> bool:
    """Return whether a batch has but few of many features, and so few gradients."""
    if not sparse.issparse(X):
        return False
    n_features, n_numbers = X.shape[1], numbers_per_row(X)
    return (
        n_features * n_hidden >= _WIDE
        and n_numbers * batch_size <= n_features / 2
        and batch_size <= block_rows(n_numbers, n_hidden, n_outputs)
    )


class LazyRows:
    """An objective and a solver at once, over the features that a batch has at all.

    The rows of W1 that belong to these features are taken out, with all other
    parameters, as the parameters of a smaller network, whose loss and gradient are then
    what they always are. The step moves these rows, and their part of the solver's
    memory, and puts them back. The other rows of W1 have no gradient, and stay; in a
    dense step their momentum and the penalty would still move them.

    Parameters
    ----------
    objective : Objective
        Of whatever parameters it is given.
    solver : Mover
        For all the parameters.
    params : Parameters
        All the parameters, as training finds them.
    """

    def __init__(self, objective: Objective, solver: Mover, params: Parameters) -> None:
        self.objective = objective
        self.solver = solver
        self.params = params
        self.part_storage = params.empty_like()
        n_features, n_hidden = params.W1.shape
        self.rows_at_once = max(IN_CACHE // n_hidden, 1)
        self.memory = [
            np.empty((self.rows_at_once, n_hidden), params.dtype)
            for _ in solver.vectors()
        ]
        self.is_touched = np.zeros(n_features, bool)
        self.position = np.empty(n_features, np.int32)
        self.alpha = objective.alpha
        self.squared_norm = 0.0  # of the rows of W1 that are not touched
        if self.alpha:
            self.squared_norm = _squared_norm(params.W1)

    def loss_and_grad(
        self, params: Parameters, batch: Batch, grads: Parameters
    ) -> float:
        """Return the objective of a batch of one block; write its gradient into grads.

        That of the smaller network, whose parameters are the first of grads.
        """
        (block,) = self.objective.blocks(batch)
        X = self._renumber(block.X)
        self.part = self.part_storage.leading(X.shape[1])
        self.grads = grads.leading(X.shape[1])
        W1, rest = self._split(params.flat)
        _as_items(W1).take(self.features, out=_as_items(self.part.W1), mode="clip")
        np.copyto(self.part.flat[self.part.W1.size :], rest)
        if not params.fit_intercept:  # they lie where weights have been
            self.part.b1[...], self.part.b2[...] = 0.0, 0.0
        if self.alpha:
            self.squared_norm -= _squared_norm(self.part.W1)
        block = block._replace(X=X)
        value = float(self.objective.backpropagate(self.part, block, self.grads))
        value += add_penalty(self.part, self.alpha, self.grads)
        return value + 0.5 * self.alpha * self.squared_norm

    def step(self, params: np.ndarray, grads: np.ndarray, learning_rate: float) -> None:
        """Move the parameters that the batch has a gradient for."""
        self.solver.begin(self.grads.flat)
        vectors = (params, *self.solver.vectors())
        W1_and_memory, rests = zip(*map(self._split, vectors), strict=True)
        W1_rows, *memory_rows = map(_as_items, W1_and_memory)
        for start in range(0, len(self.features), self.rows_at_once):
            some = slice(start, start + self.rows_at_once)
            self._move_rows(some, learning_rate, W1_rows, *memory_rows)
        if self.alpha:
            self.squared_norm += _squared_norm(self.part.W1)
        rest, *memory = rests
        rest_of_grads = self.grads.flat[self.grads.W1.size :]
        n_weights = self.params.W2.size
        self.solver.move(n_weights, learning_rate, rest, rest_of_grads, *memory)

    def _move_rows(
        self,
        some: slice,
        learning_rate: float,
        W1_rows: np.ndarray,
        *memory_rows: np.ndarray,
    ) -> None:
        """Move some of the touched rows of W1, all in the cache."""
        features = self.features[some]
        W1, dW1 = self.part.W1[some], self.grads.W1[some]
        memory = [m[: len(features)] for m in self.memory]
        for whole, part in zip(memory_rows, memory, strict=True):
            whole.take(features, out=_as_items(part), mode="clip")
        flat_W1, flat_dW1 = W1.reshape(-1), dW1.reshape(-1)
        flat_memory = (m.reshape(-1) for m in memory)
        self.solver.move(W1.size, learning_rate, flat_W1, flat_dW1, *flat_memory)
        for whole, part in zip((W1_rows, *memory_rows), (W1, *memory), strict=True):
            np.put(whole, features, _as_items(part), mode="clip")

    def _renumber(self, X: Matrix) -> Matrix:
        """Find the features of a batch; return its rows with these columns alone.

        A feature of stored zeros, as those that dropout leaves, is none of them.
        """
        if not X.data.all():
            X = X.copy()
            X.eliminate_zeros()
        self.is_touched[X.indices] = True
        self.features = np.flatnonzero(self.is_touched)
        self.is_touched[self.features] = False
        n_touched = len(self.features)
        self.position[self.features] = np.arange(n_touched, dtype=np.int32)
        columns = self.position[X.indices]
        return type(X)((X.data, columns, X.indptr), shape=(X.shape[0], n_touched))

    def _split(self, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return views of W1 and of all the rest."""
        size = self.params.W1.size
        return flat[:size].reshape(self.params.W1.shape), flat[size:]


def _as_items(W: np.ndarray) -> np.ndarray:
    """Return a view whose items are the rows of W, each of them copied at once.

    To put rows where they belong takes half the time so.
    """
    return W.view(np.dtype((np.void, W.strides[0])))[:, 0]


def _squared_norm(W: np.ndarray) -> float:
    return float(np.vdot(W, W))
