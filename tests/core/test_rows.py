"""Rows of X: any type, order and key comes as the same numbers, block by block."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skmlp._core.rows import block_rows, blocks_of, centered, numbers_per_row, rows_of
from skmlp._core.standardization import Standardization

FLOATS = [np.dtype("float32"), np.dtype("float64")]
KEYS = {"slice": slice(3, 17), "indices": np.array([5, 5, 0, 19, 7], np.int32)}
KINDS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "swapped": lambda X: X.astype(X.dtype.newbyteorder()),
    "CSR": sparse.csr_array,
    "CSR matrix": sparse.csr_matrix,
}


def table(dtype):
    return np.random.default_rng(0).integers(0, 100, (20, 6)).astype(dtype)


def dense(rows):
    return rows.toarray() if sparse.issparse(rows) else rows


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("to", FLOATS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_those_of_X_in_the_dtype_asked_for(kind, dtype, to, key):
    X = table(dtype)
    rows = rows_of(KINDS[kind](X), 20, to)[KEYS[key]]
    assert rows.dtype == to
    assert_array_equal(dense(rows), X[KEYS[key]])


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("to", FLOATS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("kind", ["C", "F", "strided", "swapped"])
def test_standardised_rows_are_centred_and_scaled(kind, dtype, to, key):
    X = table(dtype)
    center, scale = np.arange(6) * 8.0, 2.0 ** np.arange(-2, 4)
    rows = rows_of(KINDS[kind](X), 20, to, Standardization(center, scale))[KEYS[key]]
    assert rows.dtype == to
    assert_array_equal(rows, (X[KEYS[key]] - center) / scale)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", ["CSR", "CSR matrix"])
def test_sparse_rows_are_scaled_and_only_far_features_are_centred(kind, key):
    X = table("float64")
    X[:, 3] += 10_000
    scale = 2.0 ** np.arange(6)
    center = np.array([5.0, 6.0, 7.0, 10_000.0, 9.0, 10.0])
    rows = rows_of(KINDS[kind](X), 20, FLOATS[1], Standardization(center, scale))
    far = np.array([0, 0, 0, 10_000.0, 0, 0])
    assert_array_equal(dense(rows[KEYS[key]]), (X[KEYS[key]] - far) / scale)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("to", FLOATS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("kind", ["C", "F", "strided", "swapped"])
def test_standardised_rows_stay_within_a_limit(kind, dtype, to, key):
    X = table(dtype)
    standardization = Standardization(np.arange(6) * 8.0, 2.0 ** np.arange(-2, 4), 6.0)
    inside = rows_of(KINDS[kind](X), 20, to, standardization)[KEYS[key]]
    X_hat = (X[KEYS[key]] - standardization.center) / standardization.scale
    assert inside.dtype == to
    assert_array_equal(inside, np.clip(X_hat, -6, 6))
    assert (inside != X_hat).any()


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("to", FLOATS)
@pytest.mark.parametrize("kind", ["CSR", "CSR matrix"])
def test_entries_of_sparse_rows_stay_within_a_limit_of_their_center(kind, to, key):
    X = table("float64") * (np.random.default_rng(1).random((20, 6)) < 0.6)
    X[:, 0] *= -1.0
    X[:, 3] += 9_950.0  # far from zero
    center = np.array([0.0, 50.0, 20.0, 10_000.0, 9.0, 10.0])
    scale = 2.0 ** np.array([3, 2, 4, 2, 4, 9])
    standardization = Standardization(center, scale, limit=6.0)
    rows = rows_of(KINDS[kind](X), 20, to, standardization)
    rows = centered(rows, KINDS[kind](X), standardization, to)[KEYS[key]]
    X_hat = (X[KEYS[key]] - center) / scale
    low = np.array([-6.0, -np.inf, -np.inf, -6.0, -np.inf, -np.inf])  # zeros stay
    expected = np.clip(X_hat, low, 6.0)
    actual = rows @ np.eye(6, dtype=to)
    assert_allclose(actual, expected, rtol=1e-6, atol=1e-6)
    assert (expected != X_hat).any(axis=0)[[0, 1, 3]].all()


@pytest.mark.parametrize("kind", ["C", "F", "CSR"])
def test_what_float32_does_not_hold_comes_as_the_limit(kind):
    X = np.array([[1e300], [-1e300], [1.0]])
    standardization = Standardization(np.zeros(1), np.full(1, 0.5), limit=6.0)
    with np.errstate(over="ignore"):
        rows = rows_of(KINDS[kind](X), 3, FLOATS[0], standardization)[:3]
    assert_array_equal(dense(rows), [[6.0], [-6.0], [2.0]])


def test_rows_that_need_nothing_are_a_view_or_gathered_into_one_memory():
    X = table("float64")
    rows = rows_of(X, 20, FLOATS[1])
    assert np.shares_memory(rows[3:7], X)
    first = rows[np.array([1, 2, 3])]
    assert not np.shares_memory(first, X)
    assert np.shares_memory(first, rows[np.array([4, 5])])


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_rows_that_are_cast_are_written_into_one_memory(dtype, order):
    rows = rows_of(np.asarray(table(dtype), order=order), 20, FLOATS[0])
    first = rows[np.array([1, 2, 3])]
    assert np.shares_memory(first, rows[np.array([4, 5])])
    assert np.shares_memory(first, rows[2:9])
    assert first.flags.f_contiguous == (order == "F")


@pytest.mark.parametrize(
    "subset", [None, range(5, 17), np.array([3, 0, 11, 12, 19])], ids=str
)
@pytest.mark.parametrize("kind", ["C", "CSR"])
@pytest.mark.parametrize("n_rows", [1, 4, 7, 20, 1000])
def test_blocks_are_all_rows_once_in_order(n_rows, kind, subset):
    X = table("float64")
    blocks = [
        (np.arange(20)[key], dense(rows).copy())
        for key, rows in blocks_of(KINDS[kind](X), n_rows, FLOATS[1], subset)
    ]
    expected = np.arange(20) if subset is None else subset
    assert_array_equal(np.concatenate([key for key, _ in blocks]), expected)
    assert_array_equal(np.concatenate([rows for _, rows in blocks]), X[expected])
    lengths = [len(key) for key, _ in blocks]
    assert max(lengths) == min(n_rows, len(expected))
    assert set(lengths[:-1]) <= {n_rows}


def test_blocks_of_sparse_rows_are_centred():
    X = table("float64")
    center, scale = np.arange(1.0, 7.0), np.full(6, 2.0)
    standardization = Standardization(center, scale)
    make = {"standardization": standardization}
    ((_, rows),) = blocks_of(sparse.csr_array(X), 20, FLOATS[1], **make)
    expected = (X - center) / scale
    assert_allclose(rows @ np.eye(6), expected, rtol=1e-12)
    assert_allclose(rows.T @ np.eye(20), expected.T, rtol=1e-12)


@pytest.mark.parametrize("sizes", [(1, 1, 2), (30, 9, 3), (784, 128, 10)])
def test_buffers_of_a_block_fill_two_megabytes_of_float32(sizes):
    n_features, n_hidden, n_outputs = sizes
    row = n_features + 3 * n_hidden + 2 * n_outputs
    n_rows = block_rows(*sizes)
    assert 4 * n_rows * row <= 2 * 2**20 < 4 * (n_rows + 1) * row


def test_rows_of_any_size_go_through_the_network_by_256_at_least():
    assert block_rows(100_000, 1000, 10) == 256


def test_numbers_per_row_is_the_mean_of_those_stored_that_are_not_zero():
    X = sparse.csr_array(np.array([[1.0, 0, 2], [0, 0, 3], [0, 4, 0]]))
    assert numbers_per_row(X) == 2  # four in three rows, rounded up
    X.data[:2] = 0.0
    assert numbers_per_row(X) == 1
    assert numbers_per_row(X.toarray()) == 3


@pytest.mark.parametrize("kind", ["C", "F", "strided", "swapped", "CSR"])
def test_times_are_centred_before_they_lose_their_digits(kind):
    X = 1_700_000_000 + np.arange(20.0)[:, np.newaxis]
    standardization = Standardization(np.array([1_700_000_008.0]), np.array([4.0]))
    rows = rows_of(KINDS[kind](X), 20, FLOATS[0], standardization)[np.arange(20)]
    assert rows.dtype == np.float32
    assert_array_equal(dense(rows)[:, 0], (np.arange(20) - 8) / 4)


def misaligned(X):
    """Return a copy that begins at an odd byte."""
    memory = np.zeros(X.nbytes + 1, np.uint8)[1:]
    copy = memory.view(X.dtype).reshape(X.shape)
    copy[...] = X
    return copy


@pytest.mark.parametrize("kind", [*KINDS, "misaligned"])
def test_X_is_never_copied_whole(kind):
    X = (KINDS | {"misaligned": misaligned})[kind](np.ones((5000, 10)))
    tracemalloc.start()
    try:
        rows = rows_of(X, 100, FLOATS[0])
        assert_array_equal(dense(rows[np.arange(7, 4000, 50)]), 1.0)
        assert_array_equal(dense(rows[700:800]), 1.0)
        for _, block in blocks_of(X, 100, FLOATS[0]):
            assert_array_equal(dense(block), 1.0)
        assert tracemalloc.get_traced_memory()[1] < 100_000  # X takes 400,000 bytes
    finally:
        tracemalloc.stop()
