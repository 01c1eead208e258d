"""Several labels per row: defaults against defaults.

    python benchmarks/multilabel.py [--quick] [--splits 5] [--sides ours mlp ...]
        [--sets movies ...]

Each side is fitted on 70 % of the rows of each set of `multilabel_sets.py` and judged
on the others: subset accuracy, log-loss (binary cross-entropy, the mean over rows and
labels), macro F1, and the processor's seconds of the fit, one thread. All sides get the
same splits; the number of a split is the classifier's seed, and that of a synthetic
set, too. MLPClassifier stands behind a scaler, as its users have it: with its 200
epochs, of which it warns that they were too few, and with up to 1,000. More of them
learn small sets by heart, so that neither is the better one everywhere.

Two more sides are ours for F1: with a threshold for each label, and with balanced
labels. The page of several labels has them by ``--sides ours thresholds balanced``.

Last come the differences of ours and each MLPClassifier, split by split, with the
standard error of their mean. Ten minutes; `--quick` takes one, with three splits and
without the two largest sets, the 1,000 epochs and the trees.
"""

import argparse
import time
import warnings
from statistics import fmean, stdev

import numpy as np
from multilabel_sets import SETS, available_sets, load_set
from peers import Side, numbers, scaled, seeded
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler
from text_tables import simple_table
from threadpoolctl import threadpool_limits

from skmlp import TwoLayerClassifier

ACCURACY, LOG_LOSS, F1, SECONDS = range(4)
MEASURES = {
    "Subset accuracy": "{:.3f}",
    "Log-loss per label": "{:.4f}",
    "Macro F1": "{:.3f}",
    "Seconds of a fit": "{:.2f}",
}
OURS, MLPS = "ours", ("mlp", "mlp_minmax", "mlp_long", "mlp_minmax_long")
SLOW = (
    "thresholds",
    "balanced",
    "mlp_long",
    "mlp_minmax_long",
    "trees",
    "10,000 x 20, 5 labels",
    "5,000 x 100, 20 labels",
)


def one_per_label(make):
    """Return a function that makes a classifier of each label from one of one label."""
    return lambda seed, X: OneVsRestClassifier(make(seed, X))


class WithThresholds(TwoLayerClassifier):
    """Ours, with the threshold of each label that is best for F1 by cross-validation.

    As the guide has it.
    """

    def fit(self, X, Y):
        """Choose the thresholds, then train on all rows."""
        single = TwoLayerClassifier(random_state=self.random_state)
        held_out = cross_val_predict(single, X, Y, method="predict_proba", cv=3)
        grid = np.linspace(0.05, 0.95, 19)
        f1 = [f1_score(Y, held_out > t, average=None, zero_division=0) for t in grid]
        self.thresholds_ = grid[np.argmax(f1, axis=0)]
        return super().fit(X, Y)

    def predict(self, X):
        """Compare the probabilities with the thresholds."""
        return (self.predict_proba(X) > self.thresholds_).astype(int)


SIDES = {
    OURS: Side("ours", numbers, seeded(TwoLayerClassifier)),
    "thresholds": Side("ours, thresholds", numbers, seeded(WithThresholds)),
    "balanced": Side(
        "ours, balanced", numbers, seeded(TwoLayerClassifier, class_weight="balanced")
    ),
    "mlp": Side("MLP", numbers, scaled(MLPClassifier)),
    "mlp_minmax": Side("MLP, 0 to 1", numbers, scaled(MLPClassifier, MinMaxScaler)),
    "mlp_long": Side("MLP, 1,000", numbers, scaled(MLPClassifier, max_iter=1000)),
    "mlp_minmax_long": Side(
        "MLP, 0 to 1, 1,000",
        numbers,
        scaled(MLPClassifier, MinMaxScaler, max_iter=1000),
    ),
    "logistic": Side(
        "logistic", numbers, one_per_label(scaled(LogisticRegression, max_iter=1000))
    ),
    "trees": Side(
        "trees", numbers, one_per_label(seeded(HistGradientBoostingClassifier))
    ),
    "rates": Side("base rates", numbers, one_per_label(seeded(DummyClassifier))),
}


def measure(model, X_train, X_test, Y_train, Y_test):
    """Return the subset accuracy, the log-loss, the macro F1 and the seconds."""
    start = time.process_time()
    model.fit(X_train, Y_train)
    seconds = time.process_time() - start
    predicted = model.predict(X_test)
    # As float64: a zero costs 36 in any precision, not 16 in float32.
    probabilities = model.predict_proba(X_test).astype(np.float64)
    return (
        accuracy_score(Y_test, predicted),
        log_loss_per_label(Y_test, probabilities),
        f1_score(Y_test, predicted, average="macro", zero_division=0),
        seconds,
    )


def log_loss_per_label(Y, probabilities):
    """Return the binary cross-entropy, the mean over rows and labels."""
    pairs = zip(Y.T, probabilities.T, strict=True)
    return fmean(log_loss(y, positive, labels=[0, 1]) for y, positive in pairs)


def contest(name, sides, split):
    """Return what was measured of each side on one split."""
    X, Y = load_set(name, split)
    X_train, X_test, Y_train, Y_test = train_test_split(
        X, Y, test_size=0.3, random_state=split
    )
    measured = {}
    for side in sides:
        given = SIDES[side].prepare(X_train, X_test)
        model = SIDES[side].make(split, given[0])
        measured[side] = measure(model, *given, Y_train, Y_test)
    return measured


def compare(sets, sides, n_splits):
    """Return what was measured, an array (n_splits, 4) of each side, by set."""
    results = {}
    for name in sets:
        contests = [contest(name, sides, split) for split in range(n_splits)]
        results[name] = {s: np.array([c[s] for c in contests]) for s in sides}
        print(f"{name}: done", flush=True)
    return results


def print_means(results):
    """Print a table of each measure, a row for each set, a column for each side."""
    for column, (title, form) in enumerate(MEASURES.items()):
        rows = [
            [name, *(form.format(m[:, column].mean()) for m in measured.values())]
            for name, measured in results.items()
        ]
        sides = next(iter(results.values()))
        print(f"\n{title}:\n")
        print(simple_table(["set", *(SIDES[side].title for side in sides)], rows))


def print_differences(results, peer):
    """Print ours minus a peer, split by split, and whether ours is worse."""
    rows = []
    for name, measured in results.items():
        gained = measured[OURS] - measured[peer]
        faster = fmean(measured[peer][:, SECONDS] / measured[OURS][:, SECONDS])
        accuracy, loss = gained[:, ACCURACY], gained[:, LOG_LOSS]
        rows.append([name, with_error(accuracy, "{:+.3f}"), verdict(accuracy)])
        rows[-1] += [with_error(loss, "{:+.4f}"), verdict(-loss), f"{faster:.1f}"]
    print(f"\nOurs minus {SIDES[peer].title}, and its seconds over ours:\n")
    header = ["set", "subset accuracy", "", "log-loss", "", "seconds"]
    print(simple_table(header, rows))


def with_error(differences, form):
    """Return the mean of paired differences, and its standard error."""
    error = form.replace("+", "").format(standard_error(differences))
    return f"{form.format(fmean(differences))} ± {error}"


def standard_error(differences):
    """Return the standard error of the mean; 0 of a single difference."""
    if len(differences) < 2:
        return 0.0
    return stdev(differences) / len(differences) ** 0.5


def verdict(gains):
    """Return in a word whether the mean gain is beyond two standard errors."""
    gain, margin = fmean(gains), 2 * standard_error(gains)
    return "better" if gain > margin else "worse" if gain < -margin else "even"


def parse():
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--splits", type=int)
    parser.add_argument("--sides", nargs="+", choices=SIDES)
    parser.add_argument("--sets", nargs="+", choices=SETS)
    return parser.parse_args()


def main():
    """Measure in one thread and print the tables."""
    args = parse()
    without = SLOW if args.quick else ()
    sets = args.sets or [name for name in available_sets() if name not in without]
    sides = args.sides or [name for name in SIDES if name not in without]
    warnings.simplefilter("ignore")  # that MLPClassifier has not converged
    with threadpool_limits(1):
        results = compare(sets, sides, args.splits or (3 if args.quick else 5))
    print_means(results)
    for peer in MLPS:
        if {OURS, peer} <= set(sides):
            print_differences(results, peer)


if __name__ == "__main__":
    main()
