"""What the README shows runs as it stands."""

import contextlib
import functools
import io
import re
from pathlib import Path

import numpy as np
import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)


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
            exec(block, names)
        return names, output.getvalue()

    return run_block


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_python_of_the_readme_runs_and_learns(block, run):
    names, output = run(block)
    model = names.get("clf") or names["model"]
    score = model.score(names["X_test"], names["y_test"])
    assert score > 0.9
    assert str(score) in output


def test_first_example_prints_what_it_says(run):
    (said,) = re.findall(r"# about (.*)", BLOCKS[0])
    assert float(run(BLOCKS[0])[1]) == pytest.approx(float(said), abs=0.02)


def test_model_of_the_readme_is_saved_and_loads(run):
    names, _ = run(next(block for block in BLOCKS if "joblib" in block))
    X_test = names["X_test"]
    np.testing.assert_array_equal(
        names["loaded"].predict_proba(X_test), names["model"].predict_proba(X_test)
    )
