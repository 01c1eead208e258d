"""The examples run, and what they print of themselves is true.

Without ``SKMLP_DATA`` those of the five notebooks take scikit-learn's digits.
"""

import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name):
    """Return the names that an example leaves behind."""
    return runpy.run_path(str(EXAMPLES / name), run_name="__main__")


@pytest.fixture
def run_short(monkeypatch, without_screen):
    """Run an example of a notebook on the digits."""
    monkeypatch.delenv("SKMLP_DATA", raising=False)
    return lambda name: run(f"notebooks/plot_{name}.py")


def test_quickstart_classifies_97_percent_and_loads_what_it_wrote(capsys):
    left = run("plot_quickstart.py")
    assert left["model"].score(left["X_test"], left["y_test"]) >= 0.97
    assert left["same"]
    assert capsys.readouterr().out.count("\nepoch ") == 20


def test_a_chain_knows_whole_rows_and_thresholds_or_weights_help_f1(without_screen):
    results = run("text_and_images/plot_multilabel.py")["results"]
    subset_accuracy, f1 = ({n: r[i] for n, r in results.items()} for i in (0, 1))
    assert max(subset_accuracy, key=subset_accuracy.get) == "a chain of networks"
    assert min(f1["a threshold per label"], f1["balanced"]) > f1["one network"] + 0.01
    many, wide = subset_accuracy["a network per label"], subset_accuracy["2,000 units"]
    assert wide > many - 0.02


def test_snapshots_end_at_the_weights_of_the_whole_run(capsys, without_screen):
    pytest.importorskip("sklearn.callback", reason="callbacks came with 1.9")
    assert run("scale/plot_snapshots.py")["same"]


def test_a_file_is_learnt_by_chunks_and_goes_on_from_a_snapshot(capsys, without_screen):
    pytest.importorskip("pyarrow", reason="the example reads Parquet")
    left = run("scale/plot_out_of_core.py")
    assert left["clf"].score(left["X_val"], left["y_val"]) > 0.95
    assert left["clf"].n_iter_ == left["N_PASSES"] * left["n_chunks"]
    assert left["same"]


def test_class_lab_has_the_printed_scores_loss_and_gradient_errors(run_short):
    left = run_short("class_lab")
    # As the lab prints them.
    scores = [
        [-0.81233741, -1.27654624, -0.70335995],
        [-0.17129677, -1.18803311, -0.47310444],
        [-0.51590475, -1.01354314, -0.8504215],
        [-0.15419291, -0.48629638, -0.52901952],
        [-0.00618733, -0.12435261, -0.15226949],
    ]
    found = left["toy"]().decision_function(left["X_toy"])
    np.testing.assert_allclose(found, scores, rtol=0, atol=5e-9)
    assert abs(left["toy_loss"] - 1.30378789133) < 5e-12
    assert left["gradient_errors"].largest < 1e-8
    assert left["trained_toy"].loss_ < 0.02
    assert len(left["results"]["params"]) == 24  # a width of three, else 72
    assert left["search"].best_score_ > 0.95


def test_grid_search_tries_72_candidates_and_varies_the_batch_size(run_short):
    pytest.importorskip("sklearn.callback", reason="callbacks came with 1.9")
    left = run_short("grid_search")
    results = left["results"]
    assert len(results["params"]) == 72
    by_batch_size = {
        size: results["mean_test_loss"][
            results["param_twolayerclassifier__batch_size"] == size
        ]
        for size in (32, 64, 128)
    }
    assert (by_batch_size[32] != by_batch_size[64]).all()
    assert (by_batch_size[64] != by_batch_size[128]).all()
    assert left["default"].score(left["X_test"], left["y_test"]) >= 0.97


def test_gradient_descent_never_raises_the_loss_and_the_defaults_do_better(run_short):
    left = run_short("gradient_descent")
    loss = left["network"].history_["loss"]
    assert len(loss) == 1000
    assert (np.diff(loss) < 0).all()
    assert left["scores"]["defaults"] >= 0.97 > left["scores"]["gradient descent"]


def test_wrong_derivative_costs_accuracy_and_the_right_one_is_ours(run_short):
    left = run_short("dropout")
    assert left["wrong"]["naive"] < left["right"]["naive"]
    assert abs(left["right"]["naive"] - left["ours"]["naive"]) < 0.01
    assert left["default"].score(left["X_test"], left["y_test"]) >= 0.97


def test_softmax_over_the_classes_makes_probabilities(run_short):
    left = run_short("squared_error")
    np.testing.assert_allclose(left["right"].sum(axis=1), 1, rtol=1e-12)
    assert abs(left["wrong"].sum(axis=1) - 1).max() > 0.05
    assert left["default"].score(left["X_test"], left["y_test"]) >= 0.97


@pytest.mark.full_data
def test_squared_error_recognises_927_of_1000_and_the_defaults_98_percent(
    full_data, without_screen
):
    left = run("notebooks/plot_squared_error.py")
    scores = (left[n].score(left["X_test"], left["y_test"]) for n in ("clf", "default"))
    at_its_settings, with_defaults = scores
    assert abs(at_its_settings - 0.927) < 0.01
    assert with_defaults >= 0.98
