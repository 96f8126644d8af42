"""Arrays in files of NumPy's own."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from convfilter.errors import ImageError
from convfilter.images import Image, read, write

DTYPES = ("bool", "uint8", "uint16", "int16", "float32", "float64")


def stored(array: np.ndarray[Any, Any], version: tuple[int, int] | None = None) -> io.BytesIO:
    """Return a file of an array, as NumPy writes it."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    file.seek(0)
    return file


def picture(dtype: str, *shape: int) -> np.ndarray[Any, Any]:
    """Return random values."""
    return np.random.default_rng(1).integers(0, 2 if dtype == "bool" else 250, shape).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 2), (5, 7, 3), (5, 7, 4), (5, 7, 9)])
def test_there_and_back(dtype: str, shape: tuple[int, ...]):
    array = picture(dtype, *shape)
    image = read(stored(array))
    assert image.format == "NPY"
    assert image.dtype == dtype
    assert image.alpha == (shape[2:] in ((2,), (4,)))
    assert image.pixels.flags.writeable
    np.testing.assert_array_equal(image.pixels, array)
    file = io.BytesIO()
    assert write(image, file, format="npy") == []
    file.seek(0)
    np.testing.assert_array_equal(np.load(file, allow_pickle=False), array)


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
def test_orders_and_versions(version: tuple[int, int]):
    array = picture("uint16", 5, 7, 3)
    for other in (array.astype(">u2"), np.asfortranarray(array), array[::-1, ::2]):
        image = read(stored(other, version))
        np.testing.assert_array_equal(image.pixels, other)
        assert image.dtype == np.dtype("=u2")
        assert image.pixels.flags.c_contiguous


def test_what_python_2_has_written_is_read_without_a_warning():
    data = stored(np.arange(12, dtype=np.uint8).reshape(3, 4)).getvalue()
    old = data.replace(b"(3, 4), }  ", b"(3L, 4L), }")
    assert len(old) == len(data)
    assert old != data
    np.testing.assert_array_equal(read(io.BytesIO(old)).pixels, read(io.BytesIO(data)).pixels)


def test_what_is_no_picture():
    with pytest.raises(ImageError, match="arrays of int64 are not supported: convert it with as"):
        read(stored(np.zeros((2, 2), np.int64)))
    with pytest.raises(ImageError, match=r"an array of the shape \(4,\) is no picture"):
        read(stored(np.zeros(4, np.uint8)))
    with pytest.raises(ImageError, match=r"shape \(0, 3\)"):
        read(stored(np.zeros((0, 3), np.uint8)))
    with pytest.raises(ImageError, match="--max-pixels"):
        read(stored(np.zeros((9, 9), np.uint8)), max_pixels=80)


def test_nothing_is_unpickled():
    file = io.BytesIO()
    np.save(file, np.array([[{}]], object), allow_pickle=True)
    with pytest.raises(ImageError, match="arrays of object are not supported"):
        read(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize("length", [3, 7, 40, 127, 130])
def test_cut_files(length: int):
    data = stored(picture("uint8", 5, 7)).getvalue()[:length]
    with pytest.raises(ImageError, match=r"NPY file is|not a picture"):
        read(io.BytesIO(data))


def test_alpha_is_told_by_the_number_of_channels():
    file = io.BytesIO()
    write(Image(picture("uint8", 3, 4, 4), alpha=True), file, format="npy")
    file.seek(0)
    assert read(file).alpha
