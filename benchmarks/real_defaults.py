"""The defaults of many classifiers on real tables.

    python benchmarks/real_defaults.py [--sides two_layer pipeline] [--tables adult]
        [--splits 3] [--results FILE] [--with FILE ...] [--again] [--rst]
        [--figure FILE]

Each side of `peers.py` as it comes is fitted on 70 % of the rows of each table of
`real_tables.py`, stratified, and judged on the others: accuracy, log-loss, and the
processor's seconds of the fit, one thread, so that a busy machine counts little. A
number of the split is also the classifier's seed.

What is measured goes into the file of results at once, and what stands there is not
measured again: sides can be fitted on different days, in different environments, and a
run that was interrupted continues. `--with` adds the results of other files to the
report, `--again` measures anew, `--rst` prints the tables of docs/real_tables.rst from
results and measures nothing, `--figure` draws quality against time.

All sides that need no further package take about an hour.
"""

import argparse
import warnings

import numpy as np
from defaults import measure
from peers import SIDES, available_sides
from real_results import (
    ACCURACY,
    LOG_LOSS,
    SECONDS,
    TREES,
    better_trees,
    geometric_mean,
    is_complete,
    mean_ranks,
    means_over_splits,
    read_results,
    tables_of,
    wins,
    write_results,
)
from real_tables import REAL_TABLES, available_names, load_table
from side_by_side import meets, version_of
from sklearn.model_selection import train_test_split
from text_tables import simple_table
from threadpoolctl import threadpool_limits

OURS = "two_layer", "pipeline"
# Of each: least gain in accuracy on the trees, most log-loss over theirs, and most
# seconds over those of HistGradientBoosting.
TARGETS = {"two_layer": (-0.003, 1.05, 1), "pipeline": (0.003, 0.95, 3)}
PACKAGES = "scikit-learn", "lightgbm", "xgboost", "catboost", "pytabkit"


# -- measuring --------------------------------------------------------------------


def measure_what_is_missing(args, results):
    """Fit each side on each split of each table, and keep what was measured."""
    for table in args.tables:
        X, y = load_table(table)
        codes = np.unique(y, return_inverse=True)[1]  # XGBoost takes no other labels
        for split in range(args.splits):
            sides = [
                side
                for side in args.sides
                if args.again or (table, side, split) not in results
            ]
            for side in sides:
                results[table, side, split] = measure_side(side, X, codes, split)
                write_results(args.results, results)
                print_fit(table, side, split, results[table, side, split])


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


# -- reporting --------------------------------------------------------------------


def print_report(results, n_splits):
    """Print all tables that the results allow."""
    splits = range(n_splits)
    measured = {table for table, _, _ in results}
    tables = [name for name in REAL_TABLES if name in measured]
    complete = [s for s in SIDES if is_complete(results, tables, s, splits)]
    figures = means_over_splits(results, tables, complete, splits)
    print(f"{len(tables)} tables, {n_splits} splits, {_versions()}\n")
    print_means(figures)
    print_acceptance(tables, figures)
    for side in SIDES:
        if side not in complete:
            print_few_tables(results, side, complete, splits)
    print_each_table("accuracy", tables, figures, ACCURACY, "{:.3f}")
    print_each_table("log-loss", tables, figures, LOG_LOSS, "{:.3f}")
    print_each_table("seconds of a fit", tables, figures, SECONDS, "{:.2f}")


def _versions():
    """Return the versions of those who take part."""
    return ", ".join(
        f"{name} {version_of(name)}" for name in PACKAGES if version_of(name)
    )


def print_means(figures):
    """Print means, mean ranks, wins (accuracy / log-loss), and means of the trees."""
    header = ["mean of all tables", "accuracy", "log-loss", "seconds"]
    header += ["ranks", "wins"]
    ranks = [mean_ranks(figures, column) for column in (ACCURACY, LOG_LOSS)]
    won = [wins(figures, column) for column in (ACCURACY, LOG_LOSS)]
    rows = [
        [
            *_means(SIDES[side].title, of_side),
            " / ".join(f"{rank[side]:.1f}" for rank in ranks),
            " / ".join(str(count[side]) for count in won),
        ]
        for side, of_side in figures.items()
    ]
    if set(TREES) <= set(figures):
        rows.append([*_means("trees", better_trees(figures))[:3], "", "", ""])
    print(simple_table(header, rows))


def _means(title, figures):
    """Return the cells of a title and the three means."""
    accuracy, loss, seconds = figures.mean(axis=0)
    return [title, f"{accuracy:.4f}", f"{loss:.4f}", f"{seconds:.2f}"]


def print_few_tables(results, side, complete, splits):
    """Print a side that was fitted on some tables, and the others on the same."""
    tables = tables_of(results, [side], splits)
    if tables:
        figures = means_over_splits(results, tables, [side, *complete], splits)
        rows = [_means(SIDES[name].title, figures[name]) for name in figures]
        header = [f"mean of {len(tables)} tables", "accuracy", "log-loss", "seconds"]
        print(f"\n{SIDES[side].title} on {', '.join(tables)}:\n")
        print(simple_table(header, rows))


def print_each_table(title, tables, figures, column, form):
    """Print one measure, a row for each table and a column for each side."""
    header = [title, *(SIDES[side].title for side in figures)]
    rows = [
        [table, *(form.format(of_side[i, column]) for of_side in figures.values())]
        for i, table in enumerate(tables)
    ]
    print("\n" + simple_table(header, rows))


def print_acceptance(tables, figures):
    """Print how skmlp's sides stand to what is aimed at."""
    for side in OURS:
        if {side, *TREES, "logistic"} <= set(figures):
            rows = [
                [figure, value, target, verdict(float(value), target)]
                for figure, value, target in aims(side, tables, figures)
            ]
            header = [SIDES[side].title, "figure", "target", "verdict"]
            print("\n" + simple_table(header, rows))


def verdict(value, target):
    """Return whether the target is met, nothing where there is none."""
    return target and ("met" if meets(value, target) else "missed")


def aims(side, tables, figures):
    """Yield what is aimed at: a title, the figure, and the target."""
    ours, trees = figures[side], better_trees(figures)
    more, less, slower = TARGETS[side]
    gain = ours.mean(axis=0) - trees.mean(axis=0)
    ratio = ours.mean(axis=0) / trees.mean(axis=0)
    each = geometric_mean(ours / trees)
    yield "accuracy minus trees'", f"{gain[ACCURACY]:+.4f}", f">= {more}"
    yield "log-loss over trees'", f"{ratio[LOG_LOSS]:.3f}", f"<= {less}"
    yield "the same, geometric mean", f"{each[LOG_LOSS]:.3f}", ""
    excess = ours[:, LOG_LOSS] - figures["logistic"][:, LOG_LOSS]
    worst = f"log-loss minus logistic regression's, worst ({tables[excess.argmax()]})"
    yield worst, f"{excess.max():+.4f}", "<= 0.02"
    yield "seconds over HistGB's", f"{ratio[SECONDS]:.2f}", f"<= {slower}"
    yield "the same, geometric mean", f"{each[SECONDS]:.2f}", ""
    if "catboost" in figures:
        of_catboost = ours[:, SECONDS].mean() / figures["catboost"][:, SECONDS].mean()
        yield "seconds over CatBoost's", f"{of_catboost:.2f}", "<= 0.5"


def draw(results, n_splits, path):
    """Draw the mean log-loss against the mean seconds, a point for each side."""
    import matplotlib.pyplot as plt

    splits = range(n_splits)
    measured = {table for table, _, _ in results}
    complete = [s for s in SIDES if is_complete(results, measured, s, splits)]
    figures = means_over_splits(results, list(measured), complete, splits)
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for side, of_side in figures.items():
        _, loss, seconds = of_side.mean(axis=0)
        color = "C3" if side in OURS else "C0"
        axes.plot(seconds, loss, "o", color=color)
        axes.annotate(
            SIDES[side].title,
            (seconds, loss),
            (5, 4),
            textcoords="offset points",
            color=color,
        )
    axes.set(
        xscale="log",
        xlabel="seconds of a fit, mean",
        ylabel="log-loss, mean",
        title=f"Defaults on {len(measured)} real tables: down and left is better",
    )
    axes.margins(x=0.15)
    figure.savefig(path)


# -- the command ------------------------------------------------------------------


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
    parser.add_argument("--figure")
    return parser.parse_args()


def main():
    """Measure what the results lack, then report."""
    args = parse()
    results = read_results([args.results])
    if not args.rst:
        args.sides = args.sides or available_sides()
        args.tables = args.tables or available_names()
        warnings.simplefilter("ignore")  # that MLPClassifier has not converged
        with threadpool_limits(1):
            measure_what_is_missing(args, results)
    merged = read_results([*args.others, args.results])
    print_report(merged, args.splits)
    if args.figure:
        draw(merged, args.splits, args.figure)


if __name__ == "__main__":
    main()
