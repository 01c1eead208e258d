"""What y means: how labels become targets, what is measured of them, and the way back.

Training sees encoded y and asks a kind of target for all else. There are two kinds, a
label per row and several labels per row; it is chosen once, when fitting begins.
"""

from __future__ import annotations

import copy
import reprlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeAlias

import numpy as np
from scipy import sparse

# Labels that are encoded at a time, so that millions take no memory but their own.
_AT_ONCE = 2**16
# What y may look like: a label per row; or 0 and 1 for several of them.
ONE_LABEL = "labels"
SEVERAL_LABELS: dict[str, Callable[[np.ndarray], Any]] = {
    "indicator": np.asarray,
    "csr_matrix": sparse.csr_matrix,
    "csr_array": sparse.csr_array,
}
FORMS = (ONE_LABEL, *SEVERAL_LABELS)
# Of a class as many rows before, and of others as many after, are no chance: 20 rows
# are in that order once in 184,756 orders.
_FEWEST_IN_ORDER = 10
# Strata of a hold-out that are smaller shares of the rows are taken together.
_LEAST_SHARE = 0.05

# Takes the weights that were asked for, the classes and their totals.
ClassWeights: TypeAlias = Callable[[Any, np.ndarray, np.ndarray], np.ndarray]


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
        """Return that rows come sorted by label, if all until now say so.

        Which they do where the first rows are all of one class, those that follow all
        of others, and both are more than a few.
        """
        if np.count_nonzero(earlier_totals) != 1:
            return None
        y = y[weight > 0]
        first = int(earlier_totals.argmax())
        n_others = np.count_nonzero(y != first)
        n_first = n_earlier + len(y) - n_others
        is_sorted = bool((y[len(y) - n_others :] != first).all())
        if not is_sorted or min(n_first, n_others) < _FEWEST_IN_ORDER:
            return None
        others = self.classes[np.unique(y[y != first])].tolist()
        return (
            f"Rows seem to come sorted by label: {n_first} of the class "
            f"{self.classes.tolist()[first]!r}, then {n_others} of "
            f"{reprlib.repr(others)}. A network forgets a class of which no more rows "
            "come. Shuffle the file, or mix its chunks by skmlp.streams.shuffled, with "
            "a buffer that holds rows of all classes."
        )

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
        of_labels = asked if isinstance(asked, list) else [asked] * self.n_outputs
        is_dict = isinstance(asked, Mapping)
        if is_dict or len(of_labels) != self.n_outputs or not _are_weights(of_labels):
            raise ValueError(
                "For several labels per row class_weight must be 'balanced' or a list "
                f"of {self.n_outputs} dicts, such as {{0: 1, 1: 5}} or {{}}, one per "
                f"column of y; got {reprlib.repr(asked)}."
            )
        pairs = zip(of_labels, totals, strict=True)
        return np.array([weigh(each, np.arange(2), total) for each, total in pairs])

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


Targets: TypeAlias = OneLabel | SeveralLabels


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


def targets_of(
    form: str, classes: np.ndarray, loss: Any, label_smoothing: float
) -> Targets:
    """Return the kind of target that y of some form is."""
    if form == ONE_LABEL:
        return OneLabel(classes, loss, label_smoothing)
    return SeveralLabels(len(classes), form, loss, label_smoothing)


def _of_several_labels(loss: Any) -> Any:
    """Return the loss that corresponds to one for one label per row, or is it."""
    found = loss.multilabel()
    if isinstance(found, type) or getattr(found, "threshold", None) is None:
        raise ValueError(
            f"The method multilabel of loss={loss!r} must return a MultilabelLoss; got "
            f"{found!r}."
        )
    return found


def _are_weights(of_labels: Sequence[Any]) -> bool:
    """Return whether each of what is asked of labels is a dict or 'balanced'."""
    return all(
        isinstance(each, Mapping) or (isinstance(each, str) and each == "balanced")
        for each in of_labels
    )
