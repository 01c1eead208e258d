"""Memory and accuracy of training over a file that is larger than memory may be.

    python benchmarks/out_of_core.py [memory] [accuracy] [--gigabytes 4] [--format csv]
    python benchmarks/out_of_core.py [order] [settings]

The first two by chunks of 10,240 rows, forty batches each. Each 25,600 rows of the file
are sorted by label, and mixed over a buffer of twice as many. Rows have 100 features in
float32, of which 20 tell among four classes, as far as noise lets them.

- memory: one pass over the whole file, in a process of its own. Its peak is compared
  with that of the imports. The file is written first, and deleted at the end; with
  ``--file PATH`` it stays there, and is taken from there the next time.
- accuracy: on 204,800 rows, ten passes, compared with `fit` on the same rows in memory,
  which trains ten epochs; on 51,200 others, for three seeds.
- order: the accuracy of one pass over 204,800 rows in memory that are sorted by label,
  as they lie and mixed over buffers; for three seeds.
- settings: the accuracy of five passes over rows in memory, 204,800 of those above and
  204,800 of `make_classification`, in random order; and how many points are lost where
  one setting is left at its default, of each of three seeds.

Memory and accuracy take four minutes, of a CSV file five; order one,
settings five.
"""

import argparse
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from math import ceil
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv, parquet
from side_by_side import print_header, print_row, seconds
from sklearn.datasets import make_classification

from skmlp import TwoLayerClassifier
from skmlp.streams import shuffled

N_FEATURES, N_TELLING, N_CLASSES = 100, 20, 4
BLOCK_ROWS, SORTED_ROWS = 51_200, 25_600
CHUNK_ROWS, BUFFER_ROWS = 10_240, 51_200
N_COMPARED_BLOCKS, N_PASSES, SEEDS = 4, 10, (0, 1, 2)
# What a row takes, in bytes: float32 and the label, or text.
ROW_BYTES = {"parquet": 4 * N_FEATURES + 1, "csv": 6.4 * N_FEATURES}
MOST_MB, MOST_POINTS = "<= 200", "<= 0.5"
BUFFERS = (20_480, 51_200, 102_400, 204_800)
# What the page says to set, and what stands there where nobody does.
N_PASSES_OF_SETTINGS = 5
SET = {"alpha": 0.3, "chunk_rows": CHUNK_ROWS, "max_iter": 20 * N_PASSES_OF_SETTINGS}
LEFT = {"alpha": "auto", "chunk_rows": 10_000, "max_iter": "auto"}
_STATUS = Path("/proc/self/status")


def block(seed: int, n_rows: int = BLOCK_ROWS) -> pd.DataFrame:
    """Return rows, each half sorted: labels are what noise leaves of a network's."""
    layers = np.random.default_rng(0)
    W1 = layers.normal(size=(N_TELLING, 3 * N_TELLING)) / np.sqrt(N_TELLING)
    W2 = layers.normal(size=(3 * N_TELLING, N_CLASSES))
    rng = np.random.default_rng([1, seed])
    X = rng.standard_normal((n_rows, N_FEATURES), dtype=np.float32)
    scores = np.tanh(2 * X[:, :N_TELLING] @ W1) @ W2
    label = (scores + rng.normal(size=scores.shape)).argmax(axis=1).astype(np.uint8)
    order = np.lexsort((label, np.arange(n_rows) // SORTED_ROWS))
    table = pd.DataFrame(X[order], columns=[f"x{i}" for i in range(N_FEATURES)])
    return table.assign(label=label[order])


def write(path: Path, n_blocks: int) -> None:
    """Write blocks into a file, of the format that its name ends in."""
    schema = pa.Schema.from_pandas(block(0, 10), preserve_index=False)
    if path.suffix == ".csv":
        writer = csv.CSVWriter(path, schema)
    else:
        writer = parquet.ParquetWriter(
            path, schema, compression="none", use_dictionary=False
        )
    with writer:
        for seed in range(n_blocks):
            rows = block(seed)
            if path.suffix == ".csv":
                rows = rows.round(3)
            table = pa.Table.from_pandas(rows, schema, preserve_index=False)
            writer.write_table(table)


def frames_of(path: Path) -> Iterator[pd.DataFrame]:
    """Yield the rows of a file as frames."""
    if path.suffix == ".csv":
        dtype = {f"x{i}": np.float32 for i in range(N_FEATURES)} | {"label": np.uint8}
        with pd.read_csv(path, chunksize=CHUNK_ROWS, dtype=dtype) as reader:
            yield from reader
    else:
        with parquet.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(CHUNK_ROWS, use_threads=False):
                yield batch.to_pandas()


def chunks_of(path: Path) -> Iterator[tuple[pd.DataFrame, pd.Series]]:
    """Yield the rows of a file as features and labels."""
    yield from map(parts_of, frames_of(path))


def parts_of(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return features and labels."""
    return frame.drop(columns="label"), frame["label"]


def train(
    path: Path, n_blocks: int, n_passes: int, random_state: int = 0
) -> TwoLayerClassifier:
    """Return a classifier that has passed over a file so many times.

    Its `alpha` is what 'auto' stands for in `fit` on as many rows.
    """
    n_calls = n_passes * n_blocks * BLOCK_ROWS // CHUNK_ROWS
    clf = TwoLayerClassifier(max_iter=n_calls, alpha=0.3, random_state=random_state)
    for i in range(n_passes):
        seed = n_passes * random_state + i
        for X, y in shuffled(chunks_of(path), BUFFER_ROWS, random_state=seed):
            clf.partial_fit(X, y, classes=range(N_CLASSES))
    return clf


def peak_bytes() -> int:
    """Return the most memory that this process has had."""
    if _STATUS.exists():  # which counts from the start of the program
        lines = _STATUS.read_text().splitlines()
        return 1024 * int(next(line for line in lines if "VmHWM" in line).split()[1])
    return 1024 * getrusage(RUSAGE_SELF).ru_maxrss


def megabytes_of(path: Path, n_blocks: int) -> tuple[float, float]:
    """Return by how many MB one pass exceeds the imports, and how long it takes."""
    before = peak_bytes()
    duration = seconds(partial(train, path, n_blocks, 1))
    return (peak_bytes() - before) / 1e6, duration


def in_a_fresh_process(function: Callable[..., tuple], *arguments) -> tuple:
    """Return what a function returns in a process that has done nothing but import."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        return fresh.submit(function, *arguments).result()


def measure_memory(path: Path, gigabytes: float) -> None:
    """Print the peak and the time of one pass."""
    n_blocks = ceil(1e9 * gigabytes / ROW_BYTES[path.suffix[1:]] / BLOCK_ROWS)
    if not path.exists():
        write(path, n_blocks)
    size = path.stat().st_size
    megabytes, duration = in_a_fresh_process(megabytes_of, path, n_blocks)
    work = f"{size / 1e9:.1f} GB of {path.suffix[1:]}, 100-256-4"
    print_row(work, "peak beyond imports, MB", [megabytes], MOST_MB)
    print_row(work, "one pass, s", [duration])
    print_row(work, "MB/s", [size / 1e6 / duration])


def measure_accuracy(path: Path) -> None:
    """Print the accuracies of a stream and of all rows at once."""
    write(path, N_COMPARED_BLOCKS)
    X, y = parts_of(pd.concat(frames_of(path)))
    X_test, y_test = parts_of(block(N_COMPARED_BLOCKS))
    scores = []
    for seed in SEEDS:
        whole = TwoLayerClassifier(random_state=seed).fit(X, y)
        stream = train(path, N_COMPARED_BLOCKS, N_PASSES, seed)
        scores.append([100 * clf.score(X_test, y_test) for clf in (whole, stream)])
    of_whole, of_stream = np.transpose(scores)
    work = f"{len(y):,} rows of {path.suffix[1:]}, 100-256-4"
    print_row(work, f"fit, {whole.n_iter_} epochs, %", of_whole)
    print_row(work, f"stream, {N_PASSES} passes, %", of_stream)
    print_row(work, "points that a stream loses", of_whole - of_stream, MOST_POINTS)


def arrays(*seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the features and the labels of blocks."""
    X, y = parts_of(pd.concat(map(block, seeds)))
    return X.to_numpy(), y.to_numpy()


def cut(
    rows: tuple[np.ndarray, np.ndarray], order: np.ndarray, n_rows: int = CHUNK_ROWS
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield rows in some order, chunk by chunk."""
    for start in range(0, len(order), n_rows):
        taken = order[start : start + n_rows]
        yield rows[0][taken], rows[1][taken]


def learnt(chunks: Iterable[tuple], random_state: int, **params) -> TwoLayerClassifier:
    """Return a classifier that has learnt from some chunks."""
    clf = TwoLayerClassifier(random_state=random_state, **params)
    for X, y in chunks:
        clf.partial_fit(X, y, classes=range(N_CLASSES))
    return clf


def measure_order() -> None:
    """Print the accuracies that rows sorted by label lead to."""
    rows, test_rows = arrays(*range(N_COMPARED_BLOCKS)), arrays(N_COMPARED_BLOCKS)
    by_label = np.argsort(rows[1], kind="stable")
    ways: dict[str, Callable[[int], Iterable[tuple]]] = {
        "any order, %": lambda seed: cut(rows, permuted(by_label, seed)),
        "sorted, %": lambda seed: cut(rows, by_label),
    }
    for n in BUFFERS:
        ways[f"buffer_rows={n:_}, %"] = partial(mixed, rows, by_label, n)
    n_calls = len(by_label) // CHUNK_ROWS
    for name, chunks in ways.items():
        models = [learnt(chunks(i), i, alpha=0.3, max_iter=n_calls) for i in SEEDS]
        scores = [100 * clf.score(*test_rows) for clf in models]
        print_row(f"{len(by_label):,} sorted rows, 100-256-4", name, scores)


def permuted(order: np.ndarray, seed: int) -> np.ndarray:
    """Return a random order."""
    return np.random.default_rng(seed).permutation(order)


def mixed(
    rows: tuple[np.ndarray, np.ndarray], order: np.ndarray, n: int, seed: int
) -> Iterable[tuple]:
    """Return rows in some order, mixed over a buffer."""
    return shuffled(cut(rows, order), n, random_state=seed)


def measure_settings() -> None:
    """Print what it costs to leave a setting at its default."""
    n_rows = N_COMPARED_BLOCKS * BLOCK_ROWS
    X, y = make_classification(
        *(n_rows + BLOCK_ROWS, 60),
        **{"n_informative": 15, "n_classes": N_CLASSES, "n_clusters_per_class": 3},
        **{"flip_y": 0.25, "class_sep": 0.7, "random_state": 1},
    )
    X = X.astype(np.float32)
    measure_settings_on(arrays(*range(N_COMPARED_BLOCKS)), arrays(N_COMPARED_BLOCKS))
    measure_settings_on((X[:n_rows], y[:n_rows]), (X[n_rows:], y[n_rows:]))


def measure_settings_on(
    rows: tuple[np.ndarray, np.ndarray], test_rows: tuple[np.ndarray, np.ndarray]
) -> None:
    """Print what it costs on some rows."""

    def score(seed: int, chunk_rows: int, **params) -> float:
        passes = N_PASSES_OF_SETTINGS * seed + np.arange(N_PASSES_OF_SETTINGS)
        orders = (permuted(np.arange(len(rows[1])), i) for i in passes)
        chunks = chain.from_iterable(cut(rows, o, chunk_rows) for o in orders)
        return 100 * learnt(chunks, seed, **params).score(*test_rows)

    work = f"{len(rows[1]):,} rows, {rows[0].shape[1]}-256-4"
    with_all = np.array([score(i, **SET) for i in SEEDS])
    print_row(work, "all set, %", with_all)
    for name, default in LEFT.items():
        without = [score(i, **{**SET, name: default}) for i in SEEDS]
        print_row(work, f"points by {name}", with_all - without)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures", nargs="*", help="those above; all of them if none")
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--format", choices=ROW_BYTES, default="parquet")
    parser.add_argument("--file", type=Path, help="where the file is to stay")
    chosen = parser.parse_args()
    figures = chosen.figures or ("memory", "accuracy", "order", "settings")
    print_header("Training over a file, chunk by chunk")
    if "order" in figures:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Rows seem to come sorted by label")
            measure_order()
    if "settings" in figures:
        measure_settings()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        if "memory" in figures:
            file = chosen.file or path / f"large.{chosen.format}"
            measure_memory(file, chosen.gigabytes)
            if not chosen.file:
                file.unlink()
        if "accuracy" in figures:
            measure_accuracy(path / f"small.{chosen.format}")


if __name__ == "__main__":
    main()
