"""A team of threads that lives as long as a training, or as a prediction."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise, takewhile
from queue import SimpleQueue
from typing import Any, Self, TypeAlias, TypeVar

import numpy as np

# What a thread does, all at once.
Task: TypeAlias = Callable[[], object]

Item = TypeVar("Item")
Result = TypeVar("Result")


class Team:
    """Some threads that do tasks side by side: the one that asks, and its helpers.

    A helper does what it is given in that order. Who waits takes no time of a core. An
    error of a helper is raised where its work is next waited for.

    Parameters
    ----------
    n_threads : int
        How many threads work, with the one that asks; at least 1.
    """

    def __init__(self, n_threads: int) -> None:
        self.helpers = [_Helper(self) for _ in range(n_threads - 1)]

    def __enter__(self) -> Self:
        for helper in self.helpers:
            helper.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        for helper in self.helpers:
            helper.tasks.put(None)
        for helper in self.helpers:
            helper.thread.join()

    def start(self, tasks: Sequence[Task]) -> None:
        """Do the first task; give the others to the helpers, one each."""
        for helper, task in zip(self.helpers, tasks[1:], strict=True):
            helper.tasks.put(task)
        tasks[0]()

    def run(self, tasks: Sequence[Task], afterwards: Task | None = None) -> None:
        """Do the first task, let helpers do the others, and wait for all of them.

        Afterwards the first helper does one more, which is not waited for.
        """
        errors: SimpleQueue[BaseException | None] = SimpleQueue()
        for helper, task in zip(self.helpers, tasks[1:], strict=True):
            helper.tasks.put(task)
            helper.tasks.put(partial(helper.report, errors))
        if afterwards is not None:
            self.helpers[0].tasks.put(afterwards)
        tasks[0]()
        found = [errors.get() for _ in self.helpers]
        for error in found:
            if error is not None:
                raise error

    def wait(self) -> None:
        """Wait until the helpers have nothing to do; raise one of their errors."""
        self.run([_nothing] * (1 + len(self.helpers)))


def side_by_side(
    function: Callable[..., Result],
    *arguments: Sequence[Any],
    given_up: threading.Event | None = None,
) -> list[Result]:
    """Return what `map` would, but compute every call in a thread of its own.

    An event is set where all is given up, for an error or for Ctrl-C: then other calls
    should end soon.
    """
    calls = list(zip(*arguments, strict=True))
    if len(calls) == 1:
        return [function(*calls[0])]
    results: list[Any] = [None] * len(calls)

    def call(i: int) -> None:
        results[i] = function(*calls[i])

    with Team(len(calls)) as team:
        try:
            team.run([partial(call, i) for i in range(len(calls))])
        except BaseException:
            if given_up is not None:
                given_up.set()
            raise
    return results


def until(given_up: threading.Event, items: Iterable[Item]) -> Iterator[Item]:
    """Return items, up to where all is given up."""
    return takewhile(lambda _: not given_up.is_set(), items)


def ranges(n_rows: int, n_ranges: int) -> list[slice]:
    """Return so many ranges of rows, about equal, none of them empty."""
    n_ranges = max(1, min(n_ranges, n_rows))
    bounds = [n_rows * k // n_ranges for k in range(n_ranges + 1)]
    return [slice(*pair) for pair in pairwise(bounds)]


def _nothing() -> None:
    """Do nothing."""


class _Helper:
    """A thread that does tasks, with the settings for NumPy of the thread that asks."""

    def __init__(self, team: Team) -> None:
        self.tasks: SimpleQueue[Task | None] = SimpleQueue()
        # The last task of a team that is forgotten, as Ctrl-C may have it be, untold.
        self.end_of_team: Task = weakref.ref(team, self.tasks.put)
        self.error: BaseException | None = None
        # Python waits for no daemon where Ctrl-C keeps it from being stopped.
        self.thread = threading.Thread(
            target=self._run, args=[np.geterr()], name="skmlp", daemon=True
        )

    def report(self, errors: SimpleQueue[BaseException | None]) -> None:
        """Hand over the first error that there was, if any."""
        error, self.error = self.error, None
        errors.put(error)

    def _run(self, floating_point_errors: Any) -> None:
        with np.errstate(**floating_point_errors):
            while (task := self.tasks.get()) not in (None, self.end_of_team):
                try:
                    task()
                except BaseException as error:
                    self.error = self.error or error
