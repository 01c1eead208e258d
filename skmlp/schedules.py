"""Learning-rate schedules: functions of the progress of training.

A schedule takes a `Moment` and returns the factor of ``learning_rate_init``.
`SCHEDULES` names the classes; the parameter ``learning_rate`` takes a name, an
instance or class derived from `Schedule`, or any function of the share of training
that is done.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import ClassVar, Literal, NamedTuple, TypeAlias

from skmlp._entries import Entry

__all__ = [
    "SCHEDULES",
    "Adaptive",
    "Constant",
    "Cosine",
    "Exponential",
    "InverseScaling",
    "Moment",
    "OneCycle",
    "Schedule",
    "ScheduleName",
    "ShareOfTraining",
]

ScheduleName: TypeAlias = Literal[
    "constant", "exponential", "invscaling", "cosine", "one_cycle", "adaptive"
]


class Moment(NamedTuple):
    """The progress of training at a step.

    Parameters
    ----------
    share : float
        The share of the planned training that is done, in [0, 1]; 1 after its end.
    epoch : int
        The number of epochs done.
    n_plateaus : int, default=0
        How many times the loss or score did not improve for `n_iter_no_change` epochs.

    Examples
    --------
    >>> from skmlp.schedules import Moment
    >>> Moment(share=0.5, epoch=10).n_plateaus
    0
    """

    share: float
    epoch: int
    n_plateaus: int = 0


class Schedule(Entry):
    """Base class of schedules.

    Attributes
    ----------
    options : tuple of str
        Parameters of the estimator that the constructor takes as keywords when the
        schedule is chosen by name or as a class.
    is_planned : bool
        Whether the factor depends on the share of training that is done, and so on the
        number of epochs. `early_stopping` then does not end training at once: the rest
        of the schedule is shortened to `n_iter_no_change` epochs.
    falls_from : float
        The share of training after which the factor no longer rises. The rest of a
        shortened schedule starts from this share or later.

    Examples
    --------
    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.schedules import Moment, Schedule
    >>> class Steps(Schedule):
    ...     def __init__(self, n_epochs=10):
    ...         self.n_epochs = n_epochs
    ...     def __call__(self, moment):
    ...         return 0.5 ** (moment.epoch // self.n_epochs)
    >>> Steps(5)(Moment(share=0.3, epoch=12))
    0.25
    >>> clf = TwoLayerClassifier(learning_rate=Steps(5))
    """

    is_planned: ClassVar[bool] = False
    falls_from: float = 0.0

    def __call__(self, moment: Moment) -> float:
        """Return the factor of the learning rate."""
        raise self._lacks("__call__")

    def max_plateaus(self, learning_rate_init: float) -> float:
        """Return the number of plateaus at which training ends; infinity for never."""
        return math.inf


class Constant(Schedule):
    """Always 1.

    Examples
    --------
    >>> from skmlp.schedules import Constant, Moment
    >>> Constant()(Moment(share=0.5, epoch=10))
    1.0
    """

    def __call__(self, moment: Moment) -> float:
        """Return 1."""
        return 1.0


class Exponential(Schedule):
    """The same factor after each epoch.

    Parameters
    ----------
    learning_rate_decay : float, default=0.95
        The factor, in (0, 1].

    Examples
    --------
    >>> from skmlp.schedules import Exponential, Moment
    >>> Exponential(0.5)(Moment(share=0.5, epoch=3))
    0.125
    """

    options: ClassVar[tuple[str, ...]] = ("learning_rate_decay",)

    def __init__(self, learning_rate_decay: float = 0.95) -> None:
        self.learning_rate_decay = learning_rate_decay

    def __call__(self, moment: Moment) -> float:
        """Return learning_rate_decay to the power of the epoch."""
        return float(self.learning_rate_decay**moment.epoch)


class InverseScaling(Schedule):
    """The inverse of a power of the epoch.

    Parameters
    ----------
    power_t : float, default=0.5
        The exponent, at least 0.

    Examples
    --------
    >>> from skmlp.schedules import InverseScaling, Moment
    >>> InverseScaling(0.5)(Moment(share=0.5, epoch=3))
    0.5
    """

    options: ClassVar[tuple[str, ...]] = ("power_t",)

    def __init__(self, power_t: float = 0.5) -> None:
        self.power_t = power_t

    def __call__(self, moment: Moment) -> float:
        """Return 1 / (epoch + 1) to the power of power_t."""
        return float((moment.epoch + 1) ** -self.power_t)


def _half_cosine(share: float, end: float) -> float:
    """Fall from 1 to the end value along half a cosine."""
    return end + (1.0 - end) * 0.5 * (1.0 + math.cos(math.pi * share))


class Cosine(Schedule):
    """Half a cosine, from 1 to an end value.

    Parameters
    ----------
    end : float, default=0.001
        The factor after `max_iter` epochs, in [0, 1]; with 0, training that continues
        learns nothing.

    References
    ----------
    Loshchilov & Hutter (2017), "SGDR: stochastic gradient descent with warm restarts",
    equation (5), without restarts.

    Examples
    --------
    >>> from skmlp.schedules import Cosine, Moment
    >>> round(Cosine()(Moment(share=0.5, epoch=10)), 4)
    0.5005
    """

    is_planned: ClassVar[bool] = True

    def __init__(self, end: float = 1e-3) -> None:
        self.end = end

    def __call__(self, moment: Moment) -> float:
        """Return the cosine at the share of training done."""
        return _half_cosine(moment.share, self.end)


class OneCycle(Schedule):
    """A linear rise to 1, then half a cosine to an end value.

    Parameters
    ----------
    warm_up : float, default=0.3
        The share of training in which the factor rises, in [0, 1).
    start : float, default=0.04
        The factor at the start, in [0, 1].
    end : float, default=0.001
        The factor after `max_iter` epochs, in [0, 1].

    References
    ----------
    Smith & Topin (2019), "Super-convergence: very fast training of neural networks
    using large learning rates"; the cosine and the defaults, except that of `end`, are
    those of PyTorch's OneCycleLR.

    Examples
    --------
    >>> from skmlp.schedules import Moment, OneCycle
    >>> OneCycle()(Moment(share=0.3, epoch=6))
    1.0
    """

    is_planned: ClassVar[bool] = True

    def __init__(
        self, warm_up: float = 0.3, start: float = 1 / 25, end: float = 1e-3
    ) -> None:
        self.warm_up = self.falls_from = warm_up
        self.start = start
        self.end = end

    def __call__(self, moment: Moment) -> float:
        """Return the point of the cycle at the share of training done."""
        if moment.share < self.warm_up:
            return self.start + (1.0 - self.start) * moment.share / self.warm_up
        return _half_cosine(
            (moment.share - self.warm_up) / (1.0 - self.warm_up), self.end
        )


class Adaptive(Schedule):
    """Divided by a factor at each plateau; a plateau at a tiny rate ends training.

    Parameters
    ----------
    factor : float, default=5.0
        The learning rate is divided by it; greater than 1.
    least_rate : float, default=1e-6
        A plateau at or below this learning rate ends training, as in `MLPClassifier`;
        positive.

    Examples
    --------
    >>> from skmlp.schedules import Adaptive, Moment
    >>> Adaptive()(Moment(share=0.5, epoch=10, n_plateaus=2))
    0.04
    """

    def __init__(self, factor: float = 5.0, least_rate: float = 1e-6) -> None:
        self.factor = factor
        self.least_rate = least_rate

    def __call__(self, moment: Moment) -> float:
        """Return the factor to the power of minus the plateaus."""
        return float(self.factor**-moment.n_plateaus)

    def max_plateaus(self, learning_rate_init: float) -> float:
        """Return how many plateaus there are down to the least rate, and one more."""
        ratio = min(learning_rate_init / self.least_rate, sys.float_info.max)
        n_down = math.log(ratio, self.factor)
        return 1 + max(math.ceil(n_down), 0)


class ShareOfTraining(Schedule):
    """A function of the share of training that is done, as a schedule.

    Parameters
    ----------
    function : callable
        Takes a float in [0, 1], returns a factor.

    Examples
    --------
    >>> from skmlp.schedules import Moment, ShareOfTraining
    >>> ShareOfTraining(lambda share: 1 - share)(Moment(share=0.25, epoch=3))
    0.75
    """

    is_planned: ClassVar[bool] = True

    def __init__(self, function: Callable[[float], float]) -> None:
        self.function = function

    def __call__(self, moment: Moment) -> float:
        """Return the function of the share of training that is done."""
        return self.function(moment.share)


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "exponential": Exponential,
    "invscaling": InverseScaling,
    "cosine": Cosine,
    "one_cycle": OneCycle,
    "adaptive": Adaptive,
}
