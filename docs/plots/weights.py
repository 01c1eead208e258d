"""First-layer weights of a network for a table, from each feature to each unit."""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine

from skmlp import TwoLayerClassifier
from skmlp.inspection import WeightsDisplay

X, y = load_wine(return_X_y=True, as_frame=True)
clf = TwoLayerClassifier(24, random_state=0).fit(X, y)
fig, ax = plt.subplots(figsize=(7, 5))
WeightsDisplay.from_estimator(clf, n_units=12, ax=ax)
