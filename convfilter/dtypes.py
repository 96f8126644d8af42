"""Which dtypes pixels may have, which others are widened to them, and words for those refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["IMAGE_DTYPES", "PIXEL_DTYPES", "PIXEL_TYPES", "understood", "way_out"]

IMAGE_DTYPES = ("uint8", "uint16", "int16", "float32", "float64")
"""What is computed with."""

PIXEL_DTYPES = ("bool", *IMAGE_DTYPES)
"""What pictures hold: those, and masks."""

PIXEL_TYPES = frozenset(np.dtype(name).type for name in PIXEL_DTYPES)
"""The same as types of single values, which are found at once."""

MANY = 2**33
"""Values of larger arrays are not looked at."""

_WIDENED = {"int8": "int16", "float16": "float32"}
"""Dtypes that hold every value of a narrower one of their kind. No integers that are computed with
hold those of 32 bits, and floats mean something else: their white is 1."""


def understood(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array in the byte order of the machine, int8 and float16 widened without loss.

    An array of another dtype that pixels may not have comes back as it is.
    """
    name = array.dtype.name
    if name in _WIDENED:
        return array.astype(_WIDENED[name])
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def way_out(array: NDArray[Any]) -> str:
    """Say how an array of a dtype that pixels may not have can be converted."""
    if array.dtype.kind not in "iu" or not 0 < array.size <= MANY:
        return f"convert it to one of {', '.join(IMAGE_DTYPES)}"
    low, high = int(array.min()), int(array.max())
    values = f"its values, {low} to {high},"
    for name in IMAGE_DTYPES[:3]:
        if np.iinfo(name).min <= low and high <= np.iinfo(name).max:
            return f"{values} fit {name}, so convert it by .astype({name!r})"
    rounded = "" if max(-low, high) <= 2**53 else " once they are rounded"
    return f"{values} fit no integers of images, but floats{rounded}: .astype('float64')"
