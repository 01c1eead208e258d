"""Texts by the shares of classes and of labels: values by hand, folds, forms of y."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, csr_matrix
from sklearn.preprocessing import TargetEncoder
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmlp.preprocessing import ShareEncoder

N = 120


def towns(n_columns=2):
    rng = np.random.default_rng(0)
    names = np.array(["Ulm", "York", "Bern", None], dtype=object)
    return names[rng.integers(0, 4, size=(N, n_columns))]


def indicator(n_labels=3):
    return (np.random.default_rng(1).random((N, n_labels)) < 0.4).astype(int)


@parametrize_with_checks([ShareEncoder()])
def test_scikit_learn_check_passes(estimator, check):
    check(estimator)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_one_label_per_row_is_encoded_as_by_scikit_learn(n_classes):
    X, y = towns(), np.arange(N) % n_classes
    ours, theirs = ShareEncoder().fit(X, y), TargetEncoder().fit(X, y)
    assert_array_equal(ours.transform(X), theirs.transform(X))
    names = theirs.get_feature_names_out()
    assert_array_equal(ours.get_feature_names_out(), names)


def test_share_of_each_label_is_that_among_the_rows_of_a_text():
    X, y = towns(), indicator()
    encoded = ShareEncoder(smooth=0).fit(X, y).transform(X)
    expected = [
        y[X[:, feature] == row[feature], label].mean()
        for row in X
        for feature in range(2)
        for label in range(3)
    ]
    assert_allclose(encoded.ravel(), expected, rtol=1e-12)


def test_text_that_fit_has_not_seen_has_the_shares_of_all_rows():
    y = indicator()
    encoder = ShareEncoder().fit(towns(1), y)
    assert_allclose(encoder.transform([["Oslo"]])[0], y.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("label", [0, 1])
def test_label_that_all_rows_have_or_none_has_that_share(label):
    X, y = towns(), indicator()
    y[:, 1] = label
    encoded = ShareEncoder().fit_transform(X, y)
    assert (encoded[:, [1, 4]] == label).all()


def test_no_row_sees_its_own_labels():
    X = np.array([f"t{i // 2}" for i in range(N)], dtype=object)[:, np.newaxis]
    y = indicator(2)
    encoded = ShareEncoder(smooth=0).fit_transform(X, y)
    flipped = y.copy()
    flipped[0] = 1 - y[0]
    again = ShareEncoder(smooth=0).fit_transform(X, flipped)
    assert_array_equal(encoded[0], again[0])
    assert (encoded != again).any()


@pytest.mark.parametrize("form", [np.asarray, csr_array, csr_matrix, np.ndarray.tolist])
def test_every_form_of_several_labels_is_encoded_alike(form):
    X, y = towns(), indicator()
    expected = ShareEncoder().fit_transform(X, y)
    assert_array_equal(ShareEncoder().fit_transform(X, form(y)), expected)


@pytest.mark.parametrize(
    "y", [np.arange(N) % 3, indicator()], ids=["classes", "labels"]
)
def test_two_fits_are_equal_to_the_bit(y):
    first = ShareEncoder().fit_transform(towns(), y)
    assert_array_equal(ShareEncoder().fit_transform(towns(), y), first)


def test_names_tell_feature_and_label():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(towns(), columns=["home", "work"])
    encoder = ShareEncoder().set_output(transform="pandas")
    names = [f"{name}_{label}" for name in ("home", "work") for label in range(3)]
    assert encoder.fit_transform(frame, indicator()).columns.tolist() == names
    assert encoder.feature_names_in_.tolist() == ["home", "work"]


def test_smoothing_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="'smooth' parameter of TargetEncoder must be"):
        ShareEncoder(smooth=-1).fit(towns(), indicator())


@pytest.mark.parametrize("gap", [None, float("nan")])
def test_gap_among_labels_is_named(gap):
    with pytest.raises(ValueError, match=rf"y holds {gap} \(row 1\)"):
        ShareEncoder().fit_transform([["Ulm"]] * 4, ["a", gap, "b", "b"])
