"""What is asked of Dask: where it is imported, and what is done when something dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from reprlib import repr
from typing import Any, Self, TypeVar
from weakref import WeakSet

from skmlp._training.trainer import Interrupted

Result = TypeVar("Result")

# How often work is sent out whose data are lost with all workers that held them.
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
    """A client, as training uses it; and the failure that ended that.

    As a context it forgets all futures in the end: an exception that came from the
    cluster, and is kept, keeps them too, and with them the blocks in their memory.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self.failure: Interrupted | None = None
        self.futures: WeakSet[Any] = WeakSet()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let the cluster forget what it was asked for."""
        for future in [*self.futures]:
            future.release()

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
                f"client={client!r} is asynchronous. Pass a synchronous client, "
                "because fit returns when the cluster has finished."
            )
        return cls(client)

    def submit(
        self, function: Callable[..., Any], *args: Any, priority: int = 0
    ) -> Any:
        """Return the future of a call, which runs where its arguments are."""
        future = self.client.submit(function, *args, pure=False, priority=priority)
        self.futures.add(future)
        return future

    def compute(self, function: Callable[..., Any], of: Sequence[Any]) -> list[Any]:
        """Return the futures of a call for each tuple of delayed blocks, numbered."""
        dask, _ = dask_and_distributed()
        call = dask.delayed(function, pure=False)
        futures: list[Any] = self.client.compute(
            [call(i, *parts) for i, parts in enumerate(of)]
        )
        self.futures.update(futures)
        return futures

    def everywhere(self, value: Any) -> Any:
        """Return the future of a value that every worker gets a copy of."""
        (future,) = self.client.scatter([value], broadcast=True, hash=False)
        self.futures.add(future)
        return future

    def gather(self, futures: Any) -> Any:
        """Wait for results; raise what the first call that failed raised."""
        return self.client.gather(futures)

    def insist(self, work: Callable[[], Result]) -> Result:
        """Return what work returns, done again where its data were lost.

        Dask itself computes again what went with a worker, but not what this process
        had sent there, if no other worker has it; and sends nothing to a worker that
        has died unnoticed, or while there is none.
        """
        _, distributed = dask_and_distributed()
        for _ in range(_ATTEMPTS - 1):
            with suppress(distributed.CancelledError, OSError):
                return work()
        return work()

    @contextmanager
    def watching(self, blocks: Mapping[int, Any], *, are_made: bool) -> Iterator[None]:
        """Say which of the blocks, futures by number, are lost with their workers.

        Those that are made were there once: an error is that of making them again.
        """
        _, distributed = dask_and_distributed()
        gone = ("cancelled", "lost", "error") if are_made else ("cancelled", "lost")
        try:
            yield
        except Exception as error:
            lost = [n for n, future in blocks.items() if future.status in gone]
            of_cluster = [distributed.CancelledError, distributed.KilledWorker]
            if are_made:
                of_cluster.append(OSError)  # else it may be of what reads the blocks
            if not lost and not isinstance(error, tuple(of_cluster)):
                raise
            self.failure = Interrupted(_told(lost, error))
            raise self.failure from error


def _told(lost: Sequence[int], error: Exception) -> str:
    """Return what has happened to the cluster, and what to do."""
    if not lost:
        return f"The cluster could not go on: {type(error).__name__}: {error}"
    blocks = f"Block {lost[0]} is" if len(lost) == 1 else f"Blocks {repr(lost)} are"
    return (
        f"{blocks} lost with the workers that died, and Dask cannot make such blocks "
        "again. Pass collections that are read or computed, not data that were sent to "
        f"workers, as by client.scatter. ({type(error).__name__}: {error})"
    )
