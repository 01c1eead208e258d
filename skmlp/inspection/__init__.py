"""Inspect a trained network: its curves, its weights, its mistakes, its gradients.

The displays need matplotlib, which ``pip install "skmlp[plot]"`` installs. They work
like those of scikit-learn: `from_estimator` draws, the display keeps the data, and
`plot` draws it again on other axes.
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
