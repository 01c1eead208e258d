"""The rounds of an epoch without a cluster: who learns from what, and the averages."""

from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skmlp import TwoLayerClassifier
from skmlp._settings import Settings
from skmlp._targets.kinds import targets_of
from skmlp._training.progress import Progress
from skmlp._training.state import TrainingState
from skmlp.dask.blocks import check, encode
from skmlp.dask.rounds import (
    Common,
    Heard,
    Learnt,
    Visit,
    learn,
    mean_of,
    of_equal_size,
    outer_step,
    replicas_of,
    rounds_of,
)
from skmlp.dask.trainer import Memory


def joined(lists):
    return [*chain.from_iterable(lists)]


sizes_of_blocks = st.lists(st.integers(1, 50), min_size=1, max_size=12)


@given(n_rows=sizes_of_blocks, n_replicas=st.integers(1, 15))
def test_every_block_belongs_to_one_replica_with_its_neighbours(n_rows, n_replicas):
    replicas = replicas_of(n_replicas, n_rows)
    assert joined(replicas) == [*range(len(n_rows))]
    assert len(replicas) == min(n_replicas, len(n_rows))
    assert all(replicas)


@given(n_rows=sizes_of_blocks, n_replicas=st.integers(1, 15))
def test_no_replica_has_many_more_rows_than_its_share(n_rows, n_replicas):
    replicas = replicas_of(n_replicas, n_rows)
    share = sum(n_rows) / len(replicas)
    for blocks in replicas:
        assert sum(n_rows[b] for b in blocks) <= share + max(n_rows)


def test_equal_blocks_are_dealt_out_evenly():
    assert replicas_of(3, [5] * 7) == [[0, 1], [2, 3, 4], [5, 6]]


@given(n_rows=sizes_of_blocks, n_rounds=st.integers(1, 9), seed=st.integers(0, 2**63))
def test_an_epoch_comes_once_to_every_piece_of_each_block(n_rows, n_rounds, seed):
    blocks = [*range(3, 3 + len(n_rows))]
    rounds = rounds_of(blocks, [9, 9, 9, *n_rows], n_rounds, seed)
    visits = joined(rounds)
    assert len(rounds) == n_rounds
    pieces = sorted((visit.block, visit.piece) for visit in visits)
    n_pieces = visits[0].n_pieces
    assert pieces == [(b, piece) for b in blocks for piece in range(n_pieces)]
    assert {visit.n_pieces for visit in visits} == {n_pieces}
    assert n_pieces <= min(n_rows)


@given(n_rows=sizes_of_blocks, n_rounds=st.integers(1, 9), seed=st.integers(0, 2**63))
def test_visits_follow_one_another_from_the_start_of_the_epoch_to_its_end(
    n_rows, n_rounds, seed
):
    visits = joined(rounds_of([*range(len(n_rows))], n_rows, n_rounds, seed))
    ends = [visit.begin + visit.length for visit in visits]
    assert_allclose([0.0, *ends[:-1]], [visit.begin for visit in visits], atol=1e-12)
    assert ends[-1] == pytest.approx(1.0)
    shares = [n_rows[visit.block] / sum(n_rows) for visit in visits]
    lengths = [visit.length * visit.n_pieces for visit in visits]
    assert_allclose(lengths, shares, rtol=1e-12)


@given(n_rows=sizes_of_blocks, n_rounds=st.integers(1, 9))
def test_rounds_are_of_about_as_many_visits_each(n_rows, n_rounds):
    rounds = rounds_of([*range(len(n_rows))], n_rows, n_rounds, 0)
    n_visits = [len(visits) for visits in rounds]
    assert max(n_visits) - min(n_visits) <= 1


def test_each_epoch_has_an_order_of_its_own():
    orders = {
        tuple(visit.block for visit in joined(rounds_of([0, 1, 2, 3], [5] * 4, 2, s)))
        for s in range(50)
    }
    assert len(orders) > 15  # of 24


def prepared(X, y, sample_weight=None, **params):
    """Return the rows as one block, and the network that training starts from."""
    params = {"batch_size": 4, "max_iter": 2, "random_state": 0} | params
    settings = Settings.of(
        TwoLayerClassifier(5, **params), X.shape, np.dtype(np.float64)
    )
    targets = targets_of("labels", np.unique(y), settings.loss, 0.0)
    data = encode(check(0, X, y, sample_weight), targets, None, settings.dtype)
    state = TrainingState.start(settings, data)
    memory = Memory.at(settings, state)
    common = Common(
        settings,
        state.params.standardization,
        data.weight.mean(),
        Progress(planned_epochs=2),
        7,
        state.params.flat,
        memory.of_solver,
        memory.velocity,
    )
    return data, common


def in_pieces(data, common, n_pieces):
    """Return what is known after each of so many pieces of an epoch."""
    learnt, after_each = None, []
    for piece in range(n_pieces):
        visit = Visit(0, piece, n_pieces, piece / n_pieces, 1 / n_pieces)
        learnt = learn(common, learnt, data, visit)
        after_each.append(learnt)
    return after_each


@pytest.fixture
def rows():
    """32 rows, of weights whose sum tells which of them are summed."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(32, 3)), rng.integers(3, size=32), 2.0 ** np.arange(32)


@pytest.mark.parametrize("n_pieces", [1, 2, 3, 5, 31, 32])
@pytest.mark.parametrize("sampling", ["shuffle", "sequential"])
def test_pieces_are_together_every_row_once(rows, sampling, n_pieces):
    data, common = prepared(*rows, sampling=sampling)
    *_, learnt = in_pieces(data, common, n_pieces)
    assert learnt.weight == 2.0**32 - 1
    assert learnt.heard.n_rows == 32


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("learning_rate", ["one_cycle", "exponential"])
def test_pieces_learn_what_all_rows_at_once_teach(rows, solver, learning_rate):
    X, y, _ = rows
    data, common = prepared(X, y, solver=solver, learning_rate=learning_rate)
    (whole,) = in_pieces(data, common, 1)
    *_, learnt = in_pieces(data, common, 4)
    assert_array_equal(learnt.flat, whole.flat)
    assert learnt.memory.keys() == whole.memory.keys()
    for name, value in whole.memory.items():
        assert_array_equal(learnt.memory[name], value)
    assert learnt.heard == pytest.approx(whole.heard, rel=1e-12)


def test_the_schedule_goes_on_from_piece_to_piece(rows):
    shares = []

    def constant(share):
        shares.append(share)
        return 1.0

    data, common = prepared(*rows[:2], learning_rate=constant)
    common.progress.n_epochs = 1  # of two
    in_pieces(data, common, 4)
    assert shares == [0.5 + i / 16 for i in range(8)]


def test_what_a_round_starts_from_stays_as_it_is(rows):
    data, common = prepared(*rows)
    before = common.flat.copy(), common.memory["mean"].copy(), data.X.copy()
    first, second = in_pieces(data, common, 2)
    assert_array_equal(common.flat, before[0])
    assert_array_equal(common.memory["mean"], before[1])
    assert_array_equal(data.X, before[2])
    assert not np.shares_memory(first.flat, second.flat)


def test_each_piece_and_each_epoch_drops_other_units(rows):
    data, common = prepared(*rows, dropout=0.5, sampling="sequential", max_iter=9)
    visits = [Visit(0, 0, 1, 0.0, 1.0), Visit(1, 0, 1, 0.0, 1.0)]
    learnt = [learn(common, None, data, visit) for visit in visits]
    learnt.append(learn(common._replace(seed=8), None, data, visits[0]))
    again = learn(common, None, data, visits[0])
    assert_array_equal(learnt[0].flat, again.flat)
    for one, other in pairwise([*learnt, learnt[0]]):
        assert not np.array_equal(one.flat, other.flat)


def learnt_of(seed, weight, n_rows):
    """Return what a replica might have learnt."""
    rng = np.random.default_rng(seed)
    memory = {
        "velocity": rng.normal(size=6),
        "velocity_scale": rng.uniform(0.1, 1.0),
        "momentum": 0.9,
    }
    return Learnt(rng.normal(size=6), memory, weight, Heard(n_rows, *rng.random(3)))


def test_replicas_are_averaged_by_weight_and_their_losses_by_rows():
    weights, n_rows = [3.0, 0.0, 0.5], [4, 5, 9]
    learnt = [*map(learnt_of, range(3), weights, n_rows)]
    _, common = prepared(np.eye(3), np.arange(3), solver="sgd")
    mean = mean_of(common.settings, *learnt)
    expected = np.average([each.flat for each in learnt], axis=0, weights=weights)
    assert_allclose(mean.flat, expected, rtol=1e-14)
    memories = [each.memory for each in learnt]
    velocities = [m["velocity"] * m["velocity_scale"] for m in memories]
    expected = np.average(velocities, axis=0, weights=weights)
    assert_allclose(mean.memory["velocity"], expected, rtol=1e-14)
    assert mean.memory["velocity_scale"] == 1.0
    assert (mean.weight, mean.heard.n_rows) == (3.5, 18)
    for name in ("loss", "first_loss"):
        values = [getattr(each.heard, name) for each in learnt]
        expected = np.average(values, weights=n_rows)
        assert getattr(mean.heard, name) == pytest.approx(expected)


def test_the_mean_of_replicas_without_weight_is_plain():
    learnt = [learnt_of(i, 0.0, 1) for i in range(4)]
    _, common = prepared(np.eye(3), np.arange(3), solver="sgd")
    mean = mean_of(common.settings, *learnt)
    assert_allclose(mean.flat, np.mean([each.flat for each in learnt], axis=0))
    assert mean.weight == 0.0


def test_means_of_means_are_the_mean_of_all():
    learnt = [learnt_of(i, i + 0.5, i + 1) for i in range(6)]
    _, common = prepared(np.eye(3), np.arange(3), solver="sgd")
    halves = [mean_of(common.settings, *half) for half in (learnt[:4], learnt[4:])]
    whole, of_halves = (mean_of(common.settings, *some) for some in (learnt, halves))
    assert_allclose(of_halves.flat, whole.flat, rtol=1e-14)
    velocity = whole.memory["velocity"]
    assert_allclose(of_halves.memory["velocity"], velocity, rtol=1e-14)
    assert of_halves.heard == pytest.approx(whole.heard)
    assert of_halves.weight == whole.weight


def test_the_outer_step_is_nesterov_s_by_hand():
    _, common = prepared(np.eye(3), np.arange(3), solver="sgd")
    common = common._replace(flat=np.array([1.0, 2.0]), velocity=np.array([0.5, -1.0]))
    one, other = learnt_of(0, 1.0, 1), learnt_of(1, 3.0, 1)
    one, other = one._replace(flat=np.zeros(2)), other._replace(flat=np.array([4.0, 8]))
    after = outer_step(common, 0.5, one, other)
    # the mean is (3, 6), the change (2, 4); v = 0.5 (0.5, -1) + (2, 4) = (2.25, 3.5)
    assert_array_equal(after.velocity, [2.25, 3.5])
    assert_array_equal(after.flat, [3 + 1.125, 6 + 1.75])
    mean = mean_of(common.settings, one, other)
    assert_array_equal(after.memory["velocity"], mean.memory["velocity"])
    assert after.heard == (mean.heard,)


def test_the_outer_step_without_momentum_is_the_mean_to_the_bit():
    _, common = prepared(np.eye(3), np.arange(3), solver="sgd")
    flat = np.array([0.1, 1e9, -3e-9])
    learnt = learnt_of(0, 1.0, 1)._replace(flat=flat)
    common = common._replace(flat=np.array([3.0, 0.7, 1e5]), velocity=np.ones(3))
    assert_array_equal(outer_step(common, 0.0, learnt).flat, flat)


@pytest.mark.parametrize(
    ("n_replicas", "n_blocks", "expected"),
    [(5, 8, 4), (8, 8, 8), (99, 8, 8), (7, 8, 4), (1, 8, 1), (3, 7, 3), (6, 7, 4)],
)
def test_replicas_do_not_wait_for_one_with_a_block_more(n_replicas, n_blocks, expected):
    assert of_equal_size(n_replicas, n_blocks) == expected
