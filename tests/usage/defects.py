"""Defects of MLPClassifier 1.9.1, each a check of what a user may expect instead.

``python tests/usage/defects.py`` runs the checks on MLPClassifier and prints which
fail; ``test_defects.py`` runs them on TwoLayerClassifier, where all pass. A check is
given ``make(n_hidden, **params)``, which makes an estimator; parameters have the same
names in both. Numbers are those of the list that the project began with.
"""

import copy
import itertools
import math
import pickle
import sys
import warnings

import numpy as np
from sklearn.datasets import load_digits

SGD = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0}


def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def refuses(action, *words):
    """Say whether an action raises a ValueError whose message holds the words."""
    try:
        action()
    except ValueError as error:
        return all(word in str(error) for word in words)
    return False


def tells(action, *words):
    """Say whether an action warns with a message that holds the words."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    messages = [str(warning.message) for warning in caught]
    return any(all(word in message for word in words) for message in messages)


def check_1_hold_out_is_stratified(make):
    # With a feature a row, the rows whose weights never moved were held out.
    X, y = np.eye(300), np.repeat([0, 1, 2], [200, 90, 10])
    held_out = {"early_stopping": True, "max_iter": 1, "alpha": 0.0}
    for seed in range(5):
        moved, still = (
            make(20, random_state=seed, learning_rate_init=rate, **held_out).fit(X, y)
            for rate in (0.1, 1e-300)
        )
        unmoved = (moved.coefs_[0] == still.coefs_[0]).all(axis=1)
        assert np.bincount(y[unmoved], minlength=3).tolist() == [20, 9, 1]


def first_half_of_next_epoch(clf, X, y):
    """Return which rows the first of two batches would hold in the next epoch.

    They, and they alone, move as in one step on all rows, but twice as far, as their
    gradient is divided by half as many rows.
    """
    halves = copy.deepcopy(clf).partial_fit(X, y)
    whole = copy.deepcopy(clf).set_params(batch_size=len(X)).partial_fit(X, y)
    in_two, in_one = (c.coefs_[0] - clf.coefs_[0] for c in (halves, whole))
    return np.isclose(in_two, 2 * in_one, rtol=1e-6, atol=0).all(axis=1)


def check_2_second_call_shuffles_anew(make):
    X, y = np.eye(20), np.arange(20) % 2
    clf = make(50, activation="tanh", random_state=0, batch_size=10, **SGD)
    clf.set_params(learning_rate_init=0.1).partial_fit(X, y, classes=[0, 1])
    orders = []
    for _ in range(3):
        orders.append(first_half_of_next_epoch(clf, X, y))
        clf.partial_fit(X, y)
    assert all(order.sum() == 10 for order in orders), "batches not recognised"
    assert any((order != orders[0]).any() for order in orders), "the same shuffle"


def check_3_warm_start_on_new_data_trains_all_its_epochs(make):
    X, y = digits()
    clf = make(10, warm_start=True, n_iter_no_change=2, tol=0.5, max_iter=50)
    n_before = clf.set_params(random_state=0).fit(X[:900], y[:900]).n_iter_
    n_after = clf.set_params(max_iter=n_before + 50).fit(X[900:], y[900:]).n_iter_
    assert n_after > n_before + 2


def check_3_warm_start_refuses_another_architecture(make):
    X, y = digits()
    clf = make(10, warm_start=True, max_iter=1).fit(X, y)
    name = next(name for name in clf.get_params() if name.startswith("hidden_layer"))
    clf.set_params(**{name: 20})
    assert refuses(lambda: clf.fit(X, y), name)


def check_4_zero_weights_in_a_batch_are_harmless(make):
    X, y = digits()
    weight = np.ones(len(y))
    weight[:1000] = 0.0
    clf = make(10, max_iter=2, batch_size=1, random_state=0).fit(X, y, weight)
    assert all(np.isfinite(W).all() for W in clf.coefs_)


def check_4_negative_weights_are_refused(make):
    X, y = digits()
    weight = np.where(np.arange(len(y)) == 3, -1.0, 1.0)
    assert refuses(lambda: make(10, max_iter=1).fit(X, y, weight), "sample_weight")


def check_6_invscaling_counts_epochs(make):
    # On features of zero the penalty alone moves W1: by 1 - rate * alpha a step.
    X, y = np.zeros((50, 3)), np.arange(50) % 2
    norms = [
        np.linalg.norm(
            make(10, random_state=0, batch_size=50, solver="sgd", momentum=0.0)
            .set_params(alpha=1.0, learning_rate="invscaling", learning_rate_init=0.1)
            .set_params(max_iter=n_epochs)
            .fit(X, y)
            .coefs_[0]
        )
        for n_epochs in (1, 2, 3)
    ]
    first, second = (1 - later / norm for norm, later in itertools.pairwise(norms))
    assert math.isclose(second / first, math.sqrt(2 / 3), rel_tol=1e-9)


def check_8_one_hot_y_is_told_of(make):
    X, y = digits()
    assert tells(lambda: make(10, max_iter=1).fit(X, np.eye(10)[y]), "argmax(axis=1)")


def check_9_one_class_is_told_of(make):
    X, _ = digits()
    assert tells(lambda: make(10, max_iter=1).fit(X, np.zeros(len(X))), "one class")


def check_10_log_probabilities_are_finite(make):
    X, y = digits()
    clf = make(10, max_iter=5, random_state=0).fit(X, y)
    assert np.isfinite(clf.predict_log_proba(1000 * X)).all()


def check_11_divergence_is_noticed(make):
    X, y = digits()
    for solver in ("sgd", "adam"):
        clf = make(10, solver=solver, learning_rate_init=1e3, max_iter=5)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            refused = refuses(lambda: clf.fit(X, y), "learning_rate_init")  # noqa: B023
        warned = any("learning_rate_init" in str(w.message) for w in caught)
        assert refused or warned


def check_12_pickle_is_as_large_as_the_weights(make):
    X, y = digits()
    clf = make(100, max_iter=3).fit(X, y)
    weights = sum(array.nbytes for array in (*clf.coefs_, *clf.intercepts_))
    history = len(pickle.dumps(getattr(clf, "history_", None)))
    assert len(pickle.dumps(clf)) <= 1.15 * weights + history


def check_13_small_chunks_are_silent_and_history_is_bounded(make):
    # A fit of 995 epochs stands for as many chunks; that it ends there is no news.
    X, y = digits()
    clf = make(2, random_state=0, max_iter=995, tol=0.0, n_iter_no_change=995)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf.fit(X[:10], y[:10])
    assert len(clf.loss_curve_) == 995
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(10):
            clf.partial_fit(X[:2], y[:2], classes=np.unique(y))
    assert len(clf.loss_curve_) <= 1000


def check_14_initial_weights_can_be_given(make):
    X, y = digits()
    first, second = np.full((64, 5), 0.01), np.full((5, 10), -0.02)
    clf = make(5, weight_init=(first, second), max_iter=1, learning_rate_init=1e-300)
    clf.fit(X, y)
    assert np.array_equal(clf.coefs_[0], first)
    assert np.array_equal(clf.coefs_[1], second)


CHECKS = {name: value for name, value in globals().items() if name.startswith("check_")}


def main():
    """Print what each check says of MLPClassifier."""
    import sklearn
    from sklearn.neural_network import MLPClassifier

    print(f"MLPClassifier of scikit-learn {sklearn.__version__}:")
    for name, check in CHECKS.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                check(lambda n_hidden, **params: MLPClassifier((n_hidden,), **params))
            result = "passes"
        except TypeError as error:
            result = f"has no such feature ({str(error)[:60]})"
        except Exception as error:
            result = f"FAILS ({type(error).__name__}: {str(error)[:60]})"
        print(f"  {name[6:]}: {result}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
