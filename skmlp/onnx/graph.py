"""Graph: operators of ONNX, written as calls that take and return names."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from onnx import TensorProto, helper, numpy_helper

# The name of what a node puts out, or numbers that it is to take in.
Operand: TypeAlias = str | np.ndarray | float


class Graph:
    """Writes nodes into the model that skl2onnx assembles, in one precision.

    A call writes a node and returns the name of its output, so that formulas read as
    such: ``graph("Add", graph("MatMul", X, W1), b1)``.

    Parameters
    ----------
    scope, container : skl2onnx's Scope and ModelComponentContainer
        As a converter is given them.
    dtype : dtype
        That of numbers which are written into formulas.
    """

    def __init__(self, scope: Any, container: Any, dtype: np.typing.DTypeLike) -> None:
        self.scope = scope
        self.container = container
        self.dtype: np.dtype = np.dtype(dtype)

    @property
    def opset(self) -> int:
        """The version of the operators."""
        return self.container.target_opset

    def __call__(
        self,
        operator: str,
        *inputs: Operand,
        output: str | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> str:
        """Write a node; return the name of its output, by default a new one."""
        name = output or self.scope.get_unique_variable_name(operator)
        names = [x if isinstance(x, str) else self.constant(x) for x in inputs]
        node = self.scope.get_unique_operator_name(operator)
        self.container.add_node(
            operator, names, name, op_domain=domain, name=node, **attributes
        )
        return name

    def constant(self, values: Any) -> str:
        """Return the name of an array, of a number in the precision of the graph."""
        array = np.asarray(values)
        if np.ndim(values) == 0 and array.dtype.kind == "f":
            array = array.astype(self.dtype)
        name = self.scope.get_unique_variable_name("constant")
        if array.dtype.kind in "UO":
            texts = [str(text).encode() for text in array.ravel()]
            self.container.add_initializer(name, TensorProto.STRING, array.shape, texts)
        else:
            tensor = numpy_helper.from_array(np.array(array, order="C"))
            self.container.add_initializer(name, None, array.shape, tensor)
        return name

    def cast(self, x: str, to: np.typing.DTypeLike, output: str | None = None) -> str:
        """Write a cast to a dtype."""
        element = helper.np_dtype_to_tensor_dtype(np.dtype(to))
        return self("Cast", x, output=output, to=element)

    def clipped(self, x: str, high: float = 1.0) -> str:
        """Write the nearest number between 0 and another; opset 7 has no such Clip."""
        return self("Sub", high, self("Relu", self("Sub", high, self("Relu", x))))

    def ramps(self, x: str, lower: np.ndarray, upper: np.ndarray) -> str:
        """Write which share of the way from lower to upper x has come, in [0, 1]."""
        width = upper - lower
        width[width == 0] = 1.0
        return self.clipped(self("Div", self("Sub", x, lower), width))

    def largest_of_row(self, x: str) -> str:
        """Write the maximum of each row, as a column."""
        if self.opset < 18:
            return self("ReduceMax", x, axes=[1], keepdims=1)
        return self("ReduceMax", x, np.array([1]), keepdims=1)

    def descending(self, x: str, n_columns: int) -> str:
        """Write the columns of each row sorted, the largest first."""
        largest, _ = names = [
            self.scope.get_unique_variable_name(name) for name in ("sorted", "order")
        ]
        if self.opset < 10:
            self.container.add_node("TopK", [x], names, k=n_columns, axis=1)
        else:
            k = self.constant(np.array([n_columns]))
            self.container.add_node("TopK", [x, k], names, axis=1)
        return largest


def dtype_of(variable: Any) -> np.dtype:
    """Return the dtype of what a variable of skl2onnx holds."""
    element = variable.type.to_onnx_type().tensor_type.elem_type
    return np.dtype(helper.tensor_dtype_to_np_dtype(element))


def joined(graph: Graph, variables: Any) -> tuple[str, np.dtype]:
    """Write the columns of all inputs side by side; return them and their dtype."""
    dtype = np.result_type(*map(dtype_of, variables))
    columns = [
        v.full_name if dtype_of(v) == dtype else graph.cast(v.full_name, dtype)
        for v in variables
    ]
    if len(columns) == 1:
        return columns[0], dtype
    return graph("Concat", *columns, axis=1), dtype
