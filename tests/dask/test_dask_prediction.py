"""Predictions of collections: lazy, block by block, those of the local classifier."""

import tracemalloc

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from cutting import cut, joined
from in_process import InProcess
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError

from skmlp.dask import DaskTwoLayerClassifier

METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=90)
    return (rng.normal(size=(90, 5)) + y[:, np.newaxis]).astype(np.float32), y


def fitted(X, y):
    make = {"hidden_layer_size": 8, "max_iter": 3, "random_state": 0}
    clf = DaskTwoLayerClassifier(client=InProcess(), **make)
    return clf.fit(joined(*cut(X, 50)), joined(*cut(y, 50))).set_params(client=None)


@pytest.fixture(scope="module")
def clf(rows):
    return fitted(*rows)


def by_blocks(predicted, X, *ends):
    """Return what is predicted of blocks, which may be another bit than of all."""
    return np.concatenate([predicted(part) for part in cut(X, *ends)])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("columns", [5, 2])
def test_predictions_are_those_of_the_local_classifier(clf, rows, method, columns):
    X = rows[0]
    predict = getattr(clf.to_local(), method)
    found = getattr(clf, method)(da.from_array(X, chunks=(40, columns)))
    assert isinstance(found, da.Array)
    assert (found.shape, found.dtype) == (predict(X).shape, predict(X).dtype)
    assert_array_equal(
        found.compute(scheduler="threads"), by_blocks(predict, X, 40, 80)
    )


@pytest.mark.parametrize("method", METHODS)
def test_predictions_of_rows_in_memory_are_local(clf, rows, method):
    found = getattr(clf, method)(rows[0])
    assert isinstance(found, np.ndarray)
    assert_array_equal(found, getattr(clf.to_local(), method)(rows[0]))


@pytest.mark.parametrize("method", METHODS)
def test_two_classes(rows, method):
    X, y = rows
    clf = fitted(X, y == 1)
    found = getattr(clf, method)(da.from_array(X, chunks=(40, 5)))
    expected = by_blocks(getattr(clf.to_local(), method), X, 40, 80)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    assert_array_equal(found.compute(), expected)


@pytest.mark.parametrize("method", METHODS)
def test_blocks_of_unknown_length_and_empty_ones(clf, rows, method):
    X = rows[0]
    found = getattr(clf, method)(joined(X[:0], X[:40], X[40:40], X[40:]))
    expected = by_blocks(getattr(clf.to_local(), method), X, 40)
    assert found.dtype == expected.dtype
    assert_array_equal(found.compute(), expected)


def frame_of(X):
    frame = pd.DataFrame(X, columns=[*"abcde"])
    return dd.concat([dd.from_pandas(part, npartitions=1) for part in cut(frame, 40)])


@pytest.mark.parametrize("method", METHODS)
def test_frames(rows, method):
    X, y = rows
    make = {"hidden_layer_size": 8, "max_iter": 3, "random_state": 0}
    clf = DaskTwoLayerClassifier(client=InProcess(), **make)
    clf.fit(frame_of(X), joined(*cut(y, 40))).set_params(client=None)
    frame = frame_of(X)
    found = getattr(clf, method)(frame)
    assert isinstance(found, da.Array)
    local = getattr(clf.to_local(), method)
    expected = np.concatenate([local(part.compute()) for part in frame.partitions])
    assert found.dtype == expected.dtype
    assert_array_equal(found.compute(), expected)
    nothing = getattr(clf, method)(frame[frame["a"] > 1e9]).compute()
    assert nothing.shape == (0, *expected.shape[1:])


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
def test_sparse_blocks(clf, rows, kind):
    X = rows[0]
    found = clf.predict_proba(joined(*map(kind, cut(X, 40)))).compute()
    assert_allclose(found, clf.predict_proba(X), rtol=1e-5)


def test_nothing_is_computed_until_it_is_asked_for(clf, rows):
    seen = []

    def tell(block):
        seen.append(len(block))
        return block

    X = da.from_array(rows[0], chunks=(40, 5)).map_blocks(tell, meta=rows[0][:0])
    predicted = [getattr(clf, method)(X) for method in METHODS]
    assert not seen
    predicted[0][:3].compute(scheduler="sync")
    assert seen == [40]


def test_memory_is_that_of_a_few_blocks(rows):
    X, y = np.tile(rows[0], (1, 20)), rows[1]
    clf = fitted(X, y)
    zeros = da.zeros((100_000, 100), chunks=(2_000, 100), dtype=np.float32)
    ones = zeros.map_blocks(np.ones_like, meta=np.empty((0, 100), np.float32))
    mean = clf.predict_proba(ones).mean(axis=0)
    tracemalloc.start()
    mean.compute(scheduler="sync")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 2_000 * 100 * 4  # of 50 blocks


def test_the_network_is_in_the_graph_once(clf, rows):
    X = da.from_array(rows[0], chunks=(1, 5))
    graph = dict(clf.predict(X).__dask_graph__())
    assert sum("TwoLayerClassifier" in str(key) for key in graph) <= 1
    assert len(graph) <= 2 * 90 + 5


def test_a_cluster_predicts_the_same(client, clf, rows):
    X = da.from_array(rows[0], chunks=(40, 5))
    expected = by_blocks(clf.to_local().predict_proba, rows[0], 40, 80)
    assert_array_equal(clf.predict_proba(client.persist(X)).compute(), expected)


def test_score_is_the_accuracy_of_all_blocks(clf, rows):
    X, y = rows
    weight = np.arange(90.0)
    blocks = da.from_array(X, chunks=(40, 5)), da.from_array(y, chunks=40)
    assert clf.score(*blocks) == clf.to_local().score(X, y)
    expected = clf.to_local().score(X, y, weight)
    assert clf.score(*blocks, da.from_array(weight, chunks=40)) == expected
    assert clf.score(X, y, weight) == expected
    assert clf.score(frame_of(X).to_dask_array(lengths=True), y) == clf.score(X, y)


def test_collections_that_do_not_fit_are_refused(clf, rows):
    X = da.from_array(rows[0], chunks=(40, 5))
    with pytest.raises(ValueError, match="4 features"):
        clf.predict(X[:, :4]).compute()
    broken = da.where(X > 2, np.nan, X)
    with pytest.raises(ValueError, match="NaN"):
        clf.predict(broken).compute()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        clf.score(X, rows[1][:-1])


@pytest.mark.parametrize("method", [*METHODS, "to_local", "score"])
def test_what_is_not_fitted_is_refused(method):
    X = [] if method == "to_local" else [da.ones((4, 2))]
    X += [da.ones(4)] if method == "score" else []
    with pytest.raises(NotFittedError):
        getattr(DaskTwoLayerClassifier(), method)(*X)


def test_predictions_go_on_from_what_was_known_when_they_were_asked_for(rows):
    X, y = rows
    clf = fitted(X, y)
    lazy = clf.predict_proba(da.from_array(X, chunks=-1))
    expected = clf.predict_proba(X)
    clf.coefs_[0][...] = 0.0
    assert_array_equal(lazy.compute(), expected)


def test_schedulers_of_dask_agree(clf, rows):
    X = da.from_array(rows[0], chunks=(10, 5))
    results = [clf.predict_proba(X).compute(scheduler=s) for s in ("sync", "threads")]
    assert_array_equal(*results)
    with dask.config.set(scheduler="sync"):
        assert_array_equal(clf.predict_proba(X).compute(), results[0])
