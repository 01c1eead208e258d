"""Tables: what `tabular_pipeline` makes of them, as onnxruntime computes it."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from running import assert_same_predictions, columns_of
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skmlp import TwoLayerClassifier, tabular_pipeline
from skmlp.onnx import to_onnx
from skmlp.preprocessing import DroppedColumnsWarning, PiecewiseLinearEncoder

N_ROWS = 200


def net():
    return TwoLayerClassifier(8, max_iter=3, alpha=0.1, random_state=0)


def table():
    """Return columns of every kind that can be exported, with gaps."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age in years": 10 * rng.normal(size=N_ROWS) + 40,
            "time": 1.7e9 + rng.integers(10**7, size=N_ROWS),
            "width": rng.normal(size=N_ROWS).astype(np.float32),
            "count": rng.integers(9, size=N_ROWS),
            "flag": rng.random(N_ROWS) > 0.5,
            "colour": rng.choice(["red", "green", "blü"], N_ROWS).astype(object),
            "town": rng.choice([f"t{i}" for i in range(60)], N_ROWS).astype(object),
            "level": pd.Categorical(rng.integers(3, size=N_ROWS)),
            "same": np.ones(N_ROWS),
        }
    )
    for name in ("age in years", "colour", "town"):
        frame.loc[rng.random(N_ROWS) < 0.1, name] = None
    return frame


def labels(frame, n_classes):
    order = (frame["count"] + 3 * (frame["colour"] == "red")).argsort().argsort()
    return order.to_numpy() * n_classes // len(frame)


def strange(frame):
    """Return rows with gaps, texts and numbers that were not there before."""
    frame = frame.copy()
    frame.loc[:20, "colour"] = "purple"
    frame.loc[10:30, "town"] = "nowhere"
    frame.loc[5:9, "age in years"] = np.nan
    frame.loc[0, "age in years"] = 1e30
    return frame


@pytest.mark.filterwarnings("ignore", category=DroppedColumnsWarning)
@pytest.mark.parametrize("opset", [9, 22])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_whole_tables_are_exported(n_classes, opset):
    X = table()
    pipeline = tabular_pipeline(net()).fit(X, labels(X, n_classes))
    exported = to_onnx(pipeline, X, target_opset=opset)
    X = strange(X)
    assert_same_predictions(exported, pipeline, X, columns_of(exported, X))


AROUND = {
    "linear": lambda: tabular_pipeline(LogisticRegression()),
    "bagging": lambda: tabular_pipeline(BaggingClassifier(net(), 2, random_state=0)),
    "stacking": lambda: tabular_pipeline(
        StackingClassifier([("net", net()), ("other", LogisticRegression())], cv=2)
    ),
    "voting": lambda: tabular_pipeline(
        VotingClassifier([("net", net()), ("more", net())], voting="soft")
    ),
    "one against the rest": lambda: tabular_pipeline(OneVsRestClassifier(net())),
    "sigmoid": lambda: CalibratedClassifierCV(tabular_pipeline(net()), cv=2),
    "threshold": lambda: FixedThresholdClassifier(tabular_pipeline(net())),
}


@pytest.mark.filterwarnings("ignore", category=DroppedColumnsWarning)
@pytest.mark.parametrize("name", AROUND)
def test_pipeline_of_a_table_may_have_other_classifiers_within_and_around(name):
    X = table()
    model = AROUND[name]().fit(X, labels(X, 2))
    exported = to_onnx(model, X)
    assert_same_predictions(exported, model, X, columns_of(exported, X))


@pytest.mark.filterwarnings("ignore", category=DroppedColumnsWarning)
def test_table_is_exported_for_several_labels():
    X = table()
    y = np.column_stack([labels(X, 2), X["flag"], X["count"] > 3]).astype(int)
    pipeline = tabular_pipeline(net()).fit(X, y)
    exported = to_onnx(pipeline, X)
    X = strange(X)
    assert_same_predictions(exported, pipeline, X, columns_of(exported, X))


@pytest.mark.filterwarnings("ignore", category=DroppedColumnsWarning)
def test_inputs_are_the_columns_that_count():
    X = table()
    pipeline = tabular_pipeline(net()).fit(X, labels(X, 2))
    names = [declared.name for declared in to_onnx(pipeline, X).graph.input]
    assert names == [name for name in X if name != "same"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_array_with_gaps_is_exported(dtype):
    X = np.random.default_rng(0).normal(size=(N_ROWS, 3)).astype(dtype)
    y = (X[:, 0] > 0).astype(int)
    X[::7, 1] = np.nan
    pipeline = tabular_pipeline(net()).fit(X, y)
    assert_same_predictions(to_onnx(pipeline, X), pipeline, X)


def test_frame_of_polars_is_exported():
    X = pl.DataFrame({"a": [1.5, None, 2.0] * 20, "b": ["x", "y", None] * 20})
    pipeline = tabular_pipeline(net()).fit(X, ["no", "yes", "yes"] * 20)
    exported = to_onnx(pipeline, X)
    numbers = X["a"].to_numpy().reshape(-1, 1)
    texts = np.array([[x or ""] for x in X["b"]], object)
    assert_same_predictions(exported, pipeline, X, {"a": numbers, "b": texts})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_frame_of_numbers_is_exported_for_the_classifier_alone(dtype):
    X = table()[["time", "width", "count"]].astype(dtype)
    clf = net().fit(X, labels(table(), 2))
    exported = to_onnx(clf, X)
    assert_same_predictions(exported, clf, X, columns_of(exported, X))


def test_columns_may_come_in_another_order():
    X = table()[["time", "width", "count"]]
    clf = net().fit(X, labels(table(), 2))
    exported = to_onnx(clf, X[["count", "time", "width"]])
    assert_same_predictions(exported, clf, X, columns_of(exported, X))


def test_column_that_is_not_there_is_named():
    X = table()[["time", "width", "count"]]
    clf = net().fit(X, labels(table(), 2))
    with pytest.raises(ValueError, match=r"X lacks the columns \['width'\]"):
        to_onnx(clf, X.rename(columns={"width": "breadth"}))


@pytest.mark.parametrize("name", ["label", "probabilities", ""])
def test_column_named_like_an_output_is_refused(name):
    X = pd.DataFrame({name: [1.0, 2.5, 3.0, 4.0] * 10})
    clf = net().fit(X, [0, 0, 1, 1] * 10)
    with pytest.raises(ValueError, match=f"column of X is named '{name}'.*Rename"):
        to_onnx(clf, X)


def test_whole_numbers_with_gaps_are_no_categories():
    X = pd.DataFrame(
        {"floor": pd.Categorical([1, 2, None, 3] * 10), "n": [1.0, 2.0] * 20}
    )
    pipeline = tabular_pipeline(net()).fit(X, [0, 0, 1, 1] * 10)
    with pytest.raises(ValueError, match=r"Column 'floor' of X holds categories that"):
        to_onnx(pipeline, X)


@pytest.mark.parametrize("add_indicator", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gaps_are_filled_in_the_precision_of_the_rows(dtype, add_indicator):
    X = (np.random.default_rng(0).normal(size=(N_ROWS, 3)) + 1e4).astype(dtype)
    y = (X[:, 0] > 1e4).astype(int)
    X[::5, 1] = np.nan
    imputer = SimpleImputer(add_indicator=add_indicator)
    pipeline = make_pipeline(imputer, PiecewiseLinearEncoder(), net()).fit(X, y)
    assert_same_predictions(to_onnx(pipeline, X), pipeline, X)


def test_dates_are_refused_by_name():
    X = pd.DataFrame({"sold": ["2026-11-28", "2026-12-01"] * 20, "n": [1.0, 2.0] * 20})
    pipeline = tabular_pipeline(net()).fit(X, [0, 1] * 20)
    with pytest.raises(ValueError, match=r"\['sold'\] of X hold dates.*date_parts"):
        to_onnx(pipeline, X)


def test_type_that_no_input_takes_is_refused_by_name():
    days = pd.to_datetime(["2026-11-28", "2026-12-01"] * 20)
    X = pd.DataFrame({"sold": days, "n": [1.0, 2.0] * 20})
    pipeline = tabular_pipeline(net()).fit(X, [0, 1] * 20)
    with pytest.raises(ValueError, match=r"Column 'sold' of X holds .*date_parts"):
        to_onnx(pipeline, X)


def test_text_where_there_were_numbers_is_refused_by_name():
    X = pd.DataFrame({"n": [1.0, 2.5, 3.0, 4.0] * 10})
    pipeline = tabular_pipeline(net()).fit(X, [0, 0, 1, 1] * 10)
    with pytest.raises(ValueError, match=r"'n'.*text where there were numbers"):
        to_onnx(pipeline, X.astype(str))


def test_table_is_to_be_a_frame():
    X = np.array([[1.0, "red"], [2.0, "blue"]] * 20, dtype=object)
    pipeline = tabular_pipeline(net()).fit(X, [0, 1] * 20)
    with pytest.raises(ValueError, match="Pass a table as a frame"):
        to_onnx(pipeline, X)


def test_types_of_a_frame_are_not_guessed():
    X = pd.DataFrame({"n": [1.0, 2.5, 3.0, 4.0] * 10})
    pipeline = tabular_pipeline(net()).fit(X, [0, 0, 1, 1] * 10)
    with pytest.raises(ValueError, match=r"X=None.*\['n'\]"):
        to_onnx(pipeline)


def test_gap_and_empty_text_are_not_to_be_one():
    X = pd.DataFrame({"colour": ["", None, "red", "red"] * 10})
    encoder = make_column_transformer((OneHotEncoder(), ["colour"]))
    pipeline = make_pipeline(encoder, net()).fit(X, [0, 0, 1, 1] * 10)
    with pytest.raises(ValueError, match="both a gap and the empty"):
        to_onnx(pipeline, X)
