"""Several labels per row, as scikit-learn's users have them."""

import importlib

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    jaccard_score,
    roc_auc_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, MultiLabelBinarizer
from sklearn.utils.multiclass import type_of_target

from skmlp import TwoLayerClassifier
from skmlp.inspection import check_gradients

THEIR_TESTS = "sklearn.neural_network.tests.test_mlp"
# Those that scikit-learn 1.9 has of MLPClassifier; an earlier one may lack some.
NAMES = ["test_multilabel_classification", "test_predict_proba_multilabel"]


def perceptron(hidden_layer_sizes=100, **params):
    """Return what MLPClassifier would be called with."""
    return TwoLayerClassifier(hidden_layer_sizes, **params)


@pytest.mark.filterwarnings("ignore:validation_fraction=.* too small to hold out")
@pytest.mark.parametrize("name", NAMES)
def test_scikit_learn_s_test_of_the_perceptron_passes(name, monkeypatch):
    module = importlib.import_module(THEIR_TESTS)
    if not hasattr(module, name):
        pytest.skip(f"this scikit-learn has no {name}")
    monkeypatch.setattr(module, "MLPClassifier", perceptron)
    getattr(module, name)()


def test_no_test_of_the_perceptron_s_labels_is_left_out():
    names = vars(importlib.import_module(THEIR_TESTS))
    theirs = {name for name in names if "multilabel" in name and name[:5] == "test_"}
    assert theirs <= set(NAMES)


def classifier(**params):
    defaults = {"hidden_layer_size": 20, "max_iter": 30, "random_state": 0}
    return TwoLayerClassifier(**defaults | params)


@pytest.fixture(scope="module")
def table():
    """Counts of words of 400 texts on up to five subjects, and 200 further ones."""
    X, Y = make_multilabel_classification(
        600, 15, n_classes=5, n_labels=2, allow_unlabeled=True, random_state=1
    )
    return X[:400], X[400:], Y[:400], Y[400:]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_the_perceptron_s_weights_carry_over(activation, table):
    X, X_test, Y, _ = table
    theirs = MLPClassifier(20, activation=activation, max_iter=20, random_state=0)
    theirs.fit(X, Y)
    ours = TwoLayerClassifier.from_weights(
        theirs.coefs_, theirs.intercepts_, None, activation=activation
    )
    assert_allclose(
        ours.predict_proba(X_test), theirs.predict_proba(X_test), rtol=1e-10
    )
    assert_array_equal(ours.predict(X_test), theirs.predict(X_test))
    assert_array_equal(ours.classes_, theirs.classes_)
    assert ours.out_activation_ == theirs.out_activation_ == "logistic"
    assert ours.n_outputs_ == theirs.n_outputs_
    assert ours.score(X, Y) == theirs.score(X, Y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_objective_is_that_of_the_perceptron(table):
    # MLPClassifier reports the log-loss, summed over labels, before the first step.
    X, _, Y, _ = table
    theirs = MLPClassifier(
        20,
        solver="sgd",
        learning_rate_init=1e-300,
        alpha=0.0,
        batch_size=400,
        max_iter=1,
        random_state=0,
    ).fit(X, Y)
    ours = TwoLayerClassifier.from_weights(
        theirs.coefs_, theirs.intercepts_, None, alpha=0.0, solver="sgd"
    )
    objective = check_gradients(ours, X, Y, n_entries=1).objective
    assert objective == pytest.approx(theirs.loss_, rel=1e-12)


def test_a_learning_curve_may_be_drawn_chunk_by_chunk(table):
    X, _, Y, _ = table
    make = {"cv": KFold(2), "train_sizes": [50, 200], "error_score": "raise"}
    _, _, scores = learning_curve(
        classifier(), X, Y, exploit_incremental_learning=True, **make
    )
    for score, (train, test) in zip(scores[0], KFold(2).split(X), strict=True):
        chunk = train[:50]
        alone = classifier().partial_fit(X[chunk], Y[chunk])
        assert score == alone.score(X[test], Y[test])


def test_names_of_labels_come_and_go_by_a_binarizer():
    binarizer = MultiLabelBinarizer()
    subjects = [["sea"], ["sea", "sun"], [], ["sun"], ["rain", "sea"], []] * 10
    X = np.repeat(np.eye(6), 10, axis=0).reshape(10, 6, 6, order="F").reshape(60, 6)
    Y = binarizer.fit_transform(subjects)
    clf = classifier(max_iter=200).fit(X, Y)
    assert binarizer.inverse_transform(clf.predict(X)) == list(map(tuple, subjects))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.csr_array])
def test_it_is_searched_in_a_pipeline(form, table):
    X, X_test, Y, Y_test = table
    model = make_pipeline(MinMaxScaler(), classifier(max_iter=10))
    grid = {"twolayerclassifier__loss": ["log_loss", "brier"]}
    search = GridSearchCV(model, grid, scoring="accuracy", cv=3)
    search.fit(X, form(Y))
    by_hand = [
        cross_val_score(model.set_params(**params), X, Y, cv=KFold(3)).mean()
        for params in search.cv_results_["params"]
    ]
    assert_allclose(search.cv_results_["mean_test_score"], by_hand, rtol=1e-12)
    predicted = search.predict(X_test)
    assert type(predicted) is type(form(Y))
    assert search.score(X_test, form(Y_test)) == accuracy_score(Y_test, predicted)


def test_scorers_by_name_judge_it(table):
    X, _, Y, _ = table
    names = ["roc_auc", "average_precision", "f1_micro", "jaccard_macro"]
    folds = list(KFold(2).split(X))
    scores = cross_validate(classifier(), X, Y, cv=folds, scoring=names)
    for i, (train, test) in enumerate(folds):
        clf = classifier().fit(X[train], Y[train])
        p = clf.predict_proba(X[test])
        by_hand = {
            "roc_auc": roc_auc_score(Y[test], p),
            "average_precision": average_precision_score(Y[test], p),
            "f1_micro": f1_score(Y[test], p > 0.5, average="micro"),
            "jaccard_macro": jaccard_score(Y[test], p > 0.5, average="macro"),
        }
        for name, expected in by_hand.items():
            assert scores[f"test_{name}"][i] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_it_predicts_what_each_fold_leaves_out(method, table):
    X, _, Y, _ = table
    folds = list(KFold(3).split(X))
    found = cross_val_predict(classifier(), X, Y, cv=folds, method=method)
    for train, test in folds:
        lone = classifier().fit(X[train], Y[train])
        assert_allclose(found[test], getattr(lone, method)(X[test]), rtol=1e-9)


def with_single_class(Y):
    """Return labels that no row has in column 1, and all rows have in column 3."""
    Y = Y.copy()
    Y[:, 1], Y[:, 3] = 0, 1
    return Y


SINGLE = r"y holds only one class that counts, [01], so"


def test_one_network_for_each_label(table):
    X, X_test, Y, Y_test = table
    several = MultiOutputClassifier(classifier()).fit(X, Y)
    assert several.predict(X_test).shape == Y_test.shape
    for k, p in enumerate(several.predict_proba(X_test)):
        lone = classifier().fit(X, Y[:, k])
        assert_array_equal(p, lone.predict_proba(X_test))
    hits = (several.predict(X_test) == Y_test).all(axis=1)
    assert several.score(X_test, Y_test) == pytest.approx(hits.mean())


def test_one_network_for_each_label_of_which_some_have_one_class(table):
    X, X_test, Y, _ = table
    Y = with_single_class(Y)
    with pytest.warns(UserWarning, match=SINGLE) as warned:
        several = MultiOutputClassifier(classifier()).fit(X, Y)
    assert len(warned) == 2
    predicted, p = several.predict(X_test), several.predict_proba(X_test)
    assert not predicted[:, 1].any()
    assert predicted[:, 3].all()
    assert [one.shape for one in p] == [(200, n) for n in (2, 1, 2, 1, 2)]


@pytest.mark.filterwarnings(f"ignore:{SINGLE}:UserWarning")
@pytest.mark.parametrize("params", [{}, {"class_weight": "balanced", "loss": "brier"}])
def test_a_label_that_has_one_class_in_a_fold_alone(params, table):
    X, _, Y, _ = table
    X, Y = X[:90], Y[:90].copy()
    Y[:, 2] = np.arange(90) < 30  # the first fold trains on none
    model = MultiOutputClassifier(classifier(max_iter=5, **params))
    for estimator in (model, classifier(max_iter=5, **params)):
        scores = cross_val_score(estimator, X, Y, cv=KFold(3), error_score="raise")
        assert scores.shape == (3,)
        assert np.isfinite(scores).all()


@pytest.mark.parametrize("chain_method", ["predict", "predict_proba"])
def test_a_chain_of_networks(chain_method, table):
    X, X_test, Y, _ = table
    chain = ClassifierChain(classifier(), chain_method=chain_method).fit(X, Y)
    so_far = X_test
    for k, predicted in enumerate(chain.predict(X_test).T):
        lone = classifier().fit(np.hstack([X, Y[:, :k]]), Y[:, k])
        assert_array_equal(predicted, lone.predict(so_far))
        p = lone.predict_proba(so_far)[:, 1]
        passed_on = predicted if chain_method == "predict" else p
        so_far = np.column_stack([so_far, passed_on])


def test_a_chain_of_networks_of_which_some_have_one_class(table):
    X, X_test, Y, _ = table
    with pytest.warns(UserWarning, match=SINGLE) as warned:
        chain = ClassifierChain(classifier()).fit(X, with_single_class(Y))
    assert len(warned) == 2
    predicted = chain.predict(X_test)
    assert not predicted[:, 1].any()
    assert predicted[:, 3].all()


def test_one_against_the_rest_of_several_labels(table):
    X, X_test, Y, _ = table
    ovr = OneVsRestClassifier(classifier()).fit(X, Y)
    assert ovr.multilabel_
    expected = [classifier().fit(X, y).predict(X_test) for y in Y.T]
    assert_array_equal(ovr.predict(X_test), np.transpose(expected))


def test_frames_are_learnt_as_arrays_are(table):
    X, X_test, Y, _ = table
    names, subjects = [f"word {j}" for j in range(15)], list("abcde")
    frames = pd.DataFrame(X, columns=names), pd.DataFrame(Y, columns=subjects)
    clf = classifier().fit(*frames)
    assert clf.feature_names_in_.tolist() == names
    predicted = clf.predict(pd.DataFrame(X_test, columns=names))
    assert_array_equal(predicted, classifier().fit(X, Y).predict(X_test))
    assert type_of_target(predicted) == "multilabel-indicator"
