"""Activations and their derivatives against the textbook, point by point."""

import numpy as np
import pytest
import reference
from numpy.testing import assert_allclose

from skmlp.activations import ACTIVATIONS, Activation

DTYPES = {"float32": 1e-6, "float64": 1e-12}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation_and_derivative_are_the_textbook_s(activation, dtype):
    z = np.append(np.linspace(-4, 4, 33), [0.0, -0.0]).astype(dtype)[np.newaxis]
    f, derivative = reference.ACTIVATIONS[activation]
    Z, H, dH = z.copy(), np.full_like(z, np.nan), np.full_like(z, 3.0)
    ACTIVATIONS[activation].forward(Z, H)
    tol = DTYPES[dtype]
    assert_allclose(H, f(z.astype(float)), rtol=tol, atol=tol)
    ACTIVATIONS[activation].backward(Z, H, dH)
    assert_allclose(dH, 3 * derivative(z.astype(float)), rtol=tol, atol=tol)


def test_rectifiers_are_those_that_are_nearly_zero_for_negative_input():
    rectifiers = {name for name in ACTIVATIONS if ACTIVATIONS[name].is_rectifier}
    smooth = {"tanh", "logistic", "identity"}
    assert rectifiers == ACTIVATIONS.keys() - smooth
    tanh = ACTIVATIONS["tanh"]
    assert not Activation(tanh.forward, tanh.backward).is_rectifier
