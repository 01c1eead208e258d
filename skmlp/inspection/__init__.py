"""Look into a trained network: its curves, its weights, its mistakes, its gradients.

The displays draw with matplotlib, which ``pip install "skmlp[plot]"`` brings along.
They follow scikit-learn's: `from_estimator` draws at once, the data stays on the
display, and `plot` draws it again elsewhere.
"""

from skmlp.inspection.gradients import GradientErrors, check_gradients
from skmlp.inspection.predictions import PredictionsDisplay
from skmlp.inspection.sensitivity import feature_importances, input_gradients
from skmlp.inspection.training import TrainingDisplay
from skmlp.inspection.weights import WeightsDisplay

__all__ = [
    "GradientErrors",
    "PredictionsDisplay",
    "TrainingDisplay",
    "WeightsDisplay",
    "check_gradients",
    "feature_importances",
    "input_gradients",
]

# Pickles and lists of trusted types name the public path, which stays.
for _public in (
    *(GradientErrors, PredictionsDisplay, TrainingDisplay, WeightsDisplay),
    *(check_gradients, feature_importances, input_gradients),
):
    _public.__module__ = __name__
