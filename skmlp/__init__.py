"""Two-layer neural-network classification for scikit-learn, in NumPy."""

from skmlp._classifier import TwoLayerClassifier

__version__ = "0.1.0.dev0"

__all__ = ["TwoLayerClassifier", "__version__"]
