"""What numpydoc leaves undone in attributes of a class and in inherited methods."""

import re

from numpydoc.docscrape_sphinx import SphinxClassDoc, SphinxDocString


def described(self, param, desc, fake_autosummary):
    """Show an attribute as the class describes it, one that is a property too."""
    return SphinxDocString._process_param(self, param, desc, fake_autosummary=False)


def without_foreign_references(app, what, name, obj, options, lines):
    """Make text of what scikit-learn's docstrings link to in scikit-learn's pages."""
    if name.endswith("_request"):
        lines[:] = [
            re.sub(r":(?:ref|term):`([^`<]*?)(?: <[^`]*>)?`", r"\1", line)
            for line in lines
        ]


def setup(app):
    """Have both done."""
    SphinxClassDoc._process_param = described
    app.connect("autodoc-process-docstring", without_foreign_references)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
