"""What BLAS can do in place and NumPy's interface cannot."""

from __future__ import annotations

import numpy as np
from scipy.linalg import blas

_AXPY = {np.dtype(np.float32): blas.saxpy, np.dtype(np.float64): blas.daxpy}


def add_scaled(x: np.ndarray, scale: float, out: np.ndarray) -> None:
    """Add scale * x to out, two contiguous vectors, in one pass and no scratch."""
    _AXPY[out.dtype](x, out, a=scale)
