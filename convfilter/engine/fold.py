"""Windows folded into their maximum, minimum or mean: what pooling and rank filters share.

A window is folded down its columns first, then along rows at every column, and the columns that the
stride skips are dropped last: cheaper than gathering, since all three are plain vector work. Maxima
and minima of windows without stride or dilation have a loop of their own (van Herk, *A fast
algorithm for local minimum and maximum filters on rectangular and octagonal kernels*, 1992; Gil and
Werman, *Computing 2-D min, median, and max filters*, 1993).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.geometry import Axis, Border
from convfilter.engine.strips import Part, StripReader
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import bound, loop
from convfilter.runtime.memory import Scratch
from convfilter.runtime.threads import run_bands

Operation = Literal["max", "min"]

TAPS_AT_ONCE = 5
"""Taps that a pass along dense rows takes, at most: each covers so many times more columns."""


@dataclass(frozen=True, eq=False)
class Means:
    """How sums become means: their dtype, that of the division, and the taps that count."""

    sums: np.dtype[Any]
    numbers: np.dtype[Any]
    row_counts: NDArray[np.int64]
    column_counts: NDArray[np.int64]

    @property
    def share(self) -> float:
        """The inverse of the taps that every window counts, if that is a power of two, else 0."""
        first = int(self.row_counts[0] * self.column_counts[0])
        alike = (self.row_counts == self.row_counts[0]).all()
        alike = alike and (self.column_counts == self.column_counts[0]).all()
        return 1 / first if alike and first & (first - 1) == 0 else 0.0


@dataclass(frozen=True)
class Picks:
    """Which columns are results: ``j * step + k * group_step`` for all `k` below `group`."""

    step: int
    group: int
    group_step: int


def fold(
    image: Array,
    rows: Axis,
    columns: Axis,
    border: Border,
    fill: float,
    operation: Operation | Means,
    workers: int,
    *,
    output: Array,
    picks: Picks | None = None,
) -> None:
    """Fold every window of an (H, W, C) image, and write to `output` (rows, columns * C).

    With `picks` the columns are folded without their stride, and those picked are results.
    """
    steps = (rows.stride, columns.stride, rows.dilation, columns.dilation)
    if not isinstance(operation, Means) and picks is None and steps == (1, 1, 1, 1):
        _fold_dense(image, rows, columns, border, fill, operation, workers, output)
        return
    channels, width = image.shape[2], image.shape[1] * image.shape[2]
    if picks is None:
        picks = Picks(columns.stride * channels, channels, 1)
    reader = StripReader(image, rows, _every(columns), border, fill, image.dtype, reads=False)
    beyond = image.dtype.type(fill if border == "constant" else 0)
    blank = np.full(width, beyond)
    top = np.zeros(1, np.int64)
    if isinstance(operation, Means):
        dtype = operation.sums
        folded_beyond = dtype.type(beyond) * rows.window
        along = _passes(columns, channels, columns.window)
        numbers, rounded = operation.numbers, int(output.dtype.kind != "f")
        run = loop("engine.loops.fold.mean", S=image.dtype, T=dtype, N=numbers, D=output.dtype)
        row_counts = operation.row_counts.astype(numbers)
        column_counts = operation.column_counts.astype(numbers).repeat(picks.group)
        share = operation.share
        if rounded and share == 0.25 and dtype == np.uint16:
            rounded = 4
    else:
        dtype = image.dtype
        folded_beyond = beyond
        along = _passes(columns, channels, TAPS_AT_ONCE)
        run = loop(f"engine.loops.fold.{operation}imum", S=dtype, T=dtype)

    def work(start: int, stop: int) -> None:
        sources = reader.sources(start, stop - start)
        counts: tuple[Any, ...] = ()
        if isinstance(operation, Means):
            counts = row_counts[start:stop], column_counts, share, rounded
        run(
            *sources[:-1],
            folded_beyond,
            rows.stride,
            rows.dilation,
            rows.window,
            *along,
            blank,
            top,
            np.empty((1, width), dtype),
            np.empty((1, reader.row_length), dtype),
            np.empty((3, max(reader.row_length, output.shape[1])), dtype),
            picks.step,
            picks.group,
            picks.group_step,
            *counts,
            output[start:stop],
        )

    nanoseconds = 0.05 * (rows.window + columns.window) * output.dtype.itemsize
    run_bands(rows.outputs, reader.output_length * nanoseconds, workers, work)


@dataclass(frozen=True)
class Folding:
    """Maxima or minima of windows of a part of an image, made ready."""

    part: Part
    border: Border
    fill: float
    operation: Operation

    def bind(self, rows: NDArray[np.int64], out: Array, scratch: Scratch) -> Callable[[], None]:
        """Return the call that computes output rows from those padded rows into `out`."""
        image, axis, columns = self.part.image, self.part.rows, self.part.columns
        dtype, channels = image.dtype, image.shape[2]
        width = image.shape[1] * channels
        reader = replace(self.part, columns=_every(columns)).reader(self.border, self.fill, dtype)
        beyond = dtype.type(self.fill if self.border == "constant" else 0)
        length = reader.row_length
        return bound(
            loop(f"engine.loops.fold.{self.operation}imum", S=dtype, T=dtype),
            *reader.sources_at(rows)[:-1],
            beyond,
            axis.stride,
            axis.dilation,
            axis.window,
            *_passes(columns, channels, TAPS_AT_ONCE),
            np.full(width, beyond),
            np.zeros(1, np.int64),
            scratch.take("folded", (1, width), dtype),
            scratch.take("padded", (1, length), dtype),
            scratch.take("passes", (3, max(length, out.shape[1])), dtype),
            columns.stride * channels,
            channels,
            1,
            out,
        )


def _every(columns: Axis) -> Axis:
    """Return the axis with an output at every column between the first one and the last."""
    return replace(columns, stride=1, outputs=(columns.outputs - 1) * columns.stride + 1)


def _passes(
    columns: Axis, channels: int, at_once: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the taps of each pass along the rows start, and their shifts.

    A maximum of six taps, say, is the maximum of two maxima of three. Those may overlap, which sums
    may not: they take all taps `at_once`.
    """
    starts: list[int] = [0]
    shifts: list[int] = []
    covered = 1
    while covered < columns.window:
        left = -(-columns.window // covered)
        wanted = left if at_once >= left else _balanced(left, at_once)
        shifts += [min(tap * covered, columns.window - covered) for tap in range(wanted)]
        starts.append(len(shifts))
        covered = min(wanted * covered, columns.window)
    step = columns.dilation * channels
    return np.array(starts, np.int64), np.array(shifts, np.int64) * step


def _balanced(taps: int, at_once: int) -> int:
    """Return how many taps the next pass takes, so that few passes take about as many each."""
    passes = math.ceil(math.log(taps, at_once))
    return next(wanted for wanted in range(2, at_once + 1) if wanted**passes >= taps)


def _fold_dense(
    image: Array,
    rows: Axis,
    columns: Axis,
    border: Border,
    fill: float,
    operation: Literal["max", "min"],
    workers: int,
    output: Array,
) -> None:
    """Find maxima or minima of windows without stride or dilation, in one call for each band."""
    extremes = loop(f"engine.loops.extremes.{operation}imum", S=image.dtype)
    reader = StripReader(image, rows, columns, border, fill, image.dtype, reads=False)
    along = _passes(columns, reader.channels, TAPS_AT_ONCE)
    width = image.shape[1] * reader.channels
    blank = np.full(width, fill if border == "constant" else 0, image.dtype)

    def work(start: int, stop: int) -> None:
        lines = np.empty((3, reader.row_length), image.dtype)
        best, tails = np.empty(width, image.dtype), np.empty((rows.window, width), image.dtype)
        sources = reader.sources(start, stop - start)
        extremes(*sources, rows.window, *along, lines, blank, best, tails, output[start:stop])

    run_bands(rows.outputs, 0.2 * reader.output_length * output.dtype.itemsize, workers, work)
