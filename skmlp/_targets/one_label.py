"""One label per row."""

from __future__ import annotations

import reprlib
from typing import Any, Self

import numpy as np

from skmlp._targets.forms import ONE_LABEL, kind_of_labels
from skmlp._targets.label_weights import ClassWeights
from skmlp._targets.order import doubts_of_order

# Labels that are encoded at a time, so that millions take no memory but their own.
_AT_ONCE = 2**16


class OneLabel:
    """One label per row: y holds the index of each row's class.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    loss : Loss
        What training minimises, and its link.
    label_smoothing : float
        The share ε of a target that is spread evenly over all classes.
    """

    form = ONE_LABEL
    has_several_labels = False

    def __init__(self, classes: np.ndarray, loss: Any, label_smoothing: float) -> None:
        if loss.threshold is not None:
            raise ValueError(
                f"loss={loss!r} is for several labels per row, but y holds one. Choose "
                "a loss whose probabilities sum to one."
            )
        self.classes = classes
        self.loss = loss
        self.label_smoothing = label_smoothing
        self._indices: np.ndarray | None = None

    @property
    def indices(self) -> np.ndarray:
        """The number of each class, in few bytes, a row each."""
        # Not by functools.cached_property, which has a lock in Python 3.11: a child
        # that is forked while another thread holds it would wait for ever.
        if self._indices is None:
            last = len(self.classes) - 1
            indices = np.arange(last + 1, dtype=np.min_scalar_type(last))
            self._indices = indices[:, np.newaxis]
        return self._indices

    @property
    def n_outputs(self) -> int:
        """The number of outputs of the network."""
        return len(self.classes)

    def encode(self, labels: np.ndarray) -> np.ndarray:
        """Return the index of each label among the classes, in few bytes."""
        if labels.ndim > 1:
            raise ValueError(
                f"y is an indicator matrix of shape {labels.shape}, but the estimator "
                f"is fitted to one label per row. Pass one column of labels."
            )
        if kind_of_labels(labels) != kind_of_labels(self.classes):
            self._refuse_unknown(labels)  # before anything compares, or merges, them
        last = len(self.classes) - 1
        y = np.empty(len(labels), self.indices.dtype)
        for start in range(0, len(labels), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            indices = np.searchsorted(self.classes, labels[part])
            y[part] = np.minimum(indices, last)
            if (self.classes[y[part]] != labels[part]).any():
                self._refuse_unknown(labels)
        return y

    def _refuse_unknown(self, labels: np.ndarray) -> None:
        known = self.classes.tolist()
        unknown = [label for label in np.unique(labels).tolist() if label not in known]
        raise ValueError(
            f"y holds the classes {reprlib.repr(unknown)}, which are not among "
            f"{reprlib.repr(known)}. All classes must be in the y of fit, or named "
            "in the first call of partial_fit: partial_fit(X, y, classes=...)."
        )

    def empty(self, n_rows: int) -> np.ndarray:
        """Return memory for the encoded labels of so many rows."""
        return np.empty(n_rows, np.intp)

    def decide(self, logits: np.ndarray) -> np.ndarray:
        """Return the most probable class of each row, encoded."""
        return logits.argmax(axis=0)

    def decode(self, y: np.ndarray) -> np.ndarray:
        """Return the labels that were encoded."""
        return self.classes[y]

    def predicted(self, y: np.ndarray) -> np.ndarray:
        """Return the labels that were encoded, in the form of those of y."""
        return self.decode(y)

    def empty_scores(self, n_rows: int, dtype: np.dtype) -> np.ndarray:
        """Return memory for the scores of so many rows."""
        shape = (n_rows,) if self.n_outputs <= 2 else (n_rows, self.n_outputs)
        return np.empty(shape, dtype)

    def scores(self, logits: np.ndarray) -> np.ndarray:
        """Return the logits of each row, or for two classes their difference."""
        if self.n_outputs > 2:
            return logits.T
        limits = np.finfo(logits.dtype)
        return np.clip(logits[-1] - logits[0], limits.min, limits.max)

    def totals(self, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Return the total weight of the rows of each class."""
        totals = self.no_totals()
        for start in range(0, len(y), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            totals += np.bincount(y[part], weight[part], len(totals))
        return totals

    def no_totals(self) -> np.ndarray:
        """Return the totals of no rows."""
        return np.zeros(self.n_outputs)

    def doubts(self, y: np.ndarray, totals: np.ndarray) -> str | None:
        """Return why this y is probably not what was meant, if it is not."""
        if np.count_nonzero(totals) > 1:
            return None
        only = self.classes.tolist()[totals.argmax()]
        return (
            f"y holds only one class that counts, {only!r}, so that it is predicted "
            "for every row. Pass rows of at least 2 classes, with a positive weight."
        )

    def doubts_of_order(
        self,
        y: np.ndarray,
        weight: np.ndarray,
        earlier_totals: np.ndarray,
        n_earlier: int,
    ) -> str | None:
        """Return that rows come sorted by label, if all until now say so."""
        y = y[weight > 0]
        return doubts_of_order(y, self.classes, earlier_totals, n_earlier)

    def class_weights(
        self, asked: Any, totals: np.ndarray, weigh: ClassWeights
    ) -> np.ndarray:
        """Return the weight of each class."""
        if isinstance(asked, list):
            raise ValueError(
                "class_weight is a list, which is for several labels per row, but y "
                "holds one. Pass one dict of label to weight."
            )
        return weigh(asked, self.classes, totals)

    def weights_of_rows(self, by_class: np.ndarray, y: np.ndarray) -> np.ndarray | None:
        """Return what the weight of each row is multiplied by."""
        return by_class[y]

    def weighed(
        self, by_class: np.ndarray, totals: np.ndarray | None, dtype: np.dtype
    ) -> Self:
        """Return the targets as they are: classes are weighed by the rows' weights."""
        return self

    def strata(self, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return what a hold-out keeps the shares of: the class of each row."""
        return y

    def write(self, y: np.ndarray, t: np.ndarray) -> None:
        """Write the targets t of some rows, one column per row.

        One-hot with label smoothing, t_k = (1 - ε) [k = y] + ε / n_outputs: Szegedy et
        al. (2016), "Rethinking the inception architecture", section 7.
        """
        np.equal(self.indices, y, out=t)
        if self.label_smoothing > 0:
            np.multiply(t, 1.0 - self.label_smoothing, out=t)
            np.add(t, self.label_smoothing / len(t), out=t)

    def hits(self, y: np.ndarray, logits: np.ndarray) -> np.ndarray:
        """Return whether the most probable class of each row is its own."""
        return self.decide(logits) == y
