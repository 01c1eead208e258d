"""The estimator's methods: published numbers, predictions, weights from elsewhere."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier

from skmlp import TwoLayerClassifier
from skmlp.losses import LOSSES

# A class exercise (Stanford's CS231n, assignment 1) prints these for its toy network.
TOY_SCORES = [
    [-0.81233741, -1.27654624, -0.70335995],
    [-0.17129677, -1.18803311, -0.47310444],
    [-0.51590475, -1.01354314, -0.8504215],
    [-0.15419291, -0.48629638, -0.52901952],
    [-0.00618733, -0.12435261, -0.15226949],
]
TOY_LOSS = 1.30378789133  # with alpha 0.1


def no_step(share):
    """Return the learning rate at which nothing moves."""
    return 0.0


@pytest.fixture
def toy():
    """The toy network and its five inputs, as the exercise makes them."""
    random = np.random.RandomState(0)
    coefs = [0.1 * random.randn(4, 10), 0.1 * random.randn(10, 3)]
    X = 10 * np.random.RandomState(1).randn(5, 4)
    y = np.array([0, 1, 2, 2, 1])
    biases = [np.zeros(10), np.zeros(3)]
    make = {"batch_size": None, "learning_rate": "constant", "standardize": False}
    clf = TwoLayerClassifier.from_weights(
        coefs, biases, [0, 1, 2], alpha=0.1, solver="sgd", **make
    )
    return clf, X, y


@pytest.fixture(scope="module")
def fitted(digits):
    """An estimator for each loss, fitted on digits for a few epochs."""
    X, _, y, _ = digits
    make = {"max_iter": 10, "random_state": 0, "learning_rate_init": 0.01}
    return {
        loss: TwoLayerClassifier(20, loss=loss, **make).fit(X, y) for loss in LOSSES
    }


def test_toy_network_has_the_published_scores(toy):
    clf, X, _ = toy
    assert_allclose(clf.decision_function(X), TOY_SCORES, rtol=0, atol=1e-7)


def test_toy_network_has_the_published_loss(toy):
    clf, X, y = toy
    assert clf.partial_fit(X, y).loss_ == pytest.approx(TOY_LOSS, abs=1e-10)


def test_toy_network_trains_to_the_published_loss(toy):
    clf, X, y = toy  # the exercise: below 0.05 without penalty to speak of
    clf.set_params(alpha=5e-6, learning_rate_init=0.1, momentum=0.0, warm_start=True)
    assert clf.set_params(max_iter=100).fit(X, y).loss_ < 0.05


def test_gradient_descent_on_two_weights_by_hand():
    # o = [0, w x], x = 1, y = 1, w = 0: p = (½, ½), dloss/dw = p₁ - 1 = -½.
    clf = TwoLayerClassifier.from_weights(
        [[[1.0]], [[0.0, 0.0]]],
        None,
        [0, 1],
        activation="identity",
        solver="sgd",
        momentum=0.0,
        learning_rate_init=0.2,
        alpha=0.0,
    ).partial_fit([[1.0]], [1])
    assert clf.loss_ == pytest.approx(np.log(2), rel=1e-15)
    assert_allclose(clf.coefs_[1], [[-0.1, 0.1]], rtol=1e-15)
    assert_allclose(clf.coefs_[0], [[1.0]])
    assert not clf.intercepts_[0].any()
    assert not clf.intercepts_[1].any()


@pytest.mark.parametrize("loss", LOSSES)
def test_methods_agree_with_one_another(fitted, digits, loss):
    X = digits[1]
    clf, p = fitted[loss], fitted[loss].predict_proba(digits[1])
    assert_allclose(p.sum(axis=1), 1.0, rtol=1e-5)
    assert (p >= 0).all()
    assert_array_equal(clf.predict(X), clf.classes_[p.argmax(axis=1)])
    assert_array_equal(clf.predict(X), clf.decision_function(X).argmax(axis=1))
    assert_allclose(clf.predict_log_proba(X), np.log(p), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["log_loss", "brier"])
def test_probabilities_are_the_softmax_of_the_logits(fitted, digits, loss):
    X, clf = digits[1], fitted[loss]
    expected = log_softmax(clf.decision_function(X).astype(float), axis=1)
    assert_allclose(clf.predict_log_proba(X), expected, rtol=1e-5, atol=1e-5)


def test_log_probabilities_are_finite_where_probabilities_underflow():
    clf = TwoLayerClassifier.from_weights([[[1.0]], [[0, 1, 2]]], None, [0, 1, 2])
    X = [[4000.0]]
    assert clf.predict_proba(X)[0, 0] == 0.0
    assert_allclose(clf.predict_log_proba(X), [[-8000.0, -4000.0, 0.0]])


@pytest.mark.parametrize(
    ("outputs", "nearest"),
    [
        ([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]),
        ([0.5, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]),
        ([1.4, 0.0, -0.4], [1.0, 0.0, 0.0]),
        ([0.9, 0.3, -0.2], [0.8, 0.2, 0.0]),
        ([1e18, 3e17, -2e18], [1.0, 0.0, 0.0]),
    ],
)
def test_probabilities_of_linear_outputs_are_the_nearest(outputs, nearest):
    clf = TwoLayerClassifier.from_weights(
        [[[1.0]], [outputs]], None, [0, 1, 2], loss="squared_error"
    )
    assert_allclose(clf.predict_proba([[1.0]]), [nearest], rtol=1e-12, atol=1e-12)
    assert np.isfinite(clf.predict_log_proba([[1.0]])).all()


def test_decision_function_of_two_classes_is_the_difference_of_logits(digits):
    X, _, y, _ = digits
    clf = TwoLayerClassifier(5, max_iter=2, random_state=0).fit(X, y % 2)
    log_p = clf.predict_log_proba(X).astype(float)
    scores = clf.decision_function(X)
    assert scores.shape == (len(X),)
    assert_allclose(scores, log_p[:, 1] - log_p[:, 0], rtol=1e-3, atol=1e-5)
    assert_array_equal(clf.predict(X), (scores > 0).astype(int))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_perceptron_of_scikit_learn_carries_over(digits):
    X, X_test, y, _ = digits
    theirs = MLPClassifier(15, max_iter=50, random_state=0).fit(X, y)
    ours = TwoLayerClassifier.from_weights(
        theirs.coefs_, theirs.intercepts_, theirs.classes_, warm_start=True, max_iter=5
    )
    assert_allclose(
        ours.predict_proba(X_test), theirs.predict_proba(X_test), rtol=1e-3, atol=1e-6
    )
    assert_array_equal(ours.predict(X_test), theirs.predict(X_test))
    assert ours.fit(X, y).loss_ < theirs.loss_


@pytest.mark.parametrize(
    ("weight_init", "standardize"),
    [("pair", True), ("pair", False), ("callable", False)],
)
def test_initial_weights_can_be_given(problem, weights, weight_init, standardize):
    X, y, _ = problem
    pair = (weights["W1"], weights["W2"])

    def fill(W, rng):
        W[...] = pair[0] if W.shape == pair[0].shape else pair[1]

    init = pair if weight_init == "pair" else fill
    make = {"learning_rate": no_step, "standardize": standardize}
    clf = TwoLayerClassifier(5, weight_init=init, **make).fit(X, y)
    assert_array_equal(clf.coefs_[0], weights["W1"])
    assert_array_equal(clf.coefs_[1], weights["W2"])
    assert_array_equal(clf.intercepts_[0], np.zeros(5))


@pytest.mark.parametrize("standardize", [True, False])
def test_warm_start_goes_on_where_fit_ended(problem, standardize):
    X, y, _ = problem
    make = {"random_state": 0, "warm_start": True, "dropout": 0.3, "batch_size": 16}
    make |= {"learning_rate": "constant", "standardize": standardize}
    twice = TwoLayerClassifier(5, max_iter=5, **make).fit(X, y).fit(X, y)
    once = TwoLayerClassifier(5, max_iter=10, **make).fit(X, y)
    assert_array_equal(twice.coefs_[0], once.coefs_[0])
    assert twice.loss_curve_ == once.loss_curve_
    assert (twice.n_iter_, twice.t_) == (10, 10 * len(y))


def test_warm_start_keeps_the_precision_it_began_with(problem):
    X, y, _ = problem
    clf = TwoLayerClassifier(5, warm_start=True, max_iter=2, random_state=0)
    clf.fit(X.astype(np.float32), y).fit(X, y)
    assert clf.coefs_[0].dtype == np.float32
    assert clf.n_iter_ == 4


def test_a_full_batch_drawn_with_replacement_is_not_the_whole_set(problem):
    X, y, _ = problem
    make = {"batch_size": None, "max_iter": 1, "random_state": 0}
    drawn = TwoLayerClassifier(5, sampling="replacement", **make).fit(X, y)
    whole = TwoLayerClassifier(5, sampling="shuffle", **make).fit(X, y)
    assert drawn.loss_ != whole.loss_


@pytest.mark.parametrize("standardize", [True, False])
def test_partial_fit_goes_on_where_the_last_call_ended(problem, standardize):
    X, y, _ = problem
    make = {"random_state": 0, "dropout": 0.3, "batch_size": 16}
    make |= {"learning_rate": "constant", "standardize": standardize}
    parts = TwoLayerClassifier(5, **make)
    for _ in range(10):
        parts.partial_fit(X, y, classes=np.unique(y))
    whole = TwoLayerClassifier(5, max_iter=10, **make).fit(X, y)
    assert_array_equal(parts.coefs_[0], whole.coefs_[0])
    assert parts.loss_curve_ == whole.loss_curve_


def test_balanced_weights_of_partial_fit_count_all_rows_seen(problem):
    X, y, _ = problem
    balanced = TwoLayerClassifier(5, random_state=0, class_weight="balanced")
    by_hand = TwoLayerClassifier(5, random_state=0)
    for rows in (slice(0, 20), slice(20, 50)):
        balanced.partial_fit(X[rows], y[rows], classes=range(4))
        seen = np.bincount(y[: rows.stop], minlength=4)
        class_weight = dict(enumerate(rows.stop / (4 * seen)))
        by_hand.set_params(class_weight=class_weight)
        by_hand.partial_fit(X[rows], y[rows], classes=range(4))
    assert_allclose(balanced.coefs_[0], by_hand.coefs_[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"hidden_layer_size": 6}, "hidden_layer_size changed from 5 to 6"),
        ({"activation": "tanh"}, "activation changed from relu to tanh"),
        ({"fit_intercept": False}, "fit_intercept=False, but there are biases"),
        ({"n_features": 3}, "the number of features changed from 6 to 3"),
        ({"n_classes": 3}, "the classes changed"),
    ],
)
def test_another_network_cannot_go_on(problem, change, name):
    X, y, _ = problem
    clf = TwoLayerClassifier(5, warm_start=True, max_iter=1, random_state=0).fit(X, y)
    before = clf.coefs_[0].copy()
    change = dict(change)
    n_classes = change.pop("n_classes", 4)
    n_features = change.pop("n_features", 6)
    rows = y < n_classes
    with pytest.raises(ValueError, match=name):
        clf.set_params(**change).fit(X[rows][:, :n_features], y[rows])
    assert_array_equal(clf.coefs_[0], before)


@pytest.mark.parametrize(
    ("coefs", "intercepts", "classes", "message"),
    [
        ([np.ones((2, 3))], None, [0, 1], "coefs must hold two arrays.*got 1"),
        ([np.ones((3, 2)), np.ones((3, 2))], None, [0, 1], "Transpose"),
        ([np.ones((2, 3)), np.ones((3, 2))], [np.ones(3), [1]], [0, 1], "intercepts"),
        ([np.ones((2, 3)), np.ones((3, 1))], None, [0, 1], "one output per class"),
        ([np.ones((2, 3)), np.ones((3, 2))], None, [1, 0], "sorted"),
        ([np.ones((2, 3)), np.full((3, 2), np.nan)], None, [0, 1], "finite"),
        ([np.ones((2, 3)), 1j * np.ones((3, 2))], None, [0, 1], r"coefs\[1\] .* real"),
        ([np.ones((1, 2)), [[1, "a"]] * 2], None, [0, 1], r"coefs\[1\] .* real"),
        (
            [np.ones((1, 2)), np.ones((2, 2))],
            [[1, 2], np.array(["2020", "2021"], "datetime64[Y]")],
            [0, 1],
            r"intercepts\[1\] .* real numbers; got an array of datetime64",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused(coefs, intercepts, classes, message):
    with pytest.raises(ValueError, match=message):
        TwoLayerClassifier.from_weights(coefs, intercepts, classes)


def test_hidden_layer_size_that_does_not_fit_the_weights_is_refused():
    coefs = [np.ones((2, 3)), np.ones((3, 2))]
    with pytest.raises(ValueError, match="hidden_layer_size=4 does not fit"):
        TwoLayerClassifier.from_weights(coefs, None, [0, 1], hidden_layer_size=4)


def test_weights_from_elsewhere_have_every_attribute():
    clf = TwoLayerClassifier.from_weights([[[2.0]], [[0, 1]]], None, [0, 1])
    assert clf.best_epoch_ is clf.best_validation_score_ is None
    assert clf.validation_scores_ is None
    assert clf.loss_curve_ == []
    for name in dir(clf):
        getattr(clf, name, None)
    assert "TwoLayerClassifier" in clf._repr_html_()


def test_hold_out_of_weights_from_elsewhere_follows_random_state(weights):
    X, y = np.random.default_rng(0).normal(size=(80, 6)), np.arange(80) % 4

    def held_out_by(seed):
        held_out = []

        def scorer(estimator, X_val, y_val):
            held_out.append(X_val)
            return 0.0

        coefs = [weights["W1"], weights["W2"]]
        clf = TwoLayerClassifier.from_weights(
            coefs, None, range(4), random_state=seed, warm_start=True
        )
        clf.set_params(early_stopping=True, scoring=scorer, max_iter=1).fit(X, y)
        return held_out[0]

    first, again, other = held_out_by(0), held_out_by(0), held_out_by(1)
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_weights_are_copied_in_and_out(weights):
    coefs = [weights["W1"], weights["W2"]]
    clf = TwoLayerClassifier.from_weights(coefs, None, range(4))
    clf.partial_fit(np.ones((4, 6)), range(4))
    assert_array_equal(coefs[0], weights["W1"])
    assert clf.coefs_[0].base is None
    assert not np.array_equal(clf.coefs_[1], weights["W2"])


def test_network_without_intercept_keeps_biases_at_zero(problem):
    X, y, _ = problem
    clf = TwoLayerClassifier(5, fit_intercept=False, max_iter=5).fit(X, y)
    assert not clf.intercepts_[0].any()
    assert not clf.intercepts_[1].any()
    assert clf.coefs_[0].any()


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_an_unfitted_estimator_says_so(method):
    with pytest.raises(NotFittedError):
        getattr(TwoLayerClassifier(), method)([[0.0]])


def test_clone_of_a_fitted_estimator_is_unfitted_and_equal(fitted):
    copy = clone(fitted["brier"])
    assert copy.get_params() == fitted["brier"].get_params()
    assert not hasattr(copy, "coefs_")
    with pytest.raises(NotFittedError):
        copy.predict([[0.0]])


def test_partial_fit_is_not_offered_for_lbfgs():
    clf = TwoLayerClassifier(solver="lbfgs")
    assert not hasattr(clf, "partial_fit")


@pytest.mark.parametrize("rate", ["dropout", "input_dropout"])
def test_lbfgs_refuses_dropout(problem, rate):
    X, y, _ = problem
    with pytest.raises(ValueError, match=f"{rate}=0.5"):
        TwoLayerClassifier(solver="lbfgs", **{rate: 0.5}).fit(X, y)


@pytest.mark.parametrize("size", [0.2, 0.5])
def test_dropout_keeps_the_expected_activation(size):
    # A hidden layer of ones, an output of zeros: H alone decides dW2, whose entries
    # are sums of dropped units, so their mean estimates the mean of the mask: one.
    n = 2000
    clf = TwoLayerClassifier.from_weights(
        [np.ones((1, n)), np.zeros((n, 2))],
        None,
        [0, 1],
        dropout=size,
        solver="sgd",
        momentum=0.0,
        learning_rate_init=1.0,
        alpha=0.0,
        random_state=0,
    ).partial_fit([[1.0]], [1])
    units = 2 * clf.coefs_[1][:, 1]  # dloss/do = -½ for the true class
    assert_allclose(np.unique(units), [0.0, 1 / (1 - size)], rtol=1e-12)
    five_sigma = 5 * np.sqrt(size / (1 - size) / n)
    assert units.mean() == pytest.approx(1.0, abs=five_sigma)


def test_input_dropout_of_sparse_rows_drops_only_what_is_there(problem):
    X, y, _ = problem
    X = np.where(X > 0, X, 0.0)
    X[:, 2] = 0.0
    clf = TwoLayerClassifier(5, input_dropout=0.5, max_iter=5, random_state=0)
    W1_start = clone(clf).set_params(learning_rate=no_step).fit(X, y).coefs_[0]
    W1 = clf.set_params(alpha=0.0).fit(sparse.csr_array(X), y).coefs_[0]
    assert_array_equal(W1[2], W1_start[2])
    assert (W1[3] != W1_start[3]).any()


def test_numpy_numbers_are_taken_as_python_s(digits):
    X, _, y, _ = digits
    plain = {"alpha": 1e-3, "momentum": 0.8, "learning_rate_init": 0.1, "epsilon": 1e-7}
    plain |= {"label_smoothing": 0.1, "dropout": 0.2, "max_grad_norm": 0.5}
    scalars = {name: np.float64(value) for name, value in plain.items()}
    make = {"random_state": 0, "solver": "sgd", "max_iter": 2}
    one = TwoLayerClassifier(20, batch_size=100, **make, **plain).fit(X, y)
    sizes = {"hidden_layer_size": np.uint8(20), "batch_size": np.uint8(100)}
    two = TwoLayerClassifier(**sizes, **make, **scalars).fit(X, y)
    assert_array_equal(one.coefs_[0], two.coefs_[0])
    assert isinstance(two.hidden_layer_size, np.uint8)


def test_moments_gathered_with_other_decays_are_forgotten(problem):
    X, y, _ = problem
    make = {"solver": "adam", "learning_rate_init": 0.001, "standardize": False}
    make |= {"learning_rate": "constant", "batch_size": None}
    clf = TwoLayerClassifier(5, random_state=0, beta_2=0.9, **make)
    for _ in range(20):
        clf.partial_fit(X, y, classes=range(4))
    before = clf.coefs_[0].copy()
    clf.set_params(beta_2=0.9999).partial_fit(X, y)
    # Adam's first step from no memory: each weight moves by the rate, and not by more.
    assert np.abs(clf.coefs_[0] - before).max() <= 0.001 * (1 + 1e-9)


def test_going_on_takes_nothing_from_the_caller_s_random_state(problem):
    X, y, _ = problem
    random_state = np.random.RandomState(0)
    clf = TwoLayerClassifier(5, random_state=random_state)
    clf.partial_fit(X, y, classes=range(4))
    position = random_state.get_state()[2]
    clf.partial_fit(X, y)
    assert random_state.get_state()[2] == position


def test_weight_init_must_fill_in_place(problem):
    X, y, _ = problem
    clf = TwoLayerClassifier(5, weight_init=lambda W, rng: rng.normal(size=W.shape))
    with pytest.raises(ValueError, match=r"fill W in place.*returned ndarray"):
        clf.fit(X, y)


def test_weights_of_a_single_class_predict_it():
    clf = TwoLayerClassifier.from_weights([[[1.0]], [[1.0]]], None, ["only"])
    X = [[0.0], [5.0]]
    assert clf.predict(X).tolist() == ["only", "only"]
    assert clf.predict_proba(X).tolist() == [[1.0], [1.0]]
    assert clf.predict_log_proba(X).tolist() == [[0.0], [0.0]]
    assert clf.decision_function(X).tolist() == [0.0, 0.0]
