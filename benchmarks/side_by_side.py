"""Sides timed in turn within one run, and the table of the ratios of their times."""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import joblib

_LINE = "{:36} {:26} {:>7}  {:16} {}"


def seconds(function: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def seconds_in_turn(
    sides: dict[str, Callable[[], object]], n_rounds: int
) -> dict[str, list[float]]:
    """Return the seconds of each side in each round."""
    return in_turn(
        {name: partial(seconds, side) for name, side in sides.items()}, n_rounds
    )


def in_turn(
    sides: dict[str, Callable[[], float]], n_rounds: int
) -> dict[str, list[float]]:
    """Return what each side returns in each round; every other goes backwards."""
    values: dict[str, list[float]] = {name: [] for name in sides}
    for i in range(n_rounds):
        for name in list(sides)[:: -1 if i % 2 else 1]:
            values[name].append(sides[name]())
    return values


def ratios(numerators: Iterable[float], denominators: Iterable[float]) -> list[float]:
    """Divide two sides round by round."""
    return [a / b for a, b in zip(numerators, denominators, strict=True)]


def print_header(title: str) -> None:
    """Print what is measured, with what, and the names of the columns."""
    packages = ("numpy", "scipy", "scikit-learn", "torch")
    versions = [f"{name} {version_of(name)}" for name in packages if version_of(name)]
    python = ".".join(map(str, sys.version_info[:2]))
    machine = f"{joblib.cpu_count()} of {os.cpu_count()} cores"
    print(title)
    print(f"Python {python}, {', '.join(versions)}, {machine}", flush=True)
    print(_LINE.format("work", "figure", "median", "range", "target").rstrip())


def version_of(package: str) -> str:
    """Return the version of a package, or nothing where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def print_row(
    work: str, figure: str, values: Sequence[float], target: str = ""
) -> None:
    """Print the median of the values, their range and the target, such as '>= 2'."""
    median = statistics.median(values)
    spread = f"{short(min(values))} to {short(max(values))}" if len(values) > 1 else ""
    verdict = "" if meets(median, target) else "  missed"
    line = _LINE.format(work, figure, short(median), spread, target + verdict)
    print(line.rstrip(), flush=True)


def meets(value: float, target: str) -> bool:
    """Tell whether a value is on the right side of a target; '' is always met."""
    if not target:
        return True
    sign, bound = target.split()
    return value >= float(bound) if sign == ">=" else value <= float(bound)


def short(value: float) -> str:
    """Write a number with two decimals, a large one with fewer."""
    return f"{value:.{2 if abs(value) < 20 else 1 if abs(value) < 100 else 0}f}"
