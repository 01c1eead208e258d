"""Tests, doctests and the guide draw without a screen, and close what they drew."""

import os
import sys

import pytest

os.environ["MPLBACKEND"] = "Agg"


@pytest.fixture(autouse=True)
def closed_figures():
    """Close the figures of a test, of which matplotlib would keep twenty in silence."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
