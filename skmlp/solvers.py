"""Solvers: a gradient becomes an in-place step on one flat vector.

A stochastic solver, such as ``AdamW(beta_1=0.8)``, holds only its parameters. `start`
returns a copy with memory, whose ``step(params, grads, learning_rate)`` changes
``params`` and may overwrite ``grads``. The last entries of both vectors may
be biases: ``n_weights`` is the number of weights. A solver that is not stochastic,
such as `LBFGS`, minimises over the whole training set. `SOLVERS` names the
classes; the parameter ``solver`` takes a name, or an instance or class derived from
`Solver` or `FullBatchSolver`.

Velocity and moments, which decay with every step, are kept as a vector times a scale:
only the scale decays, and a sum of gradients is one pass of BLAS. A step of Adam takes
three quarters of the time of the textbook's. Before the scale becomes too small,
`decayed` multiplies the vector by it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
from scipy import optimize

from skmlp._core.blas import add_scaled, parts_in_cache, zeros
from skmlp._entries import Entry

__all__ = [
    "LBFGS",
    "SGD",
    "SOLVERS",
    "Adam",
    "AdamW",
    "ClippedNorm",
    "FullBatchSolver",
    "Solver",
    "SolverName",
    "decayed",
]

SolverName: TypeAlias = Literal["adam", "adamw", "sgd", "lbfgs"]

# The scale of a decaying vector stays above it.
_LEAST_SCALE = 2.0**-16


def decayed(vector: np.ndarray, scale: float, decay: float) -> float:
    """Let a vector that is kept times a scale decay.

    Parameters
    ----------
    vector : ndarray of float
        Changed only if the scale becomes too small to divide by, or is zero because
        the decay is: the vector is then multiplied by the scale.
    scale : float
        The factor of the vector.
    decay : float
        The factor, in [0, 1].

    Returns
    -------
    scale : float
        The new scale, never zero.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.solvers import decayed
    >>> velocity = np.array([8.0])
    >>> decayed(velocity, 1.0, decay=0.5), velocity
    (0.5, array([8.]))
    >>> decayed(velocity, 1.0, decay=0.0), velocity
    (1.0, array([0.]))
    """
    scale *= decay
    if scale > _LEAST_SCALE:
        return scale
    np.multiply(vector, scale, out=vector)
    return 1.0


class Solver(Entry):
    """Base class of stochastic solvers: a step begins, and moves parameters.

    Your own solver defines `move`, and `begin` if it has memory. They are two methods
    for two reasons: on wide sparse data only the parameters with a gradient are moved,
    and long vectors are moved part by part, while they are in the cache. So `move` must
    treat each parameter independently, and `step` may not be called at all.

    Attributes
    ----------
    options : tuple of str
        Parameters of the estimator that the constructor takes as keywords when the
        solver is chosen by name or as a class.
    is_stochastic : bool
        Whether it takes one step per batch; else it has `minimize`, as `LBFGS`.
    decouples_decay : bool
        Whether it shrinks the weights itself; the objective then has no penalty.
    memory : tuple of str
        The attributes that are vectors with one entry per parameter; zero at the start.
    scalars : dict of str to float
        The attributes that are numbers which change from step to step, with their
        values at the start.
    units : tuple of str
        The options on which the scale of the memory depends. If one of them is changed,
        training that continues resets the memory.

    Examples
    --------
    Your own solver, which uses only the sign of the gradient (signSGD):

    >>> import numpy as np
    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.solvers import Solver
    >>> class SignSGD(Solver):
    ...     def move(self, n_weights, learning_rate, params, grads, *memory):
    ...         params -= learning_rate * np.sign(grads)
    >>> clf = TwoLayerClassifier(solver=SignSGD(), random_state=0)
    >>> clf.fit([[0.0], [1.0]], [0, 1]).predict([[0.0], [1.0]])
    array([0, 1])
    """

    is_stochastic: ClassVar[bool] = True
    decouples_decay: bool = False
    memory: tuple[str, ...] = ()
    scalars: ClassVar[Mapping[str, float]] = {}
    units: ClassVar[tuple[str, ...]] = ()
    n_weights: int

    def start(self, n_params: int, n_weights: int, dtype: np.typing.DTypeLike) -> Self:
        """Return a copy that is ready for its first step.

        Parameters
        ----------
        n_params : int
            The length of the parameter vector.
        n_weights : int
            How many of the first parameters are weights.
        dtype : dtype
            The dtype of the parameters and of its memory, float32 or float64.
        """
        started = copy.copy(self)
        started.n_weights = n_weights
        for name in self.memory:
            setattr(started, name, zeros(n_params, dtype))
        for name, value in self.scalars.items():
            setattr(started, name, value)
        return started

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all state that is kept from step to step."""
        names = (*self.memory, *self.scalars, *self.units)
        return {name: copy.copy(getattr(self, name)) for name in names}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from the state of a solver of the same kind, size and units."""
        if state.keys() != {*self.memory, *self.scalars, *self.units}:
            return
        if any(state[name] != getattr(self, name) for name in self.units):
            return  # what was gathered with other decays is in other units
        if all(state[n].shape == getattr(self, n).shape for n in self.memory):
            for name, value in state.items():
                setattr(self, name, copy.copy(value))

    def averaged(
        self, states: Sequence[Mapping[str, Any]], weights: Sequence[float]
    ) -> dict[str, Any]:
        """Return the average of the states of solvers of this kind.

        A scalar with the name of a vector of the memory and the ending ``_scale`` is
        the factor of that vector. For other scalars it is the largest.

        Parameters
        ----------
        states : sequence of dict
            The state of each solver.
        weights : sequence of float
            How much each of them counts; at least 0, not all 0.
        """
        averaged = dict(states[0])
        for name in self.scalars:
            averaged[name] = max(state[name] for state in states)
        for name in self.memory:
            scale = f"{name}_scale"
            averaged[name] = np.zeros_like(states[0][name])
            for state, weight in zip(states, weights, strict=True):
                share = weight / sum(weights) * state.get(scale, 1.0)
                add_scaled(state[name], share, out=averaged[name])
            if scale in self.scalars:
                averaged[scale] = 1.0
        return averaged

    def step(self, params: np.ndarray, grads: np.ndarray, learning_rate: float) -> None:
        """Move the parameters against the gradient, which may be overwritten."""
        self.begin(grads)
        n_weights = self.n_weights
        for part in parts_in_cache(params, grads, *self.vectors()):
            self.move(max(n_weights, 0), learning_rate, *part)
            n_weights -= part[0].size

    def vectors(self) -> tuple[np.ndarray, ...]:
        """Return the memory: vectors with one entry per parameter."""
        return tuple(getattr(self, name) for name in self.memory)

    def without_decay(self) -> Solver:
        """Return a solver that takes the same steps, but leaves the decay to others."""
        return self

    def begin(self, grads: np.ndarray) -> None:
        """Begin a step: let the memory decay."""

    def move(
        self,
        n_weights: int,
        learning_rate: float,
        params: np.ndarray,
        grads: np.ndarray,
        *memory: np.ndarray,
    ) -> None:
        """Move some parameters, the first n_weights of which are weights."""
        raise self._lacks("move")


class SGD(Solver):
    r"""Stochastic gradient descent with momentum, Nesterov's or classical, or none.

    With :math:`g` the gradient, :math:`v` the velocity, :math:`\eta` the learning rate,
    :math:`\mu` the momentum and :math:`\theta` the parameters

    .. math::

        v &\leftarrow \mu v - \eta g \\
        \theta &\leftarrow \theta + v \quad \text{(classical)} \\
        \theta &\leftarrow \theta + \mu v - \eta g \quad \text{(Nesterov)}

    This is `MLPClassifier`'s and Keras's form: a change of η does not rescale v. In
    PyTorch's form it does.

    Parameters
    ----------
    momentum : float, default=0.9
        The factor μ, in [0, 1).
    nesterovs_momentum : bool, default=True
        Whether to use Nesterov's form.

    References
    ----------
    Sutskever et al. (2013), "On the importance of initialization and momentum in deep
    learning", ICML, equations (1)-(4), in Bengio's simplified form for Nesterov's.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.solvers import SGD
    >>> params, solver = np.zeros(1), SGD(momentum=0.5).start(1, 1, float)
    >>> solver.step(params, np.ones(1), learning_rate=1.0)
    >>> params
    array([-1.5])
    """

    options: ClassVar[tuple[str, ...]] = ("momentum", "nesterovs_momentum")
    scalars: ClassVar[Mapping[str, float]] = {"velocity_scale": 1.0}
    units: ClassVar[tuple[str, ...]] = ("momentum",)
    velocity: np.ndarray
    velocity_scale: float

    def __init__(
        self, *, momentum: float = 0.9, nesterovs_momentum: bool = True
    ) -> None:
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.memory = ("velocity",) if momentum else ()

    def begin(self, grads: np.ndarray) -> None:
        """Let the velocity decay: v ← μ v."""
        if self.momentum:
            self.velocity_scale = decayed(
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
    r"""Adam: steps along the mean gradient over the root of its mean square.

    The moments :math:`m` and :math:`v` are stored divided by :math:`1 - \beta`. Two
    scalars contain the corrections of their bias at step :math:`t`:

    .. math::

        m &\leftarrow \beta_1 m + g, \qquad v \leftarrow \beta_2 v + g^2 \\
        \theta &\leftarrow \theta - \eta \frac{a_1 m}{a_2 \sqrt{v} + \epsilon} \\
        a_1 &= \frac{1 - \beta_1}{1 - \beta_1^t}, \qquad
        a_2^2 = \frac{1 - \beta_2}{1 - \beta_2^t}

    with :math:`g` the gradient, :math:`\eta` the learning rate and :math:`\theta` the
    parameters. :math:`\epsilon` is added to the corrected root, as in the paper's
    algorithm 1 and PyTorch, not as in its section 2, `MLPClassifier` and Keras.

    Parameters
    ----------
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the two means per step, in [0, 1).
    epsilon : float, default=1e-8
        The constant ε, positive.

    References
    ----------
    Kingma & Ba (2015), "Adam: a method for stochastic optimization", algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.solvers import Adam
    >>> params, solver = np.zeros(2), Adam().start(2, 2, float)
    >>> solver.step(params, np.array([100.0, -0.01]), learning_rate=0.5)
    >>> params.round(6)
    array([-0.5,  0.5])
    """

    options: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon")
    memory: tuple[str, ...] = ("mean", "mean_square")
    scalars: ClassVar[Mapping[str, float]] = {
        "mean_scale": 1.0,
        "mean_square_scale": 1.0,
        "n_steps": 0,
    }
    units: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2")
    mean: np.ndarray
    mean_scale: float
    mean_square: np.ndarray
    mean_square_scale: float
    n_steps: int

    def __init__(
        self, *, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def begin(self, grads: np.ndarray) -> None:
        """Let the moments decay: m ← β₁ m, v ← β₂ v."""
        self.n_steps += 1
        self.mean_scale = decayed(self.mean, self.mean_scale, self.beta_1)
        self.mean_square_scale = decayed(
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
    r"""Adam with decoupled weight decay: each step shrinks the weights, not the biases.

    With :math:`W` the weights, :math:`\eta` the learning rate and :math:`\alpha` the
    strength of the decay, a step begins with

    .. math:: W \leftarrow (1 - \eta \alpha) \, W

    and continues as a step of :class:`Adam`.

    Parameters
    ----------
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the two means per step, in [0, 1).
    epsilon : float, default=1e-8
        The constant ε, positive.
    alpha : float, default=0.01
        The strength, at least 0. It is multiplied by the learning rate as in PyTorch;
        the paper multiplies it only by the schedule.

    References
    ----------
    Loshchilov & Hutter (2019), "Decoupled weight decay regularization", algorithm 2.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.solvers import AdamW
    >>> params = np.array([1.0, 1.0])
    >>> solver = AdamW(alpha=0.5).start(2, 1, float)
    >>> solver.step(params, np.zeros(2), learning_rate=0.1)
    >>> params
    array([0.95, 1.  ])
    """

    options: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon", "alpha")
    decouples_decay: bool = True

    def __init__(
        self,
        *,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        alpha: float = 0.01,
    ) -> None:
        super().__init__(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
        self.alpha = alpha

    def without_decay(self) -> Adam:
        """Return a solver that takes the same steps, but leaves the decay to others."""
        return Adam(beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon)

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


class FullBatchSolver(Entry):
    """Base class of solvers that minimise over the whole training set.

    Attributes
    ----------
    options : tuple of str
        Parameters of the estimator that the constructor takes as keywords when the
        solver is chosen by name or as a class.
    is_stochastic : bool
        False: it has `minimize`, and does not use batches.
    decouples_decay : bool
        False: the objective has its penalty.

    Examples
    --------
    Steps along the gradient, of a fixed length:

    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.solvers import FullBatchSolver
    >>> class Descent(FullBatchSolver):
    ...     def minimize(self, value_and_grad, start, n_iterations, end_iteration):
    ...         x = start
    ...         for _ in range(n_iterations):
    ...             value, gradient = value_and_grad(x)
    ...             x = x - 0.5 * gradient
    ...             end_iteration(x, value)
    >>> clf = TwoLayerClassifier(solver=Descent(), random_state=0)
    >>> clf.fit([[0.0], [1.0]], [0, 1]).predict([[0.0], [1.0]])
    array([0, 1])
    """

    is_stochastic: ClassVar[bool] = False
    decouples_decay: ClassVar[bool] = False

    def minimize(
        self,
        value_and_grad: Callable[[np.ndarray], tuple[float, np.ndarray]],
        start: np.ndarray,
        n_iterations: int,
        end_iteration: Callable[[np.ndarray, float], object],
    ) -> None:
        """Iterate until converged, at most `n_iterations` times.

        Parameters
        ----------
        value_and_grad : callable
            Takes a float64 vector; returns the objective and its gradient.
        start : ndarray of float64 of shape (n_params,)
            The first point; it is not changed.
        n_iterations : int
            The largest number of iterations, at least 1.
        end_iteration : callable
            Called after each iteration with the point, valid until it returns,
            and its objective; raises StopIteration to end.
        """
        raise self._lacks("minimize")


class LBFGS(FullBatchSolver):
    """SciPy's L-BFGS on the whole training set; it sets the length of its steps itself.

    Parameters
    ----------
    tol : float, default=1e-4
        The largest entry of the gradient at which it has converged; at least 0.

    References
    ----------
    Liu & Nocedal (1989), "On the limited memory BFGS method for large scale
    optimization", Mathematical Programming 45, by :func:`scipy.optimize.minimize`.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.solvers import LBFGS
    >>> points = []
    >>> def half_square(x):
    ...     return float(x @ x / 2), x
    >>> LBFGS().minimize(half_square, np.array([3.0]), 9, lambda x, f: points.append(x))
    >>> abs(points[-1]) < 1e-6
    array([ True])
    """

    options: ClassVar[tuple[str, ...]] = ("tol",)

    def __init__(self, tol: float = 1e-4) -> None:
        self.tol = tol

    def minimize(
        self,
        value_and_grad: Callable[[np.ndarray], tuple[float, np.ndarray]],
        start: np.ndarray,
        n_iterations: int,
        end_iteration: Callable[[np.ndarray, float], object],
    ) -> None:
        """Iterate until converged, at most `n_iterations` times."""

        def callback(intermediate_result: optimize.OptimizeResult) -> None:
            end_iteration(intermediate_result.x, float(intermediate_result.fun))

        optimize.minimize(
            value_and_grad,
            start,
            method="L-BFGS-B",
            jac=True,
            callback=callback,
            options={
                "maxiter": n_iterations,
                "maxfun": 20 * n_iterations,
                "gtol": self.tol,
            },
        )


SOLVERS: dict[str, type[Solver | FullBatchSolver]] = {
    "adam": Adam,
    "adamw": AdamW,
    "sgd": SGD,
    "lbfgs": LBFGS,
}
# The names of those that take steps, for what is said to whom chose another.
STOCHASTIC = ", ".join(f"'{n}'" for n, s in SOLVERS.items() if s.is_stochastic)


class ClippedNorm(Solver):
    r"""Another solver, with a limit on the Euclidean norm of the gradient.

    For a gradient :math:`g` the other solver gets

    .. math:: g \min(1, c / \|g\|)

    where :math:`c` is `max_norm`.

    Parameters
    ----------
    solver : Solver
        The solver that takes the step.
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
    >>> params, bounded = np.zeros(2), ClippedNorm(SGD(momentum=0.0), max_norm=1.0)
    >>> solver = bounded.start(2, 2, float)
    >>> solver.step(params, np.array([3.0, 4.0]), learning_rate=1.0)
    >>> params
    array([-0.6, -0.8])
    """

    def __init__(self, solver: Solver, max_norm: float) -> None:
        self.solver = solver
        self.max_norm = max_norm
        self.decouples_decay = solver.decouples_decay

    def start(self, n_params: int, n_weights: int, dtype: np.typing.DTypeLike) -> Self:
        """Return a copy around the other solver at its start."""
        started = super().start(n_params, n_weights, dtype)
        started.solver = self.solver.start(n_params, n_weights, dtype)
        return started

    def state_dict(self) -> dict[str, Any]:
        """Return what the other solver has to remember."""
        return self.solver.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the other solver go on from what it remembered."""
        self.solver.load_state_dict(state)

    def averaged(
        self, states: Sequence[Mapping[str, Any]], weights: Sequence[float]
    ) -> dict[str, Any]:
        """Return what the other solvers remember on average."""
        return self.solver.averaged(states, weights)

    def vectors(self) -> tuple[np.ndarray, ...]:
        """Return the other solver's memory."""
        return self.solver.vectors()

    def begin(self, grads: np.ndarray) -> None:
        """Shorten the gradient where it is too long; begin the other's step."""
        norm = math.sqrt(float(np.vdot(grads, grads)))
        if math.isinf(norm):  # squares are out of range, but their gradient is not
            self._shorten_in_range(grads)
        elif norm > self.max_norm:
            np.multiply(grads, self.max_norm / norm, out=grads)
        self.solver.begin(grads)

    def _shorten_in_range(self, grads: np.ndarray) -> None:
        """Shorten a gradient by way of one whose largest entry is 1."""
        largest = float(np.abs(grads).max())
        np.divide(grads, largest, out=grads)
        norm = math.sqrt(float(np.vdot(grads, grads)))
        np.multiply(grads, min(largest, self.max_norm / norm), out=grads)

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
