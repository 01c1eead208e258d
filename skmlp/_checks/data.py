"""Checks of parameters, X, y and weights; the only home of scikit-learn's privates.

Nothing here changes the estimator: what is learnt about the input is handed back.
"""

from __future__ import annotations

import copy
import inspect
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    StrOptions,
)
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_sample_weight,
    assert_all_finite,
    check_is_fitted,
    validate_data,
)

from skmlp._checks.scale import warn_of_other_scale
from skmlp._core.batches import SAMPLINGS, Matrix
from skmlp.activations import ACTIVATIONS
from skmlp.initializers import INITIALIZERS
from skmlp.losses import LOSSES
from skmlp.schedules import SCHEDULES
from skmlp.solvers import SOLVERS

_RATE = Interval(Real, 0, 1, closed="left")
_POSITIVE = Interval(Real, 0, None, closed="neither")
_NON_NEGATIVE = Interval(Real, 0, None, closed="left")
_COUNT = Interval(Integral, 1, None, closed="left")

# Labels that are encoded at a time, so that millions take no memory but their own.
_LABELS_AT_ONCE = 2**16

# The values of each parameter; the registries are the single truth of the names.
PARAMETER_CONSTRAINTS: dict[str, list] = {
    "hidden_layer_size": [_COUNT],
    "activation": [StrOptions(set(ACTIVATIONS))],
    "loss": [StrOptions(set(LOSSES))],
    "solver": [StrOptions({*SOLVERS, "lbfgs"})],
    "alpha": [StrOptions({"auto"}), _NON_NEGATIVE],
    "dropout": [_RATE],
    "input_dropout": [_RATE],
    "label_smoothing": [_RATE],
    "standardize": ["boolean"],
    "batch_size": [StrOptions({"auto"}), _COUNT, None],
    "sampling": [StrOptions(set(SAMPLINGS))],
    "learning_rate": [StrOptions(set(SCHEDULES)), callable],
    "learning_rate_init": [StrOptions({"auto"}), _POSITIVE],
    "learning_rate_decay": [Interval(Real, 0, 1, closed="right")],
    "power_t": [_NON_NEGATIVE],
    "momentum": [_RATE],
    "nesterovs_momentum": ["boolean"],
    "beta_1": [_RATE],
    "beta_2": [_RATE],
    "epsilon": [_POSITIVE],
    "max_grad_norm": [_POSITIVE, None],
    "weight_init": [StrOptions({"auto", *INITIALIZERS}), callable, tuple, list],
    "init_scale": [_POSITIVE, tuple, list],
    "fit_intercept": ["boolean"],
    "class_weight": [StrOptions({"balanced"}), dict, None],
    "max_iter": [StrOptions({"auto"}), _COUNT],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "n_iter_no_change": [_COUNT],
    "tol": [_NON_NEGATIVE],
    "scoring": [str, callable],
    "monitor_train": ["boolean"],
    "warm_start": ["boolean"],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
    "dtype": [StrOptions({"auto", "float32", "float64"})],
}


class TrainingData(NamedTuple):
    """What `fit` or `partial_fit` was given, checked.

    X keeps its dtype; y holds class indices; weight is the product of sample and class
    weights in the dtype of the computation; class_totals holds the sample weight of
    each class, over all partial_fit calls; features is to be set on the estimator.
    """

    X: Matrix
    y: np.ndarray
    weight: np.ndarray
    classes: np.ndarray
    class_totals: np.ndarray
    features: dict[str, Any]

    def select(self, rows: np.ndarray) -> TrainingData:
        """Return some of the rows, copied."""
        return self._replace(X=self.X[rows], y=self.y[rows], weight=self.weight[rows])

    @property
    def is_unweighted(self) -> bool:
        """Whether all rows count the same."""
        return bool((self.weight == self.weight[0]).all())


def check_parameters(estimator: Any) -> Any:
    """Raise where a parameter, or a pair of them, is invalid; return a stand-in.

    It is a copy of the estimator whose numbers are Python's: NumPy's would upcast
    float32 or overflow.
    """
    try:
        estimator._validate_params()
    except InvalidParameterError as error:
        if isinstance(estimator.learning_rate, Real):
            hint = f"For a number use learning_rate_init={estimator.learning_rate}."
            raise InvalidParameterError(f"{error} {hint}") from None
        raise
    if estimator.scoring != "loss":
        check_scorer(estimator)
    for name in ("weight_init", "init_scale"):
        value = getattr(estimator, name)
        if isinstance(value, tuple | list) and len(value) != 2:
            raise ValueError(
                f"{name} must be a pair, for the hidden and the output layer; "
                f"got {len(value)} values."
            )
    scale = estimator.init_scale
    if isinstance(scale, tuple | list) and not all(
        isinstance(s, Real) and float(s) > 0 for s in scale
    ):
        raise ValueError(f"init_scale must hold two positive numbers; got {scale}.")
    if estimator.solver == "lbfgs" and (estimator.dropout or estimator.input_dropout):
        raise ValueError(
            f"solver='lbfgs' cannot minimise what dropout={estimator.dropout!r} and "
            f"input_dropout={estimator.input_dropout!r} make random; set both to 0 or "
            "choose a stochastic solver: 'adam', 'adamw' or 'sgd'."
        )
    stand_in = copy.copy(estimator)
    for name, value in estimator.get_params(deep=False).items():
        if isinstance(value, np.generic):
            setattr(stand_in, name, value.item())
    return stand_in


def check_fit_data(estimator: Any, X: Any, y: Any, sample_weight: Any) -> TrainingData:
    """Check what `fit` was given; the classes are those found in y."""
    X, labels, features = _check_X_y(estimator, X, y, reset=True)
    classes = np.unique(labels)
    y_index = _encode(labels, classes)
    if len(classes) < 2:
        raise ValueError(
            f"{type(estimator).__name__} needs samples of at least 2 classes; y holds "
            f"only one class, {classes.tolist()[0]!r}."
        )
    goes_on = estimator.warm_start and hasattr(estimator, "coefs_")
    dtype = _computation_dtype(estimator, X, goes_on)
    check_magnitude(X, dtype)
    weight, totals = _check_weight(
        estimator, X, y_index, classes, sample_weight, np.zeros(len(classes)), dtype
    )
    counts = totals * class_weight_of(estimator, classes, totals)
    if np.count_nonzero(counts) < 2:
        raise ValueError(
            f"{type(estimator).__name__} needs samples of at least 2 classes; only one "
            "class has a positive weight. Check sample_weight and class_weight."
        )
    return TrainingData(X, y_index, weight, classes, totals, features)


def check_partial_fit_data(
    estimator: Any,
    X: Any,
    y: Any,
    classes: Any,
    sample_weight: Any,
) -> TrainingData:
    """Check what `partial_fit` was given; the classes are those of the first call."""
    fitted = hasattr(estimator, "classes_")
    all_classes = _check_classes(estimator, classes)
    X, labels, features = _check_X_y(estimator, X, y, reset=not fitted)
    y_index = _encode(labels, all_classes)
    dtype = _computation_dtype(estimator, X, goes_on=fitted)
    check_magnitude(X, dtype)
    earlier = estimator._class_totals if fitted else np.zeros(len(all_classes))
    weight, totals = _check_weight(
        estimator, X, y_index, all_classes, sample_weight, earlier, dtype
    )
    return TrainingData(X, y_index, weight, all_classes, totals, features)


def check_validation_data(
    estimator: Any, data: TrainingData, X: Any, y: Any, sample_weight: Any
) -> TrainingData | None:
    """Check the validation data of a caller against the training data."""
    if X is None and y is None and sample_weight is None:
        return None
    if X is None or y is None:
        missing = "X_val" if X is None else "y_val"
        raise ValueError(f"{missing} is missing: X_val and y_val go together.")
    stand_in = copy.copy(estimator)
    stand_in.__dict__.pop("feature_names_in_", None)
    stand_in.__dict__.update(data.features)
    try:
        X, labels, _ = _check_X_y(stand_in, X, y, reset=False)
        y_index = _encode(labels, data.classes)
        check_magnitude(X, data.weight.dtype)
        weight = _checked_sample_weight(sample_weight, X, data.weight.dtype)
    except ValueError as error:
        raise ValueError(f"Validation data (X_val, y_val): {error}") from error
    warn_of_other_scale(data.X, X)
    class_weight = class_weight_of(estimator, data.classes, data.class_totals)
    weight = weight * class_weight.astype(weight.dtype)[y_index]
    if not weight.any():
        raise ValueError(
            "Validation data (X_val, y_val): no row counts. Check sample_weight_val "
            "and class_weight."
        )
    return data._replace(X=X, y=y_index, weight=weight)


def check_prediction_data(estimator: Any, X: Any) -> Matrix:
    """Check that the estimator is fitted and that X fits it, but not every number.

    That these are finite is checked block by block, on the way through the cache.
    """
    if not hasattr(estimator, "coefs_"):  # a tenth of the time of the full check
        check_is_fitted(estimator)
    return validate_data(
        estimator,
        X,
        accept_sparse="csr",
        dtype="numeric",
        reset=False,
        ensure_all_finite=False,
    )


def check_finite(estimator: Any, X: Matrix) -> None:
    """Raise where a value is not finite, or not in the dtype of the computation."""
    assert_all_finite(X, estimator_name=type(estimator).__name__, input_name="X")
    check_magnitude(X, estimator.coefs_[0].dtype)


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


def check_scorer(estimator: Any) -> tuple[str, Any]:
    """Return the name of the metric that `scoring` stands for, and its scorer.

    The scorer takes the estimator, X, y and weights or None, and returns a float.
    """
    scoring = estimator.scoring
    if isinstance(scoring, str) and scoring not in get_scorer_names():
        raise ValueError(
            f"scoring={scoring!r} is neither 'loss' nor the name of a scorer; "
            "sklearn.metrics.get_scorer_names() lists them."
        )
    scorer = check_scoring(estimator, scoring=scoring)
    metric = getattr(scorer, "_score_func", scorer)
    name = getattr(metric, "__name__", "scoring").strip("<>")
    name = scoring if isinstance(scoring, str) else name
    own = ("epoch", "loss", "learning_rate", "seconds", "val_", "train_")
    if name.startswith(own):
        name = f"scorer_{name}"  # the history may have a column of that name
    parameters = inspect.signature(metric).parameters
    takes_weights = "sample_weight" in parameters or any(
        p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()
    )

    def score(predictor: Any, X: Matrix, y: np.ndarray, weight: Any) -> float:
        passes = (
            {"sample_weight": weight} if takes_weights and weight is not None else {}
        )
        value = scorer(predictor, X, y, **passes)
        if not isinstance(value, Real):
            raise ValueError(f"scoring={name} must return one number; got {value!r}.")
        return float(value)

    return name, score


def _check_X_y(
    estimator: Any, X: Any, y: Any, *, reset: bool
) -> tuple[Matrix, np.ndarray, dict[str, Any]]:
    """Check X and y on a stand-in, so that a refusal changes nothing."""
    stand_in = copy.copy(estimator)
    _refuse_several_columns(y)
    y = _without_extension_dtype(y)
    _refuse_several_types(y)
    X, y = validate_data(
        stand_in, X, y, accept_sparse="csr", dtype="numeric", reset=reset
    )
    check_classification_targets(y)
    names = ("n_features_in_", "feature_names_in_")
    features = {
        name: getattr(stand_in, name) for name in names if hasattr(stand_in, name)
    }
    return X, y, features


def _refuse_several_columns(y: Any) -> None:
    """Raise where y has a column a class, or several targets."""
    shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    if len(shape) == 2 and shape[1] > 1:
        kind = type_of_target(y)
        remedy = (
            "Pass class labels, for a one-hot y: y.argmax(axis=1)."
            if kind == "multilabel-indicator"
            else "Pass one column of class labels."
        )
        raise ValueError(f"y must be 1d, a label a sample; got shape {shape}. {remedy}")


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


def _check_classes(estimator: Any, classes: Any) -> np.ndarray:
    """Return the classes of all partial_fit calls."""
    known: np.ndarray | None = getattr(estimator, "classes_", None)
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


def _computation_dtype(estimator: Any, X: Matrix, goes_on: bool) -> np.dtype:
    """Return the weights' dtype, or float64 for X that wide, float32 for all else."""
    if goes_on:
        return estimator.coefs_[0].dtype
    if estimator.dtype != "auto":
        return np.dtype(estimator.dtype)
    is_wide = X.dtype.kind == "f" and X.dtype.itemsize >= 8
    return np.dtype(np.float64 if is_wide else np.float32)


def _encode(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the index of each label among the classes, in few bytes."""
    y_index = np.empty(len(labels), np.min_scalar_type(len(classes) - 1))
    for start in range(0, len(labels), _LABELS_AT_ONCE):
        part = slice(start, start + _LABELS_AT_ONCE)
        indices = np.searchsorted(classes, labels[part])
        y_index[part] = np.minimum(indices, len(classes) - 1)
        if (classes[y_index[part]] != labels[part]).any():
            _refuse_unknown(labels, classes)
    return y_index


def _refuse_unknown(labels: np.ndarray, classes: np.ndarray) -> None:
    unknown = np.setdiff1d(labels, classes)
    raise ValueError(
        f"y holds the classes {unknown.tolist()}, which are not among "
        f"{classes.tolist()}. All classes must be in the y of fit, or named in "
        "the first call of partial_fit: partial_fit(X, y, classes=...)."
    )


def _check_weight(
    estimator: Any,
    X: Matrix,
    y_index: np.ndarray,
    classes: np.ndarray,
    sample_weight: Any,
    earlier_totals: np.ndarray,
    dtype: np.dtype,
) -> tuple[np.ndarray, np.ndarray]:
    """Return sample weights times class weights, and each class's sample weight."""
    weight = _checked_sample_weight(sample_weight, X, dtype)
    totals = earlier_totals.copy()
    for start in range(0, len(weight), _LABELS_AT_ONCE):
        part = slice(start, start + _LABELS_AT_ONCE)
        totals += np.bincount(y_index[part], weight[part], len(classes))
    if estimator.class_weight is None:
        return weight, totals
    class_weight = class_weight_of(estimator, classes, totals)
    return weight * class_weight.astype(dtype)[y_index], totals


def _checked_sample_weight(
    sample_weight: Any, X: Matrix, dtype: np.dtype
) -> np.ndarray:
    weight = _check_sample_weight(
        sample_weight, X, dtype=dtype, ensure_non_negative=True
    )
    if not weight.any():
        raise ValueError("sample_weight must hold at least one non-zero weight.")
    return weight


def class_weight_of(
    estimator: Any, classes: np.ndarray, totals: np.ndarray
) -> np.ndarray:
    """Return the weight of each class, whose sample weights add up to totals."""
    if estimator.class_weight is None:
        return np.ones(len(classes))
    if estimator.class_weight == "balanced":
        return totals.sum() / (len(classes) * np.where(totals > 0, totals, 1.0))
    weights = compute_class_weight(estimator.class_weight, classes=classes, y=classes)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise ValueError(
            "class_weight must hold finite weights of at least 0, not all of them 0; "
            f"got {estimator.class_weight}."
        )
    return weights
