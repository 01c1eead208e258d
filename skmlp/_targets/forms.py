"""What y may look like: a label per row, or 0 and 1 for several of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

ONE_LABEL = "labels"
SEVERAL_LABELS: dict[str, Callable[[np.ndarray], Any]] = {
    "indicator": np.asarray,
    "csr_matrix": sparse.csr_matrix,
    "csr_array": sparse.csr_array,
}
FORMS = (ONE_LABEL, *SEVERAL_LABELS)


def kind_of_labels(labels: np.ndarray) -> str:
    """Return of which kind labels are: numbers, text, or what NumPy calls others."""
    kind = labels.dtype.kind
    return {"b": "f", "i": "f", "u": "f", "O": "U"}.get(kind, kind)
