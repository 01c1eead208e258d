"""What training minimises, its gradient, and what is measured of it.

An `Objective` has its own buffers, the rows that it gathers and, with dropout, its own
random stream. So several of them can compute side by side on the same parameters, each
on its own batch and into its own gradient.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from skmlp._core.batches import Batch
from skmlp._core.blas import add_scaled, parts_in_cache
from skmlp._core.network import (
    Activation,
    Buffers,
    Loss,
    Workspace,
    backpropagate,
    blockwise_logits,
)
from skmlp._core.parameters import Layers, Parameters
from skmlp._core.rows import Matrix, Rows


class Targets(Protocol):
    """What the core asks of encoded targets y; see `skmlp._targets`."""

    def write(self, y: np.ndarray, t: np.ndarray) -> None:
        """Write the targets t of some rows, of shape (n_outputs, n_rows)."""

    def hits(self, y: np.ndarray, logits: np.ndarray) -> np.ndarray:
        """Return whether the prediction of each row is right."""
        ...


class Block(NamedTuple):
    """Some rows of a batch, gathered: X, their y and what each counts."""

    X: Matrix
    y: np.ndarray
    weight: np.ndarray


class Objective:
    """The weighted mean loss plus alpha/2 ‖W‖², as a function of the parameters.

    Parameters
    ----------
    rows : Rows
        Hands out the rows of X, up to as many at a time as the workspace is for.
    activation : Activation
        Of the hidden layer, wrapped in dropout where there is some.
    targets : Targets
    loss : Loss
    alpha : float
        Strength of the penalty, at least 0.
    workspace : Workspace
        The buffers of a block.
    """

    def __init__(
        self,
        rows: Rows,
        activation: Activation,
        targets: Targets,
        loss: Loss,
        alpha: float,
        workspace: Workspace,
    ) -> None:
        self.rows = rows
        self.activation = activation
        self.targets = targets
        self.loss = loss
        self.alpha = alpha
        self.workspace = workspace
        self.grads_of_block: Parameters | None = None

    def loss_and_grad(
        self, params: Parameters, batch: Batch, grads: Parameters
    ) -> float:
        """Return the objective of a batch; write its gradient into grads."""
        blocks = self.blocks(batch)
        value = self.backpropagate(params, next(blocks), grads)
        for block in blocks:
            value += self._add_block(params, block, grads)
        return value + add_penalty(params, self.alpha, grads)

    def blocks(self, batch: Batch) -> Iterator[Block]:
        """Gather the rows of a batch; each block is valid until the next."""
        for key, y, weight in batch.parts:
            yield Block(self.rows[key], y, weight)

    def backpropagate(
        self, params: Parameters, block: Block, grads: Parameters
    ) -> float:
        """Return the weighted loss of a block; write its gradient into grads."""
        X, y, weight = block
        buffers = self.workspace[len(y)]
        self.targets.write(y, buffers.t)
        value = backpropagate(
            params, X, weight, buffers, self.activation, self.loss, grads
        )
        return self._as_number(value)

    def loss_of(self, y: np.ndarray, weight: np.ndarray, buffers: Buffers) -> float:
        """Return the weighted loss of rows whose logits are in the buffers.

        Its gradient is dlogits there; targets and logits may be overwritten.
        """
        self.targets.write(y, buffers.t)
        value = self.loss.value_and_grad(
            buffers.t, buffers.logits, weight, buffers.dlogits
        )
        return self._as_number(value)

    def _as_number(self, value: Any) -> float:
        """Return what a loss returned; raise where that is no number."""
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"loss={self.loss!r} must return one number from value_and_grad, the "
                f"sum over the rows; got {value!r}."
            ) from error

    def _add_block(self, params: Parameters, block: Block, grads: Parameters) -> float:
        """Return the loss of a further block; add its gradient to grads."""
        if self.grads_of_block is None:
            self.grads_of_block = grads.zeros_like()
        value = self.backpropagate(params, block, self.grads_of_block)
        np.add(grads.flat, self.grads_of_block.flat, out=grads.flat)
        return value


def penalty(params: Parameters, alpha: float) -> float:
    """Return alpha/2 (‖W1‖² + ‖W2‖²)."""
    weights = params.weights
    return 0.5 * alpha * float(np.dot(weights, weights)) if alpha else 0.0


def add_penalty(params: Parameters, alpha: float, grads: Parameters) -> float:
    """Return alpha/2 (‖W1‖² + ‖W2‖²); add its gradient to grads."""
    if alpha == 0:
        return 0.0
    squared_norm = 0.0
    for weights, dweights in parts_in_cache(params.weights, grads.weights):
        add_scaled(weights, alpha, out=dweights)
        squared_norm += float(np.dot(weights, weights))
    return 0.5 * alpha * squared_norm


def add_decay(params: Parameters, alpha: float, grads: Parameters) -> None:
    """Add the gradient of the penalty, alpha W, to that of the loss."""
    if alpha:
        add_scaled(params.weights, alpha, out=grads.weights)


class LossOfMembers:
    """The sum of the losses of members on the same rows: itself a loss.

    The targets and weights are those of the rows; of logits there is a column for each
    row of each member.
    """

    def __init__(self, loss: Loss, n_members: int) -> None:
        self.loss = loss
        self.n_members = n_members

    def __repr__(self) -> str:
        """Return the loss that was asked for, which messages name."""
        return repr(self.loss)

    def value_and_grad(
        self, t: np.ndarray, logits: np.ndarray, weight: np.ndarray, dlogits: np.ndarray
    ) -> float:
        """Return the weighted sum of the losses; write its gradient into dlogits."""
        all_t = np.concatenate([t] * self.n_members, axis=1)
        all_weights = np.concatenate([weight] * self.n_members)
        return self.loss.value_and_grad(all_t, logits, all_weights, dlogits)


class Sums(NamedTuple):
    """Sums over rows: their weighted losses, the weights of those right, and of all."""

    loss: float
    correct: float
    weight: float

    def means(self) -> tuple[float, float]:
        """Return the weighted mean loss and the weighted accuracy.

        NaN where no row counts, as in a chunk of a class of weight 0.
        """
        if self.weight == 0:
            return math.nan, math.nan
        return self.loss / self.weight, self.correct / self.weight


class ActiveUnits:
    """Which hidden units are active: they tell rows apart, or can still learn to.

    Any other is dead: its output is the same for every row, and its derivative is zero.
    So is a unit of ReLU that is positive for no row. Rows of weight zero do not count.
    """

    def __init__(self, n_hidden: int, dtype: np.dtype) -> None:
        self.lowest = np.full(n_hidden, math.inf, dtype)
        self.highest = np.full(n_hidden, -math.inf, dtype)
        self.can_learn = np.zeros(n_hidden, bool)

    def see(self, buffers: Buffers, weight: np.ndarray, activation: Activation) -> None:
        """Take in a block that went forward; Z, H and dH are overwritten."""
        if self.are_active.all():
            return
        counts = slice(None) if weight.all() else weight > 0
        H = buffers.H[counts]
        np.minimum(self.lowest, H.min(axis=0, initial=math.inf), out=self.lowest)
        np.maximum(self.highest, H.max(axis=0, initial=-math.inf), out=self.highest)
        buffers.dH.fill(1.0)
        activation.backward(buffers.Z_by_row, buffers.H_by_row, buffers.dH_by_row)
        self.can_learn |= buffers.dH[counts].any(axis=0)

    def take_in(self, other: ActiveUnits) -> None:
        """Take in what was seen on other rows."""
        np.minimum(self.lowest, other.lowest, out=self.lowest)
        np.maximum(self.highest, other.highest, out=self.highest)
        self.can_learn |= other.can_learn

    @property
    def share(self) -> float:
        """The share of units that are active."""
        return float(self.are_active.mean())

    @property
    def are_active(self) -> np.ndarray:
        """Whether each unit is active."""
        return (self.lowest < self.highest) | self.can_learn


def evaluate(
    layers: Layers,
    blocks: Iterable[tuple[slice | np.ndarray, Matrix]],
    y: np.ndarray,
    weight: np.ndarray,
    activation: Activation,
    targets: Targets,
    loss: Loss,
    workspace: Workspace,
    units: ActiveUnits | None = None,
) -> Sums:
    """Return the sums over some rows, without penalty; let units see them."""
    total, correct, total_weight = 0.0, 0.0, 0.0
    for rows, logits in blockwise_logits(layers, blocks, activation, workspace):
        buffers = workspace[logits.shape[1]]
        correct += float(np.dot(weight[rows], targets.hits(y[rows], logits)))
        targets.write(y[rows], buffers.t)
        total += loss.value_and_grad(buffers.t, logits, weight[rows], buffers.dlogits)
        total_weight += float(weight[rows].sum(dtype=np.float64))
        if units is not None:
            units.see(buffers, weight[rows], activation)
    return Sums(total, correct, total_weight)
