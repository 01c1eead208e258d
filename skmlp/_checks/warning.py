"""Who called for training: the line that warnings name, and whether it is a search."""

from __future__ import annotations

import inspect
import os
import warnings
from pathlib import Path

import joblib
import joblib.parallel
import sklearn

# A warning names a line of the user's code, not one of these packages.
_PASSED_OVER = tuple(
    f"{folder}{os.sep}"
    for folder in (
        Path(__file__).parents[1],
        Path(sklearn.__file__).parent,
        Path(joblib.__file__).parent,
    )
)


def is_within_joblib() -> bool:
    """Return whether joblib runs this call: one of many, of a search or an ensemble.

    The stack tells so for every backend, also where `n_jobs` is 1 or None, for which
    joblib and scikit-learn leave no other sign.
    """
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_filename == joblib.parallel.__file__:
            return True
        frame = frame.f_back
    return False


def warn(message: str, category: type[Warning]) -> None:
    """Warn in the name of the innermost line outside of skmlp and scikit-learn."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_code.co_filename.startswith(_PASSED_OVER):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
