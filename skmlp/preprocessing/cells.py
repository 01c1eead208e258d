"""Cells of a table of any kind, as numbers, as text or as dates."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse

from skmlp._checks.faults import short
from skmlp._checks.warning import warn

# What ISO 8601 writes: a date, perhaps with the time of day and the zone.
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:.*)?")
_EPOCH, _GAP = np.datetime64(0, "us"), np.datetime64("NaT", "us")
_PARTS = ("days", "month", "day", "weekday", "hour", "missing")


def as_numbers(X: Any) -> np.ndarray:
    """Return the numbers of a table, NaN for gaps.

    Parameters
    ----------
    X : {frame, array-like} of shape (n_samples, n_columns)
        Numbers and booleans of any type; None, NaN and pandas' NA are gaps.

    Returns
    -------
    numbers : ndarray of shape (n_samples, n_columns) and dtype float64
        True is 1, False is 0.

    Raises
    ------
    ValueError
        If a cell is neither a gap nor a finite number, nor such a number as text.

    Examples
    --------
    >>> from skmlp.preprocessing import as_numbers
    >>> as_numbers([[1, None], [2.5, True]])
    array([[1. , nan],
           [2.5, 1. ]])
    """
    table = as_table(X)
    numbers = np.empty(table.shape)
    for position, (name, column) in enumerate(named_columns(table)):
        numbers[:, position] = _numbers_of(name, column)
    return numbers


def as_text(X: Any) -> np.ndarray:
    """Return the cells of a table as text, None for gaps.

    Parameters
    ----------
    X : {frame, array-like} of shape (n_samples, n_columns)
        Cells of any type; None, NaN and pandas' NA are gaps.

    Returns
    -------
    text : ndarray of shape (n_samples, n_columns) and dtype object
        Strings and None. Whole numbers are written without a decimal point, because
        otherwise it would depend on whether the column has gaps. Booleans of a frame
        are such numbers.

    Examples
    --------
    >>> from skmlp.preprocessing import as_text
    >>> as_text([["red", 3.0], [None, True]])
    array([['red', '3'],
           [None, 'True']], dtype=object)
    """
    table = as_table(X)
    text = np.empty(table.shape, dtype=object)
    for position, (_, column) in enumerate(named_columns(table)):
        text[:, position] = [_text(cell) for cell in cells_of(column)]
    return text


def date_parts(X: Any) -> np.ndarray:
    """Return the parts of dates, such as month and weekday, as numbers.

    Parameters
    ----------
    X : {frame, array-like} of shape (n_samples, n_columns)
        Dates, times, durations, or text with a date in the format of ISO 8601; anything
        else counts as a gap. Times with a time zone are converted to UTC.

    Returns
    -------
    parts : ndarray of shape (n_samples, 6 * n_columns) and dtype float64
        For each column the days since the beginning of 1970, with the time of day as a
        fraction; the month, from 1; the day of the month, from 1; the day of the week,
        from 0 for Monday; the hour; and 1 for a gap, where the others are NaN. For
        durations only the days and the mark of a gap may differ from 0.

    Warns
    -----
    UserWarning
        If text is not a date.

    Examples
    --------
    >>> from skmlp.preprocessing import date_parts
    >>> date_parts([["1970-01-02 12:00"], [None]])
    array([[ 1.5,  1. ,  2. ,  4. , 12. ,  0. ],
           [ nan,  nan,  nan,  nan,  nan,  1. ]])
    """
    table = as_table(X)
    return np.hstack([_parts_of(*column) for column in named_columns(table)])


def date_part_names(transformer: object, input_features: ArrayLike) -> np.ndarray:
    """Return the names of what `date_parts` returns.

    Parameters
    ----------
    transformer : FunctionTransformer
        The transformer with this function as `feature_names_out`; ignored.
    input_features : array-like of str
        The names of the columns.

    Returns
    -------
    names : ndarray of str objects
        Six for each column, in the order of `date_parts`.

    Examples
    --------
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from skmlp.preprocessing import date_part_names, date_parts
    >>> parts = FunctionTransformer(date_parts, feature_names_out=date_part_names)
    >>> parts.fit([["2026-11-28"]]).get_feature_names_out(["sold"])[:3]
    array(['sold_days', 'sold_month', 'sold_day'], dtype=object)
    """
    names = [f"{name}_{part}" for name in np.asarray(input_features) for part in _PARTS]
    return np.asarray(names, dtype=object)


def as_table(X: Any) -> Any:
    """Return a frame as it is, and all else as an array of two dimensions."""
    if hasattr(X, "columns"):
        return X
    table = X if isinstance(X, np.ndarray) else np.asarray(X, dtype=object)
    if table.ndim != 2:
        raise ValueError(
            f"X must be a table, with rows and columns; got an array of shape "
            f"{table.shape}. Reshape your data: X.reshape(-1, 1) is one column."
        )
    return table


def checked_table(X: Any) -> Any:
    """Return X as a table, or raise where it is none that can be learnt from."""
    if issparse(X):
        raise ValueError(
            "The cells of a column decide its kind, which needs a frame or a dense "
            "array; got a sparse X. Pass X.toarray(), or pass X to a classifier alone."
        )
    table = as_table(X)
    n_rows, n_columns = table.shape
    if not n_rows:
        raise ValueError("X has no rows: found 0 samples, at least 1 is needed.")
    if not n_columns:
        raise ValueError(
            f"X has no columns: 0 feature(s) (shape={table.shape}) while a minimum of "
            "1 is required."
        )
    return table


def named_columns(X: Any) -> Iterator[tuple[Any, Any]]:
    """Yield name and column: of a frame, pandas' or polars', or of an array."""
    names = X.columns if hasattr(X, "columns") else range(X.shape[1])
    for position, name in enumerate(names):
        yield name, X.iloc[:, position] if hasattr(X, "iloc") else X[:, position]


def is_category(column: Any) -> bool:
    """Return whether a frame says of a column that it holds categories."""
    return str(column.dtype).lower().startswith(("categor", "enum"))


def cells_of(column: Any) -> np.ndarray:
    """Return a column as numbers in float64, as times, or else as objects."""
    kind = getattr(column.dtype, "kind", "")  # which dtypes of polars do not have
    if kind and kind in "biuf" and not is_category(column):
        return np.asarray(column.astype(np.float64))
    if kind == "M":
        return np.asarray(column, dtype="datetime64[us]")
    cells = np.asarray(column)
    if cells.dtype.kind in "biuf":
        return cells.astype(np.float64)
    return cells if cells.dtype.kind in "mM" else cells.astype(object)


def is_plain(column: Any) -> bool:
    """Return whether the dtype of a column says that it holds numbers or times."""
    if hasattr(column.dtype, "kind"):
        return column.dtype.kind in "biufmM" and not is_category(column)
    return column.dtype.is_numeric() or column.dtype.is_temporal()  # polars


def distinct_cells(column: Any) -> np.ndarray:
    """Return the cells of a column that differ from one another, as `cells_of` does."""
    if hasattr(column, "unique"):
        return cells_of(column.unique())
    distinct = dict.fromkeys(column.tolist())
    return np.fromiter(distinct, dtype=object, count=len(distinct))


def gaps_of(cells: np.ndarray) -> np.ndarray:
    """Return which cells hold nothing."""
    if cells.dtype.kind in "fmM":
        return cells != cells
    return np.array([not is_present(cell) for cell in cells], dtype=bool)


def is_present(cell: object) -> bool:
    """Return whether a cell holds something: not None, NaN, NaT or pandas' NA."""
    if isinstance(cell, str):
        return True
    is_itself = cell == cell
    return cell is not None and isinstance(is_itself, bool | np.bool_) and is_itself


def _numbers_of(name: Any, column: Any) -> np.ndarray:
    """Return the numbers of a column, or raise with its name and the row."""
    cells = cells_of(column)
    if cells.dtype.kind == "f":
        numbers = cells
    else:
        numbers = np.array([_number(cell) for cell in cells.tolist()])
    wrong = np.isinf(numbers)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"Column {name!r} of X holds {short(cells[row])} (row {row}), which is not "
            "a finite number. Replace such cells, or mark them as missing (NaN)."
        )
    return numbers


def _number(cell: Any) -> float:
    """Return a cell as a number: NaN for a gap, infinity for what is none."""
    if not is_present(cell):
        return np.nan
    try:
        number = float(cell)
    except (TypeError, ValueError, OverflowError):
        return np.inf
    return number


def _text(cell: Any) -> str | None:
    """Return a cell as text, None where it is a gap."""
    if isinstance(cell, str):
        return cell
    if not is_present(cell):
        return None
    is_whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell) if is_whole else cell)


def dates_of(cells: np.ndarray) -> np.ndarray:
    """Return cells as datetime64[us], NaT where one is no date."""
    if cells.dtype.kind == "M":
        return cells.astype("datetime64[us]")
    if cells.dtype.kind == "m":
        return _EPOCH + cells.astype("timedelta64[us]")
    return np.array([date_of(cell) for cell in cells], dtype="datetime64[us]")


def date_of(cell: Any) -> np.datetime64:
    """Return a cell as a date, NaT where it is none."""
    try:
        moment: Any = _moment(cell) if is_present(cell) else None
    except ValueError:  # of text as 2026-02-30
        return _GAP
    if moment is None:
        return _GAP
    offset = moment.utcoffset() if isinstance(moment, datetime.datetime) else None
    if offset is None:
        return np.datetime64(moment, "us")
    # By NumPy, which knows years beyond 9999: datetime's astimezone does not.
    local = np.datetime64(moment.replace(tzinfo=None), "us")
    return local + np.timedelta64(-offset, "us")


def _moment(cell: Any) -> Any:
    """Return a cell as a date or a moment, None where it is neither."""
    if isinstance(cell, str):
        is_date = _ISO_DATE.fullmatch(cell)
        return datetime.datetime.fromisoformat(cell) if is_date else None
    if isinstance(cell, datetime.time):
        return datetime.datetime.combine(datetime.date(1970, 1, 1), cell)
    if isinstance(cell, datetime.timedelta):
        return _EPOCH + np.timedelta64(cell, "us")
    return cell if isinstance(cell, datetime.date | np.datetime64) else None


def _parts_of(name: Any, column: Any) -> np.ndarray:
    """Return the parts of each date of a column, one below the other."""
    cells = cells_of(column)
    dates = dates_of(cells)
    _tell_of_no_dates(name, cells, np.isnat(dates))
    days, months = dates.astype("datetime64[D]"), dates.astype("datetime64[M]")
    since = (dates - _EPOCH) / np.timedelta64(1, "D")
    parts = np.stack(
        [
            since,
            months.astype(np.int64) % 12 + 1,
            (days - months) / np.timedelta64(1, "D") + 1,
            (days.astype(np.int64) + 3) % 7,  # 1970 began on a Thursday
            np.floor((dates - days) / np.timedelta64(1, "h")),
            np.zeros(len(dates)),
        ],
        axis=1,
    )
    if cells.dtype.kind == "m":
        parts[:, 1:] = 0
    gaps = np.isnat(dates)
    parts[gaps] = np.nan
    parts[:, -1] = gaps
    return parts


def _tell_of_no_dates(name: Any, cells: np.ndarray, are_gaps: np.ndarray) -> None:
    """Warn of the first text that is no date."""
    for row in np.flatnonzero(are_gaps):
        if isinstance(cells[row], str) and cells[row]:
            warn(
                f"Column {name!r} of X holds {short(cells[row])} (row {row}), which is "
                "not a date in ISO 8601 format and counts as a gap. Convert the column "
                "by pandas.to_datetime.",
                UserWarning,
            )
            return
