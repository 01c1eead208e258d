"""What is promised of whole MNIST; runs where $SKMLP_DATA holds it."""

import numpy as np
import pytest

from skmlp import TwoLayerClassifier
from skmlp.datasets import fetch_mnist

pytestmark = pytest.mark.full_data


@pytest.fixture(scope="module")
def mnist(full_data):
    """The images as bytes: X_train, y_train, X_test, y_test."""
    where = {"data_home": full_data, "return_X_y": True}
    return *fetch_mnist(subset="train", **where), *fetch_mnist(subset="test", **where)


def test_eight_epochs_classify_98_percent_of_the_test_images(mnist):
    X_train, y_train, X_test, y_test = mnist
    clf = TwoLayerClassifier(
        256,
        batch_size=128,
        learning_rate="one_cycle",
        learning_rate_init=0.005,
        max_iter=8,
        random_state=0,
    ).fit(X_train / np.float32(255), y_train)
    assert clf.score(X_test / np.float32(255), y_test) >= 0.98


def test_raw_bytes_train_as_their_float32_copy_does(mnist):
    X, y = mnist[:2]
    make = {"learning_rate_init": 1e-5, "max_iter": 1, "random_state": 0}
    raw, cast = (
        TwoLayerClassifier(32, **make).fit(images, y)
        for images in (X, X.astype(np.float32))
    )
    np.testing.assert_array_equal(raw.coefs_[0], cast.coefs_[0])
