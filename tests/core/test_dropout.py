"""Dropout: each number is zero or scaled, and the derivative knows which."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skmlp._core.dropout import DroppedFeatures, DroppedUnits
from skmlp._core.rows import rows_of
from skmlp.activations import ACTIVATIONS

DTYPES = [np.dtype("float32"), np.dtype("float64")]


def dropped_units(activation, rate, Z):
    rng = np.random.default_rng(0)
    return DroppedUnits(ACTIVATIONS[activation], rate, rng, Z.size, Z.dtype)


def dropped_features(X, rate, dtype=DTYPES[1]):
    rows = rows_of(X, X.shape[0], dtype)
    return DroppedFeatures(rows, rate, np.random.default_rng(0), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_units_are_zero_at_the_rate_or_else_scaled(rate, dtype):
    Z, H = np.ones((100, 200), dtype), np.empty((100, 200), dtype)
    dropped_units("identity", rate, Z).forward(Z, H)
    assert_allclose(H[H != 0], 1 / (1 - rate), rtol=1e-6)
    # The standard deviation of a share of 20,000 is at most 0.0036.
    assert (H == 0).mean() == pytest.approx(rate, abs=0.02)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_derivative_of_dropped_units_is_the_activation_s_times_the_mask(activation):
    z = np.random.default_rng(1).normal(size=(30, 40))
    plain, h = ACTIVATIONS[activation], np.empty_like(z)
    plain.forward(Z := z.copy(), h)
    plain.backward(Z, h.copy(), derivative := np.full_like(z, 3.0))

    units = dropped_units(activation, 0.25, z)
    units.forward(Z := z.copy(), H := np.empty_like(z))
    is_kept = H != 0
    units.backward(Z, H.copy(), dH := np.full_like(z, 3.0))

    # Where relu itself is zero the mask cannot be seen in H.
    is_seen = h != 0
    assert_allclose(H, np.where(is_kept, h / 0.75, 0.0), rtol=1e-12)
    expected = np.where(is_kept, derivative / 0.75, 0.0)
    assert_allclose(dH[is_seen], expected[is_seen], rtol=1e-12)
    assert 0 < (is_seen & ~is_kept).sum() < is_seen.sum()


def test_members_are_dropped_the_same_units():
    relu, rng = ACTIVATIONS["identity"], np.random.default_rng(0)
    units = DroppedUnits(relu, 0.5, rng, 6 * 40, DTYPES[1], n_members=3)
    Z = np.repeat([1.0, 2.0, 3.0], 5)[:, np.newaxis] * np.ones((15, 40))
    units.forward(Z, H := np.empty_like(Z))
    first, second, third = H.reshape(3, 5, 40)
    assert 0 < (first == 0).sum() < first.size
    assert_array_equal(second, 2.0 * first)
    assert_array_equal(third, 3.0 * first)
    units.backward(Z, H, dH := np.ones_like(Z))
    for derivative in dH.reshape(3, 5, 40):
        assert_array_equal(derivative, first)


def test_units_of_fewer_rows_are_dropped_too():
    Z = np.ones((30, 40))
    units = dropped_units("identity", 0.5, Z)
    units.forward(Z[:7], H := np.empty((7, 40)))
    assert set(H.ravel()) == {0.0, 2.0}


@pytest.mark.parametrize("as_kind", [np.asarray, sparse.csr_array, sparse.csr_matrix])
def test_features_are_zero_at_the_rate_or_else_scaled(as_kind):
    X = np.random.default_rng(1).normal(size=(100, 50)) + 10
    given = as_kind(X)
    before = given.copy()
    rows = dropped_features(given, 0.2)[np.arange(99, -1, -1)]
    dropped = rows.toarray() if sparse.issparse(rows) else rows
    is_kept = dropped != 0
    assert_allclose(dropped, np.where(is_kept, X[::-1] / 0.8, 0.0), rtol=1e-12)
    # The standard deviation of the share is 0.0057.
    assert is_kept.mean() == pytest.approx(0.8, abs=0.03)
    assert abs(given - before).max() == 0


@pytest.mark.parametrize("as_kind", [np.asarray, sparse.csr_array])
def test_every_call_draws_a_new_mask_into_memory_that_is_kept(as_kind):
    features = dropped_features(as_kind(np.ones((40, 50))), 0.5)

    def values():
        rows = features[np.arange(40)]
        return rows.data if sparse.issparse(rows) else rows

    first = values()
    before = first.copy()
    second = values()
    assert np.shares_memory(first, second)
    assert (second != before).any()
    assert set(second.ravel()) == {0.0, 2.0}


def test_sparse_rows_keep_their_shape_and_places():
    X = sparse.csr_array(1.0 * (np.random.default_rng(0).random((20, 30)) < 0.2))
    rows = dropped_features(X, 0.5)[np.arange(20)]
    assert rows.shape == X.shape
    assert_array_equal(rows.indices, X.indices)
    assert_array_equal(rows.indptr, X.indptr)
