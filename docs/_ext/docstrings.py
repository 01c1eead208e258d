"""What numpydoc leaves undone in the attributes of a class."""

from numpydoc.docscrape_sphinx import SphinxClassDoc, SphinxDocString


def described(self, param, desc, fake_autosummary):
    """Show an attribute as the class describes it, one that is a property too."""
    return SphinxDocString._process_param(self, param, desc, fake_autosummary=False)


def setup(app):
    """Have it done."""
    SphinxClassDoc._process_param = described
    return {"parallel_read_safe": True, "parallel_write_safe": True}
