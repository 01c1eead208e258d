"""Blocks of rows: what a worker checks, tells and makes of each of them.

A block is some rows of the collection that `fit` was given, where they lie. Nothing
here knows of Dask.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from skmlp._checks.data import (
    Table,
    TrainingData,
    check_block,
    check_table,
    computation_dtype,
)
from skmlp._checks.labels import classes_of
from skmlp._core.rows import Matrix
from skmlp._core.standardization import (
    Moments,
    moments_of,
    sampled_rows,
    standardization_of,
)
from skmlp._settings import Settings
from skmlp._targets.forms import ONE_LABEL, kind_of_labels
from skmlp._targets.kinds import Targets
from skmlp._training.state import blocks_to_measure


class Block(NamedTuple):
    """Some rows as a worker holds them, checked.

    The number is its place among all blocks, the first of which is 0. There is no table
    where there are no rows.
    """

    number: int
    table: Table | None
    sample_weight: Any

    @property
    def counts(self) -> bool:
        """Whether any row has a weight."""
        return self.sample_weight is None or bool(np.any(self.sample_weight))


class Description(NamedTuple):
    """What is to be known of a block to see whether it belongs to the others."""

    number: int
    counts: bool
    n_rows: int
    n_features: int
    is_sparse: bool
    names: tuple[Any, ...] | None
    form: str
    X_dtype: np.dtype
    classes: np.ndarray


class Whole(NamedTuple):
    """What all blocks are together.

    The numbers are those of the blocks with rows that count, n_rows is how many rows
    each of these has.
    """

    numbers: list[int]
    n_rows: list[int]
    n_features: int
    names: np.ndarray | None
    form: str
    dtype: np.dtype
    classes: np.ndarray


@contextmanager
def _told_of_block(number: int) -> Iterator[None]:
    """Let errors name the block."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise type(error)(f"Block {number}: {error}") from error


def check(number: int, X: Any, y: Any, sample_weight: Any) -> Block:
    """Check the rows of a block by themselves."""
    with _told_of_block(number):
        for name, given in (("y", y), ("sample_weight", sample_weight)):
            if given is not None and len_of(given) != len_of(X):
                raise ValueError(
                    f"X and {name} have inconsistent numbers of samples: "
                    f"{[len_of(X), len_of(given)]}. Pass one per row of X."
                )
        if not len_of(X):
            return Block(number, None, None)
        table = check_table("DaskTwoLayerClassifier", X, y, warns=False)
    return Block(number, table._replace(X=aligned(table.X)), sample_weight)


def aligned(X: Matrix) -> Matrix:
    """Return X, copied where it lies askew in memory, as what came over a network may.

    There its rows are gathered slowly, and training takes a third longer.
    """
    return X if sparse.issparse(X) else np.require(X, requirements=["ALIGNED"])


def len_of(X: Any) -> int:
    """Return the number of rows; sparse ones have no length."""
    return X.shape[0] if hasattr(X, "shape") else len(X)


def describe(block: Block) -> Description | None:
    """Return what tells whether a block belongs to the others; None of no rows."""
    if block.table is None:
        return None
    X, labels, names, form = block.table
    return Description(
        block.number,
        block.counts,
        X.shape[0],
        X.shape[1],
        sparse.issparse(X),
        None if names is None else tuple(names),
        form,
        X.dtype,
        classes_of(labels),
    )


def whole_of(descriptions: Sequence[Description | None], dtype: str) -> Whole:
    """Return what the blocks are together; raise where one does not fit the first."""
    told = [each for each in descriptions if each is not None]
    learnt = [each for each in told if each.counts]
    if not learnt:
        raise ValueError(
            "No row counts: all blocks are empty, or their sample_weight is 0. Pass "
            "rows of positive weight."
        )
    first, *others = told
    for other in others:
        _check_same_kind(first, other)
    several = first.form != ONE_LABEL
    return Whole(
        numbers=[each.number for each in learnt],
        n_rows=[each.n_rows for each in learnt],
        n_features=first.n_features,
        names=None if first.names is None else np.array(first.names, dtype=object),
        form=first.form,
        dtype=functools.reduce(
            np.promote_types, (_dtype_of(dtype, each.X_dtype) for each in told)
        ),
        classes=(
            first.classes
            if several
            else np.unique(np.concatenate([each.classes for each in told]))
        ),
    )


def _dtype_of(asked: str, X_dtype: np.dtype) -> np.dtype:
    """Return the precision that is computed in where X has a dtype."""
    return computation_dtype(asked, np.empty(0, X_dtype))


def _check_same_kind(first: Description, other: Description) -> None:
    """Raise where two blocks cannot be parts of one table."""
    differences = {
        "the number of features": (first.n_features, other.n_features),
        "the names of the features": (first.names, other.names),
        "whether X is sparse": (first.is_sparse, other.is_sparse),
        "the form of y": (first.form, other.form),
        "the kind of labels": (
            kind_of_labels(first.classes),
            kind_of_labels(other.classes),
        ),
        "the number of labels per row": (
            1 if first.form == ONE_LABEL else len(first.classes),
            1 if other.form == ONE_LABEL else len(other.classes),
        ),
    }
    for what, (one, another) in differences.items():
        if one != another:
            raise ValueError(
                f"Block {other.number} does not fit block {first.number}: {what} is "
                f"{another}, but {one} in block {first.number}. All blocks must be "
                "parts of one table."
            )


def total_of_classes(block: Block, targets: Targets) -> np.ndarray:
    """Return the sample weight of the rows of each class."""
    with _told_of_block(block.number):
        assert block.table is not None
        data = check_block(
            block.table,
            block.sample_weight,
            targets=targets,
            by_class=None,
            dtype=np.dtype(np.float64),
        )
    return data.class_totals


def encode(
    block: Block, targets: Targets, by_class: np.ndarray | None, dtype: np.dtype
) -> TrainingData:
    """Return the rows as training takes them; X stays as it is."""
    with _told_of_block(block.number):
        assert block.table is not None
        return check_block(
            block.table,
            block.sample_weight,
            targets=targets,
            by_class=by_class,
            dtype=dtype,
        )


def measure(data: TrainingData, settings: Settings) -> Moments:
    """Return the moments of the features of a block."""
    return moments_of(data.X.shape[1], blocks_to_measure(settings, data), data.weight)


def sample(
    data: TrainingData, before: float, total: float
) -> tuple[TrainingData, np.ndarray]:
    """Return the rows of a block that stand for it, and how often each counts.

    Of the weight of all rows, the total, so much comes before that of the block.
    """
    rows, counts = sampled_rows(data.weight, before, total)
    return data.select(rows), counts


def sample_of_the_whole(
    samples: Sequence[tuple[TrainingData, np.ndarray]],
    moments: Sequence[Moments],
    totals: np.ndarray,
    dtype: np.dtype,
) -> TrainingData:
    """Return a sample of all rows, which knows what standardises them all."""
    parts = [data for data, _ in samples]
    counts = np.concatenate([counts for _, counts in samples])
    X = _stacked([part.X for part in parts])
    whole = functools.reduce(_merged, moments)
    measured = standardization_of(whole, X, np.arange(X.shape[0]), counts, dtype)
    return TrainingData(
        X,
        np.concatenate([part.y for part in parts]),
        np.concatenate([part.weight for part in parts]),
        parts[0].targets,
        totals,
        measured=measured,
    )


def _stacked(parts: Sequence[Matrix]) -> Matrix:
    """Return the rows of several parts, which are all sparse or none of them."""
    if sparse.issparse(parts[0]):
        return sparse.vstack(parts, format="csr")
    return np.concatenate(parts)


def _merged(moments: Moments, other: Moments) -> Moments:
    moments.merge(other)
    return moments
