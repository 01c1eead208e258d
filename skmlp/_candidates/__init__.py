"""Settings that differ by alpha, trained side by side and compared."""
