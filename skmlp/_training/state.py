"""The state of training: begun, taken up again, and handed out as attributes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skmlp import _settings
from skmlp._checks import weights as _weights
from skmlp._checks.data import TrainingData
from skmlp._core.batches import blocks_of
from skmlp._core.network import Layers, Parameters
from skmlp._core.standardization import Standardization, measure
from skmlp._training.minibatch import Progress, State
from skmlp.activations import ACTIVATIONS
from skmlp.initializers import INITIALIZERS, Initializer


def start(estimator: Any, data: TrainingData) -> State:
    """Return the state before the first epoch: initial weights, counters at zero."""
    params = _zero_parameters(estimator, data, _standardization(estimator, data))
    rng = _random_stream(estimator)
    for layer, W in enumerate((params.W1, params.W2)):
        _initializer(estimator, layer)(W, rng)
        _weights.check_finite_weights(W, layer)
    if isinstance(estimator.weight_init, tuple | list):  # given for X as it is
        params.set_layers(Layers(params.W1, params.W2, params.b1, params.b2))
    state = State(params, rng, Progress())
    state.split_seed = int(rng.integers(2**63))
    return state


def resume(estimator: Any, data: TrainingData) -> State:
    """Return the state that the last call ended with, as copies."""
    _weights.check_same_network(estimator, data)
    kept = estimator._training_state
    params = _zero_parameters(estimator, data, _kept_standardization(estimator, data))
    params.set_layers(Layers(*estimator.coefs_, *estimator.intercepts_))
    was_standardized = kept["standardization"] is not None
    if was_standardized and params.standardization is not None:
        # Exactly what it was, plus what a caller may have added since.
        added = params.b1 - kept["standardization"]["restored_b1"]
        params.b1[...] = kept["standardization"]["b1"] + added
    history = {name: list(column) for name, column in estimator.history_.items()}
    progress = Progress(**estimator._training_state["progress"])
    rng = _random_stream(estimator) if kept["rng"] is None else np.random.default_rng()
    if kept["rng"] is not None:
        rng.bit_generator.state = kept["rng"]
    state = State(params, rng, progress, history)
    state.watched = estimator._watched
    if was_standardized == (params.standardization is not None):
        state.kept_solver = kept["solver"]
    state.split_seed = kept["split_seed"]
    return state


def trained_attributes(
    estimator: Any, state: State, keeps_solver: bool
) -> dict[str, Any]:
    """Return what training made of the estimator, by attribute; arrays are copied."""
    W1, W2, b1, b2 = state.params.layers()
    return {
        "coefs_": [W1.copy(), W2.copy()],
        "intercepts_": [b1.copy(), b2.copy()],
        "n_iter_": state.progress.n_epochs,
        "t_": state.progress.n_samples,
        "history_": {name: list(column) for name, column in state.history.items()},
        "_watched": state.watched,
        "_training_state": {
            "activation": estimator.activation,
            "progress": asdict(state.progress),
            "rng": state.rng.bit_generator.state,
            "split_seed": state.split_seed,
            "standardization": _standardization_state(state.params),
            "solver": state.solver_state() if keeps_solver else None,
        },
    }


def _zero_parameters(
    estimator: Any, data: TrainingData, standardization: Standardization | None
) -> Parameters:
    return Parameters(
        data.X.shape[1],
        estimator.hidden_layer_size,
        len(data.classes),
        data.weight.dtype,
        estimator.fit_intercept,
        standardization,
    )


def _standardization(estimator: Any, data: TrainingData) -> Standardization | None:
    """Measure the features, where they are to be standardised."""
    if not estimator.standardize:
        return None
    n_features = data.X.shape[1]
    dtype = np.result_type(data.X.dtype, data.weight.dtype)
    blocks = blocks_of(data.X, _settings.block_rows(estimator, data), dtype)
    measured = measure(blocks, data.weight, n_features, data.weight.dtype)
    if estimator.fit_intercept and not _settings.touches_few(estimator, data):
        return measured
    # A center needs biases to undo it, and makes the gradients of wide sparse X dense.
    return measured._replace(center=np.zeros(n_features))


def _kept_standardization(estimator: Any, data: TrainingData) -> Standardization | None:
    """Return the standardisation of the first call, or measure it now."""
    kept = estimator._training_state["standardization"]
    if kept is None or not estimator.standardize:
        return _standardization(estimator, data)
    return Standardization(kept["center"], kept["scale"])


def _standardization_state(params: Parameters) -> dict[str, np.ndarray] | None:
    """Return what training needs to go on with the same standardised features."""
    if params.standardization is None:
        return None
    return {
        "center": params.standardization.center,
        "scale": params.standardization.scale,
        "b1": params.b1.copy(),
        "restored_b1": params.restored_b1(params.layers()),
    }


def _random_stream(estimator: Any) -> np.random.Generator:
    """Return the estimator's own stream, seeded from random_state."""
    seeds = check_random_state(estimator.random_state).randint(2**31 - 1, size=4)
    return np.random.default_rng(seeds)


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
