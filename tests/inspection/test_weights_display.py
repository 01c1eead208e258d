"""Weights are drawn where, in which order and in which colours they should be."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from skmlp import TwoLayerClassifier
from skmlp.inspection import WeightsDisplay

NAN = np.nan
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
    clf = TwoLayerClassifier.from_weights([W1, W2], None, [0, 1])
    display = WeightsDisplay.from_estimator(clf, n_units=2)
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
    X, y, _ = problem
    clf = TwoLayerClassifier(4, standardize=False, max_iter=2, random_state=0)
    display = WeightsDisplay.from_estimator(clf.fit(X, y))
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


def test_features_are_named_as_the_steps_before_put_them_out():
    X, y = load_wine(return_X_y=True, as_frame=True)
    clf = TwoLayerClassifier(4, random_state=0)
    scaled = make_pipeline(MinMaxScaler(), clf).fit(X, y)
    display = WeightsDisplay.from_estimator(scaled)
    assert display.feature_names == X.columns.tolist()
    silent = make_pipeline(FunctionTransformer(), clf).fit(X.to_numpy(), y)
    assert WeightsDisplay.from_estimator(silent).feature_names[:2] == ["x0", "x1"]


def test_long_names_leave_room_for_the_units():
    names = [f"a feature with a long name, {i}" for i in range(54)]
    display = WeightsDisplay(np.eye(20, 54), range(20), feature_names=names).plot()
    display.figure_.canvas.draw()
    ax = display.axes_
    assert len(ax.get_xticklabels()) == 54
    assert len(ax.get_yticklabels()) == 20
    caption = ax.yaxis.label.get_window_extent()
    assert display.figure_.bbox.y0 < caption.y0 < caption.y1 < display.figure_.bbox.y1


def test_features_are_named_by_the_caller_or_numbered():
    clf = TwoLayerClassifier.from_weights([[[1.0], [2.0]], [[1.0, 2.0]]], None, [0, 1])
    assert WeightsDisplay.from_estimator(clf).feature_names == ["x0", "x1"]
    named = WeightsDisplay.from_estimator(clf, feature_names=["age", "size"])
    assert named.feature_names == ["age", "size"]


def test_names_of_features_need_not_be_strings():
    display = WeightsDisplay(THREE_IMAGES, range(3), feature_names=range(4)).plot()
    labels = [label.get_text() for label in display.axes_.get_xticklabels()]
    assert labels == display.feature_names == ["0", "1", "2", "3"]


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


def test_axes_of_a_subfigure_will_do(net):
    part = plt.figure(layout="constrained").subfigures(1, 2)[0]
    display = WeightsDisplay.from_estimator(net, ax=part.subplots())
    assert display.figure_ is part


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


def test_number_of_units_is_an_integer(net):
    with pytest.raises(TypeError, match="n_units must be an instance of int"):
        WeightsDisplay.from_estimator(net, n_units=2.0)
