"""What was measured on the real tables, printed."""

from peers import SIDES
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
    of_fits,
    wins,
)
from real_tables import REAL_TABLES
from side_by_side import meets
from text_tables import simple_table

OURS = "two_layer", "pipeline"
# Of each: least gain in accuracy on the trees, most log-loss over theirs, and most
# seconds over those of HistGradientBoosting.
TARGETS = {"two_layer": (-0.003, 1.05, 1), "pipeline": (0.003, 0.95, 3)}


def print_report(results, n_splits):
    """Print all tables that the results allow, in reStructuredText."""
    tables, figures = in_common(results, n_splits)
    if figures:
        print(f"Means over {len(tables)} tables, {n_splits} splits each.\n")
        print_means(figures)
        print_acceptance(tables, figures)
    for side in SIDES:
        if side not in figures:
            print_few_fits(results, side, figures)
    if figures:
        print_each_table("accuracy", tables, figures, ACCURACY, "{:.3f}")
        print_each_table("log-loss", tables, figures, LOG_LOSS, "{:.3f}")
        print_each_table("seconds of a fit", tables, figures, SECONDS, "{:.2f}")


def in_common(results, n_splits):
    """Return all tables, and the figures of the sides that were fitted on each."""
    measured = {table for table, _, _ in results}
    tables = [name for name in REAL_TABLES if name in measured]
    splits = range(n_splits)
    complete = [side for side in SIDES if is_complete(results, tables, side, splits)]
    return tables, means_over_splits(results, tables, complete, splits)


def print_means(figures):
    """Print means, mean ranks, wins (accuracy / log-loss), and means of the trees."""
    header = ["side", "accuracy", "log-loss", "seconds", "mean ranks", "wins"]
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


def print_few_fits(results, side, complete):
    """Print a side that was not fitted on everything, and the others on the same."""
    fits = [(table, split) for table, name, split in results if name == side]
    if fits:
        rows = [
            _means(SIDES[name].title, of_fits(results, name, fits))
            for name in [side, *complete]
        ]
        tables = list(dict.fromkeys(table for table, _ in fits))
        where = ", ".join(tables) if len(tables) < 10 else f"{len(tables)} tables"
        print(
            f"\n{SIDES[side].title} was fitted {len(fits)} times, on {where}; there:\n"
        )
        print(simple_table(["side", "accuracy", "log-loss", "seconds"], rows))


def print_each_table(title, tables, figures, column, form):
    """Print one measure, a row for each table and a column for each side."""
    rows = [
        [table, *(form.format(of_side[i, column]) for of_side in figures.values())]
        for i, table in enumerate(tables)
    ]
    titles = [SIDES[side].title for side in figures]
    print(f"\nMean {title} of each table:\n")
    print(simple_table(["table", *titles], rows))


def print_acceptance(tables, figures):
    """Print how skmlp's sides stand to what is aimed at."""
    for side in OURS:
        if {side, *TREES, "logistic"} <= set(figures):
            rows = [
                [aim, value, target, target and verdict(float(value), target)]
                for aim, value, target in aims(side, tables, figures)
            ]
            print()
            print(simple_table([SIDES[side].title, "figure", "aim", "verdict"], rows))


def verdict(value, target):
    """Return in a word whether the target is met."""
    return "met" if meets(value, target) else "missed"


def aims(side, tables, figures):
    """Return what is aimed at: titles, figures, and targets."""
    ours, trees = figures[side], better_trees(figures)
    gain, losses, times = TARGETS[side]
    gained = ours.mean(axis=0) - trees.mean(axis=0)
    ratio = ours.mean(axis=0) / trees.mean(axis=0)
    typical = geometric_mean(ours / trees)
    excess = ours[:, LOG_LOSS] - figures["logistic"][:, LOG_LOSS]
    worst = f"log-loss minus logistic regression's, worst: {tables[excess.argmax()]}"
    rows = [
        ("accuracy minus that of the trees", f"{gained[ACCURACY]:+.4f}", f">= {gain}"),
        ("log-loss over that of the trees", f"{ratio[LOG_LOSS]:.3f}", f"<= {losses}"),
        ("the same, geometric mean", f"{typical[LOG_LOSS]:.3f}", ""),
        (worst, f"{excess.max():+.4f}", "<= 0.02"),
        ("seconds over HistGB's", f"{ratio[SECONDS]:.2f}", f"<= {times}"),
        ("the same, geometric mean", f"{typical[SECONDS]:.2f}", ""),
    ]
    if "catboost" in figures:
        of_catboost = ours.mean(axis=0) / figures["catboost"].mean(axis=0)
        times = f"{of_catboost[SECONDS]:.2f}"
        rows.append(("seconds over CatBoost's", times, "<= 0.5"))
    return rows
