"""Loading MNIST and Fashion-MNIST, and reading IDX files."""

import doctest
import gzip
import hashlib
import json
import struct
from http.client import IncompleteRead
from itertools import product
from urllib.error import URLError

import numpy as np
import pytest
from sklearn.datasets import fetch_openml
from sklearn.utils import Bunch

from skmlp.datasets import fetch_fashion_mnist, fetch_mnist, mnist, read_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
FETCHERS = {
    "mnist": (fetch_mnist, "mnist_784"),
    "fashion-mnist": (fetch_fashion_mnist, "Fashion-MNIST"),
}
FILES = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]
N_ROWS = {"train": 3, "t10k": 2}
OPENML_ROWS = {"train": slice(60_000), "test": slice(60_000, None)}
THREE_BYTES = bytes([0, 0, 0x08, 1, 0, 0, 0, 3, 7, 2, 1])


def to_idx(values):
    kind = values.dtype.str[1:]
    header = struct.pack(
        f">HBB{values.ndim}I", 0, CODES[kind], values.ndim, *values.shape
    )
    return header + values.astype(f">{kind}").tobytes()


def small_array(name):
    """Distinct images, or the labels 0, 1, ..., for one of the four files."""
    n_rows = N_ROWS[name.split("-")[0]]
    if "labels" in name:
        return np.arange(n_rows, dtype=np.uint8)
    pixels = np.arange(n_rows * 784) + len(name) * n_rows
    return (pixels % 251).astype(np.uint8).reshape(n_rows, 28, 28)


def write_set(folder):
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(to_idx(small_array(name)))
    return folder


def to_arff(X, y, quote):
    labels = ",".join(f"{quote}{label}{quote}" for label in range(10))
    header = [f"@attribute pixel{i} integer" for i in range(X.shape[1])]
    rows = [
        ",".join([*map(str, row), f"{quote}{label}{quote}"])
        for row, label in zip(X.tolist(), y, strict=True)
    ]
    header = ["@relation x", *header, f"@attribute class {{{labels}}}", "@data"]
    return "\n".join(header + rows).encode()


def openml_column(index, name):
    is_class = name == "class"
    return {
        "index": str(index),
        "name": name,
        "data_type": "nominal" if is_class else "numeric",
        "is_target": "true" if is_class else "false",
        "is_ignore": "false",
        "is_row_identifier": "false",
        "number_of_missing_values": "0",
    }


def openml_answers(name, X, arff):
    """The contents that OpenML has for a data set, by their addresses."""
    address = "data/v1/download/1/x.arff"
    names = [*(f"pixel{i}" for i in range(X.shape[1])), "class"]
    columns = [openml_column(index, name) for index, name in enumerate(names)]
    description = {
        "description": "",
        "format": "ARFF",
        "status": "active",
        "url": f"https://www.openml.org/{address}",
        "md5_checksum": hashlib.md5(arff, usedforsecurity=False).hexdigest(),
    }
    size = {"name": "NumberOfInstances", "value": len(X)}
    json_answers = {
        f"list/data_name/{name}/limit/2/data_version/1": {
            "data": {"dataset": [{"did": 1}]}
        },
        "1": {"data_set_description": description},
        "features/1": {"data_features": {"feature": columns}},
        "qualities/1": {"data_qualities": {"quality": [size]}},
    }
    answers = {f"api/v1/json/data/{k}": v for k, v in json_answers.items()}
    return {k: json.dumps(v).encode() for k, v in answers.items()} | {address: arff}


def write_openml_cache(data_home, answers):
    for address, content in answers.items():
        path = data_home / "openml" / "openml.org" / f"{address}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content))


def digest_of(images, labels):
    """Return the SHA-256 of images with their labels, sorted, written out plainly."""
    samples = [
        bytes(image) + int(label).to_bytes(8, "little")
        for image, label in zip(images, labels, strict=True)
    ]
    return hashlib.sha256(b"".join(sorted(samples))).hexdigest()


@pytest.fixture
def publish(monkeypatch):
    """Let other digests be those of the published images."""

    def set_digest(folder, part, digest):
        monkeypatch.setitem(mnist._DIGESTS, (folder, part), digest)

    return set_digest


@pytest.fixture(scope="module")
def openml_answer():
    """70,000 rows of integers and strings, as OpenML has them, and their digests."""
    numbers = np.arange(70_000)
    data = np.broadcast_to((numbers // 300)[:, None], (70_000, 784))
    digests = {
        part: digest_of(data[rows].astype(np.uint8), numbers[rows] % 10)
        for part, rows in OPENML_ROWS.items()
    }
    return Bunch(data=data, target=(numbers % 10).astype(str).astype(object)), digests


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise URLError("no network in the tests")

    monkeypatch.setattr(mnist, "fetch_openml", refuse)


@pytest.fixture
def no_local_data(monkeypatch):
    monkeypatch.delenv("SKMLP_DATA", raising=False)


@pytest.fixture
def openml_calls(monkeypatch, no_local_data, publish, openml_answer):
    """Let OpenML answer, and keep what it was asked."""
    calls = []
    bunch, digests = openml_answer
    for folder, part in product(FETCHERS, digests):
        publish(folder, part, digests[part])

    def answer(name, **options):
        calls.append((name, options))
        return bunch

    monkeypatch.setattr(mnist, "fetch_openml", answer)
    return calls


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (2, 3), (2, 1, 3, 2)])
def test_read_idx_inverts_the_format(tmp_path, kind, shape):
    values = (np.arange(np.prod(shape)) * 9 + 1).reshape(shape).astype(kind)
    path = tmp_path / "values"
    path.write_bytes(to_idx(values))

    read = read_idx(path)

    assert read.dtype == np.dtype(kind)
    assert read.dtype.isnative
    np.testing.assert_array_equal(read, values, strict=True)


def test_multibyte_values_are_big_endian(tmp_path):
    path = tmp_path / "values"
    path.write_bytes(bytes([0, 0, 0x0B, 1, 0, 0, 0, 2, 1, 2, 255, 254]))

    assert read_idx(path).tolist() == [258, -2]


def test_read_idx_returns_a_writable_array(tmp_path):
    path = tmp_path / "labels"
    path.write_bytes(THREE_BYTES)

    labels = read_idx(str(path))
    labels[0] = 9

    assert labels.tolist() == [9, 2, 1]


@pytest.mark.parametrize("name", ["labels.gz", "labels"])
@pytest.mark.parametrize("pack", [gzip.compress, bytes], ids=["gzipped", "plain"])
def test_content_and_not_name_tells_gzip(tmp_path, name, pack):
    path = tmp_path / name
    path.write_bytes(pack(THREE_BYTES))

    assert read_idx(path).tolist() == [7, 2, 1]


def test_missing_idx_file_is_named(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="nowhere does not exist: give the path"
    ):
        read_idx(tmp_path / "nowhere")


PACKED = gzip.compress(THREE_BYTES)
FAULTS = {
    "short": (THREE_BYTES[:-1], "is truncated: found 10 bytes, expected 11"),
    "long": (
        THREE_BYTES + b"\0",
        "trailing bytes: found 12 bytes or more, expected 11",
    ),
    "short, gzipped": (gzip.compress(THREE_BYTES[:-1]), "truncated: found 10 bytes"),
    "empty": (b"", "not an IDX file: found 0 bytes"),
    "short header": (THREE_BYTES[:6], "not an IDX file: found 6 bytes .* 4 bytes for"),
    "foreign": (b"<!DOCTYPE html>", "not an IDX file: .* '3c 21 44 4f', expected"),
    "no zeros": (b"\0\1" + THREE_BYTES[2:], "'00 01 08 01', expected '00 00'"),
    "unknown code": (b"\0\0\x0a" + THREE_BYTES[3:], "'00 00 0a 01', .* a type code"),
    "65 dimensions": (b"\0\0\x08\x41" + bytes(260), "not an IDX file: .*at most 32"),
    "huge": (
        b"\0\0\x0e\2" + b"\xff" * 8,
        "announces float64 .* more than the 42949",
    ),
    "cut gzip": (PACKED[:-9], "truncated or corrupt: .* expected a whole gzip file"),
    "gzip magic": (PACKED[:2], "truncated or corrupt: found 2 bytes"),
    "damaged gzip": (PACKED[:10] + b"\xff" + PACKED[11:], "truncated or corrupt"),
    "wrong checksum": (PACKED[:-8] + bytes(4) + PACKED[-4:], "truncated or corrupt"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_damaged_file_is_named_with_its_fault(tmp_path, fault):
    content, message = FAULTS[fault]
    path = tmp_path / "some-file"
    path.write_bytes(content)

    with pytest.raises(ValueError, match=f"some-file .*{message}"):
        read_idx(path)


@pytest.mark.parametrize("folder", FETCHERS)
@pytest.mark.parametrize(("subset", "prefix"), [("train", "train"), ("test", "t10k")])
def test_subset_is_read_from_its_files(tmp_path, folder, subset, prefix):
    write_set(tmp_path / folder)
    images = small_array(f"{prefix}-images-idx3-ubyte")

    bunch = FETCHERS[folder][0](subset=subset, data_home=tmp_path)

    np.testing.assert_array_equal(bunch.images, images, strict=True)
    np.testing.assert_array_equal(bunch.data, images.reshape(-1, 784), strict=True)
    np.testing.assert_array_equal(bunch.target, np.arange(len(images)), strict=True)


def test_all_is_train_followed_by_test(tmp_path):
    write_set(tmp_path / "mnist")
    train = fetch_mnist(subset="train", data_home=tmp_path)
    test = fetch_mnist(subset="test", data_home=tmp_path)

    both = fetch_mnist(subset="all", data_home=tmp_path)

    np.testing.assert_array_equal(both.data, np.vstack([train.data, test.data]))
    np.testing.assert_array_equal(both.target, [0, 1, 2, 0, 1])


def test_images_are_a_view_of_data(tmp_path):
    write_set(tmp_path / "mnist")

    digits = fetch_mnist(data_home=tmp_path)

    assert np.shares_memory(digits.images, digits.data)


def test_return_x_y_gives_data_and_target(tmp_path):
    write_set(tmp_path / "mnist")
    digits = fetch_mnist(data_home=tmp_path)

    X, y = fetch_mnist(data_home=tmp_path, return_X_y=True)

    np.testing.assert_array_equal(X, digits.data, strict=True)
    np.testing.assert_array_equal(y, digits.target, strict=True)


@pytest.mark.parametrize(
    ("folder", "index", "name"),
    [
        ("mnist", 7, "7"),
        ("fashion-mnist", 0, "T-shirt/top"),
        ("fashion-mnist", 8, "Bag"),
    ],
)
def test_target_names_are_indexed_by_class(tmp_path, folder, index, name):
    write_set(tmp_path / folder)

    names = FETCHERS[folder][0](data_home=tmp_path).target_names

    assert len(names) == 10
    assert names[index] == name


def test_environment_names_the_directory(tmp_path, monkeypatch):
    write_set(tmp_path / "mnist")
    monkeypatch.setenv("SKMLP_DATA", str(tmp_path))

    assert fetch_mnist().data.shape == (3, 784)


def test_tilde_is_the_home_directory(tmp_path, monkeypatch):
    write_set(tmp_path / "mnist")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert fetch_mnist(data_home="~").data.shape == (3, 784)


def test_data_home_precedes_the_environment(tmp_path, monkeypatch):
    write_set(tmp_path / "mnist")
    monkeypatch.setenv("SKMLP_DATA", str(tmp_path / "elsewhere"))

    assert fetch_mnist(data_home=str(tmp_path)).data.shape == (3, 784)


def test_gzipped_files_are_found(tmp_path):
    path = write_set(tmp_path / "mnist") / "train-images-idx3-ubyte"
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()

    assert fetch_mnist(data_home=tmp_path).data.shape == (3, 784)


@pytest.mark.parametrize("name", FILES)
def test_file_missing_from_the_folder_is_named(tmp_path, name):
    (write_set(tmp_path / "mnist") / name).unlink()

    with pytest.raises(
        FileNotFoundError, match=rf"mnist holds neither {name} nor .*\.gz"
    ):
        fetch_mnist(subset="all", data_home=tmp_path)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("train-labels-idx1-ubyte", np.zeros(4, np.uint8)),
        ("train-labels-idx1-ubyte", np.zeros((3, 1), np.uint8)),
        ("train-labels-idx1-ubyte", np.zeros((), np.uint8)),
        ("train-labels-idx1-ubyte", np.zeros(3, np.int32)),
        ("train-images-idx3-ubyte", np.zeros((3, 8, 8), np.uint8)),
        ("train-images-idx3-ubyte", np.zeros((3, 28, 28), np.float32)),
        ("train-images-idx3-ubyte", np.zeros(3, np.uint8)),
    ],
)
def test_images_and_labels_that_do_not_match_are_refused(tmp_path, name, values):
    (write_set(tmp_path / "mnist") / name).write_bytes(to_idx(values))

    with pytest.raises(
        ValueError, match=r"images.* and .*labels.*expected uint8 of sh"
    ):
        fetch_mnist(data_home=tmp_path)


@pytest.mark.parametrize("subset", ["validation", None, ["train"]])
@pytest.mark.parametrize("fetch", [fetch_mnist, fetch_fashion_mnist])
def test_unknown_subset_is_refused(fetch, subset):
    with pytest.raises(ValueError, match=r"subset=.* is unknown: .* train, test, all"):
        fetch(subset=subset)


@pytest.mark.parametrize(
    ("subset", "first", "n_rows"),
    [("train", 0, 60_000), ("test", 60_000, 10_000), ("all", 0, 70_000)],
)
def test_openml_rows_are_train_followed_by_test(openml_calls, subset, first, n_rows):
    X, y = fetch_mnist(subset=subset, return_X_y=True)

    assert (X.shape, X.dtype) == ((n_rows, 784), np.uint8)
    assert (y.shape, y.dtype) == ((n_rows,), np.int64)
    assert (X[0, 0], X[-1, -1]) == (first // 300, (first + n_rows - 1) // 300)
    assert y[:3].tolist() == [0, 1, 2]


@pytest.mark.parametrize("folder", FETCHERS)
@pytest.mark.parametrize("has_data_home", [False, True])
def test_openml_is_asked_where_the_folder_is_missing(
    tmp_path, openml_calls, folder, has_data_home
):
    fetch, openml_name = FETCHERS[folder]
    data_home = tmp_path if has_data_home else None

    fetch(subset="test", data_home=data_home)

    [(name, options)] = openml_calls
    assert name == openml_name
    assert options["version"] == 1
    assert options["data_home"] == data_home


def test_environment_is_not_the_cache_of_openml(tmp_path, openml_calls, monkeypatch):
    monkeypatch.setenv("SKMLP_DATA", str(tmp_path))

    fetch_mnist(subset="test")

    assert openml_calls[0][1]["data_home"] is None


@pytest.mark.parametrize(
    ("is_installed", "parser"), [(True, "pandas"), (False, "liac-arff")]
)
def test_pandas_is_optional(openml_calls, monkeypatch, is_installed, parser):
    monkeypatch.setattr(mnist, "find_spec", lambda name: is_installed or None)

    fetch_mnist(subset="test")

    assert openml_calls[0][1]["parser"] == parser


@pytest.mark.parametrize("quote", ["", "'"], ids=["bare", "quoted"])
@pytest.mark.parametrize("package", ["pandas", "numpy"])
def test_either_parser_reads_the_file_of_openml(
    tmp_path, monkeypatch, publish, package, quote
):
    pytest.importorskip(package)
    monkeypatch.setattr(mnist, "find_spec", lambda name: name == package or None)
    monkeypatch.setattr(mnist, "fetch_openml", fetch_openml)
    images = small_array("train-images-idx3-ubyte").reshape(3, 784)
    arff = to_arff(images, [5, 0, 4], quote)
    write_openml_cache(tmp_path, openml_answers("mnist_784", images, arff))
    publish("mnist", "train", digest_of(images, [5, 0, 4]))

    X, y = fetch_mnist(subset="train", data_home=tmp_path, return_X_y=True)

    np.testing.assert_array_equal(X, images, strict=True)
    np.testing.assert_array_equal(y, np.array([5, 0, 4]), strict=True)


@pytest.fixture(scope="module")
def published_arrays(full_data):
    """The images and labels of the IDX files, training first, by OpenML's names."""
    return {
        name: fetch(subset="all", data_home=full_data, return_X_y=True)
        for fetch, name in FETCHERS.values()
    }


@pytest.fixture
def published(monkeypatch, no_local_data, published_arrays):
    """What OpenML answers, by name: the published images, for a test to change."""
    answers = {
        name: Bunch(data=X.copy(), target=y.astype(str))
        for name, (X, y) in published_arrays.items()
    }
    monkeypatch.setattr(mnist, "fetch_openml", lambda name, **given: answers[name])
    return answers


@pytest.mark.full_data
@pytest.mark.parametrize("subset", ["train", "test", "all"])
@pytest.mark.parametrize("folder", FETCHERS)
def test_published_images_from_openml_are_those_of_the_files(
    published, published_arrays, folder, subset
):
    fetch, name = FETCHERS[folder]
    rows = OPENML_ROWS.get(subset, slice(None))

    X, y = fetch(subset=subset, return_X_y=True)

    np.testing.assert_array_equal(X, published_arrays[name][0][rows], strict=True)
    np.testing.assert_array_equal(y, published_arrays[name][1][rows], strict=True)


def change_a_pixel(answer):
    answer.data[60_001, 300] ^= 1


def change_a_label(answer):
    answer.target[60_001] = (int(answer.target[60_001]) + 1) % 10


def exchange_training_and_test(answer):
    answer.data[[0, 60_000]] = answer.data[[60_000, 0]]
    answer.target[[0, 60_000]] = answer.target[[60_000, 0]]


def lose_a_row(answer):
    answer.data, answer.target = answer.data[:-1], answer.target[:-1]


@pytest.mark.full_data
@pytest.mark.parametrize(
    "change", [change_a_pixel, change_a_label, exchange_training_and_test, lose_a_row]
)
@pytest.mark.parametrize("folder", FETCHERS)
def test_other_images_from_openml_are_refused(tmp_path, published, folder, change):
    fetch, name = FETCHERS[folder]
    change(published[name])
    bunch = published[name]
    found = digest_of(bunch.data[60_000:], bunch.target[60_000:])

    with pytest.raises(ValueError, match=f"{name} .*{found}, expected [0-9a-f]+"):
        fetch(subset="test", data_home=tmp_path)
    with pytest.raises(ValueError, match=f"{name} .* is not the published data set"):
        fetch(subset="all", data_home=tmp_path)


def test_refusal_of_other_images_tells_the_remedy(tmp_path, openml_calls, publish):
    publish("mnist", "test", "c0ffee")
    remedy = rf"Remove .*{tmp_path / 'openml'}.* folder 'mnist'.*data_home.*SKMLP_DATA"

    with pytest.raises(ValueError, match=f"mnist_784 .*expected c0ffee.*{remedy}"):
        fetch_mnist(subset="test", data_home=tmp_path)


def test_files_of_a_folder_are_taken_as_they_are(tmp_path, publish):
    write_set(tmp_path / "mnist")
    publish("mnist", "train", "c0ffee")

    assert fetch_mnist(data_home=tmp_path).target.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "cause", [URLError("refused"), TimeoutError(), IncompleteRead(b"")]
)
@pytest.mark.parametrize("folder", FETCHERS)
def test_unreachable_openml_tells_the_remedy(monkeypatch, no_local_data, folder, cause):
    def fail(*args, **kwargs):
        raise cause

    monkeypatch.setattr(mnist, "fetch_openml", fail)
    remedy = f"{'.*'.join(FILES)}.*'{folder}'.*data_home.*SKMLP_DATA"

    with pytest.raises(OSError, match=remedy) as caught:
        FETCHERS[folder][0]()

    assert caught.value.__cause__ is cause


PUBLISHED_COUNTS = {
    ("mnist", "train"): [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    ("mnist", "test"): [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    ("fashion-mnist", "train"): [6000] * 10,
    ("fashion-mnist", "test"): [1000] * 10,
}


@pytest.mark.full_data
@pytest.mark.parametrize(("folder", "subset"), PUBLISHED_COUNTS)
def test_full_sets_have_their_published_sizes(full_data, folder, subset):
    counts = PUBLISHED_COUNTS[folder, subset]

    bunch = FETCHERS[folder][0](subset=subset, data_home=full_data)

    assert bunch.images.shape == (sum(counts), 28, 28)
    assert (bunch.data.min(), bunch.data.max()) == (0, 255)
    assert np.bincount(bunch.target).tolist() == counts


@pytest.mark.full_data
def test_mnist_training_images_have_their_published_md5(full_data):
    images = fetch_mnist(data_home=full_data).images

    digest = hashlib.md5(to_idx(images), usedforsecurity=False).hexdigest()

    assert digest == "6bbc9ace898e44ae57da46a324031adb"


@pytest.mark.full_data
@pytest.mark.parametrize("folder", FETCHERS)
def test_examples_that_need_the_data_are_true(full_data, folder):
    fetch = FETCHERS[folder][0]
    [example_test] = doctest.DocTestFinder().find(fetch, fetch.__name__, globs={})
    for example in example_test.examples:
        example.options.pop(doctest.SKIP, None)

    result = doctest.DocTestRunner().run(example_test)

    assert result.attempted == 3
    assert result.failed == 0
