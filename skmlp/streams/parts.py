"""The parts of a chunk, X, y and weights: arrays, sparse matrices, frames and series.

Those of one stream are alike but for their rows, so that these can be joined and taken.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy import sparse

from skmlp._checks.faults import short, told_again

# X, y and, where there are any, sample weights, of as many rows each.
Chunk: TypeAlias = tuple[Any, ...]
NAMES = ("X", "y", "sample_weight")
# Libraries that have DataFrame, Series and `concat`.
FRAMES = ("pandas", "polars")
_PAIRS = "(X, y) or (X, y, sample_weight)"
# What dtypes are called that NumPy joins whatever their length.
_OF_ANY_LENGTH = {"U": "text", "S": "bytes"}


class Layout(NamedTuple):
    """What the parts of one name have in common: all but their rows.

    Names are those of the columns of a frame, else None; dtypes those of its columns,
    or the one of all else, of which text and bytes have no length.
    """

    container: str
    shape: tuple[int, ...]
    names: list[Any] | None
    dtypes: list[Any]


class Example(NamedTuple):
    """What is known of a chunk without its rows: its number and its parts' layouts."""

    number: int
    layouts: tuple[Layout, ...]

    @classmethod
    def of(cls, chunk: Chunk, number: int) -> Example:
        """Return what is known of a chunk."""
        return cls(number, tuple(map(layout_of, chunk)))

    def check_like(self, first: Example) -> None:
        """Raise where the parts are not like those of the first chunk."""
        if len(self.layouts) != len(first.layouts):
            raise ValueError(
                f"Chunk {self.number} has {len(self.layouts)} parts, but chunk "
                f"{first.number} has {len(first.layouts)}. Pass sample weights with "
                "all chunks, or with none."
            )
        for name, now, then in zip(NAMES, self.layouts, first.layouts, strict=False):
            if now != then:
                here, there = f"{name} of chunk {self.number}", f"chunk {first.number}"
                raise ValueError(f"{here} {_difference(now, then, there)}")


def parts_of(chunk: Any, number: int) -> Chunk:
    """Return copies of the parts of a chunk; raise where it is none."""
    is_tuple = isinstance(chunk, tuple | list)
    if not is_tuple or len(chunk) not in (2, 3):
        got = type(chunk).__name__ + (f" of {len(chunk)} parts" if is_tuple else "")
        raise TypeError(
            f"Each chunk must be a tuple {_PAIRS}; chunk {number} is a {got}. Split "
            "frames as by ((c.drop(columns='label'), c['label']) for c in chunks)."
        )
    names = NAMES[: len(chunk)]
    parts = tuple(
        _kept(part, name, number) for part, name in zip(chunk, names, strict=True)
    )
    lengths = [n_rows_of(part) for part in parts]
    if len(set(lengths)) > 1:
        raise ValueError(
            f"{', '.join(names)} of chunk {number} have {lengths} rows. Pass one label "
            "(and weight) per row of X."
        )
    return parts


def n_rows_of(part: Any) -> int:
    """Return the number of rows."""
    return int(part.shape[0])


def layout_of(part: Any) -> Layout:
    """Return all that is to be known of a part but its rows."""
    library = _library_of(part)
    container = f"{type(part).__name__} of {library}"
    shape = tuple(map(int, part.shape[1:]))
    if shape and library in FRAMES:
        return Layout(container, shape, list(part.columns), list(part.dtypes))
    dtype = part.dtype
    if library == "NumPy":
        dtype = _OF_ANY_LENGTH.get(dtype.kind, dtype)
    return Layout(container, shape, None, [dtype])


def take(part: Any, rows: np.ndarray) -> Any:
    """Return some of the rows, in their order, as a part of the same kind."""
    return part.iloc[rows] if _library_of(part) == "pandas" else part[rows]


def join(parts: Sequence[Any]) -> Any:
    """Return all rows of parts that are alike, as one part of the same kind."""
    if len(parts) == 1:
        return parts[0]
    library = _library_of(parts[0])
    if library in FRAMES:
        return sys.modules[library].concat(parts)
    if library == "SciPy":
        # Of arrays SciPy 1.11 makes a matrix.
        return type(parts[0])(sparse.vstack(parts, format="csr"))
    return np.concatenate(parts)


def _kept(part: Any, name: str, number: int) -> Any:
    """Return a copy: who makes chunks may write the next one into the same memory."""
    library, where = _library_of(part), f"{name} of chunk {number}"
    if library in FRAMES:  # whose own copies may share memory with an array
        return take(part, np.arange(n_rows_of(part)))
    if library == "NumPy":
        return _as_array(part, where)
    if part.ndim != 2:
        raise ValueError(
            f"{where} is sparse, but has no columns. Pass it as an array, by toarray()."
        )
    return part.tocsr(copy=True)


def _as_array(part: Any, where: str) -> np.ndarray:
    """Return a copy as an array; raise where that would not be all of it."""
    if hasattr(type(part), "columns"):
        library = type(part).__module__.partition(".")[0]
        raise TypeError(
            f"{where} is a {type(part).__name__} of {library}, which would become an "
            "array without names. Pass a DataFrame of pandas or polars, or an array."
        )
    if np.ma.is_masked(part):
        raise ValueError(f"{where} has masked values. Drop such rows, or fill them.")
    try:
        array = np.array(part)
    except (TypeError, ValueError) as error:
        raise told_again(error, where, part) from error
    if array.ndim == 0:
        raise ValueError(
            f"{where} must have rows; got {short(part)}. Pass an array, a list, a "
            "frame, a series or a sparse matrix."
        )
    return array


def _library_of(part: Any) -> str:
    """Return the library of a part; that of what is to become an array is NumPy."""
    if sparse.issparse(part):
        return "SciPy"
    for name in FRAMES:
        library = sys.modules.get(name)  # without which there are no frames of it
        if library and isinstance(part, library.DataFrame | library.Series):
            return name
    return "NumPy"


def _difference(now: Layout, then: Layout, there: str) -> str:
    """Return in words what is not as it was there, and what to do."""
    if now.container != then.container:
        return (
            f"is a {now.container}, but in {there} a {then.container}. Read all chunks "
            "in the same way."
        )
    if now.names is not None and then.names is not None and now.names != then.names:
        missing = [name for name in then.names if name not in now.names]
        new = [name for name in now.names if name not in then.names]
        return (
            f"has other columns than {there}: {short(missing)} are missing, "
            f"{short(new)} are new, or the order differs. Give all chunks the same "
            "columns, in the same order."
        )
    if now.shape != then.shape:
        return (
            f"has rows of the shape {now.shape}, but in {there} of {then.shape}. Give "
            "all chunks the same columns."
        )
    column = next(i for i, d in enumerate(then.dtypes) if now.dtypes[i] != d)
    where = "" if then.names is None else f" in column {then.names[column]!r}"
    now_is, then_was = _told_apart(now.dtypes[column], then.dtypes[column])
    return (
        f"is of {now_is}{where}, but in {there} of {then_was}. Convert each chunk as "
        "it is read, as by dtype= of pandas.read_csv, or by astype."
    )


def _told_apart(one: Any, other: Any) -> tuple[str, str]:
    """Return what two dtypes are called, such that it differs."""
    if str(one) != str(other):
        return str(one), str(other)
    return repr(one), repr(other)
