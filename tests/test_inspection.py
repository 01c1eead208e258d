"""The displays show what the data says, and the gradient check finds a wrong one."""

import sys
from itertools import combinations

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_wine
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmlp import TwoLayerClassifier
from skmlp.activations import ACTIVATIONS, Activation
from skmlp.inspection import (
    GradientErrors,
    PredictionsDisplay,
    TrainingDisplay,
    WeightsDisplay,
    check_gradients,
)
from skmlp.losses import LOSSES

NAN = np.nan


@pytest.fixture(scope="module")
def net(digits):
    """A small net with every curve: training, validation, and a scorer's."""
    X, X_test, y, y_test = digits
    clf = TwoLayerClassifier(
        8, max_iter=3, monitor_train=True, scoring="f1_macro", random_state=0
    )
    return clf.fit(X, y, X_val=X_test, y_val=y_test)


def quickly_trained(problem, **params):
    """Return a net that has learnt a little, in two epochs."""
    X, y, _ = problem
    params = {"max_iter": 2, "learning_rate_init": 0.01, "random_state": 0} | params
    return TwoLayerClassifier(4, **params).fit(X, y)


def from_arrays(W1, W2, **params):
    return TwoLayerClassifier.from_weights(
        [W1, W2], None, range(np.shape(W2)[1]), **params
    )


# What all have in common

LOOKS = {
    "training": lambda estimator, X, y: TrainingDisplay.from_estimator(estimator),
    "weights": lambda estimator, X, y: WeightsDisplay.from_estimator(estimator),
    "predictions": lambda estimator, X, y: PredictionsDisplay.from_estimator(
        estimator, X, y, image_shape=(8, 8)
    ),
    "gradients": lambda estimator, X, y: check_gradients(
        estimator, X[:9], y[:9], n_entries=5
    ),
}
every_look = pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)


@every_look
@pytest.mark.parametrize(
    "wrap",
    [
        lambda clf: clf,
        make_pipeline,
        lambda clf: make_pipeline(MinMaxScaler(), clf),
        lambda clf: GridSearchCV(clf, {"alpha": [0.1]}, cv=2),
        lambda clf: GridSearchCV(make_pipeline(MinMaxScaler(), clf), {}, cv=2),
    ],
    ids=["classifier", "short_pipeline", "pipeline", "search", "search_of_pipelines"],
)
def test_classifier_is_found_within(look, wrap, digits):
    X, _, y, _ = digits
    assert (
        look(wrap(TwoLayerClassifier(4, max_iter=1, random_state=0)).fit(X, y), X, y)
        is not None
    )


@every_look
@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (TwoLayerClassifier(), NotFittedError, "not fitted"),
        (make_pipeline(TwoLayerClassifier()), NotFittedError, "not fitted"),
        (GridSearchCV(TwoLayerClassifier(), {}), NotFittedError, "not fitted"),
        (LogisticRegression(), TypeError, "must be a TwoLayerClassifier, a Pipeline"),
        (TwoLayerClassifier, TypeError, "must be a TwoLayerClassifier, a Pipeline"),
    ],
)
def test_other_estimators_are_refused_before_a_figure_is_made(
    look, estimator, error, message, digits
):
    with pytest.raises(error, match=message):
        look(estimator, *digits[::2])
    assert not plt.get_fignums()


def test_search_without_a_best_estimator_is_refused(problem):
    search = GridSearchCV(quickly_trained(problem), {}, cv=2, refit=False)
    with pytest.raises(ValueError, match="Search with refit=True"):
        WeightsDisplay.from_estimator(search.fit(*problem[:2]))


@pytest.mark.parametrize("name", ["training", "weights", "predictions"])
def test_missing_matplotlib_is_named_with_the_remedy(name, net, digits, monkeypatch):
    for module in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r'pip install "skmlp\[plot\]"'):
        LOOKS[name](net, *digits[::2])


# TrainingDisplay


def drawn(display, name, column):
    """Return the points of a curve."""
    return [values.tolist() for values in display.lines_[name, column].get_data()]


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
    clf = quickly_trained(problem).set_params(scoring="accuracy")
    clf.fit(X, y, X_val=X, y_val=y)
    assert len(TrainingDisplay.from_estimator(clf).axes_) == 2


def test_several_estimators_share_the_panels(net, problem):
    other = quickly_trained(problem)
    display = TrainingDisplay.from_estimator({"a": net, "b": other})
    assert drawn(display, "b", "loss") == [[1, 2], other.history_["loss"]]
    colors = [
        display.lines_[k].get_color() for k in (("a", "train_loss"), ("b", "loss"))
    ]
    assert colors[0] != colors[1]
    legends = [ax.get_legend() for ax in display.axes_]
    assert [text.get_text() for text in legends[0].get_texts()] == [
        *("a", "b", "training", "validation", "best epoch")
    ]
    assert legends[1:] == [None, None]


def test_many_estimators_have_distinct_colors():
    names = [*"abcdefghijklmnop"]
    histories = {name: {"epoch": [1, 2], "loss": [2.0, 1.0]} for name in names}
    display = TrainingDisplay(histories, dict.fromkeys(names)).plot()
    assert len({tuple(line.get_color()) for line in display.lines_.values()}) == 16


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
        ({"curves": ["roc_auc"]}, "'roc_auc', which no history holds; there is loss"),
        ({"curves": []}, "curves is empty"),
    ],
)
def test_curves_that_nobody_measured_are_refused(problem, arguments, message):
    clf = quickly_trained(problem)
    with pytest.raises(ValueError, match=message):
        TrainingDisplay.from_estimator(clf, **arguments)
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    ("estimator", "name", "message"),
    [
        (from_arrays([[1.0]], [[1.0, 2.0]]), "old", "The history of 'old' is empty"),
        ({}, None, "at least one estimator"),
        ({"a": from_arrays([[1.0]], [[1.0, 2.0]])}, "b", "name='b' is for a single"),
    ],
)
def test_histories_that_are_not_there_are_refused(estimator, name, message):
    with pytest.raises(ValueError, match=message):
        TrainingDisplay.from_estimator(estimator, name=name)


# WeightsDisplay

THREE_IMAGES = np.arange(1.0, 13.0).reshape(3, 4)


def test_mosaic_has_a_tile_a_unit_and_gaps_between():
    display = WeightsDisplay(THREE_IMAGES, range(3), image_shape=(2, 2)).plot()
    expected = [
        [1, 2, NAN, 5, 6],
        [3, 4, NAN, 7, 8],
        [NAN, NAN, NAN, NAN, NAN],
        [9, 10, NAN, NAN, NAN],
        [11, 12, NAN, NAN, NAN],
    ]
    assert_array_equal(np.ma.filled(display.image_.get_array(), NAN), expected)
    assert [*display.axes_.images] == [display.image_]


def test_tiles_need_not_be_square():
    display = WeightsDisplay(THREE_IMAGES, range(3), image_shape=(4, 1)).plot()
    expected = [[i, NAN, i + 4, NAN, i + 8] for i in range(1, 5)]
    assert_array_equal(np.ma.filled(display.image_.get_array(), NAN), expected)


def test_colour_is_around_grey_and_gaps_are_clear():
    weights = [[-2, -1, 0, 1, 2, 2], [-2, -2, -2, -2, -2, -2]]
    display = WeightsDisplay(weights, range(2), image_shape=(1, 2, 3)).plot()
    first, second = [[0, 0.25, 0.5, 1], [0.75, 1, 1, 1]], [[0, 0, 0, 1]] * 2
    image = np.asarray(display.image_.get_array())
    assert image.shape == (3, 2, 4)
    assert_array_equal(image[0], first)
    assert_array_equal(image[2], second)
    assert_array_equal(image[1, :, 3], 0)
    assert display.colorbar_ is None


def test_units_come_in_the_order_of_their_use():
    W1 = [[1.0, 0.0, 2.0], [0.0, -3.0, 0.0]]  # norms 1, 3, 2
    W2 = [[0.6, 0.8], [1.0, 0.0], [0.0, 4.0]]  # norms 1, 1, 4
    display = WeightsDisplay.from_estimator(from_arrays(W1, W2), n_units=2)
    assert display.units.tolist() == [2, 1]
    assert display.weights.tolist() == [[2.0, 0.0], [0.0, -3.0]]
    assert [label.get_text() for label in display.axes_.get_yticklabels()] == ["2", "1"]
    assert display.axes_.get_ylabel() == "2 of 3 hidden units, most used first"


def test_weights_do_not_depend_on_the_unit_of_a_feature(problem):
    X, y, _ = problem
    scales = 2.0 ** np.arange(-3, 3)  # exact, as are the scales of standardisation
    clf = TwoLayerClassifier(4, max_iter=2, random_state=0)
    plain, scaled = (
        WeightsDisplay.from_estimator(clf.fit(Z, y)).weights for Z in (X, X * scales)
    )
    assert_allclose(scaled, plain, rtol=1e-12)


def test_without_standardisation_weights_are_coefs(problem):
    clf = quickly_trained(problem, standardize=False)
    display = WeightsDisplay.from_estimator(clf)
    assert_array_equal(display.weights, clf.coefs_[0].T[display.units])


def test_colours_are_symmetric_and_few_large_weights_do_not_bleach_them():
    weights = np.full((10, 100), -1.0)
    weights[0, :4] = 50.0
    display = WeightsDisplay(weights, range(10)).plot()
    assert display.image_.get_clim() == (-1.0, 1.0)
    assert display.colorbar_.mappable is display.image_


def test_weights_that_are_all_zero_are_drawn():
    display = WeightsDisplay(np.zeros((2, 3)), range(2)).plot()
    assert display.image_.get_clim() == (-1.0, 1.0)


def test_features_are_named_as_in_the_frame():
    X, y = load_wine(return_X_y=True, as_frame=True)
    display = WeightsDisplay.from_estimator(
        TwoLayerClassifier(4, random_state=0).fit(X, y)
    )
    labels = [label.get_text() for label in display.axes_.get_xticklabels()]
    assert labels == display.feature_names == X.columns.tolist()
    assert display.image_.get_array().shape == (4, 13)


def test_features_are_named_by_the_caller_or_numbered():
    clf = from_arrays([[1.0], [2.0]], [[1.0, 2.0]])
    assert WeightsDisplay.from_estimator(clf).feature_names == ["x0", "x1"]
    named = WeightsDisplay.from_estimator(clf, feature_names=["age", "size"])
    assert named.feature_names == ["age", "size"]


def test_labels_of_many_features_do_not_overlap():
    display = WeightsDisplay(np.eye(100, 784), range(100)).plot()
    display.figure_.canvas.draw()
    for labels in (display.axes_.get_xticklabels(), display.axes_.get_yticklabels()):
        boxes = [label.get_window_extent() for label in labels]
        assert 10 < len(boxes) < 80
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_weights_are_drawn_in_the_axes_given(net):
    ax = plt.figure().add_subplot()
    display = WeightsDisplay.from_estimator(net, image_shape=(8, 8), ax=ax)
    assert display.axes_ is ax
    assert display.figure_ is ax.figure
    assert display.plot() is display
    assert display.axes_ is not ax


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"image_shape": (8, 9)},
            r"\(8, 9\) makes 72 features, but there are 64. Pass",
        ),
        ({"image_shape": (8, 8, 3)}, "makes 192 features, but there are 64"),
        ({"image_shape": (64,)}, r"must be \(height, width\)"),
        ({"image_shape": (4, 4, 4)}, r"must be \(height, width\)"),
        ({"image_shape": (-8, -8)}, r"must be \(height, width\)"),
        ({"image_shape": 8}, r"must be \(height, width\)"),
        ({"feature_names": ["a"]}, "holds 1 names, but there are 64 features"),
        ({"n_units": 0}, "n_units == 0, must be >= 1"),
    ],
)
def test_what_does_not_fit_the_weights_is_refused(net, arguments, message):
    with pytest.raises(ValueError, match=message):
        WeightsDisplay.from_estimator(net, **arguments)
    assert not plt.get_fignums()


# PredictionsDisplay

FOUR_IMAGES = np.arange(16.0).reshape(4, 4)
OF_CLASS_1 = np.array([0.9, 0.2, 0.6, 0.7])
TWO_COLUMNS = np.column_stack([1 - OF_CLASS_1, OF_CLASS_1])


def predictions(y_true=(0, 0, 0, 0), y_proba=TWO_COLUMNS, X=FOUR_IMAGES, **given):
    given = {"classes": [0, 1], "image_shape": (2, 2), "select": "first"} | given
    return PredictionsDisplay.from_predictions(X, y_true, y_proba, **given)


def titles(display):
    return [ax.get_title() for ax in display.axes_]


def test_titles_say_what_is_predicted_and_what_is_true():
    assert titles(predictions()) == [
        "1 90%\nis 0",
        "0 80%",
        "1 60%\nis 0",
        "1 70%\nis 0",
    ]


def test_images_are_the_rows():
    display = predictions(n_images=2)
    assert_array_equal(display.images, [[[0, 1], [2, 3]], [[4, 5], [6, 7]]])
    assert_array_equal(display.images_[1].get_array(), [[4, 5], [6, 7]])
    assert [ax.figure for ax in display.axes_] == [display.figure_] * 2


def test_greys_compare_from_image_to_image():
    limits = {image.get_clim() for image in predictions().images_}
    assert limits == {(0.0, 15.0)}


def test_mistakes_come_by_confidence():
    display = predictions(select="mistakes")
    assert display.rows.tolist() == [0, 3, 2]
    assert display.probability.tolist() == [0.9, 0.7, 0.6]
    assert display.y_pred.tolist() == [1, 1, 1]
    assert predictions(select="mistakes", n_images=2).rows.tolist() == [0, 3]


def test_random_images_are_drawn_once_and_reproducibly():
    X, y_proba = np.tile(FOUR_IMAGES, (9, 1)), np.tile(TWO_COLUMNS, (9, 1))
    given = {"select": "random", "n_images": 30, "random_state": 0}
    rows = predictions([0] * 36, y_proba, X, **given).rows
    assert len(set(rows)) == 30
    assert_array_equal(predictions([0] * 36, y_proba, X, **given).rows, rows)
    assert rows.tolist() != sorted(rows)


def test_mistakes_are_marked_by_more_than_colour():
    display = predictions()
    is_wrong = [True, False, True, True]
    assert [ax.title.get_fontweight() == "bold" for ax in display.axes_] == is_wrong
    assert [ax.spines["top"].get_visible() for ax in display.axes_] == is_wrong


def test_labels_have_the_names_of_the_targets():
    display = predictions(n_images=2, target_names=["cat", "dog"])
    assert titles(display) == ["dog 90%\nis cat", "cat 80%"]


def test_classes_are_those_of_y_if_nobody_says():
    display = predictions(["b", "a", "b", "a"], classes=None)
    assert display.y_pred.tolist() == ["b", "a", "b", "b"]


def test_estimator_predicts_what_is_drawn(net, digits):
    _, X, _, y = digits
    display = PredictionsDisplay.from_estimator(
        net, X, y, image_shape=(8, 8), select="mistakes", n_images=5
    )
    assert_array_equal(display.y_pred, net.predict(X)[display.rows])
    assert_array_equal(display.y_true, y[display.rows])
    probability = net.predict_proba(X).max(axis=1)
    assert_array_equal(display.probability, probability[display.rows])


@pytest.mark.parametrize(
    "convert", [sparse.csr_array, np.ndarray.tolist, lambda X: X.reshape(4, 2, 2)]
)
def test_images_may_come_in_any_form(convert):
    assert_array_equal(predictions(X=convert(FOUR_IMAGES)).images, predictions().images)


def test_colour_images_are_drawn_in_range():
    X = np.linspace(-10.0, 255.0, 12).reshape(1, 12)
    display = predictions([0], [[0.4, 0.6]], X, image_shape=(2, 2, 3))
    expected = np.linspace(0, 1, 12).reshape(2, 2, 3)
    assert_allclose(display.images_[0].get_array(), expected, atol=1e-12)


@pytest.mark.parametrize("n_images", [1, 5, 24, 40])
def test_titles_and_images_do_not_overlap(n_images):
    y_proba = np.tile([[0.4, 0.6]], (n_images, 1))
    display = predictions(
        np.arange(n_images) % 2,
        y_proba,
        np.zeros((n_images, 4)),
        n_images=n_images,
        target_names=["T-shirt or top", "Ankle boot, left"],
    )
    display.figure_.canvas.draw()
    parts = [part for ax in display.axes_ for part in (ax.title, ax.patch)]
    boxes = [part.get_window_extent() for part in parts]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    page = display.figure_.bbox
    assert all(page.containsx(b.x0) and page.containsy(b.y1) for b in boxes)


def test_images_are_drawn_within_the_axes_given():
    ax = plt.figure().add_subplot(2, 2, 4)
    display = predictions(ax=ax)
    display.figure_.canvas.draw()
    area = ax.get_window_extent().padded(1)
    for image in display.axes_:
        low, high = image.get_window_extent().get_points()
        assert area.contains(*low)
        assert area.contains(*high)
    assert display.plot() is display


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"select": "mistakes", "y_true": [1, 0, 1, 1]}, "none among 4 predictions"),
        ({"select": "best"}, "select must be one of .*'mistakes'.*got 'best'"),
        ({"image_shape": (3, 3)}, r"\(3, 3\) makes 9 features, but there are 4"),
        ({"image_shape": None}, r"must be \(height, width\).*got None"),
        ({"n_images": 0}, "n_images == 0, must be >= 1"),
        ({"target_names": ["cat"]}, "holds 1 names for 2 classes"),
        ({"y_proba": OF_CLASS_1}, r"np.column_stack\(\[1 - p, p\]\)"),
        ({"classes": None}, "y_true holds 1 classes, but y_proba has 2 columns"),
        ({"classes": [0, 1, 2]}, "classes holds 3 classes, but y_proba has 2"),
        ({"y_true": [0, 0]}, "inconsistent numbers of samples"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        predictions(**arguments)
    assert not plt.get_fignums()


# check_gradients


def toy(**params):
    """The two-layer toy of the first assignment of Stanford's CS231n."""
    rng = np.random.RandomState(0)
    W1, W2 = 0.1 * rng.randn(4, 10), 0.1 * rng.randn(10, 3)
    clf = TwoLayerClassifier.from_weights(
        [W1, W2],
        [np.zeros(10), np.zeros(3)],
        range(3),
        **{"alpha": 0.05, "solver": "sgd", "standardize": False} | params,
    )
    return clf, 10 * np.random.RandomState(1).randn(5, 4), [0, 1, 2, 2, 1]


def of_problem(problem, weights, **params):
    """Return a classifier with weights in general position, X and y."""
    clf = TwoLayerClassifier.from_weights(
        [weights["W1"], weights["W2"]],
        [weights["b1"], weights["b2"]],
        range(4),
        **{"solver": "sgd", "standardize": False} | params,
    )
    return clf, *problem[:2]


def test_errors_of_the_toy_are_as_small_as_in_the_lab():
    assert check_gradients(*toy()).largest < 1e-8


def test_objective_of_the_toy_is_that_of_the_lab():
    objective = check_gradients(*toy(alpha=0.1)).objective
    assert objective == pytest.approx(1.30378789133, abs=1e-11)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_is_right(activation, loss, problem, weights):
    params = {"activation": activation, "loss": loss, "label_smoothing": 0.1}
    errors = check_gradients(*of_problem(problem, weights, **params))
    assert errors.largest < 1e-6


def test_a_wrong_derivative_shows_in_the_hidden_layer(problem, weights, monkeypatch):
    always_one = Activation(ACTIVATIONS["relu"].forward, lambda Z, H, dH: None, True)
    monkeypatch.setitem(ACTIVATIONS, "relu", always_one)
    errors = check_gradients(*of_problem(problem, weights))
    assert min(errors.W1, errors.b1) > 0.01
    assert max(errors.W2, errors.b2) < 1e-6


@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "lbfgs"])
def test_gradient_of_a_trained_standardised_net_in_float32_is_right(solver, problem):
    X, y, sample_weight = problem
    params = {"activation": "tanh", "max_iter": 2, "random_state": 0}
    clf = TwoLayerClassifier(5, solver=solver, dtype="float32", **params)
    clf.fit(100 + X, y, sample_weight)
    errors = check_gradients(clf, 100 + X, y, sample_weight=sample_weight)
    assert errors.largest < 1e-6
    assert_allclose(errors.objective, expected_objective(clf, *problem), rtol=1e-5)


def expected_objective(clf, X, y, sample_weight):
    """Return the weighted log-loss at 100 + X plus the penalty on what is trained."""
    log_proba = clf.predict_log_proba(100 + X)[np.arange(len(y)), y]
    value = -np.average(log_proba, weights=sample_weight)
    if clf.solver == "adamw":
        return value
    trained = WeightsDisplay.from_estimator(clf).weights, clf.coefs_[1]
    return value + 0.0005 * sum(np.vdot(W, W) for W in trained)


def test_decoupled_decay_is_no_part_of_the_objective():
    with_decay, without = (
        check_gradients(*toy(solver="adamw", alpha=alpha)).objective
        for alpha in (10.0, 0.0)
    )
    assert with_decay == without


def test_dropout_is_left_out():
    plain, dropped = check_gradients(*toy()), check_gradients(*toy(dropout=0.5))
    assert plain == dropped


def test_integer_weights_equal_repeated_rows(problem, weights):
    clf, X, y = of_problem(problem, weights, class_weight={0: 1, 1: 2, 2: 3, 3: 1})
    counts = np.arange(50) % 3
    weighted = check_gradients(clf, X, y, sample_weight=counts)
    repeated = check_gradients(clf, X.repeat(counts, axis=0), y.repeat(counts))
    assert weighted.objective == pytest.approx(repeated.objective, rel=1e-12)
    assert max(weighted.largest, repeated.largest) < 1e-6


def test_balanced_classes_are_balanced_by_the_rows_given(problem, weights):
    clf, X, y = of_problem(problem, weights, class_weight="balanced")
    sample_weight = 50 / (4 * np.bincount(y))[y]
    expected = check_gradients(
        clf.__class__.from_weights(
            clf.coefs_, clf.intercepts_, range(4), solver="sgd", standardize=False
        ),
        X,
        y,
        sample_weight=sample_weight,
    )
    assert check_gradients(clf, X, y).objective == pytest.approx(expected.objective)


def test_sparse_rows_have_the_same_gradient(problem, weights):
    clf, X, y = of_problem(problem, weights, activation="tanh", standardize=True)
    dense = check_gradients(clf, X, y)
    in_csr = check_gradients(clf, sparse.csr_array(X), y)
    assert in_csr.objective == pytest.approx(dense.objective, rel=1e-12)
    assert in_csr.largest < 1e-6


def test_pipeline_is_checked_on_what_it_passes_on(problem):
    X, y, _ = problem
    scaler, clf = MinMaxScaler(), TwoLayerClassifier(5, max_iter=2, random_state=0)
    pipeline = make_pipeline(scaler, clf).fit(X, y)
    within = check_gradients(clf, scaler.transform(X), y)
    assert check_gradients(pipeline, X, y) == within


def test_biases_that_are_not_trained_are_left_out():
    clf = from_arrays(np.eye(3), np.eye(3), solver="sgd", activation="tanh")
    errors = check_gradients(clf, np.eye(3), [0, 1, 2])
    assert np.isnan([errors.b1, errors.b2]).all()
    assert errors.n_entries == {"W1": 9, "W2": 9}
    assert errors.largest < 1e-6


def test_so_many_entries_are_compared(net, digits):
    X, y = digits[0][:5], digits[2][:5]
    assert check_gradients(net, X, y, n_entries=20).n_entries == {
        **{"W1": 20, "b1": 8},
        **{"W2": 20, "b2": 10},
    }


def test_a_large_array_is_sampled(problem):
    X, y, _ = problem
    clf = from_arrays(np.ones((6, 200)), np.ones((200, 4)), activation="tanh")
    clf.set_params(fit_intercept=True)
    first, again = (check_gradients(clf, X, y, random_state=0) for _ in range(2))
    assert first == again
    assert first.n_entries == {"W1": 1000, "b1": 200, "W2": 800, "b2": 4}


def test_estimator_and_random_state_are_left_as_they_were(problem, weights):
    stream = np.random.RandomState(0)
    clf, X, y = of_problem(problem, weights, random_state=stream, dropout=0.1)
    before = joblib.hash((clf, stream))
    check_gradients(clf, X, y)
    assert joblib.hash((clf, stream)) == before


def test_errors_print_as_a_table():
    errors = GradientErrors(
        W1=4.1e-9,
        b1=NAN,
        W2=0.5,
        b2=NAN,
        n_entries={"W1": 1000, "W2": 30},
        objective=1.0,
    )
    assert str(errors).splitlines() == [
        "W1  hidden weights  1000 entries  4.1e-09",
        "W2  output weights    30 entries  5.0e-01",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step": 0.0}, "step == 0.0, must be > 0"),
        ({"n_entries": 0}, "n_entries == 0, must be >= 1"),
        ({"y": [0, 1, 2, 2, 7]}, r"classes \[7\], which are not among \[0, 1, 2\]"),
        ({"X": np.ones((5, 3))}, "X has 3 features, but .* is expecting 4 features"),
    ],
)
def test_a_check_that_makes_no_sense_is_refused(arguments, message):
    clf, X, y = toy()
    with pytest.raises(ValueError, match=message):
        check_gradients(clf, **{"X": X, "y": y} | arguments)
