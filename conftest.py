"""Tests, doctests and the guide draw without a screen, and close what they drew."""

import os
import sys

import pytest

os.environ["MPLBACKEND"] = "Agg"
# No doctests are in what configures pytest and Sphinx, and in what a build writes.
collect_ignore = [
    *("conftest.py", "tests/conftest.py", "docs/conf.py", "docs/_ext", "docs/plots"),
    *("docs/snippets", "docs/record_notebooks.py"),
    *("docs/_build", "docs/api", "docs/gallery"),
]


@pytest.fixture(autouse=True)
def closed_figures():
    """Close the figures of a test, of which matplotlib would keep twenty in silence."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
