"""Searches of scikit-learn on a cluster, by joblib's backend for Dask."""

import joblib
import numpy as np
import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV

from skmlp import TwoLayerClassifier

GRID = {"hidden_layer_size": [2, 16], "learning_rate_init": [1e-4, 1e-2]}
SEARCHES = {
    "grid": lambda clf: GridSearchCV(clf, GRID, cv=2),
    "halving": lambda clf: HalvingGridSearchCV(
        clf, GRID, cv=2, factor=2, min_resources=300, random_state=0
    ),
}


@pytest.mark.parametrize("kind", SEARCHES)
def test_a_search_on_a_cluster_finds_what_it_finds_alone(client, digits, kind):
    X, _, y, _ = digits
    alone = SEARCHES[kind](TwoLayerClassifier(max_iter=4, random_state=0)).fit(X, y)
    with joblib.parallel_config("dask", client=client):
        search = SEARCHES[kind](TwoLayerClassifier(max_iter=4, random_state=0))
        search.fit(X, y)
    assert search.best_params_ == alone.best_params_
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(search.cv_results_[name], alone.cv_results_[name])
    for mine, others in zip(
        search.best_estimator_.coefs_, alone.best_estimator_.coefs_, strict=True
    ):
        np.testing.assert_array_equal(mine, others)
