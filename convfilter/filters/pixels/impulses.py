"""Single wrong pixels: whether a picture has them all over, and which they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.runtime.checks import Array

__all__ = ["Impulses", "find_impulses"]

SIDE = 32
"""Side of the blocks that are looked at."""

MOST_BLOCKS = 256
"""Of large pictures so many blocks are looked at, evenly spread."""

FEW_BLOCKS = 16
"""Fewer blocks are judged together."""

STANDS_OUT = 60 / 255
"""How much a wrong pixel differs from all but one of its neighbours, as a share of the span."""

DIFFERS = 8 / 255
"""How much a wrong pixel differs from the median, as a share of the span."""

EXTREME = 2 / 255
"""How near to the lowest or highest value a wrong pixel is, as a share of the span."""

SPREAD = 0.003
"""The share of wrong pixels in nearly every block: noise is all over, lines and letters are not."""

SPREAD_OF_FEW = 0.01
"""The share of wrong pixels where there are few blocks."""

QUIETEST = 0.1
"""The share of blocks that may have fewer."""


class Impulses(NamedTuple):
    """What was found: the share of wrong pixels, and the lowest and highest value of a channel."""

    share: float
    lowest: Array
    highest: Array

    def are(self, values: Array, median: Array) -> NDArray[np.bool_]:
        """Return which values are wrong: extreme ones that are far from the median around them."""
        span = self.highest - self.lowest
        extreme = values <= self.lowest + EXTREME * span
        extreme |= values >= self.highest - EXTREME * span
        wrong: NDArray[np.bool_] = extreme & (np.abs(values - median) > DIFFERS * span)
        return wrong


def find_impulses(pixels: Array) -> Impulses | None:
    """Return what is known of wrong pixels of raw values (H, W) or (H, W, C); None without any.

    A pixel counts that is nearly the darkest or brightest of the picture and stands out from all
    but one of its neighbours (after Garnett et al., "A universal noise removal algorithm with an
    impulse detector", 2005). Noise is all over: where a tenth of the blocks have hardly any, it is
    texture.
    """
    planes = pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]
    if min(planes.shape[:2]) < SIDE or not np.isfinite(planes).all():
        return None
    lowest, highest = planes.min((0, 1)), planes.max((0, 1))
    with np.errstate(over="ignore"):
        span = highest.astype(np.float64) - lowest
    if not np.isfinite(span).all() or not span.any():
        return None
    blocks = _blocks(planes).astype(np.float64)
    inner = blocks[:, 1:-1, 1:-1]
    wrong = _second_difference(blocks) > STANDS_OUT * span
    wrong &= (inner <= lowest + EXTREME * span) | (inner >= highest - EXTREME * span)
    shares = wrong.mean((1, 2, 3))
    share = float(shares.mean())
    if len(shares) < FEW_BLOCKS:
        is_all_over = share >= SPREAD_OF_FEW
    else:
        is_all_over = bool(np.quantile(shares, QUIETEST) >= SPREAD)
    if not is_all_over:
        return None
    if pixels.ndim == 2:
        lowest, highest = lowest[0], highest[0]
    return Impulses(share, lowest, highest)


def _blocks(planes: Array) -> Array:
    """Return blocks (n, SIDE, SIDE, C), which lie evenly spread."""
    rows, columns = (extent // SIDE for extent in planes.shape[:2])
    places = [(row * SIDE, column * SIDE) for row in range(rows) for column in range(columns)]
    chosen = places[:: 1 + (len(places) - 1) // MOST_BLOCKS]
    return np.stack([planes[y : y + SIDE, x : x + SIDE] for y, x in chosen])


def _second_difference(blocks: Array) -> Array:
    """Return by how much each inner pixel differs from all but one of its neighbours, at least."""
    inner = blocks[:, 1:-1, 1:-1]
    least = np.full(inner.shape, np.inf)
    second = least
    for down in range(3):
        for right in range(3):
            if (down, right) != (1, 1):
                shifted = blocks[:, down : down + SIDE - 2, right : right + SIDE - 2]
                difference = np.abs(shifted - inner)
                second = np.minimum(second, np.maximum(least, difference))
                least = np.minimum(least, difference)
    return second
