"""partial_fit warns where rows come sorted by label, and nowhere else."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skmlp import TwoLayerClassifier
from skmlp.streams import shuffled

SORTED = "Rows seem to come sorted by label"


def rows_of(labels):
    """Return X that tells the labels, with some noise, and the labels."""
    y = np.asarray(labels)
    noise = np.random.default_rng(0).normal(size=len(y))
    return np.column_stack([y + noise, noise]), y


def chunks_of(labels, size):
    X, y = rows_of(labels)
    for start in range(0, len(y), size):
        yield X[start : start + size], y[start : start + size]


def learn(chunks, clf=None, classes=(0, 1, 2), **passes):
    clf = clf or TwoLayerClassifier(2, random_state=0)
    for X, y in chunks:
        clf.partial_fit(X, y, classes=classes, **passes)
    return clf


SORTED_STREAMS = {
    "a class a chunk": ([0] * 30 + [1] * 30, 30),
    "several chunks a class": ([0] * 90 + [1] * 90, 30),
    "the border within a chunk": ([0] * 50 + [1] * 40, 30),
    "two borders within a chunk": ([0] * 33 + [2] * 10 + [1] * 17, 30),
    "ten rows each": ([2] * 10 + [1] * 10, 10),
}


@pytest.mark.parametrize("name", SORTED_STREAMS)
def test_a_sorted_stream_is_warned_of(name):
    labels, size = SORTED_STREAMS[name]
    with pytest.warns(UserWarning, match=SORTED) as caught:
        learn(chunks_of(labels, size))
    assert len(caught) == 1


def test_the_warning_counts_rows_and_names_classes_and_remedies():
    X, _ = rows_of([0] * 60)
    y = np.array(["no"] * 50 + ["yes"] * 4 + ["perhaps"] * 6)
    stream = [(X[:30], y[:30]), (X[30:], y[30:])]
    message = (
        r"50 of the class 'no', then 10 of \['perhaps', 'yes'\]\. A network forgets.* "
        r"Shuffle the file, or mix its chunks by skmlp\.streams\.shuffled"
    )
    with pytest.warns(UserWarning, match=message):
        learn(stream, classes=["no", "perhaps", "yes"])


def test_a_sorted_stream_of_many_classes_is_warned_of_once():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        learn(chunks_of(np.repeat(np.arange(10), 40), 30), classes=range(10))
    assert len(caught) == 1


def test_what_is_remembered_survives_pickling():
    first, second = chunks_of([0] * 20 + [1] * 20, 20)
    clf = pickle.loads(pickle.dumps(learn([first])))
    with pytest.warns(UserWarning, match=SORTED):
        learn([second], clf)


def test_a_warning_that_is_an_error_changes_nothing():
    first, second = chunks_of([0] * 20 + [1] * 20, 20)
    clf = learn([first])
    before = clf.coefs_[0].copy()
    with pytest.raises(UserWarning, match=SORTED):
        learn([second], clf)
    assert_array_equal(clf.coefs_[0], before)
    assert clf.t_ == 20


# Labels and the size of chunks.
MIXED_STREAMS = {
    "one row a chunk": ([0] * 50 + [1] * 50, 1),
    "a few rows a chunk": ([0] * 90 + [1] * 90, 9),
    "few rows at first": ([0] * 9 + [1] * 40, 9),
    "a rare class": ([0] * 95 + [1] * 5, 50),
    "a rare class, by chance at the end": ([0] * 191 + [1] * 9, 100),
    "one class alone": ([0] * 100, 10),
    "mixed after one class alone": ([0] * 100 + [0, 1] * 50, 50),
    "sorted within a chunk": ([0] * 50 + [1] * 50 + [2] * 50, 150),
    "one class after several": ([0, 1] * 20 + [2] * 40 + [1] * 40, 40),
}


@pytest.mark.parametrize("name", MIXED_STREAMS)
def test_honest_streams_are_not_warned_of(name):
    labels, size = MIXED_STREAMS[name]
    assert learn(chunks_of(labels, size)).t_ == len(labels)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
def test_shuffled_streams_are_not_warned_of(share):
    rng = np.random.default_rng(0)
    for _ in range(50):
        learn(chunks_of((rng.random(200) < share).astype(int), 20))


def test_a_sorted_stream_that_was_mixed_is_not_warned_of():
    labels = [0] * 300 + [1] * 300
    learn(shuffled(chunks_of(labels, 50), 600, random_state=0))


def test_rows_without_weight_are_not_looked_at():
    X, y = rows_of([0] * 20 + [1] * 20 + [0] * 20)
    counts = np.r_[np.ones(40), np.zeros(20)]
    clf = learn([(X[:20], y[:20])])
    with pytest.warns(UserWarning, match=r"40 of the class 0, then 20 of \[1\]"):
        clf.partial_fit(X, y, sample_weight=counts)
    clf = learn([(X[:20], y[:20])])
    clf.partial_fit(X, y, sample_weight=np.where(y == 1, 0.0, 1.0))


def test_a_fit_has_seen_all_classes():
    clf = TwoLayerClassifier(2, max_iter=2).fit(*rows_of([0, 1, 2] * 10))
    learn(chunks_of([0] * 20 + [1] * 20, 20), clf)


def test_labels_that_go_together_are_not_warned_of():
    X, y = rows_of([0] * 20 + [1] * 20)
    Y = np.column_stack([y, 1 - y, y])
    learn([(X[:20], Y[:20]), (X[20:], Y[20:])])
