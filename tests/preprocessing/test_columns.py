"""Which column goes where, and what is dropped with which word."""

import datetime
import pickle
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.compose import ColumnTransformer

from skmlp.preprocessing import ColumnSelector, DroppedColumnsWarning

N = 100
RNG = np.random.default_rng(0)
ORDER = RNG.permutation(N).tolist()
# Cells of N rows, by the kind that a column of them is.
CELLS = {
    "numbers": {
        "floats": RNG.normal(size=N).tolist(),
        "integers": RNG.integers(0, 50, size=N).tolist(),
        "few": [row % 3 for row in range(N)],
        "with gaps": [None if row % 7 == 0 else row / 3 for row in range(N)],
        "gaps or one": [None if row % 7 == 0 else 1 for row in range(N)],
        "booleans": [row % 2 == 0 for row in range(N)],
        "booleans with gaps": [[True, False, None][row % 3] for row in range(N)],
        "all different, far apart": [17 * row * row for row in ORDER],
    },
    "dates": {
        "dates": [datetime.date(2020, 1, 1 + row % 28) for row in range(N)],
        "moments": [datetime.datetime(2020, 1, 1, row % 24) for row in range(N)],
        "durations": [datetime.timedelta(hours=row) for row in range(N)],
        "with gaps": [
            None if row % 7 == 0 else datetime.date(2020, 1, 1 + row % 28)
            for row in range(N)
        ],
        "text": [f"2020-{1 + row % 12:02}-{1 + row % 28:02}" for row in range(N)],
        "text with time": [f"2020-01-{1 + row % 28:02} 12:30:00" for row in range(N)],
        "text with zone": [f"2020-01-{1 + row % 28:02}T12:30Z" for row in range(N)],
    },
    "categories": {
        "few": [["red", "blue", "green"][row % 3] for row in range(N)],
        "32": [f"t{row % 32}" for row in range(N)],
        "gaps": [None if row % 7 == 0 else f"t{row % 3}" for row in range(N)],
        "nearly dates": ["soon", *(["2020-01-01", "2021-01-01"] * N)[: N - 1]],
    },
    "many_levels": {
        "33": [f"t{row % 33}" for row in range(N)],
        "90 of 100": [f"t{row % 90}" for row in range(N)],
        "66 of 75": [None if row % 4 == 0 else f"t{row % 88}" for row in range(N)],
    },
    "dropped": {
        "constant": [2.5] * N,
        "one text": ["red"] * N,
        "empty": [None] * N,
        "no number": [np.nan] * N,
        "text that differs": [f"t{row}" for row in range(N)],
        "91 of 100": [f"t{row % 91}" for row in range(N)],
        "filled ones differ": [None if row % 2 else f"t{row}" for row in range(N)],
        "row numbers": list(range(N)),
        "row numbers, shuffled": ORDER,
        "every third row": [1000 + 3 * row for row in ORDER],
    },
}
CASES = [(kind, name) for kind, cells in CELLS.items() for name in cells]
ALIKE = [f"{kind}: {name}" for kind, name in CASES]


def pandas_frame(cells):
    return pytest.importorskip("pandas").DataFrame({"a": cells})


def polars_frame(cells):
    return pytest.importorskip("polars").DataFrame({"a": cells})


def object_array(cells):
    array = np.empty((len(cells), 1), dtype=object)
    array[:, 0] = cells
    return array


def with_another(make, cells):
    """Return a table of the cells and of a column of numbers, which is left."""
    if make is object_array:
        return np.hstack([make(cells), RNG.normal(size=(N, 1)).astype(object)])
    frame = make(cells)
    others = RNG.normal(size=N)
    if make is polars_frame:
        return frame.with_columns(b=others)
    return frame.assign(b=others)


@pytest.mark.parametrize("make", [pandas_frame, polars_frame, object_array])
@pytest.mark.parametrize(("kind", "name"), CASES, ids=ALIKE)
@pytest.mark.filterwarnings("ignore::skmlp.preprocessing.DroppedColumnsWarning")
def test_column_is_of_one_kind(make, kind, name):
    table = with_another(make, CELLS[kind][name])
    first = 0 if make is object_array else "a"
    found = [k for k in CELLS if first in ColumnSelector(k)(table)]
    assert found == [kind]


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint64", "bool"])
def test_columns_of_an_array_of_numbers_are_numbers(dtype):
    X = RNG.integers(0, 2, size=(N, 3)).astype(dtype)
    assert ColumnSelector("numbers")(X) == [0, 1, 2]


def test_columns_of_an_array_of_strings_are_categories():
    assert ColumnSelector("categories")(RNG.choice(["a", "b"], size=(N, 2))) == [0, 1]


def test_columns_of_an_array_of_dates_are_dates():
    days = np.datetime64("2020-01-01") + np.arange(N)[:, np.newaxis]
    assert ColumnSelector("dates")(days) == [0]


@pytest.mark.parametrize("n_levels", [3, 60, N])
def test_categories_of_pandas_are_categories_whatever_they_are(n_levels):
    frame = pandas_frame([row % n_levels for row in range(N)]).astype("category")
    kind = "categories" if n_levels == 3 else "many_levels"
    assert ColumnSelector(kind)(frame) == ["a"]


@pytest.mark.parametrize("n_levels", [3, 60, N])
@pytest.mark.parametrize("dtype", ["Categorical", "Enum"])
def test_categories_of_polars_are_categories_whatever_they_are(n_levels, dtype):
    polars = pytest.importorskip("polars")
    cells = [f"t{row % n_levels}" for row in range(N)]
    levels = [sorted(set(cells))] if dtype == "Enum" else []
    frame = polars_frame(cells).cast(getattr(polars, dtype)(*levels))
    kind = "categories" if n_levels == 3 else "many_levels"
    assert ColumnSelector(kind)(frame) == ["a"]


@pytest.mark.parametrize("share", [1.0, 0.75, 0.5, 0.3])
def test_row_numbers_are_told_from_a_part_of_the_rows(share):
    part = RNG.permutation(1000)[: int(1000 * share)]
    table = np.column_stack([part, RNG.normal(size=len(part))])
    with pytest.warns(DroppedColumnsWarning, match="0 .whole numbers that count"):
        assert ColumnSelector("dropped")(table) == [0]


@pytest.mark.parametrize(
    "numbers",
    [
        np.arange(31),  # of so few rows, as by chance
        np.append(np.arange(N - 1), N - 2),  # one twice
        np.arange(N) / 2,
        5 * np.arange(N),
        np.append(np.arange(N - 1.0), np.nan),
    ],
    ids=["few", "repeated", "halves", "far apart", "gap"],
)
def test_numbers_that_may_mean_something_are_kept(numbers):
    assert ColumnSelector("dropped")(numbers[:, np.newaxis]) == []


def test_warning_names_each_column_its_reason_and_the_remedy():
    frame = pandas_frame(RNG.normal(size=N)).assign(
        id=ORDER, code=[f"c{row}" for row in range(N)], one=1, none=None
    )
    with pytest.warns(DroppedColumnsWarning) as caught:
        assert ColumnSelector("dropped")(frame) == ["id", "code", "one", "none"]
    assert str(caught[0].message) == (
        "Columns left out: 'id' (whole numbers that count the rows), 'code' (text that "
        "differs in nearly every row), 'one' (the same in every row), 'none' (no cell "
        "is filled). To keep a column that is useful, pass keep=['id']. Convert text "
        "that means numbers or dates."
    )


def test_column_to_keep_is_not_taken_for_an_identifier():
    frame = pandas_frame(ORDER).assign(code=[f"c{row}" for row in range(N)])
    keep = ["a", "code"]
    assert ColumnSelector("dropped", keep=keep)(frame) == []
    assert ColumnSelector("numbers", keep=keep)(frame) == ["a"]
    assert ColumnSelector("many_levels", keep=keep)(frame) == ["code"]


def test_column_to_keep_has_to_be_there():
    with pytest.raises(ValueError, match=r"keep names 'b', but .* are \['a'\]"):
        ColumnSelector("dropped", keep=["b"])(pandas_frame(ORDER))


@pytest.mark.parametrize("make", [pandas_frame, object_array])
def test_table_of_which_nothing_is_left_is_refused(make):
    with pytest.raises(ValueError, match=r"Nothing can be learnt .*the same in every"):
        ColumnSelector("dropped")(make([1] * N))


def test_positions_are_returned_where_names_are_no_strings():
    frame = pandas_frame(CELLS["numbers"]["floats"]).rename(columns={"a": 7})
    assert ColumnSelector("numbers")(frame) == [0]


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        (csr_array(np.eye(3)), ValueError, "sparse X.*toarray"),
        ([1, 2], ValueError, "rows and columns"),
        (np.empty((0, 2)), ValueError, "X has no rows"),
        (np.array([[1j], [2j]]), TypeError, "Column 0 of X holds cells as 1j"),
        ([[[1]], [[2]]], ValueError, "rows and columns"),
    ],
    ids=["sparse", "list", "empty", "complex", "cube"],
)
def test_what_is_no_table_of_cells_is_refused(X, error, words):
    with pytest.raises(error, match=words):
        ColumnSelector("numbers")(X)


@pytest.mark.parametrize("make", [pandas_frame, object_array])
def test_column_of_lists_is_refused_by_name(make):
    with pytest.raises(TypeError, match=r"Column .* of X holds cells as \[1, 2\]"):
        ColumnSelector("numbers")(make([[1, 2]] * 3))


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"kind must be one of numbers, .*'words'"):
        ColumnSelector("words")


def test_selector_says_what_it_selects_and_is_cloned_and_pickled():
    selector = ColumnSelector("dates", keep=["id"])
    assert repr(selector) == "ColumnSelector('dates', keep=('id',))"
    columns = clone(ColumnTransformer([("dates", "passthrough", selector)]))
    assert repr(columns.transformers[0][2]) == repr(selector)
    assert repr(pickle.loads(pickle.dumps(selector))) == repr(selector)


def test_only_the_selector_of_what_is_dropped_warns():
    table = np.column_stack([ORDER, RNG.normal(size=N)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ColumnSelector("numbers")(table) == [1]


@pytest.mark.parametrize(
    ("cells", "example"),
    [
        ([f"{1 + row % 28}.11.2026" for row in range(N)], "1.11.2026"),
        ([f"{1 + row % 12}/28/26 9:30" for row in range(N)], "1/28/26 9:30"),
        ([f"2026/{1 + row % 12:02}/28" for row in range(N)], "2026/01/28"),
        ([f"{row % 50},5" for row in range(N)], "0,5"),
        ([f"1.{row % 50:03},50" for row in range(N)], "1.000,50"),
        ([None if row % 3 else f"-{row % 9}.25" for row in range(N)], "-0.25"),
    ],
    ids=["German", "American", "slashes", "comma", "thousands", "with gaps"],
)
def test_text_like_dates_or_numbers_is_learnt_with_a_warning(cells, example):
    table = np.array([cells, [row % 5 for row in range(N)]], dtype=object).T
    with pytest.warns(UserWarning, match=r"is not learnt as such: 0 \('") as told:
        ColumnSelector("dropped")(table)
    assert f"0 ({example!r})." in str(told[0].message)
    assert ColumnSelector("numbers")(table) == [1]


@pytest.mark.parametrize(
    "text", ["1.2.{}", "{}", "0{}", "127.0.0.{}", "{}.11", "12-{}", "10.000.{}"]
)
def test_codes_and_versions_are_not_taken_for_dates_or_numbers(text):
    cells = [text.format(row % 28 if row else "x") for row in range(N)]
    table = np.array([cells, [row % 5 for row in range(N)]], dtype=object).T
    assert ColumnSelector("dropped")(table) == []


def test_categories_of_pandas_may_look_like_dates():
    pandas = pytest.importorskip("pandas")
    cells = [f"{1 + row % 28}.11.2026" for row in range(N)]
    frame = pandas.DataFrame({"a": [row % 5 for row in range(N)], "b": cells})
    assert ColumnSelector("dropped")(frame.astype({"b": "category"})) == []
