"""Models that earlier versions saved, by joblib and by skops."""

import ast
import copy
import re
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from release.write_saved import models, rows
from sklearn.base import clone

from skmlp import TwoLayerClassifier, tabular_pipeline

SAVED = Path(__file__).parents[1] / "data" / "saved"
GUIDE = Path(__file__).parents[2] / "docs" / "user_guide.rst"
MODELS = sorted(path.with_suffix("") for path in SAVED.glob("*/*.npy"))


def name_of(path):
    return f"{path.parent.name}-{path.name}"


def by_joblib(path):
    return joblib.load(path.with_suffix(".joblib"))


def by_skops(path):
    file = path.with_suffix(".skops")
    untrusted = skops.io.get_untrusted_types(file=file)
    assert untrusted == ["skmlp.TwoLayerClassifier"]
    return skops.io.load(file, trusted=untrusted)


LOADERS = [by_joblib, by_skops]


def test_every_kind_of_model_is_kept():
    kept = {path.name.replace("_", " ") for path in MODELS}
    assert kept == {name.replace("_", " ") for name in models()}


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_model_predicts_as_when_it_was_saved(path, load):
    probabilities = np.load(path.with_suffix(".npy"))
    loaded = load(path).predict_proba(rows()[0])
    assert loaded.dtype == probabilities.dtype
    # Processors differ in the order in which they add up.
    rtol = 100 * np.finfo(probabilities.dtype).eps
    np.testing.assert_allclose(loaded, probabilities, rtol=rtol)


@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_both_files_hold_the_same_weights(path):
    ours, theirs = (load(path) for load in LOADERS)
    for a, b in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_model_trains_on(path, load):
    model, (X, _) = load(path), rows()
    n_epochs = model.n_iter_
    assert model.partial_fit(X, model.predict(X)).n_iter_ == n_epochs + 1


@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_parameters_of_today_have_their_defaults(path):
    model = by_joblib(path)
    assert clone(model).get_params() == model.get_params()
    missing = TwoLayerClassifier().get_params().keys() - vars(model).keys()
    assert not missing


def saved_by_a_later_version():
    attributes = copy.deepcopy(TwoLayerClassifier().__getstate__())
    return attributes | {"_skmlp_format": 10**6, "_skmlp_version": "9.1"}


def test_later_format_is_refused_with_the_version_to_install():
    with pytest.raises(ValueError, match=r"has format 1000000.*up to \d.*skmlp 9\.1"):
        TwoLayerClassifier().__setstate__(saved_by_a_later_version())


def test_format_that_is_no_number_is_damage():
    attributes = saved_by_a_later_version() | {"_skmlp_format": "one"}
    with pytest.raises(ValueError, match="is damaged"):
        TwoLayerClassifier().__setstate__(attributes)


@pytest.fixture
def fitted_to_all_kinds():
    """Return a table with columns of every kind, and a pipeline fitted to it."""
    rows = np.arange(200)
    table = pd.DataFrame(
        {
            "number": rows / 7,
            "word": np.array(["a", "b"])[rows % 2],
            "street": [f"street {row % 40}" for row in rows],
            "day": np.datetime64("2026-01-01") + rows % 90,
        }
    )
    table.loc[::9, "number"] = None
    pipeline = tabular_pipeline(TwoLayerClassifier(4, max_iter=1))
    return table, pipeline.fit(table, rows // 100)


def test_guide_names_what_a_pipeline_of_tables_needs(fitted_to_all_kinds, tmp_path):
    table, pipeline = fitted_to_all_kinds
    skops.io.dump(pipeline, tmp_path / "table.skops")
    (example,) = re.findall(r"    trusted = (\[.*?\])", GUIDE.read_text("utf-8"), re.S)
    trusted = ast.literal_eval(example)
    asked_for = skops.io.get_untrusted_types(file=tmp_path / "table.skops")
    assert sorted(trusted) == sorted(asked_for)
    loaded = skops.io.load(tmp_path / "table.skops", trusted=trusted)
    np.testing.assert_array_equal(
        loaded.predict_proba(table), pipeline.predict_proba(table)
    )
