"""JPEG XL, against what libjxl's own programs make of the same files."""

from __future__ import annotations

import io
import sys

import imagecodecs
import numpy as np
import pytest

from convfilter.errors import ImageError
from convfilter.formats.exif.block import orientation_of
from convfilter.formats.extras.jxl_header import CODESTREAM, Header, colours_of, with_header
from convfilter.images import Image, Metadata, read, write
from convfilter.picture.image import CICP
from tests.formats.extras.witnesses import made, seen

NAMES = ("lossless", "lossy", "deep", "deep-lossy", "alpha", "grey", "told", "told-lossy")
SAMPLES = {f"JXL, {name}": made(f"{name}.jxl") for name in NAMES}
EXIF = b"II*\0\x08\0\0\0\1\0\x0e\1\2\0\x0a\0\0\0\x1a\0\0\0\0\0\0\0a picture\0"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def encoded(image: Image, notes: int = 0, **options: int) -> bytes:
    file = io.BytesIO()
    assert len(write(image, file, format="JXL", **options)) == notes
    return file.getvalue()


def opened(data: bytes) -> Image:
    return read(io.BytesIO(data))


def colourful(dtype: str, channels: int) -> Image:
    y, x = np.mgrid[:20, :30]
    waves = [
        0.5 + 0.45 * np.sin(x / (5 + k) + k) * np.cos(y / (4 + 2 * k)) for k in range(channels)
    ]
    white = 1 if dtype == "float32" else np.iinfo(dtype).max
    pixels = (np.stack(waves, axis=-1) * white).astype(dtype)
    return Image(pixels[..., 0] if channels == 1 else pixels, alpha=channels in (2, 4))


@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_those_of_the_witness(name: str) -> None:
    image = opened(made(f"{name}.jxl"))
    expected = seen(f"{name}.jxl")
    assert image.shape == expected.shape
    assert image.dtype == expected.dtype
    largest = np.abs(image.pixels.astype(int) - expected).max()
    # two versions of libjxl round differently what is not stored exactly
    is_exact = "lossy" not in name and name != "told"  # which was a JPEG
    assert largest <= (0 if is_exact else {"uint8": 1, "uint16": 257}[image.dtype.name])


def test_it_is_turned_once_and_exif_is_carried() -> None:
    image = opened(made("told.jxl"))
    assert image.shape == (32, 24, 3)  # of 32 columns and 24 rows, by its own orientation
    assert image.metadata.exif is not None
    assert orientation_of(image.metadata.exif) == 1
    assert b"a picture" in image.metadata.exif
    assert image.left_out == ("the colour profile, which is not read from JPEG XL: left out",)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_lossless_is_the_default(dtype: str, channels: int) -> None:
    image = colourful(dtype, channels)
    data = encoded(image)
    header = Header.of(data[data.index(CODESTREAM) :])
    assert header.colours == (1, 13)
    assert not header.is_lossy
    back = opened(data)
    assert back.dtype == image.dtype
    assert back.metadata.png_colour == ()
    np.testing.assert_array_equal(back.pixels, image.pixels)
    np.testing.assert_array_equal(opened(encoded(image, quality=100)).pixels, image.pixels)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_quality_makes_it_lossy(dtype: str, channels: int) -> None:
    image = colourful(dtype, channels)
    white = 1 if dtype == "float32" else np.iinfo(dtype).max
    sizes, errors = [], []
    for quality in (30, 90):
        data = encoded(image, quality=quality)
        back = opened(data)
        assert back.dtype == image.dtype
        assert back.metadata.png_colour == ()
        sizes.append(len(data))
        errors.append(np.abs(back.pixels.astype(float) - image.pixels).mean() / white)
    assert sizes[0] < sizes[1] < len(encoded(image))
    assert errors[1] < errors[0] < 0.1
    assert errors[1] < 0.015


def test_lossy_alpha_of_16_bits_becomes_floats() -> None:
    image = colourful("uint16", 4)
    back = opened(encoded(image, notes=1, quality=90))
    assert back.dtype == np.float32
    assert np.abs(back.pixels - image.pixels / 65535).mean() < 0.015


def test_metadata_goes_along() -> None:
    image = colourful("uint8", 3)
    said = Metadata(exif=EXIF, xmp=XMP, png_colour=((CICP, bytes((12, 16, 0, 1))),))
    back = opened(encoded(Image(image.pixels, metadata=said)))
    assert back.metadata == said
    np.testing.assert_array_equal(back.pixels, image.pixels)
    plain = encoded(image)
    assert plain.startswith(CODESTREAM)
    assert opened(plain).metadata == Metadata()


def test_numbers_of_colours_that_cannot_be_said_are_named() -> None:
    image = colourful("uint8", 3)
    for numbers, quality in (((4, 13), None), ((12, 13), 90)):
        said = Metadata(png_colour=((CICP, bytes((*numbers, 0, 1))),))
        options = {} if quality is None else {"quality": quality}
        encoded(Image(image.pixels, metadata=said), notes=1, **options)
    assert colours_of(1, 13, is_grey=True) != colours_of(1, 13, is_grey=False)
    assert colours_of(4, 13, is_grey=False) is None


def test_values_of_few_and_of_other_bits_are_scaled() -> None:
    for bits in (1, 2, 4, 7, 9, 10, 12, 15):
        largest = (1 << bits) - 1
        values = (np.arange(64).reshape(8, 8) * largest // 63).astype("u1" if bits < 9 else "u2")
        data = imagecodecs.jpegxl_encode(values, lossless=True, bitspersample=bits)
        pixels = opened(data).pixels
        white = 255 if bits < 9 else 65535
        assert np.abs(pixels - values / largest * white).max() <= 0.5
        assert pixels.max() == white


def test_the_first_picture_of_an_animation_is_read() -> None:
    steps = np.arange(3 * 8 * 9 * 3).reshape(3, 8, 9, 3).astype(np.uint8)
    image = opened(imagecodecs.jpegxl_encode(steps, lossless=True))
    np.testing.assert_array_equal(image.pixels, steps[0])
    assert image.left_out == ("the frames of the animation behind the first: left out",)


def test_size_is_checked_before_it_is_decoded() -> None:
    data = made("lossless.jxl")
    with pytest.raises(ImageError, match="32x24 is 768 pixels, more than the limit"):
        read(io.BytesIO(data), max_pixels=767)
    # not small, 30 bits of rows, as many columns, all else as by default
    bits = 0 | 3 << 1 | (2**30 - 1) << 3 | 1 << 33 | 1 << 36 | 1 << 37
    with pytest.raises(ImageError, match=r"1073741824x1073741824 is .* --max-pixels"):
        read(io.BytesIO(CODESTREAM + bits.to_bytes(5, "little") + data[8:]))


def test_a_header_that_says_something_else_changes_no_value() -> None:
    data = imagecodecs.jpegxl_encode(colourful("uint16", 3).pixels, lossless=True)
    stream = data[data.index(CODESTREAM) :]
    said = colours_of(9, 16, is_grey=False)
    assert said is not None
    other = with_header(stream, (), said)
    assert Header.of(other).colours == (9, 16)
    assert Header.of(other)._replace(colours=(1, 8)).size == Header.of(stream).size
    np.testing.assert_array_equal(imagecodecs.jpegxl_decode(other), colourful("uint16", 3).pixels)
    end = Header.of(stream).end
    assert end is not None
    for length in range(2, end // 8):
        with pytest.raises(EOFError):
            Header.of(stream[:length])
    with pytest.raises(ValueError, match="no codestream"):
        Header.of(b"")


def test_without_its_library_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    monkeypatch.delitem(sys.modules, "convfilter.formats.extras.jpegxl", raising=False)
    monkeypatch.delattr("convfilter.formats.extras.jpegxl", raising=False)
    words = r"JXL needs imagecodecs, which is not installed: pip install 'convfilter\[formats\]'"
    with pytest.raises(ImageError, match=words):
        read(io.BytesIO(made("lossless.jxl")))
    with pytest.raises(ImageError, match=words):
        write(np.zeros((4, 4), np.uint8), io.BytesIO(), format="jxl")
