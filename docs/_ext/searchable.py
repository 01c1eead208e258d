"""What a visitor types into the search has to be found."""

import json
from pathlib import Path

from sphinx.errors import ExtensionError
from sphinx.search import IndexBuilder

QUERIES = [
    *("install", "imbalanced", "missing values", "categorical", "regression", "GPU"),
    *("Optuna", "ONNX", "deploy", "calibration", "multilabel", "license"),
    *("out of memory", "cluster"),
]


def pages_of(index, word):
    """Return the numbers of the pages that have a word, in a title or in the text."""
    found = [index[part].get(word, []) for part in ("terms", "titleterms")]
    return {
        n for pages in found for n in (pages if isinstance(pages, list) else [pages])
    }


def checked(app, exception):
    """End the build where no page has all words of a query."""
    if exception or app.builder.name != "html":
        return
    text = (Path(app.outdir) / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    language = IndexBuilder(app.env, "en", {}, "").lang
    for query in QUERIES:
        words = [w for w in language.split(query) if language.word_filter(w)]
        pages = [pages_of(index, language.stem(word.lower())) for word in words]
        if not set.intersection(*pages):
            raise ExtensionError(f"The search does not find {query!r}.")


def setup(app):
    """Do it when the index is there."""
    app.connect("build-finished", checked, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
