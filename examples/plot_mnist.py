"""
MNIST
=====

All 60,000 training images with the defaults: above 98 % of the test images.
The images are read from ``$SKMLP_DATA`` or fetched from OpenML once.
"""

from skmlp import TwoLayerClassifier
from skmlp.datasets import fetch_mnist

# %%
# Pixels as they are, bytes from 0 to 255: no scaler, no copy.
X_train, y_train = fetch_mnist(subset="train", return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)

# %%
# The learning rate rises and falls once: with it, few epochs suffice.
clf = TwoLayerClassifier(random_state=0, verbose=True)
clf.fit(X_train, y_train)
print(f"Accuracy on {len(X_test):,} test images: {clf.score(X_test, y_test):.4f}")
