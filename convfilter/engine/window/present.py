"""Pictures with gaps: which windows see one, and what stands in the gaps while others are computed.

Windows look at what is there. How a family does so is its own; what all have in common is here:
gaps are filled with what weighs nothing, and only outputs whose windows see a gap are looked after.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.window.axes import Axis
from convfilter.engine.window.borders import Border
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.missing import Present
from convfilter.runtime.threads import run_bands

__all__ = ["Region", "Result", "mask_of", "regions", "replaced", "rows_read", "share_of_outputs"]

Result = tuple[Array, NDArray[np.bool_]]
"""What comes of a picture with gaps (H', W', C), and where the windows hold nothing at all."""

NANOSECONDS = 0.1
"""About what it takes to fill a byte of a value."""

MOST_JOINED = 8
"""Rows between two runs of outputs that are computed with them."""


class Region(NamedTuple):
    """Outputs some of whose windows see a gap: from a first row and column to those after them."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def wide_enough(self, columns: Axis, least: int) -> Region:
        """Return the region with so many columns at least, or all there are."""
        last = max(self.last_column, min(columns.outputs, self.first_column + least))
        first = min(self.first_column, max(0, last - least))
        return self._replace(first_column=first, last_column=last)


def mask_of(present: Present) -> NDArray[np.uint8]:
    """Return what is there of a picture (H, W, C) as an image of 0 and 1."""
    return np.ascontiguousarray(present.values).view(np.uint8)


def replaced(
    image: Array,
    mask: NDArray[np.uint8],
    value: float,
    workers: int,
    needed: NDArray[np.bool_] | None = None,
) -> Array:
    """Return an image (H, W, C) with a value where its mask is 0.

    Rows that are not `needed` hold anything.
    """
    result = memory.empty(image.shape, image.dtype)
    put = loop("engine.window.loops.gaps.replace", S=image.dtype)
    number = value if image.dtype.kind == "f" else int(value)

    def work(start: int, stop: int) -> None:
        wanted = np.ones(stop - start, np.bool_) if needed is None else needed[start:stop]
        for first, last in _runs(wanted, joined=1):
            rows, there, out = (
                each[start + first : start + last].reshape(-1) for each in (image, mask, result)
            )
            put(rows, there, number, out)

    length = image.shape[1] * image.shape[2]
    run_bands(image.shape[0], length * NANOSECONDS * image.itemsize, workers, work)
    return result


def rows_read(rows: Axis, border: Border, found: list[Region]) -> NDArray[np.bool_]:
    """Return which rows of an image are read for some regions of outputs."""
    sources = rows.sources(border)
    read = np.zeros(rows.size, np.bool_)
    for first, last, *_ in found:
        seen = sources[first * rows.stride : (last - 1) * rows.stride + rows.reach]
        read[seen[seen >= 0]] = True
    return read


def regions(
    rows: Axis, columns: Axis, border: Border, mask: NDArray[np.uint8], *, fill: bool
) -> list[Region]:
    """Return regions of outputs that hold all whose windows see a gap; `fill` may be one, too."""
    height, width, channels = mask.shape
    flat = mask.reshape(height, width * channels)
    has_gap = flat.min(axis=1) == 0
    # of those rows alone, which are few where gaps are
    across = np.bitwise_and.reduce(flat[has_gap], axis=0).reshape(width, channels).min(axis=1) == 0
    fill_is_gap = not fill and border == "constant"
    down = _seen(rows, border, has_gap, fill_is_gap)
    along = _seen(columns, border, across, fill_is_gap)
    if fill_is_gap:
        # what lies beyond one edge is seen by windows of every row, or column
        if (columns.sources(border) < 0).any():
            down[:] = True
        if (rows.sources(border) < 0).any():
            along[:] = True
    if not down.any() or not along.any():
        return []
    inside = np.flatnonzero(along)
    first, last = int(inside[0]), int(inside[-1]) + 1
    return [Region(start, stop, first, last) for start, stop in _runs(down)]


def share_of_outputs(rows: Axis, columns: Axis, found: list[Region]) -> float:
    """Return the share of all outputs that lie in regions."""
    outputs = sum((each[1] - each[0]) * (each[3] - each[2]) for each in found)
    return outputs / (rows.outputs * columns.outputs)


def _seen(
    axis: Axis, border: Border, has_gap: NDArray[np.bool_], fill_is_gap: bool
) -> NDArray[np.bool_]:
    """Return which outputs along an axis see a position of the image that has a gap."""
    sources = axis.sources(border)
    gaps = np.where(sources >= 0, has_gap[sources], fill_is_gap)
    before = np.concatenate(([0], np.cumsum(gaps)))
    starts = np.arange(axis.outputs) * axis.stride
    return np.asarray(before[starts + axis.reach] > before[starts])


def _runs(seen: NDArray[np.bool_], joined: int = MOST_JOINED) -> Iterator[tuple[int, int]]:
    """Yield runs of what is seen; runs near each other are one."""
    places = np.flatnonzero(seen)
    if not places.size:
        return
    edges = np.flatnonzero(np.diff(places) > joined)
    for first, last in zip(
        np.concatenate(([0], edges + 1)), np.concatenate((edges, [places.size - 1])), strict=True
    ):
        yield int(places[first]), int(places[last]) + 1
