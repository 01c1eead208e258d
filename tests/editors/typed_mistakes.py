"""Mistakes that an editor should see; read by pyright alone, never run.

Each is marked with the rule that finds it, and `make lint` counts a mark without a
mistake as an error: pyright has to find all of them.
"""

import numpy as np

from skmlp import TwoLayerClassifier
from skmlp.inspection import check_gradients
from skmlp.solvers import AdamW


def make_every_mistake() -> None:
    X, y = np.eye(6), np.arange(6) % 2

    TwoLayerClassifier("256")  # pyright: ignore[reportArgumentType]
    TwoLayerClassifier(hidden_layer_sizes=(256,))  # pyright: ignore[reportCallIssue]
    TwoLayerClassifier(learning_rate=0.1)  # pyright: ignore[reportArgumentType]
    TwoLayerClassifier(solver=AdamW(momentum=0.9))  # pyright: ignore[reportCallIssue]
    clf = TwoLayerClassifier()
    clf.fit(X)  # pyright: ignore[reportCallIssue]
    clf.fit(X, y, sample_weights=y)  # pyright: ignore[reportCallIssue]
    clf.partial_fit(X, y, class_names=[0, 1])  # pyright: ignore[reportCallIssue]
    len(clf.coefs_.shape)  # pyright: ignore[reportAttributeAccessIssue]
    clf.history_["loss"].mean()  # pyright: ignore[reportAttributeAccessIssue]
    print(clf.n_iter_ + "epochs")  # pyright: ignore[reportOperatorIssue]
    clf.predict(X).most_common()  # pyright: ignore[reportAttributeAccessIssue]
    check_gradients(clf, X, y, step="small")  # pyright: ignore[reportArgumentType]
