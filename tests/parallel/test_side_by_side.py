"""Rows that several threads measure or predict, and candidates that they train."""

import signal
import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from several import N_CLASSES, arrays, bits, helpers, helpers_that_start, network, table

from skmlp import TwoLayerClassifier, TwoLayerClassifierCV
from skmlp.activations import Activation


@pytest.fixture(scope="module")
def many_rows():
    """X of 420 million multiplications, which four threads share, and y."""
    return table(4200, dtype=np.float32)


@pytest.fixture(scope="module")
def trained():
    return network(4, max_iter=2).fit(*table(dtype=np.float32))


METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]


@pytest.mark.parametrize("method", METHODS)
def test_rows_are_predicted_by_several_threads_as_by_one(method, trained, many_rows):
    X, _ = many_rows
    one = network(1, max_iter=2).fit(*table(dtype=np.float32))
    with helpers_that_start() as seen:
        expected = getattr(one, method)(X)
        assert seen == set()
        predicted = getattr(trained, method)(X)
    assert len(seen) == 3
    assert helpers() == set()
    assert_allclose(predicted, expected, rtol=1e-5, atol=1e-5)
    assert_array_equal(getattr(trained, method)(X), predicted)


@pytest.mark.parametrize("method", METHODS)
def test_several_labels_are_predicted_by_several_threads_as_by_one(method, many_rows):
    X, y = many_rows
    Y = y[:, np.newaxis] >> np.arange(3) & 1
    clf = network(1, max_iter=2).fit(X[:256], Y[:256])
    expected = getattr(clf, method)(X)
    clf.set_params(n_jobs=4)
    with helpers_that_start() as seen:
        predicted = getattr(clf, method)(X)
    assert len(seen) == 3
    assert predicted.shape == Y.shape
    assert_allclose(predicted, expected, rtol=1e-5, atol=1e-5)


def test_rows_of_few_multiplications_are_predicted_by_one_thread(trained, many_rows):
    with helpers_that_start() as seen:
        trained.predict(many_rows[0][:1900])
    assert seen == set()


def test_an_own_activation_predicts_in_the_thread_that_asks(many_rows):
    callers = set()

    def identity(Z, H):
        callers.add(threading.get_ident())
        np.copyto(H, Z)

    own = Activation(identity, lambda Z, H, dH: None)
    clf = network(4, max_iter=2, activation=own).fit(*table(dtype=np.float32))
    clf.predict(many_rows[0])
    assert callers == {threading.get_ident()}


@pytest.mark.parametrize("row", [0, 4199])
def test_a_prediction_that_is_no_number_is_refused_whoever_makes_it(row, many_rows):
    X = many_rows[0].copy()
    clf = network(4, max_iter=2).fit(*table(dtype=np.float32))
    X[row] = 3e38
    with pytest.raises(ValueError, match="float32"):
        clf.predict(X)
    assert helpers() == set()


def test_predictions_in_threads_have_the_bits_of_one_alone(trained, many_rows):
    X, _ = many_rows
    expected = trained.predict_proba(X)
    found = [None] * 4

    def predict(i):
        found[i] = trained.predict_proba(X)

    threads = [threading.Thread(target=predict, args=[i]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for proba in found:
        assert_array_equal(proba, expected)


# Five candidates for alpha at a quarter of 128 units on 128 rows are 16 million
# multiplications: two threads.
def test_candidates_for_alpha_are_trained_by_several_threads_as_by_one():
    X, y = table(1000, dtype=np.float32)
    one, two = (network(n, alpha="auto", max_iter=16) for n in (1, 2))
    with helpers_that_start() as seen:
        one.fit(X, y)
        assert seen == set()
        two.fit(X, y)
    assert len(seen) == 2  # one with candidates, one in the training that follows
    assert two.alpha_ == one.alpha_
    assert (
        len({bits(network(2, alpha="auto", max_iter=16).fit(X, y))} | {bits(two)}) == 1
    )


def test_candidates_of_a_search_are_trained_by_several_threads_as_by_one():
    X, y = table(600)
    make = {"alphas": [0.01, 0.1, 1.0], "cv": 2, "random_state": 0}
    make |= {"batch_size": 128, "max_iter": 8, "learning_rate_init": 0.003}
    one, two = (TwoLayerClassifierCV(n_jobs=n, **make) for n in (1, 2))
    with helpers_that_start() as seen:
        one.fit(X, y)
        assert seen == set()
        two.fit(X, y)
    assert len(seen) >= 2  # for each fold
    assert_allclose(two.scores_, one.scores_, rtol=1e-9)
    for mine, theirs in zip(arrays(two), arrays(one), strict=True):
        assert_allclose(mine, theirs, rtol=0, atol=1e-9 * np.abs(theirs).max())


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers on Windows")
@pytest.mark.parametrize("milliseconds", [1, 20, 40])
def test_ctrl_c_while_candidates_are_trained_leaves_no_thread(milliseconds):
    X, y = table(2000, dtype=np.float32)
    clf = TwoLayerClassifier(256, max_iter=200, n_jobs=2, random_state=0)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001 * milliseconds)
        with pytest.raises(KeyboardInterrupt):
            clf.fit(X, y)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert helpers() == set()
    assert not hasattr(clf, "coefs_")
    assert len(np.unique(y)) == N_CLASSES
