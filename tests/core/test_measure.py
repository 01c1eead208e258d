"""Center and scale of features, measured block by block, by the documented formula."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skmlp._core.rows import holds_finite_numbers
from skmlp._core.standardization import Centered, Standardization, measure

DTYPES = [np.dtype("float32"), np.dtype("float64")]
KINDS = {"dense": np.asarray, "CSR": sparse.csr_array, "CSR matrix": sparse.csr_matrix}


def blocks_of(X, n_blocks):
    """Yield X in so many blocks, each valid until the next."""
    ends = np.linspace(0, X.shape[0], n_blocks + 1).astype(int)
    for start, end in itertools.pairwise(ends):
        block = X[start:end].copy()
        yield slice(start, end), block
        if not sparse.issparse(X):
            block[...] = np.nan


def measured(X, weight=None, n_blocks=3, dtype=DTYPES[1]):
    """Return what is measured of X in so many blocks."""
    weight = np.ones(X.shape[0]) if weight is None else weight
    return measure(blocks_of(X, n_blocks), weight, X.shape[1], dtype)


def documented(X, weight):
    """Return center and scale of each feature, two passes over all of X."""
    center = np.average(X, axis=0, weights=weight)
    deviation = np.sqrt(np.average((X - center) ** 2, axis=0, weights=weight))
    counts = X[weight > 0]
    spread = np.maximum(deviation, np.ptp(counts, axis=0) / 4)
    return center, 2 ** np.rint(np.log2(spread))


def table():
    """Features of all scales, normal or of two values; some have zeros.

    The deviation is more than a quarter of the range where there are two values.
    """
    rng = np.random.default_rng(0)
    normal, sign = rng.normal(size=(60, 4)), rng.choice([-1.0, 1.0], (60, 4))
    X = np.hstack([normal, sign]) * [1e-3, 7, 300, 5e4, 1, 3, 0.1, 0.1]
    X += [0, -3e6, 1e9, 0, 0, 1e3, 100, 1e3]
    X[:, 3] *= rng.random(60) < 0.3
    X[30:, 6] = 0.0  # no zero in the first block
    X[::2, 7] = 0.0
    rare = np.zeros((60, 2))  # its range is more than its deviation
    rare[11] = 1.0, -1.0
    return np.hstack([rare, X])


@pytest.mark.parametrize("n_blocks", [1, 3, 60])
@pytest.mark.parametrize("kind", KINDS)
def test_center_and_scale_are_the_documented_ones(kind, n_blocks):
    weight = np.random.default_rng(1).integers(0, 4, 60).astype(float)
    weight[11] = 1.0
    X = table()
    center, scale = documented(X, weight)
    X[weight == 0] *= 1e3  # what counts for nothing
    actual = measured(KINDS[kind](X), weight, n_blocks)
    assert_allclose(actual.center, center, rtol=1e-12, atol=1e-15)
    assert_array_equal(actual.scale, scale)


@pytest.mark.parametrize("kind", KINDS)
def test_a_spread_far_below_the_mean_is_measured(kind):
    X = 1e9 + np.arange(60.0)[:, np.newaxis] / 4  # its squares have no such digits
    actual = measured(KINDS[kind](X))
    assert_allclose(actual.center, 1e9 + 59 / 8, rtol=1e-15)
    assert_array_equal(actual.scale, 4.0)  # of a deviation of 4.3


@pytest.mark.parametrize("kind", ["CSR", "CSR matrix"])
def test_entries_in_halves_are_what_they_add_up_to(kind):
    X = KINDS[kind](table())
    halves = np.repeat(X.data, 2) / 2, np.repeat(X.indices, 2), 2 * X.indptr
    twice = type(X)(halves, X.shape)
    before = twice.data.copy()
    actual = measure([(slice(0, 60), twice)], np.ones(60), 10, DTYPES[1])
    expected = measured(X, n_blocks=1)
    assert_array_equal(actual.center, expected.center)
    assert_array_equal(actual.scale, expected.scale)
    assert_array_equal(twice.data, before)


@pytest.mark.parametrize("kind", ["CSR", "CSR matrix"])
def test_zeros_that_are_stored_change_no_bit(kind):
    X = table()
    every_entry = X.ravel(), np.tile(np.arange(10), 60), 10 * np.arange(61)
    actual = measured(type(KINDS[kind](X))(every_entry, X.shape))
    expected = measured(KINDS[kind](X))
    assert_array_equal(actual.center, expected.center)
    assert_array_equal(actual.scale, expected.scale)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_a_constant_is_not_centred_and_scaled_by_its_size(weight, kind):
    X = KINDS[kind](np.tile([0.0, 5.0, -300.0, 1e-3], (6, 1)))
    center, scale = measured(X, np.full(6, weight))
    assert_array_equal(center, 0.0)
    expected = [1.0, 4.0, 256.0, 2.0**-10] if weight else np.ones(4)
    assert_array_equal(scale, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_scales_stay_28_powers_of_two_within_the_range(kind):
    # The largest powers of two are 2**127 and 2**1023.
    for dtype, largest in zip(DTYPES, [2.0**100, 2.0**996], strict=True):
        values = [float(np.finfo(dtype).max) / 4, 1.0, float(np.finfo(dtype).tiny)]
        X = KINDS[kind](np.array([[1.0], [-1.0]]) * values)
        scale = measured(X.astype(dtype), n_blocks=1, dtype=dtype).scale
        assert_array_equal(scale, [largest, 1.0, 1 / largest])


def test_far_is_a_center_of_more_than_32_scales():
    center = np.array([32.0, 33.0, -33.0, 65.0, 129.0, 10.0, 0.0])
    scale = np.array([1.0, 1.0, 1.0, 2.0, 4.0, 0.25, 1.0])
    far = [1, 2, 3, 4, 5]
    assert_array_equal(Standardization(center, scale).far, far)


def test_centred_if_any_center_is_not_zero():
    one = np.ones(2)
    assert Standardization(np.array([0.0, 3.0]), one).centers is True
    assert Standardization(np.zeros(2), one).centers is False


@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_for_raw_features_come_back_to_the_bit(dtype):
    standardization = Standardization(np.array([1.0, 5.0]), np.array([0.25, 8.0]))
    W1 = np.random.default_rng(0).normal(size=(2, 3)).astype(dtype)
    raw = standardization.to_raw(W1)
    assert raw.dtype == dtype
    assert_array_equal(raw, W1 / np.array([[0.25], [8.0]], dtype))
    assert_allclose(standardization.bias_shift(raw), raw[0] + 5.0 * raw[1])
    standardization.from_raw(raw)
    assert_array_equal(raw, W1)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e300, 0.0])
@pytest.mark.parametrize(
    "form",
    [
        np.asarray,
        np.asfortranarray,
        sparse.csr_array,
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: Centered(sparse.csr_array(X), np.ones(3)),
    ],
)
def test_numbers_of_a_block_are_finite_or_not(form, number):
    X = np.ones((4, 3))
    assert holds_finite_numbers(form(X)) is True
    X[2, 1] = number
    with np.errstate(over="ignore"):  # of squares
        assert holds_finite_numbers(form(X)) is bool(np.isfinite(number))
