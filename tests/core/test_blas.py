"""Long vectors: where they start in memory."""

import numpy as np
import pytest

from skmlp._core.blas import several_zeros

SIZES = [3, 1, 0, 100, 17]


def address(vector):
    return vector.__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_vectors_in_one_memory_start_with_a_line_of_the_cache(dtype):
    vectors = several_zeros(SIZES, dtype)
    assert [(len(v), v.dtype, v.any()) for v in vectors] == [
        (n, dtype, False) for n in SIZES
    ]
    assert not any(address(v) % 64 for v in vectors)


def test_vectors_in_one_memory_do_not_overlap():
    vectors = several_zeros(SIZES, np.float64)
    for i, vector in enumerate(vectors, start=1):
        vector[...] = i
    assert [set(v) for v in vectors] == [{1}, {2}, set(), {4}, {5}]
