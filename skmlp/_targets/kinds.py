"""The two kinds of target, of which one is chosen when fitting begins.

Training sees encoded y and asks the kind for all else.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from skmlp._targets.forms import ONE_LABEL
from skmlp._targets.one_label import OneLabel
from skmlp._targets.several_labels import SeveralLabels

Targets: TypeAlias = OneLabel | SeveralLabels


def targets_of(
    form: str, classes: np.ndarray, loss: Any, label_smoothing: float
) -> Targets:
    """Return the kind of target that y of some form is."""
    if form == ONE_LABEL:
        return OneLabel(classes, loss, label_smoothing)
    return SeveralLabels(len(classes), form, loss, label_smoothing)
