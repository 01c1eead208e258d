"""Layers import downwards only, and scikit-learn stays out of the numerical core."""

import ast
import sys
from pathlib import Path

import pytest

import skmlp

PACKAGE = Path(skmlp.__file__).parent
# From the top: a module imports modules of later lines only.
LAYERS = [
    ["__init__"],
    ["inspection"],
    ["_predictions_display", "_training_display", "_weights_display"],
    ["_gradient_check"],
    ["_wrappers"],
    ["_classifier"],
    ["_divergence"],
    ["_fitting", "_holdout", "_state"],
    ["_monitor", "_weights"],
    ["_training", "_validation"],
    ["_auto", "_callbacks", "_dropout", "_scale", "_threads", "_touched"],
    ["_network"],
    ["_batches"],
    ["activations", "losses", "solvers", "schedules", "initializers", "datasets"],
    ["_blas", "_plotting", "_standardization", "_version"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
SCIKIT_LEARN = {
    "_callbacks",
    "_classifier",
    "_divergence",
    "_gradient_check",
    "_predictions_display",
    "_scale",
    "_state",
    "_validation",
    "_weights",
    "_weights_display",
    "_wrappers",
    "datasets",
}
# The one module that imports matplotlib, and only when something is to be drawn.
PLOTTING = "_plotting"
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))


def tree_of(module):
    return ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))


def functions_of(module):
    return [n for n in ast.walk(tree_of(module)) if isinstance(n, ast.FunctionDef)]


def imports_of(module):
    """Return the dotted names that a module imports at any depth."""
    return imports_within(tree_of(module))


def imports_within(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_downwards_only(module):
    inner = [name for name in imports_of(module) if name.startswith("skmlp")]
    for name in inner:
        assert LEVEL[name.split(".")[1]] > LEVEL[module], f"{module} imports {name}"


@pytest.mark.parametrize("module", [m for m in MODULES if m not in SCIKIT_LEARN])
def test_numerical_core_does_without_scikit_learn(module):
    assert not [name for name in imports_of(module) if name.startswith("sklearn")]


@pytest.mark.parametrize("module", [m for m in MODULES if m != "_validation"])
def test_private_names_of_scikit_learn_have_one_home(module):
    names = [name for name in imports_of(module) if name.startswith("sklearn")]
    assert not [n for n in names if any(p.startswith("_") for p in n.split("."))]


@pytest.mark.parametrize("module", MODULES)
def test_run_time_dependencies_are_few(module):
    roots = {name.split(".")[0] for name in imports_of(module)}
    ours = {"skmlp", "numpy", "scipy", "sklearn", "joblib", "threadpoolctl"}
    optional = {"matplotlib"} if module == PLOTTING else set()
    assert roots <= ours | optional | sys.stdlib_module_names


def test_matplotlib_is_imported_when_something_is_drawn():
    late = [n for f in functions_of(PLOTTING) for n in imports_within(f)]
    anywhere = [n for n in imports_of(PLOTTING) if n.startswith("matplotlib")]
    assert anywhere
    assert sorted(anywhere) == sorted(n for n in late if n.startswith("matplotlib"))
