"""AVIF of 10 and 12 bits, against what libavif's own programs make of the same files."""

from __future__ import annotations

import io
import sys
from dataclasses import replace

import numpy as np
import pytest

from convfilter.errors import ImageError
from convfilter.formats.avif import _bits
from convfilter.images import Image, Metadata, read, write
from convfilter.picture.image import CICP
from tests.formats.extras.witnesses import made, seen

NAMES = {"bits-10": 10, "bits-12": 12, "pq": 10, "alpha-10": 10, "turned": 10}
SAMPLES = {f"AVIF, {name}": made(f"{name}.avif") for name in NAMES}
PROFILE = bytes(16) + b"RGB " + bytes(108)
EXIF = b"II*\0\x08\0\0\0\1\0\x0e\1\2\0\x0a\0\0\0\x1a\0\0\0\0\0\0\0a picture\0"
PQ = ((CICP, bytes((9, 16, 0, 1))),)


def waves(channels: int) -> Image:
    y, x = np.mgrid[:20, :30]
    parts = [
        0.5 + 0.45 * np.sin(x / (5 + k) + k) * np.cos(y / (4 + 2 * k)) for k in range(channels)
    ]
    return Image((np.stack(parts, axis=-1) * 65535).astype(np.uint16), alpha=channels in (2, 4))


@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_those_of_the_witness(name: str) -> None:
    image = read(io.BytesIO(made(f"{name}.avif")))
    expected = seen(f"{name}.avif")
    if name == "turned":  # the witness tells of it, and leaves it to others
        expected = np.rot90(expected)
    assert image.dtype == np.uint16
    assert image.shape == expected.shape
    assert image.alpha == (name == "alpha-10")
    largest = 2 ** NAMES[name] - 1
    levels = np.rint(expected / 65535 * largest)
    assert np.abs(np.rint(image.pixels / 65535 * largest) - levels).max() <= 1
    assert image.metadata.png_colour == (PQ if name == "pq" else ())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("quality", [None, 50, 100])
def test_16_bits_are_written_as_10_or_12(channels: int, quality: int | None) -> None:
    image = waves(channels)
    file = io.BytesIO()
    assert write(image, file, format="AVIF", quality=quality) == []
    bits = 12 if quality == 100 else 10
    assert _bits(file.getvalue()) == bits
    back = read(io.BytesIO(file.getvalue()))
    assert back.alpha == image.alpha
    given = image.pixels
    if channels < 3:
        given = given[..., [0, 0, 0, 1][: 2 + channels]]
    error = np.abs(back.pixels.astype(float) - given)
    if quality == 100:
        assert error.max() <= 2 * 65535 / 4095  # of which one is of YCbCr
    else:
        assert error.mean() < (0.06 if quality else 0.03) * 65535


@pytest.mark.parametrize("channels", [3, 4])
def test_metadata_goes_along(channels: int) -> None:
    image = waves(channels)
    said = Metadata(icc_profile=PROFILE, exif=EXIF, xmp=b"<x/>")
    for metadata in (said, replace(said, icc_profile=None, png_colour=PQ), Metadata(exif=EXIF)):
        file = io.BytesIO()
        assert write(replace(image, metadata=metadata), file, format="AVIF") == []
        back = read(io.BytesIO(file.getvalue()))
        assert back.metadata == metadata
        assert back.left_out == ()
        file = io.BytesIO()
        plain = Metadata(png_colour=metadata.png_colour)
        write(replace(image, metadata=plain), file, format="AVIF")
        np.testing.assert_array_equal(back.pixels, read(io.BytesIO(file.getvalue())).pixels)


def test_several_pictures_are_refused() -> None:
    image = replace(waves(3), following=(waves(3),))
    with pytest.raises(ImageError, match=r"holds one picture here: write PNG .*--depth 8"):
        write(image, io.BytesIO(), format="AVIF")


def test_without_the_extra_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    monkeypatch.delitem(sys.modules, "convfilter.formats.extras.deep_avif", raising=False)
    monkeypatch.delattr("convfilter.formats.extras.deep_avif", raising=False)
    words = r"needs imagecodecs, which is not installed: pip install 'convfilter\[formats\]'"
    with pytest.raises(ImageError, match=f"AVIF of 10 bits {words}"):
        read(io.BytesIO(made("bits-10.avif")))
    with pytest.raises(ImageError, match=f"AVIF of more than 8 bits {words}"):
        write(waves(3), io.BytesIO(), format="AVIF")
    file = io.BytesIO()
    assert write(waves(3).pixels.astype(np.uint8), file, format="AVIF") == []
    assert read(io.BytesIO(file.getvalue())).dtype == np.uint8
