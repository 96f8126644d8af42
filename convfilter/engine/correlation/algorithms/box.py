"""Means and sums of rectangles, at a cost that hardly grows with the rectangle.

**Integers.** The sums of columns are kept from row to row: a row enters, a row leaves (McDonnell,
*Box-filtering techniques*, 1981). Along the rows the sums of narrow windows are added up, those of
wide ones run. They are exact, so it does not matter where they begin.

**Floats** would not forget what has left: beside one large value, small ones that come after it
would be lost. So nothing is ever taken away from their sums. Down the columns, rows are in blocks
as high as the window, at fixed places of the output; each window is the end of a block and the
beginning of the next (van Herk's method, as for maxima). Along the rows, sums of two neighbours
make sums of four, these of eight, and those that make up the width are added. What is not in a
window never touches its sum: its error is of its own values alone, values without negatives have
sums without, and NaN and infinity reach their own windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from convfilter.engine.correlation import costs
from convfilter.engine.correlation.accuracy import (
    DOUBLE,
    RELATIVE_ALLOWANCE,
    ROUNDING_ALLOWANCE,
    SINGLE,
    UNIT_ROUNDOFF,
)
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.layout import WIDE, Combine
from convfilter.engine.planning import Plan, required_place
from convfilter.engine.window import target
from convfilter.engine.window.source import Part, Source
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import Scratch, of_thread
from convfilter.runtime.threads import run_bands
from convfilter.runtime.watching import in_pieces

MOST_ROWS_IN_SINGLE = 110
"""Rows of float32 whose sums are float32 on the way; those of more rows are float64."""

CHUNK = 1024
"""Sums along a row that are made together at least: what they are made of stays in the first cache.

A window's width more has to be read for them.
"""


def ways(operation: Correlation) -> Iterator[Plan]:
    """Yield the plan for a kernel of equal weights over dense windows, if sums can run."""
    kernel = operation.kernels[0]
    if not operation.is_dense or operation.combine != Combine.NONE or kernel.size == 1:
        return
    if operation.needs_range or operation.only_sums or kernel.flat[0] == 0 or np.ptp(kernel):
        return
    if not _is_in_range(operation):
        return
    why = f"{operation.size_in_words} of equal weights: sums"
    if not operation.is_of_integers:
        arithmetic = SINGLE if _adds_in_single(operation) else DOUBLE
        why = f"{why} of blocks of rows, in {arithmetic}"
        cost = costs.BOX_OF_FLOATS[arithmetic.name]
        yield Plan("box", arithmetic, False, why, cost, run=_run, bind=_bind)
        return
    arithmetic = SINGLE if _fits_single(operation) else DOUBLE
    exact = operation.is_integer and operation.largest < 2.0**53
    why = f"{why} run down the columns, whole; scaled in {arithmetic}"
    cost = costs.BOX[arithmetic.name]
    yield Plan("box", arithmetic, exact, why, cost, run=_run, bind=_bind)


def _adds_in_single(operation: Correlation) -> bool:
    """Tell whether sums of float32 may be float32: few roundings, far from the ends of its range.

    The longest path goes down the rows of a window, if not in float64, and along its columns twice
    through each sum that is twice as wide as the one before.
    """
    rows, columns = operation.rows.window, operation.columns.window
    down = rows if rows <= MOST_ROWS_IN_SINGLE else 2
    along = 2 * columns.bit_length() if columns >= WIDE else columns
    within = (down + along + 4) * UNIT_ROUNDOFF <= RELATIVE_ALLOWANCE["float32"]
    least = min(operation.absolute_sums[0], abs(float(operation.scaled[0].flat[0])))
    in_range = least > 1e-25 and operation.absolute_sums[0] < 1e25
    return within and in_range and max(abs(operation.fill), abs(operation.offset)) < 1e25


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


Bound = Callable[[int, int, Array, Scratch], Callable[[], int | None]]
"""Binds output rows, from one to another, to memory for them and memory to work in."""


def _run(operation: Correlation, image: Array, workers: int) -> tuple[Array, int]:
    """Return the output (rows, columns * channels) and how many numbers were not finite."""
    source = _source(operation, image)
    outputs = source.rows.outputs
    output = memory.empty((outputs, source.output_length), operation.dtype)
    bound = _bound(operation, source)
    bad: list[int] = []

    def work(start: int, stop: int) -> None:
        bad.append(bound(start, stop, output[start:stop], of_thread)() or 0)

    work_on = in_pieces(source.image, outputs, work)
    run_bands(outputs, source.output_length * operation.plan.cost, workers, work_on)
    return output, sum(bad)


def _bind(
    operation: Correlation, image: Array, out: Array, scratch: Scratch
) -> Callable[[], int | None]:
    source = _source(operation, image)
    return _bound(operation, source)(0, source.rows.outputs, out, scratch)


def _source(operation: Correlation, image: Array) -> Source:
    part = Part(image, operation.rows, operation.columns)
    return Source(part, operation.border, operation.fill, image.dtype)


def _bound(operation: Correlation, source: Source) -> Bound:
    if not operation.is_of_integers:
        return _sums_of_floats(operation, source)
    if _is_mean_of_bytes(operation):
        return _means_of_bytes(operation, source)
    return _sums_of_integers(operation, source)


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


def _means_of_bytes(operation: Correlation, source: Source) -> Bound:
    mean = loop("engine.correlation.loops.box.mean_of_bytes")

    def bound(start: int, stop: int, out: Array, scratch: Scratch) -> Callable[[], None]:
        rows = source.row_sources(start, stop - start)
        return mean.bind(
            source.record_in_place(rows),
            target.record(out, SINGLE),
            stop - start,
            source.rows.window,
            scratch.take("padded", source.row_length, np.dtype(np.uint16)),
            keep=(source, rows, out),
        )

    return bound


def _sums_of_integers(operation: Correlation, source: Source) -> Bound:
    rows, columns, image_dtype = source.rows, source.columns, source.image_dtype
    of_columns, of_windows = _sums(image_dtype, rows.window, columns.window)
    add = loop("engine.correlation.loops.box.add_rows", S=image_dtype, U=of_columns)
    run = loop("engine.correlation.loops.box.run", U=of_columns, V=of_windows)
    store = _stored_as(operation, of_windows)

    def bound(start: int, stop: int, out: Array, scratch: Scratch) -> Callable[[], None]:
        read = source.row_sources(start, stop - start)
        return run.bind(
            source.record_in_place(read),
            store(out),
            add.address,
            stop - start,
            rows.window,
            columns.window,
            scratch.take("padded", source.row_length, of_columns),
            scratch.take("both", (2, source.row_length), of_columns),
            scratch.take("sums", source.output_length, of_windows),
            keep=(source, read, out),
        )

    return bound


def _sums_of_floats(operation: Correlation, source: Source) -> Bound:
    """Bind sums whose call returns how many are NaN or infinite."""
    rows, columns, sums = source.rows, source.columns, operation.plan.accumulator
    down = sums if rows.window <= MOST_ROWS_IN_SINGLE else DOUBLE
    join = loop("engine.correlation.loops.box.join_rows", S=source.image_dtype, U=sums, A=down)
    add = loop("engine.correlation.loops.box.add", U=sums, A=down)
    halo = (columns.window - 1) * source.channels
    length, chunk = source.row_length, max(CHUNK, halo) + halo
    store = _stored_as(operation, sums)
    place = required_place(operation.outline.shape[:2])
    origin = 0 if place is None else place.origin[0]

    def bound(start: int, stop: int, out: Array, scratch: Scratch) -> Callable[[], int]:
        # blocks lie at fixed places of the whole; of one that began before a part, rows that are
        # not there belong to no window of its outputs
        first = start - (start + origin) % rows.window
        read = source.row_sources(max(first, 0), stop - max(first, 0))
        if first < 0:
            read = np.concatenate([np.repeat(read[:1], -first), read])
        return add.bind(
            source.record_in_place(read),
            store(out),
            join.address,
            stop - start,
            rows.window,
            columns.window,
            start - first,
            scratch.take("tails", (rows.window, length), sums),
            scratch.take("running", length, down),
            scratch.take("padded", length, sums),
            scratch.take("few", (2, chunk), sums),
            scratch.take("sums", source.output_length, sums),
            keep=(source, read, out),
        )

    return bound


def _stored_as(operation: Correlation, sums: np.dtype[Any]) -> Callable[[Array], bytes]:
    """Return what makes the record for storing sums of a dtype in rows of outputs."""
    arithmetic = operation.plan.accumulator
    types = {"T": arithmetic, "D": operation.dtype, "V": sums}
    store = loop("engine.correlation.loops.box.store_scaled", **types)
    weight = float(operation.scaled[0].flat[0])

    def stored(out: Array) -> bytes:
        return target.stored_by(store, out, arithmetic, offset=operation.offset, factor=weight)

    return stored


def _sums(dtype: np.dtype[Any], rows: int, columns: int) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Return the dtypes of the sums of columns and of windows, which hold all sums on the way."""
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
