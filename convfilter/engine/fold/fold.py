"""Maxima, minima and means of windows: what pooling and rank filters share.

A window is folded down its columns first, then along rows at every column, and the columns that the
stride skips are dropped last: cheaper than gathering, since all three are plain vector work. High
windows without stride or dilation are folded in blocks (van Herk, *A fast algorithm for local
minimum and maximum filters on rectangular and octagonal kernels*, 1992; Gil and Werman, *Computing
2-D min, median, and max filters*, 1993).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.operation import Operation, share_out
from convfilter.engine.planning import Plan
from convfilter.engine.window import target
from convfilter.engine.window.axes import Axis
from convfilter.engine.window.source import Part, RowSources, Source
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import Loop, loop
from convfilter.runtime.memory import Scratch, of_thread

Reduce = Literal["max", "mean", "min"]

MOST_TAPS_AT_ONCE = 5
"""Taps that a pass along dense rows takes, at most: each covers so many times more columns."""

BYTES = np.dtype(np.uint8)

NONE = np.zeros(1, np.int64)
"""No counts."""


class Means(NamedTuple):
    """How sums become means: their dtype, that of the division, and the taps that count."""

    sums: np.dtype[Any]
    numbers: np.dtype[Any]
    row_counts: NDArray[np.int64]
    column_counts: NDArray[np.int64]

    @property
    def are_alike(self) -> bool:
        """Whether all windows count as many taps."""
        return all((counts == counts[0]).all() for counts in (self.row_counts, self.column_counts))

    @property
    def share(self) -> float:
        """The inverse of the taps that every window counts, if that is a power of two, else 0."""
        first = int(self.row_counts[0] * self.column_counts[0])
        return 1 / first if self.are_alike and first & (first - 1) == 0 else 0.0


class Sampling(NamedTuple):
    """Which columns are results: ``j * step + k * group_step`` for all `k` below `group`."""

    step: int
    group: int
    group_step: int


@dataclass(frozen=True, eq=False)
class Fold(Operation):
    """Windows folded into their maximum, minimum or mean.

    Attributes
    ----------
    reduce : into which of them
    means : how sums become means
    over_channels : windows lie along the channels of a pixel, and the results are these of all
        positions along a row of numbers; None for windows over rows and columns of pixels
    """

    reduce: Reduce
    means: Means | None = None
    over_channels: Sampling | None = None
    counts_nan = False

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """The shape of the result (H', W', C')."""
        if self.over_channels is None:
            return super().output_shape
        height, width, _ = self.outline.shape
        return height, width, self.over_channels.group

    def ways(self) -> Iterator[Plan]:
        """Yield the folding row by row, and that in blocks."""
        kind = self.dtype if self.means is None else self.means.sums
        exact = self.means is None or self.outline.dtype.kind != "f"
        size = f"{self.reduce} of {self.window}, down columns, then along rows"
        if self.over_channels is not None:
            size = f"{self.reduce} of {self.columns.window} channels"
        starts, shifts = self.passes
        along = len(shifts) + len(starts)
        per_tap = 0.005 * kind.itemsize
        steps = self.rows.stride * self.columns.stride
        cost = per_tap * (self.rows.window + along * self.rows.stride) * steps
        effort = self.rows.window + len(shifts)
        in_parts = self.over_channels is None and (self.means is None or self.means.are_alike)
        yield Plan(
            "separable",
            kind,
            exact,
            f"{size}, in {kind}",
            cost,
            effort,
            ready=_Ready if in_parts else None,
            run=None if in_parts else _run,
        )
        is_extreme = self.means is None and self.over_channels is None
        if self.is_dense and is_extreme and self.rows.window > 1:
            reason = f"{size}, in blocks as high as the window, in {kind}"
            cost = per_tap * (6 + along)
            yield Plan("blocks", kind, exact, reason, cost, effort, ready=_ReadyInBlocks)

    @functools.cached_property
    def passes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the taps of each pass along the rows start, and their shifts in numbers.

        A maximum of six taps, say, is the maximum of two maxima of three. Those may overlap, which
        sums may not: they take all taps at once.
        """
        window = self.columns.window
        at_once = MOST_TAPS_AT_ONCE if self.means is None else window
        starts: list[int] = [0]
        shifts: list[int] = []
        covered = 1
        while covered < window:
            left = -(-window // covered)
            wanted = left if at_once >= left else _balanced(left, at_once)
            shifts += [min(tap * covered, window - covered) for tap in range(wanted)]
            starts.append(len(shifts))
            covered = min(wanted * covered, window)
        step = self.columns.dilation
        if self.over_channels is None:
            step *= self.outline.shape[2]
        return np.array(starts, np.int64), np.array(shifts, np.int64) * step


def _balanced(taps: int, at_once: int) -> int:
    """Return how many taps the next pass takes, so that few passes take about as many each."""
    passes = math.ceil(math.log(taps, at_once))
    return next(wanted for wanted in range(2, at_once + 1) if wanted**passes >= taps)


@functools.lru_cache(maxsize=64)
def _at_every_column(columns: Axis) -> Axis:
    return replace(columns, stride=1, outputs=(columns.outputs - 1) * columns.stride + 1)


class _Rows:
    """The padded rows of a part with an output at every column, and how they are folded.

    Attributes
    ----------
    source : the padded rows
    first, count, have_place : columns of the image that are read (see `Source.columns_read`)
    sampling : the numbers of a folded row that are results
    loops : that join rows of the image, rows of those, and pairs, and that divide
    beyond : a pixel beyond the edge
    """

    def __init__(self, operation: Fold, part: Part) -> None:
        image, columns = part.image, part.columns
        if operation.over_channels is not None:
            image = image.reshape(image.shape[0], -1, 1)
        part = Part(image, part.rows, _at_every_column(columns), part.origin)
        self.source = Source(part, operation.border, operation.fill, image.dtype)
        self.first, self.count, self.have_place = self.source.columns_read()
        channels = self.source.channels
        self.sampling = operation.over_channels or Sampling(columns.stride * channels, channels, 1)
        self.loops = _loops(operation, self.sampling)
        self.beyond = np.full(channels, operation.fill if operation.border == "constant" else 0)


class _Ready:
    """A part of a fold, made ready."""

    def __init__(self, operation: Fold, part: Part) -> None:
        self._operation = operation
        self._rows = _Rows(operation, part)

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], None]:
        """Return the call that computes output rows from those padded rows into `out`."""
        return self.bind_at(0, rows, out, scratch)

    def bind_at(
        self, first_output: int, rows: RowSources, out: Array, scratch: Scratch
    ) -> Callable[[], None]:
        """Do the same for rows of which the first is that one of the output."""
        operation, parts = self._operation, self._rows
        source, means = parts.source, operation.means
        dtype = operation.dtype if means is None else means.sums
        down, along, pairs, divide = parts.loops
        row_counts = column_counts = NONE
        if means is not None:
            # a band that reaches the end has the last counts; of parts all are alike
            row_counts = means.row_counts[first_output:]
            column_counts = means.column_counts.repeat(parts.sampling.group)
        beyond = parts.beyond if means is None else parts.beyond * operation.rows.window
        item = dtype.itemsize
        length = source.row_length * item
        folded = 0 if parts.have_place else parts.count * source.channels * item
        taps = max(operation.rows.window, operation.columns.window)
        return loop("engine.fold.loops.windows.fold").bind(
            source.record_in_place(rows),
            target.place(out),
            down.address,
            along.address,
            0 if pairs is None else pairs.address,
            0 if divide is None else divide.address,
            *out.shape,
            parts.first,
            parts.count,
            source.rows.stride,
            source.rows.dilation,
            source.rows.window,
            *operation.passes,
            source.image_dtype.itemsize,
            item,
            beyond.astype(dtype).view(np.uint8),
            *parts.sampling,
            row_counts,
            column_counts,
            0.0 if means is None else means.share,
            np.empty(taps, np.int64),
            scratch.take("line", length, BYTES),
            scratch.take("other", length, BYTES),
            scratch.take("folded", folded, BYTES),
            scratch.take("picked", out.shape[1] * item if means is not None else 0, BYTES),
            keep=(source, rows, out),
        )


def _loops(operation: Fold, sampling: Sampling) -> tuple[Loop, Loop, Loop | None, Loop | None]:
    """Return the loops that join rows of the image and rows of those, pairs, and that divide."""
    dtype, means = operation.outline.dtype, operation.means
    name = {"max": "largest", "min": "smallest", "mean": "sum"}[operation.reduce]
    sums = dtype if means is None else means.sums
    plural = f"{name}s" if means is not None else name
    room = "engine.fold.loops.joins"
    down = loop(f"{room}.{plural}", S=dtype, T=sums)
    along = loop(f"{room}.{plural}", S=sums, T=sums)
    _, shifts = operation.passes
    pairs = divide = None
    if sampling == (2, 1, 1) and shifts.tolist() == [0, 1]:
        pairs = loop(f"{room}.{name}_pairs", T=sums)
    if means is not None:
        result = operation.dtype
        if means.share == 0.25 and sums == np.uint16 and result == np.uint8:
            divide = loop(f"{room}.divide_by_four")
        else:
            divide = loop(f"{room}.divide", T=sums, N=means.numbers, D=result)
    return down, along, pairs, divide


class _ReadyInBlocks:
    """A part of a fold of dense windows, made ready to be folded in blocks."""

    def __init__(self, operation: Fold, part: Part) -> None:
        self._operation = operation
        self._rows = _Rows(operation, part)

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], None]:
        """Return the call that computes output rows from those padded rows into `out`."""
        operation, parts = self._operation, self._rows
        source, dtype = parts.source, operation.dtype
        _, join, _, _ = parts.loops
        item = dtype.itemsize
        length = source.row_length * item
        width = parts.count * source.channels * item
        taps = max(2, operation.columns.window)
        return loop("engine.fold.loops.windows.fold_in_blocks").bind(
            source.record_in_place(rows),
            target.place(out),
            join.address,
            *out.shape,
            parts.first,
            parts.count,
            source.rows.window,
            *operation.passes,
            item,
            parts.beyond.astype(dtype).view(np.uint8),
            np.empty(taps, np.int64),
            scratch.take("line", length, BYTES),
            scratch.take("other", length, BYTES),
            scratch.take("folded", 0 if parts.have_place else width, BYTES),
            scratch.take("tails", (source.rows.window, _whole_lines(width)), BYTES),
            scratch.take("best", width, BYTES),
            keep=(source, rows, out),
        )


def _whole_lines(width: int) -> int:
    """Round up to whole lines of the cache: rows that begin with one are loaded faster."""
    return -(-width // memory.LINE_BYTES) * memory.LINE_BYTES


def _run(operation: Fold, image: Array, workers: int) -> tuple[Array, int]:
    """Fold an image whose windows do not count as many taps each."""
    ready = _Ready(operation, Part(image, operation.rows, operation.columns))

    def bind(start: int, rows: RowSources, out: Array) -> Callable[[], None]:
        return ready.bind_at(start, rows, out, of_thread)

    return share_out(operation, image, workers, bind)
