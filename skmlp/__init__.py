"""Two-layer neural-network classification for scikit-learn, in NumPy."""

from skmlp._classifier import TwoLayerClassifier
from skmlp._version import __version__

__all__ = ["TwoLayerClassifier", "__version__"]

# Pickles and lists of trusted types name the public path, which stays.
TwoLayerClassifier.__module__ = __name__
