"""The rows of a stream come out once each, mixed, in memory that has a bound."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skmlp import TwoLayerClassifier
from skmlp.streams import shuffled


def chunks_of(sizes, n_columns=2):
    """Yield chunks of such sizes; X, y and the weights hold the number of the row."""
    start = 0
    for size in sizes:
        rows = np.arange(start, start + size)
        yield np.repeat(rows[:, np.newaxis], n_columns, axis=1), rows, rows / 2
        start += size


def order_of(mixed):
    """Return the numbers of the rows as they come out."""
    return np.concatenate([y for _, y, *_ in mixed])


def mixed(n_rows, size, buffer_rows, **options):
    return shuffled(chunks_of([size] * (n_rows // size)), buffer_rows, **options)


@given(
    sizes=st.lists(st.integers(0, 30), max_size=12),
    buffer_rows=st.integers(1, 120),
    chunk_rows=st.none() | st.integers(1, 60),
    seed=st.integers(0, 9),
)
def test_every_row_comes_out_once_with_its_label_and_weight(
    sizes, buffer_rows, chunk_rows, seed
):
    options = {"chunk_rows": chunk_rows, "random_state": seed}
    out = list(shuffled(chunks_of(sizes), buffer_rows, **options))
    for X, y, weight in out:
        assert_array_equal(X, np.column_stack([y, y]))
        assert_array_equal(weight, y / 2)
    assert sorted(i for _, y, _ in out for i in y) == list(range(sum(sizes)))


@given(sizes=st.lists(st.integers(0, 30), max_size=12), buffer_rows=st.integers(1, 120))
def test_chunks_come_out_in_the_sizes_in_which_they_went_in(sizes, buffer_rows):
    out = [len(y) for _, y, _ in shuffled(chunks_of(sizes), buffer_rows)]
    assert out == [size for size in sizes if size > 0]


@given(
    sizes=st.lists(st.integers(0, 30), max_size=12),
    buffer_rows=st.integers(1, 120),
    chunk_rows=st.integers(1, 60),
)
def test_chunks_come_out_in_the_size_that_was_asked_for(sizes, buffer_rows, chunk_rows):
    out = [
        len(y)
        for _, y, _ in shuffled(chunks_of(sizes), buffer_rows, chunk_rows=chunk_rows)
    ]
    whole, rest = divmod(sum(sizes), chunk_rows)
    assert out == [chunk_rows] * whole + [rest] * (rest > 0)


@pytest.mark.parametrize("seed", [0, np.random.RandomState(0)], ids=["int", "state"])
def test_the_same_seed_gives_the_same_order(seed):
    first = order_of(mixed(400, 20, 100, random_state=0))
    assert_array_equal(order_of(mixed(400, 20, 100, random_state=seed)), first)
    assert (order_of(mixed(400, 20, 100, random_state=1)) != first).any()


def test_a_buffer_of_all_rows_makes_every_order_as_likely():
    firsts = [order_of(mixed(6, 2, 6, random_state=i))[0] for i in range(6000)]
    # Six counts of 6000 throws of a die lie within 5 standard deviations of 1000.
    assert abs(np.bincount(firsts, minlength=6) - 1000).max() < 5 * np.sqrt(
        6000 * 5 / 36
    )


@pytest.mark.parametrize("size", [1, 10, 100])
def test_rows_move_by_about_half_of_the_buffer(size):
    order = order_of(mixed(40_000, size, 1000, random_state=0))
    moved = abs(order - np.arange(40_000))
    assert 400 < moved.mean() < 700


@pytest.mark.parametrize(("size", "buffer_rows"), [(10, 200), (100, 200), (200, 50)])
def test_the_stream_is_read_no_further_than_the_buffer_reaches(size, buffer_rows):
    n_read = n_given = 0

    def counted():
        nonlocal n_read
        for chunk in chunks_of([size] * 50):
            n_read += size
            yield chunk

    for _, y, _ in shuffled(counted(), buffer_rows, random_state=0):
        assert n_read - n_given <= max(buffer_rows, buffer_rows // 2 + 2 * size)
        n_given += len(y)
    assert n_given == 50 * size


def test_memory_is_bounded_by_the_buffer_whatever_comes():
    n_rows, n_columns, buffer_rows = 100_000, 50, 2000
    buffer_bytes = buffer_rows * n_columns * 8
    stream = chunks_of([100] * (n_rows // 100), n_columns)
    tracemalloc.start()
    try:
        for _ in shuffled(stream, buffer_rows, random_state=0):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.5 * buffer_bytes  # beside the whole stream's 50 times


def test_a_chunk_may_be_written_over_once_it_was_read():
    def in_the_same_memory():
        X, y = np.empty((10, 2)), np.empty(10)
        for start in range(0, 100, 10):
            y[:] = np.arange(start, start + 10)
            X[:] = y[:, np.newaxis]
            yield X, y

    out = order_of(shuffled(in_the_same_memory(), 40, random_state=0))
    assert_array_equal(np.sort(out), np.arange(100))


def test_a_sorted_stream_is_learnt_when_it_is_mixed(digits):
    X, X_test, y, y_test = digits
    order = np.argsort(y, kind="stable")
    starts = range(0, len(y), 100)
    chunks = [(X[order[i : i + 100]], y[order[i : i + 100]]) for i in starts]
    clf = TwoLayerClassifier(random_state=0)
    for epoch in range(5):
        for X_mixed, y_mixed in shuffled(chunks, len(y), random_state=epoch):
            clf.partial_fit(X_mixed, y_mixed, classes=range(10))
    assert clf.score(X_test, y_test) > 0.93


@pytest.mark.parametrize("name", ["buffer_rows", "chunk_rows"])
@pytest.mark.parametrize("value", [0, -1, 2.5, "100", True, np.nan])
def test_a_number_of_rows_is_a_positive_integer(name, value):
    options = {"buffer_rows": 10, name: value}
    message = f"{name} must be a whole number of rows, at least 1; got "
    with pytest.raises(ValueError, match=message):
        shuffled([], **options)


def test_arguments_are_refused_before_anything_is_read():
    with pytest.raises(TypeError, match=r"chunks must be an iterable of tuples.*int"):
        shuffled(5, 10)
    with pytest.raises(ValueError, match="cannot be used to seed"):
        shuffled([], 10, random_state="seed")


def test_an_error_of_the_stream_reaches_the_caller():
    def broken():
        yield from chunks_of([5])
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(shuffled(broken(), 100))
