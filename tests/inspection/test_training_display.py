"""Curves show the columns of the histories, each with its colour, style and mark."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skmlp import TwoLayerClassifier
from skmlp.inspection import TrainingDisplay

NAN = np.nan
RATE = "learning_rate"


@pytest.fixture
def objective_only(problem):
    """A net whose history holds the loss of training and nothing of validation."""
    X, y, _ = problem
    return TwoLayerClassifier(4, max_iter=2, random_state=0).fit(X, y)


def untrained():
    """Return a net that has weights, but no history."""
    return TwoLayerClassifier.from_weights([[[1.0]], [[1.0, 2.0]]], None, [0, 1])


def falling(names):
    """Return a display of curves that fall from corner to corner, two panels."""
    history = {"epoch": [1, 2], "loss": [2.0, 1.0], "train_accuracy": [1.0, 0.0]}
    return TrainingDisplay(dict.fromkeys(names, history), {})


def drawn(display, name, column):
    """Return the points of a curve."""
    return [values.tolist() for values in display.lines_[name, column].get_data()]


def entries(display):
    """Return the texts of the legend, of which there is one."""
    (legend,) = filter(None, (ax.get_legend() for ax in display.axes_))
    return [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize(
    ("column", "panel", "style"),
    [
        ("train_loss", 0, "-"),
        ("val_loss", 0, "--"),
        ("train_accuracy", 1, "-"),
        ("val_accuracy", 1, "--"),
        ("f1_macro", 2, "--"),
        ("learning_rate", 3, "-"),
    ],
)
def test_curve_is_the_column_of_the_history(net, column, panel, style):
    display = TrainingDisplay.from_estimator(net, name="net", learning_rate=True)
    assert drawn(display, "net", column) == [[1, 2, 3], net.history_[column]]
    line = display.lines_["net", column]
    assert line.axes is display.axes_[panel]
    assert line.get_linestyle() == style


def test_panels_are_those_that_were_measured(net):
    display = TrainingDisplay.from_estimator(net)
    assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "accuracy", "f1 macro"]
    assert {ax.figure for ax in display.axes_} == {display.figure_}


def test_share_of_active_units_is_drawn_where_it_is_asked_for(net):
    display = TrainingDisplay.from_estimator(net, name="net", curves="active_units")
    assert [ax.get_ylabel() for ax in display.axes_] == ["active units"]
    column = net.history_["active_units"]
    assert drawn(display, "net", "active_units") == [[1, 2, 3], column]


def test_loss_of_training_falls_back_to_the_objective():
    history = {"epoch": [1, 2], "loss": [5.0, 4.0]}
    display = TrainingDisplay({"net": history}, {"net": None}).plot()
    assert drawn(display, "net", "loss") == [[1, 2], [5.0, 4.0]]
    assert len(display.axes_) == 1


def test_only_measured_epochs_are_drawn():
    history = {"epoch": [1, 2, 3], "loss": [5.0, 4.0, 3.0], "val_loss": [NAN, 6.0, NAN]}
    display = TrainingDisplay({"net": history}, {"net": None}).plot()
    assert drawn(display, "net", "val_loss") == [[2], [6.0]]
    assert display.lines_["net", "val_loss"].get_marker() == "."  # seen without a line


def test_best_epoch_is_marked_on_the_curves_of_validation(net):
    best = net.best_epoch_
    display = TrainingDisplay.from_estimator(net, name="net")
    points = {c: mark.get_xydata().tolist() for (_, c), mark in display.marks_.items()}
    columns = ("val_loss", "val_accuracy", "f1_macro")
    assert points == {c: [[best, net.history_[c][best - 1]]] for c in columns}


def test_accuracy_as_the_scorer_has_no_panel_of_its_own(problem):
    X, y, _ = problem
    clf = TwoLayerClassifier(4, max_iter=2, scoring="accuracy", random_state=0)
    clf.fit(X, y, X_val=X, y_val=y)
    assert len(TrainingDisplay.from_estimator(clf).axes_) == 2


def test_several_estimators_share_the_panels(net, objective_only):
    display = TrainingDisplay.from_estimator({"a": net, "b": objective_only})
    assert drawn(display, "b", "loss") == [[1, 2], objective_only.history_["loss"]]
    colors = [
        display.lines_[k].get_color() for k in (("a", "train_loss"), ("b", "loss"))
    ]
    assert colors[0] != colors[1]
    assert entries(display) == ["a", "b", "training", "validation", "best epoch"]


def test_many_estimators_have_distinct_colors():
    display = falling("abcdefghijklmnop").plot()
    assert len({tuple(line.get_color()) for line in display.lines_.values()}) == 16


def test_legend_keeps_names_that_are_words_of_its_own():
    names = ["training", "validation", "best epoch"]
    history = {"epoch": [1, 2], "loss": [2.0, 1.0], "val_loss": [3.0, 2.0]}
    display = TrainingDisplay(dict.fromkeys(names, history), dict.fromkeys(names, 2))
    assert entries(display.plot()) == names + names


@pytest.mark.parametrize("n_names", [7, 16, 40])
def test_legend_of_many_names_is_beside_the_panels(n_names):
    names = [f"network {i}" for i in range(n_names)]
    display = falling(names).plot()
    display.figure_.canvas.draw()
    assert entries(display)[:-1] == names
    legend = display.axes_[-1].get_legend().get_window_extent()
    assert not any(legend.overlaps(ax.bbox) for ax in display.axes_)
    page = display.figure_.bbox
    assert page.contains(*legend.min)
    assert page.contains(*legend.max)


@pytest.mark.parametrize("n_names", [7, 40])
def test_legend_of_many_names_does_not_narrow_the_panels(n_names):
    widths = []
    for display in (falling("ab").plot(), falling(map(str, range(n_names))).plot()):
        display.figure_.canvas.draw()
        widths += [ax.bbox.width for ax in display.axes_]
    assert_allclose(widths, widths[0], rtol=0.05)


def test_legend_stays_within_the_axes_given():
    ax = plt.figure().add_subplot()
    display = falling("abcdefg").plot(ax, curves="loss")
    display.figure_.canvas.draw()
    legend = ax.get_legend().get_window_extent()
    assert ax.bbox.containsx(legend.x0)
    assert ax.bbox.containsx(legend.x1)


def test_best_epoch_that_is_missing_is_not_marked():
    history = {"epoch": [1, 2], "loss": [2.0, 1.0], "val_loss": [3.0, 2.0]}
    display = TrainingDisplay({"a": history, "b": history}, {"b": 1}).plot()
    assert [*display.marks_] == [("b", "val_loss")]


def test_legend_has_the_best_epoch_of_a_single_network():
    history = {"epoch": [1, 2], "loss": [2.0, 1.0], "val_loss": [3.0, 2.0]}
    display = TrainingDisplay({"a": history}, {"other": 1, "a": 2}).plot()
    assert entries(display) == ["training", "validation", "best epoch (2)"]


def test_epochs_are_integers_on_the_axis(net):
    display = TrainingDisplay.from_estimator(net, curves="loss")
    display.figure_.canvas.draw()
    ticks = display.axes_[0].get_xticks()
    assert_array_equal(ticks, np.rint(ticks))


def test_curves_are_drawn_in_the_axes_given(net):
    figure, axes = plt.subplots(1, 2)
    display = TrainingDisplay.from_estimator(net, curves=["accuracy", "loss"], ax=axes)
    assert display.figure_ is figure
    assert [ax.get_ylabel() for ax in axes] == ["accuracy", "loss"]
    alone = display.plot(axes[0], curves=["loss"])
    assert alone is display
    assert alone.axes_.tolist() == [axes[0]]


def test_wrong_number_of_axes_is_refused(net):
    with pytest.raises(ValueError, match="3 axes, one each for loss, accuracy, f1_mac"):
        TrainingDisplay.from_estimator(net, ax=plt.figure().add_subplot())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"curves": ["accuracy"]}, r"'accuracy'.*fit\(..., X_val=, y_val=\)"),
        ({"curves": ["roc_auc"]}, "'roc_auc', which is no panel of these histories"),
        (
            {"curves": "train_loss"},
            "no panel of .*; there is loss, learning_rate. Meas",
        ),
        ({"curves": []}, r"curves=\[\] leaves nothing to draw; there is loss"),
    ],
)
def test_curves_that_nobody_measured_are_refused(objective_only, arguments, message):
    with pytest.raises(ValueError, match=message):
        TrainingDisplay.from_estimator(objective_only, **arguments)
    assert not plt.get_fignums()


@pytest.mark.parametrize("asking", [{"learning_rate": True}, {"curves": RATE}])
def test_learning_rate_that_no_history_holds_is_refused(asking):
    display = TrainingDisplay({"net": {"epoch": [1], "loss": [2.0]}}, {})
    with pytest.raises(ValueError, match=r"asks for 'learning_rate'.* of that name"):
        display.plot(**asking)
    assert not plt.get_fignums()


def test_learning_rate_is_a_panel_by_either_way_of_asking(net):
    display = TrainingDisplay.from_estimator(net, name="net", learning_rate=True)
    rate = drawn(display, "net", "learning_rate")
    assert drawn(display.plot(curves=RATE), "net", "learning_rate") == rate
    assert len(display.axes_) == 1
    assert len(display.plot(curves=RATE, learning_rate=True).axes_) == 1


def test_histories_without_a_number_are_refused():
    display = TrainingDisplay({"net": {"epoch": [1], "loss": [NAN]}}, {})
    with pytest.raises(ValueError, match=r"curves=None leaves .*; there is no panel"):
        display.plot()


@pytest.mark.parametrize(
    ("estimator", "name", "message"),
    [
        (untrained(), "old", "The history of 'old' is empty"),
        ({}, None, "at least one estimator"),
        ({"a": untrained()}, "b", "name='b' is for a single"),
    ],
)
def test_histories_that_are_not_there_are_refused(estimator, name, message):
    with pytest.raises(ValueError, match=message):
        TrainingDisplay.from_estimator(estimator, name=name)
