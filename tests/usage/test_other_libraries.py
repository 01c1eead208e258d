"""What the page on other libraries shows runs, and what does not work does not.

Each snippet needs a library, which the extra ``integrations`` brings along; where it is
missing, its tests are skipped and say so.
"""

import ast
import contextlib
import functools
import io
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_wine, make_classification
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer

from skmlp import TwoLayerClassifier
from skmlp.inspection import feature_importances

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "with_other_libraries.rst").read_text(encoding="utf-8")
SNIPPETS = sorted(path.stem for path in (DOCS / "snippets").glob("*.py"))

# Of the libraries themselves, and of what they use.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{warning}")
    for warning in (
        "The ..noload.. loader strategy:DeprecationWarning",  # mlflow, of sqlalchemy
        ".y_pred. was renamed to .y_proba.:FutureWarning",  # mlflow, of scikit-learn
        ".*Any type hint is inferred as AnyType:UserWarning",  # mlflow
        "The set_(bad|over|under) function:PendingDeprecationWarning",  # shap
    )
]


def imports_of(path):
    """Return the dotted names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def skip_without(names):
    """Skip, and say which library is missing."""
    if "each_epoch" in names:
        pytest.importorskip("sklearn.callback", reason="callbacks came with 1.9")
    for root in {name.split(".")[0] for name in names}:
        if find_spec(root) is None:
            pytest.skip(f"{root} is not installed")


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """Work in a folder of its own, send nothing, and say little."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("other_libraries"))
        patch.syspath_prepend(DOCS / "snippets")
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield
    if mlflow := sys.modules.get("mlflow"):
        mlflow.sklearn.autolog(disable=True)


@pytest.fixture(scope="module")
def run(workplace):
    """Run a snippet, once; return the names that it leaves."""

    @functools.cache
    def run_snippet(name):
        path = DOCS / "snippets" / f"{name}.py"
        skip_without([*imports_of(path)])
        with contextlib.redirect_stdout(io.StringIO()):
            return runpy.run_path(str(path), run_name="__main__")

    return run_snippet


@pytest.fixture
def mlflow(workplace):
    return pytest.importorskip("mlflow")


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True)


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippet_is_on_the_page_and_runs(name, run):
    assert f".. literalinclude:: snippets/{name}.py" in PAGE
    run(name)


def test_autolog_logs_a_pipeline_of_one_step(run):
    logged = run("mlflow_autolog")["logged"]
    assert logged.params["twolayerclassifier__hidden_layer_size"] == "20"
    assert logged.metrics["training_accuracy_score"] > 0.9


def test_autolog_logs_nothing_of_the_estimator_alone(mlflow, wine):
    mlflow.sklearn.autolog(log_models=False)
    with mlflow.start_run() as started:
        TwoLayerClassifier(5, max_iter=2).fit(*wine)
    logged = mlflow.get_run(started.info.run_id).data
    assert not logged.params
    assert not logged.metrics


def test_logged_model_predicts_the_same(run):
    left = run("mlflow_model")
    X = left["X"]
    np.testing.assert_array_equal(
        left["loaded"].predict_proba(X), left["model"].predict_proba(X)
    )


def test_log_model_wants_trusted_types(mlflow, wine):
    clf = TwoLayerClassifier(5, max_iter=2).fit(*wine)
    with (
        mlflow.start_run(),
        pytest.raises(mlflow.MlflowException, match=r"\['skmlp.TwoLayerClassifier'\]"),
    ):
        mlflow.sklearn.log_model(clf, name="net")


def test_every_epoch_is_logged(run):
    left = run("mlflow_epochs")
    curve = [(point.step, point.value) for point in left["curve"]]
    epochs = range(1, left["clf"].n_iter_ + 1)
    assert curve == [*zip(epochs, left["clf"].history_["val_accuracy"], strict=True)]


@pytest.mark.parametrize("name", ["optuna_callback", "optuna_partial_fit"])
def test_poor_trials_are_pruned(name, run):
    study = run(name)["study"]
    pruned = [trial for trial in study.trials if trial.state.name == "PRUNED"]
    assert pruned
    assert all(len(trial.intermediate_values) < 10 for trial in pruned)
    assert study.best_value > 0.95


def test_halving_gives_the_best_all_epochs(run):
    search = run("halving")["search"]
    assert search.best_params_["max_iter"] == 18
    assert search.n_resources_ == [6, 18]


def test_shap_values_add_up_to_the_probabilities(run):
    left = run("shap_values")
    explanation = left["explanation"]
    sums = explanation.base_values + explanation.values.sum(axis=1)
    expected = left["clf"].predict_proba(left["X"][:10])
    np.testing.assert_allclose(sums, expected, atol=1e-6)


def test_shap_wants_a_function(wine):
    shap = pytest.importorskip("shap")
    clf = TwoLayerClassifier(5, max_iter=2).fit(*wine)
    with pytest.raises(TypeError, match="not callable"):
        shap.Explainer(clf, wine[0])


def test_permuted_features_cost_score(run):
    assert run("permutation")["found"].importances_mean.max() > 0.1


def test_selected_features_are_enough(run):
    left = run("feature_selection")
    assert left["rfe"].n_features_ < 30
    assert left["model"].score(left["X"], left["y"]) > 0.95


@pytest.mark.parametrize("selector", [RFE, SelectFromModel])
def test_selectors_want_to_be_given_importances(selector, wine):
    with pytest.raises(ValueError, match="importance_getter=='auto'"):
        selector(TwoLayerClassifier(5, max_iter=2)).fit(*wine).transform(wine[0])


@pytest.mark.parametrize("selector", [RFE, SelectFromModel])
@pytest.mark.filterwarnings("ignore:The current default behavior, quantile_method")
def test_selectors_want_an_importance_for_each_column(selector, wine):
    encoded = make_pipeline(KBinsDiscretizer(3), TwoLayerClassifier(5, max_iter=2))
    selecting = selector(encoded, importance_getter=feature_importances)
    with pytest.raises(IndexError):
        selecting.fit(*wine).transform(wine[0])


def test_balanced_classes_are_told_apart(run):
    left = run("imbalanced")
    for name in ("oversampled", "weighted"):
        assert left[name].fit(left["X"], left["y"]).score(left["X"], left["y"]) > 0.8


def test_alpha_measured_on_rows_of_smote_is_too_small():
    over_sampling = pytest.importorskip("imblearn.over_sampling")
    X, y = make_classification(1000, weights=[0.95], flip_y=0.05, random_state=0)
    X_more, y_more = over_sampling.SMOTE(random_state=0).fit_resample(X, y)
    clf = TwoLayerClassifier(32, random_state=0)
    assert clf.fit(X_more, y_more).alpha_ < clf.fit(X, y).alpha_ / 2


def test_sets_hold_the_label_as_often_as_asked(run):
    left = run("conformal")
    assert left["covered"].mean() > 0.93
    assert left["sets"].sum(axis=1).mean() < 1.5


def test_table_of_skrub_is_learnt(run):
    left = run("skrub_table")
    assert left["model"].score(left["table"], left["label"]) > 0.9


def test_blocks_of_dask_are_learnt_and_predicted(run):
    left = run("dask_ml_blocks")
    assert (np.asarray(left["predicted"]) == left["y"]).mean() > 0.95
