"""Early stopping: what is held out, when it stops, what it keeps."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.metrics import accuracy_score, get_scorer, log_loss, make_scorer

from skmlp import TwoLayerClassifier


@pytest.fixture(scope="module")
def noisy():
    """A table of noise, on which a net soon overfits."""
    return make_classification(
        600, 20, n_informative=4, n_classes=3, flip_y=0.4, random_state=0
    )


def stopped(noisy, **params):
    defaults = {"early_stopping": True, "random_state": 0, "n_iter_no_change": 5}
    defaults |= {"learning_rate_init": 0.01, "max_iter": 500}
    defaults |= {"alpha": 0.3, "learning_rate": "constant"}  # with no plan to end
    return TwoLayerClassifier(50, **defaults | params).fit(*noisy)


class Watch:
    """A scorer that remembers what it was shown and follows a script."""

    def __init__(self, scores):
        self.scores = iter(scores)
        self.weights, self.labels = [], []

    def __call__(self, estimator, X, y, sample_weight=None):
        self.weights.append([W.copy() for W in estimator.coefs_])
        self.labels.append(np.array(y))
        assert estimator.predict(X).shape == np.shape(y)
        return next(self.scores)


@pytest.mark.parametrize("scoring", ["loss", "accuracy", "neg_log_loss", "f1_macro"])
def test_training_stops_after_n_iter_no_change_epochs_without_improvement(
    noisy, scoring
):
    clf = stopped(noisy, scoring=scoring, tol=0.0)
    assert clf.n_iter_ == clf.best_epoch_ + 5 < 500
    assert clf.best_validation_score_ == max(clf.validation_scores_)
    assert len(clf.validation_scores_) == clf.n_iter_


def test_weights_of_the_best_epoch_are_restored_to_the_bit(noisy):
    watch = Watch([1, 2, 5, 4, 3, 2, 1, 0])
    clf = stopped(noisy, scoring=watch, n_iter_no_change=4)
    assert clf.best_epoch_ == 3
    assert clf.n_iter_ == 7
    assert_array_equal(clf.coefs_[0], watch.weights[2][0])
    assert_array_equal(clf.coefs_[1], watch.weights[2][1])


SCORERS_OF_LABELS = [
    *("roc_auc", "average_precision", "f1_macro", "f1_samples", "accuracy"),
    *("jaccard_samples", "precision_micro", "recall_weighted", "roc_auc_ovr"),
]


@pytest.fixture(scope="module")
def noisy_labels():
    """A table of noise with three of five labels per row, and rows to validate on."""
    X, Y = make_multilabel_classification(
        400, 10, n_classes=5, n_labels=3, allow_unlabeled=True, random_state=0
    )
    Y = np.where(np.random.default_rng(0).random(Y.shape) < 0.2, 1 - Y, Y)
    return X[:300], Y[:300], X[300:], Y[300:]


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("scoring", ["loss", *SCORERS_OF_LABELS])
def test_any_scorer_of_labels_stops_training(scoring, form, noisy_labels):
    X, Y, X_val, Y_val = noisy_labels
    watching = {"n_iter_no_change": 3, "tol": 0.0, "max_iter": 60}
    make = {"early_stopping": True, "scoring": scoring, "random_state": 0, **watching}
    make |= {"learning_rate_init": 0.01, "learning_rate": "constant", "alpha": 0.3}
    clf = TwoLayerClassifier(20, **make)
    clf.fit(X, form(Y), X_val=X_val, y_val=form(Y_val))
    assert clf.n_iter_ == min(clf.best_epoch_ + 3, 60)
    if scoring != "loss":
        by_hand = get_scorer(scoring)(clf, X_val, Y_val)
        assert clf.best_validation_score_ == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("class_weight", [None, "balanced", [{1: 3.0}, {}, {}, {}, {}]])
@pytest.mark.parametrize("form", [np.asarray, sparse.csc_matrix])
def test_history_measures_subset_accuracy_and_the_loss(
    form, class_weight, noisy_labels
):
    X, Y, X_val, Y_val = noisy_labels
    make = {"random_state": 0, "max_iter": 3, "learning_rate": "constant"}
    make |= {"class_weight": class_weight, "monitor_train": True}
    weight = np.random.default_rng(0).uniform(0.5, 2.0, size=100)
    clf = TwoLayerClassifier(20, **make).fit(
        X, form(Y), X_val=X_val, y_val=form(Y_val), sample_weight_val=weight
    )
    assert clf.history_["train_accuracy"][-1] == accuracy_score(Y, clf.predict(X))
    expected = accuracy_score(Y_val, clf.predict(X_val), sample_weight=weight)
    assert clf.history_["val_accuracy"][-1] == pytest.approx(expected, rel=1e-12)
    log_p, log_not = clf.predict_log_proba(X_val), np.log1p(-clf.predict_proba(X_val))
    losses = -np.where(Y_val, log_p, log_not)
    by_class = weights_of_labels(class_weight, Y)
    losses = (np.where(Y_val, *by_class[:, ::-1].T) * losses).sum(axis=1)
    expected = np.average(losses, weights=weight)
    assert clf.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-9)


def weights_of_labels(class_weight, Y):
    """Return what the absence and the presence of each label count in fit, by hand."""
    totals = np.column_stack([(1 - Y).sum(axis=0), Y.sum(axis=0)])
    by_class = np.ones((5, 2))
    if class_weight == "balanced":
        by_class = len(Y) / (2 * totals)
    elif class_weight is not None:
        by_class[0, 1] = 3.0
    return by_class / np.average(by_class, weights=totals)


def test_improvement_of_at_most_tol_does_not_count_but_is_kept(noisy):
    watch = Watch([1.0, 1.05, 1.1, 1.15])
    clf = stopped(noisy, scoring=watch, n_iter_no_change=3, tol=0.1)
    assert clf.n_iter_ == 4
    assert_array_equal(clf.coefs_[0], watch.weights[3][0])


def test_hold_out_is_stratified():
    y = np.repeat([0, 1, 2, 3], [200, 90, 10, 1])
    X = np.random.default_rng(0).normal(size=(301, 2))
    for seed in range(20):
        watch = Watch([0.0] * 2)
        stopped((X, y), scoring=watch, n_iter_no_change=1, random_state=seed)
        assert np.bincount(watch.labels[0], minlength=4).tolist() == [20, 9, 1, 0]


def rarest_of(labels):
    """Return the rarest label of each row by hand, -1 for none."""
    by_rarity = sorted(range(labels.shape[1]), key=lambda k: labels[:, k].sum())
    return [next((k for k in by_rarity if row[k]), -1) for row in labels]


def test_hold_out_keeps_the_shares_of_the_rarest_labels():
    # Of 400 rows a twentieth has label 3, and as many of the others have label 2.
    Y = np.zeros((400, 4), int)
    Y[:20, 3] = Y[10:40, 2] = Y[20:120, 1] = Y[30:240, 0] = 1
    counts = np.unique(rarest_of(Y), return_counts=True)[1]
    assert counts.tolist() == [160, 120, 80, 20, 20]
    X = np.arange(400.0)[:, np.newaxis]
    for seed in range(20):
        rows = held_out_rows(X, Y, random_state=seed)
        rarest = np.array(rarest_of(Y))[rows]
        counts = np.unique(rarest, return_counts=True)[1]
        assert counts.tolist() == [16, 12, 8, 2, 2]


def test_strata_of_few_rows_are_held_out_together():
    # Less than a twentieth of 200 rows have label 2, 3 or 4 as their rarest.
    Y = np.zeros((200, 5), int)
    Y[:100, 0] = 1
    Y[:6, 2], Y[6:13, 3], Y[13:20, 4] = 1, 1, 1
    Y[20:, 1] = np.arange(180) % 2
    X = np.arange(200.0)[:, np.newaxis]
    rarest = np.array(rarest_of(Y))
    for seed in range(20):
        rows = held_out_rows(X, Y, random_state=seed)
        assert np.sum(rows < 20) == 2
        for label in (-1, 0, 1):
            n = np.sum(rarest == label)
            assert np.sum(rarest[rows] == label) == round(0.1 * n)


def test_hold_out_of_dense_and_sparse_labels_is_the_same():
    rng = np.random.default_rng(0)
    X, Y = np.arange(300.0)[:, np.newaxis], rng.integers(2, size=(300, 4))
    dense, thin = held_out_rows(X, Y), held_out_rows(X, sparse.csc_array(Y))
    assert_array_equal(dense, thin)


def test_labels_are_held_out_as_if_rows_of_no_weight_were_absent():
    # Only among rows that do not count is label 2 anything but the rarest.
    rng = np.random.default_rng(0)
    X, weight = np.arange(400.0)[:, np.newaxis], np.arange(400) % 2
    Y = (rng.random((400, 3)) < [0.4, 0.5, 0.2]).astype(int)
    Y[weight == 0, 2] = 1
    alone = held_out_rows(X[:200], Y[1::2])
    assert_array_equal(held_out_rows(X, Y, weight), 2 * alone + 1)


def held_out_rows(X, Y, sample_weight=None, **params):
    """Return which rows are held out, by the number that each row is."""
    seen = []

    def score(estimator, X_val, Y_val):
        assert_array_equal(Y_val, as_dense(Y)[X_val[:, 0].astype(int)])
        seen.append(X_val[:, 0].astype(int))
        return 0.0

    data = X, Y, sample_weight
    stopped(data, scoring=score, n_iter_no_change=1, max_iter=2, **params)
    return seen[0]


def as_dense(Y):
    return Y.toarray() if sparse.issparse(Y) else Y


def test_every_class_of_two_keeps_one_on_each_side():
    y = np.repeat([0, 1, 2], [100, 100, 2])
    X = np.random.default_rng(0).normal(size=(202, 2))
    watch = Watch([0.0] * 2)
    stopped((X, y), scoring=watch, n_iter_no_change=1)
    assert np.bincount(watch.labels[0]).tolist() == [10, 10, 1]


def test_held_out_rows_are_not_trained_on():
    # Each row is one feature of its own: a feature whose weights never moved belongs
    # to a row that was held out.
    X, y = np.eye(100), np.arange(100) % 2
    stay = {"learning_rate": lambda share: 0.0}
    make = {"alpha": 0.0, "max_iter": 3, "activation": "identity", "standardize": False}
    clf = stopped((X, y), **make)
    start = stopped((X, y), **make, **stay)
    n_unmoved = (clf.coefs_[0] == start.coefs_[0]).all(axis=1).sum()
    assert n_unmoved == 10


def test_validation_loss_is_the_log_loss_of_what_is_held_out(noisy):
    shown = []

    def remember(estimator, X, y):
        shown.append(log_loss(y, estimator.predict_proba(X)))
        return 0.0

    clf = stopped(noisy, scoring=remember)
    np.testing.assert_allclose(clf.history_["val_loss"], shown, rtol=1e-10)


def test_warm_start_holds_out_the_same_rows(noisy):
    watch = Watch([0.0] * 9)
    clf = stopped(noisy, scoring=watch, n_iter_no_change=1, warm_start=True)
    clf.fit(*noisy).partial_fit(*noisy)
    clf.fit(*noisy)
    for labels in watch.labels:
        assert_array_equal(labels, watch.labels[0])


@pytest.mark.filterwarnings("ignore:scoring=.* has no effect")
def test_best_epoch_is_that_of_the_last_fit(noisy):
    scores = iter([5, 9, 8, 1, 2, 1])
    clf = stopped(noisy, scoring=lambda *_: next(scores), max_iter=3, warm_start=True)
    assert (clf.best_epoch_, clf.best_validation_score_) == (2, 9)
    clf.fit(*noisy)
    assert (clf.best_epoch_, clf.best_validation_score_) == (5, 2)
    clf.set_params(early_stopping=False).fit(*noisy)
    assert clf.best_epoch_ is None


def test_rows_without_weight_are_not_held_out(noisy):
    X, y = noisy
    weight = np.zeros(len(y))
    weight[::3] = 1.0
    watch = Watch([0.0] * 2)
    make = {"n_iter_no_change": 1, "learning_rate": "constant"}
    clf = TwoLayerClassifier(5, scoring=watch, early_stopping=True, **make)
    clf.fit(X, y, sample_weight=weight)
    assert len(watch.labels[0]) == 20
    assert np.isfinite(clf.history_["val_loss"]).all()


def test_weights_of_too_few_rows_watch_the_training_data(noisy):
    X, y = noisy
    weight = np.where(np.arange(len(y)) < 5, 1.0, 0.0)
    clf = TwoLayerClassifier(5, early_stopping=True, max_iter=3)
    with pytest.warns(UserWarning, match="too small to hold out"):
        clf.fit(X, y, sample_weight=weight)
    assert np.isfinite(clf.history_["val_loss"]).all()


def test_training_rows_alone_are_measured_as_such():
    # Labels that only memory can tell: what is trained on is learnt, the rest is not.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 50)), rng.integers(2, size=200)
    make = {"validation_fraction": 0.5, "n_iter_no_change": 100, "tol": 0.0}
    clf = stopped((X, y), monitor_train=True, max_iter=100, alpha=0.1, **make)
    assert clf.history_["train_accuracy"][-1] == 1.0
    assert clf.history_["val_accuracy"][-1] < 0.8


@pytest.mark.parametrize("name", ["val_loss", "loss", "epoch", "seconds"])
def test_name_of_a_scorer_cannot_take_a_column_of_the_history(noisy, name):
    def score(estimator, X, y):
        return estimator.score(X, y)

    score.__name__ = name
    clf = stopped(noisy, scoring=score, tol=0.0)
    assert clf.best_validation_score_ == max(clf.history_[f"scorer_{name}"])
    assert clf.history_["epoch"] == list(range(1, clf.n_iter_ + 1))


def test_data_too_small_to_hold_out_is_watched_itself():
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 4
    watch = Watch([0.0] * 4)
    with pytest.warns(UserWarning, match="too small to hold out"):
        stopped((X, y), scoring=watch, n_iter_no_change=3)
    assert_array_equal(watch.labels[0], y)


def test_several_labels_too_few_to_hold_out_are_watched_themselves():
    X, Y = np.random.default_rng(0).normal(size=(20, 3)), np.eye(4)[np.arange(20) % 4]
    Y[0] = 1
    watch = Watch([0.0] * 4)
    with pytest.warns(UserWarning, match="two rows per class or stratum, too small"):
        stopped((X, Y), scoring=watch, n_iter_no_change=3)
    assert_array_equal(watch.labels[0], Y)


def test_without_early_stopping_all_epochs_are_trained(noisy):
    clf = stopped(noisy, early_stopping=False, max_iter=30, tol=1e9)
    assert clf.n_iter_ == 30
    assert clf.validation_scores_ is None
    assert clf.best_validation_score_ is None
    assert clf.best_epoch_ is None
    assert clf.best_loss_ == min(clf.loss_curve_)
    assert clf.loss_ == clf.loss_curve_[-1]


def test_lbfgs_stops_early_too(noisy):
    clf = stopped(noisy, solver="lbfgs", tol=0.0)
    assert clf.n_iter_ == clf.best_epoch_ + 5 < 500


def gain(y_true, y_pred):
    """Return a metric that takes no weights."""
    return float(np.mean(y_true == y_pred))


@pytest.mark.parametrize(
    ("scoring", "name"),
    [
        (make_scorer(gain), "gain"),
        (lambda estimator, X, y: 0.0, "lambda"),
        ("f1_macro", "f1_macro"),
        (Watch([0.0] * 20), "scoring"),
    ],
)
def test_any_scorer_goes_with_class_weights(noisy, scoring, name):
    weighted = {0: 1.0, 1: 2.0, 2: 3.0}
    clf = stopped(noisy, scoring=scoring, class_weight=weighted, max_iter=3)
    assert list(clf.history_)[-1] == name


@pytest.mark.parametrize("value", [None, np.ones(2), "good"])
def test_scoring_must_return_a_number(noisy, value):
    def score(estimator, X, y):
        return value

    with pytest.raises(ValueError, match="scoring=score must return one number; got"):
        stopped(noisy, scoring=score)


def test_nan_is_no_improvement(noisy):
    watch = Watch([np.nan, 1.0, np.nan, np.nan, np.nan])
    clf = stopped(noisy, scoring=watch, n_iter_no_change=3)
    assert (clf.n_iter_, clf.best_epoch_) == (5, 2)


def test_unknown_scorer_is_refused_with_a_remedy(noisy):
    with pytest.raises(ValueError, match=r"'f1-macro' is neither .*scorer_names"):
        stopped(noisy, scoring="f1-macro")


def test_a_number_as_schedule_is_pointed_to_learning_rate_init(noisy):
    with pytest.raises(ValueError, match=r"For a number use learning_rate_init=0\.5"):
        stopped(noisy, learning_rate=0.5)


def test_history_has_columns_of_equal_length(noisy):
    clf = stopped(noisy, scoring="f1_macro").partial_fit(*noisy)
    assert list(clf.history_) == [
        "epoch",
        "loss",
        "learning_rate",
        "seconds",
        "val_loss",
        "val_accuracy",
        "f1_macro",
    ]
    assert {len(column) for column in clf.history_.values()} == {clf.n_iter_}
    assert clf.history_["epoch"] == list(range(1, clf.n_iter_ + 1))
    assert np.isnan(clf.history_["f1_macro"][-1])


def test_verbose_prints_a_line_an_epoch(noisy, capsys):
    clf = stopped(noisy, verbose=True, max_iter=3)
    legend, *lines = capsys.readouterr().out.splitlines()
    assert legend == "* marks the lowest val_loss so far"
    assert len(lines) == 3
    assert lines[1].startswith("epoch    2  loss ")
    assert f"val_loss {clf.history_['val_loss'][1]:8.4f}" in lines[1]
    assert len({line.index("val_loss") for line in lines}) == 1


def test_verbose_of_k_prints_every_k_epochs(noisy, capsys):
    stopped(noisy, verbose=3, max_iter=7, scoring="accuracy")
    legend, *lines = capsys.readouterr().out.splitlines()
    assert legend == "* marks the highest accuracy so far"
    assert [line.split()[1] for line in lines] == ["3", "6"]


def test_the_best_epoch_is_marked(noisy, capsys):
    clf = stopped(noisy, verbose=True)
    _, *lines = capsys.readouterr().out.splitlines()
    marked = [line.endswith("*") for line in lines]
    assert max(np.flatnonzero(marked)) + 1 == clf.best_epoch_


def test_the_star_is_explained_once_in_partial_fit(noisy, capsys):
    clf = TwoLayerClassifier(4, verbose=True, random_state=0)
    clf.partial_fit(*noisy, range(10)).partial_fit(*noisy)
    starts = [line[:7] for line in capsys.readouterr().out.splitlines()]
    assert starts == ["* marks", "epoch  ", "epoch  "]


def test_nothing_is_printed_unless_asked(noisy, capsys):
    stopped(noisy, max_iter=3)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("n_classes", [255, 256, 257])
def test_hold_out_counts_more_classes_than_a_byte_holds(n_classes):
    y = np.repeat(np.arange(n_classes), 20)
    X = np.random.default_rng(0).normal(size=(len(y), 3))
    clf = TwoLayerClassifier(5, early_stopping=True, max_iter=1, random_state=0)
    assert len(clf.fit(X, y).classes_) == n_classes
    assert np.isfinite(clf.history_["val_loss"]).all()


def test_a_scorer_may_look_at_every_attribute(noisy):
    def score(estimator, X, y):
        for name in dir(estimator):
            getattr(estimator, name, None)
        assert estimator._repr_html_()
        assert estimator.best_epoch_ is None or estimator.best_epoch_ >= 1
        return estimator.alpha_

    clf = stopped(noisy, scoring=score, max_iter=3)
    assert clf.validation_scores_ == [clf.alpha_] * 3
