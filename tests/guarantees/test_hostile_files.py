"""Damaged, lying and endless files: a clear ValueError, bounded memory, no hang."""

import gzip
import math
import os
import struct
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skmlp.datasets import read_idx

CODES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
VALUES = np.arange(24, dtype=">i2").reshape(2, 3, 4)
MEBIBYTE = 2**20
MOST_MEMORY = 2 * MEBIBYTE  # of which a part that is read at once takes one


def header(code, *lengths):
    return struct.pack(f">HBB{len(lengths)}I", 0, code, len(lengths), *lengths)


WHOLE = header(0x0B, *VALUES.shape) + VALUES.tobytes()
PACKED = gzip.compress(WHOLE, mtime=0)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("files") / "some-file"


def refusal_and_memory(path):
    """Return how read_idx refuses a file, and the most memory that it took."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"^\S*some-file ") as refused:
            read_idx(path)
        return str(refused.value), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def is_refused(path, content):
    path.write_bytes(content)
    message, memory = refusal_and_memory(path)
    assert memory < MOST_MEMORY
    return message


def test_whole_file_is_read(path):
    for content in [WHOLE, PACKED]:
        path.write_bytes(content)
        assert read_idx(path).tolist() == VALUES.tolist()


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_file_cut_anywhere_is_refused(path, length):
    assert "truncated" in is_refused(path, WHOLE[:length]) or length < 16


@pytest.mark.parametrize("length", range(len(PACKED)))
def test_gzip_file_cut_anywhere_is_refused(path, length):
    is_refused(path, PACKED[:length])


@pytest.mark.parametrize("bit", range(8))
@pytest.mark.parametrize("position", range(16))
def test_header_that_lies_is_refused(path, position, bit):
    lying = bytearray(WHOLE)
    lying[position] ^= 1 << bit
    is_refused(path, bytes(lying))


@pytest.mark.parametrize("position", range(-8, 0))
def test_gzip_file_with_another_checksum_or_length_is_refused(path, position):
    lying = bytearray(PACKED)
    lying[position] ^= 0xFF
    assert "truncated or corrupt" in is_refused(path, bytes(lying))


IMPOSSIBLE = "more than the 4294967296 bytes"


@pytest.mark.parametrize(
    ("code", "lengths", "message"),
    [
        (0x08, [1] * 33, "at most 32"),
        (0x08, [1] * 65, "at most 32"),
        (0x0E, [2**32 - 1], IMPOSSIBLE),
        (0x08, [2**16] * 4, IMPOSSIBLE),  # 2 to the 64
        (0x08, [*[2**16] * 4, 0], IMPOSSIBLE),
        (0x0E, [2**32 - 1] * 32, IMPOSSIBLE),
        (0x0E, [0, *[2**32 - 1] * 31], IMPOSSIBLE),
        (0x0E, [2**29], "truncated: found 15 bytes, expected 4294967304"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_header_of_an_impossible_array_is_refused(path, code, lengths, message, pack):
    content = header(code, *lengths) + bytes(7)
    assert message in is_refused(path, pack(content))


def test_gzip_bomb_is_not_unpacked(path):
    with gzip.open(path, "wb") as file:
        file.write(header(0x08, 3))
        for _ in range(64):
            file.write(bytes(MEBIBYTE))

    message, memory = refusal_and_memory(path)

    assert "trailing bytes: found 12 bytes or more" in message
    assert memory < MOST_MEMORY


def test_endless_file_is_not_read_to_its_end(path):
    with path.open("wb") as file:
        file.write(header(0x08, 3))
        file.truncate(2**40)  # zeros that take no room

    message, memory = refusal_and_memory(path)

    assert "trailing bytes: found 12 bytes or more" in message
    assert memory < MOST_MEMORY


def test_memory_is_that_of_the_array_announced(path):
    path.write_bytes(header(0x08, 8 * MEBIBYTE) + bytes(8 * MEBIBYTE))
    tracemalloc.start()
    try:
        assert len(read_idx(path)) == 8 * MEBIBYTE
        assert tracemalloc.get_traced_memory()[1] < 11 * MEBIBYTE
    finally:
        tracemalloc.stop()


def test_directory_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is a directory, a device or a pipe: give"):
        read_idx(tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_device_is_refused(device):
    with pytest.raises(ValueError, match=f"{device} is a directory, a device or"):
        read_idx(device)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipe_that_nobody_writes_to_is_refused_without_waiting(tmp_path):
    path, refusals = tmp_path / "some-file", []
    os.mkfifo(path)
    reader = threading.Thread(
        target=lambda: refusals.append(refusal_and_memory(path)), daemon=True
    )

    reader.start()
    reader.join(30)

    assert "is a directory, a device or a pipe" in refusals[0][0]


def array_in(content):
    """Return the array that a whole IDX file holds, else None; written out plainly."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in CODES:
        return None
    dtype, n_header = np.dtype(CODES[content[2]]), 4 + 4 * content[3]
    if content[3] > 32 or len(content) < n_header:
        return None
    shape = struct.unpack(f">{content[3]}I", content[4:n_header])
    room = dtype.itemsize * math.prod(max(length, 1) for length in shape)
    n_bytes = dtype.itemsize * math.prod(shape)
    if room > 2**32 or len(content) != n_header + n_bytes:
        return None
    return np.frombuffer(content[n_header:], dtype).reshape(shape)


LENGTHS = st.lists(st.integers(0, 3) | st.integers(0, 2**32 - 1), max_size=5)
NEARLY_IDX = st.builds(
    lambda code, lengths, body: header(code, *lengths) + body,
    st.sampled_from([*CODES]),
    LENGTHS,
    st.binary(max_size=64),
)


@settings(deadline=None)
@given(st.binary(max_size=64) | NEARLY_IDX, st.booleans())
def test_bytes_at_random_are_read_as_the_format_says_or_refused(path, content, is_gzip):
    path.write_bytes(gzip.compress(content) if is_gzip else content)
    expected = None if content[:2] == b"\x1f\x8b" else array_in(content)

    if expected is None:
        refusal_and_memory(path)
    else:
        np.testing.assert_array_equal(read_idx(path), expected)


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_random_bytes_after_the_mark_of_gzip_are_refused(path, content):
    path.write_bytes(b"\x1f\x8b" + content)
    assert "truncated or corrupt" in refusal_and_memory(path)[0]
