"""Hidden units of a network for digits, and its mistakes."""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier
from skmlp.inspection import PredictionsDisplay, WeightsDisplay

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
clf = TwoLayerClassifier(dropout=0.5, random_state=0).fit(X_train, y_train)
shown = {"image_shape": (8, 8), "n_images": 6, "select": "mistakes"}

fig, axes = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
WeightsDisplay.from_estimator(clf, image_shape=(8, 8), n_units=30, ax=axes[0])
PredictionsDisplay.from_estimator(clf, X_test, y_test, ax=axes[1], **shown)
axes[0].set_title("Hidden units")
axes[1].set_title("Mistakes")
