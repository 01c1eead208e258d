"""From settings, data and a state to a trainer that can run."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Protocol, cast

import numpy as np
from sklearn.base import BaseEstimator

from skmlp._checks.data import OverflowInPrediction, TrainingData
from skmlp._checks.scoring import Scorer
from skmlp._core.batches import Batches
from skmlp._core.dropout import DroppedFeatures, DroppedUnits
from skmlp._core.lazy_rows import LazyRows
from skmlp._core.learner import InOneThread, Learner
from skmlp._core.network import Activation, Workspace
from skmlp._core.objective import (
    ActiveUnits,
    LossOfMembers,
    Objective,
    Sums,
    evaluate,
)
from skmlp._core.parameters import Layers, Parameters
from skmlp._core.rows import Rows, blocks_of, centered, numbers_per_row, rows_of
from skmlp._core.standardization import Standardization
from skmlp._parallel.n_threads import threads_of_rows, threads_of_steps
from skmlp._parallel.team import ranges, side_by_side, until
from skmlp._parallel.units import N_ROWS, InSeveralThreads, Units, parts_of
from skmlp._settings import Settings
from skmlp._training.callbacks import FitTasks
from skmlp._training.epochs import Monitor, Row, Watched, print_epoch, print_legend
from skmlp._training.full_batch import FullBatchTrainer
from skmlp._training.minibatch import MiniBatchTrainer
from skmlp._training.state import TrainingState, is_lazy, rows_at_once
from skmlp._training.trainer import Trainer
from skmlp.activations import ACTIVATIONS
from skmlp.losses import LOSSES
from skmlp.solvers import SOLVERS, ClippedNorm, FullBatchSolver, Solver

# Makes an estimator that predicts with the network as it is now.
MakePredictor = Callable[[], BaseEstimator]


class MakeTrainer(Protocol):
    """What makes a trainer, as `build_trainer` does."""

    def __call__(
        self,
        settings: Settings,
        data: TrainingData,
        state: TrainingState,
        subset: np.ndarray | None = None,
        /,
        *,
        n_epochs: int,
    ) -> Trainer:
        """Return what trains the parameters of the state for so many epochs."""
        ...


class Evaluation(Protocol):
    """Returns the mean loss and the accuracy on some rows, and lets units see them."""

    def __call__(self, units: ActiveUnits | None = None) -> tuple[float, float]: ...


def build_trainer(
    settings: Settings,
    data: TrainingData,
    state: TrainingState,
    subset: np.ndarray | None = None,
    mean_weight: float | None = None,
    *,
    n_epochs: int,
) -> Trainer:
    """Assemble what trains the parameters of the state on (a subset of) the data."""
    batches = build_batches(settings, data, subset, mean_weight)

    objective = build_objective(
        settings, data, state.params, state.rng, batches.block_rows
    )
    if not settings.solver.is_stochastic:
        full_batch = cast(FullBatchSolver, settings.solver)
        return FullBatchTrainer(objective, full_batch, batches, state)
    stochastic = cast(Solver, settings.solver)
    if settings.max_grad_norm is not None:
        stochastic = ClippedNorm(stochastic, settings.max_grad_norm)
    solver = state.attach(stochastic)
    learner: Learner
    n_threads = _n_threads_of_steps(settings, data, batches, n_epochs)
    if n_threads > 1:
        learner = _in_several_threads(
            n_threads, settings, data, state, objective, solver, batches.block_rows
        )
    elif is_lazy(settings, data) and not state.params.centers:
        lazy = LazyRows(objective, solver, state.params)
        learner = InOneThread(lazy, lazy, state.params)
    else:
        learner = InOneThread(objective, solver, state.params)
    schedule, rate = settings.schedule, settings.learning_rate_init
    return MiniBatchTrainer(learner, batches, state, schedule, rate)


def _in_several_threads(
    n_threads: int,
    settings: Settings,
    data: TrainingData,
    state: TrainingState,
    objective: Objective,
    solver: Solver,
    block_rows: int,
) -> Learner:
    """Assemble what learns side by side."""
    params = state.params
    others = [
        _rows(settings, data, params, state.rng, block_rows) for _ in range(N_ROWS - 1)
    ]
    units = [
        Units(
            some,
            params,
            solver,
            alpha=settings.penalty,
            block_rows=block_rows,
            make_activation=partial(_activation, settings, block_rows=block_rows),
            draws=settings.dropout > 0,
        )
        for some in parts_of(settings.hidden_layer_size, n_threads)
    ]
    return InSeveralThreads(objective, [objective.rows, *others], units)


def build_batches(
    settings: Settings,
    data: TrainingData,
    subset: np.ndarray | None = None,
    mean_weight: float | None = None,
) -> Batches:
    """Assemble the batches of (a subset of) the data."""
    n_rows = len(data.y) if subset is None else len(subset)
    batch_size = min(settings.batch_size, n_rows)
    return Batches(
        data.y,
        data.weight,
        batch_size=batch_size,
        block_rows=min(rows_at_once(settings, data), batch_size),
        sampling=settings.sampling,
        subset=subset,
        mean_weight=mean_weight,
    )


def can_take_threads(settings: Settings, data: TrainingData) -> bool:
    """Return whether several threads may have parts of the hidden units.

    What a user wrote is called by the thread that called `fit` alone, a bound on the
    norm of the gradient concerns all units at once, and few units are one part.
    """
    solver = settings.solver
    return (
        len(parts_of(settings.hidden_layer_size, 2)) == 2
        and type(solver) in SOLVERS.values()
        and solver.is_stochastic
        and _has_our_activation(settings)
        and settings.max_grad_norm is None
        and not is_lazy(settings, data)
    )


def _n_threads_of_steps(
    settings: Settings, data: TrainingData, batches: Batches, n_epochs: int
) -> int:
    """Return how many threads take the steps of training."""
    if not can_take_threads(settings, data):
        return 1
    n_numbers = batches.block_rows * numbers_per_row(data.X)
    n_steps = n_epochs * math.ceil(batches.n_rows / batches.batch_size)
    return threads_of_steps(
        settings.n_jobs, n_numbers * settings.hidden_layer_size, n_steps
    )


def _n_threads_of_rows(settings: Settings, data: TrainingData, n_rows: int) -> int:
    """Return how many threads measure a network on so many rows."""
    if not computes_by_ours(settings):
        return 1
    n_numbers = n_rows * numbers_per_row(data.X)
    return threads_of_rows(settings.n_jobs, n_numbers * settings.hidden_layer_size)


def computes_by_ours(settings: Settings) -> bool:
    """Return whether neither activation nor loss is one that a user wrote."""
    return type(settings.loss) in LOSSES.values() and _has_our_activation(settings)


def _has_our_activation(settings: Settings) -> bool:
    """Return whether the activation is none that a user wrote."""
    return any(settings.activation is ours for ours in ACTIVATIONS.values())


def build_objective(
    settings: Settings,
    data: TrainingData,
    params: Parameters,
    rng: np.random.Generator,
    block_rows: int,
) -> Objective:
    """Assemble what is minimised, with buffers for blocks of so many rows.

    The stream is that of its dropout; the objective of a mini-batch trainer shares that
    of the batches.
    """
    n_members = params.n_members
    loss = data.targets.loss
    return Objective(
        _rows(settings, data, params, rng, block_rows),
        _activation(settings, params, rng, block_rows),
        data.targets,
        loss if n_members is None else LossOfMembers(loss, n_members),
        settings.penalty,
        Workspace(block_rows, *params.shape[1:], params.dtype, n_members=n_members),
    )


def _rows(
    settings: Settings,
    data: TrainingData,
    params: Parameters,
    rng: np.random.Generator,
    block_rows: int,
) -> Rows:
    """Return what hands out rows of X, standardised, some of their features dropped."""
    standardization = params.standardization
    rows: Rows = rows_of(data.X, block_rows, params.dtype, standardization)
    if settings.input_dropout:
        rows = DroppedFeatures(rows, settings.input_dropout, rng, params.dtype)
    return centered(rows, data.X, standardization, params.dtype)


def _activation(
    settings: Settings, params: Parameters, rng: np.random.Generator, block_rows: int
) -> Activation:
    """Return the activation, some of its units dropped."""
    if not settings.dropout:
        return settings.activation
    n_elements = block_rows * params.shape[1]
    return DroppedUnits(
        settings.activation,
        settings.dropout,
        rng,
        n_elements,
        params.dtype,
        params.n_members or 1,
    )


def build_monitor(
    settings: Settings,
    trainer: Watched,
    data: TrainingData,
    validation: TrainingData | None,
    make_predictor: MakePredictor,
    tasks: FitTasks | None = None,
) -> Monitor:
    """Assemble what ends each epoch."""
    state = trainer.state
    measures: list[Callable[[], Row]] = []
    watched = "loss"
    if settings.monitor_train:
        subset = trainer.batches.subset
        measures.append(_training_measure(settings, state.params, data, subset))
    if validation is not None:
        watched = "val_loss"
        evaluate_val = build_evaluation(settings, state.params, validation)
        measures.append(lambda: _named("val", evaluate_val()))
        if settings.scorer is not None:
            watched = settings.scorer.name
            measures.append(build_metric(settings.scorer, validation, make_predictor))
        state.score_name = watched
    state.progress.watch(watched)
    return Monitor(
        trainer,
        measures=measures,
        watched=watched,
        n_iter_no_change=settings.n_iter_no_change,
        tol=settings.tol,
        max_plateaus=settings.max_plateaus,
        cools_from=settings.cools_from,
        report=_reporter(settings.verbose, watched, state.progress.planned_from + 1),
        tasks=tasks,
    )


def _training_measure(
    settings: Settings,
    params: Parameters,
    data: TrainingData,
    subset: np.ndarray | None,
) -> Callable[[], Row]:
    """Return what measures the training rows, and which units they make active."""

    def measure() -> Row:
        units = ActiveUnits(params.shape[1], params.dtype)
        return {**_named("train", evaluate_now(units)), "active_units": units.share}

    evaluate_now = build_evaluation(settings, params, data, subset)
    return measure


class Network(Protocol):
    """What can be measured: `Parameters`, as they predict or `AsTrained`, `Trained`."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """The numbers of features, hidden units and outputs."""
        ...

    @property
    def dtype(self) -> np.dtype:
        """The precision that it computes in."""
        ...

    def to_compute(self) -> tuple[Layers, Standardization | None]:
        """Return the layers, and what rows are to be standardised by."""
        ...


class AsTrained:
    """A network that is measured on rows as training sees them: within a limit."""

    def __init__(self, params: Parameters) -> None:
        self.params = params
        self.shape, self.dtype = params.shape, params.dtype

    def to_compute(self) -> tuple[Layers, Standardization | None]:
        """Return the layers that training moves, and what it standardises rows by."""
        return self.params.to_compute_as_trained()


def build_evaluation(
    settings: Settings,
    network: Network,
    data: TrainingData,
    subset: np.ndarray | None = None,
) -> Evaluation:
    """Return what measures the mean loss and the accuracy on (a subset of) the data.

    `ActiveUnits` that it is called with see the rows.
    """
    every = range(len(data.y)) if subset is None else subset
    n_threads = _n_threads_of_rows(settings, data, len(every))
    parts = [every[part] for part in ranges(len(every), n_threads)]
    n_rows = min(rows_at_once(settings, data), len(every))
    shape, dtype = network.shape, network.dtype
    workspaces = [Workspace(n_rows, *shape[1:], dtype) for _ in parts]

    def evaluate_now(units: ActiveUnits | None = None) -> tuple[float, float]:
        layers, standardization = network.to_compute()
        is_given_up = Event()
        watching = [units and ActiveUnits(shape[1], dtype) for _ in parts]

        def evaluate_part(
            part: np.ndarray | range, workspace: Workspace, seen: ActiveUnits | None
        ) -> Sums:
            blocks = blocks_of(data.X, n_rows, dtype, part, standardization)
            return evaluate(
                layers,
                until(is_given_up, blocks),
                data.y,
                data.weight,
                settings.activation,
                data.targets,
                data.targets.loss,
                workspace,
                seen,
            )

        sums = side_by_side(
            evaluate_part, parts, workspaces, watching, given_up=is_given_up
        )
        for seen in watching:
            if units is not None and seen is not None:
                units.take_in(seen)
        return Sums(*map(sum, zip(*sums, strict=True))).means()

    return evaluate_now


def build_metric(
    scorer: Scorer, validation: TrainingData, make_predictor: MakePredictor
) -> Callable[[], Row]:
    """Return what measures the scorer on validation data."""
    labels = validation.targets.decode(validation.y)
    weight = None if validation.is_unweighted else validation.given_weight

    def measure_metric() -> Row:
        try:
            score = scorer.score(make_predictor(), validation.X, labels, weight)
        except OverflowInPrediction:
            score = math.nan
        return {scorer.name: score}

    return measure_metric


def _named(part: str, loss_and_accuracy: tuple[float, float]) -> Row:
    loss, accuracy = loss_and_accuracy
    return {f"{part}_loss": loss, f"{part}_accuracy": accuracy}


def _reporter(
    verbose: bool | int, watched: str, first: int
) -> Callable[[Row, bool], None]:
    """Return what prints every so many epochs, and before the first what a star is."""

    def report(row: Row, is_best: bool) -> None:
        if verbose and row["epoch"] == first:
            print_legend(watched)
        if verbose and row["epoch"] % int(verbose) == 0:
            print_epoch(row, is_best)

    return report
