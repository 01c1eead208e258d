"""Images with their labels and predicted labels."""

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import (
    check_consistent_length,
    check_random_state,
    check_scalar,
    column_or_1d,
)

from skmlp._targets.forms import ONE_LABEL
from skmlp.inspection.plotting import (
    VERMILION,
    Axes,
    Figure,
    check_image_shape,
    import_pyplot,
    size_in_inches,
)
from skmlp.inspection.wrappers import fitted_classifier

_SELECTIONS = ("first", "random", "mistakes")
# Columns to rows of the grid, and the share of a cell that its image takes.
_GRID_ASPECT = 1.5
_IMAGE_WIDTH, _IMAGE_HEIGHT = 0.9, 0.74
_CELL_INCHES = (1.25, 1.45)
_WITHIN_FIGURE = (0.01, 0.01, 0.98, 0.98)  # frames are as wide as the rest
# Titles in points; a bold letter is about 0.65 as wide as its font is high, and two
# lines with their distance from the image take 3 times that height.
_LARGEST_FONT, _SMALLEST_FONT = 9.0, 3.0
_POINTS_AN_INCH, _LETTER_WIDTH, _TITLE_HEIGHT = 72, 0.65, 3.0


class PredictionsDisplay:
    """Images with the predicted label, its probability and, if wrong, the actual.

    Above each image are the predicted label and its probability. If the prediction is
    wrong, they are bold, in another colour and with a second line, "is" and the actual
    label; and the image has a frame. For several labels per row it shows one at a time.

    Parameters
    ----------
    images : array-like of shape (n_images, height, width) or \
            (n_images, height, width, 3)
        Grey or colour images, at least one, of any numeric dtype, finite. Grey images
        are drawn from the smallest to the largest number. Colours of dtype uint8 are
        drawn as 0 to 255, others in [0, 1] as they are, all others from the smallest to
        the largest number.
    y_true : array-like of shape (n_images,)
        The actual labels.
    y_pred : array-like of shape (n_images,)
        The predicted labels.
    probability : array-like of float of shape (n_images,)
        The probability of the predicted label, in [0, 1].
    rows : array-like of int of shape (n_images,), default=None
        The row of X of each image; None for 0, 1, ...
    names : dict of label to str, default=None
        Names of labels; a label without a name is shown itself.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure with the images.
    axes_ : ndarray of matplotlib Axes of shape (n_images,)
        One per image.
    images_ : list of matplotlib AxesImage
        The images as drawn.

    Examples
    --------
    >>> from skmlp.inspection import PredictionsDisplay
    >>> images = [[[0, 1], [1, 0]], [[1, 0], [0, 1]]]
    >>> display = PredictionsDisplay(images, ["/", "/"], ["/", "-"], [0.98, 0.62])
    >>> [ax.get_title().splitlines() for ax in display.plot().axes_]
    [['/ 98%'], ['- 62%', 'is /']]
    """

    figure_: Figure
    axes_: np.ndarray
    images_: list[Any]

    def __init__(
        self,
        images: ArrayLike,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        probability: ArrayLike,
        *,
        rows: ArrayLike | None = None,
        names: Mapping[Any, str] | None = None,
    ) -> None:
        self.images = np.asarray(images)
        self.y_true = _check_one_label_each("y_true", y_true)
        self.y_pred = _check_one_label_each("y_pred", y_pred)
        self.probability = np.asarray(probability)
        self.rows = np.arange(len(self.images)) if rows is None else np.asarray(rows)
        self.names = {} if names is None else names

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: Any,
        y: ArrayLike,
        *,
        image_shape: Sequence[int],
        n_images: int = 24,
        select: str = "random",
        target_names: Sequence[str] | Mapping[Any, str] | None = None,
        random_state: int | np.random.RandomState | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw images with the predictions of a fitted classifier.

        Parameters
        ----------
        estimator : TwoLayerClassifier, Pipeline or search
            Fitted.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The images, flattened row by row, of any numeric dtype, finite. The
            estimator predicts them, and they are drawn.
        y : array-like of shape (n_samples,) or (n_samples, 1)
            Their labels, all of them in `classes_`.
        image_shape : tuple of int
            (height, width), or (height, width, 3) for colour.
        n_images : int, default=24
            How many images to draw, at least 1; all if there are fewer.
        select : {'first', 'random', 'mistakes'}, default='random'
            Which images to draw.

            - 'first': those of the first rows.
            - 'random': rows drawn at random without replacement.
            - 'mistakes': those with a wrong prediction, most confident first.
        target_names : sequence of str or dict of label to str, default=None
            The names of `classes_`, in that order or by label. A label that a dict
            lacks is shown itself. None for the labels themselves.
        random_state : int, RandomState instance or None, default=None
            Seed of the draw.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : PredictionsDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If there is no `TwoLayerClassifier` within `estimator`, or `n_images` is not
            an integer.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        ValueError
            If X does not fit the estimator or is empty, y has another length or holds
            other labels, the estimator is fitted to several labels per row, `n_images`
            is below 1, `select` or `random_state` is invalid, `image_shape` does not
            fit the number of features, `target_names` does not fit the classes, there
            is no mistake to draw, or a search has no `best_estimator_`.
        ImportError
            If matplotlib is not installed.

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> from skmlp import TwoLayerClassifier
        >>> from skmlp.inspection import PredictionsDisplay
        >>> X, y = load_digits(return_X_y=True)
        >>> clf = TwoLayerClassifier(random_state=0).fit(X[:1000], y[:1000])
        >>> display = PredictionsDisplay.from_estimator(
        ...     clf, X[1000:], y[1000:], image_shape=(8, 8), select="mistakes"
        ... )
        """
        classifier = fitted_classifier(estimator)
        if classifier._training_state["form"] != ONE_LABEL:
            raise _refusal_of_several("The estimator is fitted to several labels")
        predictor: Any = estimator
        return cls.from_predictions(
            X,
            y,
            predictor.predict_proba(X),
            classes=classifier.classes_,
            image_shape=image_shape,
            n_images=n_images,
            select=select,
            target_names=target_names,
            random_state=random_state,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        X: Any,
        y_true: ArrayLike,
        y_proba: ArrayLike,
        *,
        classes: ArrayLike | None = None,
        image_shape: Sequence[int],
        n_images: int = 24,
        select: str = "random",
        target_names: Sequence[str] | Mapping[Any, str] | None = None,
        random_state: int | np.random.RandomState | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw images with given predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The images, flattened row by row, of any numeric dtype, finite; at least
            one.
        y_true : array-like of shape (n_samples,) or (n_samples, 1)
            Their labels, all of them in `classes`.
        y_proba : array-like of float of shape (n_samples, n_classes)
            The probability of each class, as from `predict_proba`.
        classes : array-like of shape (n_classes,), default=None
            The label of each column; None for those in `y_true`, sorted.
        image_shape : tuple of int
            (height, width), or (height, width, 3) for colour.
        n_images : int, default=24
            How many images to draw, at least 1; all if there are fewer.
        select : {'first', 'random', 'mistakes'}, default='random'
            Which images to draw.

            - 'first': those of the first rows.
            - 'random': rows drawn at random without replacement.
            - 'mistakes': those with a wrong prediction, most confident first.
        target_names : sequence of str or dict of label to str, default=None
            The names of `classes`, in that order or by label. A label that a dict lacks
            is shown itself. None for the labels themselves.
        random_state : int, RandomState instance or None, default=None
            Seed of the draw.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : PredictionsDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If `n_images` is not an integer.
        ValueError
            If X is empty, y_true or y_proba has another length, y_proba has another
            number of columns than there are classes, y_true holds other labels or
            several per row, `n_images` is below 1, `select` or `random_state` is
            invalid, `image_shape` does not fit the number of features, `target_names`
            does not fit the classes, or there is no mistake to draw.
        ImportError
            If matplotlib is not installed.

        Examples
        --------
        >>> from skmlp.inspection import PredictionsDisplay
        >>> X, y_true = [[0, 1, 1, 0], [1, 0, 0, 1]], ["/", "-"]
        >>> display = PredictionsDisplay.from_predictions(
        ...     X, y_true, [[0.4, 0.6], [0.9, 0.1]], image_shape=(2, 2), select="first"
        ... )
        >>> display.y_pred.tolist()
        ['/', '-']
        """
        check_scalar(n_images, "n_images", Integral, min_val=1)
        check_consistent_length(X, y_true, y_proba)
        labels = _check_one_label_each("y_true", y_true)
        _check_any(labels)
        X = X.tocsr() if sparse.issparse(X) else np.asarray(X)
        shape = check_image_shape(image_shape, math.prod(X.shape[1:]))
        y_proba, classes = _check_probabilities(y_proba, classes, labels)
        _refuse_unknown("y_true", labels.tolist(), classes)
        names = _check_names(target_names, classes)
        y_pred, confidence = classes[y_proba.argmax(axis=1)], y_proba.max(axis=1)
        order = _order(select, labels != y_pred, confidence, random_state)
        rows = order[:n_images]
        return cls(
            _dense(X[rows]).reshape(-1, *shape),
            labels[rows],
            y_pred[rows],
            confidence[rows],
            rows=rows,
            names=names,
        ).plot(ax)

    def plot(self, ax: Axes | None = None, *, cmap: Any = "gray") -> Self:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes within which to draw; None makes a figure.
        cmap : str or matplotlib Colormap, default='gray'
            The colours of grey images: 'gray' draws large numbers bright, as in
            photographs, 'gray_r' dark, as ink on paper.

        Returns
        -------
        display : PredictionsDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there are no images.
        ImportError
            If matplotlib is not installed.

        Examples
        --------
        >>> from skmlp.inspection import PredictionsDisplay
        >>> images = [[[0, 1], [1, 0]], [[1, 0], [0, 1]]]
        >>> display = PredictionsDisplay(images, [1, 0], [1, 1], [0.98, 0.62])
        >>> display.plot(cmap="gray_r").axes_.shape
        (2,)
        """
        plt = import_pyplot()
        _check_any(self.images)
        n_images = len(self.images)
        n_columns = min(math.ceil(math.sqrt(n_images * _GRID_ASPECT)), n_images)
        grid = (math.ceil(n_images / n_columns), n_columns)
        size = (n_columns * _CELL_INCHES[0], grid[0] * _CELL_INCHES[1])
        whole: Axes = ax
        if ax is None:
            whole = plt.figure(figsize=size).add_axes(_WITHIN_FIGURE)
        self.figure_ = whole.figure
        whole.set_axis_off()
        titles = [self._title(i) for i in range(n_images)]
        fontsize = _font_size(titles, whole, grid)
        self.axes_ = np.array([_cell(whole, grid, i) for i in range(n_images)])
        self.images_ = self._draw_images(cmap)
        for axes, title, is_wrong in zip(
            self.axes_, titles, self.y_true != self.y_pred, strict=True
        ):
            _label(axes, title, is_wrong, fontsize)
        return self

    def _draw_images(self, cmap: Any) -> list[Any]:
        """Draw each image, all with the same scale of grey."""
        limits = {"vmin": self.images.min(), "vmax": self.images.max()}
        pairs = zip(self.axes_, _in_range(self.images), strict=True)
        return [ax.imshow(image, cmap=cmap, **limits) for ax, image in pairs]

    def _title(self, i: int) -> str:
        """Return the predicted label, its probability and, where wrong, the actual."""
        true, predicted = self.y_true[i], self.y_pred[i]
        title = f"{self._name(predicted)} {self.probability[i]:.0%}"
        return title if true == predicted else f"{title}\nis {self._name(true)}"

    def _name(self, label: Any) -> str:
        return str(self.names.get(label, label))


def _check_one_label_each(name: str, given: Any) -> np.ndarray:
    """Return the labels; raise where an image may have several."""
    shape = given.shape if hasattr(given, "shape") else np.shape(given)
    if len(shape) == 2 and shape[1] > 1:
        raise _refusal_of_several(f"{name} has the shape {shape}")
    return column_or_1d(given)


def _refusal_of_several(what: str) -> ValueError:
    return ValueError(
        f"{what}, but an image is drawn with one label. Draw a column k of labels by "
        "itself: PredictionsDisplay.from_predictions(X, y[:, k], "
        "np.column_stack([1 - p[:, k], p[:, k]]), image_shape=...), p of predict_proba."
    )


def _check_any(rows: np.ndarray) -> None:
    if not len(rows):
        raise ValueError("There are no images to draw: pass at least one row.")


def _order(
    select: str,
    is_wrong: np.ndarray,
    confidence: np.ndarray,
    random_state: int | np.random.RandomState | None,
) -> np.ndarray:
    """Return the rows in the order in which they are to be drawn."""
    if select not in _SELECTIONS:
        raise ValueError(f"select must be one of {_SELECTIONS}; got {select!r}.")
    if select == "first":
        return np.arange(len(is_wrong))
    if select == "random":
        return check_random_state(random_state).permutation(len(is_wrong))
    if not is_wrong.any():
        raise ValueError(
            f"select='mistakes' finds none among {len(is_wrong)} predictions. Pass "
            "data that was not trained on, or select='random'."
        )
    mistakes = np.flatnonzero(is_wrong)
    return mistakes[np.argsort(-confidence[mistakes], kind="stable")]


def _check_probabilities(
    y_proba: ArrayLike, classes: ArrayLike | None, y_true: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities and the label of each of their columns."""
    y_proba = np.asarray(y_proba)
    if y_proba.ndim != 2:
        raise ValueError(
            f"y_proba must have a column per class; got shape {y_proba.shape}. For two "
            "classes pass np.column_stack([1 - p, p])."
        )
    labels = np.unique(y_true) if classes is None else np.asarray(classes)
    if len(labels) != y_proba.shape[1]:
        origin = "y_true holds" if classes is None else "classes holds"
        raise ValueError(
            f"{origin} {len(labels)} classes, but y_proba has {y_proba.shape[1]} "
            "columns. Pass classes=, the label of each column."
        )
    return y_proba, labels


def _check_names(
    target_names: Sequence[str] | Mapping[Any, str] | None, classes: np.ndarray
) -> dict[Any, str]:
    """Return the names of classes, by class."""
    if target_names is None:
        return {}
    if isinstance(target_names, Mapping):
        _refuse_unknown("target_names", target_names, classes)
        return dict(target_names)
    if len(target_names) != len(classes):
        raise ValueError(
            f"target_names holds {len(target_names)} names for {len(classes)} classes. "
            f"Pass one each for {classes.tolist()}."
        )
    return dict(zip(classes.tolist(), target_names, strict=True))


def _refuse_unknown(name: str, labels: Iterable[Any], classes: np.ndarray) -> None:
    """Raise where labels are not among the classes."""
    known = set(classes.tolist())
    unknown = [label for label in dict.fromkeys(labels) if label not in known]
    if unknown:
        raise ValueError(
            f"{name} holds the labels {unknown}, which are not among the classes "
            f"{classes.tolist()}. Pass labels of the same type as the classes."
        )


def _dense(X: Any) -> np.ndarray:
    return X.toarray() if sparse.issparse(X) else X


def _in_range(images: np.ndarray) -> np.ndarray:
    """Return colour images that matplotlib draws without clipping; grey as they are."""
    if images.ndim == 3 or images.dtype == np.uint8:
        return images
    colors = images.astype(np.float64)  # matplotlib takes integers as 0 to 255
    low, high = colors.min(), colors.max()
    if low >= 0 and high <= 1:
        return colors
    return (colors - low) / ((high - low) or 1)


def _cell(ax: Axes, grid: tuple[int, int], i: int) -> Axes:
    """Return axes for the i-th image, row by row, with room for a title above."""
    n_rows, n_columns = grid
    row, column = divmod(i, n_columns)
    return ax.inset_axes(
        (
            (column + (1 - _IMAGE_WIDTH) / 2) / n_columns,
            1 - (row + 1) / n_rows,
            _IMAGE_WIDTH / n_columns,
            _IMAGE_HEIGHT / n_rows,
        )
    )


def _font_size(titles: Sequence[str], ax: Axes, grid: tuple[int, int]) -> float:
    """Return the size at which every title fits into its cell, in points."""
    width, height = size_in_inches(ax)
    longest = max(len(line) for title in titles for line in title.splitlines())
    by_width = width / grid[1] * _POINTS_AN_INCH / (_LETTER_WIDTH * longest)
    room_above = (1 - _IMAGE_HEIGHT) * height / grid[0]
    by_height = room_above * _POINTS_AN_INCH / _TITLE_HEIGHT
    return max(min(by_width, by_height, _LARGEST_FONT), _SMALLEST_FONT)


def _label(ax: Axes, title: str, is_wrong: bool, fontsize: float) -> None:
    """Write the title; a wrong one stands out by more than its colour."""
    mark = {"color": VERMILION, "fontweight": "bold"} if is_wrong else {}
    ax.set_title(title, fontsize=fontsize, pad=fontsize / 2, **mark)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set(color=VERMILION, linewidth=2, visible=is_wrong)
