"""What holds for every problem that hypothesis can think of.

``--hypothesis-profile=torture`` tries twenty times as many, at random.
"""

import copy
import pickle
import re
import warnings

import joblib
import numpy as np
from hypothesis import assume, given, reject
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from strategies import (
    DTYPES,
    INDICATORS,
    LABELS,
    OTHER_ORDER,
    SAME_ORDER,
    SPARSE,
    STOCHASTIC,
    TAME_COLUMNS,
    THREE_TIMES_SMOOTH,
    Problem,
    Start,
    as_csr,
    examples,
    gentle_parameters,
    parameters,
    problems,
    problems_of_several_labels,
    tame_problems,
)

from skmlp import TwoLayerClassifier
from skmlp.activations import ACTIVATIONS
from skmlp.inspection import check_gradients
from skmlp.losses import LOSSES
from skmlp.solvers import FullBatchSolver

# What a problem may be refused for.
REFUSALS = "|".join(
    (
        "Training diverged in epoch",
        "X holds .* too large for dtype",
        "at least one non-zero",
        "(sample|class)_weight holds weights between",
        "does not hold weights of samples between",
        "does not hold the weights that class_weight makes",
        "weight_init made weights",
        "outputs of the network are too large for dtype",
        # By a scorer, where there is one class, or validation data lacks one.
        "need classifier with two classes",
        "y_true contains only one label",
        "y_true and y_prob contain different number of classes",
    )
)


def attempt(clf, call, *args, **kwargs):
    """Call a method; return whether it trained, having changed nothing if not.

    Warnings of the user's concern are documented; any other is an error.
    """
    before = joblib.hash(vars(clf))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)
        try:
            getattr(clf, call)(*args, **kwargs)
        except ValueError as error:
            if not re.search(REFUSALS, str(error)):
                raise
        else:
            return True
    assert joblib.hash(vars(clf)) == before
    return False


def assert_predictions_agree(clf, X, y):
    """Probabilities are some, and every method says the same."""
    eps = np.finfo(clf.coefs_[0].dtype).eps
    n_classes = len(clf.classes_)
    scores, p, log_p = (
        getattr(clf, m)(X)
        for m in ("decision_function", "predict_proba", "predict_log_proba")
    )
    assert {scores.dtype, p.dtype, log_p.dtype} == {clf.coefs_[0].dtype}
    assert np.isfinite(p).all()
    assert (p >= 0).all()
    assert (np.abs(p.sum(axis=1) - 1) <= n_classes * eps).all()
    assert np.isfinite(log_p).all()
    is_normal = p >= np.finfo(p.dtype).tiny
    # Both begin from o - max(o); exponential, logarithm and sum are rounded.
    errors = np.abs(np.log(p, where=is_normal, out=log_p.copy()) - log_p)
    assert (errors <= 4 * n_classes * eps * (1 + np.abs(log_p))).all()
    assert not np.isnan(scores).any()
    best = scores.argmax(axis=1) if n_classes > 2 else (scores > 0).astype(int)
    predicted = clf.predict(X)
    assert_array_equal(predicted, clf.classes_[best])
    assert (p[np.arange(len(p)), best] == p.max(axis=1)).all()
    assert clf.score(X, y) == np.mean(predicted == np.asarray(y))


@examples(80)
@given(
    problem=problems(),
    call=st.sampled_from(["fit", "partial_fit"]),
    makes_sparse=st.booleans(),
    validates=st.booleans(),
)
def test_a_problem_is_learnt_or_refused(problem, call, makes_sparse, validates):
    """Either an error leaves the estimator as it was, or all it predicts is sound."""
    X, y, sample_weight, params = problem
    X = as_csr(X) if makes_sparse else X
    data = {"sample_weight": sample_weight}
    data |= {"X_val": X, "y_val": y} if validates else {}
    if call == "fit":
        clf = TwoLayerClassifier(2, max_iter=1, random_state=0).fit([[0], [1]], [0, 1])
        clf.set_params(**params)
    else:
        assume(params.get("solver") in (None, *STOCHASTIC))
        clf = TwoLayerClassifier(**params)
        data["classes"] = np.unique(np.asarray(y))
        assume(len(data["classes"]) > 1)
    # Of what is held out, a step of this length makes outputs that are too large.
    assume(not params.get("early_stopping") or params.get("learning_rate_init", 1) < 9)
    for _ in range(2):
        if attempt(clf, call, X, y, **data):
            assert all(np.isfinite(W).all() for W in (*clf.coefs_, *clf.intercepts_))
            # Of what does not count the outputs may be too large, which is refused.
            rows = slice(None) if sample_weight is None else sample_weight > 0
            assert_predictions_agree(clf, X[rows], np.asarray(y)[rows])


def assert_labels_agree(clf, X, Y):
    """Each label has a probability, and every method says the same."""
    scores, p, log_p = (
        getattr(clf, m)(X)
        for m in ("decision_function", "predict_proba", "predict_log_proba")
    )
    assert scores.shape == p.shape == log_p.shape == Y.shape
    assert {scores.dtype, p.dtype, log_p.dtype} == {clf.coefs_[0].dtype}
    assert ((p >= 0) & (p <= 1)).all()
    assert np.isfinite(scores).all()
    assert np.isfinite(log_p).all()
    assert (log_p <= 0).all()
    predicted = clf.predict(X)
    assert_array_equal(predicted, (scores > 0).astype(int))
    assert (p[predicted == 1] >= 0.5).all()
    assert (p[predicted == 0] <= 0.5).all()
    assert clf.score(X, Y) == np.mean((predicted == Y).all(axis=1))


@examples(40)
@given(
    problem=problems_of_several_labels(),
    call=st.sampled_from(["fit", "partial_fit"]),
    makes_sparse=st.booleans(),
    validates=st.booleans(),
)
def test_several_labels_are_learnt_or_refused(problem, call, makes_sparse, validates):
    """All that is promised of one label per row is promised of several."""
    X, Y, sample_weight, params = problem
    X = as_csr(X) if makes_sparse else X
    data = {"sample_weight": sample_weight}
    data |= {"X_val": X, "y_val": Y} if validates else {}
    clf = TwoLayerClassifier(**params)
    assume(call == "fit" or params.get("solver") in (None, *STOCHASTIC))
    # Of what is held out, a step of this length makes outputs that are too large.
    assume(not params.get("early_stopping") or params.get("learning_rate_init", 1) < 9)
    for _ in range(2):
        if attempt(clf, call, X, Y, **data):
            assert all(np.isfinite(W).all() for W in (*clf.coefs_, *clf.intercepts_))
            # Of what does not count the outputs may be too large, which is refused.
            rows = slice(None) if sample_weight is None else sample_weight > 0
            assert_labels_agree(clf, X[rows], Y[rows])


def learnt(problem, *, on_worse="ignore", **params):
    """Return a classifier fitted to a problem, unless it is one that is refused."""
    clf = TwoLayerClassifier(**problem.params | params)
    return trained(clf, problem, on_worse)


def trained(clf, problem, on_worse="ignore"):
    """Fit a classifier, unless the problem is refused or, by "error", made worse."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter(on_worse, ConvergenceWarning)
        try:
            return clf.fit(problem.X, problem.y, problem.sample_weight)
        except ConvergenceWarning:
            reject()
        except ValueError as error:
            assume(not re.search(REFUSALS, str(error)))
            raise


def assert_same_bits(actual, expected):
    """Two networks and their histories are the same, but for the seconds they took."""
    arrays = [(*clf.coefs_, *clf.intercepts_) for clf in (actual, expected)]
    for a, b in zip(*arrays, strict=True):
        assert a.dtype == b.dtype
        assert_array_equal(a, b)
    for name in (actual.history_.keys() | expected.history_.keys()) - {"seconds"}:
        assert_array_equal(actual.history_[name], expected.history_[name])


def blur(problem, X=None):
    """Return the outputs on X, and by how much rounding may move them.

    So much as they move where the last bit of each initial weight does, and where
    features are far from zero with the last bit of float64, in which centers are
    measured: tenfold, because that is one draw of many roundings.
    """
    X = problem.X if X is None else X
    clf = learnt(problem)
    eps = np.finfo(clf.coefs_[0].dtype).eps
    noise = eps + 2.0**-52 * farness(problem.X.astype(np.float64))
    expected = outputs(clf, X)
    moved = [
        np.abs(outputs(learnt(problem, weight_init=weights), X) - expected).max()
        for weights in noisy(problem.params["weight_init"], noise)
    ]
    return expected, 10 * max(moved) + 10 * eps * (1 + np.abs(expected).max())


def noisy(start, noise):
    """Return three times the same initial weights with other last bits."""
    for seed in range(3):
        changed = copy.copy(start)
        changed.noise, changed.noise_seed = noise, seed
        yield changed


def farness(X):
    """Return the largest distance of a feature from zero in units of its range."""
    ranges = np.ptp(X, axis=0)
    varies = ranges > 0
    return (np.abs(X[:, varies]).max(axis=0) / ranges[varies]).max(initial=0.0)


def outputs(clf, X):
    """Return what the outputs of the network are, one column for two classes."""
    return clf.decision_function(X).astype(np.float64)


@examples(20)
@given(problem=problems())
def test_a_seed_gives_the_same_bits(problem):
    """Two fits with the same random_state are equal."""
    assert_same_bits(learnt(problem), learnt(problem))


@examples(15)
@given(problem=problems())
def test_a_clone_learns_the_same_bits(problem):
    """A clone is unfitted, and learns what the original learnt."""
    clf = learnt(problem)
    copied = clone(clf)
    assert not hasattr(copied, "coefs_")
    assert_same_bits(learnt(problem._replace(params=copied.get_params())), clf)


@examples(15)
@given(problem=problems(params=parameters(solver=st.sampled_from(STOCHASTIC))))
def test_a_pickle_predicts_and_trains_on_to_the_bit(problem):
    """What comes back is the classifier that went, and goes on as it would have."""
    clf = learnt(problem)
    restored = pickle.loads(pickle.dumps(clf))
    assert_same_bits(restored, clf)
    assert joblib.hash(vars(restored)) == joblib.hash(vars(clf))
    assert_array_equal(restored.predict_proba(problem.X), clf.predict_proba(problem.X))
    trains = [attempt(c, "partial_fit", problem.X, problem.y) for c in (clf, restored)]
    assert trains[0] == trains[1]
    assert_same_bits(restored, clf)


@examples(15)
@given(
    problem=problems(
        params=parameters(
            solver=st.sampled_from(STOCHASTIC),
            learning_rate=st.sampled_from(["constant", "exponential", "invscaling"]),
            early_stopping=False,
            warm_start=True,
        )
    )
)
def test_two_fits_are_one_of_both_lengths(problem):
    """Training that goes on with warm_start is training that never paused.

    Not so where it ends with a loss so large that an earlier epoch is restored.
    """
    once = learnt(problem, max_iter=2 * problem.params["max_iter"], on_worse="error")
    twice = learnt(problem, on_worse="error")
    assume(once.n_iter_ == 2 * twice.n_iter_)  # neither ended with a plateau
    trained(twice, problem, on_worse="error")
    assert_same_bits(twice, once)


@examples(15)
@given(problem=problems(params=parameters(solver=st.sampled_from(STOCHASTIC))))
def test_training_leaves_the_parameters_alone(problem):
    """No fit, partial_fit or prediction leaves a trace in get_params."""
    given_params = TwoLayerClassifier(**problem.params).get_params()
    clf = learnt(problem)
    attempt(clf, "partial_fit", problem.X, problem.y)
    clf.predict(problem.X)
    assert clf.get_params() == given_params


@examples(20)
@given(problem=problems(), kind=st.sampled_from(sorted(SAME_ORDER)))
def test_same_order_of_memory_gives_the_same_bits(problem, kind):
    """Lists, objects, read-only arrays and other byte orders are like their arrays."""
    X = problem.X
    assume(not (kind == "of the other byte order" and X.dtype.itemsize == 1))
    same = SAME_ORDER[kind](X)
    if kind == "list":  # whose numbers are Python's
        X = np.asarray(same)
    if kind == "objects":  # of which scikit-learn makes float64
        X = X.astype(np.float64)
    assert_same_bits(learnt(problem._replace(X=same)), learnt(problem._replace(X=X)))


@examples(20)
@given(
    problem=tame_problems(gentle_parameters(), dtypes=["uint8", "float32", "float64"]),
    kind=st.sampled_from(sorted(OTHER_ORDER)),
)
def test_other_order_of_memory_gives_the_same_network(problem, kind):
    """Frames, Fortran order and strides change no more than the order of sums."""
    expected, tolerance = blur(problem)
    X = OTHER_ORDER[kind](problem.X)
    actual = outputs(learnt(problem._replace(X=X)), X)
    assert np.abs(actual - expected).max() <= tolerance


@examples(15)
@given(problem=problems(), kind=st.sampled_from(sorted(SPARSE)))
def test_sparse_formats_give_the_same_bits(problem, kind):
    """CSC and COO, matrices and arrays, are like the CSR array that they become."""
    X = as_csr(problem.X)
    same = SPARSE[kind](X)
    assert_same_bits(learnt(problem._replace(X=same)), learnt(problem._replace(X=X)))


@examples(26)
@given(
    problem=tame_problems(
        gentle_parameters(),
        kinds=(*TAME_COLUMNS, "far", "far and wide"),
    ),
)
def test_csr_gives_the_same_network_as_dense(problem):
    """Zeros that are not there count as those that are."""
    expected, tolerance = blur(problem)
    X = sparse.csr_array(problem.X)
    actual = outputs(learnt(problem._replace(X=X)), X)
    assert np.abs(actual - expected).max() <= tolerance


@examples(15)
@given(problem=problems(params=parameters(input_dropout=0.0)), seed=st.integers(0, 9))
def test_explicit_zeros_change_no_bit(problem, seed):
    """A zero that CSR holds is like one that it leaves out."""
    X = as_csr(problem.X)
    is_held = (problem.X != 0) | np.random.default_rng(seed).integers(0, 2, X.shape) > 0
    rows, columns = np.nonzero(is_held)
    held = X.toarray()[rows, columns]
    padded = sparse.csr_array((held, (rows, columns)), X.shape)
    assert_same_bits(learnt(problem._replace(X=padded)), learnt(problem._replace(X=X)))


@examples(15)
@given(
    problem=tame_problems(gentle_parameters(sampling="shuffle")),
    seed=st.integers(0, 9),
)
def test_the_order_of_features_does_not_matter(problem, seed):
    """Features in another order, with their weights, make the same network."""
    order = np.random.default_rng(seed).permutation(problem.X.shape[1])
    expected, tolerance = blur(problem)
    X = np.ascontiguousarray(problem.X[:, order])
    permuted = problem._replace(X=X)
    actual = outputs(learnt(permuted, weight_init=Start(features=order)), X)
    assert np.abs(actual - expected).max() <= tolerance


@examples(15)
@given(problem=problems(labels=["ints"]), kind=st.sampled_from(sorted(LABELS)))
def test_names_of_classes_change_no_bit(problem, kind):
    """Labels of any type that sort alike train the same network."""
    X, y = problem.X, problem.y
    y = y > 0 if kind == "booleans" else y
    named = learnt(problem._replace(y=LABELS[kind](np.asarray(y, int))))
    clf = learnt(problem._replace(y=y))
    assert_same_bits(named, clf)
    expected = LABELS[kind](np.asarray(clf.predict(X), int))
    assert named.predict(X).tolist() == np.asarray(expected).tolist()


@examples(15)
@given(problem=problems_of_several_labels(), kind=st.sampled_from(sorted(INDICATORS)))
def test_the_form_of_several_labels_changes_no_bit(problem, kind):
    """Arrays, lists, frames and sparse matrices of 0 and 1 train the same network."""
    given_y = INDICATORS[kind](problem.y)
    other, clf = learnt(problem._replace(y=given_y)), learnt(problem)
    assert_same_bits(other, clf)
    predicted = other.predict(problem.X)
    assert sparse.issparse(predicted) == sparse.issparse(given_y)
    as_array = predicted.toarray() if sparse.issparse(predicted) else predicted
    assert_array_equal(as_array, clf.predict(problem.X))


@examples(15)
@given(problem=tame_problems(gentle_parameters()), seed=st.integers(0, 9))
def test_the_order_of_classes_does_not_matter(problem, seed):
    """Classes in another order, with their weights, have the same probabilities."""
    X = problem.X
    classes, y = np.unique(problem.y, return_inverse=True)
    new_name = np.random.default_rng(seed).permutation(len(classes))
    _, tolerance = blur(problem)
    expected = learnt(problem).predict_proba(X)
    start = Start(outputs=np.argsort(new_name))
    clf = learnt(problem._replace(y=new_name[y]), weight_init=start)
    actual = clf.predict_proba(X)[:, new_name]
    assert np.abs(actual - expected).max() <= tolerance


@examples(15)
@given(problem=problems(), exponent=st.integers(-60, 60))
def test_a_power_of_two_of_all_weights_changes_no_bit(problem, exponent):
    """Only the ratios of sample weights count."""
    assume(problem.sample_weight is not None)
    weight = problem.sample_weight.astype(np.float64)
    with np.errstate(all="ignore"):
        scaled = np.ldexp(weight, exponent)
        assume((np.ldexp(scaled, -exponent) == weight).all())
    assert_same_bits(learnt(problem._replace(sample_weight=scaled)), learnt(problem))


@examples(15)
@given(problem=tame_problems(gentle_parameters()), factor=st.floats(1e-9, 1e9))
def test_a_factor_of_all_weights_does_not_matter(problem, factor):
    """Only the ratios of sample weights count, but for their rounding."""
    weight = problem.sample_weight
    weight = np.ones(len(problem.X)) if weight is None else weight
    expected, tolerance = blur(problem)
    actual = outputs(learnt(problem._replace(sample_weight=factor * weight)), problem.X)
    assert np.abs(actual - expected).max() <= tolerance


FULL_BATCH = {
    "batch_size": None,
    "sampling": "sequential",
    "dropout": 0.0,
    "alpha": 0.1,
}


@examples(15)
@given(problem=tame_problems(gentle_parameters(**FULL_BATCH)))
def test_halves_of_rows_are_like_rows(problem):
    """Each row twice, with half of its weight, is the same full batch."""
    X, y, weight, _ = problem
    weight = np.ones(len(X)) if weight is None else weight
    expected, tolerance = blur(problem)
    twice = Problem(np.vstack([X, X]), np.tile(y, 2), np.tile(weight / 2, 2), {})
    clf = learnt(twice._replace(params=problem.params))
    assert np.abs(outputs(clf, X) - expected).max() <= tolerance


@examples(15)
@given(problem=tame_problems(gentle_parameters(**FULL_BATCH)))
def test_rows_without_weight_are_like_no_rows(problem):
    """In a full batch a row of weight 0 counts for nothing.

    So with alpha and max_iter given, which 'auto' would take from the number of rows,
    where its class has other rows, and without dropout, which draws for every row.
    """
    X, y, weight, _ = problem
    weight = np.ones(len(X)) if weight is None else weight
    counts = weight > 0
    assume(set(y[counts]) == set(y))
    only = Problem(X[counts], y[counts], weight[counts], problem.params)
    expected, tolerance = blur(only, X)
    actual = outputs(learnt(problem), X)
    assert np.abs(actual - expected).max() <= tolerance


@examples(15)
@given(
    problem=problems(
        params=parameters(standardize=True),
        dtypes=["float16", "float32", "float64", ">f4"],
        kinds=(*TAME_COLUMNS, "far", "one outlier"),
    ),
    seed=st.integers(0, 9),
)
def test_units_of_features_change_no_probability(problem, seed):
    """With standardize a feature may be in any unit: a power of two changes no bit.

    Within limits: scales end 2**28 before the numbers of the computation do.
    """
    X = problem.X
    powers = np.random.default_rng(seed).integers(-9, 10, X.shape[1])
    with np.errstate(all="ignore"):
        scaled = np.ldexp(X, powers).astype(X.dtype)
        assume((np.ldexp(scaled, -powers) == X).all())
    clf, other = learnt(problem), learnt(problem._replace(X=scaled))
    assert_array_equal(other.predict_proba(scaled), clf.predict_proba(X))


@examples(20)
@given(problem=problems(), seed=st.integers(0, 9), n_chunks=st.integers(1, 40))
def test_rows_are_predicted_one_by_one(problem, seed, n_chunks):
    """Other rows, and their order, change a prediction by the order of sums alone."""
    X = problem.X
    clf = learnt(problem)
    whole = clf.decision_function(X)
    order = np.random.default_rng(seed).permutation(len(X))
    tolerance = error_of_sums(clf, X)
    shuffled = clf.decision_function(X[order])
    assert (np.abs(shuffled - whole[order]) <= tolerance[order]).all()
    chunks = np.array_split(X, min(n_chunks, len(X)))
    by_chunk = np.concatenate([clf.decision_function(chunk) for chunk in chunks])
    assert (np.abs(by_chunk - whole) <= tolerance).all()


def error_of_sums(clf, X):
    """Return by how much the order of sums may change each prediction.

    A sum of n numbers has an error of at most n eps times the sum of their sizes
    (Higham 2002, "Accuracy and stability of numerical algorithms", (4.4)). No
    activation is steeper than 1.13, the slope of 'gelu', nor has |f(z)| above 1 + |z|.
    """
    (W1, W2), (b1, b2) = (
        [np.abs(a.astype(np.float64)) for a in arrays]
        for arrays in (clf.coefs_, clf.intercepts_)
    )
    with np.errstate(over="ignore"):
        H = 1 + 1.13 * (np.abs(X.astype(np.float64)) @ W1 + b1)
        sizes = H @ W2 + b2
    sizes = sizes.sum(axis=1) if sizes.shape[1] == 2 else sizes
    n_terms = len(W1) + len(W2) + 4
    return n_terms * np.finfo(clf.coefs_[0].dtype).eps * sizes


@examples(20)
@given(
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    loss=st.sampled_from(sorted(LOSSES)),
    dtype=st.sampled_from(["float32", "float64"]),
    n_classes=st.integers(2, 5),
    share=st.sampled_from([1e-6, 0.03, 0.3, 0.9]),
    seed=st.integers(0, 99),
)
def test_a_row_far_away_changes_no_other_row(
    activation, loss, dtype, n_classes, share, seed
):
    """What one row makes of the network, or breaks in it, stays its own affair."""
    rng = np.random.default_rng(seed)
    shapes = [(3, 4), (4, n_classes)]
    coefs = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    clf = TwoLayerClassifier.from_weights(
        coefs, None, range(n_classes), activation=activation, loss=loss
    )
    X = rng.normal(size=(5, 3)).astype(dtype)
    far = rng.choice([-1, 1], (1, 3)) * share * np.finfo(dtype).max
    X_and_far = np.vstack([X, far.astype(dtype)])
    try:
        together = clf.predict_proba(X_and_far)
    except ValueError as error:
        if "outputs of the network are too large" in str(error):
            return
        raise
    # A probability changes by no more than the logits do together.
    tolerance = error_of_sums(clf, X).reshape(len(X), -1).sum(axis=1, keepdims=True)
    assert (np.abs(together[:-1] - clf.predict_proba(X)) <= tolerance).all()
    assert_predictions_agree(clf, X_and_far, clf.predict(X_and_far))


class Probe(FullBatchSolver):
    """Compares, in place of minimising, the gradient with a central difference.

    Along one direction at random, of length 1, in units of the gradient's length; zero
    where the two differ by no more than the rounding of the objective.
    """

    def minimize(self, value_and_grad, start, n_iterations, end_iteration):
        step = 1e-5
        direction = np.random.default_rng(0).normal(size=len(start))
        direction /= np.linalg.norm(direction)
        value, gradient = value_and_grad(start)
        gradient = gradient.copy()
        ahead, _ = value_and_grad(start + step * direction)
        behind, _ = value_and_grad(start - step * direction)
        difference = (ahead - behind) / (2 * step) - gradient @ direction
        rounding = 16 * np.finfo(float).eps * (1 + abs(value)) / step
        self.error = max(abs(difference) - rounding, 0) / np.linalg.norm(gradient)


def smooth_objectives():
    """Draw parameters of objectives that have a third derivative, near their start."""
    return parameters(
        activations=THREE_TIMES_SMOOTH,
        dtype="float64",
        learning_rate_init=1e-3,
        init_scale=0.5,
        early_stopping=False,
    )


@examples(20)
@given(problem=tame_problems(smooth_objectives(), dtypes=["uint8", "float64"]))
def test_the_gradient_of_training_is_right(problem):
    """Back-propagation is the derivative of what is minimised, for any combination."""
    probe = Probe()
    left_out = ("solver", "dropout", "input_dropout")
    params = {n: v for n, v in problem.params.items() if n not in left_out}
    learnt(problem._replace(params=params | {"solver": probe}))
    assert probe.error < 1e-6


@examples(20)
@given(
    problem=tame_problems(smooth_objectives(), max_features=4),
    seed=st.integers(0, 99),
    n_labels=st.integers(2, 5),
)
def test_the_gradient_of_several_labels_is_right(problem, seed, n_labels):
    """So it is where each output is a label by itself."""
    Y = np.random.default_rng(seed).integers(2, size=(len(problem.X), n_labels))
    probe = Probe()
    left_out = ("solver", "dropout", "input_dropout")
    params = {n: v for n, v in problem.params.items() if n not in left_out}
    learnt(problem._replace(y=Y, params=params | {"solver": probe}))
    assert probe.error < 1e-6


@examples(20)
@given(problem=tame_problems(smooth_objectives(), max_features=4))
def test_check_gradients_finds_no_fault(problem):
    """What users are shown is below 1e-6, but for the rounding of the objective.

    Entries of the gradient count as 1e-8 at least, the step is 1e-5.
    """
    errors = check_gradients(learnt(problem), problem.X, problem.y)
    rounding = 8 * np.finfo(float).eps * errors.objective / 1e-5 / 1e-8
    assert errors.largest < 1e-6 + rounding


@examples(20)
@given(
    problem=tame_problems(
        parameters(
            alpha=0.1,
            learning_rate_init="auto",
            init_scale=0.05,
            epsilon=1e-8,
            beta_2=0.999,
            scoring="loss",
        ),
        dtypes=DTYPES,
    )
)
def test_ordinary_problems_are_not_refused(problem):
    """Where nothing is extreme, training neither diverges nor raises."""
    X, y, sample_weight, params = problem
    counts = np.ones(len(X)) if sample_weight is None else sample_weight
    assume(len(set(y[counts > 0])) > 1)
    clf = TwoLayerClassifier(**params)
    assert attempt(clf, "fit", X, y, sample_weight)


@examples(4)
@given(
    problem=problems(
        min_rows=10,
        dtypes=["float32", "float64"],
        kinds=TAME_COLUMNS,
        params=parameters(hidden_layer_size=256, batch_size=3, input_dropout=0.0),
    ),
    kind=st.sampled_from(sorted(SPARSE)),
)
def test_wide_sparse_problems_are_learnt_or_refused(problem, kind):
    """Where steps touch only the features of a batch, all the same is promised."""
    X = wide(problem.X)
    clf = TwoLayerClassifier(**problem.params)
    if not attempt(clf, "fit", X, problem.y, problem.sample_weight):
        return
    assert_predictions_agree(clf, X, problem.y)
    for same in (SPARSE[kind](X), with_explicit_zeros(X)):
        assert_same_bits(learnt(problem._replace(X=same)), clf)


def wide(X):
    """Return a CSR array of 1,500 features, in which the rows of X lie far apart."""
    columns = np.random.default_rng(0).integers(0, 1500, X.shape)
    rows = np.repeat(np.arange(len(X)), X.shape[1])
    X = sparse.csr_array((X.ravel(), (rows, columns.ravel())), (len(X), 1500))
    X.sum_duplicates()
    X.eliminate_zeros()
    return X


def with_explicit_zeros(X):
    """Return CSR that holds some of the zeros that X leaves out."""
    zeros = sparse.random(*X.shape, density=1e-3, format="coo", random_state=0)
    stored = X.tocoo()
    rows, columns = np.r_[stored.row, zeros.row], np.r_[stored.col, zeros.col]
    held = np.r_[stored.data, np.zeros(zeros.nnz, X.dtype)]
    return sparse.csr_array((held, (rows, columns)), X.shape)
