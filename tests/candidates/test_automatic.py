"""alpha='auto': measured on held-out rows, where there are enough of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import make_classification

from skmlp import TwoLayerClassifier
from skmlp._candidates.automatic import ALPHAS, alpha_of_several_labels
from skmlp.activations import Activation
from skmlp.losses import LogLoss


def classifier(**params):
    defaults = {"hidden_layer_size": 32, "random_state": 0, "max_iter": 3}
    return TwoLayerClassifier(**defaults | params)


@pytest.fixture(scope="module")
def table():
    """300 rows, in three classes."""
    return make_classification(
        300, 8, n_informative=6, n_classes=3, class_sep=1.5, random_state=0
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_what_is_measured_is_what_would_have_been_given(kind, dtype, table):
    X, y = kind(table[0].astype(dtype)), table[1]
    automatic = classifier().fit(X, y)
    given = classifier(alpha=automatic.alpha_).fit(X, y)
    assert automatic.alpha_ in ALPHAS
    assert_array_equal(automatic.coefs_[0], given.coefs_[0])
    assert_array_equal(automatic.intercepts_[1], given.intercepts_[1])
    assert automatic.history_["loss"] == given.history_["loss"]


@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_it_is_measured_where_labels_are_several(kind, class_weight, table):
    X, y = table
    Y = kind(np.column_stack([y == 0, y > 0, X[:, 0] > 0]))
    automatic = classifier(class_weight=class_weight).fit(X, Y)
    given = classifier(class_weight=class_weight, alpha=automatic.alpha_).fit(X, Y)
    assert min(ALPHAS) < automatic.alpha_ < 8
    assert_array_equal(automatic.coefs_[0], given.coefs_[0])
    assert_array_equal(automatic.coefs_[1], given.coefs_[1])


def test_noise_in_several_labels_asks_for_decay():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 10))
    clean = (X[:, :3] * X[:, 3:6] > 0).astype(int)
    assert classifier().fit(X, rng.permutation(clean)).alpha_ > 3.0
    assert classifier().fit(X, clean).alpha_ < 1.0


def test_with_several_labels_alpha_is_twice_the_best_in_between():
    # The parabola a + (log alpha - log 0.5)^2 through any three of its points.
    losses = 3.0 + (np.log(ALPHAS) - np.log(0.5)) ** 2
    assert_allclose(alpha_of_several_labels(losses), 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("losses", "pair"),
    [([1, 2, 3, 4, 5], (0.07, 0.2)), ([5, 4, 3, 2, 1], (2, 7)), ([1] * 5, (0.07, 0.2))],
)
def test_beyond_the_candidates_alpha_is_between_the_last_two(losses, pair):
    alpha = alpha_of_several_labels(np.array(losses))
    assert_allclose(alpha, 2 * np.sqrt(np.prod(pair)))


def test_candidates_that_diverged_have_no_say():
    alpha = alpha_of_several_labels(np.array([np.inf, np.inf, 1.0, np.inf, np.inf]))
    assert 0.2 < alpha / 2 < 2.0


def test_many_labels_are_measured_as_few_strata_are():
    # 300 rows hold out 75: enough for two of each stratum, not for two of each label.
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(300, 8)), rng.integers(2, size=(300, 60))
    assert classifier().fit(X, Y).alpha_ > 3.0


def test_noise_asks_for_decay_and_what_can_be_learnt_does_not():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 10))
    clean = (X[:, 0] * X[:, 1] > 0).astype(int)
    assert classifier().fit(X, rng.permutation(clean)).alpha_ == max(ALPHAS)
    assert classifier().fit(X, clean).alpha_ < 1.0


def test_it_depends_neither_on_max_iter_nor_on_who_ends_training(table):
    alphas = {
        classifier(**params).fit(*table).alpha_
        for params in (
            {},
            {"max_iter": 9},
            {"learning_rate": "constant"},
            {"early_stopping": True},
        )
    }
    assert len(alphas) == 1


def test_rows_of_weight_zero_count_for_nothing(table):
    X, y = table
    strange = np.full((100, 8), 1e6)
    weight = np.repeat([1.0, 0.0], [300, 100])
    more = np.vstack([X, strange]), np.concatenate([y, y[:100]])
    weighted = classifier().fit(*more, weight)
    assert weighted.alpha_ == classifier().fit(X, y).alpha_


@pytest.mark.parametrize(
    ("n_rows", "params", "expected"),
    [
        (79, {}, 0.9),  # too few to hold any out: 60 / √79, but at most 0.9
        (300, {"solver": "adam"}, 0.001),
        (300, {"weight_init": ([[0.1, -0.1]] * 8, [[0.1, -0.1, 0.2]] * 2)}, 0.9),
    ],
)
def test_where_it_is_not_measured_it_goes_by_the_rows(n_rows, params, expected, table):
    X, y = table
    clf = classifier(**params)
    if "weight_init" in params:
        clf.set_params(hidden_layer_size=2)
    assert clf.fit(X[:n_rows], y[:n_rows]).alpha_ == expected


def test_too_many_numbers_are_not_measured():
    X, y = np.zeros((90, 100_000), np.uint8), np.arange(90) % 2
    clf = classifier(hidden_layer_size=1, max_iter=1, batch_size=None)
    assert clf.fit(X, y).alpha_ == 0.9


def test_many_classes_are_not_measured(table):
    X, _ = table
    assert classifier().fit(X, np.arange(300) % 40).alpha_ == 0.9  # 8 rows per class


def test_training_that_goes_on_keeps_it(table):
    X, y = table
    clf = classifier(warm_start=True).fit(X, y)
    measured = clf.alpha_
    noise = np.random.default_rng(0).permutation(y)
    assert measured < max(ALPHAS) == classifier().fit(X, noise).alpha_
    assert clf.fit(X, noise).alpha_ == measured
    assert clf.partial_fit(X, noise).alpha_ == measured
    assert clf.set_params(warm_start=False).fit(X, noise).alpha_ == max(ALPHAS)


def test_partial_fit_that_begins_measures_nothing(table):
    X, y = table
    clf = classifier().partial_fit(X, y, classes=[0, 1, 2])
    assert clf.alpha_ == 0.9
    assert clf.partial_fit(X, y).alpha_ == 0.9
    warm = clf.set_params(warm_start=True).fit(X, y)
    assert warm.alpha_ == 0.9


def test_functions_of_ones_own_meet_no_other_width(table):
    seen = set()

    def ones(W, rng):
        seen.add(W.shape)
        W[...] = rng.normal(size=W.shape) / 10

    def double(Z, H):
        seen.add(Z.shape[1])
        np.multiply(Z, 2.0, out=H)

    def double_backward(Z, H, dH):
        np.multiply(dH, 2.0, out=dH)

    assert classifier(weight_init=ones).fit(*table).alpha_ == 0.9
    activation = Activation(double, double_backward)
    assert classifier(activation=activation).fit(*table).alpha_ == 0.9
    assert seen == {(8, 32), (32, 3), 32}


def test_a_measured_alpha_outlives_a_call_with_another(table):
    clf = classifier().fit(*table)
    measured = clf.alpha_
    clf.set_params(alpha=0.3).partial_fit(*table)
    clf.set_params(alpha="auto", solver="adam").partial_fit(*table)
    assert clf.alpha_ == 0.001
    assert clf.set_params(solver="adamw").partial_fit(*table).alpha_ == measured


class NoNumber(LogLoss):
    def value_and_grad(self, t, logits, weight, dlogits):
        super().value_and_grad(t, logits, weight, dlogits)
        return

    def __repr__(self):
        return "NoNumber()"


def test_a_faulty_loss_is_named_where_candidates_are_trained(table):
    with pytest.raises(TypeError, match=r"loss=NoNumber\(\) must return one number"):
        classifier(loss=NoNumber()).fit(*table)
