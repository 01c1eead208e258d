"""Schedules that do something to the worker that asks them, at some share of training.

They are constant. What they have done is seen by others from a file, and done so often.
"""

import os
import signal
from pathlib import Path


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


class WaitsForOthers(Constant):
    """Let the first that comes to a share wait until another has come as far."""

    def __init__(self, folder, share):
        self.folder = folder
        self.share = share

    def __call__(self, share):
        if share >= self.share:
            here = Path(self.folder, str(os.getpid()))
            is_first = not here.exists()
            here.touch()
            while is_first and len([*Path(self.folder).iterdir()]) < 2:
                pass
        return 1.0


class Tells(Constant):
    """Write what share of training has been reached, and by whom."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, share):
        Path(self.folder, f"{os.getpid()} {share}").touch()
        return 1.0


class TellsAndWaits(Constant):
    """Tell that a share is reached, and wait there for as long as a file is missing."""

    def __init__(self, folder, share):
        self.folder = folder
        self.share = share

    def __call__(self, share):
        if share >= self.share:
            Path(self.folder, "reached").touch()
            while not Path(self.folder, "go on").exists():
                pass
        return 1.0
