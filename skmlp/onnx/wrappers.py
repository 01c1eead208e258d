"""What is around the classifier and skl2onnx does not know, or does otherwise.

skl2onnx calibrates with the nearest value where scikit-learn interpolates, and leaves
out the threshold of TunedThresholdClassifierCV. Models without a classifier of ours are
left to it.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from skl2onnx import get_model_alias
from skl2onnx._parse import _parse_sklearn
from skl2onnx.common import data_types as types
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)

from skmlp._checks.faults import short
from skmlp.onnx.classifier import (
    ask_for_raw_scores,
    labels_of,
    output_dtype,
    set_types,
    write_chosen,
    write_label,
)
from skmlp.onnx.graph import Graph, dtype_of
from skmlp.onnx.models import final_classifier, inner_model, is_ours

THRESHOLD_CLASSIFIERS = (FixedThresholdClassifier, TunedThresholdClassifierCV)
_HALF = {"predict_proba": 0.5, "decision_function": 0.0}


def outputs_of(scope: Any, model: Any, operator: Any) -> list[Any]:
    """Have a model within written, on the inputs of what is around it.

    Return its labels and its scores.
    """
    within = scope.declare_local_operator(get_model_alias(type(model)), model)
    within.inputs = operator.inputs
    is_double = output_dtype(operator) == np.float64
    as_type = types.DoubleTensorType if is_double else types.FloatTensorType
    for name, its_type in (("label", types.Int64TensorType()), ("scores", as_type())):
        within.outputs.append(scope.declare_local_variable(name, its_type))
    return list(within.outputs)


def raw_scores_of(scope: Any, container: Any, model: Any, operator: Any) -> Any:
    """Have a model within written whose scores are its decision function; return them.

    It is a copy, as skl2onnx knows what is asked for by the id of a model, and others
    may ask for its probabilities.
    """
    model = copy.deepcopy(model)
    ask_for_raw_scores(final_classifier(model), scope, container)
    return outputs_of(scope, model, operator)[1]


def parse_inner(
    scope: Any, model: Any, inputs: Any, custom_parsers: Any = None
) -> list[Any]:
    """Read what a search found, or what is frozen, in place of what is around it.

    Not by `parse_sklearn`, which makes outputs of the whole model of it.
    """
    inner = inner_model(model)
    options = scope.get_options(model)
    if options:
        scope.add_options(id(inner), options)
    return _parse_sklearn(scope, inner, inputs, custom_parsers=custom_parsers)


def leave_types(operator: Any) -> None:
    """Leave the types as they were declared."""


def convert_inner(scope: Any, operator: Any, container: Any) -> None:
    """Write what a search found, or what is frozen, within another model."""
    inner = inner_model(operator.raw_operator)
    results = outputs_of(scope, inner, operator)
    for result, output in zip(results, operator.outputs, strict=True):
        container.add_node("Identity", result.full_name, output.full_name)


def set_types_of_classifier(operator: Any) -> None:
    """Set the types of labels and probabilities, one label per row."""
    classes = operator.raw_operator.classes_
    set_types(operator, labels_of(classes), n_scores=len(classes))


def convert_calibrated(scope: Any, operator: Any, container: Any) -> None:
    """Write CalibratedClassifierCV: the mean of what its classifiers calibrate."""
    model = operator.raw_operator
    graph = Graph(scope, container, np.float64)
    parts = []
    for part in model.calibrated_classifiers_:
        raw_scores = raw_scores_of(scope, container, part.estimator, operator)
        scores = graph.cast(raw_scores.full_name, np.float64)
        parts.append(_calibrated(graph, scores, part, len(model.classes_)))
    p = graph("Mul", graph("Sum", *parts), 1.0 / len(parts))
    label, probabilities = operator.outputs
    write_label(graph, p, model.classes_, label)
    graph.cast(p, dtype_of(probabilities), output=probabilities.full_name)


def _calibrated(graph: Graph, scores: str, part: Any, n_classes: int) -> str:
    """Write the probabilities that one calibrated classifier makes of its scores."""
    if part.method == "temperature":
        (scaling,) = part.calibrators
        return graph("Softmax", graph("Mul", scores, float(scaling.beta_)), axis=1)
    n_columns = 1 if n_classes == 2 else n_classes
    columns = [
        _calibrated_column(graph, _column(graph, scores, k + (n_classes == 2)), each)
        for k, each in zip(range(n_columns), part.calibrators, strict=True)
    ]
    if n_classes == 2:
        return graph("Concat", graph("Sub", 1.0, columns[0]), columns[0], axis=1)
    return _normalized(graph, graph("Concat", *columns, axis=1), n_classes)


def _column(graph: Graph, x: str, k: int) -> str:
    return graph("Gather", x, np.array([k]), axis=1)


def _calibrated_column(graph: Graph, score: str, calibrator: Any) -> str:
    """Write Platt's sigmoid, or what isotonic regression has between its points."""
    if hasattr(calibrator, "a_"):
        product = graph("Mul", score, float(calibrator.a_))
        power = graph("Add", product, float(calibrator.b_))
        return graph("Sigmoid", graph("Neg", power))
    x, y = calibrator.X_thresholds_, calibrator.y_thresholds_
    if len(x) == 1:
        return graph("Add", graph("Mul", score, 0.0), float(y[0]))
    x, y = x.astype(np.float64), y.astype(np.float64)
    passed = graph.ramps(score, x[:-1], x[1:])
    rise = graph("MatMul", passed, np.diff(y)[:, np.newaxis])
    return graph("Add", rise, float(y[0]))


def _normalized(graph: Graph, p: str, n_classes: int) -> str:
    """Write rows divided by their sum, all the same where that is 0."""
    ones = np.ones((n_classes, n_classes))
    total = graph("MatMul", p, ones)
    is_zero = graph.cast(graph("Not", graph.cast(total, bool)), np.float64)
    share = graph("Mul", is_zero, float(n_classes))
    return graph("Div", graph("Add", p, is_zero), graph("Add", total, share))


def calibrates_ours(operator: Any) -> bool:
    """Return whether CalibratedClassifierCV calibrates a classifier of ours."""
    parts = operator.raw_operator.calibrated_classifiers_
    return all(is_ours(part.estimator) for part in parts)


def check_calibrated(scope: Any, operator: Any, container: Any) -> None:
    """Raise where a threshold would be left out, or a class was not there in a fold."""
    model = operator.raw_operator
    for part in model.calibrated_classifiers_:
        final = final_classifier(part.estimator)
        if isinstance(final, THRESHOLD_CLASSIFIERS):
            name = type(final).__name__
            raise ValueError(
                f"CalibratedClassifierCV calibrates a {name}, whose threshold then "
                "counts for nothing. Calibrate the classifier within it, and set the "
                f"threshold of what is calibrated: {name}(CalibratedClassifierCV(...))."
            )
        if len(part.estimator.classes_) < len(model.classes_):
            raise ValueError(
                "CalibratedClassifierCV calibrates a classifier that was fitted to the "
                f"classes {short(part.estimator.classes_.tolist())} of "
                f"{short(model.classes_.tolist())}. Choose folds that hold all of them."
            )


def check_bagged(scope: Any, operator: Any, container: Any) -> None:
    """Raise where skl2onnx joins probabilities of different classes."""
    model = operator.raw_operator
    for part in model.estimators_:
        if len(part.classes_) < len(model.classes_):
            raise ValueError(
                f"BaggingClassifier holds a {type(part).__name__} that was fitted to "
                f"{len(part.classes_)} of the {len(model.classes_)} classes, which "
                "skl2onnx does not write. Raise max_samples, until each has rows of "
                "all of them."
            )


def convert_threshold(scope: Any, operator: Any, container: Any) -> None:
    """Write a classifier of two classes with a threshold of its own."""
    model = operator.raw_operator
    estimator = getattr(model, "estimator_", model.estimator)
    method = _response_method(model, estimator)
    graph = Graph(scope, container, np.float64)
    _, probabilities = outputs_of(scope, estimator, operator)
    compared = probabilities
    if method == "decision_function":
        compared = raw_scores_of(scope, container, estimator, operator)
    positive = _positive_class(model)
    score = graph("Gather", compared.full_name, np.array(positive), axis=1)
    is_below = graph("Less", graph.cast(score, np.float64), _threshold(model, method))
    index = graph.cast(graph("Not", is_below), np.int64)
    classes = np.asarray(model.classes_)[[1 - positive, positive]]
    label, output = operator.outputs
    write_chosen(graph, index, classes, label)
    graph.cast(probabilities.full_name, dtype_of(output), output=output.full_name)


def _response_method(model: Any, estimator: Any) -> str:
    """Return which scores the threshold is compared with."""
    method = model.response_method
    if method == "auto":
        has_probabilities = hasattr(estimator, "predict_proba")
        method = "predict_proba" if has_probabilities else "decision_function"
    if method == "decision_function" and not is_ours(estimator):
        raise ValueError(
            f"{type(model).__name__} compares its threshold with the decision function "
            f"of {type(final_classifier(estimator)).__name__}, which is written for "
            "classifiers of skmlp alone. Fit it with response_method='predict_proba'."
        )
    return method


def _threshold(model: Any, method: str) -> float:
    """Return the threshold that was found or given."""
    if hasattr(model, "best_threshold_"):
        return float(model.best_threshold_)
    return _HALF[method] if model.threshold == "auto" else float(model.threshold)


def _positive_class(model: Any) -> int:
    """Return the index of the class whose scores are compared."""
    label = getattr(model, "pos_label", None)
    if hasattr(model, "best_threshold_"):
        label = model._curve_scorer._get_pos_label()
    return 1 if label is None else model.classes_.tolist().index(label)


def forget_how_it_transforms(scope: Any, operator: Any, container: Any) -> None:
    """Let VotingClassifier be one that skl2onnx writes; its labels are the same."""
    model = operator.raw_operator = copy.copy(operator.raw_operator)
    model.flatten_transform = False
    if model.weights is not None:
        model.weights = np.asarray(model.weights, np.float64)


def prepare_stacked(scope: Any, operator: Any, container: Any) -> None:
    """Ask for stacked decision functions, or raise where skl2onnx stacks other columns.

    It asks by itself, but not what is at the end of pipelines and searches.
    """
    model = operator.raw_operator
    for part, method in zip(model.estimators_, model.stack_method_, strict=True):
        if method == "predict_proba":
            continue
        final = final_classifier(part)
        has_raw_scores = container.has_options(final, "raw_scores")
        is_binary = len(model.classes_) == 2
        if method == "predict" or is_binary or not has_raw_scores:
            raise ValueError(
                f"StackingClassifier stacks {method} of {type(final).__name__}, which "
                "skl2onnx does not write for these classes. Fit it with "
                'stack_method="predict_proba".'
            )
        ask_for_raw_scores(final, scope, container)
