"""What is promised of whole MNIST; runs where $SKMLP_DATA holds it."""

import numpy as np
import pytest

from skmlp import TwoLayerClassifier
from skmlp.datasets import fetch_mnist


@pytest.mark.full_data
def test_raw_bytes_train_as_their_float32_copy_does(full_data):
    X, y = fetch_mnist(data_home=full_data, return_X_y=True)
    make = {"learning_rate_init": 1e-5, "max_iter": 1, "random_state": 0}
    raw, cast = (
        TwoLayerClassifier(32, **make).fit(images, y)
        for images in (X, X.astype(np.float32))
    )
    np.testing.assert_array_equal(raw.coefs_[0], cast.coefs_[0])


@pytest.mark.full_data
def test_defaults_recognise_98_percent_of_the_test_images(full_data):
    X, y = fetch_mnist(data_home=full_data, return_X_y=True)
    clf = TwoLayerClassifier(random_state=0).fit(X, y)
    X_test, y_test = fetch_mnist(subset="test", data_home=full_data, return_X_y=True)
    assert clf.score(X_test, y_test) >= 0.98
