"""What 'auto' stands for, and that what is given wins."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skmlp import TwoLayerClassifier

SHORT = {"random_state": 0, "max_iter": 2, "learning_rate_init": 0.01}


def table(n_rows):
    """Return X of one feature and y that it tells."""
    X = np.random.default_rng(0).normal(size=(n_rows, 1))
    return X, (X[:, 0] > 0).astype(int)


def n_steps(n_rows, **params):
    """Return how many steps one epoch takes: how often the rate is asked for."""
    shares = []
    params |= {"max_iter": 1, "learning_rate_init": 1e-6, "random_state": 0}
    clf = TwoLayerClassifier(
        1, learning_rate=lambda s: shares.append(s) or 1.0, **params
    )
    clf.fit(*table(n_rows))
    return len(shares)


@pytest.mark.parametrize(("n_rows", "n_epochs"), [(150, 50), (40_000, 10)])
def test_few_rows_are_seen_more_often_than_many(n_rows, n_epochs):
    clf = TwoLayerClassifier(2, random_state=0)
    assert clf.fit(*table(n_rows)).n_iter_ == n_epochs


@pytest.mark.parametrize("solver", ["adamw", "lbfgs"])
def test_max_iter_that_is_given_wins(solver, problem):
    X, y, _ = problem
    clf = TwoLayerClassifier(5, solver=solver, max_iter=7, tol=0.0)
    assert clf.fit(X, y).n_iter_ == 7


def test_batches_are_larger_for_more_rows_within_bounds():
    steps = [n_steps(n_rows) for n_rows in (10, 1000, 3000, 40_000)]
    assert steps[0] == 1
    assert steps[1] == steps[2] == 25
    assert steps[3] > 100


@pytest.mark.parametrize(("batch_size", "expected"), [(7, 15), (1000, 1), (None, 1)])
def test_batch_size_that_is_given_wins(batch_size, expected):
    assert n_steps(100, batch_size=batch_size) == expected


def test_lbfgs_iterates_200_times_unless_it_converges(problem):
    X, y, _ = problem
    make = {"solver": "lbfgs", "random_state": 0, "tol": 0.0}
    auto = TwoLayerClassifier(20, **make).fit(X, y)
    given = TwoLayerClassifier(20, max_iter=200, **make).fit(X, y)
    assert_array_equal(auto.coefs_[0], given.coefs_[0])
    assert auto.n_iter_ == given.n_iter_ > 50


@pytest.mark.parametrize(
    ("solver", "alpha"), [("adamw", 0.9), ("adam", 1e-3), ("sgd", 1e-3)]
)
def test_alpha_is_what_suits_the_solver(solver, alpha, problem):
    X, y, _ = problem
    auto, given, none = (
        TwoLayerClassifier(5, solver=solver, alpha=value, **SHORT).fit(X, y)
        for value in ("auto", alpha, 0.0)
    )
    assert_array_equal(auto.coefs_[0], given.coefs_[0])
    assert not np.array_equal(auto.coefs_[0], none.coefs_[0])


def test_alpha_of_lbfgs_is_that_of_a_penalty(problem):
    X, y, _ = problem
    auto, given = (
        TwoLayerClassifier(5, solver="lbfgs", alpha=alpha, **SHORT).fit(X, y)
        for alpha in ("auto", 1e-3)
    )
    assert_array_equal(auto.coefs_[0], given.coefs_[0])


def rates_of_partial_fit(n_calls, **params):
    """Return the learning rate of each call, on full batches."""
    clf = TwoLayerClassifier(2, learning_rate_init=0.5, batch_size=None, **params)
    X, y = table(40)
    for _ in range(n_calls):
        clf.partial_fit(X, y, classes=[0, 1])
    return clf.history_["learning_rate"]


@pytest.mark.parametrize(
    "params",
    [{}, {"learning_rate": "cosine"}, {"learning_rate": lambda share: 1.0}],
    ids=["default", "cosine", "callable"],
)
def test_partial_fit_of_unknown_length_scales_by_the_epoch(params):
    assert_allclose(rates_of_partial_fit(4, **params), 0.5 / np.sqrt([1, 2, 3, 4]))


def test_power_t_says_how_fast():
    assert_allclose(rates_of_partial_fit(3, power_t=1.0), 0.5 / np.arange(1, 4))


@pytest.mark.parametrize("learning_rate", ["constant", "exponential", "adaptive"])
def test_schedules_that_plan_nothing_stay(learning_rate):
    rates = rates_of_partial_fit(3, learning_rate=learning_rate)
    planned = rates_of_partial_fit(3, learning_rate=learning_rate, max_iter=3)
    assert rates == planned


def test_partial_fit_of_known_length_follows_the_plan():
    clf = TwoLayerClassifier(2, learning_rate_init=0.5, batch_size=None, max_iter=10)
    expected = clf.fit(*table(40)).history_["learning_rate"]
    assert_allclose(rates_of_partial_fit(10, max_iter=10), expected, rtol=1e-12)
    assert max(expected) == 0.5


def test_parameters_stay_as_they_were_given(problem):
    X, y, _ = problem
    clf = TwoLayerClassifier(5)
    before = clf.get_params()
    clf.fit(X, y).partial_fit(X, y)
    assert clf.get_params() == before


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((100,), "For one hidden layer use hidden_layer_size=100"),
        ([50], "For one hidden layer use hidden_layer_size=50"),
        (True, "hidden_layer_size=True is no number"),
        ((50, 50), "must be an int"),
    ],
)
def test_a_size_that_is_no_number_is_refused_with_a_remedy(size, message):
    with pytest.raises(ValueError, match=message):
        TwoLayerClassifier(size).fit(*table(10))
