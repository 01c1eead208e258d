"""scikit-learn's HTML representation, and where it links to."""

from pathlib import Path
from urllib.parse import unquote

import pytest
import sklearn
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils import estimator_html_repr

from skmlp import TwoLayerClassifier

DOCS = Path(__file__).parents[2] / "docs"
LINK = "https://skmlp.readthedocs.io/en/stable/api/skmlp.TwoLayerClassifier.html"


class OfSomeoneElse(TwoLayerClassifier):
    """A class that this project's documentation has no page of."""


@pytest.mark.parametrize(
    "estimator",
    [TwoLayerClassifier(), make_pipeline(MinMaxScaler(), TwoLayerClassifier())],
    ids=["alone", "in a pipeline"],
)
def test_html_links_to_the_documentation(estimator):
    assert f'href="{LINK}"' in estimator_html_repr(estimator)


def test_link_names_the_page_that_the_documentation_has():
    section = (
        (DOCS / "api.rst").read_text(encoding="utf-8").split("\nThe classifier\n")[1]
    )
    lines = [line.strip() for line in section.splitlines() if line.strip()]
    module = f".. currentmodule:: {LINK.rsplit('/', 1)[1].split('.')[0]}"
    assert lines[1:4] == [module, ".. autosummary::", ":toctree: api/"]
    assert lines[5] == "TwoLayerClassifier"


@pytest.mark.skipif(
    tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 8),
    reason="links of parameters came with scikit-learn 1.8",
)
@pytest.mark.parametrize("name", TwoLayerClassifier().get_params())
def test_html_links_each_parameter_to_its_text(name):
    assert f'href="{LINK}#:~:text={name},-' in unquote(
        estimator_html_repr(TwoLayerClassifier())
    )


def test_class_of_another_module_has_no_link():
    assert "skmlp.readthedocs.io" not in estimator_html_repr(OfSomeoneElse())
