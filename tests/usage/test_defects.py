"""The defects of MLPClassifier are not ours; see `defects.py`."""

from functools import partial

import pytest
from defects import CHECKS

from skmlp import TwoLayerClassifier

# They tell rows apart by a feature of each row's own, which centring would give to all.
FEATURE_A_ROW = {"check_1_hold_out_is_stratified", "check_2_second_call_shuffles_anew"}


@pytest.mark.parametrize("name", CHECKS)
def test_defect_of_mlp_classifier_is_not_ours(name):
    params = {"standardize": False} if name in FEATURE_A_ROW else {}
    CHECKS[name](partial(TwoLayerClassifier, **params))
