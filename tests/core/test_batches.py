"""Batches: which rows an epoch visits, in what parts, and what each row counts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skmlp._core.batches import SAMPLINGS, Batches

N_ROWS = 103


def batches(sampling, *, n_rows=N_ROWS, weight=None, **params):
    """Return batches whose y is the number of the row."""
    weight = np.ones(n_rows) if weight is None else weight
    make = {"batch_size": 20, "block_rows": 8, "sampling": SAMPLINGS[sampling]}
    return Batches(np.arange(n_rows), weight, **make | params)


def visited(batches, seed=0):
    """Return the rows of an epoch, part by part, as keys, y and weights say."""
    rows = np.arange(N_ROWS)
    return [
        [(rows[part.key], part.y, part.weight) for part in batch.parts]
        for batch in batches.epoch(np.random.default_rng(seed))
    ]


def order(batches, seed=0):
    """Return the rows of an epoch in one vector."""
    return np.concatenate(
        [part[1] for parts in visited(batches, seed) for part in parts]
    )


def test_sequential_rows_come_in_the_order_of_X():
    assert_array_equal(order(batches("sequential")), np.arange(N_ROWS))


def test_shuffled_rows_come_once_each_in_a_new_order_every_epoch():
    shuffled = batches("shuffle")
    rng = np.random.default_rng(0)
    first, second = (
        np.concatenate([p.y for b in shuffled.epoch(rng) for p in b.parts])
        for _ in range(2)
    )
    assert_array_equal(np.sort(first), np.arange(N_ROWS))
    assert_array_equal(np.sort(second), np.arange(N_ROWS))
    # A random order has one row in its place on average; 20 are as good as impossible.
    assert (first == np.arange(N_ROWS)).sum() < 20
    assert (first == second).sum() < 20


def test_rows_drawn_with_replacement_are_any_of_all():
    n_epochs = 100
    drawn = np.concatenate([order(batches("replacement"), seed) for seed in range(100)])
    counts = np.bincount(drawn, minlength=N_ROWS)
    assert len(counts) == N_ROWS
    # The variance of a count is nearly its mean: six deviations.
    assert (np.abs(counts - n_epochs) < 60).all()
    assert len(np.unique(order(batches("replacement")))) < 0.8 * N_ROWS


@pytest.mark.parametrize("subset", [None, np.arange(1, N_ROWS, 2)], ids=str)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_keys_y_and_weights_are_of_the_same_rows(sampling, subset):
    weight = np.arange(1.0, N_ROWS + 1) ** 2
    for parts in visited(batches(sampling, weight=weight, subset=subset)):
        n_rows = sum(len(y) for _, y, _ in parts)
        for rows, y, counts in parts:
            assert_array_equal(rows, y)
            assert subset is None or np.isin(rows, subset).all()
            mean = weight.mean() if subset is None else weight[subset].mean()
            assert_allclose(counts, weight[rows] / (n_rows * mean), rtol=1e-12)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_batches_and_their_parts_are_full_but_for_the_last(sampling):
    every = visited(batches(sampling))
    assert [[len(y) for _, y, _ in parts] for parts in every] == [
        *[[8, 8, 4]] * 5,
        [3],
    ]


def test_batch_says_how_many_rows_it_has_and_where_the_epoch_stands():
    epoch = list(batches("shuffle").epoch(np.random.default_rng(0)))
    assert [batch.n_rows for batch in epoch] == [20, 20, 20, 20, 20, 3]
    shares = [batch.share_of_epoch_done for batch in epoch]
    assert_allclose(shares, np.arange(0, 120, 20) / N_ROWS)


def test_a_mean_weight_that_is_given_is_what_weights_are_measured_by():
    weight = np.arange(1.0, N_ROWS + 1)
    given = visited(batches("sequential", weight=weight, mean_weight=2.0))
    assert_allclose(given[0][0][2], weight[:8] / (20 * 2.0))


def test_a_batch_is_no_larger_than_the_rows():
    ((one,),) = visited(batches("sequential", batch_size=1000, block_rows=1000))
    assert_allclose(one[2], 1 / N_ROWS)


@pytest.mark.parametrize("sampling", ["shuffle", "replacement"])
def test_an_order_takes_four_bytes_a_row(sampling):
    epoch = batches(sampling).epoch(np.random.default_rng(0))
    assert {part.key.itemsize for batch in epoch for part in batch.parts} == {4}


def test_weights_are_left_as_they_are():
    weight = np.arange(1.0, N_ROWS + 1)
    list(batches("sequential", weight=weight).epoch(np.random.default_rng(0)))
    assert_array_equal(weight, np.arange(1.0, N_ROWS + 1))
