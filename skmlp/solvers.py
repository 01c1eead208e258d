"""Stochastic solvers: a gradient becomes an in-place step on one flat vector.

``step(params, grads, learning_rate)`` moves ``params`` and may overwrite ``grads``. The
last entries of both vectors may be biases: ``n_weights`` says where the weights end.
`SOLVERS` names the classes; each names in ``options`` the parameters of the estimator
that it takes, in ``memory`` its vectors with one entry a parameter, and in ``state``
all that it has to remember from step to step. One that takes ``alpha`` shrinks the
weights itself: the objective is then left without its penalty.

What decays with every step (velocity, moments) is kept as a vector times a scale: only
the scale decays, and a sum of gradients is one pass of BLAS. Adam's step takes three
quarters of the time that the textbook's takes. Before the scale becomes too small it is
multiplied in, by ``fold``.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from skmlp._core.blas import IN_CACHE, add_scaled

# The scale of a decaying vector stays above it.
_LEAST_SCALE = 2.0**-16

__all__ = ["SGD", "SOLVERS", "Adam", "AdamW", "ClippedNorm"]


def _decayed(vector: np.ndarray, scale: float, decay: float) -> float:
    """Return the scale after a decay; multiply it in where it becomes too small."""
    scale *= decay
    if scale > _LEAST_SCALE:
        return scale
    np.multiply(vector, scale, out=vector)
    return 1.0


class Solver:
    """What every solver can do: a step begins, and moves parameters part by part.

    The two are apart so that training on wide sparse data can move only the parameters
    that a batch has a gradient for.
    """

    options: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[tuple[str, ...]] = ()
    state: ClassVar[tuple[str, ...]] = ()
    n_weights: int

    def step(self, params: np.ndarray, grads: np.ndarray, learning_rate: float) -> None:
        """Move the parameters against the gradient, which may be overwritten."""
        self.begin(grads)
        vectors = (params, grads, *self.vectors())
        for start in range(0, params.size, IN_CACHE):
            part = slice(start, start + IN_CACHE)
            n_weights = max(self.n_weights - start, 0)
            self.move(n_weights, learning_rate, *(vector[part] for vector in vectors))

    def vectors(self) -> tuple[np.ndarray, ...]:
        """Return the memory: vectors with an entry a parameter."""
        return tuple(getattr(self, name) for name in self.memory)

    def begin(self, grads: np.ndarray) -> None:
        """Begin a step: let what is remembered fade."""
        raise NotImplementedError

    def move(
        self,
        n_weights: int,
        learning_rate: float,
        params: np.ndarray,
        grads: np.ndarray,
        *memory: np.ndarray,
    ) -> None:
        """Move some parameters, the first n_weights of which are weights."""
        raise NotImplementedError


class SGD(Solver):
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
    memory: ClassVar[tuple[str, ...]] = ("velocity",)
    state: ClassVar[tuple[str, ...]] = ("velocity", "velocity_scale", "momentum")

    def __init__(
        self,
        n_params: int,
        n_weights: int,
        dtype: np.typing.DTypeLike,
        *,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
    ) -> None:
        self.n_weights = n_weights
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.velocity = np.zeros(n_params if momentum else 0, dtype)
        self.velocity_scale = 1.0

    def vectors(self) -> tuple[np.ndarray, ...]:
        """Return the velocity, where there is one."""
        return (self.velocity,) if self.momentum else ()

    def begin(self, grads: np.ndarray) -> None:
        """Let the velocity fade: v ← μ v."""
        if self.momentum:
            self.velocity_scale = _decayed(
                self.velocity, self.velocity_scale, self.momentum
            )

    def move(
        self,
        n_weights: int,
        learning_rate: float,
        params: np.ndarray,
        grads: np.ndarray,
        *memory: np.ndarray,
    ) -> None:
        """Move parameters by -η g and the velocity."""
        if not memory:
            add_scaled(grads, -learning_rate, out=params)
            return
        (velocity,) = memory
        scale = self.velocity_scale  # v is velocity times scale
        look_ahead = self.momentum if self.nesterovs_momentum else 1.0
        add_scaled(grads, -learning_rate / scale, out=velocity)  # v ← v - η g
        add_scaled(velocity, look_ahead * scale, out=params)
        if self.nesterovs_momentum:
            add_scaled(grads, -learning_rate, out=params)


class Adam(Solver):
    """Adam: steps along the mean gradient over the root of its mean square.

    The moments are kept divided by 1 - β, and the corrections of their bias are folded
    into two scalars::

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
    memory: ClassVar[tuple[str, ...]] = ("mean", "mean_square")
    state: ClassVar[tuple[str, ...]] = (
        "mean",
        "mean_scale",
        "mean_square",
        "mean_square_scale",
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
        self.n_weights = n_weights
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.mean = np.zeros(n_params, dtype)
        self.mean_scale = 1.0
        self.mean_square = np.zeros(n_params, dtype)
        self.mean_square_scale = 1.0
        self.n_steps = 0

    def begin(self, grads: np.ndarray) -> None:
        """Let the moments fade: m ← β₁ m, v ← β₂ v."""
        self.n_steps += 1
        self.mean_scale = _decayed(self.mean, self.mean_scale, self.beta_1)
        self.mean_square_scale = _decayed(
            self.mean_square, self.mean_square_scale, self.beta_2
        )

    def move(
        self,
        n_weights: int,
        learning_rate: float,
        params: np.ndarray,
        grads: np.ndarray,
        *memory: np.ndarray,
    ) -> None:
        """Move parameters by -η a₁ m / (a₂ √v + ε)."""
        a_1 = (1.0 - self.beta_1) / (1.0 - self.beta_1**self.n_steps)
        a_2 = math.sqrt((1.0 - self.beta_2) / (1.0 - self.beta_2**self.n_steps))
        # m is mean times c, v is mean_square times d
        c, d = self.mean_scale, self.mean_square_scale
        a_2 *= math.sqrt(d)
        rate, epsilon = learning_rate * a_1 * c / a_2, self.epsilon / a_2
        mean, mean_square = memory
        add_scaled(grads, 1.0 / c, out=mean)  # m ← m + g
        np.multiply(grads, grads, out=grads)
        add_scaled(grads, 1.0 / d, out=mean_square)  # v ← v + g²
        direction = np.sqrt(mean_square, out=grads)
        np.add(direction, epsilon, out=direction)
        np.divide(mean, direction, out=direction)
        add_scaled(direction, -rate, out=params)


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
        self.alpha = alpha

    def move(
        self,
        n_weights: int,
        learning_rate: float,
        params: np.ndarray,
        grads: np.ndarray,
        *memory: np.ndarray,
    ) -> None:
        """Shrink the weights and move parameters as Adam does."""
        weights = params[:n_weights]
        np.multiply(weights, 1.0 - learning_rate * self.alpha, out=weights)
        super().move(n_weights, learning_rate, params, grads, *memory)


SOLVERS: dict[str, type[SGD | Adam | AdamW]] = {
    "adam": Adam,
    "adamw": AdamW,
    "sgd": SGD,
}


class ClippedNorm(Solver):
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
        self.n_weights = solver.n_weights
        self.max_norm = max_norm

    def vectors(self) -> tuple[np.ndarray, ...]:
        """Return the other solver's memory."""
        return self.solver.vectors()

    def begin(self, grads: np.ndarray) -> None:
        """Shorten the gradient where it is too long; begin the other's step."""
        norm = math.sqrt(float(np.dot(grads, grads)))
        if norm > self.max_norm:
            np.multiply(grads, self.max_norm / norm, out=grads)
        self.solver.begin(grads)

    def move(
        self,
        n_weights: int,
        learning_rate: float,
        params: np.ndarray,
        grads: np.ndarray,
        *memory: np.ndarray,
    ) -> None:
        """Move as the other solver."""
        self.solver.move(n_weights, learning_rate, params, grads, *memory)
