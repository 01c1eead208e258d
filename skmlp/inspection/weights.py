"""The weights of the hidden layer, as images or as a heat map."""

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_scalar

from skmlp._classifier import TwoLayerClassifier
from skmlp._core.standardization import Standardization
from skmlp.inspection.plotting import (
    Axes,
    Figure,
    check_image_shape,
    import_pyplot,
    size_in_inches,
)
from skmlp.inspection.wrappers import feature_names_within, fitted_classifier

# Red and blue are told apart by the colour-blind, too; white is zero.
_COLOR_MAP = "RdBu_r"
# The share of weights that the colours tell apart; the few larger ones are saturated.
_SHARE_WITHIN_LIMIT = 0.995
_MOSAIC_SIZE = (7.4, 7.0)
_INCHES_A_LABEL, _INCHES_A_LETTER = 0.16, 0.09


class WeightsDisplay:
    """First-layer weights: a mosaic of images, one per unit, or a heat map.

    Colours are symmetric about zero. Their limit is the 99.5 % quantile of the absolute
    weights, so that a few large ones do not make all others pale; larger weights are
    drawn as the limit. For colour images zero is grey, and the limit black or white.

    Parameters
    ----------
    weights : array-like of float of shape (n_units, n_features)
        The incoming weights of each unit, in the order to draw.
    units : array-like of int of shape (n_units,)
        The number of each unit, its column in ``coefs_[0]``.
    n_hidden : int, default=None
        How many units there are in all; None for those in `units`.
    image_shape : tuple of int, default=None
        (height, width), or (height, width, 3) for colour, of the images whose pixels,
        row by row, are the features. None for a heat map of units and features.
    feature_names : sequence of str, default=None
        The names of the features, for the heat map; other types are converted by
        `str`. None for x0, x1, ...

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure with the axes.
    axes_ : matplotlib Axes
        The axes with the weights.
    image_ : matplotlib AxesImage
        The mosaic or heat map.
    colorbar_ : matplotlib Colorbar or None
        Its colour scale; None for colour images.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skmlp import TwoLayerClassifier
    >>> from skmlp.inspection import WeightsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = TwoLayerClassifier(30, random_state=0).fit(X, y)
    >>> display = WeightsDisplay.from_estimator(clf, image_shape=(8, 8), n_units=12)
    >>> display.weights.shape
    (12, 64)
    """

    figure_: Figure
    axes_: Axes
    image_: Any
    colorbar_: Any

    def __init__(
        self,
        weights: ArrayLike,
        units: ArrayLike,
        *,
        n_hidden: int | None = None,
        image_shape: Sequence[int] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        self.weights = np.asarray(weights)
        self.units = np.asarray(units)
        self.n_hidden = len(self.units) if n_hidden is None else n_hidden
        self.image_shape = image_shape
        if feature_names is None:
            feature_names = [f"x{i}" for i in range(self.weights.shape[1])]
        self.feature_names = [str(name) for name in feature_names]

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        *,
        image_shape: Sequence[int] | None = None,
        feature_names: Sequence[str] | None = None,
        n_units: int | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the first-layer weights of a fitted classifier.

        Units are sorted by the norm of their incoming weights times the norm of their
        outgoing weights, largest first. If training standardised the features, the
        weights are those for standardised features, ``coefs_[0]`` times the scale of
        each feature: only these can be compared between features.

        Parameters
        ----------
        estimator : TwoLayerClassifier, Pipeline or search
            Fitted. The features are those that the classifier itself gets, in a
            pipeline those of its last step.
        image_shape : tuple of int, default=None
            (height, width), or (height, width, 3) for colour, of the images whose
            pixels, row by row, are the features. None for a heat map.
        feature_names : sequence of str, default=None
            The names of the features; other types are converted by `str`. None for
            `feature_names_in_` if X had names, in a pipeline the names that its steps
            return, else x0, x1, ...
        n_units : int, default=None
            How many units to draw, the first in this order, at least 1; None for all.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : WeightsDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If there is no `TwoLayerClassifier` within `estimator`, or `n_units` is not
            an integer.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        ValueError
            If `n_units` is below 1, `image_shape` or the number of `feature_names` does
            not fit the number of features, or a search has no `best_estimator_`.
        ImportError
            If matplotlib is not installed.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from skmlp import TwoLayerClassifier
        >>> from skmlp.inspection import WeightsDisplay
        >>> X, y = load_wine(return_X_y=True, as_frame=True)
        >>> clf = TwoLayerClassifier(20, random_state=0).fit(X, y)
        >>> WeightsDisplay.from_estimator(clf).feature_names[:2]
        ['alcohol', 'malic_acid']
        """
        if n_units is not None:
            check_scalar(n_units, "n_units", Integral, min_val=1)
        classifier = fitted_classifier(estimator)
        W1, W2 = _weights_for_standardized(classifier), classifier.coefs_[1]
        use = np.linalg.norm(W1, axis=0) * np.linalg.norm(W2, axis=1)
        units = np.argsort(-use, kind="stable")[:n_units]
        if feature_names is None:
            feature_names = feature_names_within(estimator)
        return cls(
            W1.T[units],
            units,
            n_hidden=len(use),
            image_shape=image_shape,
            feature_names=feature_names,
        ).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the weights.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : WeightsDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `image_shape` or the number of `feature_names` does not fit the number
            of features.
        ImportError
            If matplotlib is not installed.

        Examples
        --------
        >>> from skmlp.inspection import WeightsDisplay
        >>> weights = [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]]
        >>> display = WeightsDisplay(weights, [0, 1], image_shape=(2, 2)).plot()
        >>> display.image_.get_array().shape
        (2, 5)
        """
        plt = import_pyplot()
        _check_names(self.feature_names, self.weights.shape[1])
        shape = self.image_shape
        if shape is not None:
            shape = check_image_shape(shape, self.weights.shape[1])
        if ax is None:
            size = (
                _heat_map_size(len(self.units), self.feature_names)
                if shape is None
                else _MOSAIC_SIZE
            )
            _, self.axes_ = plt.subplots(figsize=size, layout="constrained")
        else:
            self.axes_ = ax
        self.figure_ = self.axes_.figure
        if shape is None:
            self._draw_heat_map(self.axes_)
        else:
            self._draw_mosaic(self.axes_, shape)
        return self

    def _draw_mosaic(self, ax: Axes, shape: tuple[int, ...]) -> None:
        """Draw a small image per unit, all of them as one."""
        self._draw_image(ax, _mosaic(self.weights, shape), "equal")
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
        ax.set_xlabel(self._caption())

    def _draw_heat_map(self, ax: Axes) -> None:
        """Draw a row per unit and a column per feature."""
        self._draw_image(ax, self.weights, "auto")
        ax.set_ylabel(self._caption())
        width, _ = size_in_inches(ax)
        columns = _thinned(len(self.feature_names), width)
        names = [self.feature_names[i] for i in columns]
        ax.set_xticks(columns, names, rotation=90 if _are_long(names, width) else 0)
        _, height = size_in_inches(ax)  # less than before the names
        rows = _thinned(len(self.units), height)
        ax.set_yticks(rows, self.units[rows])

    def _draw_image(self, ax: Axes, image: np.ndarray, aspect: str) -> None:
        """Draw numbers as symmetric colours with a scale, or colours as they are."""
        limit = _limit(self.weights)
        self.colorbar_ = None
        if image.ndim == 3:
            image = _around_grey(image, limit)
        self.image_ = ax.imshow(
            image,
            cmap=_COLOR_MAP,
            vmin=-limit,
            vmax=limit,
            aspect=aspect,
        )
        if image.ndim == 2:
            self.colorbar_ = ax.figure.colorbar(
                self.image_, ax=ax, fraction=0.04, pad=0.02, extend="both"
            )
            self.colorbar_.set_label("weight")

    def _caption(self) -> str:
        """Return which units are drawn, and in which order."""
        n_units = len(self.units)
        share = "" if n_units == self.n_hidden else f"{n_units} of "
        return f"{share}{self.n_hidden} hidden units, most used first"


def _mosaic(weights: np.ndarray, image_shape: tuple[int, ...]) -> np.ndarray:
    """Return the images row by row as one, about square, one pixel of NaN between."""
    height, width, *channels = image_shape
    n_images = len(weights)
    n_columns = min(math.ceil(math.sqrt(n_images * height / width)), n_images)
    n_rows = math.ceil(n_images / n_columns)
    tiles = np.full((n_rows * n_columns, height + 1, width + 1, *channels), np.nan)
    tiles[:n_images, :height, :width] = weights.reshape(n_images, *image_shape)
    grid = tiles.reshape(n_rows, n_columns, *tiles.shape[1:]).swapaxes(1, 2)
    whole = grid.reshape(n_rows * (height + 1), n_columns * (width + 1), *channels)
    return whole[:-1, :-1]


def _weights_for_standardized(classifier: TwoLayerClassifier) -> np.ndarray:
    """Return the first-layer weights that training moves."""
    W1 = classifier.coefs_[0].copy()
    kept = classifier._training_state["standardization"]
    if kept is not None:
        Standardization(kept["center"], kept["scale"]).from_raw(W1)
    return W1


def _limit(weights: np.ndarray) -> float:
    """Return the weight at the end of the colours; 1 where all are zero."""
    return float(np.quantile(np.abs(weights), _SHARE_WITHIN_LIMIT)) or 1.0


def _around_grey(image: np.ndarray, limit: float) -> np.ndarray:
    """Return red, green, blue in [0, 1] with 0.5 for zero; what is NaN is clear."""
    is_tile = ~np.isnan(image).any(axis=2, keepdims=True)
    colors = np.clip(0.5 + np.nan_to_num(image) / (2 * limit), 0.0, 1.0)
    return np.concatenate([colors, is_tile], axis=2)


def _heat_map_size(n_units: int, names: Sequence[str]) -> tuple[float, float]:
    """Return width and height of the figure, in inches."""
    width = min(max(0.25 * len(names) + 2.5, 5.0), 12.0)
    room_for_names = _INCHES_A_LETTER * max(map(len, names))
    return width, min(max(0.18 * n_units, 3.0), 8.0) + min(room_for_names, 4.0) + 0.5


def _thinned(n_labels: int, inches: float) -> np.ndarray:
    """Return which of so many labels there is room for, at equal steps."""
    step = math.ceil(n_labels * _INCHES_A_LABEL / inches)
    return np.arange(0, n_labels, max(step, 1))


def _are_long(labels: Sequence[str], inches: float) -> bool:
    """Return whether labels of a common size do not fit side by side."""
    return _INCHES_A_LETTER * max(map(len, labels)) > inches / len(labels)


def _check_names(feature_names: Sequence[str], n_features: int) -> None:
    if len(feature_names) != n_features:
        raise ValueError(
            f"feature_names holds {len(feature_names)} names, but there are "
            f"{n_features} features. Pass one per feature, or None."
        )
