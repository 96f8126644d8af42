"""Maxima, minima and means of what is there in each window.

Gaps hold what never wins, and add nothing to a sum. A mean is divided by the taps that count less
the gaps among them. Where a window holds nothing the result is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.fold.fold import Fold, Means
from convfilter.engine.operation import run_again
from convfilter.engine.planning import record
from convfilter.engine.window import target
from convfilter.engine.window.axes import Axis, Outline
from convfilter.engine.window.borders import Border
from convfilter.engine.window.present import (
    Filled,
    Region,
    Result,
    areas,
    begun,
    in_pieces,
    mask_of,
    replaced,
)
from convfilter.engine.window.source import Part, RowSources
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.compiled import is_rehearsal, loop
from convfilter.runtime.memory import of_thread
from convfilter.runtime.missing import Present

STRIP_BYTES = 1 << 21
"""Of the rows of a piece."""

NANOSECONDS_TO_FILL = 0.15
"""Of a byte of a value."""

NANOSECONDS_OF_PIECES = 0.5
"""Of an output of a piece, beside what it takes elsewhere."""

NANOSECONDS = 2.0
"""Of a mean."""

BYTES, SINGLE, DOUBLE = np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64)


def over_present(operation: Fold, image: Array, present: Present, workers: int) -> Result:
    """Fold what is there of an image (H, W, C)."""
    mask = mask_of(present)
    record(replace(operation.plan, reason=f"{operation.plan.reason}; of what is there"))
    if operation.means is not None:
        return _means(operation, image, mask, present.fill, workers)
    if operation.outline.dtype.kind == "f":
        last = -np.inf if operation.reduce == "max" else np.inf
    else:
        last = limits_of(operation.dtype)[operation.reduce == "min"]
    operation = replace(operation, fill=operation.fill if present.fill else last)
    outline = Outline(operation.outline.shape, BYTES)
    seen = replace(operation, outline=outline, dtype=BYTES, reduce="max", fill=int(present.fill))
    shape = operation.output_shape
    if operation.over_channels is not None or not operation.in_parts:
        whole = replaced(image, mask, last, workers)
        folded = run_again(operation, whole, workers).reshape(shape)
        nothing = np.zeros(shape, np.bool_)
        if (folded == last).any() or is_rehearsal():
            # what has won nothing may be a value of the image as well
            nothing = run_again(seen, mask, workers).reshape(shape) == 0
            folded[nothing] = 0
        return folded, nothing
    rows, columns, border = operation.rows, operation.columns, operation.border
    cost = operation.plan.cost + NANOSECONDS_OF_PIECES + _to_fill(operation)
    walk = rows, columns, border
    as_ever = operation.plan.cost
    costs: dict[str, Any] = {"nanoseconds": cost, "as_ever": as_ever, "moved": operation.moved}
    found = areas(*walk, mask, fill=present.fill, workers=workers, **costs)
    flat = shape[0], shape[1] * shape[2]
    around = run_again(operation, image, workers).reshape(flat) if found.are_few else None
    output, gaps = begun(found, flat, shape[2], operation.dtype, around, workers)
    filled, channels = Filled(image, mask, last), shape[2]
    search = loop("engine.fold.loops.gaps.holds", S=operation.dtype)
    clear = loop("engine.fold.loops.gaps.clear", S=operation.dtype)

    def work(piece: Region) -> None:
        part, read = filled.part(rows, columns, border, piece)
        out = output[piece.slices(channels)]
        operation.ready(part).bind(read, out, of_thread)()
        place = out.__array_interface__["data"][0], out.strides[0], *out.shape
        if search(*place, last) or is_rehearsal():
            there = of_thread.take("what is seen", out.shape, BYTES).array()
            seen.ready(Part(mask, rows, part.columns)).bind(
                _read(rows, border, piece), there, of_thread
            )()
            clear(*place, there)
            np.equal(there, 0, out=gaps[piece.slices(channels)])

    in_pieces(found.mixed, _rows_at_once(operation), cost * channels, workers, work)
    return output.reshape(shape), gaps.reshape(shape)


def _to_fill(operation: Fold) -> float:
    """Return about how many nanoseconds it takes to fill what an output reads anew."""
    values = operation.rows.stride * operation.columns.stride
    return NANOSECONDS_TO_FILL * values * operation.outline.dtype.itemsize


def _read(rows: Axis, border: Border, piece: Region) -> RowSources:
    """Return which rows of the image are the padded rows that a piece reads."""
    last = (piece.last_row - 1) * rows.stride + rows.reach
    return rows.sources(border)[piece.first_row * rows.stride : last]


def _rows_at_once(operation: Fold) -> Callable[[Region], int]:
    """Return what says how many rows of outputs are a piece."""
    rows, channels = operation.rows, operation.outline.shape[2]

    def rows_at_once(region: Region) -> int:
        columns = operation.columns.part(region.first_column, region.last_column)
        length = columns.extent * channels * operation.outline.dtype.itemsize
        return max(STRIP_BYTES // length - rows.reach, 2 * rows.reach) // rows.stride + 1

    return rows_at_once


def _means(
    operation: Fold, image: Array, mask: NDArray[np.uint8], fill: bool, workers: int
) -> Result:
    means, shape = operation.means, operation.output_shape
    assert means is not None
    taps = operation.rows.window * operation.columns.window
    # sums of integers below 2**23 are exact in float32, and quotients as near as they have to be
    numbers = SINGLE if means.numbers == SINGLE else DOUBLE
    counts = np.dtype(np.uint16 if taps < 2**16 else np.int32)
    outline = Outline(operation.outline.shape, BYTES)
    summed = _sum(operation, means.sums, numbers)
    counted = _sum(replace(operation, outline=outline), counts, numbers)
    flat, channels = (shape[0], shape[1] * shape[2]), shape[2]
    padding = _Padding(operation)
    divide_rows = loop("engine.fold.loops.gaps.divide", T=numbers)
    is_finite = operation.outline.dtype.kind != "f"

    def divide(piece: Region, total: Array, there: Array) -> None:
        where = piece.slices(channels)
        out, missing = output[where], gaps[where]
        divisor = there
        if padding.counts:
            divisor = np.ascontiguousarray(there + padding.of(piece, channels), numbers)
        divide_rows(
            target.record(out, numbers, finite=is_finite),
            total,
            there,
            divisor,
            missing.__array_interface__["data"][0],
            missing.strides[0],
            of_thread.take("means of row", out.shape[1], numbers),
        )

    if operation.over_channels is not None:
        output, gaps = memory.empty(flat, operation.dtype), memory.empty(flat, np.bool_)
        whole = replaced(image, mask, 0, workers)
        everything = Region(0, shape[0], 0, shape[1])
        totals, known = (
            run_again(each, pixels, workers).reshape(flat)
            for each, pixels in ((summed, whole), (counted, mask))
        )
        divide(everything, totals, known)
        return output.reshape(shape), gaps.reshape(shape)
    rows, columns, border = operation.rows, operation.columns, operation.border
    walk = rows, columns, border
    as_ever = operation.plan.cost
    costs: dict[str, Any] = {
        "nanoseconds": NANOSECONDS + _to_fill(operation),
        "as_ever": as_ever,
        "moved": operation.moved,
    }
    found = areas(*walk, mask, fill=fill, workers=workers, **costs)
    around = run_again(operation, image, workers).reshape(flat) if found.are_few else None
    output, gaps = begun(found, flat, channels, operation.dtype, around, workers)
    filled = Filled(image, mask, 0)

    def work(piece: Region) -> None:
        part, read = filled.part(rows, columns, border, piece)
        size = piece.last_row - piece.first_row, part.columns.outputs * channels
        total = of_thread.take("sums of piece", size, numbers).array()
        known = of_thread.take("counts of piece", size, numbers).array()
        there = Part(mask, rows, part.columns)
        # all windows count one tap, whichever part of them this is
        summed.ready(part).bind(read, total, of_thread)()
        counted.ready(there).bind(_read(rows, border, piece), known, of_thread)()
        divide(piece, total, known)

    nanoseconds = NANOSECONDS * channels
    in_pieces(found.mixed, _rows_at_once(operation), nanoseconds, workers, work)
    return output.reshape(shape), gaps.reshape(shape)


def _sum(operation: Fold, sums: np.dtype[np.generic], numbers: np.dtype[np.generic]) -> Fold:
    """Return the sums of windows, as means of windows that all count one tap."""
    assert operation.means is not None
    ones = (
        np.ones(len(counts) // 8, np.int64)
        for counts in (operation.means.row_counts, operation.means.column_counts)
    )
    means = Means.of(sums, numbers, *ones)
    return replace(operation, means=means, dtype=numbers, fill=0)


class _Padding:
    """Taps of a mean that count though they lie beyond the edge."""

    def __init__(self, operation: Fold) -> None:
        means = operation.means
        assert means is not None
        self._down = np.frombuffer(means.row_counts, np.int64)
        self._along = np.frombuffer(means.column_counts, np.int64)
        self._inside = self._down, self._along
        if operation.over_channels is None:
            self._inside = _inside(operation.rows), _inside(operation.columns)
        pairs = zip((self._down, self._along), self._inside, strict=True)
        self.counts = not all(np.array_equal(counted, inside) for counted, inside in pairs)

    def of(self, piece: Region, channels: int) -> NDArray[np.int64]:
        """Return how many they are, for each number of a region."""
        down, along = slice(*piece[:2]), slice(*piece[2:])
        all_taps = np.outer(self._down[down], self._along[along])
        inside = np.outer(self._inside[0][down], self._inside[1][along])
        return np.asarray(np.repeat(all_taps - inside, channels, axis=1))


def _inside(axis: Axis) -> NDArray[np.int64]:
    """Return how many taps of each window lie within the image."""
    taps = np.arange(axis.window) * axis.dilation - axis.before
    places = np.arange(axis.outputs)[:, np.newaxis] * axis.stride + taps
    return np.asarray(((places >= 0) & (places < axis.size)).sum(axis=1))
