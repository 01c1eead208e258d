"""What cannot be used is refused by name, with value or remedy, and changes nothing.

Each table is plain data: what is passed, the error, and words of its message.
"""

import datetime
import decimal
import gzip
import inspect
import pickle
from collections import deque
from contextlib import contextmanager

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from skmlp import TwoLayerClassifier
from skmlp.activations import Activation
from skmlp.datasets import fetch_fashion_mnist, fetch_mnist, read_idx
from skmlp.inspection import (
    PredictionsDisplay,
    TrainingDisplay,
    WeightsDisplay,
    check_gradients,
)
from skmlp.losses import LogLoss, Loss
from skmlp.solvers import SGD, Solver

NAMES = ["age", "height", "city"]
NAN, INF = float("nan"), float("inf")
N_ROWS = 12
DAY = datetime.date(2020, 1, 31)


# --- How tables are made: X of 12 rows and 3 columns, y of the classes 0, 1, 2. -------


def good_X():
    return np.random.default_rng(0).random((N_ROWS, 3))


def good_y():
    return np.arange(N_ROWS) % 3


def objects(value):
    """An array of objects: numbers, but for one value."""
    X = good_X().astype(object)
    X[3, 2] = value
    return X


def numbers(value, dtype=float):
    X = good_X().astype(dtype)
    X[3, 2] = value
    return X


def pandas_frame(city):
    return pd.DataFrame(good_X(), columns=NAMES).assign(city=city)


def polars_frame(city, dtype=None):
    values = [city] * N_ROWS
    column = pl.Series("city", values, dtype=dtype, strict=False)
    return pl.DataFrame(good_X(), schema=NAMES).with_columns(column)


def masked():
    return np.ma.masked_array(good_X(), mask=good_X() == good_X()[3, 2])


def broken_csr(part, i, value, kind=sparse.csr_array):
    X = kind(good_X())
    getattr(X, part)[i] = value
    return X


def sparse_row():
    """Return a sparse array of one dimension, where SciPy has such arrays."""
    row = sparse.coo_array(good_X()[0])
    return row if row.ndim == 1 else good_X()[0]


def broken_coo():
    X = sparse.coo_array(good_X())
    X.col[0] = 99
    return X


def labels(value, at=3):
    """A list of labels: integers, but for one."""
    y = good_y().tolist()
    y[at] = value
    return y


def words_for(value):
    """A list of labels: strings, but for one."""
    y = [f"class {i}" for i in good_y()]
    y[3] = value
    return y


# --- X --------------------------------------------------------------------------------

IN_CITY, IN_ARRAY = "column 'city' of X holds ", "column 2 of X holds "
ENCODE, IMPUTE, NUMBERS = "OneHotEncoder", "SimpleImputer", "Make numbers of them"
BAD_X = {
    "list: None": (lambda: objects(None).tolist(), ValueError, [IN_ARRAY + "None (row 3)", IMPUTE]),
    "list: text": (lambda: objects("Paris").tolist(), ValueError, ["'Paris'", ENCODE]),
    "list: date": (lambda: objects(DAY).tolist(), ValueError, [IN_ARRAY, "datetime.date(2020, 1, 31)", NUMBERS]),
    "list: numbers as text": (lambda: [["1", "2", "3"]] * N_ROWS, ValueError, ["column 0 of X holds '1' (row 0)", "X.astype(float)"]),
    "list: numbers and text": (lambda: objects("0.5").tolist(), ValueError, [IN_ARRAY + "'0.5' (row 3)", "X.astype(float)"]),
    "list: time": (lambda: objects(np.datetime64("2020-01-31")).tolist(), ValueError, [IN_ARRAY + "2020-01-31 (row 3)", NUMBERS]),
    "list: span": (lambda: objects(np.timedelta64(3, "s")).tolist(), ValueError, [IN_ARRAY + "3 seconds (row 3)", NUMBERS]),
    "list: masked rows": (lambda: list(masked()), ValueError, [IN_ARRAY + "nan (row 3)", IMPUTE]),
    "list: sequence": (lambda: [[1, [2], 3.0]] * N_ROWS, ValueError, ["column 1 of X holds [2] (row 0)", "one number"]),
    "list: ragged": (lambda: [[1, 2, 3]] * 11 + [[1]], ValueError, ["X has rows of different lengths"]),
    "list: empty": (lambda: [], ValueError, ["X is empty", "0 samples"]),
    "list: empty rows": (lambda: [[]] * N_ROWS, ValueError, ["X: ", "0 feature(s)"]),
    "list: words": (lambda: ["Paris"] * N_ROWS, ValueError, ["X holds 'Paris'"]),
    "list: one level": (lambda: [1.0] * N_ROWS, ValueError, ["X: Expected 2D array, got 1D", "Reshape"]),
    "list: three levels": (lambda: [[[1.0]]] * N_ROWS, ValueError, ["X: Found array with dim 3"]),
    "list: dicts": (lambda: [{"age": 1}] * N_ROWS, TypeError, ["X holds {'age': 1}"]),
    "objects: None": (lambda: objects(None), ValueError, [IN_ARRAY + "None (row 3)", IMPUTE]),
    "objects: nan": (lambda: objects(np.nan), ValueError, [IN_ARRAY + "nan (row 3)", IMPUTE]),
    "objects: NA": (lambda: objects(pd.NA), ValueError, [IN_ARRAY + "<NA> (row 3)", IMPUTE]),
    "objects: NaT": (lambda: objects(pd.NaT), ValueError, [IN_ARRAY + "NaT (row 3)", IMPUTE]),
    "objects: text": (lambda: objects("Paris"), ValueError, [IN_ARRAY + "'Paris' (row 3)", ENCODE]),
    "objects: bytes": (lambda: objects(b"ab"), ValueError, [IN_ARRAY + "b'ab' (row 3)", ENCODE]),
    "objects: number as text": (lambda: objects("0.5"), ValueError, [IN_ARRAY + "'0.5' (row 3)", "X.astype(float)"]),
    "objects: numbers and other text": (lambda: np.array([["1"] * 3, ["?"] * 3] * 6, object), ValueError, ["column 0 of X holds '?' (row 1)", ENCODE]),
    "objects: number as bytes": (lambda: objects(b"1"), ValueError, [IN_ARRAY + "b'1' (row 3)", "X.astype(float)"]),
    "objects: NumPy's time": (lambda: objects(np.datetime64("2020-01-31")), ValueError, [IN_ARRAY + "2020-01-31 (row 3)", NUMBERS]),
    "objects: NumPy's span": (lambda: objects(np.timedelta64(3, "s")), ValueError, [IN_ARRAY + "3 seconds (row 3)", NUMBERS]),
    "objects: date": (lambda: objects(DAY), ValueError, [IN_ARRAY, "dates or times", NUMBERS]),
    "objects: timedelta": (lambda: objects(datetime.timedelta(1)), ValueError, [IN_ARRAY, "dates or times", NUMBERS]),
    "objects: dict": (lambda: objects({}), TypeError, [IN_ARRAY + "{} (row 3)", "must be a string or a real number"]),
    "objects: function": (lambda: objects(len), TypeError, [IN_ARRAY + "<built-in function len>"]),
    "objects: list": (lambda: objects([1, 2]), ValueError, [IN_ARRAY + "[1, 2] (row 3)", "one number"]),
    "objects: complex": (lambda: objects(1j), ValueError, [IN_ARRAY + "1j (row 3)", "imaginary"]),
    "objects: infinite": (lambda: objects(np.inf), ValueError, [IN_ARRAY + "inf (row 3)", "infinity"]),
    "objects: infinite decimal": (lambda: objects(decimal.Decimal("inf")), ValueError, [IN_ARRAY, "(row 3)", "infinity"]),
    "objects: int beyond floats": (lambda: objects(10**400), ValueError, [IN_ARRAY + "1000", "too large"]),
    "array: nan": (lambda: numbers(np.nan), ValueError, [IN_ARRAY + "nan (row 3)", IMPUTE]),
    "array: float32 nan": (lambda: numbers(np.nan, "float32"), ValueError, [IN_ARRAY + "nan (row 3)", IMPUTE]),
    "array: infinite": (lambda: numbers(np.inf), ValueError, [IN_ARRAY + "inf (row 3)", "Replace"]),
    "array: minus infinite": (lambda: numbers(-np.inf), ValueError, [IN_ARRAY + "-inf (row 3)", "Replace"]),
    "array: float16 infinite": (lambda: numbers(np.inf, "float16"), ValueError, [IN_ARRAY + "inf (row 3)"]),
    "array: too large": (lambda: numbers(1e39), ValueError, ["X holds 1e+39", "dtype='float64'"]),
    "array: too small": (lambda: numbers(-1e300), ValueError, ["X holds -1e+300", "dtype='float64'"]),
    "array: complex": (lambda: numbers(1j, complex), ValueError, ["Complex data not supported", "of X"]),
    "array: text": (lambda: np.full((N_ROWS, 3), "Paris"), ValueError, ["'Paris'", "column 0", ENCODE]),
    "array: numbers as text": (lambda: np.full((N_ROWS, 3), "0.5"), ValueError, ["'0.5'", "X.astype(float)"]),
    "array: bytes": (lambda: np.full((N_ROWS, 3), b"ab"), ValueError, ["b'ab'", "column 0", ENCODE]),
    "array: times": (lambda: np.zeros((N_ROWS, 3), "M8[s]"), ValueError, ["column 0", "1970-01-01T00:00:00", NUMBERS]),
    "array: spans": (lambda: np.ones((N_ROWS, 3), "m8[D]"), ValueError, ["column 0", "1 days", NUMBERS]),
    "array: NaT": (lambda: np.full((N_ROWS, 3), "NaT", "M8[s]"), ValueError, ["column 0", "NaT", IMPUTE]),
    "array: records": (lambda: np.zeros((N_ROWS, 3), [("a", "f4")]), TypeError, ["column 0 of X holds (0.0,)"]),
    "array: masked": (masked, ValueError, [IN_ARRAY + "nan (row 3)", IMPUTE]),
    "array: no rows": (lambda: good_X()[:0], ValueError, ["X: ", "0 sample(s)", "minimum of 1"]),
    "array: no columns": (lambda: good_X()[:, :0], ValueError, ["X: ", "0 feature(s)", "minimum of 1"]),
    "array: no dimension": (lambda: np.array(1.0), ValueError, ["X: Expected 2D array", "Reshape"]),
    "array: one dimension": (lambda: good_X()[0], ValueError, ["X: Expected 2D array, got 1D", "Reshape"]),
    "array: three dimensions": (lambda: good_X()[None], ValueError, ["X: Found array with dim 3"]),
    "pandas: text": (lambda: pandas_frame("Paris"), ValueError, [IN_CITY + "'Paris' (row 0)", ENCODE]),
    "pandas: numbers as objects of text": (lambda: pandas_frame(np.full(N_ROWS, "1", object)), ValueError, [IN_CITY + "'1' (row 0)", "X.astype(float)"]),
    "pandas: numbers as string": (lambda: pandas_frame(pd.array(["1"] * N_ROWS, "string")), ValueError, [IN_CITY + "'1' (row 0)", "X.astype(float)"]),
    "pandas: numbers as category of text": (lambda: pandas_frame(pd.Categorical(["1", "2"] * 6)), ValueError, [IN_CITY + "'1' (row 0)", "X.astype(float)"]),
    "pandas: string": (lambda: pandas_frame(pd.array(["Rome"] * N_ROWS, "string")), ValueError, [IN_CITY + "'Rome'", ENCODE]),
    "pandas: category": (lambda: pandas_frame(pd.Categorical(["Rome"] * N_ROWS)), ValueError, [IN_CITY + "'Rome'", ENCODE]),
    "pandas: nan": (lambda: pandas_frame(np.nan), ValueError, [IN_CITY + "nan (row 0)", IMPUTE]),
    "pandas: nullable": (lambda: pandas_frame(pd.array([1, None] * 6, "Int64")), ValueError, [IN_CITY, "(row 1)", IMPUTE]),
    "pandas: nullable bool": (lambda: pandas_frame(pd.array([True, None] * 6, "boolean")), ValueError, [IN_CITY, "(row 1)", IMPUTE]),
    "pandas: infinite": (lambda: pandas_frame(-np.inf), ValueError, [IN_CITY + "-inf (row 0)", "Replace"]),
    "pandas: time": (lambda: pandas_frame(pd.Timestamp(DAY)), ValueError, [IN_CITY + "2020-01-31", NUMBERS]),
    "pandas: time of a zone": (lambda: pandas_frame(pd.Timestamp("2020-01-31", tz="UTC")), ValueError, [IN_CITY + "Timestamp('2020-01-31", NUMBERS]),
    "pandas: span": (lambda: pandas_frame(pd.Timedelta(1, "D")), ValueError, [IN_CITY, "dates or times", NUMBERS]),
    "pandas: NaT": (lambda: pandas_frame(pd.NaT), ValueError, [IN_CITY + "NaT (row 0)", IMPUTE]),
    "pandas: period": (lambda: pandas_frame(pd.Period("2020-01-31")), TypeError, [IN_CITY + "Period(", "numbers"]),
    "pandas: interval": (lambda: pandas_frame(pd.Interval(0, 1)), TypeError, [IN_CITY + "Interval(", "numbers"]),
    "pandas: complex": (lambda: pandas_frame(1j), ValueError, [IN_CITY + "1j (row 0)", "imaginary"]),
    "pandas: names of two types": (lambda: pandas_frame(1.0).rename(columns={"age": 1}), TypeError, ["['int', 'str']", "X.columns.astype(str)"]),
    "pandas: a series": (lambda: pandas_frame(1.0)["age"], ValueError, ["X: Expected", "instead"]),
    "polars: text": (lambda: polars_frame("Paris"), ValueError, [IN_CITY + "'Paris' (row 0)", ENCODE]),
    "polars: numbers as text": (lambda: polars_frame("1"), ValueError, [IN_CITY + "'1' (row 0)", "Make numbers of it"]),
    "polars: category": (lambda: polars_frame("Paris", pl.Categorical), ValueError, [IN_CITY + "'Paris'", ENCODE]),
    "polars: null": (lambda: polars_frame(None, pl.Int32), ValueError, [IN_CITY + "nan (row 0)", IMPUTE]),
    "polars: date": (lambda: polars_frame(DAY), ValueError, [IN_CITY + "2020-01-31 (row 0)", NUMBERS]),
    "polars: time": (lambda: polars_frame(datetime.datetime(2020, 1, 31)), ValueError, [IN_CITY + "2020-01-31T", NUMBERS]),
    "polars: span": (lambda: polars_frame(datetime.timedelta(1)), ValueError, [IN_CITY, "dates or times", NUMBERS]),
    "polars: list": (lambda: polars_frame([1, 2]), ValueError, [IN_CITY + "array([1, 2])", "one number"]),
    "polars: lazy": (lambda: polars_frame(1.0).lazy(), ValueError, ["X must be an array, a frame", "LazyFrame"]),
    "sparse: nan": (lambda: sparse.csr_array(numbers(np.nan)), ValueError, [IN_ARRAY + "nan (row 3)", IMPUTE]),
    "sparse: infinite": (lambda: sparse.csc_array(numbers(np.inf)), ValueError, [IN_ARRAY + "inf (row 3)"]),
    "sparse: complex": (lambda: sparse.csr_array(numbers(1j, complex)), ValueError, ["Complex data not supported", "X"]),
    "sparse: too large": (lambda: sparse.csr_array(numbers(1e39)), ValueError, ["X holds 1e+39", "dtype='float64'"]),
    "sparse: column beyond": (lambda: broken_csr("indices", 0, 3), ValueError, ["X is a broken sparse matrix", "(12, 3)"]),
    "sparse: negative column": (lambda: broken_csr("indices", 0, -1), ValueError, ["X is a broken sparse matrix", "'csr'"]),
    "sparse: row beyond": (lambda: broken_csr("indices", 0, 12, sparse.csc_array), ValueError, ["X is a broken sparse matrix", "'csc'"]),
    "sparse: rows that shrink": (lambda: broken_csr("indptr", 3, 0), ValueError, ["X is a broken sparse matrix"]),
    "sparse: rows too long": (lambda: broken_csr("indptr", -1, 99), ValueError, ["X is a broken sparse matrix"]),
    "sparse: rows that start late": (lambda: broken_csr("indptr", 0, 1), ValueError, ["X is a broken sparse matrix"]),
    "sparse: place beyond": (broken_coo, ValueError, ["X is a broken sparse matrix", "'coo'"]),
    "sparse: one dimension": (sparse_row, ValueError, ["Expected 2D", "Reshape"]),
    "None": (lambda: None, ValueError, ["X must be an array, a frame", "got None"]),
    "a number": (lambda: 3.0, ValueError, ["X must be an array, a frame", "got 3.0"]),
    "a word": (lambda: "data.csv", ValueError, ["X must be an array, a frame", "got 'data.csv'"]),
    "a set": (lambda: {1, 2}, ValueError, ["X must be an array, a frame", "got {1, 2}"]),
    "a dict": (lambda: {"age": [1]}, ValueError, ["X must be an array, a frame", "got {'age': [1]}"]),
    "a generator": (lambda: (row for row in good_X()), ValueError, ["X must be an array, a frame", "generator"]),
    "a function": (lambda: len, ValueError, ["X must be an array, a frame", "built-in function len"]),
}  # fmt: skip
# What only those features are asked for that the classifier was fitted to.
OTHER_X = {
    "fewer columns": (lambda: good_X()[:, :2], ValueError, ["X has 2 features", "expecting 3"]),
    "more columns": (lambda: np.ones((N_ROWS, 5)), ValueError, ["X has 5 features", "expecting 3"]),
    "other order": (lambda: pandas_frame(1.0)[NAMES[::-1]], ValueError, ["feature names should match", "same order"]),
    "another name": (lambda: pandas_frame(1.0).rename(columns={"age": "years"}), ValueError, ["years", "age"]),
    "another column, of text": (lambda: pandas_frame(1.0).assign(name="Ann"), ValueError, ["feature names", "- name"]),
    "other order in polars": (lambda: polars_frame(1.0)[NAMES[::-1]], ValueError, ["feature names should match"]),
}  # fmt: skip

# --- y --------------------------------------------------------------------------------

DROP = "drop rows without"
NO_REGRESSOR = ["classifier", "no regressor", "numpy.digitize", "MLPRegressor"]
SEVERAL = "y has several columns, which are labels that a row may have or not: 0 or 1"
BAD_Y = {
    "None": (lambda: None, ValueError, ["requires y to be passed", "None"]),
    "a label": (lambda: 1, ValueError, ["y must be 1d", "got 1"]),
    "a word": (lambda: "yes", ValueError, ["y must be 1d", "got 'yes'"]),
    "a generator": (lambda: (i for i in good_y()), ValueError, ["y must be 1d", "generator"]),
    "a dict": (lambda: {0: 1}, ValueError, ["y must be 1d", "got {0: 1}"]),
    "empty": (lambda: [], ValueError, ["y is empty"]),
    "no dimension": (lambda: np.array(1), ValueError, ["y must be 1d", "got array(1)"]),
    "short": (lambda: good_y()[:-1], ValueError, ["X and y", "[12, 11]", "one label per row"]),
    "long": (lambda: np.append(good_y(), 0), ValueError, ["X and y", "[12, 13]", "one label per row"]),
    "two columns": (lambda: np.column_stack([good_y()] * 2), ValueError, [SEVERAL, "column 0 holds 2 (row 2)", "MultiOutputClassifier"]),
    "two columns in polars": (lambda: pl.DataFrame({"a": good_y(), "b": good_y()}), ValueError, [SEVERAL, "column 'a' holds 2 (row 2)"]),
    "columns of words": (lambda: np.array([["yes", "no"]] * N_ROWS), ValueError, [SEVERAL, "column 0 holds 'yes' (row 0)", "pass one column"]),
    "three dimensions": (lambda: good_y().reshape(12, 1, 1), ValueError, ["y must be 1d", "(12, 1, 1)"]),
    "sparse column": (lambda: sparse.csr_array(good_y()[:, None]), ValueError, ["y is sparse", "y.toarray()"]),
    "ragged": (lambda: [[1], [1, 2]] * 6, ValueError, ["y holds [1] (row 0)", "MultiLabelBinarizer"]),
    "continuous": (lambda: good_y() + 0.5, ValueError, ["continuous", "y holds 0.5 (row 0)", *NO_REGRESSOR]),
    "continuous later": (lambda: labels(0.25), ValueError, ["continuous", "y holds 0.25 (row 3)", *NO_REGRESSOR]),
    "continuous series": (lambda: pd.Series(good_y() / 2), ValueError, ["y holds 0.5 (row 1)", *NO_REGRESSOR]),
    "nan": (lambda: labels(np.nan), ValueError, ["y holds nan (row 3)", DROP]),
    "infinite": (lambda: labels(np.inf), ValueError, ["y holds inf (row 3)", "infinity"]),
    "None among ints": (lambda: labels(None), ValueError, ["y holds None (row 3)", DROP]),
    "NA among ints": (lambda: labels(pd.NA), ValueError, ["y holds <NA> (row 3)", DROP]),
    "NaT among ints": (lambda: labels(pd.NaT), ValueError, ["y holds NaT (row 3)", DROP]),
    "nan among objects": (lambda: np.array(labels(np.nan), object), ValueError, ["y holds nan (row 3)", DROP]),
    "None among words": (lambda: words_for(None), ValueError, ["y holds None (row 3)", DROP]),
    "nan among words": (lambda: words_for(np.nan), ValueError, ["y holds nan (row 3)", DROP]),
    "NA among words": (lambda: pd.Series(words_for(None), dtype="string"), ValueError, ["y holds <NA> (row 3)", DROP]),
    "no category": (lambda: pd.Series(words_for(None), dtype="category"), ValueError, ["y holds nan (row 3)", DROP]),
    "null in polars": (lambda: pl.Series(words_for(None)), ValueError, ["y holds None (row 3)", DROP]),
    "null int in polars": (lambda: pl.Series(labels(None)), ValueError, ["y holds nan (row 3)", DROP]),
    "nullable": (lambda: pd.Series(labels(None), dtype="Int64"), ValueError, ["y holds ", "(row 3)", DROP]),
    "no date": (lambda: np.array(["2020-01-31", "NaT"] * 6, "M8[D]"), ValueError, ["y holds NaT (row 1)", DROP]),
    "masked": (lambda: np.ma.masked_equal(good_y(), 2), ValueError, ["y holds nan (row 2)", DROP]),
    "int among words": (lambda: words_for(7), ValueError, ["y holds labels of several types, int, str"]),
    "word among ints": (lambda: labels("a"), ValueError, ["y holds labels of several types, int, str"]),
    "word among object ints": (lambda: np.array(labels("a"), object), ValueError, ["several types, int, str"]),
    "bytes among words": (lambda: words_for(b"a"), ValueError, ["several types, bytes, str", "all strings"]),
    "bool among words": (lambda: words_for(True), ValueError, ["several types, bool, str", "all strings"]),
    "times": (lambda: np.array(["2020-01-31", "2021-01-31"] * 6, "M8[D]"), ValueError, ["y holds 2020-01-31 (row 0)", "strings"]),
    "spans": (lambda: good_y().astype("m8[D]"), ValueError, ["y holds 0 days (row 0)", "strings"]),
    "times in a series": (lambda: pd.Series(pd.to_datetime(["2020-01-31", "2021-01-31"] * 6)), ValueError, ["y holds 2020-01-31", "strings"]),
    "masked in a list": (lambda: words_for(np.ma.masked), ValueError, ["y holds masked (row 3)", DROP]),
    "bytes": (lambda: np.array([b"a", b"b"] * 6), ValueError, ["y holds b'a'", "strings"]),
    "complex": (lambda: good_y() + 1j, ValueError, ["Complex data not supported", "y holds 1j"]),
    "decimals": (lambda: [decimal.Decimal(int(i)) for i in good_y()], ValueError, ["Decimal('0')", "Make integers"]),
    "dates": (lambda: [DAY, datetime.date.min] * 6, ValueError, ["datetime.date(2020, 1, 31)", "Make integers"]),
    "dicts": (lambda: [{}] * N_ROWS, ValueError, ["y holds {} (row 0)", "Make integers"]),
    "sets": (lambda: [{1}] * N_ROWS, ValueError, ["y holds {1} (row 0)", "MultiLabelBinarizer"]),
    "records": (lambda: np.zeros(N_ROWS, [("a", "f4")]), ValueError, ["y holds (0.0,)", "Make integers"]),
    "ints beyond 64 bits": (lambda: labels(2**70), ValueError, ["y holds 1180591620717411303424 (row 3)", "integers of at most 64 bits"]),
}  # fmt: skip
# Labels that are none of the classes 0, 1, 2, in a further chunk or in validation data.
UNKNOWN_Y = {
    "another int": (lambda: good_y() + 1, ValueError, ["y holds the classes [3]", "[0, 1, 2]"]),
    "words": (lambda: words_for("x"), ValueError, ["y holds the classes ['class 0'", "[0, 1, 2]"]),
    "words as objects": (lambda: np.array(words_for("x"), object), ValueError, ["['class 0'", "[0, 1, 2]"]),
    "digits as words": (lambda: [str(i) for i in good_y()], ValueError, ["['0', '1', '2']", "[0, 1, 2]"]),
    "categories": (lambda: pl.Series(words_for("x"), dtype=pl.Categorical), ValueError, ["'class 0'", "[0, 1, 2]"]),
}  # fmt: skip
# Several labels per row, where there was one: in a further chunk, or in validation data.
OTHER_KIND_OF_Y = {
    "one-hot": (lambda: np.eye(3)[good_y()], ValueError, ["(12, 3)", "one label per row"]),
    "one-hot frame": (lambda: pd.get_dummies(good_y()), ValueError, ["(12, 3)", "one label per row"]),
    "one-hot sparse": (lambda: sparse.csr_array(np.eye(3)[good_y()]), ValueError, ["(12, 3)", "one label per row"]),
    "several labels": (lambda: good_Y(), ValueError, ["indicator matrix of shape (12, 3)", "Pass one column"]),
}  # fmt: skip

# --- y of several labels per row ------------------------------------------------------


def good_Y():
    """Return 12 rows of 3 labels: none, one, two or all of them."""
    return np.arange(N_ROWS)[:, np.newaxis] >> np.arange(3) & 1


def several(value, dtype=object):
    """An array of 0 and 1, but for one value."""
    Y = good_Y().astype(dtype)
    Y[3, 2] = value
    return Y


def pandas_labels(value, dtype=object):
    return pd.DataFrame(several(value, dtype), columns=NAMES)


def polars_labels(value):
    columns = zip(NAMES, several(value).T.tolist(), strict=True)
    return pl.DataFrame(dict(columns), strict=False)


def stored_twice():
    """Return a sparse array in which one label is there twice."""
    return sparse.coo_array((np.ones(2), ([3, 3], [2, 2])), shape=(N_ROWS, 3))


def broken_labels(part, i, value):
    Y = sparse.csr_array(good_Y())
    getattr(Y, part)[i] = value
    return Y


BINARIZE = "For lists of labels use sklearn.preprocessing.MultiLabelBinarizer."
DROP_LABELS = "Labels are 0 or 1; drop rows without them."
IN_LABELS, IN_CITY_LABELS = "column 2 of y holds ", "column 'city' of y holds "
OTHER_LABEL, OTHER_CITY_LABEL = "column 2 holds ", "column 'city' holds "
BAD_LABELS = {
    "list: None": (lambda: several(None).tolist(), [IN_LABELS + "None (row 3)", DROP_LABELS]),
    "list: text": (lambda: several("yes").tolist(), [SEVERAL, OTHER_LABEL + "'yes' (row 3)", "MultiOutputClassifier"]),
    "list: 2": (lambda: several(2).tolist(), [SEVERAL, OTHER_LABEL + "2 (row 3)"]),
    "list: ragged": (lambda: [[0, 1, 1]] * 11 + [[1]], ["y holds [0, 1, 1] (row 0)"]),
    "list: sets": (lambda: [{0, 2}] * N_ROWS, ["y holds {0, 2} (row 0)", BINARIZE]),
    "list: tuples": (lambda: [(0, 2), (1,)] * 6, ["y holds (0, 2) (row 0)", BINARIZE]),
    "list: pairs of words": (lambda: [("sea", "sun")] * N_ROWS, [SEVERAL, "column 0 holds 'sea'", BINARIZE]),
    "pandas: lists": (lambda: pd.Series([["sea"], []] * 6), ["y holds ['sea'] (row 0)", BINARIZE]),
    "array: nan": (lambda: several(np.nan, float), [IN_LABELS + "nan (row 3)", DROP_LABELS]),
    "array: infinite": (lambda: several(np.inf, float), [IN_LABELS + "inf (row 3)", "infinity"]),
    "array: 2": (lambda: several(2, int), [SEVERAL, OTHER_LABEL + "2 (row 3)", "MultiOutputClassifier"]),
    "array: -1": (lambda: several(-1, int), [SEVERAL, OTHER_LABEL + "-1 (row 3)"]),
    "array: -1 and 1": (lambda: 2 * good_Y() - 1, [SEVERAL, "column 0 holds -1 (row 0)"]),
    "array: 256": (lambda: several(256, int), [SEVERAL, OTHER_LABEL + "256 (row 3)"]),
    "array: one half": (lambda: several(0.5, float), [SEVERAL, OTHER_LABEL + "0.5 (row 3)"]),
    "array: nearly one": (lambda: several(1 - 2**-53, float), [SEVERAL, OTHER_LABEL + "0.9999999999999999 (row 3)"]),
    "array: complex": (lambda: several(1j, complex), ["Complex data not supported in y", "column 0 of y holds 0j (row 0)"]),
    "array: text": (lambda: good_Y().astype(str), [SEVERAL, "column 0 holds '0' (row 0)"]),
    "array: bytes": (lambda: good_Y().astype("S1"), [SEVERAL, "column 0 holds b'0' (row 0)"]),
    "array: times": (lambda: good_Y().astype("M8[D]"), ["dates or times", "column 0 of y holds 1970-01-01 (row 0)"]),
    "array: spans": (lambda: good_Y().astype("m8[D]"), ["dates or times", "column 0 of y holds 0 days (row 0)"]),
    "array: records": (lambda: np.zeros((N_ROWS, 3), [("a", "f4")]), [SEVERAL, "column 0 holds (0.0,) (row 0)"]),
    "array: masked": (lambda: np.ma.masked_array(good_Y(), mask=several(2) == 2), [IN_LABELS + "nan (row 3)", DROP_LABELS]),
    "array: no rows": (lambda: good_Y()[:0], ["y is empty"]),
    "array: three dimensions": (lambda: good_Y()[:, np.newaxis], ["y must be 1d", "(12, 1, 3)"]),
    "array: short": (lambda: good_Y()[:-1], ["X and y", "[12, 11]"]),
    "array: long": (lambda: np.vstack([good_Y()] * 2), ["X and y", "[12, 24]"]),
    "objects: None": (lambda: several(None), [IN_LABELS + "None (row 3)", DROP_LABELS]),
    "objects: NA": (lambda: several(pd.NA), [IN_LABELS + "<NA> (row 3)", DROP_LABELS]),
    "objects: NaT": (lambda: several(pd.NaT), [IN_LABELS + "NaT (row 3)", DROP_LABELS]),
    "objects: text": (lambda: several("yes"), [SEVERAL, OTHER_LABEL + "'yes' (row 3)"]),
    "objects: number as text": (lambda: several("1"), [SEVERAL, OTHER_LABEL + "'1' (row 3)"]),
    "objects: span": (lambda: several(np.timedelta64(1, "D")), [IN_LABELS + "1 days (row 3)", "dates or times"]),
    "objects: list": (lambda: several([0, 1]), [IN_LABELS + "[0, 1] (row 3)", "sequences"]),
    "objects: dict": (lambda: several({}), [SEVERAL, OTHER_LABEL + "{} (row 3)"]),
    "objects: complex": (lambda: several(1j), ["Complex data not supported in y", IN_LABELS + "1j (row 3)"]),
    "objects: beyond 64 bits": (lambda: several(2**70), [SEVERAL, OTHER_LABEL + "1180591620717411303424 (row 3)"]),
    "pandas: nan": (lambda: pandas_labels(np.nan, float), [IN_CITY_LABELS + "nan (row 3)", DROP_LABELS]),
    "pandas: None": (lambda: pandas_labels(None), [IN_CITY_LABELS + "None (row 3)", DROP_LABELS]),
    "pandas: 2": (lambda: pandas_labels(2, int), [SEVERAL, OTHER_CITY_LABEL + "2 (row 3)"]),
    "pandas: years": (lambda: pandas_labels(2, int).set_axis([1990, 2000, 2010], axis=1), [SEVERAL, "column 2010 holds 2 (row 3)"]),
    "pandas: text": (lambda: pandas_labels("yes"), [SEVERAL, OTHER_CITY_LABEL + "'yes' (row 3)"]),
    "pandas: categories": (lambda: pandas_labels("yes").astype("category"), [SEVERAL, OTHER_CITY_LABEL + "'yes' (row 3)"]),
    "pandas: nullable": (lambda: pandas_labels(pd.NA).astype("Int64"), [IN_CITY_LABELS, "(row 3)", DROP_LABELS]),
    "pandas: nullable bool": (lambda: pandas_labels(pd.NA).astype("boolean"), [IN_CITY_LABELS + "<NA> (row 3)", DROP_LABELS]),
    "polars: null": (lambda: polars_labels(None), [IN_CITY_LABELS + "nan (row 3)", DROP_LABELS]),
    "polars: 2": (lambda: polars_labels(2), [SEVERAL, OTHER_CITY_LABEL + "2 (row 3)"]),
    "polars: lazy": (lambda: polars_labels(1).lazy(), ["y must be 1d", "LazyFrame"]),
    "sparse: 2": (lambda: sparse.csr_array(several(2, int)), [SEVERAL, OTHER_LABEL + "2 (row 3)"]),
    "sparse: -1": (lambda: sparse.csc_matrix(several(-1, int)), [SEVERAL, OTHER_LABEL + "-1 (row 3)"]),
    "sparse: twice": (stored_twice, [SEVERAL, OTHER_LABEL + "2.0 (row 3)"]),
    "sparse: nan": (lambda: sparse.csr_array(several(np.nan, float)), [IN_LABELS + "nan (row 3)", DROP_LABELS]),
    "sparse: complex": (lambda: sparse.csr_array(several(1j, complex)), ["Complex data not supported in y"]),
    "sparse: column beyond": (lambda: broken_labels("indices", 0, 3), ["y is a broken sparse matrix", "(12, 3)"]),
    "sparse: rows too long": (lambda: broken_labels("indptr", -1, 99), ["y is a broken sparse matrix", "'csr'"]),
    "sparse: short": (lambda: sparse.csr_array(good_Y()[:-1]), ["X and y", "[12, 11]"]),
}  # fmt: skip
# Labels as they may be, but not of a classifier that was fitted to three.
OTHER_LABELS = {
    "more labels": (lambda: np.hstack([good_Y()] * 2), ["(12, 6)"]),
    "fewer labels": (lambda: good_Y()[:, :2], ["(12, 2)"]),
    "fewer in sparse": (lambda: sparse.csr_array(good_Y()[:, :2]), ["(12, 2)"]),
    "one label per row": (good_y, ["(12,)"]),
    "words": (lambda: [f"class {i}" for i in good_y()], ["(12,)"]),
}  # fmt: skip
BAD_WEIGHTS_OF_LABELS = {
    "a dict": ({0: 1, 1: 2}, ["class_weight must be 'balanced' or a list of 3 dicts", "got {0: 1, 1: 2}"]),
    "numbers": ([1, 1, 1], ["a list of 3 dicts", "got [1, 1, 1]"]),
    "arrays": ([np.array([1, 2])] * 3, ["a list of 3 dicts", "got [array([1, 2])"]),
    "too few": ([{1: 2}] * 2, ["a list of 3 dicts", "got [{1: 2}, {1: 2}]"]),
    "None among them": ([{}, None, {}], ["a list of 3 dicts", "got [{}, None, {}]"]),
    "words": ([{}, "equal", {}], ["a list of 3 dicts", "'equal'"]),
    "negative": ([{}, {1: -1}, {}], ["class_weight must hold finite weights of at least 0", "{1: -1}"]),
    "nan": ([{}, {}, {0: NAN}], ["class_weight must hold finite weights of at least 0", "{0: nan}"]),
    "text": ([{}, {}, {0: "2"}], ["class_weight must hold finite weights of at least 0", "{0: '2'}"]),
    "no label": ([{2: 1}, {}, {}], ["class_weight", "[0, 1]", "Its keys are labels of y"]),
    "all zero": ([{}, {0: 0, 1: 0}, {}], ["not all of them 0", "{0: 0, 1: 0}"]),
}  # fmt: skip

# --- Weights of samples ---------------------------------------------------------------

AT_LEAST_0 = "one number of at least 0 per sample"
BAD_WEIGHTS = {
    "negative": (lambda: labels(-0.5), ValueError, ["Negative values in data passed to `sample_weight`", "holds -0.5 (row 3)", AT_LEAST_0]),
    "negative int": (lambda: np.array(labels(-1)), ValueError, ["sample_weight holds -1.0 (row 3)", AT_LEAST_0]),
    "a negative number": (lambda: -1, ValueError, ["sample_weight holds -1.0 (row 0)", AT_LEAST_0]),
    "a span": (lambda: np.timedelta64(3, "s"), ValueError, ["sample_weight holds 3 seconds", AT_LEAST_0]),
    "numbers as objects of text": (lambda: np.full(N_ROWS, "1", object), ValueError, ["sample_weight holds '1' (row 0)", AT_LEAST_0]),
    "a series of text": (lambda: pd.Series(["1"] * N_ROWS, dtype=object), ValueError, ["sample_weight holds '1' (row 0)", AT_LEAST_0]),
    "objects of spans": (lambda: np.array([np.timedelta64(3, "s")] * N_ROWS, object), ValueError, ["sample_weight holds 3 seconds (row 0)", AT_LEAST_0]),
    "a number as text": (lambda: "1", TypeError, ["sample_weight", AT_LEAST_0]),
    "all zero": (lambda: np.zeros(N_ROWS), ValueError, ["sample_weight", "at least one non-zero"]),
    "nan": (lambda: labels(np.nan), ValueError, ["sample_weight holds nan (row 3)", AT_LEAST_0]),
    "infinite": (lambda: labels(np.inf), ValueError, ["sample_weight holds inf (row 3)", AT_LEAST_0]),
    "None": (lambda: labels(None), ValueError, ["sample_weight holds None (row 3)", AT_LEAST_0]),
    "NA": (lambda: labels(pd.NA), ValueError, ["sample_weight holds <NA> (row 3)", AT_LEAST_0]),
    "NaT": (lambda: labels(pd.NaT), ValueError, ["sample_weight holds NaT (row 3)", AT_LEAST_0]),
    "nullable": (lambda: pd.Series(labels(None), dtype="Int64"), ValueError, ["sample_weight holds ", "(row 3)"]),
    "null in polars": (lambda: pl.Series(labels(None)), ValueError, ["sample_weight holds nan (row 3)"]),
    "masked": (lambda: np.ma.masked_equal(good_y(), 2), ValueError, ["sample_weight holds nan (row 2)"]),
    "words": (lambda: words_for("x"), ValueError, ["sample_weight holds 'class 0'", AT_LEAST_0]),
    "a word among numbers": (lambda: np.array(labels("much"), object), ValueError, ["sample_weight holds 'much' (row 3)"]),
    "numbers as text": (lambda: ["1"] * N_ROWS, ValueError, ["sample_weight holds '1'", AT_LEAST_0]),
    "one word": (lambda: "balanced", ValueError, ["sample_weight"]),
    "complex": (lambda: good_y() + 1j, ValueError, ["Complex", "sample_weight holds 1j"]),
    "dates": (lambda: [DAY] * N_ROWS, ValueError, ["sample_weight holds datetime.date(2020, 1, 31)", AT_LEAST_0]),
    "times": (lambda: np.ones(N_ROWS, "M8[D]"), ValueError, ["sample_weight holds 1970-01-02", AT_LEAST_0]),
    "spans": (lambda: np.ones(N_ROWS, "m8[D]"), ValueError, ["sample_weight holds 1 days", AT_LEAST_0]),
    "dicts": (lambda: [{}] * N_ROWS, TypeError, ["sample_weight holds {} (row 0)", AT_LEAST_0]),
    "a dict": (lambda: {0: 1.0}, TypeError, ["sample_weight"]),
    "empty": (lambda: [], ValueError, ["sample_weight", "0 sample(s)"]),
    "short": (lambda: np.ones(11), ValueError, ["sample_weight", "(11,)", "(12,)", AT_LEAST_0]),
    "long": (lambda: np.ones(13), ValueError, ["sample_weight", "(13,)", "(12,)", AT_LEAST_0]),
    "column": (lambda: np.ones((N_ROWS, 1)), ValueError, ["sample_weight", "must be 1D"]),
    "ragged": (lambda: [[1], [1, 2]] * 6, ValueError, ["sample_weight has rows of different lengths"]),
    "sparse": (lambda: sparse.csr_array(np.ones((N_ROWS, 1))), TypeError, ["sample_weight"]),
}  # fmt: skip

# --- classes of partial_fit and from_weights ------------------------------------------

BAD_CLASSES = {
    "a number": (3, ["classes must be 1d", "got 3"]),
    "a word": ("yes", ["classes must be 1d", "got 'yes'"]),
    "none": ([], ["classes is empty"]),
    "two columns": ([[0, 1], [1, 2]], ["classes must be 1d", "(2, 2)"]),
    "one row": ([[0, 1]], ["classes must be 1d", "(1, 2)", "one column of class labels"]),
    "ragged": ([[0], [1, 2]], ["classes holds [0] (row 0)"]),
    "None among them": ([0, None, 2], ["classes holds None (row 1)"]),
    "nan among them": ([0, 1, np.nan], ["classes holds nan (row 2)"]),
    "NA among them": ([0, pd.NA, 2], ["classes holds <NA> (row 1)"]),
    "NaT among them": ([0, pd.NaT, 2], ["classes holds NaT (row 1)"]),
    "several types": ([0, "a", 2], ["classes holds labels of several types, int, str"]),
    "between integers": ([0.5, 1.0, 2.0], ["classes holds 0.5 (row 0)", "no regressor"]),
    "complex": ([0, 1j, 2], ["Complex", "classes holds"]),
    "bytes": ([b"a", b"b", b"c"], ["classes holds b'a'", "strings"]),
    "dicts": ([{}, {}, {}], ["classes holds {} (row 0)"]),
}  # fmt: skip
BAD_FIRST_CLASSES = {
    "missing": (None, ["classes must be passed on the first call", "np.unique(y)"]),
    "one": ([0], ["at least 2 classes", "[0]"]),
    "the same twice": ([1, 1], ["at least 2 classes", "[1]"]),
    "too few": ([0, 1], ["y holds the classes [2]", "[0, 1]"]),
    "words": (["a", "b"], ["y holds the classes [0, 1, 2]", "['a', 'b']"]),
}

# --- Parameters: a value's repr is in the message, as is the parameter's name. --------

COUNTS, RATES = (
    [0, -1, 1.5, NAN, INF, "many", [3], 1j, True],
    [-0.1, 1.0, 2, NAN, "half", None, [0.5], 1j],
)
FLAGS, POSITIVES = ["yes", None, 1, 0.0, [True]], [0, -1.0, NAN, "small", [1.0], 1j]
BAD_PARAMETERS = {
    "hidden_layer_size": [*COUNTS, None, (4,), (4, 2)],
    "activation": ["tahn", None, 3, len, ["relu"], object()],
    "loss": ["hinge", None, 3, len, ["log_loss"], object()],
    "solver": ["rmsprop", None, 3, len, ["adam"], object()],
    "alpha": [-1, NAN, "large", None, [0.1], 1j],
    "dropout": RATES,
    "input_dropout": RATES,
    "label_smoothing": RATES,
    "standardize": FLAGS,
    "batch_size": [*COUNTS, (3,)],
    "sampling": ["random", None, 3, ["shuffle"]],
    "learning_rate": ["step", None, [0.1], 0.1],
    "learning_rate_init": [*POSITIVES, None],
    "learning_rate_decay": [0, -0.5, 1.5, NAN, "slow", None, 1j],
    "power_t": [-0.5, NAN, "root", None, 1j],
    "momentum": RATES,
    "nesterovs_momentum": FLAGS,
    "beta_1": RATES,
    "beta_2": RATES,
    "epsilon": [*POSITIVES, None],
    "max_grad_norm": POSITIVES,
    "weight_init": ["xavier", None, 3],
    "init_scale": [0, -1.0, NAN, "small", None, ("a", 1.0), (-1.0, 1.0)],
    "fit_intercept": FLAGS,
    "class_weight": ["equal", 3, {0: -1}, {0: NAN}, {0: INF}],
    "max_iter": [*COUNTS, None],
    "early_stopping": FLAGS,
    "validation_fraction": [0.0, 1.0, -0.1, NAN, 3, "tenth", None, 1j],
    "n_iter_no_change": [*COUNTS, None],
    "tol": [-1e-3, NAN, "tight", None, 1j],
    "scoring": ["accuracies", None, 3, ["loss"]],
    "monitor_train": FLAGS,
    "warm_start": FLAGS,
    "n_jobs": [0, 1.5, NAN, "all", [2], 1j, True],
    "random_state": ["zero", -1, 1.5, [1]],
    "verbose": ["yes", None, -1, 1.5],
    "dtype": ["float16", None, 32, np.float32],
}  # fmt: skip
# Where the message says more, or something else, than the value.
BAD_COMBINATIONS = {
    "layer sizes": ({"hidden_layer_size": (4,)}, ["use hidden_layer_size=4"]),
    "a rate as schedule": ({"learning_rate": 0.1}, ["use learning_rate_init=0.1"]),
    "no scale": ({"init_scale": []}, ["init_scale must be a pair", "got 0"]),
    "three scales": ({"init_scale": (1, 2, 3)}, ["init_scale must be a pair", "got 3"]),
    "dropout in L-BFGS": ({"solver": "lbfgs", "dropout": 0.5}, ["'lbfgs'", "dropout=0.5", "'adam'"]),
    "weights of text": ({"class_weight": {0: 1, 1: "a"}}, ["class_weight must hold finite weights", "got {1: 'a'}"]),
    "weights written as text": ({"class_weight": {0: 1, 1: "2"}}, ["class_weight must hold finite weights", "got {1: '2'}"]),
    "weights of spans": ({"class_weight": {0: np.timedelta64(2, "s")}}, ["class_weight must hold finite weights", "got {0: "]),
    "weight of no class": ({"class_weight": {7: 1}}, ["[0, 1, 2]", "not in class_weight. Its keys are labels of y"]),
    "weights all zero": ({"class_weight": {0: 0, 1: 0, 2: 0}}, ["class_weight", "not all of them 0"]),
    "weights of several labels": ({"class_weight": [{1: 2}] * 3}, ["class_weight is a list", "one dict of label to weight"]),
    "penalty beyond floats": ({"alpha": 10**400}, ["alpha is an int too large"]),
    "units beyond floats": ({"hidden_layer_size": 10**400}, ["hidden_layer_size is an int too large"]),
    "epochs beyond floats": ({"max_iter": 10**400}, ["max_iter is an int too large"]),
    "no arrays": ({"weight_init": []}, ["weight_init must be a pair", "got 0"]),
    "one array": ({"weight_init": [np.ones((3, 4))]}, ["weight_init must be a pair", "got 1"]),
    "numbers as arrays": ({"weight_init": (1, 2)}, ["weight_init[0] must have the shape (3, 4)", "()"]),
    "words as arrays": ({"weight_init": ("he", "he")}, ["weight_init[0] must hold real numbers"]),
    "None as arrays": ({"weight_init": (None, None)}, ["weight_init[0] must hold real numbers"]),
    "transposed arrays": ({"weight_init": (np.ones((4, 3)), np.ones((4, 3)))}, ["weight_init[0]", "(3, 4)", "(4, 3)"]),
    "second array": ({"weight_init": (np.ones((3, 4)), np.ones((3, 4)))}, ["weight_init[1]", "(4, 3)", "(3, 4)"]),
    "ragged arrays": ({"weight_init": ([[1], [1, 2]], [[1]])}, ["weight_init[0]", "different lengths"]),
    "complex arrays": ({"weight_init": (1j * np.ones((3, 4)), np.ones((4, 3)))}, ["weight_init[0]", "complex128"]),
    "arrays of times": ({"weight_init": (np.zeros((3, 4), "M8[s]"), 0)}, ["weight_init[0]", "datetime64"]),
    "arrays of nan": ({"weight_init": (np.full((3, 4), NAN), np.ones((4, 3)))}, ["weight_init", "NaN", "Check"]),
    "arrays too large": ({"weight_init": (np.full((3, 4), 1e39), np.ones((4, 3)))}, ["weight_init", "infinite"]),
}  # fmt: skip

# --- What users write: functions and classes ------------------------------------------


def returning(value):
    return lambda *given, **named: value


def mine(base, **methods):
    return type("Mine", (base,), methods)()


def fills(index, value):
    """A function that fills its argument of some number, and returns it."""

    def fill(*given):
        given[index][...] = value
        return 1.0

    return fill


def keep(Z, H, dH=None):
    """Be the identity, or its derivative."""
    if dH is None:
        H[...] = Z


NO_NUMBER = {"None": None, "text": "a", "complex": 1j, "list": [1.0], "two": np.ones(2)}
SCHEDULES = {
    f"schedule: {kind}": ({"learning_rate": returning(value)}, ValueError, ["learning_rate must return a finite number"])
    for kind, value in {**NO_NUMBER, "nan": NAN, "inf": INF}.items()
}  # fmt: skip
SCORERS = {
    f"scoring: {kind}": ({"scoring": returning(value)}, ValueError, ["scoring=", "must return one number"])
    for kind, value in NO_NUMBER.items()
}  # fmt: skip
LOSSES = {
    f"loss: {kind}": ({"loss": mine(LogLoss, value_and_grad=returning(value))}, TypeError, ["loss=Mine()", "must return one number"])
    for kind, value in NO_NUMBER.items()
}  # fmt: skip
DIVERGED = [
    "Training diverged in epoch 1",
    "Lower learning_rate_init",
    "X lies between",
]
NOT_FINITE = ["The loss was not finite before the first step", "X lies between"]
OTHERS = {
    "loss: nan": ({"loss": mine(LogLoss, value_and_grad=returning(NAN))}, ValueError, NOT_FINITE),
    "loss: inf": ({"loss": mine(LogLoss, value_and_grad=returning(INF))}, ValueError, NOT_FINITE),
    "loss: gradient nan": ({"loss": mine(LogLoss, value_and_grad=fills(4, NAN))}, ValueError, DIVERGED),
    "loss: nothing defined": ({"loss": mine(Loss)}, NotImplementedError, ["Mine has to define value_and_grad"]),
    "loss: its own error": ({"loss": mine(LogLoss, value_and_grad=lambda *_: 1 / 0)}, ZeroDivisionError, ["division"]),
    "loss: no loss": ({"loss": SGD()}, ValueError, ["'loss'", "value_and_grad", "SGD("]),
    "activation: nan": ({"activation": Activation(fills(1, NAN), keep)}, ValueError, NOT_FINITE),
    "activation: inf": ({"activation": Activation(fills(1, INF), keep)}, ValueError, NOT_FINITE),
    "activation: gradient nan": ({"activation": Activation(keep, fills(2, NAN))}, ValueError, DIVERGED),
    "activation: numbers": ({"activation": Activation(1, 2)}, ValueError, ["'activation'", "'forward' and 'backward'"]),
    "activation: its own error": ({"activation": Activation(lambda *_: 1 / 0, keep)}, ZeroDivisionError, ["division"]),
    "activation: function": ({"activation": np.tanh}, ValueError, ["'activation'", "ufunc 'tanh'"]),
    "solver: nan": ({"solver": mine(SGD, step=fills(1, NAN))}, ValueError, DIVERGED),
    "solver: inf": ({"solver": mine(SGD, step=fills(1, INF))}, ValueError, DIVERGED),
    "solver: starts None": ({"solver": mine(SGD, start=returning(None))}, TypeError, ["solver=Mine(", "must return a solver", "None"]),
    "solver: starts a number": ({"solver": mine(SGD, start=returning(3))}, TypeError, ["solver=Mine(", "must return a solver", "3"]),
    "solver: nothing defined": ({"solver": mine(Solver)}, NotImplementedError, ["Mine has to define move"]),
    "solver: its own error": ({"solver": mine(SGD, step=lambda *_: 1 / 0)}, ZeroDivisionError, ["division"]),
    "solver: unknown option": ({"solver": type("Mine", (SGD,), {"options": ("nope",)})}, ValueError, ["Mine.options names 'nope'", "Mine(nope=...)"]),
    "weight_init: returns": ({"weight_init": lambda W, rng: W + 1}, ValueError, ["weight_init must fill W in place", "ndarray"]),
    "weight_init: nan": ({"weight_init": fills(0, NAN)}, ValueError, ["weight_init must fill W in place", "float"]),
    "weight_init: leaves nan": ({"weight_init": lambda W, rng: W.fill(NAN)}, ValueError, ["weight_init", "NaN or infinite", "Check"]),
    "weight_init: its own error": ({"weight_init": lambda *_: 1 / 0}, ZeroDivisionError, ["division"]),
    "schedule: its own error": ({"learning_rate": lambda share: 1 / 0}, ZeroDivisionError, ["division"]),
    "scoring: its own error": ({"scoring": lambda *_: 1 / 0}, ZeroDivisionError, ["division"]),
}  # fmt: skip
BAD_CALLABLES = SCHEDULES | SCORERS | LOSSES | OTHERS

# --- from_weights ---------------------------------------------------------------------


def weights(**changes):
    """The arguments of from_weights, for 3 features, 4 units and 3 classes."""
    return {
        "coefs": [np.ones((3, 4)), np.ones((4, 3))],
        "intercepts": [np.ones(4), np.ones(3)],
        "classes": [0, 1, 2],
        **changes,
    }


def coefs(first):
    return {"coefs": [first, np.ones((4, 3))]}


def intercepts(first):
    return {"intercepts": [first, np.ones(3)]}


BAD_NETWORKS = {
    "no coefs": ({"coefs": None}, ["coefs must hold two arrays", "got None"]),
    "coefs a number": ({"coefs": 3}, ["coefs must hold two arrays", "got 3"]),
    "coefs a dict": ({"coefs": {"a": 1, "b": 2}}, ["coefs must hold two arrays", "'a': 1"]),
    "coefs a word": ({"coefs": "ab"}, ["coefs must hold two arrays", "'ab'"]),
    "coefs empty": ({"coefs": []}, ["coefs must hold two arrays", "got 0 coefs"]),
    "one layer": ({"coefs": [np.ones((3, 4))]}, ["coefs must hold two arrays", "got 1 coefs"]),
    "three layers": ({"coefs": [np.ones((3, 3))] * 3}, ["coefs must hold two arrays", "got 3 coefs"]),
    "ragged": (coefs([[1], [1, 2]]), ["coefs[0] has rows of different lengths"]),
    "text": (coefs([["a"] * 4] * 3), ["coefs[0] must hold real numbers", "<U1"]),
    "objects": (coefs(np.full((3, 4), None)), ["coefs[0] must hold real numbers", "object"]),
    "complex": (coefs(np.full((3, 4), 1j)), ["coefs[0] must hold real numbers", "complex"]),
    "times": (coefs(np.zeros((3, 4), "M8[s]")), ["coefs[0] must hold real numbers", "datetime64"]),
    "sparse": (coefs(sparse.csr_array(np.ones((3, 4)))), ["coefs[0] must hold real numbers"]),
    "nan": (coefs(np.full((3, 4), NAN)), ["coefs and intercepts must be finite"]),
    "too large": ({**coefs(np.full((3, 4), 1e39)), "dtype": "float32"}, ["coefs and intercepts must be finite"]),
    "one dimension": (coefs(np.ones(3)), ["coefs must have the shapes", "(3,) and (4, 3)"]),
    "transposed": (coefs(np.ones((4, 3))), ["coefs must have the shapes", "Transpose"]),
    "no features": (coefs(np.ones((0, 4))), ["coefs[0] is empty", "(0, 4)"]),
    "no units": (coefs(np.ones((3, 0))), ["coefs[0] is empty", "(3, 0)"]),
    "intercepts a number": ({"intercepts": 3}, ["intercepts must hold two arrays", "got 3"]),
    "one intercept": ({"intercepts": [np.ones(4)]}, ["intercepts must hold two arrays", "got 1"]),
    "intercepts of None": (intercepts(None), ["intercepts[0] must hold real numbers"]),
    "intercepts of nan": (intercepts(np.full(4, NAN)), ["coefs and intercepts must be finite"]),
    "intercepts too long": (intercepts(np.ones(5)), ["intercepts must have the shapes", "(4,)", "(5,)"]),
    "two classes": ({"classes": [0, 1]}, ["one output per class", "2 classes and 3 outputs"]),
    "unsorted classes": ({"classes": [2, 1, 0]}, ["classes must be sorted", "[2, 1, 0]", "Sort"]),
    "repeated classes": ({"classes": [0, 0, 1]}, ["classes must be sorted", "[0, 0, 1]"]),
    "one of several labels": ({"coefs": [np.ones((3, 4)), np.ones((4, 1))], "intercepts": None, "classes": None}, ["classes=None", "there is one output", "np.hstack([0 * W2, W2])"]),
    "other size": ({"hidden_layer_size": 5}, ["hidden_layer_size=5 does not fit", "Leave it out"]),
    "no biases": ({"fit_intercept": False}, ["fit_intercept=False", "intercepts=None"]),
    "unknown activation": ({"activation": "tahn"}, ["'activation'", "'tahn'"]),
    "unknown dtype": ({"dtype": "float16"}, ["'dtype'", "'float16'"]),
}  # fmt: skip

# --- Inspection and data sets ---------------------------------------------------------

NO_CLASSIFIER = ["estimator must be a TwoLayerClassifier"]
BAD_INSPECTIONS = {
    "gradients: other estimator": (check_gradients, {"estimator": LogisticRegression()}, TypeError, NO_CLASSIFIER),
    "gradients: no estimator": (check_gradients, {"estimator": None}, TypeError, NO_CLASSIFIER),
    "gradients: not fitted": (check_gradients, {"estimator": TwoLayerClassifier()}, NotFittedError, ["not fitted yet"]),
    "gradients: X of text": (check_gradients, {"X": np.full((N_ROWS, 3), "a")}, ValueError, ["column 0 of X holds 'a'"]),
    "gradients: X of nan": (check_gradients, {"X": numbers(NAN)}, ValueError, ["column 2 of X holds nan (row 3)"]),
    "gradients: fewer columns": (check_gradients, {"X": good_X()[:, :2]}, ValueError, ["X has 2 features"]),
    "gradients: short y": (check_gradients, {"y": [0]}, ValueError, ["X and y", "[12, 1]"]),
    "gradients: unknown y": (check_gradients, {"y": [7] * N_ROWS}, ValueError, ["y holds the classes [7]"]),
    "gradients: no y": (check_gradients, {"y": None}, ValueError, ["requires y"]),
    "gradients: negative weight": (check_gradients, {"sample_weight": -good_X()[:, 0]}, ValueError, ["sample_weight"]),
    "gradients: weight of text": (check_gradients, {"sample_weight": ["a"] * N_ROWS}, ValueError, ["sample_weight holds 'a'"]),
    "gradients: no step": (check_gradients, {"step": 0}, ValueError, ["step == 0"]),
    "gradients: step of nan": (check_gradients, {"step": NAN}, ValueError, ["step == nan"]),
    "gradients: step of text": (check_gradients, {"step": "a"}, TypeError, ["step must be"]),
    "gradients: no entries": (check_gradients, {"n_entries": 0}, ValueError, ["n_entries == 0"]),
    "gradients: half an entry": (check_gradients, {"n_entries": 1.5}, TypeError, ["n_entries must be"]),
    "training: other estimator": (TrainingDisplay.from_estimator, {"estimator": LogisticRegression()}, TypeError, NO_CLASSIFIER),
    "training: not fitted": (TrainingDisplay.from_estimator, {"estimator": TwoLayerClassifier()}, NotFittedError, ["not fitted yet"]),
    "training: no estimators": (TrainingDisplay.from_estimator, {"estimator": {}}, ValueError, ["at least one estimator"]),
    "training: unknown curve": (TrainingDisplay.from_estimator, {"curves": "speed"}, ValueError, ["'speed'"]),
    "training: curve not measured": (TrainingDisplay.from_estimator, {"curves": ["accuracy"]}, ValueError, ["accuracy"]),
    "training: two axes": (TrainingDisplay.from_estimator, {"ax": [None, None]}, ValueError, ["ax must hold 1 axes", "got 2"]),
    "weights: other estimator": (WeightsDisplay.from_estimator, {"estimator": LogisticRegression()}, TypeError, NO_CLASSIFIER),
    "weights: not fitted": (WeightsDisplay.from_estimator, {"estimator": TwoLayerClassifier()}, NotFittedError, ["not fitted yet"]),
    "weights: other size": (WeightsDisplay.from_estimator, {"image_shape": (3, 3)}, ValueError, ["image_shape=(3, 3)", "there are 3"]),
    "weights: a number as shape": (WeightsDisplay.from_estimator, {"image_shape": 3}, ValueError, ["image_shape must be", "got 3"]),
    "weights: negative shape": (WeightsDisplay.from_estimator, {"image_shape": (-1, -3)}, ValueError, ["image_shape must be", "(-1, -3)"]),
    "weights: one name": (WeightsDisplay.from_estimator, {"feature_names": ["a"]}, ValueError, ["feature_names holds 1", "3 features"]),
    "weights: no units": (WeightsDisplay.from_estimator, {"n_units": 0}, ValueError, ["n_units == 0"]),
    "weights: units of text": (WeightsDisplay.from_estimator, {"n_units": "a"}, TypeError, ["n_units must be"]),
    "predictions: other estimator": (PredictionsDisplay.from_estimator, {"estimator": LogisticRegression()}, TypeError, NO_CLASSIFIER),
    "predictions: not fitted": (PredictionsDisplay.from_estimator, {"estimator": TwoLayerClassifier()}, NotFittedError, ["not fitted yet"]),
    "predictions: X of text": (PredictionsDisplay.from_estimator, {"X": np.full((N_ROWS, 3), "a")}, ValueError, ["column 0 of X holds 'a'"]),
    "predictions: other size": (PredictionsDisplay.from_estimator, {"image_shape": (3, 3)}, ValueError, ["image_shape=(3, 3)", "there are 3"]),
    "predictions: unknown choice": (PredictionsDisplay.from_estimator, {"select": "best"}, ValueError, ["select must be one of", "'best'"]),
    "predictions: no images": (PredictionsDisplay.from_estimator, {"n_images": 0}, ValueError, ["n_images == 0"]),
    "predictions: images of text": (PredictionsDisplay.from_estimator, {"n_images": "a"}, TypeError, ["n_images must be"]),
}  # fmt: skip

NO_IDX = ["is not an IDX file", "expected '00 00'"]
BAD_FILES = {
    "empty": (b"", NO_IDX),
    "half a header": (b"\0\0\x08", NO_IDX),
    "text": (b"age,height", NO_IDX),
    "other start": (b"\1\1\x08\1\0\0\0\1a", NO_IDX),
    "unknown type": (b"\0\0\x77\1\0\0\0\1a", NO_IDX),
    "header without sizes": (b"\0\0\x08\3\0\0\0\5", NO_IDX),
    "too short": (b"\0\0\x08\1\0\0\0\5ab", ["is truncated", "found 10 bytes, expected 13"]),
    "too long": (b"\0\0\x08\1\0\0\0\1abc", ["trailing bytes", "expected 9"]),
    "enormous": (b"\0\0\x08\3" + b"\xff" * 12, ["announces uint8 of shape", "check the path"]),
    "half a gzip file": (gzip.compress(b"\0\0\x08\1\0\0\0\1a")[:12], ["truncated or corrupt", "gzip"]),
    "no gzip file": (b"\x1f\x8b" + b"\0" * 20, ["truncated or corrupt", "gzip"]),
}  # fmt: skip


# --- The tests ------------------------------------------------------------------------


def classifier(**params):
    return TwoLayerClassifier(
        **{"hidden_layer_size": 4, "max_iter": 2, "random_state": 0, **params}
    )


def is_frame(X):
    return isinstance(X, pd.DataFrame | pl.DataFrame)


@pytest.fixture(scope="module")
def fitted():
    """Classifiers that compute in float32, of an array's and of a frame's features."""
    clf = classifier(dtype="float32", batch_size=6, warm_start=True)
    clf.fit(good_X(), good_y()).partial_fit(good_X(), good_y())
    named = classifier(dtype="float32").fit(pandas_frame(1.0), good_y())
    return {False: pickle.dumps(clf), True: pickle.dumps(named)}


@pytest.fixture
def copy_of(fitted):
    """Return what makes a fitted classifier for each test, of the features of X."""
    return lambda X=None: pickle.loads(fitted[is_frame(X)])


@pytest.fixture(scope="module")
def fitted_to_several():
    """A classifier that computes in float32, of several labels per row."""
    clf = classifier(dtype="float32", batch_size=6, warm_start=True)
    return pickle.dumps(clf.fit(good_X(), good_Y()).partial_fit(good_X(), good_Y()))


@pytest.fixture
def copy_of_several(fitted_to_several):
    """Return what makes a classifier fitted to several labels for each test."""
    return lambda: pickle.loads(fitted_to_several)


def learnt(clf):
    """All that was learnt, hashed: what is no parameter, and what it predicts."""
    params = clf.get_params()
    attributes = {k: v for k, v in vars(clf).items() if k not in params}
    names = getattr(clf, "feature_names_in_", None)
    X = good_X() if names is None else pandas_frame(1.0)
    return joblib.hash([attributes, clf.predict_proba(X) if attributes else None])


@contextmanager
def refused(error, words):
    """What is done within raises, with all of these words."""
    with pytest.raises(error) as refusal:
        yield
    message = str(refusal.value)
    assert [word for word in words if word not in message] == [], message


def assert_refused(clf, call, error, words):
    """The call raises with these words and leaves all that the classifier learnt."""
    before = learnt(clf)
    with refused(error, words):
        call(clf)
    assert learnt(clf) == before


CALLS = {
    "fit": lambda clf, X, y, w: clf.fit(X, y, w),
    "partial_fit": lambda clf, X, y, w: clf.partial_fit(X, y, sample_weight=w),
    "predict_proba": lambda clf, X, y, w: clf.predict_proba(X),
    "score": lambda clf, X, y, w: clf.score(X, y, w),
}
TRAINING, WITH_LABELS = ["fit", "partial_fit"], ["fit", "partial_fit", "score"]
WITH_FEATURES = ["fit", "partial_fit", "predict_proba"]


@pytest.mark.parametrize("call", WITH_FEATURES)
@pytest.mark.parametrize("case", BAD_X)
def test_X(case, call, copy_of):
    make, error, words = BAD_X[case]
    X = make()
    refuse = CALLS[call]
    assert_refused(copy_of(X), lambda clf: refuse(clf, X, good_y(), None), error, words)


@pytest.mark.parametrize("case", BAD_X)
def test_X_of_a_first_call(case):
    make, error, words = BAD_X[case]
    clf = classifier(dtype="float32")
    assert_refused(clf, lambda clf: clf.fit(make(), good_y()), error, words)


@pytest.mark.parametrize("call", [call for call in CALLS if call != "fit"])
@pytest.mark.parametrize("case", OTHER_X)
def test_other_X(case, call, copy_of):
    make, error, words = OTHER_X[case]
    X = make()
    refuse = CALLS[call]
    assert_refused(copy_of(X), lambda clf: refuse(clf, X, good_y(), None), error, words)


@pytest.mark.parametrize("call", WITH_LABELS)
@pytest.mark.parametrize("case", BAD_Y)
def test_y(case, call, copy_of):
    make, error, words = BAD_Y[case]
    refuse = CALLS[call]
    assert_refused(
        copy_of(), lambda clf: refuse(clf, good_X(), make(), None), error, words
    )


@pytest.mark.parametrize("case", UNKNOWN_Y | OTHER_KIND_OF_Y)
def test_y_of_a_further_chunk(case, copy_of):
    make, error, words = (UNKNOWN_Y | OTHER_KIND_OF_Y)[case]
    assert_refused(
        copy_of(), lambda clf: clf.partial_fit(good_X(), make()), error, words
    )


@pytest.mark.parametrize("case", OTHER_KIND_OF_Y)
def test_another_kind_of_y_is_not_scored(case, copy_of):
    make, error, _ = OTHER_KIND_OF_Y[case]
    words = ["y has the shape (12, 3)", "predictions have (12,)", "as they were in fit"]
    assert_refused(copy_of(), lambda clf: clf.score(good_X(), make()), error, words)


@pytest.mark.parametrize("call", WITH_LABELS)
@pytest.mark.parametrize("case", BAD_LABELS)
def test_several_labels(case, call, copy_of_several):
    make, words = BAD_LABELS[case]
    refuse = CALLS[call]
    assert_refused(
        copy_of_several(),
        lambda clf: refuse(clf, good_X(), make(), None),
        ValueError,
        words,
    )


@pytest.mark.parametrize("case", BAD_LABELS)
def test_several_labels_of_a_first_call(case):
    make, words = BAD_LABELS[case]
    clf = classifier()
    assert_refused(clf, lambda clf: clf.fit(good_X(), make()), ValueError, words)


@pytest.mark.parametrize("case", BAD_LABELS | OTHER_LABELS)
def test_several_labels_of_validation_data(case, copy_of_several):
    make, words = (BAD_LABELS | OTHER_LABELS)[case]
    given = {"X_val": good_X(), "y_val": make()}
    words = ["Validation data (X_val, y_val)", *words]
    assert_refused(
        copy_of_several(),
        lambda clf: clf.fit(good_X(), good_Y(), **given),
        ValueError,
        words,
    )


@pytest.mark.parametrize("call", ["partial_fit", "score"])
@pytest.mark.parametrize("case", OTHER_LABELS)
def test_labels_of_another_number(case, call, copy_of_several):
    make, words = OTHER_LABELS[case]
    refuse = CALLS[call]
    assert_refused(
        copy_of_several(),
        lambda clf: refuse(clf, good_X(), make(), None),
        ValueError,
        ["y has the shape", *words, "Pass "],
    )


@pytest.mark.parametrize("case", OTHER_LABELS)
def test_training_does_not_go_on_with_labels_of_another_number(case, copy_of_several):
    make, _ = OTHER_LABELS[case]
    words = ["Training cannot go on", "changed from", "warm_start=False"]
    assert_refused(
        copy_of_several(), lambda clf: clf.fit(good_X(), make()), ValueError, words
    )


@pytest.mark.parametrize("call", TRAINING)
@pytest.mark.parametrize("case", BAD_WEIGHTS_OF_LABELS)
def test_weights_of_several_labels(case, call, copy_of_several):
    class_weight, words = BAD_WEIGHTS_OF_LABELS[case]
    clf = copy_of_several().set_params(class_weight=class_weight)
    refuse = CALLS[call]
    assert_refused(
        clf, lambda clf: refuse(clf, good_X(), good_Y(), None), ValueError, words
    )


@pytest.mark.parametrize("weight", [1e-300, 1e300])
def test_weights_of_a_chunk_that_float32_does_not_hold(weight, copy_of_several):
    clf = copy_of_several().set_params(class_weight=[{0: weight, 1: weight}] * 3)
    words = ["dtype('float32')", "does not hold the weights that class_weight makes"]
    assert_refused(
        clf, lambda clf: clf.partial_fit(good_X(), good_Y()), ValueError, words
    )


def test_weights_of_labels_that_no_row_has():
    clf = classifier(class_weight=[{0: 0}] * 3)
    words = ["does not hold the weights that class_weight makes", "positive where"]
    assert_refused(clf, lambda clf: clf.fit(good_X(), 0 * good_Y()), ValueError, words)


@pytest.mark.parametrize("classes", [[0, 2], [1, 2, 3], ["a", "b", "c"]], ids=str)
def test_classes_of_several_labels(classes, copy_of_several):
    words = [f"classes={classes} must be", "[0, 1, 2]", "Leave classes out"]
    for clf in (classifier(), copy_of_several()):
        assert_refused(
            clf,
            lambda clf: clf.partial_fit(good_X(), good_Y(), classes=classes),
            ValueError,
            words,
        )


def test_weights_of_classes_that_leave_no_row():
    y, weight = good_y(), (good_y() == 2).astype(float)
    clf = classifier(class_weight={2: 0})
    words = ["No row counts", "sample_weight and class_weight"]
    assert_refused(clf, lambda clf: clf.fit(good_X(), y, weight), ValueError, words)


def test_a_chunk_of_one_class_is_welcome(copy_of):
    clf = copy_of()
    assert clf.partial_fit(good_X(), [1] * N_ROWS).t_ == 4 * N_ROWS


@pytest.mark.parametrize("call", WITH_LABELS)
@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_sample_weight(case, call, copy_of):
    make, error, words = BAD_WEIGHTS[case]
    refuse = CALLS[call]
    assert_refused(
        copy_of(), lambda clf: refuse(clf, good_X(), good_y(), make()), error, words
    )


FOREIGN_Y = BAD_Y | UNKNOWN_Y | OTHER_KIND_OF_Y
VALIDATION = (
    [("X_val", case) for case in BAD_X if case != "None"]
    + [("y_val", case) for case in FOREIGN_Y if case != "None"]
    + [("sample_weight_val", case) for case in BAD_WEIGHTS]
)


@pytest.mark.parametrize(("argument", "case"), VALIDATION)
def test_validation_data(argument, case, copy_of):
    tables = {"X_val": BAD_X, "y_val": FOREIGN_Y}
    make, error, words = tables.get(argument, BAD_WEIGHTS)[case]
    given = {"X_val": good_X(), "y_val": good_y(), argument: make()}
    X = pandas_frame(1.0) if is_frame(given["X_val"]) else good_X()
    words = ["Validation data (X_val, y_val)", *words]
    assert_refused(copy_of(X), lambda clf: clf.fit(X, good_y(), **given), error, words)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"X_val": good_X()}, ["y_val is missing"]),
        ({"y_val": good_y()}, ["X_val is missing"]),
        ({"sample_weight_val": good_y()}, ["X_val is missing"]),
    ],
    ids=["no y", "no X", "only weights"],
)
@pytest.mark.parametrize("call", TRAINING)
def test_half_of_validation_data(call, given, words, copy_of):
    def refuse(clf):
        return getattr(clf, call)(good_X(), good_y(), **given)

    assert_refused(copy_of(), refuse, ValueError, words)


@pytest.mark.parametrize("case", BAD_CLASSES | BAD_FIRST_CLASSES)
def test_classes_of_a_first_call(case):
    classes, words = (BAD_CLASSES | BAD_FIRST_CLASSES)[case]
    assert_refused(
        classifier(),
        lambda clf: clf.partial_fit(good_X(), good_y(), classes=classes),
        ValueError,
        words,
    )


@pytest.mark.parametrize("case", BAD_CLASSES)
def test_classes_of_a_further_call(case, copy_of):
    classes, words = BAD_CLASSES[case]
    assert_refused(
        copy_of(),
        lambda clf: clf.partial_fit(good_X(), good_y(), classes=classes),
        ValueError,
        words,
    )


@pytest.mark.parametrize("case", BAD_CLASSES)
def test_classes_of_from_weights(case):
    classes, words = BAD_CLASSES[case]
    with refused(ValueError, words):
        TwoLayerClassifier.from_weights(**weights(classes=classes))


def test_every_parameter_is_in_the_table():
    parameters = inspect.signature(TwoLayerClassifier).parameters
    assert list(BAD_PARAMETERS) == list(parameters)


@pytest.mark.parametrize("call", TRAINING)
@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in BAD_PARAMETERS.items() for value in values],
    ids=str,
)
def test_parameter(name, value, call, copy_of):
    clf = copy_of().set_params(**{name: value})
    words = [name, repr(value)]
    assert_refused(
        clf, lambda clf: CALLS[call](clf, good_X(), good_y(), None), ValueError, words
    )


@pytest.mark.parametrize("case", BAD_COMBINATIONS)
def test_combination_of_parameters(case, copy_of):
    params, words = BAD_COMBINATIONS[case]
    clf = copy_of().set_params(warm_start=False, **params)
    assert_refused(clf, lambda clf: clf.fit(good_X(), good_y()), ValueError, words)


@pytest.mark.parametrize("case", BAD_CALLABLES)
def test_what_a_user_wrote(case, copy_of):
    params, error, words = BAD_CALLABLES[case]
    clf = copy_of().set_params(warm_start=False, **params)
    validation = {"X_val": good_X(), "y_val": good_y()}
    assert_refused(
        clf, lambda clf: clf.fit(good_X(), good_y(), **validation), error, words
    )


@pytest.mark.parametrize("case", BAD_NETWORKS)
def test_from_weights(case):
    changes, words = BAD_NETWORKS[case]
    with refused(ValueError, words):
        TwoLayerClassifier.from_weights(**weights(**changes))


def test_weights_may_come_in_any_sequence():
    given = weights()
    clf = TwoLayerClassifier.from_weights(**{**given, "coefs": deque(given["coefs"])})
    assert_array_equal(clf.coefs_[0], given["coefs"][0])


def test_what_longdouble_alone_holds_is_shown():
    X = numbers(np.longdouble("1e1000"), np.longdouble)
    with pytest.raises(ValueError, match=r"X holds 1e\+1000, .*'float64'.*Scale X\.$"):
        classifier(dtype="float64").fit(X, good_y())


@pytest.mark.parametrize("case", BAD_INSPECTIONS)
def test_inspection(case, copy_of):
    inspect_it, changes, error, words = BAD_INSPECTIONS[case]
    good = {"X": good_X(), "y": good_y(), "image_shape": (1, 3)}
    asked = inspect.signature(inspect_it).parameters
    given = {name: value for name, value in good.items() if name in asked}
    assert_refused(
        copy_of(),
        lambda clf: inspect_it(**{"estimator": clf, **given, **changes}),
        error,
        words,
    )
    plt.close("all")


@pytest.mark.parametrize("case", BAD_FILES)
def test_idx_file(case, tmp_path):
    content, words = BAD_FILES[case]
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(content)
    with refused(ValueError, [str(path), *words]):
        read_idx(path)


def test_idx_file_that_is_none(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="nowhere does not exist: give the path"
    ):
        read_idx(tmp_path / "nowhere")


@pytest.mark.parametrize("fetch", [fetch_mnist, fetch_fashion_mnist])
@pytest.mark.parametrize("subset", ["valid", None, 3])
def test_subset(fetch, subset):
    with pytest.raises(ValueError, match=f"subset={subset!r} is unknown: choose one"):
        fetch(subset=subset)
