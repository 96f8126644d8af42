"""Several operations one after the other, in one pass where that is faster.

In a pass the last output is cut into tiles. For each tile every operation computes what the next
one reads of it, and a few rows and columns around it, which neighbouring tiles compute once more.
So what lies between the operations never leaves the cache. An operation is given in a tile what it
would read in the whole image, borders among it, so its results are the same bits.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.operation import Operation, run, stand_in
from convfilter.engine.planning import least_side, record, within
from convfilter.engine.window import target
from convfilter.engine.window.axes import Axis
from convfilter.engine.window.source import Part
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import is_rehearsal
from convfilter.runtime.memory import Scratch, of_thread
from convfilter.runtime.threads import run_bands

TILE_BYTES = 5 << 19
"""What lies between the operations of a tile, about: most of it stays in a second cache of 2 MB.

From 2 to 4 MB make no difference there. With less, more rows around a tile are computed twice.
"""

TILE_COLUMNS = 4096
"""Elements of the widest row in a tile, at most but for what lies around it."""

PER_EFFORT = 0.05
"""Nanoseconds of a multiplication, with all that belongs to an operation."""

MEMORY_EFFORT = 16
"""Multiplications that take as long as writing an element to memory and reading it again."""


Span = tuple[int, int]
"""The first of some rows or columns, and the one after the last."""


def run_chain(
    image: Array, operations: Sequence[Operation], dtype: np.dtype[Any], workers: int
) -> Array:
    """Carry out operations over an image (H, W, C), each over the result of the one before it.

    Neighbours run in one pass where that is faster. The result (H', W', C') is of `dtype`: if the
    last operation gives floats and `dtype` is one of integers, they are rounded to nearest, ties to
    even, and saturated, and NaN becomes the lowest one.
    """
    left = list(operations)
    while left:
        count, tile = _next_pass(left)
        together, left = left[:count], left[count:]
        part, output = within(), None
        keys = [None if part is None else part.key(each.identity) for each in together]
        if tile is not None and not (part and part.findings.levels.keys() & {*keys}):
            together[0].check_values(image)
            last = together[-1].dtype if left else dtype
            output = _in_one_pass(image, together, tile, last, workers)
        if output is None:
            output = image
            for operation, key in zip(together, keys, strict=True):
                output = run(operation, output, workers, key)
        image = output
    return target.rounded_to(dtype, image, workers)


def _next_pass(operations: Sequence[Operation]) -> tuple[int, Span | None]:
    """Return how many of the first operations come next, and rows and columns of their tiles.

    There are no tiles where one operation comes alone.
    """
    alone = (not each.in_parts for each in operations)
    together = next((number for number, is_alone in enumerate(alone) if is_alone), len(operations))
    for count in range(together, 1, -1):
        tile = _tile(operations[:count])
        if tile is not None:
            return count, tile
    return 1, None


def _in_one_pass(
    image: Array,
    operations: Sequence[Operation],
    tile: Span,
    dtype: np.dtype[Any],
    workers: int,
) -> Array | None:
    """Run operations tile by tile.

    Returns None where they have to run one after the other: because a value between them is not
    finite, or too large or small for the arithmetic that was planned.
    """
    rows, columns = [each.rows for each in operations], [each.columns for each in operations]
    sources = [each.rows.sources(each.border) for each in operations]
    across = [each.columns.sources(each.border) for each in operations]
    height, width, channels = operations[-1].output_shape
    output = memory.empty((height, width * channels), dtype)
    given_up: list[bool] = []

    def work(start: int, stop: int) -> None:
        bands = _bands(rows, sources, (start, stop), tile[0])
        reads = [_reads(rows, sources, band) for band in bands]
        for spans in _bands(columns, across, (0, width), tile[1]):
            column = _Column(image, operations, bands[0], spans, output, of_thread)
            for band, read in zip(bands, reads, strict=True):
                if given_up:
                    return
                if not column.run(band, read):
                    given_up.append(True)

    efforts = [each.plan.effort * math.prod(each.output_shape) for each in operations]
    run_bands(height, PER_EFFORT * sum(efforts) / height, workers, work)
    if given_up and not is_rehearsal():
        return None
    for operation in operations:
        reason = f"{operation.plan.reason}; all steps in one pass"
        record(replace(operation.plan, reason=reason, in_one_pass=True))
    if is_rehearsal():
        return stand_in((height, width, channels), dtype)
    return output.reshape(height, width, channels)


class _Column:
    """All operations over one run of columns of the last output, band after band."""

    def __init__(
        self,
        image: Array,
        operations: Sequence[Operation],
        band: Sequence[Span],
        spans: Sequence[Span],
        output: Array,
        scratch: Scratch,
    ) -> None:
        """Bind all calls; every band has the heights of this one, and `spans` are the columns."""
        channels = image.shape[2]
        source, origin = image, 0
        self._calls: list[tuple[NDArray[np.int64], Callable[[], int | None], Array, bool]] = []
        following = [*operations[1:], None]
        for number, (operation, down, along) in enumerate(
            zip(operations, band[1:], spans[1:], strict=True)
        ):
            columns = operation.columns.part(*along)
            part = Part(source, operation.rows.part(*down), columns, (0, origin))
            shape = down[1] - down[0], columns.outputs, channels
            lent = scratch.take(f"output {number}", shape, operation.dtype)
            source, origin = lent.array(), along[0]
            rows = np.empty(part.rows.extent, np.int64)
            out = source.reshape(shape[0], -1)
            call = operation.ready(part).bind(rows, out, scratch)
            minds_nan = not operation.counts_nan and _makes_integers(following[number])
            self._calls.append((rows, call, out, minds_nan))
        self._left = spans[-1][0] * channels
        self._store = target.storing(out, output)

    def run(self, band: Sequence[Span], sources: Sequence[NDArray[np.int64]]) -> bool:
        """Compute a band, of which each operation reads those padded rows; tell if all is well."""
        for (rows, call, out, minds_nan), read in zip(self._calls, sources, strict=True):
            np.copyto(rows, read)
            if call() or (minds_nan and np.isnan(out).any()):
                return False
        return not self._store(band[-1][0], self._left)


def _makes_integers(operation: Operation | None) -> bool:
    """Tell whether an operation makes integers of floats, and therefore refuses NaN."""
    return operation is not None and operation.outline.dtype.kind == "f" != operation.dtype.kind


def _tile(operations: Sequence[Operation]) -> Span | None:
    """Return rows and columns of a tile, or None where one after the other is faster."""
    rows = _reckoned([each.rows for each in operations])
    columns = _reckoned([each.columns for each in operations])
    channels = operations[0].outline.shape[2]
    outputs = rows[-1].outputs, columns[-1].outputs
    widest = max(axis.outputs for axis in columns) * channels
    wide = -(-outputs[1] // -(-widest // TILE_COLUMNS))
    bytes_of_row = [
        width * channels * operation.dtype.itemsize
        for width, operation in zip(_lengths(columns, wide), operations, strict=True)
    ]
    # the rows of every operation grow in a straight line with those of the last one
    of_one, of_two = (
        sum(map(operator.mul, _lengths(rows, count), bytes_of_row)) for count in (1, 2)
    )
    high = max(1, 1 + (TILE_BYTES - of_one) // max(of_two - of_one, 1))
    high = -(-outputs[0] // -(-outputs[0] // high))
    if (high, wide) == outputs:
        return None
    tiles = -(-outputs[0] // high) * -(-outputs[1] // wide)
    whole = tiled = 0
    lengths = _lengths(rows, high), _lengths(columns, wide)
    for each, row, column, down, along in zip(operations, rows, columns, *lengths, strict=True):
        effort = each.plan.effort
        whole += (effort + MEMORY_EFFORT) * row.outputs * column.outputs
        # one in two passes works on as many rows more as its window has
        tiled += effort * (down + row.reach // 2) * along * tiles
    if tiled >= whole:
        return None
    return min(high, operations[-1].rows.outputs), min(wide, operations[-1].columns.outputs)


def _reckoned(axes: Sequence[Axis]) -> list[Axis]:
    """Return the axes of an image of as many positions as costs are reckoned for at least."""
    times = -(-least_side.get() // axes[0].size)
    if times <= 1:
        return [*axes]
    return [each._replace(size=each.size * times, outputs=each.outputs * times) for each in axes]


def _lengths(axes: Sequence[Axis], outputs: int) -> list[int]:
    """Return how many outputs each operation has in a tile where the last one has `outputs`."""
    lengths = [outputs]
    for axis in reversed(axes[1:]):
        lengths.append(min((lengths[-1] - 1) * axis.stride + axis.reach, axis.size))
    return lengths[::-1]


def _bands(
    axes: Sequence[Axis], sources: Sequence[NDArray[np.int64]], outputs: Span, length: int
) -> list[list[Span]]:
    """Cut outputs of the last operation into spans, each after those of all that it is made from.

    These are one of the image and one of the outputs of every operation. They cover all, even what
    no later operation reads, for it may show that another arithmetic is needed. All bands are
    alike in their lengths, so that all of them can use what is bound to memory; some overlap.
    """
    length = min(length, outputs[1] - outputs[0])
    starts = [min(start, outputs[1] - length) for start in range(*outputs, length)]
    bands = [[(start, start + length)] for start in starts]
    for axis, read in zip(reversed(axes), reversed(sources), strict=True):
        spans = [_read_span(axis, read, band[-1]) for band in bands]
        longest = max(stop - start for start, stop in spans)
        for band, (start, _) in zip(bands, spans, strict=True):
            start = min(start, axis.size - longest)
            band.append((start, start + longest))
    return [band[::-1] for band in bands]


def _read_span(axis: Axis, sources: NDArray[np.int64], outputs: Span) -> Span:
    """Return the span that an operation reads for some outputs; those of tiles leave no gaps."""
    start, stop = outputs
    read = sources[start * axis.stride : (stop - 1) * axis.stride + axis.reach]
    edges = [_edge(axis, start), _edge(axis, stop)]
    real = read[read >= 0]
    if real.size:
        edges += [int(real.min()), int(real.max()) + 1]
    first, last = min(edges), max(edges)
    return (
        (first, last)
        if first < last
        else (min(first, axis.size - 1), min(first, axis.size - 1) + 1)
    )


def _reads(
    axes: Sequence[Axis], sources: Sequence[NDArray[np.int64]], band: Sequence[Span]
) -> list[NDArray[np.int64]]:
    """Return which rows of what lies before it each operation reads; `fill` is negative."""
    reads = []
    for number, (axis, source) in enumerate(zip(axes, sources, strict=True)):
        start, stop = band[number + 1]
        origin = band[number][0] if number else 0
        reads.append(source[start * axis.stride : (stop - 1) * axis.stride + axis.reach] - origin)
    return reads


def _edge(axis: Axis, output: int) -> int:
    """Return the first position of the image that belongs to `output` and those after it."""
    if output in (0, axis.outputs):
        return axis.size if output else 0
    return max(0, min(output * axis.stride - axis.before, axis.size))
