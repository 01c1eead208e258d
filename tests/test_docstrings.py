"""Public docstrings are strict numpydoc and name every option."""

import doctest
import importlib
import inspect
import pickle
import re
from pathlib import Path
from typing import get_args

import pytest
from numpydoc.validate import validate

import skmlp
from skmlp import (
    TwoLayerClassifier,
    TwoLayerClassifierCV,
    activations,
    dask,
    datasets,
    initializers,
    inspection,
    losses,
    onnx,
    preprocessing,
    schedules,
    solvers,
    streams,
)

REGISTRIES = ("LOSSES", "SOLVERS", "SCHEDULES", "INITIALIZERS")
MODULES = (
    *(activations, dask, datasets, initializers, inspection),
    *(losses, onnx, preprocessing, schedules, solvers, streams),
)
# What a reader does not miss: extended summaries, See Also; a summary on a line of its
# own; and, as in scikit-learn, what is returned has a name as well as a type.
SPARED = {"ES01", "SA01", "GL01", "RT02"}
# Properties are documented in the docstring of the class, set_* by scikit-learn.
METHODS = [
    f"{path}.{name}"
    for path, owner in {
        "skmlp.TwoLayerClassifier": TwoLayerClassifier,
        "skmlp.TwoLayerClassifierCV": TwoLayerClassifierCV,
        "skmlp.dask.DaskTwoLayerClassifier": dask.DaskTwoLayerClassifier,
        "skmlp.inspection.TrainingDisplay": inspection.TrainingDisplay,
        "skmlp.inspection.WeightsDisplay": inspection.WeightsDisplay,
        "skmlp.inspection.PredictionsDisplay": inspection.PredictionsDisplay,
        "skmlp.preprocessing.CellConverter": preprocessing.CellConverter,
        "skmlp.preprocessing.PiecewiseLinearEncoder": (
            preprocessing.PiecewiseLinearEncoder
        ),
        "skmlp.preprocessing.ShareEncoder": preprocessing.ShareEncoder,
    }.items()
    for name, member in vars(owner).items()
    if not name.startswith(("_", "set_")) and not isinstance(member, property)
]


def public_names():
    """Return the dotted names of public classes and functions."""
    yield "skmlp.TwoLayerClassifier"
    yield "skmlp.TwoLayerClassifierCV"
    yield "skmlp.tabular_pipeline"
    for module in MODULES:
        for name in module.__all__:
            member = getattr(module, name)
            if inspect.isclass(member) or inspect.isfunction(member):
                yield f"{module.__name__}.{name}"


@pytest.mark.parametrize("name", [*public_names(), *METHODS])
def test_docstring_is_strict_numpydoc(name):
    errors = [e for e in validate(name)["errors"] if e[0] not in SPARED]
    assert not errors


@pytest.mark.parametrize("name", [*public_names(), *METHODS])
def test_public_name_has_an_example(name):
    assert ">>> " in validate(name)["docstring"]


@pytest.mark.parametrize("name", METHODS)
def test_example_of_a_method_is_true(name):
    # Pytest looks for these in the module that holds the class, where it does not live.
    path, owner, method = name.rsplit(".", 2)
    function = getattr(getattr(importlib.import_module(path), owner), method)
    (example,) = doctest.DocTestFinder(recurse=False).find(function, name, globs={})
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


@pytest.mark.parametrize(
    ("parameter", "registry"),
    [
        ("activation", activations.ACTIVATIONS),
        ("loss", losses.LOSSES),
        ("solver", solvers.SOLVERS),
        ("learning_rate", schedules.SCHEDULES),
        ("weight_init", initializers.INITIALIZERS),
    ],
)
def test_every_key_of_a_registry_is_explained(parameter, registry):
    section = re.search(
        rf"\n{parameter} : .*?(?=\n\n\w+ : )", inspect.getdoc(TwoLayerClassifier), re.S
    )
    for key in registry:
        assert f"- '{key}': " in section.group()


def test_every_parameter_and_attribute_is_documented():
    documented = set(re.findall(r"\n(\w+) : ", inspect.getdoc(TwoLayerClassifier)))
    properties = {
        name for name, v in vars(TwoLayerClassifier).items() if isinstance(v, property)
    }
    assert set(TwoLayerClassifier().get_params()) <= documented
    assert properties <= documented


@pytest.mark.parametrize("name", [*public_names()])
def test_public_name_says_where_to_import_it_from(name):
    path, _, member = name.rpartition(".")
    found = getattr(importlib.import_module(path), member)
    assert (found.__module__, found.__qualname__) == (path, member)
    assert pickle.loads(pickle.dumps(found)) is found


@pytest.mark.parametrize(
    ("names", "registry"),
    [
        (activations.ActivationName, activations.ACTIVATIONS),
        (losses.LossName, losses.LOSSES),
        (solvers.SolverName, solvers.SOLVERS),
        (schedules.ScheduleName, schedules.SCHEDULES),
        (initializers.InitializerName, {"auto": None, **initializers.INITIALIZERS}),
    ],
)
def test_editors_offer_the_keys_of_the_registry(names, registry):
    assert get_args(names) == tuple(registry)


@pytest.mark.parametrize("module", [losses, solvers, schedules, initializers])
def test_every_entry_of_a_registry_is_public_and_has_its_page(module):
    api = (Path(__file__).parents[1] / "docs" / "api.rst").read_text(encoding="utf-8")
    (registry,) = (v for k, v in vars(module).items() if k in REGISTRIES)
    for entry in registry.values():
        assert entry.__name__ in module.__all__
        assert f"\n   {entry.__name__}\n" in api


def test_version_is_public():
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", skmlp.__version__)
