"""How much the absence and the presence of each of several labels counts."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

# Takes the weights that were asked for, the classes and their totals.
ClassWeights: TypeAlias = Callable[[Any, np.ndarray, np.ndarray], np.ndarray]


class LossOfWeighedLabels:
    """A loss of several labels, of which absence and presence count differently.

    Parameters
    ----------
    loss : MultilabelLoss
    by_class : ndarray of shape (n_labels, 2)
        The weights of the absence and of the presence of each label.
    """

    def __init__(self, loss: Any, by_class: np.ndarray) -> None:
        self.loss = loss
        self.absent, self.present = by_class.T[..., np.newaxis]

    def value_and_grad(
        self, t: np.ndarray, logits: np.ndarray, weight: np.ndarray, dlogits: np.ndarray
    ) -> float:
        """Return the weighted sum of the losses; write its gradient into dlogits."""
        by_label = np.where(t > 0.5, self.present, self.absent)  # t may be smoothed
        np.multiply(by_label, weight, out=by_label)
        return self.loss.value_and_grad(t, logits, by_label, dlogits)


def weights_of_labels(
    asked: Any, totals: np.ndarray, weigh: ClassWeights
) -> np.ndarray:
    """Return the weights of the absence and of the presence of each label."""
    n_labels = len(totals)
    of_labels = asked if isinstance(asked, list) else [asked] * n_labels
    is_dict = isinstance(asked, Mapping)
    if is_dict or len(of_labels) != n_labels or not _are_weights(of_labels):
        raise ValueError(
            "For several labels per row class_weight must be 'balanced' or a list "
            f"of {n_labels} dicts, such as {{0: 1, 1: 5}} or {{}}, one per column of "
            f"y; got {reprlib.repr(asked)}."
        )
    pairs = zip(of_labels, totals, strict=True)
    return np.array([weigh(each, np.arange(2), total) for each, total in pairs])


def _are_weights(of_labels: Sequence[Any]) -> bool:
    """Return whether each of what is asked of labels is a dict or 'balanced'."""
    return all(
        isinstance(each, Mapping) or (isinstance(each, str) and each == "balanced")
        for each in of_labels
    )


def held_weights(
    by_class: np.ndarray, totals: np.ndarray | None, dtype: np.dtype
) -> np.ndarray:
    """Return the weights in some precision.

    Given totals, the weights mean nothing but their ratios: their mean over all labels
    of all rows is then 1.
    """
    with np.errstate(all="ignore"):  # what no precision holds is refused
        if totals is not None:
            by_class = np.ldexp(by_class, -np.frexp(by_class.max())[1])
            by_class /= np.average(by_class, weights=totals)
        by_class = by_class.astype(dtype)
    if not np.isfinite(by_class).all() or not by_class.any():
        raise ValueError(
            f"dtype('{dtype}'), in which the network computes, does not hold the "
            "weights that class_weight makes of these labels. Choose weights "
            "nearer to one another, and positive where there are rows."
        )
    return by_class
