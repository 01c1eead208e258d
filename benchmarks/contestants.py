"""Who is compared: skmlp, MLPClassifier, PyTorch, and the matrix products alone.

Each function takes X, y and a work, that is a dictionary of ``n_hidden`` and parameters
that both estimators know, and returns what trains ``max_iter`` epochs when called.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from skmlp import TwoLayerClassifier

Training = Callable[[], object]

# Nobody's defaults: the same textbook training for all.
_TEXTBOOK = {
    "activation": "relu",
    "alpha": 1e-4,
    "learning_rate": "constant",
    "learning_rate_init": 0.001,
    "momentum": 0.9,
    "beta_1": 0.9,
    "beta_2": 0.999,
    "epsilon": 1e-8,
    "early_stopping": False,
    "random_state": 0,
}
_OURS_ALONE = {
    "loss": "log_loss",
    "standardize": False,
    "dropout": 0.0,
    "input_dropout": 0.0,
    "label_smoothing": 0.0,
    "sampling": "shuffle",
    "monitor_train": False,
    "max_grad_norm": None,
    "n_jobs": 1,
}


def skmlp_classifier(n_hidden: int, **params: Any) -> TwoLayerClassifier:
    """Return skmlp's estimator, unfitted."""
    chosen = {**_TEXTBOOK, **_OURS_ALONE, **params}
    return TwoLayerClassifier(hidden_layer_size=n_hidden, **chosen)


def mlp_classifier(n_hidden: int, **params: Any) -> MLPClassifier:
    """Return scikit-learn's estimator, unfitted, that trains all epochs asked for."""
    all_epochs = {"tol": 0.0, "n_iter_no_change": 10**6}
    return MLPClassifier((n_hidden,), **{**_TEXTBOOK, **all_epochs, **params})


def skmlp_training(X: Any, y: np.ndarray, **work: Any) -> Training:
    """Train skmlp's estimator."""
    classifier = skmlp_classifier(**work)
    return lambda: classifier.fit(X, y)


def mlp_training(X: Any, y: np.ndarray, **work: Any) -> Training:
    """Train scikit-learn's estimator."""
    classifier = mlp_classifier(**work)
    return lambda: classifier.fit(X, y)


def has_torch() -> bool:
    """Tell whether PyTorch is installed."""
    return find_spec("torch") is not None


def torch_training(
    X: np.ndarray,
    y: np.ndarray,
    *,
    n_hidden: int,
    batch_size: int,
    max_iter: int,
    solver: str,
    momentum: float = 0.9,
    n_threads: int | None = 1,
) -> Training:
    """Train in PyTorch: eager, a fused optimizer, slices of a permutation.

    The tensors are in memory before the clock starts. None for as many threads as
    PyTorch takes by itself.
    """
    import torch

    if n_threads is not None:
        torch.set_num_threads(n_threads)
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y.astype(np.int64))
    network = torch.nn.Sequential(
        torch.nn.Linear(X.shape[1], n_hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(n_hidden, len(np.unique(y))),
    )
    optimizer = (
        torch.optim.Adam(network.parameters(), fused=True)
        if solver == "adam"
        else torch.optim.SGD(
            network.parameters(), 0.001, momentum, nesterov=momentum > 0, fused=True
        )
    )
    loss_function = torch.nn.CrossEntropyLoss()

    def train() -> None:
        for _ in range(max_iter):
            total = 0.0
            for rows in torch.randperm(len(inputs)).split(batch_size):
                optimizer.zero_grad()
                loss = loss_function(network(inputs[rows]), targets[rows])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(rows)

    return train


def products(
    X: np.ndarray,
    y: np.ndarray,
    *,
    n_hidden: int,
    batch_size: int,
    max_iter: int,
    **solver: Any,
) -> Training:
    """Compute the five matrix products of each whole batch and nothing else.

    As fast as NumPy does that: of two matrices `dot` takes less than `matmul`.
    """
    n_features, n_outputs = X.shape[1], len(np.unique(y))
    batch, W1, W2, dlogits = (
        np.ones(shape, np.float32)
        for shape in (
            (batch_size, n_features),
            (n_features, n_hidden),
            (n_hidden, n_outputs),
            (n_outputs, batch_size),
        )
    )
    H = np.ones((batch_size, n_hidden), np.float32)
    Z, scores = np.empty_like(H), np.empty((batch_size, n_outputs), np.float32)
    dW1, dW2 = np.empty_like(W1), np.empty_like(W2)

    def multiply() -> None:
        for _ in range(max_iter * (len(X) // batch_size)):
            np.dot(batch, W1, out=Z)
            np.dot(H, W2, out=scores)
            np.dot(H.T, dlogits.T, out=dW2)
            np.dot(dlogits.T, W2.T, out=Z)
            np.dot(batch.T, Z, out=dW1)

    return multiply
