"""Scikit-learn's callback protocol (1.9, experimental); without it, nothing happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from sklearn.base import BaseEstimator

Method = TypeVar("Method", bound=Callable[..., Any])

if TYPE_CHECKING:

    class CallbackSupportMixin:
        """What scikit-learn's mixin adds, for editors, whatever version is there."""

        def set_callbacks(self, *callbacks: Any) -> Any: ...

    def with_callbacks(method: Method) -> Method: ...

else:
    try:
        from sklearn.callback import CallbackSupportMixin, with_callbacks
    except ImportError:

        class CallbackSupportMixin:
            """Leave set_callbacks out, as older versions of scikit-learn do."""

        def with_callbacks(method):
            """Return the method as it is."""
            return method


__all__ = ["CallbackSupportMixin", "FitTasks", "with_callbacks"]


class FitTasks:
    """One fit and its epochs, as callbacks are told of them.

    Parameters
    ----------
    estimator : estimator
        Whose callbacks are called.
    n_epochs : int
        The number of epochs planned.
    attributes : callable
        Returns the fitted attributes of an estimator that would stop now; called only
        where a callback asks for ``fitted_estimator``.
    **data : dict
        X, y and metadata, handed on to the callbacks.
    """

    def __init__(
        self,
        estimator: BaseEstimator,
        n_epochs: int,
        attributes: Callable[[], dict[str, Any]],
        **data: Any,
    ) -> None:
        self.told: Any = estimator
        self.attributes = attributes
        self.data = data
        self.n_epochs = n_epochs
        self.fit: Any = None
        self.epoch: Any = None

    def begin_fit(self) -> None:
        """Tell that a fit begins."""
        if hasattr(self.told, "_init_callback_context"):
            self.fit = self.told._init_callback_context(max_subtasks=self.n_epochs)
            self.fit.call_on_fit_task_begin(estimator=self.told, **self.data)

    def begin_epoch(self) -> None:
        """Tell that an epoch begins."""
        if self.fit is not None:
            self.epoch = self.fit.subcontext(task_name="epoch")
            self.epoch.call_on_fit_task_begin(estimator=self.told, **self.data)

    def end_epoch(self) -> bool:
        """Tell that the epoch has ended; return whether a callback asks to stop."""
        if self.epoch is None:
            return False
        return self.epoch.call_on_fit_task_end(
            estimator=self.told,
            reconstruction_attributes=self._attributes_without_callbacks,
            **self.data,
        )

    def _attributes_without_callbacks(self) -> dict[str, Any]:
        """Return the attributes of an estimator to be written and gone on with."""
        return {"_skl_callbacks": [], **self.attributes()}

    def end_fit(self) -> None:
        """Tell that the estimator is fitted."""
        if self.fit is not None:
            self.fit.call_on_fit_task_end(estimator=self.told, **self.data)
