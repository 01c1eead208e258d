"""Run the examples of notebooks on the whole data sets and keep what they show.

``SKMLP_DATA=... python docs/record_notebooks.py`` writes ``docs/notebooks``, which the
documentation shows as it is, because these examples run for minutes. Names of examples
as arguments (``dropout grid_search``) choose some of them.
"""

import datetime
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import conf
from sphinx.application import Sphinx

import skmlp

DOCS = Path(__file__).parent
EXAMPLES = DOCS.parent / "examples" / "notebooks"
PAGES = DOCS / "notebooks"
HEAD = """\
.. docs/record_notebooks.py wrote this page: edit examples/notebooks/{name}.py, run it.

"""
RECORDED = """\
*Recorded on {date:%d %B %Y} with skmlp {version}, on {n_cores} cores ({processor}),
in {time}. Without MNIST, the script*
:download:`{name}.py <../../examples/notebooks/{name}.py>` *runs on scikit-learn's
digits, in seconds.*

"""


def processor():
    """Return the name of its family, without numbers."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.exists() else ""
    found = re.search(r"EPYC|Xeon|Ryzen|Core", text)
    return found[0] if found else "processor unknown"


def run(scripts, folder):
    """Let Sphinx-Gallery run scripts within an empty project; return its pages."""
    examples = folder / "examples"
    examples.mkdir()
    (examples / "GALLERY_HEADER.rst").write_text("Notebooks\n=========\n")
    for script in scripts:
        shutil.copy(script, examples)
    settings = {
        "extensions": ["sphinx_gallery.gen_gallery"],
        "sphinx_gallery_conf": conf.sphinx_gallery_conf
        | {"examples_dirs": "examples", "gallery_dirs": "notebooks"}
        | {"subsection_order": None, "backreferences_dir": None, "doc_module": ()},
    }
    Sphinx(folder, None, folder / "html", folder / "trees", "dummy", settings)
    return folder / "notebooks"


def as_page(name, text):
    """Return what is shown: without links to files that are not kept."""
    body = text[text.index(".. rst-class:: sphx-glr-example-title") :]
    body, _, foot = body.partition(".. rst-class:: sphx-glr-timing")
    took = re.search(r"\((\d+) minutes ([\d.]+) seconds\)", foot)
    minutes, seconds = int(took[1]), round(float(took[2]))
    intro, cells, rest = body.partition(".. GENERATED FROM PYTHON SOURCE LINES")
    recorded = RECORDED.format(
        name=name,
        date=datetime.date.today(),
        version=skmlp.__version__,
        n_cores=os.cpu_count(),
        processor=processor(),
        time=f"{minutes} min {seconds} s" if minutes else f"{seconds} s",
    )
    text = HEAD.format(name=name) + intro + recorded + cells + rest
    return re.sub(r"\n{3,}(?=\S)", "\n\n", text).rstrip() + "\n"


def main():
    """Run what is named, or all, and replace its pages and images."""
    if "SKMLP_DATA" not in os.environ:
        sys.exit("SKMLP_DATA names no folder with MNIST and Fashion-MNIST. Set it.")
    names = [f"plot_{name}" for name in sys.argv[1:]]
    scripts = [EXAMPLES / f"{name}.py" for name in names] or EXAMPLES.glob("plot_*.py")
    with tempfile.TemporaryDirectory() as folder:
        made = run(scripts, Path(folder))
        (PAGES / "images").mkdir(parents=True, exist_ok=True)
        for page in made.glob("plot_*.rst"):
            for old in (PAGES / "images").glob(f"sphx_glr_{page.stem}_*.png"):
                old.unlink()
            for image in (made / "images").glob(f"sphx_glr_{page.stem}_*.png"):
                shutil.copy(image, PAGES / "images")
            text = as_page(page.stem, page.read_text(encoding="utf-8"))
            (PAGES / page.name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
