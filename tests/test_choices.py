"""A name, an instance and a class stand for the same, wherever a name is accepted."""

import ast
import inspect
import pickle
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skmlp import TwoLayerClassifier
from skmlp.activations import ACTIVATIONS, Activation
from skmlp.initializers import INITIALIZERS, Initializer, Normal
from skmlp.inspection import check_gradients
from skmlp.losses import LOSSES, Brier, Loss
from skmlp.schedules import SCHEDULES, OneCycle, Schedule
from skmlp.solvers import (
    LBFGS,
    SGD,
    SOLVERS,
    AdamW,
    ClippedNorm,
    FullBatchSolver,
    Solver,
    decayed,
)

REGISTRIES = {
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "solver": SOLVERS,
    "learning_rate": SCHEDULES,
    "weight_init": INITIALIZERS,
}
ENTRIES = [(name, key) for name, entries in REGISTRIES.items() for key in entries]
# Values of parameters that entries take, none of them a default.
OPTIONS = {"momentum": 0.8, "nesterovs_momentum": False, "beta_1": 0.8, "beta_2": 0.9}
OPTIONS |= {"epsilon": 1e-3, "alpha": 0.2, "tol": 1e-3, "init_scale": 0.2}
OPTIONS |= {"power_t": 0.3, "learning_rate_decay": 0.7}


def all_weights(clf):
    return np.concatenate([a.ravel() for a in (*clf.coefs_, *clf.intercepts_)])


def fitted(problem, **params):
    X, y, _ = problem
    clf = TwoLayerClassifier(5, random_state=0, max_iter=3, batch_size=16)
    return clf.set_params(**params).fit(X, y)


@pytest.mark.parametrize(("name", "key"), ENTRIES)
def test_an_entry_given_by_itself_takes_the_parameters_that_its_name_takes(
    name, key, problem
):
    by_name = fitted(problem, **OPTIONS, **{name: key})
    by_entry = fitted(problem, **OPTIONS, **{name: REGISTRIES[name][key]})
    assert_array_equal(all_weights(by_entry), all_weights(by_name))


@pytest.mark.parametrize(
    ("name", "key"), [entry for entry in ENTRIES if entry[0] != "activation"]
)
def test_an_instance_has_its_own_options(name, key, problem):
    entry = REGISTRIES[name][key]
    instance = entry(**{option: OPTIONS[option] for option in entry.options})
    by_name = fitted(problem, **OPTIONS, **{name: key})
    # An objective with a penalty still asks the estimator for its strength.
    others = {"alpha": OPTIONS["alpha"]}
    by_instance = fitted(problem, **others, **{name: instance})
    if name != "solver":
        rest = {k: v for k, v in OPTIONS.items() if k not in entry.options}
        by_instance = fitted(problem, **rest, **{name: instance})
    assert_array_equal(all_weights(by_instance), all_weights(by_name))


class Sine:
    """An activation as a class, by duck typing."""

    is_rectifier = False

    def forward(self, Z, H):
        np.sin(Z, out=H)

    def backward(self, Z, H, dH):
        np.multiply(dH, np.cos(Z), out=dH)


class FocalLoss(Loss):
    """Lin et al. (2017), "Focal loss for dense object detection", equation (4)."""

    def __init__(self, gamma=2.0):
        self.gamma = gamma

    def value_and_grad(self, t, logits, weight, dlogits):
        self.log_link(logits)
        log_p, p = logits, np.exp(logits)
        rest = 1 - p
        losses = -t * rest**self.gamma * log_p
        # p_k dloss/dp_k, then the Jacobian of the softmax
        pdp = t * (self.gamma * p * rest ** (self.gamma - 1) * log_p - rest**self.gamma)
        dlogits[...] = weight * (pdp - p * pdp.sum(axis=0))
        return float(np.dot(weight, losses.sum(axis=0)))


class Needy(FocalLoss):
    def __init__(self, margin):
        self.margin = margin


class Lion(Solver):
    """Chen et al. (2023), "Symbolic discovery of optimization algorithms"."""

    options = ("beta_1", "beta_2", "alpha")
    decouples_decay = True
    memory = ("mean",)
    units = ("beta_2",)

    def __init__(self, beta_1=0.9, beta_2=0.99, alpha=0.1):
        self.beta_1, self.beta_2, self.alpha = beta_1, beta_2, alpha

    def move(self, n_weights, learning_rate, params, grads, *memory):
        (mean,) = memory
        direction = np.sign(self.beta_1 * mean + (1 - self.beta_1) * grads)
        params[:n_weights] *= 1 - learning_rate * self.alpha
        params -= learning_rate * direction
        mean *= self.beta_2
        mean += (1 - self.beta_2) * grads


class RMSprop(Solver):
    """Keeps its mean square as a vector times a scale, as the solvers of skmlp do."""

    options = ("beta_2",)
    memory = ("mean_square",)
    scalars = {"scale": 1.0}  # noqa: RUF012
    units = ("beta_2",)

    def __init__(self, beta_2=0.9):
        self.beta_2 = beta_2

    def begin(self, grads):
        self.scale = decayed(self.mean_square, self.scale, self.beta_2)

    def move(self, n_weights, learning_rate, params, grads, *memory):
        (mean_square,) = memory
        mean_square += (1 - self.beta_2) / self.scale * grads**2
        params -= learning_rate * grads / (np.sqrt(self.scale * mean_square) + 1e-12)


class Steps(Schedule):
    def __init__(self, n_epochs=2):
        self.n_epochs = n_epochs

    def __call__(self, moment):
        return 0.5 ** (moment.epoch // self.n_epochs)


class Tenth(Initializer):
    def __call__(self, W, rng):
        W[...] = rng.choice([-0.1, 0.1], size=W.shape)


OWN = [
    {
        "activation": Activation(
            ACTIVATIONS["tanh"].forward, ACTIVATIONS["tanh"].backward
        )
    },
    {"activation": Sine()},
    {"activation": Sine},
    {"loss": FocalLoss(gamma=1.5), "activation": "tanh"},
    {"loss": FocalLoss, "activation": "tanh"},
    {"solver": Lion(beta_1=0.8), "activation": "tanh"},
    {"solver": Lion, "activation": "tanh"},
    {"solver": AdamW(beta_1=0.8), "activation": "tanh"},
    {"solver": LBFGS(tol=0.0), "activation": "tanh"},
    {"learning_rate": Steps(1), "activation": "tanh"},
    {"learning_rate": OneCycle(warm_up=0.5), "activation": "tanh"},
    {"weight_init": Tenth(), "activation": "tanh"},
    {"weight_init": Normal(0.3), "activation": "tanh"},
]


@pytest.mark.parametrize("params", OWN, ids=str)
def test_gradient_of_ones_own_is_right(params, problem):
    X, y, _ = problem
    clf = fitted(problem, **params)
    assert check_gradients(clf, X, y).largest < 1e-6


@pytest.mark.parametrize("params", OWN, ids=str)
def test_ones_own_is_a_parameter_like_others(params, problem):
    clf = fitted(problem, **params)
    (name, value), *_ = params.items()
    assert clf.get_params()[name] is value
    again = fitted(problem, **clone(clf).get_params())
    assert_array_equal(all_weights(again), all_weights(clf))


@pytest.mark.parametrize("params", OWN, ids=str)
def test_ones_own_is_pickled_with_what_it_trained(params, problem):
    X, y, _ = problem
    clf = fitted(problem, **params, warm_start=True)
    loaded = pickle.loads(pickle.dumps(clf))
    assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    assert_array_equal(all_weights(loaded.fit(X, y)), all_weights(clf.fit(X, y)))


@pytest.mark.parametrize(
    ("numbers", "python"),
    [
        ({"solver": AdamW(alpha=np.float64(0.2))}, {"solver": AdamW(alpha=0.2)}),
        (
            {"learning_rate": OneCycle(end=np.float64(0.1))},
            {"learning_rate": OneCycle(end=0.1)},
        ),
        (
            {"learning_rate": lambda share: np.float64(0.3)},
            {"learning_rate": lambda share: 0.3},
        ),
        ({"loss": FocalLoss(np.float64(1.5))}, {"loss": FocalLoss(1.5)}),
    ],
)
def test_numbers_of_numpy_upcast_nothing(numbers, python, problem):
    one, other = (
        fitted(problem, dtype="float32", **params) for params in (numbers, python)
    )
    assert_array_equal(all_weights(one), all_weights(other))
    assert {type(v) for v in one.history_["loss"]} == {float}
    assert {type(v) for v in one.history_["learning_rate"]} == {float}
    assert type(one.alpha_) is float


class Descent(FullBatchSolver):
    def minimize(self, value_and_grad, start, n_iterations, end_iteration):
        x = start
        for _ in range(n_iterations):
            value, gradient = value_and_grad(x)
            x = x - 0.1 * gradient
            end_iteration(x, value)


def test_a_solver_of_the_whole_set_can_be_stopped(problem):
    params = {"early_stopping": True, "scoring": lambda *_: 0.0, "n_iter_no_change": 1}
    params["validation_fraction"] = 0.2
    clf = fitted(problem, solver=Descent, max_iter=50, **params)
    assert clf.n_iter_ == 2


def test_a_bounded_solver_is_a_solver(problem):
    within = fitted(problem, solver=ClippedNorm(SGD(), 0.1), warm_start=True)
    around = fitted(problem, solver=SGD(), max_grad_norm=0.1, warm_start=True)
    for clf in (within, around):
        clf.fit(*problem[:2])
    assert_array_equal(all_weights(within), all_weights(around))


def test_an_instance_is_left_as_it_was_given(problem):
    solver = AdamW(beta_1=0.8)
    before = dict(vars(solver))
    fitted(problem, solver=solver)
    assert vars(solver) == before


def test_search_tries_names_and_instances_side_by_side(problem):
    X, y, _ = problem
    grid = {
        "solver": ["adamw", Lion(), SGD(momentum=0.5)],
        "loss": ["brier", FocalLoss],
    }
    clf = TwoLayerClassifier(5, random_state=0, max_iter=2)
    search = GridSearchCV(clf, grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 6
    assert search.predict(X).shape == y.shape


@pytest.mark.parametrize("beta_2", [0.0, 0.5])
def test_a_scale_that_decays_is_never_divided_by_at_zero(beta_2, problem):
    clf = fitted(problem, solver=RMSprop, alpha=0.0, beta_2=beta_2)
    assert np.isfinite(all_weights(clf)).all()
    if beta_2 == 0:  # each step is then of the length of the learning rate
        signs = fitted(problem, solver=Lion(0.0, 0.0, 0.0))
        assert_allclose(all_weights(clf), all_weights(signs), rtol=1e-6)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"activation": np.tanh}, "'forward' and 'backward'"),
        ({"loss": "hinge"}, "'value_and_grad', 'link' and 'log_link'"),
        ({"solver": object()}, "'start', 'step', 'begin', 'move'"),
        ({"loss": Needy}, "Needy cannot be made.*'margin'"),
    ],
)
def test_what_is_no_entry_is_refused_by_what_it_lacks(params, message, problem):
    with pytest.raises(ValueError, match=message):
        fitted(problem, **params)


def test_an_activation_that_does_not_say_what_it_is_is_refused(problem):
    class Mute:
        forward = backward = Sine.forward

    with pytest.raises(ValueError, match=r"'is_rectifier'.*skmlp.activations.Activ"):
        fitted(problem, activation=Mute)


@pytest.mark.parametrize("change", [{"activation": "tanh"}, {"loss": "squared_error"}])
def test_predictions_are_those_of_the_network_that_was_trained(change, problem):
    X = problem[0]
    clf = fitted(problem)
    before = clf.predict_proba(X), clf.predict(X), clf.out_activation_
    clf.set_params(**change)
    assert_array_equal(clf.predict_proba(X), before[0])
    assert_array_equal(clf.predict(X), before[1])
    assert clf.out_activation_ == before[2]


class Sharpened(Brier):
    options = ("epsilon",)

    def __init__(self, epsilon):
        self.epsilon = epsilon

    def link(self, logits):
        super().link(np.multiply(logits, self.epsilon, out=logits))


class Scaled(Sine):
    def __init__(self, scale):
        self.scale = scale

    def forward(self, Z, H):
        np.multiply(Z, self.scale, out=Z)
        super().forward(Z, H)

    def backward(self, Z, H, dH):
        super().backward(Z, H, dH)
        np.multiply(dH, self.scale, out=dH)


def test_a_class_keeps_the_options_that_it_was_trained_with(problem):
    clf = fitted(problem, loss=Sharpened, epsilon=2.0)
    before = clf.predict_proba(problem[0])
    assert_array_equal(clf.set_params(epsilon=1.0).predict_proba(problem[0]), before)


def test_what_was_trained_stays_whatever_becomes_of_its_object(problem):
    loss, activation = Sharpened(2.0), Scaled(1.0)
    clf = fitted(problem, loss=loss, activation=activation)
    before = clf.predict_proba(problem[0])
    loss.epsilon, activation.scale = 5.0, 3.0
    assert_array_equal(clf.predict_proba(problem[0]), before)


@pytest.mark.parametrize("given", [ACTIVATIONS["tanh"], "tanh"])
@pytest.mark.parametrize("then", [ACTIVATIONS["tanh"], "tanh"])
def test_training_goes_on_with_the_same_activation_however_it_is_said(
    given, then, problem
):
    clf = fitted(problem, activation=given, warm_start=True)
    assert clf.set_params(activation=then).fit(*problem[:2]).n_iter_ == 6


def test_an_equal_activation_goes_on_and_another_does_not(problem):
    X, y, _ = problem
    scale = np.ones(5)
    clf = fitted(problem, activation=Scaled(scale), warm_start=True)
    clf.set_params(activation=Scaled(scale.copy())).fit(X, y)
    with pytest.raises(ValueError, match="activation changed from"):
        clf.set_params(activation=Scaled(2 * scale)).fit(X, y)


def test_options_that_are_no_parameters_are_refused_by_name(problem):
    class Greedy(FocalLoss):
        options = ("gamma",)

    with pytest.raises(ValueError, match=r"'gamma'.*Greedy\(gamma=\.\.\.\)"):
        fitted(problem, loss=Greedy)


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        (SGD(momentum=0.5), "SGD(momentum=0.5, nesterovs_momentum=True)"),
        (LBFGS(), "LBFGS(tol=0.0001)"),
        (FocalLoss(gamma=1.5), "FocalLoss(gamma=1.5)"),
        (Steps(3), "Steps(n_epochs=3)"),
        (Tenth(), "Tenth()"),
    ],
)
def test_an_instance_shows_what_it_was_made_with(entry, shown):
    assert repr(entry) == shown
    assert shown in repr(TwoLayerClassifier(solver=entry))


@pytest.mark.parametrize(
    "params", [{"loss": Loss}, {"solver": Solver}, {"learning_rate": Schedule()}]
)
def test_a_base_class_by_itself_says_what_has_to_be_defined(params, problem):
    with pytest.raises(NotImplementedError, match=r"(Loss|Solver|Schedule) has to def"):
        fitted(problem, **params)


@pytest.mark.parametrize("alpha", [0.0, 0.01])
def test_decay_of_an_instance_is_the_alpha_that_can_be_read(alpha, problem):
    assert fitted(problem, solver=AdamW(alpha=alpha)).alpha_ == alpha


@pytest.mark.parametrize("solver", SOLVERS)
def test_what_auto_became_can_be_read(solver, problem):
    X, y, _ = problem
    auto = TwoLayerClassifier(5, solver=solver, random_state=0).fit(X, y)
    names = ("alpha", "batch_size", "learning_rate_init", "max_iter")
    numbers = {name: getattr(auto, f"{name}_") for name in names}
    given = TwoLayerClassifier(5, solver=solver, random_state=0, **numbers).fit(X, y)
    assert numbers["max_iter"] == (200 if solver == "lbfgs" else 50)
    assert {name: getattr(given, f"{name}_") for name in names} == numbers
    assert_array_equal(all_weights(given), all_weights(auto))


def test_full_batch_is_the_number_of_rows(problem):
    assert fitted(problem, batch_size=None).batch_size_ == 50


def documented_defaults(entry):
    """Return the defaults of the parameters that a docstring names."""
    found = re.findall(r"^ *([\w, ]+) : \w+, default=(.+)$", entry.__doc__, re.M)
    return {
        name: ast.literal_eval(default)
        for names, defaults in found
        for name, default in zip(names.split(", "), defaults.split(", "), strict=True)
    }


@pytest.mark.parametrize(
    ("name", "key"), [entry for entry in ENTRIES if entry[0] != "activation"]
)
def test_defaults_of_an_entry_are_those_of_its_docstring(name, key):
    entry = REGISTRIES[name][key]
    made = vars(entry())
    documented = documented_defaults(entry)
    assert documented.keys() == inspect.signature(entry).parameters.keys()
    assert {name: made[name] for name in documented} == documented
