"""DaskTwoLayerClassifier as an estimator: parameters, copies, files, clients."""

import asyncio
import io
import pickle

import dask.array as da
import joblib
import numpy as np
import pytest
from distributed import Client
from numpy.testing import assert_array_equal
from sklearn.base import clone, is_classifier

from skmlp import TwoLayerClassifier
from skmlp.dask import DaskTwoLayerClassifier

OWN = {"n_replicas", "rounds_per_epoch", "outer_momentum", "client"}


@pytest.fixture
def fitted(few, images):
    return few().fit(*images)


def test_parameters_are_those_of_the_classifier_and_a_few():
    mine, local = (
        kind().get_params() for kind in (DaskTwoLayerClassifier, TwoLayerClassifier)
    )
    assert mine.keys() == local.keys() | OWN
    assert {name: mine[name] for name in local} == local


def test_parameters_are_set_and_shown(client):
    clf = DaskTwoLayerClassifier(client=client)
    clf.set_params(n_replicas=3, alpha=0.1)
    assert (clf.get_params()["n_replicas"], clf.alpha) == (3, 0.1)
    assert "n_replicas=3" in repr(clf)
    assert is_classifier(clf)
    assert "DaskTwoLayerClassifier" in clf._repr_html_()


def test_clone_keeps_the_very_same_client(fitted, client):
    cloned = clone(fitted)
    assert cloned.client is client
    assert not hasattr(cloned, "coefs_")
    mine, others = cloned.get_params(), fitted.get_params()
    assert mine.keys() == others.keys()
    assert all(
        mine[name] is others[name] or mine[name] == others[name] for name in mine
    )


def test_a_pickle_leaves_the_client_behind(fitted, client, images):
    loaded = pickle.loads(pickle.dumps(fitted))
    assert loaded.client is None
    assert fitted.client is client
    assert_array_equal(loaded.coefs_[0], fitted.coefs_[0])
    assert_array_equal(loaded.predict(images[0]), fitted.predict(images[0]))
    assert loaded.client_ is client  # the current one
    assert loaded.fit(*images).n_iter_ == 3


def test_the_current_client_is_taken(client, images):
    with client.as_current():
        clf = DaskTwoLayerClassifier(8, max_iter=1).fit(*images)
    assert clf.client is None
    with client.as_current():
        assert clf.client_ is client


def test_an_asynchronous_client_is_refused(client, images):
    async def fit():
        address = client.scheduler.address
        async with Client(address, asynchronous=True, set_as_default=False) as other:
            DaskTwoLayerClassifier(client=other).fit(*images)

    with pytest.raises(ValueError, match="is asynchronous"):
        asyncio.run(fit())


def test_the_local_classifier_is_an_ordinary_one(fitted, digits):
    local = fitted.to_local()
    assert type(local) is TwoLayerClassifier
    params = fitted.get_params()
    assert local.get_params() == {n: v for n, v in params.items() if n not in OWN}
    for name in ("classes_", "n_features_in_", "n_iter_", "history_", "loss_"):
        if hasattr(fitted, name):
            assert_array_equal(getattr(local, name), getattr(fitted, name))
    local.coefs_[0][...] = 0.0
    assert fitted.coefs_[0].any()


def test_the_local_classifier_is_written_and_read(fitted, digits):
    X_test = digits[1]
    file = io.BytesIO()
    joblib.dump(fitted.to_local(), file)
    file.seek(0)
    loaded = joblib.load(file)
    assert type(loaded) is TwoLayerClassifier
    assert_array_equal(loaded.predict_proba(X_test), fitted.predict_proba(X_test))


def test_the_local_classifier_is_trusted_by_skops(fitted, digits):
    skops = pytest.importorskip("skops.io")
    written = skops.dumps(fitted.to_local())
    trusted = skops.get_untrusted_types(data=written)
    loaded = skops.loads(written, trusted=trusted)
    assert trusted == ["skmlp.TwoLayerClassifier"]
    assert_array_equal(loaded.predict(digits[1]), fitted.predict(digits[1]))


def test_the_local_classifier_is_exported(fitted, digits):
    runtime = pytest.importorskip("onnxruntime")
    from skmlp.onnx import to_onnx

    model = to_onnx(fitted.to_local())
    session = runtime.InferenceSession(model.SerializeToString())
    feed = {session.get_inputs()[0].name: digits[1]}
    labels = session.run(None, feed)[0]
    assert_array_equal(labels, fitted.predict(digits[1]))


def test_weights_may_be_given(client, digits):
    X, y = digits[0], digits[2]
    rng = np.random.default_rng(0)
    given = [rng.normal(size=(64, 8)), rng.normal(size=(8, 10))]
    blocks = da.from_array(X, chunks=-1), da.from_array(y, chunks=-1)
    params = {"sampling": "sequential", "alpha": 1e-3, "max_iter": 2}
    clf = DaskTwoLayerClassifier(8, weight_init=given, client=client, **params)
    local = TwoLayerClassifier(8, weight_init=given, **params).fit(X, y)
    assert_array_equal(clf.fit(*blocks).coefs_[0], local.coefs_[0])
