"""
Explaining predictions
======================

Why is this tumour called malignant, and which measurements count? Gradients answer for
single rows; two importances and partial dependence answer for all rows together. For
correlated features the importances differ, and none of them is the whole answer.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier
from skmlp.inspection import feature_importances, input_gradients

# %%
# The network
# -----------
#
# Ten measurements of the cell nuclei of a tumour: their mean over its nuclei, their
# standard error, and "worst", the mean of the three largest.
data = load_breast_cancer(as_frame=True)
y = data.target_names[data.target]
X, X_test, y, y_test = train_test_split(data.data, y, stratify=y, random_state=5)
clf = TwoLayerClassifier(alpha=1.0, random_state=0).fit(X, y)
print(f"{X.shape[1]} features, accuracy {clf.score(X_test, y_test):.2f}")


# %%
# One row
# -------
#
# ``input_gradients`` tells how the score of "malignant" changes when a feature of this
# row changes a little. For a whole row, take the mean of the gradients on the way from
# the mean row to this one, times the difference of the two. This is known as integrated
# gradients. These contributions add up to the difference of the two scores.
def contributions(row):
    """Return what each feature adds to the score, beginning at the mean row."""
    difference = row - X.mean()
    steps = (np.arange(200) + 0.5) / 200
    way = X.mean().to_numpy() + np.outer(steps, difference)
    way = pd.DataFrame(way, columns=X.columns)
    gradients = input_gradients(clf, way, output="decision_function")[:, 0]
    return gradients.mean(axis=0) * difference


p_malignant = clf.predict_proba(X_test)[:, list(clf.classes_).index("malignant")]
doubtful = np.abs(p_malignant - 0.5).argmin()
chosen = {"A clear case": p_malignant.argmax(), "A doubtful case": doubtful}
fig, axes = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
for (title, i), ax in zip(chosen.items(), axes, strict=True):
    added = contributions(X_test.iloc[i])
    score, mean_score = clf.decision_function(pd.DataFrame([X_test.iloc[i], X.mean()]))
    print(f"{title}: sum {added.sum():.2f}, difference {score - mean_score:.2f}")
    largest = added[added.abs().sort_values().index[-8:]]
    colors = np.where(largest > 0, "C3", "C0")
    ax.barh(largest.index, largest, color=colors)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.locator_params(axis="x", nbins=5)
    ax.set_title(f"{title}: malignant by {p_malignant[i]:.0%}")
fig.supxlabel(
    "contribution to the score (red: for malignant, blue: for benign)", size=10
)
plt.show()

# %%
# All rows
# --------
#
# ``feature_importances`` is the size of the gradients over many rows, times the
# standard deviation of the feature: how much the *output changes* with it.
# scikit-learn's ``permutation_importance`` shuffles a feature among the rows and
# measures how much the log-loss rises: how much *worse* predictions are without it.
permuted = permutation_importance(
    clf, X_test, y_test, scoring="neg_log_loss", n_repeats=10, random_state=0
)
importances = pd.DataFrame(
    {
        "gradients": feature_importances(clf, X_test),
        "permutation": permuted.importances_mean,
    },
    index=X.columns,
).sort_values("gradients")

size = [f"{p} {w}" for p in ("mean", "worst") for w in ("radius", "perimeter", "area")]
is_size = importances.index.isin(size)
fig, axes = plt.subplots(1, 2, figsize=(9, 7), sharey=True, layout="constrained")
for ax, column in zip(axes, importances, strict=True):
    for part, color, label in (
        (is_size, "C1", "size"),
        (~is_size, "0.6", "all others"),
    ):
        ax.barh(
            np.flatnonzero(part), importances[column][part], color=color, label=label
        )
    ax.margins(y=0.01)
axes[0].set_yticks(range(len(importances)), importances.index)
axes[0].set(title="By gradients", xlabel="change of the logits (root mean square)")
axes[1].set(title="By permutation", xlabel="rise of the log-loss")
axes[1].legend(loc="lower right")
plt.show()


# %%
# Both have the worst texture and the worst concave points at the top. They differ for
# features that are strongly correlated, as the six in orange are, which are sizes of
# the nuclei. The output changes with the worst three more than with most others, but
# without one of them the loss hardly rises, because five others tell nearly the same.
# Only if all six are shuffled together, the loss shows how much the size counts.
def rise(columns):
    """Return the rise of the log-loss where these columns are shuffled together."""
    rises = []
    for seed in range(10):
        shuffled = X_test.copy()
        order = np.random.default_rng(seed).permutation(len(X_test))
        shuffled[columns] = X_test[columns].to_numpy()[order]
        rises.append(log_loss(y_test, clf.predict_proba(shuffled)))
    return np.mean(rises) - log_loss(y_test, clf.predict_proba(X_test))


print(f"least correlation among the six  {X[size].corr().min(axis=None):.2f}")
print("rise of the log-loss")
print(f"  worst texture                  {rise(['worst texture']):.3f}")
print(f"  sizes, one by one, sum         {sum(rise([name]) for name in size):.3f}")
print(f"  sizes, all six together        {rise(size):.3f}")

# %%
# How it depends on a feature
# ---------------------------
#
# A thin line is a tumour of which one feature is changed. The dashed line is the mean
# of all, the partial dependence. Many lines stay at 0 or 1: these tumours are too clear
# for one feature to change that. Here, too, the worst radius changes while area and
# perimeter stay as they were, so the curve shows less than the size means.
fig, axes = plt.subplots(1, 3, figsize=(9.5, 3.6), layout="constrained", sharey=True)
PartialDependenceDisplay.from_estimator(
    clf,
    X_test,
    ["worst texture", "worst concave points", "worst radius"],
    kind="both",
    subsample=60,
    random_state=0,
    ice_lines_kw={"alpha": 0.5},
    pd_line_kw={"color": "C1", "linewidth": 3},
    ax=axes,
)
for ax in axes:
    ax.get_legend().remove()
    ax.set_ylabel("")
axes[0].set_ylabel("probability of malignant")
plt.show()

# %%
# None of this tells causes: it tells what this network does with its features. For SHAP
# values see :doc:`/with_other_libraries`.
