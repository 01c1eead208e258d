"""Networks side by side: the loss and the gradient are those of each member alone."""

import numpy as np
import pytest
import reference
from numpy.testing import assert_allclose
from scipy import sparse

from skmlp._core.network import Workspace, backpropagate
from skmlp._core.objective import LossOfMembers
from skmlp._core.parameters import Parameters
from skmlp._core.standardization import Centered
from skmlp.activations import ACTIVATIONS
from skmlp.losses import LOSSES

N_MEMBERS, N_ROWS, STEP = 3, 50, 1e-5
NAMES = ("W1", "W2", "b1", "b2")
CENTER = np.array([0.5, -1.0, 0.0, 0.25, 2.0, 0.0])


@pytest.fixture
def params():
    """Parameters of three 6-5-4 networks, none of them zero, none of them alike."""
    params = Parameters(6, 5, 4, np.float64, n_members=N_MEMBERS)
    params.flat[...] = np.random.default_rng(1).normal(size=params.flat.size)
    return params


def loss_and_grad(params, problem, X=None, *, activation="tanh", loss="log_loss"):
    """Return the loss of members together and its gradient."""
    dense, y, weight = problem
    workspace = Workspace(N_ROWS, 5, 4, params.dtype, n_members=N_MEMBERS)
    buffers, grads = workspace[N_ROWS], params.zeros_like()
    np.copyto(buffers.t, np.eye(4)[y].T)
    value = backpropagate(
        params,
        dense if X is None else X,
        weight,
        buffers,
        ACTIVATIONS[activation],
        LossOfMembers(LOSSES[loss](), N_MEMBERS),
        grads,
    )
    return value, grads


def assert_as_alone(params, problem, value, grads, activation="tanh", **options):
    """Compare with the textbook's networks, one by one."""
    total = 0.0
    for i in range(N_MEMBERS):
        weights = {name: getattr(params, name)[i] for name in NAMES}
        loss, gradient = reference.objective(
            weights, *problem, activation=activation, **options
        )
        total += loss
        for name in NAMES:
            actual = getattr(grads, name)[i]
            assert_allclose(actual, gradient[name], rtol=1e-10, atol=1e-12)
    assert value == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_of_members_is_that_of_each_alone(activation, loss, params, problem):
    options = {"activation": activation, "loss": loss}
    value, grads = loss_and_grad(params, problem, **options)
    assert_as_alone(params, problem, value, grads, **options)


def test_gradient_of_members_on_sparse_rows_is_that_on_dense_ones(params, problem):
    X, y, weight = problem
    X[X < 0.5] = 0.0
    value, grads = loss_and_grad(params, problem, sparse.csr_array(X))
    assert_as_alone(params, (X, y, weight), value, grads)


def test_gradient_of_members_on_centred_rows_is_that_on_dense_ones(params, problem):
    X, y, weight = problem
    X[X < 0.5] = 0.0
    centered = Centered(sparse.csr_array(X), CENTER)
    value, grads = loss_and_grad(params, problem, centered)
    assert_as_alone(params, (X - CENTER, y, weight), value, grads)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_of_members_agrees_with_central_differences(loss, params, problem):
    _, grads = loss_and_grad(params, problem, loss=loss)
    direction = np.random.default_rng(2).normal(size=params.flat.size)
    params.flat[...] += STEP * direction
    ahead, _ = loss_and_grad(params, problem, loss=loss)
    params.flat[...] -= 2 * STEP * direction
    behind, _ = loss_and_grad(params, problem, loss=loss)
    numeric, analytic = (ahead - behind) / (2 * STEP), grads.flat @ direction
    assert abs(analytic - numeric) < 1e-6 * abs(numeric)


def test_a_member_without_finite_numbers_leaves_the_others_alone(params, problem):
    params.W1[1] = np.nan
    with np.errstate(all="ignore"):
        _, grads = loss_and_grad(params, problem)
    for i in (0, 2):
        weights = {name: getattr(params, name)[i] for name in NAMES}
        _, gradient = reference.objective(weights, *problem, activation="tanh")
        for name in NAMES:
            actual = getattr(grads, name)[i]
            assert_allclose(actual, gradient[name], rtol=1e-10, atol=1e-12)
