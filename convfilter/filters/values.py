"""What raw values stand for: their brightness, and how they are shown and rounded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.filters.options import SignedMode

Array = NDArray[Any]

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Red, green and blue in the luma of ITU-R BT.601, which JPEG uses."""


def luma(values: Array) -> Array:
    """Return the brightness (H, W) of RGB values (H, W, 3), floats."""
    red, green, blue = np.moveaxis(values, 2, 0)
    of_red, _, of_blue = map(values.dtype.type, LUMA_WEIGHTS)
    # from differences, so that equal channels give their own value to the last bit
    return np.asarray(green + of_red * (red - green) + of_blue * (blue - green))


def mapped(values: Array, signed: SignedMode, white: float, middle: float, seen: Array) -> Array:
    """Return a signed response (floats) as a plain picture.

    `middle` is the middle grey that stands for 0; `seen` are the values that may set the scale.
    """
    match signed:
        case "abs":
            return np.asarray(np.abs(values))
        case "offset":
            return np.asarray(values + values.dtype.type(middle))
        case "clamp":
            return np.asarray(np.maximum(values, 0))
        case "scale":
            finite = seen[np.isfinite(seen)]
            low, high = (finite.min(), finite.max()) if finite.size else (0, 0)
            if not high > low:
                return np.zeros_like(values)
            stretch = white / (float(high) - float(low))
            return np.asarray((values - low) * values.dtype.type(stretch))


def rounded(values: Array, dtype: np.dtype[Any]) -> Array:
    """Return the values in a dtype: integers are rounded to nearest and saturated."""
    if values.dtype == dtype or dtype.kind == "f":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
