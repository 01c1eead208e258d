"""Models that earlier versions saved, by joblib and by skops."""

import copy
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


def test_pipeline_of_tables_needs_no_names_of_others(tmp_path):
    table = pd.DataFrame({"number": np.arange(40) / 7, "word": ["a", "b"] * 20})
    pipeline = tabular_pipeline(TwoLayerClassifier(4, max_iter=1))
    pipeline.fit(table, np.arange(40) // 20)
    skops.io.dump(pipeline, tmp_path / "model.skops")
    untrusted = skops.io.get_untrusted_types(file=tmp_path / "model.skops")
    others = {name for name in untrusted if not name.startswith("skmlp.")}
    assert others <= {"numpy.dtype"}
    loaded = skops.io.load(tmp_path / "model.skops", trusted=untrusted)
    np.testing.assert_array_equal(
        loaded.predict_proba(table), pipeline.predict_proba(table)
    )
