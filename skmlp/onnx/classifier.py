"""What skl2onnx asks of a classifier: the types of its outputs, then its operators."""

from __future__ import annotations

from typing import Any

import numpy as np
from skl2onnx.common import data_types as types

from skmlp._targets.forms import ONE_LABEL
from skmlp.onnx.graph import Graph, dtype_of, joined
from skmlp.onnx.operators import link_operator, write_logits

OPTIONS: dict[str, list[Any]] = {
    "zipmap": [True, False, "columns"],
    "nocl": [False],
    "output_class_labels": [False],
    "raw_scores": [True, False],
}
_LABEL_TYPES = {
    "b": types.BooleanTensorType,
    "i": types.Int64TensorType,
    "u": types.Int64TensorType,
    "f": types.DoubleTensorType,
    "U": types.StringTensorType,
}
_LARGEST_LABEL = np.iinfo(np.int64).max


def set_types_of_network(operator: Any) -> None:
    """Set type and shape of labels and probabilities of a classifier of ours."""
    clf = operator.raw_operator
    n_classes = len(clf.classes_)
    is_one = clf._trained().state["form"] == ONE_LABEL
    set_types(operator, labels_of(clf.classes_), n_classes, is_one=is_one)


def set_types(
    operator: Any, labels: np.ndarray, n_scores: int, *, is_one: bool = True
) -> None:
    """Set type and shape of labels and probabilities.

    Probabilities are double where X is, else float: what is around the classifier, as
    calibration, counts on that. skl2onnx's ZipMap knows float and whole numbers alone;
    with the option "columns" it knows the type that was declared.
    """
    label, scores = operator.outputs
    n_rows, maps = operator.inputs[0].get_first_dimension(), _maps_of(scores)
    is_double = output_dtype(operator) == np.float64 and "SklearnZipMap" not in maps
    as_type = types.DoubleTensorType if is_double else types.FloatTensorType
    if "SklearnZipMapColumns" in maps:
        as_type = type(scores.type)
    kind = labels.dtype.kind if labels.dtype.kind == "U" or not maps else "i"
    label.set_type(_LABEL_TYPES[kind]([n_rows] if is_one else [n_rows, len(labels)]))
    scores.set_type(as_type([n_rows, n_scores]))


def _maps_of(scores: Any) -> list[str]:
    """Return which kinds of ZipMap are made of scores."""
    following = [str(each.type) for each in scores.operators_inputs_]
    return [each for each in following if each.startswith("SklearnZipMap")]


def convert(scope: Any, operator: Any, container: Any) -> None:
    """Write the operators of a fitted classifier."""
    clf = operator.raw_operator
    trained, targets = clf._trained(), clf._targets()
    graph = Graph(scope, container, trained.dtype)
    logits = write_logits(graph, *joined(graph, operator.inputs), trained)
    label, scores = operator.outputs
    is_one = targets.form == ONE_LABEL
    if is_one:
        write_label(graph, logits, targets.classes, label)
    else:
        _write_indicators(graph, logits, targets, label)
    if is_asked_for_raw_scores(clf, scope, container):
        write = _raw_scores if is_one else _raw_scores_of_labels
        result = write(graph, logits, targets)
    else:
        result = link_operator(targets.loss)(graph, logits, targets.n_outputs)
    graph.cast(result, dtype_of(scores), output=scores.full_name)


def is_asked_for_raw_scores(clf: Any, scope: Any, container: Any) -> bool:
    """Return whether the decision function of a classifier is to be written.

    Within a pipeline the scope and the container do not share their options.
    """
    given = (
        each.get_options(clf, {"raw_scores": False}) for each in (scope, container)
    )
    return any(options["raw_scores"] for options in given)


def ask_for_raw_scores(clf: Any, scope: Any, container: Any) -> None:
    """Have the decision function of a classifier written."""
    for each in (scope, container):
        each.add_options(id(clf), {"raw_scores": True})


def output_dtype(operator: Any) -> np.dtype:
    """Return in which precision scores are put out: as X comes in."""
    is_double = any(dtype_of(x) == np.float64 for x in operator.inputs)
    return np.dtype(np.float64 if is_double else np.float32)


def labels_of(classes: Any) -> np.ndarray:
    """Return the labels as ONNX knows them, or raise with what it does not."""
    labels = np.asarray(classes)
    if labels.dtype.kind == "O" and all(isinstance(label, str) for label in labels):
        labels = labels.astype(str)
    is_too_large = labels.dtype.kind == "u" and labels.max() > _LARGEST_LABEL
    if labels.dtype.kind not in _LABEL_TYPES or is_too_large:
        raise ValueError(
            f"classes_ holds labels as {labels.tolist()[-1]!r} of the type "
            f"{labels.dtype}, which ONNX does not know. Train with integers of int64, "
            "strings, booleans or floats."
        )
    return labels.astype(np.int64) if labels.dtype.kind in "iu" else labels


def write_label(graph: Graph, scores: str, classes: Any, label: Any) -> None:
    """Write the class of the largest score, the first of equals."""
    index = graph("ArgMax", scores, axis=1, keepdims=0)
    write_chosen(graph, index, classes, label)


def write_chosen(graph: Graph, index: str, classes: Any, label: Any) -> None:
    """Write the class of each index."""
    labels = labels_of(classes)
    if labels.dtype.kind == "U":
        graph("Gather", labels, index, axis=0, output=label.full_name)
    else:
        found = graph("Gather", labels, index, axis=0)
        graph.cast(found, dtype_of(label), output=label.full_name)


def _write_indicators(graph: Graph, logits: str, targets: Any, label: Any) -> None:
    """Write 1 for each label that is more likely than not."""
    is_there = graph("Greater", logits, targets.loss.threshold)
    graph.cast(is_there, np.int64, output=label.full_name)


def _raw_scores(graph: Graph, logits: str, targets: Any) -> str:
    """Write logits; of two classes their difference, before it the negative one.

    As skl2onnx does for classifiers that it knows.
    """
    if targets.n_outputs > 2:
        return logits
    differences = np.array([[1, -1], [-1, 1]]) if targets.n_outputs == 2 else [[0]]
    return graph("MatMul", logits, np.array(differences, graph.dtype))


def _raw_scores_of_labels(graph: Graph, logits: str, targets: Any) -> str:
    """Write logits, above 0 where a label is predicted."""
    return graph("Sub", logits, targets.loss.threshold)
