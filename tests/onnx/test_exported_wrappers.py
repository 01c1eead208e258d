"""What is around the classifier: pipelines, searches, calibration, ensembles."""

import copy

import numpy as np
import pytest
import sklearn
from running import assert_same_predictions, run
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skmlp import TwoLayerClassifier
from skmlp.onnx import to_onnx


def net(**settings):
    return TwoLayerClassifier(8, max_iter=3, alpha=0.1, random_state=0, **settings)


def searched(search, model=None, **settings):
    grid = {"alpha": [0.1, 1.0]}
    if model is not None:
        grid = {f"twolayerclassifier__{name}": grid[name] for name in grid}
    return search(net() if model is None else model, grid, cv=2, **settings)


SCALED = make_pipeline(MinMaxScaler(), net())
OTHER = make_pipeline(StandardScaler(), LogisticRegression())
PAIR = [("net", SCALED), ("other", OTHER)]
AROUND = {
    "MinMaxScaler": SCALED,
    "StandardScaler": make_pipeline(StandardScaler(), net()),
    "columns": make_pipeline(
        make_column_transformer((StandardScaler(), [0, 2]), ("passthrough", [3])), net()
    ),
    "grid": searched(GridSearchCV),
    "grid of pipelines": searched(GridSearchCV, SCALED),
    "grid in a pipeline": make_pipeline(MinMaxScaler(), searched(GridSearchCV)),
    "halving": searched(HalvingGridSearchCV, random_state=0),
    "halving in a pipeline": make_pipeline(
        MinMaxScaler(), searched(HalvingGridSearchCV, random_state=0)
    ),
    "at random": searched(RandomizedSearchCV, n_iter=2, random_state=0),
    "sigmoid": CalibratedClassifierCV(net(), cv=2),
    "isotonic": CalibratedClassifierCV(net(), cv=2, method="isotonic"),
    "sigmoid of a pipeline": CalibratedClassifierCV(SCALED, cv=2),
    "sigmoid of a grid": CalibratedClassifierCV(searched(GridSearchCV), cv=2),
    "one sigmoid": CalibratedClassifierCV(net(), cv=2, ensemble=False),
    "sigmoid of a search at random": CalibratedClassifierCV(
        searched(RandomizedSearchCV, n_iter=2, random_state=0), cv=2
    ),
    "sigmoid of a pipeline with a search": CalibratedClassifierCV(
        make_pipeline(MinMaxScaler(), searched(GridSearchCV)), cv=2
    ),
    "bagging": BaggingClassifier(net(), 2, random_state=0),
    "bagging of some features": BaggingClassifier(
        SCALED, 2, max_features=0.5, random_state=0
    ),
    "stacking": StackingClassifier(PAIR, cv=2),
    "stacking with a search": StackingClassifier(
        [("net", searched(HalvingGridSearchCV, random_state=0))], cv=2
    ),
    "stacking under a net": StackingClassifier(PAIR, net(), cv=2, passthrough=True),
    "soft voting": VotingClassifier(PAIR, voting="soft", weights=[2, 1]),
}
WITH_A_THRESHOLD = {
    "tuned": TunedThresholdClassifierCV(net(), cv=2, random_state=0),
    "tuned pipeline": TunedThresholdClassifierCV(
        SCALED, cv=2, random_state=0, store_cv_results=True
    ),
    "tuned after calibration": TunedThresholdClassifierCV(
        CalibratedClassifierCV(net(), cv=2), cv=2, random_state=0
    ),
    "tuned decision function": TunedThresholdClassifierCV(
        net(), cv=2, response_method="decision_function", random_state=0
    ),
    "fixed": FixedThresholdClassifier(net(), threshold=0.3),
    "fixed decision function": FixedThresholdClassifier(
        net(), response_method="decision_function", threshold=-0.5
    ),
    "fixed decision function of a search": FixedThresholdClassifier(
        searched(RandomizedSearchCV, n_iter=2, random_state=0),
        response_method="decision_function",
        threshold=-0.5,
    ),
    "fixed, of the other class": FixedThresholdClassifier(
        net(), threshold=0.3, pos_label="a"
    ),
    "searched": GridSearchCV(
        FixedThresholdClassifier(net()), {"threshold": [0.2, 0.4]}, cv=2
    ),
}


def rows(dtype):
    return (40 * np.random.default_rng(0).normal(size=(120, 4)) + 100).astype(dtype)


def labels(X, n_classes):
    noise = np.random.default_rng(1).normal(size=len(X))
    order = (X[:, 0] + 30 * noise).argsort().argsort()
    return np.array(["a", "b", "c"])[order * n_classes // len(X)]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("name", AROUND)
def test_predictions_are_the_same(name, dtype, n_classes):
    X = rows(dtype)
    model = copy.deepcopy(AROUND[name]).fit(X, labels(X, n_classes))
    assert_same_predictions(to_onnx(model, X), model, X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", WITH_A_THRESHOLD)
def test_threshold_decides(name, dtype):
    X = rows(dtype)
    model = copy.deepcopy(WITH_A_THRESHOLD[name]).fit(X, labels(X, 2))
    assert_same_predictions(to_onnx(model, X), model, X)


@pytest.mark.parametrize("opset", [7, 22])
@pytest.mark.parametrize("name", ["MinMaxScaler", "isotonic", "bagging", "stacking"])
def test_opsets_at_both_ends_will_do(name, opset):
    X = rows(np.float32)
    model = copy.deepcopy(AROUND[name]).fit(X, labels(X, 3))
    assert_same_predictions(to_onnx(model, X, target_opset=opset), model, X)


@pytest.mark.skipif(sklearn.__version__ < "1.8", reason="which has no temperature")
@pytest.mark.parametrize("n_classes", [2, 3])
def test_temperature_is_taken_into_account(n_classes):
    X = rows(np.float32)
    model = CalibratedClassifierCV(net(), cv=2, method="temperature")
    model.fit(X, labels(X, n_classes))
    assert_same_predictions(to_onnx(model, X), model, X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_majority_decides(dtype):
    X = rows(dtype)
    voters = [*PAIR, ("tanh", net(activation="tanh"))]
    model = VotingClassifier(voters).fit(X, labels(X, 3))
    label, _ = run(to_onnx(model, X), X)
    np.testing.assert_array_equal(label, model.predict(X))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("name", ["MinMaxScaler", "grid", "at random"])
def test_what_is_frozen_is_calibrated(name, method):
    X = rows(np.float32)
    y = labels(X, 3)
    frozen = FrozenEstimator(copy.deepcopy(AROUND[name]).fit(X, y))
    model = CalibratedClassifierCV(frozen, method=method).fit(X, y)
    assert_same_predictions(to_onnx(model, X), model, X)


@pytest.mark.parametrize("steps", [[], [StandardScaler()]], ids=["alone", "in pipe"])
@pytest.mark.parametrize("name", ["MinMaxScaler", "grid of pipelines", "at random"])
def test_decision_functions_of_three_classes_are_stacked(name, steps):
    X = rows(np.float32)
    parts = [("net", copy.deepcopy(AROUND[name])), ("other", OTHER)]
    stacked = StackingClassifier(parts, cv=2, stack_method="decision_function")
    model = make_pipeline(*steps, stacked).fit(X, labels(X, 3))
    assert_same_predictions(to_onnx(model, X), model, X, atol=2e-6)


def test_one_frozen_classifier_may_be_calibrated_and_stacked():
    X = rows(np.float32)
    _, y = np.unique(labels(X, 3), return_inverse=True)
    frozen = FrozenEstimator(net().fit(X, y))  # which scikit-learn does not clone
    parts = [("calibrated", CalibratedClassifierCV(frozen)), ("net", frozen)]
    model = StackingClassifier(parts, cv=2).fit(X, y)
    assert_same_predictions(to_onnx(model, X), model, X)


def test_frozen_classifier_is_exported():
    X = rows(np.float32)
    frozen = FrozenEstimator(net().fit(X, labels(X, 2)))
    model = FixedThresholdClassifier(frozen, threshold=0.3).fit(X, labels(X, 2))
    assert_same_predictions(to_onnx(model, X), model, X)


def test_raw_scores_of_a_pipeline_are_its_decision_function():
    X = rows(np.float32)
    model = copy.deepcopy(SCALED).fit(X, labels(X, 3))
    _, scores = run(to_onnx(model, X, raw_scores=True), X)
    np.testing.assert_allclose(scores, model.decision_function(X), atol=1e-5)


def test_probabilities_of_a_search_may_be_put_out_by_label():
    X = rows(np.float32)
    model = copy.deepcopy(AROUND["grid in a pipeline"]).fit(X, labels(X, 2))
    _, (first, *_) = run(to_onnx(model, X, zipmap=True), X)
    assert set(first) == {"a", "b"}


def test_model_without_a_classifier_is_refused():
    X = rows(np.float32)
    scaler = make_pipeline(StandardScaler()).fit(X)
    with pytest.raises(ValueError, match=r"must be a classifier.* got StandardScaler"):
        to_onnx(scaler, X)


@pytest.mark.parametrize("step", ["passthrough", None])
def test_step_that_is_none_is_refused_by_name(step):
    X = rows(np.float32)
    model = Pipeline([("scale", step), ("net", net())]).fit(X, labels(X, 2))
    with pytest.raises(ValueError, match=rf"'scale' .* is {step!r}.*remove it"):
        to_onnx(model, X)
    del model.steps[0]
    assert_same_predictions(to_onnx(model, X), model, X)


def test_search_that_kept_no_model_is_refused():
    X = rows(np.float32)
    search = searched(GridSearchCV, refit=False).fit(X, labels(X, 2))
    with pytest.raises(ValueError, match=r"refit=False.*refit=True"):
        to_onnx(search, X)


@pytest.mark.parametrize("method", ["decision_function", "predict"])
def test_what_skl2onnx_stacks_otherwise_is_refused(method):
    X = rows(np.float32)
    model = StackingClassifier(PAIR, cv=2, stack_method=method).fit(X, labels(X, 2))
    with pytest.raises(ValueError, match=f'{method} .*stack_method="predict_proba"'):
        to_onnx(model, X)


@pytest.mark.parametrize("name", ["bagging", "stacking", "one sigmoid", "soft voting"])
def test_raw_scores_are_those_of_a_network(name):
    X = rows(np.float32)
    model = copy.deepcopy(AROUND[name]).fit(X, labels(X, 3))
    with pytest.raises(ValueError, match=r"got \w+Classifier\w*\. .*raw_scores=False"):
        to_onnx(model, X, raw_scores=True)


def test_decision_function_of_another_model_is_not_compared_with_a_threshold():
    X = rows(np.float32)
    model = FixedThresholdClassifier(OTHER, response_method="decision_function")
    model.fit(X, labels(X, 2))
    with pytest.raises(ValueError, match=r"LogisticRegression.*'predict_proba'"):
        to_onnx(model, X)


def test_threshold_that_is_calibrated_is_refused():
    X = rows(np.float32)
    model = CalibratedClassifierCV(FixedThresholdClassifier(net()), cv=2)
    model.fit(X, labels(X, 2))
    with pytest.raises(ValueError, match=r"FixedThresholdClassifier\(Calibrated"):
        to_onnx(model, X)


def test_calibrated_fold_without_a_class_is_refused():
    X = rows(np.float32)
    y = labels(X, 3)
    everything, some = np.arange(len(X)), np.flatnonzero(y != "c")
    folds = [(some, some), (everything, everything)]
    model = CalibratedClassifierCV(net(), cv=folds).fit(X, y)
    with pytest.raises(ValueError, match=r"\['a', 'b'\] of \['a', 'b', 'c'\]. Choose"):
        to_onnx(model, X)


def test_bagged_classifier_without_a_class_is_refused():
    X = rows(np.float32)
    y = np.where(np.arange(len(X)) < 3, "rare", labels(X, 2))
    model = BaggingClassifier(SCALED, 5, max_samples=20, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=r"2 of the 3 classes.*Raise max_samples"):
        to_onnx(model, X)
