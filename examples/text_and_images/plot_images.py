"""
Images
======

Handwritten digits, uint8 as a file holds them, without a scaler: a validation set, the
mistakes, and what hidden units look for. Shifted copies of the training images make the
network better; a support-vector machine is as good.
"""

# sphinx_gallery_thumbnail_number = 2

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skmlp import TwoLayerClassifier
from skmlp.inspection import PredictionsDisplay, TrainingDisplay, WeightsDisplay

# %%
# Train
# -----
# An image is a row of 64 numbers from 0 to 16. ``X_val`` is predicted after each epoch,
# but not learnt from; ``monitor_train=True`` measures the training images likewise.
digits = load_digits()
images, y = digits.images.astype(np.uint8), digits.target
X = images.reshape(len(images), -1)
X_train, X_rest, y_train, y_rest = train_test_split(
    X, y, train_size=900, stratify=y, random_state=0
)
X_val, X_test, y_val, y_test = train_test_split(
    X_rest, y_rest, train_size=300, stratify=y_rest, random_state=0
)

clf = TwoLayerClassifier(monitor_train=True, random_state=0)
clf.fit(X_train, y_train, X_val=X_val, y_val=y_val)
print(f"Trained on {len(X_train)} images, {X_train.dtype}")
print(f"Accuracy on {len(X_val)} images for validation: {clf.score(X_val, y_val):.3f}")
print(f"Accuracy on {len(X_test)} images for the test: {clf.score(X_test, y_test):.3f}")

# %%
# Loss and accuracy, epoch by epoch:
TrainingDisplay.from_estimator(clf)
plt.show()

# %%
# The network soon knows all training images, and the validation loss stays low: there
# is no need to stop early. Where it rises again, try a larger ``alpha`` first.
#
# The mistakes
# ------------
# The most confident mistakes on the test images. Some of them a human might make, too,
# and a better model will hardly help there.
PredictionsDisplay.from_estimator(
    clf, X_test, y_test, image_shape=(8, 8), n_images=10, select="mistakes"
)
plt.show()


# %%
# Shifted copies
# --------------
# The network does not know which pixels are neighbours: a digit that is shifted by one
# pixel is a new image to it. So copies of the training images, shifted up, down, left
# and right, may help. They are made after the split, because a copy of a test image
# within the training set would make the test too easy.
def with_shifted_copies(X, y):
    """Return the images and four copies of each, shifted by one pixel."""
    padded = np.pad(X.reshape(-1, 8, 8), [(0, 0), (1, 1), (1, 1)])
    corners = [(1, 1), (0, 1), (2, 1), (1, 0), (1, 2)]
    copies = [padded[:, i : i + 8, j : j + 8].reshape(len(X), -1) for i, j in corners]
    return np.concatenate(copies), np.tile(y, len(copies))


def measured(seed):
    """Return accuracy and log-loss of each way, trained on 300 images."""
    X_few, X_others, y_few, y_others = train_test_split(
        X, y, train_size=300, stratify=y, random_state=seed
    )
    few, copies = (X_few, y_few), with_shifted_copies(X_few, y_few)
    params = {"alpha": 0.3, "random_state": seed}
    ways = {
        "as they are": TwoLayerClassifier(**params).fit(*few),
        "dropout": TwoLayerClassifier(dropout=0.2, **params).fit(*few),
        "label smoothing": TwoLayerClassifier(label_smoothing=0.05, **params).fit(*few),
        "shifted copies": TwoLayerClassifier(**params).fit(*copies),
        "SVC": SVC().fit(*few),
        "SVC, shifted copies": SVC().fit(*copies),
    }
    scores = {way: [clf.score(X_others, y_others), np.nan] for way, clf in ways.items()}
    for way, clf in ways.items():
        if hasattr(clf, "predict_proba"):
            scores[way][1] = log_loss(y_others, clf.predict_proba(X_others))
    return scores


splits = [measured(seed) for seed in range(5)]
results = {way: np.array([scores[way] for scores in splits]) for way in splits[0]}
print("Means of five splits  accuracy  log-loss")
for way, scores in results.items():
    accuracy, loss = scores.mean(axis=0)
    print(f"{way:20}  {accuracy:8.3f}  {loss:8.3f}".replace("nan", " --"))

# %%
# Shifted copies raise the accuracy and lower the log-loss. Dropout changes little. With
# label smoothing a few more predictions are right, but the probabilities are too
# cautious: the log-loss is higher. A support-vector machine gains from the copies, too,
# and is as good as the network or a little better; it has no probabilities.
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for row, scores in enumerate(results.values()):
    ax.plot(scores[:, 0], [row] * len(scores), "o", color="C0", alpha=0.6)
    ax.plot(scores[:, 0].mean(), row, "|", color="C1", markersize=22, markeredgewidth=3)
ax.set_yticks(range(len(results)), results)
ax.invert_yaxis()
ax.set_xlabel("accuracy on each split, and its mean (line)")
plt.show()

# %%
# What the hidden units look for
# ------------------------------
# A network that was trained with shifted copies of all 900 training images:
clf = TwoLayerClassifier(random_state=0).fit(*with_shifted_copies(X_train, y_train))
print(f"Accuracy on the test images, now: {clf.score(X_test, y_test):.3f}")

# %%
# Ink on a red pixel raises the input of a unit, ink on a blue one lowers it. Some units
# look for a stroke or an edge; most mean something only together with the others.
fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
WeightsDisplay.from_estimator(clf, image_shape=(8, 8), n_units=20, ax=ax)
plt.show()

# %%
# For photographs this is the wrong kind of network: it would have to learn anew for
# each place what an edge is. Take a convolutional network in PyTorch or Keras; or let a
# network that others have trained turn photographs into embeddings, and classify these
# by ``TwoLayerClassifier``: see :doc:`/alternatives`.
