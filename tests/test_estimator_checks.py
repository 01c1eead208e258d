"""Scikit-learn's own checks, and those that it does not run for third parties."""

import warnings

import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmlp import TwoLayerClassifier, TwoLayerClassifierCV

EQUIVALENCE = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)
# Why a weight of 2 cannot equal a repeated row to 1e-7 there.
NO_EQUIVALENCE = {
    "dropout": "each row draws its own dropout mask",
    "input_dropout": "each row draws its own dropout mask",
    "batch_size": "mini-batches of other rows",
    "sampling": "mini-batches of other rows",
    "dtype": "float32 rounds at 6e-8 a step",
}

# The estimators to check: the default, and small ones of few epochs for what is changed
# in it. At a high rate they learn the checks' tiny data, a step or two an epoch.
SMALL = {"hidden_layer_size": 50, "max_iter": 12, "learning_rate_init": 0.2}
CHANGED = [
    {"solver": "adam"},
    {"solver": "sgd", "learning_rate_init": 0.1},
    {"solver": "lbfgs"},
    {"loss": "squared_error", "learning_rate_init": 0.1},
    {"loss": "brier"},
    {"standardize": False},
    {"dropout": 0.2},
    {"input_dropout": 0.1},
    {"class_weight": "balanced"},
    {"sampling": "sequential"},
    {"sampling": "replacement"},
    {"batch_size": 16},
    {"batch_size": None},
    {"dtype": "float32"},
    {"dtype": "float64"},
    {"learning_rate": "adaptive", "learning_rate_init": 0.05},
    {"early_stopping": True},
    {
        "early_stopping": True,
        "scoring": "accuracy",
        "learning_rate": "constant",  # else it may stop before the rate has risen
        "learning_rate_init": 0.05,
    },
]
CHECKED = [{}, *(SMALL | params for params in CHANGED)]


def run(check, estimator):
    """Run a check; those that fit a single class may be warned of it."""
    with warnings.catch_warnings():
        if check.func.__name__.startswith("check_classifiers_one_label"):
            warnings.filterwarnings("ignore", "y holds only one class", UserWarning)
        check(estimator)


def expected_failures(estimator):
    """Return the checks that contradict mini-batches or float32, with the reason."""
    default = TwoLayerClassifier().get_params()
    changed = {k for k, v in estimator.get_params().items() if v != default[k]}
    if estimator.batch_size is None or estimator.dtype == "float64":
        return {}
    reasons = [why for name, why in NO_EQUIVALENCE.items() if name in changed]
    reasons = [why for why in reasons if estimator.sampling != "sequential"]
    return {check: reasons[0] for check in EQUIVALENCE if reasons}


@pytest.mark.filterwarnings(
    "ignore:validation_fraction=.* too small to hold out:UserWarning"
)
@pytest.mark.filterwarnings(
    "ignore:Training ended in epoch .* with a loss of:"
    "sklearn.exceptions.ConvergenceWarning"  # random labels, stopped by the accuracy
)
@parametrize_with_checks(
    [TwoLayerClassifier(**params) for params in CHECKED],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_check_passes(estimator, check):
    in_another_order = "check_methods_sample_order_invariance"
    if estimator.dtype == "float32" and check.func.__name__ == in_another_order:
        pytest.skip("compares at 1e-9; some BLAS round by where a row stands, at 6e-8")
    run(check, estimator)


CHOOSING = [
    {},
    # At a higher rate the largest alphas do not converge, which of them is chosen on
    # labels without a pattern is a matter of rounding, and a warning fails a check.
    SMALL | {"batch_size": None, "dtype": "float64", "learning_rate_init": 0.03},
    SMALL | {"solver": "lbfgs", "alphas": 2},
    SMALL | {"cv": 3, "alphas": [0.1, 1.0], "scoring": "accuracy"},
]


def expected_failures_of_choosing(estimator):
    """Return the checks that contradict mini-batches: these have 45 rows and more."""
    if estimator.batch_size is None or estimator.solver == "lbfgs":
        return {}
    return dict.fromkeys(EQUIVALENCE, "mini-batches of other rows")


@parametrize_with_checks(
    [TwoLayerClassifierCV(**params) for params in CHOOSING],
    expected_failed_checks=expected_failures_of_choosing,
)
def test_scikit_learn_check_passes_that_chooses_alpha(estimator, check):
    run(check, estimator)


@pytest.mark.parametrize(
    "name",
    [
        "check_dataframe_column_names_consistency",
        "check_param_validation",
        "check_inplace_ensure_writeable",
    ],
)
@pytest.mark.parametrize("params", [{}, *CHANGED[:3]], ids=str)
def test_check_that_third_parties_are_spared_passes(name, params):
    check = getattr(estimator_checks, name)
    check("TwoLayerClassifier", clone(TwoLayerClassifier(**params)))
