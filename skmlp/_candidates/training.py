"""Candidates for alpha: trained on the same batches, and scored on held-out rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event
from typing import NamedTuple, cast

import numpy as np
from sklearn.base import BaseEstimator

from skmlp._candidates.members import Members
from skmlp._checks.data import TrainingData
from skmlp._core.learner import InOneThread
from skmlp._core.rows import numbers_per_row
from skmlp._parallel.n_threads import threads_of_steps
from skmlp._parallel.team import ranges, side_by_side
from skmlp._settings import Settings
from skmlp._training.build import (
    build_batches,
    build_evaluation,
    build_metric,
    build_monitor,
    build_objective,
    computes_by_ours,
)
from skmlp._training.minibatch import MiniBatchTrainer
from skmlp._training.run import parts, try_out
from skmlp._training.state import Trained, TrainingState, is_lazy
from skmlp._training.trainer import Diverged
from skmlp.schedules import SCHEDULES, ShareOfTraining
from skmlp.solvers import SOLVERS, Solver

# Makes an estimator that predicts with a trained network.
PredictorOf = Callable[[Trained], BaseEstimator]
# Numbers of all members together from which on they gain nothing from one another.
_MOST_PARAMETERS = 2**23


class Candidate(NamedTuple):
    """A network trained with some alpha; None where that diverged."""

    alpha: float
    trained: Trained | None


def train_candidates(
    settings: Settings,
    data: TrainingData,
    alphas: Sequence[float],
    *,
    subset: np.ndarray | None = None,
    validation: TrainingData | None = None,
    predictor_of: PredictorOf | None = None,
) -> list[Candidate]:
    """Train a network per alpha, all on the same batches from the same weights.

    Each is what `fit` would make with that alpha and the same random stream, to
    rounding. They are trained side by side where that can be, else in sequence: with
    'lbfgs', on wide sparse X, and where a rate or a gradient depends on how training
    fares (the schedule 'adaptive', `max_grad_norm`, a plan that early stopping
    shortens).

    Parameters
    ----------
    settings : Settings
        What all candidates are trained with, but for alpha.
    data : TrainingData
    alphas : sequence of float
        At least one, each at least 0.
    subset : ndarray of int or None
        The rows to train on, None for all. The features are standardised by all.
    validation : TrainingData or None
        What is measured after each epoch, and watched by early stopping.
    predictor_of : callable or None
        Makes an estimator of a trained network; needed where `early_stopping` watches a
        scorer.

    Returns
    -------
    candidates : list of Candidate
        In the order of alphas.
    """
    quiet = replace(settings, verbose=False, monitor_train=False)
    start = TrainingState.start(quiet, data)
    if subset is None:
        subset, validation = parts(quiet, data, validation, start)
    train = _in_sequence
    if can_go_side_by_side(settings, data, len(alphas)):
        train = _side_by_side
    told = [quiet.with_alpha(alpha) for alpha in alphas]
    trained = train(told, data, subset, validation, start, predictor_of)
    return [Candidate(*pair) for pair in zip(alphas, trained, strict=True)]


def score_candidates(
    settings: Settings,
    candidates: Sequence[Candidate],
    held_out: TrainingData,
    predictor_of: PredictorOf | None = None,
) -> np.ndarray:
    """Return the score of each on rows that it has not seen; greater is better.

    What `scoring` stands for: the negative loss, or a scorer's score, for which
    `predictor_of` makes estimators. Minus infinity for what diverged.
    """
    scores = np.full(len(candidates), -math.inf)
    with np.errstate(all="ignore"):
        for i, candidate in enumerate(candidates):
            if candidate.trained is not None:
                scores[i] = _score(settings, candidate.trained, held_out, predictor_of)
    return np.where(np.isnan(scores), -math.inf, scores)


def can_go_side_by_side(settings: Settings, data: TrainingData, n_members: int) -> bool:
    """Return whether every candidate then goes the way that it would go alone."""
    n_features, n_outputs = data.X.shape[1], data.targets.n_outputs
    n_parameters = n_members * settings.hidden_layer_size * (n_features + n_outputs)
    schedules = (*SCHEDULES.values(), ShareOfTraining)
    return (
        type(settings.solver) in SOLVERS.values()
        and settings.solver.is_stochastic
        and type(settings.schedule) in schedules
        and math.isinf(settings.schedule.max_plateaus(settings.learning_rate_init))
        and settings.cools_from is None
        and settings.max_grad_norm is None
        and not is_lazy(settings, data)
        and n_parameters <= _MOST_PARAMETERS
    )


def _side_by_side(
    candidates: Sequence[Settings],
    data: TrainingData,
    subset: np.ndarray | None,
    validation: TrainingData | None,
    start: TrainingState,
    predictor_of: PredictorOf | None,
) -> list[Trained | None]:
    """Train all candidates at once, some in each thread."""
    n_threads = _n_threads(candidates, data)
    groups = [candidates[part] for part in ranges(len(candidates), n_threads)]
    is_given_up = Event()

    def train(group: Sequence[Settings]) -> list[Trained | None]:
        its_start = start.copy()
        return _train_group(
            group, data, subset, validation, its_start, predictor_of, is_given_up
        )

    trained = side_by_side(train, groups, given_up=is_given_up)
    return [one for group in trained for one in group]


def _n_threads(candidates: Sequence[Settings], data: TrainingData) -> int:
    """Return how many threads train candidates; what users wrote they do not call."""
    settings = candidates[0]
    asks_users = settings.scorer or type(settings.schedule) is ShareOfTraining
    if asks_users or not computes_by_ours(settings):
        return 1
    n_rows = min(settings.batch_size, len(data.y))
    n_units = len(candidates) * settings.hidden_layer_size
    n_steps = settings.max_iter * math.ceil(len(data.y) / n_rows)
    n_multiplications = n_rows * numbers_per_row(data.X) * n_units
    return threads_of_steps(settings.n_jobs, n_multiplications, n_steps)


def _train_group(
    candidates: Sequence[Settings],
    data: TrainingData,
    subset: np.ndarray | None,
    validation: TrainingData | None,
    start: TrainingState,
    predictor_of: PredictorOf | None,
    is_given_up: Event,
) -> list[Trained | None]:
    """Train some candidates on the same batches."""
    settings = candidates[0]
    state = replace(start, params=start.params.repeated(len(candidates)))
    state.progress.plan(settings.max_iter)
    trainer = _trainer(candidates, data, state, subset)
    watchers = [
        _Watcher(i, candidate, trainer, start.copy(), data, validation, predictor_of)
        for i, candidate in enumerate(candidates)
    ]
    watching = [] if validation is None else watchers
    with np.errstate(all="ignore"):
        epochs = _Epochs(state, watching, len(data.y), is_given_up)
        trainer.run(settings.max_iter, epochs)
    return [watcher.end() for watcher in watchers]


def _trainer(
    candidates: Sequence[Settings],
    data: TrainingData,
    state: TrainingState,
    subset: np.ndarray | None,
) -> MiniBatchTrainer:
    """Assemble what trains the members of a state, one for each of the settings."""
    settings, params = candidates[0].with_alpha(0.0), state.params
    batches = build_batches(settings, data, subset)
    objective = build_objective(settings, data, params, state.rng, batches.block_rows)
    solver = cast(Solver, settings.solver)
    members = Members(
        objective,
        state.attach(solver.without_decay()),
        params,
        penalties=[candidate.penalty for candidate in candidates],
        decays=[c.alpha if solver.decouples_decay else 0.0 for c in candidates],
    )
    schedule, rate = settings.schedule, settings.learning_rate_init
    learner = InOneThread(members, members, params)
    return MiniBatchTrainer(learner, batches, state, schedule, rate)


class _Watcher:
    """Watches one member as a monitor watches a network that is trained alone.

    It is done when early stopping would have stopped it, or it has diverged; what the
    member does later changes nothing. One that is shown no epoch sees the end alone.
    """

    def __init__(
        self,
        i: int,
        settings: Settings,
        trainer: MiniBatchTrainer,
        state: TrainingState,
        data: TrainingData,
        validation: TrainingData | None,
        predictor_of: PredictorOf | None,
    ) -> None:
        self.i = i
        self.settings = settings
        self.trainer = trainer
        self.batches = trainer.batches
        self.state = state
        self.data = data
        self.is_done, self.has_diverged = False, False
        state.progress.plan(settings.max_iter)
        make_predictor = _predictor(settings, data, state, predictor_of)
        self.monitor = build_monitor(settings, self, data, validation, make_predictor)

    @property
    def learning_rate(self) -> float:
        """That of the last step."""
        return self.trainer.learning_rate

    def end_epoch(self) -> None:
        """See how the member fares."""
        self.trainer.state.params.copy_member(self.i, out=self.state.params)
        try:
            self.is_done = self.monitor.end_epoch(math.nan)
        except Diverged:
            self.is_done, self.has_diverged = True, True

    def end(self) -> Trained | None:
        """Return the trained network, None where that has diverged."""
        state = self.state
        if not state.progress.n_epochs:
            state.progress = replace(self.trainer.state.progress)
            self.trainer.state.params.copy_member(self.i, out=state.params)
            self.has_diverged = not np.isfinite(state.params.flat).all()
        if self.has_diverged:
            return None
        if self.settings.early_stopping:
            self.monitor.restore_best()
        return state.export(self.settings, self.data, keeps_solver=False, is_over=True)


class _Epochs:
    """Lets each watcher see each epoch, until all are done, or all is given up."""

    def __init__(
        self,
        state: TrainingState,
        watchers: Sequence[_Watcher],
        n_rows: int,
        is_given_up: Event,
    ) -> None:
        self.is_given_up = is_given_up
        self.state = state
        self.watchers = watchers
        self.n_rows = n_rows

    def begin_epoch(self) -> None:
        """Start the clocks."""
        for watcher in self.watchers:
            watcher.monitor.begin_epoch()

    def end_epoch(self, loss: float) -> bool:
        """Count an epoch; return whether all are done."""
        self.state.progress.count_epoch(self.n_rows)
        for watcher in self.watchers:
            if not watcher.is_done:
                watcher.end_epoch()
        are_done = bool(self.watchers) and all(w.is_done for w in self.watchers)
        return are_done or self.is_given_up.is_set()


def _in_sequence(
    candidates: Sequence[Settings],
    data: TrainingData,
    subset: np.ndarray | None,
    validation: TrainingData | None,
    start: TrainingState,
    predictor_of: PredictorOf | None,
) -> list[Trained | None]:
    """Train one candidate after the other."""
    trained = []
    for settings in candidates:
        state = start.copy()
        make_predictor = _predictor(settings, data, state, predictor_of)
        trained.append(
            try_out(settings, data, subset, validation, state, make_predictor)
        )
    return trained


def _predictor(
    settings: Settings,
    data: TrainingData,
    state: TrainingState,
    predictor_of: PredictorOf | None,
) -> Callable[[], BaseEstimator]:
    """Return what makes an estimator of the network as it is then."""

    def make_predictor() -> BaseEstimator:
        if predictor_of is None:
            raise TypeError("predictor_of is needed where a scorer is watched")
        return predictor_of(state.export(settings, data, keeps_solver=False))

    return make_predictor


def _score(
    settings: Settings,
    trained: Trained,
    held_out: TrainingData,
    predictor_of: PredictorOf | None,
) -> float:
    """Return the score of a trained network on held-out rows."""
    if settings.scorer is None:
        loss, _ = build_evaluation(settings, trained, held_out)()
        return -loss
    if predictor_of is None:
        raise TypeError("predictor_of is needed where a scorer compares")
    measure = build_metric(settings.scorer, held_out, lambda: predictor_of(trained))
    return measure()[settings.scorer.name]
