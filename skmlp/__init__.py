"""Two-layer neural-network classification for scikit-learn, in NumPy."""

__version__ = "0.1.0.dev1"

from skmlp._classifier import TwoLayerClassifier
from skmlp._selection.classifier_cv import TwoLayerClassifierCV
from skmlp.preprocessing.tabular import tabular_pipeline

__all__ = [
    "TwoLayerClassifier",
    "TwoLayerClassifierCV",
    "__version__",
    "tabular_pipeline",
]

# Pickles and lists of trusted types name the public path, which stays.
TwoLayerClassifier.__module__ = TwoLayerClassifierCV.__module__ = __name__
tabular_pipeline.__module__ = __name__
