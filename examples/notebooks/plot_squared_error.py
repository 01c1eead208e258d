"""
Softmax and squared error, on raw pixels
========================================

The notebook trains a 784-128-10 network without biases on MNIST: sigmoid hidden units,
a softmax output, and as loss the squared distance between the probabilities and the
one-hot label. Batches of 128 images are drawn with replacement, and pixels are bytes
from 0 to 255. After 10,000 steps it recognises 83.8 % of the test images. Without its
four mistakes, the same steps recognise 93 %.
"""

# sphinx_gallery_thumbnail_number = 2
import os

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier
from skmlp.datasets import fetch_mnist
from skmlp.inspection import TrainingDisplay, WeightsDisplay

# %%
# The data
# --------
#
# MNIST, where the environment variable ``SKMLP_DATA`` names its folder; otherwise
# scikit-learn's digits, multiplied to the same range. The number of training images is
# a multiple of the batch size, so that 25 epochs of 400 batches are the 10,000 steps.
BATCH_SIZE = 128
if "SKMLP_DATA" in os.environ:
    X, y = fetch_mnist(subset="train", return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    n_train, n_epochs, image_shape = 400 * BATCH_SIZE, 25, (28, 28)
else:
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(15.9375 * X, y, random_state=0)
    n_train, n_epochs, image_shape = 8 * BATCH_SIZE, 100, (8, 8)
X_train, X_val, y_train, y_val = train_test_split(
    X, y, train_size=n_train, random_state=42
)
print(f"{n_epochs * n_train // BATCH_SIZE} steps, images of {image_shape} pixels")

# %%
# What went wrong
# ---------------
#
# - The softmax divides by the sum over the batch (``axis=0``) instead of the sum over
#   the classes, so the ten numbers of an image do not add up to 1.
# - The derivative of the softmax has only its diagonal. The terms outside of it are
#   missing: the probability of a class also falls when the logit of another class
#   rises.
# - ``exp(-x)`` overflows. On raw pixels the argument of the sigmoid grows beyond 88
#   during training, where the exponential is too large for float32.
# - The recorded loss is the squared difference of class numbers. It punishes a 1 that
#   is taken for a 9 more than a 1 that is taken for a 2.
#
# The next lines compute the first two mistakes for three images and two classes. The
# gradient is that of the squared error with respect to the logits of the first image.
logits = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 3.0]])
target = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])


def softmax(z, axis):
    """Return exp(z), divided by its sum along an axis."""
    shares = np.exp(z - z.max())
    return shares / shares.sum(axis=axis, keepdims=True)


def full_derivative(p, t):
    """Return the derivative of the squared distance of softmax p and target t."""
    error = 2 * (p - t)
    return p * (error - (p * error).sum())


wrong, right = softmax(logits, axis=0), softmax(logits, axis=1)
print("sums of the three rows, over the batch:  ", wrong.sum(axis=1).round(3))
print("sums of the three rows, over the classes:", right.sum(axis=1).round(3))
diagonal = 2 * (wrong[0] - target[0]) * wrong[0] * (1 - wrong[0])
print("the notebook's gradient:", diagonal.round(3))
print("the gradient:           ", full_derivative(right[0], target[0]).round(3))

# %%
# The same network by parameters
# ------------------------------
#
# The squared error of probabilities is the Brier score, ``loss="brier"``.
# ``weight_init="fan_product"`` draws weights between ±1 / √(fan_in · fan_out), as the
# notebook does.
clf = TwoLayerClassifier(
    128,
    activation="logistic",
    loss="brier",
    solver="sgd",
    momentum=0,
    batch_size=BATCH_SIZE,
    sampling="replacement",
    learning_rate="constant",
    learning_rate_init=0.001,
    max_iter=n_epochs,
    alpha=0,
    weight_init="fan_product",
    fit_intercept=False,
    standardize=False,
    random_state=42,
)
clf.fit(X_train, y_train, X_val=X_val, y_val=y_val)
default = TwoLayerClassifier(random_state=0)
default.fit(X_train, y_train, X_val=X_val, y_val=y_val)

print("test accuracy")
print("the notebook, on MNIST                        0.8383")
print("the notebook, corrected, in NumPy, on MNIST   0.927")
print(f"TwoLayerClassifier, the notebook's settings   {clf.score(X_test, y_test):.4f}")
print(
    f"TwoLayerClassifier, default settings          {default.score(X_test, y_test):.4f}"
)

# %%
# Accuracy on the validation images. The notebook ended at 0.825. On raw bytes a third
# of the sigmoid units start near 0 or 1, where their derivative is small, and only a
# small learning rate works. By default, skmlp standardises the features during
# training.
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
TrainingDisplay.from_estimator(
    {"the notebook's settings": clf, "the defaults": default},
    curves=["accuracy"],
    ax=ax,
)
ax.axhline(0.825, linestyle=":", color="gray")
ax.text(n_epochs, 0.825, "the notebook's end", ha="right", va="bottom", color="gray")

# %%
# The weights of the 30 hidden units that are used most. Bright red pixels raise the
# input of a unit, bright blue pixels lower it.
WeightsDisplay.from_estimator(clf, image_shape=image_shape, n_units=30)
plt.show()
