"""A warning names the line that called for training, whoever stands between."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import TwoLayerClassifier, tabular_pipeline

X, Y = load_iris(return_X_y=True)
HERE = Path(__file__)


def line_of(warning):
    """Return the file that a warning names, and the code of its line."""
    path = Path(warning.filename)
    return path, path.read_text(encoding="utf-8").splitlines()[warning.lineno - 1]


def diverging(**params):
    return TwoLayerClassifier(
        solver="sgd", learning_rate_init=30.0, random_state=0, **params
    )


def interrupted():
    def schedule(share):
        if share > 0.5:
            raise KeyboardInterrupt
        return 1.0

    return TwoLayerClassifier(learning_rate=schedule, random_state=0)


CALLS = {
    "divergence": lambda: diverging().fit(X, Y),
    "interrupt": lambda: interrupted().fit(X, Y),
    "hold-out": lambda: TwoLayerClassifier(
        early_stopping=True, validation_fraction=0.01
    ).fit(X, Y),
    "scale": lambda: TwoLayerClassifier().fit(X, Y, X_val=99 + X, y_val=Y),
    "scale in partial_fit": lambda: TwoLayerClassifier().partial_fit(
        X, Y, classes=range(3), X_val=99 + X, y_val=Y
    ),
    "order": lambda: (
        TwoLayerClassifier()
        .partial_fit(X[:50], Y[:50], classes=range(3))
        .partial_fit(X[50:], Y[50:])
    ),
    "pipeline": lambda: make_pipeline(StandardScaler(), diverging()).fit(X, Y),
    "dropped column": lambda: tabular_pipeline(TwoLayerClassifier(max_iter=9)).fit(
        np.column_stack([np.arange(len(X)), X]), Y
    ),
    "search": lambda: GridSearchCV(diverging(), {"dropout": [0.0]}, cv=2).fit(X, Y),
}


@pytest.mark.parametrize("call", CALLS)
def test_warning_names_the_line_of_the_caller(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        CALLS[call]()
    assert caught
    for warning in caught:
        path, code = line_of(warning)
        assert path == HERE
        assert ".fit(" in code or ".partial_fit(" in code or "X, Y" in code


def test_warning_of_a_fit_with_callbacks_names_the_line_of_the_caller():
    callback = pytest.importorskip("sklearn.callback", reason="they came with 1.9")
    clf = diverging().set_callbacks(callback.ScoringMonitor(scoring="accuracy"))
    with pytest.warns(ConvergenceWarning) as caught:
        clf.fit(X, Y)
    path, code = line_of(caught[0])
    assert path == HERE
    assert code.strip() == "clf.fit(X, Y)"
