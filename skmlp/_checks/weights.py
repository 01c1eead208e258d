"""Checks of weights that a caller gives, as arrays or by a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skmlp._checks.faults import short
from skmlp._checks.labels import checked_labels
from skmlp.initializers import Initializer


class GivenWeights(Initializer):
    """Copies one of the arrays given as weight_init."""

    def __init__(self, array: Any, layer: int) -> None:
        self.array = array
        self.layer = layer

    def __call__(self, W: np.ndarray, rng: np.random.Generator) -> None:
        """Fill W."""
        array = np.asarray(self.array)
        if array.shape != W.shape:
            raise ValueError(
                f"weight_init[{self.layer}] must have the shape {W.shape}; got "
                f"{array.shape}."
            )
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
    if not np.isfinite(W).all():
        raise ValueError(
            f"weight_init made weights of layer {layer} that are NaN or infinite. "
            "Check the arrays or the callable passed as weight_init, and init_scale."
        )


def check_weight_arrays(
    coefs: Sequence[Any],
    intercepts: Sequence[Any] | None,
    *,
    n_hidden: int,
    fit_intercept: bool,
    dtype: str,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return copies of two weight matrices and two biases that fit one another."""
    if len(coefs) != 2 or (intercepts is not None and len(intercepts) != 2):
        n_intercepts = "no" if intercepts is None else len(intercepts)
        raise ValueError(
            "coefs and intercepts must hold two arrays each, of the hidden and the "
            f"output layer; got {len(coefs)} coefs and {n_intercepts} intercepts."
        )
    _refuse_what_is_no_number("coefs", coefs)
    _refuse_what_is_no_number("intercepts", intercepts or ())
    dtype = _dtype_of_weights(coefs) if dtype == "auto" else dtype
    weights = [np.array(W, dtype=dtype) for W in coefs]
    _check_shapes([W.shape for W in weights], n_hidden)
    if intercepts is None:
        intercepts = [np.zeros(W.shape[1]) for W in weights]
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


def _refuse_what_is_no_number(name: str, arrays: Sequence[Any]) -> None:
    """Raise where an array holds strings, dates, objects or complex numbers."""
    for layer, array in enumerate(arrays):
        dtype = np.asarray(array).dtype
        if dtype.kind not in "biuf":
            raise ValueError(
                f"{name}[{layer}] must hold real numbers; got an array of {dtype}."
            )


def _dtype_of_weights(coefs: Sequence[Any]) -> str:
    """Return float32 where both arrays are no wider, else float64."""
    dtypes = [np.asarray(W).dtype for W in coefs]
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
    if len(classes) == 1 == n_outputs:
        raise ValueError(f"There must be at least 2 classes; got {classes.tolist()}.")
    if n_outputs is not None and len(classes) != n_outputs:
        raise ValueError(
            f"There must be one output per class; got {len(classes)} classes and "
            f"{n_outputs} outputs. A network with a single logistic output for two "
            "classes becomes one with two: np.hstack([0 * W2, W2]), and likewise b2."
        )
    return classes
