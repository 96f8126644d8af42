"""Several windowed steps in one pass: what lies between them never leaves the cache.

The last output is cut into tiles. For each tile every step computes what the next one reads of it,
and a few rows and columns around it, which neighbouring tiles compute once more. A step sees in a
tile what it would see in the whole image, borders among it, so its results are the same bits.
"""

from __future__ import annotations

import math
import operator
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.gain import peak
from convfilter.engine.geometry import Axis, Border
from convfilter.engine.plan import Plan, record
from convfilter.engine.strips import Part
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import bound, loop
from convfilter.runtime.memory import Scratch, of_thread
from convfilter.runtime.threads import run_bands

TILE_BYTES = 5 << 19
"""What lies between the steps of a tile, about: most of it stays in a second cache of 2 MB.

From 2 to 4 MB make no difference there. With less, more rows around a tile are computed twice.
"""

TILE_COLUMNS = 4096
"""Elements of the widest row in a tile, at most but for what lies around it."""

PER_EFFORT = 0.05
"""Nanoseconds of a multiplication, with all that belongs to a step."""

MEMORY_EFFORT = 16
"""Multiplications that take as long as writing an element to memory and reading it again."""


class Ready(Protocol):
    """A part of a step, made ready."""

    def bind(
        self, rows: NDArray[np.int64], out: Array, scratch: Scratch
    ) -> Callable[[], int | None]:
        """Return the call that computes output rows from those padded rows into `out`.

        It returns how many values were NaN or infinite.
        """


class Step(Protocol):
    """A windowed step, for an image that is not there yet."""

    @property
    def rows(self) -> Axis:
        """How the window walks down the whole image."""

    @property
    def columns(self) -> Axis:
        """How the window walks along the rows of the whole image."""

    @property
    def border(self) -> Border:
        """What stands beyond the edge."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the result."""

    @property
    def plan(self) -> Plan:
        """What the step does."""

    @property
    def effort(self) -> int:
        """Multiplications or comparisons for each output."""

    @property
    def in_parts(self) -> bool:
        """Whether parts of the image are served alone, and give the same bits."""

    def ready(self, part: Part) -> Ready:
        """Make a part ready."""

    def is_served(self, size: float) -> bool:
        """Tell whether images of floats of this largest size are served as planned."""

    def bound(self, size: float) -> float:
        """Return a bound on the size of outputs, from one on the size of the image's values."""


Span = tuple[int, int]
"""The first of some rows or columns, and the one after the last."""


def run_chain(
    image: Array, steps: Sequence[Step], dtype: np.dtype[Any], workers: int
) -> Array | None:
    """Run steps one after the other over an image (H, W, C), each over the result of the last.

    Returns
    -------
    array (H', W', C) of `dtype`, rounded and saturated where the last step gives floats and `dtype`
    has none. None if one step after the other serves better, or if it has to be so: because a value
    between them is not finite, or too large or small for the arithmetic that was planned.

    """
    rows, columns = [step.rows for step in steps], [step.columns for step in steps]
    tile = _tile(image, steps) if all(step.in_parts for step in steps) else None
    if tile is None:
        return None
    peaks = _Peaks(image, steps)
    if not peaks.serve(0):
        return None
    sources = [step.rows.sources(step.border) for step in steps]
    across = [step.columns.sources(step.border) for step in steps]
    channels = image.shape[2]
    output = memory.empty((rows[-1].outputs, columns[-1].outputs * channels), dtype)
    given_up: list[bool] = []

    def work(start: int, stop: int) -> None:
        bands = _bands(rows, sources, (start, stop), tile[0])
        reads = [_reads(rows, sources, band) for band in bands]
        for spans in _bands(columns, across, (0, columns[-1].outputs), tile[1]):
            column = _Column(image, steps, bands[0], spans, output, of_thread)
            for band, read in zip(bands, reads, strict=True):
                if given_up:
                    return
                if not column.run(band, read, peaks):
                    given_up.append(True)

    sizes = [step.effort * step.rows.outputs * step.columns.outputs * channels for step in steps]
    run_bands(rows[-1].outputs, PER_EFFORT * sum(sizes) / rows[-1].outputs, workers, work)
    if given_up or not all(peaks.serve(number) for number in range(len(steps))):
        return None
    for step in steps:
        record(replace(step.plan, reason=f"{step.plan.reason}; all steps in one pass"))
    return output.reshape(rows[-1].outputs, columns[-1].outputs, channels)


class _Column:
    """All steps over one run of columns of the last output, band after band."""

    def __init__(
        self,
        image: Array,
        steps: Sequence[Step],
        band: Sequence[Span],
        spans: Sequence[Span],
        output: Array,
        scratch: Scratch,
    ) -> None:
        """Bind all calls; every band has the heights of this one, and `spans` are the columns."""
        channels = image.shape[2]
        source, origin = image, 0
        self._calls: list[tuple[NDArray[np.int64], Callable[[], int | None], Array]] = []
        for number, (step, down, along) in enumerate(zip(steps, band[1:], spans[1:], strict=True)):
            columns = step.columns.part(*along)
            part = Part(source, step.rows.part(*down), columns, (0, origin))
            shape = down[1] - down[0], columns.outputs, channels
            source, origin = scratch.take(f"output {number}", shape, step.dtype), along[0]
            rows = np.empty(part.rows.extent, np.int64)
            out = source.reshape(shape[0], -1)
            self._calls.append((rows, step.ready(part).bind(rows, out, scratch), out))
        self._left = spans[-1][0] * channels
        self._where = np.array([0, output.shape[1]], np.int64)
        self._store = _bind_store(out, self._where, output)

    def run(
        self, band: Sequence[Span], sources: Sequence[NDArray[np.int64]], peaks: _Peaks
    ) -> bool:
        """Compute a band, of which each step reads those padded rows; tell whether all is well."""
        for number, (rows, call, out) in enumerate(self._calls):
            np.copyto(rows, sources[number])
            if call():
                return False
            peaks.see(number + 1, out)
        self._where[0] = band[-1][0] * self._where[1] + self._left
        return not self._store()


def _bind_store(rows: Array, where: NDArray[np.int64], output: Array) -> Callable[[], int | None]:
    """Return the call that stores rows `where` they belong in the output.

    That is the place of the first one, and the distance from one to the next.
    """
    if rows.dtype != output.dtype:
        limits = np.iinfo(output.dtype).min, np.iinfo(output.dtype).max
        place = loop("engine.loops.strips.place", T=rows.dtype, D=output.dtype)
        return bound(place, rows, *limits, where, output.reshape(-1))

    def copy() -> None:
        first, left = divmod(int(where[0]), int(where[1]))
        output[first : first + rows.shape[0], left : left + rows.shape[1]] = rows

    return copy


class _Peaks:
    """The largest sizes of the values that steps read, as far as they decide about arithmetic."""

    def __init__(self, image: Array, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._largest = [0.0] * len(steps)
        size = math.inf
        if image.dtype.kind != "f":
            limits = np.iinfo(image.dtype)
            size = float(max(-int(limits.min), int(limits.max)))
        self._bounds: list[float] = []
        self._minds: list[bool] = []
        for step in steps:
            self._bounds.append(size)
            self._minds.append(not (step.is_served(math.inf) and step.is_served(5e-324)))
            size = step.bound(size)
        self._lock = threading.Lock()
        self.see(0, image)

    def see(self, number: int, values: Array) -> None:
        """Look at values that step `number` reads, if what was seen so far does not settle it."""
        if number < len(self._steps) and self._minds[number]:
            size = peak(values)
            with self._lock:
                largest = self._largest[number] = max(self._largest[number], size)
                # sizes between two that are served are served too
                served = self._steps[number].is_served
                self._minds[number] = not (
                    largest > 0 and served(largest) and served(self._bounds[number])
                )

    def serve(self, number: int) -> bool:
        """Tell whether the step is served as planned, by what has been seen."""
        return self._steps[number].is_served(self._largest[number]) or not self._minds[number]


def _tile(image: Array, steps: Sequence[Step]) -> Span | None:
    """Return rows and columns of a tile, or None where one step after the other serves better."""
    rows, columns = [step.rows for step in steps], [step.columns for step in steps]
    channels = image.shape[2]
    outputs = rows[-1].outputs, columns[-1].outputs
    widest = max(axis.outputs for axis in columns) * channels
    wide = -(-outputs[1] // -(-widest // TILE_COLUMNS))
    bytes_of_row = [
        width * channels * step.dtype.itemsize
        for width, step in zip(_lengths(columns, wide), steps, strict=True)
    ]
    # the rows of every step grow in a straight line with those of the last one
    of_one, of_two = (
        sum(map(operator.mul, _lengths(rows, count), bytes_of_row)) for count in (1, 2)
    )
    high = max(1, 1 + (TILE_BYTES - of_one) // max(of_two - of_one, 1))
    high = -(-outputs[0] // -(-outputs[0] // high))
    if (high, wide) == outputs:
        return None
    tiles = -(-outputs[0] // high) * -(-outputs[1] // wide)
    whole = tiled = 0
    for step, down, along in zip(steps, _lengths(rows, high), _lengths(columns, wide), strict=True):
        whole += (step.effort + MEMORY_EFFORT) * step.rows.outputs * step.columns.outputs
        # a step in two passes works on as many rows more as its window has
        tiled += step.effort * (down + step.rows.reach // 2) * along * tiles
    return (high, wide) if tiled < whole else None


def _lengths(axes: Sequence[Axis], outputs: int) -> list[int]:
    """Return how many outputs each step has in a tile where the last one has `outputs`."""
    lengths = [outputs]
    for axis in reversed(axes[1:]):
        lengths.append(min((lengths[-1] - 1) * axis.stride + axis.reach, axis.size))
    return lengths[::-1]


def _bands(
    axes: Sequence[Axis], sources: Sequence[NDArray[np.int64]], outputs: Span, length: int
) -> list[list[Span]]:
    """Cut outputs of the last step into spans, each after those of all that it is made from.

    These are one of the image and one of the outputs of every step. They cover everything, even
    what no later step reads, for it may show that another arithmetic is needed. All bands are
    alike in their lengths, so that what is bound to memory serves all of them; some overlap.
    """
    length = min(length, outputs[1] - outputs[0])
    starts = [min(start, outputs[1] - length) for start in range(*outputs, length)]
    bands = [[(start, start + length)] for start in starts]
    for axis, seen in zip(reversed(axes), reversed(sources), strict=True):
        spans = [_read_span(axis, seen, band[-1]) for band in bands]
        longest = max(stop - start for start, stop in spans)
        for band, (start, _) in zip(bands, spans, strict=True):
            start = min(start, axis.size - longest)
            band.append((start, start + longest))
    return [band[::-1] for band in bands]


def _read_span(axis: Axis, seen: NDArray[np.int64], outputs: Span) -> Span:
    """Return what a step reads for its outputs, without gaps to what it reads for others."""
    start, stop = outputs
    read = seen[start * axis.stride : (stop - 1) * axis.stride + axis.reach]
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
    """Return which rows of what lies before it each step reads; negative numbers are `fill`."""
    reads = []
    for number, (axis, seen) in enumerate(zip(axes, sources, strict=True)):
        start, stop = band[number + 1]
        origin = band[number][0] if number else 0
        reads.append(seen[start * axis.stride : (stop - 1) * axis.stride + axis.reach] - origin)
    return reads


def _edge(axis: Axis, output: int) -> int:
    """Return the first position of the image that belongs to `output` and those after it."""
    if output in (0, axis.outputs):
        return axis.size if output else 0
    return max(0, min(output * axis.stride - axis.before, axis.size))
