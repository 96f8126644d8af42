"""How signed responses are shown as pictures, which hold nothing below black."""

from __future__ import annotations

import numpy as np

from convfilter.filters.declaring.options import SignedMode
from convfilter.runtime.checks import Array

__all__ = ["as_picture"]


def as_picture(
    values: Array, signed: SignedMode, white: float, middle: float, deciding: Array
) -> Array:
    """Return a signed response (floats) as a picture.

    `middle` is the raw value that stands for 0 where responses are offset; `deciding` are the
    values that set the scale where the lowest becomes black and the highest `white`.
    """
    match signed:
        case "abs":
            return np.asarray(np.abs(values))
        case "offset":
            return np.asarray(values + values.dtype.type(middle))
        case "clamp":
            return np.asarray(np.maximum(values, 0))
        case "scale":
            finite = deciding[np.isfinite(deciding)]
            low, high = (finite.min(), finite.max()) if finite.size else (0, 0)
            if not high > low:
                return np.zeros_like(values)
            stretch = white / (float(high) - float(low))
            return np.asarray((values - low) * values.dtype.type(stretch))
