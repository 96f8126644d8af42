"""Ranks among what is there in each window.

Gaps hold the highest value there is, so that they come after all others. Of so many values that are
there, the one asked for then stands at an index of their own.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.layout import Combine
from convfilter.engine.fold.fold import Fold
from convfilter.engine.operation import attempt, run_again
from convfilter.engine.planning import Plan, choose, record
from convfilter.engine.rank.rank import Own, Rank, Strips, index_of
from convfilter.engine.rank.sorting import plan_of_sorting
from convfilter.engine.window.axes import Outline
from convfilter.engine.window.present import (
    Region,
    Result,
    mask_of,
    regions,
    replaced,
    rows_read,
    share_of_outputs,
)
from convfilter.engine.window.source import Part
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.memory import LINE_BYTES, of_thread
from convfilter.runtime.missing import Present
from convfilter.runtime.threads import run_bands

MOST_ALONE = 0.5
"""Where fewer outputs see a gap, all others are computed as ever."""

BYTES = np.dtype(np.uint8)


def over_present(operation: Rank, image: Array, present: Present, workers: int) -> Result:
    """Find ranks among what is there of an image (H, W, C)."""
    mask = mask_of(present)
    last = math.inf if operation.dtype.kind == "f" else limits_of(operation.dtype)[1]
    if not present.fill:
        operation = replace(operation, fill=last)
    rows, columns, shape = operation.rows, operation.columns, operation.output_shape
    found = regions(rows, columns, operation.border, mask, fill=present.fill)
    flat = shape[0], shape[1] * shape[2]
    if share_of_outputs(rows, columns, found) < MOST_ALONE:
        output = _beside_gaps(operation, image, mask, last, workers).reshape(flat)
    else:
        found = [Region(0, shape[0], 0, shape[1])]
        output = memory.empty(flat, operation.dtype)
    whole = replaced(image, mask, last, workers, rows_read(rows, operation.border, found))
    plan = _planned(operation)
    record(replace(plan, reason=f"{plan.reason}; among what is there"))
    gaps = memory.empty(flat, np.bool_)
    gaps[:] = False
    counting = _counting(operation, present.fill)
    if found:
        counts = run_again(counting, mask, workers).reshape(flat)
        nans = sum(
            _fill(region, operation, plan, whole, counts, output, gaps, workers) for region in found
        )
        if nans:
            _spread_nan(operation, replaced(image, mask, -math.inf, workers), output, workers)
    return output.reshape(shape), gaps.reshape(shape)


def _beside_gaps(
    operation: Rank, image: Array, mask: NDArray[np.uint8], last: float, workers: int
) -> Array:
    """Return the ranks whose windows see no gap, among others that mean nothing."""
    output, bad = attempt(replace(operation, holds_nan=False), image, workers)
    if bad and np.isnan(image[mask != 0]).any():
        output = run_again(operation, replaced(image, mask, last, workers), workers)
    return output


def _planned(operation: Rank) -> Plan:
    """Return the cheapest plan that can look for another index in every window."""
    ways = [plan for plan in operation.ways() if plan.algorithm != "network"]
    sorting = plan_of_sorting(operation)
    return choose(ways if sorting is None else [*ways, sorting])


def _counting(operation: Rank, fill_is_there: bool) -> Correlation:
    """Return the operation that counts the values that are there in each window."""
    taps = operation.taps
    dtype = np.uint8 if taps < 2**8 else np.int16 if taps < 2**15 else np.float64
    height, width = operation.rows.window, operation.columns.window
    return Correlation(
        outline=Outline(operation.outline.shape, BYTES),
        rows=operation.rows,
        columns=operation.columns,
        border=operation.border,
        fill=float(fill_is_there),
        dtype=np.dtype(dtype),
        kernels=(np.ones((height, width)),),
        combine=Combine.NONE,
        scale=1.0,
        offset=0.0,
    )


def _fill(
    region: Region,
    operation: Rank,
    plan: Plan,
    image: Array,
    counts: Array,
    output: Array,
    gaps: NDArray[np.bool_],
    workers: int,
) -> int:
    """Put ranks into a region of outputs; return how many strips hold NaN."""
    rows, channels = operation.rows, operation.outline.shape[2]
    region = region.wide_enough(operation.columns, LINE_BYTES)  # for a vector
    span = slice(region.first_column * channels, region.last_column * channels)
    columns = operation.columns.part(region.first_column, region.last_column)
    assert plan.ready is not None
    ready = plan.ready(operation, Part(image, rows, columns))
    assert isinstance(ready, Strips)
    sources = rows.sources(operation.border)
    at_once, width = ready.most_rows(), span.stop - span.start
    taps = np.arange(operation.taps + 1)
    indices = np.array(
        [max(index_of(operation.percent, int(count)), 0) for count in taps], ready.indices_dtype
    )
    nans: list[int] = []

    def work(start: int, stop: int) -> None:
        for first in range(region.first_row + start, region.first_row + stop, at_once):
            last = min(first + at_once, region.first_row + stop)
            there = counts[first:last, span]
            np.equal(there, 0, out=gaps[first:last, span])
            own = Own(np.ascontiguousarray(there, indices.dtype), indices)
            out = of_thread.take("ranks of strip", (last - first, width), output.dtype).array()
            read = sources[first * rows.stride : (last - 1) * rows.stride + rows.reach]
            nans.append(ready.bind(read, out, of_thread, own)())
            if gaps[first:last, span].any():
                out[gaps[first:last, span]] = 0
            output[first:last, span] = out

    run_bands(region.last_row - region.first_row, width * plan.cost, workers, work)
    return sum(nans)


def _spread_nan(operation: Rank, image: Array, output: Array, workers: int) -> None:
    """Make ranks NaN whose windows hold one that is there: the maximum is NaN, too."""
    fill = -math.inf if operation.fill == math.inf else operation.fill
    window = operation.rows, operation.columns, operation.border, fill
    peaks = run_again(Fold(operation.outline, *window, operation.dtype, "max"), image, workers)
    output[np.isnan(peaks).reshape(output.shape)] = np.nan
