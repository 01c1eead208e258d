"""The mathematics: a network of two layers, its loss and its gradient.

One alphabet, here and in the documentation:

==========================================  ============  =====================
quantity                                    name          shape
==========================================  ============  =====================
rows of a batch                             X             (n_rows, n_features)
class indices, what each row counts         y, weight     (n_rows,)
weights and biases, hidden layer            W1, b1        (n_features, n_hidden)
weights and biases, output layer            W2, b2        (n_hidden, n_outputs)
hidden layer before / after the activation  Z, H          (n_rows, n_hidden)
output layer before its link                logits        (n_outputs, n_rows)
gradient of the loss with respect to A      dA            as A
==========================================  ============  =====================

    Z = X W1 + b1        H = f(Z)        logits = W2ᵀ Hᵀ + b2
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from skmlp._core.batches import Block, Matrix, leading
from skmlp._core.blas import IN_CACHE, add_scaled
from skmlp._core.standardization import Standardization


class Activation(Protocol):
    """See `skmlp.activations`."""

    def forward(self, Z: np.ndarray, H: np.ndarray) -> None: ...
    def backward(self, Z: np.ndarray, H: np.ndarray, dH: np.ndarray) -> None: ...


class Loss(Protocol):
    """See `skmlp.losses`."""

    def value_and_grad(
        self, y: np.ndarray, logits: np.ndarray, weight: np.ndarray, dlogits: np.ndarray
    ) -> float: ...


class Layers(NamedTuple):
    """The two layers, wherever they are kept: what the forward pass reads."""

    W1: np.ndarray
    W2: np.ndarray
    b1: np.ndarray
    b2: np.ndarray


class Parameters:
    """Weights and biases: one vector, `flat`, with named views.

    The weights come first, so that what is penalised is one slice, and a solver's step
    is a few operations on one vector. Without intercept `flat` ends with the weights:
    the biases are there, and zero, and nothing trains them.
    """

    def __init__(
        self,
        n_features: int,
        n_hidden: int,
        n_outputs: int,
        dtype: np.typing.DTypeLike,
        fit_intercept: bool = True,
        standardization: Standardization | None = None,
        storage: np.ndarray | None = None,
    ) -> None:
        self.standardization = standardization
        self.shape = (n_features, n_hidden, n_outputs)
        self.dtype = np.dtype(dtype)
        self.fit_intercept = fit_intercept
        W1_size, W2_size = n_features * n_hidden, n_hidden * n_outputs
        self.n_weights = W1_size + W2_size
        n_params = self.n_weights + n_hidden + n_outputs
        storage = np.zeros(n_params, dtype) if storage is None else storage[:n_params]
        self.storage = storage
        self.W1 = storage[:W1_size].reshape(n_features, n_hidden)
        self.W2 = storage[W1_size : self.n_weights].reshape(n_hidden, n_outputs)
        self.b1 = storage[self.n_weights : self.n_weights + n_hidden]
        self.b2 = storage[self.n_weights + n_hidden :]
        self.weights = storage[: self.n_weights]
        self.flat = storage if fit_intercept else self.weights

    def zeros_like(self) -> Parameters:
        """Return parameters of the same shape and dtype that are all zero."""
        return Parameters(*self.shape, self.dtype, self.fit_intercept)

    def leading(self, n_features: int) -> Parameters:
        """Return parameters for fewer features, in the same memory."""
        return Parameters(
            n_features,
            *self.shape[1:],
            self.dtype,
            self.fit_intercept,
            storage=self.storage,
        )

    def layers(self) -> Layers:
        """Return the layers for features as they are: copies, or the very arrays."""
        if self.standardization is None:
            return Layers(self.W1, self.W2, self.b1, self.b2)
        W1 = self.standardization.to_raw(self.W1)
        b1 = self.b1 - self.standardization.bias_shift(W1)
        return Layers(W1, self.W2, b1.astype(self.dtype), self.b2)

    def set_layers(self, layers: Layers) -> None:
        """Take over the layers for features as they are."""
        restored_b1 = self.restored_b1(layers)
        np.copyto(self.W1, layers.W1)
        if self.standardization is not None:
            self.standardization.from_raw(self.W1)
        np.copyto(self.W2, layers.W2)
        np.copyto(self.b1, restored_b1)
        np.copyto(self.b2, layers.b2)

    def restored_b1(self, layers: Layers) -> np.ndarray:
        """Return b1 for standardised features, given the layers for others."""
        if self.standardization is None:
            return layers.b1
        return (layers.b1 + self.standardization.bias_shift(layers.W1)).astype(
            self.dtype
        )


class Workspace:
    """Every buffer that a block of n_rows rows needs, allocated once.

    Those of the backward pass are allocated when they are asked for.
    """

    def __init__(
        self, n_rows: int, n_hidden: int, n_outputs: int, dtype: np.dtype
    ) -> None:
        self.Z, self.H = (np.empty(n_rows * n_hidden, dtype) for _ in range(2))
        self.scores, self.logits = (
            np.empty(n_rows * n_outputs, dtype) for _ in range(2)
        )
        self.n_hidden, self.n_outputs = n_hidden, n_outputs
        self.by_n_rows: dict[int, Buffers] = {}

    def __getitem__(self, n_rows: int) -> Buffers:
        """Return the buffers for so many rows, which share one memory."""
        if n_rows not in self.by_n_rows:
            self.by_n_rows[n_rows] = Buffers(self, n_rows)
        return self.by_n_rows[n_rows]

    @cached_property
    def dH(self) -> np.ndarray:
        """Memory for the gradient with respect to H."""
        return np.empty_like(self.H)

    @cached_property
    def dlogits(self) -> np.ndarray:
        """Memory for the gradient with respect to the logits."""
        return np.empty_like(self.logits)


class Buffers:
    """The buffers of one block, named after what they hold."""

    def __init__(self, workspace: Workspace, n_rows: int) -> None:
        self.workspace, self.n_rows = workspace, n_rows
        n_hidden, n_outputs = workspace.n_hidden, workspace.n_outputs
        self.Z = leading(workspace.Z, n_rows, n_hidden)
        self.H = leading(workspace.H, n_rows, n_hidden)
        self.scores = leading(workspace.scores, n_rows, n_outputs)
        self.logits = leading(workspace.logits, n_outputs, n_rows)

    @cached_property
    def dH(self) -> np.ndarray:
        """The gradient with respect to H, later to Z."""
        return leading(self.workspace.dH, *self.H.shape)

    @cached_property
    def dlogits(self) -> np.ndarray:
        """The gradient with respect to the logits."""
        return leading(self.workspace.dlogits, *self.logits.shape)

    @cached_property
    def ones(self) -> np.ndarray:
        """A one a row: what sums over rows."""
        return np.ones(self.n_rows, self.Z.dtype)


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
    block: Block,
    buffers: Buffers,
    activation: Activation,
    loss: Loss,
    grads: Parameters,
) -> float:
    """Return the weighted loss of a block; write its gradient into grads."""
    X, y, weight = block
    Z, H, dH, dlogits, ones = (
        buffers.Z,
        buffers.H,
        buffers.dH,
        buffers.dlogits,
        buffers.ones,
    )
    logits = forward(params, X, buffers, activation)
    value = loss.value_and_grad(y, logits, weight, dlogits)
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


def add_penalty(params: Parameters, alpha: float, grads: Parameters) -> float:
    """Return alpha/2 (‖W1‖² + ‖W2‖²); add its gradient to grads."""
    if alpha == 0:
        return 0.0
    squared_norm = 0.0
    for start in range(0, params.n_weights, IN_CACHE):
        weights = params.weights[start : start + IN_CACHE]
        add_scaled(weights, alpha, out=grads.weights[start : start + IN_CACHE])
        squared_norm += float(np.dot(weights, weights))
    return 0.5 * alpha * squared_norm


def blockwise_logits(
    layers: Layers,
    blocks: Iterable[tuple[slice | np.ndarray, Matrix]],
    activation: Activation,
    workspace: Workspace,
) -> Iterator[tuple[slice | np.ndarray, np.ndarray]]:
    """Yield the logits of each block; they may be overwritten."""
    for rows, X in blocks:
        yield rows, forward(layers, X, workspace[X.shape[0]], activation)


class Objective:
    """What training minimises: the weighted mean loss plus alpha/2 ‖W‖².

    Parameters
    ----------
    params : Parameters
        What it is a function of.
    activation : Activation
        Of the hidden layer, wrapped in dropout where there is some.
    loss : Loss
    alpha : float
        Strength of the penalty, at least 0.
    block_rows : int
        The rows of the largest block.
    """

    def __init__(
        self,
        params: Parameters,
        activation: Activation,
        loss: Loss,
        alpha: float,
        block_rows: int,
    ) -> None:
        self.params = params
        self.activation = activation
        self.loss = loss
        self.alpha = alpha
        self.workspace = Workspace(block_rows, *params.shape[1:], params.dtype)

    def loss_and_grad(self, blocks: Iterator[Block], grads: Parameters) -> float:
        """Return the objective of a batch; write its gradient into grads."""
        value = self._backpropagate(next(blocks), grads)
        for block in blocks:
            value += self._backpropagate(block, self.grads_of_block)
            np.add(grads.flat, self.grads_of_block.flat, out=grads.flat)
        return value + add_penalty(self.params, self.alpha, grads)

    @cached_property
    def grads_of_block(self) -> Parameters:
        """Where a batch of several blocks has the gradients of all but its first."""
        return self.params.zeros_like()

    def _backpropagate(self, block: Block, grads: Parameters) -> float:
        buffers = self.workspace[len(block.y)]
        return backpropagate(
            self.params, block, buffers, self.activation, self.loss, grads
        )


def evaluate(
    layers: Layers,
    blocks: Iterable[tuple[slice | np.ndarray, Matrix]],
    y: np.ndarray,
    weight: np.ndarray,
    activation: Activation,
    loss: Loss,
    workspace: Workspace,
) -> tuple[float, float]:
    """Return the weighted mean loss, without penalty, and the weighted accuracy.

    NaN where no row counts, as in a chunk of a class of weight 0.
    """
    total, correct, total_weight = 0.0, 0.0, 0.0
    for rows, logits in blockwise_logits(layers, blocks, activation, workspace):
        hits = logits.argmax(axis=0) == y[rows]
        correct += float(np.dot(weight[rows], hits))
        scratch = workspace[logits.shape[1]].dlogits
        total += loss.value_and_grad(y[rows], logits, weight[rows], scratch)
        total_weight += float(weight[rows].sum(dtype=np.float64))
    if total_weight == 0:
        return math.nan, math.nan
    return total / total_weight, correct / total_weight
