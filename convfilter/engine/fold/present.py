"""Maxima, minima and means of what is there in each window.

Gaps hold what never wins, and add nothing to a sum. A mean is divided by the taps that count less
the gaps among them. Where a window holds nothing the result is missing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.fold.fold import Fold, Means
from convfilter.engine.operation import run_again
from convfilter.engine.planning import record
from convfilter.engine.window import target
from convfilter.engine.window.axes import Axis, Outline
from convfilter.engine.window.present import (
    Region,
    Result,
    mask_of,
    regions,
    replaced,
    rows_read,
    share_of_outputs,
)
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.missing import Present
from convfilter.runtime.threads import run_bands

MOST_ALONE = 0.5
"""Where fewer outputs see a gap, all others are computed as ever."""

AT_ONCE = 16
"""Rows of means that are made together."""

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
    rows, columns, shape = operation.rows, operation.columns, operation.output_shape
    outline = Outline(operation.outline.shape, BYTES)
    seen = replace(operation, outline=outline, dtype=BYTES, reduce="max", fill=int(present.fill))
    found = []
    if operation.over_channels is None:
        found = regions(rows, columns, operation.border, mask, fill=present.fill)
    if not found or share_of_outputs(rows, columns, found) > MOST_ALONE or not operation.in_parts:
        whole = replaced(image, mask, last, workers)
        output = run_again(operation, whole, workers).reshape(shape)
        return output, _gaps(seen, mask, output, last, workers)
    output = run_again(operation, image, workers)
    gaps = memory.empty(output.shape, np.bool_)
    gaps[:] = False
    whole = replaced(image, mask, last, workers, rows_read(rows, operation.border, found))
    for region in found:
        span = slice(*(column * shape[2] for column in (region.first_column, region.last_column)))
        outputs = slice(region.first_row, region.last_row), span
        of_values, of_mask = (
            _part(each, pixels, region, workers)
            for each, pixels in ((operation, whole), (seen, mask))
        )
        output[outputs], gaps[outputs] = of_values, of_mask == 0
    output[gaps] = 0
    return output.reshape(shape), gaps.reshape(shape)


def _part(operation: Fold, image: Array, region: Region, workers: int) -> Array:
    """Return the outputs of a region."""
    part = replace(
        operation,
        rows=operation.rows.part(region.first_row, region.last_row),
        columns=operation.columns.part(region.first_column, region.last_column),
    )
    return run_again(part, image, workers)


def _gaps(
    seen: Fold, mask: NDArray[np.uint8], output: Array, last: float, workers: int
) -> NDArray[np.bool_]:
    """Return where windows hold nothing, and make outputs 0 there."""
    if not (output == last).any():
        return np.zeros(output.shape, np.bool_)
    # what has won nothing may be a value of the image as well
    gaps: NDArray[np.bool_] = run_again(seen, mask, workers).reshape(output.shape) == 0
    if gaps.any():
        output[gaps] = 0
    return gaps


def _means(operation: Fold, image: Array, mask: NDArray[np.uint8], workers: int) -> Result:
    means, shape = operation.means, operation.output_shape
    assert means is not None
    total = run_again(_sum(operation, means.sums), replaced(image, mask, 0, workers), workers)
    outline = Outline(operation.outline.shape, BYTES)
    counted = _sum(replace(operation, outline=outline), np.dtype(np.int32))
    there = run_again(counted, mask, workers).reshape(shape)
    down = np.frombuffer(means.row_counts, np.int64)
    along = np.frombuffer(means.column_counts, np.int64)
    # of the taps that count, those that are no padding
    inside_down, inside_along = down, along
    if operation.over_channels is None:
        inside_down, inside_along = _inside(operation.rows), _inside(operation.columns)
    pads = not (np.array_equal(down, inside_down) and np.array_equal(along, inside_along))
    total = total.reshape(shape)
    output, gaps = memory.empty(shape, operation.dtype), memory.empty(shape, np.bool_)
    rows_of = output.reshape(shape[0], -1)

    def work(start: int, stop: int) -> None:
        for first in range(start, stop, AT_ONCE):
            rows = slice(first, min(first + AT_ONCE, stop))
            nothing = np.equal(there[rows], 0, out=gaps[rows])
            divisor = there[rows]
            if pads:
                padding = _outer(down[rows], along) - _outer(inside_down[rows], inside_along)
                divisor = divisor + padding
            with np.errstate(divide="ignore", invalid="ignore"):
                quotient = np.divide(total[rows], divisor, out=total[rows])
            if nothing.any():
                quotient[nothing] = 0
            target.storing(quotient.reshape(len(quotient), -1), rows_of)(first, 0)

    run_bands(shape[0], shape[1] * shape[2] * NANOSECONDS, workers, work)
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
