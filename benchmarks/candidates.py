"""What choosing among eight candidates for alpha costs, beside one fit.

    python benchmarks/candidates.py [--rounds 9]

2,000 rows of 20 features, 256 units, default settings, one BLAS thread. The one fit is
given its alpha, as alpha='auto' would compare a few candidates first. The comparison
alone trains eight networks on all rows, side by side, and scores them on a few more;
the whole fit holds a fifth of the rows out and trains once more on all. All sides are
timed in turn, and each ratio is of one round.
"""

import argparse

import numpy as np
from side_by_side import print_header, print_row, ratios, seconds_in_turn
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits

from skmlp import TwoLayerClassifier, TwoLayerClassifierCV

N_CANDIDATES = 8
WORK = "2,000 x 20, 256 units"


def sides(X, y):
    """Return what is timed, by name."""
    alphas = np.geomspace(0.03, 3.0, N_CANDIDATES)
    few = {"X_val": X[:100], "y_val": y[:100]}

    def one():
        TwoLayerClassifier(alpha=0.3, random_state=0).fit(X, y)

    def comparison():
        TwoLayerClassifierCV(alphas, refit=False, random_state=0).fit(X, y, **few)

    def in_float64():
        clf = TwoLayerClassifierCV(alphas, refit=False, random_state=0)
        clf.set_params(dtype="float64").fit(X, y, **few)

    def whole_fit():
        TwoLayerClassifierCV(alphas, random_state=0).fit(X, y)

    def grid_search():
        held_out = np.arange(0, len(y), 5)
        cv = [(np.delete(np.arange(len(y)), held_out), held_out)]
        clf = TwoLayerClassifier(random_state=0)
        GridSearchCV(clf, {"alpha": alphas}, cv=cv).fit(X, y)

    return {
        "one fit": one,
        "comparison": comparison,
        "comparison, dtype='float64'": in_float64,
        "whole fit": whole_fit,
        "GridSearchCV": grid_search,
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    n_rounds = parser.parse_args().rounds
    X, y = make_classification(2000, 20, random_state=0)
    print_header(f"{N_CANDIDATES} candidates over one fit, in time; one BLAS thread")
    with threadpool_limits(1):
        for dtype in (np.float64, np.float32):
            timed = sides(X.astype(dtype), y)
            timed["one fit"]()  # warm up
            times = seconds_in_turn(timed, n_rounds)
            for name in list(timed)[1:]:
                target = "<= 2.5" if name == "comparison" else ""
                values = ratios(times[name], times["one fit"])
                print_row(f"{WORK}, {dtype.__name__}", name, values, target)


if __name__ == "__main__":
    main()
