"""Initial weights: functions that fill a weight matrix in place.

An initializer is called as ``initializer(W, rng)`` with ``W`` of shape (fan_in,
fan_out). `INITIALIZERS` names the classes; the parameter ``weight_init`` takes a
name, a class, an instance, or any function ``f(W, rng)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from skmlp._entries import Entry

__all__ = [
    "INITIALIZERS",
    "FanProduct",
    "Glorot",
    "He",
    "Initializer",
    "InitializerName",
    "LeCun",
    "Normal",
    "Uniform",
]

InitializerName: TypeAlias = Literal[
    "auto", "he", "glorot", "lecun", "normal", "uniform", "fan_product"
]

# Numbers that are drawn at a time: 1 MB in float64, a cache.
_AT_ONCE = 2**17


class Initializer(Entry):
    """Base class of initializers, which fill a weight matrix.

    Attributes
    ----------
    options : tuple of str
        Parameters of the estimator that the constructor takes as keywords when the
        initializer is chosen by name or as a class.

    Examples
    --------
    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.initializers import Initializer
    >>> class Constant(Initializer):
    ...     def __call__(self, W, rng):
    ...         W[...] = 0.01
    >>> clf = TwoLayerClassifier(weight_init=Constant())
    """

    def __call__(self, W: np.ndarray, rng: np.random.Generator) -> None:
        """Fill W, of shape (fan_in, fan_out), with random numbers from rng."""
        raise self._lacks("__call__")


def _fill(W: np.ndarray, draw: Callable[..., Any]) -> None:
    """Fill W by numbers that are drawn for some of its rows at a time, in the cache."""
    n_rows = max(_AT_ONCE // W.shape[1], 1)
    for start in range(0, len(W), n_rows):
        rows = W[start : start + n_rows]
        rows[...] = draw(size=rows.shape)


def _fill_uniform(W: np.ndarray, bound: float, rng: np.random.Generator) -> None:
    _fill(W, partial(rng.uniform, -bound, bound))


class He(Initializer):
    """Uniform within ±√(6 / fan_in).

    References
    ----------
    He et al. (2015), "Delving deep into rectifiers", equation (10), uniform.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.initializers import He
    >>> He()(W := np.empty((600, 50)), np.random.default_rng(0))
    >>> bool(0.099 < abs(W).max() < 0.1)
    True
    """

    def __call__(self, W: np.ndarray, rng: np.random.Generator) -> None:
        """Fill W."""
        _fill_uniform(W, math.sqrt(6.0 / W.shape[0]), rng)


class Glorot(Initializer):
    """Uniform within ±√(6 / (fan_in + fan_out)).

    References
    ----------
    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward
    neural networks", equation (16).

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.initializers import Glorot
    >>> Glorot()(W := np.empty((400, 200)), np.random.default_rng(0))
    >>> bool(0.099 < abs(W).max() < 0.1)
    True
    """

    def __call__(self, W: np.ndarray, rng: np.random.Generator) -> None:
        """Fill W."""
        _fill_uniform(W, math.sqrt(6.0 / sum(W.shape)), rng)


class LeCun(Initializer):
    """Uniform within ±√(3 / fan_in).

    References
    ----------
    LeCun et al. (1998), "Efficient BackProp", equation (16), uniform.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.initializers import LeCun
    >>> LeCun()(W := np.empty((300, 50)), np.random.default_rng(0))
    >>> bool(0.099 < abs(W).max() < 0.1)
    True
    """

    def __call__(self, W: np.ndarray, rng: np.random.Generator) -> None:
        """Fill W."""
        _fill_uniform(W, math.sqrt(3.0 / W.shape[0]), rng)


class Normal(Initializer):
    """Normal with mean 0.

    Parameters
    ----------
    init_scale : float, default=0.05
        The standard deviation, positive.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.initializers import Normal
    >>> Normal(0.1)(W := np.empty((300, 50)), np.random.default_rng(0))
    >>> print(f"{W.std():.2f}")
    0.10
    """

    options: ClassVar[tuple[str, ...]] = ("init_scale",)

    def __init__(self, init_scale: float = 0.05) -> None:
        self.init_scale = init_scale

    def __call__(self, W: np.ndarray, rng: np.random.Generator) -> None:
        """Fill W."""
        _fill(W, partial(rng.normal, 0.0, self.init_scale))


class Uniform(Initializer):
    """Uniform within a bound.

    Parameters
    ----------
    init_scale : float, default=0.05
        The bound, positive.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.initializers import Uniform
    >>> Uniform(0.1)(W := np.empty((300, 50)), np.random.default_rng(0))
    >>> bool(0.099 < abs(W).max() < 0.1)
    True
    """

    options: ClassVar[tuple[str, ...]] = ("init_scale",)

    def __init__(self, init_scale: float = 0.05) -> None:
        self.init_scale = init_scale

    def __call__(self, W: np.ndarray, rng: np.random.Generator) -> None:
        """Fill W."""
        _fill_uniform(W, self.init_scale, rng)


class FanProduct(Initializer):
    """Uniform within ±1 / √(fan_in fan_out).

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.initializers import FanProduct
    >>> FanProduct()(W := np.empty((50, 2)), np.random.default_rng(0))
    >>> bool(0.09 < abs(W).max() < 0.1)
    True
    """

    def __call__(self, W: np.ndarray, rng: np.random.Generator) -> None:
        """Fill W."""
        _fill_uniform(W, 1.0 / math.sqrt(W.size), rng)


INITIALIZERS: dict[str, type[Initializer]] = {
    "he": He,
    "glorot": Glorot,
    "lecun": LeCun,
    "normal": Normal,
    "uniform": Uniform,
    "fan_product": FanProduct,
}
