"""Stochastic solvers: a gradient becomes an in-place step on one flat vector.

``step(params, grads, learning_rate)`` overwrites ``grads`` with the step and then adds
it to ``params`` in one operation, so that an interrupt finds the parameters either as
they were or as they will be. The first ``n_weights`` entries of both vectors are
weights, the rest biases. `SOLVERS` names the classes; each names in ``options`` the
parameters of the estimator that it takes, and in ``state`` the attributes that it has
to remember from step to step. One that takes ``alpha`` shrinks the weights
itself: the objective is then left without its penalty.
"""

from __future__ import annotations

import math
from typing import ClassVar, Protocol

import numpy as np

from skmlp._blas import add_scaled

# Parameters that Adam's eight passes go over at a time, while they are in the cache: a
# fifth faster for 400,000 parameters.
_IN_CACHE = 2**16

__all__ = ["SGD", "SOLVERS", "Adam", "AdamW", "ClippedNorm"]


class Solver(Protocol):
    """What every solver can do."""

    def step(self, params: np.ndarray, grads: np.ndarray, learning_rate: float) -> None:
        """Move the parameters against the gradient; overwrite the gradient."""


class SGD:
    """Stochastic gradient descent with momentum, Nesterov's or classical, or none.

    With v the velocity, η the learning rate and μ the momentum::

        v ← μ v - η g
        params ← params + v                (classical)
        params ← params + μ v - η g        (Nesterov)

    which is `MLPClassifier`'s and Keras's form: a change of η does not rescale v, as it
    does in PyTorch's.

    Parameters
    ----------
    n_params : int
        The length of the parameter vector.
    n_weights : int
        How many of the first parameters are weights.
    dtype : dtype
        Either float32 or float64, that of the parameters.
    momentum : float, default=0.9
        The factor μ, in [0, 1).
    nesterovs_momentum : bool, default=True
        Whether to look ahead.

    References
    ----------
    Sutskever et al. (2013), "On the importance of initialization and momentum in deep
    learning", ICML, equations (1)-(4), in Bengio's simplified form for Nesterov's.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.solvers import SGD
    >>> params, solver = np.zeros(1), SGD(1, 1, float, momentum=0.5)
    >>> solver.step(params, np.ones(1), learning_rate=1.0)
    >>> params
    array([-1.5])
    """

    options: ClassVar[tuple[str, ...]] = ("momentum", "nesterovs_momentum")
    state: ClassVar[tuple[str, ...]] = ("velocity", "momentum")

    def __init__(
        self,
        n_params: int,
        n_weights: int,
        dtype: np.typing.DTypeLike,
        *,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
    ) -> None:
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.velocity = np.zeros(n_params if momentum else 0, dtype)  # holds μ v

    def step(self, params: np.ndarray, grads: np.ndarray, learning_rate: float) -> None:
        """Move the parameters against the gradient; overwrite the gradient."""
        if not self.momentum:
            add_scaled(grads, -learning_rate, out=params)
            return
        np.multiply(grads, -learning_rate, out=grads)
        self._add_velocity(grads)
        np.add(params, grads, out=params)

    def _add_velocity(self, step: np.ndarray) -> None:
        """Turn -η g into the step with momentum; keep μ v for the next."""
        velocity = self.velocity
        np.add(velocity, step, out=velocity)  # v = μ v - η g
        if self.nesterovs_momentum:
            np.multiply(velocity, self.momentum, out=velocity)
            np.add(step, velocity, out=step)
        else:
            np.copyto(step, velocity)
            np.multiply(velocity, self.momentum, out=velocity)


class Adam:
    """Adam: steps along the mean gradient over the root of its mean square.

    The moments are kept divided by 1 - β, which saves two passes over them, and the
    corrections of their bias are folded into the two scalars of the last line::

        m ← β₁ m + g            v ← β₂ v + g²
        params ← params - η a₁ m / (a₂ √v + ε)
        a₁ = (1 - β₁) / (1 - β₁ᵗ)       a₂ = √((1 - β₂) / (1 - β₂ᵗ))

    ε stands outside of the corrected root, as in the paper's algorithm 1 and PyTorch,
    not as in its section 2, `MLPClassifier` and Keras.

    Parameters
    ----------
    n_params : int
        The length of the parameter vector.
    n_weights : int
        How many of the first parameters are weights.
    dtype : dtype
        Either float32 or float64, that of the parameters; the moments have it too.
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the two means a step, in [0, 1).
    epsilon : float, default=1e-8
        The constant ε, positive.

    References
    ----------
    Kingma & Ba (2015), "Adam: a method for stochastic optimization", algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.solvers import Adam
    >>> params, solver = np.zeros(2), Adam(2, 2, float)
    >>> solver.step(params, np.array([100.0, -0.01]), learning_rate=0.5)
    >>> params.round(6)
    array([-0.5,  0.5])
    """

    options: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon")
    state: ClassVar[tuple[str, ...]] = (
        "mean",
        "mean_square",
        "n_steps",
        "beta_1",
        "beta_2",
    )

    def __init__(
        self,
        n_params: int,
        n_weights: int,
        dtype: np.typing.DTypeLike,
        *,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.mean = np.zeros(n_params, dtype)
        self.mean_square = np.zeros(n_params, dtype)
        self.n_steps = 0

    def step(self, params: np.ndarray, grads: np.ndarray, learning_rate: float) -> None:
        """Move the parameters against the gradient; overwrite the gradient."""
        scale = self._turn_into_direction(grads)
        add_scaled(grads, -learning_rate * scale, out=params)

    def _turn_into_direction(self, grads: np.ndarray) -> float:
        """Overwrite the gradient by m / (√v + ε / a₂); return a₁ / a₂."""
        self.n_steps += 1
        a_1 = (1.0 - self.beta_1) / (1.0 - self.beta_1**self.n_steps)
        a_2 = math.sqrt((1.0 - self.beta_2) / (1.0 - self.beta_2**self.n_steps))
        for start in range(0, grads.size, _IN_CACHE):
            part = slice(start, start + _IN_CACHE)
            m, v, g = self.mean[part], self.mean_square[part], grads[part]
            np.multiply(m, self.beta_1, out=m)
            np.add(m, g, out=m)
            np.multiply(g, g, out=g)
            np.multiply(v, self.beta_2, out=v)
            np.add(v, g, out=v)
            np.sqrt(v, out=g)
            np.add(g, self.epsilon / a_2, out=g)
            np.divide(m, g, out=g)
        return a_1 / a_2


class AdamW(Adam):
    """Adam with decoupled weight decay: weights shrink by η λ a step, biases do not.

    Parameters
    ----------
    n_params : int
        The length of the parameter vector.
    n_weights : int
        How many of the first parameters shrink.
    dtype : dtype
        Either float32 or float64, that of the parameters; the moments have it too.
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the two means a step, in [0, 1).
    epsilon : float, default=1e-8
        The constant ε, positive.
    alpha : float, default=0.01
        The strength λ ≥ 0, multiplied by the learning rate as in PyTorch; the paper
        multiplies it by the schedule alone.

    References
    ----------
    Loshchilov & Hutter (2019), "Decoupled weight decay regularization", algorithm 2.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.solvers import AdamW
    >>> params = np.array([1.0, 1.0])
    >>> solver = AdamW(2, 1, float, alpha=0.5)
    >>> solver.step(params, np.zeros(2), learning_rate=0.1)
    >>> params
    array([0.95, 1.  ])
    """

    options: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon", "alpha")

    def __init__(
        self,
        n_params: int,
        n_weights: int,
        dtype: np.typing.DTypeLike,
        *,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        alpha: float = 0.01,
    ) -> None:
        super().__init__(
            n_params, n_weights, dtype, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon
        )
        self.n_weights = n_weights
        self.alpha = alpha

    def step(self, params: np.ndarray, grads: np.ndarray, learning_rate: float) -> None:
        """Move the parameters against the gradient and shrink the weights."""
        scale = self._turn_into_direction(grads)
        weights, direction = params[: self.n_weights], grads[: self.n_weights]
        add_scaled(weights, self.alpha / scale, out=direction)
        add_scaled(grads, -learning_rate * scale, out=params)


SOLVERS: dict[str, type[SGD | Adam | AdamW]] = {
    "adam": Adam,
    "adamw": AdamW,
    "sgd": SGD,
}


class ClippedNorm:
    """Another solver behind a bound on the Euclidean norm of the gradient.

    Parameters
    ----------
    solver : Solver
        What takes the step.
    max_norm : float
        A longer gradient is scaled to this length; positive.

    References
    ----------
    Pascanu et al. (2013), "On the difficulty of training recurrent neural networks",
    ICML, algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.solvers import SGD, ClippedNorm
    >>> params, sgd = np.zeros(2), SGD(2, 2, float, momentum=0.0)
    >>> ClippedNorm(sgd, 1.0).step(params, np.array([3.0, 4.0]), learning_rate=1.0)
    >>> params
    array([-0.6, -0.8])
    """

    def __init__(self, solver: Solver, max_norm: float) -> None:
        self.solver = solver
        self.max_norm = max_norm

    def step(self, params: np.ndarray, grads: np.ndarray, learning_rate: float) -> None:
        """Shorten the gradient where it is too long and take the solver's step."""
        norm = math.sqrt(float(np.dot(grads, grads)))
        if norm > self.max_norm:
            np.multiply(grads, self.max_norm / norm, out=grads)
        self.solver.step(params, grads, learning_rate)
