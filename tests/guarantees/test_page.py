"""Each line of the page of guarantees names tests that are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guarantees.rst"
NAMED = sorted(set(re.findall(r"``(tests/[\w/]+\.py)(?:::(\w+))?``", PAGE.read_text())))


def test_the_page_names_tests():
    assert len(NAMED) >= 20


@pytest.mark.parametrize(("file", "test"), NAMED, ids=lambda name: name or "all")
def test_what_the_page_names_is_there(file, test):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, functions)}
    assert test in names or (not test and any(n.startswith("test_") for n in names))
