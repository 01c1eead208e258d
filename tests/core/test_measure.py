"""Center and scale of features, measured block by block, by the documented formula."""

import itertools
import tracemalloc

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
    return measure(X, blocks_of(X, n_blocks), weight, dtype)


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
    actual = measure(twice, [(slice(0, 60), twice)], np.ones(60), DTYPES[1])
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
    center, scale, _ = measured(X, np.full(6, weight))
    assert_array_equal(center, 0.0)
    expected = [1.0, 4.0, 256.0, 2.0**-10] if weight else np.ones(4)
    assert_array_equal(scale, expected)


def without_outliers():
    """Features of many shapes, none of which has outliers, in 3000 rows."""
    rng = np.random.default_rng(0)
    n_rows = 3000
    pixel = np.zeros(n_rows)  # at a border: not zero in one row of a thousand
    pixel[[70, 1500, 2900]] = 4.0, 9.0, 255.0
    often = rng.random(n_rows) < 0.3
    return np.stack(
        [
            pixel,
            rng.normal(size=n_rows),
            rng.uniform(-5, 90, size=n_rows),
            rng.integers(0, 2, n_rows),
            rng.random(n_rows) < 0.02,
            rng.poisson(3.0, n_rows),
            often * rng.integers(1, 256, n_rows),
            often * (1e3 + rng.normal(size=n_rows)),
            1e6 + rng.normal(size=n_rows),
        ],
        axis=1,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_without_outliers_scale_and_center_are_those_of_deviation_and_range(kind):
    X, weight = without_outliers(), np.ones(3000)
    center, scale = documented(X, weight)
    actual = measured(KINDS[kind](X), weight)
    assert_allclose(actual.center, center, rtol=1e-12, atol=1e-15)
    assert_array_equal(actual.scale, scale)
    assert scale[0] == 64.0  # a quarter of the range of the pixel at a border


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [999.0, -999.0, 99_999.0, 1e300])
def test_outliers_hardly_move_scale_and_center(value, kind):
    X, weight = without_outliers()[:, [1, 2, 3, 5, 6, 7, 8]], np.ones(3000)
    center, scale = documented(X, weight)
    X[::600] = value
    actual = measured(KINDS[kind](X), weight)
    assert (actual.scale >= scale).all()
    assert (actual.scale <= 4 * scale).all()
    assert (np.abs(actual.center - center) <= actual.scale).all()


def with_heavy_tails(n_rows):
    """Features of which more than half, half and a few values are not zero."""
    rng = np.random.default_rng(0)
    X = np.exp(3 * rng.normal(size=(n_rows, 12))) * rng.choice([-1, 1], 12)
    X[:, :8] *= rng.random((n_rows, 8)) < np.linspace(0.2, 0.9, 8)
    X[:, 8:10] = X[:, 8:10] ** 2 + 1e3
    return X


def sample_of(X, weight):
    """Return 2048 rows, each the first up to which there is more than its share."""
    steps = np.arange(2048)
    shares = (steps + np.modf(steps * (1 + 5**0.5) / 2)[0]) / 2048
    share_up_to = np.cumsum(weight) / weight.sum()
    return X[[np.flatnonzero(share_up_to > share)[0] for share in shares]]


def documented_of_outliers(X, weight):
    """Return the documented center and scale, feature by feature."""
    center, deviation, range_ = (
        np.average(X, axis=0, weights=weight),
        np.sqrt(np.average((X - np.average(X, 0, weight)) ** 2, 0, weight)),
        np.ptp(X[weight > 0], axis=0),
    )
    scale = np.maximum(deviation, range_ / 4)
    for feature, values in enumerate(sample_of(X, weight).T):
        median = np.sort(values)[1023]
        others = np.sort(np.abs(values[values != median] - median))
        spread = others[-1 - len(others) // 50]
        if scale[feature] > 1.4 * spread:
            scale[feature] = spread
            center[feature] = np.clip(values, median - spread, median + spread).mean()
    return center, 2 ** np.rint(np.log2(scale))


@pytest.mark.parametrize("n_rows", [50, 700, 5000])
@pytest.mark.parametrize("kind", KINDS)
def test_outliers_are_told_by_the_spread(kind, n_rows):
    X = with_heavy_tails(n_rows)
    weight = np.random.default_rng(1).integers(0, 4, n_rows).astype(float)
    center, scale = documented_of_outliers(X, weight)
    actual = measured(KINDS[kind](X), weight)
    assert_allclose(actual.center, center, rtol=1e-12, atol=1e-15)
    assert_array_equal(actual.scale, scale)
    assert (scale < documented(X, weight)[1]).any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_rows", [30, 1500, 4000])
def test_integer_weights_are_repeated_rows(n_rows, kind):
    X = with_heavy_tails(n_rows)
    weight = np.random.default_rng(1).integers(0, 4, n_rows)
    repeated = measured(KINDS[kind](np.repeat(X, weight, axis=0)))
    weighted = measured(KINDS[kind](X), weight.astype(float))
    assert_allclose(weighted.center, repeated.center, rtol=1e-12, atol=1e-15)
    assert_array_equal(weighted.scale, repeated.scale)
    assert weighted.limit == repeated.limit == 6.0


def test_what_comes_back_every_thirty_rows_is_seen_at_all_its_times():
    n_rows = 30 * 2048
    X = np.random.default_rng(0).normal(size=(n_rows, 1))
    X[:, 0] += 100.0 * (np.arange(n_rows) % 30)
    actual, (_, scale) = measured(X), documented(X, np.ones(n_rows))
    assert_array_equal(actual.scale, scale)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32"])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_any_dtype_have_the_same_spread(kind, dtype):
    X = np.minimum(np.floor(with_heavy_tails(500)[:, :8]), 250)
    X = np.maximum(X, 0.0).astype(dtype)
    expected = measured(X.astype(float))
    blocks = [(slice(0, 500), KINDS[kind](X.astype(float)))]
    actual = measure(KINDS[kind](X), blocks, np.ones(500), DTYPES[0])
    assert_array_equal(actual.scale, expected.scale)
    assert_allclose(actual.center, expected.center, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_the_rows_is_copied_and_no_more(kind):
    X = KINDS[kind](np.arange(60.0) + np.arange(40_000)[:, np.newaxis])
    first_row = [(slice(0, 1), X[:1])]
    tracemalloc.start()
    try:
        measure(X, first_row, np.ones(40_000), DTYPES[0])
        assert tracemalloc.get_traced_memory()[1] < 8_000_000  # X takes 19,200,000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_training_has_a_limit_once_there_are_twenty_rows(kind):
    X = np.random.default_rng(0).normal(size=(20, 3))
    assert measured(KINDS[kind](X)).limit == 6.0
    assert measured(KINDS[kind](X[:19])).limit == np.inf
    weight = np.arange(20) > 0
    assert measured(KINDS[kind](X), weight.astype(float)).limit == np.inf


def test_the_limit_is_larger_by_the_centers_that_are_left_out():
    center, scale = np.array([3.0, -8.0, 0.0]), np.array([1.0, 2.0, 4.0])
    actual = Standardization(center, scale, 6.0).without_centers()
    assert_array_equal(actual.center, 0.0)
    assert_array_equal(actual.scale, scale)
    assert actual.limit == 6.0 + 4.0


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
