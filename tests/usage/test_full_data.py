"""What is promised of the whole data sets; runs where $SKMLP_DATA holds them."""

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier
from skmlp.datasets import fetch_fashion_mnist, fetch_mnist

# The plain training of the notebooks that the examples retell.
PLAIN_SGD = {
    "solver": "sgd",
    "momentum": 0,
    "learning_rate": "constant",
    "standardize": False,
    "random_state": 1,
}


@pytest.mark.full_data
def test_raw_bytes_train_as_their_float32_copy_does(full_data):
    X, y = fetch_mnist(data_home=full_data, return_X_y=True)
    X, y = X[:20_000], y[:20_000]
    make = {"learning_rate_init": 1e-5, "max_iter": 1, "random_state": 0}
    raw, cast = (
        TwoLayerClassifier(32, **make).fit(images, y)
        for images in (X, X.astype(np.float32))
    )
    np.testing.assert_array_equal(raw.coefs_[0], cast.coefs_[0])


@pytest.mark.full_data
def test_best_of_the_grid_has_the_loss_and_accuracy_of_a_plain_re_run(full_data):
    X, y = fetch_fashion_mnist(data_home=full_data, return_X_y=True)
    X = X.astype(np.float32) / 255
    X, X_val, y, y_val = train_test_split(X, y, test_size=0.2, random_state=0)
    clf = TwoLayerClassifier(
        40,
        **PLAIN_SGD,
        batch_size=32,
        learning_rate_init=1e-3,
        alpha=1e-3,
        max_iter=20,
        weight_init="normal",
        init_scale=0.01,
    ).fit(X, y)
    penalty = 0.5e-3 * sum(np.vdot(W, W) for W in clf.coefs_)
    assert abs(log_loss(y_val, clf.predict_proba(X_val)) + penalty - 0.654) < 0.01
    assert abs(clf.score(X_val, y_val) - 0.78) < 0.01


@pytest.mark.full_data
@pytest.mark.parametrize(
    ("params", "accuracy"),
    [
        (
            {"loss": "squared_error", "learning_rate_init": 0.1, "init_scale": 0.1},
            0.88,
        ),
        (
            {
                "activation": "tanh",
                "learning_rate_init": 0.02,
                "init_scale": (0.01, 0.1),
            },
            0.87,
        ),
    ],
    ids=["squared error", "tanh and softmax"],
)
def test_a_thousand_digits_have_the_accuracy_of_a_plain_re_run(
    params, accuracy, full_data
):
    X, y = fetch_mnist(data_home=full_data, return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", data_home=full_data, return_X_y=True)
    clf = TwoLayerClassifier(
        100,
        **PLAIN_SGD | params,
        sampling="sequential",
        batch_size=100,
        dropout=0.5,
        fit_intercept=False,
        alpha=0.0,
        max_iter=300,
        weight_init="uniform",
    ).fit(X[:1000].astype(np.float32) / 255, y[:1000])
    assert abs(clf.score(X_test.astype(np.float32) / 255, y_test) - accuracy) < 0.01


@pytest.mark.full_data
def test_defaults_recognise_89_percent_after_a_thousand_digits(full_data):
    X, y = fetch_mnist(data_home=full_data, return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", data_home=full_data, return_X_y=True)
    clf = TwoLayerClassifier(random_state=1).fit(X[:1000], y[:1000])
    assert clf.score(X_test, y_test) >= 0.89
