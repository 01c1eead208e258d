"""What an exported model is given: the names, types and shapes of its inputs."""

from __future__ import annotations

from collections.abc import Iterable
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
    "uint8": types.UInt8TensorType,
    "int8": types.Int8TensorType,
    "int32": types.Int32TensorType,
    "int64": types.Int64TensorType,
    "text": types.StringTensorType,
}
# What skl2onnx does not know among whole numbers; the input itself is cast to it.
_WIDER = {"int16": "int32", "uint16": "int32", "uint32": "int64", "uint64": "float64"}
_OF_COLUMN = {"i": "int64", "u": "int64", "f": "float64", "b": "bool"}
_OUTPUTS = ("label", "probabilities")


def inputs_of(model: Any, X: Any) -> list[tuple[str, Any]]:
    """Return name and type of each input."""
    if X is None:
        return [("X", _type_of_weights(model)([None, model.n_features_in_]))]
    if issparse(X):
        raise ValueError(
            "X is sparse, but an exported model takes dense rows. Pass X[:1].toarray()."
        )
    if hasattr(X, "columns"):
        return _inputs_of_frame(model, X)
    array = np.asarray(X)
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise ValueError(
            f"X must be a frame, or an array of two dimensions that holds numbers; got "
            f"shape {array.shape} and dtype {array.dtype}. Pass a table as a frame, in "
            "which each column has a type."
        )
    _check_n_columns(model, array.shape[1])
    return [("X", _type_of_array(model, _dtype_of(array))([None, array.shape[1]]))]


def _check_n_columns(model: Any, n_columns: int) -> None:
    n_fitted = getattr(model, "n_features_in_", n_columns)
    if n_columns != n_fitted:
        raise ValueError(
            f"X has {n_columns} columns, but {type(model).__name__} was fitted to "
            f"{n_fitted}. Pass rows as in fit."
        )


def _dtype_of(array: np.ndarray) -> np.dtype:
    """Return the dtype that an input has: at most double, in the machine's order."""
    dtype = array.dtype.newbyteorder("=")
    return dtype if dtype.itemsize <= 8 else np.dtype(np.float64)


def _type_of_array(model: Any, dtype: np.dtype) -> Any:
    """Return the type that skl2onnx is told; scalers make doubles of whole numbers."""
    if dtype.kind == "f":
        return _TYPES["float64" if dtype.itemsize > 4 else "float32"]
    if not isinstance(model, TwoLayerClassifier):
        return _TYPES["float64"]
    return _TYPES[_WIDER.get(dtype.name, dtype.name)]


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
        _take_as(graph, given[0], _dtype_of(np.asarray(X)))


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
            "zipmap=True takes X in float32, because ONNX makes dicts of float32 only. "
            "Pass X as float32 (of a frame all columns, without text), or set "
            "zipmap=False: the metadata of the model name the classes."
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


def _inputs_of_frame(model: Any, frame: Any) -> list[tuple[str, Any]]:
    """Return an input per column, in the order of fit."""
    columns = {str(name): column for name, column in named_columns(frame)}
    names = [str(name) for name in getattr(model, "feature_names_in_", columns)]
    _check_names(model, names, columns)
    _check_n_columns(model, len(names))
    kinds = {name: _kind(name, columns[name]) for name in names}
    is_single = all(kind == "float32" for kind in kinds.values())
    return [
        (name, _TYPES[kind if is_single or kind != "float32" else "float64"]([None, 1]))
        for name, kind in kinds.items()
    ]


def _check_names(model: Any, names: list[str], columns: Iterable[str]) -> None:
    """Raise where columns are not there, or have names that inputs may not have."""
    missing = [name for name in names if name not in columns]
    if missing:
        raise ValueError(
            f"X lacks the columns {short(missing)}, which {type(model).__name__} was "
            "fitted to. Pass all of them, in any order."
        )
    for name in names:
        if not name or name in _OUTPUTS:
            raise ValueError(
                f"A column of X is named {name!r}, which cannot name an input of ONNX: "
                f"it is empty, or the name of an output, "
                f"{' or '.join(map(repr, _OUTPUTS))}. Rename the column before fit."
            )


def _kind(name: Any, column: Any) -> str:
    """Return what a column holds, by the name of a dtype."""
    cells = np.asarray(column)
    if is_category(column) and cells.dtype.kind == "f":
        raise ValueError(
            f"Column {name!r} of X holds categories that are floats, or whole numbers "
            "with gaps. ONNX may write them as other texts than fit did. Convert them "
            "to strings, before fit and before the exported model."
        )
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
        "which no input of ONNX takes. Convert the column to numbers, before fit and "
        "before the exported model; skmlp.preprocessing.date_parts converts dates."
    )
