"""Checks of a network that comes from a pickle or from a copy."""

from __future__ import annotations

from typing import Any

import numpy as np

from skmlp._core.rows import holds_finite_numbers

# What predictions need of a fitted classifier, and of its training state.
_NEEDED = ("classes_", "coefs_", "intercepts_", "n_features_in_", "_training_state")
_NEEDED_OF_TRAINING = ("activation", "loss", "standardization")


def check_saved(name: str, state: dict[str, Any]) -> None:
    """Raise where the attributes of a classifier cannot be those that were saved."""
    is_fitted = any(attribute in state for attribute in _NEEDED)
    if is_fitted and (fault := _fault(state)):
        raise ValueError(
            f"This saved {name} is damaged: {fault}. Load another copy of the file, or "
            "fit it again."
        )


def _fault(state: dict[str, Any]) -> str | None:
    """Return what is wrong with the attributes of a fitted classifier, if anything."""
    missing = [name for name in _NEEDED if name not in state]
    if not missing:
        missing = [n for n in _NEEDED_OF_TRAINING if n not in state["_training_state"]]
    if missing:
        return f"it lacks {', '.join(missing)}"
    arrays = [np.asarray(array) for array in state["coefs_"] + state["intercepts_"]]
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
    return None
