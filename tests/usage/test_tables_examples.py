"""What the examples on tables say of their own results is true."""

import runpy
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pandas", reason="the tables are frames")

TABLES = Path(__file__).parents[2] / "examples" / "tables"


@pytest.fixture(scope="module")
def left_by(without_screen):
    """Return what runs an example and gives the names that it leaves behind."""
    return lambda name: runpy.run_path(str(TABLES / name), run_name="__main__")


@pytest.fixture(scope="module")
def bins(left_by):
    """Run the example once, because it takes seconds."""
    return left_by("plot_bins.py")


def test_where_the_answer_changes_in_steps_bins_halve_what_can_be_avoided(bins):
    losses = bins["step_losses"]
    excess = {name: loss - losses["the truth"] for name, loss in losses.items()}
    assert excess["bins, network"] < excess["network"] / 2
    assert excess["bins, network"] < excess["boosted trees"]


def test_trees_are_rougher_than_the_network_on_bins(bins):
    X, y = bins["calls"](1000)
    trees = bins["HistGradientBoostingClassifier"](random_state=0)
    ups_and_downs = [
        abs(np.diff(model.fit(X, y).predict_proba(bins["hours"][:, None])[:, 1])).sum()
        for model in (trees, bins["models"]["bins, network"])
    ]
    assert ups_and_downs[0] > 2 * ups_and_downs[1]


def test_on_real_tables_bins_help_and_hurt_the_linear_model_alone(bins):
    losses = bins["losses"]
    mean = {key: loss.mean() for key, loss in losses.items()}
    assert mean["weather", "bins, linear"] < mean["weather", "linear"] - 0.02
    assert mean["wine", "bins, linear"] > mean["wine", "linear"] + 0.02
    for table in ("weather", "wine"):
        plain, on_bins = losses[table, "network"], losses[table, "bins, network"]
        assert abs(plain.mean() - on_bins.mean()) < max(plain.std(), on_bins.std())
    assert abs(mean["weather", "bins, linear"] - mean["weather", "network"]) < 0.05


@pytest.fixture(scope="module")
def imbalanced(left_by):
    """Run the example once, because it takes seconds."""
    return left_by("plot_imbalanced.py")


def test_four_of_five_days_are_right_and_few_rare_ones_are_found(imbalanced):
    network = imbalanced["scores"]["network"]
    assert 0.75 < network["accuracy"] < 0.83
    assert network["recall of rare"] < 0.25


@pytest.mark.parametrize("name", ["network", "linear"])
def test_class_weights_raise_recall_and_cost_accuracy_and_log_loss(imbalanced, name):
    plain, weighted = (imbalanced["scores"][n] for n in (name, f"{name}, balanced"))
    assert weighted["recall of rare"] > 2 * plain["recall of rare"]
    assert weighted["balanced accuracy"] > plain["balanced accuracy"] + 0.03
    assert weighted["accuracy"] < plain["accuracy"] - 0.03
    assert weighted["log-loss"] > plain["log-loss"] + 0.08


def test_the_tuned_threshold_has_the_highest_f1(imbalanced):
    f1 = {name: outcome["F1"] for name, outcome in imbalanced["outcomes"].items()}
    tuned = f1.pop("tuned for F1")
    assert tuned > max(f1.values())
    assert tuned > f1["above 0.5"] + 0.05
    assert tuned > f1["balanced, above 0.5"] + 0.05


def test_the_threshold_of_the_costs_wants_probabilities_that_are_right(imbalanced):
    outcomes = imbalanced["outcomes"]
    cost = {name: outcome["cost"] for name, outcome in outcomes.items()}
    assert cost["above 1/11"] < cost["above 0.5"] - 50
    assert max(cost, key=cost.get) == "balanced, above 1/11"
    behind_weights = outcomes["balanced, above 1/11"]
    n_alarms = behind_weights["found"] + behind_weights["false alarms"]
    assert n_alarms > 0.6 * len(imbalanced["y"])


def test_calibration_brings_the_mean_probability_back_to_the_share(imbalanced):
    share = imbalanced["is_rare"].mean()
    assert abs(share - 1 / 20) < 0.005
    assert abs(imbalanced["balanced_proba"].mean() - 1 / 3) < 0.06
    assert abs(imbalanced["calibrated_proba"].mean() - share) < 0.01
    assert abs(imbalanced["unweighted_proba"].mean() - share) < 0.01


def test_the_calibrated_network_is_as_good_as_the_one_without_weights(imbalanced):
    log_loss, is_rare = imbalanced["metrics"].log_loss, imbalanced["is_rare"]
    before, after, never = (
        log_loss(is_rare, imbalanced[f"{kind}_proba"])
        for kind in ("balanced", "calibrated", "unweighted")
    )
    assert abs(after - never) < 0.02
    assert before > after + 0.2


@pytest.fixture(scope="module")
def first_table(left_by):
    """Run the example once, because it takes seconds."""
    return left_by("plot_first_table.py")


def test_first_table_says_what_is_dropped_and_predicts_gaps_and_unknown(first_table):
    left = first_table
    (warning,) = left["caught"]
    assert "'Region'" in str(warning.message)
    assert "'Stage'" in str(warning.message)
    assert "numbers__missingindicator_Delta 15 N (o/oo)" in left["names"]
    assert "categories__Island_Dream" in left["names"]
    assert left["model"].predict(left["new"]).tolist() == ["MALE", "FEMALE"]
    assert left["is_wrong"].mean() < 0.15


def test_males_are_heavier_and_have_deeper_bills_within_each_species(first_table):
    left = first_table
    sizes = left["X"][["Body Mass (g)", "Culmen Depth (mm)"]]
    means = sizes.groupby([left["X"]["Species"], left["y"]]).mean().unstack()
    assert (
        means.xs("MALE", axis=1, level=1) > means.xs("FEMALE", axis=1, level=1)
    ).all(axis=None)


def test_the_cheapest_class_costs_less_than_the_most_probable(imbalanced):
    costs, true_class = imbalanced["costs"], imbalanced["true_class"]
    by_choice = [
        costs[true_class, imbalanced[choice]].sum()
        for choice in ("cheapest", "most_probable")
    ]
    assert by_choice[0] < 0.9 * by_choice[1]
