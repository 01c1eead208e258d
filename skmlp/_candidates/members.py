"""Networks that differ by alpha, as one network with one more axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skmlp._core.batches import Batch
from skmlp._core.blas import add_scaled
from skmlp._core.objective import Objective
from skmlp._core.parameters import Parameters
from skmlp.solvers import Solver


class Members:
    """An objective and a solver at once: those of several networks, with their alphas.

    Every member goes the way that it would go alone: products, activation, loss and
    step see one row, one column or one number at a time. A member that diverges does no
    harm to the others; the loss that is returned leaves out what is not finite.

    Parameters
    ----------
    objective : Objective
        The sum of the losses of the members, without penalty.
    solver : Solver
        For all the parameters, without decay.
    params : Parameters
        Of all members.
    penalties : sequence of float
        What each member adds to its objective, alpha/2 ‖W‖².
    decays : sequence of float
        What each member's weights shrink by in a step, times the learning rate.
    """

    def __init__(
        self,
        objective: Objective,
        solver: Solver,
        params: Parameters,
        penalties: Sequence[float],
        decays: Sequence[float],
    ) -> None:
        self.objective = objective
        self.solver = solver
        self.penalties = tuple(penalties) if any(penalties) else ()
        self.decays = np.array(decays)[:, np.newaxis]
        self.factors = np.empty(self.decays.shape, params.dtype)
        # One row of weights per member, in each layer.
        layers = (params.W1, params.W2) if any(decays) else ()
        self.shrinking = tuple(W.reshape(len(decays), -1) for W in layers)

    def loss_and_grad(
        self, params: Parameters, batch: Batch, grads: Parameters
    ) -> float:
        """Return the members' objectives together; write their gradients into grads."""
        value = self.objective.loss_and_grad(params, batch, grads)
        for i, alpha in enumerate(self.penalties):
            value += _add_penalty(params.W1[i], alpha, grads.W1[i])
            value += _add_penalty(params.W2[i], alpha, grads.W2[i])
        return value if np.isfinite(value) else 0.0

    def step(self, params: np.ndarray, grads: np.ndarray, learning_rate: float) -> None:
        """Shrink the weights of each member, and move all parameters."""
        np.subtract(
            1.0, learning_rate * self.decays, out=self.factors, casting="unsafe"
        )
        for weights in self.shrinking:
            np.multiply(weights, self.factors, out=weights)
        self.solver.step(params, grads, learning_rate)


def _add_penalty(W: np.ndarray, alpha: float, dW: np.ndarray) -> float:
    """Return alpha/2 ‖W‖² of a layer; add its gradient to dW."""
    weights = W.reshape(-1)
    add_scaled(weights, alpha, out=dW.reshape(-1))
    return 0.5 * alpha * float(np.dot(weights, weights))
