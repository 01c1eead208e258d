"""Fits in several threads that go wrong, or run beside others: as those in one."""

import os
import signal
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from several import N_CLASSES, Watched, arrays, bits, helpers, network, table
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from skmlp.losses import LogLoss

DROPS = {"dropout": 0.2, "input_dropout": 0.1, "learning_rate": "constant"}


class Broken(Exception):
    """What code of a user raises."""


class BrokenLoss(LogLoss):
    """A loss that does something at one of its calls."""

    def __init__(self, n_calls, act):
        self.n_left, self.act = n_calls, act

    def value_and_grad(self, t, logits, weight, dlogits):
        self.n_left -= 1
        if self.n_left == 0:
            self.act()
        return super().value_and_grad(t, logits, weight, dlogits)


def raiser(error):
    def act():
        assert len(helpers()) == 1
        raise error

    return act


def press_ctrl_c():
    assert len(helpers()) == 1
    signal.raise_signal(signal.SIGINT)


class AtStep:
    """A constant learning rate that does something at one of the steps."""

    def __init__(self, n_steps, act):
        self.n_left, self.act = n_steps, act

    def __call__(self, share):
        self.n_left -= 1
        if self.n_left == 0:
            self.act()
        return 1.0


@pytest.mark.parametrize("n_calls", [1, 2, 9])  # in the first epoch and a later one
@pytest.mark.parametrize("kind", [Broken, MemoryError, StopIteration])
@pytest.mark.parametrize("place", ["loss", "learning_rate"])
def test_an_error_of_user_code_reaches_the_user_and_changes_nothing(
    place, kind, n_calls
):
    X, y = table()
    clf = network(2, **DROPS).fit(X, y)
    before, t, error = bits(clf), clf.t_, kind("mine")
    make = {"loss": BrokenLoss, "learning_rate": AtStep}[place]
    clf.set_params(**{place: make(n_calls, raiser(error))})
    with pytest.raises((kind, RuntimeError)) as caught:
        clf.fit(X, y)
    # Of StopIteration Python makes another error in a generator.
    assert error in (caught.value, caught.value.__cause__, caught.value.__context__)
    assert (bits(clf), clf.t_) == (before, t)
    assert helpers() == set()
    again = network(2, **DROPS).fit(X, y)
    assert bits(again) == before


@pytest.mark.parametrize("kind", [Broken, KeyboardInterrupt])
def test_a_partial_fit_that_is_broken_off_changes_nothing(kind):
    X, y = table(32 * 16, 3200)
    params = {"batch_size": 32, "max_iter": 99, **DROPS}
    clf, twin = (network(2, **params) for _ in range(2))
    for one in (clf, twin):
        one.partial_fit(X, y, classes=range(N_CLASSES))
    clf.set_params(learning_rate=AtStep(5, raiser(kind)))
    with pytest.raises(kind):
        clf.partial_fit(X, y)
    assert bits(clf) == bits(twin)
    clf.set_params(learning_rate="constant").partial_fit(X, y)
    assert bits(clf) == bits(twin.partial_fit(X, y))
    assert helpers() == set()


def test_ctrl_c_keeps_the_weights_of_the_last_finished_batch():
    X, y = table(9 * 128)
    params = {"sampling": "sequential", "standardize": False, "max_iter": 2}
    clf = network(2, **params, learning_rate=AtStep(8, press_ctrl_c))
    with pytest.warns(ConvergenceWarning, match="interrupted after 0 of 2"):
        clf.fit(X, y)
    params |= {"learning_rate": "constant", "max_iter": 1}
    seven = network(1, **params).fit(X[: 7 * 128], y[: 7 * 128])
    for mine, theirs in zip(arrays(clf), arrays(seven), strict=True):
        assert_allclose(mine, theirs, rtol=0, atol=1e-11 * np.abs(theirs).max())
    assert helpers() == set()


def test_ctrl_c_after_an_epoch_counts_that_epoch_and_goes_on_from_there():
    X, y = table()
    params = {"warm_start": True, **DROPS, "learning_rate": AtStep(7, press_ctrl_c)}
    clf = network(2, **params)
    with pytest.warns(ConvergenceWarning, match="interrupted after 3 of 8"):
        clf.fit(X, y)
    assert (clf.n_iter_, clf.t_, len(clf.loss_curve_)) == (3, 3 * len(y), 3)
    assert helpers() == set()
    clf.set_params(learning_rate="constant").fit(X, y)
    assert clf.n_iter_ == 11
    assert clf.loss_ < clf.loss_curve_[0]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers on Windows")
@pytest.mark.parametrize("n_steps", [1, 3, 10])
def test_ctrl_c_of_the_kernel_at_any_moment_leaves_a_usable_network(n_steps):
    X, y = table()

    def press_soon():
        # Within the next steps, each of which takes some milliseconds.
        signal.setitimer(signal.ITIMER_REAL, 0.001 * n_steps / 3)

    clf = network(2, learning_rate=AtStep(n_steps, press_soon), max_iter=2000)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.warns(ConvergenceWarning, match="Training was interrupted after"):
            clf.fit(X, y)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert helpers() == set()
    assert np.isfinite(clf.predict_proba(X)).all()
    assert clf.n_iter_ == len(clf.loss_curve_)
    assert clf.t_ == clf.n_iter_ * len(y)


def outcome_of(clf, X, y):
    """Fit; return the warnings or the error, and the weights that there are then."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            clf.fit(X, y)
        except ValueError as error:
            return str(error)
    return [str(warning.message) for warning in caught], bits(clf)


@pytest.mark.parametrize(
    ("solver", "rate"), [("sgd", 1e30), ("sgd", 1e200), ("adam", 1e200)]
)
def test_divergence_is_that_of_one_thread(solver, rate):
    X, y = table()
    one, two = (
        outcome_of(network(n, solver=solver, learning_rate_init=rate), X, y)
        for n in (1, 2)
    )
    assert "Training diverged in epoch" in one
    assert two == one
    assert helpers() == set()


def test_divergence_after_a_good_epoch_restores_it_and_warns():
    X, y = table()
    grows = {"learning_rate": lambda share: 1.0 if share < 0.5 else 1e200}
    clf = network(2, solver="sgd", **grows)
    with pytest.warns(ConvergenceWarning, match=r"epoch 5.*weights of epoch 4"):
        clf.fit(X, y)
    # Of as many threads, for as many steps as are worth them.
    good = network(2, solver="sgd", learning_rate="constant", warm_start=True)
    good.set_params(learning_rate=AtStep(9, press_ctrl_c))
    with pytest.warns(ConvergenceWarning, match="interrupted after 4 of 8"):
        good.fit(X, y)
    assert bits(clf) == bits(good)
    assert helpers() == set()


def test_fits_at_once_have_the_bits_of_one_alone():
    X, y = table(dtype=np.float32)
    alone = bits(network(2, **DROPS).fit(X, y))
    with ThreadPoolExecutor(4) as executor:
        fits = executor.map(lambda _: bits(network(2, **DROPS).fit(X, y)), range(8))
        assert set(fits) == {alone}
    assert helpers() == set()


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_of_joblib_learn_the_same_bits(backend):
    X, y = table(dtype=np.float32)
    alone = bits(network(2, **DROPS).fit(X, y))
    fits = [network(2, **DROPS) for _ in range(3)]
    with parallel_config(backend):
        learnt = Parallel(2)(delayed(clf.fit)(X, y) for clf in fits)
    assert {bits(clf) for clf in learnt} == {alone}


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_search_in_workers_finds_what_one_alone_does(backend):
    X, y = table(dtype=np.float32)
    grid = {"learning_rate_init": [0.001, 0.003]}
    alone = GridSearchCV(network(1, max_iter=16), grid, cv=2).fit(X, y)
    with parallel_config(backend):
        search = GridSearchCV(network(None, max_iter=16), grid, cv=2, n_jobs=2)
        search.fit(X, y)
    for split in (0, 1):
        name = f"split{split}_test_score"
        assert_array_equal(search.cv_results_[name], alone.cv_results_[name])
    assert search.best_params_ == alone.best_params_
    assert helpers() == set()


def status_of_child(function):
    """Fork; return the exit status that a function of the child returns."""
    with warnings.catch_warnings():  # of forks beside threads, since Python 3.12
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 99
    try:
        signal.alarm(60)  # it would end a child that hangs
        status = function()
    finally:
        os._exit(status)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on Windows")
def test_a_fork_beside_a_fit_in_several_threads_learns_the_same_bits():
    X, y = table(dtype=np.float32)
    expected = bits(network(2, **DROPS).fit(X, y))
    is_over, learnt = threading.Event(), set()

    def fit_on():
        while not is_over.is_set():
            learnt.add(bits(network(2, **DROPS).fit(X, y)))

    def fit():
        return int(bits(network(2, **DROPS).fit(X, y)) != expected)

    thread = threading.Thread(target=fit_on)
    thread.start()
    try:
        assert [status_of_child(fit) for _ in range(5)] == [0] * 5
    finally:
        is_over.set()
        thread.join()
    assert learnt == {expected}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on Windows")
def test_a_fork_amid_a_fit_in_several_threads_does_not_hang_the_parent():
    X, y = table()
    statuses = []
    clf = network(2, learning_rate=AtStep(5, lambda: statuses.append(fork_and_fit())))

    def fork_and_fit():
        return status_of_child(lambda: int(bits(network(2).fit(X, y)) != expected))

    expected = bits(network(2).fit(X, y))
    clf.fit(X, y)
    assert statuses == [0]
    assert bits(clf) == bits(network(2, learning_rate="constant").fit(X, y))


def test_a_fit_within_a_fit_in_several_threads_is_that_alone():
    X, y = table()
    inner = network(2, **DROPS)
    outer = network(2, learning_rate=AtStep(5, lambda: inner.fit(X, y)))
    outer.fit(X, y)
    assert bits(inner) == bits(network(2, **DROPS).fit(X, y))
    assert bits(outer) == bits(network(2, learning_rate="constant").fit(X, y))


def test_overflows_within_a_helper_warn_of_nothing(recwarn):
    X, y = table()
    with np.errstate(all="raise"):
        watched = Watched()
        network(2, activation="softplus", learning_rate=watched).fit(50 * X, y)
    assert watched.n_threads == {2}
    assert len(recwarn) == 0
