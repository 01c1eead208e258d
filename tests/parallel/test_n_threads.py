"""How many threads train and measure: what is worth it, asked for and allowed."""

import multiprocessing
import threading

import joblib
import numpy as np
import pytest
from joblib import Parallel, delayed
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from several import (
    N_CLASSES,
    N_ROWS,
    Watched,
    bits,
    helpers,
    helpers_that_start,
    n_threads_of,
    network,
    table,
)
from threadpoolctl import threadpool_limits

from skmlp import TwoLayerClassifier, TwoLayerClassifierCV
from skmlp._parallel.limit import one_thread_of_blas
from skmlp._parallel.n_threads import (
    allowed_threads,
    threads_of_rows,
    threads_of_steps,
)
from skmlp.activations import Activation
from skmlp.losses import LogLoss
from skmlp.schedules import SCHEDULES
from skmlp.solvers import Adam

MILLION = 1_000_000


@pytest.fixture
def two_cores():
    """Allow BLAS two threads, and take two cores to be all; skip where there is one."""
    if joblib.cpu_count(only_physical_cores=True) < 2:
        pytest.skip("this machine has one core")
    with pytest.MonkeyPatch.context() as patch, threadpool_limits(2, user_api="blas"):
        patch.setenv("LOKY_MAX_CPU_COUNT", "2")
        if allowed_threads(None) < 2:
            pytest.skip("BLAS cannot be given two threads here")
        yield


@pytest.mark.parametrize(
    ("n_multiplications", "expected"),
    [(0, 1), (12, 2), (26.999, 2), (27, 3), (48, 4), (300, 10), (1e6, 10)],
)
def test_k_threads_are_worth_three_million_multiplications_times_k_squared(
    n_multiplications, expected
):
    n_multiplications = round(n_multiplications * MILLION)
    assert threads_of_steps(10, n_multiplications, 16) == expected
    assert threads_of_steps(10, n_multiplications, 15) == 1
    assert threads_of_steps(1, n_multiplications, 16) == 1


def test_a_thread_less_is_worth_it_below_the_bound():
    for k in range(2, 9):
        assert threads_of_steps(99, 3 * MILLION * k**2 - 1, 99) == k - 1


@pytest.mark.parametrize(
    ("n_multiplications", "expected"), [(0, 1), (199, 1), (200, 2), (1050, 7)]
)
def test_a_thread_is_worth_a_hundred_million_multiplications_of_rows(
    n_multiplications, expected
):
    assert threads_of_rows(7, n_multiplications * MILLION) == expected
    assert threads_of_rows(1, n_multiplications * MILLION) == 1


def test_what_is_asked_for_is_allowed_and_negative_numbers_leave_cores_free():
    n_cores = joblib.cpu_count()
    assert allowed_threads(1) == 1
    assert allowed_threads(7) == 7
    assert allowed_threads(-1) == n_cores
    assert allowed_threads(-n_cores) == 1
    assert allowed_threads(-99) == 1


@pytest.mark.parametrize("n_jobs", [0, 1.5, "all"])
def test_what_is_set_after_fit_and_is_no_count_is_refused_where_it_counts(n_jobs):
    with pytest.raises(ValueError, match=f"n_jobs={n_jobs!r} must be an int other"):
        allowed_threads(n_jobs)


def test_none_takes_the_cores_that_blas_is_allowed(two_cores):
    assert allowed_threads(None) == 2
    with threadpool_limits(1, user_api="blas"):
        assert allowed_threads(None) == 1
        assert allowed_threads(2) == 2
    with one_thread_of_blas() as limit, limit:  # as training sees to it
        assert allowed_threads(None) == 2


def test_none_takes_no_more_cores_than_joblib_counts(two_cores, monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert allowed_threads(None) == 1


def test_none_takes_one_thread_in_a_thread_that_is_not_the_main_one(two_cores):
    found = []
    thread = threading.Thread(
        target=lambda: found.extend([allowed_threads(None), allowed_threads(2)])
    )
    thread.start()
    thread.join()
    assert found == [1, 2]


def test_none_takes_one_thread_in_a_pool_of_processes(two_cores):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(allowed_threads, [None, 2]) == [1, 2]


def test_none_takes_one_thread_in_each_of_as_many_workers_as_cores():
    n_cores = joblib.cpu_count()
    found = Parallel(n_cores)(delayed(allowed_threads)(None) for _ in range(n_cores))
    assert found == [1] * n_cores


def test_none_takes_the_threads_that_are_worth_it(two_cores):
    X, y = table()
    assert n_threads_of(network(None), X, y) == 2
    assert n_threads_of(network(None, max_iter=7), X, y) == 1  # 14 steps
    assert n_threads_of(network(None, batch_size=64), X, y) == 1
    assert n_threads_of(network(None, hidden_layer_size=64), X, y) == 1


def test_blas_that_is_limited_limits_training(two_cores):
    X, y = table()
    one = network(1, learning_rate="constant").fit(X, y)
    limited = network(None)
    with threadpool_limits(1, user_api="blas"):
        assert n_threads_of(limited, X, y) == 1
    assert bits(limited) == bits(one)


@pytest.mark.parametrize("n_jobs", [2, 9, -1])
def test_n_jobs_is_an_upper_bound(n_jobs):
    X, y = table()
    expected = min(2, joblib.cpu_count() if n_jobs == -1 else n_jobs)
    assert n_threads_of(network(n_jobs), X, y) == expected
    assert n_threads_of(network(n_jobs, max_iter=2), X, y) == 1


@pytest.mark.parametrize("n_jobs", [0, 1.5, "all", "2", [2]])
@pytest.mark.parametrize("estimator", [TwoLayerClassifier, TwoLayerClassifierCV])
def test_n_jobs_that_is_no_count_is_refused(estimator, n_jobs, problem):
    X, y, _ = problem
    with pytest.raises(ValueError, match=r"'n_jobs' parameter of .* must be an int"):
        estimator(n_jobs=n_jobs).fit(X, y)


@pytest.mark.parametrize("estimator", [TwoLayerClassifier, TwoLayerClassifierCV])
def test_n_jobs_that_is_a_bool_is_refused(estimator, problem):
    X, y, _ = problem
    with pytest.raises(ValueError, match="n_jobs=True is no number"):
        estimator(n_jobs=True).fit(X, y)


def test_predictions_do_not_depend_on_n_jobs():
    X, y = table()
    clf = network(2).fit(X, y)
    expected = clf.predict_proba(X)
    assert_array_equal(clf.set_params(n_jobs=1).predict_proba(X), expected)


class OwnAdam(Adam):
    """A solver of a user."""


class OwnLoss(LogLoss):
    """A loss of a user, which notes who calls it."""

    def __init__(self):
        self.callers = []

    def value_and_grad(self, t, logits, weight, dlogits):
        self.callers.append((threading.get_ident(), logits.shape))
        return super().value_and_grad(t, logits, weight, dlogits)


square = Activation(
    lambda Z, H: np.multiply(Z, Z, out=H), lambda Z, H, dH: np.multiply(dH, 2 * Z, dH)
)


@pytest.mark.parametrize(
    "params",
    [
        {"activation": square},
        {"solver": OwnAdam},
        {"solver": OwnAdam()},
        {"max_grad_norm": 1.0},
    ],
    ids=["activation", "solver", "instance of a solver", "bounded gradient"],
)
def test_what_concerns_all_units_is_trained_by_one_thread(params):
    assert n_threads_of(network(2, **params), *table()) == 1


def test_what_users_wrote_is_called_by_the_thread_that_fits():
    X, y = table()
    seen = set()

    def look(estimator, X, y):
        seen.add((threading.get_ident(), len(helpers())))
        return 0.0

    one, two = (
        network(n, scoring=look, activation=square, max_iter=3).set_params(
            loss=OwnLoss(), learning_rate=Watched()
        )
        for n in (1, 2)
    )
    for clf in (one, two):
        clf.fit(X, y, X_val=X, y_val=y)
        assert {caller for caller, _ in clf.loss.callers} == {threading.get_ident()}
    assert seen == {(threading.get_ident(), 0)}
    assert bits(one) == bits(two)


def test_an_own_loss_is_called_once_for_each_batch_by_the_thread_that_fits():
    X, y = table()
    loss, rate = OwnLoss(), Watched()
    clf = network(2, loss=loss, learning_rate=rate).fit(X, y)
    assert rate.n_threads == {2}
    assert len(rate.callers) == 16
    of_training = loss.callers[:16]  # what follows compares the loss with the start
    assert of_training == [(threading.get_ident(), (N_CLASSES, N_ROWS))] * 16
    assert set(rate.callers) == {caller for caller, _ in loss.callers}
    expected = network(2, learning_rate="constant").fit(X, y)
    assert bits(clf) == bits(expected)


def test_wide_sparse_X_is_trained_by_one_thread():
    # The same 740 features in every row, of so many that steps move the weights of few.
    X, y = table(n_features=740, dtype=np.float32)
    narrow, n_wide = sparse.csr_array(X), 2 * N_ROWS * 740
    wide = sparse.hstack([narrow, sparse.csr_array((len(X), n_wide - 740))], "csr")
    assert n_threads_of(network(2, solver="sgd"), narrow, y) == 2
    assert n_threads_of(network(2, solver="sgd"), wide.astype(np.float32), y) == 1


def test_lbfgs_is_trained_by_one_thread():
    X, y = table()
    seen = set()

    def look(*_):
        seen.add(len(helpers()))
        return 0.0

    params = {"solver": "lbfgs", "max_iter": 16, "scoring": look}
    network(2, **params).fit(X, y, X_val=X[:9], y_val=y[:9])
    assert seen == {0}


def test_numbers_there_are_count_in_sparse_X():
    X, y = table()
    keeps = np.random.default_rng(1).random(X.shape) < 0.5
    assert n_threads_of(network(2), sparse.csr_array(X), y) == 2
    assert n_threads_of(network(2), sparse.csr_array(X * keeps), y) == 1


@pytest.mark.parametrize("learning_rate", SCHEDULES)
def test_schedules_are_those_of_one_thread(learning_rate):
    X, y = table()
    params = {"learning_rate": learning_rate, "solver": "sgd", "max_iter": 16}
    one, two = (network(n, **params).fit(X, y) for n in (1, 2))
    assert bits(one) != bits(two)
    assert_allclose(two.coefs_[0], one.coefs_[0], rtol=0, atol=1e-11)


@pytest.mark.parametrize("stops", [False, True])
def test_rows_are_measured_by_several_threads_as_by_one(stops):
    X, y = table(4200, dtype=np.float32)  # 420 million multiplications
    params = {"batch_size": 4200, "max_iter": 1, "monitor_train": True}
    params |= {"early_stopping": stops, "validation_fraction": 0.5}
    one, four = network(1, **params), network(4, **params)
    with helpers_that_start() as seen:
        one.fit(X, y)
        assert seen == set()
        four.fit(X, y)
    assert len(seen) >= (1 if stops else 3)
    assert bits(one) == bits(four)  # the step is taken by one thread
    for name in one.history_.keys() - {"seconds"}:
        assert_allclose(four.history_[name], one.history_[name], rtol=1e-6)
    if not stops:
        losses = -one.predict_log_proba(X)[np.arange(len(y)), y]
        assert_allclose(four.history_["train_loss"], losses.mean(dtype=float), 1e-5)


class Interrupted(sparse.csr_array):
    """Rows that Ctrl-C comes for where the main thread takes a second block of them."""

    def __getitem__(self, key):
        is_main = threading.current_thread() is threading.main_thread()
        self.taken[is_main] += 1
        if is_main and self.taken[True] == 2:
            self.is_interrupted.set()
            raise KeyboardInterrupt
        self.is_interrupted.wait(0 if is_main else None)
        return super().__getitem__(key)


def test_ctrl_c_ends_a_prediction_in_all_threads():
    X, y = table(n_rows=64_000, n_features=8)
    clf = network(2, hidden_layer_size=512, max_iter=1, batch_size=2000).fit(X, y)
    rows = Interrupted(X)
    rows.taken, rows.is_interrupted = {True: 0, False: 0}, threading.Event()
    with pytest.raises(KeyboardInterrupt):
        clf.predict(rows)
    assert rows.taken[False] < 32_000 / 1000  # there are more blocks than that
    assert helpers() == set()
