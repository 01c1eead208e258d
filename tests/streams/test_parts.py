"""Chunks of a stream may be of any kind, but all of one; errors name the chunk."""

from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from skmlp.streams import shuffled

N_ROWS = 60
ROWS = np.arange(N_ROWS)
TABLE = np.column_stack([ROWS, ROWS % 2, ROWS % 3]).astype(np.float32)
COLUMNS = ["number", "b", "c"]
KINDS_OF_X = {
    "float32": lambda rows: TABLE[rows],
    "uint8": lambda rows: TABLE[rows].astype(np.uint8),
    "objects": lambda rows: TABLE[rows].astype(object),
    "csr_matrix": lambda rows: sparse.csr_matrix(TABLE[rows]),
    "csr_array": lambda rows: sparse.csr_array(TABLE[rows]),
    "pandas": lambda rows: pd.DataFrame(TABLE[rows], rows, COLUMNS),
    "polars": lambda rows: pl.DataFrame(TABLE[rows], schema=COLUMNS),
}
KINDS_OF_Y = {
    "int64": lambda rows: rows,
    "text": lambda rows: rows.astype(str),
    "pandas": lambda rows: pd.Series(rows, rows, name="label"),
    "pandas text": lambda rows: pd.Series(rows.astype(str), rows),
    "pandas categories": lambda rows: pd.Series(
        pd.Categorical(rows, categories=range(N_ROWS)), rows
    ),
    "polars": lambda rows: pl.Series("label", rows),
    "indicator": lambda rows: np.column_stack([rows, rows % 2]),
    "sparse indicator": lambda rows: sparse.csr_array(np.column_stack([rows, rows])),
    "indicator frame": lambda rows: pd.DataFrame({"a": rows, "b": rows % 2}, rows),
    "polars frame": lambda rows: pl.DataFrame({"a": rows, "b": rows % 2}),
}


def chunks_of(*kinds, size=7):
    """Yield chunks of which each part is of some kind."""
    for start in range(0, N_ROWS, size):
        rows = ROWS[start : start + size]
        yield tuple(kind(rows) for kind in kinds)


def numbers_in(part):
    """Return the number of each row, which the first column of each part holds."""
    part = part.toarray() if sparse.issparse(part) else np.asarray(part)
    return (part if part.ndim == 1 else part[:, 0]).astype(int)


@pytest.mark.parametrize("kind_of_y", KINDS_OF_Y)
@pytest.mark.parametrize("kind_of_X", KINDS_OF_X)
def test_what_comes_out_is_of_the_kind_that_went_in(kind_of_X, kind_of_y):
    make = KINDS_OF_X[kind_of_X], KINDS_OF_Y[kind_of_y]
    out = list(shuffled(chunks_of(*make), 30, random_state=0))
    rows = np.concatenate([numbers_in(y) for _, y in out])
    assert_array_equal(np.sort(rows), ROWS)
    for X, y in out:
        assert_array_equal(numbers_in(X), numbers_in(y))
        for part, kind in zip((X, y), make, strict=True):
            assert_same(part, kind(numbers_in(y)))


def assert_same(part, expected):
    """Two parts are equal, of one type, dtype and, of pandas, index."""
    assert type(part) is type(expected)
    if sparse.issparse(part):
        assert part.dtype == expected.dtype
        assert_array_equal(part.toarray(), expected.toarray())
    elif isinstance(part, np.ndarray):
        assert part.dtype.kind == expected.dtype.kind
        assert_array_equal(part, expected)
    else:
        assert part.equals(expected)


def test_the_array_behind_a_series_becomes_one_of_numpy():
    y = lambda rows: pd.Series(rows.astype(str)).values  # noqa: E731
    out = list(shuffled(chunks_of(KINDS_OF_X["float32"], y), 20, random_state=0))
    assert {type(y) for _, y in out} == {np.ndarray}
    labels = np.concatenate([y for _, y in out]).tolist()
    assert sorted(labels) == sorted(ROWS.astype(str))


def test_lists_and_other_sparse_formats_become_what_numpy_and_csr_make_of_them():
    X = lambda rows: sparse.csc_matrix(TABLE[rows])  # noqa: E731
    for X_out, y_out in shuffled(chunks_of(X, np.ndarray.tolist), 20):
        assert type(X_out) is sparse.csr_matrix
        assert type(y_out) is np.ndarray


def test_an_empty_chunk_passes_whatever_its_columns():
    X, y = pd.DataFrame(TABLE, ROWS, COLUMNS), pd.Series(ROWS)
    nothing = pd.DataFrame(columns=["other"]), pd.Series([], dtype=object)
    stream = [nothing, (X[:30], y[:30]), ([], []), (X[30:], y[30:]), nothing]
    out = [len(y) for _, y in shuffled(stream, 100)]
    assert out == [30, 30]


def test_a_stream_without_rows_is_empty():
    assert list(shuffled([], 10)) == []
    assert list(shuffled([(np.empty((0, 3)), [])], 10)) == []


def frame(**columns):
    return pd.DataFrame(columns)


Y = np.arange(4)
GOOD = np.ones((4, 3)), Y
GOOD_FRAME = frame(a=[1, 2, 3, 4], b=[1.0, 2.0, 3.0, 4.0]), Y
LEVELS = pd.Categorical(list("abab")), pd.Categorical(list("abca"))
# The first chunk, the third, and what the error says; the second is empty.
UNLIKE = {
    "width": (
        GOOD,
        (np.ones((4, 5)), Y),
        r"X of chunk 3 has rows of the shape \(5,\), but in chunk 1 of \(3,\)\.",
    ),
    "dtype": (
        GOOD,
        (np.ones((4, 3), np.float32), Y),
        "X of chunk 3 is of float32, but in chunk 1 of float64. Convert each chunk as",
    ),
    "frame": (
        GOOD,
        (frame(a=Y, b=Y, c=Y), Y),
        r"X of chunk 3 is a DataFrame of pandas, but in chunk 1 a ndarray of NumPy\.",
    ),
    "sparse": (
        GOOD,
        (sparse.csr_array(np.ones((4, 3))), Y),
        r"X of chunk 3 is a csr_array of SciPy, but in chunk 1 a ndarray of NumPy\.",
    ),
    "names": (
        GOOD_FRAME,
        (GOOD_FRAME[0].rename(columns={"b": "B"}), Y),
        r"X of chunk 3 has other columns than chunk 1: \['b'\] are missing, \['B'\] "
        "are new, or the order differs. Give all chunks the same columns",
    ),
    "order of names": (
        GOOD_FRAME,
        (GOOD_FRAME[0][["b", "a"]], Y),
        r"\[\] are missing, \[\] are new, or the order differs",
    ),
    "dtype of a column": (
        GOOD_FRAME,
        (frame(a=[1, None, 3, 4], b=[1.0, 2.0, 3.0, 4.0]), Y),
        "X of chunk 3 is of float64 in column 'a', but in chunk 1 of int64. Convert "
        r"each chunk as it is read, as by dtype= of pandas\.read_csv, or by astype",
    ),
    "dtype of a column of polars": (
        (pl.from_pandas(GOOD_FRAME[0]), Y),
        (pl.DataFrame({"a": ["x"] * 4, "b": [1.0] * 4}), Y),
        "X of chunk 3 is of String in column 'a', but in chunk 1 of Int64",
    ),
    "categories": (
        (np.ones((4, 1)), pd.Series(LEVELS[0])),
        (np.ones((4, 1)), pd.Series(LEVELS[1])),
        r"y of chunk 3 is of CategoricalDtype\(categories=\['a', 'b', 'c'\]",
    ),
    "labels": (
        GOOD,
        (GOOD[0], Y.astype(str)),
        "y of chunk 3 is of text, but in chunk 1 of int64",
    ),
    "bytes among text": (
        (GOOD[0], Y.astype(str)),
        (GOOD[0], Y.astype(bytes)),
        "y of chunk 3 is of bytes, but in chunk 1 of text",
    ),
    "labels per row": (
        GOOD,
        (GOOD[0], np.eye(4, dtype=int)),
        r"y of chunk 3 has rows of the shape \(4,\), but in chunk 1 of \(\)",
    ),
    "weights": (
        (*GOOD, np.ones(4)),
        GOOD,
        "Chunk 3 has 2 parts, but chunk 1 has 3. Pass sample weights with all chunks",
    ),
}


@pytest.mark.parametrize("case", UNLIKE)
def test_a_chunk_that_is_not_like_the_first_is_named(case):
    first, third, message = UNLIKE[case]
    empty = tuple(part[:0] for part in first)
    with pytest.raises(ValueError, match=message):
        list(shuffled([first, empty, third], 100))


NO_CHUNKS = {
    "frame": (GOOD_FRAME[0], TypeError, "chunk 2 is a DataFrame.*Split frames as by"),
    "array": (np.ones((4, 2)), TypeError, r"tuple \(X, y\).*chunk 2 is a ndarray"),
    "four parts": ((*GOOD, Y, Y), TypeError, "chunk 2 is a tuple of 4"),
    "fewer labels": (
        (GOOD[0], Y[:3]),
        ValueError,
        r"X, y of chunk 2 have \[4, 3\] rows",
    ),
    "more weights": (
        (*GOOD, np.ones(5)),
        ValueError,
        r"X, y, sample_weight of chunk 2 have \[4, 4, 5\] rows",
    ),
    "no rows": ((5.0, Y), ValueError, "X of chunk 2 must have rows; got 5.0. Pass an"),
    "rows of different lengths": (
        ([[1.0, 2.0], [3.0]], [0, 1]),
        ValueError,
        "X of chunk 2 has rows of different lengths: make them equal",
    ),
    "lazy frame": (
        (pl.LazyFrame({"a": Y}), Y),
        TypeError,
        "X of chunk 2 is a LazyFrame of polars, which would become an array without",
    ),
    "masked": (
        (np.ma.array(GOOD[0], mask=np.eye(4, 3)), Y),
        ValueError,
        "X of chunk 2 has masked values. Drop such rows, or fill them",
    ),
}


@pytest.mark.parametrize("case", NO_CHUNKS)
def test_what_is_no_chunk_is_named(case):
    chunk, error, message = NO_CHUNKS[case]
    with pytest.raises(error, match=message):
        list(shuffled([GOOD, chunk], 100))


def test_a_table_whose_names_an_array_would_not_have_is_named():
    table = pytest.importorskip("pyarrow").table({"a": Y, "b": Y})
    message = (
        "X of chunk 1 is a Table of pyarrow, which would become an array without "
        "names. Pass a DataFrame of pandas or polars"
    )
    with pytest.raises(TypeError, match=message):
        list(shuffled([(table, Y)], 100))


def test_sparse_labels_without_columns_are_named():
    labels = sparse.coo_array(np.ones(4))
    if labels.ndim == 2:
        pytest.skip("this SciPy has no sparse arrays of one dimension")
    message = "y of chunk 1 is sparse, but has no columns. Pass it as an array"
    with pytest.raises(ValueError, match=message):
        list(shuffled([(GOOD[0], labels)], 100))


@pytest.mark.parametrize("series_over", [pd.Series, partial(pl.Series, "label")])
def test_a_series_is_kept_when_the_array_below_it_is_written_over(series_over):
    def in_the_same_memory():
        numbers = np.empty(10)
        for start in range(0, 50, 10):
            numbers[:] = np.arange(start, start + 10)
            yield np.zeros((10, 1)), series_over(numbers)

    out = [y for _, y in shuffled(in_the_same_memory(), 30, random_state=0)]
    assert sorted(np.concatenate(out)) == list(range(50))
