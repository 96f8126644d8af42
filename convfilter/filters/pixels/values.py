"""Raw values of pictures: their brightness, and how they are rounded."""

from __future__ import annotations

from typing import Any

import numpy as np

from convfilter.runtime.checks import Array

__all__ = ["LUMA_WEIGHTS", "MIDDLE_GREY", "ignoring_infinities", "luma", "rounded"]

MIDDLE_GREY = 128
"""The intensity that shows a response of 0 where responses are offset."""

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Red, green and blue in the luma of ITU-R BT.601, which JPEG uses."""


def ignoring_infinities() -> np.errstate:
    """Let infinities cancel to NaN without a warning, as they do in the engine."""
    return np.errstate(invalid="ignore", over="ignore")


def luma(values: Array) -> Array:
    """Return the brightness (H, W) of RGB values (H, W, 3), floats."""
    red, green, blue = (values[:, :, channel] for channel in range(3))
    of_red, _, of_blue = map(values.dtype.type, LUMA_WEIGHTS)
    # from differences, so that equal channels give their own value to the last bit
    brightness: Array = green + of_red * (red - green) + of_blue * (blue - green)
    return brightness


def rounded(values: Array, dtype: np.dtype[Any]) -> Array:
    """Return the values in a dtype: integers are rounded to nearest and saturated."""
    if values.dtype == dtype or dtype.kind == "f":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
