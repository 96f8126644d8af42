"""Samples that few programs write: each is read as the witness has it, or refused by name.

The witness is tifffile, and for whole numbers of few bits what they were made of.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile

from convfilter.errors import ImageError
from tests.formats.tiff.test_kinds import Array, packed
from tests.formats.tiff.test_pages import by_tifffile, opened
from tests.formats.tiff.tiff_files import joined

SHAPE = 21, 34
COMPRESSIONS = (None, "zlib", "lzw", "packbits", "zstd", "lzma")


def whole(dtype: str, low: int, high: int, *channels: int) -> Array:
    random = np.random.default_rng(high % 97)
    return random.integers(low, high, (*SHAPE, *channels), endpoint=True).astype(dtype)


def halves(*channels: int) -> Array:
    return np.random.default_rng(5).normal(0, 90, (*SHAPE, *channels)).astype(np.float16)


def seen(data: bytes) -> Array:
    """Return the pixels as tifffile has them."""
    pixels: Array = tifffile.imread(io.BytesIO(data))
    return pixels


READ: dict[str, tuple[Array, dict[str, Any], str]] = {
    "half floats": (halves(3), {}, "float32"),
    "half floats in tiles": (halves(), {"tile": (16, 16)}, "float32"),
    "half floats with differences": (
        halves(3), {"predictor": 3, "compression": "zlib"}, "float32"),
    "floats of 64 bits": (halves(3).astype(np.float64), {"predictor": 3, "compression": "zlib"},
                          "float64"),
    "32 bits": (whole("uint32", 0, 65535), {}, "uint16"),
    "32 bits, RGB": (whole("uint32", 0, 65535, 3), {"photometric": "rgb"}, "uint16"),
    "32 bits with differences": (
        whole("uint32", 0, 65535), {"predictor": 2, "compression": "lzw"}, "uint16"),
    "64 bits": (whole("uint64", 0, 65535), {}, "uint16"),
    "8 bits with a sign": (whole("int8", -128, 127), {}, "int16"),
    "32 bits with a sign": (whole("int32", -32768, 32767, 3), {"photometric": "rgb"}, "int16"),
    "64 bits with a sign": (whole("int64", 0, 65535), {"tile": (16, 32)}, "uint16"),
}  # fmt: skip


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_are_those_of_the_witness(name: str, compression: str | None, order: str) -> None:
    pixels, how, dtype = READ[name]
    data = by_tifffile((pixels, {"compression": compression, **how}), byteorder=order)
    image = opened(data)
    assert image.dtype == dtype
    np.testing.assert_array_equal(image.pixels, seen(data))


@pytest.mark.parametrize("bits", range(1, 17))
@pytest.mark.parametrize("shades", ["grey", "8 bits", "16 bits"])
def test_palettes_of_indices_of_any_bits(bits: int, shades: str) -> None:
    random = np.random.default_rng(bits)
    indices = random.integers(0, 1 << bits, (*SHAPE, 1))
    palette = random.integers(0, 65536, (3, 1 << bits))
    if shades != "16 bits":
        palette = palette // 257 * 257
    if shades == "grey":
        palette[:] = palette[:1]
    strips = [packed(indices, bits)]
    if bits == 16:
        strips = [indices.astype("<u2").tobytes()]
    tags: dict[int, tuple[int, list[Any]]] = {
        256: (4, [SHAPE[1]]), 257: (4, [SHAPE[0]]), 258: (3, [bits]), 259: (3, [1]),
        262: (3, [3]), 277: (3, [1]), 278: (4, [SHAPE[0]]), 279: (4, [len(strips[0])]),
        320: (3, palette.ravel().tolist()),
    }  # fmt: skip
    image = opened(joined(tags, 273, strips, "<"))
    wanted = np.moveaxis(palette[:, indices[..., 0]], 0, 2)
    if shades != "16 bits" or not (wanted % 257).any():
        wanted = wanted // 257
    found = image.pixels if image.pixels.ndim == 3 else np.repeat(image.pixels[..., None], 3, 2)
    np.testing.assert_array_equal(found, wanted)
    assert shades != "grey" or image.pixels.ndim == 2


REFUSED: dict[str, tuple[Array, dict[str, Any], str]] = {
    "32 bits beyond 16": (whole("uint32", 5, 3_024_000_005), {}, r"32-bit .* do not fit 16 bits"),
    "64 bits beyond 16": (whole("uint64", 5, 2**60), {}, r"64-bit .* do not fit 16 bits"),
    "signed beyond 16": (whole("int32", -70000, 70000), {}, r"32-bit .* do not fit 16 bits"),
    "32 bits of which 0 is white": (
        whole("uint32", 0, 9), {"photometric": "miniswhite"},
        r"32-bit whole numbers of which 0 is white do not fit 16 bits"),
    "signed of which 0 is white": (
        whole("int16", 0, 9), {"photometric": "miniswhite"},
        r"signed numbers of which 0 is white"),
    "complex": (halves().astype(np.complex64), {}, "complex numbers are not supported"),
    "CMYK, 16 bits": (
        whole("uint16", 0, 65535, 4), {"photometric": "separated"}, "CMYK of 16-bit whole numbers"),
    "CMYK, floats": (
        halves(4).astype(np.float32), {"photometric": "separated"}, "CMYK of 32-bit floats"),
    "YCbCr, 16 bits": (
        whole("uint16", 0, 65535, 3), {"photometric": "ycbcr"}, "YCbCr of 16-bit whole numbers"),
    "Lab": (whole("uint8", 0, 255, 3), {"photometric": "cielab"}, "CIELAB colours"),
    "Lab of profiles, 16 bits": (
        whole("uint16", 0, 65535, 3), {"photometric": "icclab"}, "ICCLAB colours"),
    "Lab of faxes": (whole("uint8", 0, 255, 3), {"photometric": "itulab"}, "ITULAB colours"),
    "JPEG of 12 bits": (
        whole("uint16", 0, 4095), {"compression": "jpeg", "bitspersample": 12},
        "JPEG compression of 12-bit whole numbers"),
    "LERC": (halves().astype(np.float32), {"compression": "lerc"}, "LERC compression in TIFF"),
    "JPEG 2000": (whole("uint8", 0, 255, 3), {"compression": "jpeg2000"}, "JPEG 2000 compression"),
    "JPEG XL": (whole("uint8", 0, 255, 3), {"compression": "jpegxl"}, "JPEG XL compression"),
    "JPEG XR": (whole("uint8", 0, 255, 3), {"compression": "jpegxr"}, "JPEG XR compression"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_with_the_true_reason(name: str) -> None:
    pixels, how, words = REFUSED[name]
    with pytest.raises(ImageError, match=words) as refused:
        opened(by_tifffile((pixels, how)))
    assert ": " in str(refused.value).partition(": ")[2]  # what to do
