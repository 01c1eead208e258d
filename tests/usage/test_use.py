"""TwoLayerClassifier among scikit-learn's tools, on digits; saved, loaded, cloned."""

import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmlp import TwoLayerClassifier

# Accuracies are held against thresholds under the worst of ten splits and seeds.

# Trained in every way that leaves another state behind.
STATES = {
    "float32": lambda X, y: short().fit(X.astype(np.float32), y),
    "float64": lambda X, y: short().fit(X, y),
    "strings": lambda X, y: short().fit(X, np.array(list("abcdefghij"))[y]),
    "early stopping": lambda X, y: short(early_stopping=True).fit(X, y),
    "warm start": lambda X, y: short(warm_start=True).fit(X, y),
    "partial_fit": lambda X, y: short().partial_fit(X, y, classes=range(10)),
    "lbfgs": lambda X, y: short(solver="lbfgs").fit(X, y),
    "from_weights": lambda X, y: from_weights(short().fit(X, y)),
}
SAVE = {
    "pickle": lambda clf, path: path.write_bytes(pickle.dumps(clf)),
    "joblib": lambda clf, path: joblib.dump(clf, path),
    "joblib compressed": lambda clf, path: joblib.dump(clf, path, compress=3),
}
# joblib.load reads what pickle wrote, too.
PREDICT_ELSEWHERE = """
import os, sys, joblib, numpy
os.chdir(sys.argv[1])
for model in sys.argv[2:]:
    numpy.save(model + ".npy", joblib.load(model).predict_proba(numpy.load("X.npy")))
"""


def short(**params):
    """A classifier that learns digits well enough in few epochs."""
    defaults = {"hidden_layer_size": 30, "learning_rate_init": 0.01, "max_iter": 30}
    return TwoLayerClassifier(**{**defaults, "random_state": 0, **params})


def from_weights(clf):
    return TwoLayerClassifier.from_weights(
        clf.coefs_, clf.intercepts_, clf.classes_, random_state=0
    )


def scaled(clf):
    return make_pipeline(MinMaxScaler(), clf)


@pytest.fixture(scope="module")
def raw_digits():
    """Digits of 0 to 16, in float64: X_train, X_test, y_train, y_test."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, stratify=y, random_state=0)


@pytest.fixture(scope="module")
def few_digits():
    """Three hundred digits in [0, 1], for what is not about accuracy."""
    X, y = load_digits(return_X_y=True)
    return X[:300] / 16, y[:300]


@pytest.mark.parametrize("seed", range(3))
def test_default_in_a_pipeline_reads_digits(seed, raw_digits):
    X_train, X_test, y_train, y_test = raw_digits
    pipeline = scaled(TwoLayerClassifier(random_state=seed)).fit(X_train, y_train)
    # Of 20 seeds the worst had 0.98.
    assert pipeline.score(X_test, y_test) >= 0.97


def test_cross_validation_reads_every_fold(raw_digits):
    X, _, y, _ = raw_digits
    scores = cross_val_score(scaled(short()), X, y, cv=5, error_score="raise")
    assert scores.min() >= 0.93


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_cross_validated_predictions_are_as_good_as_the_scores(n_jobs, raw_digits):
    X, _, y, _ = raw_digits
    scores = cross_val_score(scaled(short()), X, y, cv=3, n_jobs=n_jobs)
    predicted = cross_val_predict(scaled(short()), X, y, cv=3, n_jobs=n_jobs)
    # 1347 rows make three folds of 449.
    assert np.mean(predicted == y) == pytest.approx(scores.mean())


def test_grid_search_finds_what_learns(raw_digits):
    X_train, X_test, y_train, y_test = raw_digits
    name = "twolayerclassifier__"
    grid = {
        f"{name}hidden_layer_size": [2, 30],
        f"{name}alpha": [1e-4, 10.0],
        f"{name}learning_rate_init": [1e-6, 0.01],
    }
    search = GridSearchCV(scaled(short()), grid, cv=3, n_jobs=2, error_score="raise")
    search.fit(X_train, y_train)
    assert list(search.best_params_.values()) == [1e-4, 30, 0.01]
    assert search.best_score_ >= 0.95
    assert search.score(X_test, y_test) >= 0.95


def test_halving_search_halves_by_epochs(raw_digits):
    X, _, y, _ = raw_digits
    search = HalvingGridSearchCV(
        short(),
        {"hidden_layer_size": [1, 30], "learning_rate_init": [1e-6, 0.01]},
        resource="max_iter",
        min_resources=10,
        max_resources=40,
        factor=2,
        cv=3,
        error_score="raise",
    ).fit(X / 16, y)
    assert (search.n_resources_, search.n_candidates_) == ([10, 20, 40], [4, 2, 1])
    assert search.best_estimator_.n_iter_ == 40
    assert search.best_score_ >= 0.94


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration_mends_overconfidence(method):
    X, y = load_digits(return_X_y=True)
    mislabelled = np.random.default_rng(0).random(len(y)) < 0.3
    y = np.where(mislabelled, (y + 3) % 10, y)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, train_size=1000, random_state=0
    )
    clf = scaled(short(alpha=0.0, learning_rate_init=0.1))
    calibrated = CalibratedClassifierCV(clf, method=method, cv=3).fit(X_train, y_train)
    before = log_loss(y_test, clf.fit(X_train, y_train).predict_proba(X_test))
    assert log_loss(y_test, calibrated.predict_proba(X_test)) < before


def test_bag_is_better_than_its_mean_member(raw_digits):
    X_train, X_test, y_train, y_test = raw_digits
    clf = scaled(short(hidden_layer_size=10))
    bag = BaggingClassifier(clf, n_estimators=8, random_state=0).fit(X_train, y_train)
    members = [member.score(X_test, y_test) for member in bag.estimators_]
    assert len(set(members)) > 1
    assert bag.score(X_test, y_test) > np.mean(members)


def test_one_network_a_class_reads_digits(raw_digits):
    X_train, X_test, y_train, y_test = raw_digits
    one_a_class = OneVsRestClassifier(scaled(short()), n_jobs=2).fit(X_train, y_train)
    assert {m[-1].n_outputs_ for m in one_a_class.estimators_} == {2}
    assert one_a_class.score(X_test, y_test) >= 0.96


def test_one_network_a_label_learns_several_labels(raw_digits):
    X_train, X_test, y_train, y_test = raw_digits
    train, test = (np.column_stack([y % 2, y > 4]) for y in (y_train, y_test))
    clf = OneVsRestClassifier(scaled(short())).fit(X_train, train)
    assert (clf.predict(X_test) == test).all(axis=1).mean() >= 0.92


def test_soft_vote_is_the_mean_of_probabilities(raw_digits):
    X_train, X_test, y_train, y_test = raw_digits
    members = [
        ("small", scaled(short(hidden_layer_size=10))),
        ("large", scaled(short())),
        ("linear", scaled(LogisticRegression(max_iter=1000))),
    ]
    vote = VotingClassifier(members, voting="soft").fit(X_train, y_train)
    each = [member.predict_proba(X_test) for member in vote.estimators_]
    assert_allclose(vote.predict_proba(X_test), np.mean(each, axis=0), rtol=1e-12)
    assert vote.score(X_test, y_test) >= 0.95


@pytest.mark.parametrize("save", SAVE)
@pytest.mark.parametrize("state", STATES)
def test_saved_model_predicts_to_the_bit(state, save, few_digits, tmp_path):
    X, y = few_digits
    clf = STATES[state](X, y)
    SAVE[save](clf, tmp_path / "model")
    loaded = joblib.load(tmp_path / "model")
    assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    assert_array_equal(loaded.predict(X), clf.predict(X))


def test_another_process_predicts_to_the_bit(few_digits, tmp_path):
    X, y = few_digits
    single, double = (scaled(short(dtype=d)).fit(X, y) for d in ("float32", "float64"))
    SAVE["pickle"](single, tmp_path / "single")
    SAVE["joblib compressed"](double, tmp_path / "double")
    np.save(tmp_path / "X.npy", X)
    arguments = [str(tmp_path), "single", "double"]
    subprocess.run([sys.executable, "-c", PREDICT_ELSEWHERE, *arguments], check=True)
    assert_array_equal(np.load(tmp_path / "single.npy"), single.predict_proba(X))
    assert_array_equal(np.load(tmp_path / "double.npy"), double.predict_proba(X))


@pytest.mark.parametrize("state", ["warm start", "partial_fit", "from_weights"])
def test_loaded_model_trains_on_as_if_never_saved(state, few_digits):
    X, y = few_digits
    clf = STATES[state](X, y)
    loaded = pickle.loads(pickle.dumps(clf)).partial_fit(X, y).partial_fit(X, y)
    expected = clf.partial_fit(X, y).partial_fit(X, y)
    assert_array_equal(loaded.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
@pytest.mark.parametrize("state", ["warm start", "partial_fit"])
def test_mapped_model_trains_on_and_leaves_its_file(state, mode, few_digits, tmp_path):
    X, y = few_digits
    clf = STATES[state](X, y)
    joblib.dump(clf, tmp_path / "model")
    saved = (tmp_path / "model").read_bytes()
    mapped = joblib.load(tmp_path / "model", mmap_mode=mode)
    assert_array_equal(mapped.predict_proba(X), clf.predict_proba(X))
    mapped.partial_fit(X, y)
    assert_array_equal(mapped.predict_proba(X), clf.partial_fit(X, y).predict_proba(X))
    assert (tmp_path / "model").read_bytes() == saved


@pytest.mark.parametrize("params", [{}, {"solver": "lbfgs"}, {"early_stopping": True}])
def test_pickle_holds_little_beyond_the_weights(params, few_digits):
    X, y = few_digits
    X = np.tile(X, (1, 10))
    clf = short(hidden_layer_size=100, max_iter=5, **params).fit(X, y)
    weights = sum(a.nbytes for a in (*clf.coefs_, *clf.intercepts_))
    center_and_scale = 2 * 8 * X.shape[1]
    assert len(pickle.dumps(clf)) < 1.02 * weights + center_and_scale


@pytest.mark.parametrize("state", STATES)
def test_clone_is_unfitted_and_equal_in_parameters(state, few_digits):
    X, y = few_digits
    fitted = STATES[state](X, y)
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert vars(copy).keys() == fitted.get_params().keys()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        copy.predict(X)


def test_clone_trains_to_the_same_bits(few_digits):
    X, y = few_digits
    fitted = short().fit(X, y)
    again = clone(fitted).fit(X, y)
    assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_clone_takes_arrays_and_callables_as_parameters(few_digits):
    X, y = few_digits
    fitted = short().fit(X, y)
    clf = clone(short(weight_init=fitted.coefs_, learning_rate=np.exp2))
    assert clf.learning_rate is np.exp2
    assert_array_equal(clf.weight_init[0], fitted.coefs_[0])
    assert clf.fit(X, y).score(X, y) == 1.0
