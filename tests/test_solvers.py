"""Solvers against the textbook, over more steps than a scale may decay."""

import copy
import tracemalloc
from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from registries import STOCHASTIC

from skmlp import TwoLayerClassifier
from skmlp.solvers import LBFGS, SGD, Adam, AdamW, ClippedNorm, Solver

N_PARAMS, N_WEIGHTS, N_STEPS = 40, 30, 3000
GRADIENT = np.array([0.5, -2.0, 1.0, 3.0])
ATOL = {"float32": 1e-3, "float64": 1e-9}


@pytest.fixture(scope="module")
def path():
    """Gradients of many scales and rates of many sizes, now and then zero."""
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(N_STEPS, N_PARAMS)) + rng.normal(size=N_PARAMS)
    gradients *= 10.0 ** rng.integers(-3, 2, size=(N_STEPS, 1))
    rates = 1e-3 * rng.random(N_STEPS) * (rng.random(N_STEPS) < 0.8)
    return rng.normal(size=N_PARAMS), gradients, rates


def walk(solver, path, dtype="float64"):
    """Return the parameters after all steps."""
    params = path[0].astype(dtype)
    for gradient, rate in zip(*path[1:], strict=True):
        solver.step(params, gradient.astype(dtype), rate)
    return params


def textbook_sgd(path, momentum, nesterovs_momentum):
    params, velocity = path[0], np.zeros(N_PARAMS)
    for gradient, rate in zip(*path[1:], strict=True):
        velocity = momentum * velocity - rate * gradient
        ahead = momentum * velocity - rate * gradient
        params = params + (ahead if nesterovs_momentum else velocity)
    return params


def textbook_adam(path, beta_1, beta_2, epsilon=1e-8, alpha=0.0):
    params, m, v = path[0], np.zeros(N_PARAMS), np.zeros(N_PARAMS)
    shrinks = np.arange(N_PARAMS) < N_WEIGHTS
    for t, (g, rate) in enumerate(zip(*path[1:], strict=True), start=1):
        params = params - rate * alpha * shrinks * params
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
        params = params - rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return params


@pytest.mark.parametrize("dtype", ATOL)
@pytest.mark.parametrize("nesterovs_momentum", [True, False])
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.999, 1e-9])
def test_sgd_is_the_textbook_s(momentum, nesterovs_momentum, dtype, path):
    options = {"momentum": momentum, "nesterovs_momentum": nesterovs_momentum}
    actual = walk(SGD(**options).start(N_PARAMS, N_WEIGHTS, dtype), path, dtype)
    expected = textbook_sgd(path, **options)
    assert_allclose(actual, expected, rtol=ATOL[dtype], atol=ATOL[dtype])


@pytest.mark.parametrize("dtype", ATOL)
@pytest.mark.parametrize(
    ("beta_1", "beta_2"), [(0.9, 0.999), (0.9, 0.9), (0.5, 0.99), (0.0, 0.9), (0, 0)]
)
def test_adam_is_the_textbook_s(beta_1, beta_2, dtype, path):
    options = {"beta_1": beta_1, "beta_2": beta_2}
    actual = walk(Adam(**options).start(N_PARAMS, N_WEIGHTS, dtype), path, dtype)
    expected = textbook_adam(path, **options)
    assert_allclose(actual, expected, rtol=ATOL[dtype], atol=ATOL[dtype])


@pytest.mark.parametrize("epsilon", [1e-8, 0.1])
@pytest.mark.parametrize("dtype", ATOL)
def test_adamw_is_the_textbook_s(dtype, epsilon, path):
    options = {"beta_1": 0.9, "beta_2": 0.99, "alpha": 0.3, "epsilon": epsilon}
    actual = walk(AdamW(**options).start(N_PARAMS, N_WEIGHTS, dtype), path, dtype)
    expected = textbook_adam(path, **options)
    assert_allclose(actual, expected, rtol=ATOL[dtype], atol=ATOL[dtype])


@pytest.mark.parametrize("solver", STOCHASTIC.values())
def test_a_bounded_gradient_is_the_textbook_s(solver, path):
    norms = np.linalg.norm(path[1], axis=1, keepdims=True)
    clipped = path[1] * np.minimum(0.5 / norms, 1.0)
    bounded = ClippedNorm(solver(), 0.5).start(N_PARAMS, N_WEIGHTS, float)
    free = solver().start(N_PARAMS, N_WEIGHTS, float)
    expected = walk(free, (path[0], clipped, path[2]))
    assert_allclose(walk(bounded, path), expected, rtol=1e-9)
    assert 0 < (norms > 0.5).sum() < N_STEPS


@pytest.mark.parametrize(
    ("solver", "remembers"), [(SGD, False), (Adam, True), (AdamW, True)]
)
def test_a_rate_of_zero_moves_nothing_but_is_remembered_by_moments(solver, remembers):
    params, moves = np.ones(3), solver().start(3, 3, float)
    moves.step(params, np.full(3, 2.0), learning_rate=0.0)
    assert_array_equal(params, 1.0)
    moves.step(params, np.zeros(3), learning_rate=0.1)
    assert (params != 1.0).all() == remembers


@pytest.mark.parametrize("solver", STOCHASTIC.values())
def test_zero_gradients_for_long_are_harmless(solver):
    params, moves = np.ones(3, np.float32), solver().start(3, 0, np.float32)
    moves.step(params, np.ones(3, np.float32), 0.1)
    for _ in range(3000):
        moves.step(params, np.zeros(3, np.float32), 0.1)
    assert np.isfinite(params).all()


@pytest.mark.parametrize("solver", [SGD, Adam, AdamW])
def test_zero_gradients_for_long_come_to_rest(solver):
    params, moves = np.ones(3, np.float32), solver().start(3, 0, np.float32)
    moves.step(params, np.ones(3, np.float32), 0.1)
    for _ in range(3000):
        moves.step(params, np.zeros(3, np.float32), 0.1)
    before = params.copy()
    moves.step(params, np.zeros(3, np.float32), 0.1)
    assert_allclose(params, before, rtol=1e-6)


@pytest.mark.parametrize("dtype", ATOL)
@pytest.mark.parametrize("solver", STOCHASTIC.values())
def test_a_long_vector_steps_as_its_entries_do(solver, dtype, path):
    n = 300_001  # more than stay in the cache at once
    start, gradients, rates = path
    every = np.resize(np.arange(N_PARAMS), n)
    few = walk(
        solver().start(N_PARAMS, 0, dtype), (start, gradients[:20], rates[:20]), dtype
    )
    long = (start[every], gradients[:20, every], rates[:20])
    many = walk(solver().start(n, 0, dtype), long, dtype)
    assert_allclose(many, few[every], rtol=1e-5 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("n_weights", [7, 2**17, 200_000])
def test_only_the_weights_of_a_long_vector_decay(n_weights):
    params = np.ones(300_001)
    solver = AdamW(alpha=0.5).start(params.size, n_weights, float)
    solver.step(params, np.zeros(params.size), learning_rate=0.1)
    assert_array_equal(params[:n_weights], 0.95)
    assert_array_equal(params[n_weights:], 1.0)


@pytest.mark.parametrize("max_norm", [1e-3, 1.0, 1e30])
@pytest.mark.parametrize("largest", [1e19, 1e25, 3e38])
def test_a_gradient_whose_squares_overflow_is_shortened_to_the_bound(largest, max_norm):
    gradient = np.array([0.6, -0.8, 0.0], np.float32) * np.float32(largest)
    expected = gradient / largest * min(largest, max_norm)
    bounded = ClippedNorm(SGD(momentum=0.0), max_norm).start(3, 3, np.float32)
    params = np.zeros(3, np.float32)
    bounded.step(params, gradient.copy(), learning_rate=1.0)
    assert_allclose(params, -expected, rtol=1e-6)


def started(solver):
    return solver.start(4, 2, float)


def stepped(solver, n_steps=1):
    """Take some steps; return where they lead from ones."""
    params = np.ones(4)
    for _ in range(n_steps):
        solver.step(params, GRADIENT.copy(), 0.1)
    return params


@pytest.mark.parametrize("solver", STOCHASTIC.values())
def test_a_description_starts_as_often_as_one_likes(solver):
    description = solver()
    before = dict(vars(description))
    one, two = started(description), started(description)
    stepped(one, 5)
    assert_array_equal(stepped(two), stepped(started(description)))
    assert vars(description) == before


@pytest.mark.parametrize("solver", STOCHASTIC.values())
def test_weights_shrink_without_a_gradient_where_decay_is_decoupled(solver):
    params = np.ones(4)
    started(solver()).step(params, np.zeros(4), learning_rate=0.1)
    assert (params[:2] < 1.0).all() == solver.decouples_decay
    assert_array_equal(params[2:], 1.0)
    clipped = ClippedNorm(solver(), max_norm=1.0)
    assert clipped.decouples_decay == solver.decouples_decay


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: ClippedNorm(s, 1.0)])
@pytest.mark.parametrize("solver", STOCHASTIC.values())
def test_a_state_is_all_that_the_next_steps_need(solver, wrap):
    one = started(wrap(solver()))
    stepped(one, 5)
    state = one.state_dict()
    kept = copy.deepcopy(state)
    expected = stepped(one, 3)
    assert_equal(state, kept)
    for _ in range(2):  # a second time from the same state
        two = started(wrap(solver()))
        two.load_state_dict(state)
        assert_array_equal(stepped(two, 3), expected)
    assert_equal(state, kept)


@pytest.mark.parametrize(
    ("made", "goes_on"),
    [
        (Adam(), Adam(beta_1=0.8)),
        (Adam(), Adam(beta_2=0.9)),
        (SGD(), SGD(momentum=0.5)),
        (Adam(), SGD()),
        (SGD(momentum=0.0), SGD()),
    ],
    ids=str,
)
def test_a_state_in_other_units_is_forgotten(made, goes_on):
    one, two = started(made), started(goes_on)
    stepped(one, 5)
    two.load_state_dict(one.state_dict())
    assert_array_equal(stepped(two, 3), stepped(started(goes_on), 3))


def test_a_state_of_another_size_is_forgotten():
    one, two = SGD().start(5, 2, float), started(SGD())
    one.step(np.ones(5), np.ones(5), 0.1)
    two.load_state_dict(one.state_dict())
    assert_array_equal(stepped(two, 3), stepped(started(SGD()), 3))


@pytest.mark.parametrize("solver", STOCHASTIC.values())
def test_a_step_takes_no_memory(solver):
    moves, params = solver().start(10**5, 10**5, float), np.ones(10**5)
    gradient = np.ones(10**5)
    tracemalloc.start()
    try:
        moves.step(params, gradient, 0.1)
        assert tracemalloc.get_traced_memory()[1] < 10_000  # a vector takes 800,000
    finally:
        tracemalloc.stop()


def test_lbfgs_shrinks_weights_by_the_penalty(problem):
    X, y, _ = problem
    clf = TwoLayerClassifier(5, solver=LBFGS(), alpha=1e3, random_state=0).fit(X, y)
    assert np.abs(clf.coefs_[0]).max() < 1e-3
    assert np.abs(clf.coefs_[1]).max() < 1e-3


def states(*steps, solver):
    """Return what a solver remembers after each of some lists of gradients."""
    found = []
    for gradients in steps:
        started = solver.start(2, 1, "float64")
        params = np.zeros(2)
        for gradient in gradients:
            started.step(params, np.array(gradient), learning_rate=0.5)
        found.append(started.state_dict())
    return found


def test_velocities_are_averaged_by_weight():
    given = states([[1.0, 2.0]], [[4.0, -2.0], [0.0, 0.0]], solver=SGD(momentum=0.5))
    averaged = SGD(momentum=0.5).averaged(given, [3.0, 1.0])
    # v is -0.5 (1, 2) after one step, 0.5 (-0.5) (4, -2) after two
    velocity = averaged["velocity"] * averaged["velocity_scale"]
    assert_allclose(velocity, [-0.5 * 0.75 - 1.0 * 0.25, -1.0 * 0.75 + 0.5 * 0.25])
    assert averaged["momentum"] == 0.5


@pytest.mark.parametrize("kind", [Adam, AdamW])
def test_moments_are_averaged_and_the_most_steps_are_taken(kind):
    solver = kind(beta_1=0.5, beta_2=0.25)
    given = states([[1.0, 2.0]], [[4.0, -2.0], [2.0, 0.0]], solver=solver)
    averaged = solver.averaged(given, [1.0, 3.0])
    # m is (1, 2), and 0.5 (4, -2) + (2, 0); v is (1, 4), and 0.25 (16, 4) + (4, 0)
    mean = averaged["mean"] * averaged["mean_scale"]
    assert_allclose(mean, [0.25 * 1 + 0.75 * 4, 0.25 * 2 - 0.75 * 1])
    mean_square = averaged["mean_square"] * averaged["mean_square_scale"]
    assert_allclose(mean_square, [0.25 * 1 + 0.75 * 8, 0.25 * 4 + 0.75 * 1])
    assert averaged["n_steps"] == 2


@pytest.mark.parametrize("solver", [SGD(momentum=0.9), SGD(momentum=0.0), Adam()])
def test_solvers_go_on_from_the_average_of_one_as_that_does(solver):
    (given,) = states([[1.0, 2.0]] * 300, solver=solver)
    paths = []
    for state in (given, solver.averaged([given], [2.0])):
        going_on, params = solver.start(2, 1, "float64"), np.zeros(2)
        going_on.load_state_dict(state)
        going_on.step(params, np.array([0.3, -1.0]), learning_rate=0.1)
        paths.append(params)
    assert_allclose(*paths, rtol=1e-12)


def test_averages_are_in_the_precision_of_the_memory_and_leave_it():
    solver = Adam()
    given = [solver.start(2, 1, "float32").state_dict() for _ in "ab"]
    for state in given:
        state["mean"][...] = 2.0
        state["mean"].flags.writeable = False
    averaged = solver.averaged(given, [1.0, 1.0])
    assert averaged["mean"].dtype == np.float32
    assert_array_equal(averaged["mean"], [2.0, 2.0])
    assert averaged["mean"].flags.writeable


def test_a_solver_behind_a_bound_is_averaged_as_without():
    given = states([[1.0, 2.0]], [[4.0, -2.0]], solver=SGD())
    averaged = ClippedNorm(SGD(), 1.0).averaged(given, [1.0, 1.0])
    assert_equal(averaged, SGD().averaged(given, [1.0, 1.0]))


def test_a_solver_of_the_user_s_is_averaged_by_what_it_names():
    class Mine(Solver):
        memory = ("gathered",)
        scalars: ClassVar = {"n_seen": 0}
        units = ("fading",)
        fading = 0.5

    states = [
        {"gathered": np.array([value]), "n_seen": n_seen, "fading": 0.5}
        for value, n_seen in ((1.0, 7), (4.0, 3))
    ]
    averaged = Mine().averaged(states, [2.0, 1.0])
    assert_equal(averaged, {"gathered": np.array([2.0]), "n_seen": 7, "fading": 0.5})
