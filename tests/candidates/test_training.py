"""Candidates for alpha: each is what a fit with this alpha makes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss

from skmlp import TwoLayerClassifier
from skmlp._candidates.training import (
    can_go_side_by_side,
    score_candidates,
    train_candidates,
)
from skmlp._checks.data import check_table, check_training_data, computation_dtype
from skmlp._checks.labels import classes_of
from skmlp._settings import Settings
from skmlp._targets.kinds import targets_of
from skmlp.solvers import Solver

ALPHAS = (0.0, 0.05, 0.3, 2.0)


class SignSGD(Solver):
    """A solver of a user's own."""

    def move(self, n_weights, learning_rate, params, grads, *memory):
        params -= learning_rate * np.sign(grads)


SIDE_BY_SIDE = {
    "the defaults": {},
    "adam": {"solver": "adam"},
    "sgd": {"solver": "sgd", "learning_rate": "exponential"},
    "sgd without momentum": {"solver": "sgd", "momentum": 0.0, "loss": "brier"},
    "dropout": {"dropout": 0.3, "input_dropout": 0.2, "activation": "gelu"},
    "no intercept": {"fit_intercept": False, "activation": "tanh"},
    "no standardisation": {"standardize": False, "learning_rate": lambda share: 0.5},
    "gradient descent": {"batch_size": None, "max_iter": 20},
    "smoothed, replacement": {"label_smoothing": 0.1, "sampling": "replacement"},
    "early stopping": {
        "early_stopping": True,
        "n_iter_no_change": 1,
        "learning_rate": "constant",
        "max_iter": 30,
        "validation_fraction": 0.3,
    },
    "class weights": {"class_weight": "balanced", "loss": "squared_error"},
}
IN_SEQUENCE = {
    "lbfgs": {"solver": "lbfgs", "max_iter": 5},
    "adaptive": {"learning_rate": "adaptive", "n_iter_no_change": 1, "tol": 0.1},
    "clipped": {"max_grad_norm": 0.1},
    "a solver of one's own": {"solver": SignSGD(), "learning_rate_init": 1e-3},
}


@pytest.fixture(scope="module")
def table():
    """X, y of 3 classes and sample weights."""
    X, y = make_classification(
        200, 6, n_informative=4, n_classes=3, random_state=0, weights=[0.5, 0.3]
    )
    return X + 3.0, y, np.random.default_rng(0).uniform(0.5, 2.0, size=200)


def prepared(clf, X, y, sample_weight=None):
    """Return the settings and the data that `fit` makes of its arguments."""
    table = check_table("TwoLayerClassifier", X, y)
    dtype = computation_dtype(clf.dtype, table.X)
    settings = Settings.of(clf, table.X.shape, dtype)
    data = check_training_data(
        table,
        sample_weight,
        targets=targets_of(
            table.form, classes_of(table.labels), settings.loss, clf.label_smoothing
        ),
        class_weight=clf.class_weight,
        dtype=dtype,
    )
    return settings, data


def classifier(**params):
    defaults = {"hidden_layer_size": 12, "max_iter": 8, "random_state": 0}
    return TwoLayerClassifier(**defaults | params)


def assert_equal_to_fits(clf, X, y, sample_weight=None):
    """Compare each candidate with a fit of its alpha."""
    settings, data = prepared(clf, X, y, sample_weight)
    for alpha, (of, trained) in zip(
        ALPHAS, train_candidates(settings, data, ALPHAS), strict=True
    ):
        assert of == alpha
        lone = classifier(**clf.get_params() | {"alpha": alpha})
        lone.fit(X, y, sample_weight)
        for actual, expected in zip(
            (*trained.coefs, *trained.intercepts),
            (*lone.coefs_, *lone.intercepts_),
            strict=True,
        ):
            assert_allclose(actual, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_side_by_side_each_candidate_is_a_fit_with_its_alpha(name, table):
    X, y, weight = table
    clf = classifier(**SIDE_BY_SIDE[name])
    assert can_go_side_by_side(*prepared(clf, X, y), n_members=4)
    assert_equal_to_fits(clf, X, y, weight)


@pytest.fixture(scope="module")
def labels():
    """X and three labels, any number of which a row may have, told by X and chance."""
    X, y = make_classification(200, 6, n_informative=4, n_classes=3, random_state=0)
    noise = np.random.default_rng(0).normal(size=(200, 2))
    return X + 3.0, np.column_stack([X[:, :2] + noise > 0, y == 1]).astype(int)


OF_LABELS = {
    "the defaults": {},
    "brier": {"loss": "brier", "label_smoothing": 0.2},
    "squared error": {"loss": "squared_error", "class_weight": "balanced"},
    "class weights": {
        "class_weight": [{1: 5.0}, {}, {0: 0.5, 1: 2.0}],
        "solver": "sgd",
    },
    "early stopping": SIDE_BY_SIDE["early stopping"],
}


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("name", OF_LABELS)
def test_candidates_of_several_labels_are_fits_side_by_side(name, kind, labels, table):
    X, Y = labels
    clf = classifier(**OF_LABELS[name])
    assert can_go_side_by_side(*prepared(clf, X, kind(Y)), n_members=4)
    assert_equal_to_fits(clf, X, kind(Y), table[2])


def test_candidates_of_several_labels_are_fits_in_sequence(labels, table):
    X, Y = labels
    clf = classifier(solver="lbfgs", max_iter=5, class_weight="balanced")
    assert_equal_to_fits(clf, X, Y, table[2])


@pytest.mark.parametrize("name", IN_SEQUENCE)
def test_in_sequence_each_candidate_is_a_fit_with_its_alpha(name, table):
    X, y, weight = table
    clf = classifier(**IN_SEQUENCE[name])
    assert not can_go_side_by_side(*prepared(clf, X, y), n_members=4)
    assert_equal_to_fits(clf, X, y, weight)


def test_candidates_on_narrow_sparse_rows_are_fits_side_by_side(table):
    X, y, _ = table
    X = sparse.csr_array(np.where(X > 3.0, X, 0.0))
    assert can_go_side_by_side(*prepared(classifier(), X, y), n_members=4)
    assert_equal_to_fits(classifier(), X, y)


def test_candidates_on_wide_sparse_rows_are_fits_in_sequence():
    X = sparse.random(60, 2**15, density=1e-4, random_state=0, format="csr")
    y = np.arange(60) % 2
    assert not can_go_side_by_side(*prepared(classifier(), X, y), n_members=4)
    assert_equal_to_fits(classifier(), X, y)


def test_many_large_networks_go_in_sequence():
    X, y = np.zeros((4, 1000), np.float32), [0, 1, 0, 1]
    settings, data = prepared(classifier(hidden_layer_size=1000), X, y)
    assert can_go_side_by_side(settings, data, n_members=8)
    assert not can_go_side_by_side(settings, data, n_members=9)


@pytest.mark.parametrize("solver", ["adamw", "lbfgs"])
def test_candidates_of_a_subset_see_no_other_rows(solver, table):
    X, y, _ = table
    subset = np.arange(0, 200, 2)
    make = {"solver": solver, "batch_size": 20, "standardize": False}
    settings, data = prepared(classifier(**make), X, y)
    _, part = prepared(classifier(), X[subset], y[subset])
    of_subset = train_candidates(settings, data, ALPHAS, subset=subset)
    of_part = train_candidates(settings, part, ALPHAS)
    for one, other in zip(of_subset, of_part, strict=True):
        assert_array_equal(one.trained.coefs[0], other.trained.coefs[0])


def test_candidates_are_scored_by_their_loss_on_held_out_rows(table):
    X, y, _ = table
    clf, rows = classifier(), np.arange(150)
    settings, data = prepared(clf, X, y)
    settings_of_part, part = prepared(clf, X[rows], y[rows])
    candidates = train_candidates(settings_of_part, part, ALPHAS)
    scores = score_candidates(settings, candidates, data.select(np.arange(150, 200)))
    for alpha, score in zip(ALPHAS, scores, strict=True):
        lone = classifier(alpha=alpha).fit(X[rows], y[rows])
        expected = -log_loss(y[150:], lone.predict_proba(X[150:]))
        assert score == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("params", [{}, {"max_grad_norm": 1e300}])
def test_candidates_have_a_history_of_validation_data(params, table):
    X, y, _ = table
    settings, data = prepared(classifier(**params), X, y)
    candidates = train_candidates(settings, data, ALPHAS, validation=data)
    for alpha, trained in candidates:
        lone = classifier(alpha=alpha, **params).fit(X, y, X_val=X, y_val=y)
        for name in ("epoch", "learning_rate", "val_loss", "val_accuracy"):
            assert_allclose(trained.history[name], lone.history_[name], rtol=1e-9)


@pytest.mark.parametrize("params", [{}, {"max_grad_norm": 1e300}])
def test_a_candidate_that_diverges_harms_no_other(params, table):
    X, y, _ = table
    clf = classifier(**params)
    settings, data = prepared(clf, X, y)
    alphas = (0.1, 1e38, 0.3)
    candidates = train_candidates(settings, data, alphas)
    scores = score_candidates(settings, candidates, data)
    assert scores[1] == -np.inf
    assert candidates[1].trained is None
    (first,) = train_candidates(settings, data, alphas[:1])
    (last,) = train_candidates(settings, data, alphas[2:])
    for actual, expected in ((candidates[0], first), (candidates[2], last)):
        for one, other in zip(
            actual.trained.coefs, expected.trained.coefs, strict=True
        ):
            assert_allclose(one, other, rtol=1e-9)


@pytest.mark.parametrize("is_watched", [False, True])
def test_where_all_candidates_diverge_none_is_left(is_watched, table):
    X, y, _ = table
    settings, data = prepared(classifier(), X, y)
    validation = data if is_watched else None
    alphas = (1e38, 2e38)
    candidates = train_candidates(settings, data, alphas, validation=validation)
    assert [trained for _, trained in candidates] == [None, None]
    assert_array_equal(score_candidates(settings, candidates, data), -np.inf)


def test_a_scorer_needs_what_makes_estimators(table):
    X, y, _ = table
    clf = classifier(scoring="accuracy", early_stopping=True)
    settings, data = prepared(clf, X, y)
    with pytest.raises(TypeError, match="where a scorer is watched"):
        train_candidates(settings, data, ALPHAS)
    settings, data = prepared(classifier(scoring="accuracy"), X, y)
    candidates = train_candidates(settings, data, ALPHAS)
    with pytest.raises(TypeError, match="where a scorer compares"):
        score_candidates(settings, candidates, data)
