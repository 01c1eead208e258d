"""
Quickstart
==========

Handwritten digits in a pipeline: train, test, save, load.
"""

# sphinx_gallery_thumbnail_path = "_static/quickstart.svg"

import tempfile
from pathlib import Path

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmlp import TwoLayerClassifier

# %%
# Train
# -----
# A pipeline that scales the pixels, then trains a network. ``verbose=True`` prints one
# line per epoch.
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

print(f"Training on {len(X_train)} images of 8 x 8 pixels, one line per epoch.")
print("Until epoch 6 the learning rate rises, and the loss may rise a little, too.")
model = make_pipeline(
    MinMaxScaler(), TwoLayerClassifier(max_iter=20, random_state=0, verbose=True)
)
model.fit(X_train, y_train)
print(f"Accuracy on {len(X_test)} other images: {model.score(X_test, y_test):.4f}")

# %%
# Save and load
# -------------
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "digits.joblib"
    joblib.dump(model, path)
    print(f"Written to a temporary file, {path.stat().st_size / 1024:.0f} kB.")
    loaded = joblib.load(path)
same = np.array_equal(loaded.predict_proba(X_test), model.predict_proba(X_test))
print(f"Loaded again, it predicts the same, bit for bit: {same}")
