"""Training on a Dask cluster beside training in one process, on MNIST.

    python benchmarks/distributed.py [accuracy] [time] [replicas] [--svg PATH]

On a local cluster of two worker processes of one thread each, 784-256-10:

- accuracy: on the test images, in 8 and in 64 blocks, less that of `fit` in one process
  with the same alpha; for three seeds.
- time: of an epoch in 8 blocks, over that of one process on one thread, in turn; the
  share of a round that is no local training, that is the round less what the worker
  that trained longer took for it; and the bytes that come to workers and client per
  round, over those that blocks x 2 x (parameters and state) would be.
- replicas: 8, 64 and 512 networks, in as many blocks, averaged 1, 2 and 4 times per
  epoch, on threads of this process: accuracy against what is sent. With ``--svg`` a
  figure of it. Ten minutes, and not part of what runs by default.

Three minutes without.
"""

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# This file has the name of a package, which is to be found before it.
sys.path.append(sys.path.pop(0))

import dask.array
import numpy as np
from data_sets import mnist
from distributed import Client, LocalCluster, get_task_stream
from side_by_side import in_turn, print_header, print_row, ratios

from skmlp import TwoLayerClassifier
from skmlp.dask import DaskTwoLayerClassifier

SEEDS, N_ROUNDS_OF_TIMING = (0, 1, 2), 3
N_TIMED_EPOCHS, N_WORKERS = 10, 2
MOST_POINTS = {8: "<= 0.2", 64: "<= 0.4"}
REPLICAS, ROUNDS = (8, 64, 512), (1, 2, 4)
# Parameters, two moments of Adam and the velocity of the outer step, in float32.
STATE_BYTES = 4 * 4 * (784 * 256 + 256 * 10 + 256 + 10)


@contextmanager
def two_workers() -> Iterator[Client]:
    """Give the client of a cluster of processes."""
    cluster = LocalCluster(
        n_workers=N_WORKERS, threads_per_worker=1, dashboard_address=None
    )
    with cluster, Client(cluster) as client:
        yield client


def in_blocks(client: Client, n_blocks: int) -> tuple[Any, Any]:
    """Return the training images and their labels, as many blocks on each worker."""
    X, y = mnist()
    parts = np.array_split(np.arange(len(y)), n_blocks)
    workers = sorted(client.scheduler_info()["workers"])
    blocks = [
        dask.delayed(
            client.submit(
                block,
                part[0],
                part[-1] + 1,
                workers=workers[i * len(workers) // n_blocks],
                pure=False,
            ),
            nout=2,
        )
        for i, part in enumerate(parts)
    ]
    images, labels = (
        dask.array.concatenate(
            [
                dask.array.from_delayed(
                    pair[i], (len(part), *like.shape[1:]), meta=like
                )
                for pair, part in zip(blocks, parts, strict=True)
            ]
        )
        for i, like in enumerate((X[:0], y[:0]))
    )
    return dask.persist(images, labels)


def block(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Return some of the training images, and their labels."""
    X, y = mnist()
    return X[start:stop].copy(), y[start:stop].copy()


def accuracy(clf: TwoLayerClassifier) -> float:
    """Return that on the test images, in percent."""
    return 100 * clf.score(*mnist("test"))


def compare_accuracy() -> None:
    """Print the points that blocks cost, for each number of them."""
    on_one_machine, alpha = [], 0.0
    for seed in SEEDS:
        clf = TwoLayerClassifier(n_jobs=1, random_state=seed).fit(*mnist())
        on_one_machine.append(accuracy(clf))
        alpha = clf.alpha_
    print_row("MNIST, one process", "accuracy, %", on_one_machine)
    for n_blocks, target in MOST_POINTS.items():
        with two_workers() as client:
            X, y = in_blocks(client, n_blocks)
            reached = [
                accuracy(
                    DaskTwoLayerClassifier(alpha=alpha, random_state=seed)
                    .fit(X, y)
                    .to_local()
                )
                for seed in SEEDS
            ]
        work = f"MNIST, {n_blocks} blocks"
        print_row(work, "accuracy, %", reached)
        lost = statistics.mean(on_one_machine) - statistics.mean(reached)
        print_row(work, "points below one process", [lost], target)


def compare_time() -> None:
    """Print the ratio of times, the share that is no training, and the bytes."""
    params = {"max_iter": N_TIMED_EPOCHS, "alpha": 0.3, "random_state": 0}
    told = defaultdict(list)

    with two_workers() as client:
        X, y = in_blocks(client, 8)

        def one_process() -> float:
            clf = TwoLayerClassifier(n_jobs=1, **params).fit(*mnist())
            return statistics.median(clf.history_["seconds"])

        def cluster() -> float:
            clf = DaskTwoLayerClassifier(**params)
            client.run(bytes_received)  # what came before
            with get_task_stream(client) as stream:
                clf.fit(X, y)
            received = sum(client.run(bytes_received).values())
            n_rounds = N_TIMED_EPOCHS * clf.rounds_per_epoch
            by_client = N_TIMED_EPOCHS * (N_WORKERS + 1) * STATE_BYTES
            told["bytes"].append((received + by_client) / n_rounds)
            training = trained_seconds(stream.data) / N_TIMED_EPOCHS
            epoch = statistics.mean(clf.history_["seconds"])
            told["rest"].append(1 - training / epoch)
            return statistics.median(clf.history_["seconds"])

        cluster()  # which lets the workers import
        told.clear()
        times = in_turn(
            {"one process": one_process, "two workers": cluster}, N_ROUNDS_OF_TIMING
        )
    work = "784-256-10, 8 blocks"
    for name, values in times.items():
        print_row(work, f"s per epoch, {name}", values)
    ratio = ratios(times["two workers"], times["one process"])
    print_row(work, "two workers / one process", ratio, "<= 0.65")
    print_row(work, "share that is no training", told["rest"], "<= 0.15")
    bound = 8 * 2 * STATE_BYTES
    shares = [value / bound for value in told["bytes"]]
    print_row(work, "MB per round", [value / 1e6 for value in told["bytes"]])
    print_row(work, "of blocks x 2 x state", shares, "<= 1")


def bytes_received(dask_worker: Any) -> int:
    """Return how many bytes have come to a worker from others since the last call."""
    log = list(dask_worker.transfer_incoming_log)
    dask_worker.transfer_incoming_log.clear()
    return sum(entry["total"] for entry in log)


def trained_seconds(tasks: Any) -> float:
    """Return how long the worker trained that trained longest."""
    by_worker: dict[str, float] = defaultdict(float)
    for task in tasks:
        if str(task["key"]).startswith("learn-"):
            for part in task["startstops"]:
                if part["action"] == "compute":
                    by_worker[task["worker"]] += part["stop"] - part["start"]
    return max(by_worker.values())


def compare_replicas(svg: str | None) -> None:
    """Print accuracy against what is sent; draw it, where a path is given."""
    curves: dict[int, list[float]] = {}
    for n_replicas in REPLICAS:
        with Client(processes=False, n_workers=1, dashboard_address=None) as client:
            X, y = in_blocks(client, n_replicas)
            curves[n_replicas] = []
            for n_rounds in ROUNDS:
                clf = DaskTwoLayerClassifier(
                    n_replicas=n_replicas,
                    rounds_per_epoch=n_rounds,
                    alpha=0.3,
                    random_state=0,
                ).fit(X, y)
                reached = accuracy(clf.to_local())
                curves[n_replicas].append(reached)
                megabytes = 2 * n_replicas * n_rounds * STATE_BYTES / 1e6
                work = f"{n_replicas} replicas, {n_rounds} rounds"
                print_row(work, f"accuracy, %, {megabytes:.0f} MB", [reached])
    if svg:
        draw(curves, svg)


def draw(curves: dict[int, list[float]], path: str) -> None:
    """Draw accuracy against rounds, and against what is sent per epoch."""
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained", sharey=True)
    for n_replicas, reached in curves.items():
        sent = [2 * n_replicas * n * STATE_BYTES / 1e6 for n in ROUNDS]
        for ax, x in zip(axes, (ROUNDS, sent), strict=True):
            ax.plot(x, reached, marker="o", label=f"{n_replicas} replicas")
    axes[0].set(xlabel="rounds per epoch", ylabel="test accuracy, %", xscale="log")
    axes[0].set_xticks(ROUNDS, [str(n) for n in ROUNDS])
    axes[0].minorticks_off()
    axes[1].set(xlabel="MB sent per epoch", xscale="log")
    axes[1].legend()
    for ax in axes:
        ax.grid(alpha=0.3)
    fig.savefig(path, metadata={"Date": None} if path.endswith("svg") else {})


COMMANDS = {"accuracy": compare_accuracy, "time": compare_time}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commands", nargs="*", default=list(COMMANDS))
    parser.add_argument("--svg")
    asked = parser.parse_args()
    print_header("Training on a cluster")
    for command in asked.commands:
        if command == "replicas":
            compare_replicas(asked.svg)
        else:
            COMMANDS[command]()


if __name__ == "__main__":
    main()
