"""Ctrl-C where others call for training: a signal to all processes, as a terminal's."""

import subprocess
import sys

import pytest

SCRIPT = """
import os, signal
import numpy as np
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skmlp import TwoLayerClassifier

signal.signal(signal.SIGINT, signal.default_int_handler)
n_fits = 0

def schedule(share):
    global n_fits
    n_fits += share == 0
    if n_fits == {n_fits} and share > 0.5:
        os.killpg(os.getpgrp(), signal.SIGINT)
    return 1.0

X, y = np.arange(90.0).reshape(45, 2), np.arange(45) % 2
net = TwoLayerClassifier(8, alpha=0.1, learning_rate=schedule, random_state=0)
grid = {{"dropout": [0.0]}}
try:
    {call}
    print("went on")
except KeyboardInterrupt:
    print("ended")
"""


def outcome_of(call, n_fits):
    """Return what became of a call, and of the warning, with Ctrl-C in its n-th fit."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(call=call, n_fits=n_fits)],
        capture_output=True,
        text=True,
        timeout=300,
        start_new_session=True,
        check=True,
    )
    return done.stdout.strip(), "what was learnt is kept" in done.stderr


@pytest.mark.parametrize(
    "call",
    [
        "GridSearchCV(net, grid, cv=2).fit(X, y)",
        "GridSearchCV(net, grid, cv=2, n_jobs=2).fit(X, y)",
        "cross_val_score(net, X, y)",
    ],
)
def test_ctrl_c_ends_a_search(call):
    assert outcome_of(call, n_fits=1) == ("ended", False)


@pytest.mark.parametrize(
    ("call", "n_fits"),
    [
        ("net.fit(X, y)", 1),
        ("make_pipeline(StandardScaler(), net).fit(X, y)", 1),
        ("GridSearchCV(net, grid, cv=2).fit(X, y).predict(X)", 3),
    ],
)
def test_ctrl_c_keeps_what_a_single_training_learnt(call, n_fits):
    assert outcome_of(call, n_fits) == ("went on", True)
