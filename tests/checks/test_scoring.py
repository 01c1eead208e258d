"""A scorer that was asked for is used, or is said not to be."""

import warnings

import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import TwoLayerClassifier, TwoLayerClassifierCV

X, Y = load_iris(return_X_y=True)
SMALL = {"scoring": "accuracy", "max_iter": 2, "random_state": 0}


def test_scoring_that_has_no_effect_is_said():
    with pytest.warns(UserWarning, match="scoring=accuracy has no effect on this fit"):
        TwoLayerClassifier(4, **SMALL).fit(X, Y)


@pytest.mark.parametrize(
    "train",
    [
        lambda: TwoLayerClassifier(4, early_stopping=True, **SMALL).fit(X, Y),
        lambda: TwoLayerClassifier(4, **SMALL).fit(X, Y, X_val=X, y_val=Y),
        lambda: TwoLayerClassifier(4, **SMALL).partial_fit(X, Y, range(3)),
        lambda: TwoLayerClassifierCV(2, hidden_layer_size=4, **SMALL).fit(X, Y),
        lambda: TwoLayerClassifier(4, **SMALL | {"scoring": "loss"}).fit(X, Y),
    ],
)
def test_scoring_that_is_used_or_not_asked_for_is_no_reason_to_warn(train):
    train()


def test_a_search_says_it_once():
    net = make_pipeline(StandardScaler(), TwoLayerClassifier(4, **SMALL))
    grid = {"twolayerclassifier__dropout": [0.0, 0.1]}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        GridSearchCV(net, grid, cv=3).fit(X, Y)
    assert len(caught) == 1
