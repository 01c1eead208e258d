"""In what order rows come: whether all of one class come first, then all others."""

from __future__ import annotations

import reprlib

import numpy as np

# Of a class as many rows before, and of others as many after, are no chance: 20 rows
# are in that order once in 184,756 orders.
_FEWEST_IN_ORDER = 10


def doubts_of_order(
    y: np.ndarray, classes: np.ndarray, earlier_totals: np.ndarray, n_earlier: int
) -> str | None:
    """Return that rows come sorted by label, if all until now say so.

    Which they do where the first rows are all of one class, those that follow all of
    others, and both are more than a few.
    """
    if np.count_nonzero(earlier_totals) != 1:
        return None
    first = int(earlier_totals.argmax())
    n_others = np.count_nonzero(y != first)
    n_first = n_earlier + len(y) - n_others
    is_sorted = bool((y[len(y) - n_others :] != first).all())
    if not is_sorted or min(n_first, n_others) < _FEWEST_IN_ORDER:
        return None
    others = classes[np.unique(y[y != first])].tolist()
    return (
        f"Rows seem to come sorted by label: {n_first} of the class "
        f"{classes.tolist()[first]!r}, then {n_others} of {reprlib.repr(others)}. A "
        "network forgets a class without new rows. Shuffle the file, or mix its chunks "
        "by skmlp.streams.shuffled, with a buffer that holds rows of all classes."
    )
