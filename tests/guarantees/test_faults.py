"""Faults of every kind: nothing learnt is lost, nothing half-done is left behind.

The short form of ``make torture``; `faults` says what is promised.
"""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from faults import (
    CASES,
    Target,
    contents,
    is_within,
    leaves_a_context,
    watched_surroundings,
)

from skmlp import TwoLayerClassifier, _parallel
from skmlp.activations import ACTIVATIONS, Activation
from skmlp.losses import LogLoss
from skmlp.solvers import SGD, FullBatchSolver

SHORT = ("early stopping", "lbfgs, warm start", "later partial_fit", "wide sparse")


@pytest.fixture(scope="module", autouse=True)
def watched():
    with watched_surroundings():
        yield


def test_a_fault_at_any_line_leaves_all_or_nothing():
    errors = itertools.cycle((KeyboardInterrupt, MemoryError, KeyboardInterrupt))
    seen, broken = set(), []
    for name in SHORT:
        target = Target(CASES[name])
        for at in target.choose(1, seen):
            broken += target.inject(at, next(errors))
        seen.update(target.moments)
    assert len(seen) > 1000
    assert broken == []


def test_a_fault_where_several_threads_are_asked_leaves_all_or_nothing():
    errors = itertools.cycle((KeyboardInterrupt, MemoryError))
    target = Target(CASES["several threads"], is_within(_parallel))
    moments = target.choose(1)[::3]  # of all, in the long form
    broken = [target.inject(at, next(errors)) for at in moments]
    assert len(moments) > 30
    assert broken == [[]] * len(moments)


def test_ctrl_c_where_a_context_is_left_leaves_nothing_of_it():
    pytest.importorskip("sklearn.callback", reason="callbacks came with 1.9")
    target = Target(CASES["callbacks"], leaves_a_context)
    n_moments = len(target.moments)
    broken = [target.inject(at, KeyboardInterrupt) for at in range(n_moments)]
    assert n_moments > 9
    assert broken == [[]] * n_moments


def test_ctrl_c_where_a_team_of_threads_leaves_a_context_leaves_nothing_of_it():
    target = Target(CASES["several threads"], leaves_a_context)
    moments = target.choose(1)
    broken = [target.inject(at, KeyboardInterrupt) for at in moments]
    assert len(moments) > 9
    assert broken == [[]] * len(moments)


def test_a_killed_process_or_a_full_disk_leaves_a_whole_snapshot():
    pytest.importorskip("resource", reason="no limits on files, nor forks, on Windows")
    pytest.importorskip("sklearn.callback", reason="callbacks came with 1.9")
    torture = Path(__file__).with_name("torture.py")
    run = [sys.executable, str(torture), "kills", "disk", "--share", "0.1"]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


class Broken(Exception):
    """What code of a user raises."""


def raise_at(n_calls, error, function):
    """Return a function that raises at one of its calls."""
    count = itertools.count(1)

    def called(*args, **kwargs):
        if next(count) == n_calls:
            raise error
        return function(*args, **kwargs)

    return called


def broken_class(kind, method, n_calls, error):
    """Return an instance of a class with a method that raises at one of its calls."""
    function = raise_at(n_calls, error, getattr(kind, method))
    return type("Mine", (kind,), {method: lambda *args: function(*args)})()


def iterate_once(solver, value_and_grad, start, n_iterations, end_iteration):
    end_iteration(start, value_and_grad(start)[0])


relu = ACTIVATIONS["relu"]
USER_CODE = {
    "activation": lambda *a: {
        "activation": Activation(raise_at(*a, relu.forward), relu.backward)
    },
    "its derivative": lambda *a: {
        "activation": Activation(relu.forward, raise_at(*a, relu.backward))
    },
    "activation under lbfgs": lambda *a: {
        "solver": "lbfgs",
        "activation": Activation(raise_at(*a, relu.forward), relu.backward),
    },
    "loss": lambda *a: {"loss": broken_class(LogLoss, "value_and_grad", *a)},
    "solver": lambda *a: {"solver": broken_class(SGD, "move", *a)},
    "solver of all data": lambda n_calls, error: {
        "solver": type(
            "Mine", (FullBatchSolver,), {"minimize": raise_at(1, error, iterate_once)}
        )()
    },
    "schedule": lambda *a: {"learning_rate": raise_at(*a, lambda share: 1.0)},
    "initializer": lambda n_calls, error: {
        "weight_init": raise_at(1, error, lambda W, rng: W)
    },
    "scorer": lambda *a: {"scoring": raise_at(*a, lambda *_: 0.5)},
    "scorer under lbfgs": lambda *a: {
        "solver": "lbfgs",
        "scoring": raise_at(*a, lambda *_: 0.5),
    },
}


def chain(error):
    """Yield an error and what led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("kind", [Broken, MemoryError, StopIteration])
@pytest.mark.parametrize("n_calls", [1, 3])
@pytest.mark.parametrize("place", USER_CODE)
def test_an_error_of_user_code_reaches_the_user_and_changes_nothing(
    problem, place, n_calls, kind
):
    X, y, _ = problem
    make = {"max_iter": 4, "batch_size": 25, "random_state": 0}
    clf = TwoLayerClassifier(4, **make).fit(X, y)
    before, error = contents(clf, X), kind("mine")
    clf.set_params(**USER_CODE[place](n_calls, error))
    with pytest.raises((kind, RuntimeError)) as caught:
        clf.fit(X, y, X_val=X, y_val=y)
    assert error in chain(caught.value)
    assert contents(clf, X) == before


class Hooks:
    """A callback of four hooks, one of which raises at one of its calls."""

    def __init__(self, hook, n_calls, error):
        setattr(self, hook, raise_at(n_calls, error, getattr(self, hook)))

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass


@pytest.mark.parametrize(
    ("hook", "n_calls", "is_fitted"),
    [
        ("setup", 1, False),
        ("on_fit_task_begin", 1, False),
        ("on_fit_task_begin", 3, False),
        ("on_fit_task_end", 1, False),
        ("on_fit_task_end", 3, True),  # that of fit, after two epochs
        ("teardown", 1, True),
    ],
)
def test_an_error_of_a_callback_reaches_the_user(problem, hook, n_calls, is_fitted):
    pytest.importorskip("sklearn.callback", reason="callbacks came with 1.9")
    X, y, _ = problem
    clf = TwoLayerClassifier(4, max_iter=2, random_state=0)
    twin = TwoLayerClassifier(4, max_iter=2, random_state=0).fit(X, y)
    with pytest.raises(Broken):
        clf.set_callbacks(Hooks(hook, n_calls, Broken())).fit(X, y)
    assert contents(clf, X) == (contents(twin, X) if is_fitted else None)
    assert contents(clf.set_callbacks().fit(X, y), X) == contents(twin, X)
