"""The gradient that training uses, compared with central differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.random import sample_without_replacement

from skmlp._checks.data import check_chunk, check_further_table
from skmlp._classifier import LabelsLike, TwoLayerClassifier
from skmlp._core.batches import SAMPLINGS, Batches
from skmlp._core.objective import Objective
from skmlp._core.parameters import Parameters
from skmlp._settings import Settings, check_parameters
from skmlp._training.build import build_batches, build_objective
from skmlp._training.state import Trained, TrainingState
from skmlp.inspection.wrappers import features_within, fitted_classifier
from skmlp.solvers import LBFGS

_DESCRIPTIONS = {
    "W1": "hidden weights",
    "b1": "hidden biases",
    "W2": "output weights",
    "b2": "output biases",
}
# How many entries of a large array are checked by default.
_ENOUGH_ENTRIES = 1000
# A gradient smaller than this counts as this large, lest rounding count as error.
_SMALLEST_GRADIENT = 1e-8


@dataclass(frozen=True, repr=False)
class GradientErrors:
    """Largest relative error of the gradient in each array of parameters.

    It prints as a table, with one line per array.

    Parameters
    ----------
    W1, b1, W2, b2 : float
        The error in the weights and biases of the hidden and of the output layer, in
        [0, 1]; NaN for biases that are not trained.
    n_entries : dict of str to int
        How many entries of each array were compared.
    objective : float
        The value of the objective.

    Notes
    -----
    An error of exactly 0 usually means that all compared derivatives are zero, both
    ways: for example because no hidden unit is active, or because `forward` of your
    own activation did not write into H. The table then says so.

    Examples
    --------
    >>> from skmlp.inspection import GradientErrors
    >>> GradientErrors(W1=4e-9, b1=3e-9, W2=2e-9, b2=4e-11, objective=1.3,
    ...                n_entries={"W1": 40, "b1": 10, "W2": 30, "b2": 3})
    W1  hidden weights    40 entries  4.0e-09
    b1  hidden biases     10 entries  3.0e-09
    W2  output weights    30 entries  2.0e-09
    b2  output biases      3 entries  4.0e-11
    """

    W1: float
    b1: float
    W2: float
    b2: float
    n_entries: dict[str, int]
    objective: float

    @property
    def largest(self) -> float:
        """The largest of the errors; NaN where one could not be computed."""
        return float(np.max([getattr(self, name) for name in self.n_entries]))

    def __repr__(self) -> str:
        return "\n".join(
            f"{name}  {_DESCRIPTIONS[name]:14}  {n_entries:4d} entries  "
            f"{getattr(self, name):.1e}{_remark(getattr(self, name))}"
            for name, n_entries in self.n_entries.items()
        )


def _remark(error: float) -> str:
    """Tell what an error without any rounding usually means."""
    return "  perhaps all are zero, so that nothing was compared" if error == 0 else ""


def check_gradients(
    estimator: BaseEstimator,
    X: Any,
    y: LabelsLike,
    *,
    sample_weight: ArrayLike | None = None,
    step: float = 1e-5,
    n_entries: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> GradientErrors:
    r"""Compare the gradient of back-propagation with central differences.

    For each array of parameters it returns the largest relative error [1]_

    .. math:: \frac{|a - n|}{\max(10^{-8}, |a| + |n|)}

    over its entries, where a is the analytic and n the numeric derivative of the
    objective, (J(θ + step) - J(θ - step)) / (2 step).

    Parameters
    ----------
    estimator : TwoLayerClassifier, Pipeline or search
        Fitted, or made by `from_weights`; it is not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows for the estimator, of any numeric dtype, finite. Some tens of rows are
        enough: each entry takes two passes over them.
    y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
        Labels, all of them in `classes_`; for several labels per row 0 and 1.
    sample_weight : array-like of float of shape (n_samples,), default=None
        How much each sample counts: at least 0, not all 0. None for all the same.
    step : float, default=1e-5
        How far each parameter is moved in both directions; positive.
    n_entries : int, default=None
        How many entries of each array are compared, drawn at random without
        replacement, at least 1. None is 1000. Smaller arrays are compared as a whole.
    random_state : int, RandomState instance or None, default=None
        Seed of the draw.

    Returns
    -------
    errors : GradientErrors
        The errors in W1, b1, W2 and b2.

    Raises
    ------
    TypeError
        If there is no `TwoLayerClassifier` within `estimator`, `step` is not a number
        or `n_entries` is not an integer.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    ValueError
        If a parameter of the estimator is invalid, X does not fit it, y holds other
        labels, no row has a positive weight, `step` is not positive, `n_entries` is
        below 1, or a search has no `best_estimator_`.

    Notes
    -----
    The objective is that of the estimator, for X and y as one batch, always computed in
    float64: with its `loss`, `label_smoothing`, `class_weight` ('balanced' by this y)
    and penalty (none for 'adamw'). Dropout is left out, so that the objective is not
    random.

    The derivatives are with respect to the parameters that training changes. With
    `standardize` these are the weights for standardised features, scaled as in training
    (by this X if there was no training), and outliers are clipped as in training.
    Biases that ``fit_intercept=False`` keeps at zero are left out.

    Correct gradients have errors below about 1e-6. There are two causes of larger ones.
    'relu' and 'leaky_relu' have a kink at 0: if `step` moves a unit across it, the
    difference mixes two slopes. And rounding changes differences by about 1e-16 times
    the objective / `step`, which matters for gradients that are nearly zero, as at the
    end of training. So check early in training, with ``max_iter=1``, on some tens of
    rows, or with an activation that has no kink, such as 'tanh'.

    References
    ----------
    .. [1] Stanford CS231n, "Neural networks part 3: learning and evaluation", section
       "Gradient checks", and its first assignment for the bound 1e-8.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.inspection import check_gradients
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = TwoLayerClassifier(10, activation="tanh", random_state=0).fit(X, y)
    >>> check_gradients(clf, X, y).largest < 1e-6
    True
    """
    check_scalar(step, "step", Real, min_val=0, include_boundaries="neither")
    if not math.isfinite(step):
        raise ValueError(f"step == {step}, must be a finite number.")
    if n_entries is not None:
        check_scalar(n_entries, "n_entries", Integral, min_val=1)
    rng = check_random_state(random_state)
    classifier = fitted_classifier(estimator)
    point = _point_of(classifier, features_within(estimator, X), y, sample_weight)
    value = point.objective()
    names = [*_DESCRIPTIONS] if classifier.fit_intercept else ["W1", "W2"]
    gradients = {name: getattr(point.grads, name).flatten() for name in names}
    errors, n_compared = dict.fromkeys(_DESCRIPTIONS, math.nan), {}
    for name, gradient in gradients.items():
        entries = _drawn_entries(gradient.size, n_entries or _ENOUGH_ENTRIES, rng)
        numeric = _central_differences(
            point.objective,
            getattr(point.params, name).reshape(-1),
            entries,
            step,
        )
        errors[name] = _relative_error(gradient[entries], numeric)
        n_compared[name] = len(entries)
    return GradientErrors(**errors, n_entries=n_compared, objective=value)


@dataclass
class _Point:
    """An objective of all rows, and the parameters and gradient at which it is."""

    function: Objective
    batches: Batches
    params: Parameters
    grads: Parameters
    rng: np.random.Generator

    def objective(self) -> float:
        """Return the objective at the present parameters; write its gradient."""
        (batch,) = self.batches.epoch(self.rng)
        return self.function.loss_and_grad(self.params, batch, self.grads)


def _point_of(
    classifier: TwoLayerClassifier, X: Any, y: Any, sample_weight: Any
) -> _Point:
    """Return where a classifier stands on X as one batch, in float64."""
    check_parameters(classifier)
    trained = _in_float64(classifier)
    table = check_further_table(classifier, X, y)
    settings = Settings.of(classifier, table.X.shape, trained.dtype)
    settings = _deterministic(settings, n_rows=table.X.shape[0])
    targets = trained.targets(settings)
    data = check_chunk(
        table,
        sample_weight,
        targets=targets,
        class_weight=classifier.class_weight,
        dtype=settings.dtype,
        earlier_totals=targets.no_totals(),
    )
    if not data.weight.any():
        raise ValueError(
            f"No row counts, by class_weight={classifier.class_weight!r} and "
            "sample_weight together. Pass rows in y of a class that has a weight, or "
            "set_params(class_weight=None)."
        )
    state = TrainingState.resume(trained, settings, data)
    batches = build_batches(settings, data)
    objective = build_objective(
        settings, data, state.params, state.rng, batches.block_rows
    )
    grads = state.params.zeros_like()
    return _Point(objective, batches, state.params, grads, state.rng)


def _in_float64(classifier: TwoLayerClassifier) -> Trained:
    """Return the network of a classifier in float64."""
    return Trained(
        classifier.classes_,
        [W.astype(np.float64) for W in classifier.coefs_],
        [b.astype(np.float64) for b in classifier.intercepts_],
        {},
        classifier._training_state,
    )


def _deterministic(settings: Settings, n_rows: int) -> Settings:
    """Return the settings of the same objective, of all rows and without dropout."""
    return replace(
        settings,
        solver=LBFGS(),  # it sees all rows at once
        batch_size=n_rows,
        alpha=settings.penalty,
        sampling=SAMPLINGS["sequential"],
        dropout=0.0,
        input_dropout=0.0,
        random_state=0,  # a RandomState of the caller's would be drawn from
    )


def _drawn_entries(size: int, n_entries: int, rng: np.random.RandomState) -> np.ndarray:
    """Return the indices of up to n_entries of so many entries."""
    if size <= n_entries:
        return np.arange(size)
    return sample_without_replacement(size, n_entries, random_state=rng)


def _central_differences(
    objective: Callable[[], float],
    values: np.ndarray,
    entries: np.ndarray,
    step: float,
) -> np.ndarray:
    """Return (J(v + step) - J(v - step)) / (2 step) by each entry v of the values."""
    numeric = np.empty(len(entries))
    for i, entry in enumerate(entries):
        value = values[entry]
        values[entry] = value + step
        ahead = objective()
        values[entry] = value - step
        behind = objective()
        values[entry] = value
        numeric[i] = (ahead - behind) / (2 * step)
    return numeric


def _relative_error(analytic: np.ndarray, numeric: np.ndarray) -> float:
    """Return the largest |a - n| / max(1e-8, |a| + |n|)."""
    size = np.maximum(_SMALLEST_GRADIENT, np.abs(analytic) + np.abs(numeric))
    return float(np.max(np.abs(analytic - numeric) / size))
