"""What fit, partial_fit and predict accept and refuse, and what they leave alone."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError

from skmlp import TwoLayerClassifier
from skmlp._checks.data import check_table

FLOATS = ["float16", "float32", "float64", "longdouble", ">f4", ">f8"]
INTEGERS = ["bool", "uint8", "uint16", "uint32", "uint64"]
INTEGERS += ["int8", "int16", "int32", "int64", ">i4"]
WIDE = {"float64", "longdouble", ">f8"}
# Of which float32 does not know every number: differences x - mean are in float64.
CENTERED_IN_FLOAT64 = ["uint32", "uint64", "int32", "int64", ">i4"]
CAST_EXACTLY = [(dtype, False) for dtype in INTEGERS + FLOATS] + [
    (dtype, True)
    for dtype in INTEGERS + FLOATS
    if dtype not in {*CENTERED_IN_FLOAT64, "longdouble"}
]
METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]
NAMES = ["one", "two", "three", "four", "five", "six"]

# Each reads X in its own way: row by row, in slices, as a whole, with copies.
WAYS_TO_TRAIN = {
    "shuffle": {},
    "sequential": {"sampling": "sequential"},
    "full batch": {"batch_size": None},
    "lbfgs": {"solver": "lbfgs"},
    "early stopping": {"early_stopping": True},
    "dropout": {"dropout": 0.2, "input_dropout": 0.2},
    "as it is": {"standardize": False, "sampling": "sequential"},
}

# The same values in memory of another kind, which training gathers into equal batches.
SAME_ORDER = {
    "list": lambda X, path: X.tolist(),
    "read-only": lambda X, path: read_only(X),
    "big-endian": lambda X, path: X.astype(">f8"),
    "masked nowhere": lambda X, path: np.ma.masked_array(X),
    "list of rows masked nowhere": lambda X, path: list(np.ma.masked_array(X)),
    "memmap": lambda X, path: memory_mapped(X, path),
    "objects": lambda X, path: X.astype(object),
    "decimals": lambda X, path: np.vectorize(Decimal, otypes=[object])(X),
    "list of decimals": lambda X, path: [[Decimal(x) for x in row] for row in X],
}
# In another order, or out of step, for which BLAS may sum in another order too.
OTHER_ORDER = {
    "Fortran": lambda X, path: np.asfortranarray(X),
    "Fortran read-only": lambda X, path: read_only(np.asfortranarray(X)),
    "Fortran memmap": lambda X, path: memory_mapped(np.asfortranarray(X), path),
    "every second row": lambda X, path: np.repeat(X, 2, axis=0)[::2],
    "every second column": lambda X, path: np.repeat(X, 2, axis=1)[:, ::2],
    "unaligned": lambda X, path: unaligned(X),
    "reversed": lambda X, path: X[::-1, ::-1].copy()[::-1, ::-1],
}

FRAMES = {
    "pandas": lambda X: pd.DataFrame(X, columns=NAMES),
    "polars": lambda X: pl.DataFrame(X, schema=NAMES),
}
SPARSE = {
    "csr_array": sparse.csr_array,
    "csr_matrix": sparse.csr_matrix,
    "csc_array": sparse.csc_array,
    "csc_matrix": sparse.csc_matrix,
    "coo_array": sparse.coo_array,
    "int64 indices": lambda X: with_int64_indices(X),
    "unsorted": lambda X: unsorted(X),
    "duplicates": lambda X: with_duplicates(X),
    "read-only": lambda X: read_only_csr(sparse.csr_array(X)),
    "frame": lambda X: pd.DataFrame.sparse.from_spmatrix(sparse.csr_matrix(X)),
}

# How labels may come, and the kind of the classes that they make.
LABELS = {
    "list of ints": (lambda i: i.tolist(), "i"),
    "list of arrays without dimension": (lambda i: [np.array(k) for k in i], "i"),
    "list of strings": (lambda i: words(i).tolist(), "U"),
    "int8": (lambda i: i.astype(np.int8), "i"),
    "uint8": (lambda i: i.astype(np.uint8), "u"),
    "int64 beyond 2**53": (lambda i: i + 2**53, "i"),
    "negative ints": (lambda i: i - 1, "i"),
    "floats": (lambda i: i.astype(float), "f"),
    "booleans": (lambda i: i > 0, "b"),
    "strings": (lambda i: words(i), "U"),
    "object strings": (lambda i: words(i).astype(object), "O"),
    "object ints": (lambda i: i.astype(object), "i"),
    "object bools": (lambda i: (i > 0).astype(object), "b"),
    "pandas int": (lambda i: pd.Series(i), "i"),
    "pandas bool": (lambda i: pd.Series(i > 0), "b"),
    "pandas str": (lambda i: pd.Series(words(i), dtype="str"), "O"),
    "pandas string": (lambda i: pd.Series(words(i), dtype="string"), "O"),
    "pandas category": (lambda i: pd.Series(words(i), dtype="category"), "O"),
    "pandas nullable int": (lambda i: pd.Series(i, dtype="Int64"), "i"),
    "pandas nullable int beyond 2**53": (
        lambda i: pd.Series(i + 2**53, dtype="Int64"),
        "i",
    ),
    "pandas nullable bool": (lambda i: pd.Series(i > 0, dtype="boolean"), "b"),
    "polars int": (lambda i: pl.Series(i), "i"),
    "polars bool": (lambda i: pl.Series(i > 0), "b"),
    "polars str": (lambda i: pl.Series(words(i)), "U"),
}

# What makes X, y unusable for fit and for partial_fit, and what the error says.
BAD_DATA = {
    "NaN": (lambda X, y: (spoilt(X, np.nan), y), "X contains NaN.*impute"),
    "infinity": (lambda X, y: (spoilt(X, np.inf), y), "X contains infinity"),
    "minus infinity": (lambda X, y: (spoilt(X, -np.inf), y), "X contains infinity"),
    "NaN in CSR": (
        lambda X, y: (sparse.csr_array(spoilt(X, np.nan)), y),
        "X contains NaN",
    ),
    "too large": (
        lambda X, y: (spoilt(X, 1e39), y),
        r"X holds 1e\+39, .* too large for dtype\('float32'\).*dtype='float64'",
    ),
    "too small": (lambda X, y: (spoilt(X, -1e39), y), r"X holds -1e\+39, .* too large"),
    "too large in CSR": (
        lambda X, y: (sparse.csr_array(spoilt(X, 1e39)), y),
        r"X holds 1e\+39, .* too large",
    ),
    "one row": (lambda X, y: (X[0], y), "Expected 2D array, got 1D.*Reshape"),
    "three dimensions": (lambda X, y: (X[np.newaxis], y), "dim 3, while dim <= 2"),
    "no rows": (lambda X, y: (X[:0], y[:0]), r"0 sample\(s\) \(shape=\(0, 6\)\)"),
    "no features": (lambda X, y: (X[:, :0], y), r"0 feature\(s\).*minimum of 1"),
    "text": (
        lambda X, y: (X.astype(str), y),
        r"column 0 of X holds '0.63.*X\.astype\(float\)",
    ),
    "complex": (lambda X, y: (X + 1j, y), "Complex data not supported"),
    "short y": (lambda X, y: (X, y[:-1]), r"inconsistent .* samples: \[60, 59\]"),
    "two targets": (
        lambda X, y: (X, np.column_stack([y, y])),
        r"Unknown label type: multioutput.*column 0 holds 2 \(row 2\).*MultiOutputC",
    ),
    "words for 0 and 1": (
        lambda X, y: (X, np.column_stack([y > 0, y > 1]).choose(["no", "yes"])),
        r"column 0 holds 'no' \(row 0\).*yes\" and \"no\" pass y == \"yes\", of an",
    ),
    "frame of words for 0 and 1": (
        lambda X, y: (X, pd.DataFrame({"a": y > 0, "b": y > 1}).map("{:d}".format)),
        r"column 'a' holds '0' \(row 0\).*pass y == \"yes\", of an array or a frame",
    ),
    "three-dimensional y": (
        lambda X, y: (X, y.reshape(60, 1, 1)),
        r"y must be 1d.* shape \(60, 1, 1\).*one column of class labels",
    ),
    "NaN in y": (
        lambda X, y: (X, np.where(y > 0, y, np.nan)),
        "y (contains|holds) (NaN|.*nan)",
    ),
    "missing nullable label": (
        lambda X, y: (X, pd.Series(y, dtype="Int64").where(y > 0)),
        "y (contains|holds) (NaN|.*NA)",
    ),
    "infinity in y": (
        lambda X, y: (X, np.where(y > 0, y, np.inf)),
        "y (contains|holds) inf",
    ),
    "None in y": (lambda X, y: (X, np.where(y > 0, words(y), None)), r"\by\b.*None"),
    "None later in y": (
        lambda X, y: (X, np.where(y == 0, words(y), None)),
        r"\by\b.*None",
    ),
    "strings and numbers": (
        lambda X, y: (X, np.where(y == 0, words(y).astype(object), 0)),
        r"\by\b.*str",
    ),
    "continuous y": (lambda X, y: (X, y + X[:, 0]), "continuous"),
}
# What partial_fit refuses when the classes and the features are fixed.
BAD_CHUNKS = {
    "several labels": (
        lambda X, y: (X, y[:, np.newaxis] >> np.arange(3) & 1),
        r"y is an indicator matrix of shape \(60, 3\).*one label per row",
    ),
    "unknown class": (
        lambda X, y: (X, y + 1),
        r"y holds the classes \[3\].*\[0, 1, 2\].*partial_fit\(X, y, classes=",
    ),
    "unknown kind": (
        lambda X, y: (X, words(y)),
        r"y holds the classes \['a', 'bb', 'ccc'\]",
    ),
    "other classes": (
        lambda X, y: (X, y, [0, 1, 2, 3]),
        r"classes=\[0, 1, 2, 3\] differs from .*\[0, 1, 2\].*Leave classes out",
    ),
    "other width": (
        lambda X, y: (X[:, :4], y),
        "X has 4 features, but TwoLayerClassifier is expecting 6",
    ),
}
BAD_WEIGHTS = {
    "negative": (lambda y: -np.ones(60), "Negative values .*`sample_weight`"),
    "all zero": (lambda y: np.zeros(60), "at least one non-zero"),
    "NaN": (lambda y: np.where(y > 0, 1.0, np.nan), "sample_weight contains NaN"),
    "infinite": (lambda y: np.where(y > 0, 1.0, np.inf), "sample_weight contains inf"),
    "short": (lambda y: np.ones(59), r"sample_weight\.shape == \(59,\), .*\(60,\)"),
    "two columns": (lambda y: np.ones((60, 2)), "ample.weight.* must be 1D"),
}
BAD_PARAMETERS = {
    "no hidden units": ({"hidden_layer_size": 0}, r"\[1, inf\).*Got 0"),
    "tuple of hidden units": ({"hidden_layer_size": (4,)}, r"int.*Got \(4,\)"),
    "misspelt activation": ({"activation": "tahn"}, "'tanh'.*Got 'tahn'"),
    "unknown loss": ({"loss": "hinge"}, "'log_loss'.*Got 'hinge'"),
    "unknown solver": ({"solver": "rmsprop"}, "'adam'.*Got 'rmsprop'"),
    "negative penalty": ({"alpha": -1}, r"\[0.0, inf\).*Got -1"),
    "penalty of NaN": ({"alpha": np.nan}, r"\[0.0, inf\).*Got nan"),
    "penalty of text": ({"alpha": "large"}, "'auto'.*Got 'large'"),
    "standardised by text": ({"standardize": "yes"}, "bool.*Got 'yes'"),
    "all dropped": ({"dropout": 1.0}, r"\[0.0, 1.0\).*Got 1.0"),
    "negative dropout": ({"input_dropout": -0.1}, r"\[0.0, 1.0\).*Got -0.1"),
    "all smoothed": ({"label_smoothing": 1.0}, r"\[0.0, 1.0\).*Got 1.0"),
    "empty batch": ({"batch_size": 0}, "'auto'.*Got 0"),
    "unknown sampling": ({"sampling": "random"}, "'shuffle'.*Got 'random'"),
    "unknown schedule": ({"learning_rate": "step"}, "'cosine'.*Got 'step'"),
    "no learning": ({"learning_rate_init": 0}, r"\(0.0, inf\).*Got 0"),
    "growing rate": ({"learning_rate_decay": 1.5}, r"\(0.0, 1.0\].*Got 1.5"),
    "no gradient": ({"max_grad_norm": 0.0}, r"\(0.0, inf\).*Got 0.0"),
    "epochs of text": ({"max_iter": "all"}, "'auto'.*Got 'all'"),
    "half an epoch": ({"max_iter": 2.5}, "int.*Got 2.5"),
    "unknown initializer": ({"weight_init": "xavier"}, "'glorot'.*Got 'xavier'"),
    "no scale": ({"init_scale": 0.0}, r"\(0.0, inf\).*Got 0.0"),
    "three scales": ({"init_scale": (1, 2, 3)}, "pair.*got 3"),
    "negative scale": ({"init_scale": (-1.0, 1.0)}, r"positive.*-1\.0"),
    "scale of text": ({"init_scale": ("a", 1.0)}, "positive.*'a'"),
    "unknown class weight": ({"class_weight": "equal"}, "'balanced'.*Got 'equal'"),
    "negative class weight": ({"class_weight": {0: -1}}, r"least 0.*got \{0: -1\}"),
    "weight of no class": ({"class_weight": {7: 1}}, r"\[0, 1, 2\]"),
    "seed of text": ({"random_state": "zero"}, "Got 'zero'"),
    "half precision": ({"dtype": "float16"}, "'float32'.*Got 'float16'"),
}
# Refused where training begins: by a fit that is no warm start.
BAD_BEGINNINGS = {
    "one layer": ({"weight_init": [np.ones]}, "weight_init must be a pair.*got 1"),
    "transposed": (
        {"weight_init": [[[1.0] * 6] * 4, [[1.0] * 3] * 4]},
        r"weight_init\[0\] must have the shape \(6, 4\); got \(4, 6\)",
    ),
    "NaN": (
        {"weight_init": [[[np.nan] * 4] * 6, [[1.0] * 3] * 4]},
        "weight_init .*NaN or infinite.*Check",
    ),
    "dropout in L-BFGS": (
        {"solver": "lbfgs", "dropout": 0.5},
        "'lbfgs'.*dropout=0.5.*'adam'",
    ),
}


def read_only(array):
    array = array.copy(order="K")
    array.flags.writeable = False
    return array


def memory_mapped(X, path):
    np.save(path / "X.npy", X)
    return np.load(path / "X.npy", mmap_mode="r")


def unaligned(X):
    record = np.zeros(len(X), dtype=[("flag", "u1"), ("row", X.dtype, X.shape[1])])
    record["row"] = X
    return record["row"]


def with_int64_indices(X):
    X = sparse.csr_array(X)
    return sparse.csr_array(
        (X.data, X.indices.astype(np.int64), X.indptr.astype(np.int64)), X.shape
    )


def unsorted(X):
    """CSR of the columns in descending order, which is valid."""
    X = sparse.csr_array(X[:, ::-1])
    return sparse.csr_array((X.data, X.shape[1] - 1 - X.indices, X.indptr), X.shape)


def with_duplicates(X):
    """CSR that holds every entry as two halves."""
    X = sparse.csr_array(X)
    return sparse.csr_array(
        (np.repeat(X.data, 2) / 2, np.repeat(X.indices, 2), 2 * X.indptr), X.shape
    )


def read_only_csr(X):
    parts = read_only(X.data), read_only(X.indices), read_only(X.indptr)
    return sparse.csr_array(parts, X.shape)


def plain(labels):
    """Return labels of any container as a list of what Python has for them."""
    return np.asarray(labels).tolist()


def words(index):
    return np.array(["a", "bb", "ccc"])[index]


def spoilt(X, value):
    X = X.copy()
    X[3, 2] = value
    return X


def classifier(**params):
    return TwoLayerClassifier(
        **{"hidden_layer_size": 4, "max_iter": 3, "random_state": 0, **params}
    )


def integer_network(n_features, n_outputs=3, dtype="float32"):
    """A network of small integers: exact on integer X, whatever the order of sums."""
    rng = np.random.default_rng(0)
    shapes = (n_features, 5), (5, n_outputs)
    coefs = [rng.integers(-3, 4, shape).astype(dtype) for shape in shapes]
    intercepts = [rng.integers(-3, 4, shape[1]) for shape in shapes]
    return TwoLayerClassifier.from_weights(coefs, intercepts, range(n_outputs))


def wide_network(n_features, n_hidden, n_jobs=1):
    """A network so wide that it takes less than 2000 rows at a time."""
    rng = np.random.default_rng(0)
    shapes = (n_features, n_hidden), (n_hidden, 9)
    coefs = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    return TwoLayerClassifier.from_weights(coefs, None, range(9), n_jobs=n_jobs)


def fails_halfway(share):
    """Be a schedule that raises after half of the epochs."""
    return 1.0 / (share <= 0.5)


def fails(estimator, X, y):
    """Be a scorer that raises."""
    raise ZeroDivisionError


def all_weights(clf):
    """All that was learnt, in one vector."""
    return np.concatenate([a.ravel() for a in (*clf.coefs_, *clf.intercepts_)])


def assert_same_network(actual, expected):
    """Compare all weights, to what five steps of reordered float64 sums differ by."""
    assert actual.coefs_[0].dtype == np.float64
    assert_allclose(all_weights(actual), all_weights(expected), rtol=1e-9, atol=1e-11)


def peak_beyond_result(function):
    """Return the most memory held at once, in bytes, without what is returned."""
    tracemalloc.start()
    try:
        result = function()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return peak - getattr(result, "nbytes", 0)


@pytest.fixture
def rows():
    """X of 60 rows in float64 and y of three classes, taking turns."""
    X = np.random.default_rng(0).random((60, 6))
    return X, np.arange(60) % 3


@pytest.fixture
def counts():
    """X of small integers in float64, most of them zero, and y of three classes."""
    rng = np.random.default_rng(0)
    X = rng.integers(1, 9, (60, 6)) * (rng.random((60, 6)) < 0.4)
    X[0] = 0
    return X.astype(float), np.arange(60) % 3


@pytest.fixture
def trained(rows):
    """A classifier that computes in float32, in the middle of its training."""
    return classifier(dtype="float32", warm_start=True).fit(*rows).partial_fit(*rows)


@pytest.mark.parametrize("way", WAYS_TO_TRAIN)
@pytest.mark.parametrize(("dtype", "standardize"), CAST_EXACTLY)
def test_training_equals_training_on_the_cast_array(dtype, standardize, way, rows):
    X, y = rows
    X = (X * 9).astype(dtype)
    cast = X.astype("float64" if dtype in WIDE else "float32")
    params = {"batch_size": 20, "standardize": standardize, **WAYS_TO_TRAIN[way]}
    actual, expected = (classifier(**params).fit(A, y) for A in (X, cast))
    assert_array_equal(all_weights(actual), all_weights(expected))


@pytest.mark.parametrize("way", WAYS_TO_TRAIN)
@pytest.mark.parametrize("dtype", CENTERED_IN_FLOAT64)
def test_wide_integers_are_centered_in_float64(dtype, way, rows):
    X, y = rows
    X = (X * 9).astype(dtype)
    params = {"batch_size": 20, "dtype": "float32", **WAYS_TO_TRAIN[way]}
    actual, expected = (classifier(**params).fit(A, y) for A in (X, X.astype(float)))
    assert_array_equal(all_weights(actual), all_weights(expected))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
def test_predicting_equals_predicting_on_the_cast_array(dtype, method, rows):
    X = (rows[0] * 9).astype(dtype)
    cast = X.astype("float64" if dtype in WIDE else "float32")
    predict = getattr(integer_network(6, dtype=cast.dtype), method)
    assert_array_equal(predict(X), predict(cast))


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
def test_auto_dtype_is_float64_only_for_wide_floats(dtype, rows):
    X, y = rows
    clf = classifier(dtype="auto").fit((X * 9).astype(dtype), y)
    expected = np.dtype("float64" if dtype in WIDE else "float32")
    assert {a.dtype for a in (*clf.coefs_, *clf.intercepts_)} == {expected}


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("given", ["uint8", "float32", "float64"])
def test_chosen_dtype_holds_for_any_input(given, dtype, call, rows):
    X, y = rows
    classes = {"classes": [0, 1, 2]} if call == "partial_fit" else {}
    clf = getattr(classifier(dtype=dtype), call)(X.astype(given), y, **classes)
    assert {a.dtype for a in (*clf.coefs_, *clf.intercepts_)} == {np.dtype(dtype)}


@pytest.mark.parametrize("given", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("method", METHODS[1:])
def test_results_have_the_dtype_of_the_weights(method, dtype, given, rows):
    X, y = rows
    clf = classifier(dtype=dtype).fit(X, y)
    assert getattr(clf, method)(X.astype(given)).dtype == dtype


@pytest.mark.parametrize("given", ["uint8", "float32", "float64"])
def test_partial_fit_keeps_the_dtype_it_began_with(given, rows):
    X, y = rows
    clf = classifier().partial_fit(X.astype("float32"), y, classes=[0, 1, 2])
    clf.partial_fit(X.astype(given), y)
    assert clf.coefs_[0].dtype == np.float32


@pytest.mark.parametrize("way", WAYS_TO_TRAIN)
@pytest.mark.parametrize("memory", SAME_ORDER)
def test_training_does_not_depend_on_the_kind_of_memory(memory, way, rows, tmp_path):
    X, y = rows
    params = {"batch_size": 20, **WAYS_TO_TRAIN[way]}
    expected = classifier(**params).fit(X, y)
    actual = classifier(**params).fit(SAME_ORDER[memory](X, tmp_path), y)
    assert_array_equal(all_weights(actual), all_weights(expected))


@pytest.mark.parametrize("way", WAYS_TO_TRAIN)
@pytest.mark.parametrize("memory", OTHER_ORDER)
def test_training_does_not_depend_on_the_order_of_memory(memory, way, rows, tmp_path):
    X, y = rows
    params = {"batch_size": 20, **WAYS_TO_TRAIN[way]}
    expected = classifier(**params).fit(X, y)
    actual = classifier(**params).fit(OTHER_ORDER[memory](X, tmp_path), y)
    assert_same_network(actual, expected)


@pytest.mark.parametrize("memory", SAME_ORDER | OTHER_ORDER)
def test_partial_fit_does_not_depend_on_memory(memory, rows, tmp_path):
    X, y = rows
    same = (SAME_ORDER | OTHER_ORDER)[memory](X, tmp_path)
    actual = classifier().partial_fit(same, y, classes=[0, 1, 2]).partial_fit(same, y)
    expected = classifier().partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, y)
    assert_same_network(actual, expected)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("memory", SAME_ORDER | OTHER_ORDER)
def test_predictions_do_not_depend_on_memory(memory, method, counts, tmp_path):
    X = counts[0]
    predict = getattr(integer_network(6, dtype="float64"), method)
    same = (SAME_ORDER | OTHER_ORDER)[memory](X, tmp_path)
    assert_array_equal(predict(same), predict(X))


@settings(deadline=None, database=None, derandomize=True)
@given(
    X=arrays(st.sampled_from(["i1", "u1", "f4", ">f4", "f8", ">i2"]), (9, 12)),
    order=st.sampled_from("CF"),
    first=st.integers(0, 2),
    steps=st.tuples(*[st.sampled_from([-3, -2, -1, 1, 2, 3])] * 2),
)
def test_any_view_predicts_like_its_copy(X, order, first, steps):
    finite = np.nan_to_num(X, posinf=7, neginf=-7).clip(-99, 99).round()
    view = finite.astype(X.dtype, order=order)[:: steps[0], :: steps[1]][first:]
    clf = integer_network(view.shape[1])
    copy = view.astype(np.float32, order="C")
    assert_array_equal(clf.decision_function(view), clf.decision_function(copy))


@pytest.mark.parametrize("order", ["C", "F"])
# Not float16, whose sum overflows: scikit-learn then checks it by a mask as large as X.
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", ">f8"])
def test_training_copies_no_more_than_batches_of_X(dtype, order):
    X = np.random.default_rng(0).integers(0, 256, (40_000, 200))
    X, y = X.astype(dtype), np.arange(40_000) % 3
    fit = classifier(max_iter=1, batch_size=50).fit
    parts = (np.asarray(A, order=order) for A in (X[:10_000], X))
    few, many = (peak_beyond_result(lambda A=A: fit(A, y[: len(A)])) for A in parts)
    # Less than half a byte for each entry of the other rows.
    assert many - few < 30_000 * 200 / 2


def test_training_does_not_load_a_memory_map(tmp_path):
    X = memory_mapped(np.random.default_rng(0).random((20_000, 200)), tmp_path)
    y = np.arange(20_000) % 3
    fit = classifier(max_iter=1, batch_size=50).fit
    parts = (X[:5000], X)
    few, many = (peak_beyond_result(lambda A=A: fit(A, y[: len(A)])) for A in parts)
    assert many - few < 15_000 * 200 / 2


@pytest.mark.parametrize("frame", FRAMES)
def test_frame_trains_like_its_array(frame, rows):
    X, y = rows
    assert_same_network(classifier().fit(FRAMES[frame](X), y), classifier().fit(X, y))


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
@pytest.mark.parametrize("frame", FRAMES)
def test_feature_names_are_kept(frame, call, rows):
    X, y = rows
    classes = {"classes": [0, 1, 2]} if call == "partial_fit" else {}
    clf = getattr(classifier(), call)(FRAMES[frame](X), y, **classes)
    assert clf.feature_names_in_.tolist() == NAMES
    assert clf.n_features_in_ == 6


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("frame", FRAMES)
def test_frame_predicts_like_its_array(frame, method, counts):
    X = FRAMES[frame](counts[0])
    clf = classifier().fit(X, counts[1])
    copy = np.array(X, order="F")
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        expected = getattr(clf, method)(copy)
    assert_array_equal(getattr(clf, method)(X), expected)


@pytest.mark.parametrize("rest", ["int64", "float32", "bool", "Int64", "category"])
@pytest.mark.parametrize("first", ["uint64", "float16", "float64", "bool", "Float64"])
def test_frame_of_mixed_columns_predicts_like_its_array(first, rest, counts):
    X = np.minimum(counts[0], 1)
    frame = FRAMES["pandas"](X)
    clf = classifier().fit(frame.astype("float64"), counts[1])
    dtypes = dict.fromkeys(NAMES[:2], first) | dict.fromkeys(NAMES[2:], rest)
    mixed = frame.astype(dtypes)
    expected = clf.predict_proba(frame.astype("float64"))
    assert_allclose(clf.predict_proba(mixed), expected, rtol=1e-12)
    assert_allclose(clf.predict_proba(mixed[3:4]), expected[3:4], rtol=1e-12)


@pytest.mark.parametrize("renamed", ["1st", 1, pd.NA, ("one", "first")], ids=str)
def test_frame_with_another_name_is_refused(renamed, rows):
    X, y = rows
    frame = FRAMES["pandas"](X)
    clf = classifier().fit(frame, y)
    names = pd.Index([renamed, *NAMES[1:]], dtype=object, tupleize_cols=False)
    with pytest.raises((TypeError, ValueError), match=r"(?i)feature names"):
        clf.predict(frame.set_axis(names, axis=1))


def test_frame_with_a_further_column_is_refused(rows):
    X, y = rows
    frame = FRAMES["pandas"](X)
    clf = classifier().fit(frame, y)
    with pytest.raises(ValueError, match=r"(?s)feature names should match.*unseen"):
        clf.predict(frame.assign(seven=1.0))


@pytest.mark.parametrize("frame", FRAMES)
def test_partial_fit_warns_of_lost_feature_names(frame, rows):
    X, y = rows
    clf = classifier().partial_fit(FRAMES[frame](X), y, classes=[0, 1, 2])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        clf.partial_fit(X, y)
    assert clf.feature_names_in_.tolist() == NAMES


@pytest.mark.parametrize("frame", FRAMES)
def test_names_that_were_not_trained_with_are_warned_of(frame, rows):
    X, y = rows
    clf = classifier().fit(X, y)
    with pytest.warns(UserWarning, match="X has feature names, but TwoLayerClassifier"):
        clf.predict(FRAMES[frame](X))


@pytest.mark.parametrize("call", [*METHODS, "partial_fit"])
@pytest.mark.parametrize("frame", FRAMES)
def test_columns_in_another_order_are_refused(frame, call, rows):
    X, y = rows
    frame = FRAMES[frame](X)
    clf = classifier().fit(frame, y)
    arguments = (frame[NAMES[::-1]], y)[: 2 if call == "partial_fit" else 1]
    with pytest.raises(ValueError, match=r"(?s)feature names should match.*same order"):
        getattr(clf, call)(*arguments)


def test_a_renamed_column_is_named(rows):
    X, y = rows
    frame = FRAMES["pandas"](X)
    clf = classifier().fit(frame, y)
    with pytest.raises(ValueError, match=r"(?s)unseen.*- 1st.*missing.*- one"):
        clf.predict(frame.rename(columns={"one": "1st"}))


def test_fit_without_names_forgets_the_names(rows):
    X, y = rows
    clf = classifier().fit(FRAMES["pandas"](X), y).fit(X, y)
    assert not hasattr(clf, "feature_names_in_")


@pytest.mark.parametrize("dtype", ["Int64", "Float64"])
def test_nullable_frame_trains_like_its_array(dtype, counts):
    X, y = counts
    frame = pd.DataFrame(X, dtype=dtype)
    assert_same_network(classifier().fit(frame, y), classifier().fit(X, y))


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32"])
def test_frame_computes_in_the_dtype_of_its_array(dtype, frame, counts):
    X, y = counts
    clf = classifier().fit(FRAMES[frame](X.astype(dtype)), y)
    assert clf.coefs_[0].dtype == np.float32


@pytest.mark.parametrize("way", [w for w in WAYS_TO_TRAIN if w != "dropout"])
@pytest.mark.parametrize("kind", SPARSE)
def test_sparse_trains_like_dense(kind, way, counts):
    X, y = counts
    params = {"batch_size": 20, **WAYS_TO_TRAIN[way]}
    actual = classifier(**params).fit(SPARSE[kind](X), y)
    assert_same_network(actual, classifier(**params).fit(X, y))


@pytest.mark.parametrize("kind", SPARSE)
def test_partial_fit_on_sparse_equals_dense(kind, counts):
    X, y = counts
    A = SPARSE[kind](X)
    actual = classifier().partial_fit(A, y, classes=[0, 1, 2]).partial_fit(A, y)
    expected = classifier().partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, y)
    assert_same_network(actual, expected)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", SPARSE)
def test_sparse_predicts_like_dense(kind, dtype, method, counts):
    X = counts[0]
    predict = getattr(integer_network(6, dtype=dtype), method)
    assert_array_equal(predict(SPARSE[kind](X)), predict(X))


@settings(deadline=None, database=None, derandomize=True)
@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    entries=st.lists(st.tuples(*[st.integers(0, 8)] * 2, st.integers(-9, 9))),
    dtype=st.sampled_from(["i1", "i8", "f4", "f8"]),
)
def test_any_sparse_pattern_predicts_like_its_dense_array(shape, entries, dtype):
    i, j, values = np.array(entries, dtype=int).reshape(-1, 3).T
    A = sparse.coo_array((values, (i % shape[0], j % shape[1])), shape)
    A = sparse.csr_array(A.astype(dtype))
    clf = integer_network(shape[1])
    dense = clf.decision_function(A.toarray())
    assert_array_equal(clf.decision_function(A), dense)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float32"])
def test_sparse_of_any_dtype_trains_like_its_cast(dtype, counts):
    X, y = counts
    A = sparse.csr_array(X.astype(dtype))
    actual = classifier().fit(A, y)
    expected = classifier().fit(A.astype(np.float32), y)
    assert_array_equal(all_weights(actual), all_weights(expected))


@pytest.mark.parametrize(
    "params", [{}, {"input_dropout": 0.5}, {"early_stopping": True}], ids=str
)
@pytest.mark.parametrize("kind", ["csr_array", "csc_array"])
def test_sparse_X_is_never_made_dense(kind, params):
    places = np.random.default_rng(0).integers((400, 10**5), size=(2000, 2)).T
    ones = np.ones(2000, np.float32)
    X = sparse.coo_array((ones, tuple(places)), shape=(400, 10**5))
    X, y = SPARSE[kind](X), np.arange(400) % 3
    clf = classifier(max_iter=1, validation_fraction=0.2, **params)
    # Less than a byte for each entry; the weights and their Adam moments take half.
    assert peak_beyond_result(lambda: clf.fit(X, y).predict(X)) < 400 * 10**5


@pytest.mark.parametrize("call", ["fit", "predict"])
def test_sparse_X_is_left_unsorted(call, counts):
    X, y = counts
    A = unsorted(X)
    before = A.indices.copy()
    clf = classifier(dtype="float32").fit(X, y)
    getattr(clf, call)(*(A, y)[: 2 if call == "fit" else 1])
    assert_array_equal(A.indices, before)


@pytest.mark.parametrize("call", ["fit", "predict"])
def test_sparse_X_may_be_unsorted_and_read_only(call, counts):
    X, y = counts
    clf = classifier(dtype="float32").fit(X, y)
    expected = clf.predict(X)
    A = read_only_csr(unsorted(X))
    if call == "fit":
        clf.fit(A, y)
    assert_array_equal(clf.predict(A), expected)


@pytest.mark.parametrize("kind", LABELS)
def test_predictions_are_the_labels(kind):
    index = np.arange(30) % 3
    labels = LABELS[kind][0](index)
    X = np.eye(3)[index]
    clf = classifier(solver="lbfgs", max_iter=100).fit(X, labels)
    assert clf.predict(X).tolist() == plain(labels)


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
@pytest.mark.parametrize("kind", LABELS)
def test_classes_keep_the_kind_of_the_labels(kind, call, rows):
    X, index = rows
    make, expected = LABELS[kind]
    labels = make(index)
    classes = {"classes": labels[:3]} if call == "partial_fit" else {}
    clf = getattr(classifier(), call)(X, labels, **classes)
    assert clf.classes_.tolist() == sorted(set(plain(labels)))
    assert (clf.classes_.dtype.kind, clf.predict(X).dtype.kind) == (expected, expected)


@pytest.mark.parametrize("name", ["int8", "uint8", "int32", "int64", "<U3"])
def test_classes_keep_the_dtype_of_an_array(name, rows):
    X, index = rows
    labels = index.astype(name)
    clf = classifier().fit(X, labels)
    assert (clf.classes_.dtype, clf.predict(X).dtype) == (labels.dtype, labels.dtype)


@settings(deadline=None, database=None, derandomize=True, max_examples=25)
@given(
    names=st.sets(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=6)
    | st.sets(st.text(st.characters(exclude_characters="\0")), min_size=2, max_size=6)
)
def test_any_names_of_classes_are_learnt(names):
    labels = np.array(list(names))
    X = np.eye(len(labels))
    clf = classifier(hidden_layer_size=16, solver="lbfgs", max_iter=30).fit(X, labels)
    assert_array_equal(clf.predict(X), labels)


def test_column_of_labels_is_flattened_with_a_warning(rows):
    X, y = rows
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        clf = classifier().fit(X, y[:, np.newaxis])
    assert_array_equal(all_weights(clf), all_weights(classifier().fit(X, y)))


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_is_refused_and_changes_nothing(case, call, rows, trained):
    spoil, message = BAD_DATA[case]
    before = joblib.hash(vars(trained))
    probabilities = trained.predict_proba(rows[0])
    with pytest.raises(ValueError, match=f"(?s){message}"):
        getattr(trained, call)(*spoil(*rows))
    assert joblib.hash(vars(trained)) == before
    assert_array_equal(trained.predict_proba(rows[0]), probabilities)


@pytest.mark.parametrize("case", BAD_CHUNKS)
def test_bad_chunk_is_refused_and_changes_nothing(case, rows, trained):
    spoil, message = BAD_CHUNKS[case]
    before = joblib.hash(vars(trained))
    with pytest.raises(ValueError, match=f"(?s){message}"):
        trained.partial_fit(*spoil(*rows))
    assert joblib.hash(vars(trained)) == before


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_bad_sample_weight_is_refused_and_changes_nothing(case, call, rows, trained):
    X, y = rows
    spoil, message = BAD_WEIGHTS[case]
    before = joblib.hash(vars(trained))
    with pytest.raises(ValueError, match=message):
        getattr(trained, call)(X, y, sample_weight=spoil(y))
    assert joblib.hash(vars(trained)) == before


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
@pytest.mark.parametrize("case", BAD_PARAMETERS)
def test_bad_parameter_is_refused_and_changes_nothing(case, call, rows, trained):
    params, message = BAD_PARAMETERS[case]
    (name,) = params
    before = joblib.hash(vars(trained.set_params(**params)))
    with pytest.raises(ValueError, match=f"(?s)(?=.*{name}).*{message}"):
        getattr(trained, call)(*rows)
    assert joblib.hash(vars(trained)) == before


@pytest.mark.parametrize("case", BAD_BEGINNINGS)
def test_bad_beginning_is_refused_and_changes_nothing(case, rows, trained):
    params, message = BAD_BEGINNINGS[case]
    trained.set_params(warm_start=False, **params)
    before = joblib.hash(vars(trained))
    with pytest.raises(ValueError, match=f"(?s){message}"):
        trained.fit(*rows)
    assert joblib.hash(vars(trained)) == before


@pytest.mark.parametrize("case", BAD_PARAMETERS | BAD_BEGINNINGS)
def test_refused_fit_leaves_a_new_estimator_unfitted(case, rows):
    params, message = (BAD_PARAMETERS | BAD_BEGINNINGS)[case]
    clf = classifier().set_params(**params)
    before = vars(clf).copy()
    with pytest.raises(ValueError, match=f"(?s){message}"):
        clf.fit(*rows)
    assert vars(clf) == before


@pytest.mark.parametrize("kind", [np.asfortranarray, pd.DataFrame, sparse.csc_array])
def test_several_labels_lie_row_by_row(kind, rows):
    # Training gathers rows, of columns at a tenth more of the time for 200 labels.
    X, y = rows
    Y = y[:, np.newaxis] >> np.arange(3) & 1
    labels = check_table("TwoLayerClassifier", X, kind(Y)).labels
    assert labels.flags.c_contiguous
    assert_array_equal(labels, Y)


@pytest.mark.parametrize("kind", ["array", "list", "objects"])
@pytest.mark.parametrize("label", [0, "a", True])
def test_single_class_is_told_of_by_name_and_predicted(label, kind, rows):
    X, y = rows[0], [label] * 60
    y = {"array": np.array(y), "list": y, "objects": np.array(y, object)}[kind]
    clf = classifier()
    with pytest.warns(UserWarning, match=f"only one class that counts, {label!r}, so"):
        clf.fit(X, y)
    assert clf.predict(X).tolist() == [label] * 60
    assert_array_equal(clf.predict_proba(X), np.ones((60, 1)))
    assert_array_equal(clf.predict_log_proba(X), np.zeros((60, 1)))
    assert_array_equal(clf.decision_function(X), np.zeros(60))
    assert clf.score(X, y) == 1.0


def test_single_class_of_positive_weight_is_told_of(rows):
    X, y = rows
    clf = classifier()
    with pytest.warns(UserWarning, match=r"only one class that counts, 0, so"):
        clf.fit(X, y, sample_weight=y == 0)
    assert clf.classes_.tolist() == [0, 1, 2]
    assert clf.predict_proba(X).shape == (60, 3)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (None, r"classes must be passed on the first call.*classes=np\.unique\(y\)"),
        ([0], r"at least 2 classes; got \[0\]"),
        ([0, 1], r"y holds the classes \[2\].*\[0, 1\]"),
        (["a", "b"], r"y holds the classes \[0, 1, 2\].*\['a', 'b'\]"),
    ],
    ids=str,
)
def test_first_partial_fit_asks_for_all_classes(classes, message, rows):
    clf = classifier()
    before = vars(clf).copy()
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(*rows, classes=classes)
    assert vars(clf) == before


@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("fit", {"learning_rate": fails_halfway}),
        ("partial_fit", {"learning_rate": fails_halfway}),
        ("fit", {"early_stopping": True, "scoring": fails}),
    ],
    ids=["rate in fit", "rate in partial_fit", "scorer in fit"],
)
def test_failure_while_training_changes_nothing(call, params, rows, trained):
    trained.set_params(max_iter=8, batch_size=20, validation_fraction=0.2, **params)
    before = joblib.hash(vars(trained))
    with pytest.raises(ZeroDivisionError):
        getattr(trained, call)(*rows)
    assert joblib.hash(vars(trained)) == before


@pytest.mark.parametrize("method", METHODS)
def test_predicting_unfitted_is_refused(method, rows):
    with pytest.raises(NotFittedError, match=r"not fitted yet\. Call 'fit'"):
        getattr(classifier(), method)(rows[0])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "case", ["NaN", "infinity", "too large", "too large in CSR", "text", "complex"]
)
def test_bad_X_is_refused_when_predicting(case, method, rows, trained):
    spoil, message = BAD_DATA[case]
    X, _ = spoil(*rows)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        getattr(trained, method)(X)


@pytest.mark.parametrize("method", METHODS)
def test_other_width_is_refused_when_predicting(method, rows, trained):
    with pytest.raises(ValueError, match=r"X has 4 features, but .* expecting 6"):
        getattr(trained, method)(rows[0][:, :4])


def test_large_values_are_welcome_in_float64(rows):
    X, y = rows
    clf = classifier(dtype="float64").fit(X, y)
    assert np.isfinite(clf.predict_proba(spoilt(X, 1e39))).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("kind", [np.asarray, np.asfortranarray, sparse.csr_array])
def test_predicting_changes_neither_estimator_nor_X(kind, dtype, method, rows, trained):
    X = kind((rows[0] * 9).astype(dtype))
    before = joblib.hash([vars(trained), X])
    getattr(trained, method)(X)
    assert joblib.hash([vars(trained), X]) == before


@pytest.mark.parametrize("way", WAYS_TO_TRAIN)
@pytest.mark.parametrize("kind", [np.asarray, np.asfortranarray, sparse.csr_array])
def test_training_changes_none_of_its_arguments(kind, way, rows):
    X, y, weight = kind(rows[0]), rows[1], np.ones(60)
    before = joblib.hash([X, y, weight])
    classifier(**{"batch_size": 20, **WAYS_TO_TRAIN[way]}).fit(X, y, weight)
    assert joblib.hash([X, y, weight]) == before


@pytest.mark.parametrize("method", METHODS)
def test_memory_of_predicting_does_not_grow_with_rows(method):
    X = np.random.default_rng(0).integers(0, 256, (20_000, 20), dtype=np.uint8)
    predict = getattr(wide_network(20, 1300), method)
    few, many = (peak_beyond_result(lambda A=A: predict(A)) for A in (X[:2000], X))
    # Not a byte for each of the other rows.
    assert many - few < 18_000


def test_two_threads_predict_with_twice_the_memory():
    X = np.random.default_rng(0).integers(0, 256, (20_000, 20), dtype=np.uint8)
    one, two = (
        peak_beyond_result(lambda k=k: wide_network(20, 1300, n_jobs=k).predict(X))
        for k in (1, 2)
    )
    assert two < 2 * one + 18_000


@pytest.mark.parametrize(
    ("dtype", "order"),
    [("u1", "C"), ("f4", "C"), ("f4", "F"), (">f4", "C"), ("f8", "C")],
)
def test_checking_X_needs_no_memory_that_grows_with_rows(dtype, order):
    X = np.random.default_rng(0).integers(0, 256, (2000, 800)).astype(dtype)
    X = np.asarray(np.resize(X, (20_000, 800)), order=order)
    predict = wide_network(800, 100).predict
    few, many = (peak_beyond_result(lambda A=A: predict(A)) for A in (X[:2000], X))
    assert many - few < 18_000


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_memory_of_predicting_sparse_does_not_grow_with_rows(dtype):
    X = sparse.csr_array(np.tile(np.eye(20, dtype=dtype), (1000, 1)))
    predict, parts = wide_network(20, 1300).predict, (X[:2000], X)
    few, many = (peak_beyond_result(lambda A=A: predict(A)) for A in parts)
    assert many - few < 18_000


@pytest.mark.parametrize("kind", ["dense", "csr_array", "unsorted"])
@pytest.mark.parametrize("method", METHODS)
def test_threads_may_share_estimator_and_X(method, kind):
    X = np.random.default_rng(0).integers(0, 9, (20_000, 20)).astype(float)
    predict = getattr(integer_network(20), method)
    expected = np.stack([predict(X)] * 8)
    X = SPARSE[kind](X) if kind in SPARSE else X
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(predict, [X] * 8))
    assert_array_equal(np.stack(results), expected)


@pytest.mark.parametrize("scale", [2.0**k for k in (-990, -142, 124, 990, 1022)])
@pytest.mark.parametrize(
    "class_weight", [None, "balanced", {0: 1.0, 1: 3.0, 2: 2.0}], ids=str
)
def test_weights_of_a_fit_have_no_scale(scale, class_weight, digits):
    X, X_val, y, y_val = (part[:300] for part in digits)
    y, y_val = y % 3, y_val % 3
    weight = np.random.default_rng(0).uniform(0.5, 2.0, size=len(y))
    val = {"X_val": X_val, "y_val": y_val}
    make = {"max_iter": 3, "random_state": 0, "class_weight": class_weight}
    one, other = (
        TwoLayerClassifier(9, **make).fit(
            X, y, w, **val, sample_weight_val=w[: len(y_val)]
        )
        for w in (weight, scale * weight)
    )
    assert one.coefs_[0].dtype == np.float32
    assert_array_equal(other.coefs_[0], one.coefs_[0])
    assert other.history_["val_loss"] == one.history_["val_loss"]


@pytest.mark.parametrize("scale", [2.0**-990, 2.0**990])
def test_weights_of_classes_have_no_scale(scale, digits):
    X, _, y, _ = digits
    one, other = (
        TwoLayerClassifier(
            9,
            max_iter=2,
            random_state=0,
            class_weight={label: s * (1 + label) for label in range(10)},
        ).fit(X, y)
        for s in (1.0, scale)
    )
    assert_array_equal(other.coefs_[0], one.coefs_[0])


@pytest.mark.parametrize("early_stopping", [False, True])
def test_weights_whose_products_alone_have_a_common_scale_count(early_stopping):
    X, y = np.arange(40.0, dtype=np.float32)[:, np.newaxis], np.arange(40) // 20
    # Of the samples of each class, and the other way round.
    weights = {0: 1e-100, 1: 1e100}
    sample_weight = np.where(y == 0, weights[1], weights[0])
    make = {"random_state": 0, "early_stopping": early_stopping}
    expected = TwoLayerClassifier(3, **make).fit(X, y)
    for class_weight in ("balanced", weights):
        clf = TwoLayerClassifier(3, class_weight=class_weight, **make)
        clf.fit(X, y, sample_weight)
        assert_allclose(clf.coefs_[0], expected.coefs_[0], rtol=1e-5)


@pytest.mark.parametrize("weight", [1e39, 1e-300])
@pytest.mark.parametrize("name", ["sample_weight", "class_weight"])
def test_weights_of_a_chunk_that_its_precision_does_not_hold_are_refused(
    weight, name, digits
):
    X, y = digits[0][:50], digits[2][:50]
    clf = TwoLayerClassifier(5, random_state=0)
    passes = {"classes": range(10)}
    if name == "sample_weight":
        passes["sample_weight"] = np.full(50, weight)
    else:
        clf.set_params(class_weight=dict.fromkeys(range(10), weight))
    words = rf"'float32'\), in which .*, does not hold weights.*Scale .*{name}"
    with pytest.raises(ValueError, match=words):
        clf.partial_fit(X, y, **passes)
    assert not hasattr(clf, "coefs_")


@pytest.mark.parametrize("own", [True, False])
def test_a_scorer_is_passed_the_weights_that_were_given(own, digits):
    X, X_val, y, y_val = (part[:400] for part in digits)
    seen = []

    def score(estimator, X, y, sample_weight=None):
        seen.append(sample_weight)
        return 0.0

    weight = 100.0 + np.arange(len(y))
    clf = TwoLayerClassifier(5, max_iter=1, scoring=score, early_stopping=True)
    val = {"X_val": X_val, "y_val": y_val, "sample_weight_val": weight[: len(y_val)]}
    clf.fit(X, y, weight, **(val if own else {}))
    if own:
        assert_array_equal(seen[0], weight[: len(y_val)])
    else:
        assert set(seen[0]) <= set(weight)


def test_a_column_may_have_the_name_of_an_attribute_of_frames():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame({"schema": [0.0, 1.0], "columns": [1.0, 0.0]})
    clf = TwoLayerClassifier(3, max_iter=2, random_state=0).fit(X, [0, 1])
    assert clf.predict(X).shape == (2,)


def test_a_missing_value_of_an_extension_array_is_named():
    pandas = pytest.importorskip("pandas")
    X, gap = [[0.0], [1.0], [2.0]], pandas.array([None, 1, 0], dtype="Int64")
    clf = TwoLayerClassifier(3, max_iter=2, random_state=0)
    with pytest.raises(ValueError, match=r"Input y contains NaN.*row 0"):
        clf.fit(X, gap)
    with pytest.raises(ValueError, match=r"Input sample_weight contains NaN.*row 0"):
        clf.fit(X, [0, 1, 1], gap)


def test_a_chunk_without_weights_follows_one_of_huge_weights():
    X, y = np.arange(4.0, dtype=np.float32)[:, np.newaxis], [0, 1, 0, 1]
    clf = TwoLayerClassifier(3, max_iter=1, random_state=0).fit(X, y, [1e300] * 4)
    clf.partial_fit(X, y)
    assert np.isfinite(clf.predict_proba(X)).all()
