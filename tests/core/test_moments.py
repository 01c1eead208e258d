"""Moments of parts, merged, are those of the whole; so are samples of parts."""

import functools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skmlp._core.standardization import (
    Moments,
    measure,
    moments_of,
    sampled_rows,
    standardization_of,
)

KINDS = {"dense": np.asarray, "CSR": sparse.csr_array}
# Where the parts end: equal, unequal, of one row, and without any.
CUTS = [[20, 40], [1, 2, 59], [7, 7, 50], [0, 30]]


def far_table():
    """Features of all scales and offsets, with zeros, and one that is constant."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 6)) * [1e-3, 7, 300, 5e4, 1, 0]
    X += [0, -3e6, 1.7e9, 0, 100, 5]
    X[:, 3] *= rng.random(60) < 0.3
    X[20:, 4] = 0.0
    return X


def weights_of(kind):
    rng = np.random.default_rng(1)
    return {
        "ones": np.ones(60),
        "some are zero": rng.uniform(0.0, 3.0, 60) * (rng.random(60) < 0.6),
        "a part is zero": rng.uniform(0.0, 3.0, 60) * (np.arange(60) >= 20),
    }[kind]


def moments(X, weight):
    return moments_of(X.shape[1], [(slice(None), X)], weight)


def merged(X, weight, cuts):
    """Return the moments of parts of the rows, merged in order."""
    whole = Moments(X.shape[1])
    for start, end in zip([0, *cuts], [*cuts, 60], strict=True):
        whole.merge(moments(X[start:end], weight[start:end]))
    return whole


WEIGHTS = ["ones", "some are zero", "a part is zero"]


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("cuts", CUTS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_merged_moments_are_those_of_the_whole(kind, cuts, weight):
    X, weight = KINDS[kind](far_table()), weights_of(weight)
    of_parts, whole = merged(X, weight, cuts), moments(X, weight)
    assert of_parts.n_rows == whole.n_rows
    assert_allclose(of_parts.total, whole.total, rtol=1e-14)
    assert_array_equal(of_parts.low, whole.low)
    assert_array_equal(of_parts.high, whole.high)
    deviation = whole.scale()
    assert_allclose(of_parts.scale(), deviation, rtol=1e-9, atol=0)
    error = np.abs(of_parts.mean() - whole.mean())
    assert (error <= 1e-9 * deviation + 1e-15 * np.abs(whole.mean())).all()


def test_moments_of_rows_far_from_zero_are_exact_in_float32():
    rng = np.random.default_rng(0)
    seconds = 1.7e9 + 128.0 * rng.integers(0, 4096, size=(60, 1))
    X = seconds.astype(np.float32)
    assert_array_equal(X, seconds)
    of_parts = merged(X, np.ones(60), [20, 40])
    assert_allclose(of_parts.mean(), seconds.mean(axis=0), rtol=1e-12)
    assert_allclose(of_parts.scale(), seconds.std(axis=0), rtol=1e-5)


def test_what_is_merged_stays_as_it_is():
    X, weight = far_table(), np.ones(60)
    first, second = moments(X[:20], weight[:20]), moments(X[20:], weight[20:])
    before = second.sum.copy(), second.sum_of_squares.copy(), second.low.copy()
    first.merge(second)
    assert_array_equal(second.sum, before[0])
    assert_array_equal(second.sum_of_squares, before[1])
    assert_array_equal(second.low, before[2])


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("cuts", CUTS, ids=str)
def test_samples_of_parts_are_the_sample_of_the_whole(cuts, weight):
    weight = np.ceil(weights_of(weight))  # of which sums are exact
    rows, counts = sampled_rows(weight)
    found = {}
    for start, end in zip([0, *cuts], [*cuts, 60], strict=True):
        before = weight[:start].sum()
        if start < end:
            part = sampled_rows(weight[start:end], before, weight.sum())
            found |= dict(zip(part[0] + start, part[1], strict=True))
    assert found == dict(zip(rows, counts, strict=True))


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_standardisation_of_parts_is_that_of_fit(dtype, kind, weight):
    X, weight, dtype = far_table(), weights_of(weight), np.dtype(dtype)
    X[3, 0] = 50.0  # an outlier, far beyond the spread
    X = KINDS[kind](X)
    rows, counts = sampled_rows(weight)
    of_parts = standardization_of(merged(X, weight, [20, 40]), X, rows, counts, dtype)
    whole = measure(X, [(slice(None), X)], weight, dtype)
    assert_array_equal(of_parts.scale, whole.scale)
    assert_allclose(of_parts.center, whole.center, rtol=1e-9, atol=1e-12)
    assert of_parts.limit == whole.limit


def test_merging_goes_in_any_grouping():
    X, weight = far_table(), weights_of("some are zero")
    parts = [moments(X[i : i + 10], weight[i : i + 10]) for i in range(0, 60, 10)]

    def merge(one, other):
        one.merge(other)
        return one

    grouped = [functools.reduce(merge, parts[i : i + 2]) for i in (0, 2, 4)]
    whole = functools.reduce(merge, grouped)
    assert_allclose(whole.scale(), moments(X, weight).scale(), rtol=1e-9)
