"""Losses on logits, each with the link that turns logits into probabilities.

Logits have shape (n_outputs, n_rows), one column per sample, because reductions along
the first axis vectorise: a softmax takes a fifth of the time of one along the second.
Targets t have the same shape: one-hot columns, smoothed by `label_smoothing` (ε)::

    t_k = (1 - ε) [k = y] + ε / n_outputs

If a row may have several labels, each output is one label, and the loss that the method
``multilabel`` returns is used: the sum over labels, with the logistic function
instead of the softmax, and a target for each label, present or absent::

    t_k = (1 - ε) [k is in y] + ε / 2

``value_and_grad(t, logits, weight, dlogits)`` returns Σᵢ wᵢ lossᵢ, writes its gradient
into ``dlogits`` and may overwrite ``t`` and ``logits``. ``link(logits)`` and
``log_link(logits)`` turn logits into probabilities and their logarithms in place.
`LOSSES` names them all; the parameter ``loss`` takes a name, or an instance or class
with the same methods, such as one derived from `Loss`.
"""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

import numpy as np
from scipy import special

from skmlp._entries import Entry

__all__ = [
    "LOSSES",
    "Brier",
    "LogLoss",
    "Loss",
    "LossName",
    "MultilabelBrier",
    "MultilabelLogLoss",
    "MultilabelLoss",
    "MultilabelSquaredError",
    "SquaredError",
    "softmax",
]

LossName: TypeAlias = Literal["log_loss", "squared_error", "brier"]

# Gradients below exp(-60) = 1e-26 count for nothing, but as subnormal numbers they
# would slow down the products that follow: 2.5 times on raw pixels.
_LEAST_EXPONENT = -60.0


def softmax(logits: np.ndarray) -> None:
    """Replace each column by its softmax.

    Parameters
    ----------
    logits : ndarray of shape (n_outputs, n_rows)
        Overwritten; afterwards each column is positive and sums to one.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.losses import softmax
    >>> logits = np.log([[1.0], [3.0]])
    >>> softmax(logits)
    >>> logits
    array([[0.25],
           [0.75]])
    """
    np.subtract(logits, np.maximum.reduce(logits, axis=0), out=logits)
    np.exp(logits, out=logits)
    np.divide(logits, np.add.reduce(logits, axis=0), out=logits)


class Loss(Entry):
    """Base class of losses, with the softmax as its link.

    A loss stores nothing between calls, so that several threads may share it. It may
    have its own parameters, with defaults. `options` lists those that it gets from the
    estimator if it is chosen by name or as a class.

    Attributes
    ----------
    options : tuple of str
        Parameters of the estimator that the constructor takes as keywords.
    out_activation : str
        The name of the link.
    threshold : float or None
        If a row may have several labels, a label is predicted if its logit is above
        this; the link turns it into 0.5. None if a row has one label, which is that of
        the largest logit.

    Examples
    --------
    The focal loss (Lin et al. 2017, equation (4)) gives less weight to rows that are
    predicted well:

    >>> import numpy as np
    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.losses import Loss
    >>> class FocalLoss(Loss):
    ...     def __init__(self, gamma=2.0):
    ...         self.gamma = gamma
    ...     def value_and_grad(self, t, logits, weight, dlogits):
    ...         self.log_link(logits)
    ...         log_p, p = logits, np.exp(logits)
    ...         focus = (1 - p) ** self.gamma
    ...         a = self.gamma * (1 - p) ** (self.gamma - 1) * p * log_p - focus
    ...         a *= t
    ...         dlogits[...] = weight * (a - p * a.sum(axis=0))
    ...         return -float(weight @ (t * focus * log_p).sum(axis=0))
    >>> clf = TwoLayerClassifier(loss=FocalLoss(gamma=1.5), random_state=0)
    >>> clf.fit([[0.0], [1.0]], [0, 1]).predict([[0.0], [1.0]])
    array([0, 1])
    """

    out_activation: ClassVar[str] = "softmax"
    threshold: ClassVar[float | None] = None

    def value_and_grad(
        self, t: np.ndarray, logits: np.ndarray, weight: np.ndarray, dlogits: np.ndarray
    ) -> float:
        """Return the weighted sum of the losses; write its gradient into dlogits."""
        raise self._lacks("value_and_grad")

    def multilabel(self) -> MultilabelLoss:
        """Return the form of this loss for several labels per row."""
        of_labels: dict[type[Loss], type[MultilabelLoss]] = {
            LogLoss: MultilabelLogLoss,
            SquaredError: MultilabelSquaredError,
            Brier: MultilabelBrier,
        }
        if type(self) not in of_labels:  # what derives from one is another loss
            raise ValueError(
                f"loss={self!r} is for one label per row. Define its method "
                "multilabel, which returns a MultilabelLoss, or choose one of "
                f"{[*LOSSES]}."
            )
        return of_labels[type(self)]()

    def link(self, logits: np.ndarray) -> None:
        """Replace logits by probabilities: p_k = exp(o_k) / Σⱼ exp(o_j)."""
        softmax(logits)

    def log_link(self, logits: np.ndarray) -> None:
        """Replace logits by the logarithms of probabilities, without leaving them."""
        np.subtract(logits, logits.max(axis=0), out=logits)
        np.subtract(logits, np.log(np.exp(logits).sum(axis=0)), out=logits)
        np.maximum(logits, np.finfo(logits.dtype).min, out=logits)


class LogLoss(Loss):
    """Cross-entropy of the softmax of the logits, -Σ_k t_k log p_k.

    References
    ----------
    Bishop (2006), "Pattern Recognition and Machine Learning", section 5.2, (5.24).

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.losses import LogLoss
    >>> t, logits = np.array([[0.0], [1.0]]), np.log([[1.0], [3.0]])
    >>> value = LogLoss().value_and_grad(t, logits, np.ones(1), dlogits := 0 * t)
    >>> print(round(value, 4), dlogits.ravel())
    0.2877 [ 0.25 -0.25]
    """

    def value_and_grad(
        self, t: np.ndarray, logits: np.ndarray, weight: np.ndarray, dlogits: np.ndarray
    ) -> float:
        """Return the weighted sum of the losses; write its gradient into dlogits."""
        np.multiply(t, weight, out=t)
        np.subtract(logits, np.maximum.reduce(logits, axis=0), out=logits)
        np.maximum(logits, _LEAST_EXPONENT, out=dlogits)
        np.exp(dlogits, out=dlogits)
        normalizer = np.add.reduce(dlogits, axis=0)
        # loss = log Σ_k exp(o_k) - Σ_k t_k o_k
        value = np.dot(weight, np.log(normalizer)) - np.vdot(t, logits)
        # dloss/do = p - t
        np.multiply(dlogits, weight / normalizer, out=dlogits)
        np.subtract(dlogits, t, out=dlogits)
        return float(value)


class Brier(Loss):
    """Squared distance of the softmax of the logits from the target, ‖p - t‖².

    References
    ----------
    Brier (1950), "Verification of forecasts expressed in terms of probability",
    Monthly Weather Review 78(1), the original definition, over all classes: twice what
    :func:`sklearn.metrics.brier_score_loss` gives for two classes by default.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.losses import Brier
    >>> t, logits = np.array([[0.0], [1.0]]), np.log([[1.0], [3.0]])
    >>> value = Brier().value_and_grad(t, logits, np.ones(1), dlogits := 0 * t)
    >>> print(round(value, 4), dlogits.ravel())
    0.125 [ 0.1875 -0.1875]
    """

    def value_and_grad(
        self, t: np.ndarray, logits: np.ndarray, weight: np.ndarray, dlogits: np.ndarray
    ) -> float:
        """Return the weighted sum of the losses; write its gradient into dlogits."""
        softmax(logits)
        p = logits
        np.subtract(p, t, out=dlogits)  # e = p - t
        losses = np.einsum("kn,kn->n", dlogits, dlogits)
        # Jacobian of softmax: dloss/do = 2 p ∘ (e - Σ_k p_k e_k)
        np.subtract(dlogits, np.einsum("kn,kn->n", p, dlogits), out=dlogits)
        np.multiply(dlogits, p, out=dlogits)
        np.multiply(dlogits, 2.0 * weight, out=dlogits)
        return float(np.dot(weight, losses))


class SquaredError(Loss):
    """Half the squared distance of the linear outputs from the target, ½‖o - t‖².

    The minimiser of the expected loss is the vector of class probabilities. So the
    outputs estimate probabilities, but may be outside of [0, 1]; the link returns the
    nearest probability vector, the Euclidean projection on the simplex.

    References
    ----------
    Richard & Lippmann (1991), "Neural network classifiers estimate Bayesian a
    posteriori probabilities", Neural Computation 3(4), section 2. Duchi et al. (2008),
    "Efficient projections onto the l1-ball for learning in high dimensions", figure 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.losses import SquaredError
    >>> t, outputs = np.array([[0.0], [1.0]]), np.array([[0.5], [0.75]])
    >>> SquaredError().value_and_grad(t, outputs, np.ones(1), doutputs := 0 * t)
    0.15625
    >>> doutputs.ravel()
    array([ 0.5 , -0.25])
    """

    out_activation: ClassVar[str] = "identity"

    def value_and_grad(
        self, t: np.ndarray, logits: np.ndarray, weight: np.ndarray, dlogits: np.ndarray
    ) -> float:
        """Return the weighted sum of the losses; write its gradient into dlogits."""
        np.subtract(logits, t, out=dlogits)  # e = o - t
        losses = np.einsum("kn,kn->n", dlogits, dlogits)
        np.multiply(dlogits, weight, out=dlogits)
        return 0.5 * float(np.dot(weight, losses))

    def link(self, logits: np.ndarray) -> None:
        """Replace each column by the nearest vector of probabilities.

        A zero becomes the smallest normal number, so that its logarithm is finite.
        """
        # What follows is the same for logits that differ by a constant, and for those
        # that lie more than 1 below the largest: their probability is zero.
        np.subtract(logits, logits.max(axis=0), out=logits)
        np.maximum(logits, -2.0, out=logits)
        descending = -np.sort(-logits, axis=0)
        ranks = np.arange(1, len(logits) + 1, dtype=logits.dtype)[:, np.newaxis]
        surplus = (np.cumsum(descending, axis=0) - 1.0) / ranks
        n_positive = (descending > surplus).sum(axis=0)
        threshold = np.take_along_axis(surplus, n_positive[np.newaxis] - 1, axis=0)
        np.subtract(logits, threshold, out=logits)
        np.maximum(logits, float(np.finfo(logits.dtype).tiny), out=logits)

    def log_link(self, logits: np.ndarray) -> None:
        """Replace each column by the logarithms of its link."""
        self.link(logits)
        np.log(logits, out=logits)


class MultilabelLoss(Loss):
    """Base class of losses for several labels per row, with the logistic link.

    It is for multilabel classification: each output is one label, with the target 0
    or 1, or with `label_smoothing` closer to 0.5. `value_and_grad` gets one weight per
    row, of shape (n_rows,), or with `class_weight` one weight per label and row, of the
    shape of the logits.

    Examples
    --------
    The focal loss of Lin et al. (2017), "Focal loss for dense object detection",
    equation (4), for each label, as in the paper:

    >>> import numpy as np
    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.losses import MultilabelLoss
    >>> class FocalLoss(MultilabelLoss):
    ...     def value_and_grad(self, t, logits, weight, dlogits):
    ...         signs = 2 * t - 1
    ...         log_p = signs * logits
    ...         self.log_link(log_p)
    ...         p = np.exp(log_p)
    ...         a = 2 * (1 - p) ** 2 * p * log_p - (1 - p) ** 3
    ...         dlogits[...] = weight * signs * a
    ...         return -float((weight * (1 - p) ** 2 * log_p).sum())
    >>> clf = TwoLayerClassifier(loss=FocalLoss(), random_state=0)
    >>> X, Y = [[0.0], [1.0], [2.0]], [[0, 1], [1, 1], [1, 0]]
    >>> clf.fit(X, Y).predict(X).tolist()
    [[0, 1], [1, 1], [1, 0]]
    """

    out_activation: ClassVar[str] = "logistic"
    threshold: ClassVar[float | None] = 0.0

    def multilabel(self) -> MultilabelLoss:
        """Return the loss itself."""
        return self

    def link(self, logits: np.ndarray) -> None:
        """Replace logits by probabilities: p_k = 1 / (1 + exp(-o_k))."""
        special.expit(logits, out=logits)

    def log_link(self, logits: np.ndarray) -> None:
        """Replace logits by the logarithms of probabilities, without leaving them."""
        special.log_expit(logits, out=logits)


class MultilabelLogLoss(MultilabelLoss):
    """Binary cross-entropy, -Σ_k (t_k log p_k + (1 - t_k) log(1 - p_k)).

    References
    ----------
    Bishop (2006), "Pattern Recognition and Machine Learning", section 5.2, (5.22).

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.losses import MultilabelLogLoss
    >>> t, logits = np.array([[0.0], [1.0]]), np.log([[1.0], [3.0]])
    >>> value = MultilabelLogLoss().value_and_grad(t, logits, np.ones(1), d := 0 * t)
    >>> print(round(value, 4), d.ravel())
    0.9808 [ 0.5  -0.25]
    """

    def value_and_grad(
        self, t: np.ndarray, logits: np.ndarray, weight: np.ndarray, dlogits: np.ndarray
    ) -> float:
        """Return the weighted sum of the losses; write its gradient into dlogits."""
        # Which side of 0 a logit is on decides what is far from the target: with
        # r = [o ≥ 0] - t and e = exp(-|o|), loss = Σ_k r_k o_k + log(1 + e_k)
        r, e = t, dlogits
        np.signbit(logits, out=e)
        np.add(t, e, out=r)
        np.subtract(1.0, r, out=r)
        np.multiply(r, logits, out=e)
        np.multiply(e, weight, out=e)
        value = np.add.reduce(e, axis=None)
        np.negative(np.abs(logits, out=e), out=e)
        np.maximum(e, _LEAST_EXPONENT, out=e)
        np.exp(e, out=e)
        # dloss/do = p - t = r - sign(o) e / (1 + e)
        np.copysign(e, logits, out=logits)
        np.add(e, 1.0, out=e)
        np.divide(logits, e, out=logits)
        np.log(e, out=e)
        np.multiply(e, weight, out=e)
        value += np.add.reduce(e, axis=None)
        np.subtract(r, logits, out=dlogits)
        np.multiply(dlogits, weight, out=dlogits)
        return float(value)


class MultilabelBrier(MultilabelLoss):
    """Squared distance of the probabilities of labels from the target, ‖p - t‖².

    References
    ----------
    Brier (1950), see :class:`Brier`, for each label: half of the original definition,
    which counts the absence of a label as well.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.losses import MultilabelBrier
    >>> t, logits = np.array([[0.0], [1.0]]), np.log([[1.0], [3.0]])
    >>> value = MultilabelBrier().value_and_grad(t, logits, np.ones(1), d := 0 * t)
    >>> print(round(value, 4), d.ravel())
    0.3125 [ 0.25    -0.09375]
    """

    def value_and_grad(
        self, t: np.ndarray, logits: np.ndarray, weight: np.ndarray, dlogits: np.ndarray
    ) -> float:
        """Return the weighted sum of the losses; write its gradient into dlogits."""
        self.link(logits)
        p = logits
        np.subtract(p, t, out=t)  # e = p - t
        np.multiply(t, weight, out=dlogits)
        value = np.vdot(dlogits, t)
        # dloss/do = 2 e p (1 - p)
        np.multiply(dlogits, p, out=dlogits)
        np.subtract(1.0, p, out=p)
        np.multiply(dlogits, p, out=dlogits)
        np.multiply(dlogits, 2.0, out=dlogits)
        return float(value)


class MultilabelSquaredError(MultilabelLoss):
    """Half the squared distance of the linear outputs from the target, ½‖o - t‖².

    Each output estimates the probability of its label, but may be outside of [0, 1];
    the link returns the nearest number between 0 and 1.

    References
    ----------
    Richard & Lippmann (1991), see :class:`SquaredError`.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.losses import MultilabelSquaredError
    >>> t, outputs = np.array([[0.0], [1.0]]), np.array([[0.5], [0.75]])
    >>> MultilabelSquaredError().value_and_grad(t, outputs, np.ones(1), d := 0 * t)
    0.15625
    >>> d.ravel()
    array([ 0.5 , -0.25])
    """

    out_activation: ClassVar[str] = "identity"
    threshold: ClassVar[float | None] = 0.5

    def value_and_grad(
        self, t: np.ndarray, logits: np.ndarray, weight: np.ndarray, dlogits: np.ndarray
    ) -> float:
        """Return the weighted sum of the losses; write its gradient into dlogits."""
        np.subtract(logits, t, out=t)  # e = o - t
        np.multiply(t, weight, out=dlogits)
        return 0.5 * float(np.vdot(dlogits, t))

    def link(self, logits: np.ndarray) -> None:
        """Replace each output by the nearest number between 0 and 1.

        It is never 0, so that its logarithm is finite, and never 1, because
        scikit-learn requires it of the probability of a label.
        """
        limits = np.finfo(logits.dtype)
        np.clip(logits, float(limits.tiny), float(1.0 - limits.epsneg), out=logits)

    def log_link(self, logits: np.ndarray) -> None:
        """Replace each output by the logarithm of its link."""
        self.link(logits)
        np.log(logits, out=logits)


LOSSES: dict[str, type[Loss]] = {
    "log_loss": LogLoss,
    "squared_error": SquaredError,
    "brier": Brier,
}
