"""How signed responses are shown as pictures, which hold nothing below black."""

from __future__ import annotations

import numpy as np

from convfilter.filters.declaring.options import SignedMode
from convfilter.runtime.checks import Array

__all__ = ["as_picture", "stretched"]


def as_picture(
    values: Array, signed: SignedMode, white: float, middle: float, deciding: Array
) -> Array:
    """Return a signed response (floats) as a picture.

    `middle` is the raw value that stands for 0 where responses are offset; `deciding` are the
    values that set the scale where the lowest becomes black and the highest `white`.
    """
    match signed:
        case "raw":
            return values
        case "abs":
            sizes: Array = np.abs(values)
            return sizes
        case "offset":
            shown: Array = values + values.dtype.type(middle)
            return shown
        case "clamp":
            clamped: Array = np.maximum(values, 0)
            return clamped
        case "scale":
            return stretched(values, 0.0, white, deciding)


def stretched(values: Array, black: float, white: float, deciding: Array) -> Array:
    """Return floats moved and scaled so that the lowest becomes `black` and the highest `white`.

    The finite ones among `deciding` say which these are. Where all are alike, all become `black`.
    """
    finite = deciding[np.isfinite(deciding)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if not high > low:
        return np.full_like(values, black)
    # halves, since the span of all finite numbers is not finite
    half = values.dtype.type(0.5)
    share = values * half - values.dtype.type(low / 2)
    share /= values.dtype.type(high / 2 - low / 2)
    share *= values.dtype.type(white - black)
    share += values.dtype.type(black)
    return np.asarray(share)
