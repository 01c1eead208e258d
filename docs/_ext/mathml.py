"""Formulas as MathML, which browsers show without JavaScript and without a network."""

from docutils.writers.html5_polyglot import HTMLTranslator


def visit(translator, node):
    """Let docutils' own writer translate the formula."""
    translator.math_output, translator.math_options = "mathml", ""
    translator.math_output_options = []  # what docutils before 0.22 asks
    HTMLTranslator.visit_math(translator, node)


def setup(app):
    """Name the renderer, and choose it."""
    app.add_html_math_renderer("mathml", (visit, None), (visit, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
