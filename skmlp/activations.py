"""Activations of the hidden layer: pairs (forward, backward) that work in place.

``forward(Z, H)`` writes f(Z) into ``H``. It may overwrite ``Z`` with values that the
backward pass needs. ``backward(Z, H, dH)`` gets both as ``forward`` left them,
multiplies ``dH`` by f'(Z), which gives dZ, and may overwrite ``Z`` and ``H``. The three
arrays have shape (n_rows, n_hidden) and the same dtype, and do not overlap.
`ACTIVATIONS` names the pairs; the parameter ``activation`` takes a name, or an
`Activation` or class with the same methods.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy import special

__all__ = ["ACTIVATIONS", "Activation", "ActivationName"]

ActivationName: TypeAlias = Literal[
    "relu",
    "tanh",
    "logistic",
    "identity",
    "leaky_relu",
    "elu",
    "softplus",
    "silu",
    "gelu",
]

_INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
_LEAK = 0.01


@dataclass(frozen=True)
class Activation:
    """A function of the hidden layer and its derivative, both in place.

    Parameters
    ----------
    forward : callable
        ``forward(Z, H)`` writes f(Z) into ``H``; it may overwrite ``Z``.
    backward : callable
        ``backward(Z, H, dH)`` multiplies ``dH`` by f'(Z); it may overwrite all three.
    is_rectifier : bool, default=False
        Whether the function is (nearly) zero for negative input, as ReLU is, so that
        ``weight_init="auto"`` chooses the initialisation of He et al.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.activations import ACTIVATIONS
    >>> Z = np.array([[-1.0, 2.0]])
    >>> H, dH = np.empty_like(Z), np.ones_like(Z)
    >>> ACTIVATIONS["relu"].forward(Z, H)
    >>> ACTIVATIONS["relu"].backward(Z, H, dH)
    >>> H, dH
    (array([[0., 2.]]), array([[0., 1.]]))

    Your own, here z²:

    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.activations import Activation
    >>> square = Activation(
    ...     forward=lambda Z, H: np.multiply(Z, Z, out=H),
    ...     backward=lambda Z, H, dH: np.multiply(dH, 2 * Z, out=dH),
    ... )
    >>> clf = TwoLayerClassifier(activation=square).fit([[-1], [0], [1]], [0, 1, 0])
    """

    forward: Callable[[np.ndarray, np.ndarray], object]
    backward: Callable[[np.ndarray, np.ndarray, np.ndarray], object]
    is_rectifier: bool = False


def _identity(Z: np.ndarray, H: np.ndarray) -> None:
    np.copyto(H, Z)


def _identity_backward(Z: np.ndarray, H: np.ndarray, dH: np.ndarray) -> None:
    """Leave dH as it is: f' = 1."""


def _relu(Z: np.ndarray, H: np.ndarray) -> None:
    Z.clip(0.0, math.inf, out=H)  # NumPy's maximum takes three times as long


def _relu_backward(Z: np.ndarray, H: np.ndarray, dH: np.ndarray) -> None:
    np.greater(H, 0.0, out=Z)  # f' = [z > 0]; assigning by a mask is 12 times slower
    np.multiply(dH, Z, out=dH)


def _leaky_relu(Z: np.ndarray, H: np.ndarray) -> None:
    np.multiply(Z, _LEAK, out=H)
    np.maximum(Z, H, out=H)


def _leaky_relu_backward(Z: np.ndarray, H: np.ndarray, dH: np.ndarray) -> None:
    np.greater(H, 0.0, out=Z)
    np.multiply(Z, 1.0 - _LEAK, out=Z)
    np.add(Z, _LEAK, out=Z)  # f' = 1 where z > 0, else 0.01
    np.multiply(dH, Z, out=dH)


def _elu(Z: np.ndarray, H: np.ndarray) -> None:
    np.minimum(Z, 0.0, out=H)
    np.expm1(H, out=H)
    np.maximum(Z, 0.0, out=Z)
    np.add(H, Z, out=H)  # h = z where z > 0, else exp(z) - 1


def _elu_backward(Z: np.ndarray, H: np.ndarray, dH: np.ndarray) -> None:
    np.minimum(H, 0.0, out=Z)
    np.add(Z, 1.0, out=Z)  # f' = min(h, 0) + 1
    np.multiply(dH, Z, out=dH)


def _tanh(Z: np.ndarray, H: np.ndarray) -> None:
    np.tanh(Z, out=H)


def _tanh_backward(Z: np.ndarray, H: np.ndarray, dH: np.ndarray) -> None:
    np.multiply(H, H, out=Z)
    np.subtract(1.0, Z, out=Z)  # f' = 1 - h²
    np.multiply(dH, Z, out=dH)


def _logistic(Z: np.ndarray, H: np.ndarray) -> None:
    special.expit(Z, out=H)


def _logistic_backward(Z: np.ndarray, H: np.ndarray, dH: np.ndarray) -> None:
    np.subtract(1.0, H, out=Z)
    np.multiply(Z, H, out=Z)  # f' = h (1 - h)
    np.multiply(dH, Z, out=dH)


def _softplus(Z: np.ndarray, H: np.ndarray) -> None:
    np.logaddexp(0.0, Z, out=H)


def _softplus_backward(Z: np.ndarray, H: np.ndarray, dH: np.ndarray) -> None:
    special.expit(Z, out=Z)  # f' = logistic(z)
    np.multiply(dH, Z, out=dH)


def _silu(Z: np.ndarray, H: np.ndarray) -> None:
    special.expit(Z, out=H)
    np.multiply(Z, H, out=H)  # h = z s, s = logistic(z)


def _silu_backward(Z: np.ndarray, H: np.ndarray, dH: np.ndarray) -> None:
    np.negative(Z, out=Z)
    special.expit(Z, out=Z)  # 1 - s
    np.subtract(H, 1.0, out=H)
    np.multiply(H, Z, out=H)
    np.add(H, 1.0, out=H)  # f' = s + h (1 - s) = (h - 1) (1 - s) + 1
    np.multiply(dH, H, out=dH)


def _gelu(Z: np.ndarray, H: np.ndarray) -> None:
    special.ndtr(Z, out=H)
    np.multiply(Z, H, out=H)  # h = z Φ(z)


def _gelu_backward(Z: np.ndarray, H: np.ndarray, dH: np.ndarray) -> None:
    np.multiply(Z, Z, out=H)
    np.multiply(H, -0.5, out=H)
    np.exp(H, out=H)
    np.multiply(H, Z, out=H)
    np.multiply(H, _INV_SQRT_2PI, out=H)  # z φ(z)
    special.ndtr(Z, out=Z)
    np.add(H, Z, out=H)  # f' = Φ(z) + z φ(z)
    np.multiply(dH, H, out=dH)


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(_relu, _relu_backward, is_rectifier=True),
    "tanh": Activation(_tanh, _tanh_backward),
    "logistic": Activation(_logistic, _logistic_backward),
    "identity": Activation(_identity, _identity_backward),
    "leaky_relu": Activation(_leaky_relu, _leaky_relu_backward, is_rectifier=True),
    "elu": Activation(_elu, _elu_backward, is_rectifier=True),
    "softplus": Activation(_softplus, _softplus_backward, is_rectifier=True),
    "silu": Activation(_silu, _silu_backward, is_rectifier=True),
    "gelu": Activation(_gelu, _gelu_backward, is_rectifier=True),
}
