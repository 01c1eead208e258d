"""MNIST and Fashion-MNIST, from IDX files in a folder or else from OpenML."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import os
import struct
import zlib
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import fetch_openml, get_data_home
from sklearn.utils import Bunch

__all__ = ["fetch_fashion_mnist", "fetch_mnist", "read_idx"]

_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_OPENML_ROWS = {"train": slice(60_000), "test": slice(60_000, None)}
_PARTS = {"train": ["train"], "test": ["test"], "all": ["train", "test"]}
# What `_digest` makes of the published IDX files.
_DIGESTS = {
    ("mnist", "train"): (
        "6f08c55c2700727d253ea93226d5b7e1840ad0e8f1d3e01a88f6034281e3bca4"
    ),
    ("mnist", "test"): (
        "ad42e783a03dd577732690a32a780a66e0c274f7d0be60fa3bb90bd5f2e679b1"
    ),
    ("fashion-mnist", "train"): (
        "006b87b83d1b2141bb8eed0e0e4a05b2329b38cb288c2871a46e87e2c887e386"
    ),
    ("fashion-mnist", "test"): (
        "50fa079dbe37dd1c977d46e3de719292d7d7c8a83ae925886909d008e0f381cc"
    ),
}
# For the pandas parser. uint8 takes an eighth of the memory of the default, int64, and
# spares the classes a conversion to categories, which raises TypeError in scikit-learn
# 1.9.1 with pandas 3.1 (github.com/scikit-learn/scikit-learn/pull/34902).
_READ_CSV_KWARGS = {"dtype": "uint8", "quotechar": "'"}
# What is read at most: several times the largest set that is published so.
_MOST_BYTES, _MOST_DIMENSIONS = 2**32, 32
_BYTES_AT_ONCE = 2**20
_IDX_DTYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


class _Source(NamedTuple):
    folder: str
    openml_name: str
    target_names: str  # separated by commas
    description: str


_MNIST = _Source(
    "mnist",
    "mnist_784",
    "0,1,2,3,4,5,6,7,8,9",
    "MNIST: 70,000 handwritten digits (LeCun, Cortes and Burges).",
)
_FASHION_MNIST = _Source(
    "fashion-mnist",
    "Fashion-MNIST",
    "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot",
    "Fashion-MNIST: 70,000 articles of clothing (Xiao, Rasul and Vollgraf, 2017).",
)


def fetch_mnist(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    return_X_y: bool = False,
) -> Any:
    """Load the MNIST handwritten digits from IDX files or from OpenML.

    The four IDX files of [1]_, plain or gzipped, are read from the folder ``mnist`` in
    ``data_home`` or, if that is None, in the directory that the environment variable
    ``SKMLP_DATA`` names. If there is no such folder, `sklearn.datasets.fetch_openml`
    fetches ``mnist_784`` and caches it; images and labels are then compared with the
    SHA-256 digest of the published ones.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 60,000 training images, the 10,000 test images, or all, training first.
    data_home : str or path-like, default=None
        Directory with the folder ``mnist``; if it has none, the directory that
        `fetch_openml` caches in. None means ``SKMLP_DATA``, then scikit-learn's default
        cache.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    Bunch or tuple of (ndarray, ndarray)
        ``data``, uint8 of shape (n_samples, 784), grey values from 0 (background) to
        255; ``target``, int64 of shape (n_samples,), classes 0 to 9; ``images``, a
        view of ``data`` of shape (n_samples, 28, 28); ``target_names``, list of the 10
        classes' names; and ``DESCR``. With ``return_X_y``, ``(data, target)``.

    Raises
    ------
    ValueError
        If ``subset`` is unknown, a file is damaged or not what its name says, or what
        OpenML gave is not the published data set.
    FileNotFoundError
        If the folder exists but lacks a file.
    OSError
        If there is no folder and OpenML cannot be reached.

    See Also
    --------
    fetch_fashion_mnist : The same format, a harder problem.
    read_idx : Read one IDX file.

    Notes
    -----
    Each part, training and test, has a digest that does not depend on the order of its
    images. IDX files are not compared with it: they are your own files, and may hold a
    selection or another data set of the same format.

    References
    ----------
    .. [1] Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten
       digits", http://yann.lecun.com/exdb/mnist/.

    Examples
    --------
    >>> from skmlp.datasets import fetch_mnist
    >>> X, y = fetch_mnist(subset="train", return_X_y=True)  # doctest: +SKIP
    >>> X.shape, X.dtype, y[:5]  # doctest: +SKIP
    ((60000, 784), dtype('uint8'), array([5, 0, 4, 1, 9]))
    """
    return _fetch(_MNIST, subset, data_home, return_X_y)


def fetch_fashion_mnist(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    return_X_y: bool = False,
) -> Any:
    """Load the Fashion-MNIST articles of clothing from IDX files or from OpenML.

    As `fetch_mnist`, with the folder ``fashion-mnist``, the files of [1]_, and
    ``Fashion-MNIST`` on OpenML.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 60,000 training images, the 10,000 test images, or all, training first.
    data_home : str or path-like, default=None
        Directory that holds the folder ``fashion-mnist``, or scikit-learn's cache.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    Bunch or tuple of (ndarray, ndarray)
        The same entries, shapes and dtypes as from `fetch_mnist`.

    Raises
    ------
    ValueError
        If ``subset`` is unknown, a file is damaged or not what its name says, or what
        OpenML gave is not the published data set.
    FileNotFoundError
        If the folder exists but lacks a file.
    OSError
        If there is no folder and OpenML cannot be reached.

    See Also
    --------
    fetch_mnist : Handwritten digits in the same format.

    References
    ----------
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for
       benchmarking machine learning algorithms", arXiv:1708.07747, 2017.

    Examples
    --------
    >>> from skmlp.datasets import fetch_fashion_mnist
    >>> clothes = fetch_fashion_mnist(subset="test")  # doctest: +SKIP
    >>> clothes.images.shape, clothes.target_names[clothes.target[0]]  # doctest: +SKIP
    ((10000, 28, 28), 'Ankle boot')
    """
    return _fetch(_FASHION_MNIST, subset, data_home, return_X_y)


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an array from a file in the IDX format, plain or gzipped.

    The content, not the name, tells whether the file is gzipped.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    ndarray
        Writable array in native byte order, of the shape that the file's header gives,
        and of dtype uint8, int8, int16, int32, float32 or float64.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not IDX or not a regular file, is corrupt, has another length
        than its header says, or has a header for more than 4 GiB. At most the length in
        the header is read.

    References
    ----------
    Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten
    digits", section "The IDX file format", http://yann.lecun.com/exdb/mnist/.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skmlp.datasets import read_idx
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "labels-idx1-ubyte")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist: give the path of an IDX file, plain or gzipped."
        )
    if not path.is_file():  # a pipe may keep its reader waiting for ever
        raise ValueError(
            f"{path} is a directory, a device or a pipe: give the path of an IDX file, "
            "plain or gzipped."
        )
    try:
        with _unpacked(path) as stream:
            return _read_array(path, stream)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"{path} is truncated or corrupt: found {path.stat().st_size} bytes that "
            f"do not unpack ({error}), expected a whole gzip file; download it again."
        ) from error


def _unpacked(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """Open a file to read it, unpacked if it is gzipped."""
    with path.open("rb") as file:
        is_gzipped = file.read(2) == b"\x1f\x8b"  # RFC 1952, section 2.3.1
    return gzip.open(path) if is_gzipped else path.open("rb")


def _read_array(path: Path, stream: gzip.GzipFile | io.BufferedReader) -> np.ndarray:
    """Read a header and what it announces, and not a byte more than it takes to see."""
    dtype, shape = _read_header(path, stream)
    n_header, n_bytes = 4 + 4 * len(shape), dtype.itemsize * math.prod(shape)
    # NumPy counts a length of zero as one when it limits the size of an array.
    if dtype.itemsize * math.prod(max(n, 1) for n in shape) > _MOST_BYTES:
        raise ValueError(
            f"{path} announces {dtype.name} of shape {shape}, which is more than the "
            f"{_MOST_BYTES} bytes that read_idx takes; check the path."
        )
    content = bytearray()
    while len(content) <= n_bytes:
        part = stream.read(min(_BYTES_AT_ONCE, n_bytes + 1 - len(content)))
        if not part:
            break
        content += part
    if len(content) != n_bytes:
        is_short = len(content) < n_bytes
        fault = "is truncated" if is_short else "has trailing bytes"
        found = f"{n_header + len(content)} bytes{'' if is_short else ' or more'}"
        raise ValueError(
            f"{path} {fault}: found {found}, expected {n_header + n_bytes} for a "
            f"header and {dtype.name} of shape {shape}; download it again."
        )
    values = np.frombuffer(content, dtype).reshape(shape)
    return values.astype(dtype.newbyteorder("="), copy=False)


def _read_header(
    path: Path, stream: gzip.GzipFile | io.BufferedReader
) -> tuple[np.dtype, tuple[int, ...]]:
    """Return the dtype and the shape that an IDX header announces."""
    start = stream.read(4)
    zeros, code, n_dims = struct.unpack(">HBB", start) if len(start) == 4 else (1, 0, 0)
    lengths = b""
    if zeros == 0 and code in _IDX_DTYPES and n_dims <= _MOST_DIMENSIONS:
        lengths = stream.read(4 * n_dims)
        if len(lengths) == 4 * n_dims:
            return np.dtype(_IDX_DTYPES[code]), struct.unpack(f">{n_dims}I", lengths)
    raise ValueError(
        f"{path} is not an IDX file: found {len(start + lengths)} bytes that start "
        f"with '{start.hex(' ')}', expected '00 00', a type code (08, 09, 0b, 0c, 0d "
        f"or 0e), the number of dimensions, at most {_MOST_DIMENSIONS}, and 4 bytes "
        "for each; check the path."
    )


def _fetch(
    source: _Source,
    subset: str,
    data_home: str | os.PathLike[str] | None,
    return_X_y: bool,
) -> Any:
    if subset not in tuple(_PARTS):
        raise ValueError(
            f"subset={subset!r} is unknown: choose one of {', '.join(_PARTS)}."
        )
    home = data_home or os.environ.get("SKMLP_DATA")
    folder = Path(home).expanduser() / source.folder if home else None
    if folder is not None and folder.is_dir():
        parts = [_read_part(folder, part) for part in _PARTS[subset]]
    else:
        parts = _load_openml(source, _PARTS[subset], data_home)
    data, target = parts[0]
    if len(parts) > 1:
        data, target = map(np.concatenate, zip(*parts, strict=True))
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        images=data.reshape(-1, 28, 28),
        target_names=source.target_names.split(","),
        DESCR=source.description,
    )


def _read_part(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Read data and target of a part from the IDX files in a folder."""
    paths = [_find_file(folder, name) for name in _FILES[part]]
    images, labels = map(read_idx, paths)
    is_uint8 = images.dtype == labels.dtype == np.uint8
    if not is_uint8 or labels.ndim != 1 or images.shape != (len(labels), 28, 28):
        raise ValueError(
            f"{paths[0]} holds {images.dtype} of shape {images.shape} and {paths[1]} "
            f"{labels.dtype} of shape {labels.shape}, expected uint8 of shapes "
            "(n, 28, 28) and (n,): take both files from one copy of the data set."
        )
    return images.reshape(-1, 784), labels.astype(np.int64)


def _find_file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"{folder} holds neither {name} nor {name}.gz: put one there, or remove the "
        "folder to fetch the data set from OpenML."
    )


def _load_openml(
    source: _Source, parts: list[str], data_home: str | os.PathLike[str] | None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Fetch data and target of parts from OpenML, where training images come first."""
    name = source.openml_name
    try:
        bunch: Any = fetch_openml(
            name,
            version=1,
            data_home=data_home,
            as_frame=False,
            parser="pandas" if find_spec("pandas") else "liac-arff",
            read_csv_kwargs=_READ_CSV_KWARGS,
        )
    except (OSError, HTTPException) as error:
        files = ", ".join(_FILES["train"] + _FILES["test"])
        raise OSError(
            f"{name} could not be fetched from OpenML: {error}. Without a network, put "
            f"{files}, plain or gzipped, into a folder {source.folder!r} and name the "
            "directory that holds it in data_home or the environment's SKMLP_DATA."
        ) from error
    fetched = []
    for part in parts:
        rows = _OPENML_ROWS[part]
        data = bunch.data[rows].astype(np.uint8)
        target = bunch.target[rows].astype(np.int64)
        _check_digest(source, part, data, target, data_home)
        fetched.append((data, target))
    return fetched


def _check_digest(
    source: _Source,
    part: str,
    data: np.ndarray,
    target: np.ndarray,
    data_home: str | os.PathLike[str] | None,
) -> None:
    """Raise where a part from OpenML is not the published one.

    scikit-learn compares the file with the MD5 that OpenML itself states, which tells
    what was damaged on the way, and not what has changed there or in the cache.
    """
    found, expected = _digest(data, target), _DIGESTS[source.folder, part]
    if found != expected:
        cache = Path(get_data_home(data_home), "openml")
        raise ValueError(
            f"{source.openml_name} from OpenML is not the published data set: the "
            f"{part} part, {len(target)} images, has the SHA-256 digest {found}, "
            f"expected {expected}. Remove scikit-learn's cache, {cache}, to fetch it "
            f"again, or put the published IDX files into a folder {source.folder!r} in "
            "the directory that data_home or the environment's SKMLP_DATA names."
        )


def _digest(data: np.ndarray, target: np.ndarray) -> str:
    """Return the SHA-256 of images with their labels, in whatever order they are.

    Each is written as the 784 bytes of the image and the 8 of the label, the least
    significant first; they are sorted as bytes.
    """
    labels = target.astype("<i8")[:, np.newaxis].view(np.uint8)
    samples = sorted(map(bytes, np.hstack([data, labels])))
    return hashlib.sha256(b"".join(samples)).hexdigest()
