"""Pixels of at most so many colours: those that they have, or the ones nearest to them.

Colours are told apart by their highest bits, which puts them into cells. A palette is the median
cut (Heckbert, 1982) of the means of the cells, moved twice to the mean of what is nearest to each
colour (Lloyd, 1982). A tenth of the time of a median cut of all colours, and nearer to them.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImages

__all__ = ["indexed"]

_Numbers: TypeAlias = NDArray[Any]

_ALL_BITS, _FEWER = 8, 2
_MOST_CELLS_OF_PALETTE, _MOST_CELLS = 8192, 32768
"""Up to how many cells the palette, and what is nearest in it, are found from them."""

_FEW_CELLS = 1024
"""Of so few, as in dark pictures, some are cut once more."""

_SAMPLES = 8192
"""Pixels that stand for all, at least one for each cell."""

_STEPS = 2
_EIGHTHS = 8
"""Parts of a level to which means are rounded: sums of their products are exact in float32."""

_ROWS = 512
"""Colours whose distances are computed at a time, which fit into the cache of a processor."""


class _Cells(NamedTuple):
    """Cells that hold pixels: the number of each, of how many bits, pixels, sums of colours."""

    numbers: NDArray[np.intp]
    bits: int
    pixels: NDArray[np.float64]
    sums: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float32]:
        """The mean colour of the pixels in each."""
        means = self.sums / self.pixels[:, np.newaxis]
        return (np.round(means * _EIGHTHS) / _EIGHTHS).astype(np.float32)

    def coarser(self, fewer: int) -> _Cells:
        """Return the cells of so many bits less that they lie in."""
        bits = self.bits - fewer
        mask = (1 << self.bits) - 1
        parts = (self.numbers >> place * self.bits & mask for place in (2, 1, 0))
        red, green, blue = (part >> fewer for part in parts)
        at = _number_of(red, green, blue, bits)
        pixels = np.asarray(np.bincount(at, self.pixels, 1 << 3 * bits), np.float64)
        numbers = np.flatnonzero(pixels)
        sums = [np.bincount(at, part)[numbers] for part in self.sums.T]
        return _Cells(numbers, bits, pixels[numbers], np.stack(sums, axis=1))


def indexed(
    colours: NDArray[np.uint8], room: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], int]:
    """Return the number of each pixel's colour, the palette, and how many colours were too many.

    Parameters
    ----------
    colours : ndarray
        uint8 (N, 3).
    room : int
        Colours of the palette, at most 256.

    Returns
    -------
    (ndarray, ndarray, int)
        uint8 (N,) and (K, 3), and the number of colours if they are more than `room`, else 0.
    """
    wide = colours.astype(np.uint32)
    packed = wide[:, 0] << 16 | wide[:, 1] << 8 | wide[:, 2]
    in_order = np.sort(packed)
    starts = np.flatnonzero(in_order[1:] != in_order[:-1]) + 1
    starts = np.concatenate([np.zeros(min(1, in_order.size), np.intp), starts])
    distinct = in_order[starts]
    palette = np.stack([distinct >> 16, distinct >> 8 & 255, distinct & 255], axis=1)
    if distinct.size <= room:
        return np.searchsorted(distinct, packed).astype(np.uint8), palette.astype(np.uint8), 0
    pixels = np.diff(starts, append=in_order.size).astype(np.float64)
    single = _Cells(distinct.astype(np.intp), _ALL_BITS, pixels, palette * pixels[:, np.newaxis])
    levels = _levels(single)
    palette = _palette(levels[-1], room)
    cells = next(each for each in levels if each.numbers.size <= _MOST_CELLS)
    nearest = _nearest(cells.means, palette)
    if cells is single:
        return nearest[np.searchsorted(distinct, packed)], palette, distinct.size
    number_of = np.zeros(1 << 3 * cells.bits, np.uint8)
    number_of[cells.numbers] = nearest
    red, green, blue = (wide >> (_ALL_BITS - cells.bits)).T
    return number_of[_number_of(red, green, blue, cells.bits)], palette, distinct.size


def _levels(single: _Cells) -> list[_Cells]:
    """Return cells of all bits, then of fewer, until there are few enough for a palette."""
    levels = [single]
    if single.numbers.size > _MOST_CELLS_OF_PALETTE:
        levels.append(single.coarser(_FEWER))
    if levels[-1].numbers.size < _FEW_CELLS and len(levels) > 1:
        between = single.coarser(1)
        if between.numbers.size <= _MOST_CELLS_OF_PALETTE:
            levels[-1] = between
    while levels[-1].numbers.size > _MOST_CELLS_OF_PALETTE:
        levels.append(levels[-1].coarser(1))
    return levels


def _number_of(red: _Numbers, green: _Numbers, blue: _Numbers, bits: int) -> _Numbers:
    """Return the number of the cell with so many bits of each colour."""
    return red << 2 * bits | green << bits | blue


def _palette(cells: _Cells, room: int) -> NDArray[np.uint8]:
    """Return `room` colours for the pixels in some cells."""
    means, counts = cells.means, cells.pixels
    times = np.maximum(1, counts * _SAMPLES // counts.sum()).astype(np.intp)
    samples = np.repeat(np.round(means).astype(np.uint8), times, axis=0)
    cut = PillowImages.fromarray(samples[np.newaxis]).quantize(room)
    palette = np.array(cut.getpalette("RGB"), np.uint8).reshape(-1, 3)[:room]
    for _ in range(_STEPS):
        nearest = _nearest(means, palette)
        pixels = np.bincount(nearest, weights=counts, minlength=len(palette))
        sums = [
            np.bincount(nearest, weights=counts * means[:, place], minlength=len(palette))
            for place in range(3)
        ]
        taken = pixels > 0
        moved = np.stack(sums, axis=1)[taken] / pixels[taken, np.newaxis]
        palette[taken] = np.round(moved).astype(np.uint8)
    return palette


def _nearest(colours: NDArray[np.float32], palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the number of the nearest colour of the palette for each colour, the first of ties."""
    wanted = palette.astype(np.float32)
    lengths, across = (wanted * wanted).sum(axis=1), -2 * wanted.T
    numbers = np.empty(len(colours), np.uint8)
    for start in range(0, len(colours), _ROWS):
        distances = colours[start : start + _ROWS] @ across
        distances += lengths
        numbers[start : start + _ROWS] = distances.argmin(axis=1)
    return numbers
