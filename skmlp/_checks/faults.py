"""What is wrong with a value, where it stands, and what can be done about it.

NumPy and scikit-learn refuse most of what no network can learn from, but seldom say
where it stands. What they raise is told again here, once for all arguments.
"""

from __future__ import annotations

import datetime
import math
import re
import reprlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.sparse import coo_array, issparse

Refusal: TypeAlias = TypeError | ValueError

_TIMES = (
    *(np.datetime64, np.timedelta64),
    *(datetime.date, datetime.time, datetime.timedelta),
)
_COLLECTIONS = (list, tuple, set, frozenset)

# What each kind of value is called, in the words of scikit-learn where it has some.
_HEADLINES = {
    "missing": "Input {name} contains NaN",
    "infinite": "Input {name} contains infinity or a value too large for float64",
    "complex": "Complex data not supported in {name}",
    "text": "Input {name} contains text",
    "negative": "Negative values in data passed to `{name}`",
    "written": "Input {name} contains numbers written as text",
    "time": "Input {name} contains dates or times",
    "sequence": "Input {name} contains sequences",
    "object": "Input {name} contains an object; the argument must be a string or a "
    "real number",
}
# What to do about features; another argument has one remedy for all.
_REMEDIES = {
    "missing": "Drop such rows, or impute what is missing: in a Pipeline, put a "
    "sklearn.impute.SimpleImputer in front.",
    "infinite": "Replace such values, or drop their rows.",
    "complex": "Pass the real and the imaginary part as separate features.",
    "text": "Drop the column or encode it: in a Pipeline, put a ColumnTransformer with "
    "a OneHotEncoder in front.",
    "written": "Make numbers of it: of an array or a pandas frame, X.astype(float).",
    "time": "Make numbers of them, as the days or seconds since a start or the hour of "
    "the day, or drop the column.",
    "sequence": "Each feature is one number: give each part its own column.",
    "object": "Drop the column, or make numbers of it.",
}

_shortened = reprlib.Repr()
_shortened.maxlist, _shortened.maxother = 10, 80


class Fault(NamedTuple):
    """A value that is no finite number, its kind, its row and the column, if any."""

    kind: str
    value: Any
    row: int
    column: Any = None

    def told_of(self, name: str, remedy: str | None = None) -> Refusal:
        """Return an error that says what is wrong with the argument of that name."""
        place = name if self.column is None else f"column {self.column!r} of {name}"
        error = TypeError if self.kind == "object" else ValueError
        return error(
            f"{_HEADLINES[self.kind].format(name=name)}: {place} holds "
            f"{short(self.value)} (row {self.row}). {remedy or _REMEDIES[self.kind]}"
        )


def short(value: Any) -> str:
    """Return what a value looks like, of a long one the beginning."""
    if isinstance(value, np.datetime64 | np.timedelta64):
        return str(value)
    return _shortened.repr(value.item() if isinstance(value, np.generic) else value)


def told_again(
    error: Exception, name: str, given: Any, remedy: str | None = None
) -> Refusal:
    """Return what was raised about an argument, as an error that says what and where.

    An error that is not about one value keeps its words, except the argument's name.
    """
    words = str(error)
    is_of_names = "feature names" in words.lower()  # which are checked before values
    fault = None if is_of_names else first_fault(given)
    has_columns = fault is not None and fault.column is not None
    if "inhomogeneous" in words and not has_columns:
        return ValueError(f"{name} has rows of different lengths: make them equal.")
    if fault is not None:
        return fault.told_of(name, remedy)
    if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words):
        words = f"{name}: {words}"
    if remedy is not None:
        end = "" if words.endswith((".", "!")) else "."
        words = f"{words}{end} {remedy}"
    is_type = isinstance(error, TypeError) and not isinstance(error, ValueError)
    return TypeError(words) if is_type else ValueError(words)


def refuse_misread(name: str, given: Any, remedy: str | None = None) -> None:
    """Raise where NumPy makes numbers of what is none, as text and masked values."""
    if np.ma.is_masked(given) or _holds_misread(given):
        fault = first_fault(given)
        if fault is not None:
            raise fault.told_of(name, remedy)


def _holds_misread(given: Any) -> bool:
    """Return whether there is text, a time or None; where all are numbers, by dtype."""
    if hasattr(given, "dtypes"):
        dtypes = given.dtypes
    else:
        dtypes = [given.dtype if hasattr(given, "dtype") else np.asarray(given).dtype]
    if all(map(_is_of_numbers, dtypes)):
        return False
    types: set[type] = set()
    for _, _, values in _columns(given):
        if values.dtype.kind not in "biuf":
            types.update(map(type, values))
    return any(issubclass(each, (str, bytes, type(None), *_TIMES)) for each in types)


def _is_of_numbers(dtype: Any) -> bool:
    """Return whether a dtype of NumPy, pandas or polars is one of numbers alone."""
    if hasattr(dtype, "kind"):
        return dtype.kind in "biuf"
    return getattr(dtype, "is_numeric", bool)()


def is_no_number(value: Any) -> bool:
    """Return whether a value is no finite number, nor text that reads as one."""
    if isinstance(value, _TIMES):
        return True
    try:
        return not math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return True


def is_text(value: Any) -> bool:
    return isinstance(value, str | bytes)


def first_fault(given: Any, *are_wrong: Callable[[Any], bool]) -> Fault | None:
    """Return the first value, column by column, that is wrong.

    In a column it is the first of which the first test says so, else the second. These
    are, unless others are given, what is no number, and numbers written as text.
    """
    for label, rows, values in _columns(given):
        for is_wrong in are_wrong or (is_no_number, is_text):
            i = _first_wrong(values, is_wrong)
            if i is not None:
                return Fault(kind_of(values[i]), values[i], int(rows[i]), label)
    return None


def _columns(given: Any) -> Iterator[tuple[Any, Any, np.ndarray]]:
    """Yield the columns: their labels, the rows that they hold, and the values."""
    if issparse(given):
        if given.ndim != 2:
            return
        stored = coo_array(given)
        rows, columns = stored.row, stored.col
        wrong = _first_wrong(stored.data, is_no_number)
        if wrong is not None:
            one = slice(wrong, wrong + 1)
            yield int(columns[wrong]), rows[one], stored.data[one]
    elif hasattr(given, "columns") and hasattr(given, "dtypes"):
        by_place = getattr(given, "iloc", given)
        for i, label in enumerate(given.columns):
            values = np.asarray(by_place[:, i])
            if values.ndim > 1:  # each value is an array or a record
                values = np.fromiter(values, object, len(values))
            yield label, range(len(values)), values
    else:
        array = as_objects(given)
        if array.ndim == 1:
            yield None, range(len(array)), array
        elif array.ndim == 2:
            for i, values in enumerate(array.T):
                yield i, range(len(values)), values


def as_objects(given: Any) -> np.ndarray:
    """Return an array as it is, with NaN where masked, and of lists one of objects."""
    if isinstance(given, np.ma.MaskedArray) and np.ma.is_masked(given):
        return np.ma.filled(given.astype(object), math.nan)
    if hasattr(given, "dtype"):
        return np.asarray(given)
    try:
        return np.array(given, dtype=object)
    except ValueError:  # arrays of different shapes
        return np.array(None)


def _first_wrong(values: np.ndarray, is_wrong: Callable[[Any], bool]) -> int | None:
    """Return the index of the first value that is wrong."""
    kind = values.dtype.kind
    if kind in "bui" or not values.size:
        return None
    if kind in "fc":
        wrong = ~np.isfinite(values) if kind == "f" else np.ones(len(values), bool)
        return int(wrong.argmax()) if wrong.any() else None
    return next((i for i, value in enumerate(values) if is_wrong(value)), None)


def is_missing(value: Any) -> bool:
    """Return whether a value stands for none: None, masked, NaN, NaT, pandas.NA."""
    if value is None or value is np.ma.masked:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas.NA has no truth value, nor do arrays
        return type(value).__name__ == "NAType"


def kind_of(value: Any) -> str:
    """Return the kind of a value that is no finite number."""
    if is_missing(value):
        return "missing"
    if is_text(value):
        return "text" if is_no_number(value) else "written"
    if isinstance(value, _TIMES):
        return "time"
    if isinstance(value, complex | np.complexfloating):
        return "complex"
    if isinstance(value, _COLLECTIONS) or getattr(value, "ndim", 0) > 0:
        return "sequence"
    try:
        is_infinite = math.isinf(float(value))
    except OverflowError:
        return "infinite"
    except (TypeError, ValueError):
        return "object"
    return "infinite" if is_infinite else "object"
