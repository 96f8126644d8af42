"""Ranks among what is there in each window.

Gaps hold the highest value there is, so that they come after all others. Of so many values that are
there, the one asked for then stands at an index of their own.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.fold.fold import Fold
from convfilter.engine.operation import attempt, run_again
from convfilter.engine.planning import Plan, choose, record
from convfilter.engine.rank.rank import Among, Own, Rank, Strips, index_of
from convfilter.engine.rank.sorting import plan_of_sorting
from convfilter.engine.window.present import (
    Region,
    Result,
    areas,
    begun,
    holds_nan,
    in_pieces,
    mask_of,
    replaced,
)
from convfilter.engine.window.source import Part, Source
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import LINE_BYTES, of_thread
from convfilter.runtime.missing import Present

NANOSECONDS = 1.0
"""Of an output, beside what it takes to find a rank."""

STRIP_BYTES = 1 << 21
"""Of the padded rows of a piece."""

BYTES = np.dtype(np.uint8)


def over_present(operation: Rank, image: Array, present: Present, workers: int) -> Result:
    """Find ranks among what is there of an image (H, W, C)."""
    mask = mask_of(present)
    last = math.inf if operation.dtype.kind == "f" else limits_of(operation.dtype)[1]
    if not present.fill:
        operation = replace(operation, fill=last)
    shape = operation.output_shape
    walk = operation.rows, operation.columns, operation.border
    plan = _planned(operation)
    cost = NANOSECONDS + plan.cost
    as_ever = operation.plan.cost
    costs: dict[str, Any] = {"nanoseconds": cost, "as_ever": as_ever, "moved": operation.moved}
    found = areas(*walk, mask, fill=present.fill, workers=workers, **costs)
    flat = shape[0], shape[1] * shape[2]
    output = None
    if found.are_few:
        output = _beside_gaps(operation, image, mask, present, last, workers).reshape(flat)
    output, gaps = begun(found, flat, shape[2], operation.dtype, output, workers)
    record(replace(plan, reason=f"{plan.reason}; among what is there"))
    if found.mixed:
        how = operation, plan, (image, mask), last, present.fill
        if _fill(found.mixed, *how, output, gaps, workers):
            _spread_nan(operation, replaced(image, mask, -math.inf, workers), output, workers)
    return output.reshape(shape), gaps.reshape(shape)


def _beside_gaps(
    operation: Rank,
    image: Array,
    mask: NDArray[np.uint8],
    present: Present,
    last: float,
    workers: int,
) -> Array:
    """Return the ranks whose windows see no gap, among others that mean nothing."""
    output, bad = attempt(replace(operation, holds_nan=False), image, workers)
    if bad and not present.has_no_nan and holds_nan(image, mask, workers):
        output = run_again(operation, replaced(image, mask, last, workers), workers)
    return output


def _planned(operation: Rank) -> Plan:
    """Return the cheapest plan that can look for another index in every window."""
    ways = [plan for plan in operation.ways() if plan.algorithm != "network"]
    sorting = plan_of_sorting(operation)
    return choose(ways if sorting is None else [*ways, sorting])


def _fill(
    found: Sequence[Region],
    operation: Rank,
    plan: Plan,
    pixels: tuple[Array, NDArray[np.uint8]],
    highest: float,
    fill_is_there: bool,
    output: Array,
    gaps: NDArray[np.bool_],
    workers: int,
) -> int:
    """Put ranks into regions of outputs; return how many strips hold NaN."""
    image, mask = pixels
    rows, border, channels = operation.rows, operation.border, operation.outline.shape[2]
    sources = rows.sources(border)
    nans: list[int] = []

    def work(piece: Region) -> None:
        columns = operation.columns.part(piece.first_column, piece.last_column)
        last = (piece.last_row - 1) * rows.stride + rows.reach
        read = sources[piece.first_row * rows.stride : last]
        part = Part(image, rows, columns)
        assert plan.ready is not None
        ready = plan.ready(operation, part)
        assert isinstance(ready, Strips)
        where = piece.slices(channels)
        shape = piece.last_row - piece.first_row, ready.source.output_length
        kind = ready.indices_dtype
        counted = of_thread.take("counts of strip", shape, kind).array()
        missing = of_thread.take("gaps of strip", shape, BYTES).array()
        there = Source(Part(mask, rows, columns), border, float(fill_is_there), BYTES)
        strip = of_thread.take("mask of strip", (there.height(shape[0]), there.row_length), BYTES)
        padded = there.strip(read, 0, shape[0], strip.array())
        tap_columns = there.tap_columns
        length = shape[1] + int(tap_columns.max())
        loop("engine.rank.loops.among.count", C=kind)(
            padded,
            rows.stride,
            np.arange(rows.window, dtype=np.int64) * rows.dilation,
            tap_columns,
            of_thread.take("counts of columns", length, kind),
            missing,
            counted,
        )
        own = Own(counted, _indices(operation.percent, operation.taps, kind.str))
        out = of_thread.take("ranks of strip", shape, output.dtype).array()
        among = Among(own, padded, highest)
        nans.append(ready.bind(read, out, of_thread, among)())
        loop("engine.rank.loops.among.clear", S=output.dtype)(missing, out)
        output[where] = out
        gaps[where] = missing.view(np.bool_)

    def rows_at_once(region: Region) -> int:
        columns = operation.columns.part(region.first_column, region.last_column)
        length = columns.extent * channels * operation.dtype.itemsize
        least = 256 if plan.algorithm == "histogram" else 2 * rows.reach
        return max(STRIP_BYTES // length - rows.reach, least) // rows.stride + 1

    found = [region.wide_enough(operation.columns, LINE_BYTES) for region in found]
    in_pieces(found, rows_at_once, (NANOSECONDS + plan.cost) * channels, workers, work)
    return sum(nans)


@functools.lru_cache(maxsize=32)
def _indices(percent: float, taps: int, kind: str) -> Array:
    """Return the index of the value that is asked for among so many, by their number."""
    return np.array([max(index_of(percent, count), 0) for count in range(taps + 1)], kind)


def _spread_nan(operation: Rank, image: Array, output: Array, workers: int) -> None:
    """Make ranks NaN whose windows hold one that is there: the maximum is NaN, too."""
    fill = -math.inf if operation.fill == math.inf else operation.fill
    window = operation.rows, operation.columns, operation.border, fill
    peaks = run_again(Fold(operation.outline, *window, operation.dtype, "max"), image, workers)
    output[np.isnan(peaks).reshape(output.shape)] = np.nan
