"""CalibratedClassifierCV around a classifier of ours, as scikit-learn computes it.

Where isotonic regression has no point, skl2onnx takes the nearest one; scikit-learn
interpolates.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from skmlp._checks.faults import short
from skmlp.onnx.classifier import write_label
from skmlp.onnx.graph import Graph, dtype_of
from skmlp.onnx.models import final_classifier, is_ours
from skmlp.onnx.wrappers import THRESHOLD_CLASSIFIERS, raw_scores_of


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
    is_binary = n_classes == 2  # where the second column alone is calibrated
    columns = [
        _calibrated_column(graph, _column(graph, scores, k), each)
        for k, each in enumerate(part.calibrators, start=int(is_binary))
    ]
    if is_binary:
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
                f"CalibratedClassifierCV calibrates a {name}, whose threshold would be "
                "ignored. Calibrate the classifier within it, and put the threshold "
                f"around the result: {name}(CalibratedClassifierCV(...))."
            )
        if len(part.estimator.classes_) < len(model.classes_):
            raise ValueError(
                "CalibratedClassifierCV calibrates a classifier that was fitted to the "
                f"classes {short(part.estimator.classes_.tolist())} of "
                f"{short(model.classes_.tolist())}. Choose folds that hold all of them."
            )
