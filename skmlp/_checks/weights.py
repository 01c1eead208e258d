"""Checks of weights that a caller gives, as arrays or by a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skmlp._checks.faults import is_text, short, told_again
from skmlp._checks.labels import checked_labels
from skmlp._core.rows import are_finite
from skmlp.initializers import Initializer

_SINGLE_OUTPUT = (
    "A network with a single logistic output for two classes becomes one with two: "
    "np.hstack([0 * W2, W2]), and likewise b2."
)


class GivenWeights(Initializer):
    """Copies one of the arrays given as weight_init."""

    def __init__(self, array: Any, layer: int) -> None:
        self.array = array
        self.layer = layer

    def __call__(self, W: np.ndarray, rng: np.random.Generator) -> None:
        """Fill W."""
        array = _as_numbers(f"weight_init[{self.layer}]", self.array)
        if array.shape != W.shape:
            raise ValueError(
                f"weight_init[{self.layer}] must have the shape {W.shape}; got "
                f"{array.shape}."
            )
        with np.errstate(over="ignore"):  # what is infinite then is refused
            W[...] = array


def fill_weights(
    W: np.ndarray,
    initializer: Callable[[np.ndarray, np.random.Generator], object],
    rng: np.random.Generator,
    layer: int,
) -> None:
    """Fill the weights of a layer; raise where that is not what has been done."""
    returned = initializer(W, rng)
    if returned is not None and returned is not W:
        raise ValueError(
            "weight_init must fill W in place, W[...] = rng.normal(size=W.shape), "
            f"and return nothing; it returned {type(returned).__name__}."
        )
    if not are_finite(W):
        raise ValueError(
            f"weight_init made weights of layer {layer} that are NaN or infinite. "
            "Check the arrays or the callable passed as weight_init, and init_scale."
        )


def as_pairs(
    coefs: Any, intercepts: Any | None
) -> tuple[list[np.ndarray], list[np.ndarray] | None]:
    """Return weights and biases as two arrays of numbers each, of any shapes."""
    weights = _pair("coefs", coefs)
    return weights, None if intercepts is None else _pair("intercepts", intercepts)


def _pair(name: str, given: Any) -> list[np.ndarray]:
    """Return two arrays of numbers; raise where there are not two, or one is empty."""
    is_sequence = isinstance(given, Sequence | np.ndarray) and not is_text(given)
    if not is_sequence or len(given) != 2:
        got = f"{len(given)} {name}" if is_sequence else short(given)
        raise ValueError(
            f"{name} must hold two arrays, of the hidden and the output layer; got "
            f"{got}."
        )
    arrays = [_as_numbers(f"{name}[{i}]", array) for i, array in enumerate(given)]
    for i, array in enumerate(arrays):
        if not array.size:
            raise ValueError(f"{name}[{i}] is empty; got the shape {array.shape}.")
    return arrays


def check_weight_arrays(
    coefs: Sequence[np.ndarray],
    intercepts: Sequence[np.ndarray] | None,
    *,
    n_hidden: int,
    fit_intercept: bool,
    dtype: str,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return copies of two weight matrices and two biases that fit one another."""
    dtype = _dtype_of_weights(coefs) if dtype == "auto" else dtype
    with np.errstate(over="ignore"):  # what is infinite then is refused
        weights = [np.array(W, dtype=dtype) for W in coefs]
    _check_shapes([W.shape for W in weights], n_hidden)
    if intercepts is None:
        intercepts = [np.zeros(W.shape[1]) for W in weights]
    with np.errstate(over="ignore"):
        biases = [np.array(b, dtype=dtype) for b in intercepts]
    if [b.shape for b in biases] != [W.shape[1:] for W in weights]:
        raise ValueError(
            f"intercepts must have the shapes {weights[0].shape[1:]} and "
            f"{weights[1].shape[1:]}, one number per unit; got {biases[0].shape} and "
            f"{biases[1].shape}."
        )
    if not all(np.isfinite(array).all() for array in (*weights, *biases)):
        raise ValueError("coefs and intercepts must be finite; got NaN or infinity.")
    if not fit_intercept and any(b.any() for b in biases):
        raise ValueError(
            "fit_intercept=False goes with biases of zero; got others. Pass "
            "intercepts=None, or leave fit_intercept out."
        )
    return weights, biases


def _as_numbers(name: str, given: Any) -> np.ndarray:
    """Return an array; raise where it is none, or no real numbers."""
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise told_again(error, name, given) from error
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must hold real numbers; got an array of {array.dtype}."
        )
    return array


def _dtype_of_weights(coefs: Sequence[np.ndarray]) -> str:
    """Return float32 where both arrays are no wider, else float64."""
    dtypes = [W.dtype for W in coefs]
    is_narrow = all(dtype.kind == "f" and dtype.itemsize <= 4 for dtype in dtypes)
    return "float32" if is_narrow else "float64"


def _check_shapes(shapes: list[tuple[int, ...]], n_hidden: int) -> None:
    """Raise where two weight matrices cannot follow one another."""
    if [len(shape) for shape in shapes] != [2, 2] or shapes[0][1] != shapes[1][0]:
        raise ValueError(
            "coefs must have the shapes (n_features, n_hidden) and (n_hidden, "
            f"n_outputs); got {shapes[0]} and {shapes[1]}. Transpose weights that are "
            "stored the other way round, as PyTorch's are."
        )
    if shapes[0][1] != n_hidden:
        raise ValueError(
            f"hidden_layer_size={n_hidden} does not fit coefs of the shapes "
            f"{shapes[0]} and {shapes[1]}. Leave it out: it is taken from them."
        )


def check_sorted_classes(classes: Any, n_outputs: int | None = None) -> np.ndarray:
    """Return the classes as a sorted array without repeats, one per output."""
    classes = checked_labels(classes, "classes")
    if not np.array_equal(classes, np.unique(classes)):
        got = short(classes.tolist())
        raise ValueError(
            f"classes must be sorted and without repeats; got {got}. Sort "
            "them, and the columns of the output layer with them."
        )
    if n_outputs is not None and len(classes) != n_outputs:
        raise ValueError(
            f"There must be one output per class; got {len(classes)} classes and "
            f"{n_outputs} outputs. {_SINGLE_OUTPUT}"
        )
    return classes


def check_several_outputs(n_outputs: int) -> None:
    """Raise where several labels per row would have a single output."""
    if n_outputs < 2:
        raise ValueError(
            "classes=None is for several labels per row, but there is one output. "
            f"{_SINGLE_OUTPUT}"
        )
