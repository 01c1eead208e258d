"""Checks of X, y and weights.

Nothing here changes the estimator: what is learnt about the input is handed back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_X_y, column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_sample_weight,
    _get_feature_names,
    assert_all_finite,
    check_is_fitted,
    validate_data,
)

from skmlp._checks.scale import range_of, warn_of_other_scale
from skmlp._checks.warning import warn
from skmlp._core.rows import Matrix
from skmlp._targets import OneLabel

ClassWeight: TypeAlias = Mapping[Any, float] | str | None

# How scikit-learn is to check X.
_X_AS: dict[str, Any] = {"accept_sparse": "csr", "dtype": "numeric"}
# Scikit-learn sums X to see whether it is finite; sums of finite numbers may overflow.
_without_warnings_of_sums = np.errstate(over="ignore", invalid="ignore")


class Table(NamedTuple):
    """X and its labels as a caller gave them, checked; names are None without any."""

    X: Matrix
    labels: np.ndarray
    names: np.ndarray | None


class TrainingData(NamedTuple):
    """What `fit` or `partial_fit` was given, encoded.

    X keeps its dtype; y holds what `targets` made of the labels; weight is the product
    of sample and class weights in the dtype of the computation, divided by 2 to the
    power of the exponent; class_totals holds the sample weight of each class, over all
    partial_fit calls.
    """

    X: Matrix
    y: np.ndarray
    weight: np.ndarray
    targets: OneLabel
    class_totals: np.ndarray
    exponent: int = 0

    def select(self, rows: np.ndarray) -> TrainingData:
        """Return some of the rows, copied."""
        return self._replace(X=self.X[rows], y=self.y[rows], weight=self.weight[rows])

    @property
    def given_weight(self) -> np.ndarray:
        """The product of sample and class weights as they were given."""
        with np.errstate(over="ignore", under="ignore"):
            weight = np.ldexp(self.weight, self.exponent)
        if np.isfinite(weight).all() and weight.any():
            return weight
        return np.ldexp(self.weight.astype(np.float64), self.exponent)

    @property
    def is_unweighted(self) -> bool:
        """Whether all rows count the same."""
        return bool((self.weight == self.weight[0]).all())


@_without_warnings_of_sums
def check_table(name: str, X: Any, y: Any) -> Table:
    """Check the X and y of a first call; the name is that of the estimator."""
    names = _get_feature_names(X)
    y = _checked_labels(y)
    X, y = check_X_y(X, y, **_X_AS, estimator=name)
    check_classification_targets(y)
    return Table(X, y, names)


@_without_warnings_of_sums
def check_further_table(estimator: BaseEstimator, X: Any, y: Any) -> Table:
    """Check X and y against the features that the estimator was fitted to."""
    X, y = validate_data(estimator, X, _checked_labels(y), **_X_AS, reset=False)
    check_classification_targets(y)
    return Table(X, y, getattr(estimator, "feature_names_in_", None))


def check_training_data(
    name: str,
    table: Table,
    sample_weight: Any,
    *,
    targets: OneLabel,
    class_weight: ClassWeight,
    dtype: np.dtype,
) -> TrainingData:
    """Check what `fit` was given; the name is that of the estimator."""
    if len(targets.classes) < 2:
        raise ValueError(
            f"{name} needs samples of at least 2 classes; y holds only one class, "
            f"{targets.classes.tolist()[0]!r}."
        )
    data = _encoded(table, sample_weight, targets, class_weight, dtype, relative=True)
    counts = np.zeros(len(targets.classes))
    targets.add_totals(data.y, data.weight, counts)
    if np.count_nonzero(counts) < 2:
        raise ValueError(
            f"{name} needs samples of at least 2 classes; only one class has a "
            "positive weight. Check sample_weight and class_weight."
        )
    return data


def check_chunk(
    table: Table,
    sample_weight: Any,
    *,
    targets: OneLabel,
    class_weight: ClassWeight,
    dtype: np.dtype,
    earlier_totals: np.ndarray,
) -> TrainingData:
    """Check what `partial_fit` was given; rows of a single class will do."""
    return _encoded(table, sample_weight, targets, class_weight, dtype, earlier_totals)


def _encoded(
    table: Table,
    sample_weight: Any,
    targets: OneLabel,
    class_weight: ClassWeight,
    dtype: np.dtype,
    earlier_totals: np.ndarray | float = 0.0,
    relative: bool = False,
) -> TrainingData:
    """Return the data of a table; relative weights mean nothing but their ratios."""
    y = targets.encode(table.labels)
    check_magnitude(table.X, dtype)
    weight = _checked_sample_weight(sample_weight, table.X)
    largest = max(weight.max(), np.max(earlier_totals))
    scale = 2.0 ** int(np.frexp(largest)[1] - 1)  # of which sums are finite
    totals = np.zeros(len(targets.classes))
    targets.add_totals(y, weight / scale, totals)
    totals += earlier_totals / scale
    by_class = class_weights(class_weight, targets.classes, totals)
    weight, exponent = _product(weight, by_class[y], dtype, relative)
    return TrainingData(table.X, y, weight, targets, totals * scale, exponent)


def check_validation_data(
    name: str,
    data: TrainingData,
    names: np.ndarray | None,
    X: Any,
    y: Any,
    sample_weight: Any,
    class_weight: ClassWeight,
) -> TrainingData | None:
    """Check the validation data of a caller against the training data."""
    if X is None and y is None and sample_weight is None:
        return None
    if X is None or y is None:
        missing = "X_val" if X is None else "y_val"
        raise ValueError(f"{missing} is missing: X_val and y_val go together.")
    dtype = data.weight.dtype
    try:
        table = check_table(name, X, y)
        _check_same_features(table, data.X.shape[1], names)
        y = data.targets.encode(table.labels)
        check_magnitude(table.X, dtype)
        weight = _checked_sample_weight(sample_weight, table.X)
    except ValueError as error:
        raise ValueError(f"Validation data (X_val, y_val): {error}") from error
    warn_of_other_scale(data.X, table.X)
    by_class = class_weights(class_weight, data.targets.classes, data.class_totals)
    weight, exponent = _product(weight, by_class[y], dtype)
    if not weight.any():
        raise ValueError(
            "Validation data (X_val, y_val): no row counts. Check sample_weight_val "
            "and class_weight."
        )
    return data._replace(X=table.X, y=y, weight=weight, exponent=exponent)


def _check_same_features(
    table: Table, n_features: int, names: np.ndarray | None
) -> None:
    """Raise where validation data has other features than training data."""
    if table.X.shape[1] != n_features:
        raise ValueError(
            f"X_val has {table.X.shape[1]} features, but X has {n_features}."
        )
    if (names is None) != (table.names is None):
        named, unnamed = ("X", "X_val") if table.names is None else ("X_val", "X")
        warn(
            f"{named} has feature names and {unnamed} has none: nobody knows whether "
            "their features are the same. Pass both as frames, or both as arrays.",
            UserWarning,
        )
    if names is None or table.names is None or np.array_equal(table.names, names):
        return
    raise ValueError(
        f"The features of X_val are {table.names.tolist()}, but those of X are "
        f"{names.tolist()}. Give X_val the columns of X, in the same order."
    )


def check_prediction_data(estimator: BaseEstimator, X: Any) -> Matrix:
    """Check that the estimator is fitted and that X fits it, but not every number.

    That these are finite is checked block by block, on the way through the cache.
    """
    if not hasattr(estimator, "coefs_"):  # a tenth of the time of the full check
        check_is_fitted(estimator)
    return validate_data(estimator, X, **_X_AS, reset=False, ensure_all_finite=False)


@_without_warnings_of_sums
def check_finite(name: str, X: Matrix, dtype: np.dtype) -> None:
    """Raise where a value is not finite, or not in the dtype of the computation."""
    assert_all_finite(X, estimator_name=name, input_name="X")
    check_magnitude(X, dtype)


def check_magnitude(X: Matrix, dtype: np.dtype) -> None:
    """Raise where a value of X is finite, but not in the dtype of the computation."""
    values = X.data if issparse(X) else X  # X.max() would sort and merge sparse X
    if np.can_cast(X.dtype, dtype) or X.dtype.kind != "f" or not values.size:
        return
    limit = float(np.finfo(dtype).max)
    for extreme in (values.min(), values.max()):
        if abs(extreme) > limit:
            raise ValueError(
                f"X holds {extreme:.3g}, a value too large for dtype('{dtype}'), in "
                f"which the network computes (at most {limit:.3g}). Scale X, or set "
                "dtype='float64'."
            )


class OverflowInPrediction(ValueError):
    """Values of X are finite, but what the network makes of them is not."""

    def __init__(self, X: Matrix, dtype: np.dtype) -> None:
        low, high = range_of(X)
        super().__init__(
            f"X lies between {low:.3g} and {high:.3g}, for which the outputs of the "
            f"network are too large for dtype('{dtype}'), in which it computes. Mark "
            "missing values as such, and scale X as it was for training."
        )


def computation_dtype(asked: str, X: Matrix) -> np.dtype:
    """Return the dtype asked for; 'auto' is float64 for X that wide, else float32."""
    if asked != "auto":
        return np.dtype(asked)
    is_wide = X.dtype.kind == "f" and X.dtype.itemsize >= 8
    return np.dtype(np.float64 if is_wide else np.float32)


def check_classes(classes: Any, known: np.ndarray | None) -> np.ndarray:
    """Return the classes of all partial_fit calls, known from the first or not yet."""
    if known is None and classes is None:
        raise ValueError(
            "classes must be passed on the first call to partial_fit: all labels that "
            "later calls may hold, for example classes=np.unique(y)."
        )
    if known is not None and classes is None:
        return known
    given = np.unique(column_or_1d(_without_extension_dtype(classes)))
    if known is not None and not np.array_equal(given, known):
        raise ValueError(
            f"classes={given.tolist()} is not what the estimator was first given, "
            f"{known.tolist()}. Leave classes out, or start with a new estimator."
        )
    if len(given) < 2:
        raise ValueError(f"classes must hold at least 2 classes; got {given.tolist()}.")
    return given


def _checked_labels(y: Any) -> Any:
    """Return y, which has one column and labels of one type, if it has any."""
    if y is None:
        return y
    _refuse_several_columns(y)
    y = _without_extension_dtype(y)
    _refuse_several_types(y)
    return y


def _refuse_several_columns(y: Any) -> None:
    """Raise where y has a column per class, or several targets."""
    shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    if len(shape) == 2 and shape[1] > 1:
        remedy = "Pass one column of class labels."
        if type_of_target(y) == "multilabel-indicator":
            remedy = "Pass class labels, for a one-hot y: y.argmax(axis=1)."
            rows = y if issparse(y) else np.asarray(y)
            if (np.asarray(rows.sum(axis=1)) != 1).any():
                remedy = (
                    "It holds several labels per sample: fit a classifier to each, "
                    "sklearn.multioutput.MultiOutputClassifier(TwoLayerClassifier())."
                )
        raise ValueError(
            f"y must be 1d, one label per sample; got shape {shape}. {remedy}"
        )


def _without_extension_dtype(y: Any) -> Any:
    """Return nullable integers and booleans of pandas as what they are.

    Scikit-learn would make floats of them, and merge integers beyond 2**53.
    """
    plain = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if plain is None or plain.kind not in "biu" or y.isna().any():
        return y
    return y.to_numpy(plain)


def _refuse_several_types(y: Any) -> None:
    """Raise where labels cannot be sorted, as strings among numbers or None."""
    labels = np.asarray(y)
    if labels.dtype != object:
        return
    kinds = {type(label).__name__ for label in labels.ravel()}
    if "str" in kinds and len(kinds) > 1:
        raise ValueError(
            f"y holds labels of several types, {', '.join(sorted(kinds))}. Make them "
            "all strings or all numbers, and drop rows without a label."
        )


def _checked_sample_weight(sample_weight: Any, X: Matrix) -> np.ndarray:
    """Return the weights in float64, 1 where there are none."""
    if sample_weight is None:
        return np.ones(X.shape[0])
    weight = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    if not weight.any():
        raise ValueError("sample_weight must hold at least one non-zero weight.")
    return weight


def _product(
    weight: np.ndarray, factor: np.ndarray, dtype: np.dtype, relative: bool = True
) -> tuple[np.ndarray, int]:
    """Return products in some precision, and the power of two they were divided by.

    Relative weights are divided by that of the largest, so that any precision holds all
    that count: exactly, but for what is too small beside the largest to count.
    """
    (mantissa, exponent), (other, more) = np.frexp(weight), np.frexp(factor)
    mantissa, exponent = mantissa * other, exponent + more
    counts = mantissa > 0
    common = int(exponent.max(where=counts, initial=-4096)) if relative else 0
    with np.errstate(over="ignore", under="ignore"):
        held = np.ldexp(mantissa, exponent - common).astype(dtype)
    if not np.isfinite(held).all() or held.any() != counts.any():
        raise ValueError(
            f"dtype('{dtype}'), in which the network computes, does not hold weights "
            f"of samples between {weight.min():.3g} and {weight.max():.3g} times "
            f"weights of classes between {factor.min():.3g} and {factor.max():.3g}. "
            "Scale sample_weight or class_weight, or set dtype='float64'."
        )
    return held, common


def class_weights(
    class_weight: ClassWeight, classes: np.ndarray, totals: np.ndarray
) -> np.ndarray:
    """Return the weight of each class, whose sample weights add up to totals."""
    if class_weight is None:
        return np.ones(len(classes))
    if class_weight == "balanced":
        with np.errstate(over="ignore"):  # what no precision holds is refused later
            return totals.sum() / (len(classes) * np.where(totals > 0, totals, 1.0))
    weights = compute_class_weight(class_weight, classes=classes, y=classes)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise ValueError(
            "class_weight must hold finite weights of at least 0, not all of them 0; "
            f"got {class_weight}."
        )
    return weights
