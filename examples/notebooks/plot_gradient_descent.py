"""
Gradient descent on all of MNIST
================================

A course notebook: 784 inputs, 128 units with ReLU, softmax and cross-entropy, 1000
steps of plain gradient descent over all 60,000 images. It ends with ``ValueError:
shapes (128,784) and (60000,784) not aligned``, before the first step.
"""

# sphinx_gallery_thumbnail_number = 2
import os

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier
from skmlp.datasets import fetch_mnist
from skmlp.inspection import PredictionsDisplay, TrainingDisplay

# %%
# The notebook's data where ``SKMLP_DATA`` names its folder, which takes some minutes;
# else the small digits of scikit-learn, which take seconds. The text below speaks of
# MNIST.
if "SKMLP_DATA" in os.environ:
    X_train, y_train = fetch_mnist(subset="train", return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    image_shape = (28, 28)
else:
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    image_shape = (8, 8)
print(f"{len(X_train)} training images of {image_shape} pixels, {len(X_test)} others")

# %%
# What the notebook meant
# -----------------------
#
# Three things stood in its way, and one was for nothing.
#
# - The images are the rows of its table, and the network wants them as columns. Here
#   they are rows, as everywhere in scikit-learn.
# - ``get_predictions`` takes no argument, is called with one, and reads a global ``X``
#   that is not there.
# - The test images are standardised by a mean of their own, one for each of the 28
#   columns of the image. Here all are by one mean and deviation, those of the training
#   images.
# - One-hot labels are made and never used.
#
# ``batch_size=None`` is gradient descent: a batch of everything. Its loss is that
# before the step, so the history is what the notebook would have printed.
network = TwoLayerClassifier(
    128,
    solver="sgd",
    momentum=0,
    batch_size=None,
    learning_rate="constant",
    learning_rate_init=0.01,
    max_iter=1000,
    alpha=0,
    weight_init="normal",
    init_scale=0.01,
    standardize=False,
    random_state=0,
)
mean, std = X_train.mean(), X_train.std()
network.fit(((X_train - mean) / std).astype(np.float32), y_train)

print("iteration      loss   a plain re-run on MNIST: 2.301 ... 0.386")
for iteration, loss in enumerate(network.history_["loss"]):
    if iteration % 100 == 0:
        print(f"{iteration:9d}  {loss:8.3f}")
accuracy = network.score(((X_test - mean) / std).astype(np.float32), y_test)
print("\ntest accuracy   the notebook   a plain re-run (MNIST)     here")
print(f"                        none                   0.8985   {accuracy:.4f}")

# %%
# The same images with our defaults
# ---------------------------------
#
# A thousand steps of gradient descent look at every image a thousand times. In batches,
# with AdamW and a learning rate that rises and falls once, a few looks at each go
# further. Pixels are as they lie on the disk, bytes; nothing is scaled in front.
default = TwoLayerClassifier(random_state=0, monitor_train=True)
default.fit(X_train, y_train)
n_looks = {"gradient descent": network.n_iter_, "defaults": default.n_iter_}
scores = {"gradient descent": accuracy, "defaults": default.score(X_test, y_test)}
for name, score in scores.items():
    print(f"{name:18}{n_looks[name]:5d} epochs, test accuracy {score:.4f}")

# %%
# Training loss by epoch: the whole of the default run lies within the first few steps
# of the other.
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
TrainingDisplay.from_estimator(
    {"gradient descent": network, "defaults": default}, curves=["loss"], ax=ax
)
ax.set(xscale="log", yscale="log")

# %%
# The notebook ends by showing predictions. These are the mistakes that the default
# network is surest of.
PredictionsDisplay.from_estimator(
    default,
    X_test,
    y_test,
    image_shape=image_shape,
    select="mistakes",
    n_images=8,
)
plt.show()
