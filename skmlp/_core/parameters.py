"""Weights and biases: one flat vector with named views, and the layers for raw X."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skmlp._core.blas import empty, zeros
from skmlp._core.standardization import Standardization


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

    With `n_members` they are those of so many networks of one shape, side by side: each
    view has one more axis, the first, and the vector holds W1 of all members, then W2
    of all, b1 and b2. With None, of one network, the views have no such axis.
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
        n_members: int | None = None,
    ) -> None:
        self.standardization = standardization
        self.shape = (n_features, n_hidden, n_outputs)
        self.dtype: np.dtype = np.dtype(dtype)
        self.fit_intercept = fit_intercept
        self.n_members = n_members
        members, n = ((), 1) if n_members is None else ((n_members,), n_members)
        W1_size, W2_size = n * n_features * n_hidden, n * n_hidden * n_outputs
        self.n_weights = W1_size + W2_size
        b2_start = self.n_weights + n * n_hidden
        n_params = b2_start + n * n_outputs
        storage = zeros(n_params, dtype) if storage is None else storage[:n_params]
        self.storage = storage
        W1, W2 = storage[:W1_size], storage[W1_size : self.n_weights]
        self.W1 = W1.reshape(*members, n_features, n_hidden)
        self.W2 = W2.reshape(*members, n_hidden, n_outputs)
        self.b1 = storage[self.n_weights : b2_start].reshape(*members, n_hidden)
        self.b2 = storage[b2_start:].reshape(*members, n_outputs)
        self.weights = storage[: self.n_weights]
        self.flat = storage if fit_intercept else self.weights

    @property
    def centers(self) -> bool:
        """Whether the features that W1 is for are centred."""
        return self.standardization is not None and self.standardization.centers

    def zeros_like(self) -> Parameters:
        """Return parameters of the same shape and dtype that are all zero."""
        return Parameters(
            *self.shape, self.dtype, self.fit_intercept, n_members=self.n_members
        )

    def empty_like(self) -> Parameters:
        """Return parameters of the same kind whose numbers are any, for a copy."""
        return Parameters(
            *self.shape,
            self.dtype,
            self.fit_intercept,
            self.standardization,
            empty(self.storage.size, self.dtype),
            self.n_members,
        )

    def copy(self) -> Parameters:
        """Return the same parameters in memory of their own."""
        copied = self.empty_like()
        np.copyto(copied.storage, self.storage)
        return copied

    def repeated(self, n_members: int) -> Parameters:
        """Return parameters of so many members that all are as this network is."""
        repeated = Parameters(
            *self.shape,
            self.dtype,
            self.fit_intercept,
            self.standardization,
            n_members=n_members,
        )
        for name in Layers._fields:
            getattr(repeated, name)[...] = getattr(self, name)
        return repeated

    def copy_member(self, i: int, out: Parameters) -> None:
        """Copy the parameters of one member to those of one network."""
        for name in Layers._fields:
            getattr(out, name)[...] = getattr(self, name)[i]

    def of_units(self, units: slice) -> Parameters:
        """Return parameters for some of the hidden units that are all zero."""
        n_features, n_hidden, n_outputs = self.shape
        return Parameters(
            n_features,
            len(range(n_hidden)[units]),
            n_outputs,
            self.dtype,
            self.fit_intercept,
            self.standardization,
        )

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
            return self._as_they_are()
        W1 = self.standardization.to_raw(self.W1)
        b1 = self.b1 - self.standardization.bias_shift(W1)
        return Layers(W1, self.W2, b1.astype(self.dtype), self.b2)

    def to_compute(self) -> tuple[Layers, Standardization | None]:
        """Return the layers to compute with, and what rows are to be standardised by.

        That is nothing, but where features lie so far from zero that X W1 has no digits
        left of their differences: there all is computed as in training.
        """
        if self.standardization is None or not self.standardization.far.size:
            return self.layers(), None
        return self._as_they_are(), self.standardization.without_limit()

    def to_compute_as_trained(self) -> tuple[Layers, Standardization | None]:
        """Return the layers that training moves, and what it standardises rows by."""
        return self._as_they_are(), self.standardization

    def _as_they_are(self) -> Layers:
        return Layers(self.W1, self.W2, self.b1, self.b2)

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
