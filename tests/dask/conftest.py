"""A cluster of two worker processes, and the digits in blocks."""

import signal

import dask.array
import pytest
from clusters import cluster_of
from distributed import Client

from skmlp.dask import DaskTwoLayerClassifier


@pytest.fixture(autouse=True)
def bounded():
    """End a test that waits for what will not come."""

    def give_up(*_):
        raise TimeoutError("This test has waited for two minutes.")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def client():
    """The client of two worker processes that no test kills."""
    with cluster_of(2) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def images(digits):
    """The training rows of the digits: X in 6 blocks of 225 rows, or less, and y."""
    X, _, y, _ = digits
    cut = dask.array.from_array
    return cut(X, chunks=(225, 64)), cut(y, chunks=225)


@pytest.fixture
def few(client):
    """Return a classifier of few units and epochs, in which three replicas train."""

    def make(**params):
        few = {"hidden_layer_size": 8, "max_iter": 3, "n_replicas": 3}
        few |= {"rounds_per_epoch": 2, "outer_momentum": 0.5, "random_state": 0}
        return DaskTwoLayerClassifier(**few | {"client": client} | params)

    return make
