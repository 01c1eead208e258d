"""What the README shows runs as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)


@pytest.fixture
def own_csv(tmp_path, monkeypatch):
    """A folder with a table of numbers with gaps, text, and a label that follows."""
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    age, town = rng.integers(18, 90, size=300), rng.choice(["Ulm", "York"], size=300)
    table = pandas.DataFrame({"age": age.astype(float), "town": town})
    table["label"] = np.where((age > 50) == (town == "Ulm"), "yes", "no")
    table.loc[::50, "age"] = np.nan
    table.to_csv(tmp_path / "my.csv", index=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_python_of_the_readme_runs_and_learns(block, own_csv, capsys):
    names = {}
    exec(block, names)
    assert names["search"].score(names["X_test"], names["y_test"]) > 0.9
    assert "twolayerclassifier__alpha" in capsys.readouterr().out


def test_model_of_the_readme_is_saved_and_loads(own_csv, capsys):
    names = {}
    exec(next(block for block in BLOCKS if "joblib" in block), names)
    X_test = names["X_test"]
    np.testing.assert_array_equal(
        names["loaded"].predict_proba(X_test), names["search"].predict_proba(X_test)
    )
