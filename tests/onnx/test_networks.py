"""The classifier alone, as onnxruntime computes it."""

import json
import sys

import numpy as np
import pytest
import skl2onnx
import sklearn
from running import assert_same_predictions, run
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError

import skmlp
from skmlp import TwoLayerClassifier, TwoLayerClassifierCV
from skmlp.activations import ACTIVATIONS, Activation
from skmlp.datasets import fetch_mnist
from skmlp.losses import LOSSES, Loss
from skmlp.onnx import ACTIVATION_OPERATORS, LINK_OPERATORS, register, to_onnx

# How far probabilities may be from those of predict_proba.
PRECISIONS = {np.float32: 9e-7, np.float64: 3e-8}
OPSETS = (7, 22)  # the oldest that onnxruntime reads, the newest that skl2onnx writes
SMALL = {"hidden_layer_size": 8, "max_iter": 3, "alpha": 0.1, "random_state": 0}


def features(dtype, n_rows=60):
    return np.random.default_rng(0).normal(size=(n_rows, 5)).astype(dtype)


def indices(X, n_classes):
    """Return the share of the first feature that lies below, as so many classes."""
    return X[:, 0].argsort().argsort() * n_classes // len(X)


TARGETS = {
    "one class": lambda X: indices(X, 1),
    "two classes": lambda X: indices(X, 2),
    "four classes": lambda X: indices(X, 4),
    "several labels": lambda X: (X[:, :3] > 0).astype(int),
}


def fitted(X, y, **settings):
    return TwoLayerClassifier(**(SMALL | settings)).fit(X, y)


@pytest.mark.filterwarnings("ignore:y holds only one class")
@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_predictions_are_the_same(activation, loss, target, dtype):
    X = features(dtype)
    clf = fitted(X, TARGETS[target](X), activation=activation, loss=loss)
    assert_same_predictions(to_onnx(clf), clf, X, atol=PRECISIONS[dtype])


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation_is_there_in_every_opset(activation, dtype, opset):
    X = features(dtype)
    clf = fitted(X, indices(X, 3), activation=activation)
    exported = to_onnx(clf, target_opset=opset)
    assert {each.domain: each.version for each in exported.opset_import}[""] == opset
    assert_same_predictions(exported, clf, X, atol=PRECISIONS[dtype])


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("target", ["four classes", "several labels"])
@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_link_is_there_in_every_opset(loss, dtype, target, opset):
    X = features(dtype)
    clf = fitted(X, TARGETS[target](X), loss=loss)
    exported = to_onnx(clf, target_opset=opset)
    assert_same_predictions(exported, clf, X, atol=PRECISIONS[dtype])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_far_out_hidden_units_overflow_no_operator(activation):
    X = np.array([[-900.0], [-30.0], [0.0], [30.0], [900.0]])
    clf = TwoLayerClassifier.from_weights(
        [[[1.0, -1.0]], [[1e-3, 0.0], [0.0, 1e-3]]], None, [0, 1], activation=activation
    )
    assert_same_predictions(to_onnx(clf), clf, X)


@pytest.mark.parametrize("target", ["two classes", "four classes", "several labels"])
def test_raw_scores_are_the_decision_function(target):
    X = features(np.float64)
    clf = fitted(X, TARGETS[target](X))
    _, scores = run(to_onnx(clf, raw_scores=True), X)
    expected = clf.decision_function(X)
    if expected.ndim == 1:
        expected = np.column_stack([-expected, expected])
    np.testing.assert_allclose(scores, expected, rtol=1e-12)


@pytest.mark.parametrize("offset", [0, 1e1, 3e1, 1e3, 1e5, 1e7])
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_far_features_are_centred_before_they_are_multiplied(dtype, offset):
    X = (8 * features(np.float64, 300) + offset).astype(np.float32)
    clf = fitted(X, indices(X, 3), dtype=np.dtype(dtype).name)
    assert_same_predictions(to_onnx(clf, X), clf, X, atol=1e-6)


def test_far_features_are_centred_in_the_precision_of_the_rows():
    start = 1.7e9  # a time in seconds, of which float32 tells two minutes
    X = features(np.float64) + start
    clf = fitted(X, indices(X, 2), dtype="float32")
    assert_same_predictions(to_onnx(clf, X), clf, X)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([3, -7, 12]),
        np.array([2, 1, 0], np.uint8),
        np.array(["no", "yes", "ähnlich"]),
        np.array(["no", "yes", "perhaps"], dtype=object),
        np.array([False, True]),
        np.array([1.0, -2.0]),
    ],
    ids=lambda labels: str(labels.dtype),
)
def test_labels_are_put_out_as_they_are(labels):
    X = features(np.float32)
    clf = fitted(X, labels[indices(X, len(labels))])
    label, _ = run(to_onnx(clf), X)
    np.testing.assert_array_equal(label, clf.predict(X))
    assert label.dtype.kind == labels.dtype.kind.replace("U", "O").replace("u", "i")


@pytest.mark.parametrize(
    "dtype",
    [
        *("bool", "float16", "int8", "int16", "int32", "int64"),
        *("uint8", "uint16", "uint32", "uint64"),
    ],
)
def test_input_may_be_of_any_type(dtype):
    X = (features(np.float64) * 20 + 60).astype(dtype)
    clf = fitted(X, indices(features(np.float64), 3))
    assert_same_predictions(to_onnx(clf, X), clf, X)


@pytest.mark.parametrize("dtype", [">f4", "<f4", np.longdouble])
def test_dtype_that_no_tensor_has_gives_way_to_the_nearest(dtype):
    X = features(np.float32)
    clf = fitted(X, indices(X, 3))
    exported = to_onnx(clf, X.astype(dtype))
    known = np.float64 if dtype is np.longdouble else np.float32
    assert_same_predictions(exported, clf, X.astype(known))


@pytest.mark.parametrize("of_rows", PRECISIONS)
@pytest.mark.parametrize("of_weights", PRECISIONS)
def test_precision_of_rows_may_be_another_than_that_of_weights(of_weights, of_rows):
    X = features(of_rows)
    clf = fitted(X, indices(X, 3), dtype=np.dtype(of_weights).name)
    exported = to_onnx(clf, X)
    assert_same_predictions(exported, clf, X)
    assert run(exported, X)[1].dtype == of_rows


def test_probabilities_may_be_put_out_by_label():
    X = features(np.float32)
    clf = fitted(X, np.array(["no", "yes"])[indices(X, 2)])
    label, (first, *_) = run(to_onnx(clf, zipmap=True), X)
    assert label.tolist() == clf.predict(X).tolist()
    probabilities = zip(clf.classes_, clf.predict_proba(X)[0], strict=True)
    assert first == pytest.approx(dict(probabilities))


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("zipmap", [True, "columns"])
@pytest.mark.parametrize("labels", [np.array([False, True]), np.array(["a", "b"])])
def test_functions_of_skl2onnx_work_once_it_is_told(labels, zipmap, dtype):
    X = features(dtype)
    clf = fitted(X, labels[indices(X, 2)])
    register()
    exported = skl2onnx.to_onnx(clf, X, options={"zipmap": zipmap})
    label, *_ = run(exported, X)
    np.testing.assert_array_equal(label, clf.predict(X))


def test_export_is_the_same_every_time():
    X = features(np.float32)
    clf = fitted(X, indices(X, 2))
    first = to_onnx(clf)
    register()
    assert to_onnx(clf).SerializeToString() == first.SerializeToString()


def test_classifier_that_chose_its_alpha_is_exported_as_well():
    X = features(np.float32)
    clf = TwoLayerClassifierCV([0.1, 1.0], hidden_layer_size=8, random_state=0)
    clf.fit(X, indices(X, 2))
    assert_same_predictions(to_onnx(clf), clf, X)


class Doubt(Loss):
    """A loss with the link of all losses."""

    def value_and_grad(self, t, logits, weight, dlogits):
        return LOSSES["log_loss"]().value_and_grad(t, logits, weight, dlogits)


class Certainty(Doubt):
    """A loss with a link of its own."""

    def link(self, logits):
        np.equal(logits, logits.max(axis=0), out=logits)


def test_loss_of_a_user_shares_the_link_that_it_inherits():
    X = features(np.float32)
    clf = fitted(X, indices(X, 3), loss=Doubt())
    assert_same_predictions(to_onnx(clf), clf, X)


def test_link_of_a_user_needs_operators():
    X = features(np.float32)
    clf = fitted(X, indices(X, 3), loss=Certainty())
    with pytest.raises(ValueError, match=r"loss=Certainty\(\) .*LINK_OPERATORS"):
        to_onnx(clf)


SQUARE = Activation(
    forward=lambda Z, H: np.multiply(Z, Z, out=H),
    backward=lambda Z, H, dH: np.multiply(dH, 2 * Z, out=dH),
)


def test_activation_of_a_user_needs_operators(monkeypatch):
    X = features(np.float32)
    clf = fitted(X, indices(X, 2), activation=SQUARE)
    with pytest.raises(ValueError, match=r"activation=Activation.*ACTIVATION_OPERATOR"):
        to_onnx(clf)
    monkeypatch.setitem(
        ACTIVATION_OPERATORS, SQUARE, lambda graph, z: graph("Mul", z, z)
    )
    assert_same_predictions(to_onnx(clf), clf, X)


def test_activation_of_a_registry_is_known_by_itself():
    X = features(np.float32)
    clf = fitted(X, indices(X, 2), activation=ACTIVATIONS["elu"])
    assert_same_predictions(to_onnx(clf), clf, X)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_has_its_operators(name):
    assert name in ACTIVATION_OPERATORS


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_the_operators_of_its_links(name):
    loss = LOSSES[name]()
    assert type(loss).link in LINK_OPERATORS
    assert type(loss.multilabel()).link in LINK_OPERATORS


def test_what_is_not_fitted_is_refused():
    with pytest.raises(NotFittedError):
        to_onnx(TwoLayerClassifier())


@pytest.mark.parametrize("opset", [6, 23, 20.5, "newest"])
def test_opset_that_is_not_written_or_read_is_refused(opset):
    X = features(np.float32)
    clf = fitted(X, indices(X, 2))
    with pytest.raises(ValueError, match="from 7 to 22"):
        to_onnx(clf, target_opset=opset)


def test_rows_of_other_columns_are_refused():
    X = features(np.float32)
    clf = fitted(X, indices(X, 2))
    with pytest.raises(ValueError, match=r"X has 2 columns, .* was fitted to 5"):
        to_onnx(clf, X[:, :2])


def test_labels_that_no_int64_holds_are_refused():
    X = features(np.float32)
    clf = fitted(X, np.array([1, 2**63], np.uint64)[indices(X, 2)])
    with pytest.raises(ValueError, match="9223372036854775808 of the type uint64"):
        to_onnx(clf)


@pytest.mark.parametrize("flag", ["zipmap", "raw_scores"])
def test_flags_are_true_or_false(flag):
    X = features(np.float32)
    clf = fitted(X, indices(X, 2))
    with pytest.raises(
        ValueError, match=f"{flag} must be True or False; got 'columns'"
    ):
        to_onnx(clf, **{flag: "columns"})


def test_dicts_of_double_are_refused():
    X = features(np.float64)
    clf = fitted(X, indices(X, 2))
    with pytest.raises(ValueError, match="Pass X as float32"):
        to_onnx(clf, zipmap=True)


def test_sparse_rows_are_refused():
    X = features(np.float32)
    clf = fitted(X, indices(X, 2))
    with pytest.raises(ValueError, match="toarray"):
        to_onnx(clf, csr_array(X))


@pytest.mark.parametrize("package", ["onnx", "skl2onnx", "onnxruntime"])
@pytest.mark.parametrize("function", [register, lambda: to_onnx(None)])
def test_extra_is_named_where_it_is_missing(function, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)  # which cannot be imported
    with pytest.raises(ImportError, match=rf'{package}, .*pip install "skmlp\[onnx\]"'):
        function()


@pytest.mark.full_data
def test_labels_of_the_images_are_the_same(full_data):
    X, y = fetch_mnist(data_home=full_data, return_X_y=True)
    X_test, _ = fetch_mnist(subset="test", data_home=full_data, return_X_y=True)
    clf = TwoLayerClassifier(128, max_iter=2, alpha=0.3, random_state=0).fit(X, y)
    assert_same_predictions(to_onnx(clf, X_test), clf, X_test)


@pytest.mark.parametrize(
    "labels",
    [["no", "yes"], [3, 7], [False, True], [0, 1]],
    ids=["text", "integers", "booleans", "multilabel"],
)
def test_metadata_name_the_classes_and_the_versions(labels, request):
    X = features(np.float32)
    y = np.array(labels)[indices(X, 2)]
    if "multilabel" in request.node.name:
        y = (X[:, :2] > 0).astype(int)
    exported = to_onnx(TwoLayerClassifier(**SMALL).fit(X, y))
    told = {entry.key: entry.value for entry in exported.metadata_props}
    assert json.loads(told["classes"]) == labels
    assert told["skmlp"] == skmlp.__version__
    assert told["scikit-learn"] == sklearn.__version__
