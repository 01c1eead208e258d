"""What a typed user writes; read by mypy, and run as a test to stay true."""

import numpy as np

from skmlp import TwoLayerClassifier, __version__
from skmlp.datasets import fetch_mnist, read_idx
from skmlp.solvers import SGD

Fetch = fetch_mnist
Read = read_idx


def train(X: np.ndarray, y: np.ndarray) -> float:
    clf: TwoLayerClassifier = TwoLayerClassifier(
        5,
        activation="tanh",
        learning_rate=lambda share: 1.0 - share,
        init_scale=(0.1, 0.2),
        class_weight={0: 1.0, 1: 2.0},
        max_iter=2,
    )
    clf = clf.fit(X, y, sample_weight=np.ones(len(y))).partial_fit(X, y)
    labels: np.ndarray = clf.predict(X)
    probabilities: np.ndarray = clf.predict_proba(X)
    again = TwoLayerClassifier.from_weights(clf.coefs_, clf.intercepts_, clf.classes_)
    curve: list[float] = again.partial_fit(X, y).loss_curve_
    assert labels.shape == (len(probabilities),)
    return curve[-1] + clf.loss_


def test_typed_usage_runs() -> None:
    assert train(np.eye(6), np.arange(6) % 2) > 0
    assert isinstance(__version__, str)
    assert SGD().momentum == 0.9
