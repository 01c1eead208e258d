"""Learning-rate schedules: functions of where training stands.

A schedule takes a `Moment` and returns what ``learning_rate_init`` is multiplied by.
`SCHEDULES` names functions that build one from the estimator's parameters ``power_t``
and ``learning_rate_decay``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["PLANNED", "SCHEDULES", "Moment", "Schedule", "from_callable"]

_WARM_UP = 0.3  # PyTorch's OneCycleLR: the share of training that warms up ...
_START = 1 / 25  # ... and the multiplier that it starts at
_END = 1e-3  # never zero, so that training on after the planned end still learns


class Moment(NamedTuple):
    """Where training stands when a step is taken.

    Parameters
    ----------
    share : float
        The share of the planned training that is done, in [0, 1]; 1 after its end.
    epoch : int
        The number of epochs done.
    n_plateaus : int, default=0
        How often the monitored loss or score stood still for `n_iter_no_change` epochs.

    Examples
    --------
    >>> from skmlp.schedules import Moment
    >>> Moment(share=0.5, epoch=10).n_plateaus
    0
    """

    share: float
    epoch: int
    n_plateaus: int = 0


Schedule = Callable[[Moment], float]


def _constant(power_t: float, learning_rate_decay: float) -> Schedule:
    return lambda moment: 1.0


def _exponential(power_t: float, learning_rate_decay: float) -> Schedule:
    return lambda moment: learning_rate_decay**moment.epoch


def _invscaling(power_t: float, learning_rate_decay: float) -> Schedule:
    return lambda moment: (moment.epoch + 1) ** -power_t


def _adaptive(power_t: float, learning_rate_decay: float) -> Schedule:
    return lambda moment: 5.0**-moment.n_plateaus


def _half_cosine(share: float) -> float:
    """Fall from 1 to the end value along half a cosine."""
    return _END + (1.0 - _END) * 0.5 * (1.0 + math.cos(math.pi * share))


def _cosine(power_t: float, learning_rate_decay: float) -> Schedule:
    """Loshchilov & Hutter (2017), "SGDR", equation (5), without restarts."""
    return lambda moment: _half_cosine(moment.share)


def _one_cycle(power_t: float, learning_rate_decay: float) -> Schedule:
    """Smith & Topin (2019), "Super-convergence", with a cosine as its second part."""

    def multiplier(moment: Moment) -> float:
        if moment.share < _WARM_UP:
            return _START + (1.0 - _START) * moment.share / _WARM_UP
        return _half_cosine((moment.share - _WARM_UP) / (1.0 - _WARM_UP))

    return multiplier


SCHEDULES: dict[str, Callable[[float, float], Schedule]] = {
    "constant": _constant,
    "exponential": _exponential,
    "invscaling": _invscaling,
    "cosine": _cosine,
    "one_cycle": _one_cycle,
    "adaptive": _adaptive,
}
# Those that depend on the share of training done, and so on its planned length.
PLANNED = frozenset({"cosine", "one_cycle"})


def from_callable(function: Callable[[float], float]) -> Schedule:
    """Turn a user's function of the share of training done into a schedule.

    Parameters
    ----------
    function : callable
        Takes a float in [0, 1], returns a multiplier.

    Returns
    -------
    schedule : callable
        Takes a `Moment`, returns a Python float, so that nothing is upcast by it.

    Examples
    --------
    >>> from skmlp.schedules import Moment, from_callable
    >>> from_callable(lambda share: 1 - share)(Moment(share=0.25, epoch=3))
    0.75
    """
    return lambda moment: float(function(moment.share))
