"""Checks of weights that a caller gives or the last call left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import column_or_1d

from skmlp._checks.data import TrainingData


def check_weight_arrays(
    estimator: Any, coefs: Sequence[Any], intercepts: Sequence[Any] | None
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return copies of two weight matrices and two biases that fit one another."""
    if len(coefs) != 2 or (intercepts is not None and len(intercepts) != 2):
        n_intercepts = "no" if intercepts is None else len(intercepts)
        raise ValueError(
            "coefs and intercepts must hold two arrays each, of the hidden and the "
            f"output layer; got {len(coefs)} coefs and {n_intercepts} intercepts."
        )
    dtypes = [np.asarray(W).dtype for W in coefs]
    is_narrow = all(dtype.kind == "f" and dtype.itemsize <= 4 for dtype in dtypes)
    auto = "float32" if is_narrow else "float64"
    dtype = auto if estimator.dtype == "auto" else estimator.dtype
    weights = [np.array(W, dtype=dtype) for W in coefs]
    shapes = [W.shape for W in weights]
    n_hidden = estimator.hidden_layer_size
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
    if intercepts is None:
        intercepts = [np.zeros(W.shape[1]) for W in weights]
    biases = [np.array(b, dtype=dtype) for b in intercepts]
    if [b.shape for b in biases] != [W.shape[1:] for W in weights]:
        raise ValueError(
            f"intercepts must have the shapes {shapes[0][1:]} and {shapes[1][1:]}, one "
            f"number a unit; got {biases[0].shape} and {biases[1].shape}."
        )
    if not all(np.isfinite(array).all() for array in (*weights, *biases)):
        raise ValueError("coefs and intercepts must be finite; got NaN or infinity.")
    if not estimator.fit_intercept and any(b.any() for b in biases):
        raise ValueError(
            "fit_intercept=False goes with biases of zero; got others. Pass "
            "intercepts=None, or leave fit_intercept out."
        )
    return weights, biases


def copy_initial_weights(array: Any, W: np.ndarray, layer: int) -> None:
    """Copy one of the arrays given as weight_init."""
    array = np.asarray(array)
    if array.shape != W.shape:
        raise ValueError(
            f"weight_init[{layer}] must have the shape {W.shape}; got {array.shape}."
        )
    W[...] = array


def check_fills_in_place(returned: Any, W: np.ndarray) -> None:
    """Raise where a callable weight_init made an array instead of filling W."""
    if returned is not None and returned is not W:
        raise ValueError(
            "weight_init must fill W in place, W[...] = rng.normal(size=W.shape), "
            f"and return nothing; it returned {type(returned).__name__}."
        )


def check_finite_weights(W: np.ndarray, layer: int) -> None:
    """Raise where weight_init made a weight that is not finite."""
    if not np.isfinite(W).all():
        raise ValueError(
            f"weight_init made weights of layer {layer} that are NaN or infinite. "
            "Check the arrays or the callable passed as weight_init, and init_scale."
        )


def check_same_network(estimator: Any, data: TrainingData) -> None:
    """Raise where training cannot go on with the weights that are there."""
    changes = {
        "the number of features": (len(estimator.coefs_[0]), data.X.shape[1]),
        "hidden_layer_size": (
            estimator.coefs_[0].shape[1],
            estimator.hidden_layer_size,
        ),
        "the classes": (estimator.classes_.tolist(), data.classes.tolist()),
        "activation": (estimator._training_state["activation"], estimator.activation),
    }
    for name, (trained, wanted) in changes.items():
        if trained != wanted:
            raise ValueError(
                f"Training cannot go on: {name} changed from {trained} to {wanted}. "
                "Set it back, or start anew with fit and warm_start=False."
            )
    if not estimator.fit_intercept and any(b.any() for b in estimator.intercepts_):
        raise ValueError(
            "Training cannot go on: fit_intercept=False, but there are biases that are "
            "not zero. Set it back, or start anew with fit and warm_start=False."
        )


def check_sorted_classes(classes: Any, n_outputs: int | None = None) -> np.ndarray:
    """Return the classes as a sorted array without repeats, one an output."""
    classes = column_or_1d(classes)
    if not np.array_equal(classes, np.unique(classes)):
        raise ValueError(
            f"classes must be sorted and without repeats; got {classes.tolist()}. Sort "
            "them, and the columns of the output layer with them."
        )
    if len(classes) == 1 == n_outputs:
        raise ValueError(f"There must be at least 2 classes; got {classes.tolist()}.")
    if n_outputs is not None and len(classes) != n_outputs:
        raise ValueError(
            f"There must be one output a class; got {len(classes)} classes and "
            f"{n_outputs} outputs. A network with a single logistic output for two "
            "classes becomes one with two: np.hstack([0 * W2, W2]), and likewise b2."
        )
    return classes
