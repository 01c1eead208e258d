"""What training asks of a client, done in this process: no worker, no network."""

import random

import dask
import numpy as np


class Later:
    """The future of a call, made when its result is wanted."""

    status = "pending"

    def release(self):
        """Do nothing."""

    def __init__(self, function, args):
        self.function = function
        self.args = args
        self.key = f"{function.__name__}-{id(self)}"
        self.result = None
        self.is_done = False


class InProcess:
    """A client that makes the calls in random order, and notes whose results moved.

    What a call returns is read-only from then on, as other calls may be given it.
    """

    asynchronous = False

    def __init__(self, seed=0):
        self.random = random.Random(seed)
        self.calls = []

    def submit(self, function, *args, pure, priority):
        return Later(function, args)

    def compute(self, delayed, **where):
        return [Later(lambda one: dask.compute(one)[0], (one,)) for one in delayed]

    def scatter(self, values, broadcast, hash):
        return [Later(lambda value=value: value, ()) for value in values]

    def get(self, *args, **options):
        return dask.get(*args, **options)

    def gather(self, futures):
        if isinstance(futures, Later):
            return self._result_of(futures)
        if type(futures) in (list, tuple):
            return type(futures)(self._gathered(futures))
        return futures

    def _gathered(self, futures):
        results = {}
        for i in self.random.sample(range(len(futures)), len(futures)):
            results[i] = self.gather(futures[i])
        return [results[i] for i in range(len(futures))]

    def _result_of(self, later):
        if not later.is_done:
            later.result = later.function(*self._gathered(later.args))
            later.is_done = True
            self.calls.append((later.function.__name__, later.args))
            freeze(later.result)
        return later.result


def freeze(result):
    """Let arrays within a result not be written to."""
    if isinstance(result, np.ndarray):
        result.flags.writeable = False
    elif isinstance(result, dict):
        freeze([*result.values()])
    elif isinstance(result, (list, tuple)):
        for part in result:
            freeze(part)
