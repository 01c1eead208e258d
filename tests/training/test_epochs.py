"""A validation set of one's own: measured, watched, weighted, routed, refused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmlp import TwoLayerClassifier


@pytest.fixture
def parts(digits):
    """Two thirds to train on, the rest to validate with."""
    X, X_val, y, y_val = digits
    return X[:600], y[:600], X_val, y_val


def log_loss(clf, X, y, weight=None):
    """Return the weighted mean of the negative log-probability of the true class."""
    losses = -clf.predict_log_proba(X).astype(float)[np.arange(len(y)), y]
    return np.average(losses, weights=weight)


def make(**params):
    defaults = {"max_iter": 4, "random_state": 0, "learning_rate_init": 0.01}
    return TwoLayerClassifier(20, **defaults | params)


def test_validation_set_is_measured_after_each_epoch(parts):
    X, y, X_val, y_val = parts
    clf = make().fit(X, y, X_val=X_val, y_val=y_val)
    assert len(clf.history_["val_loss"]) == 4
    expected = log_loss(clf, X_val, y_val)
    assert_allclose(clf.history_["val_loss"][-1], expected, rtol=1e-5)
    assert_allclose(clf.history_["val_accuracy"][-1], clf.score(X_val, y_val))
    assert clf.best_validation_score_ == -min(clf.history_["val_loss"])


def test_measuring_changes_nothing_that_is_learnt(parts):
    X, y, X_val, y_val = parts
    measured = make(dropout=0.2, monitor_train=True, scoring="accuracy")
    measured.fit(X, y, X_val=X_val, y_val=y_val)
    assert_array_equal(measured.coefs_[0], make(dropout=0.2).fit(X, y).coefs_[0])


def test_early_stopping_watches_it_and_trains_on_all_rows(parts):
    X, y, X_val, y_val = parts
    constant = {"learning_rate": "constant"}
    stopped = make(early_stopping=True, max_iter=200, n_iter_no_change=3, **constant)
    stopped.fit(X, y, X_val=X_val, y_val=y_val)
    assert stopped.n_iter_ == stopped.best_epoch_ + 3 < 200
    plain = make(max_iter=stopped.best_epoch_, **constant).fit(X, y)
    assert_array_equal(stopped.coefs_[0], plain.coefs_[0])


def test_weights_count_in_validation(parts):
    X, y, X_val, y_val = parts
    weight = np.random.default_rng(0).uniform(size=len(y_val))
    class_weight = {k: 1.0 + k for k in range(10)}
    clf = make(class_weight=class_weight)
    clf.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight)
    product = weight * (1.0 + y_val)
    expected = log_loss(clf, X_val, y_val, product)
    assert_allclose(clf.history_["val_loss"][-1], expected, rtol=1e-5)
    expected = accuracy_score(y_val, clf.predict(X_val), sample_weight=product)
    assert_allclose(clf.history_["val_accuracy"][-1], expected, rtol=1e-6)


def test_scorers_are_passed_the_weights(parts):
    X, y, X_val, y_val = parts
    weight = np.random.default_rng(0).uniform(size=len(y_val)).astype(np.float32)
    clf = make(scoring="accuracy")
    clf.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight)
    assert_allclose(clf.history_["accuracy"], clf.history_["val_accuracy"], rtol=1e-6)


def test_training_data_is_measured_when_asked(parts):
    X, y, _, _ = parts
    clf = make(monitor_train=True, dropout=0.3).fit(X, y)
    assert_allclose(clf.history_["train_accuracy"][-1], clf.score(X, y))
    expected = log_loss(clf, X, y)
    assert_allclose(clf.history_["train_loss"][-1], expected, rtol=1e-5)


def test_sparse_validation_set_is_measured_alike(parts):
    X, y, X_val, y_val = parts
    dense, mixed = make(), make()
    dense.fit(X, y, X_val=X_val, y_val=y_val)
    mixed.fit(X, y, X_val=sparse.csc_array(X_val), y_val=y_val)
    assert_allclose(dense.history_["val_loss"], mixed.history_["val_loss"], rtol=1e-5)


def test_partial_fit_measures_it_too(parts):
    X, y, X_val, y_val = parts
    clf = make()
    for _ in range(3):
        clf.partial_fit(X, y, classes=range(10), X_val=X_val, y_val=y_val)
    assert_allclose(clf.history_["val_accuracy"][-1], clf.score(X_val, y_val))
    assert len(clf.validation_scores_) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_val": None}, "y_val is missing"),
        ({"X_val": None}, "X_val is missing"),
        ({"y_val": np.full(450, 11)}, r"holds the classes \[11\]"),
        ({"X_val": np.ones((450, 3))}, "X_val has 3 features, but X has 64"),
        ({"X_val": np.full((450, 64), np.nan)}, "contains NaN"),
        ({"sample_weight_val": -np.ones(450)}, "sample_weight"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_bad_validation_data_is_refused_and_changes_nothing(
    parts, method, change, message
):
    X, y, X_val, y_val = parts
    clf = make().fit(X, y)
    before = clf.coefs_[0].copy()
    with pytest.raises(ValueError, match=message):
        getattr(clf, method)(X, y, **{"X_val": X_val, "y_val": y_val} | change)
    assert_array_equal(clf.coefs_[0], before)
    assert clf.n_iter_ == 4


def test_validation_rows_that_all_count_nothing_are_refused(parts):
    X, y, X_val, y_val = parts
    only = y_val == 3
    weight = {k: float(k != 3) for k in range(10)}
    with pytest.raises(ValueError, match="no row counts"):
        make(class_weight=weight).fit(X, y, X_val=X_val[only], y_val=y_val[only])


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("factors", [(1, 16), (16, 1), (255, 1)])
def test_validation_data_on_another_scale_warns(parts, factors, container):
    X, y, X_val, y_val = parts
    X, X_val = container(X * factors[0]), container(X_val * factors[1])
    with pytest.warns(UserWarning, match="X_val is on another scale than X"):
        make(learning_rate_init=1e-4).fit(X, y, X_val=X_val, y_val=y_val)


def test_standardised_training_data_and_raw_validation_data_warn(parts):
    X, y, X_val, y_val = parts
    X = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-3)
    with pytest.warns(UserWarning, match="transform_input"):
        make().fit(X, y, X_val=16 * X_val, y_val=y_val)


def routed(**params):
    clf = make(**params).set_fit_request(X_val=True, y_val=True)
    steps = [("scale", MinMaxScaler()), ("net", clf)]
    return Pipeline(steps, transform_input=["X_val"])


def test_pipeline_transforms_it_as_it_transforms_X(parts):
    X, y, X_val, y_val = parts
    with config_context(enable_metadata_routing=True):
        pipe = routed().fit(255 * X, y, X_val=255 * X_val, y_val=y_val)
    score = pipe.score(255 * X_val, y_val)
    assert pipe["net"].history_["val_accuracy"][-1] == pytest.approx(score)


def test_grid_search_routes_it_to_every_candidate(parts):
    X, y, X_val, y_val = parts
    with config_context(enable_metadata_routing=True):
        grid = {"net__dropout": [0.0, 0.2]}
        search = GridSearchCV(routed(), grid, cv=2)
        search.fit(255 * X, y, X_val=255 * X_val, y_val=y_val)
    net = search.best_estimator_["net"]
    score = search.score(255 * X_val, y_val)
    assert net.history_["val_accuracy"][-1] == pytest.approx(score)


def test_without_routing_the_raw_set_reaches_the_net_and_warns(parts):
    X, y, X_val, y_val = parts
    pipe = Pipeline([("scale", MinMaxScaler()), ("net", make())])
    with pytest.warns(UserWarning, match="on another scale"):
        pipe.fit(255 * X, y, net__X_val=255 * X_val, net__y_val=y_val)


@pytest.mark.parametrize("named", ["X", "X_val"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_names_on_one_side_alone_are_warned_of(method, named, parts):
    pandas = pytest.importorskip("pandas")
    data = {"X": parts[0], "X_val": parts[2]}
    data[named] = pandas.DataFrame(data[named]).add_prefix("f")
    train = getattr(make(max_iter=1), method)
    classes = {"classes": range(10)} if method == "partial_fit" else {}
    with pytest.warns(UserWarning, match=f"{named} has feature names and"):
        train(data["X"], parts[1], X_val=data["X_val"], y_val=parts[3], **classes)
