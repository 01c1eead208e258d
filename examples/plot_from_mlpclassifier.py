"""
A grid of MLPClassifier, translated
===================================

A function translates a grid of MLPClassifier into one of TwoLayerClassifier. Both are
searched; the scores stand side by side.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmlp import TwoLayerClassifier

# Parameters that have the same name and the same meaning.
SAME = [
    *("activation", "solver", "learning_rate_init", "momentum", "nesterovs_momentum"),
    *("beta_1", "beta_2", "epsilon", "max_iter", "power_t", "tol"),
    *("validation_fraction", "warm_start", "verbose", "random_state"),
]


# %%
# One setting
# -----------
# MLPClassifier divides its ``alpha`` by the number of rows per batch.
# TwoLayerClassifier does not, so this function does. It also adds one to
# ``n_iter_no_change``, because MLPClassifier runs one epoch more. A setting
# without a counterpart is refused, with one exception: without early stopping,
# MLPClassifier may end early by ``tol``; TwoLayerClassifier trains all ``max_iter``
# epochs.
def converted(mlp, n_rows):
    """Return the parameters of TwoLayerClassifier that mean what mlp's mean.

    Parameters
    ----------
    mlp : MLPClassifier
        Fitted or not.
    n_rows : int
        The number of rows that `fit` gets.

    Returns
    -------
    params : dict
        For ``TwoLayerClassifier(**params)``.
    """
    theirs = mlp.get_params()
    is_sgd, is_lbfgs = theirs["solver"] == "sgd", theirs["solver"] == "lbfgs"
    sizes = np.ravel(theirs["hidden_layer_sizes"])
    if len(sizes) != 1:
        raise ValueError(
            f"hidden_layer_sizes={theirs['hidden_layer_sizes']} has {len(sizes)} "
            "hidden layers; TwoLayerClassifier has one. Choose one size."
        )
    if is_sgd and theirs["learning_rate"] == "invscaling":
        raise ValueError(
            "learning_rate='invscaling' counts rows in MLPClassifier and epochs in "
            "TwoLayerClassifier. Choose 'constant' or 'adaptive', or translate by hand."
        )
    if is_lbfgs and theirs["max_fun"] != 15000:
        raise ValueError(
            f"max_fun={theirs['max_fun']} has no counterpart. Leave it at 15000 and "
            "bound max_iter."
        )
    n_trained, batch_size = n_rows, theirs["batch_size"]
    early_stopping = theirs["early_stopping"] and not is_lbfgs
    if early_stopping:
        n_trained -= int(np.ceil(theirs["validation_fraction"] * n_rows))
    batch_size = min(200 if batch_size == "auto" else batch_size, n_trained)
    patience = theirs["n_iter_no_change"]
    return {name: theirs[name] for name in SAME} | {
        "hidden_layer_size": int(sizes[0]),
        "alpha": theirs["alpha"] / (n_rows if is_lbfgs else batch_size),
        "batch_size": batch_size,
        "early_stopping": early_stopping,
        "learning_rate": theirs["learning_rate"] if is_sgd else "constant",
        "n_iter_no_change": int(min(patience + 1, theirs["max_iter"])),
        "sampling": "shuffle" if theirs["shuffle"] else "sequential",
        "scoring": "accuracy" if early_stopping else "loss",
        "standardize": False,
        "weight_init": "glorot",
    }


# %%
# A grid
# ------
# The new ``alpha`` depends on ``batch_size``, which may be in the grid, too. So each
# candidate becomes a grid with one candidate: GridSearchCV takes a list of grids, and
# keeps their order.
def converted_grid(grid, mlp, n_rows, prefix="mlpclassifier__"):
    """Return a grid for TwoLayerClassifier, one dict of one candidate each.

    Parameters
    ----------
    grid : dict or list of dicts
        What GridSearchCV took.
    mlp : MLPClassifier
        The estimator that was searched, for what the grid does not say.
    n_rows : int
        The number of rows that `fit` gets in the search.
    prefix : str, default="mlpclassifier__"
        How names in the grid begin; "" without a pipeline. Other names stay.

    Returns
    -------
    grid : list of dicts
        For a `TwoLayerClassifier(**converted(mlp, n_rows))` in the same place, with
        only what is different there.
    """
    new_prefix = prefix.replace("mlpclassifier", "twolayerclassifier")
    base, translated = converted(mlp, n_rows), []
    for candidate in ParameterGrid(grid):
        of_mlp = {k for k in candidate if k.startswith(prefix)}
        theirs = {k.removeprefix(prefix): candidate[k] for k in of_mlp}
        ours = converted(clone(mlp).set_params(**theirs), n_rows)
        changed = {new_prefix + k: [v] for k, v in ours.items() if v != base[k]}
        others = {k: [v] for k, v in candidate.items() if k not in of_mlp}
        translated.append(others | changed)
    return translated


# %%
# Both searches
# -------------
# On a part of scikit-learn's digits. MLPClassifier warns after 20 epochs that it has
# not converged; the warning is ignored, because no more epochs are planned. Three of
# the translated candidates:
X, y = load_digits(return_X_y=True)
X, y = X[:600], y[:600]
n_rows = len(X) * 2 // 3  # of three folds, two are trained on
plan = {"max_iter": 20, "n_iter_no_change": 20}  # always 20 epochs
mlp = MLPClassifier(learning_rate_init=0.005, random_state=0, **plan)
grid = {
    "mlpclassifier__alpha": [0.01, 1.0],
    "mlpclassifier__batch_size": [20, "auto"],
    "mlpclassifier__hidden_layer_sizes": [(20,), (50,)],
}
new_grid = converted_grid(grid, mlp, n_rows)
for candidate in new_grid[:3]:
    print({name.split("__")[1]: values for name, values in candidate.items()})

# %%
theirs = GridSearchCV(make_pipeline(MinMaxScaler(), mlp), grid, cv=3)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    theirs.fit(X, y)
net = TwoLayerClassifier(**converted(mlp, n_rows))
ours = GridSearchCV(make_pipeline(MinMaxScaler(), net), new_grid, cv=3).fit(X, y)

pairs = [s.cv_results_["mean_test_score"] for s in (theirs, ours)]
print("alpha  batch  units  MLPClassifier  TwoLayerClassifier")
for params, *scores in zip(theirs.cv_results_["params"], *pairs, strict=True):
    alpha, batch_size, (n_units,) = params.values()
    print(
        f"{alpha:5}  {batch_size:>5}  {n_units:5}  {scores[0]:13.3f}  {scores[1]:18.3f}"
    )

# %%
# The scores differ because the networks begin with different random weights; another
# ``random_state`` changes them as much. From equal weights, with the rows in order,
# both end at equal weights: ``tests/usage/test_migration.py`` checks it.
fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.axline((0.8, 0.8), slope=1, color="0.7", zorder=0)
ax.scatter(*pairs, s=60)
limits = np.min(pairs) - 0.01, np.max(pairs) + 0.01
ax.set(xlim=limits, ylim=limits, aspect="equal", title="Accuracy of eight candidates")
ax.set(xlabel="MLPClassifier", ylabel="TwoLayerClassifier")
plt.show()
