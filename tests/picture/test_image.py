from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageOps

from convfilter import apply, filters
from convfilter.errors import ArgumentError, ArgumentTypeError
from convfilter.images import Image, Metadata, Timing
from convfilter.picture.image import JpegSettings, Stack
from convfilter.picture.orientation import upright
from convfilter.picture.spacing import Spacing
from convfilter.picture.tags import PageTags


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


def test_stripped_metadata_says_how_pixels_look_and_no_more() -> None:
    looks: dict[str, Any] = {
        "icc_profile": b"profile",
        "jpeg": JpegSettings(((1,) * 64,)),
        "png_colour": ((b"gAMA", b"1234"),),
        "webp_quality": 80,
    }
    says: dict[str, Any] = {
        "exif": b"II",
        "dpi": (72.0, 72.0),
        "text": (("Author", "A"),),
        "xmp": b"<x/>",
        "photoshop": b"8BIM",
        "density": (2.0, 1.0),
        "png_chunks": ((b"tIME", bytes(7)),),
        "tags": PageTags("<", ((42112, 2, b"<a>"),), (3, 2), 1),
        "spacing": Spacing.of(1, 1, "um"),
    }
    assert {field.name for field in fields(Metadata)} == looks.keys() | says.keys()
    assert Metadata(**looks, **says).stripped() == Metadata(**looks)


def test_is_an_array_to_numpy() -> None:
    image = Image(np.arange(6, dtype=np.uint8).reshape(2, 3))
    assert np.asarray(image) is image.pixels
    assert np.array(image) is not image.pixels
    assert np.asarray(image, dtype=float).dtype == float
    with pytest.raises(ValueError, match="copy"):
        np.array(image, dtype=float, copy=False)


@pytest.mark.parametrize("channels", range(1, 7))
def test_no_channel_of_an_array_is_alpha(channels: int) -> None:
    assert not Image.of(np.zeros((1, 1, channels), np.uint8)).alpha
    assert not Image(np.zeros((1, 1, channels), np.uint8)).alpha


def test_an_array_of_several_frames_is_refused() -> None:
    page = Image(np.zeros((2, 3), np.uint8))
    with pytest.raises(
        ArgumentError, match=r"2 frames, and an array is one of them: take image\.st"
    ):
        np.asarray(replace(page, following=(page,)))


def frames(count: int, *, stacked: Stack | None = None, timing: Timing | None = None) -> Image:
    first, *others = (
        Image(np.full((2, 3), number, np.uint8), timing=timing) for number in range(count)
    )
    return replace(first, following=tuple(others), stacked=stacked)


@pytest.mark.parametrize(
    ("image", "axes", "shape"),
    [
        (frames(1), "YX", (2, 3)),
        (Image(np.zeros((2, 3, 4), np.uint8), alpha=True), "YXC", (2, 3, 4)),
        (frames(6), "PYX", (6, 2, 3)),
        (frames(6, timing=Timing()), "TYX", (6, 2, 3)),
        (frames(6, stacked=Stack("TZYX", (2, 3))), "TZYX", (2, 3, 2, 3)),
        (frames(6, stacked=Stack("YXZ", (6,))), "ZYX", (6, 2, 3)),
        (frames(4, stacked=Stack("TZYX", (2, 3))), "PYX", (4, 2, 3)),  # frames were taken away
    ],
)
def test_frames_as_one_array(image: Image, axes: str, shape: tuple[int, ...]) -> None:
    array = image.stack()
    assert (image.axes, array.shape) == (axes, shape)
    assert np.array_equal(array.reshape(-1, *image.shape), [f.pixels for f in image.frames])
    blurred = filters.box_blur(array, axes=image.axes)
    assert blurred.shape == array.shape
    wanted = apply("box-blur", image)
    assert np.array_equal(blurred, wanted.stack())


def test_frames_that_differ_make_no_array() -> None:
    small = Image(np.zeros((2, 3), np.uint8))
    for other in (Image(np.zeros((2, 4), np.uint8)), Image(np.zeros((2, 3), np.uint16))):
        with pytest.raises(ArgumentError, match="frames of 2x3 uint8 and of 2x"):
            replace(small, following=(other,)).stack()


@pytest.mark.parametrize(("narrow", "wide"), [("int8", "int16"), ("float16", "float32")])
def test_what_fits_a_wider_dtype_is_widened(narrow: str, wide: str) -> None:
    values = np.array([[-1, 0, 100]], narrow)
    image = Image(values)
    assert image.dtype == wide
    np.testing.assert_array_equal(image.pixels, values)


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
    np.testing.assert_array_equal(upright(pixels, orientation), np.asarray(turned))


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
