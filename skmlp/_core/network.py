"""The mathematics: a network of two layers, its loss and its gradient.

One alphabet, here and in the documentation:

==========================================  ============  =====================
quantity                                    name          shape
==========================================  ============  =====================
rows of a batch                             X             (n_rows, n_features)
targets, one column per row                 t             (n_outputs, n_rows)
what each row counts                        weight        (n_rows,)
weights and biases, hidden layer            W1, b1        (n_features, n_hidden)
weights and biases, output layer            W2, b2        (n_hidden, n_outputs)
hidden layer before / after the activation  Z, H          (n_rows, n_hidden)
output layer before its link                logits        (n_outputs, n_rows)
gradient of the loss with respect to A      dA            as A
==========================================  ============  =====================

    Z = X W1 + b1        H = f(Z)        logits = W2ᵀ Hᵀ + b2

Several networks of one shape may be computed side by side, on the same rows: all but X
then has one more axis, of the members, and the products are those of each member. That
axis comes first; of logits and their gradient it is the second, and losses see it
joined with the last: a column for each row of each member.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

from skmlp._core.blas import several_zeros
from skmlp._core.parameters import Layers, Parameters
from skmlp._core.rows import Matrix, leading

# Of so few outputs BLAS takes dlogitsᵀ W2ᵀ faster when W2ᵀ lies row by row, by up to a
# half for wide layers; the copy takes less than that.
_FEW_OUTPUTS = 4


class Activation(Protocol):
    """What the core asks of an activation; see `skmlp.activations`."""

    def forward(self, Z: np.ndarray, H: np.ndarray, /) -> object: ...
    def backward(self, Z: np.ndarray, H: np.ndarray, dH: np.ndarray, /) -> object: ...


class Loss(Protocol):
    """What the core asks of a loss; see `skmlp.losses`."""

    def value_and_grad(
        self,
        t: np.ndarray,
        logits: np.ndarray,
        weight: np.ndarray,
        dlogits: np.ndarray,
        /,
    ) -> float: ...


class Workspace:
    """Every buffer that a block of up to n_rows rows needs, allocated once.

    Predictions go forward alone, and do without the buffers of the way back. With
    `n_members` the buffers are for so many networks side by side.
    """

    def __init__(
        self,
        n_rows: int,
        n_hidden: int,
        n_outputs: int,
        dtype: np.dtype,
        *,
        goes_back: bool = True,
        n_members: int | None = None,
    ) -> None:
        self.members = () if n_members is None else (n_members,)
        n_columns = n_rows * math.prod(self.members)
        hidden, output = n_columns * n_hidden, n_columns * n_outputs
        self.Z, self.H, self.scores, self.logits = several_zeros(
            [hidden, hidden, output, output], dtype
        )
        self.goes_back = goes_back
        if goes_back:
            self.dH, self.dlogits, self.t, self.W2T = several_zeros(
                [
                    hidden,
                    output,
                    n_rows * n_outputs,
                    math.prod(self.members) * n_outputs * n_hidden,
                ],
                dtype,
            )
            self.ones = np.ones(n_rows, dtype)
        self.n_hidden, self.n_outputs = n_hidden, n_outputs
        self.by_n_rows: dict[int, Buffers] = {}

    def __getitem__(self, n_rows: int) -> Buffers:
        """Return the buffers for so many rows, which share one memory."""
        if n_rows not in self.by_n_rows:
            self.by_n_rows[n_rows] = Buffers(self, n_rows)
        return self.by_n_rows[n_rows]


class Buffers:
    """The buffers of one block, named after what they hold.

    t is the targets, dA the gradient with respect to A; that of H later becomes that of
    Z. The ones sum over rows. What ends with `_by_row` is the same memory, in which the
    rows of all members follow one another, as activations take them; what ends with
    `_of_members` has an axis of members, where there are some.
    """

    def __init__(self, memory: Workspace, n_rows: int) -> None:
        members, n_hidden, n_outputs = memory.members, memory.n_hidden, memory.n_outputs
        n_columns = n_rows * math.prod(members)
        # Of two matrices, dot takes 0.3 µs less than matmul, 2 % of a step.
        self.product = np.matmul if members else np.dot
        self.Z_by_row = leading(memory.Z, n_columns, n_hidden)
        self.H_by_row = leading(memory.H, n_columns, n_hidden)
        self.Z = self.Z_by_row.reshape(*members, n_rows, n_hidden)
        self.H = self.H_by_row.reshape(self.Z.shape)
        self.scores = leading(memory.scores, *members, n_rows, n_outputs)
        self.scoresT = self.scores.swapaxes(-1, -2)
        by_output = (n_outputs, *members, n_rows)
        self.logits = leading(memory.logits, n_outputs, n_columns)
        self.logits_of_members = self.logits.reshape(by_output).swapaxes(0, -2)
        if memory.goes_back:
            self.dH_by_row = leading(memory.dH, n_columns, n_hidden)
            self.dH = self.dH_by_row.reshape(self.Z.shape)
            self.HT = self.H.swapaxes(-1, -2)
            self.dlogits = leading(memory.dlogits, n_outputs, n_columns)
            dlogits = self.dlogits.reshape(by_output)
            self.dlogits_of_members = dlogits.swapaxes(0, -2)
            self.dlogitsT = self.dlogits_of_members.swapaxes(-1, -2)
            self.t = leading(memory.t, n_outputs, n_rows)
            self.ones = leading(memory.ones, n_rows)
            self.W2T = leading(memory.W2T, *members, n_outputs, n_hidden)

    def multiply(self, A: Matrix, B: np.ndarray, out: np.ndarray) -> None:
        """Write A B into out; the one place that knows that A may be sparse."""
        if isinstance(A, np.ndarray):
            self.product(A, B, out=out)
        elif B.ndim == 2:
            out[...] = A @ B
        else:
            for B_of_member, out_of_member in zip(B, out, strict=True):
                out_of_member[...] = A @ B_of_member

    def transposed(self, W2: np.ndarray) -> np.ndarray:
        """Return W2ᵀ, of few outputs as a copy."""
        W2T = W2.swapaxes(-1, -2)
        if W2T.shape[-2] > _FEW_OUTPUTS:
            return W2T
        np.copyto(self.W2T, W2T)
        return self.W2T


def forward(
    params: Layers | Parameters, X: Matrix, buffers: Buffers, activation: Activation
) -> np.ndarray:
    """Return the logits of a block; Z and H stay in the buffers."""
    Z = buffers.Z
    buffers.multiply(X, params.W1, out=Z)
    np.add(Z, params.b1[..., np.newaxis, :], out=Z)
    activation.forward(buffers.Z_by_row, buffers.H_by_row)
    buffers.product(buffers.H, params.W2, out=buffers.scores)
    b2 = params.b2[..., np.newaxis]
    np.add(buffers.scoresT, b2, out=buffers.logits_of_members)
    return buffers.logits


def backpropagate(
    params: Parameters,
    X: Matrix,
    weight: np.ndarray,
    buffers: Buffers,
    activation: Activation,
    loss: Loss,
    grads: Parameters,
) -> float:
    """Return the weighted loss of a block; write its gradient into grads.

    The targets t stand in the buffers, and may be overwritten.
    """
    logits = forward(params, X, buffers, activation)
    value = loss.value_and_grad(buffers.t, logits, weight, buffers.dlogits)
    backward(params, X, buffers, activation, grads)
    return value


def backward(
    params: Parameters,
    X: Matrix,
    buffers: Buffers,
    activation: Activation,
    grads: Parameters,
) -> None:
    """Write the gradient of a block into grads, given dlogits in the buffers.

    Z, H and logits stand there too, as `forward` left them.
    """
    product, ones = buffers.product, buffers.ones
    # logits = W2ᵀ Hᵀ + b2
    product(buffers.HT, buffers.dlogitsT, out=grads.W2)
    product(buffers.dlogits_of_members, ones, out=grads.b2)
    dZ = backward_to_hidden(params, buffers, activation)
    # Z = X W1 + b1
    buffers.multiply(X.T, dZ, out=grads.W1)
    product(ones, dZ, out=grads.b1)


def backward_to_hidden(
    params: Layers | Parameters, buffers: Buffers, activation: Activation
) -> np.ndarray:
    """Return dZ, given dlogits, Z and H in the buffers; it takes the place of dH."""
    # logits = W2ᵀ Hᵀ + b2
    W2T = buffers.transposed(params.W2)
    buffers.product(buffers.dlogitsT, W2T, out=buffers.dH)
    # H = f(Z)
    activation.backward(buffers.Z_by_row, buffers.H_by_row, buffers.dH_by_row)
    return buffers.dH


def backward_to_rows(
    params: Layers | Parameters,
    buffers: Buffers,
    activation: Activation,
    directions: np.ndarray,
    dX: np.ndarray,
) -> None:
    """Write the gradients of sums of logits by the rows of a block into dX.

    Each direction holds what the logits count in one sum, dlogits of every row. Z and H
    stand in the buffers, as `forward` left them, and may be overwritten.

    Parameters
    ----------
    params : Layers or Parameters
    buffers : Buffers
    activation : Activation
    directions : ndarray of shape (n_directions, n_outputs)
    dX : ndarray of shape (n_rows, n_directions, n_features)
    """
    Z, H = buffers.Z.copy(), buffers.H.copy()
    for i, direction in enumerate(directions):
        np.copyto(buffers.Z, Z)
        np.copyto(buffers.H, H)
        np.copyto(buffers.dlogits, direction[:, np.newaxis])
        dZ = backward_to_hidden(params, buffers, activation)
        # Z = X W1 + b1
        np.matmul(dZ, params.W1.T, out=dX[:, i])


def blockwise_logits(
    layers: Layers,
    blocks: Iterable[tuple[slice | np.ndarray, Matrix]],
    activation: Activation,
    workspace: Workspace,
) -> Iterator[tuple[slice | np.ndarray, np.ndarray]]:
    """Yield the logits of each block; they may be overwritten."""
    for rows, X in blocks:
        yield rows, forward(layers, X, workspace[X.shape[0]], activation)
