"""
A file larger than memory
=========================

Which department of a bank is a letter for? The letters are in a file that is read chunk
by chunk, so it may be larger than memory: CSV through pandas, Parquet through pyarrow.
This one is small, so that the example takes seconds.
"""

import os
import tempfile
from math import ceil
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

from skmlp import TwoLayerClassifier
from skmlp.streams import shuffled

WORDS = {
    "cards": "card pin stolen limit terminal declined contactless cash machine lost",
    "loans": "loan rate mortgage repayment interest house instalment term fixed early",
    "savings": "savings deposit interest notice rate bond maturity transfer yearly",
    "payments": "transfer payment standing order returned wrong recipient late abroad",
}
COMMON = (
    "dear please account my your letter since when could not help again number branch "
    "last month asked twice nobody answer because still want know was has and the for"
)
DEPARTMENTS = sorted(WORDS)


def letters(rng, department, n_rows):
    """Return letters to a department, a quarter of their words about its affairs."""
    own, common = WORDS[department].split(), COMMON.split()
    is_own = rng.random((n_rows, 12)) < 0.25
    words = np.where(
        is_own, rng.choice(own, is_own.shape), rng.choice(common, is_own.shape)
    )
    texts = [" ".join(row) for row in words]
    return pd.DataFrame({"text": texts, "department": department})


# %%
# The file is sorted as files often are: here department by department, five times.
folder = tempfile.TemporaryDirectory()
csv_file = Path(folder.name) / "letters.csv"
rng = np.random.default_rng(0)
for i, department in enumerate(DEPARTMENTS * 5):
    part = letters(rng, department, 1000)
    part.to_csv(csv_file, mode="a", header=i == 0, index=False)

# %%
# Both kinds of files are read in chunks, so a CSV file of any size can be written as a
# Parquet file. Without ``pre_buffer=False`` pyarrow may keep the whole file in memory.
CHUNK_ROWS = 500


def chunks_of_csv(path):
    """Yield frames of some rows each."""
    with pd.read_csv(path, chunksize=CHUNK_ROWS) as chunks:
        yield from chunks


def chunks_of_parquet(path):
    """Yield frames of some rows each."""
    with parquet.ParquetFile(path, pre_buffer=False) as file:
        for batch in file.iter_batches(CHUNK_ROWS):
            yield batch.to_pandas()


parquet_file = csv_file.with_suffix(".parquet")
schema = pa.schema([("text", pa.string()), ("department", pa.string())])
with parquet.ParquetWriter(parquet_file, schema) as writer:
    for chunk in chunks_of_csv(csv_file):
        writer.write_table(pa.Table.from_pandas(chunk, schema, preserve_index=False))

# %%
# ``HashingVectorizer`` makes sparse rows of the text. There is nothing to fit, so each
# chunk gets the same features. About one row in twenty is for validation. The seed of
# the draw is the number of the chunk, so the same rows are drawn in each pass.
vectorizer = HashingVectorizer(n_features=2**14, dtype=np.float32)


def parts_of(path, *, is_for_validation):
    """Yield features and labels of the rows for training, or for validation."""
    for number, chunk in enumerate(chunks_of_parquet(path)):
        drawn = np.random.default_rng(number).random(len(chunk)) < 0.05
        rows = chunk[drawn == is_for_validation]
        yield vectorizer.transform(rows["text"]), rows["department"].to_numpy()


X_val, y_val = zip(*parts_of(parquet_file, is_for_validation=True), strict=True)
X_val, y_val = sparse.vstack(X_val), np.concatenate(y_val)

# %%
# ``partial_fit`` is called once per chunk. The number of calls is known from the file;
# given as ``max_iter``, it lets the learning rate follow its schedule. ``shuffled``
# mixes the rows in a buffer of a fifth of the file; without it ``partial_fit`` would
# warn that the rows are sorted by label. After each pass a snapshot is written.
N_PASSES, BUFFER_ROWS = 3, 4000
n_chunks = ceil(parquet.read_metadata(parquet_file).num_rows / CHUNK_ROWS)


def learn(clf, passes, snapshots):
    """Train over the file, once per pass."""
    for number in passes:
        stream = parts_of(parquet_file, is_for_validation=False)
        for X, y in shuffled(stream, BUFFER_ROWS, random_state=number):
            clf.partial_fit(X, y, classes=DEPARTMENTS, X_val=X_val, y_val=y_val)
        unfinished = snapshots / "unfinished"
        joblib.dump(clf, unfinished)
        os.replace(unfinished, snapshots / f"after_pass_{number}.joblib")


clf = TwoLayerClassifier(64, max_iter=N_PASSES * n_chunks, random_state=0)
learn(clf, range(N_PASSES), Path(folder.name))
print(f"{clf.t_:,} rows learnt in {clf.n_iter_} calls")
print(f"{clf.score(X_val, y_val):.1%} of {len(y_val)} validation rows are right")

# %%
# ``history_`` has one entry per call. Most is learnt in the first pass; a large file
# may need no other.
fig, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
ax.plot(clf.history_["epoch"], clf.history_["val_accuracy"], linewidth=3)
for number in range(N_PASSES):
    ax.axvline(number * n_chunks, color="0.7", linestyle=":")
    ax.text((number + 0.5) * n_chunks, 0.4, f"pass {number + 1}", ha="center")
ax.set(xlabel="calls of partial_fit", ylabel="validation accuracy", ylim=(0.2, 1))
plt.show()

# %%
# After a crash in the third pass, training goes on from the snapshot of the second, to
# the same weights.
left = joblib.load(Path(folder.name) / "after_pass_1.joblib")
learn(left, range(left.n_iter_ // n_chunks, N_PASSES), Path(folder.name))
same = all(map(np.array_equal, left.coefs_, clf.coefs_))
print(f"From the snapshot of pass 2, the same weights: {same}")
folder.cleanup()
