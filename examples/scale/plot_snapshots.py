"""
Snapshots
=========

A callback that writes the model every few epochs, and how to go on from the last file
after the process was killed. Callbacks need scikit-learn 1.9 or newer.
"""

import os
import tempfile
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from skmlp import TwoLayerClassifier


class Snapshots:
    """Write the fitted estimator every so many epochs, each time as a whole.

    Parameters
    ----------
    path : path-like
        The file; a new snapshot replaces the last one in a single step.
    every : int
        The number of epochs between snapshots.
    """

    def __init__(self, path, every):
        self.path = Path(path)
        self.every = every

    def setup(self, estimator, context):
        """Do nothing before fit."""

    def on_fit_task_begin(self, estimator, context):
        """Do nothing before an epoch."""

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Write a snapshot; another process that reads sees the old one or the new."""
        if context.task_name == "epoch" and fitted_estimator.n_iter_ % self.every == 0:
            unfinished = self.path.with_suffix(".unfinished")
            joblib.dump(fitted_estimator, unfinished)
            os.replace(unfinished, self.path)

    def teardown(self, estimator, context):
        """Do nothing after fit."""


# %%
# A run of 40 epochs, and one of which only the snapshot of epoch 30 is left. The
# learning rate is constant: a schedule that plans would begin anew with the last 10.
X, y = load_digits(return_X_y=True)
make = {
    "learning_rate": "constant",
    "learning_rate_init": 0.003,
    "dropout": 0.2,
    "warm_start": True,
    "random_state": 0,
}
whole = TwoLayerClassifier(max_iter=40, **make).fit(X, y)

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "snapshot.joblib"
    killed = TwoLayerClassifier(max_iter=39, **make)
    killed.set_callbacks(Snapshots(path, every=10)).fit(X, y)
    left = joblib.load(path)

# %%
# The snapshot holds the state of the solver and of the random stream: going on from it
# ends at the same weights, bit for bit.
print(f"The snapshot was written after epoch {left.n_iter_}.")
left.set_params(max_iter=40 - left.n_iter_).fit(X, y)
same = all(map(np.array_equal, left.coefs_, whole.coefs_))
print(f"After epoch {left.n_iter_} the weights are those of the whole run: {same}")

# %%
# Its losses follow those of the killed run.
fig, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
for name, clf, style in (("whole run", whole, "-"), ("from the snapshot", left, "o")):
    ax.plot(clf.history_["epoch"], clf.history_["loss"], style, label=name, ms=4)
ax.axvline(30.5, color="0.7", linestyle=":")
ax.set(xlabel="epoch", ylabel="training loss", yscale="log")
ax.legend()
plt.show()
