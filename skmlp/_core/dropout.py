"""Inverted dropout, of hidden units and of features, as wrappers of what is dropped.

A number is dropped with probability `rate` and otherwise multiplied by 1 / (1 - rate),
so that nothing is to be rescaled when predicting. Srivastava et al. (2014), "Dropout: a
simple way to prevent neural networks from overfitting", JMLR 15, section 10.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import sparse

from skmlp._core.network import Activation
from skmlp._core.rows import Matrix, Rows, leading


def draw_mask(rate: float, rng: np.random.Generator, out: np.ndarray) -> None:
    """Fill a contiguous array with zeros and 1 / (1 - rate)."""
    rng.random(dtype=out.dtype, out=out)
    np.greater_equal(out, rate, out=out)
    np.multiply(out, 1.0 / (1.0 - rate), out=out)


class DroppedUnits:
    """An activation whose units are dropped: itself an activation.

    The undropped H is kept, because most derivatives are taken from it. Members, whose
    rows follow one another, are dropped the same units of the same rows.
    """

    def __init__(
        self,
        activation: Activation,
        rate: float,
        rng: np.random.Generator,
        n_elements: int,
        dtype: np.dtype,
        n_members: int = 1,
    ) -> None:
        self.activation = activation
        self.rate = rate
        self.rng = rng
        self.n_members = n_members
        self.kept = np.empty(n_elements * n_members, dtype)
        self.mask = np.empty(n_elements, dtype)

    def forward(self, Z: np.ndarray, H: np.ndarray) -> None:
        """Write f(Z) times a new mask into H."""
        kept, mask = leading(self.kept, *Z.shape), self._mask(Z)
        self.activation.forward(Z, kept)
        draw_mask(self.rate, self.rng, out=mask)
        self._drop(kept, mask, out=H)

    def backward(self, Z: np.ndarray, H: np.ndarray, dH: np.ndarray) -> None:
        """Multiply dH by the mask that forward drew and by f'(Z)."""
        kept, mask = leading(self.kept, *Z.shape), self._mask(Z)
        self._drop(dH, mask, out=dH)
        self.activation.backward(Z, kept, dH)

    def _mask(self, Z: np.ndarray) -> np.ndarray:
        """Return where the mask of the rows of a member is."""
        return leading(self.mask, len(Z) // self.n_members, Z.shape[1])

    def _drop(self, A: np.ndarray, mask: np.ndarray, out: np.ndarray) -> None:
        """Write A times the mask, of each member, into out."""
        by_member = (self.n_members, *mask.shape)
        np.multiply(A.reshape(by_member), mask, out=out.reshape(by_member))


class DroppedFeatures:
    """Rows of X whose features are dropped: themselves rows.

    Of sparse rows only what is there is dropped; dropping a zero changes nothing.
    """

    def __init__(
        self, rows: Rows, rate: float, rng: np.random.Generator, dtype: np.dtype
    ) -> None:
        self.rows = rows
        self.rate = rate
        self.rng = rng
        self.storage = np.empty(0, dtype)

    def __getitem__(self, key: slice | np.ndarray) -> Matrix:
        """Return the rows times a new mask, valid until the next call."""
        X = self.rows[key]
        values = X.data if sparse.issparse(X) else X
        dropped = self._mask(values.shape)
        np.multiply(values, dropped, out=dropped)
        if sparse.issparse(X):
            return type(X)((dropped, X.indices, X.indptr), shape=X.shape)
        return dropped

    def _mask(self, shape: tuple[int, ...]) -> np.ndarray:
        """Draw a mask into storage that grows to the largest shape asked for."""
        if self.storage.size < math.prod(shape):
            self.storage = np.empty(math.prod(shape), self.storage.dtype)
        mask = leading(self.storage, *shape)
        draw_mask(self.rate, self.rng, out=mask)
        return mask
