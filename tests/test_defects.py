"""The defects of MLPClassifier are not ours; see `defects.py`."""

import pytest
from defects import CHECKS

from skmlp import TwoLayerClassifier


@pytest.mark.parametrize("name", CHECKS)
def test_defect_of_mlp_classifier_is_not_ours(name):
    CHECKS[name](TwoLayerClassifier)
