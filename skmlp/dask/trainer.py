"""What trains on a cluster, as seen from the process that called `fit`."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

import numpy as np

from skmlp._checks.data import TrainingData
from skmlp._settings import Settings
from skmlp._training.state import TrainingState
from skmlp._training.trainer import Diverged, Epochs
from skmlp.dask.cluster import Cluster
from skmlp.dask.preparation import Spread
from skmlp.dask.rounds import (
    Common,
    learn,
    mean_of,
    outer_step,
    replicas_of,
    rounds_of,
)
from skmlp.solvers import Solver

# So many networks are averaged by one call: as many as a worker has in memory at once.
_AT_ONCE = 4
# What a saved state calls the velocity, beside what the solver remembers.
OUTER_VELOCITY = "outer_velocity"
# What is done first: means, so that no worker keeps more networks than it must.
_SOON = 1


class Plan(NamedTuple):
    """How the rows are trained on.

    Parameters
    ----------
    n_replicas : int
        So many networks train side by side.
    n_rounds : int
        So often in an epoch they are averaged.
    outer_momentum : float
    """

    n_replicas: int
    n_rounds: int
    outer_momentum: float


class AllRows(NamedTuple):
    """The rows of all blocks, as those who count them see them."""

    n_rows: int
    subset: np.ndarray | None = None


class RoundsTrainer:
    """Trains on blocks where they lie, by rounds of local steps.

    Parameters
    ----------
    cluster : Cluster
    rows : Spread
        What it learns from.
    plan : Plan
    settings : Settings
    data : TrainingData
        A sample of the rows, for whom monitors the training.
    state : TrainingState
    subset : None
        All rows are trained on.
    n_epochs : int
        How many epochs are planned.
    """

    def __init__(
        self,
        cluster: Cluster,
        rows: Spread,
        plan: Plan,
        settings: Settings,
        data: TrainingData,
        state: TrainingState,
        subset: np.ndarray | None = None,
        /,
        *,
        n_epochs: int,
    ) -> None:
        self.cluster = cluster
        self.rows = rows
        self.plan = plan
        self.settings = _of_replicas(settings)
        self.state = state
        self.memory = Memory.at(settings, state)
        self.batches = AllRows(sum(rows.n_rows))
        self.learning_rate = settings.learning_rate_init
        self.start_loss = math.nan

    def run(self, n_epochs: int, epochs: Epochs) -> None:
        """Train for so many epochs, or until told to stop."""
        for _ in range(n_epochs):
            epochs.begin_epoch()
            loss = self.run_epoch()
            if epochs.end_epoch(loss):
                return

    def run_epoch(self) -> float:
        """Train one epoch on the cluster; return the mean objective of its batches."""
        seed = int(self.state.rng.integers(2**63))
        common = self._insist_on_epoch(seed)
        np.copyto(self.state.params.flat, common.flat)
        self.memory.keep(common.memory, common.velocity)
        heard = common.heard
        if math.isnan(self.start_loss):
            self.start_loss = heard[0].first_loss
        self.learning_rate = heard[-1].learning_rate
        n_rows = [each.n_rows for each in heard]
        return float(np.average([each.loss for each in heard], weights=n_rows))

    def _insist_on_epoch(self, seed: int) -> Common:
        """Return what came of an epoch, whatever dies in it."""
        by_number = dict(zip(self.rows.numbers, self.rows.blocks, strict=True))
        try:
            with self.cluster.watching(by_number, are_made=True):
                return self.cluster.insist(lambda: self._epoch(seed))
        except Diverged as error:
            if math.isnan(self.start_loss):
                (self.start_loss,) = error.args
            raise

    def _epoch(self, seed: int) -> Common:
        """Send out all rounds of an epoch at once; return what came of them."""
        common = self.cluster.everywhere(self._common(seed))
        replicas = [
            rounds_of(blocks, self.rows.n_rows, self.plan.n_rounds, seed)
            for blocks in replicas_of(self.plan.n_replicas, self.rows.n_rows)
        ]
        for visits_of_replicas in zip(*replicas, strict=True):
            learnt = [
                self._visits(common, visits) for visits in visits_of_replicas if visits
            ]
            if learnt:
                common = self._averaged(common, learnt)
        result: Common = self.cluster.gather(common)
        return result

    def _visits(self, common: Any, visits: Sequence[Any]) -> Any:
        """Return the future of what a replica knows at the end of a round."""
        learnt = None
        for visit in visits:
            block = self.rows.blocks[visit.block]
            learnt = self.cluster.submit(learn, common, learnt, block, visit)
        return learnt

    def _averaged(self, common: Any, learnt: Sequence[Any]) -> Any:
        """Return the future of the common network at the end of a round.

        What was learnt is always added up in the same order.
        """
        while len(learnt) > _AT_ONCE:
            learnt = [
                self.cluster.submit(mean_of, self.settings, *some, priority=_SOON)
                for some in _batched(learnt, _AT_ONCE)
            ]
        momentum = self.plan.outer_momentum
        return self.cluster.submit(
            outer_step, common, momentum, *learnt, priority=_SOON
        )

    def _common(self, seed: int) -> Common:
        """Return the network as it is now, and how it is to be trained."""
        return Common(
            self.settings,
            self.state.params.standardization,
            self.rows.mean_weight,
            replace(self.state.progress),
            seed,
            self.state.params.flat.copy(),  # within a process it is not sent
            self.memory.of_solver,
            self.memory.velocity,
        )


class Memory:
    """What the solver of the common network remembers, and the outer velocity.

    It has the place of a solver in the state of training, so that both are kept and
    taken up again with it.
    """

    def __init__(self, of_solver: dict[str, Any], velocity: np.ndarray) -> None:
        self.of_solver = of_solver
        self.velocity = velocity

    @classmethod
    def at(cls, settings: Settings, state: TrainingState) -> Memory:
        """Return that of the start, or of the end of the last call, for a state."""
        remembered = dict(state.remembered or {})
        velocity = remembered.pop(OUTER_VELOCITY, None)
        if state.remembered is not None:
            state.remembered = remembered
        solver = state.attach(cast(Solver, settings.solver))
        if velocity is None:
            velocity = np.zeros_like(state.params.flat)
        memory = cls(solver.state_dict(), velocity)
        state.solver = cast(Any, memory)
        return memory

    def keep(self, of_solver: dict[str, Any], velocity: np.ndarray) -> None:
        """Keep what an epoch ended with."""
        self.of_solver, self.velocity = of_solver, velocity

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all that has to be remembered."""
        remembered = {**self.of_solver, OUTER_VELOCITY: self.velocity}
        return {name: copy.copy(value) for name, value in remembered.items()}


def _batched(items: Sequence[Any], n: int) -> list[Sequence[Any]]:
    """Cut a sequence into parts of n items, the last of which may be shorter."""
    return [items[i : i + n] for i in range(0, len(items), n)]


def _of_replicas(settings: Settings) -> Settings:
    """Return settings without what is not asked for on workers.

    It may be large, as initial weights, or not be for other processes, as a scorer.
    """
    return replace(
        settings,
        scorer=None,
        initializers=cast(Any, ()),
        random_state=None,
        choices={},
    )
