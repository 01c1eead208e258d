"""What the examples on text and images say of themselves, and where they draw it."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def text(without_screen):
    """Return the names that the example of text leaves behind."""
    pytest.importorskip("pandas", reason="the example reads pandas' docstrings")
    return runpy.run_path(str(EXAMPLES / "text_and_images" / "plot_text.py"))


@pytest.fixture(scope="module")
def images(without_screen):
    """Return the names that the example of images leaves behind."""
    return runpy.run_path(str(EXAMPLES / "text_and_images" / "plot_images.py"))


def means(images):
    """Return accuracy and log-loss of each way of the example of images."""
    return {way: scores.mean(axis=0) for way, scores in images["results"].items()}


def test_text_has_thousands_of_paragraphs_and_stays_sparse(text):
    X = text["X"]
    assert sparse.issparse(X)
    assert X.dtype == np.float32
    assert X.shape[0] > 1000
    assert X.nnz / np.prod(X.shape) < 0.01
    assert set(text["y"]) == {"numpy", "pandas", "scipy", "sklearn"}


def test_no_paragraph_of_text_names_its_library_or_is_there_twice(text):
    words = [set(paragraph.split()) for paragraph in text["text"]]
    assert not any({"numpy", "scipy", "sklearn", "scikit", "pandas"} & w for w in words)
    assert len(set(text["text"])) == len(words)


def test_three_classifiers_of_text_are_right_four_times_in_five(text):
    accuracy, log_loss = np.array(list(text["results"].values())).T
    assert len(accuracy) == 3
    assert abs(accuracy - 0.8).max() < 0.06
    assert np.ptp(accuracy) < 0.03
    network, _, naive_bayes = log_loss
    assert naive_bayes < network + 0.01


@pytest.mark.parametrize(
    ("library", "word"),
    [("numpy", "array"), ("pandas", "dataframe"), ("sklearn", "features")],
)
def test_a_word_of_a_library_points_to_it(text, library, word):
    strength = dict(zip(text["model"].classes_, text["points_to"], strict=True))
    strongest = text["words"][strength[library].argsort()[-10:]]
    assert word in strongest


def test_sentences_without_a_known_word_get_the_same_probabilities(text):
    assert text["n_known"][-1] == 0
    other = text["model"].predict_proba(["Guten Tag, Herr Müller!"])
    np.testing.assert_allclose(text["proba"][-1:], other, rtol=1e-5)


def test_images_are_uint8_and_nearly_all_are_recognised(images):
    assert images["X_train"].dtype == np.uint8
    assert images["clf"].score(images["X_test"], images["y_test"]) > 0.97


def test_the_four_copies_of_an_image_are_shifted_by_one_pixel(images):
    image = np.arange(64, dtype=np.uint8).reshape(1, 64)
    copies, y = images["with_shifted_copies"](image, np.array([3]))
    itself, down, up, right, left = copies.reshape(5, 8, 8)
    whole = image.reshape(8, 8)
    np.testing.assert_array_equal(itself, whole)
    np.testing.assert_array_equal(down[1:], whole[:-1])
    np.testing.assert_array_equal(up[:-1], whole[1:])
    np.testing.assert_array_equal(right[:, 1:], whole[:, :-1])
    np.testing.assert_array_equal(left[:, :-1], whole[:, 1:])
    assert y.tolist() == [3] * 5


def test_shifted_copies_help_the_network_and_the_support_vector_machine(images):
    ways = means(images)
    assert ways["shifted copies"][0] > ways["as they are"][0] + 0.005
    assert ways["shifted copies"][1] < ways["as they are"][1] - 0.02
    assert ways["SVC, shifted copies"][0] > ways["SVC"][0] + 0.003
    assert ways["SVC"][0] > ways["as they are"][0] - 0.005
    assert ways["SVC, shifted copies"][0] > ways["shifted copies"][0] - 0.005


def test_dropout_changes_little_and_smoothing_is_too_cautious(images):
    ways = means(images)
    assert abs(ways["dropout"] - ways["as they are"]).max() < 0.02
    assert ways["label smoothing"][0] > ways["as they are"][0]
    assert ways["label smoothing"][1] > ways["as they are"][1] + 0.02


def test_most_is_learnt_in_the_first_pass_over_a_file(without_screen):
    pytest.importorskip("pyarrow", reason="the example reads Parquet")
    left = runpy.run_path(str(EXAMPLES / "scale" / "plot_out_of_core.py"))
    accuracy = left["clf"].history_["val_accuracy"]
    assert accuracy[left["n_chunks"] - 1] > accuracy[-1] - 0.02


def test_the_thumbnail_of_the_quickstart_is_in_the_documentation():
    quickstart = (EXAMPLES / "plot_quickstart.py").read_text(encoding="utf-8")
    line = next(x for x in quickstart.splitlines() if "sphinx_gallery_thumbnail_" in x)
    assert (EXAMPLES.parent / "docs" / line.split('"')[1]).is_file()
