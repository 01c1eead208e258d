"""From a table as it comes to predictions."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import estimator_html_repr
from sklearn.utils.validation import check_is_fitted

from skmlp import TwoLayerClassifier, tabular_pipeline
from skmlp.preprocessing import DroppedColumnsWarning

N = 300


def columns():
    """Return columns of many kinds, of which some tell the label, and the labels."""
    rng = np.random.default_rng(0)
    age = rng.integers(18, 90, size=N).astype(float)
    town = rng.choice(["Ulm", "York", "Bern"], size=N).astype(object)
    age[::9], town[::11] = np.nan, None
    label = np.where((np.nan_to_num(age) > 50) == (town == "Ulm"), "yes", "no")
    day = np.datetime64("2020-01-01") + rng.integers(0, 900, size=N)
    return {
        "id": np.arange(N),
        "age": age,
        "town": town,
        "is_new": rng.random(N) < 0.5,
        "since": day.astype("datetime64[us]"),
        "written": day.astype(str).astype(object),
        "street": [f"street {row}" for row in rng.integers(0, 60, size=N)],
        "planet": ["Earth"] * N,
        "notes": [None] * N,
    }, label


def pandas_table():
    pandas = pytest.importorskip("pandas")
    cells, label = columns()
    table = pandas.DataFrame(cells)
    table["size"] = pandas.Categorical(np.arange(N) % 3)
    table["floors"] = pandas.array([None, 1, 2] * (N // 3), dtype="Int64")
    return table, label


def polars_table():
    polars = pytest.importorskip("polars")
    cells, label = columns()
    cells["age"] = [None if np.isnan(a) else a for a in cells["age"]]
    cells["town"] = list(cells["town"])
    cells["written"] = list(cells["written"])
    table = polars.DataFrame(cells)
    size = polars.Series(["s", "m", "l"] * (N // 3), dtype=polars.Categorical)
    floors = polars.Series([None, 1, 2] * (N // 3))
    return table.with_columns(size=size, floors=floors), label


def object_table():
    cells, label = columns()
    table = np.empty((N, len(cells)), dtype=object)
    for position, column in enumerate(cells.values()):
        table[:, position] = list(column)
    return table, label


TABLES = [pandas_table, polars_table, object_table]
DROPPED = "ignore::skmlp.preprocessing.DroppedColumnsWarning"


def quick(**options):
    """Return a pipeline whose classifier is fitted at once."""
    return tabular_pipeline(LogisticRegression(max_iter=1000), **options)


def network():
    """Return a network that is fitted in little time."""
    return TwoLayerClassifier(max_iter=5, learning_rate_init=0.01, random_state=0)


@pytest.mark.parametrize("make", TABLES)
@pytest.mark.filterwarnings(DROPPED)
def test_network_learns_from_a_table_as_it_comes(make):
    table, label = make()
    pipeline = tabular_pipeline(TwoLayerClassifier(random_state=0))
    assert pipeline.fit(table[:200], label[:200]).score(table[200:], label[200:]) > 0.8


@pytest.mark.parametrize("make", [pandas_table, polars_table])
def test_columns_go_where_their_cells_belong(make):
    table, label = make()
    with pytest.warns(DroppedColumnsWarning, match="'id' .*'planet' .*'notes'"):
        pipeline = quick().fit(table, label)
    found = {kind: names for kind, _, names in pipeline["columns"].transformers_}
    assert found == {
        "numbers": ["age", "is_new", "floors"],
        "dates": ["since", "written"],
        "categories": ["town", "size"],
        "many_levels": ["street"],
        "dropped": ["id", "planet", "notes"],
    }


@pytest.mark.filterwarnings(DROPPED)
def test_names_tell_what_became_of_each_column():
    table, label = pandas_table()
    pipeline = quick(n_bins=2).fit(table, label)
    names = pipeline[:-1].get_feature_names_out().tolist()
    assert pipeline.feature_names_in_.tolist() == table.columns.tolist()
    assert names[:3] == ["numbers__age", "numbers__age_from_18", "numbers__age_from_56"]
    assert {
        *("numbers__is_new", "numbers__missingindicator_age", "dates__since_month"),
        *("categories__town_Ulm", "categories__town_None", "categories__size_0"),
        "many_levels__street",
    } <= set(names)
    assert not any("hour" in name or "planet" in name for name in names)


@pytest.mark.parametrize("make", TABLES)
@pytest.mark.filterwarnings(DROPPED)
def test_classifier_is_given_dense_float32_between_0_and_1(make):
    encoded = quick()[:-1].fit_transform(*make())
    assert type(encoded) is np.ndarray
    assert encoded.dtype == np.float32
    assert encoded.min() == 0
    assert encoded.max() == 1


@pytest.mark.filterwarnings(DROPPED)
def test_frames_of_pandas_and_polars_and_arrays_are_encoded_alike():
    table, label = pandas_table()
    table = table.drop(columns=["size", "floors"])
    polars = pytest.importorskip("polars").from_pandas(table)
    expected = quick()[:-1].fit_transform(table, label)
    assert_array_equal(quick()[:-1].fit_transform(polars, label), expected)
    array = table.astype(object).to_numpy()
    assert_array_equal(quick()[:-1].fit_transform(array, label), expected)


@pytest.mark.filterwarnings(DROPPED)
def test_unseen_levels_and_gaps_are_predicted():
    table, label = pandas_table()
    pipeline = quick().fit(table, label)
    others = table.head(4).assign(town="Oslo", street="street 99", written="soon")
    gaps = table.head(4).astype(object)
    gaps.loc[:] = None
    with pytest.warns(UserWarning, match="Column 'written' of X holds 'soon'"):
        assert np.isfinite(pipeline.predict_proba(others)).all()
    assert np.isfinite(pipeline.predict_proba(gaps)).all()


@pytest.mark.filterwarnings(DROPPED)
def test_columns_may_come_in_another_order_and_dropped_ones_not_at_all():
    table, label = pandas_table()
    pipeline = quick().fit(table, label)
    other = table.drop(columns=["id", "notes"])[table.columns[-2:0:-1].drop("notes")]
    other["floors"] = table["floors"]
    assert_array_equal(pipeline.predict_proba(other), pipeline.predict_proba(table))


@pytest.mark.parametrize("cell", ["old", np.inf])
@pytest.mark.filterwarnings(DROPPED)
def test_cell_that_cannot_be_used_is_named(cell):
    table, label = pandas_table()
    pipeline = quick().fit(table, label)
    table["age"] = table["age"].astype(object)
    table.loc[3, "age"] = cell
    with pytest.raises(ValueError, match=r"Column 'age' of X holds .* \(row 3\)"):
        pipeline.predict(table)


def test_table_of_numbers_needs_nothing_else():
    X = np.random.default_rng(0).normal(size=(N, 4))
    X[::5, 1] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline = quick(n_bins=4).fit(X, X[:, 0] > 0)
    names = pipeline[:-1].get_feature_names_out()
    assert len(names) == 4 * 5 + 1
    assert names[-1] == "numbers__missingindicator_x1"


@pytest.mark.filterwarnings(DROPPED)
def test_identifier_is_kept_where_asked_for():
    table, label = pandas_table()
    with pytest.warns(DroppedColumnsWarning, match="left out: 'planet'"):
        pipeline = quick(keep=["id"]).fit(table, label)
    assert "numbers__id" in pipeline[:-1].get_feature_names_out()


def test_table_without_anything_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="Nothing can be learnt from any column of X"):
        quick().fit(np.ones((N, 2)), [0, 1] * (N // 2))


def test_default_classifier_is_the_network():
    pipeline = tabular_pipeline()
    assert isinstance(pipeline, Pipeline)
    assert list(pipeline.named_steps) == ["columns", "classifier"]
    assert repr(pipeline["classifier"]) == "TwoLayerClassifier()"
    with pytest.raises(NotFittedError):
        check_is_fitted(pipeline)


@pytest.mark.parametrize("classifier", [LogisticRegression, "logistic", 3])
def test_what_is_no_estimator_is_refused(classifier):
    with pytest.raises(TypeError, match=r"classifier must be an estimator, .*; got"):
        tabular_pipeline(classifier)


@pytest.mark.filterwarnings(DROPPED)
def test_grid_search_reaches_every_step_by_its_name():
    table, label = pandas_table()
    grid = {
        "columns__numbers__bins__n_bins": [1, 8],
        "columns__categories__one_hot__min_frequency": [2],
        "classifier__C": [0.1, 1],
    }
    search = GridSearchCV(quick(), grid, cv=2).fit(table, label)
    assert set(search.best_params_) == set(grid)
    encoder = search.best_estimator_["columns"].named_transformers_["numbers"]["bins"]
    assert encoder.n_bins == search.best_params_["columns__numbers__bins__n_bins"]


@pytest.mark.filterwarnings(DROPPED)
def test_two_fits_are_equal_to_the_bit():
    table, label = pandas_table()
    pipeline = tabular_pipeline(network())
    first = clone(pipeline).fit(table, label).predict_proba(table)
    assert_array_equal(pipeline.fit(table, label).predict_proba(table), first)


@pytest.mark.parametrize("make", TABLES)
@pytest.mark.filterwarnings(DROPPED)
def test_several_labels_per_row_are_learnt_from_texts_of_many_levels(make):
    table, label = make()
    even_street = [int(name.split()[1]) % 2 for name in columns()[0]["street"]]
    y = np.column_stack([label == "yes", even_street]).astype(int)
    pipeline = tabular_pipeline(TwoLayerClassifier(random_state=0)).fit(table, y)
    assert ((pipeline.predict(table) == y).mean(axis=0) > 0.8).all()


@pytest.mark.filterwarnings(DROPPED)
def test_pickle_is_little_larger_than_the_network():
    table, label = pandas_table()
    pipeline = tabular_pipeline(network()).fit(table, label)
    written = pickle.dumps(pipeline)
    assert len(written) < len(pickle.dumps(pipeline["classifier"])) + 30_000
    assert_array_equal(
        pickle.loads(written).predict_proba(table), pipeline.predict_proba(table)
    )


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.filterwarnings(DROPPED)
def test_output_is_a_frame_where_asked_for(library):
    pytest.importorskip(library)
    table, label = pandas_table()
    pipeline = quick().set_output(transform=library).fit(table, label)
    encoded = pipeline[:-1].transform(table)
    assert type(encoded).__module__.startswith(library)
    assert list(encoded.columns) == pipeline[:-1].get_feature_names_out().tolist()


@pytest.mark.parametrize("is_fitted", [False, True])
@pytest.mark.parametrize("make", [pandas_table, object_table])
@pytest.mark.filterwarnings(DROPPED)
def test_html_shows_where_columns_go(make, is_fitted):
    table, label = make()
    pipeline = quick()
    if is_fitted:
        pipeline.fit(table[:, [1, 2]] if make is object_table else table, label)
    html = estimator_html_repr(pipeline)
    for word in ("numbers", "dates", "many_levels", "PiecewiseLinearEncoder"):
        assert word in html
