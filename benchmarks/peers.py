"""Who is compared on the real tables: skmlp, scikit-learn's and, if installed, others.

A side is a name, what it is given, and a function that makes an unfitted classifier
from a seed: everybody's defaults, one thread, a StandardScaler where a peer needs one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import skmlp
from skmlp.preprocessing import PiecewiseLinearEncoder

MOST_LEVELS = 30


@dataclass(frozen=True)
class Side:
    """What a side is called, what it is given, and how its classifier is made."""

    title: str
    prepare: Callable  # of the training and the test frame; returns what is fitted on
    make: Callable  # of a seed and the prepared training part
    package: str = "sklearn"


def frames(train, test):
    """Return both frames as they come."""
    return train, test


def numbers(train, test):
    """Return arrays of numbers: medians for gaps, a column for each level of a text.

    Medians and levels, the 30 most frequent and one for all others, are those of the
    training rows. It is done before the clock starts.
    """
    is_number = make_column_selector(dtype_include=["number", "bool"])
    is_text = make_column_selector(dtype_exclude=["number", "bool"])
    levels = OneHotEncoder(
        max_categories=MOST_LEVELS + 1,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )
    encoder = make_column_transformer(
        (SimpleImputer(strategy="median", keep_empty_features=True), is_number),
        (make_pipeline(SimpleImputer(strategy="constant"), levels), is_text),
    )
    return encoder.fit_transform(train), encoder.transform(test)


def categories(train, test):
    """Return both frames with text as categories, for peers that know what these are.

    A gap in a text is a level of its own, a gap in numbers stays one. Columns are
    numbered: LightGBM refuses names with punctuation.
    """
    both = pd.concat([train, test], ignore_index=True)
    both = both.set_axis([f"x{i}" for i in range(both.shape[1])], axis=1)
    for name in text_columns(both):
        both[name] = both[name].astype(object).fillna("missing").astype("category")
    return both[: len(train)], both[len(train) :]


def text_columns(frame):
    """Return the names of the columns that are neither numbers nor booleans."""
    return list(frame.select_dtypes(exclude=["number", "bool"]).columns)


def seeded(classifier, **parameters):
    """Return a function that makes the classifier with a seed."""
    return lambda seed, X: classifier(random_state=seed, **parameters)


def scaled(classifier, scaler=StandardScaler, **parameters):
    """Return a function that makes the classifier behind a scaler."""
    return lambda seed, X: make_pipeline(
        scaler(), classifier(random_state=seed, **parameters)
    )


def imported(module, classifier, **parameters):
    """Return a function that imports the classifier's package late."""
    return lambda seed, X: getattr(import_module(module), classifier)(
        random_state=seed, **parameters
    )


def on_bins(seed, X):
    """Return skmlp's classifier behind its encoder of numbers."""
    return make_pipeline(
        PiecewiseLinearEncoder(dtype="float32"),
        skmlp.TwoLayerClassifier(random_state=seed),
    )


def tabular_pipeline(seed, X):
    """Return skmlp's pipeline for a frame."""
    pipeline = skmlp.tabular_pipeline()
    return pipeline.set_params(**{f"{pipeline.steps[-1][0]}__random_state": seed})


def catboost(seed, X):
    """Return CatBoost's classifier, told which columns are categories."""
    return import_module("catboost").CatBoostClassifier(
        random_seed=seed,
        cat_features=text_columns(X),
        thread_count=1,
        verbose=False,
        allow_writing_files=False,
    )


SIDES = {
    "two_layer": Side(
        "TwoLayerClassifier()", numbers, seeded(skmlp.TwoLayerClassifier)
    ),
    "two_layer_bins": Side("the same, on bins", numbers, on_bins),
    "pipeline": Side("tabular_pipeline()", frames, tabular_pipeline),
    "hist_gb": Side("HistGB", numbers, seeded(HistGradientBoostingClassifier)),
    "hist_gb_frame": Side(
        "HistGB, categories", categories, seeded(HistGradientBoostingClassifier)
    ),
    "forest": Side("random forest", numbers, seeded(RandomForestClassifier)),
    "logistic": Side(
        "logistic regression", numbers, scaled(LogisticRegression, max_iter=1000)
    ),
    "mlp": Side("MLPClassifier", numbers, scaled(MLPClassifier)),
    "lightgbm": Side(
        "LightGBM",
        categories,
        imported("lightgbm", "LGBMClassifier", n_jobs=1, verbose=-1),
        "lightgbm",
    ),
    "xgboost": Side(
        "XGBoost",
        categories,
        imported("xgboost", "XGBClassifier", n_jobs=1, enable_categorical=True),
        "xgboost",
    ),
    "catboost": Side("CatBoost", categories, catboost, "catboost"),
    "realmlp": Side(
        "RealMLP",
        numbers,
        imported("pytabkit", "RealMLP_TD_Classifier", n_threads=1, device="cpu"),
        "pytabkit",
    ),
}


def available_sides():
    """Return the names of the sides that can be fitted here; say which cannot."""
    here = []
    for name, side in SIDES.items():
        if find_spec(side.package) is None:
            print(f"{side.package} is not installed: without {side.title}.")
        else:
            here.append(name)
    return here
