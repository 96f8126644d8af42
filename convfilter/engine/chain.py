"""Several windowed steps in one pass: what lies between them never leaves the cache.

The last output is cut into tiles. For each tile every step computes what the next one reads of it,
and a few rows and columns around it, which neighbouring tiles compute once more. A step sees in a
tile what it would see in the whole image, borders among it, so its results are the same bits.
"""

from __future__ import annotations

import itertools
import math
import operator
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.arguments import Array
from convfilter.engine.bands import run_bands
from convfilter.engine.gain import peak
from convfilter.engine.geometry import Axis, Border
from convfilter.engine.native import bound, loop
from convfilter.engine.plan import Plan, record
from convfilter.engine.strips import Part, Scratch

TILE_BYTES = 1 << 20
"""What lies between the steps of a tile: with their own memory it stays in a cache of 2 MB."""

TILE_COLUMNS = 1024
"""Elements of the widest row in a tile, about: a tile is not much wider than it is high."""

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
    output = np.empty((rows[-1].outputs, columns[-1].outputs * channels), dtype)
    given_up: list[bool] = []

    def work(start: int, stop: int) -> None:
        bands = [_spans(rows, sources, span) for span in _cut((start, stop), tile[0])]
        reads = [_reads(rows, sources, band) for band in bands]
        scratch = Scratch()
        for span in _cut((0, columns[-1].outputs), tile[1]):
            spans = _spans(columns, across, span)
            column = _Column(image, steps, bands, spans, output, scratch)
            for band, read in zip(bands, reads, strict=True):
                if given_up:
                    return
                if not column.run(band, read, peaks):
                    given_up.append(True)

    effort = sum(step.effort for step in steps) * columns[-1].outputs * channels
    run_bands(rows[-1].outputs, effort, workers, work)
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
        bands: Sequence[Sequence[Span]],
        spans: Sequence[Span],
        output: Array,
        scratch: Scratch,
    ) -> None:
        channels = image.shape[2]
        source, origin = image, 0
        self._parts: list[Ready] = []
        self._memory: list[Array] = []
        for number, step in enumerate(steps):
            first, last = spans[number + 1]
            most = max(stop - start for start, stop in (band[number + 1] for band in bands))
            axes = step.rows.part(0, most), step.columns.part(first, last)
            self._parts.append(step.ready(Part(source, *axes, (0, origin))))
            shape = most, last - first, channels
            source, origin = scratch.take(f"output {number}", shape, step.dtype), first
            self._memory.append(source.reshape(most, -1))
        self._steps, self._scratch, self._output = steps, scratch, output
        self._left = spans[-1][0] * channels
        self._bound: dict[tuple[int, ...], _Bound] = {}

    def run(
        self, band: Sequence[Span], sources: Sequence[NDArray[np.int64]], peaks: _Peaks
    ) -> bool:
        """Compute a band, of which each step reads those padded rows; tell whether all is well."""
        heights = tuple(stop - start for start, stop in band[1:])
        made = self._bound.get(heights)
        if made is None:
            made = self._bound[heights] = self._bind(heights)
        for number, (rows, call, out) in enumerate(made.steps):
            np.copyto(rows, sources[number])
            if call():
                return False
            peaks.see(number + 1, out)
        made.where[0] = band[-1][0] * self._output.shape[1] + self._left
        return not made.store()

    def _bind(self, heights: Sequence[int]) -> _Bound:
        """Return the calls for bands in which the steps have so many output rows."""
        steps = []
        for number, count in enumerate(heights):
            axis = self._steps[number].rows
            rows = np.empty((count - 1) * axis.stride + axis.reach, np.int64)
            out = self._memory[number][:count]
            steps.append((rows, self._parts[number].bind(rows, out, self._scratch), out))
        where = np.array([0, self._output.shape[1]], np.int64)
        return _Bound(steps, where, self._bind_store(out, where))

    def _bind_store(self, rows: Array, where: NDArray[np.int64]) -> Callable[[], int | None]:
        """Return the call that stores rows of the last step in the output."""
        dtype, flat = self._output.dtype, self._output.reshape(-1)
        if rows.dtype != dtype:
            limits = np.iinfo(dtype).min, np.iinfo(dtype).max
            return bound(loop("strips.place", T=rows.dtype, D=dtype), rows, *limits, where, flat)

        def copy() -> None:
            first, left = divmod(int(where[0]), int(where[1]))
            self._output[first : first + rows.shape[0], left : left + rows.shape[1]] = rows

        return copy


@dataclass(frozen=True)
class _Bound:
    """The calls for a band: of every step, and what stores the last result `where` it belongs."""

    steps: list[tuple[NDArray[np.int64], Callable[[], Any], Array]]
    where: NDArray[np.int64]
    store: Callable[[], int | None]


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


def _cut(span: Span, length: int) -> list[Span]:
    """Cut a span into parts of that length, and what is left."""
    edges = [*range(*span, length), span[1]]
    return list(itertools.pairwise(edges))


def _spans(axes: Sequence[Axis], sources: Sequence[NDArray[np.int64]], outputs: Span) -> list[Span]:
    """Return what of the image, and of the outputs of every step, leads to `outputs` of the last.

    Neighbouring outputs have neighbouring spans, without gaps: what no later step reads is computed
    nevertheless, for it may show that another arithmetic is needed.
    """
    spans = [outputs]
    for axis, seen in zip(reversed(axes), reversed(sources), strict=True):
        start, stop = spans[-1]
        read = seen[start * axis.stride : (stop - 1) * axis.stride + axis.reach]
        edges = [_edge(axis, start), _edge(axis, stop)]
        real = read[read >= 0]
        if real.size:
            edges += [int(real.min()), int(real.max()) + 1]
        first, last = min(edges), max(edges)
        spans.append((first, last) if first < last else _one(first, axis.size))
    return spans[::-1]


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


def _one(position: int, size: int) -> Span:
    """Return a span of a single position at or before this one."""
    return min(position, size - 1), min(position, size - 1) + 1
