"""Two-layer neural-network classification for scikit-learn, in NumPy."""

__version__ = "0.1.0.dev1"

from skmlp._classifier import TwoLayerClassifier

__all__ = ["TwoLayerClassifier", "__version__"]

# Pickles and lists of trusted types name the public path, which stays.
TwoLayerClassifier.__module__ = __name__
