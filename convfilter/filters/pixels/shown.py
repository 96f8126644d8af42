"""How signed responses are shown as pictures, which hold nothing below black."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Self

import numpy as np

from convfilter.filters.declaring.options import SignedMode
from convfilter.runtime.checks import Array

__all__ = ["Ends", "Extremes", "as_picture", "ends_of", "stretched"]

Ends = tuple[float, float]
"""The lowest value and the highest."""


def as_picture(
    values: Array, signed: SignedMode, white: float, middle: float, ends: Callable[[], Ends]
) -> Array:
    """Return a signed response (floats) as a picture.

    `middle` is the raw value that stands for 0 where responses are offset; `ends` are the values of
    which the lower becomes black and the higher `white` where they are scaled.
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
            return stretched(values, 0.0, white, ends())


def ends_of(values: Array) -> Ends:
    """Return the lowest and the highest of those values that are finite; 0 if there are none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def stretched(values: Array, black: float, white: float, ends: Ends) -> Array:
    """Return floats moved and scaled so that the lowest becomes `black` and the highest `white`.

    `ends` says which values these are. Where they are alike, all become `black`.
    """
    low, high = ends
    if not high > low:
        return np.full_like(values, black)
    # halves, since the span of all finite numbers is not finite
    half = values.dtype.type(0.5)
    share = values * half - values.dtype.type(low / 2)
    share /= values.dtype.type(high / 2 - low / 2)
    share *= values.dtype.type(white - black)
    share += values.dtype.type(black)
    return np.asarray(share)


class Extremes:
    """The lowest and the highest finite value."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low, high

    @classmethod
    def of(cls, values: Array) -> Self:
        """Take values, which may be none."""
        finite = values[np.isfinite(values)]
        if not finite.size:
            return cls(math.inf, -math.inf)
        return cls(float(finite.min()), float(finite.max()))

    def merged(self, other: Self) -> Self:
        """Return the extremes of both."""
        return type(self)(min(self._low, other._low), max(self._high, other._high))

    def concluded(self) -> Ends:
        """Return both; 0 where no value was finite."""
        return (self._low, self._high) if self._low <= self._high else (0.0, 0.0)
