"""One training from start to end, also if it diverges or is interrupted.

Training that diverges or is interrupted is noticed, undone as far as can be, and said.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skmlp._checks.data import TrainingData
from skmlp._checks.scale import describe_scale, range_of_features
from skmlp._checks.warning import is_within_joblib, warn
from skmlp._core.objective import ActiveUnits
from skmlp._core.parameters import Parameters
from skmlp._core.rows import are_finite
from skmlp._parallel.limit import Limit, one_thread_of_blas, threads_of_training
from skmlp._settings import Settings, auto_alpha, auto_learning_rate_init
from skmlp._training.build import (
    AsTrained,
    MakePredictor,
    MakeTrainer,
    build_evaluation,
    build_monitor,
    build_trainer,
    can_take_threads,
)
from skmlp._training.callbacks import FitTasks
from skmlp._training.epochs import Monitor
from skmlp._training.holdout import hold_out
from skmlp._training.state import (
    Trained,
    TrainingState,
    rows_at_once,
)
from skmlp._training.trainer import Diverged, Interrupted, Trainer

# How many rows tell at every end of training whether a closer look is needed.
_A_FEW = 256
# Losses and weights below these come from no overflow, and lead to none, but on rows
# that training saw nearer than they are.
_TAME_LOSS, _TAME_WEIGHT, _TAME_DISTANCE = 1e3, 1e6, 1e12
# By how much the loss may have grown without a word: chance alone does that much.
_NOISE = 0.01
# A loss of at most so large a share of another is lower by more than noise: where there
# was nothing to learn, units died after an epoch of at least 0.97 of the last loss.
_CLEARLY_LOWER = 0.9
# How many epochs of partial_fit the history holds.
_KEPT_EPOCHS = 1000


def blas_threads_for(settings: Settings, data: TrainingData) -> Limit:
    """Return what sets the number of BLAS threads while a state is made and trained.

    It is one, except for large products if training itself has one thread.
    """
    if settings.n_jobs == 1 or can_take_threads(settings, data):
        return one_thread_of_blas()
    n_rows = min(rows_at_once(settings, data), settings.batch_size, len(data.y))
    return threads_of_training(n_rows, data.X.shape[1], settings.hidden_layer_size)


def fit(
    settings: Settings,
    data: TrainingData,
    validation: TrainingData | None,
    state: TrainingState,
    make_predictor: MakePredictor,
    tasks: FitTasks,
    *,
    keeps_solver: bool,
    make_trainer: MakeTrainer = build_trainer,
) -> Trained:
    """Train as many epochs as are planned; keep what was learnt if interrupted.

    A trainer that is not of this process learns from more rows than the data, which are
    then a sample of them. It may raise `Interrupted`, and tells its caller so by itself
    if epochs are over: these are then kept, without a word.

    Not in a search, which would rank what was half learnt beside what was learnt.
    """
    state.progress.plan(settings.max_iter)
    subset, validation = parts(settings, data, validation, state)
    tasks.begin_fit()
    n_epochs = settings.max_iter
    trainer = make_trainer(settings, data, state, subset, n_epochs=n_epochs)
    monitor = build_monitor(settings, trainer, data, validation, make_predictor, tasks)
    run = _Run(settings, data, trainer, monitor)
    try:
        run.train(n_epochs)
        return run.end(keeps_solver)
    except KeyboardInterrupt:
        if is_within_joblib():
            raise
        run.keep_what_was_learnt()
        return run.end(keeps_solver)
    except Interrupted:
        if state.progress.n_epochs == state.progress.planned_from:
            raise
        return run.end(keeps_solver)


def try_out(
    settings: Settings,
    data: TrainingData,
    subset: np.ndarray | None,
    validation: TrainingData | None,
    state: TrainingState,
    make_predictor: MakePredictor,
) -> Trained | None:
    """Train as `fit` does, for a comparison: no word, and None where it diverges."""
    state.progress.plan(settings.max_iter)
    n_epochs = settings.max_iter
    trainer = build_trainer(settings, data, state, subset, n_epochs=n_epochs)
    monitor = build_monitor(settings, trainer, data, validation, make_predictor)
    try:
        with np.errstate(all="ignore"):
            trainer.run(n_epochs, monitor)
    except Diverged:
        return None
    if settings.early_stopping:
        monitor.restore_best()
    return state.export(settings, data, keeps_solver=False, is_over=True)


def parts(
    settings: Settings,
    data: TrainingData,
    validation: TrainingData | None,
    state: TrainingState,
) -> tuple[np.ndarray | None, TrainingData | None]:
    """Return the rows to train on, None for all, and the data to validate with."""
    if validation is not None or not settings.early_stopping:
        return None, validation
    rng = np.random.default_rng(state.split_seed)
    return hold_out(data, settings.validation_fraction, rng)


def partial_fit(
    settings: Settings,
    data: TrainingData,
    validation: TrainingData | None,
    state: TrainingState,
    make_predictor: MakePredictor,
) -> Trained:
    """Train one epoch."""
    state.progress.plan_on(settings.max_iter)
    trainer = build_trainer(settings, data, state, mean_weight=1.0, n_epochs=1)
    endless = replace(settings, early_stopping=False)  # which no plateau shortens
    monitor = build_monitor(endless, trainer, data, validation, make_predictor)
    run = _Run(settings, data, trainer, monitor)
    run.train(1)
    run.undo_overflow()
    state.forget_history_before(_KEPT_EPOCHS)
    return state.export(settings, data, keeps_solver=True, is_over=True)


@dataclass
class _Run:
    """One run of a trainer, watched by a monitor."""

    settings: Settings
    data: TrainingData
    trainer: Trainer
    monitor: Monitor

    def __post_init__(self) -> None:
        self.state = self.trainer.state
        self.params = self.state.params

    def train(self, n_epochs: int) -> None:
        """Train; where that diverges, restore an epoch or raise."""
        try:
            with np.errstate(all="ignore"):
                self.trainer.run(n_epochs, self.monitor)
        except Diverged as error:
            self._undo(error, self.state.progress.n_epochs + 1)

    def end(self, keeps_solver: bool) -> Trained:
        """Return what is to be handed out; done again where it is interrupted."""
        if self.settings.early_stopping:
            self.monitor.restore_best()
        self.undo_overflow()
        self._compare_with_start()
        self._look_for_active_units()
        return self.state.export(
            self.settings, self.data, keeps_solver=keeps_solver, is_over=True
        )

    def keep_what_was_learnt(self) -> None:
        """Leave usable weights after Ctrl-C, and warn."""
        self.monitor.settle()
        progress = self.state.progress
        n_epochs = progress.n_epochs - progress.planned_from
        warn(
            f"Training was interrupted after {n_epochs} of {progress.planned_epochs} "
            "epochs; what was learnt is kept.",
            ConvergenceWarning,
        )
        if not are_finite(self.params.flat):
            self._undo(Diverged(), progress.n_epochs + 1)

    def undo_overflow(self) -> None:
        """Undo training after which finite weights make no finite predictions.

        Or cannot be handed out: those for X as it is may overflow.
        """
        row, n_epochs = self.monitor.row, self.state.progress.n_epochs
        flat = self.params.flat
        largest = max(-float(flat.min()), float(flat.max()))
        is_tame = row and row["loss"] < _TAME_LOSS and largest < _TAME_WEIGHT
        if is_tame and self._farthest_of_what_is_limited() < _TAME_DISTANCE:
            return
        if not self._predicts_finite_numbers(self.params):
            self._undo(Diverged(), n_epochs if row is not None else n_epochs + 1)

    def _undo(self, error: Diverged, epoch: int) -> None:
        """Restore an epoch that was better than the start, or raise."""
        message = f"Training diverged in epoch {epoch}. {self._advice()}"
        self.state.solver = None  # its moments are not to be trusted
        restored = self._restore_better_than(self.monitor.start)
        if not restored:
            raise ValueError(message) from error
        warn(message + restored, ConvergenceWarning)

    def _compare_with_start(self) -> None:
        """Warn where the loss has grown; restore an epoch where it had not."""
        monitor = self.monitor
        if monitor.row is None:
            return
        start_and_end = (monitor.start, self.params)
        start_loss, end_loss = self._losses(start_and_end, in_short=True)
        if end_loss <= start_loss and monitor.row["loss"] <= self.trainer.start_loss:
            return  # and so it was on the rest, as good as always
        start_loss, end_loss = self._losses(start_and_end)
        if end_loss <= start_loss + _NOISE:
            return
        message = (
            f"Training ended in epoch {monitor.row['epoch']} with a loss of "
            f"{end_loss:.3g}, larger than {start_loss:.3g} before it began. "
            f"{self._advice()}"
        )
        restored = self._restore_better_than(monitor.start)
        warn(message + restored, ConvergenceWarning)

    def _look_for_active_units(self) -> None:
        """Warn where all units died on the way; restore an epoch before that.

        Where there is nothing to learn from X they die as well, which does no harm: so
        only where the loss had been clearly lower.
        """
        row, progress = self.monitor.row, self.state.progress
        n_done = progress.n_epochs - progress.planned_from
        if row is None or not n_done:
            return
        losses = self.state.history["loss"][-n_done:]
        if not min(losses) < _CLEARLY_LOWER * row["loss"] or self._has_active_units():
            return
        epoch = progress.planned_from + 1 + losses.index(min(losses))
        message = (
            f"Training ended in epoch {row['epoch']} with no active hidden unit, so "
            "that the network predicts the same for every row. The loss was "
            f"{row['loss']:.3g} then, and {min(losses):.3g} in epoch {epoch}. "
            f"{self._advice()}"
        )
        restored = self._restore_better_than(self.params)
        warn(message + restored, ConvergenceWarning)

    def _has_active_units(self) -> bool:
        """Return whether the network does not predict the same for every row."""
        units = ActiveUnits(self.params.shape[1], self.params.dtype)
        network, rows = AsTrained(self.params), self.trainer.batches.subset
        with np.errstate(all="ignore"):
            build_evaluation(self.settings, network, self.data, rows)(units)
        return units.share > 0

    def _restore_better_than(self, network: Parameters) -> str:
        """Restore the best epoch of a smaller loss; say which, if there was one."""
        kept_params = [kept.params for kept in self.monitor.kept]
        its_loss, *losses = self._losses([network, *kept_params])
        for kept, loss in zip(self.monitor.kept, losses, strict=True):
            if loss < its_loss and self._predicts_finite_numbers(kept.params):
                self.monitor.restore(kept)
                return f" The weights of epoch {kept.row['epoch']} are restored."
        return ""

    def _farthest_of_what_is_limited(self) -> float:
        """Return how many scales from its center X lies, 0 if training saw that."""
        standardization = self.state.params.standardization
        if standardization is None or math.isinf(standardization.limit):
            return 0.0
        return standardization.farthest(*range_of_features(self.data.X))

    def _predicts_finite_numbers(self, params: Parameters) -> bool:
        """Return whether weights can be handed out and used on all training rows."""
        (loss,) = self._losses([params], as_trained=False)
        return math.isfinite(loss)

    def _losses(
        self,
        networks: Iterable[Parameters],
        *,
        in_short: bool = False,
        as_trained: bool = True,
    ) -> list[float]:
        """Return the mean loss of networks, on the training rows or a few of them.

        As training saw it: that of predictions says nothing where rows have outliers.
        On all rows it is NaN where the weights cannot be handed out for X as it is.
        """
        rows = self.trainer.batches.subset
        if in_short:
            rows = _a_few_that_count(self.data.weight, rows)
        losses = []
        with np.errstate(all="ignore"):
            for params in networks:
                network = AsTrained(params) if as_trained else params
                evaluate = build_evaluation(self.settings, network, self.data, rows)
                loss, _ = evaluate()
                is_usable = in_short or all(
                    np.isfinite(layer).all() for layer in params.layers()
                )
                losses.append(loss if is_usable else math.nan)
        return losses

    def _advice(self) -> str:
        """Return what to do against divergence, by what most probably caused it."""
        settings, trainer, X = self.settings, self.trainer, self.data.X
        rate, alpha = settings.learning_rate_init, settings.alpha
        scale = describe_scale(X, settings.dtype, settings.standardize)
        if not math.isfinite(trainer.start_loss):
            return (
                "The loss was not finite before the first step: lower init_scale or "
                "the weights of weight_init, or check an activation or a loss of your "
                f"own; {scale}"
            )
        if not settings.solver.is_stochastic:
            return f"Raise alpha={alpha}; {scale}"
        if _shrinks_too_much(settings, *X.shape):
            return (
                f"Lower alpha={alpha}: with learning_rate_init={rate} a step takes "
                f"{alpha * rate:.3g} times the weights away, which should be much less "
                "than 1."
            )
        multiplier = trainer.learning_rate / rate
        if not 0 <= multiplier <= 1:
            return (
                f"In the last step the schedule, learning_rate, multiplied "
                f"learning_rate_init={rate} by {multiplier:.3g}: let it return numbers "
                f"between 0 and 1; {scale}"
            )
        usual = auto_learning_rate_init(X.shape[1])
        beside = f" ('auto' is {usual:.3g})" if rate > usual else ""
        return f"Lower learning_rate_init={rate}{beside}; {scale}"


def _shrinks_too_much(settings: Settings, n_rows: int, n_features: int) -> bool:
    """Return whether steps take the weights away, for a decay that is too strong.

    And not for the learning rate: alpha was given as a number, which is further above
    what 'auto' may be than the rate is.
    """
    rate, alpha = settings.learning_rate_init, settings.alpha
    if not settings.solver.decouples_decay or alpha * rate <= 1:
        return False
    if "alpha" in settings.automatic:
        return False
    usual_alpha = auto_alpha(n_rows, decouples_decay=True)
    return alpha / usual_alpha > rate / auto_learning_rate_init(n_features)


def _a_few_that_count(weight: np.ndarray, subset: np.ndarray | None) -> np.ndarray:
    """Return the first rows (of a subset) of positive weight."""
    n_rows = len(weight) if subset is None else len(subset)
    found: list[np.ndarray] = []
    for start in range(0, n_rows, _A_FEW):
        rows = np.arange(start, min(start + _A_FEW, n_rows))
        rows = rows if subset is None else subset[rows]
        found.append(rows[weight[rows] > 0])
        if sum(map(len, found)) >= _A_FEW:
            break
    return np.concatenate(found)[:_A_FEW]
