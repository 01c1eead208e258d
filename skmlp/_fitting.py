"""From an estimator's parameters and checked data to a training that can run."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skmlp import _validation, _weights
from skmlp._batches import SAMPLINGS, Batches, Rows, block_rows, blocks_of, rows_of
from skmlp._callbacks import FitTasks
from skmlp._dropout import DroppedFeatures, DroppedUnits
from skmlp._monitor import Monitor, Row, print_epoch
from skmlp._network import Activation, Objective, Parameters, Workspace, evaluate
from skmlp._training import LBFGSTraining, Progress, State, Training
from skmlp._validation import TrainingData
from skmlp.activations import ACTIVATIONS
from skmlp.initializers import INITIALIZERS, Initializer
from skmlp.losses import LOSSES
from skmlp.schedules import SCHEDULES, Schedule, from_callable
from skmlp.solvers import SGD, SOLVERS, Adam, ClippedNorm

# MLPClassifier's: a plateau at or below this rate ends the adaptive schedule.
_LEAST_ADAPTIVE_RATE = 1e-6
_ADAPTIVE_FACTOR = 5.0


def start(estimator: Any, data: TrainingData) -> State:
    """Return the state before the first epoch: initial weights, counters at zero."""
    params = _zero_parameters(estimator, data)
    rng = _random_stream(estimator)
    for layer, W in enumerate((params.W1, params.W2)):
        _initializer(estimator, layer)(W, rng)
        _weights.check_finite_weights(W, layer)
    state = State(params, rng, Progress())
    state.split_seed = int(rng.integers(2**63))
    return state


def resume(estimator: Any, data: TrainingData) -> State:
    """Return the state that the last call ended with, as copies."""
    _weights.check_same_network(estimator, data)
    params = _zero_parameters(estimator, data)
    trained = (*estimator.coefs_, *estimator.intercepts_)
    for own, array in zip(
        (params.W1, params.W2, params.b1, params.b2), trained, strict=True
    ):
        np.copyto(own, array)
    history = {name: list(column) for name, column in estimator.history_.items()}
    progress = Progress(**estimator._training_state["progress"])
    kept = estimator._training_state
    rng = _random_stream(estimator) if kept["rng"] is None else np.random.default_rng()
    if kept["rng"] is not None:
        rng.bit_generator.state = kept["rng"]
    state = State(params, rng, progress, history)
    state.watched = estimator._watched
    state.kept_solver = kept["solver"]
    state.split_seed = kept["split_seed"]
    return state


def trained_attributes(
    estimator: Any, state: State, keeps_solver: bool
) -> dict[str, Any]:
    """Return what training made of the estimator, by attribute; arrays are copied."""
    params = state.params
    return {
        "coefs_": [params.W1.copy(), params.W2.copy()],
        "intercepts_": [params.b1.copy(), params.b2.copy()],
        "n_iter_": state.progress.n_epochs,
        "t_": state.progress.n_samples,
        "history_": {name: list(column) for name, column in state.history.items()},
        "_watched": state.watched,
        "_training_state": {
            "activation": estimator.activation,
            "progress": asdict(state.progress),
            "rng": state.rng.bit_generator.state,
            "split_seed": state.split_seed,
            "solver": state.solver_state() if keeps_solver else None,
        },
    }


def _zero_parameters(estimator: Any, data: TrainingData) -> Parameters:
    return Parameters(
        data.X.shape[1],
        estimator.hidden_layer_size,
        len(data.classes),
        data.weight.dtype,
        estimator.fit_intercept,
    )


def _random_stream(estimator: Any) -> np.random.Generator:
    """Return the estimator's own stream, seeded from random_state."""
    seeds = check_random_state(estimator.random_state).randint(2**31 - 1, size=4)
    return np.random.default_rng(seeds)


def build_training(
    estimator: Any,
    data: TrainingData,
    state: State,
    subset: np.ndarray | None = None,
    mean_weight: float | None = None,
) -> Training | LBFGSTraining:
    """Assemble what trains the parameters of the state on (a subset of) the data."""
    params, rng = state.params, state.rng
    full_batch = estimator.solver == "lbfgs" or estimator.batch_size is None
    n_rows = len(data.y) if subset is None else len(subset)
    batch_size = _batch_size(estimator, n_rows, full_batch)
    n_block_rows = min(block_rows(*params.shape), batch_size)
    batches = Batches(
        _rows(estimator, data, n_block_rows, rng),
        data.y,
        data.weight,
        batch_size=batch_size,
        block_rows=n_block_rows,
        sampling=SAMPLINGS[_sampling(estimator, full_batch)],
        subset=subset,
        mean_weight=mean_weight,
    )
    solver = None if estimator.solver == "lbfgs" else _solver(estimator, params)
    decouples = solver is not None and "alpha" in solver.options
    objective = Objective(
        params,
        _activation(estimator, n_block_rows, params, rng),
        LOSSES[estimator.loss](estimator.label_smoothing),
        0.0 if decouples else estimator.alpha,
        n_block_rows,
    )
    if solver is None:
        return LBFGSTraining(objective, batches, state, estimator.tol)
    state.attach(solver)
    bound = estimator.max_grad_norm
    return Training(
        objective,
        batches,
        state,
        solver if bound is None else ClippedNorm(solver, bound),
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
            watched, score = _validation.check_scorer(estimator)
            predictor = _predictor(estimator, training.params, data.classes)
            measures.append(_metric(watched, score, predictor, validation))
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
    n_rows = min(block_rows(*params.shape), len(data.y))
    workspace = Workspace(n_rows, *params.shape[1:], params.dtype)
    return lambda: evaluate(
        params,
        blocks_of(data.X, n_rows, params.dtype, subset),
        data.y,
        data.weight,
        ACTIVATIONS[estimator.activation],
        training.objective.loss,
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


def _initializer(estimator: Any, layer: int) -> Initializer:
    """Return what fills the weights of a layer."""
    init = estimator.weight_init
    if callable(init):
        return lambda W, rng: _weights.check_fills_in_place(init(W, rng), W)
    if not isinstance(init, str):
        return lambda W, rng: _weights.copy_initial_weights(init[layer], W, layer)
    if init == "auto":
        init = "he" if ACTIVATIONS[estimator.activation].is_rectifier else "glorot"
    scale = estimator.init_scale
    return INITIALIZERS[init](
        scale[layer] if isinstance(scale, tuple | list) else scale
    )


def _batch_size(estimator: Any, n_rows: int, full_batch: bool) -> int:
    if full_batch:
        return n_rows
    wanted = 200 if estimator.batch_size == "auto" else estimator.batch_size
    return min(wanted, n_rows)


def _sampling(estimator: Any, full_batch: bool) -> str:
    """Return how to draw; the order within a full batch only takes time."""
    orderless = full_batch and estimator.sampling == "shuffle"
    return (
        "sequential" if orderless or estimator.solver == "lbfgs" else estimator.sampling
    )


def _rows(
    estimator: Any, data: TrainingData, n_rows: int, rng: np.random.Generator
) -> Rows:
    dtype = data.weight.dtype
    rows = rows_of(data.X, n_rows, dtype)
    if not estimator.input_dropout:
        return rows
    return DroppedFeatures(rows, estimator.input_dropout, rng, dtype)


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
    name: str, score: Callable[..., float], predictor: Any, validation: TrainingData
) -> Callable[[], Row]:
    """Return what measures the scorer on validation data."""
    labels = predictor.classes_[validation.y]
    weight = None if validation.is_unweighted else validation.weight
    return lambda: {name: score(predictor, validation.X, labels, weight)}


def _predictor(estimator: Any, params: Parameters, classes: np.ndarray) -> Any:
    """Return an estimator that predicts with the parameters as they change."""
    predictor = copy.copy(estimator)
    vars(predictor).pop("feature_names_in_", None)
    predictor.classes_ = classes
    predictor.n_features_in_ = params.shape[0]
    predictor.coefs_ = [params.W1, params.W2]
    predictor.intercepts_ = [params.b1, params.b2]
    return predictor
