"""Learning-rate schedules, as the history of a fit shows them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_classification

from skmlp import TwoLayerClassifier
from skmlp.schedules import SCHEDULES, Moment, ShareOfTraining

X, Y = make_classification(100, scale=0.1, random_state=0)


def rates(n_epochs=10, **params):
    """Return the learning rate of the last step of each epoch, full batches."""
    clf = TwoLayerClassifier(
        2,
        batch_size=None,
        max_iter=n_epochs,
        learning_rate_init=0.5,
        **{"solver": "sgd", "random_state": 0} | params,
    )
    return np.array(clf.fit(X, Y).history_["learning_rate"])


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"learning_rate": "constant"}, [0.5, 0.5, 0.5]),
        (
            {"learning_rate": "exponential", "learning_rate_decay": 0.8},
            [0.5, 0.4, 0.32],
        ),
        ({"learning_rate": "invscaling", "power_t": 1.0}, [0.5, 0.25, 0.5 / 3]),
        ({"learning_rate": "invscaling"}, 0.5 / np.sqrt([1, 2, 3])),
        ({"learning_rate": lambda share: 1 - share}, [0.5, 0.45, 0.4]),
        ({"learning_rate": lambda share: np.float64(share)}, [0.0, 0.05, 0.1]),
    ],
)
def test_rate_of_the_first_epochs(params, expected):
    assert_allclose(rates(**params)[:3], expected, rtol=1e-12)


def test_cosine_falls_along_half_a_cosine():
    half = 0.5 * (1 + np.cos(np.pi * np.arange(10) / 10))
    assert_allclose(rates(learning_rate="cosine"), 0.5 * (0.001 + 0.999 * half))


def test_one_cycle_rises_linearly_and_falls_along_half_a_cosine():
    expected = np.concatenate(
        [
            0.04 + 0.96 * np.arange(3) / 3,
            0.001 + 0.999 * 0.5 * (1 + np.cos(np.pi * np.arange(7) / 7)),
        ]
    )
    assert_allclose(rates(learning_rate="one_cycle"), 0.5 * expected)


def test_schedules_move_from_batch_to_batch():
    shares = []
    clf = TwoLayerClassifier(
        2, batch_size=25, max_iter=2, learning_rate=lambda s: shares.append(s) or 1.0
    ).fit(X, Y)
    assert clf.n_iter_ == 2
    assert_allclose(shares, np.arange(8) / 8)


def test_adaptive_divides_by_five_at_each_plateau_and_ends():
    history = rates(
        1000, learning_rate="adaptive", tol=1e9, n_iter_no_change=2, solver="sgd"
    )
    # The first epoch improves on nothing; then every two epochs are a plateau, until
    # one is met at a rate of at most 1e-6: 0.5 / 5**9.
    exponents = np.repeat(np.arange(10), [3] + [2] * 9)
    assert_allclose(history, 0.5 / 5.0**exponents)


def test_adaptive_ends_at_the_first_plateau_of_a_tiny_rate():
    adaptive = SCHEDULES["adaptive"](factor=5.0, least_rate=1e-6)
    plateaus = [adaptive.max_plateaus(rate) for rate in (1e-9, 1e-6, 2e-6, 6e-6, 0.5)]
    assert plateaus == [1, 1, 2, 3, 10]


def test_adaptive_takes_the_largest_rate_that_there_is():
    assert SCHEDULES["adaptive"]().max_plateaus(1e305) > 400


@pytest.mark.parametrize("multiplier", [None, np.nan, "fast"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_multiplier_that_is_no_number_is_refused_by_name(method, multiplier):
    clf = TwoLayerClassifier(2, max_iter=3, random_state=0).fit(X, Y)
    before = clf.coefs_[0].copy()
    clf.set_params(learning_rate=lambda share: multiplier)
    with pytest.raises(ValueError, match=f"learning_rate must .*got {multiplier!r}"):
        getattr(clf, method)(X, Y)
    np.testing.assert_array_equal(clf.coefs_[0], before)


def test_adaptive_stays_while_the_loss_falls():
    history = rates(20, learning_rate="adaptive", tol=0.0, solver="sgd")
    assert set(history) == {0.5}


@pytest.mark.parametrize("name", SCHEDULES)
def test_partial_fit_keeps_the_last_rate_after_the_planned_epochs(name):
    make = {"max_iter": 3, "batch_size": None, "learning_rate_init": 0.001}
    clf = TwoLayerClassifier(2, learning_rate=name, **make)
    for _ in range(6):
        clf.partial_fit(X, Y, classes=[0, 1])
    history = clf.history_["learning_rate"]
    assert len(history) == 6
    assert max(history) <= 0.001
    assert history[4] > 0
    if SCHEDULES[name].is_planned:
        assert_allclose(history[3:], 0.001 * 0.001)


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_schedule_is_ever_zero_or_more_than_one(name):
    schedule = SCHEDULES[name]()
    moments = [
        Moment(epoch / 200, epoch, n_plateaus)
        for epoch in range(201)
        for n_plateaus in (0, 2, 9)
    ]
    multipliers = [schedule(moment) for moment in moments]
    assert min(multipliers) > 0
    assert max(multipliers) <= 1


@pytest.mark.parametrize(
    "schedule",
    [*(schedule() for schedule in SCHEDULES.values()), ShareOfTraining(np.cos)],
    ids=str,
)
def test_planned_is_what_depends_on_the_share_of_training(schedule):
    multipliers = {schedule(Moment(share, 7, 2)) for share in np.linspace(0, 1, 9)}
    assert schedule.is_planned == (len(multipliers) > 1)


def test_a_cycle_without_warm_up_begins_at_one():
    one_cycle = SCHEDULES["one_cycle"](warm_up=0.0)
    assert [one_cycle(Moment(share, 0)) for share in (0.0, 1.0)] == [1.0, 0.001]


def test_no_plateau_has_been_met_at_first():
    assert Moment(share=0.5, epoch=10).n_plateaus == 0
