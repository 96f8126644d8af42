"""Strips and tiles that are PNG or WebP, held against tifffile and imagecodecs."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from convfilter.errors import ImageError
from convfilter.images import read
from tests.examples import examples


def packed(pixels: np.ndarray, compression: str, **options: Any) -> bytes:
    file = io.BytesIO()
    samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    tifffile.imwrite(
        file,
        pixels,
        compression=compression,
        photometric="rgb" if samples > 2 else "minisblack",
        extrasamples=["unassalpha"] if samples in (2, 4) else None,
        **options,
    )
    return file.getvalue()


@examples(60)
@given(
    kind=st.sampled_from(
        [("png", "uint8", n) for n in (1, 2, 3, 4)]
        + [("png", "uint16", n) for n in (1, 3, 4)]
        + [("webp", "uint8", n) for n in (3, 4)]
    ),
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    layout=st.sampled_from([{"tile": (16, 32)}, {"rowsperstrip": 7}, {}]),
    seed=st.integers(0, 99),
    is_opaque=st.booleans(),
)
def test_the_same_pixels_as_tifffile(
    kind: tuple[str, str, int],
    size: tuple[int, int],
    layout: dict[str, Any],
    seed: int,
    is_opaque: bool,
) -> None:
    compression, dtype, samples = kind
    white = np.iinfo(dtype).max
    pixels = np.random.default_rng(seed).integers(0, white, (*size, samples), dtype, endpoint=True)
    if is_opaque and samples in (2, 4):
        pixels[..., -1] = white
    pixels = pixels[..., 0] if samples == 1 else pixels
    data = packed(pixels, compression, **layout)
    image = read(io.BytesIO(data))
    np.testing.assert_array_equal(image.pixels, tifffile.imread(io.BytesIO(data)))
    assert image.alpha == (samples in (2, 4))


@pytest.mark.parametrize("compression", ["png", "webp"])
def test_a_strip_of_another_picture_is_refused(compression: str) -> None:
    data = packed(np.zeros((12, 20, 3), np.uint8), compression)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tag = file.pages.first.tags[256]
    smaller = bytearray(data)
    struct.pack_into("<H" if tag.dtype == 3 else "<I", smaller, tag.valueoffset, 19)
    for damaged in (bytes(smaller), data.replace(b"IDAT", b"iDAT").replace(b"VP8", b"vp8")):
        with pytest.raises(ImageError, match=r"damaged|truncated|pixels|bits"):
            read(io.BytesIO(damaged))
