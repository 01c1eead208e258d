"""The network in operators of ONNX: its activations, its links, its two layers.

Only operators that onnxruntime has in both precisions and in every opset from 7 on are
used; what it lacks in double, as Elu, Softplus and Erf, is built from them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

import numpy as np
from scipy import special

from skmlp._training.state import Trained
from skmlp.activations import ACTIVATIONS, Activation
from skmlp.losses import Loss, MultilabelLoss, MultilabelSquaredError, SquaredError

# Takes a graph and the name of Z or of the logits, a row per sample; writes nodes and
# returns the name of what they put out. Links are told how many outputs there are.
ActivationOperator: TypeAlias = Callable[[Any, str], str]
LinkOperator: TypeAlias = Callable[[Any, str, int], str]

_LEAK = 0.01
# So many powers make gelu true to 6e-10 in double, and to the last digit in float.
_DEGREE = 12


def _identity(graph: Any, z: str) -> str:
    return z


def _relu(graph: Any, z: str) -> str:
    return graph("Relu", z)


def _negative_part(graph: Any, z: str) -> str:
    """Write max(-z, 0); Min and Max of double are in no opset 7."""
    return graph("Relu", graph("Neg", z))


def _leaky_relu(graph: Any, z: str) -> str:
    leak = graph("Mul", _negative_part(graph, z), _LEAK)
    return graph("Sub", graph("Relu", z), leak)


def _elu(graph: Any, z: str) -> str:
    """Write max(z, 0) + exp(min(z, 0)) - 1."""
    power = graph("Exp", graph("Neg", _negative_part(graph, z)))
    return graph("Add", graph("Relu", z), graph("Sub", power, 1.0))


def _tanh(graph: Any, z: str) -> str:
    return graph("Tanh", z)


def _logistic(graph: Any, z: str) -> str:
    return graph("Sigmoid", z)


def _softplus(graph: Any, z: str) -> str:
    """Write max(z, 0) + log(1 + exp(-|z|))."""
    power = graph("Exp", graph("Neg", graph("Abs", z)))
    return graph("Add", graph("Relu", z), graph("Log", graph("Add", power, 1.0)))


def _silu(graph: Any, z: str) -> str:
    """Write z / (1 + exp(-z)); of z Sigmoid(z) onnxruntime 1.22 makes what it lacks."""
    return graph("Div", z, graph("Add", graph("Exp", graph("Neg", z)), 1.0))


def _gelu(graph: Any, z: str) -> str:
    """Write z Φ(z) = max(z, 0) - |z| Φ(-|z|).

    With a = |z|, Φ(-a) = exp(-a²/2) p(t), where t = 1 / (1 + a/2) lies in (0, 1] and p
    is smooth: the polynomial through Chebyshev's points. Erf is there in float alone.
    """
    a = graph("Abs", z)
    t = graph("Div", 1.0, graph("Add", graph("Mul", a, 0.5), 1.0))
    u = graph("Sub", graph("Mul", t, 2.0), 1.0)
    highest, *others = _gelu_coefficients()[::-1]
    p = graph("Mul", u, highest)
    for coefficient in others[:-1]:
        p = graph("Mul", graph("Add", p, coefficient), u)
    p = graph("Add", p, others[-1])
    power = graph("Exp", graph("Mul", graph("Mul", a, a), -0.5))
    return graph("Sub", graph("Relu", z), graph("Mul", a, graph("Mul", power, p)))


def _gelu_coefficients() -> list[float]:
    """Return p as a polynomial of u = 2 t - 1, in [-1, 1], the constant first."""

    def p(u: np.ndarray) -> np.ndarray:
        t = (u + 1) / 2
        return 0.5 * special.erfcx((2 / t - 2) / math.sqrt(2))

    chebyshev = np.polynomial.Chebyshev.interpolate(p, _DEGREE)
    return chebyshev.convert(kind=np.polynomial.Polynomial).coef.tolist()


ACTIVATION_OPERATORS: dict[Any, ActivationOperator] = {
    "relu": _relu,
    "tanh": _tanh,
    "logistic": _logistic,
    "identity": _identity,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "softplus": _softplus,
    "silu": _silu,
    "gelu": _gelu,
}


def _softmax(graph: Any, logits: str, n_outputs: int) -> str:
    return graph("Softmax", logits, axis=1)


def _nearest_probabilities(graph: Any, logits: str, n_outputs: int) -> str:
    """Write the projection on the simplex, as `skmlp.losses.SquaredError.link` does.

    What is subtracted of all is the largest of the surpluses of the first one, two,
    three, ... of the sorted outputs.
    """
    below = graph("Sub", logits, graph.largest_of_row(logits))
    below = graph("Sub", graph("Relu", graph("Add", below, 2.0)), 2.0)
    ranks = np.arange(1, n_outputs + 1)
    means = np.triu(np.ones((n_outputs, n_outputs))) / ranks
    surpluses = graph(
        "Sub",
        graph("MatMul", graph.descending(below, n_outputs), means.astype(graph.dtype)),
        (1.0 / ranks).astype(graph.dtype),
    )
    threshold = graph.largest_of_row(surpluses)
    return _at_least_tiny(graph, graph("Relu", graph("Sub", below, threshold)))


def _nearest_number(graph: Any, logits: str, n_outputs: int) -> str:
    """Write the nearest number between 0 and 1, neither of which is reached."""
    high = float(1.0 - np.finfo(graph.dtype).epsneg)
    return _at_least_tiny(graph, graph.clipped(logits, high))


def _at_least_tiny(graph: Any, p: str) -> str:
    """Add the smallest normal number, which changes nothing but zeros."""
    return graph("Add", p, float(np.finfo(graph.dtype).tiny))


def _sigmoid(graph: Any, logits: str, n_outputs: int) -> str:
    return graph("Sigmoid", logits)


# By the method that computes the link, so that losses which inherit it share it.
LINK_OPERATORS: dict[Any, LinkOperator] = {
    Loss.link: _softmax,
    SquaredError.link: _nearest_probabilities,
    MultilabelLoss.link: _sigmoid,
    MultilabelSquaredError.link: _nearest_number,
}


def activation_operator(choice: Any) -> ActivationOperator:
    """Return what writes an activation: a name, an instance or a class."""
    for key in (choice, type(choice), _name_of(choice)):
        if isinstance(key, Hashable) and key in ACTIVATION_OPERATORS:
            return ACTIVATION_OPERATORS[key]
    raise ValueError(
        f"activation={choice!r} has no operators of ONNX. Add a function that writes "
        "them to skmlp.onnx.ACTIVATION_OPERATORS, with the activation as its key, or "
        f"train with one of {[*ACTIVATIONS]}."
    )


def _name_of(choice: Any) -> str | None:
    """Return under which name an activation is registered, if it is."""
    is_one = isinstance(choice, Activation)
    return next((k for k, a in ACTIVATIONS.items() if is_one and a == choice), None)


def link_operator(loss: Any) -> LinkOperator:
    """Return what writes the link of a loss."""
    link = getattr(type(loss), "link", None)
    if link in LINK_OPERATORS:
        return LINK_OPERATORS[link]
    raise ValueError(
        f"loss={loss!r} has its own link, which has no operators of ONNX. Add a "
        "function that writes them to skmlp.onnx.LINK_OPERATORS, with the method link "
        "of the class as its key, or inherit the link of skmlp.losses.Loss."
    )


def write_logits(graph: Any, x: str, x_dtype: np.dtype, trained: Trained) -> str:
    """Write what `forward` computes: the logits, a row per sample.

    As there, features that lie far from zero are centred first, in the precision of the
    rows where that is the higher one.
    """
    layers, standardization = trained.to_compute()
    dtype = trained.dtype
    if standardization is not None:
        wide = np.result_type(x_dtype, dtype)
        center = standardization.center.astype(wide)
        x = graph("Sub", graph.cast(x, wide), center)
        inverse_scale = (1.0 / standardization.scale).astype(dtype)
        x = graph("Mul", graph.cast(x, dtype), inverse_scale)
    elif x_dtype != dtype:
        x = graph.cast(x, dtype)
    z = graph("Add", graph("MatMul", x, layers.W1), layers.b1)
    h = activation_operator(trained.state["activation"])(graph, z)
    return graph("Add", graph("MatMul", h, layers.W2), layers.b2)
