"""Time of a training epoch: skmlp against its peers and against its own products.

    python benchmarks/epoch_time.py [--rounds 5]

One BLAS thread, float32 X, the training loss only. In each round every side trains one
epoch after another on the same data; the table holds the median over the rounds of the
ratio of each peer's time to skmlp's in the same round, with its range. The floor is the
five matrix products of each batch and nothing else. PyTorch takes part where it is
installed: eager, fused optimizers, tensors in memory, slices of a permutation.

On MNIST where ``$SKMLP_DATA`` holds it, on random numbers of its shape elsewhere.
"""

import argparse
import os
import statistics
import time
import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from skmlp import TwoLayerClassifier
from skmlp.datasets import fetch_mnist

try:
    import torch
except ImportError:
    torch = None

# name: data, hidden units, batch size, parameters that both estimators understand
WORKS = {
    "784-128-10 adam 128": ("mnist", 128, 128, {"solver": "adam"}),
    "784-128-10 sgd Nesterov 128": ("mnist", 128, 128, {"solver": "sgd"}),
    "784-40-10 sgd 64": ("mnist", 40, 64, {"solver": "sgd", "momentum": 0.0}),
    "784-512-10 adam 200": ("mnist", 512, 200, {"solver": "adam"}),
    "64-50-10 adam 32": ("digits", 50, 32, {"solver": "adam"}),
}


def mnist():
    """Return 60,000 images in [0, 1], float32, and their labels."""
    try:
        if "SKMLP_DATA" not in os.environ:
            raise FileNotFoundError
        images, y = fetch_mnist(return_X_y=True)
        return images / np.float32(255), y
    except FileNotFoundError:
        print("SKMLP_DATA is not set: random numbers of MNIST's shape.")
        rng = np.random.default_rng(0)
        X = rng.random((60_000, 784), dtype=np.float32)
        X *= rng.random(X.shape, dtype=np.float32) < 0.2
        return X, rng.integers(10, size=60_000)


def digits():
    """Return scikit-learn's digits in [0, 1], float32, and their labels."""
    X, y = load_digits(return_X_y=True)
    return (X / 16).astype(np.float32), y


def seconds(function):
    """Return how long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def epoch_of_skmlp(X, y, n_hidden, batch_size, params):
    """Return what trains one epoch."""
    clf = TwoLayerClassifier(
        n_hidden, batch_size=batch_size, max_iter=1, random_state=0, **params
    )
    return lambda: clf.fit(X, y)


def epoch_of_mlp_classifier(X, y, n_hidden, batch_size, params):
    """Return what trains one epoch."""
    clf = MLPClassifier(
        n_hidden, batch_size=batch_size, max_iter=1, random_state=0, **params
    )
    return lambda: clf.fit(X, y)


def epoch_of_torch(X, y, n_hidden, batch_size, params):
    """Return what trains one epoch, eagerly, with a fused optimizer."""
    torch.set_num_threads(1)
    X, y = torch.from_numpy(X), torch.from_numpy(np.asarray(y, dtype=np.int64))
    net = torch.nn.Sequential(
        torch.nn.Linear(X.shape[1], n_hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(n_hidden, 10),
    )
    if params["solver"] == "adam":
        optimizer = torch.optim.Adam(net.parameters(), fused=True)
    else:
        momentum = params.get("momentum", 0.9)
        optimizer = torch.optim.SGD(
            net.parameters(), 0.001, momentum, nesterov=momentum > 0, fused=True
        )
    loss_function = torch.nn.CrossEntropyLoss()

    def epoch():
        total = 0.0
        for rows in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            loss = loss_function(net(X[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        return total / len(X)

    return epoch


def floor_of_an_epoch(X, y, n_hidden, batch_size, params):
    """Return what computes the five products of each batch, on buffers."""
    n_features, dtype = X.shape[1], np.float32
    A, H = (
        np.ones((batch_size, n_features), dtype),
        np.ones((batch_size, n_hidden), dtype),
    )
    W1, W2 = np.ones((n_features, n_hidden), dtype), np.ones((n_hidden, 10), dtype)
    O = np.ones((10, batch_size), dtype)  # noqa: E741
    Z, dW1, dW2 = np.empty_like(H), np.empty_like(W1), np.empty_like(W2)
    logits = np.empty_like(O)

    def epoch():
        for _ in range(len(X) // batch_size):
            np.matmul(A, W1, out=Z)
            np.matmul(W2.T, H.T, out=logits)
            np.matmul(H.T, O.T, out=dW2)
            np.matmul(O.T, W2.T, out=Z)
            np.matmul(A.T, Z, out=dW1)

    return epoch


def measure(X, y, n_hidden, batch_size, params, n_rounds):
    """Return the seconds of an epoch of each side in each round."""
    args = (y, n_hidden, batch_size, params)
    sides = {
        "skmlp": epoch_of_skmlp(X, *args),
        "MLPClassifier float32": epoch_of_mlp_classifier(X, *args),
        "MLPClassifier float64": epoch_of_mlp_classifier(X.astype(float), *args),
        "floor": floor_of_an_epoch(X, *args),
    }
    if torch is not None:
        sides["PyTorch"] = epoch_of_torch(X, *args)
    for epoch in sides.values():
        epoch()  # warm up
    rounds = [{name: seconds(e) for name, e in sides.items()} for _ in range(n_rounds)]
    return {name: [r[name] for r in rounds] for name in sides}


def main():
    """Print a table of ratios for each work."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    n_rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore")  # MLPClassifier warns that one epoch is few
    data = {"mnist": mnist(), "digits": digits()}
    for name, (source, *work) in WORKS.items():
        with threadpool_limits(1):
            times = measure(*data[source], *work, n_rounds)
        ours = times.pop("skmlp")
        print(f"{name}: an epoch of skmlp {statistics.median(ours):.4f} s")
        for peer, theirs in times.items():
            pairs = zip(theirs, ours, strict=True)
            ratios = sorted((o / t if peer == "floor" else t / o) for t, o in pairs)
            label = "skmlp / floor" if peer == "floor" else f"{peer} / skmlp"
            median = statistics.median(ratios)
            print(
                f"    {label:30} {median:5.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f})"
            )


if __name__ == "__main__":
    main()
