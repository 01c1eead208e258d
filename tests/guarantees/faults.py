"""A fault at every line that runs: what is hit, what is raised, what must then hold.

A case makes an estimator and calls it; a call passes the same moments each time, which
are the lines of skmlp and the beginnings of its functions. A target raises at one of
these, and says which promises that broke:

- A call that raised has changed nothing, or all: the estimator is to the bit what it
  was, or what an undisturbed call makes of it, and goes on from there.
- A `fit` that was interrupted and returned has warned; its predictions are finite, and
  its counters and its history agree.
- BLAS's threads, the filters of warnings, NumPy's way with overflows, the handler of
  Ctrl-C and the folder of temporary files are as they were, and no thread is left.
"""

import copy
import os
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from threadpoolctl import ThreadpoolController, threadpool_limits

import skmlp
from skmlp import TwoLayerClassifier

LIBRARIES = ThreadpoolController()


@dataclass
class Data:
    """A small problem of three classes: rows to learn from, rows to validate with."""

    X: Any
    X_val: Any
    y: np.ndarray = field(default_factory=lambda: np.arange(36) % 3)
    y_val: np.ndarray = field(default_factory=lambda: np.arange(12) % 3)


def dense(start=0.0, dtype=np.float32):
    X = np.random.default_rng(0).normal(size=(48, 5))
    X[:, 0] += np.arange(48) % 3
    X = (X + start).astype(dtype)
    return Data(X[:36], X[36:])


def wide():
    """Two numbers per row and so many features that steps move the rows of few."""
    rng = np.random.default_rng(0)
    features = rng.integers(2**16, size=96)
    rows = np.repeat(np.arange(48), 2)
    values = rng.random(96, dtype=np.float32)
    X = sparse.csr_array((values, (rows, features)), shape=(48, 2**16))
    return Data(X[:36], X[36:])


def large():
    """Rows and features that are worth two threads, with 128 units."""
    X = np.random.default_rng(0).normal(size=(268, 740)).astype(np.float32)
    X[:, :3] += 3 * np.eye(3)[np.arange(268) % 3]
    y = np.arange(268) % 3
    return Data(X[:256], X[256:], y[:256], y[256:])


@dataclass
class Case:
    """An estimator, trained by so many calls, and the call that is hit."""

    data: Data
    method: str
    params: dict[str, Any]
    n_earlier: int = 0
    validates: bool = False
    callback: Callable[[], Any] | None = None

    def make(self):
        defaults = {"max_iter": 3, "batch_size": 18, "random_state": 0}
        defaults["hidden_layer_size"] = 4
        clf = TwoLayerClassifier(**defaults | self.params)
        if self.callback is not None:
            clf.set_callbacks(self.callback())
        for _ in range(self.n_earlier):
            self.call(clf)
        return clf

    def call(self, clf):
        data = self.data
        X_val, y_val = (data.X_val, data.y_val) if self.validates else (None, None)
        # Without **: there Python looks for Ctrl-C once more after the call.
        if self.method == "fit":
            clf.fit(data.X, data.y, X_val=X_val, y_val=y_val)
        else:
            clf.partial_fit(data.X, data.y, range(3), X_val=X_val, y_val=y_val)


class Watcher:
    """A callback that looks at the estimator of each epoch."""

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, X=None, fitted_estimator=None):
        if context.task_name == "epoch":
            fitted_estimator.predict(X)

    def teardown(self, estimator, context):
        pass


def n_right(clf, X, y):
    return int((clf.predict(X) == y).sum())


STOPS = {"early_stopping": True, "validation_fraction": 0.3, "scoring": n_right}
DROPS = {
    "dropout": 0.3,
    "input_dropout": 0.1,
    "max_grad_norm": 1.0,
    "activation": "gelu",
}
THREADS = {"hidden_layer_size": 128, "batch_size": 128, "max_iter": 8, "n_jobs": 2}
CASES = {
    "adamw": Case(dense(), "fit", {}, validates=True),
    "sgd, trained before": Case(dense(), "fit", {"solver": "sgd"}, n_earlier=1),
    "lbfgs, warm start": Case(
        dense(), "fit", {"solver": "lbfgs", "warm_start": True}, n_earlier=1
    ),
    "early stopping": Case(dense(), "fit", STOPS, n_earlier=1),
    "wide sparse": Case(wide(), "fit", {"max_iter": 2}),
    "dropout, clipped": Case(dense(), "fit", DROPS | {"monitor_train": True}),
    "callbacks": Case(dense(), "fit", {}, n_earlier=1, callback=Watcher),
    "warm start": Case(dense(), "fit", {"warm_start": True, **DROPS}, n_earlier=1),
    "far features": Case(dense(1e6, float), "fit", {"loss": "brier"}, n_earlier=1),
    "first partial_fit": Case(dense(), "partial_fit", {}, validates=True),
    "later partial_fit": Case(dense(), "partial_fit", {"solver": "sgd"}, n_earlier=2),
    "wide partial_fit": Case(wide(), "partial_fit", {"solver": "adam"}, n_earlier=1),
    "several threads": Case(
        large(), "fit", THREADS | {"alpha": 0.01, "dropout": 0.2}, n_earlier=1
    ),
}


def contents(clf, X):
    """Return all that an estimator has learnt, to be compared; None before."""
    if not hasattr(clf, "coefs_"):
        return None
    arrays = (*clf.coefs_, *clf.intercepts_, clf.predict_proba(X))
    columns = {k: v for k, v in clf.history_.items() if k != "seconds"}
    numbers = (clf.n_iter_, clf.t_, clf.max_iter_, clf.best_epoch_, columns)
    return b"".join(a.tobytes() for a in arrays), repr(numbers)


def threads_that_stay():
    """Return the helpers that do not end by themselves."""
    helpers = [t for t in threading.enumerate() if t.name == "skmlp"]
    for helper in helpers:
        helper.join(timeout=1)
    return {helper for helper in helpers if helper.is_alive()}


def surroundings():
    """Return what a call may change while it runs, and has to leave as it was."""
    return {
        "threads": threads_that_stay(),
        "BLAS's threads": [(i["filepath"], i["num_threads"]) for i in LIBRARIES.info()],
        "the filters of warnings": list(warnings.filters),
        "NumPy's errors": np.geterr(),
        "temporary files": os.listdir(tempfile.gettempdir()),
        "the handler of Ctrl-C": signal.getsignal(signal.SIGINT),
    }


@contextmanager
def watched_surroundings():
    """Give BLAS two threads, and temporary files an empty folder."""
    before = tempfile.tempdir
    with (
        threadpool_limits(2, user_api="blas"),
        tempfile.TemporaryDirectory() as folder,
    ):
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before


def raiser(error):
    """Return a function that raises."""

    def act():
        raise error

    return act


def is_within(package):
    """Return what tells whether a frame runs code of a package."""
    folder = str(Path(package.__file__).parent)
    return lambda frame: frame.f_code.co_filename.startswith(folder)


runs_skmlp = is_within(skmlp)


def leaves_a_context(frame):
    """Tell whether a frame is about to undo something, but for what is done here."""
    is_own = frame.f_back.f_code.co_filename == __file__
    return frame.f_code.co_name == "__exit__" and not is_own


class Moments:
    """The moments of some frames, and what is done at one of them."""

    def __init__(self, at=None, act=None, counts=runs_skmlp):
        self.at, self.act, self.counts = at, act, counts
        self.names = []

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self._enter)
        return self

    def __exit__(self, *exception):
        sys.settrace(self.before)

    def _enter(self, frame, event, argument):
        if not self.counts(frame):
            return None
        self._pass(frame)
        return self._go_on

    def _go_on(self, frame, event, argument):
        if event == "line":
            self._pass(frame)
        return self._go_on

    def _pass(self, frame):
        self.names.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
        if len(self.names) - 1 == self.at:
            sys.settrace(None)
            self.act()


class Target:
    """A case, what it is before and after the call, and what the call passes by."""

    def __init__(self, case, counts=runs_skmlp):
        self.case, self.counts = case, counts
        clf = case.make()
        self.made = copy.deepcopy(clf)
        case.call(case.make())  # imports and caches
        self.before = self.contents(clf)
        self.surroundings = surroundings()
        with Moments(counts=counts) as moments:
            case.call(clf)
        self.moments = moments.names
        self.after = self.contents(clf)
        case.call(clf)
        self.after_two = self.contents(clf)

    def contents(self, clf):
        return contents(clf, self.case.data.X_val)

    def choose(self, n_times, seen=()):
        """Return the moments at lines not seen elsewhere, each so many times."""
        times = {}
        for at, name in enumerate(self.moments):
            times.setdefault(name, []).append(at)
        chosen = [t[:n_times] for name, t in times.items() if name not in seen]
        return sorted(at for some in chosen for at in some)

    def inject(self, at, error):
        """Call with an error at a moment; return which promises that broke."""
        clf = copy.deepcopy(self.made)
        with Moments(at, raiser(error), self.counts) as moments:
            outcome = called(self.case, clf)
        if moments.names != self.moments[: at + 1]:
            return [f"{self.moments[at]}: it ran otherwise than before"]
        where = f"{error.__name__} at {self.moments[at]}"
        return [f"{where}: {what}" for what in self.broken_promises(clf, outcome)]

    def interrupt(self, delay):
        """Call with a signal after some seconds; return which promises that broke."""
        clf, has_come, outcome = copy.deepcopy(self.made), [], "raised"

        def press_ctrl_c(*_):
            has_come.append(True)
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, press_ctrl_c)
        # Scikit-learn's checks of y leave the standard library's catch_warnings, which
        # Ctrl-C may interrupt at its beginning: the filters of warnings are left out.
        with warnings.catch_warnings():
            try:
                signal.setitimer(signal.ITIMER_REAL, delay)
                self.case.call(clf)
                outcome = "returned"
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                pass
        signal.signal(signal.SIGALRM, before)
        if has_come and outcome == "returned" and self.contents(clf) != self.after:
            outcome = "kept"
        # The assignment follows the call at once: partial_fit is done or not begun.
        return self.broken_promises(clf, outcome, self.case.method == "fit")

    def broken_promises(self, clf, outcome, found_after=True):
        """Return what does not hold after a call that ended in such a way."""
        broken = [
            f"{what} changed"
            for what, value in surroundings().items()
            if value != self.surroundings[what]
        ]
        found = self.contents(clf)
        if outcome == "kept":
            broken += self._unusable(clf)
        elif found == self.before and outcome == "raised":
            broken += self._goes_on(clf, self.after)
        elif found == self.after and (outcome == "returned" or found_after):
            broken += self._goes_on(clf, self.after_two)
        else:
            broken.append(f"it {outcome} and left neither all nor nothing")
        return broken

    def _goes_on(self, clf, expected):
        outcome = called(self.case, clf)
        same = self.contents(clf) == expected
        return (
            [] if outcome == "returned" and same else ["the next call went otherwise"]
        )

    def _unusable(self, clf):
        """Return what is wrong with a fit that was interrupted and went on."""
        lengths = {len(column) for column in clf.history_.values()}
        n_epochs = clf.n_iter_
        if not np.isfinite(clf.predict_proba(self.case.data.X)).all():
            return ["its predictions are not finite"]
        if lengths - {n_epochs} or clf.history_.get("epoch", []) != [
            *range(1, n_epochs + 1)
        ]:
            return ["its history is not that of its epochs"]
        if n_epochs and clf.t_ % n_epochs:
            return ["its counters do not agree"]
        if self.case.method == "fit" and not clf.warm_start:
            return self._goes_on(clf, self.after)
        return [] if called(self.case, clf) == "returned" else ["it does not go on"]


def called(case, clf):
    """Call; return how that ended."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            case.call(clf)
        except (KeyboardInterrupt, MemoryError, AttributeError):
            return "raised"  # scikit-learn's available_if makes the last of any error
    was_interrupted = any("was interrupted" in str(w.message) for w in caught)
    return "kept" if was_interrupted else "returned"
