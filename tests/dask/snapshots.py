"""What these tests and their scripts need: digits in blocks, and a callback."""

import os
import signal
from pathlib import Path

import dask.array as da
import joblib
import numpy as np
from sklearn.datasets import load_digits


def cut_digits():
    """Return the first digits in four blocks."""
    X, y = load_digits(return_X_y=True)
    X = (X[:800] / 16).astype(np.float32)
    return da.from_array(X, chunks=(200, 64)), da.from_array(y[:800], chunks=200)


def count_tasks(dask_scheduler):
    """Return how many tasks a scheduler knows."""
    return len(dask_scheduler.tasks)


class Snapshots:
    """Write the fitted estimator after each epoch; kill the process after some."""

    def __init__(self, path, kills_after):
        self.path = Path(path)
        self.kills_after = kills_after

    def setup(self, estimator, context):
        """Do nothing before fit."""

    def on_fit_task_begin(self, estimator, context):
        """Do nothing before an epoch, or die as soon as one more has begun."""
        if context.task_name == "epoch" and self.kills_after == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Write a snapshot as a whole."""
        if context.task_name == "epoch":
            unfinished = self.path.with_suffix(".unfinished")
            joblib.dump(fitted_estimator, unfinished)
            os.replace(unfinished, self.path)
            self.kills_after -= 1

    def teardown(self, estimator, context):
        """Do nothing after fit."""
