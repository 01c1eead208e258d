"""Initial weights: functions that fill a weight matrix in place.

An initializer is called as ``initializer(W, rng)`` with ``W`` of shape (fan_in,
fan_out). `INITIALIZERS` names functions that build one from ``init_scale``, which only
``normal`` and ``uniform`` look at.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

__all__ = ["INITIALIZERS", "Initializer"]

Initializer = Callable[[np.ndarray, np.random.Generator], object]


def _fill_uniform(W: np.ndarray, bound: float, rng: np.random.Generator) -> None:
    W[...] = rng.uniform(-bound, bound, size=W.shape)


def _he(scale: float) -> Initializer:
    """He et al. (2015), "Delving deep into rectifiers", equation (10), uniform."""
    return lambda W, rng: _fill_uniform(W, math.sqrt(6.0 / W.shape[0]), rng)


def _glorot(scale: float) -> Initializer:
    """Glorot & Bengio (2010), equation (16)."""
    return lambda W, rng: _fill_uniform(W, math.sqrt(6.0 / sum(W.shape)), rng)


def _lecun(scale: float) -> Initializer:
    """LeCun et al. (1998), "Efficient BackProp", equation (16), uniform."""
    return lambda W, rng: _fill_uniform(W, math.sqrt(3.0 / W.shape[0]), rng)


def _normal(scale: float) -> Initializer:
    def fill(W: np.ndarray, rng: np.random.Generator) -> None:
        W[...] = rng.normal(0.0, scale, size=W.shape)

    return fill


def _uniform(scale: float) -> Initializer:
    return lambda W, rng: _fill_uniform(W, scale, rng)


def _fan_product(scale: float) -> Initializer:
    return lambda W, rng: _fill_uniform(W, 1.0 / math.sqrt(W.size), rng)


INITIALIZERS: dict[str, Callable[[float], Initializer]] = {
    "he": _he,
    "glorot": _glorot,
    "lecun": _lecun,
    "normal": _normal,
    "uniform": _uniform,
    "fan_product": _fan_product,
}
