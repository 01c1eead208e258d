"""What 'auto' stands for, and what else is chosen by the size of the data.

The numbers of the defaults were measured by ``benchmarks/default_sweep.py``.
"""

from __future__ import annotations

import copy
import math
from typing import Any

from scipy import sparse

from skmlp._core import batches as _batches
from skmlp._core.batches import Matrix
from skmlp.schedules import PLANNED
from skmlp.solvers import SOLVERS

# A budget of steps serves 150 rows and 150,000 alike, within bounds: rows that are seen
# more often are learnt by heart, rows that are seen less often are not learnt.
_N_STEPS = 1500
_FEWEST_EPOCHS, _MOST_EPOCHS = 10, 50
_LBFGS_ITERATIONS = 200
# About 25 steps an epoch, by batches within bounds.
_STEPS_AN_EPOCH = 25
_SMALLEST_BATCH, _LARGEST_BATCH = 32, 256
# A step of Adam moves Z by the learning rate times the sum of a row's features.
_HIGHEST_RATE, _RATE_OF_ONE_FEATURE = 0.1, 0.4
# Decay competes with what rows teach, and more of them teach more.
_WEAKEST_DECAY, _STRONGEST_DECAY, _DECAY_OF_ONE_ROW = 0.1, 0.3, 20.0
_PENALTY = 1e-3
# Weights of the hidden layer from which on steps that touch few of them pay.
_WIDE = 2**18


def resolve(estimator: Any, data: Any) -> Any:
    """Return a stand-in that has a number wherever the estimator says 'auto'."""
    (n_rows, n_features), stand_in = data.X.shape, copy.copy(estimator)
    for name, choose in (
        ("batch_size", lambda: _batch_size(n_rows)),
        ("max_iter", lambda: _max_iter(stand_in, n_rows)),
        ("learning_rate_init", lambda: _learning_rate_init(n_features)),
        ("alpha", lambda: _alpha(estimator.solver, n_rows)),
    ):
        if isinstance(getattr(estimator, name), str):
            setattr(stand_in, name, choose())
    return stand_in


def _batch_size(n_rows: int) -> int:
    return min(max(n_rows // _STEPS_AN_EPOCH, _SMALLEST_BATCH), _LARGEST_BATCH)


def _max_iter(estimator: Any, n_rows: int) -> int:
    if estimator.solver == "lbfgs":
        return _LBFGS_ITERATIONS
    steps_an_epoch = math.ceil(n_rows / batch_size(estimator, n_rows))
    wanted = math.ceil(_N_STEPS / steps_an_epoch)
    return min(max(wanted, _FEWEST_EPOCHS), _MOST_EPOCHS)


def _learning_rate_init(n_features: int) -> float:
    return min(_RATE_OF_ONE_FEATURE / math.sqrt(n_features), _HIGHEST_RATE)


def _alpha(solver: str, n_rows: int) -> float:
    if not decouples_alpha(solver):
        return _PENALTY
    wanted = _DECAY_OF_ONE_ROW / math.sqrt(n_rows)
    return min(max(wanted, _WEAKEST_DECAY), _STRONGEST_DECAY)


def decouples_alpha(solver: str) -> bool:
    """Return whether a solver shrinks the weights itself."""
    return solver in SOLVERS and "alpha" in SOLVERS[solver].options


def has_full_batches(estimator: Any) -> bool:
    """Return whether each step sees the whole training set."""
    return estimator.solver == "lbfgs" or estimator.batch_size is None


def batch_size(estimator: Any, n_rows: int) -> int:
    """Return the rows of a step."""
    return n_rows if has_full_batches(estimator) else min(estimator.batch_size, n_rows)


def without_plan(estimator: Any) -> Any:
    """Return a stand-in for training whose length nobody knows.

    A schedule that needs to know it gives way to 'invscaling', unless `max_iter` tells.
    """
    is_planned = callable(estimator.learning_rate) or estimator.learning_rate in PLANNED
    if estimator.max_iter != "auto" or not is_planned:
        return estimator
    stand_in = copy.copy(estimator)
    stand_in.learning_rate = "invscaling"
    return stand_in


def block_rows(estimator: Any, data: Any) -> int:
    """Return how many rows go through the network at once."""
    n_hidden, n_outputs = estimator.hidden_layer_size, len(data.classes)
    return _batches.block_rows(_numbers_a_row(data.X), n_hidden, n_outputs)


def touches_few(estimator: Any, data: Any) -> bool:
    """Return whether a batch has but few of many features, and so few gradients."""
    if not sparse.issparse(data.X) or estimator.solver == "lbfgs":
        return False
    n_rows, n_features = data.X.shape
    n_batch = batch_size(estimator, n_rows)
    return (
        n_features * estimator.hidden_layer_size >= _WIDE
        and _numbers_a_row(data.X) * n_batch <= n_features / 2
        and n_batch <= block_rows(estimator, data)
    )


def _numbers_a_row(X: Matrix) -> int:
    """Return how many numbers a row takes."""
    return math.ceil(X.nnz / X.shape[0]) if sparse.issparse(X) else X.shape[1]
