"""What DaskTwoLayerClassifier can be fitted to, and what it says of all else."""

import re

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from cutting import cut, joined
from distributed import Client
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skmlp import TwoLayerClassifier
from skmlp.dask import DaskTwoLayerClassifier

# The result is that of one machine only where a single replica goes through one block.
AS_ON_ONE_MACHINE = {"sampling": "sequential", "alpha": 1e-3, "max_iter": 3}
ENDS = [300, 700]


@pytest.fixture(scope="module")
def rows():
    """90 rows of 4 classes, of which X tells something, and weights."""
    rng = np.random.default_rng(0)
    y = rng.integers(4, size=90)
    X = rng.normal(size=(90, 5)) + y[:, np.newaxis]
    return X, y, rng.uniform(0.0, 3.0, size=90)


def weights_of(clf):
    return [*clf.coefs_, *clf.intercepts_]


def assert_same(one, other, **tolerance):
    for mine, yours in zip(weights_of(one), weights_of(other), strict=True):
        assert mine.dtype == yours.dtype
        if tolerance:
            assert_allclose(mine, yours, **tolerance)
        else:
            assert_array_equal(mine, yours)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"solver": "sgd"},
        {"solver": "adam", "max_grad_norm": 0.1},
        {"learning_rate": "exponential", "batch_size": 7},
        {"standardize": False, "fit_intercept": False},
        {"loss": "brier", "label_smoothing": 0.1},
    ],
    ids=str,
)
def test_one_replica_learns_one_block_as_on_one_machine(client, rows, params):
    X, y, _ = rows
    params = {"random_state": 0, **AS_ON_ONE_MACHINE, **params}
    clf = DaskTwoLayerClassifier(9, client=client, **params)
    clf.fit(da.from_array(X, chunks=-1), da.from_array(y, chunks=-1))
    local = TwoLayerClassifier(9, **params).fit(X, y)
    assert_same(clf, local)
    assert clf.history_["loss"] == local.history_["loss"]
    assert clf.history_["learning_rate"] == local.history_["learning_rate"]


@pytest.mark.parametrize("class_weight", ["balanced", {0: 2.0, 3: 0.5}])
def test_weights_count_as_on_one_machine(client, rows, class_weight):
    X, y, sample_weight = rows
    params = {"random_state": 0, **AS_ON_ONE_MACHINE, "class_weight": class_weight}
    clf = DaskTwoLayerClassifier(9, client=client, **params)
    clf.fit(*(da.from_array(a, chunks=-1) for a in (X, y, sample_weight)))
    local = TwoLayerClassifier(9, **params).fit(X, y, sample_weight)
    assert_same(clf, local, rtol=1e-9)


@pytest.mark.parametrize("class_weight", [None, "balanced", {1: 3.0}])
def test_blocks_are_standardised_and_weighted_as_the_whole(client, rows, class_weight):
    # Without a step the loss of an epoch is that of the first weights, on all rows.
    X, y, sample_weight = rows
    X = X * [1e-3, 1, 5, 1e3, 1] + [0, 1e6, 0, -1e9, 0]
    params = {
        "solver": "sgd",
        "learning_rate_init": 1e-300,
        "class_weight": class_weight,
    }
    params |= {"max_iter": 1, "random_state": 0, "alpha": 0.0, "batch_size": None}
    clf = DaskTwoLayerClassifier(9, client=client, n_replicas=3, **params)
    blocks = [joined(*cut(array, 20, 70)) for array in (X, y, sample_weight)]
    clf.fit(*blocks)
    local = TwoLayerClassifier(9, **params).fit(X, y, sample_weight)
    assert_same(clf, local, rtol=1e-9, atol=1e-299)
    assert_allclose(clf.history_["loss"], local.history_["loss"], rtol=1e-9)


@pytest.mark.parametrize("class_weight", ["balanced", [{0: 1.0, 1: 4.0}, {}, {1: 0.5}]])
def test_several_labels_are_weighted_as_the_whole(client, rows, class_weight):
    X, y, sample_weight = rows
    Y = (y[:, np.newaxis] > np.arange(3)).astype(int)
    params = {"random_state": 0, **AS_ON_ONE_MACHINE, "class_weight": class_weight}
    clf = DaskTwoLayerClassifier(9, client=client, **params)
    clf.fit(*(da.from_array(a, chunks=-1) for a in (X, Y, sample_weight)))
    local = TwoLayerClassifier(9, **params).fit(X, Y, sample_weight)
    assert_same(clf, local, rtol=1e-8, atol=1e-12)


def blocks_of_arrays(X, y):
    return da.from_array(X, chunks=(50, X.shape[1])), da.from_array(y, chunks=50)


def columns_in_several_chunks(X, y):
    return da.from_array(X, chunks=(50, 2)), da.from_array(y, chunks=50)


def y_in_other_blocks(X, y):
    return da.from_array(X, chunks=(50, 2)), da.from_array(y, chunks=70)


def unknown_lengths(X, y):
    return joined(X[:50], X[50:]), joined(y[:50], y[50:])


def unknown_lengths_in_several_chunks(X, y):
    return joined(X[:50], X[50:]).rechunk({1: 2}), joined(y[:50], y[50:])


def an_empty_block(X, y):
    return joined(X[:50], X[:0], X[50:]), joined(y[:50], y[:0], y[50:])


def a_column_of_labels(X, y):
    return blocks_of_arrays(X, y[:, np.newaxis])


def frame_of(X):
    frame = pd.DataFrame(X, columns=[f"feature {i}" for i in range(X.shape[1])])
    return dd.concat([dd.from_pandas(part, npartitions=1) for part in cut(frame, 50)])


def frames(X, y):
    series = [dd.from_pandas(part, npartitions=1) for part in cut(pd.Series(y), 50)]
    return frame_of(X), dd.concat(series)


def frame_and_column(X, y):
    X, y = frames(X, y)
    return X, y.to_frame()


def frame_and_array(X, y):
    return frame_of(X), da.from_array(y, chunks=50)


def array_and_series(X, y):
    return da.from_array(X, chunks=(50, -1)), frames(X, y)[1]


def filtered_frame(X, y):
    X, y = frames(np.vstack([X, X[:5] * 1e6]), np.append(y, y[:5]))
    is_one = X["feature 0"] < 1e3
    return X[is_one], y[is_one]


@pytest.mark.parametrize(
    "given",
    [
        *(columns_in_several_chunks, y_in_other_blocks, unknown_lengths),
        *(unknown_lengths_in_several_chunks, an_empty_block, a_column_of_labels),
        *(frames, frame_and_column, frame_and_array, array_and_series),
    ],
)
def test_collections_of_the_same_blocks_are_alike(few, rows, given):
    X, y = np.abs(rows[0]) + 1e-3, rows[1]
    clf = few().fit(*given(X, y))
    expected = few().fit(*blocks_of_arrays(X, y))
    if given is an_empty_block:  # the seeds of the blocks go by those that count
        assert_same(clf, few().fit(*unknown_lengths(X, y)))
    assert_same(clf, expected, rtol=1e-9)  # the columns of a frame lie apart
    assert_array_equal(clf.classes_, [0, 1, 2, 3])


def test_rows_of_a_frame_may_be_chosen(few, rows):
    clf = few().fit(*filtered_frame(np.abs(rows[0]) + 1e-3, rows[1]))
    assert clf.n_features_in_ == 5


def test_features_of_frames_keep_their_names(few, rows):
    clf = few().fit(*frames(*rows[:2]))
    assert_array_equal(clf.feature_names_in_, [f"feature {i}" for i in range(5)])
    assert not hasattr(few().fit(*blocks_of_arrays(*rows[:2])), "feature_names_in_")


@pytest.mark.parametrize(
    ("dtype", "computes_in"),
    [
        *(("float32", "float32"), ("float64", "float64"), ("float16", "float32")),
        *(("uint8", "float32"), ("int64", "float32"), ("bool", "float32")),
    ],
)
def test_dtypes_of_x(few, rows, dtype, computes_in):
    X = (rows[0] > 1).astype(dtype)
    clf = few().fit(*blocks_of_arrays(X, rows[1]))
    assert clf.coefs_[0].dtype == computes_in
    assert few(dtype="float64").fit(*blocks_of_arrays(X, rows[1])).coefs_[0].dtype == (
        "float64"
    )


def test_one_block_of_float64_lets_all_be_computed_in_it(few, rows):
    X, y, _ = rows
    X = X.astype(np.float32)
    mixed = joined(X[:50], X[50:].astype(np.float64))
    clf = few().fit(mixed, joined(*cut(y, 50)))
    assert_same(clf, few(dtype="float64").fit(joined(*cut(X, 50)), joined(*cut(y, 50))))


@pytest.mark.parametrize(
    "kind", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.coo_array]
)
def test_sparse_blocks_learn_as_dense_ones(few, rows, kind):
    X, y, _ = rows
    X = np.where(X > 1, X, 0.0)
    clf = few().fit(joined(*map(kind, cut(X, 30, 60))), joined(*cut(y, 30, 60)))
    dense = few().fit(joined(*cut(X, 30, 60)), joined(*cut(y, 30, 60)))
    assert_same(clf, dense, rtol=1e-6, atol=1e-9)


def test_wide_sparse_blocks_are_learnt_by_steps_over_their_features(client):
    rng = np.random.default_rng(0)
    X = sparse.random(300, 40_000, density=1e-4, random_state=rng, format="csr")
    y = rng.integers(2, size=300)
    params = {"random_state": 0, **AS_ON_ONE_MACHINE}
    clf = DaskTwoLayerClassifier(9, client=client, **params)
    clf.fit(joined(X), joined(y))
    assert_same(clf, TwoLayerClassifier(9, **params).fit(X, y))


@pytest.mark.parametrize("labels", ["abcd", [7, -1, 3, 5], [True, False, False, True]])
def test_kinds_of_labels(few, rows, labels):
    y = np.array([*labels])[rows[1]]
    X, y_in_blocks = blocks_of_arrays(rows[0], y)
    clf = few(max_iter=20).fit(X, y_in_blocks)
    assert_array_equal(clf.classes_, np.unique(y))
    predicted = clf.predict(X)
    assert predicted.dtype == clf.classes_.dtype
    assert (predicted.compute() == y).mean() > 0.5


def test_classes_are_those_of_all_blocks(few):
    X, y = np.arange(12.0)[:, np.newaxis], np.repeat([5, 1, 9, 5], 3)
    clf = few().fit(joined(*cut(X, 4, 8)), joined(*cut(y, 4, 8)))
    assert_array_equal(clf.classes_, [1, 5, 9])


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array, sparse.csr_matrix])
def test_several_labels_per_row(few, rows, kind):
    X, y, _ = rows
    Y = (y[:, np.newaxis] > np.arange(3)).astype(int)
    blocks = joined(*map(kind, cut(Y, 50)), dtype=int)
    clf = few(max_iter=30).fit(joined(*cut(X, 50)), blocks)
    assert_array_equal(clf.classes_, [0, 1, 2])
    # Block by block, as early versions of Dask and SciPy do not join sparse arrays.
    predicted = clf.predict(joined(*cut(X, 50))).to_delayed().ravel()
    predicted = dask.compute(*predicted)
    assert {type(block) for block in predicted} == {type(kind(Y))}
    predicted = np.vstack([sparse.csr_array(block).toarray() for block in predicted])
    assert (predicted == Y).mean() > 0.7


def test_several_labels_of_a_frame(few, rows):
    X, y, _ = rows
    Y = pd.DataFrame(y[:, np.newaxis] > np.arange(3)).astype(int)
    blocks = dd.concat([dd.from_pandas(part, npartitions=1) for part in cut(Y, 50)])
    clf = few().fit(frame_of(X), blocks)
    assert_same(clf, few().fit(*blocks_of_arrays(X, Y.to_numpy())), rtol=1e-9)


def changed(array, value, row=7):
    """Return an array of blocks of 50 rows, the second with another value in it."""
    first, second = cut(array, 50)
    second = second.astype(np.result_type(second, type(value)) if value != "a" else "O")
    second[row] = value
    return joined(first, second)


WRONG_BLOCKS = {
    "NaN": (lambda X, y, w: (changed(X, np.nan), y, w), r"NaN.*row 7"),
    "infinite": (lambda X, y, w: (changed(X, np.inf), y, w), "infin"),
    "text": (lambda X, y, w: (changed(X, "a"), y, w), "text"),
    "continuous": (lambda X, y, w: (X, changed(y, 0.5), w), "continuous"),
    "negative": (lambda X, y, w: (X, y, changed(w, -1.0)), r"[Nn]egative.*row 7"),
    "missing weight": (lambda X, y, w: (X, y, changed(w, np.nan)), "NaN"),
    "fewer labels": (
        lambda X, y, w: (X, joined(y[:50], y[50:-1]), w),
        r"X and y have inconsistent numbers of samples: \[40, 39\]",
    ),
    "no rows but labels": (
        lambda X, y, w: (joined(X[:50], X[:0]), y, w),
        r"X and y have inconsistent numbers of samples: \[0, 40\]",
    ),
    "no labels but rows": (
        lambda X, y, w: (X, joined(y[:50], y[:0]), w),
        r"X and y have inconsistent numbers of samples: \[40, 0\]",
    ),
    "fewer weights": (
        lambda X, y, w: (X, y, joined(w[:50], 0 * w[50:-1])),
        r"X and sample_weight have inconsistent numbers of samples: \[40, 39\]",
    ),
    "other width": (
        lambda X, y, w: (joined(X[:50], X[50:, 1:]), y, w),
        "the number of features is 4, but 5 in block 0",
    ),
    "sparse and dense": (
        lambda X, y, w: (joined(X[:50], sparse.csr_array(X[50:])), y, w),
        "whether X is sparse",
    ),
    "numbers and text": (
        lambda X, y, w: (X, joined(y[:50], y[50:].astype(str)), w),
        "the kind of labels",
    ),
    "one label and several": (
        lambda X, y, w: (X, joined(y[:50], np.eye(4, dtype=int)[y[50:]]), w),
        "the form of y",
    ),
    "other labels": (
        lambda X, y, w: (X, joined(np.eye(4)[y[:50]], np.eye(5)[y[50:]]), w),
        "the number of labels per row is 5, but 4",
    ),
    "too large": (
        lambda X, y, w: (changed(X, 1e39), y, w),
        "a value too large for dtype.'float32'.",
    ),
}


@pytest.mark.parametrize("case", WRONG_BLOCKS)
def test_errors_name_the_block_and_leave_the_estimator(few, rows, case):
    change, message = WRONG_BLOCKS[case]
    X, y, sample_weight = rows
    clf = few(dtype="float32").fit(*blocks_of_arrays(X, y))
    before, state = weights_of(clf), {**vars(clf)}
    given = [
        array if hasattr(array, "dask") else joined(*cut(array, 50))
        for array in change(X, y, sample_weight)
    ]
    with pytest.raises((TypeError, ValueError), match=f"(?s)^Block 1.*{message}"):
        clf.fit(*given)
    assert vars(clf).keys() == state.keys()
    assert all(map(np.array_equal, weights_of(clf), before))


def test_frames_of_other_names_name_the_block(few, rows):
    frame = pd.DataFrame(rows[0]).rename(columns=str)
    other = frame[50:].rename(columns={"3": "three"})
    X = joined(frame[:50], other)
    with pytest.raises(ValueError, match=r"^Block 1 .*the names of the features"):
        few().fit(X, joined(*cut(rows[1], 50)))


@pytest.mark.parametrize("name", ["X", "y", "sample_weight"])
@pytest.mark.parametrize("kind", [np.asarray, list])
def test_what_is_no_collection_is_refused(few, rows, name, kind):
    X, y, _ = rows
    given = dict(zip(("X", "y"), blocks_of_arrays(X, y), strict=True))
    given[name] = kind(dict(zip(("X", "y", "sample_weight"), rows, strict=True))[name])
    with pytest.raises(TypeError, match=f"^{name} is a (ndarray|list).*from_array"):
        few().fit(**given)


def test_collections_of_other_lengths_are_refused(few, rows):
    X, y = blocks_of_arrays(*rows[:2])
    message = r"X and y have inconsistent numbers of samples: \[90, 87\]"
    with pytest.raises(ValueError, match=message):
        few().fit(X, y[:-3])
    weight = da.ones(5, chunks=5)
    with pytest.raises(ValueError, match=r"X and sample_weight have.*\[90, 5\]"):
        few().fit(X, y, weight)


def test_frames_of_other_partitions_are_refused(few, rows):
    X, y = frames(*rows[:2])
    with pytest.raises(ValueError, match="X has 2 blocks of rows, but y has 1"):
        few().fit(X, y.repartition(npartitions=1))


def test_a_number_has_no_rows(few, rows):
    X, y = blocks_of_arrays(*rows[:2])
    with pytest.raises(ValueError, match="y is a single number"):
        few().fit(X, y.sum())


def test_blocks_without_weight_are_as_if_they_were_not_there(few, rows):
    X, y, _ = rows
    weight = joined(np.ones(30), np.zeros(30), np.ones(30))
    clf = few().fit(joined(*cut(X, 30, 60)), joined(*cut(y, 30, 60)), weight)
    X, y = np.delete(X, np.s_[30:60], axis=0), np.delete(y, np.s_[30:60])
    assert_same(clf, few().fit(joined(*cut(X, 30)), joined(*cut(y, 30))))


def test_classes_of_rows_without_weight_are_known(few, rows):
    X, y, _ = rows
    y = np.append(y[:60], np.full(30, 9))
    weight = joined(np.ones(60), np.zeros(30))
    clf = few().fit(joined(*cut(X, 60)), joined(*cut(y, 60)), weight)
    assert_array_equal(clf.classes_, [0, 1, 2, 3, 9])


def test_rows_that_all_count_for_nothing_are_refused(few, rows):
    X, y = blocks_of_arrays(*rows[:2])
    with pytest.raises(ValueError, match="No row counts"):
        few().fit(X, y, da.zeros(90, chunks=50))
    with pytest.raises(ValueError, match="No row counts"):
        few(class_weight={0: 0.0}).fit(X, y, (y == 0).astype(float))
    with pytest.raises(ValueError, match="No row counts"):
        few().fit(X[:0], y[:0])


def test_a_block_of_one_class_is_learnt_beside_the_others(few, rows):
    X, y, _ = rows
    order = np.argsort(y != 3)
    X, y = X[order], y[order]
    blocks = [joined(*cut(array, int((y == 3).sum()))) for array in (X, y)]
    clf = few(max_iter=30).fit(*blocks)
    assert (clf.predict(blocks[0]).compute() == y).mean() > 0.6


def test_blocks_of_a_class_each_are_warned_of(few, rows):
    X, y, _ = rows
    order = np.argsort(y, kind="stable")
    ends = np.cumsum(np.bincount(y))[:-1]
    with pytest.warns(UserWarning, match="Each of the 4 blocks holds rows of a single"):
        few().fit(joined(*cut(X[order], *ends)), joined(*cut(y[order], *ends)))


def test_a_single_class_is_warned_of(few, rows):
    X, y = blocks_of_arrays(rows[0], np.full(90, 5))
    with pytest.warns(UserWarning, match="only one class that counts, 5"):
        clf = few().fit(X, y)
    assert_array_equal(clf.predict(X).compute(), np.full(90, 5))


def test_unequal_blocks_are_learnt(few, rows):
    X, y, _ = rows
    blocks = [joined(*cut(array, 1, 3, 80)) for array in (X, y)]
    clf = few(n_replicas=4, rounds_per_epoch=3, max_iter=30).fit(*blocks)
    assert (clf.predict(blocks[0]).compute() == y).mean() > 0.5


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_weights_mean_nothing_but_their_ratios(few, rows, scale):
    X, y, weight = rows
    blocks = [joined(*cut(array, 50)) for array in (X, y)]
    clf = few().fit(*blocks, joined(*cut(weight, 50)))
    scaled = few().fit(*blocks, joined(*cut(weight * scale, 50)))
    assert_same(clf, scaled, rtol=1e-9)


def test_several_clients_are_told_apart(client, rows):
    X, y = blocks_of_arrays(*rows[:2])
    address = client.scheduler.address
    with Client(address, set_as_default=False) as other:
        clf = DaskTwoLayerClassifier(8, client=other, max_iter=2, random_state=0)
        mine = other.persist(X)
        clf.fit(mine, y, X_val=mine, y_val=y)
        assert clf.client_ is other
        assert re.match("0|1", str(clf.score(mine, y)))
