"""MNIST and Fashion-MNIST, from IDX files or OpenML, and two small real tables."""

from skmlp.datasets.mnist import fetch_fashion_mnist, fetch_mnist, read_idx
from skmlp.datasets.tables import load_penguins, load_seattle_weather

__all__ = [
    "fetch_fashion_mnist",
    "fetch_mnist",
    "load_penguins",
    "load_seattle_weather",
    "read_idx",
]

for _public in (
    *(fetch_fashion_mnist, fetch_mnist, read_idx),
    *(load_penguins, load_seattle_weather),
):
    _public.__module__ = __name__
