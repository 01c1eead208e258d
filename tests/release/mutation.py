"""Change the numerical code in one place at a time and see whether a test fails.

    python tests/release/mutation.py [PART_OF_A_PATH ...]

Every operator, number, slice, condition, `out=`, return value and statement for its
effect of MODULES is one mutant; `mutants.py` makes them. Each runs in a forked process
of its own the tests that reach its line, fastest first, until one fails: the mutant is
killed then. A mutant that takes too long is killed too. Survivors that change nothing
that can be promised stand with the reason in equivalent_mutants.toml.

The exit status is 1 where fewer than 95 % are killed, and where a survivor or an entry
of that file is not accounted for. It takes a quarter of an hour on one core.
"""

import gc
import importlib
import os
import resource
import signal
import sys
import threading
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from mutants import PACKAGE, ROOT, Mutant, mutants_of

HERE = Path(__file__).parent
REGISTRIES = ("activations", "losses", "solvers", "schedules", "initializers")
MODULES = [
    *sorted(PACKAGE.glob("_core/[a-z]*.py")),
    *(PACKAGE / f"{name}.py" for name in REGISTRIES),
]
TESTS = [
    *("tests/core", "tests/training", "tests/checks/test_magnitude.py"),
    *("tests/test_activations.py", "tests/test_losses.py"),
    "tests/inspection/test_gradient_check.py",
    *("tests/test_classifier.py", "tests/test_choices.py", "tests/test_settings.py"),
    *("tests/test_solvers.py", "tests/test_schedules.py", "tests/test_initializers.py"),
    *(f"skmlp/{name}.py" for name in REGISTRIES),
]
# Tests of processes and interrupts, which bear no trace and no fork, and slow ones; and
# those with polars: a forked process lacks its threads, and would wait for them.
LEFT_OUT = ("fork", "interrupt", "ctrl_c", "killed", "process", "grid", "is_bounded")
LEFT_OUT += ("polars",)
LEAST_SHARE = 0.95
# What tests of each of three groups may take for a mutant, while they are traced.
MOST_SECONDS = 6.0


def graft(path: Path, source: bytes) -> None:
    """Make a module that is in use what a source says."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    module = importlib.import_module(name)
    changed: dict[str, Any] = {"__name__": name, "__file__": str(path)}
    exec(compile(source, path, "exec"), changed)
    for key, new in changed.items():
        old = getattr(module, key, None)
        if old is new or key.startswith("__"):
            continue
        value = grafted(old, new, name)
        for user in list(sys.modules.values()):
            if getattr(user, "__dict__", {}).get(key) is old:
                setattr(user, key, value)


def grafted(old: Any, new: Any, module: str) -> Any:
    """Return the new value, or the old object where it could be changed into it.

    Tests and other modules hold the functions and classes of a module, and instances
    of these: they have to stay the objects that they are.
    """
    match old:
        case FunctionType():
            if len(old.__code__.co_freevars) != len(new.__code__.co_freevars):
                return new
            old.__code__, old.__defaults__ = new.__code__, new.__defaults__
            old.__kwdefaults__ = new.__kwdefaults__
        case property():
            grafted(old.fget, new.fget, module)
        case staticmethod() | classmethod():
            grafted(old.__func__, new.__func__, module)
        case _lru_cache_wrapper():
            grafted(old.__wrapped__, new.__wrapped__, module)
            old.cache_clear()
        case dict():
            old.update({key: grafted(old[key], new[key], module) for key in new})
        case type() if old.__module__ == module:
            for key, value in vars(new).items():
                if isinstance(value, GRAFTED) and not key.startswith("_abc"):
                    present = vars(old).get(key)
                    if (value := grafted(present, value, module)) is not present:
                        setattr(old, key, value)
        case _ if type(old).__module__ == module and hasattr(old, "__dict__"):
            grafted(vars(old), vars(new), module)
        case _:
            return new
    return old


GRAFTED = (FunctionType, property, staticmethod, classmethod, _lru_cache_wrapper)
GRAFTED += (dict, bool, int, float, tuple)


class Session:
    """A plugin of pytest: runs every test once, then those of each mutant."""

    def __init__(self, mutants: list[Mutant]) -> None:
        self.mutants = mutants
        self.survivors: list[Mutant] = []
        self.failed = False
        self.in_turn: list[Any] = []
        self.seconds: dict[Any, float] = {}
        self.tests_of: defaultdict[tuple[str, int], set] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember a failure."""
        self.failed |= report.failed
        if report.failed:
            self.report = report

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all."""
        for test in session.items:
            self._measure(test)
        self.in_turn = self._take_turns(session.items)
        sources = {m.path: m.path.read_bytes() for m in self.mutants}
        if self._kills(sources, session.items):
            raise RuntimeError("Tests fail after modules became what they were.")
        for i, mutant in enumerate(self.mutants, start=1):
            if not self._kills({mutant.path: mutant.source}, self._tests_of(mutant)):
                self.survivors.append(mutant)
                print(f"{i}/{len(self.mutants)} {describe(mutant)}", flush=True)
        return True

    def _run(self, test: Any) -> None:
        test.ihook.pytest_runtest_protocol(item=test, nextitem=None)

    def _measure(self, test: Any) -> None:
        """Run a test, note its time and the lines of the package that it reaches."""
        self.failed = False
        reached: set[tuple[str, int]] = set()

        def trace(frame: Any, event: str, argument: Any) -> Any:
            if not frame.f_code.co_filename.startswith(str(PACKAGE)):
                return None
            if event == "line":
                reached.add((frame.f_code.co_filename, frame.f_lineno))
            return trace

        begin = time.process_time()
        threading.settrace(trace)
        sys.settrace(trace)
        self._run(test)
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        self.seconds[test] = time.process_time() - begin
        if self.failed:
            raise RuntimeError(f"{test.nodeid} fails:\n{self.report.longreprtext}")
        for line in reached:
            self.tests_of[Path(line[0]), line[1]].add(test)

    def _tests_of(self, mutant: Mutant) -> list[Any]:
        """Return tests that may kill a mutant, three groups, each as time allows.

        They are those of its own module that reach it, others that do, and the rest of
        its own: tests that trace, or whose work is done in a forked process, are not
        seen to reach anything.
        """
        reach = set().union(*(self.tests_of.get(at, ()) for at in mutant.reached_by))
        own, others, rest = [], [], []
        for test in self.in_turn:
            if test.path.name.removeprefix("test_") == mutant.path.name:
                (own if test in reach else rest).append(test)
            elif test in reach:
                others.append(test)
        return [t for group in (own, others, rest) for t in self._within_time(group)]

    def _within_time(self, tests: list[Any]) -> Iterator[Any]:
        """Yield tests as long as they take no longer than a mutant may take."""
        seconds = 0.0
        for test in tests:
            seconds += self.seconds[test]
            if seconds <= MOST_SECONDS:
                yield test

    def _take_turns(self, tests: list[Any]) -> list[Any]:
        """Return the fastest test of each function, then the second of each, ..."""
        fastest = sorted(tests, key=self.seconds.__getitem__)
        n_of_function = Counter[str]()
        turn = {}
        for test in fastest:
            function = test.nodeid.split("[")[0]
            turn[test] = n_of_function[function]
            n_of_function[function] += 1
        return sorted(fastest, key=turn.__getitem__)

    def _kills(self, sources: dict[Path, bytes], tests: list[Any]) -> bool:
        """Return whether a test fails, or never ends, where modules have changed."""
        seconds = 10 + 5 * int(sum(self.seconds[test] for test in tests))
        gc.freeze()
        if process := os.fork():
            return os.waitpid(process, 0)[1] != 0
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(6 * seconds)  # where it waits for what never comes
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        self.failed = False
        try:
            for path, source in sources.items():
                graft(path, source)
            for test in tests:
                self._run(test)
                if self.failed:
                    break
        except BaseException:
            self.failed = True
        os._exit(self.failed)


def describe(mutant: Mutant) -> str:
    """Return a mutant in two lines."""
    where = mutant.path.relative_to(ROOT)
    return f"{where}:{mutant.line} {mutant.function}\n    {mutant.change}"


def main(parts: list[str]) -> int:
    """Run the mutants of modules whose path contains one of these parts."""
    paths = [p for p in MODULES if not parts or any(part in str(p) for part in parts)]
    session = Session([mutant for path in paths for mutant in mutants_of(path)])
    print(f"{len(session.mutants)} mutants of {len(paths)} modules", flush=True)
    options = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
    options += ["--rootdir", str(ROOT), "-k", f"not ({' or '.join(LEFT_OUT)})"]
    status = pytest.main([*options, *TESTS], plugins=[session])
    if status:
        return int(status)
    return report(session.mutants, session.survivors)


def report(mutants: list[Mutant], survivors: list[Mutant]) -> int:
    """Print what became of the mutants; return the exit status."""
    entries = tomllib.loads((HERE / "equivalent_mutants.toml").read_text("utf-8"))
    reasons = {
        (entry["where"], change): entry["reason"]
        for entry in entries["equivalent"]
        for change in entry["changes"]
    }
    explained = {(m.where, m.change) for m in survivors} & reasons.keys()
    open_ones = [m for m in survivors if (m.where, m.change) not in explained]
    in_scope = {m.where.split("::")[0] for m in mutants}
    stale = {e for e in reasons if e[0].split("::")[0] in in_scope} - explained
    for mutant in open_ones:
        print("survives:", describe(mutant))
    for where, change in sorted(stale):
        print("does not survive, but is listed:", where, change, sep="\n    ")
    n, n_killed = len(mutants), len(mutants) - len(survivors)
    share = n_killed / n
    print(
        f"{n} mutants, {n_killed} killed ({share:.1%}); of {len(survivors)} survivors "
        f"{len(survivors) - len(open_ones)} are listed as equivalent: "
        f"{1 - len(open_ones) / n:.1%} killed or explained"
    )
    return int(share < LEAST_SHARE or bool(open_ones or stale))


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
