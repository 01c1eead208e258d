"""The losses of several labels: by hand, by the textbook, and far from zero."""

import numpy as np
import pytest
import reference
from numpy.testing import assert_allclose, assert_array_equal

from skmlp.losses import (
    LOSSES,
    LogLoss,
    Loss,
    MultilabelBrier,
    MultilabelLogLoss,
    MultilabelLoss,
    MultilabelSquaredError,
)

OF_LABELS = {name: loss().multilabel() for name, loss in LOSSES.items()}
DTYPES = [np.float32, np.float64]


def value_and_grad(loss, t, logits, weight):
    """Return the loss and its gradient; the arguments are left alone."""
    dlogits = np.full_like(logits, np.nan)
    return loss.value_and_grad(t.copy(), logits.copy(), weight, dlogits), dlogits


@pytest.mark.parametrize(
    ("name", "output", "present", "absent", "gradients"),
    [
        # o = log 3: p = ¾; dp/do = 3/16
        ("log_loss", np.log(3), np.log(4 / 3), np.log(4), (-1 / 4, 3 / 4)),
        ("brier", np.log(3), 1 / 16, 9 / 16, (-3 / 32, 9 / 32)),
        ("squared_error", 3 / 4, 1 / 32, 9 / 32, (-1 / 4, 3 / 4)),
    ],
)
def test_loss_of_a_label_by_hand(name, output, present, absent, gradients):
    logits, t = np.full((2, 1), output), np.array([[1.0], [0.0]])
    value, dlogits = value_and_grad(OF_LABELS[name], t, logits, np.ones(1))
    assert value == pytest.approx(present + absent, rel=1e-15)
    assert_allclose(dlogits[:, 0], gradients, rtol=1e-15)


@pytest.fixture
def rows():
    """Targets, logits, weights of 40 rows and of their 5 labels."""
    rng = np.random.default_rng(0)
    t = rng.choice([0.0, 0.1, 0.5, 1.0], size=(5, 40))
    logits = rng.normal(size=(5, 40), scale=3.0)
    return t, logits, rng.uniform(0, 2, size=40), rng.uniform(0, 2, size=(5, 40))


@pytest.mark.parametrize("by_label", [False, True], ids=["by row", "by label"])
@pytest.mark.parametrize("name", LOSSES)
def test_loss_is_the_textbook_s(name, by_label, rows):
    t, logits, *weights = rows
    weight = weights[by_label]
    losses, gradient = reference.LOSSES_OF_LABELS[name](logits, t)
    value, dlogits = value_and_grad(OF_LABELS[name], t, logits, weight)
    assert value == pytest.approx((weight * losses).sum(), rel=1e-12)
    assert_allclose(dlogits, weight * gradient, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_weights_of_rows_are_those_of_all_their_labels(name, dtype, rows):
    t, logits, weight, _ = (array.astype(dtype) for array in rows)
    by_row = value_and_grad(OF_LABELS[name], t, logits, weight)
    by_label = value_and_grad(OF_LABELS[name], t, logits, np.tile(weight, (5, 1)))
    assert by_row[0] == by_label[0]
    assert_array_equal(by_row[1], by_label[1])


@pytest.mark.parametrize("name", LOSSES)
def test_presence_and_absence_are_mirror_images(name, rows):
    t, logits, weight, _ = rows
    loss = OF_LABELS[name]
    value, dlogits = value_and_grad(loss, t, logits, weight)
    mirrored = 2 * loss.threshold - logits
    other, dmirrored = value_and_grad(loss, 1 - t, mirrored, weight)
    assert other == pytest.approx(value, rel=1e-12)
    assert_allclose(dmirrored, -dlogits, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("name", ["log_loss", "brier"])
def test_loss_of_a_label_is_that_of_two_classes(name, rows):
    # The softmax of (0, o) is the logistic of o.
    t, logits, weight, _ = rows
    t, logits = t[:1], logits[:1]
    value, dlogits = value_and_grad(OF_LABELS[name], t, logits, weight)
    both = np.vstack([1 - t, t]), np.vstack([0 * logits, logits])
    of_classes, dboth = value_and_grad(LOSSES[name](), *both, weight)
    # Brier's score of two classes counts both of them.
    n_times = {"log_loss": 1, "brier": 2}[name]
    assert of_classes == pytest.approx(n_times * value, rel=1e-12)
    assert_allclose(dboth[1:], n_times * dlogits, rtol=1e-10, atol=1e-15)


FAR = [0.0, 1e-30, 1e-3, 17.0, 50.0, 90.0, 800.0, 1e4]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_nothing_overflows_however_large_logits_are(name, dtype):
    logits = np.array([[*FAR], [-o for o in FAR]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for target in (0.0, 0.05, 0.95, 1.0):
            t, weight = np.full_like(logits, target), np.ones(len(FAR), dtype)
            value, dlogits = value_and_grad(OF_LABELS[name], t, logits, weight)
            assert np.isfinite(value)
            assert np.isfinite(dlogits).all()
            assert dlogits.dtype == dtype
        for turn in (OF_LABELS[name].link, OF_LABELS[name].log_link):
            turn(turned := logits.copy())
            assert np.isfinite(turned).all()
            assert turned.dtype == dtype


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_log_loss_that_is_nearly_zero_keeps_its_digits(sign, dtype):
    # On the right side, with e = exp(-o): loss = log(1 + e), derivative = e / (1 + e).
    logits = np.array([[20.0, 30.0, 40.0, 50.0, 59.0]], dtype)
    all_small = np.exp(-logits.astype(np.float64))[0]
    t = np.full_like(logits, sign > 0)
    eps = float(np.finfo(dtype).eps)
    for i, small in enumerate(all_small):
        one = slice(i, i + 1)
        arguments = t[:, one], sign * logits[:, one], np.ones(1, dtype)
        value, dlogits = value_and_grad(MultilabelLogLoss(), *arguments)
        expected = pytest.approx(small / (1 + small), rel=64 * eps, abs=0)
        assert -sign * dlogits[0, 0] == expected
        assert value == pytest.approx(np.log1p(small), rel=0, abs=eps)


@pytest.mark.parametrize("target", [0.0, 1.0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_gradient_of_the_log_loss_is_subnormal(dtype, target):
    logits = np.linspace(-200, 200, 4001, dtype=dtype)[np.newaxis]
    t, weight = np.full_like(logits, target), np.ones(4001, dtype)
    _, dlogits = value_and_grad(MultilabelLogLoss(), t, logits, weight)
    assert np.abs(dlogits).min() == pytest.approx(np.exp(-60.0), rel=1e-5, abs=0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_log_link_is_the_logarithm_of_the_link(name, dtype):
    logits = np.linspace(-40, 40, 1601, dtype=dtype)[np.newaxis]
    p, log_p = logits.copy(), logits.copy()
    OF_LABELS[name].link(p)
    OF_LABELS[name].log_link(log_p)
    assert ((p > 0) & (p <= 1)).all()
    eps = np.finfo(dtype).eps
    assert_allclose(log_p, np.log(p.astype(np.float64)), rtol=4 * eps, atol=4 * eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_link_is_one_half_at_the_threshold(name, dtype):
    loss = OF_LABELS[name]
    p = np.array([[-1e-3, 0.0, 1e-3]], dtype) + dtype(loss.threshold)
    loss.link(p)
    below, at, above = p[0]
    assert below < at == 0.5 < above


@pytest.mark.parametrize("dtype", DTYPES)
def test_linear_outputs_beyond_zero_and_one_are_clipped_between(dtype):
    outputs = np.array([[-5.0, 0.0, 1.0, 7.0]], dtype)
    MultilabelSquaredError().link(outputs)
    assert ((outputs > 0) & (outputs < 1)).all()
    eps = np.finfo(dtype).eps
    assert_allclose(outputs, [[0.0, 0.0, 1.0, 1.0]], rtol=eps, atol=eps)


def test_each_loss_knows_that_of_several_labels():
    types = {name: type(loss) for name, loss in OF_LABELS.items()}
    assert types == {
        "log_loss": MultilabelLogLoss,
        "squared_error": MultilabelSquaredError,
        "brier": MultilabelBrier,
    }


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_of_several_labels_is_its_own(name):
    assert OF_LABELS[name].multilabel() is OF_LABELS[name]


@pytest.mark.parametrize("base", [Loss, *LOSSES.values()])
def test_a_loss_of_one_s_own_has_to_say_which_that_of_several_labels_is(base):
    class Own(base):
        pass

    with pytest.raises(ValueError, match=r"Own\(\) is for one label.* multilabel"):
        Own().multilabel()


def test_a_loss_of_several_labels_has_to_be_defined():
    with pytest.raises(NotImplementedError, match="MultilabelLoss has to define value"):
        MultilabelLoss().value_and_grad(*[np.zeros((2, 3))] * 4)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_say_what_their_outputs_are(name):
    activation = {"squared_error": "identity"}.get(name, "logistic")
    assert OF_LABELS[name].out_activation == activation
    assert LOSSES[name]().threshold is None


def test_a_loss_keeps_nothing():
    assert vars(LogLoss().multilabel()) == {}
