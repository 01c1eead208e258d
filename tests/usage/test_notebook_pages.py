"""The recorded pages of the notebooks are those of the scripts as they are now."""

import ast
import re
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples" / "notebooks").glob("plot_*.py"))


def page_of(script):
    """Return the page that ``docs/record_notebooks.py`` wrote."""
    return (ROOT / "docs" / "notebooks" / f"{script.stem}.rst").read_text("utf-8")


def as_code(source):
    """Return the statements, without comments, in one way of writing."""
    return ast.unparse(ast.parse(source))


@pytest.fixture(params=SCRIPTS, ids=lambda script: script.stem)
def script(request):
    """Return the script of a notebook."""
    return request.param


def test_page_has_the_code_of_the_script(script):
    blocks = re.findall(
        r"\n\.\. code-block:: Python\n\n((?: {4}.*\n|\n)+)", page_of(script)
    )
    docstring, *statements = ast.parse(script.read_text("utf-8")).body
    assert isinstance(docstring.value.value, str)
    shown = as_code("\n".join(map(textwrap.dedent, blocks)))
    assert shown == ast.unparse(ast.Module(statements, []))


def test_page_has_the_text_of_the_script(script):
    source, page = script.read_text("utf-8"), page_of(script)
    cells = re.findall(r"\n# %%\n((?:#.*\n)+)", source)
    assert cells
    for cell in cells:
        assert re.sub(r"^# ?", "", cell, flags=re.M).strip() in page
    assert ast.get_docstring(ast.parse(source)) in page


def test_page_has_its_images_and_no_others(script):
    images = ROOT / "docs" / "notebooks" / "images"
    shown = set(re.findall(r"/notebooks/images/(\S+\.png)", page_of(script)))
    assert shown == {p.name for p in images.glob(f"sphx_glr_{script.stem}_*.png")}
