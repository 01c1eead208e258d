"""Checks of a network that comes from a pickle or from a copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from skmlp._core.rows import holds_finite_numbers
from skmlp._targets.forms import FORMS, ONE_LABEL

# The format of what is saved: raise it with each parameter and each entry of the
# training state that is added, and say in `_in_format_of_today` what files before lack.
FORMAT = 1

# What a fitted classifier has, and what its training state holds.
_NEEDED = (
    *("classes_", "coefs_", "intercepts_", "n_features_in_"),
    *("history_", "n_iter_", "t_", "_training_state"),
)
_NEEDED_OF_TRAINING = (
    *("activation", "loss", "standardization", "progress", "score_name"),
    *("class_totals", "rng", "split_seed", "solver", "form", "measured_alpha"),
)


def marked(state: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return what is to be saved, marked with the format and with who writes it."""
    return {**state, "_skmlp_version": version, "_skmlp_format": FORMAT}


def readable(
    name: str, defaults: Mapping[str, Any], saved: Mapping[str, Any], version: str
) -> dict[str, Any]:
    """Return the attributes of a classifier that was saved, in the format of today.

    Raise where they are of a later format, or cannot be those that were saved.

    Parameters
    ----------
    name : str
        That of the class.
    defaults : mapping
        The parameters, with their defaults.
    saved : mapping
        What `marked` returned, in this version or another.
    version : str
        That of this package.
    """
    state = dict(saved)
    written_by = state.pop("_skmlp_version", None)
    number = state.pop("_skmlp_format", 0)
    if isinstance(number, int) and number > FORMAT:
        raise ValueError(
            f"This saved {name} has format {number}, and skmlp {version} reads formats "
            f"up to {FORMAT}. Install the version that wrote it, skmlp {written_by}, "
            "or a later one."
        )
    try:
        if number < FORMAT:
            state = _in_format_of_today(state, defaults)
        fault = _fault(defaults, state)
    except (TypeError, KeyError, IndexError, ValueError, AttributeError) as error:
        fault = f"what it holds is no network ({error})"
    if fault:
        raise ValueError(
            f"This saved {name} is damaged: {fault}. Load another copy of the file, or "
            "fit it again."
        )
    return state


def _in_format_of_today(
    state: dict[str, Any], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what an earlier version saved, with what has come since.

    Format 0, which bears no number: parameters were fewer, and y one label per row.
    """
    of_training = state.get("_training_state")
    if of_training is not None:
        state["_training_state"] = {"form": ONE_LABEL, **of_training}
    return {**defaults, **state}


def _fault(parameters: Iterable[str], state: dict[str, Any]) -> str | None:
    """Return what is wrong with the attributes of a classifier, if anything."""
    missing = [name for name in parameters if name not in state]
    is_fitted = any(attribute in state for attribute in _NEEDED)
    if is_fitted:
        missing += [name for name in _NEEDED if name not in state]
        of_training = state.get("_training_state", _NEEDED_OF_TRAINING)
        missing += [name for name in _NEEDED_OF_TRAINING if name not in of_training]
    if missing:
        return f"it lacks {', '.join(missing)}"
    return _fault_of_network(state) if is_fitted else None


def _fault_of_network(state: dict[str, Any]) -> str | None:
    """Return what is wrong with the weights and with what they were trained by."""
    saved = (*state["coefs_"], *state["intercepts_"])
    arrays = [np.asarray(array) for array in saved]
    shapes, hidden = [array.shape for array in arrays], arrays[0].shape[1:]
    outputs = (len(state["classes_"]),)
    expected = [(state["n_features_in_"], *hidden), hidden + outputs, hidden, outputs]
    if shapes != expected:
        return f"coefs_ and intercepts_ have the shapes {shapes}, expected {expected}"
    dtypes = [array.dtype.name for array in arrays]
    if dtypes not in (["float32"] * 4, ["float64"] * 4):
        return f"coefs_ and intercepts_ hold {', '.join(dtypes)}"
    if not all(map(holds_finite_numbers, arrays)):
        return "coefs_ or intercepts_ hold NaN or infinity"
    if state["_training_state"]["form"] not in FORMS:
        return f"its labels are of an unknown form, {state['_training_state']['form']}"
    kept = state["_training_state"]["standardization"]
    return None if kept is None else _fault_of_standardization(kept, arrays[0].shape)


def _fault_of_standardization(
    kept: Mapping[str, Any], shape: tuple[int, ...]
) -> str | None:
    """Return what is wrong with what features are standardised by; shape is of W1."""
    of_features, of_units = shape[:1], shape[1:]
    expected = {
        **{"center": of_features, "scale": of_features, "limit": (), "is_far": ()},
        **{"b1": of_units, "restored_b1": of_units},
    }
    missing = [name for name in expected if name not in kept]
    if missing:
        return f"what its features were standardised by lacks {', '.join(missing)}"
    shapes = {name: np.shape(kept[name]) for name in expected}
    if shapes != expected:
        return (
            f"what its features were standardised by has the shapes {shapes}, "
            f"expected {expected}"
        )
    arrays = [kept[name] for name, of_one in expected.items() if of_one]
    if not all(map(holds_finite_numbers, arrays)):
        return "what its features were standardised by holds NaN or infinity"
    return None
