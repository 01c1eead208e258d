"""Trainings timed in processes of their own, with the threads that a library takes."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from contestants import Training
from data_sets import mnist
from side_by_side import seconds

MOST_SECONDS = 60.0
_WARM_UP_ROWS = 1_000


def seconds_elsewhere(
    make: Callable[..., Training],
    n_rows: int | None,
    *,
    beside: AbstractContextManager[object] | None = None,
    **params: Any,
) -> float:
    """Return how long a training on MNIST takes in a fresh process, or the most it may.

    Parameters
    ----------
    make : callable
        Takes X, y and parameters; returns the training.
    n_rows : int or None
        The number of rows to train on, None for all.
    beside : context manager or None
        What happens at the same time.
    **params
        Of the training.
    """
    context = get_context("spawn")
    answers, caller = context.Pipe()
    process = context.Process(target=_report, args=(make, n_rows, params, caller))
    process.start()
    try:
        answers.recv()
        with beside or nullcontext():
            answers.send("start")
            return answers.recv() if answers.poll(MOST_SECONDS) else MOST_SECONDS
    finally:
        process.kill()
        process.join()


def _report(
    make: Callable[..., Training],
    n_rows: int | None,
    params: dict[str, Any],
    caller: Connection,
) -> None:
    """Say that the warm-up is over, wait for the start, time a training."""
    warnings.simplefilter("ignore")  # MLPClassifier warns that two epochs are few
    X, y = (part[:n_rows] for part in mnist())
    make(X[:_WARM_UP_ROWS], y[:_WARM_UP_ROWS], **params)()
    training = make(X, y, **params)
    caller.send("ready")
    caller.recv()
    caller.send(seconds(training))
