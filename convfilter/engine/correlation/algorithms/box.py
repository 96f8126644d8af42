"""Means and sums of rectangles, at a cost that hardly grows with the rectangle.

The sums of columns are kept from row to row: a row enters, a row leaves (McDonnell, *Box-filtering
techniques*, 1981). Along the rows the sums of narrow windows are added up, those of wide ones run.
Sums of integers are integers and exact, so it does not matter where they begin. Sums of float32 are
float64 and begin anew at fixed rows. NaN and infinity would stay in them: images that hold such
values go to another algorithm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from convfilter.engine.correlation import costs
from convfilter.engine.correlation.accuracy import DOUBLE, ROUNDING_ALLOWANCE, SINGLE, UNIT_ROUNDOFF
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.layout import WIDE, Combine
from convfilter.engine.planning import Plan
from convfilter.engine.window import target
from convfilter.engine.window.source import Part, Source
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.compiled import loop
from convfilter.runtime.threads import run_bands

RESTART_ROWS = 128
"""Rows after which sums of floats begin anew, at least; higher windows have longer runs."""


def ways(operation: Correlation) -> Iterator[Plan]:
    """Yield the plan for a kernel of equal weights over dense windows, if sums can run."""
    kernel = operation.kernels[0]
    if not operation.is_dense or operation.combine != Combine.NONE or kernel.size == 1:
        return
    if operation.needs_range or operation.only_sums or kernel.flat[0] == 0 or np.ptp(kernel):
        return
    if not _is_in_range(operation):
        return
    why = f"{operation.size_in_words} of equal weights: sums run down the columns"
    arithmetic: np.dtype[Any] = DOUBLE
    exact = False
    if not operation.is_of_integers:
        why = f"{why}, in float64"
    else:
        arithmetic = SINGLE if _fits_single(operation) else DOUBLE
        exact = operation.is_integer and operation.largest < 2.0**53
        why = f"{why}, whole; scaled in {arithmetic}"
    cost = costs.BOX[arithmetic.name]
    yield Plan("box", arithmetic, exact, why, cost, run=_run, any_values=False)


def _is_in_range(operation: Correlation) -> bool:
    """Tell whether sums can be held: of integers, or of float32 to float32."""
    dtype, fill = operation.outline.dtype, operation.fill
    if not operation.is_of_integers:
        return dtype == operation.dtype == SINGLE and abs(fill) < 1e30
    lowest, highest = limits_of(dtype)
    return operation.border != "constant" or (fill == int(fill) and lowest <= fill <= highest)


def _fits_single(operation: Correlation) -> bool:
    """Tell whether sums of integers may be scaled in float32."""
    lowest, highest = limits_of(operation.outline.dtype)
    total = operation.absolute_sums[0]
    bound = total * max(-float(lowest), float(highest)) + abs(operation.offset)
    if operation.is_integer:
        return bound < 2.0**24
    if operation.dtype.kind == "f":
        return operation.dtype == SINGLE and 1e-25 < total < 1e25 and abs(operation.offset) < 1e30
    return 4 * UNIT_ROUNDOFF * bound <= ROUNDING_ALLOWANCE[operation.dtype.name]


def _run(operation: Correlation, image: Array, workers: int) -> tuple[Array, int]:
    """Return the output (rows, columns * channels) and how many numbers were not finite."""
    part = Part(image, operation.rows, operation.columns)
    source = Source(part, operation.border, operation.fill, image.dtype)
    output = memory.empty((source.rows.outputs, source.output_length), operation.dtype)
    run = _means_of_bytes if _is_mean_of_bytes(operation) else _means
    bad = run(operation, source, output, workers)
    return output, bad


def _is_mean_of_bytes(operation: Correlation) -> bool:
    """Tell whether it is a mean of bytes over squares of 3 or 5, which has a loop of its own."""
    window = operation.rows.window
    return (
        operation.outline.dtype == operation.dtype == np.uint8
        and window == operation.columns.window
        and window in (3, 5)
        and operation.offset == 0
        and abs(operation.scaled[0].sum() - 1) < 1e-9
    )


def _means_of_bytes(operation: Correlation, source: Source, output: Array, workers: int) -> int:
    mean = loop("engine.correlation.loops.box.mean_of_bytes")

    def work(start: int, stop: int) -> None:
        rows, out = source.row_sources(start, stop - start), output[start:stop]
        padded = np.empty(source.row_length, np.uint16)
        stored = target.record(out, SINGLE)
        mean(source.record_in_place(rows), stored, stop - start, source.rows.window, padded)

    _share_out(operation, source, workers, work)
    return 0


def _means(operation: Correlation, source: Source, output: Array, workers: int) -> int:
    rows, columns, image_dtype = source.rows, source.columns, source.image_dtype
    of_columns, of_windows = _sums(image_dtype, rows.window, columns.window)
    arithmetic = operation.plan.accumulator
    add = loop("engine.correlation.loops.box.add_rows", S=image_dtype, U=of_columns)
    types = {"T": arithmetic, "D": operation.dtype, "V": of_windows}
    store = loop("engine.correlation.loops.box.store_scaled", **types)
    mean = loop("engine.correlation.loops.box.mean", U=of_columns, V=of_windows)
    restart = rows.outputs + 1 if operation.is_of_integers else max(RESTART_ROWS, 4 * rows.window)
    weight = float(operation.scaled[0].flat[0])
    bad: list[int] = []

    def work(start: int, stop: int) -> None:
        first = start if operation.is_of_integers else start - start % restart
        read, out = source.row_sources(first, stop - first), output[start:stop]
        bad.append(
            mean(
                source.record_in_place(read),
                target.stored_by(store, out, arithmetic, offset=operation.offset, factor=weight),
                add.address,
                stop - start,
                rows.window,
                columns.window,
                restart,
                start - first,
                np.empty(source.row_length, of_columns),
                np.empty((2, source.row_length), of_columns),
                np.empty(source.output_length, of_windows),
            )
        )

    _share_out(operation, source, workers, work)
    return sum(bad)


def _share_out(operation: Correlation, source: Source, workers: int, work: Any) -> None:
    run_bands(source.rows.outputs, source.output_length * operation.plan.cost, workers, work)


def _sums(dtype: np.dtype[Any], rows: int, columns: int) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Return the dtypes of the sums of columns and of windows, which hold all sums on the way."""
    if dtype.kind == "f":
        return DOUBLE, DOUBLE
    lowest, highest = limits_of(dtype)
    peak = max(-lowest, highest)
    wide = columns >= WIDE
    # what enters is added before what leaves is taken away; wide windows add up eight columns
    of_columns = (8 if wide else 1) * (rows + 1) * peak
    of_windows = rows * (columns + (2 * 16 if wide else 0)) * peak
    narrow = lowest == 0 and of_columns < 2**16
    if narrow and of_windows < 2**16 and not wide:
        return np.dtype(np.uint16), np.dtype(np.uint16)
    larger = np.dtype(np.int32 if max(of_windows, of_columns) < 2**31 else np.int64)
    return np.dtype(np.uint16) if narrow else larger, larger
