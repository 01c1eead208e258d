"""Data that several test files share."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier


@pytest.fixture(scope="session", autouse=True)
def ctrl_c():
    """Let Ctrl-C be raised where a shell runs the tests in the background, too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def digits():
    """Scikit-learn's digits in [0, 1], float32: X_train, X_test, y_train, y_test."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    return train_test_split(X, y, stratify=y, random_state=0)


@pytest.fixture
def problem():
    """A small random problem in float64: X, y of 4 classes, sample weights."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 6))
    y = rng.integers(4, size=50)
    y[:4] = range(4)
    return X, y, rng.uniform(0.1, 3.0, size=50)


@pytest.fixture
def several(problem):
    """The same X and weights with several of 4 labels per row, told by X and chance."""
    X, _, sample_weight = problem
    noise = np.random.default_rng(2).normal(size=(50, 4))
    return X, (X[:, :4] + noise > 0.4).astype(int), sample_weight


@pytest.fixture
def weights():
    """Weights of a 6-5-4 network in float64, none of them zero."""
    rng = np.random.default_rng(1)
    shapes = {"W1": (6, 5), "b1": (5,), "W2": (5, 4), "b2": (4,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


@pytest.fixture(scope="session")
def without_screen():
    """Let examples that show their figures run where nobody looks."""
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="examples draw")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyplot, "show", lambda: None)
        yield


@pytest.fixture(scope="session")
def full_data():
    """The folder that holds the whole of MNIST and Fashion-MNIST."""
    folder = os.environ.get("SKMLP_DATA")
    names = ("mnist", "fashion-mnist")
    if not folder or not all(Path(folder, name).is_dir() for name in names):
        pytest.skip("SKMLP_DATA names no directory with mnist and fashion-mnist")
    return Path(folder)


@pytest.fixture(scope="session")
def net(digits):
    """A small net with every curve: training, validation, and a scorer's."""
    X, X_test, y, y_test = digits
    clf = TwoLayerClassifier(
        8, max_iter=3, monitor_train=True, scoring="f1_macro", random_state=0
    )
    return clf.fit(X, y, X_val=X_test, y_val=y_test)
