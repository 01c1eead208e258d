"""Teams of threads: what is done, in which order, and what becomes of errors."""

import itertools
import threading

import numpy as np
import pytest

from skmlp._parallel.team import Team, ranges, side_by_side, until


class Broken(Exception):
    """What a task raises."""


def fail():
    raise Broken


def nothing():
    pass


def ident_into(found):
    """Return a task that notes which thread does it."""
    return lambda: found.append(threading.get_ident())


def threads_here():
    return {thread for thread in threading.enumerate() if thread.name == "skmlp"}


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_each_task_is_done_by_a_thread_of_its_own_and_the_first_by_who_asks(n_threads):
    found = [[] for _ in range(n_threads)]
    with Team(n_threads) as team:
        for _ in range(3):
            team.run([ident_into(some) for some in found])
    threads = [set(some) for some in found]
    assert [len(some) for some in found] == [3] * n_threads
    assert [len(some) for some in threads] == [1] * n_threads
    assert len(set.union(*threads)) == n_threads
    assert threads[0] == {threading.get_ident()}


def test_a_run_is_over_when_all_tasks_are():
    is_over = threading.Event()
    with Team(2) as team:
        team.start([nothing, lambda: is_over.wait(60)])
        later = threading.Thread(target=is_over.set)
        team.run([later.start, nothing])
        assert is_over.is_set()
        later.join()


def test_a_start_is_over_when_the_first_task_is():
    may_end, ended = threading.Event(), []
    with Team(2) as team:
        team.start([nothing, lambda: ended.append(may_end.wait(60))])
        assert ended == []
        may_end.set()
        team.wait()
        assert ended == [True]


def test_a_helper_does_what_it_is_given_in_that_order():
    done = []
    with Team(2) as team:
        for i in range(100):
            ask = team.start if i % 3 else team.run
            ask([nothing, lambda i=i: done.append(i)])
    assert done == [*range(100)]


def test_what_comes_afterwards_is_done_by_the_first_helper_and_not_waited_for():
    may_end, done, helper = threading.Event(), [], []

    def afterwards():
        may_end.wait(60)
        ident_into(done)()

    with Team(3) as team:
        team.run([nothing, ident_into(helper), nothing], afterwards)
        assert done == []
        may_end.set()
        team.wait()
        assert done == helper


@pytest.mark.parametrize("ask", ["run", "wait"])
def test_an_error_of_a_helper_is_raised_where_it_is_waited_for_once(ask):
    with Team(3) as team:
        if ask == "run":
            with pytest.raises(Broken):
                team.run([nothing, nothing, fail])
        else:
            team.start([nothing, fail, nothing])
            with pytest.raises(Broken):
                team.wait()
        team.wait()


def test_the_first_error_of_a_helper_is_raised():
    errors = [Broken("first"), KeyError("second")]

    def fail_again():
        raise errors.pop(0)

    with Team(2) as team:
        team.start([nothing, fail_again])
        team.start([nothing, fail_again])
        with pytest.raises(Broken, match="first"):
            team.wait()


def test_other_tasks_are_over_before_an_error_is_raised():
    may_end, done = threading.Event(), []
    with Team(3) as team, pytest.raises(Broken):
        team.run([may_end.set, fail, lambda: done.append(may_end.wait(60))])
    assert done == [True]


def test_an_error_of_what_comes_afterwards_is_raised_by_the_next_wait():
    with Team(2) as team:
        team.run([nothing, nothing], afterwards=fail)
        with pytest.raises(Broken):
            team.wait()
        team.wait()


@pytest.mark.parametrize("error", [Broken, KeyboardInterrupt])
@pytest.mark.parametrize("ask", ["run", "start"])
def test_an_error_of_who_asks_leaves_a_team_that_works(ask, error):
    may_end, done = threading.Event(), []

    def break_off():
        raise error

    with Team(2) as team:
        with pytest.raises(error):
            getattr(team, ask)([break_off, lambda: done.append(may_end.wait(60))])
        may_end.set()
        team.wait()
        team.run([lambda: done.append("mine"), lambda: None])
    assert done == [True, "mine"]


@pytest.mark.parametrize("error", [None, Broken, KeyboardInterrupt])
def test_no_thread_is_left_and_what_was_begun_is_done(error):
    before, done = threads_here(), []
    try:
        with Team(4) as team:
            assert len(threads_here() - before) == 3
            team.start([nothing, *[lambda: done.append(1)] * 3])
            if error is not None:
                raise error
    except (Broken, KeyboardInterrupt):
        pass
    assert threads_here() == before
    assert done == [1, 1, 1]


def test_an_error_that_nobody_waits_for_ends_no_team():
    done = []
    with Team(2) as team:
        team.start([nothing, fail])
        team.start([nothing, lambda: done.append(1)])
    assert done == [1]


@pytest.mark.parametrize("over", ["ignore", "raise"])
def test_helpers_treat_overflows_as_who_asks_does(over):
    seen = []
    with np.errstate(over=over), Team(3) as team:
        team.run([lambda: seen.append(np.geterr()["over"])] * 3)
    assert seen == [over] * 3


def test_as_many_tasks_as_threads_are_asked_for():
    with Team(2) as team:
        with pytest.raises(ValueError, match="zip"):
            team.run([nothing])
        team.wait()


@pytest.mark.parametrize("n_calls", [1, 2, 7])
def test_side_by_side_returns_what_map_does(n_calls):
    arguments = range(n_calls), [10 * i for i in range(n_calls)]
    expected = [a - b for a, b in zip(*arguments, strict=True)]
    before = threads_here()
    assert side_by_side(lambda a, b: a - b, *arguments) == expected
    assert threads_here() == before


def test_side_by_side_has_a_thread_for_each_call():
    # Each waits for all others: one after the other they would wait for ever.
    barrier = threading.Barrier(3, timeout=60)
    assert sorted(side_by_side(lambda i: barrier.wait(), range(3))) == [0, 1, 2]


def test_side_by_side_raises_what_a_call_raises():
    def fail_at_two(i):
        if i == 2:
            raise Broken

    with pytest.raises(Broken):
        side_by_side(fail_at_two, range(4))


@pytest.mark.parametrize(("n_rows", "n_ranges"), [(7, 3), (6, 3), (1, 1), (5, 5)])
def test_ranges_are_all_rows_in_about_equal_parts(n_rows, n_ranges):
    found = [range(n_rows)[part] for part in ranges(n_rows, n_ranges)]
    assert [*itertools.chain(*found)] == [*range(n_rows)]
    lengths = {len(part) for part in found}
    assert len(found) == n_ranges
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize(("n_rows", "expected"), [(2, 2), (1, 1), (0, 1)])
def test_there_are_no_more_ranges_than_rows(n_rows, expected):
    assert len(ranges(n_rows, 4)) == expected


def test_until_all_is_given_up_there_are_items():
    given_up = threading.Event()
    items = until(given_up, range(9))
    assert [next(items), next(items)] == [0, 1]
    given_up.set()
    assert list(items) == []
