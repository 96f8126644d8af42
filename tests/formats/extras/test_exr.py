"""OpenEXR, against a plain reader, and in files that OpenEXR's own programs made of others."""

from __future__ import annotations

import io
import struct
import sys

import numpy as np
import OpenEXR
import pytest

from convfilter.errors import ImageError
from convfilter.images import Image, Metadata, read, write
from convfilter.picture.image import CICP
from tests.formats.extras.exr_twin import channels_of
from tests.formats.extras.witnesses import made

NAMES = ("half", "float", "alpha", "grey", "tiled", "told", "parts", "layer")
SAMPLES = {f"EXR, {name}": made(f"{name}.exr") for name in NAMES}
LINEAR = ((CICP, bytes((1, 8, 0, 1))),)


def opened(data: bytes) -> Image:
    return read(io.BytesIO(data))


def encoded(image: Image) -> bytes:
    file = io.BytesIO()
    assert write(image, file, format="EXR") == []
    return file.getvalue()


def of_channels(header: dict[str, object] | None = None, **channels: np.ndarray) -> bytes:
    file = io.BytesIO()
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, **(header or {})}, channels).write(file)
    return file.getvalue()


@pytest.mark.parametrize("name", ["half", "float", "grey", "told", "layer"])
def test_pixels_are_those_of_a_plain_reader(name: str) -> None:
    image = opened(made(f"{name}.exr"))
    planes = channels_of(made(f"{name}.exr"))
    expected = planes["Y"] if "Y" in planes else np.stack([planes[c] for c in "RGB"], axis=-1)
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image.pixels, expected)


def test_alpha_is_straight() -> None:
    image = opened(made("alpha.exr"))
    planes = channels_of(made("alpha.exr"))
    assert image.alpha
    np.testing.assert_array_equal(image.pixels[..., 3], planes["A"])
    for number, name in enumerate("RGB"):
        exact = planes[name].astype(np.float64) / planes["A"]
        np.testing.assert_allclose(image.pixels[..., number], exact, rtol=1e-7)
    back = channels_of(encoded(image))
    for name, plane in planes.items():
        np.testing.assert_allclose(back[name], plane, rtol=1e-6)


def test_where_nothing_is_seen_colours_stay() -> None:
    zero, light = np.zeros((2, 3), np.float32), np.full((2, 3), 2, np.float32)
    image = opened(of_channels(R=light, G=light, B=zero, A=zero))
    assert image.pixels[0, 0].tolist() == [2, 2, 0, 0]


@pytest.mark.parametrize("name", ["tiled", "parts", "told"])
def test_what_other_programs_made_of_a_file(name: str) -> None:
    image = opened(made(f"{name}.exr"))
    np.testing.assert_array_equal(image.pixels, opened(made("half.exr")).pixels)
    if name == "told":
        assert image.metadata.text == (("Comment", "a comment"), ("owner", "someone"))
        assert image.metadata.dpi == (300, 300)
        assert image.metadata.png_colour == ((CICP, bytes((12, 8, 0, 1))),)
        back = opened(encoded(image))
        assert back.metadata == image.metadata
    else:
        assert image.metadata.png_colour == LINEAR
        assert image.left_out == (("1 further part: left out",) if name == "parts" else ())


def test_halves_stay_halves_and_floats_floats() -> None:
    for name, dtype in (("half", np.float16), ("float", np.float32)):
        data = encoded(opened(made(f"{name}.exr")))
        channels = OpenEXR.File(io.BytesIO(data), separate_channels=True).channels()
        assert {channel.pixels.dtype for channel in channels.values()} == {np.dtype(dtype)}
        np.testing.assert_array_equal(channels_of(data)["G"], channels_of(made(f"{name}.exr"))["G"])


def test_values_that_are_no_numbers_are_kept() -> None:
    pixels = np.array([[np.nan, np.inf, -np.inf], [-1, 1e-40, 1e30]], np.float32)
    np.testing.assert_array_equal(opened(encoded(Image(pixels))).pixels, pixels)


def test_whole_numbers_become_floats() -> None:
    file = io.BytesIO()
    pixels = np.arange(6, dtype=np.uint16).reshape(2, 3) * 13107
    assert write(pixels, file, format="EXR") == []
    np.testing.assert_allclose(opened(file.getvalue()).pixels, pixels / 65535, rtol=1e-7)
    said = Metadata(png_colour=((CICP, bytes((9, 16, 0, 1))),))
    (note,) = write(Image(pixels.astype(np.float32), metadata=said), file, format="EXR")
    assert "is taken for linear light: values are stored as they are" in note


def test_what_is_not_read_is_named() -> None:
    one = np.ones((2, 3), np.float32)
    image = opened(of_channels(Y=one, Z=one))
    assert image.left_out == ("the channels Z: left out",)
    window = {"displayWindow": ((0, 0), (9, 9))}
    assert "the window that is shown" in opened(of_channels(window, Y=one)).left_out[0]
    assert opened(of_channels(Z=one)).pixels.tolist() == one.tolist()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (of_channels(U=np.ones((2, 3), "f4"), V=np.ones((2, 3), "f4")), "holds the channels U and"),
        (of_channels(Y=np.ones((2, 3), np.uint32)), "whole numbers"),
        (made("half.exr")[:-1], "EXR file is"),
        (made("half.exr")[:300], "EXR file is"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        opened(data)


def test_size_is_checked_before_anything_is_decoded() -> None:
    with pytest.raises(ImageError, match="16x12 is 192 pixels, more than the limit"):
        read(io.BytesIO(made("half.exr")), max_pixels=191)
    window = struct.pack("<4i", 0, 0, 15, 11)
    huge = made("half.exr").replace(window, struct.pack("<4i", 0, 0, 99_999, 99_999))
    with pytest.raises(ImageError, match=r"100000x100000 is .* --max-pixels"):
        opened(huge)
    many = of_channels(**{name: np.ones((1, 1), np.float32) for name in "abcdefghiY"})
    with pytest.raises(ImageError, match="1x3 is 3 pixels"):
        read(io.BytesIO(many), max_pixels=2)


def test_without_its_library_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    monkeypatch.delitem(sys.modules, "convfilter.formats.extras.exr", raising=False)
    monkeypatch.delattr("convfilter.formats.extras.exr", raising=False)
    with pytest.raises(ImageError, match=r"EXR needs OpenEXR, .* 'convfilter\[exr\]'"):
        opened(made("half.exr"))
