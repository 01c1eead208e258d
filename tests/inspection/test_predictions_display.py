"""Images are those of the rows, with what they are and what they were taken for."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skmlp import TwoLayerClassifier
from skmlp.inspection import PredictionsDisplay

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
    X, y_proba = np.tile(FOUR_IMAGES, (3, 1)), np.tile(TWO_COLUMNS, (3, 1))
    given = {"select": "random", "n_images": 9, "random_state": 0}
    rows = predictions([0] * 12, y_proba, X, **given).rows
    assert len(set(rows)) == 9
    assert_array_equal(predictions([0] * 12, y_proba, X, **given).rows, rows)
    assert rows.tolist() != sorted(rows)


def test_mistakes_are_marked_by_more_than_colour():
    display = predictions()
    is_wrong = [True, False, True, True]
    assert [ax.title.get_fontweight() == "bold" for ax in display.axes_] == is_wrong
    assert [ax.spines["top"].get_visible() for ax in display.axes_] == is_wrong


def test_labels_have_the_names_of_the_targets():
    display = predictions(n_images=2, target_names=["cat", "dog"])
    assert titles(display) == ["dog 90%\nis cat", "cat 80%"]


@pytest.mark.parametrize(
    ("target_names", "expected"),
    [
        ({0: "cat", 1: "dog"}, ["dog 90%\nis cat", "cat 80%"]),
        ({1: "dog", 0: "cat"}, ["dog 90%\nis cat", "cat 80%"]),
        ({1: "dog"}, ["dog 90%\nis 0", "0 80%"]),
    ],
)
def test_names_may_be_given_by_label(target_names, expected):
    assert titles(predictions(n_images=2, target_names=target_names)) == expected


@pytest.mark.parametrize(
    "given", [[[0], [0], [1], [1]], np.array([[0], [0], [1], [1]])]
)
def test_labels_may_be_a_column(given):
    flat = predictions([0, 0, 1, 1])
    assert titles(predictions(given)) == titles(flat)
    direct = PredictionsDisplay(
        flat.images, given, flat.y_pred[:, np.newaxis], flat.probability
    )
    assert titles(direct.plot()) == titles(flat)


def test_labels_of_an_estimator_may_be_a_column(net, digits):
    _, X, _, y = digits
    given = {"image_shape": (8, 8), "select": "mistakes", "n_images": 5}
    flat = PredictionsDisplay.from_estimator(net, X, y, **given)
    column = PredictionsDisplay.from_estimator(net, X, y[:, np.newaxis], **given)
    assert titles(column) == titles(flat)


def test_strings_are_no_labels_of_integer_classes(net, digits):
    _, X, _, y = digits
    with pytest.raises(ValueError, match=r"y_true holds .*'3'.* not among .*\[0, 1, 2"):
        PredictionsDisplay.from_estimator(net, X, y.astype(str), image_shape=(8, 8))
    assert not plt.get_fignums()


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
    "convert", [np.ndarray.tolist, lambda X: X.reshape(4, 2, 2), sparse.csr_matrix]
)
def test_images_may_come_in_any_form(convert):
    assert_array_equal(predictions(X=convert(FOUR_IMAGES)).images, predictions().images)


@pytest.mark.parametrize("form", ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"])
def test_images_may_come_in_any_sparse_format(form):
    X = sparse.csr_array(FOUR_IMAGES).asformat(form)
    assert_array_equal(predictions(X=X).images, predictions().images)


def test_colour_images_are_drawn_in_range():
    X = np.linspace(-10.0, 255.0, 12).reshape(1, 12)
    display = predictions([0], [[0.4, 0.6]], X, image_shape=(2, 2, 3))
    expected = np.linspace(0, 1, 12).reshape(2, 2, 3)
    assert_allclose(display.images_[0].get_array(), expected, atol=1e-12)


def drawn_colours(values, dtype):
    """Return what becomes of a row of pixels, black and white in turn."""
    images = np.asarray(values, dtype).repeat(3).reshape(1, 1, -1, 3)
    display = PredictionsDisplay(images, [0], [0], [1.0]).plot()
    display.figure_.canvas.draw()
    return display.images_[0].make_image(None, unsampled=True)[0][0, :, 0].tolist()


@pytest.mark.parametrize("dtype", [bool, "int8", "int64", "uint16", "f4", "f8"])
def test_colours_of_zeros_and_ones_are_black_and_white(dtype):
    assert drawn_colours([0, 1], dtype) == [0, 255]


def test_colours_of_single_bytes_are_drawn_as_they_are():
    assert drawn_colours([0, 1, 200], np.uint8) == [0, 1, 200]


@pytest.mark.parametrize("dtype", ["int8", "int16", "float16", "float64"])
def test_colours_of_other_numbers_are_drawn_from_least_to_largest(dtype):
    assert drawn_colours([-127, 127], dtype) == [0, 255]


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
        ({"target_names": {"0": "cat"}}, r"target_names .* \['0'\], .* \[0, 1\].*Pass"),
        ({"y_true": list("0101")}, r"y_true .* \['0', '1'\], .* among .* \[0, 1\]"),
        ({"y_true": [0, 0, 2, 0]}, r"y_true holds the labels \[2\], which are not"),
        ({"y_true": np.zeros((4, 2))}, r"y_true has the shape \(4, 2\).* one label"),
        ({"y_proba": OF_CLASS_1}, r"np.column_stack\(\[1 - p, p\]\)"),
        ({"classes": None}, "y_true holds 1 classes, but y_proba has 2 columns"),
        ({"classes": [0, 1, 2]}, "classes holds 3 classes, but y_proba has 2"),
        ({"y_true": [0, 0]}, "inconsistent numbers of samples"),
        ({"X": [], "y_true": [], "y_proba": []}, "no images.*at least one row"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        predictions(**arguments)
    assert not plt.get_fignums()


def test_display_without_images_is_refused():
    with pytest.raises(ValueError, match="no images to draw: pass at least one row"):
        PredictionsDisplay([], [], [], []).plot()
    assert not plt.get_fignums()


def test_number_of_images_is_an_integer():
    with pytest.raises(TypeError, match="n_images must be an instance of int"):
        predictions(n_images=2.0)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, np.ndarray.tolist])
def test_an_image_of_several_labels_is_drawn_label_by_label(form):
    X, Y = FOUR_IMAGES, np.array([[0, 1], [1, 1], [0, 0], [1, 0]])
    clf = TwoLayerClassifier(3, max_iter=2, random_state=0).fit(X, Y)
    given = {"image_shape": (2, 2), "select": "first"}
    for y in (form(Y), Y[:, 0]):
        with pytest.raises(ValueError, match=r"fitted to several labels.* a column k"):
            PredictionsDisplay.from_estimator(clf, X, y, **given)
    with pytest.raises(ValueError, match=r"y_pred has the shape \(4, 2\).* a column k"):
        PredictionsDisplay(X, Y[:, 0], form(Y), np.ones(4))
    p = clf.predict_proba(X)
    for k in range(2):
        both = np.column_stack([1 - p[:, k], p[:, k]])
        display = PredictionsDisplay.from_predictions(X, Y[:, k], both, **given)
        assert display.y_pred.tolist() == clf.predict(X)[:, k].tolist()
    plt.close("all")
