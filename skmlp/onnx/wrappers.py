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
from skl2onnx._parse import parse_sklearn
from skl2onnx.common import data_types as types

from skmlp.onnx.classifier import labels_of, output_dtype, set_types, write_label
from skmlp.onnx.graph import Graph, dtype_of
from skmlp.onnx.models import final_classifier, inner_model, is_ours

_HALF = {"predict_proba": 0.5, "decision_function": 0.0}


def outputs_of(
    scope: Any, container: Any, model: Any, operator: Any, *, raw_scores: bool
) -> list[Any]:
    """Have a model within written, on the inputs of what is around it.

    Return its labels and its scores. A pipeline hands raw_scores on to its last step.
    """
    if is_ours(model):
        for each in (scope, container):
            each.add_options(id(final_classifier(model)), {"raw_scores": raw_scores})
    within = scope.declare_local_operator(get_model_alias(type(model)), model)
    within.inputs = operator.inputs
    is_double = output_dtype(operator) == np.float64
    as_type = types.DoubleTensorType if is_double else types.FloatTensorType
    for name, its_type in (("label", types.Int64TensorType()), ("scores", as_type())):
        within.outputs.append(scope.declare_local_variable(name, its_type))
    return list(within.outputs)


def parse_inner(
    scope: Any, model: Any, inputs: Any, custom_parsers: Any = None
) -> list[Any]:
    """Read what a search found, or what is frozen, in place of what is around it."""
    inner = inner_model(model)
    options = scope.get_options(model)
    if options:
        scope.add_options(id(inner), options)
    return parse_sklearn(scope, inner, inputs, custom_parsers=custom_parsers)


def leave_types(operator: Any) -> None:
    """Leave the types as they were declared."""


def convert_inner(scope: Any, operator: Any, container: Any) -> None:
    """Write what a search found, or what is frozen, within another model."""
    raw_scores = _is_asked(scope, operator, "raw_scores")
    inner = inner_model(operator.raw_operator)
    results = outputs_of(scope, container, inner, operator, raw_scores=raw_scores)
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
        results = outputs_of(
            scope, container, part.estimator, operator, raw_scores=True
        )
        scores = graph.cast(results[1].full_name, np.float64)
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


def convert_threshold(scope: Any, operator: Any, container: Any) -> None:
    """Write a classifier of two classes with a threshold of its own."""
    model = operator.raw_operator
    method = _response_method(model)
    estimator = getattr(model, "estimator_", model.estimator)
    raw_scores = method == "decision_function"
    _, scores = outputs_of(scope, container, estimator, operator, raw_scores=raw_scores)
    graph = Graph(scope, container, np.float64)
    classes = np.asarray(model.classes_)
    positive = _positive_class(model)
    column = _column(graph, graph.cast(scores.full_name, np.float64), positive)
    is_below = graph("Less", column, _threshold(model, method))
    others = [classes[1 - positive], classes[positive]]
    is_above = graph.cast(graph("Not", is_below), np.float64)
    both = graph("Concat", graph("Sub", 1.0, is_above), is_above, axis=1)
    label, probabilities = operator.outputs
    write_label(graph, both, np.array(others, classes.dtype), label)
    if raw_scores:  # of another model, as skl2onnx knows options by the id of one
        other = copy.deepcopy(estimator)
        _, scores = outputs_of(scope, container, other, operator, raw_scores=False)
    graph("Identity", scores.full_name, output=probabilities.full_name)


def _response_method(model: Any) -> str:
    """Return which scores the threshold is compared with."""
    if model.response_method != "auto":
        return model.response_method
    return "predict_proba"


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


def forget_how_it_transforms(operator: Any) -> None:
    """Let VotingClassifier be one that skl2onnx writes; its labels are the same."""
    model = operator.raw_operator = copy.copy(operator.raw_operator)
    model.flatten_transform = False
    if model.weights is not None:
        model.weights = np.asarray(model.weights, np.float64)


def check_stacked(operator: Any) -> None:
    """Raise where skl2onnx stacks two columns in place of one decision function."""
    model = operator.raw_operator
    if len(model.classes_) == 2 and "decision_function" in model.stack_method_:
        raise ValueError(
            "StackingClassifier stacks decision functions of two classes, which "
            'skl2onnx does not write. Fit it with stack_method="predict_proba".'
        )


def _is_asked(scope: Any, operator: Any, name: str) -> bool:
    options = (scope.options or {}).get(id(operator.raw_operator)) or {}
    return bool(options.get(name, False))
