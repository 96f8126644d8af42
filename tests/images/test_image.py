from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import ExifTags, ImageOps
from PIL import Image as PillowImage

from convfilter.errors import ArgumentError, ArgumentTypeError
from convfilter.images import Image, Metadata, Timing
from convfilter.images.exif import (
    apply_orientation,
    reset_orientation,
    strip_prefix,
    without_thumbnail,
)


def test_describes_its_pixels() -> None:
    image = Image(np.zeros((2, 5, 4), np.uint8), alpha=True, format="PNG")
    assert (image.height, image.width, image.channels, image.shape) == (2, 5, 4, (2, 5, 4))
    assert image.dtype == np.uint8
    assert repr(image) == "<Image uint8 2x5x4 alpha PNG>"
    assert Image(np.zeros((2, 5))).channels == 1


def test_other_pixels_keep_the_rest() -> None:
    image = Image(np.zeros((2, 5, 4), np.uint8), True, "PNG", Metadata(dpi=(72, 72)), plays=3)
    other = image.with_pixels(np.ones((1, 1, 4), np.uint8))
    assert other.alpha
    assert (other.format, other.metadata, other.plays) == ("PNG", image.metadata, 3)
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


def exif_with_thumbnail(order: str, picture: bytes, behind: bytes) -> bytes:
    """Return a block of a maker's name and a small picture, with other bytes behind it."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    second = 8 + 2 + 12 + 4
    place = second + 2 + 24 + 4
    first = struct.pack(f"{order}HHHI4sI", 1, 0x010F, 2, 4, b"Abc\0", second)
    entries = struct.pack(f"{order}HHII", 0x0201, 4, 1, place)
    entries += struct.pack(f"{order}HHII", 0x0202, 4, 1, len(picture))
    return (
        mark
        + struct.pack(f"{order}I", 8)
        + first
        + struct.pack(f"{order}H", 2)
        + entries
        + bytes(4)
        + picture
        + behind
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("behind", [b"", b"maker's note"])
def test_thumbnails_go_and_all_else_stays(order: str, behind: bytes) -> None:
    picture = b"\xff\xd8 what was there before \xff\xd9"
    block = exif_with_thumbnail(order, picture, behind)
    before = PillowImage.Exif()
    before.load(block)
    assert before.get_ifd(ExifTags.IFD.IFD1)
    bare = without_thumbnail(block)
    assert picture not in bare
    after = PillowImage.Exif()
    after.load(bare)
    assert dict(after) == dict(before) == {0x010F: "Abc"}
    assert not after.get_ifd(ExifTags.IFD.IFD1)
    assert bare.endswith(behind)
    assert len(bare) == len(block) - (0 if behind else len(picture))
    assert without_thumbnail(bare) == bare


@pytest.mark.parametrize("length", range(0, 60, 3))
def test_a_cut_block_keeps_what_it_has(length: int) -> None:
    block = exif_with_thumbnail("<", b"picture", b"")[:length]
    assert without_thumbnail(block)[:length].startswith(block[:22])


def test_frames() -> None:
    pixels = [np.full((2, 3), number, np.uint8) for number in range(3)]
    frames = [Image(part, timing=Timing(40.0)) for part in pixels]
    image = replace(frames[0], following=tuple(frames[1:]), plays=2)
    assert [int(frame.pixels[0, 0]) for frame in image.frames] == [0, 1, 2]
    assert all(frame.following == () for frame in image.frames)
    assert repr(image) == "<Image uint8 2x3 3 frames>"
    doubled = image.map(lambda frame: frame.with_pixels(frame.pixels * 2))
    assert [int(frame.pixels[0, 0]) for frame in doubled.frames] == [0, 2, 4]
    assert (doubled.plays, doubled.following[1].timing) == (2, Timing(40.0))
    assert image.with_pixels(image.pixels).following == ()
    with pytest.raises(ArgumentError, match="frames that follow"):
        replace(image, following=(image,))
