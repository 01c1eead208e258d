"""Several labels per row."""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np

from skmlp._targets.forms import SEVERAL_LABELS
from skmlp._targets.label_weights import (
    ClassWeights,
    LossOfWeighedLabels,
    held_weights,
    weights_of_labels,
)

# Labels whose weights are added up at a time, so that millions take no memory.
_AT_ONCE = 2**16
# Strata of a hold-out that are smaller shares of the rows are taken together.
_LEAST_SHARE = 0.05


class SeveralLabels:
    """Several labels per row, each by itself: y holds 0 and 1, a column per label.

    Parameters
    ----------
    n_labels : int
    form : str
        One of `SEVERAL_LABELS`, in which labels are handed out.
    loss : Loss
        For one label per row, or itself a `MultilabelLoss`.
    label_smoothing : float
        The share ε of a target that is spread evenly over absence and presence.
    """

    has_several_labels = True

    def __init__(
        self, n_labels: int, form: str, loss: Any, label_smoothing: float
    ) -> None:
        self.classes = np.arange(n_labels)
        self.form = form
        self.loss = self.unweighted_loss = _of_several_labels(loss)
        self.label_smoothing = label_smoothing

    @property
    def n_outputs(self) -> int:
        """The number of outputs of the network."""
        return len(self.classes)

    def encode(self, labels: np.ndarray) -> np.ndarray:
        """Return the labels as they are, one byte each."""
        if labels.shape[1:] != (self.n_outputs,):
            raise ValueError(
                f"y has the shape {labels.shape}, but the estimator is fitted to an "
                f"indicator matrix of {self.n_outputs} labels. Pass a column of 0 and "
                "1 for each of them."
            )
        return labels

    def empty(self, n_rows: int) -> np.ndarray:
        """Return memory for the encoded labels of so many rows."""
        return np.empty((n_rows, self.n_outputs), np.uint8)

    def decide(self, logits: np.ndarray) -> np.ndarray:
        """Return which labels of each row are more likely than not."""
        return (logits > self.unweighted_loss.threshold).T

    def decode(self, y: np.ndarray) -> np.ndarray:
        """Return the labels that were encoded."""
        return y.astype(self.classes.dtype)

    def predicted(self, y: np.ndarray) -> Any:
        """Return the labels that were encoded, in the form of those of y."""
        return SEVERAL_LABELS[self.form](y).astype(self.classes.dtype)

    def empty_scores(self, n_rows: int, dtype: np.dtype) -> np.ndarray:
        """Return memory for the scores of so many rows."""
        return np.empty((n_rows, self.n_outputs), dtype)

    def scores(self, logits: np.ndarray) -> np.ndarray:
        """Return the logits of each row, above 0 where a label is predicted."""
        return (logits - self.unweighted_loss.threshold).T

    def totals(self, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Return the total weight of the rows without each label, and with it."""
        totals = self.no_totals()
        n_rows = max(_AT_ONCE // self.n_outputs, 1)
        for start in range(0, len(y), n_rows):
            part = slice(start, start + n_rows)
            weights = weight[part].astype(np.float64, copy=False)
            present = weights @ y[part]
            totals += np.column_stack([weights.sum() - present, present])
        return totals

    def no_totals(self) -> np.ndarray:
        """Return the totals of no rows."""
        return np.zeros((self.n_outputs, 2))

    def doubts(self, y: np.ndarray, totals: np.ndarray) -> str | None:
        """Return why this y is probably not what was meant, if it is not."""
        if (y.sum(axis=1) != 1).any():
            return None
        return (
            "Every row of y has exactly one label. Each is learnt by itself, so that "
            "a row may be predicted to have none, or several. For classes that exclude "
            "one another pass one label per row, y.argmax(axis=1)."
        )

    def doubts_of_order(
        self,
        y: np.ndarray,
        weight: np.ndarray,
        earlier_totals: np.ndarray,
        n_earlier: int,
    ) -> None:
        """Return None: many chunks without a label are as usual as labels are rare."""

    def class_weights(
        self, asked: Any, totals: np.ndarray, weigh: ClassWeights
    ) -> np.ndarray:
        """Return the weights of the absence and of the presence of each label."""
        return weights_of_labels(asked, totals, weigh)

    def weights_of_rows(self, by_class: np.ndarray, y: np.ndarray) -> np.ndarray | None:
        """Return None: the losses of labels are weighed, not those of rows."""
        return None

    def weighed(
        self, by_class: np.ndarray, totals: np.ndarray | None, dtype: np.dtype
    ) -> Self:
        """Return targets whose loss weighs the absence and the presence of each label.

        Given totals, the weights mean nothing but their ratios: their mean over all
        labels of all rows is then 1.
        """
        by_class = held_weights(by_class, totals, dtype)
        targets = copy.copy(self)
        targets.loss = LossOfWeighedLabels(self.unweighted_loss, by_class)
        return targets

    def strata(self, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return what a hold-out keeps the shares of: the rarest label of each row.

        Rows without any label are one stratum; those of strata that hold less than a
        twentieth of all rows are another one. Rare is what few rows have that count.
        """
        none, rest = self.n_outputs, self.n_outputs + 1
        frequency = y.sum(axis=0, dtype=np.intp, where=counts[:, np.newaxis])
        strata = y[:, np.argsort(frequency)].argmax(axis=1)
        strata[~y.any(axis=1)] = none
        sizes = np.bincount(strata[counts], minlength=rest)
        strata[sizes[strata] < _LEAST_SHARE * counts.sum()] = rest
        return np.unique(strata, return_inverse=True)[1]

    def write(self, y: np.ndarray, t: np.ndarray) -> None:
        """Write the targets t of some rows, one column per row.

        Smoothed towards one half, t_k = (1 - ε) y_k + ε / 2: Szegedy et al. (2016), as
        for one label per row, of two classes per label.
        """
        np.copyto(t, y.T)
        if self.label_smoothing > 0:
            np.multiply(t, 1.0 - self.label_smoothing, out=t)
            np.add(t, self.label_smoothing / 2.0, out=t)

    def hits(self, y: np.ndarray, logits: np.ndarray) -> np.ndarray:
        """Return whether all labels of each row are predicted, and no others."""
        return (self.decide(logits) == y).all(axis=1)


def _of_several_labels(loss: Any) -> Any:
    """Return the loss that corresponds to one for one label per row, or is it."""
    found = loss.multilabel()
    if isinstance(found, type) or getattr(found, "threshold", None) is None:
        raise ValueError(
            f"The method multilabel of loss={loss!r} must return a MultilabelLoss; got "
            f"{found!r}."
        )
    return found
