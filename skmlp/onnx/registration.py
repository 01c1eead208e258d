"""Which converter skl2onnx is to call for which class of models."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

# Without these names scikit-learn does not hand out the searches by halving.
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  # isort: skip
from skl2onnx import (
    get_model_alias,
    update_registered_converter,
    update_registered_parser,
)
from skl2onnx.common._registration import get_converter, get_shape_calculator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from skmlp._classifier import TwoLayerClassifier
from skmlp._selection.classifier_cv import TwoLayerClassifierCV
from skmlp.onnx import calibration, classifier, tables, wrappers
from skmlp.preprocessing import CellConverter, PiecewiseLinearEncoder, ShareEncoder

# What stands for a model that was fitted within.
_STAND_FOR_ANOTHER = (
    FrozenEstimator,
    RandomizedSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
)
_OPTIONS = {"zipmap": [True, False, "columns"], "nocl": [False]}


@cache
def register_converters() -> None:
    """Tell skl2onnx, once, what it does not know or does otherwise."""
    for ours in (TwoLayerClassifier, TwoLayerClassifierCV):
        types = classifier.set_types_of_network
        _add(ours, types, classifier.convert, classifier.OPTIONS)
    _add(CellConverter, tables.set_types_of_cells, tables.convert_cells)
    _add(ShareEncoder, tables.set_types_of_shares, tables.convert_shares)
    _add(PiecewiseLinearEncoder, tables.set_types_of_bins, tables.convert_bins)
    update_registered_parser(PiecewiseLinearEncoder, tables.parse_bins)
    for model in wrappers.THRESHOLD_CLASSIFIERS:
        types = wrappers.set_types_of_classifier
        _add(model, types, wrappers.convert_threshold, _OPTIONS)
    for model in _STAND_FOR_ANOTHER:
        update_registered_converter(
            model,
            _alias(model),
            wrappers.leave_types,
            wrappers.convert_inner,
            parser=wrappers.parse_inner,
            options="passthrough",
        )
    update_registered_parser(GridSearchCV, wrappers.parse_inner)
    _take_over(
        CalibratedClassifierCV,
        calibration.calibrates_ours,
        wrappers.set_types_of_classifier,
        calibration.convert_calibrated,
    )
    _take_over(
        SimpleImputer,
        tables.fills_numbers,
        tables.set_types_of_filled,
        tables.convert_filled,
    )
    _take_over(
        TargetEncoder,
        tables.encodes_text,
        tables.set_types_of_shares,
        tables.convert_shares,
    )
    _prepare(VotingClassifier, wrappers.forget_how_it_transforms)
    _prepare(StackingClassifier, wrappers.prepare_stacked)
    _prepare(BaggingClassifier, wrappers.check_bagged)
    _prepare(CalibratedClassifierCV, calibration.check_calibrated)
    _prepare(OneHotEncoder, tables.take_gaps_as_text)


def _alias(model: type) -> str:
    return f"Skmlp{model.__name__}"


def _add(model: type, set_types: Any, convert: Any, options: Any = None) -> None:
    """Register a class of models."""
    update_registered_converter(
        model, _alias(model), set_types, convert, options=options
    )


def _take_over(
    model: type,
    is_for_us: Callable[[Any], bool],
    set_types: Callable[[Any], None],
    convert: Callable[[Any, Any, Any], None],
) -> None:
    """Register what writes some models of a class; skl2onnx writes the others."""
    alias = get_model_alias(model)
    set_types_else, convert_else = get_shape_calculator(alias), get_converter(alias)

    def set_types_of_either(operator: Any) -> None:
        (set_types if is_for_us(operator) else set_types_else)(operator)

    def convert_either(scope: Any, operator: Any, container: Any) -> None:
        chosen = convert if is_for_us(operator) else convert_else
        chosen(scope, operator, container)

    options = convert_else.get_allowed_options()
    update_registered_converter(
        model, alias, set_types_of_either, convert_either, options=options
    )


def _prepare(model: type, prepare: Callable[[Any, Any, Any], None]) -> None:
    """Register what checks or changes a model before it is written."""
    alias = get_model_alias(model)
    convert_then = get_converter(alias)

    def convert(scope: Any, operator: Any, container: Any) -> None:
        prepare(scope, operator, container)
        convert_then(scope, operator, container)

    options = convert_then.get_allowed_options()
    update_registered_converter(
        model, alias, get_shape_calculator(alias), convert, options=options
    )
