"""How Sphinx builds the documentation: ``make docs``."""

import os
import sys
from pathlib import Path

from sphinx_gallery.sorting import ExplicitOrder

import skmlp

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "skmlp"
author = "The skmlp developers"
copyright = "The skmlp developers, BSD-3-Clause"
release = skmlp.__version__
version = ".".join(release.split(".")[:2])

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.doctest",
    "numpydoc",
    "matplotlib.sphinxext.plot_directive",
    "sphinx_gallery.gen_gallery",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "docstrings",
    "mathml",
    "readme_links",
    "registries",
    "rooms",
    "searchable",
    "sources",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]
# What the repository has in Markdown is included; its links are for who reads it there.
suppress_warnings = ["myst.xref_missing", "myst.header"]
default_role = "literal"  # names of parameters, as in the docstrings
# Straight quotes, so that a link to the text "alpha : float or 'auto'" finds it.
smartquotes = False

autosummary_generate = True
toc_object_entries_show_parents = "hide"
autodoc_typehints = "none"  # the docstrings say more
numpydoc_show_class_members = False

# Other projects' names become links only where a network is asked for.
if os.environ.get("SKMLP_DOCS_ONLINE"):
    extensions.append("sphinx.ext.intersphinx")
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", None),
    "numpy": ("https://numpy.org/doc/stable", None),
    "scipy": ("https://docs.scipy.org/doc/scipy", None),
    "sklearn": ("https://scikit-learn.org/stable", None),
}
nitpick_ignore_regex = [(r"py:.*", r"(sklearn|scipy|numpy|np|matplotlib|pandas)\..*")]

# What is copied is code alone: no prompts, no output.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

plot_include_source = True
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 150)]
plot_rcparams = {
    "figure.figsize": (7, 3),
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
plot_apply_rcparams = True

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "subsection_order": ExplicitOrder(
        [f"../examples/{folder}" for folder in ("tables", "text_and_images", "scale")]
    ),
    "within_subsection_order": "gallery_order.Order",
    "nested_sections": False,
    "abort_on_example_error": True,
    "backreferences_dir": "gallery/backreferences",
    "doc_module": ("skmlp",),
    "log_level": {"backreference_missing": "debug"},  # not all stand in an example
    "image_scrapers": ("matplotlib",),
    "matplotlib_animations": False,
    "default_thumb_file": str(HERE / "_static" / "logo.svg"),
    "reset_modules": ("matplotlib",),
    "remove_config_comments": True,
    "min_reported_time": 1,
    "show_memory": False,
    "capture_repr": (),
    "show_signature": False,
    "write_computation_times": False,
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = f"skmlp {release}"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "skmlp"},
    "header_links_before_dropdown": 7,
    "navbar_persistent": ["search-button"],
    "navbar_end": ["theme-switcher"],
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}
# These have no pages below them that are worth a list at the side.
ALONE = ("index", "installation", "user_guide", "gallery/**", "genindex", "search")
html_sidebars = {page: [] for page in ALONE}
