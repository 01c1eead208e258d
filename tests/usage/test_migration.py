"""What the guide says to those who come from MLPClassifier: parameters and weights."""

import inspect
import re
import runpy
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from skmlp import TwoLayerClassifier

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "coming_from_mlpclassifier.rst").read_text(encoding="utf-8")
# For an identity: rows in order, whole batches, no end before the planned one. Adam's
# epsilon stands in another place, so it is so small that the place does not matter.
FIXED = {"shuffle": False, "tol": 0.0, "n_iter_no_change": 1000, "epsilon": 1e-60}


@pytest.fixture(scope="module")
def example(without_screen):
    """Return the functions of the example that translates a grid."""
    return runpy.run_path(str(ROOT / "examples" / "plot_from_mlpclassifier.py"))


@pytest.fixture(scope="module")
def rows():
    """Return 900 digits in float64."""
    X, y = load_digits(return_X_y=True)
    return X[:900] / 16, y[:900]


def without_warning(mlp, X, y):
    """Fit; that the planned epochs are over is no news."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mlp.fit(X, y)


def names_of_table(title):
    """Return the names in the first and in the second column of a section's table."""
    section = PAGE.split(f"\n{title}\n---")[1].split("\n---")[0]
    cells = zip(*re.findall(r"\n   \* - (.*)\n     -(.*)", section), strict=True)
    return [re.findall(r"``(\w+)``", " ".join(column)) for column in cells]


@pytest.mark.parametrize(
    ("params", "rtol"),
    [
        ({"solver": "sgd", "batch_size": 100, "learning_rate_init": 0.1}, 1e-10),
        ({"solver": "sgd", "nesterovs_momentum": False, "batch_size": 90}, 1e-10),
        ({"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1}, 1e-10),
        ({"solver": "adam", "batch_size": 100, "alpha": 1.0}, 1e-10),
        ({"solver": "adam", "batch_size": 150, "activation": "logistic"}, 1e-10),
        ({"solver": "lbfgs", "alpha": 1.0, "activation": "tanh"}, 1e-10),
        ({"solver": "lbfgs", "alpha": 10.0}, 1e-10),
    ],
    ids=lambda value: value["solver"] if isinstance(value, dict) else "",
)
def test_from_equal_weights_both_end_at_equal_weights(params, rtol, example, rows):
    X, y = rows
    params = {"batch_size": 300, "alpha": 10.0, **FIXED, **params}
    mlp = MLPClassifier((20,), max_iter=1, warm_start=True, random_state=0, **params)
    start = without_warning(mlp, X, y)
    net = TwoLayerClassifier.from_weights(
        start.coefs_,
        start.intercepts_,
        start.classes_,
        **example["converted"](mlp, 900),
    )
    before = start.coefs_[0].copy()

    without_warning(mlp.set_params(max_iter=6), X, y)
    net.set_params(max_iter=6).fit(X, y)

    assert np.abs(mlp.coefs_[0] - before).max() > 0.01
    ours, theirs = net.coefs_ + net.intercepts_, mlp.coefs_ + mlp.intercepts_
    for mine, its in zip(ours, theirs, strict=True):
        assert_allclose(mine, its, rtol=rtol, atol=rtol)


def test_both_wait_for_equally_many_epochs_without_improvement(example, rows):
    X, y = rows
    mlp = MLPClassifier(
        (20,),
        solver="sgd",
        learning_rate="adaptive",
        learning_rate_init=1e-5,
        n_iter_no_change=3,
        tol=10.0,  # more than any improvement
        random_state=0,
    ).fit(X, y)
    net = TwoLayerClassifier(**example["converted"](mlp, 900)).fit(X, y)
    assert mlp.n_iter_ == net.n_iter_ > 3


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_every_translated_parameter_is_valid(solver, example, rows):
    mlp = MLPClassifier(30, solver=solver, max_iter=3)
    net = TwoLayerClassifier(**example["converted"](mlp, 900)).fit(*rows)
    assert net.n_iter_ == 3


def test_lbfgs_holds_nothing_out(example):
    mlp = MLPClassifier(solver="lbfgs", early_stopping=True)
    assert not example["converted"](mlp, 900)["early_stopping"]


@pytest.mark.parametrize(
    ("params", "alpha"),
    [
        ({}, 1 / 200),
        ({"batch_size": 50}, 1 / 50),
        ({"batch_size": 5000}, 1 / 900),
        ({"solver": "lbfgs"}, 1 / 900),
        ({"early_stopping": True, "batch_size": 5000}, 1 / 810),
    ],
    ids=str,
)
def test_alpha_is_divided_by_the_rows_of_a_step(params, alpha, example):
    mlp = MLPClassifier(alpha=1.0, **params)
    assert example["converted"](mlp, 900)["alpha"] == alpha


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hidden_layer_sizes": (10, 5)}, "2 hidden layers"),
        ({"hidden_layer_sizes": ()}, "0 hidden layers"),
        ({"solver": "sgd", "learning_rate": "invscaling"}, "counts rows"),
        ({"solver": "lbfgs", "max_fun": 10}, "max_fun=10 has no counterpart"),
    ],
    ids=str,
)
def test_what_has_no_counterpart_is_refused(params, message, example):
    with pytest.raises(ValueError, match=message):
        example["converted"](MLPClassifier(**params), 900)


def test_a_grid_of_alphas_and_batch_sizes_keeps_its_order(example):
    grid = {"mlpclassifier__alpha": [1, 2], "mlpclassifier__batch_size": [10, 100]}
    translated = example["converted_grid"](grid, MLPClassifier(batch_size=10), 900)
    alphas = [1 / 10, 1 / 100, 2 / 10, 2 / 100]
    assert [c["twolayerclassifier__alpha"] for c in translated] == [[a] for a in alphas]


def test_names_of_other_steps_stay(example):
    grid = [{"pca__n_components": [2], "net__hidden_layer_sizes": [(7,)]}]
    translated = example["converted_grid"](grid, MLPClassifier(), 900, prefix="net__")
    assert translated == [{"pca__n_components": [2], "net__hidden_layer_size": [7]}]


def test_the_searches_of_the_example_agree(example):
    theirs, ours = (np.array(scores) for scores in example["pairs"])
    assert np.abs(theirs - ours).max() < 0.05
    assert np.abs(theirs - ours).mean() < 0.025


def test_every_parameter_of_mlpclassifier_is_in_the_table():
    theirs, ours = names_of_table("Parameters")
    assert theirs == list(inspect.signature(MLPClassifier).parameters)
    assert set(ours) <= set(inspect.signature(TwoLayerClassifier).parameters)


def test_parameters_of_the_page_are_all_of_ours():
    ours = names_of_table("Parameters")[1]
    new = re.findall(
        r"``(\w+)``", PAGE.split("\nNew are ")[1].split("New in ``fit``")[0]
    )
    assert {*ours, *new} == set(inspect.signature(TwoLayerClassifier).parameters)
    assert not set(ours) & set(new)


def test_attributes_of_the_table_are_those_of_both(rows):
    theirs, ours = names_of_table("Attributes")
    mlp = without_warning(MLPClassifier(max_iter=1), *rows)
    net = TwoLayerClassifier(max_iter=1).fit(*rows)
    assert theirs == ours
    assert {name for name in vars(mlp) if name.endswith("_")} <= set(theirs)
    assert all(hasattr(net, n) for n in ours if n != "feature_names_in_")
