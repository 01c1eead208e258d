"""Which hidden units are active, by hand-computed values and a plain reference."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

from skmlp import TwoLayerClassifier
from skmlp._core.network import Workspace
from skmlp._core.objective import ActiveUnits
from skmlp.activations import ACTIVATIONS

# Three rows of five units: never positive, once positive, the same and positive, the
# same and far below zero, the same and far above it.
Z = np.array(
    [[-1, -2, 3, -1e3, 1e3], [-2, 1, 3, -1e3, 1e3], [-3, -1, 3, -1e3, 1e3]], float
)
SHARES = {
    "relu": 3 / 5,  # the first and the fourth are zero for every row
    "tanh": 3 / 5,  # the last two are -1 and 1, with a derivative of zero
    "logistic": 3 / 5,
    "identity": 1.0,
    "leaky_relu": 1.0,
    "elu": 4 / 5,
    "softplus": 4 / 5,
    "silu": 4 / 5,
    "gelu": 4 / 5,
}


def share_of(activation, Z, weight, n_blocks=1):
    """Return the share of active units, seen in so many blocks of rows."""
    workspace = Workspace(len(Z), Z.shape[1], 2, Z.dtype)
    units = ActiveUnits(Z.shape[1], Z.dtype)
    for rows in np.array_split(np.arange(len(Z)), n_blocks):
        buffers = workspace[len(rows)]
        buffers.Z[...] = Z[rows]
        activation.forward(buffers.Z_by_row, buffers.H_by_row)
        units.see(buffers, weight[rows], activation)
    return units.share


@pytest.mark.parametrize("n_blocks", [1, 3])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_unit_is_dead_where_it_neither_differs_nor_learns(name, n_blocks):
    share = share_of(ACTIVATIONS[name], Z, np.ones(3), n_blocks)
    assert share == SHARES[name]


def test_row_without_weight_makes_no_unit_active():
    relu = ACTIVATIONS["relu"]
    assert share_of(relu, Z, np.array([1.0, 0.0, 1.0]), n_blocks=3) == 2 / 5


@pytest.mark.parametrize("params", [{}, {"early_stopping": True}])
def test_history_has_the_share_that_is_positive_for_any_row(params):
    X, y = load_iris(return_X_y=True)
    weight = np.repeat([1.0, 0.0], [100, 50])
    clf = TwoLayerClassifier(
        40, learning_rate_init=0.3, monitor_train=True, random_state=0, max_iter=20
    )
    clf.fit(X, y, weight)
    shares = clf.history_["active_units"]
    is_positive = X[:100] @ clf.coefs_[0] + clf.intercepts_[0] > 0
    assert shares[-1] == is_positive.any(axis=0).mean() < 1
    assert len(shares) == clf.n_iter_


def test_share_is_there_only_where_training_rows_are_measured():
    X, y = load_iris(return_X_y=True)
    clf = TwoLayerClassifier(4, max_iter=2, random_state=0).fit(X, y, X_val=X, y_val=y)
    assert "active_units" not in clf.history_
    clf.set_params(monitor_train=True).partial_fit(X, y)
    assert len(clf.history_["active_units"]) == 3
