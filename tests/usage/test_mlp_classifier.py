"""What README and pages say of MLPClassifier is true of scikit-learn 1.9.

Each test begins with the words that it is about, and where they stand; what both have
in common is in `test_migration.py`, what is a defect in `defects.py`.
"""

import inspect
import re
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import sklearn
from defects import CHECKS
from numpy.testing import assert_allclose
from sklearn.datasets import load_digits, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from sklearn.neural_network import MLPClassifier

from skmlp import TwoLayerClassifier

pytestmark = [
    pytest.mark.skipif(
        not sklearn.__version__.startswith("1.9."),
        reason="README and pages speak of scikit-learn 1.9",
    ),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
ROOT = Path(__file__).parents[2]
COMING, MULTILABEL = "docs/coming_from_mlpclassifier.rst", "docs/multilabel.rst"


@pytest.fixture
def rows():
    """Return 300 digits of five classes in float64, and their labels."""
    X, y = load_digits(n_class=5, return_X_y=True)
    return X[:300] / 16, y[:300]


def said(page, words):
    """End the test where a page does not have these words."""
    text = (ROOT / page).read_text(encoding="utf-8")
    assert " ".join(words.split()) in re.sub(r"[\s|]+", " ", text)


def rows_of(page, *cells):
    """End the test where a page has no row of a list-table with these cells."""
    said(page, "* - " + " - ".join(cells))


def small(**params):
    """Return a small MLPClassifier."""
    return MLPClassifier((5,), **{"max_iter": 2, "random_state": 0, **params})


def sizes(before, mlp):
    """Return how far a first layer has moved, in learning rates."""
    return np.abs(mlp.coefs_[0] - before) / mlp.learning_rate_init


def whole(**params):
    """Return a network of which an epoch is one step of Adam."""
    return small(batch_size=300, max_iter=1, activation="tanh", alpha=0.0, **params)


def penalised(n_rows, **params):
    """Return W1 before and after an epoch in which nothing but the penalty moves it."""
    X, y = np.zeros((n_rows, 3)), np.arange(n_rows) % 2
    params = {"solver": "sgd", "momentum": 0, "alpha": 1.0, "max_iter": 1} | params
    return (
        small(learning_rate_init=rate, **params).fit(X, y).coefs_[0]
        for rate in (1e-300, 0.1)
    )


LACKING = {
    "dropout": "dropout",
    "class weights": "class_weight",
    "a choice of loss": "loss",
    "early stopping on any metric": "scoring",
    "label smoothing": "label_smoothing",
    "initial weights": "weight_init",
}


@pytest.mark.parametrize(("words", "name"), LACKING.items(), ids=LACKING.values())
def test_mlp_classifier_lacks_it(words, name):
    said(COMING, words)
    assert name not in MLPClassifier().get_params()
    assert name in TwoLayerClassifier().get_params()


def test_validation_data_cannot_be_given():
    said(COMING, "your own validation data")
    assert "X_val" not in inspect.signature(MLPClassifier.fit).parameters


def test_validation_loss_is_not_recorded(rows):
    said(COMING, "the validation loss of every epoch")
    mlp = small(early_stopping=True).fit(*rows)
    assert [name for name in vars(mlp) if "val" in name and name.endswith("_")] == [
        "validation_scores_",
        "best_validation_score_",
    ]
    accuracy = mlp.validation_scores_[0] * 30  # of 30 rows
    assert accuracy == pytest.approx(round(accuracy))


def test_schedules_have_no_effect_on_adam(rows):
    said(COMING, "learning-rate schedules for Adam")
    constant, falling = (
        small(learning_rate=name, max_iter=5).fit(*rows)
        for name in ("constant", "invscaling")
    )
    np.testing.assert_array_equal(constant.coefs_[0], falling.coefs_[0])


def test_float32_stays_float32_and_adam_goes_on(rows):
    said(COMING, "It does train in float32, and its ``partial_fit`` keeps Adam's state")
    X, y = rows
    mlp = small().fit(X.astype(np.float32), y)
    assert mlp.coefs_[0].dtype == mlp.predict_proba(X[:2].astype("f")).dtype == "f"
    # The first step of Adam has length 1 in all directions, later ones have not.
    mlp = whole().partial_fit(X, y, classes=np.unique(y))
    moved = sizes(mlp.coefs_[0].copy(), mlp.partial_fit(1 - X, y))
    assert not np.allclose(moved[moved > 0], 1, atol=0.01)


def test_warm_start_drops_the_state_of_adam(rows):
    said(COMING, "its ``warm_start`` resets Adam's state")
    X, y = rows
    mlp = whole(warm_start=True).fit(X, y)
    moved = sizes(mlp.coefs_[0].copy(), mlp.fit(1 - X, y))
    assert_allclose(moved[moved > 0], 1, atol=0.01)  # as a first step is


@pytest.mark.parametrize("n_rows", [100, 300])
def test_penalty_depends_on_the_batch_size(n_rows):
    said(COMING, "a penalty that does not change with the batch size")
    start, end = penalised(n_rows, batch_size=n_rows)
    assert_allclose(end, start * (1 - 0.1 / n_rows))


def test_default_network_is_that_of_the_page():
    said(COMING, 'solver="adam", ... alpha=5e-7, # 0.0001 over batches of 200')
    params = MLPClassifier().get_params()
    assert params["hidden_layer_sizes"] == (100,)
    assert params["solver"] == "adam"
    assert params["alpha"] / 200 == 5e-7
    assert params["batch_size"] == "auto"
    assert params["learning_rate"] == "constant"
    assert params["learning_rate_init"] == 0.001
    assert params["max_iter"] == 200


def test_initial_biases_are_drawn(rows):
    said(COMING, "Initial biases are zero, in ``MLPClassifier`` random")
    still = {"learning_rate_init": 1e-300, "max_iter": 1}
    assert small(**still).fit(*rows).intercepts_[0].all()
    ours = TwoLayerClassifier(standardize=False, **still)
    assert np.abs(ours.fit(*rows).intercepts_[0]).max() < 1e-200


def test_logistic_has_a_smaller_bound(rows):
    said(COMING, "With 'logistic', ``MLPClassifier`` has a smaller bound")
    params = {"learning_rate_init": 1e-300, "max_iter": 1, "random_state": 0}
    W = MLPClassifier(2000, activation="logistic", **params).fit(*rows).coefs_[0]
    assert np.abs(W).max() == pytest.approx(np.sqrt(2 / (64 + 2000)), rel=1e-3)
    assert np.abs(W).max() < np.sqrt(6 / (64 + 2000))


def test_automatic_batch_has_200_rows():
    cell = "'auto' is min(200, rows) in MLPClassifier"
    rows_of(COMING, "``batch_size``", "``batch_size``", cell)
    start, end = penalised(n_rows=300)
    assert_allclose(end, start * (1 - 0.1 / 200) * (1 - 0.1 / 100))


def test_epsilon_is_added_before_the_bias_is_corrected():
    rows_of(COMING, "``epsilon``", "``epsilon``", "added after the correction")
    said("skmlp/solvers.py", "not as in its section 2, `MLPClassifier` and Keras")
    adam = {"solver": "adam", "beta_2": 0.75, "epsilon": 0.1, "batch_size": 1}
    start, end = penalised(n_rows=2, **adam, max_iter=1, shuffle=False)
    params = start  # two steps, each with the gradient W1
    mean, mean_square = np.zeros_like(start), np.zeros_like(start)
    for t in (1, 2):
        mean = 0.9 * mean + 0.1 * params
        mean_square = 0.75 * mean_square + 0.25 * params**2
        root = np.sqrt(mean_square) + 0.1
        rate = 0.1 * np.sqrt(1 - 0.75**t) / (1 - 0.9**t)
        params = params - rate * mean / root
    assert_allclose(end, params)


def test_velocity_keeps_its_length_when_the_learning_rate_changes():
    said("skmlp/solvers.py", "This is `MLPClassifier`'s and Keras's form")
    falling = {"learning_rate": "invscaling", "momentum": 0.9, "alpha": 8.0}
    start, end = penalised(8, **falling, nesterovs_momentum=False, max_iter=2)
    # The gradient is W1, the learning rate 0.1, then 0.1 / 3.
    first = -0.1 * start
    second = 0.9 * first - 0.1 / 3 * (start + first)
    assert_allclose(end, start + first + second)


def test_momentum_may_be_one(rows):
    said(COMING, "must be less than 1, in ``MLPClassifier`` it may be 1")
    assert small(solver="sgd", momentum=1.0).fit(*rows).n_iter_ == 2
    with pytest.raises(ValueError, match="momentum"):
        TwoLayerClassifier(solver="sgd", momentum=1.0).fit(*rows)


def test_early_stopping_watches_the_accuracy(rows):
    said(COMING, 'with ``scoring="accuracy"`` by the accuracy, as in MLPClassifier')
    X, y = rows
    mlp = small(early_stopping=True, max_iter=30).fit(X, y)
    assert mlp.best_validation_score_ in np.arange(31) / 30
    assert mlp.best_loss_ is None


def test_it_may_stop_by_tol_before_max_iter(rows):
    said(COMING, "at most 200 epochs in MLPClassifier")
    assert small(tol=1.0, max_iter=200).fit(*rows).n_iter_ < 20


def test_what_it_waits_for_is_one_epoch_more(rows):
    said(COMING, "MLPClassifier runs one epoch more")
    never_better = {"tol": 1e9, "n_iter_no_change": 3, "max_iter": 50}
    mlp = small(**never_better).fit(*rows)
    assert mlp.n_iter_ == 1 + 3 + 1  # the first is better than none


def test_planned_epochs_end_with_a_warning(rows):
    said(COMING, "After the planned number of epochs there is no ConvergenceWarning")
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        small().fit(*rows)


@pytest.mark.parametrize(
    ("words", "check"),
    [
        ("held-out rows are stratified for more than two classes, too", "check_1_"),
        ("the solver's state and the random stream continue as well", "check_2_"),
        ("Negative sample weights raise an error", "check_4_negative"),
        ("'invscaling' counts rows in MLPClassifier, epochs in skmlp", "check_6_"),
        ("warns if every row has exactly one label", "check_8_"),
        ("diverges, the best earlier weights are restored with a warning", "check_11_"),
    ],
)
def test_defect_that_a_page_names_is_one(words, check):
    said(COMING, words)
    (check,) = (value for name, value in CHECKS.items() if name.startswith(check))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(AssertionError):
            check(lambda n_hidden, **params: MLPClassifier((n_hidden,), **params))


def test_two_classes_have_one_output(rows):
    said(COMING, "for two classes the output layer has two columns, not one")
    X, y = rows
    mlp, net = small().fit(X, y > 2), TwoLayerClassifier(5, max_iter=2).fit(X, y > 2)
    assert mlp.coefs_[1].shape == (5, 1)
    assert net.coefs_[1].shape == (5, 2)
    assert (mlp.out_activation_, net.out_activation_) == ("logistic", "softmax")


def test_single_class_has_probabilities_of_two(rows):
    said(COMING, "of two classes are then those of an untrained output")
    X, _ = rows
    mlp = small().fit(X, np.zeros(300))
    assert mlp.predict_proba(X).shape == (300, 2)
    assert len(mlp.classes_) == 1


def test_third_argument_of_partial_fit():
    said(COMING, "The third argument of ``partial_fit`` is ``classes``, in "
         "``MLPClassifier`` ``sample_weight``")  # fmt: skip
    theirs, ours = (
        list(inspect.signature(cls.partial_fit).parameters)[3]
        for cls in (MLPClassifier, TwoLayerClassifier)
    )
    assert (theirs, ours) == ("sample_weight", "classes")


def test_integers_are_computed_in_float64(rows):
    said(COMING, "For X of integers skmlp computes in float32, ``MLPClassifier`` in "
         "float64")  # fmt: skip
    X, y = rows
    X = (16 * X).astype(int)
    assert small().fit(X, y).coefs_[0].dtype == np.float64
    assert TwoLayerClassifier(max_iter=2).fit(X, y).coefs_[0].dtype == np.float32


def test_batch_counts_by_its_own_weights(rows):
    said(COMING, "The loss of a batch is divided by the mean weight of all rows, in "
         "``MLPClassifier`` by that of the batch")  # fmt: skip
    X, y = rows
    params = {"solver": "sgd", "momentum": 0, "shuffle": False, "alpha": 0.0}
    mlp = partial(small, batch_size=150, max_iter=1, **params)
    weight = np.repeat([1.0, 5.0], 150)
    # A factor of all weights of a batch changes nothing.
    assert_allclose(mlp().fit(X, y, weight).coefs_[0], mlp().fit(X, y).coefs_[0])


def test_partial_fit_refuses_early_stopping(rows):
    said(COMING, "ignores ``early_stopping``, ``MLPClassifier`` raises an error")
    X, y = rows
    with pytest.raises(ValueError, match="early_stopping"):
        small(early_stopping=True).partial_fit(X, y, classes=np.unique(y))
    TwoLayerClassifier(early_stopping=True).partial_fit(X, y, classes=np.unique(y))


def test_smaller_last_batch_is_penalised_more():
    said(COMING, "If the last batch of an epoch is smaller, its penalty is as strong "
         "as that of the others")  # fmt: skip
    start, end = penalised(n_rows=110, batch_size=100)
    assert_allclose(end, start * (1 - 0.1 / 100) * (1 - 0.1 / 10))


def test_partial_fit_of_several_labels_needs_classes():
    said(COMING, "``partial_fit`` needs no ``classes``, ``MLPClassifier`` needs "
         "``np.arange(n_labels)``")  # fmt: skip
    X, Y = make_multilabel_classification(50, n_classes=4, random_state=0)
    with pytest.raises(ValueError, match="classes"):
        small().partial_fit(X, Y)
    small().partial_fit(X, Y, classes=np.arange(4))
    TwoLayerClassifier().partial_fit(X, Y)


def test_rare_labels_are_held_out_at_random():
    said(COMING, "early stopping holds out rows with regard to rare labels, "
         "``MLPClassifier`` at random")  # fmt: skip
    # With a feature a row, those that do not move are held out: ten of them rare.
    X, Y = np.eye(100), np.zeros((100, 2), dtype=int)
    Y[:50, 0], Y[90:, 1] = 1, 1
    rare = set()
    for seed in range(10):
        start, end = (
            small(early_stopping=True, max_iter=1, random_state=seed)
            .set_params(activation="tanh", learning_rate_init=rate, alpha=0.0)
            .fit(X, Y)
            .coefs_[0]
            for rate in (1e-300, 0.1)
        )
        unmoved = (start == end).all(axis=1)
        assert unmoved.sum() == 10
        rare.add(int(unmoved[90:].sum()))
    assert len(rare) > 1


def test_probabilities_of_labels_have_the_same_shape():
    said(MULTILABEL, "of shape (n_samples, n_labels), as ``MLPClassifier`` returns it")
    X, Y = make_multilabel_classification(50, n_classes=4, random_state=0)
    assert small().fit(X, Y).predict_proba(X).shape == (50, 4)


def test_scorer_fails_on_two_labels():
    said(MULTILABEL, '"Expected 2D array, got 1D array", also with ``MLPClassifier``')
    X, Y = make_multilabel_classification(50, n_classes=2, random_state=0)
    with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
        get_scorer("roc_auc_ovr")(small().fit(X, Y), X, Y)
