"""Means and sums of rectangles, at a cost that hardly grows with the rectangle.

The sums of columns are kept from row to row: a row enters, a row leaves (McDonnell, *Box-filtering
techniques*, 1981). Along the rows the sums of narrow windows are added up, those of wide ones run.
Sums of integers are integers and exact, so it does not matter where they begin. Sums of float32 are
float64; they begin anew at fixed rows, and serve images without NaN and infinity only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from convfilter.engine import costs
from convfilter.engine.geometry import Axis, Border
from convfilter.engine.plan import ROUNDING_ALLOWANCE, UNIT_ROUNDOFF, Plan, Request
from convfilter.engine.schedule import Schedule, Weights
from convfilter.engine.strips import StripReader
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.threads import run_bands

RESTART_ROWS = 128
"""Rows after which sums of floats begin anew, at least; higher windows have longer runs."""

WIDE = 10
"""From this width on sums run along the row, in the loop as well."""


def plan_box(kernel: Weights, request: Request, integer: bool) -> Iterator[Plan]:
    """Yield the plan for a kernel of equal weights over dense windows, if sums can run."""
    if not _serves(request):
        return
    rows, columns = kernel.shape
    why = f"{rows}x{columns} of equal weights: sums run down the columns"
    schedules = (Schedule.direct(kernel * request.scale),)
    single, double = np.dtype(np.float32), np.dtype(np.float64)
    if request.image_dtype.kind == "f":
        cost = costs.BOX["float64"]
        yield Plan("box", double, False, f"{why}, in float64", schedules, cost)
        return
    limits = np.iinfo(request.image_dtype)
    total = float(np.abs(kernel).sum()) * abs(request.scale)
    bound = total * max(-float(limits.min), float(limits.max)) + abs(request.offset)
    dtype = request.output_dtype
    if integer:
        fits = bound < 2.0**24
    elif dtype.kind == "f":
        fits = dtype == single and 1e-25 < total < 1e25 and abs(request.offset) < 1e30
    else:
        fits = 4 * UNIT_ROUNDOFF * bound <= ROUNDING_ALLOWANCE[dtype.name]
    accumulator = single if fits else double
    exact = integer and bound < 2.0**53
    why = f"{why}, whole; scaled in {accumulator}"
    yield Plan("box", accumulator, exact, why, schedules, costs.BOX[accumulator.name])


def _serves(request: Request) -> bool:
    """Tell whether sums are served: of integers, or of float32 to float32."""
    dtype, fill = request.image_dtype, request.fill
    if dtype.kind == "f":
        return dtype == request.output_dtype == np.float32 and abs(fill) < 1e30
    limits = np.iinfo(dtype)
    inside = fill == int(fill) and limits.min <= fill <= limits.max
    return request.border != "constant" or inside


def run_box(
    image: Array,
    rows: Axis,
    columns: Axis,
    border: Border,
    fill: float,
    *,
    weight: float,
    offset: float,
    arithmetic: np.dtype[Any],
    dtype: np.dtype[Any],
    workers: int,
) -> tuple[Array, int]:
    """Return ``weight * sum + offset`` of every window, (rows, columns * channels).

    The line is computed in the float dtype `arithmetic`. Integers are rounded half to even and
    saturated. Also returns how many values of the image were not finite: if any, the result means
    nothing.
    """
    channels = image.shape[2]
    reader = StripReader(image, rows, columns, border, fill, image.dtype, reads=False)
    of_columns, of_windows = _sums(image.dtype, rows.window, columns.window)
    line = np.array([weight, offset], arithmetic)
    mean = loop(
        "engine.loops.box.mean", S=image.dtype, T=line.dtype, U=of_columns, V=of_windows, D=dtype
    )
    taps = rows.window * columns.window
    limits = _limits(image.dtype, dtype, weight * taps, offset)
    of_bytes = image.dtype == dtype == np.uint8 and offset == 0 and abs(weight * taps - 1) < 1e-9
    if of_bytes and rows.window == columns.window and rows.window in (3, 5):
        limits = (*limits[:2], 3)
    width = image.shape[1] * channels
    blank = np.full(width, fill if border == "constant" else 0, image.dtype)
    restart = rows.outputs + 1
    if image.dtype.kind == "f":
        restart = max(RESTART_ROWS, 4 * rows.window)
    bad: list[int] = []
    output = memory.empty((rows.outputs, reader.output_length), dtype)

    def work(start: int, stop: int) -> None:
        first = start - start % restart if image.dtype.kind == "f" else start
        arguments = (
            *reader.sources(first, stop - first),
            rows.window,
            columns.window,
            restart,
            start - first,
            line,
            *limits,
            blank,
            np.empty(reader.row_length, of_columns),
            np.empty((2, reader.row_length), of_columns),
            np.empty(reader.output_length, of_windows),
            output[start:stop],
        )
        bad.append(mean(*arguments))

    run_bands(rows.outputs, reader.output_length * costs.BOX[arithmetic.name], workers, work)
    return output, sum(bad)


def _sums(dtype: np.dtype[Any], rows: int, columns: int) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Return the dtypes of the sums of columns and of windows, which hold all sums on the way."""
    if dtype.kind == "f":
        return np.dtype(np.float64), np.dtype(np.float64)
    limits = np.iinfo(dtype)
    peak = max(-int(limits.min), int(limits.max))
    wide = columns >= WIDE
    # what enters is added before what leaves is taken away; wide windows add up eight columns
    of_columns = (8 if wide else 1) * (rows + 1) * peak
    of_windows = rows * (columns + (2 * 16 if wide else 0)) * peak
    narrow = limits.min == 0 and of_columns < 2**16
    if narrow and of_windows < 2**16 and not wide:
        return np.dtype(np.uint16), np.dtype(np.uint16)
    larger = np.dtype(np.int32 if max(of_windows, of_columns) < 2**31 else np.int64)
    return np.dtype(np.uint16) if narrow else larger, larger


def _limits(
    source: np.dtype[Any], dtype: np.dtype[Any], gain: float, offset: float
) -> tuple[int, int, int]:
    """Return lowest and highest result, and whether results are rounded (1) and saturated (2)."""
    if dtype.kind == "f":
        return 0, 0, 0
    limits, given = np.iinfo(dtype), np.iinfo(source)
    ends = [gain * given.min + offset, gain * given.max + offset]
    within = limits.min - 0.25 < min(ends) and max(ends) < limits.max + 0.25
    return limits.min, limits.max, 1 if within else 2
