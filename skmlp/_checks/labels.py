"""What labels may be: integers, strings or booleans, none missing, one per row.

Or several per row: 0 and 1 in a column for each of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse, sparray
from sklearn.utils import column_or_1d

from skmlp._checks.faults import (
    as_objects,
    first_fault,
    kind_of,
    short,
    told_again,
)
from skmlp._checks.features import refuse_broken_sparse
from skmlp._targets.forms import ONE_LABEL

_REMEDY = "Labels are integers, strings or booleans; drop rows without one."
_BINARIZE = "For lists of labels use sklearn.preprocessing.MultiLabelBinarizer."
# What is wrong with a label, unlike what is wrong with a feature.
_NO_LABELS = ("missing", "infinite", "complex", "sequence")
# A time equals the number that it holds.
_NEITHER_0_NOR_1 = (*_NO_LABELS, "time")
_NO_REGRESSOR = (
    "TwoLayerClassifier is a classifier, and skmlp has no regressor: make classes of "
    "the numbers, as by numpy.digitize, or choose a regressor, as "
    "sklearn.neural_network.MLPRegressor."
)
_SEVERAL = "y has several columns, which are labels that a row may have or not: 0 or 1"
_TWO_WORDS = 'For "yes" and "no" pass y == "yes", of an array or a frame.'
_ONE_COLUMN = (
    "For one label per row pass one column. For columns of several classes each use "
    "sklearn.multioutput.MultiOutputClassifier(TwoLayerClassifier()). "
    f"{_BINARIZE}"
)


def checked_y(given: Any, *, warns: bool = False) -> tuple[np.ndarray, str]:
    """Return labels as an array, of two dimensions if several per row; and their form.

    The form is one of `skmlp._targets.forms.FORMS`.
    """
    if not _has_several_columns(given):
        return checked_labels(given, warns=warns), ONE_LABEL
    _refuse_what_is_neither_0_nor_1(given)
    if issparse(given):
        form = "csr_array" if isinstance(given, sparray) else "csr_matrix"
        return _indicator_of_sparse(given), form
    return _indicator(given), "indicator"


def _has_several_columns(given: Any) -> bool:
    shape = given.shape if hasattr(given, "shape") else _shape(given)
    return len(shape) == 2 and shape[0] > 0 and shape[1] > 1


def _refuse_what_is_neither_0_nor_1(given: Any) -> None:
    """Raise where a value compares with no number, or stands for none."""
    if issparse(given):
        refuse_broken_sparse("y", given)
    fault = first_fault(given, lambda value: kind_of(value) in _NEITHER_0_NOR_1)
    if fault is not None:
        raise fault.told_of("y", "Labels are 0 or 1; drop rows without them.")


def _indicator(given: Any) -> np.ndarray:
    """Return 0 and 1 in bytes, row by row; raise where there is something else."""
    values = np.asarray(given)
    if values.dtype.kind not in "biuf":  # of which an array of objects may consist
        values = as_objects(given).astype(object)
    is_wrong = ~((values == 0) | (values == 1)).astype(bool)
    if is_wrong.any():
        row, column = np.unravel_index(is_wrong.argmax(), values.shape)
        raise _refusal_of(given, row, column, values[row, column])
    return values.astype(np.uint8, order="C")


def _indicator_of_sparse(given: Any) -> np.ndarray:
    """Return the same of a sparse matrix."""
    entries = given.tocoo(copy=True)
    entries.sum_duplicates()
    wrong = (entries.data != 0) & (entries.data != 1)
    if wrong.any():
        i = wrong.argmax()
        raise _refusal_of(given, entries.row[i], entries.col[i], entries.data[i])
    return entries.astype(np.uint8).toarray()


def _refusal_of(given: Any, row: Any, column: Any, value: Any) -> ValueError:
    names = getattr(given, "columns", None)
    name = int(column) if names is None else list(names)[column]
    remedy = f"{_TWO_WORDS} {_ONE_COLUMN}" if isinstance(value, str) else _ONE_COLUMN
    return ValueError(
        f"Unknown label type: multioutput. {_SEVERAL}; column {name!r} holds "
        f"{short(value)} (row {row}). {remedy}"
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
        refuse_no_labels(name, given)
        labels = column_or_1d(given, warn=warns)
    except (TypeError, ValueError) as error:
        raise told_again(error, name, ()) from error
    if labels.dtype == object and not isinstance(labels[0], str):
        labels = np.array(labels.tolist())  # of integers or booleans, where they are
    _refuse_what_is_no_class(name, labels)
    return labels


def classes_of(labels: np.ndarray) -> np.ndarray:
    """Return the classes of one label per row, or the numbers of several labels."""
    return np.unique(labels) if labels.ndim == 1 else np.arange(labels.shape[1])


def check_classes(
    given: Any, labels: np.ndarray, known: np.ndarray | None
) -> np.ndarray:
    """Return the classes of all partial_fit calls, known from the first or not yet.

    Several labels per row tell by themselves; what is passed as their classes may also
    be ``np.unique(y)``, as scikit-learn's `learning_curve` does.
    """
    if labels.ndim > 1:
        return _check_classes_of_several(given, labels)
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
            f"classes={short(classes.tolist())} differs from the classes of the first "
            f"call, {short(known.tolist())}. Leave classes out, or start with a new "
            "estimator."
        )
    if len(classes) < 2:
        raise ValueError(
            f"classes must hold at least 2 classes; got {classes.tolist()}."
        )
    return classes


def _check_classes_of_several(given: Any, labels: np.ndarray) -> np.ndarray:
    """Return the numbers of the labels; raise where other classes are passed."""
    known = classes_of(labels)
    if given is None:
        return known
    classes = np.unique(checked_labels(given, "classes"))
    if not np.array_equal(classes, known) and not {*classes.tolist()} <= {0, 1}:
        raise ValueError(
            f"classes={short(classes.tolist())} must be, for several labels per row, "
            f"the numbers of the columns of y, {short(known.tolist())}. Leave classes "
            "out, or pass np.unique(y)."
        )
    return known


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
            f"{name} must be 1d, a list of labels; got shape {shape}. Pass one column "
            "of class labels."
        )
    if issparse(given):
        raise ValueError(f"{name} is sparse. Pass {name}.toarray().ravel().")


def _shape(given: Any) -> tuple[int, ...]:
    """Return the shape of a list, in which lists are labels if their lengths differ."""
    try:
        return np.asarray(given).shape
    except ValueError:
        return as_objects(given).shape


def refuse_no_labels(name: str, given: Any) -> None:
    """Raise where labels are missing, or where some are text and some are not."""
    labels = as_objects(given).ravel()
    kinds = set(map(type, labels)) if labels.dtype == object else set()
    are_text = {issubclass(kind, str) for kind in kinds}
    are_integers = {issubclass(kind, (int, np.integer, np.bool_)) for kind in kinds}
    if {True} in (are_text, are_integers) or labels.dtype.kind in "biuUS":
        return
    fault = first_fault(labels, lambda label: kind_of(label) in _NO_LABELS)
    if fault is not None:
        is_list = fault.kind == "sequence"
        raise fault.told_of(name, _BINARIZE if is_list else _REMEDY)
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
