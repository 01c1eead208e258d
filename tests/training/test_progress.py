"""How far training has come: what schedules are told, and plans that are shortened."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_digits

from skmlp import TwoLayerClassifier
from skmlp._training.progress import Progress
from skmlp.schedules import Moment, OneCycle


def shares(progress, n_epochs):
    """Return the share of training at the start of each of the next epochs."""
    found = []
    for _ in range(n_epochs):
        found.append(progress.moment(0.0).share)
        progress.count_epoch(10)
    return found


def test_the_share_grows_evenly_and_stays_at_one():
    progress = Progress(n_epochs=7)
    progress.plan(4)
    assert shares(progress, 6) == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]


def test_a_plan_is_over_after_its_last_epoch():
    progress = Progress(n_epochs=7)
    progress.plan(2)
    progress.count_epoch(10)
    assert not progress.is_over
    progress.count_epoch(10)
    assert progress.is_over


@pytest.mark.parametrize(("falls_from", "first"), [(0.0, 0.1), (0.3, 0.3)])
def test_a_shortened_plan_goes_through_the_rest_of_its_schedule(falls_from, first):
    progress = Progress()
    progress.plan(100)
    shares(progress, 10)
    progress.cool_down(5, falls_from)
    step = (1.0 - first) / 5
    assert_allclose(shares(progress, 5), first + step * np.arange(5))
    assert progress.is_over
    assert progress.moment(0.0).share == 1.0


@pytest.mark.parametrize("n_done", [95, 99])
def test_a_plan_that_ends_soon_is_left_as_it_is(n_done):
    progress = Progress()
    progress.plan(100)
    shares(progress, n_done)
    progress.cool_down(5, 0.3)
    assert progress.moment(0.0) == Moment(n_done / 100, n_done)


def test_a_new_plan_has_its_full_schedule():
    progress = Progress()
    progress.plan(100)
    progress.count_epoch(10)
    progress.cool_down(5, 0.3)
    progress.plan(10)
    assert_allclose(shares(progress, 10), np.arange(10) / 10)
    progress.plan_on(30)
    assert_allclose(shares(progress, 2), [10 / 30, 11 / 30])


def test_a_shortened_plan_stays_so_when_it_is_gone_beyond():
    progress = Progress()
    progress.plan(100)
    progress.count_epoch(10)
    progress.cool_down(5, 0.3)
    progress.plan_on(100)
    assert shares(progress, 7)[-2:] == [1.0, 1.0]


def test_partial_fit_after_early_stopping_keeps_the_low_rate():
    clf = fitted([5, 6, 4, 4, 4, 7, 8, 9], max_iter=100)
    clf.set_params(scoring="loss").partial_fit(*load_digits(return_X_y=True))
    assert clf.history_["learning_rate"][-1] == pytest.approx(0.01 * 0.001)


def fitted(scores, **params):
    """Return a classifier that stops early by scores that are given, epoch by epoch."""
    left = iter(scores)
    defaults = {"early_stopping": True, "n_iter_no_change": 3, "random_state": 0}
    defaults |= {"alpha": 0.1, "learning_rate_init": 0.01, "batch_size": None}
    clf = TwoLayerClassifier(9, scoring=lambda *_: next(left), **defaults | params)
    return clf.fit(*load_digits(return_X_y=True))


def test_early_stopping_lets_a_planned_rate_fall_first():
    clf = fitted([5, 6, 4, 4, 4, 7, 8, 9], max_iter=100)
    assert (clf.n_iter_, clf.best_epoch_) == (5 + 3, 8)
    planned = [0.0, 0.01, 0.02, 0.03, 0.04]  # it would have risen for thirty epochs
    left = [0.3, 0.3 + 0.7 / 3, 0.3 + 1.4 / 3]
    rates = [0.01 * OneCycle()(Moment(share, 0)) for share in planned + left]
    assert_allclose(clf.history_["learning_rate"], rates)


def test_early_stopping_ends_at_once_what_has_no_plan():
    clf = fitted([5, 6, 4, 4, 4, 7], max_iter=100, learning_rate="constant")
    assert (clf.n_iter_, clf.best_epoch_) == (5, 2)


def test_scores_that_improve_leave_the_plan_as_it_is():
    clf = fitted(range(10), max_iter=10)
    rates = [0.01 * OneCycle()(Moment(epoch / 10, 0)) for epoch in range(10)]
    assert_allclose(clf.history_["learning_rate"], rates)
