"""What `skmlp.tabular_pipeline` is made of, in operators of ONNX.

Numbers are computed in double, as there. A gap is NaN in a column of numbers; in one of
text, as no tensor holds None, it is the empty string.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from skl2onnx import get_model_alias
from skl2onnx.common import data_types as types

from skmlp._checks.faults import short
from skmlp.onnx.graph import Graph, dtype_of, joined
from skmlp.preprocessing.cells import is_present
from skmlp.preprocessing.piecewise_linear import ramps

# The version of LabelEncoder that turns texts into whole numbers.
_LABEL_ENCODER = 2
_GAP = ""


def _n_columns(operator: Any) -> int | None:
    """Return how many columns all inputs have together, None if it is unknown."""
    widths = [x.type.shape[1] for x in operator.inputs]
    return None if None in widths else sum(widths)


def _set_type(operator: Any, dtype: np.typing.DTypeLike, n_columns: int | None) -> None:
    """Set type and shape of what a transformer puts out."""
    n_rows = operator.inputs[0].get_first_dimension()
    as_type = {"U": types.StringTensorType, "d": types.DoubleTensorType}
    chosen = as_type.get(np.dtype(dtype).char, types.FloatTensorType)
    operator.outputs[0].set_type(chosen([n_rows, n_columns]))


def set_types_of_cells(operator: Any) -> None:
    """Set the type of what CellConverter makes of cells."""
    converter = operator.raw_operator
    if converter.to == "date_parts":
        raise _refusal_of_dates(converter)
    dtype = np.float64 if converter.to == "numbers" else str
    _set_type(operator, dtype, _n_columns(operator))


def convert_cells(scope: Any, operator: Any, container: Any) -> None:
    """Write CellConverter to numbers or to text."""
    graph = Graph(scope, container, np.float64)
    cells, dtype = joined(graph, operator.inputs)
    output = operator.outputs[0].full_name
    is_text = dtype.kind in "UO"
    if operator.raw_operator.to == "numbers":
        if is_text:
            raise _refusal(operator, "text where there were numbers in fit")
        graph.cast(cells, np.float64, output=output)
    elif is_text:
        graph("Identity", cells, output=output)
    elif dtype.kind == "f":
        raise _refusal(operator, "floats where there were categories in fit")
    else:
        graph.cast(graph.cast(cells, np.int64), str, output=output)


def _refusal(operator: Any, what: str) -> ValueError:
    names = [x.raw_name for x in operator.inputs]
    remedy = "Pass them as in fit; categories as strings or whole numbers."
    return ValueError(f"Columns {short(names)} of X hold {what}. {remedy}")


def _refusal_of_dates(converter: Any) -> ValueError:
    names = getattr(converter, "feature_names_in_", None)
    told = "Columns" if names is None else f"Columns {short(names.tolist())}"
    return ValueError(
        f"{told} of X hold dates, for which ONNX has no operators. Replace them by the "
        "numbers of skmlp.preprocessing.date_parts, in fit and in the input of the "
        "exported model, or leave them out."
    )


def fills_numbers(operator: Any) -> bool:
    """Return whether gaps are to be filled that skl2onnx does not, or not in double."""
    imputer = operator.raw_operator
    is_double = dtype_of(operator.inputs[0]) == np.float64
    gap = imputer.missing_values
    gaps_are_nan = isinstance(gap, float) and np.isnan(gap)
    is_text = dtype_of(operator.inputs[0]).kind in "UO"
    return gaps_are_nan and not is_text and (is_double or imputer.add_indicator)


def set_types_of_filled(operator: Any) -> None:
    """Set the type of numbers whose gaps are filled."""
    imputer = operator.raw_operator
    n_columns = len(_filled_columns(imputer)) + len(_told_columns(imputer))
    _set_type(operator, dtype_of(operator.inputs[0]), n_columns)


def convert_filled(scope: Any, operator: Any, container: Any) -> None:
    """Write SimpleImputer on numbers, with columns that tell of gaps."""
    imputer = operator.raw_operator
    dtype = dtype_of(operator.inputs[0])
    graph = Graph(scope, container, dtype)
    cells, _ = joined(graph, operator.inputs)
    filled = _filled_columns(imputer)
    numbers = graph("Gather", cells, filled, axis=1)
    values = imputer.statistics_[filled].astype(dtype)
    parts = [graph("Where", _is_gap(graph, numbers), values, numbers)]
    told = _told_columns(imputer)
    if len(told):
        gaps = _is_gap(graph, graph("Gather", cells, told, axis=1))
        parts.append(graph.cast(gaps, dtype))
    graph("Concat", *parts, axis=1, output=operator.outputs[0].full_name)


def _is_gap(graph: Graph, numbers: str) -> str:
    """Write whether numbers are NaN, which onnxruntime asks of float alone."""
    return graph("IsNaN", graph.cast(numbers, np.float32))


def _filled_columns(imputer: Any) -> np.ndarray:
    """Return the columns that were not empty in fit; the others are left out."""
    return np.flatnonzero(~np.isnan(imputer.statistics_.astype(np.float64)))


def _told_columns(imputer: Any) -> np.ndarray:
    """Return the columns of which another one tells where they have gaps."""
    if not imputer.add_indicator:
        return np.empty(0, np.int64)
    return imputer.indicator_.features_.astype(np.int64)


def parse_bins(
    scope: Any, model: Any, inputs: Any, custom_parsers: Any = None
) -> list[Any]:
    """Declare what PiecewiseLinearEncoder puts out, float for double perhaps.

    Classifiers of scikit-learn that follow it count on this type.
    """
    operator = scope.declare_local_operator(get_model_alias(type(model)), model)
    operator.inputs = inputs
    is_single = _dtype_of_bins(operator) == np.float32
    its_type = types.FloatTensorType() if is_single else types.DoubleTensorType()
    operator.outputs.append(scope.declare_local_variable("bins", its_type))
    return list(operator.outputs)


def set_types_of_bins(operator: Any) -> None:
    """Set the type of encoded numbers."""
    encoder = operator.raw_operator
    n_columns = len(encoder.get_feature_names_out())
    _set_type(operator, _dtype_of_bins(operator), n_columns)


def convert_bins(scope: Any, operator: Any, container: Any) -> None:
    """Write PiecewiseLinearEncoder, in double as it computes."""
    graph = Graph(scope, container, np.float64)
    numbers, _ = joined(graph, operator.inputs)
    feature, lower, upper = ramps(operator.raw_operator.bin_edges_)
    columns = graph("Gather", graph.cast(numbers, np.float64), feature, axis=1)
    passed = graph.ramps(columns, lower, upper)
    dtype = _dtype_of_bins(operator)
    graph.cast(passed, dtype, output=operator.outputs[0].full_name)


def _dtype_of_bins(operator: Any) -> np.dtype:
    """Return float32 for float32, float64 for all else, unless it was chosen."""
    is_single = all(dtype_of(x) == np.float32 for x in operator.inputs)
    chosen = operator.raw_operator.dtype
    return np.dtype(chosen or (np.float32 if is_single else np.float64))


def take_gaps_as_text(scope: Any, operator: Any, container: Any) -> None:
    """Let a gap be the empty string in the categories of OneHotEncoder."""
    operator.raw_operator = _with_text_for_gaps(operator.raw_operator)


def _with_text_for_gaps(encoder: Any) -> Any:
    """Return an encoder of texts alone, or the very same where it was one."""
    if not any(_has_gap(categories) for categories in encoder.categories_):
        return encoder
    encoder = copy.copy(encoder)
    encoder.categories_ = [*map(_texts, encoder.categories_)]
    return encoder


def _has_gap(categories: np.ndarray) -> bool:
    is_text = categories.dtype.kind == "O"
    return is_text and not all(is_present(category) for category in categories)


def _texts(categories: np.ndarray) -> np.ndarray:
    """Return categories with the empty string for a gap."""
    if not _has_gap(categories):
        return categories
    if _GAP in categories:
        raise ValueError(
            f"The categories {short(categories.tolist())} hold both a gap and the "
            "empty string, which in ONNX stands for a gap. Replace one of them before "
            "fit."
        )
    texts = [category if is_present(category) else _GAP for category in categories]
    return np.array(texts, dtype=object)


def encodes_text(operator: Any) -> bool:
    """Return whether it is texts that are target-encoded."""
    return dtype_of(operator.inputs[0]).kind in "UO"


def set_types_of_shares(operator: Any) -> None:
    """Set the type of target-encoded texts."""
    encoders = _encoders(operator.raw_operator)
    _set_type(operator, np.float64, sum(len(each.encodings_) for each in encoders))


def convert_shares(scope: Any, operator: Any, container: Any) -> None:
    """Write an encoder of texts: a row of a table for each, the last for others."""
    encoders = _encoders(operator.raw_operator)
    graph = Graph(scope, container, np.float64)
    cells, _ = joined(graph, operator.inputs)
    shares = [
        graph("Gather", table, _index(graph, cells, column, categories), axis=0)
        for column, (categories, table) in enumerate(_tables(encoders))
    ]
    graph("Concat", *shares, axis=1, output=operator.outputs[0].full_name)


def _encoders(encoder: Any) -> list[Any]:
    """Return the encoders that a ShareEncoder has, or a TargetEncoder is."""
    return getattr(encoder, "encoders_", [encoder])


def _tables(encoders: Sequence[Any]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the categories of each feature, and the encodings of these and others."""
    tables = []
    for i, categories in enumerate(encoders[0].categories_):
        table = np.hstack([_table(encoder, i) for encoder in encoders])
        tables.append((_texts(categories), table))
    return tables


def _table(encoder: Any, i: int) -> np.ndarray:
    """Return the encodings of a feature's categories, and in the last row of others."""
    n_outputs = len(encoder.encodings_) // len(encoder.categories_)
    encodings = encoder.encodings_[i * n_outputs : (i + 1) * n_outputs]
    mean = np.atleast_1d(encoder.target_mean_)
    return np.vstack([np.column_stack(encodings), mean]).astype(np.float64)


def _index(graph: Graph, cells: str, column: int, categories: np.ndarray) -> str:
    """Write which category the texts of a column are, one more for an unknown one."""
    texts = graph("Gather", cells, np.array(column), axis=1)
    return graph(
        "LabelEncoder",
        texts,
        domain="ai.onnx.ml",
        op_version=_LABEL_ENCODER,
        keys_strings=[str(category) for category in categories],
        values_int64s=[*range(len(categories))],
        default_int64=len(categories),
    )
