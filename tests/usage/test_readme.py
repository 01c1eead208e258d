"""What the README shows runs as it stands."""

import contextlib
import functools
import io
import re
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)


def few_digits(load_digits=sklearn.datasets.load_digits, **given):
    """Return 300 images of five digits, which are learnt in a short while."""
    X, y = load_digits(n_class=5, **given)
    return X[:300], y[:300]


@pytest.fixture(scope="module")
def own_csv(tmp_path_factory):
    """Return a folder that holds `my.csv`.

    It is a table of numbers with gaps, text, and a label that follows.
    """
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    age, town = rng.integers(18, 90, size=200), rng.choice(["Ulm", "York"], size=200)
    table = pandas.DataFrame({"age": age.astype(float), "town": town})
    table["label"] = np.where((age > 50) == (town == "Ulm"), "yes", "no")
    table.loc[::50, "age"] = np.nan
    folder = tmp_path_factory.mktemp("own_csv")
    table.to_csv(folder / "my.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def run(own_csv):
    """Run a block beside `my.csv`, once; return the names it leaves and its output."""

    @functools.cache
    def run_block(block):
        names, output = {}, io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
            patch.chdir(own_csv)
            patch.setattr(sklearn.datasets, "load_digits", few_digits)
            exec(block, names)
        return names, output.getvalue()

    return run_block


def model_of(names):
    """Return the model that a block fits."""
    return names.get("search") or names["model"]


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_python_of_the_readme_runs_and_learns(block, run):
    names, output = run(block)
    assert model_of(names).score(names["X_test"], names["y_test"]) > 0.9
    assert ("twolayerclassifier__alpha" in output) == ("search" in names)


def test_model_of_the_readme_is_saved_and_loads(run):
    names, _ = run(next(block for block in BLOCKS if "joblib" in block))
    X_test = names["X_test"]
    np.testing.assert_array_equal(
        names["loaded"].predict_proba(X_test), model_of(names).predict_proba(X_test)
    )
