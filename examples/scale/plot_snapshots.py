"""
Snapshots
=========

A callback writes the model to a file every few epochs; after the process was killed,
training goes on from the file. Callbacks need scikit-learn 1.9 or newer.
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
    """Write the fitted estimator to a file every few epochs.

    Parameters
    ----------
    path : path-like
        The file. A new snapshot replaces the last one in a single step, so that the
        file is complete at any time.
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
# One run goes through all 40 epochs. Another ends after 39, as if it was killed, and
# only its last snapshot is left, that of epoch 30. The learning rate is constant; the
# default schedule would begin anew with the last 10 epochs.
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
# The snapshot holds the state of the solver and of the random numbers, so training goes
# on to the same weights, bit for bit.
print(f"The snapshot was written after epoch {left.n_iter_}.")
left.set_params(max_iter=40 - left.n_iter_).fit(X, y)
same = all(map(np.array_equal, left.coefs_, whole.coefs_))
print(f"After epoch {left.n_iter_} the weights are those of the whole run: {same}")

# %%
# So the losses of the last ten epochs are the same as well.
epoch, loss = left.history_["epoch"], left.history_["loss"]
fig, ax = plt.subplots(figsize=(6, 3.8), layout="constrained")
ax.plot(whole.history_["epoch"], whole.history_["loss"], label="whole run", lw=3)
ax.plot(epoch[29], loss[29], "s", color="k", ms=9, label="snapshot of epoch 30")
ax.plot(epoch[30:], loss[30:], "o", color="C1", label="from the snapshot on")
ax.set(xlabel="epoch", ylabel="training loss", yscale="log")
ax.legend(loc="upper right")
plt.show()
