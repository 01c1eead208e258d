"""The data of the benchmarks: MNIST, digits, text as a wide sparse matrix."""

import os
from functools import cache

import numpy as np
from scipy import sparse
from sklearn.datasets import load_digits

from skmlp.datasets import fetch_mnist

# Rows, columns and entries a row of the text; Zipf's law repeats words, so more are
# drawn than are kept.
_N_TEXTS, _N_WORDS, _N_ENTRIES, _N_DRAWN = 20_000, 2**16, 60, 300


def has_mnist() -> bool:
    """Tell whether the environment names the folder of the real images."""
    return "SKMLP_DATA" in os.environ


@cache
def mnist_images(subset: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Return images, uint8 of shape (n_samples, 784), and labels."""
    if has_mnist():
        return fetch_mnist(subset=subset, return_X_y=True)
    print("SKMLP_DATA is not set: random numbers of MNIST's shape.")
    rng = np.random.default_rng(0)
    n_rows = {"train": 60_000, "test": 10_000}[subset]
    images = rng.integers(256, size=(n_rows, 784), dtype=np.uint8)
    images[rng.random(images.shape, dtype=np.float32) > 0.2] = 0
    return images, rng.integers(10, size=n_rows)


@cache
def mnist(subset: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Return the images between 0 and 1, float32, and labels."""
    images, y = mnist_images(subset)
    return images / np.float32(255), y


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's digits between 0 and 1, float32, and labels."""
    X, y = load_digits(return_X_y=True)
    return (X / 16).astype(np.float32), y


def text_by_zipf() -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return 20,000 texts of 60 of 65,536 words, the n-th as frequent as 1 / n."""
    return _text(1.0 / np.arange(1, _N_WORDS + 1))


def text_uniform() -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return 20,000 texts of 60 of 65,536 words, all equally frequent."""
    return _text(np.ones(_N_WORDS))


def _text(frequencies: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Draw words without repetition; where a word's column is has no order."""
    rng = np.random.default_rng(0)
    columns = rng.permutation(_N_WORDS)
    shares = frequencies / frequencies.sum()
    drawn = columns[rng.choice(_N_WORDS, size=(_N_TEXTS, _N_DRAWN), p=shares)]
    kept = [sorted(list(dict.fromkeys(row))[:_N_ENTRIES]) for row in drawn.tolist()]
    indices = np.array(kept, dtype=np.int32).ravel()
    values = rng.random(len(indices), dtype=np.float32) / np.float32(_N_ENTRIES**0.5)
    starts = np.arange(0, len(indices) + 1, _N_ENTRIES, dtype=np.int32)
    X = sparse.csr_matrix((values, indices, starts), shape=(_N_TEXTS, _N_WORDS))
    return X, rng.integers(20, size=_N_TEXTS)
