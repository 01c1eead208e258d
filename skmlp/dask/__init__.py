"""Training and prediction on a Dask cluster.

Needs dask and distributed: ``pip install "skmlp[dask]"``. They are imported when
something is fitted or predicted.
"""

from skmlp.dask.classifier import DaskTwoLayerClassifier

__all__ = ["DaskTwoLayerClassifier"]

# As for the other public names.
DaskTwoLayerClassifier.__module__ = __name__
