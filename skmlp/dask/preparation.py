"""Before training: blocks checked where they lie, and what is known of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from skmlp._checks.data import ClassWeight, TrainingData, class_weights
from skmlp._checks.warning import warn
from skmlp._settings import Settings
from skmlp._targets.kinds import Targets
from skmlp.dask import blocks
from skmlp.dask.cluster import Cluster
from skmlp.dask.collections import parts_of


class Checked(NamedTuple):
    """The blocks with rows that count, as futures, and what they are together."""

    blocks: list[Any]
    whole: blocks.Whole


class Spread(NamedTuple):
    """The rows as training takes them, where they lie.

    Parameters
    ----------
    blocks : list of futures
        Of `TrainingData`.
    n_rows : list of int
        The number of rows of each.
    mean_weight : float
        Of all rows.
    sample : TrainingData
        Some of the rows, in the memory of this process.
    numbers : list of int
        Which blocks of the collection these are.
    """

    blocks: list[Any]
    n_rows: list[int]
    mean_weight: float
    sample: TrainingData
    numbers: list[int]


def check(cluster: Cluster, X: Any, y: Any, sample_weight: Any, dtype: str) -> Checked:
    """Check each block by itself, and whether they fit one another."""
    parts = parts_of(X, y, sample_weight)
    checked = cluster.compute(blocks.check, parts)
    with cluster.watching(dict(enumerate(checked)), are_made=False):
        told = cluster.gather(
            [cluster.submit(blocks.describe, each) for each in checked]
        )
    whole = blocks.whole_of(told, dtype)
    _warn_of_order([each.classes for each in told if each is not None], whole)
    return Checked([checked[number] for number in whole.numbers], whole)


def _warn_of_order(classes: Sequence[np.ndarray], whole: blocks.Whole) -> None:
    """Warn where no block holds two classes, so that no replica can tell them apart."""
    if len(whole.classes) > 1 and all(len(each) == 1 for each in classes):
        warn(
            f"Each of the {len(classes)} blocks holds rows of a single class. Replicas "
            "that see one class each learn nothing of the others. Shuffle the rows "
            "before they are cut into blocks.",
            UserWarning,
        )


def spread(
    cluster: Cluster,
    checked: Checked,
    settings: Settings,
    targets: Targets,
    class_weight: ClassWeight,
) -> Spread:
    """Encode each block by what all of them are, and measure them."""
    by_number = dict(zip(checked.whole.numbers, checked.blocks, strict=True))
    with cluster.watching(by_number, are_made=False):
        return _spread(cluster, checked, settings, targets, class_weight)


def _spread(
    cluster: Cluster,
    checked: Checked,
    settings: Settings,
    targets: Targets,
    class_weight: ClassWeight,
) -> Spread:
    dtype = settings.dtype

    def on_each(function: Any, each_of: Sequence[Any], *args: Any) -> list[Any]:
        return [cluster.submit(function, each, *args) for each in each_of]

    totals = np.sum(
        cluster.gather(on_each(blocks.total_of_classes, checked.blocks, targets)),
        axis=0,
    )
    by_class = None
    if class_weight is not None:
        by_class = targets.class_weights(class_weight, totals, class_weights)
        targets = targets.weighed(by_class, totals, dtype)
    encoded = on_each(blocks.encode, checked.blocks, targets, by_class, dtype)
    moments = cluster.gather(on_each(blocks.measure, encoded, settings))
    weights = [each.total for each in moments]
    total = sum(weights)
    if not total:
        raise ValueError("No row counts. Check sample_weight and class_weight.")
    before = np.cumsum([0.0, *weights[:-1]])
    samples = cluster.gather(
        [
            cluster.submit(blocks.sample, block, so_far, total)
            for block, so_far in zip(encoded, before, strict=True)
        ]
    )
    sample = blocks.sample_of_the_whole(samples, moments, totals, dtype)
    doubts = targets.doubts(sample.y, totals)
    if doubts:
        warn(doubts, UserWarning)
    whole = checked.whole
    mean_weight = total / sum(whole.n_rows)
    return Spread(encoded, whole.n_rows, mean_weight, sample, whole.numbers)
