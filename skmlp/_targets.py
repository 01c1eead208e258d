"""What y means: how labels become targets, what is measured of them, and the way back.

Training sees encoded y and asks a kind of target for all else. There is one kind, a
label per row; it is chosen once, when fitting begins.
"""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np

# Labels that are encoded at a time, so that millions take no memory but their own.
_AT_ONCE = 2**16


def kind_of_labels(labels: np.ndarray) -> str:
    """Return of which kind labels are: numbers, text, or what NumPy calls others."""
    kind = labels.dtype.kind
    return {"b": "f", "i": "f", "u": "f", "O": "U"}.get(kind, kind)


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

    def __init__(self, classes: np.ndarray, loss: Any, label_smoothing: float) -> None:
        self.classes = classes
        self.loss = loss
        self.label_smoothing = label_smoothing
        last = len(classes) - 1
        indices = np.arange(last + 1, dtype=np.min_scalar_type(last))
        self._indices = indices[:, np.newaxis]

    @property
    def n_outputs(self) -> int:
        """The number of outputs of the network."""
        return len(self.classes)

    def encode(self, labels: np.ndarray) -> np.ndarray:
        """Return the index of each label among the classes, in few bytes."""
        if kind_of_labels(labels) != kind_of_labels(self.classes):
            self._refuse_unknown(labels)  # before anything compares, or merges, them
        last = len(self.classes) - 1
        y = np.empty(len(labels), self._indices.dtype)
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
        return np.empty(n_rows, self._indices.dtype)

    def decide(self, logits: np.ndarray) -> np.ndarray:
        """Return the most probable class of each row, encoded."""
        return logits.argmax(axis=0)

    def decode(self, y: np.ndarray) -> np.ndarray:
        """Return the labels that were encoded."""
        return self.classes[y]

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

    def strata(self, y: np.ndarray) -> np.ndarray:
        """Return what a hold-out keeps the shares of: the class of each row."""
        return y

    def write(self, y: np.ndarray, t: np.ndarray) -> None:
        """Write the targets t of some rows, one column per row.

        One-hot with label smoothing, t_k = (1 - ε) [k = y] + ε / n_outputs: Szegedy et
        al. (2016), "Rethinking the inception architecture", section 7.
        """
        np.equal(self._indices, y, out=t)
        if self.label_smoothing > 0:
            np.multiply(t, 1.0 - self.label_smoothing, out=t)
            np.add(t, self.label_smoothing / len(t), out=t)

    def hits(self, y: np.ndarray, logits: np.ndarray) -> np.ndarray:
        """Return whether the most probable class of each row is its own."""
        return self.decide(logits) == y
