"""Netpbm files: read as Pillow reads them, and every picture of a stream."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImages

from convfilter.errors import ImageError
from convfilter.images import Image, read, write
from tests.examples import examples

RNG = np.random.default_rng(3)


def body(values: np.ndarray, kind: int, largest: int) -> bytes:
    """Return the values as they stand in a picture, the slow and obvious way."""
    if kind == 1:
        return "\n".join("".join(map(str, row)) for row in values).encode() + b"\n"
    if kind == 4:
        packed = b""
        for row in values:
            digits = "".join(map(str, row))
            digits += "0" * (-len(digits) % 8)
            packed += bytes(int(digits[i : i + 8], 2) for i in range(0, len(digits), 8))
        return packed
    if kind in (2, 3):
        return b" ".join(b"%d" % value for value in values.ravel()) + b"\n"
    width = 2 if largest > 255 else 1
    return b"".join(int(value).to_bytes(width, "big") for value in values.ravel())


def picture(kind: int, largest: int, shape: tuple[int, int] = (5, 11)) -> tuple[bytes, np.ndarray]:
    """Return a picture of a kind, and its values."""
    largest = 1 if kind in (1, 4) else largest
    values = RNG.integers(0, largest + 1, (*shape, 3) if kind in (3, 6) else shape)
    head = b"P%d # words\n%d %d\n" % (kind, shape[1], shape[0])
    head += b"" if kind in (1, 4) else b"%d\n" % largest
    return head + body(values, kind, largest), values


def expected(values: np.ndarray, kind: int, largest: int) -> np.ndarray:
    if kind in (1, 4):
        return np.where(values == 1, 0, 255)
    white = 255 if largest < 256 else 65535
    return np.rint(values * white / largest)


def opened(data: bytes, **options: str) -> Image:
    return read(io.BytesIO(data), **options)


@pytest.mark.parametrize("kind", range(1, 7))
@examples(40)
@given(data=st.data())
def test_every_kind(kind: int, data: st.DataObject) -> None:
    largest = data.draw(st.sampled_from([1, 2, 7, 100, 254, 255, 256, 1023, 65534, 65535]))
    size = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 20)))
    file, values = picture(kind, largest, size)
    image = opened(file)
    np.testing.assert_array_equal(image.pixels, expected(values, kind, largest))
    assert image.pixels.dtype == ("uint16" if largest > 255 and kind not in (1, 4) else "uint8")
    assert image.pixels.flags.writeable
    assert image.left_out == ()
    with PillowImages.open(io.BytesIO(file)) as witness:
        if kind not in (3, 6) or largest < 256:  # which Pillow reduces to 8 bits
            found = np.array(witness.convert("L") if kind in (1, 4) else witness)
            np.testing.assert_array_equal(image.pixels, found)


@pytest.mark.parametrize("kinds", [(6, 6), (5, 5, 5), (4, 4), (6, 5, 4), (5, 2), (6, 3)])
def test_every_picture_of_a_stream(kinds: tuple[int, ...]) -> None:
    made = [picture(kind, 255, (4 + number, 9)) for number, kind in enumerate(kinds)]
    data = b"".join(file for file, _ in made)
    image = opened(data)
    assert len(image.frames) == len(kinds)
    for frame, (_, values), kind in zip(image.frames, made, kinds, strict=True):
        np.testing.assert_array_equal(frame.pixels, expected(values, kind, 255))
    assert image.left_out == ()
    last = opened(data, frames=str(len(kinds) - 1))
    np.testing.assert_array_equal(last.pixels, image.frames[-1].pixels)
    with pytest.raises(ImageError, match="--max-pixels"):
        read(io.BytesIO(data), max_pixels=5000)
    with pytest.raises(ImageError, match="truncated"):
        opened(data[:-9])


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("PPM", RNG.integers(0, 256, (4, 5, 3), np.uint8)),
        ("PPM", RNG.integers(0, 65536, (4, 5, 3), np.uint16)),
        ("PGM", RNG.integers(0, 256, (4, 5), np.uint8)),
        ("PGM", RNG.integers(0, 65536, (4, 5), np.uint16)),
        ("PBM", RNG.choice(np.array([0, 255], np.uint8), (4, 13))),
        ("PNM", RNG.integers(0, 256, (4, 5), np.uint8)),
    ],
)
def test_pictures_go_there_and_back(name: str, pixels: np.ndarray) -> None:
    image = Image(pixels, following=(Image(pixels[::-1].copy()), Image(pixels[:2].copy())))
    file = io.BytesIO()
    assert write(image, file, format=name) == []
    back = opened(file.getvalue())
    for frame, given_frame in zip(back.frames, image.frames, strict=True):
        np.testing.assert_array_equal(frame.pixels, given_frame.pixels)
    with PillowImages.open(io.BytesIO(file.getvalue())) as witness:
        if pixels.ndim == 2 or pixels.dtype == np.uint8:
            found = np.array(witness.convert("L") if name == "PBM" else witness)
            np.testing.assert_array_equal(found, pixels)


def test_what_stands_behind_is_named() -> None:
    data, _ = picture(6, 255)
    (line,) = opened(data + b"other words").left_out
    assert line == "11 bytes that are no part of it behind the picture: left out"
    assert opened(data + b"\n\n").left_out == ()
    assert len(opened(data + b"P6 is no header").left_out) == 1


def test_values_beyond_the_largest_are_cut_and_named() -> None:
    image = opened(b"P5 3 1 100 " + bytes([0, 100, 200]))
    np.testing.assert_array_equal(image.pixels, [[0, 255, 255]])
    assert len(image.left_out) == 1


@pytest.mark.parametrize(
    "data",
    [b"P6 0 4 255 ", b"P5 3 1 0 abc", b"P5 3 1 70000 abcdef", b"P1 2 1 02", b"P2 2 1 9 1 -1"],
)
def test_what_makes_no_sense_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError, match="damaged"):
        opened(data)
