from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV

from skmlp import TwoLayerClassifier

X, y = load_digits(return_X_y=True)
search = HalvingGridSearchCV(
    TwoLayerClassifier(32, random_state=0),
    {"alpha": [0.03, 0.1, 0.3, 1.0], "dropout": [0, 0.2]},
    resource="max_iter",
    min_resources="exhaust",
    max_resources=18,
    cv=3,
    random_state=0,
)
search.fit(X, y)
print(search.best_params_, search.n_resources_)
