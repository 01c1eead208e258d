"""The state of training: begun, taken up again, and handed out as plain data."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from skmlp._checks.data import TrainingData
from skmlp._checks.weights import fill_weights
from skmlp._core.lazy_rows import has_few_features_per_batch
from skmlp._core.parameters import Layers, Parameters
from skmlp._core.rows import block_rows, blocks_of, numbers_per_row
from skmlp._core.standardization import Standardization, measure
from skmlp._entries import entry_of, ready
from skmlp._settings import Settings
from skmlp._targets.forms import ONE_LABEL
from skmlp._targets.kinds import Targets, targets_of
from skmlp._training.progress import Progress
from skmlp.activations import ACTIVATIONS
from skmlp.solvers import Solver


class Trained(NamedTuple):
    """A trained network as the classifier keeps it, in arrays and builtins.

    An activation or a loss of the user's is the one exception.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
    coefs, intercepts : list of two ndarrays
        The layers for X as it is.
    history : dict of lists
    state : dict
        All else that prediction or further training needs.

        - 'activation', 'loss': those that it was trained with, by name or themselves.
        - 'progress': the fields of `Progress`.
        - 'score_name': the column of the history that holds validation scores, or None.
        - 'class_totals': the sample weight that each class has had in `partial_fit`; of
          several labels per row, without and with each label.
        - 'form': what y looks like, one of `skmlp._targets.forms.FORMS`.
        - 'rng': the state of the random stream; None where there is none yet.
        - 'split_seed': what draws the hold-out; None where there is none yet.
        - 'standardization': None, or 'center' and 'scale' of the features, the 'limit'
          that training sets them, whether the center 'is_far' from zero, 'b1' for
          standardised features, and 'restored_b1', what the handed out b1 gives back.
        - 'solver': what it remembers, or None where it is not kept.
    """

    classes: np.ndarray
    coefs: list[np.ndarray]
    intercepts: list[np.ndarray]
    history: dict[str, list[float]]
    state: dict[str, Any]

    @property
    def dtype(self) -> np.dtype:
        """The precision that it was trained in."""
        return self.coefs[0].dtype

    @property
    def shape(self) -> tuple[int, int, int]:
        """The numbers of features, hidden units and outputs."""
        return (*self.coefs[0].shape, len(self.classes))

    def targets(self, settings: Settings) -> Targets:
        """Return what its outputs mean, in training by some settings."""
        form, loss = self.state["form"], settings.loss
        return targets_of(form, self.classes, loss, settings.label_smoothing)

    def layers(self) -> Layers:
        """Return the layers for X as it is."""
        return Layers(*self.coefs, *self.intercepts)

    def to_compute(self) -> tuple[Layers, Standardization | None]:
        """Return what `Parameters.to_compute` does, of the parameters that are kept."""
        kept = self.state["standardization"]
        if kept is None or not kept["is_far"]:
            return self.layers(), None
        return self.parameters().to_compute()

    def parameters(self) -> Parameters:
        """Return the parameters that training moved."""
        params = Parameters(
            *self.shape,
            self.dtype,
            standardization=_standardization_of(self.state["standardization"]),
        )
        self.restore(params)
        return params

    def restore(self, params: Parameters) -> None:
        """Write the layers into parameters, exactly as they were where that is kept."""
        params.set_layers(self.layers())
        kept = self.state["standardization"]
        if kept is not None and params.standardization is not None:
            # What it was, plus what a caller may have added since.
            added = params.b1 - kept["restored_b1"]
            params.b1[...] = kept["b1"] + added


@dataclass
class TrainingState:
    """What training changes, and what it needs to go on as if it had never paused.

    Parameters
    ----------
    params : Parameters
    rng : Generator
        The stream of batches and dropout.
    split_seed : int
        What draws the hold-out, in this call as in later ones.
    progress : Progress
    history : dict of lists
    score_name : str or None
        The column of the history that holds validation scores.
    remembered : dict or None
        What the solver of the last call remembered.
    solver : Solver or None
        The one that is at work.
    """

    params: Parameters
    rng: np.random.Generator
    split_seed: int
    progress: Progress = field(default_factory=Progress)
    history: dict[str, list[float]] = field(default_factory=dict)
    score_name: str | None = None
    remembered: dict[str, Any] | None = None
    solver: Solver | None = None

    @classmethod
    def start(cls, settings: Settings, data: TrainingData) -> TrainingState:
        """Return the state before the first epoch: initial weights, zero counters."""
        params = zero_parameters(settings, data, _standardization(settings, data))
        rng = settings.random_stream()
        for layer, W in enumerate((params.W1, params.W2)):
            fill_weights(W, settings.initializers[layer], rng, layer)
        if settings.gives_weights:
            params.set_layers(Layers(params.W1, params.W2, params.b1, params.b2))
        return cls(params, rng, split_seed=int(rng.integers(2**63)))

    @classmethod
    def resume(
        cls, trained: Trained, settings: Settings, data: TrainingData
    ) -> TrainingState:
        """Return the state that the last call ended with, as copies."""
        _check_same_network(trained, settings, data)
        kept = trained.state
        standardization = _kept_standardization(trained, settings, data)
        params = zero_parameters(settings, data, standardization)
        trained.restore(params)
        was_standardized = kept["standardization"] is not None
        stays = was_standardized == (standardization is not None)
        rng, split_seed = _kept_stream(trained, settings)
        return cls(
            params,
            rng,
            split_seed,
            progress=Progress(**kept["progress"]),
            history=_copied(trained.history),
            score_name=kept["score_name"],
            remembered=kept["solver"] if stays else None,
        )

    def copy(self) -> TrainingState:
        """Return a state from which training goes on as from this one."""
        return replace(
            self,
            params=self.params.copy(),
            rng=copy.deepcopy(self.rng),
            progress=replace(self.progress),
            history=_copied(self.history),
            solver=None,
        )

    def attach(self, solver: Solver) -> Solver:
        """Return a solver at its start, or where the last call's was, if that fits."""
        params = self.params
        started = solver.start(params.flat.size, params.n_weights, params.dtype)
        if not hasattr(started, "step"):
            raise TypeError(
                f"solver={solver!r} must return a solver from start; got {started!r}."
            )
        self.solver = started
        if self.remembered is not None:
            self.solver.load_state_dict(self.remembered)
        return self.solver

    def forget_history_before(self, n_epochs: int) -> None:
        """Keep the last so many epochs of the history."""
        for column in self.history.values():
            del column[:-n_epochs]

    def export(
        self,
        settings: Settings,
        data: TrainingData,
        *,
        keeps_solver: bool,
        is_over: bool = False,
    ) -> Trained:
        """Return what training made: as copies, unless it is over."""
        layers = self.params.layers()
        W1, W2, b1, b2 = layers if is_over else map(np.copy, layers)
        solver = self.solver if keeps_solver else None
        state = {
            **settings.choices,
            "progress": asdict(self.progress),
            "score_name": self.score_name,
            "class_totals": data.class_totals,
            "form": data.targets.form,
            "rng": self.rng.bit_generator.state,
            "split_seed": self.split_seed,
            "standardization": _exported_standardization(self.params, layers),
            "solver": None if solver is None else solver.state_dict(),
        }
        return Trained(
            data.targets.classes,
            [W1, W2],
            [b1, b2],
            _copied(self.history),
            state,
        )

    @staticmethod
    def from_weights(
        settings: Settings,
        targets: Targets,
        coefs: list[np.ndarray],
        intercepts: list[np.ndarray],
    ) -> Trained:
        """Return what a state would export that has these weights from elsewhere."""
        state = {
            **settings.choices,
            "progress": asdict(Progress()),
            "score_name": None,
            "class_totals": targets.no_totals(),
            "form": targets.form,
            "rng": None,
            "split_seed": None,
            "standardization": None,
            "solver": None,
        }
        return Trained(targets.classes, coefs, intercepts, {}, state)


def _copied(history: dict[str, list[float]]) -> dict[str, list[float]]:
    return {name: list(column) for name, column in history.items()}


def zero_parameters(
    settings: Settings, data: TrainingData, standardization: Standardization | None
) -> Parameters:
    return Parameters(
        data.X.shape[1],
        settings.hidden_layer_size,
        data.targets.n_outputs,
        settings.dtype,
        settings.fit_intercept,
        standardization,
    )


def is_lazy(settings: Settings, data: TrainingData) -> bool:
    """Return whether steps may move only the features of a batch."""
    return settings.solver.is_stochastic and has_few_features_per_batch(
        data.X,
        settings.hidden_layer_size,
        data.targets.n_outputs,
        min(settings.batch_size, data.X.shape[0]),
    )


def rows_at_once(settings: Settings, data: TrainingData) -> int:
    """Return how many rows go through the network at once."""
    return block_rows(
        numbers_per_row(data.X), settings.hidden_layer_size, data.targets.n_outputs
    )


def blocks_to_measure(
    settings: Settings, data: TrainingData
) -> Iterator[tuple[Any, Any]]:
    """Return all rows of X, block by block, in a dtype in which moments are taken."""
    dtype = np.result_type(data.X.dtype, settings.dtype)
    return blocks_of(data.X, rows_at_once(settings, data), dtype)


def _standardization(settings: Settings, data: TrainingData) -> Standardization | None:
    """Measure the features, where they are to be standardised."""
    if not settings.standardize:
        return None
    measured = data.measured
    if measured is None:
        blocks = blocks_to_measure(settings, data)
        measured = measure(data.X, blocks, data.weight, settings.dtype)
    if settings.fit_intercept and not is_lazy(settings, data):
        return measured
    # A center needs biases to undo it, and makes the gradients of wide sparse X dense.
    return measured.without_centers()


def _kept_standardization(
    trained: Trained, settings: Settings, data: TrainingData
) -> Standardization | None:
    """Return the standardisation of the first call, or measure it now."""
    kept = trained.state["standardization"]
    if kept is None or not settings.standardize:
        return _standardization(settings, data)
    return _standardization_of(kept)


def _standardization_of(kept: dict[str, Any] | None) -> Standardization | None:
    """Return the standardisation that is kept, if there is one."""
    if kept is None:
        return None
    return Standardization(kept["center"], kept["scale"], kept["limit"])


def _exported_standardization(
    params: Parameters, layers: Layers
) -> dict[str, Any] | None:
    """Return what training needs to go on with the same standardised features."""
    if params.standardization is None:
        return None
    return {
        "center": params.standardization.center,
        "scale": params.standardization.scale,
        "limit": params.standardization.limit,
        "is_far": params.standardization.far.size > 0,
        "b1": params.b1.copy(),
        "restored_b1": params.restored_b1(layers),
    }


def _kept_stream(
    trained: Trained, settings: Settings
) -> tuple[np.random.Generator, int]:
    """Return the random stream and the hold-out's seed of the last call, or new ones.

    The seed of a new stream comes from beside it, and takes nothing from it.
    """
    kept = trained.state
    if kept["rng"] is None:
        rng = settings.random_stream()
        return rng, int(rng.spawn(1)[0].integers(2**63))
    rng = np.random.default_rng()
    rng.bit_generator.state = kept["rng"]
    return rng, kept["split_seed"]


def _are_alike(before: Any, now: Any) -> bool:
    """Return whether two activations are one, equal, or made alike."""
    if before is now:
        return True
    if type(before) is not type(now):
        return False
    try:
        return bool(before == now) or pickle.dumps(before) == pickle.dumps(now)
    except Exception:  # what cannot be compared is not known to be alike
        return False


def _other_network(name: str, before: Any, now: Any) -> str:
    return (
        f"Training cannot go on: {name} changed from {before} to {now}. "
        "Set it back, or start anew with fit and warm_start=False."
    )


def _n_labels_in(form: str) -> str:
    return "one" if form == ONE_LABEL else "several"


def _check_same_network(
    trained: Trained, settings: Settings, data: TrainingData
) -> None:
    """Raise where training cannot go on with the weights that are there."""
    n_features, n_hidden = trained.coefs[0].shape
    targets = data.targets
    forms = trained.state["form"], targets.form
    changes = {
        "the number of labels per row": [_n_labels_in(form) for form in forms],
        "the number of features": (n_features, data.X.shape[1]),
        "hidden_layer_size": (n_hidden, settings.hidden_layer_size),
        "the classes": (trained.classes.tolist(), targets.classes.tolist()),
    }
    for name, (before, now) in changes.items():
        if before != now:
            raise ValueError(_other_network(name, before, now))
    before, now = trained.state["activation"], settings.choices["activation"]
    if not _are_alike(ready(entry_of(ACTIVATIONS, before), {}), settings.activation):
        raise ValueError(_other_network("activation", before, now))
    if not settings.fit_intercept and any(b.any() for b in trained.intercepts):
        raise ValueError(
            "Training cannot go on: fit_intercept=False, but there are biases that are "
            "not zero. Set it back, or start anew with fit and warm_start=False."
        )
