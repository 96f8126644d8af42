"""What stands beyond the edge of an image: the borders, by NumPy's names."""

from __future__ import annotations

import functools
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import UnknownNameError

Border = Literal["constant", "edge", "reflect", "symmetric", "wrap"]

BORDERS: tuple[Border, ...] = get_args(Border)

MOST_REMEMBERED = 1 << 16
"""Positions of an axis whose sources are remembered."""


def check_border(border: str) -> Border:
    """Return the border, or raise UnknownNameError with the nearest names."""
    if isinstance(border, str):
        for known in BORDERS:
            if border == known:
                return known
    raise UnknownNameError("border", str(border), BORDERS)


def source_indices(size: int, before: int, extent: int, border: Border) -> NDArray[np.int64]:
    """Return the image index of the positions ``-before .. extent - before - 1``, -1 for fill.

    The array is read-only: those of ordinary images are remembered for the next call.
    """
    if extent > MOST_REMEMBERED:
        return _source_indices(size, before, extent, border)
    return _remembered_indices(size, before, extent, border)


@functools.lru_cache(maxsize=64)
def _remembered_indices(size: int, before: int, extent: int, border: Border) -> NDArray[np.int64]:
    indices = _source_indices(size, before, extent, border)
    indices.setflags(write=False)
    return indices


def _source_indices(size: int, before: int, extent: int, border: Border) -> NDArray[np.int64]:
    position = np.arange(extent, dtype=np.int64) - before
    match border:
        case "constant":
            return np.where((position >= 0) & (position < size), position, -1)
        case "edge":
            return np.clip(position, 0, size - 1)
        case "wrap":
            return position % size
        case "symmetric":
            folded = position % (2 * size)
            return np.minimum(folded, 2 * size - 1 - folded)
        case "reflect":
            if size == 1:
                return np.zeros_like(position)
            folded = position % (2 * size - 2)
            return np.minimum(folded, 2 * size - 2 - folded)
