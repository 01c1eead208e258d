"""Parameters are views of one vector, for features as they are or standardised."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skmlp._core.parameters import Layers, Parameters
from skmlp._core.standardization import Standardization

NEAR = Standardization(np.array([1.0, -2.0, 0.0]), np.array([0.5, 4.0, 1.0]))
FAR = Standardization(np.array([1e6, -2.0, 0.0]), np.array([0.5, 4.0, 1.0]))
UNCENTERED = Standardization(np.zeros(3), np.array([0.5, 4.0, 1.0]))


def numbered(**options):
    """Return parameters of a 3-4-2 network, numbered as they lie in memory."""
    params = Parameters(3, 4, 2, np.float64, **options)
    params.storage[...] = np.arange(26)
    return params


def test_the_vector_holds_weights_first_then_biases():
    params = numbered()
    assert_array_equal(params.flat, np.arange(26))
    assert_array_equal(params.W1, np.arange(12).reshape(3, 4))
    assert_array_equal(params.W2, np.arange(12, 20).reshape(4, 2))
    assert_array_equal(params.b1, np.arange(20, 24))
    assert_array_equal(params.b2, np.arange(24, 26))
    assert_array_equal(params.weights, np.arange(20))
    assert params.n_weights == 20


def test_without_intercept_the_vector_ends_with_the_weights():
    params = numbered(fit_intercept=False)
    assert_array_equal(params.flat, np.arange(20))
    assert params.b1.shape == (4,)
    assert params.b2.shape == (2,)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_parameters_of_fewer_features_lie_in_the_same_memory(fit_intercept):
    params = numbered(fit_intercept=fit_intercept)
    fewer = params.leading(2)
    assert fewer.shape == (2, 4, 2)
    assert_array_equal(fewer.flat, np.arange(22 if fit_intercept else 16))
    assert_array_equal(fewer.b2, [20, 21])
    fewer.W1[...] = -1.0
    assert_array_equal(params.W1[:2], -1.0)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("units", [slice(0, 3), slice(2, 4), slice(3, None)])
def test_parameters_of_some_units_are_those_of_a_smaller_network(
    units, dtype, fit_intercept
):
    params = Parameters(3, 4, 2, dtype, fit_intercept, NEAR)
    some = params.of_units(units)
    n_units = len(range(4)[units])
    assert some.shape == (3, n_units, 2)
    assert some.W1.shape == (3, n_units)
    assert some.standardization is NEAR
    assert_array_equal(some.storage, np.zeros(6 * n_units + 2, dtype), strict=True)
    n_biases = n_units + 2 if fit_intercept else 0
    assert some.flat.size == 5 * n_units + n_biases


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zeros_are_alike_but_for_their_numbers(dtype, fit_intercept):
    zeros = Parameters(3, 4, 2, dtype, fit_intercept).zeros_like()
    assert zeros.shape == (3, 4, 2)
    assert zeros.flat.dtype == dtype
    assert_array_equal(zeros.flat, np.zeros(26 if fit_intercept else 20))


@pytest.mark.parametrize(
    ("standardization", "expected"),
    [(None, False), (UNCENTERED, False), (NEAR, True), (FAR, True)],
)
def test_parameters_say_whether_features_are_centred(standardization, expected):
    assert numbered(standardization=standardization).centers is expected


def hidden_layer(layers, X):
    return X @ layers.W1 + layers.b1


@pytest.mark.parametrize("standardization", [None, UNCENTERED, NEAR, FAR])
def test_layers_for_raw_X_are_those_for_standardised_X(standardization):
    X = np.random.default_rng(0).normal(size=(9, 3))
    params = numbered(standardization=standardization)
    X_hat = X
    if standardization is not None:
        X_hat = (X - standardization.center) / standardization.scale
    expected = hidden_layer(params, X_hat)
    assert_allclose(hidden_layer(params.layers(), X), expected, rtol=1e-6)
    assert_array_equal(params.layers().W2, params.W2)
    assert_array_equal(params.layers().b2, params.b2)


@pytest.mark.parametrize("standardization", [None, UNCENTERED, NEAR, FAR])
def test_layers_that_are_set_are_those_that_are_returned(standardization):
    params = numbered(standardization=standardization)
    rng = np.random.default_rng(0)
    shapes = ((3, 4), (4, 2), (4,), (2,))
    layers = Layers(*(rng.normal(size=shape) for shape in shapes))
    before = [array.copy() for array in layers]
    params.set_layers(layers)
    for actual, expected in zip(params.layers(), before, strict=True):
        assert_allclose(actual, expected, rtol=1e-9)
    for actual, expected in zip(layers, before, strict=True):
        assert_array_equal(actual, expected)


@pytest.mark.parametrize("standardization", [None, UNCENTERED, NEAR])
def test_layers_for_raw_X_are_what_is_computed_with(standardization):
    params = numbered(standardization=standardization)
    layers, rows_by = params.to_compute()
    assert rows_by is None
    for actual, expected in zip(layers, params.layers(), strict=True):
        assert_array_equal(actual, expected)


def test_far_from_zero_rows_are_standardised_to_compute():
    params = numbered(standardization=FAR)
    layers, rows_by = params.to_compute()
    assert rows_by is not None
    assert_array_equal(rows_by.center, FAR.center)
    assert_array_equal(rows_by.scale, FAR.scale)
    assert rows_by.limit == math.inf  # predictions take outliers as they are
    assert_array_equal(layers.W1, params.W1)
    assert_array_equal(layers.b1, params.b1)
    assert_array_equal(layers.W2, params.W2)
    assert_array_equal(layers.b2, params.b2)


@pytest.mark.parametrize("standardization", [None, NEAR])
def test_layers_have_the_dtype_of_the_parameters(standardization):
    params = Parameters(3, 4, 2, np.float32, standardization=standardization)
    layers = params.layers()
    assert {array.dtype for array in layers} == {np.dtype("float32")}
    assert params.restored_b1(layers).dtype == np.float32


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_members_lie_array_by_array_in_one_vector(fit_intercept):
    params = Parameters(3, 4, 2, np.float64, fit_intercept, n_members=5)
    params.storage[...] = np.arange(5 * 26)
    assert_array_equal(params.W1, np.arange(60).reshape(5, 3, 4))
    assert_array_equal(params.W2, np.arange(60, 100).reshape(5, 4, 2))
    assert_array_equal(params.b1, np.arange(100, 120).reshape(5, 4))
    assert_array_equal(params.b2, np.arange(120, 130).reshape(5, 2))
    assert_array_equal(params.flat, np.arange(130 if fit_intercept else 100))
    assert params.n_weights == 100
    assert params.zeros_like().W1.shape == (5, 3, 4)


def test_a_member_of_a_repeated_network_is_that_network():
    params = numbered(standardization=NEAR)
    repeated = params.repeated(3)
    assert repeated.standardization is NEAR
    repeated.W1[1] += 1.0
    repeated.copy_member(1, out=(member := params.copy()))
    assert_array_equal(member.W1, params.W1 + 1.0)
    for name in ("W2", "b1", "b2"):
        assert_array_equal(getattr(member, name), getattr(params, name))
    repeated.copy_member(2, out=member)
    assert_array_equal(member.flat, params.flat)


def test_a_copy_has_memory_and_views_of_its_own():
    params = numbered(standardization=NEAR)
    copied = params.copy()
    copied.W1[...] = 0.0
    assert_array_equal(copied.flat[:12], 0.0)
    assert_array_equal(params.flat, np.arange(26))
    assert copied.standardization is NEAR
