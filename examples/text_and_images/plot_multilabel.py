"""
Several labels per row
======================

Which digits does an image show? There are two side by side, under noise, so a row has
one or two of ten labels. The example compares thresholds for each label, class weights
and a chain of networks.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.preprocessing import MultiLabelBinarizer

from skmlp import TwoLayerClassifier

# %%
# Pairs of digits
# ---------------
# Each of scikit-learn's images is in one pair only, so none is both trained on and
# tested on. Y has a column of 0 and 1 for each of the ten digits.
digits = load_digits()
rng = np.random.default_rng(0)
left, right = rng.permutation(1796).reshape(2, -1)
images = np.concatenate([digits.images[left], digits.images[right]], axis=2)
images += rng.normal(0, 4, images.shape)
X = images.reshape(len(images), -1).astype(np.float32)
pairs = zip(digits.target[left], digits.target[right], strict=True)
Y = MultiLabelBinarizer().fit_transform(pairs)

X_train, X_test, Y_train, Y_test = train_test_split(X, Y, random_state=0)
clf = TwoLayerClassifier(random_state=0).fit(X_train, Y_train)
proba = clf.predict_proba(X_test)

# %%
# Each label has a probability of its own; they need not add up to two. A frame marks
# the digits that are in the image.
fig, axes = plt.subplots(
    5, 2, figsize=(7, 4.2), width_ratios=[1.5, 5], layout="constrained"
)
for row, (image_ax, ax) in enumerate(axes):
    image = X_test[row].reshape(8, 16)
    image_ax.imshow(image, cmap="gray_r", interpolation="bilinear")
    ax.imshow(proba[row : row + 1], cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for label, p in enumerate(proba[row]):
        color = "white" if p > 0.6 else "black"
        ax.text(label, 0, f"{p:.0%}", color=color, ha="center", va="center", size=9)
    for label in np.flatnonzero(Y_test[row]):
        corner, frame = (label - 0.48, -0.46), {"edgecolor": "C1", "linewidth": 2.5}
        ax.add_patch(plt.Rectangle(corner, 0.96, 0.92, fill=False, **frame))
    image_ax.set_axis_off()
    ax.set(xticks=range(10), yticks=[])
    ax.tick_params(length=0, labelbottom=row == len(axes) - 1)
axes[0, 1].set_title("Probability of each digit")
plt.show()


# %%
# A threshold for each label
# --------------------------
# A label is predicted where its probability is above 0.5 (dotted), which is best where
# every mistake costs the same. F1 does not count labels that are rightly not predicted,
# so it is highest (dot) at lower thresholds. They are chosen on held-out rows.
def f1_by_threshold(Y, proba):
    """Return F1 of each label at each threshold, of shape (n_thresholds, n_labels)."""
    return np.array([f1_score(Y, proba > t, average=None) for t in thresholds])


thresholds = np.linspace(0.05, 0.95, 19)
held_out = cross_val_predict(clf, X_train, Y_train, method="predict_proba", cv=5)
f1 = f1_by_threshold(Y_train, held_out)
best = thresholds[f1.argmax(axis=0)]

fig, axes = plt.subplots(2, 5, figsize=(7, 3.6), sharex=True, sharey=True)
fig.set_layout_engine("constrained")
for label, ax in enumerate(axes.flat):
    ax.plot(thresholds, f1[:, label])
    ax.plot(best[label], f1[:, label].max(), "o", color="C1")
    ax.axvline(0.5, color="0.7", linewidth=1, linestyle=":")
    ax.set_title(f"{label}: above {best[label]:.2f}", size="medium")
    ax.set_xticks([0, 0.5, 1])
fig.supxlabel("threshold")
fig.supylabel("F1 on held-out rows")
plt.show()


# %%
# Six ways
# --------
# ``class_weight="balanced"`` lets the presence of each label count as much as its
# absence. ``MultiOutputClassifier`` trains a network for each label; so does
# ``ClassifierChain``, where each network also gets the labels before its own as
# features. There are eighty fits, so they are shorter than by default; with
# ``dtype="float32"``, because the chain hands on float64.
def measured(split):
    """Return subset accuracy and macro F1 of each way, on rows not trained on."""
    X_train, X_test, Y_train, Y_test = train_test_split(X, Y, random_state=split)
    short = {"alpha": 1.0, "max_iter": 25, "dtype": "float32", "random_state": split}
    clf = TwoLayerClassifier(**short)
    held_out = cross_val_predict(clf, X_train, Y_train, method="predict_proba", cv=5)
    best = thresholds[f1_by_threshold(Y_train, held_out).argmax(axis=0)]
    proba = clf.fit(X_train, Y_train).predict_proba(X_test)
    predicted = {"one network": proba > 0.5, "a threshold per label": proba > best}
    others = {
        "balanced": TwoLayerClassifier(class_weight="balanced", **short),
        "2,000 units": TwoLayerClassifier(2000, **short),
        "a network per label": MultiOutputClassifier(clf),
        "a chain of networks": ClassifierChain(clf),
    }
    for name, model in others.items():
        predicted[name] = model.fit(X_train, Y_train).predict(X_test)
    return {
        name: (accuracy_score(Y_test, P), f1_score(Y_test, P, average="macro"))
        for name, P in predicted.items()
    }


splits = [measured(split) for split in range(3)]
results = {name: np.mean([s[name] for s in splits], axis=0) for name in splits[0]}
print("Means of three splits  subset accuracy  macro F1")
for name, (accuracy, f1_macro) in results.items():
    print(f"{name:21}  {accuracy:15.3f}  {f1_macro:8.3f}")

# %%
# A network per label is no better than one network with more units. The chain is best
# at predicting all labels of a row (subset accuracy), because the labels depend on one
# another: where two digits have been found, there is no third. Thresholds and class
# weights raise F1.
