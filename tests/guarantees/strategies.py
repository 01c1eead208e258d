"""Problems that a classifier may be given: what hypothesis draws.

Numbers come from a seeded generator; what kind of numbers they are, hypothesis draws,
and simplifies where a property fails.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from scipy import sparse

from skmlp.activations import ACTIVATIONS
from skmlp.initializers import INITIALIZERS
from skmlp.losses import LOSSES
from skmlp.schedules import SCHEDULES
from skmlp.solvers import SOLVERS

DTYPES = ["bool", "uint8", "int64", "float16", "float32", "float64", ">f4", ">i2"]
SAMPLINGS = ["shuffle", "sequential", "replacement"]
STOCHASTIC = sorted(name for name, solver in SOLVERS.items() if solver.is_stochastic)
ANY = sorted(ACTIVATIONS)
# Activations without a kink, at which a rounding error would turn a unit on.
SMOOTH = sorted(set(ACTIVATIONS) - {"relu", "leaky_relu"})


def examples(number: int) -> settings:
    """Try so many examples, always the same; by a larger profile more, at random."""
    times = settings.default.max_examples / settings.get_profile("default").max_examples
    return settings(
        max_examples=round(number * times),
        derandomize=times == 1,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


class Problem(NamedTuple):
    """What fit is given, and the parameters that the classifier has."""

    X: np.ndarray
    y: Any
    sample_weight: np.ndarray | None
    params: dict[str, Any]


# And those whose second derivative has no jump.
THREE_TIMES_SMOOTH = sorted(set(SMOOTH) - {"elu"})

# What a column of floats may hold: n numbers of a dtype that ends at `end`.
COLUMNS = {
    "normal": lambda rng, n, end: rng.normal(size=n),
    "in [0, 1]": lambda rng, n, end: rng.random(n),
    "zero": lambda rng, n, end: np.zeros(n),
    "constant": lambda rng, n, end: np.full(n, rng.normal() * 100),
    "indicator": lambda rng, n, end: rng.integers(0, 2, n),
    "scaled": lambda rng, n, end: rng.normal(size=n) * 10.0 ** rng.integers(-4, 5),
    "far": lambda rng, n, end: rng.normal(size=n) + 10.0 ** rng.integers(2, 10),
    "far and wide": lambda rng, n, end: (
        (rng.normal(size=n) + 10.0 ** rng.integers(2, 10)) * 1e6
    ),
    "one outlier": lambda rng, n, end: rng.normal(size=n) + 1e9 * (np.arange(n) == 0),
    "huge": lambda rng, n, end: rng.uniform(-0.9, 0.9, n) * end,
    "hugely constant": lambda rng, n, end: np.full(n, 0.9 * end),
    "one huge outlier": lambda rng, n, end: (
        rng.normal(size=n) + 0.9 * end * (np.arange(n) == n // 2)
    ),
    "tiny": lambda rng, n, end: rng.normal(size=n) / (0.1 * end),
}
TAME_COLUMNS = ("normal", "in [0, 1]", "zero", "constant", "indicator", "scaled")


def column(rng: np.random.Generator, kind: str, n_rows: int, dtype: str) -> np.ndarray:
    """Return a column of some kind; integers cover their whole range."""
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        end = np.iinfo(dtype).max
        if kind == "indicator":
            return rng.integers(0, 2, n_rows).astype(dtype)
        if kind in ("zero", "constant", "hugely constant"):
            return np.full(n_rows, {"zero": 0, "constant": 7}.get(kind, end), dtype)
        low = 0 if dtype.kind == "u" else -10
        wide = kind.startswith(("huge", "far", "one huge"))
        return rng.integers(low if not wide else -end, end if wide else 100, n_rows)
    if dtype.kind == "b":
        return rng.integers(0, 2, n_rows) * (kind != "zero")
    with np.errstate(all="ignore"):
        values = COLUMNS[kind](rng, n_rows, float(np.finfo(dtype).max)).astype(dtype)
        return np.nan_to_num(values)  # what float16 does not hold


@st.composite
def tables(draw, dtypes=DTYPES, kinds=tuple(COLUMNS), min_rows=1, max_features=12):
    """Draw X, dense and contiguous."""
    dtype = draw(st.sampled_from(dtypes))
    n_rows = draw(st.integers(min_rows, 40))
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=max_features))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    X = np.empty((n_rows, len(chosen)), dtype)
    with np.errstate(all="ignore"):
        for j, kind in enumerate(chosen):
            X[:, j] = column(rng, kind, n_rows, dtype)
    return X


# Names of up to five classes, in the order of their indices.
LABELS = {
    "ints": lambda i: i,
    "negative ints": lambda i: 3 * i - 7,
    "uint8": lambda i: i.astype(np.uint8),
    "strings": lambda i: np.array(["a", "b", "bb", "c", "é"])[i],
    "objects": lambda i: np.array(["a", "b", "bb", "c", "é"], dtype=object)[i],
    "whole floats": lambda i: i - 2.0,
    "booleans": lambda i: i > 0,
    "list": lambda i: i.tolist(),
    "categories": lambda i: pd.Series(list("vwxyz"), dtype="category")[i],
    "nullable ints": lambda i: pd.Series(i, dtype="Int64"),
    "series of polars": lambda i: pl.Series(i.tolist()),
}

# How 0 and 1 of several labels may come, all of which mean the same.
INDICATORS = {
    "ints": lambda Y: Y,
    "booleans": lambda Y: Y > 0,
    "floats": lambda Y: Y.astype(np.float32),
    "objects": lambda Y: Y.astype(object),
    "list": lambda Y: Y.tolist(),
    "pandas": lambda Y: pd.DataFrame(Y),
    "nullable pandas": lambda Y: pd.DataFrame(Y, dtype="Int64"),
    "polars": lambda Y: pl.DataFrame(Y),
    "CSR matrix": sparse.csr_matrix,
    "CSC array": sparse.csc_array,
    "COO array": sparse.coo_array,
}

# What rows count: n weights, all of them at least 0.
TAME_WEIGHTS = ("ones", "uniform", "integers, zeros among them")
WEIGHTS = {
    "ones": lambda rng, n: np.ones(n),
    "uniform": lambda rng, n: rng.uniform(0.1, 3, n),
    "integers, zeros among them": lambda rng, n: rng.integers(0, 4, n),
    "mostly zeros": lambda rng, n: 1.0 * (rng.random(n) < 0.2),
    "tiny": lambda rng, n: rng.uniform(0.1, 3, n) * 1e-300,
    "huge": lambda rng, n: rng.uniform(0.1, 1, n) * 1e300,
    "of every size": lambda rng, n: 10.0 ** rng.integers(-300, 300, n),
}


@st.composite
def targets(draw, n_rows, max_classes=5, kinds=tuple(LABELS)):
    """Draw y; not every class need be there."""
    n_classes = draw(st.integers(2, max_classes))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return LABELS[draw(st.sampled_from(kinds))](rng.integers(0, n_classes, n_rows))


@st.composite
def indicators(draw, n_rows):
    """Draw y of several labels per row; some may be nobody's, or everybody's."""
    n_labels = draw(st.integers(2, 5))
    shares = draw(st.lists(SHARES, min_size=n_labels, max_size=n_labels))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return (rng.random((n_rows, n_labels)) < shares).astype(int)


SHARES = st.sampled_from([0.0, 0.05, 0.5, 0.9, 1.0])


@st.composite
def sample_weights(draw, n_rows, kinds=tuple(WEIGHTS)):
    """Draw what each row counts, or None."""
    kind = draw(st.none() | st.sampled_from(kinds))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return None if kind is None else WEIGHTS[kind](rng, n_rows)


def parameters(*, activations=ANY, **fixed):
    """Draw parameters of the classifier; any of them may keep its default."""
    drawn = {
        "activation": st.sampled_from(activations),
        "loss": st.sampled_from(sorted(LOSSES)),
        "solver": st.sampled_from(sorted(SOLVERS)),
        "learning_rate": st.sampled_from(sorted(SCHEDULES)),
        "weight_init": st.sampled_from(["auto", *sorted(INITIALIZERS)]),
        "alpha": st.sampled_from([0.0, 1e-4, 0.1, 10.0]),
        "dropout": st.sampled_from([0.0, 0.5, 0.9]),
        "input_dropout": st.sampled_from([0.0, 0.2]),
        "label_smoothing": st.sampled_from([0.0, 0.1, 0.9]),
        "standardize": st.booleans(),
        "batch_size": st.sampled_from([None, 1, 3, 7, 1000]),
        "sampling": st.sampled_from(SAMPLINGS),
        "learning_rate_init": st.sampled_from([1e-12, 1e-3, 0.1, 10.0, 1e20]),
        "learning_rate_decay": st.sampled_from([0.5, 1.0]),
        "power_t": st.sampled_from([0.0, 2.0]),
        "momentum": st.sampled_from([0.0, 0.5, 0.99]),
        "nesterovs_momentum": st.booleans(),
        "beta_1": st.sampled_from([0.0, 0.5]),
        "beta_2": st.sampled_from([0.0, 0.9]),
        "epsilon": st.sampled_from([1e-30, 1e-3, 1.0]),
        "max_grad_norm": st.sampled_from([1e-3, 1.0, 1e30]),
        "init_scale": st.sampled_from([1e-3, 1.0, (2.0, 0.5), 1e20]),
        "fit_intercept": st.booleans(),
        "class_weight": st.just("balanced"),
        "early_stopping": st.booleans(),
        "validation_fraction": st.sampled_from([0.3, 0.5, 0.9]),
        "n_iter_no_change": st.sampled_from([1, 2]),
        "tol": st.sampled_from([0.0, 0.1]),
        "scoring": st.sampled_from(["loss", "accuracy", "neg_log_loss", "f1_macro"]),
        "monitor_train": st.booleans(),
        "dtype": st.sampled_from(["float32", "float64"]),
    }
    always = {
        "hidden_layer_size": st.integers(1, 8),
        "max_iter": st.integers(1, 5),
        "random_state": st.integers(0, 99),
    }
    always |= {
        name: value if isinstance(value, st.SearchStrategy) else st.just(value)
        for name, value in fixed.items()
    }
    if activations is not ANY:
        always["activation"] = drawn["activation"]
    optional = {name: drawn[name] for name in drawn.keys() - always.keys()}
    return st.fixed_dictionaries(always, optional=dict(sorted(optional.items()))).map(
        without_dropout_where_it_is_refused
    )


class Start:
    """Initial weights by a seed, for a hidden layer of `N_HIDDEN` units.

    Features or outputs may come in another order; noise changes the last bits.
    """

    def __init__(self, features=None, outputs=None, noise=0.0, noise_seed=0):
        self.features, self.outputs = features, outputs
        self.noise, self.noise_seed = noise, noise_seed

    def __call__(self, W, rng):
        full = np.random.default_rng(0).normal(size=W.shape) / np.sqrt(len(W))
        signs = np.random.default_rng(self.noise_seed).choice([-1, 1], W.shape)
        full *= 1 + self.noise * signs
        if len(W) == N_HIDDEN:
            W[...] = full if self.outputs is None else full[:, self.outputs]
        else:
            W[...] = full if self.features is None else full[self.features]


# More than there are features, so that `Start` tells the layers apart.
N_HIDDEN = 13


def gentle_parameters(**fixed):
    """Draw parameters with which rounding errors grow no faster than they have to.

    Nothing is decided by comparing scores, no activation has a kink, and the step is
    short.
    """
    return parameters(
        **{
            "hidden_layer_size": N_HIDDEN,
            "weight_init": Start(),
            "init_scale": 1.0,
            "learning_rate_init": 0.01,
            "early_stopping": False,
            "n_iter_no_change": 10,
            "input_dropout": 0.0,
            **fixed,
        },
        activations=SMOOTH,
    )


def without_dropout_where_it_is_refused(params: dict[str, Any]) -> dict[str, Any]:
    """Return parameters that a solver of the whole training set does with."""
    is_stochastic = SOLVERS[params.get("solver", "adamw")].is_stochastic
    refused = () if is_stochastic else ("dropout", "input_dropout")
    return {name: value for name, value in params.items() if name not in refused}


@st.composite
def problems(draw, params=None, labels=tuple(LABELS), weights=tuple(WEIGHTS), **table):
    """Draw all that fit is given."""
    X = draw(tables(**table))
    return Problem(
        X,
        draw(targets(len(X), kinds=labels)),
        draw(sample_weights(len(X), kinds=weights)),
        draw(parameters() if params is None else params),
    )


@st.composite
def problems_of_several_labels(draw, **table):
    """Draw all that fit is given where a row may have several labels."""
    X = draw(tables(**table))
    Y = draw(indicators(len(X)))
    # Scores that are defined for every indicator matrix.
    scoring = st.sampled_from(["loss", "accuracy", "f1_micro", "jaccard_samples"])
    params = draw(parameters(scoring=scoring))
    class_weight = [None, "balanced", [{0: 0.5, 1: 2}, *[{}] * (Y.shape[1] - 1)]]
    params["class_weight"] = draw(st.sampled_from(class_weight))
    return Problem(X, Y, draw(sample_weights(len(X))), params)


def tame_problems(params, **table):
    """Draw problems that no fit refuses, of at least ten rows."""
    return problems(
        params=params,
        labels=["ints"],
        weights=TAME_WEIGHTS,
        **{"min_rows": 10, "kinds": TAME_COLUMNS, "dtypes": ["float32", "float64"]}
        | table,
    )


# The same numbers in memory of the same order: the same bits of the network.
SAME_ORDER = {
    "read-only": lambda X: read_only(X),
    "of the other byte order": lambda X: X.astype(X.dtype.newbyteorder()),
    "list": lambda X: X.tolist(),
    "objects": lambda X: X.astype(object),
}
# In another: BLAS may sum in another order too.
OTHER_ORDER = {
    "Fortran": lambda X: np.asfortranarray(X),
    "every second row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "every second column": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "backwards": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "pandas": lambda X: pd.DataFrame(X, columns=names_of(X)),
    "polars": lambda X: pl.DataFrame(X, schema=names_of(X)),
}
SPARSE = {
    "CSR matrix": sparse.csr_matrix,
    "CSC array": sparse.csc_array,
    "CSC matrix": sparse.csc_matrix,
    "COO array": sparse.coo_array,
    "COO matrix": sparse.coo_matrix,
}


def read_only(X: np.ndarray) -> np.ndarray:
    """Return a copy that cannot be written to."""
    X = X.copy()
    X.flags.writeable = False
    return X


def names_of(X: np.ndarray) -> list[str]:
    """Return a name for each column."""
    return [f"x{j}" for j in range(X.shape[1])]


def as_csr(X: np.ndarray) -> sparse.csr_array:
    """Return X as CSR, which knows neither float16 nor other byte orders."""
    native = X.dtype.newbyteorder("=")
    return sparse.csr_array(X.astype("f4" if native == "f2" else native))
