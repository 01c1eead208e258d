"""Look into a trained network: its curves, its weights, its mistakes, its gradients.

The displays draw with matplotlib, which ``pip install "skmlp[plot]"`` brings along.
They follow scikit-learn's: `from_estimator` draws at once, the data stays on the
display, and `plot` draws it again elsewhere.
"""

from skmlp._gradient_check import GradientErrors, check_gradients
from skmlp._predictions_display import PredictionsDisplay
from skmlp._training_display import TrainingDisplay
from skmlp._weights_display import WeightsDisplay

__all__ = [
    "GradientErrors",
    "PredictionsDisplay",
    "TrainingDisplay",
    "WeightsDisplay",
    "check_gradients",
]
