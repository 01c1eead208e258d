"""What is around the classifier and skl2onnx does not know, or does otherwise.

It leaves out the threshold of TunedThresholdClassifierCV, and stacks probabilities
where decision functions are asked of pipelines and searches.
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

from skmlp.onnx.classifier import (
    ask_for_raw_scores,
    labels_of,
    output_dtype,
    set_types,
    write_chosen,
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
