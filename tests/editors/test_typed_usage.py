"""What a typed user writes: mypy and pyright find no fault, and as a test it runs."""

from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from skmlp import TwoLayerClassifier, __version__
from skmlp.activations import Activation
from skmlp.datasets import fetch_fashion_mnist, fetch_mnist, read_idx
from skmlp.initializers import Normal
from skmlp.inspection import (
    GradientErrors,
    PredictionsDisplay,
    TrainingDisplay,
    WeightsDisplay,
    check_gradients,
)
from skmlp.losses import Brier
from skmlp.schedules import OneCycle
from skmlp.solvers import LBFGS, SGD, AdamW

FETCH = (fetch_mnist, fetch_fashion_mnist)


def train(X: np.ndarray, y: np.ndarray) -> TwoLayerClassifier:
    clf = TwoLayerClassifier(
        5,
        activation="tanh",
        learning_rate=lambda share: 1.0 - share,
        init_scale=(0.1, 0.2),
        class_weight={0: 1.0, 1: 2.0},
        max_iter=2,
        monitor_train=True,
    )
    clf = clf.fit(X, y, sample_weight=np.ones(len(y)), X_val=X, y_val=y)
    return clf.partial_fit(X, y, classes=[0, 1], X_val=X, y_val=y)


def predict(clf: TwoLayerClassifier, X: np.ndarray, y: np.ndarray) -> float:
    labels: np.ndarray = clf.predict(X)
    probabilities: np.ndarray = clf.predict_proba(X)
    log_probabilities: np.ndarray = clf.predict_log_proba(X)
    scores: np.ndarray = clf.decision_function(X)
    assert labels.shape == scores.shape == (len(probabilities),)
    assert log_probabilities.shape == probabilities.shape
    return float(clf.score(X, y))


def predict_sparse(clf: TwoLayerClassifier, X: np.ndarray, Y: csr_array) -> int:
    labels = clf.fit(X, Y).predict(X)
    assert isinstance(labels, csr_array)
    return int(labels.nnz)


def look_into(clf: TwoLayerClassifier) -> float:
    W1, W2 = clf.coefs_
    b1, b2 = clf.intercepts_
    classes: np.ndarray = clf.classes_
    assert W1.shape == (clf.n_features_in_, len(b1))
    assert W2.shape == (len(b1), len(b2)) == (len(b1), len(classes))
    counts: int = clf.n_iter_ + clf.t_ + clf.n_layers_ + clf.n_outputs_ + len(classes)
    counts += clf.batch_size_ + clf.max_iter_
    rates: float = clf.alpha_ * clf.learning_rate_init_
    curve: list[float] = clf.history_["loss"] + clf.loss_curve_
    validation: list[float] = clf.validation_scores_ or []
    best: float = clf.best_validation_score_ or 0.0
    counts += clf.best_epoch_ or 0
    assert clf.out_activation_.isalpha()
    return sum(curve + validation) + clf.loss_ + clf.best_loss_ + best + counts + rates


def choose() -> list[TwoLayerClassifier]:
    square = Activation(
        lambda Z, H: np.multiply(Z, Z, out=H),
        lambda Z, H, dH: np.multiply(dH, 2 * Z, out=dH),
    )
    return [
        TwoLayerClassifier(activation=square, loss=Brier(), solver=AdamW(beta_1=0.8)),
        TwoLayerClassifier(loss=Brier, solver=LBFGS, weight_init=Normal(0.1)),
        TwoLayerClassifier(learning_rate=OneCycle(warm_up=0.1), solver=SGD),
        TwoLayerClassifier(weight_init=(np.ones((2, 3)), np.ones((3, 2)))),
        TwoLayerClassifier(batch_size=None, max_grad_norm=1.0, verbose=2),
    ]


def draw(clf: TwoLayerClassifier, X: np.ndarray, y: np.ndarray) -> GradientErrors:
    images = X.reshape(-1, 2, 3)
    curves: TrainingDisplay = TrainingDisplay.from_estimator(clf)
    weights: WeightsDisplay = WeightsDisplay.from_estimator(clf, image_shape=(2, 3))
    mistakes = PredictionsDisplay.from_estimator(clf, X, y, image_shape=(2, 3))
    PredictionsDisplay(images, y, y, np.ones(len(y))).plot(cmap="gray_r")
    assert curves.figure_ is not weights.figure_ is not mistakes.figure_
    return check_gradients(clf, X, y, step=1e-5, n_entries=10, random_state=0)


def read(path: Path) -> np.ndarray:
    return read_idx(path)


def test_typed_usage_runs(tmp_path: Path) -> None:
    X, y = np.eye(6), np.arange(6) % 2
    clf = train(X, y)
    assert predict(clf, X, y) >= 0
    assert look_into(clf) > 0
    assert predict_sparse(TwoLayerClassifier(5, max_iter=1), X, csr_array(1 - X)) > 0
    again = TwoLayerClassifier.from_weights(clf.coefs_, clf.intercepts_, clf.classes_)
    again.set_params(alpha=0.5).set_params(**clf.get_params())
    assert draw(clf, X, y).largest < 1e-6
    assert len(choose()) == 5
    assert isinstance(__version__, str)
    idx = tmp_path / "two-ubyte"
    idx.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
    np.testing.assert_array_equal(read(idx), [7, 9])
