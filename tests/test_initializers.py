"""Initial weights have the distribution that their name promises."""

import math

import numpy as np
import pytest

from skmlp import TwoLayerClassifier
from skmlp.activations import ACTIVATIONS
from skmlp.initializers import INITIALIZERS

FAN_IN, FAN_OUT = 300, 200
BOUNDS = {
    "he": math.sqrt(6 / FAN_IN),
    "glorot": math.sqrt(6 / (FAN_IN + FAN_OUT)),
    "lecun": math.sqrt(3 / FAN_IN),
    "uniform": 0.2,
    "fan_product": 1 / math.sqrt(FAN_IN * FAN_OUT),
}


def initial_weights(**params):
    """Return the weights that training starts from."""
    X, y = np.zeros((2, FAN_IN)), [0, 1]
    stay = {"learning_rate": lambda share: 0.0, "max_iter": 1, "random_state": 0}
    return TwoLayerClassifier(FAN_OUT, **stay, **params).fit(X, y).coefs_


@pytest.mark.parametrize("name", BOUNDS)
def test_uniform_weights_fill_their_bounds(name):
    W1 = initial_weights(weight_init=name, init_scale=0.2)[0]
    assert np.abs(W1).max() <= BOUNDS[name]
    # The standard error of a variance of 60,000 uniform numbers is 0.4 % of it.
    assert W1.var() == pytest.approx(BOUNDS[name] ** 2 / 3, rel=0.02)


def test_normal_weights_have_their_standard_deviation():
    W1 = initial_weights(weight_init="normal", init_scale=0.01)[0]
    assert W1.std() == pytest.approx(0.01, rel=0.02)
    assert abs(W1.mean()) < 0.0002  # five standard errors
    assert np.abs(W1).max() > 0.035  # a uniform of that deviation ends at 0.017


def test_weights_of_any_shape_are_those_of_one_draw():
    W = np.empty((3, 100_000), np.float32)
    INITIALIZERS["he"]()(W, np.random.default_rng(0))
    bound = math.sqrt(6 / 3)
    drawn = np.random.default_rng(0).uniform(-bound, bound, size=W.shape)
    np.testing.assert_array_equal(W, drawn.astype(np.float32))


def test_every_initializer_is_tested():
    assert {*BOUNDS, "normal"} == set(INITIALIZERS)


@pytest.mark.parametrize("name", ["normal", "uniform"])
def test_a_pair_of_scales_is_one_a_layer(name):
    pair = initial_weights(weight_init=name, init_scale=(0.01, 0.5))
    first = initial_weights(weight_init=name, init_scale=0.01)
    second = initial_weights(weight_init=name, init_scale=0.5)
    np.testing.assert_array_equal(pair[0], first[0])
    np.testing.assert_array_equal(pair[1], second[1])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_auto_is_he_for_rectifiers_and_glorot_otherwise(activation):
    smooth = not ACTIVATIONS[activation].is_rectifier
    auto = initial_weights(activation=activation)
    named = initial_weights(
        activation=activation, weight_init="glorot" if smooth else "he"
    )
    np.testing.assert_array_equal(auto[0], named[0])
    np.testing.assert_array_equal(auto[1], named[1])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"weight_init": (np.ones((3, 3)), np.ones((3, 3)))}, r"weight_init\[0\]"),
        ({"weight_init": [np.ones((300, 200))]}, "weight_init must be a pair"),
        ({"weight_init": lambda W, rng: W.fill(np.nan)}, "NaN or infinite"),
        ({"init_scale": (1.0, 2.0, 3.0)}, "init_scale must be a pair"),
        ({"init_scale": (1.0, -2.0)}, "init_scale"),
    ],
)
def test_weights_that_cannot_be_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        initial_weights(**params)
