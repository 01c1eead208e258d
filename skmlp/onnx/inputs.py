"""What an exported model is given: the names, types and shapes of its inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import helper
from scipy.sparse import issparse
from skl2onnx.common import data_types as types

from skmlp._checks.faults import short
from skmlp._classifier import TwoLayerClassifier
from skmlp.onnx.models import final_classifier
from skmlp.preprocessing.cells import is_category, is_present, named_columns

_TYPES = {
    "float64": types.DoubleTensorType,
    "float32": types.FloatTensorType,
    "bool": types.BooleanTensorType,
    "int8": types.Int8TensorType,
    "int16": types.Int16TensorType,
    "int32": types.Int32TensorType,
    "int64": types.Int64TensorType,
    "uint8": types.UInt8TensorType,
    "uint16": types.UInt16TensorType,
    "uint32": types.UInt32TensorType,
    "uint64": types.UInt64TensorType,
    "text": types.StringTensorType,
}
_OF_COLUMN = {"i": "int64", "u": "int64", "f": "float64", "b": "bool"}


def inputs_of(model: Any, X: Any) -> list[tuple[str, Any]]:
    """Return name and type of each input."""
    if X is None:
        return [("X", _type_of_weights(model)([None, model.n_features_in_]))]
    if issparse(X):
        raise ValueError(
            "X is sparse, but an exported model takes dense rows. Pass X[:1].toarray()."
        )
    if hasattr(X, "columns"):
        return _inputs_of_frame(X)
    array = np.asarray(X)
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise ValueError(
            f"X must be a frame, or an array of two dimensions that holds numbers; got "
            f"shape {array.shape} and dtype {array.dtype}. Pass a table as a frame, in "
            "which each column has a type."
        )
    return [("X", _type_of_array(model, array.dtype)([None, array.shape[1]]))]


def _type_of_array(model: Any, dtype: np.dtype) -> Any:
    """Return the type that skl2onnx is told; scalers make doubles of whole numbers."""
    if dtype.kind == "f":
        return _TYPES["float64" if dtype.itemsize > 4 else "float32"]
    return _TYPES[dtype.name if isinstance(model, TwoLayerClassifier) else "float64"]


def finish(converted: Any, inputs: list[tuple[str, Any]], X: Any) -> None:
    """Let inputs have the names and the types of X, and be those that are used."""
    graph = converted.graph
    # Before opset 9 weights are inputs as well.
    weights = {initializer.name for initializer in graph.initializer}
    given = [declared for declared in graph.input if declared.name not in weights]
    for declared, (name, _) in zip(given, inputs, strict=True):
        _rename(graph, declared, name)
    used = {name for node in graph.node for name in node.input}
    for declared in given:
        if declared.name not in used:
            graph.input.remove(declared)
    if X is not None and not hasattr(X, "columns"):
        _take_as(graph, given[0], np.asarray(X).dtype)


def _rename(graph: Any, declared: Any, name: str) -> None:
    """Give an input its name, of which skl2onnx keeps letters and digits alone."""
    for node in graph.node:
        node.input[:] = [name if x == declared.name else x for x in node.input]
    declared.name = name


def _take_as(graph: Any, declared: Any, dtype: np.dtype) -> None:
    """Let the one input be of the dtype of an array, and be cast to what it was."""
    element = helper.np_dtype_to_tensor_dtype(dtype)
    tensor = declared.type.tensor_type
    if tensor.elem_type == element:
        return
    cast = helper.make_node("Cast", ["X"], ["X_cast"], to=tensor.elem_type)
    for node in graph.node:
        node.input[:] = ["X_cast" if name == "X" else name for name in node.input]
    graph.node.insert(0, cast)
    tensor.elem_type = element


def check_mapped(inputs: list[tuple[str, Any]]) -> None:
    """Raise where probabilities are double, of which ONNX makes no dicts."""
    if any(isinstance(its_type, types.DoubleTensorType) for _, its_type in inputs):
        raise ValueError(
            "zipmap=True takes X in float32, as ONNX makes dicts of float alone, but X "
            "holds float64. Pass X as float32, or set zipmap=False."
        )


def _type_of_weights(model: Any) -> Any:
    """Return double for a network with such weights, else float."""
    names = getattr(model, "feature_names_in_", None)
    final = final_classifier(model)
    if final is not model and names is not None:
        raise ValueError(
            f"X=None, but {type(model).__name__} was fitted to a frame, whose columns "
            f"are {short(names.tolist())}. Pass some rows of it, which tell the types."
        )
    is_double = isinstance(final, TwoLayerClassifier) and (
        final.coefs_[0].dtype == np.float64
    )
    return types.DoubleTensorType if is_double else types.FloatTensorType


def _inputs_of_frame(frame: Any) -> list[tuple[str, Any]]:
    """Return an input per column."""
    kinds = {str(name): _kind(name, column) for name, column in named_columns(frame)}
    is_single = all(kind == "float32" for kind in kinds.values())
    return [
        (name, _TYPES[kind if is_single or kind != "float32" else "float64"]([None, 1]))
        for name, kind in kinds.items()
    ]


def _kind(name: Any, column: Any) -> str:
    """Return what a column holds, by the name of a dtype."""
    cells = np.asarray(column)
    if cells.dtype == np.float32:
        return "float32"
    if cells.dtype.kind in _OF_COLUMN:
        return _OF_COLUMN[cells.dtype.kind]
    present = [cell for cell in cells.tolist() if is_present(cell)]
    if cells.dtype.kind in "OUT":
        if all(isinstance(cell, str) for cell in present):
            return "text"
        if not is_category(column) and all(
            isinstance(cell, int | float) for cell in present
        ):
            return "float64"
    raise ValueError(
        f"Column {name!r} of X holds {short(present[0] if present else cells.dtype)}, "
        "which no input of ONNX takes. Make numbers or strings of it, before fit and "
        "before the exported model; skmlp.preprocessing.date_parts makes numbers of "
        "dates."
    )
