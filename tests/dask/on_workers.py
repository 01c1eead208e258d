"""Schedules that do something to the worker that asks them, at some share of training.

They are constant. What they have done is seen by others from a file, and done so often.
"""

import os
import signal
from pathlib import Path


def wait_for(path):
    """Wait until there is a file, and others have the processor."""
    while not path.exists():
        os.sched_yield()


class Constant:
    """Do nothing."""

    def __call__(self, share):
        return 1.0


class KillsWorkers(Constant):
    """Kill the process that comes to a share of training, the first so many times."""

    def __init__(self, folder, share, times=1):
        self.folder = folder
        self.share = share
        self.times = times

    def __call__(self, share):
        if share >= self.share and self.is_wanted():
            os.kill(os.getpid(), signal.SIGKILL)
        return 1.0

    def is_wanted(self):
        return any(map(self._is_first_to_make, range(self.times)))

    def _is_first_to_make(self, number):
        try:
            Path(self.folder, f"killed {number}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


class Waits(Constant):
    """Tell that a share is reached, and wait there for as long as a file is missing."""

    def __init__(self, folder, share):
        self.folder = folder
        self.share = share

    def __call__(self, share):
        if share >= self.share:
            unfinished = Path(self.folder, f"unfinished {os.getpid()}")
            unfinished.write_text(str(os.getpid()))
            unfinished.replace(Path(self.folder, "reached"))
            wait_for(Path(self.folder, "go on"))
        return 1.0
