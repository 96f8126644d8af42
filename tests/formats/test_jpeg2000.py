"""JPEG 2000, against what OpenJPEG's own programs make of the same files."""

from __future__ import annotations

import io
import struct
import sys

import numpy as np
import pytest
from PIL import ImageCms

from convfilter.errors import ImageError
from convfilter.formats.boxes import boxes
from convfilter.images import Image, Metadata, read, write
from tests.formats.extras.witnesses import made, seen

NAMES = ("plain.jp2", "alpha.jp2", "grey.jp2", "deep.jp2", "twelve.jp2", "lossy.j2k")
SAMPLES = {f"JP2, {name}": made(name) for name in NAMES}
PROFILE = bytes(16) + b"RGB " + bytes(108)
EXIF = b"II*\0\x08\0\0\0\1\0\x0e\1\2\0\x0a\0\0\0\x1a\0\0\0\0\0\0\0a picture\0"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def encoded(image: Image, **options: int) -> bytes:
    file = io.BytesIO()
    assert write(image, file, format="JP2", **options) == []
    return file.getvalue()


def opened(data: bytes) -> Image:
    return read(io.BytesIO(data))


def waves(dtype: str, channels: int) -> Image:
    y, x = np.mgrid[:40, :50]
    parts = [
        0.5 + 0.45 * np.sin(x / (5 + k) + k) * np.cos(y / (4 + 2 * k)) for k in range(channels)
    ]
    pixels = (np.stack(parts, axis=-1) * np.iinfo(dtype).max).astype(dtype)
    return Image(pixels[..., 0] if channels == 1 else pixels, alpha=channels in (2, 4))


@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_those_of_the_witness(name: str) -> None:
    image = opened(made(name))
    expected = seen(name)
    assert image.alpha == (name == "alpha.jp2")
    if name == "twelve.jp2":
        # the witness shifts 12 bits to the left instead of scaling them
        assert np.abs(image.pixels - (expected >> 4) / 4095 * 65535).max() <= 0.5
    else:
        assert image.dtype == expected.dtype
        np.testing.assert_array_equal(image.pixels, expected)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_quality_is_decibels(dtype: str, channels: int) -> None:
    image = waves(dtype, channels)
    white = np.iinfo(dtype).max
    last = len(encoded(image))
    np.testing.assert_array_equal(opened(encoded(image)).pixels, image.pixels)
    for quality in (90, 40):
        data = encoded(image, quality=quality)
        assert len(data) < last
        last = len(data)
        error = opened(data).pixels.astype(float) - image.pixels
        assert abs(20 * np.log10(white / error.std()) - (20 + quality / 4)) < 3


def test_metadata_goes_along() -> None:
    said = Metadata(icc_profile=PROFILE, exif=EXIF, xmp=XMP)
    for dtype in ("uint8", "uint16"):
        image = waves(dtype, 3)
        back = opened(encoded(Image(image.pixels, metadata=said)))
        assert back.metadata == said
        np.testing.assert_array_equal(back.pixels, image.pixels)


def test_the_orientation_of_exif_is_applied_once() -> None:
    exif = EXIF[:8] + struct.pack("<HHHII", 1, 0x0112, 3, 1, 6) + bytes(4)
    image = waves("uint8", 3)
    turned = opened(encoded(Image(image.pixels, metadata=Metadata(exif=exif))))
    np.testing.assert_array_equal(turned.pixels, np.rot90(image.pixels, -1))
    again = opened(encoded(turned))
    np.testing.assert_array_equal(again.pixels, turned.pixels)


def changed(data: bytes, kind: bytes, at: int, value: int) -> bytes:
    """Return a file with another byte in a box of its header."""
    place = data.index(kind) + 4 + at
    return data[:place] + bytes([value]) + data[place + 1 :]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (changed(made("alpha.jp2"), b"cdef", 23, 2), "multiplied by alpha"),
        (changed(made("alpha.jp2"), b"cdef", 23, 0), "none is said to be alpha"),
        (changed(made("plain.jp2"), b"colr", 6, 14), "colours of this kind"),
        (changed(made("plain.jp2"), b"\xff\x51", 36, 0x87), "signed values"),
        (changed(made("plain.jp2"), b"\xff\x51", 36, 9), "channels of different bits"),
        (made("plain.jp2")[:80], "truncated"),
    ],
)
def test_what_is_not_read_exactly_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        opened(data)


def test_size_and_tiles_are_checked_before_it_is_decoded() -> None:
    data = made("plain.jp2")
    with pytest.raises(ImageError, match="32x24 is 768 pixels, more than the limit"):
        read(io.BytesIO(data), max_pixels=767)
    siz = data.index(b"\xff\x51") + 6
    huge = data[:siz] + struct.pack(">II", 60000, 60000) + data[siz + 8 :]
    with pytest.raises(ImageError, match=r"60000x60000 is|truncated"):
        opened(huge)
    tiny = data[: siz + 16] + struct.pack(">II", 1, 1) + data[siz + 24 :]
    with pytest.raises(ImageError, match="truncated"):
        opened(tiny)


def test_the_size_beside_the_codestream_takes_no_memory() -> None:
    data = made("alpha.jp2")
    at = data.index(b"ihdr") + 4
    for rows, columns in ((0x57000018, 32), (24, 0x7FFFFFFF), (25, 32)):
        huge = data[:at] + struct.pack(">II", rows, columns) + data[at + 8 :]
        with pytest.raises(ImageError, match="another picture than it states"):
            opened(huge)


def test_the_boxes_are_as_others_write_them() -> None:
    kinds = [kind for kind, _ in boxes(memoryview(encoded(waves("uint8", 4))))]
    assert kinds == [kind for kind, _ in boxes(memoryview(made("alpha.jp2")))]


def test_without_the_extra_8_bits_work_and_others_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    monkeypatch.delitem(sys.modules, "convfilter.formats.extras.deep_jpeg2000", raising=False)
    monkeypatch.delattr("convfilter.formats.extras.deep_jpeg2000", raising=False)
    assert opened(encoded(waves("uint8", 3))).shape == (40, 50, 3)
    words = r"needs imagecodecs, which is not installed: pip install 'convfilter\[formats\]'"
    with pytest.raises(ImageError, match=f"JP2 of 16 bits {words}"):
        opened(made("deep.jp2"))
    with pytest.raises(ImageError, match=f"JP2 of more than 8 bits {words}"):
        write(waves("uint16", 3), io.BytesIO(), format="JP2")


def test_a_profile_changes_no_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (16, 24, 3), np.uint16)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = io.BytesIO()
    assert write(Image(pixels, metadata=Metadata(icc_profile=srgb)), file, format="JP2") == []
    image = read(io.BytesIO(file.getvalue()))
    assert image.metadata.icc_profile == srgb
    np.testing.assert_array_equal(image.pixels, pixels)
