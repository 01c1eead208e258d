"""What is refused, or done, before there is a client: nothing waits for a cluster."""

import inspect
import re
import sys

import numpy as np
import pytest
from in_process import InProcess
from sklearn.model_selection import ParameterGrid
from sklearn.utils._param_validation import InvalidParameterError

import skmlp.dask
from skmlp.dask import DaskTwoLayerClassifier


@pytest.mark.parametrize(
    "wrong",
    [
        *ParameterGrid({"n_replicas": [0, -1, 1.5, True, "all", None]}),
        *ParameterGrid({"rounds_per_epoch": [0, 1.5, True, "auto", None]}),
        *ParameterGrid({"outer_momentum": [-0.1, 1.0, np.nan, "0.5", None]}),
        *ParameterGrid({"alpha": [-1.0], "hidden_layer_size": [0]}),
    ],
    ids=str,
)
def test_wrong_parameters_are_refused(images, wrong):
    clf = DaskTwoLayerClassifier(**wrong)  # that there is no client is said later
    names = "|".join(wrong)
    with pytest.raises(InvalidParameterError, match=names):
        clf.fit(*images)


def test_without_a_client_it_says_how_to_get_one(images):
    with pytest.raises(ValueError, match=r"no Dask client.*dask\.distributed\.Client"):
        DaskTwoLayerClassifier().fit(*images)


@pytest.mark.parametrize("wrong", ["tcp://10.0.0.1:8786", 3])
def test_what_is_no_client_is_refused(images, wrong):
    with pytest.raises(TypeError, match="is no client"):
        DaskTwoLayerClassifier(client=wrong).fit(*images)


def test_there_is_no_partial_fit(images):
    clf = DaskTwoLayerClassifier(client=InProcess())
    assert not hasattr(clf, "partial_fit")
    with pytest.raises(AttributeError) as caught:
        clf.partial_fit(*images)
    assert "call partial_fit of to_local()" in str(caught.value.__cause__)


@pytest.mark.parametrize("package", ["dask", "distributed"])
def test_missing_packages_name_the_extra(package, monkeypatch, images):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r'pip install "skmlp\[dask\]"'):
        DaskTwoLayerClassifier(client=InProcess()).fit(*images)


def test_what_is_public_says_where_to_import_it_from():
    assert skmlp.dask.__all__ == ["DaskTwoLayerClassifier"]
    assert DaskTwoLayerClassifier.__module__ == "skmlp.dask"


def test_every_parameter_is_documented():
    headings = re.findall(r"\n(\w[\w, ]*) : ", inspect.getdoc(DaskTwoLayerClassifier))
    documented = {name for heading in headings for name in heading.split(", ")}
    assert set(DaskTwoLayerClassifier().get_params()) <= documented
