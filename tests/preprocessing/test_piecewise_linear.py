"""The encoding of numbers by bins: values by hand, edges, names, refusals."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils import estimator_checks, estimator_html_repr
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmlp.preprocessing import PiecewiseLinearEncoder


def textbook(X, bin_edges):
    """Encode number by number, bin by bin."""
    return [
        [
            min(max((x - low) / (high - low), 0), 1)
            for x, edges in zip(row, bin_edges, strict=True)
            for low, high in [(edges[0], edges[-1]), *pairwise(edges)]
        ]
        for row in X
    ]


@parametrize_with_checks(
    [
        PiecewiseLinearEncoder(),
        PiecewiseLinearEncoder(1),
        PiecewiseLinearEncoder(dtype="float32"),
    ],
    expected_failed_checks=lambda encoder: (
        {"check_transformer_preserve_dtypes": "dtype is given"} if encoder.dtype else {}
    ),
)
def test_scikit_learn_check_passes(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "name", ["check_dataframe_column_names_consistency", "check_param_validation"]
)
def test_check_that_third_parties_are_spared_passes(name):
    check = getattr(estimator_checks, name)
    check("PiecewiseLinearEncoder", PiecewiseLinearEncoder())


def test_encoding_of_bins_computed_by_hand():
    X = np.array([[0.0], [1.0], [2.0], [3.0], [6.0]])
    encoder = PiecewiseLinearEncoder(2).fit(X)
    assert_array_equal(encoder.bin_edges_[0], [0, 2, 6])
    expected = [[1 / 12, 0.25, 0], [0.75, 1, 0.625], [0.5, 1, 0.25]]
    assert_allclose(encoder.transform([[0.5], [4.5], [3.0]]), expected, rtol=1e-15)


@pytest.mark.parametrize("n_rows", [1, 255, 256, 257, 1000])
def test_encoding_is_the_textbooks(n_rows):
    rng = np.random.default_rng(0)
    encoder = PiecewiseLinearEncoder(5).fit(rng.normal(size=(100, 3)))
    X = 2 * rng.normal(size=(n_rows, 3))
    expected = textbook(X, encoder.bin_edges_)
    assert_allclose(encoder.transform(X), expected, rtol=1e-14)


def test_edges_are_quantiles_of_numbers_that_all_differ():
    X = np.random.default_rng(0).normal(size=(800, 1))
    (edges,) = PiecewiseLinearEncoder(8).fit(X).bin_edges_
    sides = np.histogram(X, edges)[0]
    assert len(edges) == 9
    assert np.isin(edges, X).all()
    assert_allclose(sides, 100, atol=1)


@pytest.mark.parametrize(
    ("n_rows", "n_features", "n_bins"),
    [(5, 1, 2), (36, 1, 3), (400, 1, 10), (400, 4, 5), (10_000, 1, 32)],
)
def test_number_of_bins_is_half_the_root_of_rows_per_feature(
    n_rows, n_features, n_bins
):
    rng = np.random.default_rng(0)
    binary = rng.integers(0, 2, size=(n_rows, 3))
    X = np.hstack([binary, rng.normal(size=(n_rows, n_features))])
    encoder = PiecewiseLinearEncoder().fit(X)
    assert encoder.n_bins_ == n_bins
    assert len(encoder.bin_edges_[-1]) == n_bins + 1


def test_few_different_numbers_are_edges_all():
    X = np.array([[3.0, 0.0], [1.0, 0.0], [2.0, 1.0], [1.0, 1.0]])
    encoder = PiecewiseLinearEncoder(8).fit(X)
    assert [edges.tolist() for edges in encoder.bin_edges_] == [[1, 2, 3], [0, 1]]


def test_frequent_number_leaves_bins_to_the_others():
    # 900 zeros and the numbers from 1 to 96: quantiles of all are 0, 0, 0, 0, 96.
    X = np.maximum(np.arange(996) - 899, 0.0)[:, np.newaxis]
    (edges,) = PiecewiseLinearEncoder(4).fit(X).bin_edges_
    assert_array_equal(edges, [0, 32, 64, 96])


@pytest.mark.parametrize(("numbers", "name"), [([5, 5], "same"), ([5, 7], "two")])
def test_binary_or_constant_feature_has_one_column(numbers, name):
    encoder = PiecewiseLinearEncoder().fit(np.array([numbers], dtype=float).T)
    assert encoder.get_feature_names_out([name]).tolist() == [name]
    assert_array_equal(encoder.transform([[0.0], [5.0], [7.0]]).ravel(), [0, 0, 1])


def test_beyond_the_edges_columns_stay_as_they_are_there():
    encoder = PiecewiseLinearEncoder(3).fit(np.arange(10.0)[:, np.newaxis])
    far = encoder.transform([[-1e308], [1e308]])
    assert_array_equal(far, encoder.transform([[0.0], [9.0]]))


def test_any_piecewise_linear_function_is_linear_in_the_columns():
    X = np.random.default_rng(0).uniform(size=(400, 1))
    encoder = PiecewiseLinearEncoder(4)
    encoded = encoder.fit_transform(X)
    bent = np.interp(X.ravel(), encoder.bin_edges_[0], [1.0, -2.0, 5.0, 0.0, 3.0])
    design = np.column_stack([np.ones(400), encoded])
    coefs, *_ = np.linalg.lstsq(design, bent, rcond=None)
    assert_allclose(design @ coefs, bent, atol=1e-12)


@pytest.mark.parametrize("given", ["float32", "float64", "int16", "bool"])
@pytest.mark.parametrize("asked", [None, "float32", "float64"])
def test_dtype_is_what_is_asked_for_or_that_of_floats(given, asked):
    X = np.random.default_rng(0).integers(0, 9, size=(50, 2)).astype(given)
    encoded = PiecewiseLinearEncoder(dtype=asked).fit_transform(X)
    assert encoded.dtype == (asked or ("float32" if given == "float32" else "float64"))


def test_float32_is_the_rounded_float64():
    X = np.random.default_rng(0).normal(size=(300, 3)).astype(np.float32)
    in_float32 = PiecewiseLinearEncoder().fit_transform(X)
    in_float64 = PiecewiseLinearEncoder().fit_transform(X.astype(np.float64))
    assert_array_equal(in_float32, in_float64.astype(np.float32))


def test_seconds_since_1970_keep_their_differences_in_float32():
    X = 1.7e9 + np.arange(5.0)[:, np.newaxis]
    encoded = PiecewiseLinearEncoder(1, dtype="float32").fit_transform(X)
    assert_array_equal(encoded.ravel(), [0, 0.25, 0.5, 0.75, 1])


def test_names_tell_where_a_bin_begins():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"age": [18.0, 25.0, 70.0], "is_new": [0, 1, 0]})
    encoder = PiecewiseLinearEncoder().set_output(transform="pandas")
    names = ["age", "age_from_18", "age_from_25", "is_new"]
    assert encoder.fit_transform(frame).columns.tolist() == names


def test_names_of_edges_that_are_close_differ():
    X = 1e9 + np.arange(4.0)[:, np.newaxis]
    names = PiecewiseLinearEncoder(3).fit(X).get_feature_names_out()
    assert names.tolist() == [
        "x0",
        *(f"x0_from_100000000{i}.0" for i in range(3)),
    ]


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([[0.0], [np.nan]], "contains NaN: column 0 of X holds nan .row 1.*Imputer"),
        ([[0.0], [np.inf]], "infinity.*column 0 of X holds inf .row 1"),
        ([["red"], ["blue"]], "column 0 of X holds 'red' .row 0"),
        ([[1e308], [-1e308]], "'x0' of X lies between -1e.308 and 1e.308.*Scale it"),
    ],
    ids=["gap", "infinite", "text", "far apart"],
)
def test_what_cannot_be_encoded_is_refused_before_anything_changes(X, words):
    encoder = PiecewiseLinearEncoder().fit([[0.0], [1.0], [3.0]])
    before = encoder.transform([[2.0]])
    with pytest.raises(ValueError, match=words):
        encoder.fit(X)
    assert_array_equal(encoder.transform([[2.0]]), before)


def test_html_links_to_the_documentation():
    link = "skmlp.readthedocs.io/en/stable/api/skmlp.preprocessing.Piece"
    assert link in estimator_html_repr(PiecewiseLinearEncoder())
