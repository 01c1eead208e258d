"""The README's links, which are absolute for PyPI, are links within these pages."""

import re
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError

ROOT = Path(__file__).parents[2]
HOME = "https://skmlp.readthedocs.io/en/stable/"


def made_relative(app, doctree, docname):
    """Let links to the pages as they are published lead to those that are built."""
    for link in doctree.findall(nodes.reference):
        target = link.get("refuri", "")
        if target.startswith(HOME):
            page, _, place = target.removeprefix(HOME).partition("#")
            name = page.removesuffix(".html") or "index"
            uri = app.builder.get_relative_uri(docname, name)
            link["refuri"] = f"{uri}#{place}" if place else uri


def checked(app, exception):
    """End the build where the README links to what it has not made."""
    if exception or app.builder.name != "html":
        return
    for name in ("README.md", "SECURITY.md", "pyproject.toml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(rf"{re.escape(HOME)}([^)\s\">]*)", text):
            page, _, place = target.rstrip(".:").partition("#")
            path = Path(app.outdir) / (page or "index.html")
            if not path.exists():
                raise ExtensionError(f"{name} links to {page}, which is not there.")
            if place and f'id="{place}"' not in path.read_text(encoding="utf-8"):
                raise ExtensionError(f"{name}: {page} has no {place}.")


def setup(app):
    """Do both when the pages are there."""
    app.connect("doctree-resolved", made_relative)
    app.connect("build-finished", checked)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
