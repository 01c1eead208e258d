"""Rooms import downwards only, and scikit-learn stays out of the numerical core."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skmlp

PACKAGE = Path(skmlp.__file__).parent
REGISTRIES = ("activations", "losses", "solvers", "schedules", "initializers")
# What each room, a folder or a module of the package, may import of the others.
MAY_IMPORT = {
    "__init__": {"_classifier", "_selection", "preprocessing"},
    "preprocessing": {"_classifier", "_checks"},
    "onnx": {
        *("_classifier", "_selection", "_training", "_checks", "_targets"),
        *("activations", "losses", "preprocessing", "__version__"),
    },
    "inspection": {
        *("_classifier", "_training", "_checks", "_settings", "_targets", "_core"),
        "solvers",
    },
    "_selection": {
        *(
            "_selection",
            "_classifier",
            "_candidates",
            "_training",
            "_checks",
            "_settings",
            "_core",
        ),
        *("activations", "initializers", "losses", "schedules", "solvers"),
    },
    "_classifier": {
        *("_candidates", "_training", "_checks", "_settings", "_targets", "_entries"),
        *("_parallel", "_core", "__version__"),
        *REGISTRIES,
    },
    "_candidates": {
        *("_training", "_parallel", "_checks", "_settings", "_core"),
        *("schedules", "solvers"),
    },
    "_training": {
        *("_parallel", "_checks", "_settings", "_targets", "_entries", "_core"),
        *REGISTRIES,
    },
    "_settings": {"_checks", "_entries", "_core", *REGISTRIES},
    "_checks": {"_targets", "_core", "initializers"},
    "_targets": set(),
    "_parallel": {"_core", "solvers"},
    "_core": set(),
    **{registry: {"_entries"} for registry in REGISTRIES},
    "solvers": {"_entries", "_core"},
    "_entries": set(),
    "datasets": set(),
    "streams": {"_checks"},
    "dask": {
        *("_classifier", "_training", "_checks", "_settings", "_targets", "_entries"),
        *("_parallel", "_core"),
        *REGISTRIES,
    },
}
SCIKIT_LEARN = (
    *("_selection", "_classifier", "_candidates", "_settings", "_training"),
    *("_checks", "inspection", "preprocessing", "datasets", "onnx", "streams"),
    "dask",
)
MOST_MODULES = 10
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def room_of(module):
    return module.split(".")[0]


def imports_within(tree):
    """Yield the dotted names that some code imports at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tree_of(module):
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports_of(module):
    return list(imports_within(tree_of(module)))


@pytest.mark.parametrize("module", MODULES)
def test_room_imports_downwards_only(module):
    room = room_of(module)
    inner = [name for name in imports_of(module) if name.startswith("skmlp.")]
    for name in inner:
        other = name.split(".")[1]
        assert other == room or other in MAY_IMPORT[room], (
            f"skmlp/{module.replace('.', '/')}.py imports {name}: {room} may import "
            f"{', '.join(sorted(MAY_IMPORT[room])) or 'nothing of the package'}"
        )


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith("_core")])
def test_core_needs_numpy_and_scipy_alone(module):
    roots = {name.split(".")[0] for name in imports_of(module)}
    inner = {"skmlp", "numpy", "scipy"}
    assert roots <= inner | sys.stdlib_module_names


@pytest.mark.parametrize("module", MODULES)
def test_scikit_learn_is_met_where_it_has_to_be(module):
    names = [name for name in imports_of(module) if name.startswith("sklearn")]
    assert not names or room_of(module) in SCIKIT_LEARN, (
        f"skmlp/{module.replace('.', '/')}.py imports {names[0]}"
    )


@pytest.mark.parametrize("module", MODULES)
def test_private_names_of_scikit_learn_have_one_home(module):
    names = [name for name in imports_of(module) if name.startswith("sklearn")]
    private = [n for n in names if any(p.startswith("_") for p in n.split("."))]
    assert not private or room_of(module) == "_checks", f"{module} imports {private}"


@pytest.mark.parametrize("module", MODULES)
def test_run_time_dependencies_are_few(module):
    roots = {name.split(".")[0] for name in imports_of(module)}
    ours = {"skmlp", "numpy", "scipy", "sklearn", "joblib", "threadpoolctl"}
    optional = {"matplotlib"} if module == "inspection.plotting" else set()
    if room_of(module) == "onnx":
        optional = {"onnx", "skl2onnx", "onnxruntime"}
    if module == "dask.cluster":
        optional = {"dask", "distributed"}
    assert roots <= ours | optional | sys.stdlib_module_names


def test_matplotlib_is_imported_when_something_is_drawn():
    functions = [
        node
        for node in ast.walk(tree_of("inspection.plotting"))
        if isinstance(node, ast.FunctionDef)
    ]
    late = [n for f in functions for n in imports_within(f)]
    anywhere = [n for n in imports_of("inspection.plotting") if "matplotlib" in n]
    assert anywhere
    assert sorted(anywhere) == sorted(n for n in late if "matplotlib" in n)


def test_what_the_extra_onnx_installs_is_imported_when_something_is_exported():
    code = "import sys, skmlp.onnx; print({'onnx', 'skl2onnx'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


def test_dask_is_imported_when_something_is_fitted():
    code = "import sys, skmlp.dask; print({'dask', 'distributed'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


def test_what_only_tabular_pipeline_needs_is_imported_when_one_is_made():
    late = "{'sklearn.compose', 'sklearn.feature_selection', 'sklearn.impute'}"
    code = f"import sys, skmlp; print({late} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES.values()}))
def test_folder_can_be_taken_in_at_a_glance(folder):
    modules = [path for path in folder.glob("*.py") if path.stem != "__init__"]
    assert len(modules) <= MOST_MODULES, f"{folder.name} holds {len(modules)} modules"
