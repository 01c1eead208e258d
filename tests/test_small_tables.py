"""The small tables that are part of the package."""

import sys

import numpy as np
import pytest

from skmlp.datasets import load_penguins, load_seattle_weather

pd = pytest.importorskip("pandas", reason="the small tables are data frames")


def test_penguins_have_what_tables_have():
    penguins = load_penguins()
    X, y = penguins.data, penguins.target
    assert X.shape == (333, 16)
    assert dict(y.value_counts()) == {"MALE": 168, "FEMALE": 165}
    assert X["Delta 15 N (o/oo)"].isna().sum() == 9
    assert X["Region"].nunique() == 1
    assert (X["Body Mass (g)"].min(), X["Body Mass (g)"].max()) == (2700, 6300)
    assert list(X.index) == list(range(333))


def test_weather_has_dates_and_rare_classes():
    weather = load_seattle_weather()
    counts = {"sun": 714, "fog": 411, "rain": 259, "drizzle": 54, "snow": 23}
    assert dict(weather.target.value_counts()) == counts
    days = weather.data["date"].diff()[1:]
    assert (days == pd.Timedelta(days=1)).all()
    assert weather.data.select_dtypes("number").columns.tolist() == [
        *("precipitation", "temp_max", "temp_min", "wind")
    ]


@pytest.mark.parametrize("load", [load_penguins, load_seattle_weather])
def test_data_and_target_are_those_of_the_bunch(load):
    bunch, (X, y) = load(), load(return_X_y=True)
    pd.testing.assert_frame_equal(X, bunch.data)
    pd.testing.assert_series_equal(y, bunch.target)
    pd.testing.assert_frame_equal(
        bunch.frame[[*X.columns, y.name]], X.assign(**{y.name: y})
    )
    assert not y.isna().any()
    assert np.isin(bunch.frame.columns, [*X.columns, y.name]).all()


def test_missing_pandas_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install pandas\.$"):
        load_penguins()
