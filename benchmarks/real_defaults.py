"""The defaults of many classifiers on real tables.

    python benchmarks/real_defaults.py [--sides two_layer pipeline] [--tables adult]
        [--splits 3] [--results FILE] [--with FILE ...] [--again] [--rst]

Each side of `peers.py` as it comes is fitted on 70 % of the rows of each table of
`real_tables.py`, stratified, and judged on the others: accuracy, log-loss, and the
processor's seconds of the fit, one thread, so that a busy machine counts little. A
number of the split is also the classifier's seed.

What is measured goes into the file of results at once, and what stands there is not
measured again: sides can be fitted on different days, in different environments, and a
run that was interrupted continues. `--again` measures anew. The report is of the sides
and tables named; `--with` adds the results of other files. `--rst` prints the report
and measures nothing; the pages have it so, and draw their figure from it:

    python benchmarks/real_defaults.py --rst [--results FILE] [--with FILE ...]
        > docs/real_tables.inc

An hour, or two with CatBoost.
"""

import argparse
import warnings

import numpy as np
from defaults import measure
from peers import SIDES, available_sides
from real_report import print_report
from real_results import chosen, read_results, write_results
from real_tables import REAL_TABLES, available_names, load_table
from side_by_side import version_of
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

PACKAGES = "skmlp", "scikit-learn", "lightgbm", "xgboost", "catboost", "pytabkit"


def measure_what_is_missing(args):
    """Fit each side on each split of each table, and keep what was measured."""
    results = read_results([args.results])
    print(", ".join(f"{name} {version_of(name) or None}" for name in PACKAGES))
    if results:
        print(f"{args.results} has {len(results)} fits; --again measures them anew.")
    sides, tables = args.sides or available_sides(), args.tables or available_names()
    for table in tables:
        X, y = load_table(table)
        codes = np.unique(y, return_inverse=True)[1]  # XGBoost takes no other labels
        for split in range(args.splits):
            for side in sides:
                if args.again or (table, side, split) not in results:
                    results[table, side, split] = measure_side(side, X, codes, split)
                    write_results(args.results, results)
                    print_fit(table, side, split, results[table, side, split])
    print()


def measure_side(name, X, y, split):
    """Return the accuracy, the log-loss and the seconds of a fit."""
    side = SIDES[name]
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=split
    )
    X_train, X_test = side.prepare(X_train, X_test)
    model = side.make(split, X_train)
    return measure(model, X_train, X_test, y_train, y_test)


def print_fit(table, side, split, measured):
    """Print what was measured, to be watched."""
    accuracy, loss, seconds = measured
    print(
        f"{table:14} {SIDES[side].title:20} split {split}:"
        f" {accuracy:.4f} / {loss:.4f} / {seconds:.2f} s",
        flush=True,
    )


def parse():
    """Return the arguments; sides and tables are those that are here."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", nargs="+", choices=SIDES)
    parser.add_argument("--tables", nargs="+", choices=REAL_TABLES)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--results", default="real_defaults.json")
    parser.add_argument("--with", nargs="+", default=[], dest="others")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--rst", action="store_true")
    return parser.parse_args()


def main():
    """Measure what the results lack, then report."""
    args = parse()
    if not args.rst:
        warnings.simplefilter("ignore")  # that MLPClassifier has not converged
        with threadpool_limits(1):
            measure_what_is_missing(args)
    results = read_results([*args.others, args.results])
    asked = args.tables or REAL_TABLES, args.sides or SIDES, range(args.splits)
    results = chosen(results, *asked)
    print_report(results, args.splits)


if __name__ == "__main__":
    main()
