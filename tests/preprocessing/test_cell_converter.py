"""The step of a pipeline that converts cells: like the functions, with names."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmlp.preprocessing import CellConverter, as_numbers, as_text, date_parts

CONVERSIONS = {"numbers": as_numbers, "text": as_text, "date_parts": date_parts}
CELLS = np.array([["2024-02-29", None], ["2026-11-28", "1970-01-01"]], dtype=object)


def table_for(to):
    return np.array([[1, None], [True, 2.5]], object) if to == "numbers" else CELLS


@parametrize_with_checks(
    [CellConverter("numbers"), CellConverter("date_parts")],
    expected_failed_checks=lambda converter: {
        "check_complex_data": "fit does not look at the cells"
    },
)
def test_scikit_learn_check_passes(estimator, check):
    check(estimator)


@pytest.mark.parametrize("to", CONVERSIONS)
def test_cells_become_what_the_function_makes_of_them(to):
    converter = pickle.loads(pickle.dumps(CellConverter(to).fit(table_for(to))))
    assert_array_equal(
        converter.transform(table_for(to)), CONVERSIONS[to](table_for(to))
    )
    assert clone(converter).get_params() == {"to": to}


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("to", CONVERSIONS)
def test_every_column_that_is_put_out_has_a_name(to, library):
    frame = pytest.importorskip(library).DataFrame({"a": [1, 2], "b": [3, 4]})
    converter = CellConverter(to).set_output(transform=library).fit(frame)
    names = converter.get_feature_names_out().tolist()
    assert list(converter.transform(frame).columns) == names
    parts = ("days", "month", "day", "weekday", "hour", "missing")
    of_dates = [f"{column}_{part}" for column in "ab" for part in parts]
    assert names == (of_dates if to == "date_parts" else ["a", "b"])


@pytest.mark.parametrize("to", CONVERSIONS)
def test_other_columns_than_in_fit_are_refused(to):
    converter = CellConverter(to).fit(table_for(to))
    with pytest.raises(ValueError, match="X has 1 features, but CellConverter is exp"):
        converter.transform(table_for(to)[:, :1])


def test_conversion_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="'to' parameter of CellConverter must be"):
        CellConverter("words").fit(CELLS)


@pytest.mark.parametrize(
    "path",
    [
        *("as_numbers", "as_text", "date_parts", "date_part_names"),
        "tabular.same_names",
    ],
)
def test_function_that_earlier_pipelines_name_is_found(path):
    module, _, name = f"skmlp.preprocessing.{path}".rpartition(".")
    assert pickle.loads(f"c{module}\n{name}\n.".encode()).__name__ == name
