"""What the examples on curves, tuning and explanations say of themselves is true."""

import runpy
from pathlib import Path

import numpy as np
import pytest

TABLES = Path(__file__).parents[2] / "examples" / "tables"
pytest.importorskip("pandas", reason="the examples read tables")


def left_by(name):
    """Return the names that an example leaves behind."""
    with pytest.MonkeyPatch.context() as patch:
        pyplot = pytest.importorskip("matplotlib.pyplot", reason="examples draw")
        patch.setattr(pyplot, "show", lambda: None)
        left = runpy.run_path(str(TABLES / f"plot_{name}.py"), run_name="__main__")
        pyplot.close("all")
    return left


@pytest.fixture(scope="module")
def curves():
    return left_by("curves")


@pytest.fixture(scope="module")
def tuning():
    return left_by("tuning")


@pytest.fixture(scope="module")
def explain():
    return left_by("explain")


def loss_of(curves, title, part):
    return np.array(curves["nets"][title].history_[f"{part}_loss"])


def test_each_training_has_the_curves_that_its_title_names(curves):
    best = loss_of(curves, "The defaults", "val")[-1]
    jumps = {t: np.diff(loss_of(curves, t, "val")).max() for t in curves["nets"]}
    assert jumps["Rate too high"] > 2 * jumps["The defaults"]
    overfitted = loss_of(curves, "Overfitting", "val")
    assert overfitted[-1] > overfitted.min() + 0.1
    assert loss_of(curves, "Overfitting", "train")[-1] < 0.4
    for title in ("Alpha too large", "Rate too low"):
        train, val = (loss_of(curves, title, part)[-1] for part in ("train", "val"))
        assert abs(train - val) < 0.05
        assert min(train, val) > best + 0.02


def test_a_low_rate_still_falls_at_the_end(curves):
    for part in ("train", "val"):
        assert (np.diff(loss_of(curves, "Rate too low", part)) < 0).all()


def test_one_cycle_rises_and_falls_once(curves):
    rate = np.diff(curves["history"]["learning_rate"])
    assert (np.diff(np.sign(rate)) != 0).sum() == 1
    assert rate[0] > 0 > rate[-1]


def test_early_stopping_keeps_the_best_epoch_and_shortens_the_plan(curves):
    for net in curves["stopped"].values():
        assert np.argmin(net.history_["val_loss"]) + 1 == net.best_epoch_
        assert net.n_iter_ < 45 < net.max_iter_
    rate = curves["stopped"]["one_cycle"].history_["learning_rate"]
    assert rate[-1] < 0.05 * max(rate)


def test_early_stopping_helps_only_the_training_without_a_plan(curves):
    losses = {way: loss.mean() for way, loss in curves["losses"].items()}
    constant, default = curves["plans"]
    assert losses[constant, True] < losses[constant, False] - 0.2
    assert losses[constant, True] > losses[default, False] - 0.01
    assert abs(losses[default, True] - losses[default, False]) < 0.05


def test_the_valley_of_alpha_is_wide_and_auto_is_within(tuning):
    loss = dict(zip(tuning["alphas"], -tuning["by_cv"].scores_.mean(0), strict=True))
    assert loss[0.01] > loss[0.1] + 0.1 > loss[1] + 0.2
    assert abs(loss[1] - loss[3]) < 0.03
    assert loss[30] > loss[3] + 0.05
    assert 0.3 < tuning["first"][-1].alpha_ < 10


def test_two_bins_are_too_few_and_the_others_differ_by_less(tuning):
    rows = tuning["candidates"]
    has_two = rows["param_columns__numbers__bins__n_bins"] == 2
    two, more = -rows["mean_test_score"][has_two], -rows["mean_test_score"][~has_two]
    assert two.min() > more.max() + 0.01
    assert np.ptp(more) < two.max() - more.min()


def test_halving_takes_nine_three_and_one(tuning):
    assert tuning["halving"].n_candidates_ == [9, 3, 1]
    assert tuning["halving"].n_resources_ == [5, 15, 45]


def test_no_search_is_better_than_the_first_fit_beyond_chance(tuning):
    for loss in tuning["losses"].values():
        gain = tuning["losses"]["bins"] - loss
        assert gain.mean() < 2 * gain.std(ddof=1) / np.sqrt(len(gain)) + 1e-12
        assert abs(gain.mean()) < 0.05


def test_contributions_add_up_to_the_difference_of_the_scores(explain):
    X, clf = explain["X_test"][:20], explain["clf"]
    (mean_score,) = clf.decision_function(explain["X"].mean().to_frame().T)
    sums = [explain["contributions"](row).sum() for _, row in X.iterrows()]
    expected = clf.decision_function(X) - mean_score
    np.testing.assert_allclose(sums, expected, atol=0.05)


def test_both_importances_have_texture_and_concave_points_at_the_top(explain):
    for column in ("gradients", "permutation"):
        top = explain["importances"][column].nlargest(3).index
        assert {"worst texture", "worst concave points"} <= set(top)


def test_sizes_count_by_gradients_or_together_but_little_one_by_one(explain):
    size, rise = explain["size"], explain["rise"]
    assert explain["X"][size].corr().min(axis=None) > 0.9
    ranks = explain["importances"].rank(ascending=False)
    assert ranks.loc[size[3:], "gradients"].max() <= 10
    assert max(rise([name]) for name in size) < rise(["worst texture"]) / 2
    assert rise(size) > 3 * max(sum(rise([n]) for n in size), rise(["worst texture"]))
