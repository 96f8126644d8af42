"""Maxima, minima and means of what is there in each window.

Gaps hold what never wins, and add nothing to a sum. A mean is divided by the taps that count less
the gaps among them. Where a window holds nothing the result is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

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

STRIP_BYTES = 1 << 18
"""Of the rows of a piece."""

NANOSECONDS_TO_FILL = 0.1
"""Of a value."""

NANOSECONDS = 2.0
"""Of a mean."""

BYTES, DOUBLE = np.dtype(np.uint8), np.dtype(np.float64)


def over_present(operation: Fold, image: Array, present: Present, workers: int) -> Result:
    """Fold what is there of an image (H, W, C)."""
    mask = mask_of(present)
    record(replace(operation.plan, reason=f"{operation.plan.reason}; of what is there"))
    if operation.means is not None:
        return _means(operation, image, mask, workers)
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
    found = areas(rows, columns, border, mask, fill=present.fill, workers=workers)
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

    nanoseconds = (operation.plan.cost + NANOSECONDS_TO_FILL) * channels
    in_pieces(found.mixed, _rows_at_once(operation), nanoseconds, workers, work)
    return output.reshape(shape), gaps.reshape(shape)


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


def _means(operation: Fold, image: Array, mask: NDArray[np.uint8], workers: int) -> Result:
    means, shape = operation.means, operation.output_shape
    assert means is not None
    outline = Outline(operation.outline.shape, BYTES)
    summed, counted = (
        _sum(operation, means.sums),
        _sum(replace(operation, outline=outline), np.dtype(np.int32)),
    )
    down = np.frombuffer(means.row_counts, np.int64)
    along = np.frombuffer(means.column_counts, np.int64)
    # of the taps that count, those that are no padding
    inside_down, inside_along = down, along
    if operation.over_channels is None:
        inside_down, inside_along = _inside(operation.rows), _inside(operation.columns)
    pads = not (np.array_equal(down, inside_down) and np.array_equal(along, inside_along))
    output, gaps = memory.empty(shape, operation.dtype), memory.empty(shape, np.bool_)
    rows_of, gaps_of = output.reshape(shape[0], -1), gaps.reshape(shape[0], -1)

    def divide(first: int, total: Array, there: Array) -> None:
        stop = first + len(total)
        divisor = there
        if pads:
            padding = _outer(down[first:stop], along) - _outer(
                inside_down[first:stop], inside_along
            )
            divisor = there + np.repeat(padding, shape[2], axis=2).reshape(there.shape)
        stores = target.record(
            rows_of[first:stop], DOUBLE, finite=operation.outline.dtype.kind != "f"
        )
        loop("engine.fold.loops.gaps.divide")(
            stores,
            total,
            there,
            np.ascontiguousarray(divisor, DOUBLE),
            gaps_of[first:stop].view(BYTES),
            of_thread.take("means of row", rows_of.shape[1], DOUBLE),
        )

    if operation.over_channels is not None:
        whole = replaced(image, mask, 0, workers)
        totals, counts = (
            run_again(each, pixels, workers).reshape(rows_of.shape)
            for each, pixels in ((summed, whole), (counted, mask))
        )
        divide(0, totals, counts)
        return output, gaps
    rows, columns, border = operation.rows, operation.columns, operation.border
    filled = Filled(image, mask, 0)

    def work(piece: Region) -> None:
        part, read = filled.part(rows, columns, border, piece)
        count = piece.last_row - piece.first_row, rows_of.shape[1]
        total = of_thread.take("sums of piece", count, DOUBLE).array()
        there = of_thread.take("counts of piece", count, DOUBLE).array()
        summed.ready(part).bind(read, total, of_thread)()
        taken = _read(rows, border, piece)
        counted.ready(Part(mask, rows, columns)).bind(taken, there, of_thread)()
        divide(piece.first_row, total, there)

    everything = Region(0, shape[0], 0, shape[1])
    nanoseconds = NANOSECONDS * shape[2]
    in_pieces([everything], _rows_at_once(operation), nanoseconds, workers, work)
    return output, gaps


def _sum(operation: Fold, sums: np.dtype[np.generic]) -> Fold:
    """Return the sums of windows, as means of windows that all count one tap."""
    assert operation.means is not None
    ones = (
        np.ones(len(counts) // 8, np.int64)
        for counts in (operation.means.row_counts, operation.means.column_counts)
    )
    return replace(operation, means=Means.of(sums, DOUBLE, *ones), dtype=DOUBLE, fill=0)


def _outer(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(rows[:, np.newaxis, np.newaxis] * columns[:, np.newaxis])


def _inside(axis: Axis) -> NDArray[np.int64]:
    """Return how many taps of each window lie within the image."""
    taps = np.arange(axis.window) * axis.dilation - axis.before
    places = np.arange(axis.outputs)[:, np.newaxis] * axis.stride + taps
    return np.asarray(((places >= 0) & (places < axis.size)).sum(axis=1))
