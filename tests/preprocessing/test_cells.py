"""Cells as numbers, text and dates, from frames and from arrays."""

import datetime
from decimal import Decimal

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.preprocessing import FunctionTransformer

from skmlp.preprocessing import as_numbers, as_text, date_part_names, date_parts

NAN = np.nan


def pandas_frame(cells, **options):
    return pytest.importorskip("pandas").DataFrame({"a": cells}, **options)


def polars_frame(cells, **options):
    return pytest.importorskip("polars").DataFrame({"a": cells}, **options)


def object_array(cells):
    array = np.empty((len(cells), 1), dtype=object)
    array[:, 0] = cells
    return array


MAKERS = [pandas_frame, polars_frame, object_array]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([1, None, 3], [1, NAN, 3]),
        ([0.5, NAN, None], [0.5, NAN, NAN]),
        ([True, False, True], [1, 0, 1]),
        ([True, False, None], [1, 0, NAN]),
        ([Decimal("0.5"), None, Decimal("2.0")], [0.5, NAN, 2]),
    ],
    ids=str,
)
def test_numbers_and_booleans_are_numbers_and_gaps_are_nan(make, cells, numbers):
    assert_array_equal(as_numbers(make(cells)).ravel(), numbers)


@pytest.mark.parametrize("dtype", ["Int64", "Float32", "boolean"])
def test_nullable_numbers_of_pandas_are_numbers(dtype):
    frame = pandas_frame([1, None, 0], dtype=dtype)
    assert_array_equal(as_numbers(frame).ravel(), [1, NAN, 0])


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("cell", ["abc", np.inf, "-inf"])
def test_cell_that_is_no_finite_number_is_named(make, cell):
    cells = [1.0, cell] if isinstance(cell, float) else ["1", cell]
    name = "0" if make is object_array else "'a'"
    with pytest.raises(ValueError, match=rf"Column {name} of X holds .* \(row 1\)"):
        as_numbers(make(cells))


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["red", None, "blue"], ["red", None, "blue"]),
        ([1, 2, 3], ["1", "2", "3"]),
        ([1, None, 2], ["1", None, "2"]),
        ([1.5, NAN, 2.0], ["1.5", None, "2"]),
    ],
    ids=str,
)
def test_text_is_the_same_from_every_table(make, cells, text):
    assert as_text(make(cells)).ravel().tolist() == text


def test_text_of_an_array_that_mixes_types_is_text():
    cells = ["a", 3, 3.0, None, NAN, True]
    expected = ["a", "3", "3", None, None, "True"]
    assert as_text(object_array(cells)).ravel().tolist() == expected


@pytest.mark.parametrize("make", [pandas_frame, polars_frame])
def test_categories_are_the_text_that_they_stand_for(make):
    frame = make(["b", None, "a"])
    dtype = "category"
    if make is polars_frame:
        dtype = pytest.importorskip("polars").Categorical
        as_categories = frame.cast(dtype)
    else:
        as_categories = frame.astype(dtype)
    assert as_text(as_categories).ravel().tolist() == ["b", None, "a"]


def test_numbers_as_categories_are_the_same_text_with_gaps_and_without():
    pytest.importorskip("pandas")
    whole = pandas_frame([3, 1], dtype="category")
    with_gap = pandas_frame([3, None], dtype="category")
    assert as_text(whole).ravel().tolist() == ["3", "1"]
    assert as_text(with_gap).ravel().tolist() == ["3", None]


MOMENTS = [
    datetime.datetime(2024, 2, 29, 18, 30),  # a Thursday, 19,782 days after 1970
    None,
    datetime.datetime(1969, 12, 31),  # a Wednesday
]
PARTS = [
    [19782 + 18.5 / 24, 2, 29, 3, 18, 0],
    [NAN, NAN, NAN, NAN, NAN, 1],
    [-1, 12, 31, 2, 0, 0],
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    "cells",
    [MOMENTS, ["2024-02-29 18:30", None, "1969-12-31"]],
    ids=["datetime", "text"],
)
def test_parts_of_dates_are_those_of_the_calendar(make, cells):
    assert_array_equal(date_parts(make(cells)), PARTS)


def test_dates_of_numpy_have_the_same_parts():
    dates = np.array(MOMENTS, dtype="datetime64[s]")[:, np.newaxis]
    assert_array_equal(date_parts(dates), PARTS)


@pytest.mark.parametrize("make", MAKERS)
def test_parts_of_a_date_are_those_of_its_midnight(make):
    dates = make([datetime.date(2024, 2, 29), datetime.date(1969, 12, 31)])
    expected = [[19782, 2, 29, 3, 0, 0], PARTS[2]]
    assert_array_equal(date_parts(dates), expected)


@pytest.mark.parametrize("make", MAKERS)
def test_time_zones_are_converted(make):
    east = datetime.timezone(datetime.timedelta(hours=2))
    dates = make([datetime.datetime(2024, 3, 1, 1, 0, tzinfo=east)] * 2)
    assert_array_equal(date_parts(dates)[0, 1:5], [2, 29, 3, 23])


@pytest.mark.parametrize("text", ["2024-03-01T01:00+02:00", "2024-02-29 23:00:00.000Z"])
def test_time_zones_of_text_are_converted(text):
    assert_array_equal(date_parts([[text]])[0, 1:5], [2, 29, 3, 23])


@pytest.mark.parametrize("make", MAKERS)
def test_durations_are_days(make):
    durations = make([datetime.timedelta(hours=36), None])
    assert_array_equal(date_parts(durations)[:, 0], [1.5, NAN])


@pytest.mark.parametrize("make", [polars_frame, object_array])
def test_times_of_day_are_parts_of_a_day(make):
    times = make([datetime.time(18, 0), datetime.time(6, 0)])
    assert_array_equal(date_parts(times)[:, [0, 4]], [[0.75, 18], [0.25, 6]])


@pytest.mark.parametrize("cell", ["2024-02-30", "soon", "2024-02", "2024-02-29 x"])
def test_text_that_is_no_date_is_a_gap_with_a_warning(cell):
    message = (
        f"Column 0 of X holds {cell!r} \\(row 1\\), which is not a date in ISO 8601"
    )
    with pytest.warns(UserWarning, match=message):
        parts = date_parts(object_array(["2024-02-29", cell, cell]))
    assert_array_equal(parts[1:], [[NAN] * 5 + [1]] * 2)


@pytest.mark.parametrize("cell", [3.5, "", None])
def test_what_is_no_date_is_a_gap(cell):
    parts = date_parts(object_array([cell, "2024-02-29"]))
    assert_array_equal(parts[0], [NAN] * 5 + [1])


def test_parts_have_names():
    frame = pandas_frame(["2024-02-29"])
    parts = FunctionTransformer(date_parts, feature_names_out=date_part_names)
    parts.set_output(transform="pandas")
    names = ["a_days", "a_month", "a_day", "a_weekday", "a_hour", "a_missing"]
    assert parts.fit_transform(frame).columns.tolist() == names


@pytest.mark.parametrize("function", [as_numbers, as_text, date_parts])
def test_what_is_no_table_is_refused(function):
    with pytest.raises(ValueError, match=r"rows and columns; got .* shape \(2,\)"):
        function([1, 2])


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("9999-12-31 23:59:59-05:00", 2932897 + (5 - 1 / 3600) / 24),
        ("0001-01-01 00:00+05:00", -719162 - 5 / 24),
        (datetime.timedelta(days=3_000_000), 3_000_000),
    ],
    ids=str,
)
def test_dates_beyond_those_of_datetime_are_dates(cell, days):
    assert date_parts([[cell]])[0, 0] == pytest.approx(days, abs=1e-6)
