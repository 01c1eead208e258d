"""TwoLayerClassifierCV: what it chooses is what a grid search would choose."""

import pickle
import signal

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmlp import TwoLayerClassifier, TwoLayerClassifierCV
from skmlp._settings import auto_alpha
from skmlp.solvers import AdamW, Solver

ALPHAS = [0.03, 0.3, 3.0]
SMALL = {"hidden_layer_size": 12, "max_iter": 8, "random_state": 0}
SPLITTERS = {
    "number": 3,
    "splitter": StratifiedKFold(3, shuffle=True, random_state=1),
    "repeated": RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0),
    "shuffled": ShuffleSplit(3, test_size=0.25, random_state=0),
}


class SignSGDW(Solver):
    """A solver of a user's own that shrinks the weights by nobody's alpha."""

    decouples_decay = True

    def move(self, n_weights, learning_rate, params, grads, *memory):
        params -= learning_rate * np.sign(grads)


def accuracy(estimator, X, y):
    """Score without weights, those of classes neither."""
    return estimator.score(X, y)


@pytest.fixture(scope="module")
def table():
    """X in float32, so that all compute in it, noisy y of 3 classes, and weights."""
    X, y = make_classification(
        240, 8, n_informative=4, n_classes=3, flip_y=0.3, random_state=0
    )
    weight = np.random.default_rng(0).uniform(0.5, 2.0, size=240)
    return X.astype(np.float32), np.array(["a", "b", "c"])[y], weight


def classifier(alphas=ALPHAS, **params):
    return TwoLayerClassifierCV(alphas, **SMALL | params)


def assert_equal_networks(one, other, rtol=1e-6):
    arrays = zip(
        (*one.coefs_, *one.intercepts_),
        (*other.coefs_, *other.intercepts_),
        strict=True,
    )
    for actual, expected in arrays:
        assert_allclose(actual, expected, rtol=rtol)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy", "f1_macro"])
@pytest.mark.parametrize("cv", SPLITTERS)
def test_scores_are_those_of_cross_val_score(cv, scoring, table):
    X, y, _ = table
    splits = list(StratifiedKFold(3).split(X, y))
    splits = splits if cv == "number" else list(SPLITTERS[cv].split(X, y))
    clf = classifier(cv=SPLITTERS[cv], scoring=scoring).fit(X, y)
    assert_array_equal(clf.alphas_, ALPHAS)
    for alpha, scores in zip(ALPHAS, clf.scores_.T, strict=True):
        lone = TwoLayerClassifier(alpha=alpha, **SMALL)
        expected = cross_val_score(lone, X, y, cv=splits, scoring=scoring)
        assert_allclose(scores, expected, rtol=1e-5)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"solver": "adam", "class_weight": "balanced"},
        {"solver": "lbfgs"},
        {"early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 2},
        {"max_grad_norm": 0.5, "dropout": 0.2},
        {"dtype": "float64"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:scoring=.* has no effect")
def test_choice_and_network_are_those_of_a_grid_search(params, table):
    X, y, _ = table
    clf = classifier(cv=3, scoring=accuracy, **params).fit(X, y)
    lone = TwoLayerClassifier(scoring=accuracy, **SMALL | params)
    search = GridSearchCV(lone, {"alpha": ALPHAS}, cv=3, scoring=accuracy).fit(X, y)
    assert clf.alpha_ == search.best_params_["alpha"]
    assert clf.best_score_ == pytest.approx(search.best_score_, rel=1e-9)
    assert_equal_networks(clf, search.best_estimator_)
    assert clf.history_["loss"] == search.best_estimator_.history_["loss"]


@pytest.fixture(scope="module")
def labels():
    """Several noisy labels per row of X, in float32."""
    X, Y = make_multilabel_classification(
        240, 8, n_classes=4, allow_unlabeled=True, random_state=0
    )
    flipped = np.random.default_rng(0).random(Y.shape) < 0.1
    return X.astype(np.float32), np.where(flipped, 1 - Y, Y)


@pytest.mark.parametrize("scoring", ["accuracy", "f1_macro", "roc_auc"])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("cv", [3, ShuffleSplit(2, test_size=0.25, random_state=0)])
def test_scores_of_several_labels_are_those_of_cross_val_score(
    cv, form, scoring, labels
):
    X, Y = labels
    clf = classifier(cv=cv, scoring=scoring).fit(X, form(Y))
    for alpha, scores in zip(ALPHAS, clf.scores_.T, strict=True):
        lone = TwoLayerClassifier(alpha=alpha, **SMALL)
        expected = cross_val_score(lone, X, Y, cv=cv, scoring=scoring)
        assert_allclose(scores, expected, rtol=1e-5)
    assert type(clf.predict(X)) is type(form(Y))


@pytest.mark.parametrize(
    "params",
    [
        {"class_weight": "balanced"},
        {"solver": "lbfgs", "class_weight": [{1: 3.0}, {}, {}, {0: 0.5}]},
        {"early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 2},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:scoring=.* has no effect")
def test_choice_for_several_labels_is_that_of_a_grid_search(params, labels):
    X, Y = labels
    clf = classifier(cv=3, scoring=accuracy, **params).fit(X, Y)
    lone = TwoLayerClassifier(scoring=accuracy, **SMALL | params)
    search = GridSearchCV(lone, {"alpha": ALPHAS}, cv=3, scoring=accuracy).fit(X, Y)
    assert clf.alpha_ == search.best_params_["alpha"]
    assert clf.best_score_ == pytest.approx(search.best_score_, rel=1e-9)
    assert_equal_networks(clf, search.best_estimator_)


@pytest.mark.parametrize("n_rows", [240, 40])
def test_rows_of_several_labels_are_held_out_by_default(n_rows, labels):
    X, Y = labels[0][:n_rows], labels[1][:n_rows]
    clf = classifier().fit(X, Y)
    thin = classifier().fit(X, sparse.csr_matrix(Y))
    assert clf.scores_.shape[1] == 3
    assert np.isfinite(clf.scores_).all()
    assert_array_equal(clf.scores_, thin.scores_)
    assert_equal_networks(clf, TwoLayerClassifier(alpha=clf.alpha_, **SMALL).fit(X, Y))


def test_the_loss_compares_as_the_negative_log_loss(table):
    X, y, _ = table
    by_loss = classifier(cv=3).fit(X, y)
    by_scorer = classifier(cv=3, scoring="neg_log_loss").fit(X, y)
    assert_allclose(by_loss.scores_, by_scorer.scores_, rtol=1e-5)
    assert by_loss.best_score_ == by_loss.scores_.mean(axis=0).max()


def test_one_stratified_part_is_held_out_by_default(table):
    X, y, _ = table
    clf = classifier(validation_fraction=0.25).fit(X, y)
    again = classifier(validation_fraction=0.25).fit(X, y)
    assert clf.scores_.shape == (1, 3)
    assert_array_equal(clf.scores_, again.scores_)
    assert_equal_networks(clf, TwoLayerClassifier(alpha=clf.alpha_, **SMALL).fit(X, y))


def test_validation_data_of_one_s_own_is_the_one_fold(table):
    X, y, _ = table
    clf = classifier().fit(X[:160], y[:160], X_val=X[160:], y_val=y[160:])
    for alpha, score in zip(ALPHAS, clf.scores_[0], strict=True):
        lone = TwoLayerClassifier(alpha=alpha, **SMALL)
        lone.fit(X[:160], y[:160], X_val=X[160:], y_val=y[160:])
        assert score == pytest.approx(lone.validation_scores_[-1], rel=1e-5)
    assert clf.validation_scores_[-1] == pytest.approx(clf.best_score_, rel=1e-5)


def test_weights_count_in_training_and_in_scores(table):
    X, y, weight = table
    splits = list(StratifiedKFold(2).split(X, y))
    clf = classifier(cv=splits, scoring="accuracy").fit(X, y, weight)
    for (train, test), scores in zip(splits, clf.scores_, strict=True):
        for alpha, score in zip(ALPHAS, scores, strict=True):
            lone = TwoLayerClassifier(alpha=alpha, **SMALL)
            lone.fit(X[train], y[train], weight[train])
            expected = lone.score(X[test], y[test], weight[test])
            assert score == pytest.approx(expected, rel=1e-6)


def test_one_weight_for_all_rows_is_none(table):
    X, y, _ = table
    assert_array_equal(
        classifier(cv=2).fit(X, y, sample_weight=2.0).scores_,
        classifier(cv=2).fit(X, y).scores_,
    )


@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_sparse_rows_are_compared_as_dense_ones(scale, table):
    X, y, _ = table
    X = np.where(scale < X, X, 0)
    dense, thin = classifier(cv=2).fit(X, y), classifier(cv=2)
    thin.fit(sparse.csc_matrix(X), y)
    assert_allclose(thin.scores_, dense.scores_, rtol=1e-4)


@pytest.mark.parametrize(
    ("alphas", "n"), [("auto", 5), (1, 1), (4, 4), (np.int64(3), 3)]
)
def test_automatic_candidates_lie_around_the_automatic_alpha(alphas, n, table):
    X, y, _ = table
    clf = classifier(alphas).fit(X, y)
    automatic = auto_alpha(len(y), decouples_decay=True)
    assert clf.alphas_.shape == (n,)
    assert np.exp(np.log(clf.alphas_).mean()) == pytest.approx(automatic)
    if n > 1:
        assert clf.alphas_[-1] == pytest.approx(10 * automatic)
        assert_allclose(np.diff(np.log(clf.alphas_), n=2), 0, atol=1e-9)


def test_automatic_candidates_lie_around_the_alpha_of_a_solver(table):
    X, y, _ = table
    clf = classifier(3, solver=AdamW(alpha=0.02)).fit(X, y)
    assert_allclose(clf.alphas_, [0.002, 0.02, 0.2])
    assert clf.alpha_ in clf.alphas_


def test_the_first_of_equals_is_taken(table):
    X, y, _ = table
    clf = classifier([0.3, 0.3], cv=2).fit(X, y)
    assert_array_equal(clf.scores_[:, 0], clf.scores_[:, 1])
    assert_array_equal(clf.alphas_, [0.3, 0.3])


def test_small_tables_are_cut_in_as_many_parts_as_the_smallest_class_has_rows():
    X = np.arange(9, dtype=np.float32)[:, np.newaxis]
    y = [0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert classifier(validation_fraction=0.1).fit(X, y).scores_.shape == (3, 3)


def test_where_a_class_has_one_row_alpha_stays_automatic():
    clf = classifier([10.0, 0.2, 0.001])
    with pytest.warns(UserWarning, match="none can be held out"):
        clf.fit([[0.0], [1.0], [2.0]], [0, 1, 1])
    assert clf.alpha_ == 0.2
    assert clf.scores_.shape == (0, 3)
    assert np.isnan(clf.best_score_)


def test_a_candidate_that_diverges_loses(table):
    X, y, _ = table
    clf = classifier([0.3, 1e38], cv=2).fit(X, y)
    assert clf.alpha_ == 0.3
    assert_array_equal(clf.scores_[:, 1], -np.inf)


def test_numbers_that_float32_does_not_hold_are_compared_in_float64(table):
    X, y, _ = table
    X = X.astype(np.float64) * 1e250
    clf = classifier(cv=2).fit(X, y)
    assert np.isfinite(clf.scores_).all()


def test_without_refit_the_network_is_the_candidate(table):
    X, y, _ = table
    kept = classifier(refit=False).fit(X, y, X_val=X[:50], y_val=y[:50])
    lone = TwoLayerClassifier(alpha=kept.alpha_, **SMALL).fit(X, y)
    assert_equal_networks(kept, lone)
    assert (kept.n_iter_, kept.t_) == (lone.n_iter_, lone.t_)
    assert kept.loss_curve_ == []


@pytest.mark.parametrize("scoring", ["loss", "accuracy"])
def test_each_candidate_stops_early_by_itself_on_validation_data(scoring, table):
    X, y, _ = table
    stopping = {"early_stopping": True, "n_iter_no_change": 1, "scoring": scoring}
    stopping |= {"learning_rate": "constant", "max_iter": 30}
    lengths = set()
    for alpha in ALPHAS:
        clf = classifier([alpha], refit=False, **stopping)
        clf.fit(X[:160], y[:160], X_val=X[160:], y_val=y[160:])
        lone = TwoLayerClassifier(alpha=alpha, **SMALL | stopping)
        lone.fit(X[:160], y[:160], X_val=X[160:], y_val=y[160:])
        assert_equal_networks(clf, lone)
        assert clf.n_iter_ == lone.n_iter_
        assert_allclose(clf.validation_scores_, lone.validation_scores_, rtol=1e-5)
        lengths.add(clf.n_iter_)
    assert max(lengths) < 30


def test_candidates_that_stop_at_different_epochs_are_those_of_a_grid_search(table):
    X, y, _ = table
    stopping = {"early_stopping": True, "n_iter_no_change": 1, "scoring": accuracy}
    stopping |= {
        "learning_rate": "constant",
        "max_iter": 30,
        "validation_fraction": 0.3,
    }
    clf = classifier(cv=3, **stopping).fit(X, y)
    lone = TwoLayerClassifier(**SMALL | stopping)
    search = GridSearchCV(lone, {"alpha": ALPHAS}, cv=3, scoring=accuracy).fit(X, y)
    for k, scores in enumerate(clf.scores_):
        expected = search.cv_results_[f"split{k}_test_score"]
        assert_allclose(scores, expected, rtol=1e-9)


def test_it_is_an_estimator_like_any_other(table):
    X, y, weight = table
    clf = classifier(cv=2)
    model = make_pipeline(MinMaxScaler(), clone(clf))
    model.fit(X, y, twolayerclassifiercv__sample_weight=weight)
    fitted = model[-1]
    assert set(fitted.get_params()) == set(clf.get_params())
    assert "alpha" not in fitted.get_params()
    restored = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(restored.scores_, fitted.scores_)
    assert_array_equal(restored.predict_proba(X), fitted.predict_proba(X))
    assert repr(classifier()).startswith("TwoLayerClassifierCV(alphas=[")


def test_parameters_are_those_of_the_classifier_but_for_two():
    ours = TwoLayerClassifierCV().get_params()
    theirs = TwoLayerClassifier().get_params()
    assert theirs.keys() - ours.keys() == {"alpha", "warm_start"}
    assert ours.keys() - theirs.keys() == {"alphas", "cv", "refit"}
    differing = {name for name in ours.keys() & theirs if ours[name] != theirs[name]}
    assert differing == {"validation_fraction"}


def test_ctrl_c_in_the_comparison_changes_nothing(table):
    X, y, _ = table

    def interrupt(share):
        signal.raise_signal(signal.SIGINT)
        return 1.0

    clf = classifier(learning_rate=interrupt)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, y)
    with pytest.raises(NotFittedError):
        clf.predict(X)


def test_a_class_that_a_fold_does_not_train_on_is_still_a_class(table):
    X, y, _ = table
    cv = [(np.flatnonzero(y != "b"), np.flatnonzero(y == "b"))]
    clf = classifier(cv=cv, class_weight="balanced").fit(X, y)
    assert np.isfinite(clf.scores_).all()
    assert clf.classes_.tolist() == ["a", "b", "c"]


def test_a_fold_of_one_class_is_told_of(table):
    X, y, _ = table
    of_a, others = np.flatnonzero(y == "a"), np.flatnonzero(y != "a")
    clf = classifier(cv=[(of_a, others)])
    with pytest.warns(UserWarning, match="only one class that counts, 'a', so"):
        clf.fit(X, y)
    assert np.isfinite(clf.scores_).all()


@pytest.mark.parametrize("cv", [None, 4])
def test_rows_of_exactly_one_label_are_told_of_once(table, cv):
    X, y, _ = table
    one_hot = (y[:, np.newaxis] == ["a", "b", "c"]).astype(int)
    with pytest.warns(UserWarning, match="exactly one label") as told:
        classifier(cv=cv).fit(X, one_hot)
    assert len(told) == 1


def test_one_class_is_told_of_once(table):
    X, y, _ = table
    with pytest.warns(UserWarning, match="only one class that counts, 'a', so") as told:
        classifier(cv=4).fit(X, np.full(len(y), "a"))
    assert len(told) == 1


def test_groups_are_held_out_by_a_list_of_splits(table):
    X, y, _ = table
    groups = np.arange(len(y)) % 4
    splits = list(GroupKFold(4).split(X, y, groups))
    assert classifier(cv=splits).fit(X, y).scores_.shape == (4, 3)


def test_there_is_no_partial_fit():
    assert not hasattr(TwoLayerClassifierCV(), "partial_fit")
    with pytest.raises(AttributeError) as raised:
        TwoLayerClassifierCV().partial_fit([[0.0], [1.0]], [0, 1], classes=[0, 1])
    assert "all rows at once" in str(raised.value.__cause__)


ROWS = np.arange(240)
REFUSED = {
    "text": ({"alphas": "many"}, "alphas"),
    "none": ({"alphas": None}, "alphas"),
    "zero": ({"alphas": 0}, "alphas"),
    "a bool": ({"alphas": True}, "alphas=True is no number"),
    "empty": ({"alphas": []}, "at least one number"),
    "a table": ({"alphas": [[0.1], [0.2]]}, "at least one number"),
    "negative": ({"alphas": [0.1, -1.0]}, "got -1.0"),
    "NaN": ({"alphas": [0.1, np.nan]}, "got nan"),
    "words": ({"alphas": ["weak", "strong"]}, "must hold numbers"),
    "one part": ({"cv": 1}, "cv"),
    "no cv": ({"cv": "many"}, "cv"),
    "no fold": ({"cv": []}, "makes no fold"),
    "nothing held out": ({"cv": [(ROWS, [])]}, "0 held out"),
    "nothing to train on": ({"cv": [([], ROWS)]}, "0 rows to train on"),
    "many folds, one network": ({"cv": 3, "refit": False}, "got 3"),
    "a decay without alpha": ({"solver": SignSGDW()}, "no attribute alpha"),
    "all diverge": ({"alphas": [1e38, 2e38]}, "No candidate has a finite score"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(name, table):
    X, y, _ = table
    params, message = REFUSED[name]
    clf = classifier(**params)
    before = dict(vars(clf))
    with pytest.raises(ValueError, match=message):
        clf.fit(X, y)
    assert vars(clf) == before


def test_both_cv_and_validation_data_are_refused(table):
    X, y, _ = table
    with pytest.raises(ValueError, match="either cv or X_val"):
        classifier(cv=2).fit(X, y, X_val=X, y_val=y)


def test_held_out_rows_without_weight_are_refused(table):
    X, y, _ = table
    weight = np.ones(240)
    weight[:20] = 0
    cv = [(np.arange(20, 240), np.arange(20))]
    with pytest.raises(ValueError, match="20 rows of weight 0"):
        classifier(cv=cv).fit(X, y, weight)
