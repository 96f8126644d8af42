from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageOps

from convfilter.errors import ArgumentError, ArgumentTypeError
from convfilter.images import Image, Metadata
from convfilter.images.exif import apply_orientation, reset_orientation, strip_prefix


def test_describes_its_pixels() -> None:
    image = Image(np.zeros((2, 5, 4), np.uint8), alpha=True, format="PNG")
    assert (image.height, image.width, image.channels, image.shape) == (2, 5, 4, (2, 5, 4))
    assert image.dtype == np.uint8
    assert repr(image) == "<Image uint8 2x5x4 alpha PNG>"
    assert Image(np.zeros((2, 5))).channels == 1


def test_other_pixels_keep_the_rest() -> None:
    image = Image(np.zeros((2, 5, 4), np.uint8), True, "PNG", Metadata(dpi=(72, 72)), 3)
    other = image.with_pixels(np.ones((1, 1, 4), np.uint8))
    assert other.alpha
    assert (other.format, other.metadata, other.frames) == ("PNG", image.metadata, 3)
    assert not image.with_pixels(np.ones((1, 1, 3), np.uint8)).alpha
    assert image.with_pixels(np.ones((1, 1, 2), np.uint8), alpha=True).alpha


def test_is_an_array_to_numpy() -> None:
    image = Image(np.arange(6, dtype=np.uint8).reshape(2, 3))
    assert np.asarray(image) is image.pixels
    assert np.array(image) is not image.pixels
    assert np.asarray(image, dtype=float).dtype == float
    with pytest.raises(ValueError, match="copy"):
        np.array(image, dtype=float, copy=False)


def test_arrays_of_two_or_four_channels_end_in_alpha() -> None:
    assert Image.of(np.zeros((1, 1, 2), np.uint8)).alpha
    assert Image.of(np.zeros((1, 1, 4), np.uint8)).alpha
    assert not Image.of(np.zeros((1, 1, 3), np.uint8)).alpha
    assert not Image.of(np.zeros((2, 2), np.uint8)).alpha


def test_refuses_what_is_no_picture() -> None:
    with pytest.raises(ArgumentError, match="shape"):
        Image(np.zeros(4, np.uint8))
    with pytest.raises(ArgumentTypeError, match="astype"):
        Image(np.zeros((2, 2), np.int64))
    with pytest.raises(ArgumentTypeError, match="NumPy array"):
        Image([[1, 2]])  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="alpha"):
        Image(np.zeros((2, 2), np.uint8), alpha=True)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_that_of_pillow(orientation: int) -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    picture = PillowImage.fromarray(pixels)
    picture.getexif()[0x0112] = orientation
    turned = ImageOps.exif_transpose(picture)
    np.testing.assert_array_equal(apply_orientation(pixels, orientation), np.asarray(turned))


@pytest.mark.parametrize("order", ["<", ">"])
def test_orientation_is_reset_in_its_place(order: str) -> None:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(f"{order}HHII", 0x010F, 4, 1, 9)
    entries += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, 6, 0)
    block = mark + struct.pack(f"{order}IH", 8, 2) + entries + bytes(4)
    reset = reset_orientation(block)
    differing = [i for i, (a, b) in enumerate(zip(block, reset, strict=True)) if a != b]
    assert len(differing) == 1
    exif = PillowImage.Exif()
    exif.load(reset)
    assert exif[0x0112] == 1


@pytest.mark.parametrize(
    "block", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff\x12\x01", b"text"]
)
def test_broken_exif_is_left_alone(block: bytes) -> None:
    assert reset_orientation(block) == block
    assert strip_prefix(b"Exif\0\0" + block) == block
