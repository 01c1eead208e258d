"""ColumnSelector: which columns of a table hold numbers, dates or categories."""

# Without deferred annotations: the class says that it lives in `skmlp.preprocessing`,
# where the names in them are not to be found.

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from skmlp._checks.faults import short
from skmlp._checks.warning import warn
from skmlp.preprocessing.cells import (
    cells_of,
    checked_table,
    date_of,
    distinct_cells,
    gaps_of,
    is_category,
    is_plain,
    named_columns,
)

Kind: TypeAlias = Literal["numbers", "dates", "categories", "many_levels", "dropped"]

_NUMBERS = (Real, Decimal, np.bool_)
# Levels that become a column each.
_MOST_LEVELS = 32
# Text of which a larger share is different identifies a row.
_SHARE_OF_LEVELS = 0.9
_IDENTIFIER = "text that differs in nearly every row"
# Row numbers are all different and fill their range, or a quarter of it where rows were
# held out. Few numbers may do so by chance.
_FEWEST_ROW_NUMBERS, _ROOM_PER_ROW = 32, 4
_ROW_NUMBERS = "whole numbers that count the rows"
_OF_USE_PERHAPS = (_IDENTIFIER, _ROW_NUMBERS)
# Text that is written as dates, such as 28.11.2026 and 11/28/26, or as numbers with a
# decimal separator, such as 1.234,50. Nobody can tell what each of them means.
_WRITTEN_AS = re.compile(
    r"(\d{1,2}([./-])\d{1,2}\2(\d{4}|\d{2})|\d{4}([./])\d{1,2}\4\d{1,2})(\s.*)?"
    r"|[-+]?\d{1,3}([.,' ]?\d{3})*[.,]\d+"
)
_KINDS = ("numbers", "dates", "categories", "many_levels", "dropped")


class DroppedColumnsWarning(UserWarning):
    """Columns of a table were dropped, because nothing can be learnt from them.

    Examples
    --------
    >>> import warnings
    >>> from skmlp.preprocessing import DroppedColumnsWarning
    >>> warnings.simplefilter("ignore", DroppedColumnsWarning)
    """


class ColumnSelector:
    """Select the columns of one kind, in a ColumnTransformer.

    Like :class:`sklearn.compose.make_column_selector`, it is called with the table when
    the ColumnTransformer is fitted. It looks at the cells of each column, so that it
    works with pandas and polars frames and with arrays of numbers and of objects.

    Parameters
    ----------
    kind : {'numbers', 'dates', 'categories', 'many_levels', 'dropped'}
        Which columns to select; a column is of one kind only.

        - 'numbers': numbers and booleans, with gaps or without.
        - 'dates': dates, times, durations, and text with dates in ISO 8601 format.
        - 'categories': at most 32 different texts, or categories of a frame.
        - 'many_levels': more than 32.
        - 'dropped': nothing can be learnt, because all cells are empty or the same,
          or text differs in more than nine of ten rows, or whole numbers count
          the rows. A :class:`DroppedColumnsWarning` names the columns.

    keep : iterable of str or int, default=()
        The names (for an array the positions) of useful columns that look like
        identifiers, because every row differs. Columns with the dtype 'category' of a
        frame are always kept.

    See Also
    --------
    sklearn.compose.make_column_selector : Selects by dtype and by name.
    skmlp.tabular_pipeline : The pipeline that uses these selectors.

    Examples
    --------
    >>> from skmlp.preprocessing import ColumnSelector
    >>> table = [[1.5, "red", "2026-11-28"], [None, "blue", "2026-11-29"]] * 20
    >>> ColumnSelector("numbers")(table), ColumnSelector("dates")(table)
    ([0], [2])
    """

    def __init__(self, kind: Kind | str, *, keep: Iterable[str | int] = ()) -> None:
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {', '.join(_KINDS)}; got {kind!r}.")
        self.kind = kind
        self.keep = tuple(keep)

    def __repr__(self) -> str:
        """Say what is selected, for representations of a ColumnTransformer."""
        keep = f", keep={self.keep!r}" if self.keep else ""
        return f"ColumnSelector({self.kind!r}{keep})"

    def __call__(self, X: Any) -> list:
        """Return the names of the columns, if all are strings, or the positions.

        Parameters
        ----------
        X : {frame, array-like} of shape (n_samples, n_columns)
            The table.

        Returns
        -------
        columns : list of str or of int
            The columns for ColumnTransformer.

        Raises
        ------
        ValueError
            If X is not a dense table; and for the kind 'dropped', if no column would be
            left, or X lacks a column of `keep`.

        Warns
        -----
        DroppedColumnsWarning
            If columns are dropped.
        UserWarning
            If text is written as dates, but not in ISO 8601 format, or as numbers. Both
            are for the kind 'dropped'.
        """
        table = checked_table(X)
        looks = [
            _looked_at(name, column, name in self.keep)
            for name, column in named_columns(table)
        ]
        if self.kind == "dropped":
            _check_keep(self.keep, [look.name for look in looks])
            _tell_of_dropped(looks)
            _tell_of_dates_and_numbers(looks)
        labels = zip(_labels(table), looks, strict=True)
        return [label for label, look in labels if look.kind == self.kind]


class _Look(NamedTuple):
    """The kind of a column, why it is dropped, its name, and a cell like a date."""

    kind: Kind
    reason: str = ""
    name: Any = None
    written_as: str = ""


def _labels(table: Any) -> list:
    """Return names where each column has one, else positions."""
    names = list(getattr(table, "columns", ()))
    if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
        return names or list(range(table.shape[1]))
    return list(range(table.shape[1]))


def _looked_at(name: Any, column: Any, is_kept: bool) -> _Look:
    """Return what kind of column it is, or raise with its name."""
    try:
        return _look_at(column, is_kept)._replace(name=name)
    except TypeError as error:
        raise TypeError(
            f"Column {name!r} of X holds cells as {short(next(iter(column)))}, neither "
            "numbers nor text nor dates. Convert them, or drop the column."
        ) from error


def _look_at(column: Any, is_kept: bool) -> _Look:
    """Return what kind of column it is, by the cells that differ from one another."""
    cells = cells_of(column) if is_plain(column) else distinct_cells(column)
    present = cells[~gaps_of(cells)]
    if not len(present):
        return _Look("dropped", "no cell is filled")
    if len(present) == len(cells) and (present == present[0]).all():
        return _Look("dropped", "the same in every row")
    if isinstance(present[0], complex):
        raise TypeError("complex numbers are two numbers")
    if not is_category(column):
        if _are_dates(present):
            return _Look("dates")
        if _are_numbers(present):
            counts_rows = _counts_rows(cells, len(column)) and not is_kept
            return _Look("dropped", _ROW_NUMBERS) if counts_rows else _Look("numbers")
        if not is_kept and len(present) > _SHARE_OF_LEVELS * _n_filled(column, cells):
            return _Look("dropped", _IDENTIFIER, written_as=_written_as(present))
    kind: Kind = "categories" if len(present) <= _MOST_LEVELS else "many_levels"
    return _Look(kind, written_as="" if is_category(column) else _written_as(present))


def _written_as(cells: np.ndarray) -> str:
    """Return the first cell, if all are text that is written as dates or numbers."""
    are_all = all(isinstance(c, str) and _WRITTEN_AS.fullmatch(c) for c in cells)
    return str(cells[0]) if are_all else ""


def _are_numbers(cells: np.ndarray) -> bool:
    """Return whether all cells, of which none is a gap, are numbers."""
    return cells.dtype.kind == "f" or all(isinstance(cell, _NUMBERS) for cell in cells)


def _are_dates(cells: np.ndarray) -> bool:
    """Return whether all cells, of which none is a gap, are dates."""
    is_time = cells.dtype.kind in "mM"
    return is_time or not any(np.isnat(date_of(cell)) for cell in cells)


def _counts_rows(cells: np.ndarray, n_rows: int) -> bool:
    """Return whether cells are whole numbers, one per row, that leave little room."""
    if n_rows < _FEWEST_ROW_NUMBERS or len(cells) < n_rows:
        return False
    numbers = cells.astype(np.float64)
    start, end = numbers.min(), numbers.max()
    is_dense = end - start < _ROOM_PER_ROW * n_rows
    if not is_dense or (numbers != np.floor(numbers)).any():
        return False
    return bool(np.bincount((numbers - start).astype(np.int64)).max() == 1)


def _n_filled(column: Any, levels: np.ndarray) -> int:
    """Return how many cells of a column are no gaps; levels are its distinct cells."""
    if not gaps_of(levels).any():
        return len(column)
    return len(column) - int(gaps_of(cells_of(column)).sum())


def _tell_of_dropped(looks: Sequence[_Look]) -> None:
    """Warn of what is dropped, with the reasons; raise where that is everything."""
    dropped = [look for look in looks if look.kind == "dropped"]
    told = ", ".join(f"{look.name!r} ({look.reason})" for look in dropped)
    if len(dropped) == len(looks):
        raise ValueError(
            f"Nothing can be learnt from any column of X: {told}.{_remedy(dropped)}"
        )
    if dropped:
        warn(f"Columns left out: {told}.{_remedy(dropped)}", DroppedColumnsWarning)


def _tell_of_dates_and_numbers(looks: Sequence[_Look]) -> None:
    """Warn of text that is taken for categories and may be dates or numbers."""
    told = [f"{look.name!r} ({look.written_as!r})" for look in looks if look.written_as]
    if told:
        warn(
            "Text looks like dates or numbers, but is not learnt as such: "
            f"{', '.join(told)}. Convert it by pandas.to_datetime or "
            "pandas.to_numeric, or read it with parse_dates, dayfirst and decimal of "
            "pandas.read_csv.",
            UserWarning,
        )


def _remedy(dropped: Sequence[_Look]) -> str:
    """Return how columns are kept that only look as if they were of no use."""
    names = [look.name for look in dropped if look.reason in _OF_USE_PERHAPS]
    if not names:
        return ""
    return (
        f" To keep a column that is useful, pass keep={names[:1]!r}. Convert text that "
        "means numbers or dates."
    )


def _check_keep(keep: Sequence[str | int], names: Sequence[Any]) -> None:
    """Raise where a column to keep is not there."""
    for name in keep:
        if name not in names:
            raise ValueError(
                f"keep names {name!r}, but the columns of X are {short(names)}."
            )
