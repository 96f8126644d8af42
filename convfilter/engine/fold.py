"""Windows folded into their maximum, minimum or sum: what pooling and rank filters share.

A window is folded down its columns first, then along rows at every column, and the columns that the
stride skips are dropped last: cheaper than gathering, since all three are plain vector work. Maxima
and minima of windows without stride or dilation have a loop of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convfilter.engine.arguments import Array
from convfilter.engine.bands import run_bands
from convfilter.engine.geometry import Axis, Border
from convfilter.engine.native import loop
from convfilter.engine.strips import StripReader

Operation = Literal["max", "min", "sum"]

TAPS_AT_ONCE = 5
"""Taps that a pass along dense rows takes, at most: each covers so many times more columns."""

FEW_TAPS = 4
"""Windows up to this size are folded in one pass."""


@dataclass(frozen=True)
class Pass:
    """One pass: output `i` folds what stands at ``i * stride + tap`` for each tap."""

    stride: int
    taps: NDArray[np.int64]

    @property
    def zeros(self) -> NDArray[np.int64]:
        """Where the taps are on the other axis."""
        return np.zeros_like(self.taps)

    @property
    def reach(self) -> int:
        """Positions from the first tap to the last, both counted."""
        return int(self.taps[-1]) + 1


def passes(window: int, stride: int, dilation: int, operation: Operation) -> list[Pass]:
    """Return the passes that fold `window` taps with the fewest operations.

    A maximum of 2, 4, 8, ... taps is a maximum of two maxima of half as many, and the rest is
    reached by two that overlap. Sums may not overlap and take their taps one by one.
    """
    direct = [Pass(stride, np.arange(window, dtype=np.int64) * dilation)]
    if window <= FEW_TAPS or operation == "sum":
        return direct
    shifts = []
    covered = 1
    while covered < window:
        shift = min(covered, window - covered)
        shifts.append(shift * dilation)
        covered += shift
    if stride * (len(shifts) - 1) + 1 >= window - 1:
        return direct
    strides = [1] * (len(shifts) - 1) + [stride]
    return [Pass(s, np.array([0, shift])) for s, shift in zip(strides, shifts, strict=True)]


Store = Callable[[Array, int, Array], None]
"""Called with folded rows at every column, the number of the first one, and where they go."""


def dense(columns: Axis) -> Axis:
    """Return the axis with an output at every column between the first output and the last."""
    return replace(columns, stride=1, outputs=(columns.outputs - 1) * columns.stride + 1)


class _Rows:
    """Padded rows at every column, in place where the image has them as they are wanted."""

    def __init__(
        self,
        image: Array,
        rows: Axis,
        columns: Axis,
        border: Border,
        fill: float,
        dtype: DTypeLike,
    ) -> None:
        height, width, channels = image.shape
        self.reader = StripReader(image, rows, columns, border, fill, dtype)
        self._flat = image.reshape(height, width * channels)
        self._in_place = (
            self.reader.dtype == image.dtype and not columns.before and columns.extent <= width
        )

    def read(self, first: int, outputs: int, memory: Array) -> Array:
        rows = self.reader.rows
        start = first * rows.stride - rows.before
        stop = start + self.reader.strip_height(outputs)
        if self._in_place and start >= 0 and stop <= self._flat.shape[0]:
            return self._flat[start:stop]
        return self.reader.read(first, outputs, memory)


def fold(
    image: Array,
    rows: Axis,
    columns: Axis,
    border: Border,
    fill: float,
    operation: Operation,
    workers: int,
    *,
    dtype: DTypeLike,
    output: Array,
    store: Store | None = None,
) -> None:
    """Fold every window of an (H, W, C) image, in the arithmetic of `dtype`.

    Without `store` the results go to `output` (rows, columns * C) as they are. With it, `store`
    gets the results at every column, of which each stride-th is a result, and its rows of `output`.
    """
    steps = (rows.stride, columns.stride, rows.dilation, columns.dilation)
    if operation != "sum" and store is None and steps == (1, 1, 1, 1):
        _fold_dense(image, rows, columns, border, fill, operation, workers, output)
        return
    source = _Rows(image, rows, dense(columns), border, fill, dtype)
    reader = source.reader
    channels = image.shape[2]
    run = _runner(operation, reader.dtype)
    down = passes(rows.window, rows.stride, rows.dilation, operation)
    along = passes(columns.window, 1, columns.dilation, operation)
    pick = loop("fold.pick", T=reader.dtype)
    in_place = store is None and columns.stride == 1
    at_once = reader.strip_rows(rows_of_scratch=2)

    def work(start: int, stop: int) -> None:
        most = min(at_once, stop - start)
        memory = reader.empty_strip(most)
        spare = [np.empty(memory.size, reader.dtype) for _ in range(2)]
        for first in range(start, stop, most):
            count = min(most, stop - first)
            target = output[first : first + count]
            current = source.read(first, count, memory)
            width = reader.row_length
            turn = 0
            for step in down:
                height = (current.shape[0] - step.reach) // step.stride + 1
                into = spare[turn][: height * width].reshape(height, width)
                run(current, step.stride, step.taps, step.zeros, into)
                current, turn = into, 1 - turn
            for step in along:
                width -= (step.reach - 1) * channels
                last = step is along[-1]
                into = spare[turn][: count * width].reshape(count, width)
                into = target if last and in_place else into
                run(current, 1, step.zeros, step.taps * channels, into)
                current, turn = into, 1 - turn
            if store is not None:
                store(current, first, target)
            elif not in_place:
                pick(current, columns.stride * channels, channels, 1, target)

    run_bands(rows.outputs, reader.output_length, workers, work)


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
    extremes = loop(f"extremes.{operation}imum", S=image.dtype)
    reader = StripReader(image, rows, columns, border, fill, image.dtype, reads=False)
    starts, shifts = [0], []
    covered = 1
    while covered < columns.window:
        wanted = _balanced(-(-columns.window // covered))
        shifts += [min(tap * covered, columns.window - covered) for tap in range(wanted)]
        starts.append(len(shifts))
        covered = min(wanted * covered, columns.window)
    passes = np.array(starts, np.int64), np.array(shifts, np.int64) * reader.channels
    width = image.shape[1] * reader.channels
    blank = np.full(width, fill if border == "constant" else 0, image.dtype)

    def work(start: int, stop: int) -> None:
        lines = np.empty((3, reader.row_length), image.dtype)
        best, tails = np.empty(width, image.dtype), np.empty((rows.window, width), image.dtype)
        sources = reader.sources(start, stop - start)
        extremes(*sources, rows.window, *passes, lines, blank, best, tails, output[start:stop])

    run_bands(rows.outputs, reader.output_length, workers, work)


def _balanced(window: int) -> int:
    """Return how many taps the next pass takes, so that few passes take about as many each."""
    taps = 2
    while taps < TAPS_AT_ONCE and taps ** math.ceil(math.log(window, TAPS_AT_ONCE)) < window:
        taps += 1
    return taps


Run = Callable[[Array, int, NDArray[np.int64], NDArray[np.int64], Array], None]


def _runner(operation: Operation, dtype: np.dtype[Any]) -> Run:
    """Return the loop that folds taps: (source, row step, tap rows, tap columns, out)."""
    match operation:
        case "max":
            return loop("fold.maximum", T=dtype)
        case "min":
            return loop("fold.minimum", T=dtype)
        case "sum":
            weighted_sum = loop("correlate.weighted_sum", T=dtype)

            def add(
                source: Array,
                step: int,
                tap_rows: NDArray[np.int64],
                tap_columns: NDArray[np.int64],
                out: Array,
            ) -> None:
                weighted_sum(
                    source, step, tap_rows, tap_columns, np.ones(tap_rows.size, dtype), out
                )

            return add
