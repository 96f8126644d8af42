"""Non-local means."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from convfilter.engine.edge_preserving import planes
from convfilter.engine.edge_preserving.planes import (
    DOUBLE,
    LARGEST_FACTOR,
    SINGLE,
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
from convfilter.errors import ArgumentError
from convfilter.runtime.checks import (
    Array,
    check_fill,
    check_fill_number,
    check_image,
    check_integer,
    limits_of,
)
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import aligned
from convfilter.runtime.pictures import of_pictures
from convfilter.runtime.threads import check_workers

TILE = (32, 1024)
"""Rows and columns of outputs of a tile; all of it is looked at for every offset.

It stays within the second-level cache.
"""


@of_pictures()
def nl_means(
    image: ArrayLike,
    strength: float,
    *,
    size: int = 7,
    search: int = 21,
    border: Border = "reflect",
    fill: float = 0.0,
    axes: str | None = None,
    channel_axis: int | None = None,
    workers: int | None = None,
) -> Array:
    """Average pixels whose neighbourhoods are alike: non-local means (Buades, Coll, Morel, 2005).

    Every pixel of the search window weighs ``exp(-d2 / strength**2)``, where `d2` is the mean of
    the squared differences, over channels and over a patch of `size` by `size`, between its
    neighbourhood and that of the centre. The centre weighs 1.

    Sums are float32, for 16-bit and float64 images float64. A NaN pixel reaches the outputs whose
    search window holds it and no other; a patch that holds NaN weighs nothing.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32, float64 or bool
    strength : in values of the image, above 0; about the standard deviation of the noise
    size, search : sides of the patch and of the search window in pixels, odd
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
    operation = nl_means_smoothing(
        Outline.of(pixels), strength, size=size, search=search, border=border, fill=fill
    )
    return run(operation, pixels, check_workers(workers)).reshape(np.shape(image))


def nl_means_smoothing(
    outline: Outline,
    strength: float,
    *,
    size: int = 7,
    search: int = 21,
    border: Border = "reflect",
    fill: float = 0.0,
    dtype: np.dtype[Any] | None = None,
) -> NlMeans:
    """Return `nl_means` as an operation, for an image that need not be there yet.

    `dtype` is that of the image, which None stands for, or one of floats: then the result is that
    for an image of these floats.
    """
    force = check_positive(strength, "strength")
    patch, window = _check_odd(size, "size"), _check_odd(search, "search")
    reach = patch + window - 1
    rows, columns = lay_out(outline.shape, (reach, reach))
    result = outline.dtype if dtype is None else dtype
    return remembered(
        NlMeans,
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
        strength=force,
        patch=patch,
        search=window,
    )


@dataclass(frozen=True, eq=False)
class NlMeans(Smoothing):
    """Non-local means: patches of `patch` by `patch`, sought in `search` by `search` pixels."""

    strength: float
    patch: int
    search: int

    def ways(self) -> Iterator[Plan]:
        """Yield the sums in float32, for bytes and float32, and those in float64."""
        shifts = self.search * self.search
        for dtype in self.arithmetics():
            window = f"{self.search}x{self.search} shifts, patches of {self.patch}"
            reason = f"non-local means, {window}; {dtype} sums"
            cost = (0.2 if dtype == SINGLE else 0.4) * shifts
            ready = functools.partial(_Ready, dtype=dtype)
            yield Plan("shifts", dtype, False, reason, cost, effort=8 * shifts, ready=ready)

    def again(self, bad: int) -> NlMeans | None:
        """Return the same in float64: the image holds such values, or sums overflowed."""
        return None if self.plan.accumulator != SINGLE else replace(self, needs_range=True)


class _Ready(PlaneReader):
    """A part of the filter, made ready."""

    operation: NlMeans
    tile_size = TILE

    def __init__(self, operation: NlMeans, part: Part, *, dtype: np.dtype[Any]) -> None:
        super().__init__(operation, part, dtype)

    def smoother(self, rows: int, columns: int) -> Smooth:
        """Return the function that filters tiles of at most that size."""
        operation, dtype, channels = self.operation, self.dtype, self.channels
        smooth = loop("engine.edge_preserving.loops.nl_means.smooth", T=dtype)
        divide = loop("engine.edge_preserving.loops.smooth.divide", T=dtype)
        patch, window = operation.patch, operation.search
        elements = patch * patch * channels
        exact = _squares_are_exact(operation, dtype, elements)
        weight = 1 / operation.strength / math.sqrt(elements)
        factor = 1.0 if exact else min(weight, LARGEST_FACTOR)
        scale = (min(weight * weight, LARGEST_FACTOR) if exact else 1.0) * unit(dtype)
        numbers = dtype.type(factor), dtype.type(scale)
        far = window // 2
        width = whole_vectors(columns)
        weighed = whole_vectors(width + far)
        length = whole_vectors(weighed + patch - 1)
        squares = aligned((rows + far + patch - 1, length), dtype)
        column = aligned((length,), dtype)
        weights = aligned((2, rows + far, weighed), dtype)
        totals = aligned((2, rows, channels + 1, width), dtype)
        line = aligned(width * channels, dtype)
        offsets = window * window // 2

        def filtered(tile_planes: Array, tile: Tile, stored: bytes) -> int:
            width = whole_vectors(tile.columns)
            partial, sums = shaped(totals, (2, tile.rows, totals.shape[2], width))
            for start in range(0, max(offsets, 1), planes.OFFSETS_AT_ONCE):
                part = start, min(start + planes.OFFSETS_AT_ONCE, offsets)
                sizes = patch, window, self.margin
                scratch = squares, column, weights, partial, sums
                smooth(tile_planes, *sizes, *part, exact, *numbers, *scratch)
            bad: int = divide(stored, sums, tile.columns, tile.top, tile.left, line)
            return bad

        return filtered


def _squares_are_exact(operation: NlMeans, dtype: np.dtype[Any], elements: int) -> bool:
    """Tell whether sums of so many squared differences of integers are never rounded."""
    if operation.dtype.kind == "f":
        return False
    lowest, highest = map(float, limits_of(operation.dtype))
    if operation.border == "constant":
        if operation.fill != math.floor(operation.fill):
            return False
        lowest, highest = min(lowest, operation.fill), max(highest, operation.fill)
    return elements * (highest - lowest) ** 2 < 2.0 ** (np.finfo(dtype).nmant + 1)


def _check_odd(value: Any, what: str) -> int:
    number = check_integer(value, what, 1)
    if number % 2 == 0:
        raise ArgumentError(f"{what} is {number}: it must be odd")
    return number
