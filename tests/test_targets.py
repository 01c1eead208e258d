"""What y means: its forms, what several labels per row learn, and what is predicted."""

import copy
import pickle
import tracemalloc
from decimal import Decimal

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit
from sklearn.base import clone

from skmlp import TwoLayerClassifier
from skmlp._targets.kinds import targets_of
from skmlp.inspection import check_gradients
from skmlp.losses import LOSSES, LogLoss, MultilabelLogLoss
from skmlp.solvers import SOLVERS

NAMES = ["red", "green", "blue", "grey"]
FULL_BATCH = {"batch_size": None, "sampling": "sequential", "alpha": 0.01}
PROBABILITIES = ["predict_proba", "predict_log_proba", "decision_function"]


def classifier(**params):
    defaults = {"hidden_layer_size": 5, "max_iter": 5, "random_state": 0}
    return TwoLayerClassifier(**defaults | {"activation": "tanh"} | params)


def arrays(clf):
    return [*clf.coefs_, *clf.intercepts_]


def bits(clf):
    """Return what was learnt, to be compared to the bit."""
    return b"".join(array.tobytes() for array in arrays(clf))


def assert_same_network(actual, expected, rtol=1e-9):
    for one, other in zip(arrays(actual), arrays(expected), strict=True):
        assert_allclose(one, other, rtol=rtol, atol=rtol)


# --- Forms of y -----------------------------------------------------------------------


def read_only(Y):
    Y = Y.copy()
    Y.flags.writeable = False
    return Y


def pandas_frame(Y, dtype):
    return pd.DataFrame(Y, columns=NAMES).astype(dtype)


def unsorted(Y):
    """Return CSR whose rows hold their columns from the last to the first."""
    rows = sparse.csr_array(Y[:, ::-1])
    indices = Y.shape[1] - 1 - rows.indices
    return sparse.csr_array((rows.data, indices, rows.indptr), Y.shape)


def with_zeros(Y):
    """Return CSR that holds every zero."""
    rows, columns = np.indices(Y.shape)
    return sparse.csr_array((Y.ravel(), (rows.ravel(), columns.ravel())), Y.shape)


def in_parts(Y):
    """Return COO in which a label is a sum: 1 = 2 - 1."""
    rows, columns = np.nonzero(Y)
    data = np.repeat([2, -1], len(rows))
    return sparse.coo_array((data, (np.tile(rows, 2), np.tile(columns, 2))), Y.shape)


FORMS = {
    **{
        dtype: lambda Y, dtype=dtype: Y.astype(dtype)
        for dtype in (
            *("bool", "int8", "uint8", "uint64", ">i4"),
            *("float16", "float32", "float64", "longdouble"),
        )
    },
    "Fortran": np.asfortranarray,
    "read-only": read_only,
    "backwards": lambda Y: Y[::-1, ::-1].copy()[::-1, ::-1],
    "minus zeros": lambda Y: np.where(Y, 1.0, -0.0),
    "list": lambda Y: Y.tolist(),
    "tuple of tuples": lambda Y: tuple(map(tuple, Y.tolist())),
    "list of arrays": list,
    "list of bools": lambda Y: (Y > 0).tolist(),
    "objects": lambda Y: Y.astype(object),
    "objects of several types": lambda Y: np.where(Y, True, np.array(0.0, object)),
    "decimals": lambda Y: np.vectorize(Decimal, otypes=[object])(Y),
    "masked nowhere": np.ma.masked_array,
    "pandas int": lambda Y: pandas_frame(Y, "int64"),
    "pandas bool": lambda Y: pandas_frame(Y, "bool"),
    "pandas float": lambda Y: pandas_frame(Y, "float32"),
    "pandas nullable int": lambda Y: pandas_frame(Y, "Int64"),
    "pandas nullable bool": lambda Y: pandas_frame(Y, "boolean"),
    "pandas nullable float": lambda Y: pandas_frame(Y, "Float32"),
    "pandas of several types": lambda Y: pandas_frame(Y, "int64").astype(
        {"red": "boolean", "blue": "float64"}
    ),
    "pandas sparse": lambda Y: pandas_frame(Y, pd.SparseDtype("int64", 0)),
    "pandas of arrow": lambda Y: pandas_frame(Y, "int64[pyarrow]"),
    "polars int": lambda Y: pl.DataFrame(Y, schema=NAMES),
    "polars bool": lambda Y: pl.DataFrame(Y > 0, schema=NAMES),
}
SPARSE_FORMS = {
    "csr_matrix": sparse.csr_matrix,
    "csr_array": sparse.csr_array,
    "csc_matrix": sparse.csc_matrix,
    "csc_array": sparse.csc_array,
    "coo_array": sparse.coo_array,
    "lil_matrix": sparse.lil_matrix,
    "dok_array": sparse.dok_array,
    "bsr_array": lambda Y: sparse.bsr_array(Y, blocksize=(2, 2)),
    "dia_array": sparse.dia_array,
    "bool": lambda Y: sparse.csr_array(Y > 0),
    "float": lambda Y: sparse.csr_array(Y.astype(float)),
    "explicit zeros": with_zeros,
    "unsorted": unsorted,
    "sums": in_parts,
    "read-only": lambda Y: sparse.csr_array(
        tuple(map(read_only, (sparse.csr_array(Y).data, *indices_of(Y)))), Y.shape
    ),
}


def indices_of(Y):
    rows = sparse.csr_array(Y)
    return rows.indices, rows.indptr


@pytest.mark.parametrize("form", [*FORMS, *SPARSE_FORMS])
def test_every_form_of_y_learns_the_same_bits(form, several):
    X, Y, _ = several
    given = (FORMS | SPARSE_FORMS)[form](Y)
    clf = classifier().fit(X, given)
    assert bits(clf) == bits(classifier().fit(X, Y))
    assert_array_equal(clf.classes_, np.arange(4))
    assert clf.score(X, given) == clf.score(X, Y)


@pytest.mark.parametrize("form", ["explicit zeros", "unsorted", "sums"])
def test_sparse_y_is_left_as_it_was(form, several):
    X, Y, _ = several
    given = SPARSE_FORMS[form](Y)
    before = given.copy()
    classifier().fit(X, given).score(X, given)
    parts = ("row", "col") if form == "sums" else ("indices", "indptr")
    for part in ("data", *parts):
        assert_array_equal(getattr(given, part), getattr(before, part))


@pytest.mark.parametrize("form", ["list", "float64", "csr_matrix", "csc_array"])
@pytest.mark.parametrize(
    "params",
    [
        *({"solver": solver} for solver in SOLVERS),
        {"dropout": 0.3, "class_weight": "balanced", "label_smoothing": 0.1},
        {"early_stopping": True, "validation_fraction": 0.5, "sampling": "replacement"},
    ],
    ids=str,
)
def test_any_training_is_the_same_on_every_form(params, form, several):
    X, Y, weight = several
    given = (FORMS | SPARSE_FORMS)[form](Y)
    validation = {"X_val": X[::-1], "y_val": given[::-1]}
    clf, expected = classifier(**params), classifier(**params)
    clf.fit(X, given, weight, **validation)
    expected.fit(X, Y, weight, X_val=X[::-1], y_val=Y[::-1])
    assert bits(clf) == bits(expected)
    for name in ("loss", "val_loss", "val_accuracy"):
        assert clf.history_[name] == expected.history_[name]


@pytest.mark.parametrize("form", FORMS)
def test_dense_labels_are_predicted_as_an_array_of_int64(form, several):
    X, Y, _ = several
    predicted = classifier().fit(X, FORMS[form](Y)).predict(X)
    assert type(predicted) is np.ndarray
    assert predicted.dtype == np.int64
    assert predicted.shape == Y.shape


@pytest.mark.parametrize("form", SPARSE_FORMS)
def test_sparse_labels_are_predicted_as_csr_of_int64(form, several):
    X, Y, _ = several
    given = SPARSE_FORMS[form](Y)
    predicted = classifier().fit(X, given).predict(X)
    is_array = isinstance(given, sparse.sparray)
    assert type(predicted) is (sparse.csr_array if is_array else sparse.csr_matrix)
    assert predicted.dtype == np.int64
    assert_array_equal(predicted.toarray(), classifier().fit(X, Y).predict(X))
    assert predicted.data.all()  # no zero is stored


@pytest.mark.parametrize("form", ["int8", "pandas bool", "csr_matrix", "csc_array"])
def test_the_form_that_is_predicted_is_that_of_the_first_y(form, several):
    X, Y, _ = several
    given = (FORMS | SPARSE_FORMS)[form](Y)
    clf = classifier().partial_fit(X, given)
    kind = type(clf.predict(X))
    for other in (Y, sparse.csr_matrix(Y), sparse.csr_array(Y)):
        assert type(clf.partial_fit(X, other).predict(X)) is kind
        assert clf.score(X, other) == np.mean((toarray(clf.predict(X)) == Y).all(1))


def toarray(labels):
    return labels.toarray() if sparse.issparse(labels) else labels


def test_one_column_is_one_label_per_row(several):
    X, Y, _ = several
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        clf = classifier().fit(X, Y[:, :1])
    assert bits(clf) == bits(classifier().fit(X, Y[:, 0]))
    assert clf.out_activation_ == "softmax"


# --- What is learnt -------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
def test_attributes_are_those_of_the_perceptron(loss, several):
    X, Y, _ = several
    clf = classifier(loss=loss).fit(X, Y)
    assert clf.classes_.tolist() == [0, 1, 2, 3]
    assert clf.n_outputs_ == 4
    assert clf.coefs_[1].shape == (5, 4)
    activation = "identity" if loss == "squared_error" else "logistic"
    assert clf.out_activation_ == activation
    assert clf.__sklearn_tags__().classifier_tags.multi_label


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_name_of_a_loss_stands_for_that_of_several_labels(solver, several):
    X, Y, _ = several
    by_name = classifier(loss="log_loss", solver=solver).fit(X, Y)
    for loss in (LogLoss, LogLoss(), MultilabelLogLoss, MultilabelLogLoss()):
        assert bits(classifier(loss=loss, solver=solver).fit(X, Y)) == bits(by_name)


def test_a_loss_of_several_labels_is_refused_where_rows_have_one(several):
    X, Y, _ = several
    clf = classifier(loss=MultilabelLogLoss())
    with pytest.raises(
        ValueError, match=r"MultilabelLogLoss\(\) is for several labels"
    ):
        clf.fit(X, Y[:, 0])
    assert not hasattr(clf, "coefs_")


def test_a_loss_by_duck_typing_is_told_what_it_lacks(several):
    class Duck:
        out_activation = "softmax"
        value_and_grad, link = LogLoss.value_and_grad, LogLoss.link
        log_link = LogLoss.log_link

    X, Y, _ = several
    for y in (Y, Y[:, 0]):
        with pytest.raises(ValueError, match=r"no attribute 'threshold'\. Derive it"):
            classifier(loss=Duck()).fit(X, y)


@pytest.mark.parametrize("found", [None, LogLoss(), MultilabelLogLoss])
def test_what_a_loss_says_to_be_that_of_several_labels_is_checked(found, several):
    class Own(LogLoss):
        def multilabel(self):
            return found

    X, Y, _ = several
    clf = classifier(loss=Own())
    with pytest.raises(ValueError, match=r"multilabel of loss=Own\(\) must return a M"):
        clf.fit(X, Y)
    assert not hasattr(clf, "coefs_")


@pytest.mark.parametrize("loss", ["log_loss", "brier"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_label_and_its_opposite_are_mirror_images(solver, loss, several):
    X, Y, weight = several
    rng = np.random.default_rng(0)
    W1, w2 = rng.normal(size=(6, 5)), rng.normal(size=(5, 1))
    make = {"solver": solver, "loss": loss, "weight_init": (W1, np.hstack([w2, -w2]))}
    opposites = np.column_stack([Y[:, 0], 1 - Y[:, 0]])
    with pytest.warns(UserWarning, match="exactly one label"):
        clf = classifier(**make).fit(X, opposites, weight)
    assert_allclose(clf.coefs_[1][:, 0], -clf.coefs_[1][:, 1], rtol=1e-9)
    assert_allclose(clf.predict_proba(X).sum(axis=1), 1.0, rtol=1e-9)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_column_twice_counts_twice(loss, several, weights):
    X, Y, _ = several
    make = {"solver": "sgd", "loss": loss, "standardize": False, "alpha": 0.0}

    def objective(columns):
        coefs = [weights["W1"], weights["W2"][:, columns]]
        biases = [weights["b1"], weights["b2"][columns]]
        clf = TwoLayerClassifier.from_weights(coefs, biases, None, **make)
        return check_gradients(clf, X, Y[:, columns]).objective

    alone = [objective([k, k]) / 2 for k in range(4)]
    assert objective([0, 1, 2, 3]) == pytest.approx(sum(alone), rel=1e-12)
    assert objective([3, 1]) == pytest.approx(alone[3] + alone[1], rel=1e-12)


def test_the_order_of_labels_does_not_matter(several):
    X, Y, _ = several
    rng, order = np.random.default_rng(0), [2, 0, 3, 1]
    W1, W2 = rng.normal(size=(6, 5)), rng.normal(size=(5, 4))
    clf = classifier(weight_init=(W1, W2)).fit(X, Y)
    other = classifier(weight_init=(W1, W2[:, order])).fit(X, Y[:, order])
    assert_allclose(
        other.predict_proba(X), clf.predict_proba(X)[:, order], rtol=1e-9, atol=1e-12
    )


def test_a_linear_network_is_a_logistic_regression_of_each_label():
    # The likelihood of which is greatest where Xᵀ (p - y) = 0 and Σ (p - y) = 0.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    Y = (X @ rng.normal(size=(3, 3)) + rng.logistic(size=(200, 3)) > 0).astype(int)
    make = {"solver": "lbfgs", "alpha": 0.0, "tol": 1e-14, "max_iter": 5000}
    clf = classifier(activation="identity", **make).fit(X, Y)
    errors = clf.predict_proba(X) - Y
    assert np.abs(X.T @ errors / 200).max() < 1e-5
    assert np.abs(errors.mean(axis=0)).max() < 1e-5


@pytest.mark.parametrize("params", [{"solver": "lbfgs"}, FULL_BATCH], ids=str)
@pytest.mark.parametrize("class_weight", [None, "balanced", [{1: 2.0}, {}, {}, {0: 3}]])
def test_integer_weights_equal_repeated_rows(class_weight, params, several):
    X, Y, _ = several
    counts = np.arange(50) % 3
    make = {"alpha": 0.01, "class_weight": class_weight, **params}
    weighted = classifier(**make).fit(X, Y, sample_weight=counts)
    repeated = classifier(**make).fit(X.repeat(counts, 0), Y.repeat(counts, 0))
    assert_same_network(weighted, repeated)
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_objective_is_linear_in_the_smoothed_targets_of_log_loss(
    loss, several, weights
):
    X, Y, _ = several

    def objective(label_smoothing):
        clf = TwoLayerClassifier.from_weights(
            [weights["W1"], weights["W2"]],
            [weights["b1"], weights["b2"]],
            None,
            loss=loss,
            label_smoothing=label_smoothing,
            solver="sgd",
        )
        return check_gradients(clf, X, Y).objective

    # Of a square the second difference of steps of ε is ε² / 4 for each label's y - ½.
    second = objective(0.2) - 2 * objective(0.4) + objective(0.6)
    expected = {"log_loss": 0.0, "brier": 2 * 4 * 0.1**2, "squared_error": 4 * 0.1**2}
    assert second == pytest.approx(expected[loss], abs=1e-12)


# --- Weights of labels ----------------------------------------------------------------


def as_dicts(by_class):
    return [dict(enumerate(pair)) for pair in np.asarray(by_class).tolist()]


@pytest.mark.parametrize("loss", LOSSES)
def test_balanced_labels_are_those_of_the_formula(loss, several):
    X, Y, _ = several
    present = Y.sum(axis=0)
    by_hand = np.column_stack([50 / (2 * (50 - present)), 50 / (2 * present)])
    balanced = classifier(loss=loss, class_weight="balanced").fit(X, Y)
    given = classifier(loss=loss, class_weight=as_dicts(by_hand)).fit(X, Y)
    assert_same_network(balanced, given)
    assert bits(balanced) != bits(classifier(loss=loss).fit(X, Y))


def test_balanced_labels_count_rows_by_their_weight(several):
    X, Y, weight = several
    present, total = weight @ Y, weight.sum()
    by_hand = np.column_stack([total / (2 * (total - present)), total / (2 * present)])
    balanced = classifier(class_weight="balanced").fit(X, Y, weight)
    given = classifier(class_weight=as_dicts(by_hand)).fit(X, Y, weight)
    assert_same_network(balanced, given)


def test_labels_may_be_balanced_one_by_one(several):
    X, Y, _ = several
    n_blue = Y[:, 2].sum()
    by_hand = [{1: 3.0}, {}, {0: 50 / (2 * (50 - n_blue)), 1: 50 / (2 * n_blue)}, {}]
    some = classifier(class_weight=[{1: 3.0}, {}, "balanced", {}]).fit(X, Y)
    assert_same_network(some, classifier(class_weight=by_hand).fit(X, Y))


@pytest.mark.parametrize("solver", SOLVERS)
def test_weights_of_one_change_no_bit(solver, several):
    X, Y, _ = several
    plain = classifier(solver=solver).fit(X, Y)
    weighed = classifier(solver=solver, class_weight=[{}, {1: 1}, {0: 1.0}, {}])
    assert bits(weighed.fit(X, Y)) == bits(plain)


@pytest.mark.parametrize("factor", [8.0, 2.0**-1000, 3.0, 1e-300, 1e307])
def test_only_the_ratios_of_weights_of_labels_count_in_fit(factor, several):
    X, Y, _ = several
    ratios = np.array([[1.0, 2.0], [3.0, 1.0], [0.0, 1.0], [1.0, 7.0]])
    clf = classifier(class_weight=as_dicts(ratios)).fit(X, Y)
    scaled = classifier(class_weight=as_dicts(factor * ratios)).fit(X, Y)
    if np.log2(factor).is_integer():
        assert bits(scaled) == bits(clf)
    assert_same_network(scaled, clf)


def test_weights_of_labels_as_they_are_in_partial_fit(several):
    X, Y, weight = several
    make = {**FULL_BATCH, "solver": "sgd", "momentum": 0.0, "alpha": 0.0}
    make |= {"standardize": False, "learning_rate": "constant"}
    whole = classifier(**make, class_weight=[{0: 3.0, 1: 3.0}] * 4)
    thrice = classifier(**make).partial_fit(X, Y, sample_weight=3 * weight)
    assert_same_network(whole.partial_fit(X, Y, sample_weight=weight), thrice)


def test_weights_of_labels_that_go_together_are_those_of_rows(several):
    X, Y, _ = several
    Y = np.tile(Y[:, :1], 3)
    weight = np.where(Y[:, 0] == 1, 3.0, 0.5)
    make = {**FULL_BATCH, "standardize": False}
    by_label = classifier(**make, class_weight=[{0: 0.5, 1: 3.0}] * 3).fit(X, Y)
    by_row = classifier(**make).fit(X, Y, sample_weight=weight)
    assert_same_network(by_label, by_row)


def test_a_label_whose_presence_does_not_count_is_never_predicted(several):
    X, Y, _ = several
    make = {"class_weight": [{1: 0.0}, {}, {}, {0: 0.0}], "max_iter": 200}
    predicted = classifier(**make, learning_rate_init=0.05).fit(X, Y).predict(X)
    assert not predicted[:, 0].any()
    assert predicted[:, 3].all()


def test_balanced_labels_of_partial_fit_count_all_rows_seen(several):
    X, Y, _ = several
    balanced, by_hand = classifier(class_weight="balanced"), classifier()
    for rows in (slice(0, 20), slice(20, 50)):
        balanced.partial_fit(X[rows], Y[rows])
        n, present = rows.stop, Y[: rows.stop].sum(axis=0)
        counts = np.column_stack([n / (2 * (n - present)), n / (2 * present)])
        by_hand.set_params(class_weight=as_dicts(counts)).partial_fit(X[rows], Y[rows])
    assert_same_network(balanced, by_hand, rtol=1e-12)


def test_balanced_labels_count_more_rows_than_are_counted_at_a_time():
    n = 2**16 + 5000  # 65,536 are
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(n, 1)), (rng.random((n, 2)) < [0.2, 0.6]).astype(int)
    present = Y.sum(axis=0)
    by_hand = np.column_stack([n / (2 * (n - present)), n / (2 * present)])
    make = {"hidden_layer_size": 2, "max_iter": 1, "batch_size": None}
    balanced = classifier(class_weight="balanced", **make).fit(X, Y)
    given = classifier(class_weight=as_dicts(by_hand), **make).fit(X, Y)
    assert_same_network(balanced, given)


def test_a_label_that_no_row_of_a_chunk_has_can_be_balanced(several):
    X, Y, _ = several
    Y[:20, 1] = 0
    clf = classifier(class_weight="balanced").partial_fit(X[:20], Y[:20])
    assert np.isfinite(clf.partial_fit(X[20:], Y[20:]).predict_proba(X)).all()


def test_many_labels_are_weighed_in_the_memory_of_few():
    rng = np.random.default_rng(0)
    Y, weight = rng.integers(2, size=(5000, 800), dtype=np.uint8), np.arange(5000.0)
    targets = targets_of("indicator", np.arange(800), LogLoss(), 0.0)
    tracemalloc.start()
    totals = targets.totals(Y, weight)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert_array_equal(totals[:, 1], weight @ Y)
    assert_array_equal(totals.sum(axis=1), np.full(800, weight.sum()))
    assert peak < Y.nbytes / 2


# --- What is predicted ----------------------------------------------------------------


@pytest.mark.parametrize("n_labels", [2, 4])
@pytest.mark.parametrize("loss", LOSSES)
def test_methods_agree_with_one_another(loss, n_labels, several):
    X, Y, _ = several
    Y = Y[:, :n_labels]
    clf = classifier(loss=loss, max_iter=30).fit(X, Y)
    p, log_p, scores = (getattr(clf, method)(X) for method in PROBABILITIES)
    assert p.shape == log_p.shape == scores.shape == Y.shape
    assert_array_equal(clf.predict(X), (scores > 0).astype(int))
    assert_array_equal(clf.predict(X), (p > 0.5).astype(int))
    assert_allclose(log_p, np.log(p), rtol=1e-12, atol=1e-15)
    assert 0 < clf.predict(X).mean() < 1


@pytest.mark.parametrize("loss", ["log_loss", "brier"])
def test_probabilities_are_the_logistic_of_the_scores(loss, several):
    X, Y, _ = several
    clf = classifier(loss=loss).fit(X, Y)
    expected = expit(clf.decision_function(X))
    assert_allclose(clf.predict_proba(X), expected, rtol=1e-12)


def test_probabilities_of_linear_outputs_are_clipped():
    outputs = [-3.0, 0.0, 0.25, 0.5, 0.75, 1.0, 4.0]
    clf = TwoLayerClassifier.from_weights(
        [[[1.0]], [outputs]], None, None, loss="squared_error"
    )
    (p,), (scores,) = clf.predict_proba([[1.0]]), clf.decision_function([[1.0]])
    assert_allclose(p, np.clip(outputs, 0, 1), rtol=1e-15, atol=1e-300)
    assert ((p > 0) & (p < 1)).all()
    assert_array_equal(scores, np.array(outputs) - 0.5)
    assert clf.predict([[1.0]]).tolist() == [[0, 0, 0, 0, 1, 1, 1]]
    assert np.isfinite(clf.predict_log_proba([[1.0]])).all()


def test_log_probabilities_are_exact_where_probabilities_are_not():
    clf = TwoLayerClassifier.from_weights([[[1.0]], [[-1.0, 1.0]]], None, None)
    assert_array_equal(clf.predict_proba([[800.0]]), [[0.0, 1.0]])
    assert_array_equal(clf.predict_log_proba([[800.0]]), [[-800.0, 0.0]])


@pytest.mark.parametrize("loss", LOSSES)
def test_a_network_of_several_labels_by_hand(loss):
    # X = 2: H = (2, 0); logits = (2 + 1, -4 + 1, 0 + 1)
    clf = TwoLayerClassifier.from_weights(
        [[[1.0, -1.0]], [[1.0, -2.0, 0.0], [5.0, 5.0, 5.0]]],
        [[0.0, 0.0], [1.0, 1.0, 1.0]],
        None,
        loss=loss,
    )
    outputs, threshold = np.array([3.0, -3.0, 1.0]), 0.5 * (loss == "squared_error")
    assert_array_equal(clf.decision_function([[2.0]]), [outputs - threshold])
    assert clf.predict([[2.0]]).tolist() == [[1, 0, 1]]
    assert clf.classes_.tolist() == [0, 1, 2]


def test_score_is_the_share_of_rows_all_of_whose_labels_are_predicted(several):
    X, Y, weight = several
    clf = classifier(max_iter=30).fit(X, Y)
    hits = (clf.predict(X) == Y).all(axis=1)
    assert clf.score(X, Y) == pytest.approx(hits.mean(), rel=1e-15)
    expected = np.average(hits, weights=weight)
    for form in (sparse.csr_array, sparse.csc_matrix, pd.DataFrame, np.asarray):
        assert clf.score(X, form(Y), weight) == pytest.approx(expected, rel=1e-12)


def test_rows_may_have_no_label_and_all(several):
    X, Y, _ = several
    for same in (0 * Y, 0 * Y + 1):
        clf = classifier(max_iter=100, learning_rate_init=0.1).fit(X, same)
        assert_array_equal(clf.predict(X), same)
        assert clf.score(X, same) == 1.0


# --- Going on, and kinds that differ --------------------------------------------------


def test_training_goes_on_where_it_ended(several):
    X, Y, weight = several
    make = {"learning_rate": "constant", "class_weight": "balanced", "dropout": 0.2}
    once = classifier(**make, max_iter=10, warm_start=True).fit(X, Y, weight)
    twice = classifier(**make, warm_start=True).fit(X, Y, weight)
    restored = pickle.loads(pickle.dumps(twice))
    assert bits(restored.fit(X, sparse.csr_array(Y), weight)) == bits(once)
    assert bits(twice.fit(X, Y, weight)) == bits(once)
    assert twice.n_iter_ == 10


def test_chunks_go_on_as_epochs(several):
    X, Y, _ = several
    make = {"learning_rate": "constant", "dropout": 0.2}
    chunks = classifier(**make)
    for _ in range(5):
        chunks = pickle.loads(pickle.dumps(chunks.partial_fit(X, Y)))
    assert bits(chunks) == bits(classifier(**make).fit(X, Y))


def test_classes_may_be_told_in_partial_fit(several):
    X, Y, _ = several
    told = classifier().partial_fit(X, Y, classes=range(4)).partial_fit(X, Y, range(4))
    as_values = classifier().partial_fit(X, Y, np.unique(Y)).partial_fit(X, Y, [1])
    expected = classifier().partial_fit(X, Y).partial_fit(X, Y)
    assert bits(told) == bits(as_values) == bits(expected)


@pytest.mark.parametrize("form", ["dense", "csr_matrix", "csr_array"])
@pytest.mark.parametrize("loss", LOSSES)
def test_copies_predict_the_same(loss, form, several, tmp_path):
    X, Y, _ = several
    given = Y if form == "dense" else SPARSE_FORMS[form](Y)
    clf = classifier(loss=loss).fit(X, given)
    path = tmp_path / "clf.joblib"
    joblib.dump(clf, path)
    for copied in (
        pickle.loads(pickle.dumps(clf)),
        copy.deepcopy(clf),
        joblib.load(path),
        joblib.load(path, mmap_mode="r"),
    ):
        assert type(copied.predict(X)) is type(clf.predict(X))
        assert_array_equal(toarray(copied.predict(X)), toarray(clf.predict(X)))
        for method in PROBABILITIES:
            assert_array_equal(getattr(copied, method)(X), getattr(clf, method)(X))


def test_a_clone_learns_the_same(several):
    X, Y, _ = several
    clf = classifier(class_weight=[{1: 2.0}, {}, {}, {}]).fit(X, Y)
    copied = clone(clf)
    assert not hasattr(copied, "coefs_")
    assert bits(copied.fit(X, Y)) == bits(clf)


@pytest.mark.parametrize("loss", LOSSES)
def test_weights_from_elsewhere_are_the_network_that_they_came_from(loss, several):
    X, Y, _ = several
    make = {"loss": loss, "hidden_layer_size": 5, "activation": "tanh"}
    clf = classifier(loss=loss).fit(X, Y)
    again = TwoLayerClassifier.from_weights(clf.coefs_, clf.intercepts_, None, **make)
    for method in ("predict", *PROBABILITIES):
        # What is far from zero is centred in one and not in the other.
        assert_allclose(getattr(again, method)(X), getattr(clf, method)(X), rtol=1e-12)
    assert again.out_activation_ == clf.out_activation_
    assert again.partial_fit(X, Y).n_iter_ == 1


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("first", "then"),
    [
        (lambda Y: Y, lambda Y: Y[:, 0]),
        (lambda Y: Y[:, 0], lambda Y: Y),
        (lambda Y: Y, lambda Y: Y[:, :3]),
        (lambda Y: Y[:, :3], sparse.csr_array),
    ],
    ids=["to one label", "to several", "to fewer", "to more"],
)
def test_another_kind_of_y_cannot_go_on(first, then, call, several):
    X, Y, _ = several
    clf = classifier(warm_start=True).fit(X, first(Y))
    before = joblib.hash(vars(clf))
    with pytest.raises(ValueError, match=r"changed from|y has the shape|y is an ind"):
        getattr(clf, call)(X, then(Y))
    assert joblib.hash(vars(clf)) == before


def test_a_new_fit_may_take_another_kind_of_y(several):
    X, Y, _ = several
    clf = classifier().fit(X, Y).fit(X, Y[:, 0])
    assert bits(clf) == bits(classifier().fit(X, Y[:, 0]))
    assert bits(clf.fit(X, sparse.csr_array(Y))) == bits(classifier().fit(X, Y))


def test_rows_of_exactly_one_label_are_told_of_in_fit(several):
    X, Y, _ = several
    Y = np.eye(4, dtype=int)[np.arange(50) % 4]
    clf = classifier()
    with pytest.warns(UserWarning, match=r"exactly one label.*y\.argmax\(axis=1\)"):
        clf.fit(X, Y)
    clf.partial_fit(X, Y)  # a chunk may be so by chance
    Y[0, 3] = 1
    assert clf.fit(X, Y).predict(X).shape == Y.shape
