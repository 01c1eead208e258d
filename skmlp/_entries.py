"""What a parameter stands for that takes a name, an instance or a class."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar


class Entry:
    """What the classes of all registries share.

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
    return registry[choice] if isinstance(choice, str) else choice


def ready(entry: Any, given: Mapping[str, Any]) -> Any:
    """Return an entry ready for use: a class is made with the parameters it takes."""
    if not isinstance(entry, type):
        return entry
    options = getattr(entry, "options", ())
    for name in options:
        if name not in given:
            raise ValueError(
                f"{entry.__name__}.options names {name!r}, which is no parameter of "
                f"the classifier. Leave it out of options and pass an instance, "
                f"{entry.__name__}({name}=...)."
            )
    return entry(**{name: given[name] for name in options})
