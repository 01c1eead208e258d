"""Every gradient against central differences, by what a user can call."""

import numpy as np
import pytest

from skmlp import TwoLayerClassifier
from skmlp.activations import ACTIVATIONS
from skmlp.losses import LOSSES

STEP = 1e-5
VARIANTS = {
    "plain": {},
    "penalty": {"alpha": 0.3},
    "label_smoothing": {"label_smoothing": 0.2},
    "no_intercept": {"fit_intercept": False},
    "weighted": {"class_weight": {0: 2.0, 1: 0.5, 2: 1.0, 3: 3.0}},
}


def names(fit_intercept):
    return ("W1", "W2", "b1", "b2") if fit_intercept else ("W1", "W2")


def step_of_gradient_descent(weights, problem, *, fit_intercept=True, **params):
    """Return the objective at the weights, and the weights after one step of rate 1."""
    X, y, sample_weight = problem
    clf = TwoLayerClassifier.from_weights(
        [weights["W1"], weights["W2"]],
        [weights["b1"], weights["b2"]] if fit_intercept else None,
        classes=range(4),
        **{"solver": "sgd", "momentum": 0.0, "learning_rate_init": 1.0, "alpha": 0.0}
        | {"batch_size": None, "learning_rate": "constant", "standardize": False}
        | params,
    ).partial_fit(X, y, sample_weight=sample_weight)
    arrays = (*clf.coefs_, *clf.intercepts_)
    return clf.loss_, dict(zip(("W1", "W2", "b1", "b2"), arrays, strict=True))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_agrees_with_central_differences(
    activation, loss, variant, problem, weights
):
    params = {"activation": activation, "loss": loss, **VARIANTS[variant]}
    trained = names(params.get("fit_intercept", True))
    rng = np.random.default_rng(2)
    direction = {name: rng.normal(size=weights[name].shape) for name in trained}
    ahead, behind = (
        weights | {name: weights[name] + h * direction[name] for name in trained}
        for h in (STEP, -STEP)
    )

    numeric = (
        step_of_gradient_descent(ahead, problem, **params)[0]
        - step_of_gradient_descent(behind, problem, **params)[0]
    ) / (2 * STEP)
    after = step_of_gradient_descent(weights, problem, **params)[1]
    gradient = {name: weights[name] - after[name] for name in trained}
    analytic = sum(np.vdot(gradient[name], direction[name]) for name in trained)

    assert abs(analytic - numeric) < 1e-6 * abs(numeric)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_of_a_batch_in_many_blocks_is_that_of_one(loss, weights):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 6)), rng.integers(4, size=50)
    small = (X, y, np.ones(50))
    n_copies = 14_000  # 700,000 rows, more than go through the network at once
    large = (np.tile(X, (n_copies, 1)), np.tile(y, n_copies), np.ones(50 * n_copies))

    one = step_of_gradient_descent(weights, small, loss=loss)
    many = step_of_gradient_descent(weights, large, loss=loss)

    np.testing.assert_allclose(many[0], one[0], rtol=1e-12)
    for name, array in one[1].items():
        np.testing.assert_allclose(many[1][name], array, rtol=1e-10, atol=1e-12)


EXTREMES = [0.0, 1e-30, 0.5, 50.0, 1e3, 1e30]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation_and_derivative_are_finite_however_large_z_is(activation, dtype):
    Z = np.array([[sign * z for z in EXTREMES for sign in (1, -1)]], dtype)
    H, dH, z = np.empty_like(Z), np.ones_like(Z), Z.astype(float)
    with np.errstate(all="ignore"):
        ACTIVATIONS[activation].forward(Z, H)
        h = H.copy()
        ACTIVATIONS[activation].backward(Z, H, dH)
    assert np.isfinite(h).all()
    assert np.isfinite(dH).all()
    # None is steeper than 1.2, as they are all (nearly) linear or flat far away.
    assert (np.abs(h - h[0, 0]) <= 1.2 * np.abs(z) + 1e-30).all()
    assert (np.abs(dH) <= 1.2).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", LOSSES)
def test_loss_and_gradient_are_finite_however_large_logits_are(loss, dtype):
    logits = np.array([[1e4, -1e4, 0.0, 50.0], [-1e4, 1e4, 0.0, -50.0]], dtype)
    t = np.array([[0.0, 0.0, 0.9, 1.0], [1.0, 1.0, 0.1, 0.0]], dtype)
    dlogits, weight = np.empty_like(logits), np.ones(4, dtype)
    for turn in (LOSSES[loss]().link, LOSSES[loss]().log_link):
        turn(turned := logits.copy())
        assert np.isfinite(turned).all()
    assert np.isfinite(LOSSES[loss]().value_and_grad(t, logits, weight, dlogits))
    assert np.isfinite(dlogits).all()
