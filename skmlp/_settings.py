"""The parameters of a classifier as training sees them: checked, every 'auto' a number.

The numbers of the defaults were measured by ``benchmarks/default_sweep.py``.
"""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Self, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skmlp._checks.parameters import (
    COUNT,
    DECAY,
    FRACTION,
    FROM_THE_LAST,
    NON_NEGATIVE,
    POSITIVE,
    RATE,
    Constraints,
    HasMethods,
    InvalidParameterError,
    one_of,
    validate_parameters,
)
from skmlp._checks.scoring import Scorer, check_scorer
from skmlp._checks.weights import GivenWeights
from skmlp._core.batches import SAMPLINGS, Sampling
from skmlp._entries import entry_of, ready
from skmlp.activations import ACTIVATIONS, Activation
from skmlp.initializers import INITIALIZERS, Initializer
from skmlp.losses import LOSSES, Loss
from skmlp.schedules import SCHEDULES, InverseScaling, Schedule, ShareOfTraining
from skmlp.solvers import SOLVERS, STOCHASTIC, FullBatchSolver, Solver

# A budget of steps serves 150 rows and 150,000 alike, within bounds: rows that are seen
# more often are learnt by heart, rows that are seen less often are not learnt.
_N_STEPS = 1500
_FEWEST_EPOCHS, _MOST_EPOCHS = 10, 50
_FULL_BATCH_ITERATIONS = 200
# About 25 steps per epoch, by batches within bounds.
_STEPS_PER_EPOCH = 25
_SMALLEST_BATCH, _LARGEST_BATCH = 32, 256
# A step of Adam moves Z by the learning rate times the sum of a row's features.
_HIGHEST_RATE, _RATE_OF_ONE_FEATURE = 0.04, 0.13
# Decay competes with what rows teach, and more of them teach more.
_WEAKEST_DECAY, _STRONGEST_DECAY, _DECAY_OF_ONE_ROW = 0.3, 0.9, 60.0
_PENALTY = 1e-3

# The values of each parameter; the registries are the single truth of the names.
PARAMETER_CONSTRAINTS: Constraints = {
    "hidden_layer_size": [COUNT],
    "activation": [one_of(ACTIVATIONS), HasMethods(["forward", "backward"])],
    "loss": [one_of(LOSSES), HasMethods(["value_and_grad", "link", "log_link"])],
    "solver": [
        one_of(SOLVERS),
        HasMethods(["start", "step", "begin", "move", "state_dict", "load_state_dict"]),
        HasMethods(["minimize"]),
    ],
    "alpha": [one_of(["auto"]), NON_NEGATIVE],
    "dropout": [RATE],
    "input_dropout": [RATE],
    "label_smoothing": [RATE],
    "standardize": ["boolean"],
    "batch_size": [one_of(["auto"]), COUNT, None],
    "sampling": [one_of(SAMPLINGS)],
    "learning_rate": [one_of(SCHEDULES), callable],
    "learning_rate_init": [one_of(["auto"]), POSITIVE],
    "learning_rate_decay": [DECAY],
    "power_t": [NON_NEGATIVE],
    "momentum": [RATE],
    "nesterovs_momentum": ["boolean"],
    "beta_1": [RATE],
    "beta_2": [RATE],
    "epsilon": [POSITIVE],
    "max_grad_norm": [POSITIVE, None],
    "weight_init": [one_of(["auto"], INITIALIZERS), callable, tuple, list],
    "init_scale": [POSITIVE, tuple, list],
    "fit_intercept": ["boolean"],
    "class_weight": [one_of(["balanced"]), dict, list, None],
    "max_iter": [one_of(["auto"]), COUNT],
    "early_stopping": ["boolean"],
    "validation_fraction": [FRACTION],
    "n_iter_no_change": [COUNT],
    "tol": [NON_NEGATIVE],
    "scoring": [str, callable],
    "monitor_train": ["boolean"],
    "warm_start": ["boolean"],
    "n_jobs": [COUNT, FROM_THE_LAST, None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
    "dtype": [one_of(["auto", "float32", "float64"])],
}

# What entries of a registry have beside methods, and what to derive them from.
_CAPABILITIES: dict[str, dict[str, str]] = {
    "activation": {"is_rectifier": "skmlp.activations.Activation"},
    "loss": dict.fromkeys(
        ("out_activation", "threshold", "multilabel"), "skmlp.losses.Loss"
    ),
    "solver": dict.fromkeys(
        ("is_stochastic", "decouples_decay"),
        "skmlp.solvers.Solver, or from FullBatchSolver if it has minimize",
    ),
}
# The parameters that settings hold as they are given, once 'auto' is a number.
_AS_GIVEN = (
    *("hidden_layer_size", "alpha", "dropout", "input_dropout", "label_smoothing"),
    *("standardize", "batch_size", "learning_rate_init", "max_grad_norm"),
    *("fit_intercept", "max_iter", "early_stopping", "validation_fraction"),
    *("n_iter_no_change", "tol", "monitor_train", "n_jobs", "random_state", "verbose"),
)


def auto_batch_size(n_rows: int, *, steps_per_epoch: int = _STEPS_PER_EPOCH) -> int:
    """Return what batch_size='auto' stands for."""
    return min(max(n_rows // steps_per_epoch, _SMALLEST_BATCH), _LARGEST_BATCH)


def auto_max_iter(
    n_rows: int,
    batch_size: int,
    *,
    n_steps: int = _N_STEPS,
    most_epochs: int = _MOST_EPOCHS,
) -> int:
    """Return what max_iter='auto' stands for where steps are taken by batches."""
    steps_per_epoch = math.ceil(n_rows / min(batch_size, n_rows))
    wanted = math.ceil(n_steps / steps_per_epoch)
    return min(max(wanted, _FEWEST_EPOCHS), most_epochs)


def auto_learning_rate_init(
    n_features: int, *, of_one_feature: float = _RATE_OF_ONE_FEATURE
) -> float:
    """Return what learning_rate_init='auto' stands for."""
    return min(of_one_feature / math.sqrt(n_features), _HIGHEST_RATE)


def auto_alpha(n_rows: int, decouples_decay: bool) -> float:
    """Return what alpha='auto' stands for."""
    if not decouples_decay:
        return _PENALTY
    wanted = _DECAY_OF_ONE_ROW / math.sqrt(n_rows)
    return min(max(wanted, _WEAKEST_DECAY), _STRONGEST_DECAY)


def parameters_of(estimator: BaseEstimator) -> dict[str, Any]:
    """Return the parameters by name; numbers are Python's."""
    given = {name: getattr(estimator, name) for name in PARAMETER_CONSTRAINTS}
    given |= estimator.get_params(deep=False)  # a subclass may have more
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in given.items()
    }


def check_parameters(estimator: BaseEstimator) -> None:
    """Raise where a parameter, or a pair of them, is invalid."""
    given = parameters_of(estimator)
    try:
        validate_parameters(estimator)
    except InvalidParameterError as error:
        raise InvalidParameterError(f"{error}{_hint(given)}") from None
    _check_numbers(given, cast(Any, estimator)._parameter_constraints)
    check_scorer(estimator, given["scoring"])
    for name in _CAPABILITIES:
        _check_capabilities(name, given[name])
    _check_pairs(given)
    _check_nothing_is_random(given)


def _hint(given: Mapping[str, Any]) -> str:
    """Return what those probably want who pass what other classifiers take."""
    rate, size = given["learning_rate"], given["hidden_layer_size"]
    if isinstance(rate, Real):
        return f" For a number use learning_rate_init={rate}."
    if isinstance(size, tuple | list) and len(size) == 1:
        return f" For one hidden layer use hidden_layer_size={size[0]!r}."
    return ""


def _check_numbers(given: Mapping[str, Any], constraints: Constraints) -> None:
    """Raise where a count is True, or a number larger than float64 holds."""
    for name, value in given.items():
        if isinstance(value, bool) and COUNT in constraints.get(name, ()):
            raise InvalidParameterError(f"{name}={value} is no number. Pass an int.")
        if isinstance(value, int) and abs(value) > sys.float_info.max:
            raise InvalidParameterError(f"{name} is an int too large to compute with.")


def _check_capabilities(name: str, choice: Any) -> None:
    """Raise where what is given in place of a name does not say what it can do."""
    if isinstance(choice, str):
        return
    for attribute, base in _CAPABILITIES[name].items():
        if not hasattr(choice, attribute):
            raise ValueError(
                f"{name}={choice!r} has no attribute {attribute!r}. Derive it from "
                f"{base}, which has all attributes that are needed."
            )


def _check_pairs(given: Mapping[str, Any]) -> None:
    """Raise where what is to be one for each layer is not."""
    for name in ("weight_init", "init_scale"):
        value = given[name]
        if isinstance(value, tuple | list) and len(value) != 2:
            raise ValueError(
                f"{name} must be a pair, for the hidden and the output layer; "
                f"got {len(value)} values."
            )
    scale = given["init_scale"]
    if isinstance(scale, tuple | list) and not all(
        isinstance(s, Real) and float(s) > 0 for s in scale
    ):
        raise ValueError(f"init_scale must hold two positive numbers; got {scale}.")


def _check_nothing_is_random(given: Mapping[str, Any]) -> None:
    """Raise where dropout is asked of a solver that it would lead astray."""
    if entry_of(SOLVERS, given["solver"]).is_stochastic:
        return
    if given["dropout"] or given["input_dropout"]:
        raise ValueError(
            f"solver={given['solver']!r} cannot be used with dropout="
            f"{given['dropout']!r} and input_dropout={given['input_dropout']!r}, which "
            "make the loss random; set both to 0 or choose a stochastic solver: "
            f"{STOCHASTIC}."
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Settings:
    """What training is told: made once per call from the classifier's parameters.

    Numbers are Python's, because NumPy's would upcast float32 or overflow. What a name
    stands for is the thing itself, made with the parameters that it takes. `choices`
    holds the activation, the loss and a measured alpha as the trained network keeps
    them; `measures_alpha` says whether alpha is still to be measured; `automatic` names
    the parameters that were 'auto'.
    """

    hidden_layer_size: int
    activation: Activation
    loss: Loss
    solver: Solver | FullBatchSolver
    alpha: float
    dropout: float
    input_dropout: float
    label_smoothing: float
    standardize: bool
    batch_size: int
    sampling: Sampling
    schedule: Schedule
    learning_rate_init: float
    max_grad_norm: float | None
    initializers: tuple[Initializer, Initializer]
    fit_intercept: bool
    max_iter: int
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    tol: float
    scorer: Scorer | None
    monitor_train: bool
    n_jobs: int | None
    random_state: int | np.random.RandomState | None
    verbose: bool | int
    dtype: np.dtype
    measures_alpha: bool
    automatic: frozenset[str]
    choices: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        estimator: BaseEstimator,
        shape: tuple[int, int],
        dtype: np.dtype,
        *,
        is_planned: bool = True,
    ) -> Self:
        """Return the settings for X of some shape, computed in some dtype.

        If the number of epochs is unknown, a schedule that depends on it is replaced
        by 'invscaling', unless `max_iter` is a number.
        """
        asked = parameters_of(estimator)
        given = asked | _numbers(asked, *shape)
        activation = ready(entry_of(ACTIVATIONS, given["activation"]), given)
        loss = ready(entry_of(LOSSES, given["loss"]), given)
        solver = ready(entry_of(SOLVERS, given["solver"]), given)
        if solver.decouples_decay:  # an instance has its own alpha
            given["alpha"] = getattr(solver, "alpha", given["alpha"])
        return cls(
            activation=activation,
            loss=loss,
            solver=solver,
            sampling=_sampling(asked),
            schedule=_schedule(given, is_planned or asked["max_iter"] != "auto"),
            initializers=_initializers(given, activation.is_rectifier),
            scorer=check_scorer(estimator, given["scoring"]),
            dtype=dtype,
            measures_alpha=_measures_alpha(asked),
            automatic=frozenset(n for n in _AS_GIVEN if _is_automatic(asked[n])),
            choices={
                "activation": _kept(given["activation"], activation),
                "loss": _kept(given["loss"], loss),
                "measured_alpha": None,
            },
            **{name: given[name] for name in _AS_GIVEN},
        )

    def with_alpha(self, alpha: float) -> Self:
        """Return the same settings with another alpha, also for the solver."""
        solver: Any = self.solver
        if solver.decouples_decay:
            solver = copy.copy(solver)
            solver.alpha = alpha
        return replace(self, alpha=alpha, solver=solver)

    def with_measured_alpha(self, alpha: float) -> Self:
        """Return the same settings with an alpha that training will go on with."""
        choices = {**self.choices, "measured_alpha": alpha}
        return replace(self.with_alpha(alpha), measures_alpha=False, choices=choices)

    def for_going_on(self, measured_alpha: float | None) -> Self:
        """Return the settings of training that goes on, with the alpha it began with.

        None where that was not measured; and then it is not measured now.
        """
        if self.measures_alpha and measured_alpha is not None:
            return self.with_measured_alpha(measured_alpha)
        choices = {**self.choices, "measured_alpha": measured_alpha}
        return replace(self, measures_alpha=False, choices=choices)

    @property
    def penalty(self) -> float:
        """The alpha of the objective; 0 where the solver shrinks the weights itself."""
        return 0.0 if self.solver.decouples_decay else self.alpha

    @property
    def gives_weights(self) -> bool:
        """Whether the initial weights are given as arrays, for X as it is."""
        return isinstance(self.initializers[0], GivenWeights)

    @property
    def max_plateaus(self) -> float:
        """The number of plateaus at which training ends."""
        if self.solver.is_stochastic:
            of_schedule = self.schedule.max_plateaus(self.learning_rate_init)
            if math.isfinite(of_schedule):
                return of_schedule
            if self.schedule.is_planned:
                return math.inf  # there the plan is shortened
        return 1 if self.early_stopping else math.inf

    @property
    def cools_from(self) -> float | None:
        """From which share of a plan on it may be shortened; None where it may not."""
        if not (self.early_stopping and self.solver.is_stochastic):
            return None
        return self.schedule.falls_from if self.schedule.is_planned else None

    def random_stream(self) -> np.random.Generator:
        """Return a stream of the fit's own, seeded from random_state."""
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=4)
        return np.random.default_rng(seeds)


def _numbers(given: Mapping[str, Any], n_rows: int, n_features: int) -> dict[str, Any]:
    """Return a number for each parameter that may be 'auto'."""
    solver = entry_of(SOLVERS, given["solver"])
    batch_size = given["batch_size"]
    if batch_size is None or not solver.is_stochastic:
        batch_size = n_rows
    elif batch_size == "auto":
        batch_size = auto_batch_size(n_rows)
    batch_size = min(batch_size, n_rows)
    max_iter = given["max_iter"]
    if max_iter == "auto":
        max_iter = (
            auto_max_iter(n_rows, batch_size)
            if solver.is_stochastic
            else _FULL_BATCH_ITERATIONS
        )
    rate, alpha = given["learning_rate_init"], given["alpha"]
    return {
        "batch_size": batch_size,
        "max_iter": max_iter,
        "learning_rate_init": (
            auto_learning_rate_init(n_features) if rate == "auto" else rate
        ),
        "alpha": (
            auto_alpha(n_rows, solver.decouples_decay) if alpha == "auto" else alpha
        ),
    }


def _is_automatic(value: Any) -> bool:
    return isinstance(value, str) and value == "auto"


def _measures_alpha(asked: Mapping[str, Any]) -> bool:
    """Return whether held-out rows may tell which alpha is best.

    Not for a penalty in the objective, for which it was not tried; not for an instance
    of a solver, which has its own alpha; and not for given weights or the user's own
    function, which may not fit a smaller network.
    """
    solver, weight_init = asked["solver"], asked["weight_init"]
    takes_alpha = isinstance(solver, str | type) and "alpha" in getattr(
        entry_of(SOLVERS, solver), "options", ()
    )
    kind = weight_init if isinstance(weight_init, type) else type(weight_init)
    fits_any_width = (
        isinstance(weight_init, str) or kind in INITIALIZERS.values()
    ) and (
        isinstance(asked["activation"], str)
        or asked["activation"] in ACTIVATIONS.values()
    )
    return asked["alpha"] == "auto" and takes_alpha and fits_any_width


def _kept(choice: Any, chosen: Any) -> Any:
    """Return a name where that says it all, for pickles of plain data, else a copy.

    What takes options is not to be made anew with those of another day.
    """
    is_said = isinstance(choice, str) and not getattr(chosen, "options", ())
    return choice if is_said else copy.deepcopy(chosen)


def _sampling(asked: Mapping[str, Any]) -> Sampling:
    """Return how to draw; the order within a full batch only takes time."""
    if not entry_of(SOLVERS, asked["solver"]).is_stochastic:
        return SAMPLINGS["sequential"]
    if asked["batch_size"] is None and asked["sampling"] == "shuffle":
        return SAMPLINGS["sequential"]
    return SAMPLINGS[asked["sampling"]]


def _schedule(given: Mapping[str, Any], is_planned: bool) -> Schedule:
    """Return the schedule; one that plans gives way where nothing is planned."""
    choice = entry_of(SCHEDULES, given["learning_rate"])
    is_schedule = hasattr(choice, "is_planned")
    schedule = ready(choice, given) if is_schedule else ShareOfTraining(choice)
    if schedule.is_planned and not is_planned:
        return InverseScaling(given["power_t"])
    return schedule


def _initializers(
    given: Mapping[str, Any], is_rectifier: bool
) -> tuple[Initializer, Initializer]:
    """Return what fills the weights of the hidden and of the output layer."""
    init, scale = given["weight_init"], given["init_scale"]
    if isinstance(init, tuple | list):
        return GivenWeights(init[0], layer=0), GivenWeights(init[1], layer=1)
    if isinstance(init, str) and init == "auto":
        init = "he" if is_rectifier else "glorot"
    scales = scale if isinstance(scale, tuple | list) else (scale, scale)
    hidden, output = (
        ready(entry_of(INITIALIZERS, init), {**given, "init_scale": s}) for s in scales
    )
    return hidden, output
