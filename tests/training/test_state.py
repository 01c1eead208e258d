"""What is written to disk: how large, by which version, and going on from it."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skmlp import TwoLayerClassifier


@pytest.fixture
def trained(digits):
    X, _, y, _ = digits
    return TwoLayerClassifier(100, max_iter=3, random_state=0).fit(X, y)


def test_an_estimator_that_a_scorer_was_given_stays_as_it_was(digits):
    X, X_val, y, y_val = digits
    given = []
    make = {"learning_rate": "constant", "random_state": 0}
    make["scoring"] = lambda clf, *_: given.append(clf) or 0.0
    once, thrice = (TwoLayerClassifier(9, max_iter=n, **make) for n in (1, 3))
    thrice.fit(X, y, X_val=X_val, y_val=y_val)
    after_first = given[0].coefs_[0]
    once.fit(X, y, X_val=X_val, y_val=y_val)
    assert_array_equal(after_first, once.coefs_[0])


def size_of_weights(clf):
    return sum(array.nbytes for array in (*clf.coefs_, *clf.intercepts_))


def test_pickle_after_fit_is_hardly_larger_than_the_weights(trained):
    history = len(pickle.dumps(trained.history_))
    assert len(pickle.dumps(trained)) <= 1.15 * size_of_weights(trained) + history


@pytest.mark.parametrize("method", ["warm_start", "partial_fit"])
def test_solver_is_remembered_where_it_is_needed(trained, digits, method):
    X, _, y, _ = digits
    if method == "warm_start":
        trained.set_params(warm_start=True).fit(X, y)
    else:
        trained.partial_fit(X, y)
    # Adam's two moments, in the precision of the weights.
    assert 2.9 < len(pickle.dumps(trained)) / size_of_weights(trained) < 3.2


def test_training_goes_on_from_a_pickle_to_the_bit(digits):
    X, _, y, _ = digits
    clf = TwoLayerClassifier(20, dropout=0.2, random_state=0)
    clf.partial_fit(X, y, classes=range(10))
    loaded = pickle.loads(pickle.dumps(clf))
    assert_array_equal(
        loaded.partial_fit(X, y).coefs_[0], clf.partial_fit(X, y).coefs_[0]
    )
    assert loaded.history_["loss"] == clf.history_["loss"]


def test_pickle_of_another_version_is_silent(trained, monkeypatch, recwarn):
    written = pickle.dumps(trained)
    monkeypatch.setattr("skmlp._classifier.__version__", "99.0")
    loaded = pickle.loads(written)
    assert_array_equal(loaded.coefs_[0], trained.coefs_[0])
    assert len(recwarn) == 0


def test_pickle_of_this_version_is_silent(trained, recwarn):
    pickle.loads(pickle.dumps(trained))
    copy.deepcopy(trained)
    assert len(recwarn) == 0


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_memory_mapped_weights_are_copied_before_training_on(
    trained, digits, tmp_path, mode
):
    X, _, y, _ = digits
    path = tmp_path / "model.joblib"
    joblib.dump(trained, path)
    written = path.read_bytes()
    mapped = joblib.load(path, mmap_mode=mode)
    assert isinstance(mapped.coefs_[0], np.memmap)
    assert_array_equal(mapped.predict(X), trained.predict(X))
    mapped.partial_fit(X, y)
    assert_array_equal(mapped.coefs_[0], trained.partial_fit(X, y).coefs_[0])
    assert path.read_bytes() == written
