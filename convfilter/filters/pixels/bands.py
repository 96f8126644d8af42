"""Large pictures filtered in bands of rows, where colours become floats on the way.

Colours that count as far as they are visible, and light, are floats: four bytes for each value,
several times over. In bands, only those of some rows are there at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.windows import is_uneven
from convfilter.runtime import memory
from convfilter.runtime.checks import Array

__all__ = ["finished", "rows_of_band"]

BAND_PIXELS = 1 << 19
"""Pixels of a band, halo not counted. They do not depend on the number of threads, so that the
result does not either."""

LEAST_SHARE = 8
"""A band has at least so many times the rows that are computed in vain beside it."""


def finished(
    pixels: Pixels,
    run: Callable[[Pixels], Pixels],
    rows_around: Callable[[], int | None],
    *,
    in_floats: bool = False,
) -> tuple[Array, bool]:
    """Run some steps, and return the finished picture and whether its last channel is alpha.

    Parameters
    ----------
    pixels : the picture
    run : the steps, which keep its size
    rows_around : returns how many rows above and below it an output looks at; None if any
    in_floats : whether the steps turn all colours into floats
    """
    uneven = is_uneven(pixels.alpha)
    is_whole = pixels.present is None
    around = rows_around() if is_whole and (uneven or in_floats) else None
    if around is not None:
        out = _in_bands(pixels, run, around, uneven)
        if out is not None:
            return out
    result = run(pixels)
    return result.finish(), result.has_alpha


def rows_of_band(height: int, width: int, rows_around: int) -> int | None:
    """Return how many rows a band of a picture has; None where it is run as a whole."""
    rows = max(1, BAND_PIXELS // max(1, width), LEAST_SHARE * rows_around)
    return None if height < 2 * rows else rows


def _in_bands(
    pixels: Pixels, run: Callable[[Pixels], Pixels], rows_around: int, uneven: bool
) -> tuple[Array, bool] | None:
    """Return the finished picture, or None where it has to be made as a whole."""
    height, width = pixels.size
    rows = rows_of_band(height, width, rows_around)
    if rows is None:
        return None
    from convfilter.engine.planning import reckoning_for

    out, has_alpha = None, False
    with reckoning_for(math.isqrt(height * width)):
        for start in range(0, height, rows):
            stop = min(height, start + rows)
            above, below = max(0, start - rows_around), min(height, stop + rows_around)
            result = run(pixels.part(above, below, uneven=uneven))
            if result.signed == "scale":  # by the extremes of the whole picture
                return None
            band = result.finish()[start - above : stop - above]
            if out is None:
                has_alpha = result.has_alpha
                out = memory.empty((height, *band.shape[1:]), band.dtype)
            out[start:stop] = band
    return None if out is None else (out, has_alpha)
