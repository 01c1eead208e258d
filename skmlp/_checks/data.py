"""Checks of X, y and weights.

Nothing here changes the estimator: what is learnt about the input is handed back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_array
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from skmlp._checks.faults import (
    Fault,
    first_fault,
    is_no_number,
    is_text,
    refuse_misread,
    short,
    told_again,
)
from skmlp._checks.features import (
    checked_features,
    feature_names,
    values_of_plain_frame,
)
from skmlp._checks.labels import checked_y
from skmlp._checks.scale import range_of, warn_of_other_scale
from skmlp._checks.warning import warn
from skmlp._core.rows import Matrix
from skmlp._core.standardization import Standardization
from skmlp._targets.forms import kind_of_labels
from skmlp._targets.kinds import Targets

# Of one label per row, and of several: then a list, of one for each label.
OneClassWeight: TypeAlias = Mapping[Any, float] | str | None
ClassWeight: TypeAlias = OneClassWeight | Sequence[OneClassWeight]

# How scikit-learn is to check X.
_X_AS: dict[str, Any] = {"accept_sparse": "csr", "dtype": "numeric"}
# Of the totals of weights: float64 then holds their sum, over however many classes.
_LARGEST_EXPONENT = 1000
# Scikit-learn sums X to see whether it is finite; sums of finite numbers may overflow.
_without_warnings_of_sums = np.errstate(over="ignore", invalid="ignore")


class Table(NamedTuple):
    """X and its labels as a caller gave them, checked; names are None without any.

    The form is that of the labels, one of `skmlp._targets.forms.FORMS`.
    """

    X: Matrix
    labels: np.ndarray
    names: np.ndarray | None
    form: str

    def select(self, rows: np.ndarray) -> Table:
        """Return some of the rows, copied."""
        return self._replace(X=self.X[rows], labels=self.labels[rows])


class TrainingData(NamedTuple):
    """What `fit` or `partial_fit` was given, encoded.

    X keeps its dtype; y holds what `targets` made of the labels; weight is the product
    of sample and class weights in the dtype of the computation, divided by 2 to the
    power of the exponent; class_totals holds the sample weight of each class, over all
    partial_fit calls. Where the rows are but a sample of those to learn from, measured
    is the standardisation of all of them.
    """

    X: Matrix
    y: np.ndarray
    weight: np.ndarray
    targets: Targets
    class_totals: np.ndarray
    exponent: int = 0
    measured: Standardization | None = None

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
def check_table(name: str, X: Any, y: Any, *, warns: bool = True) -> Table:
    """Check the X and y of a first call; the name is that of the estimator.

    A worker of a cluster does not warn, because users do not see its warnings.
    """
    names = feature_names(X)
    X = checked_features(check_array, X, **_X_AS, estimator=name, input_name="X")
    return _table(X, y, names, warns=warns)


@_without_warnings_of_sums
def check_further_table(estimator: BaseEstimator, X: Any, y: Any) -> Table:
    """Check X and y against the features that the estimator was fitted to."""
    X = checked_features(validate_data, estimator, X, **_X_AS, reset=False)
    return _table(X, y, getattr(estimator, "feature_names_in_", None))


def _table(X: Matrix, y: Any, names: np.ndarray | None, *, warns: bool = True) -> Table:
    """Return X and y together, of as many rows each."""
    labels, form = checked_y(y, warns=warns)
    _check_same_length(X.shape[0], labels)
    if warns:  # of more classes than likely
        check_classification_targets(labels)
    return Table(X, labels, names, form)


def _check_same_length(n_rows: int, labels: np.ndarray) -> None:
    """Raise where there is not one label per row of X."""
    if n_rows != len(labels):
        raise ValueError(
            f"X and y have inconsistent numbers of samples: {[n_rows, len(labels)]}. "
            "Pass one label per row of X."
        )


def check_training_data(
    table: Table,
    sample_weight: Any,
    *,
    targets: Targets,
    class_weight: ClassWeight,
    dtype: np.dtype,
) -> TrainingData:
    """Check what `fit` was given."""
    data = _encoded(table, sample_weight, targets, class_weight, dtype, relative=True)
    if not data.weight.any():
        raise ValueError("No row counts. Check sample_weight and class_weight.")
    return data


def warn_of_doubts(*given: TrainingData) -> None:
    """Warn once, where the y of some data is probably not what was meant."""
    for data in given:
        totals = data.targets.totals(data.y, data.weight)
        doubts = data.targets.doubts(data.y, totals)
        if doubts:
            warn(doubts, UserWarning)
            return


def check_chunk(
    table: Table,
    sample_weight: Any,
    *,
    targets: Targets,
    class_weight: ClassWeight,
    dtype: np.dtype,
    earlier_totals: np.ndarray,
) -> TrainingData:
    """Check what `partial_fit` was given; rows of a single class will do."""
    return _encoded(table, sample_weight, targets, class_weight, dtype, earlier_totals)


def check_block(
    table: Table,
    sample_weight: Any,
    *,
    targets: Targets,
    by_class: np.ndarray | None,
    dtype: np.dtype,
) -> TrainingData:
    """Check one of several parts of the rows that `fit` was given.

    Targets and the weights of classes are those of all rows; so the weights of the rows
    mean the same in every part.
    """
    y = targets.encode(table.labels)
    check_magnitude(table.X, dtype)
    weight = _checked_sample_weight(sample_weight, table.X, dtype)
    factor = None if by_class is None else targets.weights_of_rows(by_class, y)
    weight, _ = _product(weight, factor, dtype, relative=False)
    return TrainingData(table.X, y, weight, targets, targets.totals(y, weight))


def warn_of_order(
    data: TrainingData, earlier_totals: np.ndarray, n_earlier: int
) -> None:
    """Warn where the chunk and the rows before it seem to come sorted by label."""
    doubts = data.targets.doubts_of_order(
        data.y, data.weight, earlier_totals, n_earlier
    )
    if doubts:
        warn(doubts, UserWarning)


def _encoded(
    table: Table,
    sample_weight: Any,
    targets: Targets,
    class_weight: ClassWeight,
    dtype: np.dtype,
    earlier_totals: np.ndarray | float = 0.0,
    relative: bool = False,
) -> TrainingData:
    """Return the data of a table; relative weights mean nothing but their ratios."""
    y = targets.encode(table.labels)
    check_magnitude(table.X, dtype)
    weight = _checked_sample_weight(sample_weight, table.X, dtype)
    largest = max(weight.max(), np.max(earlier_totals))
    scale = np.exp2(np.frexp(largest)[1] - 1.0)  # of which sums are finite
    totals = targets.totals(y, weight / scale) + earlier_totals / scale
    factor = None
    if class_weight is not None:
        by_class = targets.class_weights(class_weight, totals, class_weights)
        factor = targets.weights_of_rows(by_class, y)
        targets = targets.weighed(by_class, totals if relative else None, dtype)
    weight, exponent = _product(weight, factor, dtype, relative)
    room = 2.0 ** (_LARGEST_EXPONENT - int(np.frexp(totals.max())[1]))
    totals *= min(scale, room)
    return TrainingData(table.X, y, weight, targets, totals, exponent)


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
        weight = _checked_sample_weight(sample_weight, table.X, dtype)
    except (TypeError, ValueError) as error:
        raise type(error)(f"Validation data (X_val, y_val): {error}") from error
    warn_of_other_scale(data.X, table.X)
    factor = None
    if class_weight is not None:
        totals = data.class_totals
        by_class = data.targets.class_weights(class_weight, totals, class_weights)
        factor = data.targets.weights_of_rows(by_class, y)
    weight, exponent = _product(weight, factor, dtype)
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
            f"{named} has feature names and {unnamed} has none: their columns cannot "
            "be compared. Pass both as frames, or both as arrays.",
            UserWarning,
        )
    if names is None or table.names is None or np.array_equal(table.names, names):
        return
    raise ValueError(
        f"The features of X_val are {table.names.tolist()}, but those of X are "
        f"{names.tolist()}. Give X_val the columns of X, in the same order."
    )


def check_prediction_data(estimator: Any, X: Any) -> Matrix:
    """Check that the estimator is fitted and that X fits it, but not every number.

    That these are finite is checked block by block, on the way through the cache.
    """
    if not hasattr(estimator, "coefs_"):  # a tenth of the time of the full check
        check_is_fitted(estimator)
    features = _plain_features(X, getattr(estimator, "feature_names_in_", None))
    if features is not None and features.shape[1] == estimator.n_features_in_:
        return features
    return checked_features(
        validate_data, estimator, X, **_X_AS, reset=False, ensure_all_finite=False
    )


def _plain_features(X: Any, names: np.ndarray | None) -> np.ndarray | None:
    """Return what a full check makes of X, if a look at X tells, else None.

    The full check takes as long as predicting one row, of a frame ten times as long.
    """
    features = X if names is None else values_of_plain_frame(X, names)
    is_plain = (
        type(features) is np.ndarray
        and features.ndim == 2
        and features.dtype.kind in "biuf"
        and len(features) > 0
    )
    return features if is_plain else None


def check_scored_data(
    predicted: np.ndarray, y: Any, sample_weight: Any
) -> tuple[np.ndarray, np.ndarray | None]:
    """Check the true labels of rows whose labels were predicted, and their weights."""
    labels, _ = checked_y(y)
    _check_same_length(predicted.shape[0], labels)
    if labels.shape != predicted.shape:
        raise ValueError(
            f"y has the shape {labels.shape}, but predictions have {predicted.shape}. "
            "Pass labels as they were in fit."
        )
    if kind_of_labels(labels) != kind_of_labels(predicted):
        raise ValueError(
            f"y holds {short(labels[0])} (row 0), but predictions are of another type, "
            f"as {short(predicted[0])}. Pass labels as they were in fit."
        )
    if sample_weight is None:
        return labels, None
    return labels, _weights_as_numbers(sample_weight, labels)


def check_finite(X: Matrix, dtype: np.dtype, names: np.ndarray | None) -> None:
    """Raise where a value is not finite, or not in the dtype of the computation."""
    fault = first_fault(X)
    if fault is not None:
        column = fault.column if names is None else names[fault.column]
        raise fault._replace(column=column).told_of("X")
    check_magnitude(X, dtype)


def check_magnitude(X: Matrix, dtype: np.dtype) -> None:
    """Raise where a value of X is finite, but not in the dtype of the computation."""
    for extreme in _beyond(dtype, X):
        # Of longdouble too, of which Python's format makes infinity.
        held = np.format_float_scientific(extreme, precision=2, trim="-")
        wider = "" if dtype == np.float64 else ", or set dtype='float64'"
        raise ValueError(
            f"X holds {held}, a value too large for dtype('{dtype}'), in which the "
            f"network computes (at most {np.finfo(dtype).max:.3g}). Scale X{wider}."
        )


def fits_in(dtype: np.dtype, X: Matrix) -> bool:
    """Return whether every finite value of X is finite in a dtype."""
    return not _beyond(dtype, X)


def _beyond(dtype: np.dtype, X: Matrix) -> list[np.floating]:
    """Return the least and the largest value of X, if the dtype does not hold them."""
    values = X.data if issparse(X) else X  # X.max() would sort and merge sparse X
    if np.can_cast(X.dtype, dtype) or X.dtype.kind != "f" or not values.size:
        return []
    limit = float(np.finfo(dtype).max)
    return [x for x in (values.min(), values.max()) if abs(x) > limit]


class OverflowInPrediction(ValueError):
    """Values of X are finite, but what the network makes of them is not."""

    def __init__(self, X: Matrix, dtype: np.dtype) -> None:
        low, high = range_of(X)
        super().__init__(
            f"X lies between {low:.3g} and {high:.3g}, for which the outputs of the "
            f"network are too large for dtype('{dtype}'), in which it computes. "
            "Replace codes for missing values, and scale X as in training."
        )


def computation_dtype(asked: str, X: Matrix) -> np.dtype:
    """Return the dtype asked for; 'auto' is float64 for X that wide, else float32."""
    if asked != "auto":
        return np.dtype(asked)
    is_wide = X.dtype.kind == "f" and X.dtype.itemsize >= 8
    return np.dtype(np.float64 if is_wide else np.float32)


def _checked_sample_weight(
    sample_weight: Any, X: Matrix, dtype: np.dtype
) -> np.ndarray:
    """Return the weights in float64, or 1 for each in some precision."""
    if sample_weight is None:
        return np.ones(X.shape[0], dtype)
    return _weights_as_numbers(sample_weight, X)


def _weights_as_numbers(sample_weight: Any, X: Matrix) -> np.ndarray:
    """Return the weights in float64, where they are numbers of at least 0."""
    remedy = "Pass one number of at least 0 per sample."
    try:
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise told_again(error, "sample_weight", sample_weight, remedy) from error
    given = np.atleast_1d(np.asanyarray(sample_weight))
    refuse_misread("sample_weight", given, remedy)
    row = int(weight.argmin())
    if weight[row] < 0:
        fault = Fault("negative", weight[row], row)
        raise fault.told_of("sample_weight", remedy)
    if not weight.any():
        raise ValueError("sample_weight must hold at least one non-zero weight.")
    return weight


def _product(
    weight: np.ndarray,
    factor: np.ndarray | None,
    dtype: np.dtype,
    relative: bool = True,
) -> tuple[np.ndarray, int]:
    """Return products in some precision, and the power of two they were divided by.

    Relative weights are divided by that of the largest. Then any precision holds them
    exactly, except those that are too small beside the largest to have an effect.
    """
    mantissa, exponent = np.frexp(weight)
    times = ""
    if factor is not None:
        other, more = np.frexp(factor)
        mantissa, exponent = mantissa * other, exponent + more
        times = (
            f" times weights of classes between {factor.min():.3g} and "
            f"{factor.max():.3g}"
        )
    counts = mantissa > 0
    common = int(exponent.max(where=counts, initial=-4096)) if relative else 0
    with np.errstate(over="ignore", under="ignore"):
        held = np.ldexp(mantissa, exponent - common).astype(dtype, copy=False)
    if not np.isfinite(held).all() or held.any() != counts.any():
        raise ValueError(
            f"dtype('{dtype}'), in which the network computes, does not hold weights "
            f"of samples between {weight.min():.3g} and {weight.max():.3g}{times}. "
            "Scale sample_weight or class_weight, or set dtype='float64'."
        )
    return held, common


def class_weights(
    class_weight: OneClassWeight, classes: np.ndarray, totals: np.ndarray
) -> np.ndarray:
    """Return the weight of each class, whose sample weights add up to totals."""
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, str):  # "balanced"
        with np.errstate(over="ignore"):  # what no precision holds is refused later
            return totals.sum() / (len(classes) * np.where(totals > 0, totals, 1.0))
    wrong = {k: weight for k, weight in class_weight.items() if _is_no_weight(weight)}
    if wrong:
        raise _refusal_of_class_weight(wrong)
    try:
        weights = compute_class_weight(class_weight, classes=classes, y=classes)
    except (TypeError, ValueError) as error:
        remedy = "Its keys are labels of y; one that is left out has the weight 1."
        raise told_again(error, "class_weight", (), remedy) from error
    if not weights.any():
        raise _refusal_of_class_weight(class_weight)
    return weights


def _refusal_of_class_weight(got: Any) -> ValueError:
    return ValueError(
        "class_weight must hold finite weights of at least 0, not all of them 0; got "
        f"{got}."
    )


def _is_no_weight(value: Any) -> bool:
    """Return whether a value is no number, text, or less than 0."""
    return is_no_number(value) or is_text(value) or value < 0
