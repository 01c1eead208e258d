"""Candidates for alpha: trained on the same batches, and scored on held-out rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

import numpy as np
from sklearn.base import BaseEstimator

from skmlp._candidates.members import Members
from skmlp._checks.data import TrainingData
from skmlp._settings import Settings
from skmlp._training.build import (
    build_batches,
    build_evaluation,
    build_metric,
    build_objective,
)
from skmlp._training.minibatch import MiniBatchTrainer
from skmlp._training.run import try_out
from skmlp._training.state import Trained, TrainingState, is_lazy
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
    predictor_of: PredictorOf | None = None,
) -> list[Candidate]:
    """Train a network per alpha, all on the same batches from the same weights.

    Each is what `fit` would make with that alpha and the same random stream, to
    rounding. They are trained side by side where that can be, else in sequence:
    with 'lbfgs', on wide sparse X, and where what one learns from or by depends on how
    it fares (early stopping, the schedule 'adaptive', `max_grad_norm`).

    Parameters
    ----------
    settings : Settings
        What all candidates are trained with, but for alpha.
    data : TrainingData
    alphas : sequence of float
        At least one, each at least 0.
    subset : ndarray of int or None
        The rows to train on, as if there were no others; None for all.
    predictor_of : callable or None
        Makes an estimator of a trained network; needed where `early_stopping` watches a
        scorer.

    Returns
    -------
    candidates : list of Candidate
        In the order of alphas.
    """
    if subset is not None:
        data = data.select(subset)
    quiet = replace(settings, verbose=False, monitor_train=False)
    start = TrainingState.start(quiet, data)
    if can_go_side_by_side(settings, data, len(alphas)):
        return _side_by_side(quiet, data, alphas, start)
    return _in_sequence(quiet, data, alphas, start, predictor_of)


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
        and not settings.early_stopping
        and settings.max_grad_norm is None
        and not is_lazy(settings, data)
        and n_parameters <= _MOST_PARAMETERS
    )


def _side_by_side(
    settings: Settings,
    data: TrainingData,
    alphas: Sequence[float],
    start: TrainingState,
) -> list[Candidate]:
    """Train all candidates at once."""
    lone = start.params
    state = replace(start, params=lone.repeated(len(alphas)))
    state.progress.plan(settings.max_iter)
    candidates = [settings.with_alpha(alpha) for alpha in alphas]
    trainer = _trainer(candidates, data, state)
    with np.errstate(all="ignore"):
        trainer.run(settings.max_iter, _Epochs(state, len(data.y)))
    trained = []
    for i, candidate in enumerate(candidates):
        member = replace(state, params=state.params.member(i))
        is_finite = np.isfinite(member.params.flat).all()
        exported = member.export(candidate, data, keeps_solver=False)
        trained.append(Candidate(alphas[i], exported if is_finite else None))
    return trained


def _trainer(
    candidates: Sequence[Settings], data: TrainingData, state: TrainingState
) -> MiniBatchTrainer:
    """Assemble what trains the members of a state, one for each of the settings."""
    settings, params = candidates[0].with_alpha(0.0), state.params
    batches = build_batches(settings, data)
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
    return MiniBatchTrainer(members, members, batches, state, schedule, rate)


class _Epochs:
    """Counts epochs; tells training to stop when no member is finite any longer."""

    def __init__(self, state: TrainingState, n_rows: int) -> None:
        self.state = state
        self.n_rows = n_rows

    def begin_epoch(self) -> None:
        """Be told that an epoch begins."""

    def end_epoch(self, loss: float) -> bool:
        """Count an epoch; return whether training should stop."""
        self.state.progress.count_epoch(self.n_rows)
        return not np.isfinite(self.state.params.b2).all(axis=1).any()


def _in_sequence(
    settings: Settings,
    data: TrainingData,
    alphas: Sequence[float],
    start: TrainingState,
    predictor_of: PredictorOf | None,
) -> list[Candidate]:
    """Train one candidate after the other."""
    trained = []
    for alpha in alphas:
        candidate, state = settings.with_alpha(alpha), start.copy()
        make_predictor = _predictor(candidate, data, state, predictor_of)
        exported = try_out(candidate, data, state, make_predictor)
        trained.append(Candidate(alpha, exported))
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
            raise TypeError("predictor_of is needed where a scorer is watched.")
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
        raise TypeError("predictor_of is needed where a scorer compares.")
    measure = build_metric(settings.scorer, held_out, lambda: predictor_of(trained))
    return measure()[settings.scorer.name]
