"""Local steps with periodic averaging: the rounds of an epoch.

Several networks, the replicas, train in parallel, each on its own blocks, and are
averaged after every round (Stich 2019, "Local SGD converges fast and communicates
little", algorithm 1). The common network then takes an outer step along the averaged
change, with Nesterov's momentum (Douillard et al. 2023, "DiLoCo: distributed
low-communication training of language models", algorithm 1)::

    v ← μ v + mean of the replicas - common
    common ← mean of the replicas + μ v

Nothing here knows of Dask, or of where a block lies: the same common network, visit and
block make the same bits wherever they meet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple, cast

import numpy as np

from skmlp._checks.data import TrainingData
from skmlp._core.batches import SAMPLINGS
from skmlp._core.blas import add_scaled
from skmlp._core.rows import are_finite
from skmlp._core.standardization import Standardization
from skmlp._parallel.limit import one_thread_of_blas
from skmlp._settings import Settings
from skmlp._training.build import build_trainer
from skmlp._training.progress import Progress
from skmlp._training.state import TrainingState, zero_parameters
from skmlp._training.trainer import Diverged, Trainer
from skmlp.dask.blocks import aligned
from skmlp.schedules import Moment
from skmlp.solvers import Solver


class Common(NamedTuple):
    """The network that all replicas start a round from, and how they are to train.

    Parameters
    ----------
    settings : Settings
    standardization : Standardization or None
        Of the features, over all rows.
    mean_weight : float
        That of all rows.
    progress : Progress
        Where training stood when the epoch began.
    seed : int
        What draws the order of the rows, and dropout, in this epoch.
    flat : ndarray
        The parameters.
    memory : dict
        What the solver remembers.
    velocity : ndarray
        That of the outer momentum.
    heard : tuple of Heard
        Of the rounds of this epoch that are over.
    """

    settings: Settings
    standardization: Standardization | None
    mean_weight: float
    progress: Progress
    seed: int
    flat: np.ndarray
    memory: dict[str, Any]
    velocity: np.ndarray
    heard: tuple[Heard, ...] = ()


class Heard(NamedTuple):
    """What is told of a round, or of a part of it.

    Parameters
    ----------
    n_rows : int
        How many rows were learnt from.
    loss : float
        The mean objective of their batches.
    first_loss : float
        That of the first batch of each replica.
    learning_rate : float
        That of the last step.
    """

    n_rows: int
    loss: float
    first_loss: float
    learning_rate: float


class Learnt(NamedTuple):
    """What replicas have made of the common network in a round, or in a part of it.

    Parameters
    ----------
    flat, memory
        As in `Common`.
    weight : float
        That of the rows that they learnt from.
    heard : Heard
    """

    flat: np.ndarray
    memory: dict[str, Any]
    weight: float
    heard: Heard


class Visit(NamedTuple):
    """A replica's visit to a block: one of so many pieces of its rows.

    It begins when a share of the replica's epoch is done, and takes a share of it.
    """

    block: int
    piece: int
    n_pieces: int
    begin: float
    length: float


def of_equal_size(n_replicas: int, n_blocks: int) -> int:
    """Return how many replicas have about as many blocks each, at most n_replicas.

    Five replicas of eight blocks would wait for those that have two: four are as fast.
    """
    blocks_per_replica = math.ceil(n_blocks / min(n_replicas, n_blocks))
    return math.ceil(n_blocks / blocks_per_replica)


def replicas_of(n_replicas: int, n_rows: Sequence[int]) -> list[list[int]]:
    """Return the blocks of each replica: neighbours, of about as many rows each.

    Given the rows of each block. No replica is without a block.
    """
    n_blocks, n_replicas = len(n_rows), min(n_replicas, len(n_rows))
    done = np.cumsum([0, *n_rows])
    ends = [0]
    for i in range(1, n_replicas):
        end = int(np.abs(done - done[-1] * i / n_replicas).argmin())
        fewest, most = ends[-1] + 1, n_blocks - (n_replicas - i)
        ends.append(min(max(end, fewest), most))
    ends.append(n_blocks)
    return [list(range(*pair)) for pair in pairwise(ends)]


def rounds_of(
    blocks: Sequence[int], n_rows: Sequence[int], n_rounds: int, seed: int
) -> list[list[Visit]]:
    """Return the visits that a replica makes in each round of an epoch.

    It comes to all rows of its blocks once. A round takes whole blocks, in random
    order, where there are enough of them, else pieces of each. With fewer rows than
    rounds there are rounds without a visit.
    """
    n_pieces = min(math.ceil(n_rounds / len(blocks)), *(n_rows[b] for b in blocks))
    order = np.random.default_rng([seed, blocks[0]]).permutation(blocks)
    stops = [(int(b), piece) for piece in range(n_pieces) for b in order]
    total, done = sum(n_rows[b] for b in blocks), 0.0
    visits = []
    for block, piece in stops:
        length = n_rows[block] / n_pieces / total
        visits.append(Visit(block, piece, n_pieces, done, length))
        done += length
    ends = [round(i * len(visits) / n_rounds) for i in range(n_rounds + 1)]
    return [visits[i:j] for i, j in pairwise(ends)]


def learn(
    common: Common, before: Learnt | None, data: TrainingData, visit: Visit
) -> Learnt:
    """Train on some rows of a block, from the common network, or on in this round."""
    start = common if before is None else before
    data = data._replace(X=aligned(data.X))  # if Dask brought it from elsewhere
    rows = _rows_of(common, data, visit)
    with one_thread_of_blas() as limit, limit, np.errstate(all="ignore"):
        state = _state_at(common, start, data, visit)
        settings = replace(common.settings, n_jobs=1, sampling=SAMPLINGS["sequential"])
        trainer = build_trainer(
            settings, data, state, rows, common.mean_weight, n_epochs=1
        )
        epoch = _OneEpoch()
        with suppress(Diverged):
            trainer.run(1, epoch)
    if not (math.isfinite(epoch.loss) and are_finite(state.params.flat)):
        raise Diverged(_first_loss(common, before, trainer))
    weight = data.weight if rows is None else data.weight[rows]
    learnt = Learnt(
        state.params.flat,
        cast(Solver, state.solver).state_dict(),
        float(weight.sum(dtype=np.float64)),
        Heard(len(weight), epoch.loss, trainer.start_loss, trainer.learning_rate),
    )
    return learnt if before is None else _with_what_came_before(before, learnt)


def _first_loss(common: Common, before: Learnt | None, trainer: Trainer) -> float:
    """Return the first loss of this epoch that is known here."""
    heard = common.heard if before is None else (*common.heard, before.heard)
    return heard[0].first_loss if heard else trainer.start_loss


def _rows_of(common: Common, data: TrainingData, visit: Visit) -> np.ndarray | None:
    """Return the rows of a visit in their order; None for all as they are."""
    n_rows = len(data.y)
    stream = np.random.default_rng([common.seed, visit.block])
    order = common.settings.sampling(n_rows, stream)
    if order is None and visit.n_pieces == 1:
        return None
    order = np.arange(n_rows) if order is None else order
    ends = [n_rows * i // visit.n_pieces for i in (visit.piece, visit.piece + 1)]
    return order[slice(*ends)]


def _state_at(
    common: Common, start: Common | Learnt, data: TrainingData, visit: Visit
) -> TrainingState:
    """Return the state from which a visit trains, a copy."""
    params = zero_parameters(common.settings, data, common.standardization)
    np.copyto(params.flat, start.flat)
    progress = _WithinEpoch(
        **asdict(common.progress), begin=visit.begin, length=visit.length
    )
    stream = np.random.default_rng([common.seed, visit.block, visit.piece])
    return TrainingState(
        params, stream, split_seed=0, progress=progress, remembered=start.memory
    )


@dataclass
class _WithinEpoch(Progress):
    """The progress of an epoch of which only a part is taken here."""

    begin: float = 0.0
    length: float = 1.0

    def moment(self, share_of_epoch_done: float) -> Moment:
        """Return where training stands within this part of the epoch."""
        return super().moment(self.begin + self.length * share_of_epoch_done)


class _OneEpoch:
    """Who hears the loss of the only epoch."""

    loss = math.nan

    def begin_epoch(self) -> None:
        """Do nothing."""

    def end_epoch(self, loss: float) -> bool:
        """Note the loss."""
        self.loss = loss
        return True


def _with_what_came_before(before: Learnt, now: Learnt) -> Learnt:
    """Return what a replica knows now, its rows and losses over the whole round."""
    heard = _together([before.heard, now.heard])._replace(
        first_loss=before.heard.first_loss, learning_rate=now.heard.learning_rate
    )
    return now._replace(weight=before.weight + now.weight, heard=heard)


def _together(heard: Sequence[Heard]) -> Heard:
    """Return what is told of several parts at once."""
    n_rows = [each.n_rows for each in heard]
    return Heard(
        sum(n_rows),
        float(np.average([each.loss for each in heard], weights=n_rows)),
        float(np.average([each.first_loss for each in heard], weights=n_rows)),
        heard[0].learning_rate,
    )


def mean_of(settings: Settings, *learnt: Learnt) -> Learnt:
    """Return the mean of replicas by the weight of the rows that they learnt from."""
    if len(learnt) == 1:
        return learnt[0]
    weights = [each.weight for each in learnt]
    if not any(weights):  # then nothing was learnt, and they are all alike
        weights = [1.0] * len(learnt)
    flat = np.zeros_like(learnt[0].flat)
    for each, weight in zip(learnt, weights, strict=True):
        add_scaled(each.flat, weight / sum(weights), out=flat)
    solver = cast(Solver, settings.solver)
    return Learnt(
        flat,
        solver.averaged([each.memory for each in learnt], weights),
        sum(each.weight for each in learnt),
        _together([each.heard for each in learnt]),
    )


def outer_step(common: Common, momentum: float, *learnt: Learnt) -> Common:
    """Return the common network after a step along what was learnt on average."""
    mean = mean_of(common.settings, *learnt)
    velocity = momentum * common.velocity + (mean.flat - common.flat)
    return common._replace(
        flat=mean.flat + momentum * velocity,  # without momentum the mean, to the bit
        memory=mean.memory,
        velocity=velocity,
        heard=(*common.heard, mean.heard),
    )
