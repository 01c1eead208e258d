"""From an estimator's parameters and checked data to a training that can run."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from skmlp import _settings
from skmlp._checks import data as _data
from skmlp._checks.data import TrainingData
from skmlp._core.batches import (
    SAMPLINGS,
    Batches,
    CenteredRows,
    Rows,
    blocks_of,
    rows_of,
)
from skmlp._core.dropout import DroppedFeatures, DroppedUnits
from skmlp._core.lazy_rows import TouchedFeatures
from skmlp._core.network import (
    Activation,
    Objective,
    Parameters,
    Workspace,
    evaluate,
)
from skmlp._core.standardization import Standardization
from skmlp._training.callbacks import FitTasks
from skmlp._training.epochs import Monitor, Row, print_epoch
from skmlp._training.minibatch import (
    LBFGSTraining,
    Minimized,
    State,
    Stepping,
    Training,
)
from skmlp.activations import ACTIVATIONS
from skmlp.losses import LOSSES
from skmlp.schedules import SCHEDULES, Schedule, from_callable
from skmlp.solvers import SGD, SOLVERS, Adam, ClippedNorm

# MLPClassifier's: a plateau at or below this rate ends the adaptive schedule.
_LEAST_ADAPTIVE_RATE = 1e-6
_ADAPTIVE_FACTOR = 5.0


def build_training(
    estimator: Any,
    data: TrainingData,
    state: State,
    subset: np.ndarray | None = None,
    mean_weight: float | None = None,
) -> Training | LBFGSTraining:
    """Assemble what trains the parameters of the state on (a subset of) the data."""
    params, rng = state.params, state.rng
    batch_size = _settings.batch_size(
        estimator, len(data.y) if subset is None else len(subset)
    )
    n_block_rows = min(_settings.block_rows(estimator, data), batch_size)
    batches = Batches(
        _rows(estimator, data, n_block_rows, rng, params.standardization),
        data.y,
        data.weight,
        batch_size=batch_size,
        block_rows=n_block_rows,
        sampling=SAMPLINGS[_sampling(estimator)],
        subset=subset,
        mean_weight=mean_weight,
    )
    solver = None if estimator.solver == "lbfgs" else _solver(estimator, params)
    objective = Objective(
        params,
        _activation(estimator, n_block_rows, params, rng),
        LOSSES[estimator.loss](estimator.label_smoothing),
        0.0 if _settings.decouples_alpha(estimator.solver) else estimator.alpha,
        n_block_rows,
    )
    if solver is None:
        return LBFGSTraining(objective, batches, state, estimator.tol)
    state.attach(solver)
    bound = estimator.max_grad_norm
    bounded = solver if bound is None else ClippedNorm(solver, bound)
    minimized: tuple[Minimized, Stepping] = (objective, bounded)
    centers = params.standardization is not None and params.standardization.centers
    if _settings.touches_few(estimator, data) and not centers:
        minimized = (touched := TouchedFeatures(objective, bounded)), touched
    return Training(
        *minimized,
        batches,
        state,
        _schedule(estimator),
        estimator.learning_rate_init,
    )


def build_monitor(
    estimator: Any,
    training: Training | LBFGSTraining,
    data: TrainingData,
    validation: TrainingData | None,
    tasks: FitTasks | None = None,
) -> Monitor:
    """Assemble what ends each epoch."""
    measures: list[Callable[[], Row]] = []
    watched = "loss"
    if estimator.monitor_train:
        subset = training.batches.subset
        evaluate_train = evaluation(estimator, training, data, subset)
        measures.append(lambda: _named("train", evaluate_train()))
    if validation is not None:
        watched = "val_loss"
        evaluate_val = evaluation(estimator, training, validation)
        measures.append(lambda: _named("val", evaluate_val()))
        if estimator.scoring != "loss":
            watched, score = _data.check_scorer(estimator)
            measures.append(
                _metric(watched, score, estimator, training.params, validation)
            )
        training.state.watched = watched
    training.state.progress.watch(watched)
    return Monitor(
        training,
        measures=measures,
        watched=watched,
        n_iter_no_change=estimator.n_iter_no_change,
        tol=estimator.tol,
        max_plateaus=_max_plateaus(estimator),
        report=_reporter(estimator.verbose),
        tasks=tasks,
    )


def evaluation(
    estimator: Any,
    training: Training | LBFGSTraining,
    data: TrainingData,
    subset: np.ndarray | None = None,
) -> Callable[[], tuple[float, float]]:
    """Return what measures the mean loss and the accuracy on (a subset of) the data."""
    params = training.params
    n_rows = min(_settings.block_rows(estimator, data), len(data.y))
    workspace = Workspace(n_rows, *params.shape[1:], params.dtype)
    return lambda: evaluate(
        params.layers(),
        blocks_of(data.X, n_rows, params.dtype, subset),
        data.y,
        data.weight,
        ACTIVATIONS[estimator.activation],
        LOSSES[estimator.loss](estimator.label_smoothing),
        workspace,
    )


def _named(part: str, loss_and_accuracy: tuple[float, float]) -> Row:
    loss, accuracy = loss_and_accuracy
    return {f"{part}_loss": loss, f"{part}_accuracy": accuracy}


def _reporter(verbose: bool | int) -> Callable[[Row, bool], None]:
    """Return what prints every so many epochs."""

    def report(row: Row, is_best: bool) -> None:
        if verbose and row["epoch"] % int(verbose) == 0:
            print_epoch(row, is_best)

    return report


def _sampling(estimator: Any) -> str:
    """Return how to draw; the order within a full batch only takes time."""
    orderless = (
        _settings.has_full_batches(estimator) and estimator.sampling == "shuffle"
    )
    return (
        "sequential" if orderless or estimator.solver == "lbfgs" else estimator.sampling
    )


def _rows(
    estimator: Any,
    data: TrainingData,
    n_rows: int,
    rng: np.random.Generator,
    standardization: Standardization | None,
) -> Rows:
    dtype = data.weight.dtype
    rows: Rows = rows_of(data.X, n_rows, dtype, standardization)
    if estimator.input_dropout:
        rows = DroppedFeatures(rows, estimator.input_dropout, rng, dtype)
    if (
        sparse.issparse(data.X)
        and standardization is not None
        and standardization.centers
    ):
        rows = CenteredRows(rows, standardization, dtype)
    return rows


def _activation(
    estimator: Any, n_rows: int, params: Parameters, rng: np.random.Generator
) -> Activation:
    activation = ACTIVATIONS[estimator.activation]
    if not estimator.dropout:
        return activation
    n_elements = n_rows * params.shape[1]
    return DroppedUnits(activation, estimator.dropout, rng, n_elements, params.dtype)


def _solver(estimator: Any, params: Parameters) -> SGD | Adam:
    make = SOLVERS[estimator.solver]
    options = {name: getattr(estimator, name) for name in make.options}
    return make(params.flat.size, params.n_weights, params.dtype, **options)


def _schedule(estimator: Any) -> Schedule:
    if callable(estimator.learning_rate):
        return from_callable(estimator.learning_rate)
    make = SCHEDULES[estimator.learning_rate]
    return make(estimator.power_t, estimator.learning_rate_decay)


def _max_plateaus(estimator: Any) -> float:
    """Return the number of plateaus at which training ends."""
    if estimator.learning_rate == "adaptive" and estimator.solver != "lbfgs":
        ratio = estimator.learning_rate_init / _LEAST_ADAPTIVE_RATE
        return 1 + max(math.ceil(math.log(ratio, _ADAPTIVE_FACTOR)), 0)
    return 1 if estimator.early_stopping else math.inf


def _metric(
    name: str,
    score: Callable[..., float],
    estimator: Any,
    params: Parameters,
    validation: TrainingData,
) -> Callable[[], Row]:
    """Return what measures the scorer on validation data."""
    labels = validation.classes[validation.y]
    weight = None if validation.is_unweighted else validation.weight

    def measure_metric() -> Row:
        predictor = _predictor(estimator, params, validation.classes)
        return {name: score(predictor, validation.X, labels, weight)}

    return measure_metric


def _predictor(estimator: Any, params: Parameters, classes: np.ndarray) -> Any:
    """Return an estimator that predicts with the parameters."""
    predictor = copy.copy(estimator)
    vars(predictor).pop("feature_names_in_", None)
    predictor.classes_ = classes
    predictor.n_features_in_ = params.shape[0]
    W1, W2, b1, b2 = params.layers()
    predictor.coefs_, predictor.intercepts_ = [W1, W2], [b1, b2]
    return predictor
