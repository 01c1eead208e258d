"""The examples run, and what they print of themselves is true."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(name):
    """Return the names that an example leaves behind."""
    return runpy.run_path(str(EXAMPLES / name))


def test_quickstart_classifies_97_percent_and_loads_what_it_wrote(capsys):
    left = run("plot_quickstart.py")
    assert left["model"].score(left["X_test"], left["y_test"]) >= 0.97
    assert left["same"]
    assert capsys.readouterr().out.count("epoch ") == 20


def test_snapshots_end_at_the_weights_of_the_whole_run(capsys):
    pytest.importorskip("sklearn.callback", reason="callbacks came with 1.9")
    assert run("plot_snapshots.py")["same"]


@pytest.mark.full_data
def test_mnist_classifies_98_percent_of_the_test_images(full_data, capsys):
    left = run("plot_mnist.py")
    assert left["clf"].score(left["X_test"], left["y_test"]) >= 0.98
