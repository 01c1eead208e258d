"""The network and what it computes with: NumPy and SciPy alone."""
