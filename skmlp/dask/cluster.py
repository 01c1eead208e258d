"""What is asked of Dask: where it is imported, and what is done when something dies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

Result = TypeVar("Result")

# How often work is sent out again whose data were lost with all workers that held them.
_ATTEMPTS = 5
_EXTRA = 'pip install "skmlp[dask]"'


def dask_and_distributed() -> tuple[Any, Any]:
    """Return the two packages; raise where one is missing."""
    try:
        import dask.array
        import distributed
    except ImportError as error:
        raise ImportError(
            f"DaskTwoLayerClassifier needs dask and distributed: {_EXTRA}"
        ) from error
    return dask, distributed


class Cluster:
    """A client, as training uses it."""

    def __init__(self, client: Any) -> None:
        self.client = client

    @classmethod
    def of(cls, client: Any) -> Cluster:
        """Return that of a client, or of the one that is current."""
        _, distributed = dask_and_distributed()
        if client is None:
            try:
                client = distributed.get_client()
            except ValueError as error:
                raise ValueError(
                    "There is no Dask client. Make one, as by client = "
                    "dask.distributed.Client(), or pass client."
                ) from error
        if not hasattr(client, "asynchronous"):
            raise TypeError(
                f"client={client!r} is no client. Pass a distributed.Client, or None "
                "for the current one."
            )
        if client.asynchronous:
            raise ValueError(
                f"client={client!r} is asynchronous. Pass one that is not: fit waits "
                "for the cluster."
            )
        return cls(client)

    def submit(
        self, function: Callable[..., Any], *args: Any, priority: int = 0
    ) -> Any:
        """Return the future of a call, which runs where its arguments are."""
        return self.client.submit(function, *args, pure=False, priority=priority)

    def holds(self, collection: Any) -> bool:
        """Return whether workers have, or are making, the blocks of a collection."""
        _, distributed = dask_and_distributed()
        return bool(distributed.futures_of(collection))

    def compute(
        self, function: Callable[..., Any], of: Sequence[Any], *, spreads: bool
    ) -> list[Any]:
        """Return the futures of a call for each tuple of delayed blocks, numbered.

        Calls may be spread over the workers: as many to each, neighbours together.
        """
        dask, _ = dask_and_distributed()
        delayed = dask.delayed(function, pure=False)
        calls = [delayed(i, *parts) for i, parts in enumerate(of)]
        workers = sorted(self.client.nthreads())
        if not spreads or not workers:
            return self.client.compute(calls)
        ends = [len(calls) * i // len(workers) for i in range(len(workers) + 1)]
        futures: list[Any] = []
        for worker, (start, end) in zip(workers, pairwise(ends), strict=True):
            futures += self.client.compute(
                calls[start:end], workers=[worker], allow_other_workers=True
            )
        return futures

    def everywhere(self, value: Any) -> Any:
        """Return the future of a value that every worker gets a copy of."""
        (future,) = self.client.scatter([value], broadcast=True, hash=False)
        return future

    def gather(self, futures: Any) -> Any:
        """Wait for results; raise what the first call that failed raised."""
        return self.client.gather(futures)

    def insist(self, work: Callable[[], Result]) -> Result:
        """Return what work returns, done again where its data were lost.

        Dask itself computes again what went with a worker, but not what this process
        had sent there, if no other worker has it.
        """
        _, distributed = dask_and_distributed()
        for attempt in range(_ATTEMPTS):
            try:
                return work()
            except (
                distributed.CancelledError,
                distributed.client.FutureCancelledError,
            ):
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError
