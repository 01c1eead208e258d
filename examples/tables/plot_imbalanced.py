"""
Imbalanced classes
==================

A network that is right about four days of five misses most days of the rare class.
Class weights find several times as many but spoil the probabilities, which calibration
mends. Your own threshold finds more, too, and leaves the probabilities as they are.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
)

from skmlp import TwoLayerClassifier, tabular_pipeline
from skmlp.datasets import load_seattle_weather

# %%
# Three classes, one of them rare
# -------------------------------
# Four years of weather in Seattle. Most wet days are called rain in 2012 and fog in
# 2015, so both are one class here. The year is left out.
X, weather = load_seattle_weather(return_X_y=True)
date = X.pop("date").dt
X["day of year"] = date.day_of_year
print(pd.crosstab(weather, date.year.rename("year")), end="\n\n")

rare = "drizzle or snow"
y = weather.replace({"drizzle": rare, "snow": rare, "fog": "rain"})
print(y.value_counts().to_string())


# %%
# Accuracy misleads
# -----------------
# Each day is predicted by a network that was not trained on it. Most predictions are
# right, but the recall of the rare class is low: few of its days are found. "macro avg"
# is the mean over the classes. For recall, that is balanced accuracy.
#
# The network is small, trained briefly and with a fixed ``alpha``, because this page
# fits it more than fifty times. For your own table write ``TwoLayerClassifier()``.
def held_out(model, y, method="predict_proba"):
    """Return what models predict for days that they were not trained on."""
    cv = StratifiedKFold(shuffle=True, random_state=0)
    return cross_val_predict(model, X, y, cv=cv, method=method)


net = TwoLayerClassifier(64, alpha=1, max_iter=20, random_state=0)
linear = LogisticRegression(max_iter=2000)
classifiers = {
    "network": net,
    "network, balanced": clone(net).set_params(class_weight="balanced"),
    "linear": linear,
    "linear, balanced": clone(linear).set_params(class_weight="balanced"),
}
models = {name: tabular_pipeline(clf) for name, clf in classifiers.items()}
proba = {name: held_out(model, y) for name, model in models.items()}
predicted = {name: np.unique(y)[p.argmax(axis=1)] for name, p in proba.items()}
print(metrics.classification_report(y, predicted["network"]))

# %%
# Class weights
# -------------
# ``class_weight="balanced"`` gives each class the same total weight. It finds several
# times as many of the rare days, and balanced accuracy rises. The price: common days
# are taken for rare ones, so accuracy falls. Log-loss rises, because the probabilities
# are now those of a world in which each class has a third of the days. Logistic
# regression (linear) behaves in the same way.
scores = {
    name: {
        "accuracy": metrics.accuracy_score(y, p),
        "balanced accuracy": metrics.balanced_accuracy_score(y, p),
        "macro F1": metrics.f1_score(y, p, average="macro"),
        "recall of rare": (p[y == rare] == rare).mean(),
        "log-loss": metrics.log_loss(y, proba[name]),
    }
    for name, p in predicted.items()
}
print(pd.DataFrame.from_dict(scores, orient="index").round(2).to_string())

# %%
# If you know the costs
# ---------------------
# With calibrated probabilities, no weights and no thresholds are needed, for any number
# of classes: predict the class with the lowest expected cost. Here a rare day that is
# missed costs ten, and every other mistake one.
costs = np.ones((3, 3)) - np.eye(3)  # of the true class (row) and the predicted one
costs[list(np.unique(y)).index(rare)] *= 10
names, true_class = np.unique(y, return_inverse=True)
cheapest = (proba["network"] @ costs).argmin(axis=1)
most_probable = proba["network"].argmax(axis=1)
print("cost of the most probable class ", costs[true_class, most_probable].sum())
print("cost of the cheapest class      ", costs[true_class, cheapest].sum())

# %%
# Thresholds
# ----------
# Now the rare class against the rest, because scikit-learn's
# ``TunedThresholdClassifierCV`` is for two classes only. It chooses the probability
# above which a day counts as rare, here for the highest F1, by a cross-validation of
# its own. If you know the costs, you need not tune: where a missed day costs as much as
# ten false alarms, the best threshold is 1/11, as long as the probabilities are right.
is_rare = (y == rare).astype(int)
model, balanced = models["network"], models["network, balanced"]
inner = StratifiedKFold(3, shuffle=True, random_state=0)
tuned = TunedThresholdClassifierCV(model, scoring="f1", cv=inner)
unweighted_proba = held_out(model, is_rare)[:, 1]
balanced_proba = held_out(balanced, is_rare)[:, 1]
decisions = {
    "above 0.5": unweighted_proba > 0.5,
    "tuned for F1": held_out(tuned, is_rare, method="predict"),
    "above 1/11": unweighted_proba > 1 / 11,
    "balanced, above 0.5": balanced_proba > 0.5,
    "balanced, above 1/11": balanced_proba > 1 / 11,
}
outcomes = {}
for name, decision in decisions.items():
    (_, alarms), (misses, hits) = metrics.confusion_matrix(is_rare, decision)
    outcomes[name] = {"found": hits, "missed": misses, "false alarms": alarms}
    outcomes[name]["F1"] = metrics.f1_score(is_rare, decision)
    outcomes[name]["cost"] = 10 * misses + alarms
print(pd.DataFrame.from_dict(outcomes, orient="index").round(2).to_string())

# %%
# The tuned threshold has the highest F1. The threshold of 1/11 costs clearly less than
# 0.5 does; behind class weights it costs most, because most days raise an alarm.
# ``FixedThresholdClassifier(model, threshold=1 / 11)`` predicts by it, for two classes.
#
# Calibration, before and after
# -----------------------------
# Of the days with a probability of 0.1, one in ten should be rare: the curve of a
# calibrated classifier follows the dotted line. One day in twenty is rare, but the mean
# probability of the balanced network is one in three. ``CalibratedClassifierCV`` learns
# on held-out days how to correct that. The two pictures have different scales.
calibrated = CalibratedClassifierCV(balanced, cv=inner)
calibrated_proba = held_out(calibrated, is_rare)[:, 1]
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.9), layout="constrained")
for ax, name, p, style in (
    (axes[0], "balanced", balanced_proba, "C1s-"),
    (axes[1], "balanced, then calibrated", calibrated_proba, "C1s-"),
    (axes[1], "not weighted", unweighted_proba, "C0o-"),
):
    print(f"{name:26}mean {p.mean():.2f}  log-loss {metrics.log_loss(is_rare, p):.2f}")
    share, mean = calibration_curve(is_rare, p, n_bins=6, strategy="quantile")
    ax.plot(mean, share, style, label=name)
for ax, end, title in zip(axes, (0.8, 0.25), ("Before", "After"), strict=True):
    ax.plot([0, end], [0, end], ":", color="0.4")
    ax.set(title=title, xlabel="predicted probability", ylabel="share of rare days")
    ax.legend(loc="upper left")
plt.show()

# %%
# The calibrated network is about as good as the one without weights, not better. Where
# you want probabilities, do not weight the classes: set a threshold.
