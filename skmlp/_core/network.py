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
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

from skmlp._core.parameters import Layers, Parameters
from skmlp._core.rows import Matrix, leading


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

    Predictions go forward alone, and do without the buffers of the way back.
    """

    def __init__(
        self,
        n_rows: int,
        n_hidden: int,
        n_outputs: int,
        dtype: np.dtype,
        *,
        goes_back: bool = True,
    ) -> None:
        self.Z = np.empty(n_rows * n_hidden, dtype)
        self.H = np.empty(n_rows * n_hidden, dtype)
        self.scores = np.empty(n_rows * n_outputs, dtype)
        self.logits = np.empty(n_rows * n_outputs, dtype)
        self.goes_back = goes_back
        if goes_back:
            self.dH = np.empty(n_rows * n_hidden, dtype)
            self.dlogits = np.empty(n_rows * n_outputs, dtype)
            self.t = np.empty(n_rows * n_outputs, dtype)
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
    Z. The ones sum over rows.
    """

    def __init__(self, memory: Workspace, n_rows: int) -> None:
        n_hidden, n_outputs = memory.n_hidden, memory.n_outputs
        self.Z = leading(memory.Z, n_rows, n_hidden)
        self.H = leading(memory.H, n_rows, n_hidden)
        self.scores = leading(memory.scores, n_rows, n_outputs)
        self.logits = leading(memory.logits, n_outputs, n_rows)
        if memory.goes_back:
            self.dH = leading(memory.dH, n_rows, n_hidden)
            self.dlogits = leading(memory.dlogits, n_outputs, n_rows)
            self.t = leading(memory.t, n_outputs, n_rows)
            self.ones = leading(memory.ones, n_rows)


def multiply(A: Matrix, B: np.ndarray, out: np.ndarray) -> None:
    """Write A B into out; the one place that knows that A may be sparse."""
    if isinstance(A, np.ndarray):
        np.dot(A, B, out=out)
    else:
        out[...] = A @ B


def forward(
    params: Layers | Parameters, X: Matrix, buffers: Buffers, activation: Activation
) -> np.ndarray:
    """Return the logits of a block; Z and H stay in the buffers."""
    Z, H, logits = buffers.Z, buffers.H, buffers.logits
    multiply(X, params.W1, out=Z)
    np.add(Z, params.b1, out=Z)
    activation.forward(Z, H)
    np.dot(H, params.W2, out=buffers.scores)
    np.add(buffers.scores.T, params.b2[:, np.newaxis], out=logits)
    return logits


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
    Z, H, dH, dlogits, ones = (
        buffers.Z,
        buffers.H,
        buffers.dH,
        buffers.dlogits,
        buffers.ones,
    )
    logits = forward(params, X, buffers, activation)
    value = loss.value_and_grad(buffers.t, logits, weight, dlogits)
    # logits = W2ᵀ Hᵀ + b2
    np.dot(H.T, dlogits.T, out=grads.W2)
    np.dot(dlogits, ones, out=grads.b2)
    np.dot(dlogits.T, params.W2.T, out=dH)
    # H = f(Z)
    activation.backward(Z, H, dH)
    dZ = dH
    # Z = X W1 + b1
    multiply(X.T, dZ, out=grads.W1)
    np.dot(ones, dZ, out=grads.b1)
    return value


def blockwise_logits(
    layers: Layers,
    blocks: Iterable[tuple[slice | np.ndarray, Matrix]],
    activation: Activation,
    workspace: Workspace,
) -> Iterator[tuple[slice | np.ndarray, np.ndarray]]:
    """Yield the logits of each block; they may be overwritten."""
    for rows, X in blocks:
        yield rows, forward(layers, X, workspace[X.shape[0]], activation)
