"""How many bits a picture's values have, and conversion from one depth to another."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ImageError, UnknownNameError
from convfilter.formats.declaring import DEPTHS
from convfilter.picture.image import Image

__all__ = ["is_deeper", "to_depth"]

_DTYPES = dict(zip(DEPTHS, map(np.dtype, ("uint8", "uint16", "float32")), strict=True))


def is_deeper(image: Image, depth: str) -> bool:
    """Tell whether pictures of this depth hold more than this one does."""
    wanted = _dtype(depth)
    return image.dtype.itemsize < wanted.itemsize


def to_depth(image: Image, depth: str) -> Image:
    """Return the picture with values of 8 bits, 16 bits or floats; white stays white.

    Values are rounded to nearest, floats beyond 0 to 1 saturated. The number for no data changes as
    they do; with less depth it is none any more, since others become the same.

    Raises
    ------
    ImageError
        For signed pixels, and NaN, which whole numbers cannot hold.
    UnknownNameError
        For a depth that is none of `DEPTHS`.
    """
    wanted, pixels = _dtype(depth), image.pixels
    if pixels.dtype == wanted:
        return image
    if pixels.dtype.kind == "i" and pixels.min() >= 0:
        pixels = pixels.astype(np.uint16)  # as which formats without a sign hold such values
        if wanted == np.uint16:
            return _with(image, pixels)
    if pixels.dtype.kind == "i":
        raise ImageError(
            f"depth {depth}: signed {pixels.dtype} pixels have no white: "
            "map them to floats of 0 to 1 first"
        )
    return _with(image, _converted(pixels, wanted))


def _with(image: Image, pixels: NDArray[Any]) -> Image:
    """Return the picture with pixels of another dtype, and the number for no data among them."""
    code, deeper = image.nodata, pixels.dtype.itemsize >= image.dtype.itemsize
    if code is not None:
        nodata = None
        if deeper and math.isfinite(code):
            nodata = float(_converted(np.array([code]).astype(image.dtype), pixels.dtype)[0])
        image = replace(image, nodata=nodata)
    return image.with_pixels(pixels, alpha=image.alpha)


def _dtype(depth: str) -> np.dtype[Any]:
    if depth not in _DTYPES:
        raise UnknownNameError("depth", depth, DEPTHS)
    return _DTYPES[depth]


def _converted(pixels: NDArray[Any], wanted: np.dtype[Any]) -> NDArray[Any]:
    given = pixels.dtype
    if given == np.bool_:
        white = 1 if wanted.kind == "f" else np.iinfo(wanted).max
        black_and_white: NDArray[Any] = np.where(pixels, wanted.type(white), wanted.type(0))
        return black_and_white
    if wanted.kind == "f":
        with np.errstate(over="ignore"):
            values: NDArray[Any] = pixels.astype(wanted)
        if given.kind == "u":
            values /= wanted.type(np.iinfo(given).max)
        return values
    if given == np.uint8:
        wide: NDArray[Any] = np.multiply(pixels, 257, dtype=wanted)  # 257 times 255 is 65535
        return wide
    if given == np.uint16:
        # halves do not occur: 257 is odd
        nearest: NDArray[Any] = (pixels.astype(np.uint32) + 128) // 257
        return nearest.astype(wanted)
    if np.isnan(pixels).any():
        raise ImageError(f"depth {8 * wanted.itemsize}: holds no NaN: replace such pixels first")
    largest = np.iinfo(wanted).max
    scaled = np.clip(pixels, 0, 1) * given.type(largest)
    whole: NDArray[Any] = np.rint(scaled).astype(wanted)
    return whole
