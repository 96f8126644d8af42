"""No reader that leaves the pixels to Pillow can lose bits without a word."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImages
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

from convfilter.errors import ImageError
from convfilter.formats import avif
from convfilter.formats.declaring import Format, Holds
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.pillow.modes import bits_of
from convfilter.formats.pillow.reading import read_single
from convfilter.picture.image import Image

PICTURE = PillowImages.fromarray(np.arange(60, dtype=np.uint8).reshape(4, 5, 3))


def by_pillow(format_name: str, picture: PillowImages.Image = PICTURE) -> io.BytesIO:
    """Return a file of Pillow's."""
    file = io.BytesIO()
    picture.save(file, format_name)
    file.seek(0)
    return file


def trial(depth: int, bits: int | None, file: io.BytesIO, reader: Callable[..., Any]) -> Image:
    """Read a file as one of a new format of this depth, which states these bits of a value."""

    def read(file: Any, limits: Limits) -> Image:
        return read_single(file, reader, form, limits, lambda _: bits)

    form = Format("TRIAL", (".trial",), None, Holds(depth), read)
    return form.read(file, Limits(10**6))


def test_as_many_bits_as_pillow_leaves_are_read() -> None:
    for bits in (1, 7, 8):
        image = trial(16, bits, by_pillow("JPEG"), JpegImageFile)
        assert (image.format, image.dtype, image.shape) == ("TRIAL", np.uint8, (4, 5, 3))
    deep = PillowImages.fromarray(np.full((4, 5), 60000, np.uint16))
    assert (trial(16, 12, by_pillow("TIFF", deep), TiffImageFile).pixels == 60000).all()


@pytest.mark.parametrize(
    ("depth", "bits", "words"),
    [
        (8, None, "this TRIAL file does not say how many bits its values have"),
        (8, 10, "TRIAL of more than 8 bits is not supported"),
        (16, 10, "10-bit colour of this kind is not supported"),
        (32, 16, "16-bit colour of this kind is not supported"),
    ],
)
def test_what_would_lose_bits_is_refused(depth: int, bits: int | None, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        trial(depth, bits, by_pillow("JPEG"), JpegImageFile)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F"])
def test_bits_of_modes(mode: str) -> None:
    picture = PillowImages.new(mode, (2, 2))
    values = np.asarray(picture)
    assert bits_of(picture.mode) == 8 * values.dtype.itemsize


@pytest.mark.parametrize(
    ("coding", "bits"),
    [
        (b"", None),
        (b"av1C\x82\x04\x0c\0", None),
        (b"av1C\x81\x04\x0c\0", 8),
        (b"av1C\x81\x04\x4c\0", 10),
        (b"av1C\x81\x04\x6c\0", 12),
        (b"av1C\x81\x04\x0c\0 av1C\x81\n\x4c\0", 10),
    ],
)
def test_bits_that_avif_states(coding: bytes, bits: int | None) -> None:
    assert avif._bits(b"head " + coding + b" tail") == bits


def test_an_avif_file_that_does_not_say_its_bits_is_refused() -> None:
    data = by_pillow("AVIF").getvalue().replace(b"av1C\x81", b"av1C\x82")
    with pytest.raises(ImageError):
        avif.read(io.BytesIO(data), Limits(10**6))
