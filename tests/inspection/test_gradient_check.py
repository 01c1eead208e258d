"""The gradient check passes the right gradients and finds a wrong one."""

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmlp import TwoLayerClassifier
from skmlp.activations import ACTIVATIONS, Activation
from skmlp.inspection import GradientErrors, WeightsDisplay, check_gradients
from skmlp.losses import LOSSES
from skmlp.solvers import SOLVERS


def toy(**params):
    """The two-layer toy of the first assignment of Stanford's CS231n."""
    rng = np.random.RandomState(0)
    W1, W2 = 0.1 * rng.randn(4, 10), 0.1 * rng.randn(10, 3)
    clf = TwoLayerClassifier.from_weights(
        [W1, W2],
        [np.zeros(10), np.zeros(3)],
        range(3),
        **{"alpha": 0.05, "solver": "sgd", "standardize": False} | params,
    )
    return clf, 10 * np.random.RandomState(1).randn(5, 4), [0, 1, 2, 2, 1]


def of_problem(problem, weights, **params):
    """Return a classifier with weights in general position, X and y."""
    X, y, _ = problem
    clf = TwoLayerClassifier.from_weights(
        [weights["W1"], weights["W2"]],
        [weights["b1"], weights["b2"]],
        range(4) if y.ndim == 1 else None,
        **{"solver": "sgd", "standardize": False} | params,
    )
    return clf, X, y


def test_errors_of_the_toy_are_as_small_as_in_the_lab():
    assert check_gradients(*toy()).largest < 1e-8


def test_objective_of_the_toy_is_that_of_the_lab():
    objective = check_gradients(*toy(alpha=0.1)).objective
    assert objective == pytest.approx(1.30378789133, abs=1e-11)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_is_right(activation, loss, problem, weights):
    params = {"activation": activation, "loss": loss, "label_smoothing": 0.1}
    errors = check_gradients(*of_problem(problem, weights, **params))
    assert errors.largest < 1e-6


CLASS_WEIGHTS = {
    "problem": [None, "balanced", {0: 0.5, 1: 2.0, 2: 0.0, 3: 1.0}],
    "several": [None, "balanced", [{0: 0.5, 1: 2.0}, {1: 0.0}, {}, "balanced"]],
}


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
@pytest.mark.parametrize(
    ("kind", "class_weight"),
    [(kind, given) for kind, several in CLASS_WEIGHTS.items() for given in several],
)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_gradient_of_every_kind_of_target_is_right(
    loss, kind, class_weight, label_smoothing, activation, weights, request
):
    problem = request.getfixturevalue(kind)
    params = {"loss": loss, "label_smoothing": label_smoothing, "alpha": 0.1}
    params |= {"class_weight": class_weight, "activation": activation}
    clf, X, y = of_problem(problem, weights, **params)
    errors = check_gradients(clf, X, y, sample_weight=problem[2])
    assert errors.largest < 1e-6


def test_a_wrong_derivative_shows_in_the_hidden_layer(problem, weights, monkeypatch):
    always_one = Activation(ACTIVATIONS["relu"].forward, lambda Z, H, dH: None, True)
    monkeypatch.setitem(ACTIVATIONS, "relu", always_one)
    errors = check_gradients(*of_problem(problem, weights))
    assert min(errors.W1, errors.b1) > 0.01
    assert max(errors.W2, errors.b2) < 1e-6


@pytest.mark.parametrize("solver", SOLVERS)
def test_gradient_of_a_trained_standardised_net_in_float32_is_right(solver, problem):
    X, y, sample_weight = problem
    params = {"activation": "tanh", "max_iter": 2, "random_state": 0}
    clf = TwoLayerClassifier(5, solver=solver, dtype="float32", **params)
    clf.fit(100 + X, y, sample_weight)
    errors = check_gradients(clf, 100 + X, y, sample_weight=sample_weight)
    assert errors.largest < 1e-6
    assert_allclose(errors.objective, expected_objective(clf, *problem), rtol=1e-5)


def expected_objective(clf, X, y, sample_weight):
    """Return the weighted log-loss at 100 + X plus the penalty on what is trained."""
    log_proba = clf.predict_log_proba(100 + X)[np.arange(len(y)), y]
    value = -np.average(log_proba, weights=sample_weight)
    if SOLVERS[clf.solver].decouples_decay:
        return value
    trained = WeightsDisplay.from_estimator(clf).weights, clf.coefs_[1]
    return value + 0.0005 * sum(np.vdot(W, W) for W in trained)


def test_decoupled_decay_is_no_part_of_the_objective():
    with_decay, without = (
        check_gradients(*toy(solver="adamw", alpha=alpha)).objective
        for alpha in (10.0, 0.0)
    )
    assert with_decay == without


def test_dropout_is_left_out():
    plain, dropped = check_gradients(*toy()), check_gradients(*toy(dropout=0.5))
    assert plain == dropped


def test_integer_weights_equal_repeated_rows(problem, weights):
    clf, X, y = of_problem(problem, weights, class_weight={0: 1, 1: 2, 2: 3, 3: 1})
    counts = np.arange(50) % 3
    weighted = check_gradients(clf, X, y, sample_weight=counts)
    repeated = check_gradients(clf, X.repeat(counts, axis=0), y.repeat(counts))
    assert weighted.objective == pytest.approx(repeated.objective, rel=1e-12)
    assert max(weighted.largest, repeated.largest) < 1e-6


def test_balanced_classes_are_balanced_by_the_rows_given(problem, weights):
    clf, X, y = of_problem(problem, weights, class_weight="balanced")
    sample_weight = 50 / (4 * np.bincount(y))[y]
    expected = check_gradients(
        clf.__class__.from_weights(
            clf.coefs_, clf.intercepts_, range(4), solver="sgd", standardize=False
        ),
        X,
        y,
        sample_weight=sample_weight,
    )
    assert check_gradients(clf, X, y).objective == pytest.approx(expected.objective)


def test_labels_are_balanced_by_the_rows_given(several, weights):
    clf, X, Y = of_problem(several, weights, class_weight="balanced")
    counts = Y.sum(axis=0).tolist()
    by_hand = [{0: 50 / (2 * (50 - n)), 1: 50 / (2 * n)} for n in counts]
    other, _, _ = of_problem(several, weights, class_weight=by_hand)
    assert check_gradients(clf, X, Y) == check_gradients(other, X, Y)


@pytest.mark.parametrize("class_weight", [None, [{0: 0.5}, {1: 3.0}, {}, {0: 2, 1: 4}]])
def test_objective_of_several_labels_is_the_sum_of_their_log_losses(
    class_weight, several, weights
):
    X, Y, sample_weight = several
    clf, _, _ = of_problem(several, weights, class_weight=class_weight, alpha=0.0)
    p = clf.predict_proba(X)
    total = 0.0
    for label, asked in enumerate(class_weight or [{}] * 4):
        counts = np.where(Y[:, label] == 1, asked.get(1, 1), asked.get(0, 1))
        total += log_loss(
            Y[:, label],
            p[:, label],
            sample_weight=sample_weight * counts,
            normalize=False,
        )
    # Weights are taken as they are, as those of partial_fit.
    objective = check_gradients(clf, X, Y, sample_weight=sample_weight).objective
    assert objective == pytest.approx(total / sample_weight.sum(), rel=1e-12)


def test_sparse_rows_have_the_same_gradient(problem, weights):
    clf, X, y = of_problem(problem, weights, activation="tanh", standardize=True)
    dense = check_gradients(clf, X, y)
    in_csr = check_gradients(clf, sparse.csr_array(X), y)
    assert in_csr.objective == pytest.approx(dense.objective, rel=1e-12)
    assert in_csr.largest < 1e-6


def test_pipeline_is_checked_on_what_it_passes_on(problem):
    X, y, _ = problem
    scaler, clf = MinMaxScaler(), TwoLayerClassifier(5, max_iter=2, random_state=0)
    pipeline = make_pipeline(scaler, clf).fit(X, y)
    within = check_gradients(clf, scaler.transform(X), y)
    assert check_gradients(pipeline, X, y) == within


def test_biases_that_are_not_trained_are_left_out():
    clf = TwoLayerClassifier.from_weights(
        [np.eye(3)] * 2, None, range(3), solver="sgd", activation="tanh"
    )
    errors = check_gradients(clf, np.eye(3), [0, 1, 2])
    assert np.isnan([errors.b1, errors.b2]).all()
    assert errors.n_entries == {"W1": 9, "W2": 9}
    assert errors.largest < 1e-6


def test_so_many_entries_are_compared(net, digits):
    X, y = digits[0][:5], digits[2][:5]
    assert check_gradients(net, X, y, n_entries=20).n_entries == {
        **{"W1": 20, "b1": 8},
        **{"W2": 20, "b2": 10},
    }


def test_a_large_array_is_sampled():
    coefs, intercepts = [np.ones((400, 3)), np.ones((3, 4))], [np.zeros(3), np.zeros(4)]
    clf = TwoLayerClassifier.from_weights(coefs, intercepts, range(4))
    errors = check_gradients(clf, np.eye(4, 400), range(4))
    assert errors.n_entries == {"W1": 1000, "b1": 3, "W2": 12, "b2": 4}


def test_the_sample_is_that_of_random_state(net, digits):
    X, y = digits[0][:5], digits[2][:5]
    first, again, other = (
        check_gradients(net, X, y, n_entries=20, random_state=seed)
        for seed in (0, 0, 1)
    )
    assert first == again != other


def test_estimator_and_random_state_are_left_as_they_were(problem, weights):
    stream = np.random.RandomState(0)
    clf, X, y = of_problem(problem, weights, random_state=stream, dropout=0.1)
    before = joblib.hash((clf, stream))
    check_gradients(clf, X, y)
    assert joblib.hash((clf, stream)) == before


def test_errors_print_as_a_table():
    errors = GradientErrors(
        W1=4.1e-9,
        b1=np.nan,
        W2=0.5,
        b2=np.nan,
        n_entries={"W1": 1000, "W2": 30},
        objective=1.0,
    )
    assert str(errors).splitlines() == [
        "W1  hidden weights  1000 entries  4.1e-09",
        "W2  output weights    30 entries  5.0e-01",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step": 0.0}, "step == 0.0, must be > 0"),
        ({"step": np.nan}, "step == nan, must be a finite number"),
        ({"n_entries": 0}, "n_entries == 0, must be >= 1"),
        ({"y": [0, 1, 2, 2, 7]}, r"classes \[7\], which are not among \[0, 1, 2\]"),
        ({"X": np.ones((5, 3))}, "X has 3 features, but .* is expecting 4 features"),
    ],
)
def test_a_check_that_makes_no_sense_is_refused(arguments, message):
    clf, X, y = toy()
    with pytest.raises(ValueError, match=message):
        check_gradients(clf, **{"X": X, "y": y} | arguments)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("sample_weight", [None, [0, 0, 0, 1, 0]])
def test_rows_none_of_which_counts_are_refused(standardize, sample_weight):
    clf, X, _ = toy(class_weight={0: 1, 1: 1, 2: 0}, standardize=standardize)
    y = [2] * 5 if sample_weight is None else [0, 0, 1, 2, 1]
    message = r"No row counts.* class_weight={0: 1.* sample_weight .* rows in y"
    with pytest.raises(ValueError, match=message):
        check_gradients(clf, X, y, sample_weight=sample_weight)


@pytest.mark.parametrize("arguments", [{"step": "small"}, {"n_entries": 2.0}])
def test_arguments_of_another_type_are_refused(arguments):
    with pytest.raises(TypeError, match=f"{next(iter(arguments))} must be an instance"):
        check_gradients(*toy(), **arguments)


def test_table_says_where_nothing_was_compared():
    dead = TwoLayerClassifier.from_weights(
        [np.ones((2, 3)), np.ones((3, 2))], [np.full(3, -9.0), np.zeros(2)], [0, 1]
    )
    lines = str(check_gradients(dead, [[0.0, 1.0], [1.0, 0.0]], [0, 0])).split("\n")
    are_remarked = ["perhaps all are zero" in line for line in lines]
    assert are_remarked == [True, True, True, False]
