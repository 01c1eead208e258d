"""to_onnx and register: from a fitted model to ONNX."""

from __future__ import annotations

import json
from importlib import import_module
from numbers import Integral
from typing import Any

import sklearn
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skmlp import __version__
from skmlp._classifier import TwoLayerClassifier

_EXTRA = ("onnx", "skl2onnx", "onnxruntime")
# The oldest operators that onnxruntime reads, the newest that skl2onnx writes.
OLDEST_OPSET, NEWEST_OPSET = 7, 22


def register() -> None:
    """Register the models of this package with skl2onnx, for its own functions.

    `to_onnx` calls it itself. It registers the classifiers and the steps of
    :func:`skmlp.tabular_pipeline`; random and halving searches, FrozenEstimator and
    FixedThresholdClassifier; the threshold of TunedThresholdClassifierCV;
    VotingClassifier, as it is by default; SimpleImputer in double and with its
    indicator; TargetEncoder of several classes; and None among the categories of
    OneHotEncoder. A CalibratedClassifierCV around a classifier of this package then
    computes as in scikit-learn.

    Raises
    ------
    ImportError
        If skl2onnx, onnx or onnxruntime is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import skl2onnx, skmlp.onnx
    >>> from skmlp import TwoLayerClassifier
    >>> X = np.array([[0.0], [1.0]], dtype=np.float32)
    >>> clf = TwoLayerClassifier(random_state=0).fit(X, ["no", "yes"])
    >>> skmlp.onnx.register()
    >>> model = skl2onnx.to_onnx(clf, X, options={"zipmap": False})
    >>> [output.name for output in model.graph.output]
    ['label', 'probabilities']
    """
    _check_extra()
    from skmlp.onnx.registration import register_converters

    register_converters()


def to_onnx(
    model: Any,
    X: Any = None,
    *,
    zipmap: bool = False,
    raw_scores: bool = False,
    target_opset: int | None = None,
) -> Any:
    """Convert a fitted model to ONNX.

    Parameters
    ----------
    model : estimator
        A :class:`~skmlp.TwoLayerClassifier`, a Pipeline that ends with one, such as
        that of :func:`~skmlp.tabular_pipeline`, a search over these, or one of these
        around them: CalibratedClassifierCV, BaggingClassifier, StackingClassifier,
        VotingClassifier, TunedThresholdClassifierCV, FixedThresholdClassifier. The
        steps of a pipeline may be any that skl2onnx supports.

    X : {array, frame} of shape (n_samples, n_features), default=None
        Rows like those that the exported model will get, at least one; only their types
        count. An array is one input named 'X'. A frame is one input per column that
        `model` was fitted to, of shape (n_samples, 1), with the name of the
        column. Whole numbers of a frame are int64, other numbers double, unless all
        columns are float32. A column that may have gaps must hold floats (NaN is a gap)
        or strings (the empty string is a gap). None is an array in the precision of the
        weights, or float32 if the classifier is not from skmlp.

    zipmap : bool, default=False
        Whether probabilities are a list with one dict per row, from label to
        probability, instead of an array; False and True among labels are 0 and 1. For
        X in float32: of a frame, all columns must be float32, or none hold floats.

    raw_scores : bool, default=False
        Whether the second output is the decision function instead of probabilities: of
        a classifier of skmlp, or of a pipeline or search that ends with one.
        For two classes it has two columns: the second is what `decision_function`
        returns, the first is the same with the opposite sign.

    target_opset : int, default=None
        The version of ONNX's operators, from 7, the oldest that onnxruntime reads, to
        22, the newest that skl2onnx writes; tables with gaps need at least 9. None is
        the newest.

    Returns
    -------
    onnx_model : onnx.ModelProto
        With the outputs 'label' and 'probabilities', or 'output_label' and
        'output_probability' with `zipmap`. Several labels per row are an array of 0 and
        1, as `predict` returns. onnxruntime reads
        ``onnx_model.SerializeToString()``. The metadata of the model have `classes`, a
        JSON list of the classes in the order of the probabilities, and the versions
        `skmlp` and `scikit-learn`.

    Raises
    ------
    ImportError
        If skl2onnx, onnx or onnxruntime is not installed.
    NotFittedError
        If the model is not fitted.
    ValueError
        If X has other columns than those of fit; if ONNX has no operators for your own
        activation or link, for dates, or for labels of other types; if onnxruntime
        lacks an operator; or if skl2onnx is known to compute something differently
        from scikit-learn.

    See Also
    --------
    register : For skl2onnx's own functions.

    Notes
    -----
    Labels are those of `predict`. Probabilities differ from those of `predict_proba` by
    less than 1e-6 in float32, in float64 by rounding, or for 'gelu' by less than 1e-8.
    Features that are far from zero are centred first, as in predictions. Probabilities
    are double if the classifier computes in float64, else float32. The exported model
    computes with NaN and infinity; `predict` raises an error for them.

    Examples
    --------
    >>> import numpy as np
    >>> from onnxruntime import InferenceSession
    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.onnx import to_onnx
    >>> X = np.array([[0.0], [1.0]], dtype=np.float32)
    >>> clf = TwoLayerClassifier(random_state=0).fit(X, ["no", "yes"])
    >>> session = InferenceSession(to_onnx(clf).SerializeToString())
    >>> session.run(["label"], {"X": X})[0]
    array(['no', 'yes'], dtype=object)
    """
    register()
    import skl2onnx

    from skmlp.onnx.inputs import check_mapped, finish, inputs_of
    from skmlp.onnx.models import chain

    opset = NEWEST_OPSET if target_opset is None else _checked_opset(target_opset)
    _check_is_bool("zipmap", zipmap)
    _check_is_bool("raw_scores", raw_scores)
    check_is_fitted(model)
    parts = [*chain(model)]
    _check_steps(parts)
    _check_is_classifier(parts[-1])
    if raw_scores:
        _check_has_raw_scores(parts[-1])
    inputs = inputs_of(model, X)
    if zipmap:
        check_mapped(inputs)
    options: dict[Any, Any] = {id(part): {"zipmap": zipmap} for part in parts}
    if raw_scores:
        options[id(parts[-1])]["raw_scores"] = True
    converted = skl2onnx.to_onnx(
        model, initial_types=inputs, options=options, target_opset=opset
    )
    finish(converted, inputs, X)
    _describe(converted, model)
    _check_runs(converted)
    return converted


def _describe(converted: Any, model: Any) -> None:
    """Write the classes and the versions into the metadata."""
    from onnx import helper

    described = {
        "classes": json.dumps(model.classes_.tolist()),
        "skmlp": __version__,
        "scikit-learn": sklearn.__version__,
    }
    helper.set_model_props(converted, described)


def _check_extra() -> None:
    """Raise with the name of the extra where something is not installed."""
    for name in _EXTRA:
        try:
            import_module(name)
        except ImportError as error:
            raise ImportError(
                f"skmlp.onnx needs {name}, which is not installed. Install the extra: "
                'pip install "skmlp[onnx]".'
            ) from error


def _checked_opset(opset: Any) -> int:
    """Return a version of the operators that is both written and read."""
    is_known = isinstance(opset, Integral)
    if is_known and OLDEST_OPSET <= int(opset) <= NEWEST_OPSET:
        return int(opset)
    raise ValueError(
        f"target_opset must be an integer from {OLDEST_OPSET} to {NEWEST_OPSET}, or "
        f"None for the newest; got {opset!r}."
    )


def _check_is_bool(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False; got {value!r}.")


def _check_steps(parts: list[Any]) -> None:
    """Raise where a step of a pipeline is none."""
    steps = [step for part in parts for step in getattr(part, "steps", ())]
    for name, step in steps:
        if step is None or isinstance(step, str):
            raise ValueError(
                f"The step {name!r} of a pipeline is {step!r}, which skl2onnx does not "
                "read. It does nothing: remove it from `steps` of the fitted pipeline."
            )


def _check_is_classifier(final: Any) -> None:
    """Raise where there is none, or a search compared models and kept none."""
    if not is_classifier(final):
        raise ValueError(
            f"model must be a classifier, or end in one; got {type(final).__name__}."
        )
    if hasattr(final, "n_splits_"):  # a search, whose best model chain would go on to
        raise ValueError(
            f"{type(final).__name__} has no best_estimator_, as refit={final.refit!r}. "
            "Search with refit=True."
        )


def _check_has_raw_scores(final: Any) -> None:
    """Raise where the decision function is not that of a classifier of ours."""
    if not isinstance(final, TwoLayerClassifier):
        raise ValueError(
            "raw_scores=True is for classifiers of skmlp, and for pipelines and "
            f"searches that end in one; got {type(final).__name__}. Set "
            "raw_scores=False."
        )


def _check_runs(converted: Any) -> None:
    """Raise where onnxruntime lacks an operator of what was converted."""
    import onnxruntime

    try:
        onnxruntime.InferenceSession(
            converted.SerializeToString(), providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's, which have no common class
        raise ValueError(
            f"onnxruntime {onnxruntime.__version__} does not run the exported model: "
            f"{error} Where it lacks an operator in double, pass X as float32; else "
            "choose another target_opset, or leave out the step that needs it."
        ) from error
