"""Divergence, interruption, refused calls: what was learnt is never lost."""

import _thread
import copy
import itertools
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from registries import STOCHASTIC
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from skmlp import TwoLayerClassifier
from skmlp.activations import Activation


def interrupt_at(n_calls):
    """Return a learning-rate schedule that presses Ctrl-C at one of its calls."""
    count = iter(range(n_calls))

    def schedule(share):
        if next(count, None) is None:
            raise KeyboardInterrupt
        return 1.0

    return schedule


def training_loss(clf, X, y):
    return -clf.predict_log_proba(X)[np.arange(len(y)), y].mean(dtype=float)


@pytest.mark.parametrize("max_iter", [1, 5])
@pytest.mark.parametrize("params", [{}, {"early_stopping": True}, {"batch_size": None}])
@pytest.mark.parametrize("solver", STOCHASTIC)
@pytest.mark.parametrize("rate", [1.0, 1e3])
@pytest.mark.parametrize("data", ["digits", "iris", "raw digits"])
def test_no_rate_makes_a_worse_model_without_a_word(
    digits, data, rate, solver, params, max_iter
):
    X, y = load_iris(return_X_y=True) if data == "iris" else (digits[0], digits[2])
    X = 255 * X if data == "raw digits" else X
    make = {"random_state": 0, "solver": solver, "max_iter": max_iter, **params}
    stay = TwoLayerClassifier(20, learning_rate=lambda share: 0.0, **make)
    start = training_loss(stay.fit(X, y), X, y)
    clf = TwoLayerClassifier(20, learning_rate_init=rate, **make)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            clf.fit(X, y)
        except ValueError as error:
            caught.append(error)
    if not any(f"learning_rate_init={rate}" in str(word) for word in caught):
        assert training_loss(clf, X, y) <= start + 0.01
    if hasattr(clf, "coefs_"):
        assert all(np.isfinite(W).all() for W in clf.coefs_)


def test_divergence_before_any_good_epoch_raises_and_changes_nothing(digits):
    X, _, y, _ = digits
    clf = TwoLayerClassifier(20, random_state=0, max_iter=3).fit(X, y)
    before = copy.deepcopy(vars(clf))
    clf.set_params(solver="sgd", learning_rate_init=1e30)
    with pytest.raises(ValueError, match=r"diverged in epoch 1.*between 0 and 1"):
        clf.fit(X, y)
    assert_array_equal(clf.coefs_[0], before["coefs_"][0])
    assert clf.n_iter_ == 3


def press_on(share):
    """Be a schedule that goes beyond the learning rate from the second half on."""
    return 1.0 if share < 0.5 else 1e35


@pytest.mark.parametrize(
    ("params", "cause"),
    [
        ({"alpha": 1000}, "Lower alpha=1000: "),
        ({"alpha": 1000, "learning_rate_init": 0.05}, "Lower alpha=1000: .* 50 times"),
        ({"learning_rate_init": 1e3}, r"Lower learning_rate_init=1000.0 \('auto' is"),
        ({"alpha": 0.3, "learning_rate_init": 20.0}, "Lower learning_rate_init=20.0"),
        ({"learning_rate": press_on}, "multiplied learning_rate_init=.* by 1e[+]35"),
        ({"weight_init": "normal", "init_scale": 1e30}, "lower init_scale"),
    ],
)
def test_divergence_names_its_cause(digits, params, cause):
    X, _, y, _ = digits
    clf = TwoLayerClassifier(20, max_iter=9, random_state=0, **params)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            clf.fit(X, y)
        except ValueError as error:
            caught.append(error)
    (said,) = [str(word) for word in caught]
    assert re.search(cause, said)


@pytest.mark.parametrize(("schedule", "rate"), [("one_cycle", 20.0), ("constant", 5.0)])
def test_death_of_all_units_is_said_and_undone(digits, schedule, rate):
    X, _, y, _ = digits
    clf = TwoLayerClassifier(50, alpha=0.1, learning_rate=schedule, random_state=0)
    clf.set_params(learning_rate_init=rate, monitor_train=True)
    with pytest.warns(ConvergenceWarning, match="with no active hidden unit.*Lower l"):
        clf.fit(X, y)
    assert clf.history_["active_units"][-1] == 0
    assert len(np.unique(clf.predict(X))) > 1
    assert clf.score(X, y) > 0.2  # twice what one class has


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"alpha": 20.0},
        {"alpha": 7.0, "dropout": 0.5},
        {"alpha": 7.0, "label_smoothing": 0.3},
        {"alpha": 7.0, "class_weight": "balanced"},
        {"alpha": 1.0, "learning_rate": "constant"},
        {"alpha": 0.3, "batch_size": 2, "max_iter": 3},
        {"solver": "adam", "alpha": 0.1},
        {"solver": "lbfgs", "alpha": 10.0},
        {"max_iter": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("n_rows", [12, 1000])
def test_where_nothing_is_to_be_learnt_units_may_die_without_a_word(n_rows, params):
    X = np.random.default_rng(0).normal(size=(n_rows, 2))
    y = np.random.default_rng(1).integers(2, size=n_rows)
    TwoLayerClassifier(random_state=0, **params).fit(X, y)


def test_unscaled_X_is_named(digits):
    X, _, y, _ = digits
    clf = TwoLayerClassifier(
        20, solver="sgd", learning_rate_init=1e30, standardize=False
    )
    with pytest.raises(
        ValueError, match=r"between 0 and 255, unscaled: .*MinMaxScaler"
    ):
        clf.fit(255 * X, y)


def test_divergence_after_a_good_epoch_restores_it_and_warns(digits):
    X, _, y, _ = digits

    def schedule(share):
        return 1.0 if share < 0.5 else 1e35

    make = {"random_state": 0, "learning_rate_init": 0.01, "solver": "sgd"}
    clf = TwoLayerClassifier(20, learning_rate=schedule, max_iter=10, **make)
    make["learning_rate"] = "constant"
    with pytest.warns(ConvergenceWarning, match=r"epoch 6.*weights of epoch 5"):
        clf.fit(X, y)
    good = TwoLayerClassifier(20, max_iter=5, **make).fit(X, y)
    assert_array_equal(clf.coefs_[0], good.coefs_[0])
    clf.set_params(learning_rate="constant").partial_fit(X, y)
    assert clf.loss_ < clf.history_["loss"][0]


def explode_at(n_calls):
    """Return a schedule with one step too large, which leaves finite weights."""
    count = itertools.count(1)
    return lambda share: 1e25 if next(count) == n_calls else 1.0


@pytest.mark.parametrize("max_iter", [5, 8])  # it is the last step of all, and not
def test_an_exploding_last_step_of_an_epoch_loses_that_epoch_alone(digits, max_iter):
    X, _, y, _ = digits
    make = {"random_state": 0, "learning_rate_init": 0.01, "solver": "sgd"}
    make |= {"batch_size": 500, "learning_rate": "constant"}
    four = TwoLayerClassifier(20, max_iter=4, **make).fit(X, y)
    clf = TwoLayerClassifier(20, max_iter=max_iter, **make)
    clf.set_params(learning_rate=explode_at(15))
    with pytest.warns(ConvergenceWarning, match="weights of epoch 4 are restored"):
        clf.fit(X, y)
    assert_array_equal(clf.coefs_[0], four.coefs_[0])
    assert clf.predict(X).shape == y.shape


def tanh_until_overflow(Z, H):
    """Press Ctrl-C where training is about to find that it has diverged."""
    if not np.isfinite(Z).all():
        raise KeyboardInterrupt
    np.tanh(Z, out=H)


def tanh_backward(Z, H, dH):
    dH *= 1 - H**2


def test_ctrl_c_where_weights_are_no_numbers_restores_the_best_epoch(digits):
    X, _, y, _ = digits
    activation = Activation(tanh_until_overflow, tanh_backward)
    make = {"random_state": 0, "solver": "sgd", "activation": activation}
    make |= {"batch_size": 500, "learning_rate": "constant", "warm_start": True}
    two = TwoLayerClassifier(20, max_iter=2, **make).fit(X, y)
    clf = TwoLayerClassifier(20, max_iter=9, **make)
    n_steps = itertools.count(1)
    clf.set_params(learning_rate=lambda share: 1e300 if next(n_steps) > 6 else 1.0)
    with (
        pytest.warns(ConvergenceWarning, match="interrupted after 2 of 9"),
        pytest.warns(ConvergenceWarning, match="weights of epoch 2 are restored"),
    ):
        clf.fit(X, y)
    assert_array_equal(clf.coefs_[0], two.coefs_[0])
    clf.set_params(learning_rate="constant").fit(X, y)  # with a solver that starts anew
    assert clf.n_iter_ == 11
    assert clf.loss_ < two.loss_


def test_ctrl_c_after_the_last_epoch_keeps_what_was_learnt(digits):
    X, _, y, _ = digits
    n_calls = itertools.count(1)

    def tanh(Z, H):
        if next(n_calls) == 4:  # where the loss is compared with that at the start
            raise KeyboardInterrupt
        np.tanh(Z, out=H)

    make = {"alpha": 0.1, "max_iter": 3, "batch_size": None, "random_state": 0}
    activation = Activation(tanh, tanh_backward)
    clf = TwoLayerClassifier(20, activation=activation, **make)
    with pytest.warns(ConvergenceWarning, match="interrupted after 3 of 3"):
        clf.fit(X, y)
    whole = TwoLayerClassifier(20, activation="tanh", **make).fit(X, y)
    assert_array_equal(clf.coefs_[0], whole.coefs_[0])


def test_ctrl_c_keeps_the_weights_of_the_last_finished_batch(digits):
    X, _, y, _ = digits
    make = {"random_state": 0, "batch_size": 100, "sampling": "sequential"}
    # Neither is to be what the rows of another fit make it.
    make |= {"standardize": False, "alpha": 0.1}
    clf = TwoLayerClassifier(20, learning_rate=interrupt_at(7), **make)
    with pytest.warns(ConvergenceWarning, match="interrupted after 0 of"):
        clf.fit(X, y)
    make["learning_rate"] = "constant"
    seven = TwoLayerClassifier(20, max_iter=1, **make).fit(X[:700], y[:700])
    assert_array_equal(clf.coefs_[0], seven.coefs_[0])
    assert clf.predict(X).shape == y.shape


def test_ctrl_c_keeps_the_best_epoch_when_stopping_on_validation(digits):
    X, _, y, _ = digits
    scores = iter([1, 2, 1, 1])
    make = {"random_state": 0, "early_stopping": True, "batch_size": None}
    clf = TwoLayerClassifier(
        20, scoring=lambda *_: next(scores), learning_rate=interrupt_at(4), **make
    )
    with pytest.warns(ConvergenceWarning, match="interrupted after 4 of"):
        clf.fit(X, y)
    rising = iter([1, 2])
    make["learning_rate"] = "constant"
    two = TwoLayerClassifier(20, scoring=lambda *_: next(rising), max_iter=2, **make)
    two.fit(X, y)
    assert clf.best_epoch_ == 2
    assert_array_equal(clf.coefs_[0], two.coefs_[0])


def test_ctrl_c_in_lbfgs_keeps_the_last_iterate(digits):
    X, _, y, _ = digits
    calls = iter([0.0, 0.0, 0.0])

    def scoring(*_):
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return 0.0

    make = {"solver": "lbfgs", "random_state": 0}
    clf = TwoLayerClassifier(20, scoring=scoring, **make)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        clf.fit(X, y, X_val=X, y_val=y)
    four = TwoLayerClassifier(20, max_iter=4, **make).fit(X, y)
    assert_array_equal(clf.coefs_[0], four.coefs_[0])


def test_ctrl_c_while_measuring_leaves_a_history_that_fits(digits):
    X, _, y, _ = digits
    scores = iter([0.0, 1.0])

    def scoring(*_):
        if (score := next(scores, None)) is None:
            raise KeyboardInterrupt
        return score

    clf = TwoLayerClassifier(20, scoring=scoring, random_state=0)
    with pytest.warns(ConvergenceWarning, match="interrupted after 2 of"):
        clf.fit(X, y, X_val=X, y_val=y)
    assert clf.n_iter_ == len(clf.loss_curve_) == 2


def test_ctrl_c_in_partial_fit_changes_nothing(digits):
    X, _, y, _ = digits
    make = {"random_state": 0, "dropout": 0.2, "learning_rate": "constant"}
    clf = TwoLayerClassifier(20, batch_size=100, max_iter=200, **make)
    clf.partial_fit(X, y, classes=range(10))
    twin = copy.deepcopy(clf).partial_fit(X, y)
    with pytest.raises(KeyboardInterrupt):
        clf.set_params(learning_rate=interrupt_at(3)).partial_fit(X, y)
    clf.set_params(learning_rate="constant").partial_fit(X, y)
    assert_array_equal(clf.coefs_[0], twin.coefs_[0])
    assert (clf.n_iter_, clf.t_) == (2, 2 * len(y))


class Fuse:
    """Press Ctrl-C when it is forgotten, without a line of Python."""

    __del__ = staticmethod(_thread.interrupt_main)


@pytest.mark.parametrize("n_earlier", [0, 1])
def test_ctrl_c_at_the_end_of_partial_fit_finds_it_done_or_not_begun(digits, n_earlier):
    X, _, y, _ = digits
    clf = TwoLayerClassifier(5, random_state=0)
    for _ in range(n_earlier):
        clf.partial_fit(X, y, classes=range(10))
    clf.t_ = Fuse()  # which goes when the result is there
    n_done = 0
    try:
        for _ in range(2):
            clf.partial_fit(X, y, classes=range(10))
            n_done += 1
    except KeyboardInterrupt:
        pass
    assert n_done == 1
    assert clf.n_iter_ == n_earlier + n_done


def test_a_refused_partial_fit_changes_nothing(digits):
    X, _, y, _ = digits
    clf = TwoLayerClassifier(20, random_state=0, dropout=0.2)
    clf.partial_fit(X, y, classes=range(10))
    twin = copy.deepcopy(clf).partial_fit(X, y)
    with pytest.raises(ValueError, match=r"\[77\]"):
        clf.partial_fit(X, np.full(len(y), 77))
    assert_array_equal(clf.partial_fit(X, y).coefs_[0], twin.coefs_[0])


def test_a_diverged_partial_fit_changes_nothing(digits):
    X, _, y, _ = digits
    clf = TwoLayerClassifier(20, random_state=0, solver="sgd", learning_rate_init=0.001)
    clf.partial_fit(X, y, classes=range(10))
    twin = copy.deepcopy(clf).partial_fit(X, y)
    with pytest.raises(ValueError, match="diverged"):
        clf.set_params(learning_rate_init=1e35).partial_fit(X, y)
    clf.set_params(learning_rate_init=0.001).partial_fit(X, y)
    assert_array_equal(clf.coefs_[0], twin.coefs_[0])


def test_weights_mean_the_same_in_every_partial_fit(digits):
    X, _, y, _ = digits
    make = {"random_state": 0, "solver": "sgd", "momentum": 0.0, "alpha": 0.0}
    light = TwoLayerClassifier(20, learning_rate_init=0.1, batch_size=None, **make)
    light.partial_fit(X, y, classes=range(10), sample_weight=np.full(len(y), 0.1))
    slow = TwoLayerClassifier(20, learning_rate_init=0.01, batch_size=None, **make)
    slow.partial_fit(X, y, classes=range(10))
    np.testing.assert_allclose(light.coefs_[0], slow.coefs_[0], rtol=1e-5)
    assert light.loss_ == pytest.approx(0.1 * slow.loss_, rel=1e-6)


def test_a_chunk_that_counts_nothing_changes_no_weight(digits):
    X, _, y, _ = digits
    weights = {k: float(k != 3) for k in range(10)}
    make = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0, "monitor_train": True}
    clf = TwoLayerClassifier(20, class_weight=weights, **make)
    before = clf.partial_fit(X, y, classes=range(10)).coefs_[0]
    clf.partial_fit(X[y == 3], y[y == 3])
    assert_array_equal(clf.coefs_[0], before)
    assert np.isnan(clf.history_["train_loss"][-1])


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_two_fits_of_50_epochs_are_one_of_100(digits, solver, standardize):
    X, y = digits[1][:150], digits[3][:150]
    make = {"solver": solver, "random_state": 0, "dropout": 0.3, "input_dropout": 0.1}
    make |= {"learning_rate": "constant", "learning_rate_init": 0.001}
    make["standardize"] = standardize
    twice = TwoLayerClassifier(20, max_iter=50, warm_start=True, **make)
    twice.fit(X, y).fit(X, y)
    once = TwoLayerClassifier(20, max_iter=100, **make).fit(X, y)
    for mine, whole in zip(
        twice.coefs_ + twice.intercepts_, once.coefs_ + once.intercepts_, strict=True
    ):
        assert_array_equal(mine, whole)
    assert twice.loss_curve_ == once.loss_curve_


def test_new_data_resets_the_stopping_counters_not_the_weights(digits):
    X, _, y, _ = digits
    clf = TwoLayerClassifier(
        20, warm_start=True, early_stopping=True, n_iter_no_change=3, random_state=0
    )
    clf.set_params(tol=0.5, learning_rate_init=0.01).fit(X[:600], y[:600])
    n_first = clf.n_iter_
    clf.fit(X[600:], y[600:])
    assert clf.n_iter_ >= n_first + 3
    assert clf.history_["loss"][n_first] < clf.history_["loss"][0]


def test_history_of_partial_fit_is_bounded(digits):
    X, y = digits[0][:20], np.arange(20) % 10
    clf = TwoLayerClassifier(2, max_iter=1000, random_state=0).fit(X, y)
    for _ in range(100):
        clf.partial_fit(X, y)
    assert clf.n_iter_ == 1100
    assert clf.history_["epoch"] == list(range(101, 1101))


def test_success_warns_of_nothing_and_prints_nothing(digits, capsys, recwarn):
    X, _, y, _ = digits
    TwoLayerClassifier(20, max_iter=3).fit(X, y)
    assert len(recwarn) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("loss", ["log_loss", "squared_error", "brier"])
@pytest.mark.parametrize("solver", STOCHASTIC)
@pytest.mark.parametrize("rate", [1e10, 1e20, 1e30, 1e37])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_network_that_predicts_no_numbers_is_never_published(
    rate, solver, loss, method
):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4)).astype(np.float32), rng.integers(3, size=60)
    make = {"solver": solver, "loss": loss, "alpha": 0.0, "batch_size": None}
    make |= {"max_iter": 1, "learning_rate": "constant", "random_state": 0}
    clf = TwoLayerClassifier(8, **make).fit(X, y)
    before = clf.predict_proba(X)
    clf.set_params(learning_rate_init=rate)
    try:
        getattr(clf, method)(X, y)
    except ValueError:
        assert_array_equal(clf.predict_proba(X), before)
    else:
        with np.errstate(all="ignore"):
            assert np.isfinite(clf.predict_proba(X)).all()


def interrupt_in(path, n_lines):
    """Return a trace function that presses Ctrl-C at a line that runs in a file."""
    count = iter(range(n_lines))

    def trace(frame, event, argument):
        if not frame.f_code.co_filename.endswith(path):
            return None
        if event == "line" and next(count, None) is None:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    return trace


@pytest.mark.filterwarnings("ignore:Training was interrupted")
def test_an_epoch_is_recorded_as_a_whole_wherever_it_is_interrupted(digits):
    X, _, y, _ = digits
    n_lines, n_epochs = 0, set()
    before = sys.gettrace()
    while 3 not in n_epochs:
        clf = TwoLayerClassifier(5, max_iter=3, monitor_train=True, random_state=0)
        path = str(Path("skmlp", "_training", "epochs.py"))
        try:
            sys.settrace(interrupt_in(path, n_lines))
            clf.fit(X[:100], y[:100])
        except KeyboardInterrupt:  # before there was anything to keep
            assert not hasattr(clf, "coefs_")
            continue
        finally:
            sys.settrace(before)
            n_lines += 1
        assert {len(column) for column in clf.history_.values()} <= {clf.n_iter_}
        assert clf.t_ == 100 * clf.n_iter_
        assert clf.history_.get("epoch", []) == [*range(1, clf.n_iter_ + 1)]
        assert clf.predict(X).shape == y.shape
        n_epochs.add(clf.n_iter_)
    assert n_epochs == {0, 1, 2, 3}
