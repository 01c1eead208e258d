"""Warnings that name the line that called for training."""

from __future__ import annotations

import inspect
import os
import warnings
from pathlib import Path

import joblib
import sklearn

# Whoever reads a warning wants a line of their own, not one of these packages.
_PASSED_OVER = tuple(
    f"{folder}{os.sep}"
    for folder in (
        Path(__file__).parents[1],
        Path(sklearn.__file__).parent,
        Path(joblib.__file__).parent,
    )
)


def warn(message: str, category: type[Warning]) -> None:
    """Warn in the name of the innermost line outside of skmlp and scikit-learn."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_code.co_filename.startswith(_PASSED_OVER):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
