"""Curves of training and validation, epoch by epoch."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn, Self

import numpy as np
from sklearn.base import BaseEstimator

from skmlp.inspection.plotting import (
    Axes,
    Figure,
    distinct_colors,
    import_pyplot,
    key_to,
    mark_integers_only,
)
from skmlp.inspection.wrappers import fitted_classifier

# The columns that a panel draws: the first that was measured, of each part.
_TRAINING = {
    "loss": ("train_loss", "loss"),
    "accuracy": ("train_accuracy",),
    "learning_rate": ("learning_rate",),
    "active_units": ("active_units",),
}
_VALIDATION = {
    "loss": ("val_loss",),
    "accuracy": ("val_accuracy",),
    "learning_rate": (),
    "active_units": (),
}
# Panels that are drawn only where they are asked for.
_WHEN_ASKED = ("learning_rate", "active_units")
# Columns that are no scorer's; one called accuracy measures what val_accuracy does.
_NO_SCORERS = {
    *("epoch", "seconds", "accuracy", "val_loss", "val_accuracy"),
    *(column for columns in _TRAINING.values() for column in columns),
}
_STYLES = {"training": "-", "validation": "--"}
_NEUTRAL = "gray"
_PANEL_WIDTH, _PANEL_HEIGHT = 4.8, 3.8
# A longer legend would cover the curves, and a longer column of it leave the figure.
_MOST_NAMES_WITHIN, _MOST_ENTRIES_A_COLUMN = 6, 16

History = Mapping[str, Sequence[float]]


class TrainingDisplay:
    """Curves of loss and score against epochs, of one or several classifiers.

    Each classifier has a colour. Solid lines are training, dashed lines validation; a
    dot on these marks the best epoch. Only scored epochs are drawn.

    Parameters
    ----------
    histories : dict of str to dict of lists
        The `history_` of each classifier, by its name in the legend: columns of
        numbers, one per epoch, NaN if the epoch was not scored. 'epoch' is required.
    best_epochs : dict of str to int or None
        The `best_epoch_` of each, from 1; without a mark if it is None or the name is
        missing.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure with the panels.
    axes_ : ndarray of matplotlib Axes of shape (n_panels,)
        The panels.
    lines_ : dict of (str, str) to matplotlib Line2D
        The curves, by the name of the classifier and the column of its history.
    marks_ : dict of (str, str) to matplotlib Line2D
        The marks of the best epochs, with the same keys.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.inspection import TrainingDisplay
    >>> X, y = load_wine(return_X_y=True)
    >>> clf = TwoLayerClassifier(early_stopping=True, random_state=0).fit(X, y)
    >>> display = TrainingDisplay.from_estimator(clf)
    >>> [ax.get_ylabel() for ax in display.axes_]
    ['loss', 'accuracy']
    """

    figure_: Figure
    axes_: np.ndarray
    lines_: dict[tuple[str, str], Any]
    marks_: dict[tuple[str, str], Any]

    def __init__(
        self,
        histories: Mapping[str, History],
        best_epochs: Mapping[str, int | None],
    ) -> None:
        self.histories = histories
        self.best_epochs = best_epochs

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        *,
        name: str | None = None,
        curves: str | Sequence[str] | None = None,
        learning_rate: bool = False,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the history of a fitted classifier, or of several.

        Parameters
        ----------
        estimator : TwoLayerClassifier, Pipeline, search or dict of these
            Trained; a dict of estimators by name.
        name : str, default=None
            The name of a single estimator; None for the name of its class.
        curves : str or sequence of str, default=None
            The panels, as for `plot`.
        learning_rate : bool, default=False
            Whether to add a panel with the learning rate.
        ax : matplotlib Axes or array of Axes, default=None
            Where to draw, as for `plot`.

        Returns
        -------
        display : TrainingDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If there is no `TwoLayerClassifier` within an estimator.
        sklearn.exceptions.NotFittedError
            If one is not fitted.
        ValueError
            If there is a `name` and a dict, the dict is empty, a search has no
            `best_estimator_`, a history is empty, as after `from_weights`, no history
            holds what `curves` asks for, or `ax` holds another number of axes.
        ImportError
            If matplotlib is not installed.

        Examples
        --------
        >>> from skmlp import TwoLayerClassifier
        >>> from skmlp.inspection import TrainingDisplay
        >>> X, y, nets = [[0.0], [1.0]], [0, 1], {}
        >>> for solver in ("adam", "lbfgs"):
        ...     clf = TwoLayerClassifier(9, solver=solver, random_state=0)
        ...     nets[solver] = clf.fit(X, y)
        >>> display = TrainingDisplay.from_estimator(nets, learning_rate=True)
        """
        if isinstance(estimator, Mapping):
            if name is not None:
                raise ValueError(
                    f"name={name!r} is for a single estimator; a dict has the names of "
                    "several as its keys."
                )
            estimators = dict(estimator)
        else:
            estimators = {name or type(estimator).__name__: estimator}
        classifiers = {n: fitted_classifier(e) for n, e in estimators.items()}
        display = cls(
            {n: classifier.history_ for n, classifier in classifiers.items()},
            {n: _best_epoch(classifier) for n, classifier in classifiers.items()},
        )
        return display.plot(ax, curves=curves, learning_rate=learning_rate)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        curves: str | Sequence[str] | None = None,
        learning_rate: bool = False,
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or array of Axes, default=None
            One axes per panel; for a single panel an axes alone. None makes a
            figure, with the legend beside the panels if there are more than six names.
        curves : str or sequence of str, default=None
            The panels: 'loss' (for training 'train_loss' if that was recorded, else
            'loss'), 'accuracy', the name of a scorer, 'learning_rate' or
            'active_units'. None for all that the histories hold, except the last two.
        learning_rate : bool, default=False
            Whether to add a panel with the learning rate, if it is not in `curves`.

        Returns
        -------
        display : TrainingDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there is no history or an empty one, no history holds what `curves` or
            `learning_rate` asks for, or `ax` holds another number of axes.
        ImportError
            If matplotlib is not installed.

        Examples
        --------
        >>> from skmlp.inspection import TrainingDisplay
        >>> history = {"epoch": [1, 2], "loss": [0.7, 0.6], "val_loss": [0.8, 0.7]}
        >>> display = TrainingDisplay({"mine": history}, {"mine": 2}).plot()
        >>> display.lines_["mine", "val_loss"].get_ydata().tolist()
        [0.8, 0.7]
        """
        plt = import_pyplot()
        _check_histories(self.histories)
        panels = self._panels(curves, learning_rate)
        makes_figure = ax is None
        if makes_figure:
            size = (_PANEL_WIDTH * len(panels), _PANEL_HEIGHT)
            _, ax = plt.subplots(1, len(panels), figsize=size, layout="constrained")
        self.axes_ = _check_axes(ax, panels)
        self.figure_ = self.axes_[0].figure
        self.lines_, self.marks_ = {}, {}
        colors = distinct_colors(len(self.histories))
        self._colors = dict(zip(self.histories, colors, strict=True))
        for panel, axes in zip(panels, self.axes_, strict=True):
            self._draw_panel(panel, axes)
        if makes_figure and len(self.histories) > _MOST_NAMES_WITHIN:
            self._add_legend_beside()
        else:
            self._add_legend(self.axes_[0])
        return self

    def _panels(
        self, curves: str | Sequence[str] | None, learning_rate: bool
    ) -> list[str]:
        """Return the names of the panels; raise for one that was not recorded."""
        measured = _measured_panels(self.histories.values())
        if curves is None:
            wanted = [panel for panel in measured if panel not in _WHEN_ASKED]
        else:
            wanted = [curves] if isinstance(curves, str) else list(curves)
        if learning_rate:
            wanted.append("learning_rate")
        for panel in wanted:
            if panel not in measured:
                _refuse_panel(panel, measured)
        if not wanted:
            raise ValueError(
                f"curves={curves!r} leaves nothing to draw; there is "
                f"{_listed(measured)}. Name a panel, or leave curves out for all."
            )
        return list(dict.fromkeys(wanted))

    def _draw_panel(self, panel: str, ax: Axes) -> None:
        """Draw the curves of all classifiers."""
        for name, history in self.histories.items():
            for part, column in _columns(panel, history).items():
                self._draw_curve(ax, name, column, part)
        ax.set_xlabel("epoch")
        ax.set_ylabel(panel.replace("_", " "))
        mark_integers_only(ax.xaxis)

    def _draw_curve(self, ax: Axes, name: str, column: str, part: str) -> None:
        """Draw one curve, and on that of validation the best epoch."""
        history = self.histories[name]
        epochs, values = np.array(history["epoch"]), np.array(history[column])
        is_measured = np.isfinite(values)
        (self.lines_[name, column],) = ax.plot(
            epochs[is_measured],
            values[is_measured],
            color=self._colors[name],
            linestyle=_STYLES[part],
            marker="." if is_measured.sum() == 1 else "",
        )
        is_best = is_measured & (epochs == self.best_epochs.get(name))
        if part == "validation" and is_best.any():
            (self.marks_[name, column],) = ax.plot(
                epochs[is_best],
                values[is_best],
                color=self._colors[name],
                linestyle="",
                marker="o",
            )

    def _add_legend(self, ax: Axes, **where: Any) -> Any:
        """Explain colours, line styles and marks, once for all panels."""
        if len(self.histories) == 1:
            ((name, color),) = self._colors.items()
            best, title = f"best epoch ({self.best_epochs.get(name)})", name
            keys = []
        else:
            color, best, title = _NEUTRAL, "best epoch", None
            keys = [(n, key_to(color=c)) for n, c in self._colors.items()]
        styles = {line.get_linestyle() for line in self.lines_.values()}
        for part, style in _STYLES.items():
            if style in styles:
                keys.append((part, key_to(color=color, linestyle=style)))
        if self.marks_:
            keys.append((best, key_to(color=color, linestyle="", marker="o")))
        texts, handles = zip(*keys, strict=True)
        n_columns = math.ceil(len(keys) / _MOST_ENTRIES_A_COLUMN)
        return ax.legend(handles, texts, title=title, ncols=n_columns, **where)

    def _add_legend_beside(self) -> None:
        """Explain beside the last panel, and widen the figure by as much."""
        legend = self._add_legend(
            self.axes_[-1], loc="upper left", bbox_to_anchor=(1.0, 1.0)
        )
        inches = legend.get_window_extent().width / self.figure_.dpi
        self.figure_.set_figwidth(self.figure_.get_figwidth() + inches)


def _best_epoch(classifier: Any) -> int | None:
    """Return the best epoch, None for a history without any."""
    return classifier.best_epoch_ if classifier.history_ else None


def _measured_panels(histories: Iterable[History]) -> list[str]:
    """Return the panels that a history has curves for, scorers after the accuracy."""
    columns = {column: None for history in histories for column in history}  # in order
    scorers = [column for column in columns if column not in _NO_SCORERS]
    panels = ["loss", "accuracy", *scorers, *_WHEN_ASKED]
    return [p for p in panels if any(_columns(p, history) for history in histories)]


def _refuse_panel(panel: str, measured: Sequence[str]) -> NoReturn:
    if panel == "learning_rate":
        asking, remedy = "learning_rate=True or curves", "Add a column of that name."
    else:
        asking, remedy = (
            "curves",
            "Measure more with validation data, fit(..., X_val=, y_val=) or "
            "early_stopping=True, with monitor_train=True, or with scoring=.",
        )
    raise ValueError(
        f"{asking} asks for {panel!r}, which is no panel of these histories; there is "
        f"{_listed(measured)}. {remedy}"
    )


def _listed(panels: Sequence[str]) -> str:
    return ", ".join(panels) or "no panel"


def _columns(panel: str, history: History) -> dict[str, str]:
    """Return the column that a panel draws of training, of validation."""
    candidates = {
        "training": _TRAINING.get(panel, ()),
        "validation": _VALIDATION.get(panel, (panel,)),
    }
    return {
        part: column
        for part, columns in candidates.items()
        if (column := _first_measured(columns, history)) is not None
    }


def _first_measured(columns: Sequence[str], history: History) -> str | None:
    """Return the first column that holds a number."""
    return next((c for c in columns if np.isfinite(history.get(c, ())).any()), None)


def _check_histories(histories: Mapping[str, History]) -> None:
    """Raise where there is nothing to draw."""
    if not histories:
        raise ValueError("There is no history to draw: pass at least one estimator.")
    for name, history in histories.items():
        if not history:
            raise ValueError(
                f"The history of {name!r} is empty, as after from_weights. Train it, "
                "with fit or partial_fit."
            )


def _check_axes(ax: Any, panels: Sequence[str]) -> np.ndarray:
    """Return the axes as an array, one a panel."""
    axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(axes) != len(panels):
        raise ValueError(
            f"ax must hold {len(panels)} axes, one each for {', '.join(panels)}; got "
            f"{len(axes)}. Choose panels with curves=."
        )
    return axes
