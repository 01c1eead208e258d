"""What the displays share: matplotlib, imported late, colours and shapes of images."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

# Matplotlib's, which type checkers may have to do without.
Axes: TypeAlias = Any
Figure: TypeAlias = Any

# Okabe & Ito (2008), "Color universal design", without black and yellow, which are
# lost on dark and on light ground.
_OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
VERMILION = _OKABE_ITO[-1]


def import_pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to install it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "The displays of skmlp.inspection draw with matplotlib, which is not "
            'installed. Install the extra: pip install "skmlp[plot]".'
        ) from error
    return plt


def mark_integers_only(axis: Any) -> None:
    """Let an axis have ticks at integers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def key_to(**appearance: Any) -> Any:
    """Return an entry of a legend that belongs to no single line."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **appearance)


def distinct_colors(n_colors: int) -> list[Any]:
    """Return colours that are told apart by the colour-blind, too."""
    if n_colors <= len(_OKABE_ITO):
        return list(_OKABE_ITO[:n_colors])
    return list(import_pyplot().get_cmap("viridis")(np.linspace(0.25, 0.9, n_colors)))


def size_in_inches(ax: Axes) -> tuple[float, float]:
    """Return width and height of the axes on paper, as they are laid out by now."""
    ax.figure.figure.draw_without_rendering()  # the whole of which it may be a part
    extent = ax.get_window_extent()
    return extent.width / ax.figure.dpi, extent.height / ax.figure.dpi


def check_image_shape(image_shape: Any, n_features: int) -> tuple[int, ...]:
    """Return the shape as a tuple; raise where no image has it, or not of this size."""
    shape = tuple(np.atleast_1d(np.asarray(image_shape, dtype=object)))
    is_image = len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
    if not is_image or not all(
        isinstance(n, int | np.integer) and n > 0 for n in shape
    ):
        raise ValueError(
            "image_shape must be (height, width), or (height, width, 3) for colour; "
            f"got {image_shape!r}."
        )
    if math.prod(shape) != n_features:
        raise ValueError(
            f"image_shape={image_shape!r} makes {math.prod(shape)} features, but there "
            f"are {n_features}. Pass the height and width of the images that were "
            f"flattened: their product, times 3 for colour, is {n_features}."
        )
    return tuple(int(n) for n in shape)
