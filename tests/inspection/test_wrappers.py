"""What all of skmlp.inspection has in common: what it takes, refuses and shows."""

import sys

import matplotlib.pyplot as plt
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmlp import TwoLayerClassifier
from skmlp.inspection import (
    PredictionsDisplay,
    TrainingDisplay,
    WeightsDisplay,
    check_gradients,
    feature_importances,
    input_gradients,
)


def look_at_training(estimator, X, y):
    return [*TrainingDisplay.from_estimator(estimator).histories.values()]


def look_at_weights(estimator, X, y):
    display = WeightsDisplay.from_estimator(estimator, image_shape=(8, 8))
    return display.weights.tolist()


def look_at_predictions(estimator, X, y):
    display = PredictionsDisplay.from_estimator(
        estimator, X, y, image_shape=(8, 8), n_images=4, random_state=0
    )
    return display.y_pred.tolist(), display.probability.tolist()


def look_at_gradients(estimator, X, y):
    return check_gradients(estimator, X[:9], y[:9], n_entries=5, random_state=0)


def look_at_input_gradients(estimator, X, y):
    return input_gradients(estimator, X[:9]).tolist()


def look_at_importances(estimator, X, y):
    return feature_importances(estimator, X).tolist()


DRAWN = [look_at_training, look_at_weights, look_at_predictions]
COMPUTED = [look_at_gradients, look_at_input_gradients, look_at_importances]
every_look = pytest.mark.parametrize("look", [*DRAWN, *COMPUTED])


@every_look
@pytest.mark.parametrize(
    ("wrap", "within"),
    [
        (lambda clf: clf, lambda clf, X: (clf, X)),
        (make_pipeline, lambda pipe, X: (pipe[-1], X)),
        (
            lambda clf: make_pipeline(MinMaxScaler(), clf),
            lambda pipe, X: (pipe[-1], pipe[0].transform(X)),
        ),
        (
            lambda clf: GridSearchCV(clf, {"alpha": [0.1]}, cv=2),
            lambda search, X: (search.best_estimator_, X),
        ),
        (
            lambda clf: GridSearchCV(make_pipeline(MinMaxScaler(), clf), {}, cv=2),
            lambda search, X: (
                search.best_estimator_[-1],
                search.best_estimator_[0].transform(X),
            ),
        ),
    ],
    ids=["classifier", "short_pipeline", "pipeline", "search", "search_of_pipelines"],
)
def test_what_is_seen_is_that_of_the_classifier_within(look, wrap, within, digits):
    X, _, y, _ = digits
    estimator = wrap(TwoLayerClassifier(4, max_iter=1, random_state=0)).fit(X, y)
    classifier, X_within = within(estimator, X)
    assert look(estimator, X, y) == look(classifier, X_within, y)


@every_look
@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (TwoLayerClassifier(), NotFittedError, "not fitted"),
        (make_pipeline(TwoLayerClassifier()), NotFittedError, "not fitted"),
        (GridSearchCV(TwoLayerClassifier(), {}), NotFittedError, "not fitted"),
        (LogisticRegression(), TypeError, "must be a TwoLayerClassifier, a Pipeline"),
        (TwoLayerClassifier, TypeError, "must be a TwoLayerClassifier, a Pipeline"),
    ],
)
def test_other_estimators_are_refused_before_a_figure_is_made(
    look, estimator, error, message, digits
):
    with pytest.raises(error, match=message):
        look(estimator, *digits[::2])
    assert not plt.get_fignums()


@every_look
def test_search_without_a_best_estimator_is_refused(look, digits):
    X, _, y, _ = digits
    clf = TwoLayerClassifier(4, max_iter=1, random_state=0)
    search = GridSearchCV(clf, {}, cv=2, refit=False).fit(X, y)
    with pytest.raises(ValueError, match="Search with refit=True"):
        look(search, X, y)


@pytest.mark.parametrize("look", DRAWN)
def test_missing_matplotlib_is_named_with_the_remedy(look, net, digits, monkeypatch):
    for module in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r'pip install "skmlp\[plot\]"'):
        look(net, *digits[::2])
