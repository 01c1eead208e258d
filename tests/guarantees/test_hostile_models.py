"""Damaged models: an error or a working estimator, never a crash or silent nonsense."""

import copy
import io
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest

from skmlp import TwoLayerClassifier

X = np.random.default_rng(0).random((40, 3))
SAVED = [
    *("classes_", "coefs_", "intercepts_", "n_features_in_", "_training_state"),
    *("history_", "n_iter_", "t_", "label_smoothing", "max_iter"),
]
OF_TRAINING = [
    *("loss", "progress", "class_totals", "rng", "solver", "standardization"),
    "measured_alpha",
]
OF_STANDARDIZATION = ["center", "scale", "limit", "is_far", "b1", "restored_b1"]


@pytest.fixture(params=[np.float32, np.float64])
def clf(request):
    clf = TwoLayerClassifier(4, max_iter=2, random_state=0)
    return clf.fit(X.astype(request.param), np.arange(40) % 2)


def reload(clf):
    return pickle.loads(pickle.dumps(clf))


def with_first(arrays, change):
    """Return two arrays, the first of them changed."""
    return [change(arrays[0].copy()), arrays[1]]


def put(value):
    def change(array):
        array.flat[1] = value
        return array

    return change


CHANGES = {
    "NaN": (put(np.nan), "hold NaN or infinity"),
    "infinity": (put(-np.inf), "hold NaN or infinity"),
    "transposed": (lambda array: array.T, "have the shapes"),
    "fewer rows": (lambda array: array[1:], "have the shapes"),
    "flat": (np.ravel, "have the shapes"),
    "scalar": (lambda array: array.sum(), "have the shapes"),
    "none": (lambda array: None, "have the shapes"),
    "integers": (lambda array: array.astype(int), r"hold int64, float\d\d"),
    "complex": (lambda array: array.astype(complex), r"hold complex128, float\d\d"),
    "float16": (lambda array: array.astype(np.float16), r"hold float16, float\d\d"),
    "objects": (lambda array: array.astype(object), r"hold object, float\d\d"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_weights_that_cannot_be_those_saved_are_refused(clf, change):
    function, message = CHANGES[change]
    clf.coefs_ = with_first(clf.coefs_, function)
    with pytest.raises(ValueError, match=f"TwoLayerClassifier is damaged: .*{message}"):
        reload(clf)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put(np.nan), "hold NaN or infinity"),
        (lambda array: array[1:], "have the shapes"),
        (lambda array: array[:, np.newaxis], "have the shapes"),
    ],
)
def test_biases_that_cannot_be_those_saved_are_refused(clf, change, message):
    clf.intercepts_ = with_first(clf.intercepts_, change)
    with pytest.raises(ValueError, match=f"is damaged: .*{message}.* fit it again"):
        reload(clf)


@pytest.mark.parametrize("n_classes", [1, 3])
def test_classes_that_do_not_fit_the_outputs_are_refused(clf, n_classes):
    clf.classes_ = np.arange(n_classes)
    with pytest.raises(ValueError, match=r"is damaged: .* have the shapes"):
        reload(clf)


@pytest.mark.parametrize("n_arrays", [0, 1, 3])
def test_another_number_of_layers_is_refused(clf, n_arrays):
    clf.coefs_ = [clf.coefs_[0]] * n_arrays
    with pytest.raises(ValueError, match=r"is damaged: .* have the shapes"):
        reload(clf)


@pytest.mark.parametrize("name", SAVED)
def test_missing_attribute_is_named(clf, name):
    delattr(clf, name)
    with pytest.raises(ValueError, match=f"is damaged: it lacks {name}"):
        reload(clf)


def with_state(clf, change):
    """Return what a pickle holds, after a function has changed its training state."""
    attributes = copy.deepcopy(clf.__getstate__())
    change(attributes["_training_state"])
    return attributes


@pytest.mark.parametrize("name", OF_TRAINING)
def test_missing_part_of_the_training_state_is_named(clf, name):
    attributes = with_state(clf, lambda state: state.pop(name))
    with pytest.raises(ValueError, match=f"is damaged: it lacks {name}"):
        TwoLayerClassifier().__setstate__(attributes)


@pytest.mark.parametrize("name", ["center", "scale", "b1"])
def test_damaged_standardisation_is_refused(clf, name):
    def change(state):
        state["standardization"][name][0] = np.nan

    with pytest.raises(ValueError, match="is damaged: what its features were standard"):
        TwoLayerClassifier().__setstate__(with_state(clf, change))


@pytest.mark.parametrize("name", OF_STANDARDIZATION)
def test_missing_part_of_the_standardisation_is_named(clf, name):
    attributes = with_state(clf, lambda state: state["standardization"].pop(name))
    message = f"is damaged: what its features were standardised by lacks {name}"
    with pytest.raises(ValueError, match=message):
        TwoLayerClassifier().__setstate__(attributes)


@pytest.mark.parametrize("name", OF_STANDARDIZATION)
def test_standardisation_of_another_network_is_refused(clf, name):
    def change(state):
        state["standardization"][name] = np.ones(2)

    with pytest.raises(ValueError, match=r"standardised by has the shapes .* expected"):
        TwoLayerClassifier().__setstate__(with_state(clf, change))


@pytest.mark.parametrize("name", ["activation", "loss"])
def test_entry_of_a_later_version_is_named(clf, name):
    later = with_state(clf, lambda state: state.update({name: "of 2030"}))
    loaded = TwoLayerClassifier()
    loaded.__setstate__(later)
    message = r"'of 2030' is not among \[.*\]\. Choose one of these; load a saved"
    with pytest.raises(ValueError, match=message):
        loaded.predict_proba(X)


@pytest.mark.parametrize("value", [None, 3, "text", []])
@pytest.mark.parametrize("name", ["coefs_", "intercepts_", "classes_"])
def test_what_is_no_network_is_refused(clf, name, value):
    setattr(clf, name, value)
    with pytest.raises(ValueError, match="This saved TwoLayerClassifier is damaged"):
        reload(clf)


def test_layers_in_a_tuple_are_loaded(clf):
    clf.coefs_, clf.intercepts_ = tuple(clf.coefs_), tuple(clf.intercepts_)
    np.testing.assert_array_equal(reload(clf).predict(X), clf.predict(X))


def test_classifier_that_is_not_fitted_is_loaded():
    assert reload(TwoLayerClassifier(7)).hidden_layer_size == 7


def test_what_another_version_wrote_is_checked(clf, monkeypatch):
    clf.coefs_ = with_first(clf.coefs_, put(np.nan))
    saved = pickle.dumps(clf)
    monkeypatch.setattr("skmlp._classifier.__version__", "99.0")
    with pytest.raises(ValueError, match="is damaged"):
        pickle.loads(saved)


@pytest.mark.parametrize("make", [reload, copy.copy, copy.deepcopy])
def test_whole_model_is_loaded_to_the_bit(clf, make):
    np.testing.assert_array_equal(make(clf).predict_proba(X), clf.predict_proba(X))


def written(clf, compress):
    file = io.BytesIO()
    joblib.dump(clf, file, compress=compress)
    return file.getvalue()


def same_or_error(clf, content):
    """Load a file and see that it predicts the same, or return why it cannot be."""
    try:
        loaded = joblib.load(io.BytesIO(content))
    except Exception as error:
        return error
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    return None


@pytest.mark.parametrize("compress", [0, 3])
def test_file_cut_anywhere_is_an_error_or_the_same(clf, compress):
    whole = written(clf, compress)
    assert same_or_error(clf, whole) is None
    for length in range(len(whole) - 8, len(whole)):
        same_or_error(clf, whole[:length])  # the last bytes may be a checksum alone
    for length in range(0, len(whole) - 8, 29):
        assert same_or_error(clf, whole[:length])


def test_compressed_file_changed_anywhere_is_an_error_or_the_same(clf):
    whole = written(clf, compress=3)
    for position in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[position] ^= 0x10
        same_or_error(clf, bytes(changed))


FLIPS = """
import pickle, resource, sys, warnings
from collections import Counter
import numpy as np
from skmlp import TwoLayerClassifier

warnings.simplefilter("ignore")
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
X = np.random.default_rng(0).random((40, 3))
clf = TwoLayerClassifier(4, max_iter=2, random_state=0).fit(X, np.arange(40) % 2)
whole, seen = pickle.dumps(clf), Counter()
for position in range(0, len(whole), 11):
    changed = bytearray(whole)
    changed[position] ^= 1 << position % 8
    try:
        proba = pickle.loads(bytes(changed)).predict_proba(X)
    except Exception:
        seen["error"] += 1
        continue
    sums = proba.sum(axis=1)
    is_sensible = (proba >= 0).all() and np.allclose(sums, 1, atol=1e-5)
    seen["works" if is_sensible else "nonsense"] += 1
print(dict(seen))
"""


@pytest.mark.skipif(not Path("/proc").exists(), reason="limits memory as Linux does")
def test_pickle_with_a_flipped_bit_is_an_error_or_gives_probabilities():
    run = [sys.executable, "-c", FLIPS]
    done = subprocess.run(run, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "works" in done.stdout
    assert "error" in done.stdout
    assert "nonsense" not in done.stdout
