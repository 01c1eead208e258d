"""Three trainings: a learning rate that is too high, overfitting, regularised."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier
from skmlp.inspection import TrainingDisplay

X, y = load_digits(return_X_y=True)
mislabelled = np.random.default_rng(0).random(len(y)) < 0.1
y[mislabelled] = (y[mislabelled] + 1) % 10
X, X_val, y, y_val = train_test_split(X, y, train_size=600, random_state=0)

constant = {"learning_rate": "constant", "alpha": 0.0}
nets = {
    "Learning rate too high": {"learning_rate_init": 0.03, **constant},
    "Overfitting": {"learning_rate_init": 0.001, **constant},
    "Regularised": {"alpha": 1.0, "dropout": 0.5},
}
fig, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained", sharey=True)
for ax, (title, params) in zip(axes, nets.items(), strict=True):
    net = TwoLayerClassifier(max_iter=40, monitor_train=True, random_state=0, **params)
    net.fit(X, y, X_val=X_val, y_val=y_val)
    TrainingDisplay.from_estimator(net, curves="loss", ax=ax)
    ax.set(title=title, ylim=(0, 2.5))
for ax in axes[:2]:
    ax.get_legend().remove()
