"""The bilateral filter."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.engine.edge_preserving import planes
from convfilter.engine.edge_preserving.planes import (
    DOUBLE,
    LARGEST_FACTOR,
    SINGLE,
    VECTOR,
    PlaneReader,
    Smooth,
    Smoothing,
    Tile,
    check_positive,
    is_accurate_in_single,
    shaped,
    unit,
    whole_vectors,
)
from convfilter.engine.operation import remembered, run
from convfilter.engine.planning import Plan
from convfilter.engine.window.axes import Outline, lay_out
from convfilter.engine.window.borders import Border, check_border
from convfilter.engine.window.source import Part
from convfilter.runtime.checks import (
    Array,
    check_fill,
    check_fill_number,
    check_image,
    check_integer,
)
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import aligned
from convfilter.runtime.pictures import of_pictures
from convfilter.runtime.threads import check_workers

TILE = (64, 1344)
"""Rows and columns of outputs that share what is loaded; only a few rows are looked at together."""

RING_ROWS = 96
"""Rows of weights that are remembered for the rows below: all of sizes up to 9.

Sums of larger windows are made of parts, which begin at the same offsets for every tile.
"""


@of_pictures()
def bilateral(
    image: ArrayLike,
    size: int,
    sigma_color: float,
    sigma_space: float,
    *,
    border: Border = "reflect",
    fill: float = 0.0,
    axes: str | None = None,
    channel_axis: int | None = None,
    workers: int | None = None,
) -> Array:
    """Average pixels that are near both in space and in colour (Tomasi and Manduchi, 1998).

    The neighbours at a distance `r` of at most ``size // 2`` weigh
    ``exp(-r**2 / (2 * sigma_space**2) - d**2 / (2 * sigma_color**2))``, where `d` is the sum over
    channels of the absolute differences from the centre. This is the window, the distance and the
    weight of OpenCV's bilateralFilter.

    Sums are float32, for float64 images float64. NaN or infinity makes NaN or infinity of every
    output whose window holds it, and of no other.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32, float64 or bool
    size : diameter of the window in pixels, at least 1; an even one is as the odd one above it
    sigma_color : standard deviation of colours, in values of the image, above 0
    sigma_space : standard deviation of distances, in pixels, above 0
    border : what stands beyond the edge, in NumPy's words, as for `correlate`
    fill : the value of the border "constant"
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    array of the shape and dtype of the image

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For arguments that cannot be used.

    """
    pixels = check_image(image)
    operation = bilateral_smoothing(
        Outline.of(pixels), size, sigma_color, sigma_space, border=border, fill=fill
    )
    return run(operation, pixels, check_workers(workers)).reshape(np.shape(image))


def bilateral_smoothing(
    outline: Outline,
    size: int,
    sigma_color: float,
    sigma_space: float,
    *,
    border: Border = "reflect",
    fill: float = 0.0,
    dtype: np.dtype[Any] | None = None,
) -> Bilateral:
    """Return `bilateral` as an operation, for an image that need not be there yet.

    `dtype` is that of the image, which None stands for, or one of floats: then the result is that
    for an image of these floats.
    """
    radius = check_integer(size, "size", 1) // 2
    color = check_positive(sigma_color, "sigma_color")
    space = check_positive(sigma_space, "sigma_space")
    window = 2 * radius + 1
    rows, columns = lay_out(outline.shape, (window, window))
    result = outline.dtype if dtype is None else dtype
    return remembered(
        Bilateral,
        outline=outline,
        rows=rows,
        columns=columns,
        border=check_border(border),
        fill=check_fill(
            check_fill_number(fill, outline.dtype),
            SINGLE if is_accurate_in_single(result) else DOUBLE,
        ),
        dtype=result,
        needs_range=False,
        sigma_color=color,
        sigma_space=space,
    )


@dataclass(frozen=True, eq=False)
class Bilateral(Smoothing):
    """The bilateral filter over a disk as wide as the window."""

    sigma_color: float
    sigma_space: float

    def ways(self) -> Iterator[Plan]:
        """Yield the sums in float32, for bytes and float32, and those in float64."""
        down, _ = self.offsets
        taps = 2 * down.size + 1
        for dtype in self.arithmetics():
            reason = f"bilateral, {taps} taps in a disk of {self.rows.window}; {dtype} sums"
            cost = (0.12 if dtype == SINGLE else 0.24) * down.size
            ready = functools.partial(_Ready, dtype=dtype)
            yield Plan("direct", dtype, False, reason, cost, effort=4 * taps, ready=ready)

    def again(self, bad: int) -> Bilateral | None:
        """Return the same in float64: the image holds such values, or sums overflowed."""
        return None if self.plan.accumulator != SINGLE else replace(self, needs_range=True)

    @functools.cached_property
    def offsets(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of the offsets in a disk, of each pair of opposite ones the lower.

        Their number is even, since a quarter turn of the disk changes nothing.
        """
        radius = self.rows.window // 2
        offset = np.arange(-radius, radius + 1, dtype=np.int64)
        down, right = np.meshgrid(offset[radius:], offset, indexing="ij")
        half = (down**2 + right**2 <= radius**2) & ((down > 0) | (right > 0))
        return down[half], right[half]


class _Ready(PlaneReader):
    """A part of the filter, made ready."""

    operation: Bilateral
    tile_size = TILE

    def __init__(self, operation: Bilateral, part: Part, *, dtype: np.dtype[Any]) -> None:
        super().__init__(operation, part, dtype)
        self._is_of_bytes = operation.dtype == np.uint8 and dtype == SINGLE
        self._factor = _colour_factor(operation.sigma_color, dtype)
        if self._is_of_bytes:
            # bytes are far from the ends of float32, so the factor of their differences can be
            # theirs; beyond these bounds it makes no difference to a weight
            self.scale = min(max(self._factor, 1e-15), 1e15)

    def smoother(self, rows: int, columns: int) -> Smooth:
        """Return the function that filters tiles of at most that size."""
        operation, dtype, margin = self.operation, self.dtype, self.margin
        name = "smooth_bytes" if self._is_of_bytes else "smooth"
        smooth = loop(f"engine.edge_preserving.loops.bilateral.{name}", T=dtype)
        down, right = operation.offsets
        radius, space = operation.rows.window // 2, operation.sigma_space
        square = (down**2 + right**2).astype(np.float64)
        with np.errstate(over="ignore"):
            exponents = np.maximum(-square / 2 / space / space, -1e30) * unit(dtype)
        exponents = exponents.astype(dtype)
        length = whole_vectors(columns) + 2 * margin + VECTOR
        parts = _ring_parts(down, RING_ROWS)
        slots = [np.concatenate([[0], np.cumsum(down[part] + 1)]) for part in parts]
        ring = aligned((max(int(s[-1]) for s in slots), length), dtype)
        in_one = len(parts) == 1
        width = whole_vectors(columns)
        totals = aligned((1 + (1 if in_one else rows), self.channels + 1, width), dtype)
        line = aligned(width * self.channels, dtype)
        numbers = dtype.type(self._factor), dtype.type(self.scale)

        def filtered(tile_planes: Array, tile: Tile, stored: bytes) -> int:
            sums = shaped(totals, (*totals.shape[:2], whole_vectors(tile.columns)))
            bad = 0
            for part, starts in zip(parts, slots, strict=True):
                ends = (part is parts[0], part is parts[-1])
                weights = down[part], right[part], exponents[part], *numbers
                scratch = starts, ring, sums[0], sums[1:]
                place = stored, tile.top, tile.left, line, tile.columns
                bad += smooth(
                    tile_planes, radius, margin, tile.rows, *ends, *weights, *scratch, *place
                )
            return bad

        return filtered


def _colour_factor(color: float, dtype: np.dtype[Any]) -> float:
    return min(math.sqrt(0.5 * unit(dtype)) / color, LARGEST_FACTOR)


def _ring_parts(down: NDArray[np.int64], slots: int) -> list[slice]:
    """Split offsets into runs of even length whose weights, down + 1 rows each, fit into a ring."""
    parts, start, taken = [], 0, 0
    for t in range(0, down.size, 2):
        needed = int(down[t] + down[t + 1]) + 2
        if t > start and (taken + needed > slots or t - start >= planes.OFFSETS_AT_ONCE):
            parts.append(slice(start, t))
            start, taken = t, 0
        taken += needed
    return [*parts, slice(start, down.size)]
