"""What was measured on the real tables: kept in a file, merged, ranked.

Results are a dictionary from (table, side, split) to (accuracy, log-loss, seconds).
`Figures` are their means over the splits, an array for each side with a row for each
table and a column for each of the three.
"""

import json
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

ACCURACY, LOG_LOSS, SECONDS = range(3)
TREES = "hist_gb", "forest"


def read_results(paths):
    """Return the results of the files that exist; of two, the later file's counts."""
    results = {}
    for path in map(Path, paths):
        if path.exists():
            lines = json.loads(path.read_text())
            results |= {tuple(line[:3]): tuple(line[3:]) for line in lines}
    return results


def write_results(path, results):
    """Write the results, a line for each, in one stroke."""
    lines = [json.dumps([*key, *values]) for key, values in sorted(results.items())]
    beside = Path(path).with_suffix(".tmp")
    beside.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    beside.replace(path)


def chosen(results, tables, sides, splits):
    """Return the results of these tables, sides and splits."""
    return {
        (table, side, split): measured
        for (table, side, split), measured in results.items()
        if table in tables and side in sides and split in splits
    }


def is_complete(results, tables, side, splits):
    """Return whether a side has been fitted on each split of each table."""
    return all((table, side, split) in results for table in tables for split in splits)


def means_over_splits(results, tables, sides, splits):
    """Return for each side an array with a row for each table."""
    return {
        side: np.array(
            [
                np.mean([results[table, side, split] for split in splits], axis=0)
                for table in tables
            ]
        )
        for side in sides
    }


def of_fits(results, side, fits):
    """Return an array with a row for each (table, split)."""
    return np.array([results[table, side, split] for table, split in fits])


def better_trees(figures):
    """Return, table by table, the higher accuracy and the lower log-loss of the two.

    Seconds are those of HistGradientBoosting.
    """
    boosting, forest = (figures[side] for side in TREES)
    return np.column_stack(
        [
            np.maximum(boosting[:, ACCURACY], forest[:, ACCURACY]),
            np.minimum(boosting[:, LOG_LOSS], forest[:, LOG_LOSS]),
            boosting[:, SECONDS],
        ]
    )


def mean_ranks(figures, measure):
    """Return the mean rank of each side, 1 the best; equals share their ranks."""
    ranks = rankdata(_the_lower_the_better(figures, measure), axis=0)
    return dict(zip(figures, ranks.mean(axis=1), strict=True))


def wins(figures, measure):
    """Return on how many tables no side is better."""
    costs = _the_lower_the_better(figures, measure)
    return dict(zip(figures, (costs == costs.min(axis=0)).sum(axis=1), strict=True))


def _the_lower_the_better(figures, measure):
    """Return a row for each side, a column for each table."""
    sign = -1 if measure == ACCURACY else 1
    return sign * np.array([of_side[:, measure] for of_side in figures.values()])


def geometric_mean(ratios):
    """Return the mean over tables that counts a half and a double alike."""
    return np.exp(np.mean(np.log(ratios), axis=0))
