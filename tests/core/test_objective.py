"""The penalty and what is measured of a network, against plain formulas."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skmlp import TwoLayerClassifier
from skmlp._core.objective import add_decay, add_penalty, penalty
from skmlp._core.parameters import Parameters


def random_parameters(*shape, **options):
    """Return parameters none of which is zero."""
    params = Parameters(*shape, np.float64, **options)
    params.flat[...] = np.random.default_rng(0).normal(size=params.flat.size)
    return params


@pytest.mark.parametrize("alpha", [0.0, 0.05, 1.0, 2.0])
@pytest.mark.parametrize("n_features", [6, 100_000])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_penalty_is_half_the_square_of_the_weights_times_alpha(
    fit_intercept, n_features, alpha
):
    params = random_parameters(n_features, 5, 4, fit_intercept=fit_intercept)
    grads = params.zeros_like()
    grads.flat[...] = 3.0
    squares = (params.W1**2).sum() + (params.W2**2).sum()
    value = add_penalty(params, alpha, grads)
    assert value == pytest.approx(alpha / 2 * squares, rel=1e-12)
    assert_allclose(grads.W1, 3.0 + alpha * params.W1, rtol=1e-12)
    assert_allclose(grads.W2, 3.0 + alpha * params.W2, rtol=1e-12)
    if fit_intercept:
        assert_allclose(grads.b1, 3.0)
        assert_allclose(grads.b2, 3.0)


@pytest.mark.parametrize("alpha", [0.0, 0.05, 2.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_penalty_and_decay_are_the_two_halves_of_what_is_added(fit_intercept, alpha):
    params = random_parameters(6, 5, 4, fit_intercept=fit_intercept)
    grads, expected = params.zeros_like(), params.zeros_like()
    grads.flat[...] = expected.flat[...] = 3.0
    value = add_penalty(params, alpha, expected)
    assert penalty(params, alpha) == pytest.approx(value, rel=1e-12)
    add_decay(params, alpha, grads)
    assert_allclose(grads.storage, expected.storage, rtol=1e-12)


@pytest.mark.parametrize("total", [None, 1.0, 7.0])
@pytest.mark.parametrize("n_rows", [50, 30_000])
def test_validation_is_the_weighted_mean_over_all_rows(n_rows, total):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(n_rows, 4)), rng.integers(3, size=n_rows)
    weight = rng.uniform(0.1, 3.0, size=n_rows)
    weight *= 1.0 if total is None else total / weight.sum()
    clf = TwoLayerClassifier(9, max_iter=2, random_state=0)
    clf.fit(X[:50], y[:50], X_val=X, y_val=y, sample_weight_val=weight)
    losses = -clf.predict_log_proba(X)[np.arange(n_rows), y]
    expected = np.average(losses, weights=weight)
    assert clf.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-9)
    expected = np.average(clf.predict(X) == y, weights=weight)
    assert clf.history_["val_accuracy"][-1] == pytest.approx(expected, rel=1e-9)
