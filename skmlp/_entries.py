"""What a parameter stands for that takes a name, an instance or a class."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np


class Entry:
    """What the classes of the registries share.

    Attributes
    ----------
    options : tuple of str
        Parameters of the estimator that the constructor takes as keywords when the
        entry is chosen by name or as a class.
    """

    options: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        """Show the class and what it was made with."""
        names = inspect.signature(type(self)).parameters
        given = [f"{n}={getattr(self, n)!r}" for n in names if hasattr(self, n)]
        return f"{type(self).__name__}({', '.join(given)})"

    def _lacks(self, method: str) -> NotImplementedError:
        """Return what to raise where a class leaves out what it has to define."""
        return NotImplementedError(f"{type(self).__name__} has to define {method}.")


def entry_of(registry: Mapping[str, Any], choice: Any) -> Any:
    """Return what a name stands for, or what was given in place of a name."""
    if not isinstance(choice, str):
        return choice
    if choice not in registry:
        raise ValueError(
            f"{choice!r} is not among {sorted(registry)}. Choose one of these; load a "
            "saved model with the version of skmlp that saved it."
        )
    return registry[choice]


def ready(entry: Any, given: Mapping[str, Any]) -> Any:
    """Return an entry ready for use: a class is made with the parameters it takes.

    Its numbers are Python's: NumPy's would upcast float32.
    """
    if isinstance(entry, type):
        return _made(entry, given)
    numbers = {
        name: value.item()
        for name, value in getattr(entry, "__dict__", {}).items()
        if isinstance(value, np.generic)
    }
    if numbers:
        entry = copy.copy(entry)
        entry.__dict__.update(numbers)
    return entry


def _made(entry: type, given: Mapping[str, Any]) -> Any:
    """Return an instance; raise if its constructor needs more than its options."""
    options = getattr(entry, "options", ())
    for name in options:
        if name not in given:
            raise ValueError(
                f"{entry.__name__}.options names {name!r}, which is no parameter of "
                f"the classifier. Leave it out of options and pass an instance, "
                f"{entry.__name__}({name}=...)."
            )
    try:
        return entry(**{name: given[name] for name in options})
    except TypeError as error:
        raise ValueError(
            f"{entry.__name__} cannot be made from its options, {options}: {error}. "
            f"Pass an instance, {entry.__name__}(...)."
        ) from error
