"""Arrays in files of NumPy's own."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from convfilter.errors import ArgumentError, ImageError
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


def written(image: Image | np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the array of a file that an image is written to, without losses."""
    file = io.BytesIO()
    assert write(image, file, format="npy") == []
    file.seek(0)
    array: np.ndarray[Any, Any] = np.load(file, allow_pickle=False)
    return array


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 2), (5, 7, 3), (5, 7, 4)])
def test_there_and_back(dtype: str, shape: tuple[int, ...]):
    array = picture(dtype, *shape)
    image = read(stored(array))
    assert image.format == "NPY"
    assert image.dtype == dtype
    assert not image.alpha
    assert image.pixels.flags.writeable
    np.testing.assert_array_equal(image.pixels, array)
    np.testing.assert_array_equal(written(image), array)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("YXC", (5, 7, 9)),
        ("CYX", (9, 5, 7)),
        ("ZYX", (4, 5, 7)),
        ("YXZ", (5, 7, 4)),
        ("TZCYX", (2, 3, 4, 5, 7)),
        ("XTYC", (7, 3, 5, 2)),
        ("ABCDYX", (1, 2, 1, 3, 5, 7)),
        ("zyx", (4, 5, 7)),
    ],
)
def test_stacks_are_frames_and_become_the_same_array(axes: str, shape: tuple[int, ...]):
    array = picture("uint16", *shape)
    image = read(stored(array), axes=axes)
    letters = axes.upper()
    stack = [letter for letter in letters if letter not in "YXC"]
    moved = np.einsum(
        f"{axes.lower()}->{''.join(stack).lower()}yx{'c' if 'C' in letters else ''}", array
    )
    pictures = moved.reshape(-1, *moved.shape[len(stack) :])
    assert len(image.frames) == len(pictures)
    for frame, expected in zip(image.frames, pictures, strict=True):
        np.testing.assert_array_equal(frame.pixels, expected)
        assert not frame.alpha
    np.testing.assert_array_equal(written(image), array)


def test_what_becomes_of_a_part_of_a_stack_and_of_channels_that_go():
    array = picture("uint8", 2, 3, 3, 5, 7)
    part = read(stored(array), axes="TZCYX", frames="1,4")
    np.testing.assert_array_equal(written(part), np.stack([array[0, 1], array[1, 1]]))
    alone = read(stored(array), axes="TZCYX", frames=2)
    np.testing.assert_array_equal(written(alone), array[0, 2])
    grey = read(stored(array), axes="TZCYX").map(lambda f: f.with_pixels(f.pixels[..., 0]))
    np.testing.assert_array_equal(written(grey), array[:, :, 0])


def test_axes_are_asked_for_and_belong_to_arrays():
    for shape in ((5, 60, 70), (2, 3, 4, 5)):
        with pytest.raises(ImageError, match="--axes"):
            read(stored(picture("uint8", *shape)))
    with pytest.raises(ImageError, match="a letter for each"):
        read(stored(picture("uint8", 5, 6, 7)), axes="YX")
    with pytest.raises(ArgumentError, match="needs Y and X"):
        read(stored(picture("uint8", 5, 6, 7)), axes="ZCY")
    with pytest.raises(ImageError, match="4 frames, 0 to 3, and none of number 9"):
        read(stored(picture("uint8", 4, 6, 7)), axes="ZYX", frames=9)
    with pytest.raises(ImageError, match="4 frames of 7x6 count as 16,384 pixels"):
        read(stored(picture("uint8", 4, 6, 7)), axes="ZYX", max_pixels=9999)
    png = io.BytesIO()
    write(picture("uint8", 5, 7), png, format="png")
    png.seek(0)
    with pytest.raises(ImageError, match="is PNG, which says itself what its axes are"):
        read(png, axes="YX")


@pytest.mark.parametrize(("narrow", "wide"), [("int8", "int16"), ("float16", "float32")])
def test_what_fits_a_wider_dtype_is_widened(narrow: str, wide: str):
    array = (picture("uint8", 5, 7) // 2 - 60).astype(narrow)
    image = read(stored(array))
    assert image.dtype == wide
    np.testing.assert_array_equal(image.pixels, array)


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
    with pytest.raises(
        ImageError, match=r"int64 are not supported: its values, -1 to 0, fit int16"
    ):
        read(stored(-np.eye(2, dtype=np.int64)))
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


def test_alpha_that_the_file_does_not_tell_is_named():
    file = io.BytesIO()
    notes = write(Image(picture("uint8", 3, 4, 4), alpha=True), file, format="npy")
    assert len(notes) == 1
    assert "does not tell that the last channel is alpha" in notes[0]
    file.seek(0)
    assert not read(file).alpha


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (stored(picture("uint8", 3, 3)).getvalue(), ("further arrays behind the first: left out",)),
        (b"words", ("5 bytes that are no part of it behind the picture: left out",)),
        (bytes(512), ()),
    ],
)
def test_what_stands_behind_an_array_is_named(rest: bytes, said: tuple[str, ...]):
    array = picture("uint16", 5, 7)
    image = read(io.BytesIO(stored(array).getvalue() + rest))
    np.testing.assert_array_equal(image.pixels, array)
    assert image.left_out == said
