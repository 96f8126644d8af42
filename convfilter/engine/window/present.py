"""Pictures with gaps: which windows see one, and what stands in the gaps while others are computed.

Windows look at what is there. How a family does so is its own; what all have in common is here:
the outputs lie in cells, and those whose windows see a gap are looked after, piece by piece; gaps
are filled with what weighs nothing while a piece is in the cache.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.window.axes import Axis
from convfilter.engine.window.borders import Border
from convfilter.engine.window.source import Part, RowSources
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import is_rehearsal, loop
from convfilter.runtime.memory import of_thread
from convfilter.runtime.missing import Present
from convfilter.runtime.threads import run_bands

__all__ = [
    "Areas",
    "Filled",
    "Gaps",
    "Region",
    "Result",
    "areas",
    "begun",
    "count_not_finite",
    "holds_nan",
    "in_pieces",
    "mask_of",
    "put_in_gaps",
    "replaced",
]

Gaps = NDArray[np.bool_]

Mask = NDArray[np.uint8]

Result = tuple[Array, Gaps]
"""What comes of a picture with gaps (H', W', C), and where the windows hold nothing at all."""

NANOSECONDS = 0.1
"""About what it takes to fill a byte of a value."""

CELLS = 24, 16
"""Cells down and along the outputs at most: work on each takes its time, however small it is."""

SMALLEST_CELL = 16, 64
"""Rows and columns of a cell at least."""

GROUP = 8
"""Rows of the image that are looked at together."""

BEGINNING = 200_000
"""Nanoseconds to begin with a region, during which no other thread can."""

NANOSECONDS_TO_MOVE = 0.06
"""Of a byte that comes from memory, or goes there."""

MOST_SHARES, SMALLEST_PIECE = 4, 1_000_000
"""Pieces that work is cut into, so that threads share it evenly, and nanoseconds worth one."""

HOLDS_GAP, HOLDS_VALUE = 1, 2


class Region(NamedTuple):
    """Outputs from a first row and column to those after the last."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def wide_enough(self, columns: Axis, least: int) -> Region:
        """Return the region with so many columns at least, or all there are."""
        last = max(self.last_column, min(columns.outputs, self.first_column + least))
        first = min(self.first_column, max(0, last - least))
        return self._replace(first_column=first, last_column=last)

    @property
    def size(self) -> int:
        """How many outputs of a channel it holds."""
        return (self.last_row - self.first_row) * (self.last_column - self.first_column)

    def slices(self, channels: int) -> tuple[slice, slice]:
        """Return where it lies in rows of numbers."""
        return (
            slice(self.first_row, self.last_row),
            slice(self.first_column * channels, self.last_column * channels),
        )


class Areas(NamedTuple):
    """What lies where among the outputs of a picture with gaps.

    Attributes
    ----------
    mixed : regions some of whose windows see a gap
    empty : regions whose windows see nothing but gaps
    are_few : no region is outside of both but those whose windows see no gap
    """

    mixed: list[Region]
    empty: list[Region]
    are_few: bool


def mask_of(present: Present) -> Mask:
    """Return what is there of a picture (H, W, C) as an image of 0 and 1."""
    return np.ascontiguousarray(present.values).view(np.uint8)


def replaced(image: Array, mask: Mask, value: float, workers: int) -> Array:
    """Return an image (H, W, C) with a value where its mask is 0."""
    result = memory.empty(image.shape, image.dtype)
    put = loop("engine.window.loops.gaps.replace", S=image.dtype)
    number = value if image.dtype.kind == "f" else int(value)

    def work(start: int, stop: int) -> None:
        rows, there, out = (each[start:stop].reshape(-1) for each in (image, mask, result))
        put(rows, there, number, out)

    length = image.shape[1] * image.shape[2]
    run_bands(image.shape[0], length * NANOSECONDS * image.itemsize, workers, work)
    return result


def begun(
    found: Areas,
    shape: tuple[int, int],
    channels: int,
    dtype: np.dtype[Any],
    output: Array | None,
    workers: int,
) -> tuple[Array, Gaps]:
    """Return an output (rows, numbers) and its gaps, with what is empty marked: 0 and missing.

    `output` has what lies outside of all areas; there is none where nothing does.
    """
    output = memory.empty(shape, dtype) if output is None else output
    gaps = memory.empty(shape, np.bool_)

    def clear(start: int, stop: int) -> None:
        gaps[start:stop] = False

    run_bands(shape[0], shape[1] * NANOSECONDS / 2, workers, clear)

    def mark(piece: Region) -> None:
        output[piece.slices(channels)] = 0
        gaps[piece.slices(channels)] = True

    in_pieces(found.empty, lambda region: 512, NANOSECONDS * channels, workers, mark)
    return output, gaps


def count_not_finite(found: Sequence[Region], output: Array, channels: int, workers: int) -> int:
    """Return how many numbers of an output of floats (rows, numbers) are not finite in regions."""
    count = loop("engine.window.loops.gaps.count_not_finite", S=output.dtype)
    counts: list[int] = []

    def work(piece: Region) -> None:
        part = output[piece.slices(channels)]
        place = part.__array_interface__["data"][0]
        counts.append(count(place, part.strides[0], *part.shape))

    in_pieces(found, lambda region: 512, NANOSECONDS * channels, workers, work)
    return sum(counts)


def holds_nan(image: Array, mask: Mask, workers: int) -> bool:
    """Tell whether NaN is among what is there of an image of floats (H, W, C)."""
    count = loop("engine.window.loops.gaps.count_nan_there", S=image.dtype)
    nans: list[int] = []

    def work(start: int, stop: int) -> None:
        nans.append(count(image[start:stop].reshape(-1), mask[start:stop].reshape(-1)))

    length = image.shape[1] * image.shape[2]
    run_bands(image.shape[0], length * NANOSECONDS * image.itemsize, workers, work)
    return sum(nans) > 0


def put_in_gaps(values: Array, mask: Mask, value: float) -> None:
    """Put a value into rows of numbers where the mask is 0, which may have more rows."""
    number = value if values.dtype.kind == "f" else int(value)
    put = loop("engine.window.loops.gaps.put", S=values.dtype)
    put(mask[: len(values)].reshape(-1), number, values.reshape(-1))


class Filled:
    """An image (H, W, C) with a value where its mask is 0, made piece by piece."""

    def __init__(self, image: Array, mask: Mask, value: float) -> None:
        self._image, self._mask = image, mask
        self._value = value if image.dtype.kind == "f" else int(value)
        self._put = loop("engine.window.loops.gaps.replace_part", S=image.dtype)

    def part(
        self, rows: Axis, columns: Axis, border: Border, region: Region
    ) -> tuple[Part, RowSources]:
        """Return the part that a region of outputs reads, and which of its rows padded rows are.

        It lies in memory of the thread, until the next one is asked for.
        """
        read = rows.sources(border)[
            region.first_row * rows.stride : (region.last_row - 1) * rows.stride + rows.reach
        ]
        along = columns.part(region.first_column, region.last_column)
        (top, bottom), (left, right) = _span(read), _columns_read(along, border)
        channels = self._image.shape[2]
        shape = bottom - top, (right - left) * channels
        out = of_thread.take("filled part", shape, self._image.dtype).array()
        places = []
        for each in (self._image, self._mask):
            corner = each[top:, left:]
            places += [corner.__array_interface__["data"][0], each.strides[0]]
        self._put(*places, self._value, out)
        image = out.reshape(bottom - top, right - left, channels)
        return Part(image, rows, along, (top, left)), read - top


@functools.lru_cache(maxsize=64)
def _columns_read(columns: Axis, border: Border) -> tuple[int, int]:
    return _span(columns.sources(border))


def _span(sources: NDArray[np.int64]) -> tuple[int, int]:
    """Return the first position that is read, and the one after the last: one at least."""
    inside = sources[sources >= 0]
    return (int(inside.min()), int(inside.max()) + 1) if inside.size else (0, 1)


def in_pieces(
    found: Sequence[Region],
    at_once: Callable[[Region], int],
    nanoseconds: float,
    workers: int,
    work: Callable[[Region], None],
) -> None:
    """Call `work` for regions piece by piece, side by side.

    `at_once` says how many rows of a region are a piece, `nanoseconds` what an output takes.
    """
    all_outputs = sum(region.size for region in found)
    most = max(all_outputs / MOST_SHARES, SMALLEST_PIECE / nanoseconds)
    pieces = [
        region._replace(first_row=first, last_row=min(first + rows, region.last_row))
        for region in found
        for high in (most / (region.last_column - region.first_column),)
        for rows in (max(1, min(at_once(region), int(high))),)
        for first in range(region.first_row, region.last_row, rows)
    ]
    if not pieces:
        return
    # the largest first, and each thread takes the next: so all are done at about the same time
    pieces.sort(key=lambda piece: -piece.size)
    numbers = itertools.count()

    def some(_start: int, _stop: int) -> None:
        while (number := next(numbers)) < len(pieces):
            work(pieces[number])

    run_bands(len(pieces), nanoseconds * all_outputs / len(pieces), workers, some)


def areas(
    rows: Axis,
    columns: Axis,
    border: Border,
    mask: Mask,
    *,
    fill: bool,
    nanoseconds: float,
    as_ever: float,
    moved: int,
    workers: int,
) -> Areas:
    """Return what lies where among the outputs; the `fill` of the border may be a gap, too.

    `nanoseconds` are what an output takes whose window sees a gap, `as_ever` what others take,
    each with `moved` bytes that come from memory or go there.
    """
    everything = [Region(0, rows.outputs, 0, columns.outputs)]
    if is_rehearsal():
        return Areas(everything, everything, are_few=True)
    nanoseconds, as_ever = (each + NANOSECONDS_TO_MOVE * moved for each in (nanoseconds, as_ever))
    height, width, channels = mask.shape
    wide = max(SMALLEST_CELL[1], -(-width // CELLS[1]))
    wide = -(-wide // SMALLEST_CELL[1]) * SMALLEST_CELL[1]  # whole vectors
    cells = np.empty((-(-height // GROUP), -(-width // wide)), np.uint8)
    flat = mask.reshape(height, width * channels)
    find = loop("engine.window.loops.gaps.find")

    def work(start: int, stop: int) -> None:
        find(flat[start * GROUP : stop * GROUP], GROUP, wide * channels, cells[start:stop])

    run_bands(len(cells), GROUP * width * channels * NANOSECONDS / 2, workers, work)
    high = max(SMALLEST_CELL[0], -(-rows.outputs // CELLS[0]))
    out_wide = max(SMALLEST_CELL[1], -(-columns.outputs // CELLS[1]))
    beyond = HOLDS_VALUE if fill else HOLDS_GAP
    down = _joined(cells, _reads(rows, border, high, GROUP), beyond)
    seen = _joined(down.T, _reads(columns, border, out_wide, wide), beyond).T
    empty, mixed = seen == HOLDS_GAP, seen == HOLDS_GAP | HOLDS_VALUE
    if mixed.all():
        return Areas(everything, [], are_few=False)
    sides = high, out_wide, rows.outputs, columns.outputs
    few = BEGINNING / (nanoseconds * channels * high * out_wide)
    _close(mixed, few)
    few_mixed = list(_regions(mixed, *sides))
    filled_cells = ~empty
    _close(filled_cells, few)
    all_filled = list(_regions(filled_cells, *sides))
    all_of_it = _cost(everything, nanoseconds * channels)
    of_few = _cost(few_mixed, nanoseconds * channels) + _cost(everything, as_ever * channels)
    of_filled = _cost(all_filled, nanoseconds * channels)
    if of_few < min(of_filled, all_of_it):
        return Areas(few_mixed, list(_regions(empty & ~mixed, *sides)), are_few=True)
    if of_filled < all_of_it:
        return Areas(all_filled, list(_regions(empty & ~filled_cells, *sides)), are_few=False)
    return Areas(everything, [], are_few=False)


def _cost(found: Sequence[Region], nanoseconds: float) -> float:
    """Return about how many nanoseconds regions take, whose outputs take so many.

    There are taken to be two threads: what is chosen may not depend on how many there are.
    """
    outputs = sum(region.size for region in found)
    return BEGINNING * len(found) + nanoseconds * outputs / 2


def _close(chosen: Gaps, few: float) -> None:
    """Choose also what lies between chosen cells of a row, where that is fewer than so many."""
    for cells, row in zip(chosen, chosen.tolist(), strict=True):  # a few hundred: not for NumPy
        places = [place for place, is_chosen in enumerate(row) if is_chosen]
        for first, last in itertools.pairwise(places):
            if 1 < last - first <= few:
                cells[first:last] = True


@functools.lru_cache(maxsize=64)
def _reads(axis: Axis, border: Border, outputs: int, positions: int) -> list[tuple[int, int, bool]]:
    """Return of so many outputs at a time which positions they read, so many of them together.

    These are the first one, the one after the last, and whether some lie beyond the edge.
    """
    sources, found = axis.sources(border), []
    for first in range(0, axis.outputs, outputs):
        last = min(first + outputs, axis.outputs) - 1
        seen = sources[first * axis.stride : last * axis.stride + axis.reach]
        inside = seen[seen >= 0]
        start, stop = (inside.min(), inside.max() + 1) if inside.size else (0, 0)
        places = int(start) // positions, -(-int(stop) // positions)
        found.append((*places, inside.size < seen.size))
    return found


def _joined(cells: Mask, reads: Sequence[tuple[int, int, bool]], beyond: int) -> Mask:
    """Return what those rows of cells hold together, and what lies beyond the edge."""
    joined = np.zeros((len(reads), cells.shape[1]), np.uint8)
    for row, (start, stop, reads_beyond) in zip(joined, reads, strict=True):
        if stop > start:
            np.bitwise_or.reduce(cells[start:stop], axis=0, out=row)
        if reads_beyond:
            row |= beyond
    return joined


def _regions(cells: Gaps, high: int, wide: int, rows: int, columns: int) -> Iterator[Region]:
    """Yield regions of cells that are chosen, as high as they can be."""
    begun: dict[tuple[int, int], int] = {}
    changes = np.flatnonzero((cells[1:] != cells[:-1]).any(axis=1)) + 1
    for number in (0, *changes.tolist(), len(cells)):
        runs = list(_runs(cells[number].tolist())) if number < len(cells) else []
        for run in [run for run in begun if run not in runs]:
            first, last = begun.pop(run), min(number * high, rows)
            yield Region(first, last, run[0] * wide, min(run[1] * wide, columns))
        for run in runs:
            begun.setdefault(run, number * high)


def _runs(cells: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield the first of each run of chosen cells, and the one after the last."""
    first = 0
    for is_chosen, run in itertools.groupby(cells):
        last = first + sum(1 for _ in run)
        if is_chosen:
            yield first, last
        first = last
