"""What labels may be: integers, strings or booleans, one per row, none missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target

from skmlp._checks.faults import as_objects, first_fault, kind_of, short, told_again

_REMEDY = "Labels are integers, strings or booleans; drop rows without one."
# What is wrong with a label, unlike what is wrong with a feature.
_NO_LABELS = ("missing", "infinite", "complex", "sequence")
_NO_REGRESSOR = (
    "TwoLayerClassifier is a classifier, and skmlp has no regressor: make classes of "
    "the numbers, as by numpy.digitize, or choose a regressor, as "
    "sklearn.neural_network.MLPRegressor."
)


def checked_labels(given: Any, name: str = "y", *, warns: bool = False) -> np.ndarray:
    """Return labels as an array of one dimension; warn, if asked to, of a column."""
    if given is None:
        raise ValueError(
            f"TwoLayerClassifier requires {name} to be passed, but the target {name} "
            "is None: pass one label per sample."
        )
    given = _without_extension_dtype(given)
    try:
        _refuse_other_shapes(name, given)
        _refuse_no_labels(name, given)
        labels = column_or_1d(given, warn=warns)
    except (TypeError, ValueError) as error:
        raise told_again(error, name, ()) from error
    if labels.dtype == object and not isinstance(labels[0], str):
        labels = np.array(labels.tolist())  # of integers or booleans, where they are
    _refuse_what_is_no_class(name, labels)
    return labels


def check_classes(given: Any, known: np.ndarray | None) -> np.ndarray:
    """Return the classes of all partial_fit calls, known from the first or not yet."""
    if known is None and given is None:
        raise ValueError(
            "classes must be passed on the first call to partial_fit: all labels that "
            "later calls may hold, for example classes=np.unique(y)."
        )
    if known is not None and given is None:
        return known
    classes = np.unique(checked_labels(given, "classes"))
    if known is not None and not np.array_equal(classes, known):
        raise ValueError(
            f"classes={short(classes.tolist())} is not what the estimator was first "
            f"given, {short(known.tolist())}. Leave classes out, or start with a new "
            "estimator."
        )
    if len(classes) < 2:
        raise ValueError(
            f"classes must hold at least 2 classes; got {classes.tolist()}."
        )
    return classes


def _without_extension_dtype(given: Any) -> Any:
    """Return nullable integers and booleans of pandas as what they are.

    Scikit-learn would make floats of them, and merge integers beyond 2**53.
    """
    plain = getattr(getattr(given, "dtype", None), "numpy_dtype", None)
    if plain is None or plain.kind not in "biu" or given.isna().any():
        return given
    return given.to_numpy(plain)


def _refuse_other_shapes(name: str, given: Any) -> None:
    """Raise where labels are none, a single one, or have several columns."""
    shape = given.shape if hasattr(given, "shape") else _shape(given)
    if len(shape) == 0:
        raise ValueError(f"{name} must be 1d, a list of labels; got {short(given)}.")
    if shape[0] == 0:
        raise ValueError(f"{name} is empty: it has 0 labels, at least 1 is needed.")
    if len(shape) > 2 or (len(shape) == 2 and shape[1] != 1):
        raise ValueError(
            f"{name} must be 1d, a list of labels; got shape {shape}. "
            f"{_one_column_of(name, given)}"
        )
    if issparse(given):
        raise ValueError(f"{name} is sparse. Pass {name}.toarray().ravel().")


def _shape(given: Any) -> tuple[int, ...]:
    """Return the shape of a list, in which lists are labels if their lengths differ."""
    try:
        return np.asarray(given).shape
    except ValueError:
        return as_objects(given).shape


def _one_column_of(name: str, given: Any) -> str:
    """Return what to pass instead of several columns."""
    if name != "y" or type_of_target(given) != "multilabel-indicator":
        return "Pass one column of class labels."
    rows = given if issparse(given) else np.asarray(given)
    if (np.asarray(rows.sum(axis=1)) == 1).all():
        return "Pass class labels, for a one-hot y: y.argmax(axis=1)."
    return (
        "It holds several labels per sample: fit a classifier to each, "
        "sklearn.multioutput.MultiOutputClassifier(TwoLayerClassifier())."
    )


def _refuse_no_labels(name: str, given: Any) -> None:
    """Raise where labels are missing, or where some are text and some are not."""
    labels = as_objects(given).ravel()
    kinds = set(map(type, labels)) if labels.dtype == object else set()
    are_text = {issubclass(kind, str) for kind in kinds}
    are_integers = {issubclass(kind, (int, np.integer, np.bool_)) for kind in kinds}
    if {True} in (are_text, are_integers) or labels.dtype.kind in "biuUS":
        return
    fault = first_fault(labels, lambda label: kind_of(label) in _NO_LABELS)
    if fault is not None:
        raise fault.told_of(name, _REMEDY)
    if len(are_text) > 1:
        types = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(
            f"{name} holds labels of several types, {types}. Make them all strings or "
            "all numbers, and drop rows without a label."
        )


def _refuse_what_is_no_class(name: str, labels: np.ndarray) -> None:
    """Raise where a label is a number between integers, or neither number nor text."""
    kind = labels.dtype.kind
    if kind == "f":
        broken = labels != np.floor(labels)
        if broken.any():
            raise ValueError(
                f"Unknown label type: continuous. {name} holds "
                f"{labels[broken.argmax()].item()} (row {broken.argmax()}), but "
                f"{_NO_REGRESSOR}"
            )
    elif kind in "mMSV" or (kind == "O" and not isinstance(labels[0], str)):
        objects = (i for i, label in enumerate(labels) if np.array(label).dtype == "O")
        row = next(objects, 0)
        raise ValueError(
            f"Unknown label type: {type(labels[row]).__name__}. {name} holds "
            f"{short(labels[row])} (row {row}). Make integers of at most 64 bits, "
            "strings or booleans of it."
        )
