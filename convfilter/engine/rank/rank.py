"""Windowed minimum, maximum, median and percentile."""

from __future__ import annotations

import functools
import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from convfilter.engine.fold.fold import Fold
from convfilter.engine.operation import Operation, algorithms, attempt, remembered, run_over
from convfilter.engine.planning import Plan
from convfilter.engine.window.axes import Axis, Outline, Padding, Pair, lay_out
from convfilter.engine.window.borders import Border, check_border
from convfilter.engine.window.present import put_in_gaps
from convfilter.engine.window.source import Part, Ready, RowSources, Source
from convfilter.errors import ArgumentError
from convfilter.runtime.checks import (
    Array,
    check_fill,
    check_fill_number,
    check_image,
    check_number,
    check_pair,
)
from convfilter.runtime.memory import Scratch
from convfilter.runtime.pictures import of_pictures
from convfilter.runtime.threads import check_workers

ALGORITHMS = "convfilter.engine.rank.algorithms"

HISTOGRAM_ROWS = 256
"""Output rows that one histogram walks over: moving it into place costs a window."""


def _always(_: Mapping[str, Any]) -> bool:
    return True  # each result is a value of its window


@of_pictures(keeps_masks=_always)
def minimum(
    image: ArrayLike,
    size: Pair,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
    workers: int | None = None,
) -> Array:
    """Return the smallest value of every window: the erosion of a grey image by a rectangle.

    Exact, in the dtype of the image; a window that holds NaN gives NaN. All arguments, results and
    errors are those of `percentile`.
    """
    return _run(image, size, 0.0, stride, dilation, padding, border, fill, mask, workers)


@of_pictures(keeps_masks=_always)
def maximum(
    image: ArrayLike,
    size: Pair,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
    workers: int | None = None,
) -> Array:
    """Return the largest value of every window: the dilation of a grey image by a rectangle.

    Exact, in the dtype of the image; a window that holds NaN gives NaN. All arguments, results and
    errors are those of `percentile`.
    """
    return _run(image, size, 100.0, stride, dilation, padding, border, fill, mask, workers)


@of_pictures(keeps_masks=_always)
def median(
    image: ArrayLike,
    size: Pair,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
    workers: int | None = None,
) -> Array:
    """Return percentile 50 of every window: the middle value, the upper one of an even number.

    All arguments, results and errors are those of `percentile`.
    """
    return _run(image, size, 50.0, stride, dilation, padding, border, fill, mask, workers)


@of_pictures(keeps_masks=_always)
def percentile(
    image: ArrayLike,
    size: Pair,
    percent: float,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
    workers: int | None = None,
) -> Array:
    """Return of every window the value at sorted index ``floor(percent / 100 * (n - 1) + 1/2)``.

    Exact, in the dtype of the image: the result is one of the `n` values of the window. A window
    that holds NaN gives NaN. Channels are treated apart.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32, float64 or bool
    size : int or (rows, columns), at least 1
        A window of even size reaches one further down and to the right.
    percent : 0 (minimum) to 100 (maximum)
    stride, dilation : int or (rows, columns), at least 1
    padding : "valid", "same", "full", int, (rows, columns) or ((top, bottom), (left, right))
    border : what stands beyond the edge, in NumPy's words
        ``constant`` (`fill`), ``edge`` (aaa|abcd|ddd), ``reflect`` (dcb|abcd|cba),
        ``symmetric`` (cba|abcd|dcb), ``wrap`` (bcd|abcd|abc). The maximum and the minimum of an
        even window take nothing from outside it: ``reflect`` is ``symmetric`` there, unless the
        window is dilated, or lies mostly beyond the edge by its padding.
    fill : the value of the border "constant"; the dtype of the image must be able to hold it
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    array (H', W') or (H', W', C), or with axes as named; of a mask a mask

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For arguments that cannot be used.

    """
    return _run(image, size, percent, stride, dilation, padding, border, fill, mask, workers)


@dataclass(frozen=True, eq=False)
class Rank(Operation):
    """The value with so many others before it in every window.

    Attributes
    ----------
    index : how many values of the window come before it
    percent : the share of them that does, from which `index` follows
    holds_nan : the image holds NaN, which has no place in an order of numbers
    """

    index: int
    percent: float
    holds_nan: bool = False
    over = "convfilter.engine.rank.present"

    @property
    def taps(self) -> int:
        """Values of a window."""
        return self.rows.window * self.columns.window

    def ways(self) -> Iterator[Plan]:
        """Yield the plans of every algorithm for the window and the dtype."""
        for algorithm in algorithms(ALGORITHMS):
            for plan in algorithm.ways(self):
                if self.holds_nan:
                    plan = replace(
                        plan, ready=None, run=_run_with_nan, looks=False, tells_nan=False
                    )
                yield plan

    def plan_of(
        self,
        name: str,
        how: str,
        cost: float,
        *,
        effort: int,
        ready: Callable[[Any, Part], Ready],
        detail: str = "",
    ) -> Plan:
        """Return the plan for an algorithm of this name."""
        reason = f"{self.window}, value {self.index} of {self.taps} {how}"
        return Plan(name, self.dtype, True, reason, cost, effort, ready, detail=detail, looks=True)

    def again(self, bad: int) -> Rank | None:
        """Return the same for an image that holds NaN."""
        return None if self.holds_nan else replace(self, holds_nan=True)


def _run_with_nan(operation: Rank, image: Array, workers: int) -> tuple[Array, int]:
    """Find ranks, and make those NaN whose windows hold one: the maximum there is NaN, too."""
    output, _ = attempt(replace(operation, holds_nan=False), image, workers)
    window = operation.rows, operation.columns, operation.border, operation.fill
    peaks, _ = attempt(Fold(operation.outline, *window, operation.dtype, "max"), image, workers)
    output[np.isnan(peaks)] = np.nan
    return output, 0


class Own(NamedTuple):
    """Indices that differ from output to output.

    Attributes
    ----------
    counted : how many values are there in the window of each output; without rows where all are
    indices : of the value that is asked for among so many, by their number
    """

    counted: Array
    indices: Array

    def rows(self, first: int, last: int) -> Own:
        """Return those of some rows of outputs."""
        return Own(self.counted[first:last], self.indices)


class Among(NamedTuple):
    """What is there of the padded rows that outputs are made from.

    Attributes
    ----------
    own : the indices of the outputs
    mask : 0 where a padded row has a gap
    last : the value that stands there, after all others
    """

    own: Own
    mask: Array
    last: float


Find = Callable[[Array, Own, Array], None]
"""Takes a strip of padded rows, indices and outputs, and finds these."""


class Strips:
    """A part of a rank that is found in strips of padded rows, made ready."""

    indices_dtype: np.dtype[Any] = np.dtype(np.int32)

    def __init__(self, operation: Rank, part: Part) -> None:
        self.operation = operation
        self.source = Source(part, operation.border, operation.fill, operation.dtype)

    @abstractmethod
    def work(self, rows: int, scratch: Scratch) -> Find:
        """Return the function that finds the ranks of a strip of padded rows.

        A strip is of at most so many rows of outputs.
        """

    def most_rows(self) -> int:
        """Return how many rows of outputs are found at a time."""
        return self.source.strip_rows()

    def of_histogram(self) -> int:
        """Return for how many rows of outputs one histogram is moved along."""
        return max(HISTOGRAM_ROWS, 4 * self.source.rows.window)

    def bind(
        self, rows: RowSources, out: Array, scratch: Scratch, among: Among | None = None
    ) -> Callable[[], int]:
        """Return the call that computes output rows from those padded rows into `out`.

        Of what is there outputs have indices of their own, of the dtype `indices_dtype`.
        """
        source = self.source
        alike = Own(np.empty((0, 0), self.indices_dtype), np.empty(0, self.indices_dtype))
        most = min(self.most_rows(), out.shape[0])
        memory = source.empty_strip(most)
        find = self.work(most, scratch)

        def call() -> int:
            nans = 0
            for first in range(0, out.shape[0], most):
                count = min(most, out.shape[0] - first)
                strip = source.strip(rows, first, count, memory)
                those = alike
                if among is not None:
                    put_in_gaps(strip, among.mask[first * source.rows.stride :], among.last)
                    those = among.own.rows(first, first + count)
                if source.dtype.kind == "f":
                    nans += bool(np.isnan(strip.max()))
                find(strip, those, out[first : first + count])
            return nans

        return call


def ranking(
    outline: Outline,
    size: Pair,
    percent: float,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
) -> Rank | Fold:
    """Return `percentile` as an operation, for an image that need not be there yet."""
    share = check_number(percent, "percent")
    if not 0 <= share <= 100:
        raise ArgumentError(f"percent is {share:g}: it must be from 0 to 100")
    rows, columns = lay_out(outline.shape, check_pair(size, "size", 1), stride, dilation, padding)
    known = check_border(border)
    check_fill_number(fill, outline.dtype)
    value = check_fill(fill, outline.dtype) if known == "constant" else 0
    fields: dict[str, Any] = {
        "outline": outline,
        "rows": rows,
        "columns": columns,
        "border": known,
        "fill": value,
        "dtype": outline.dtype,
    }
    taps = rows.window * columns.window
    index = index_of(share, taps)
    if index in (0, taps - 1):
        if known == "reflect" and _would_leave_windows(rows, columns):
            fields["border"] = "symmetric"
        return remembered(Fold, **fields, reduce="min" if index == 0 else "max")
    return remembered(Rank, **fields, index=index, percent=share)


def _would_leave_windows(rows: Axis, columns: Axis) -> bool:
    """Tell whether "reflect" shows pixels that no window holds, where "symmetric" shows none.

    That is so at the edge that an even window reaches further beyond: "reflect" is symmetric about
    a pixel. Of windows that hold at least as much of the image as lies beyond it, "symmetric" shows
    their own pixels, and so leaves their maxima and minima as they are without a border.
    """
    both = rows, columns
    if all(axis.window % 2 == 1 for axis in both):
        return False
    beyond = [(axis.before, axis.extent - axis.size - axis.before) for axis in both]
    return all(
        axis.dilation == 1 and 2 * max(ends) <= axis.window
        for axis, ends in zip(both, beyond, strict=True)
    )


def _run(
    image: ArrayLike,
    size: Pair,
    percent: float,
    stride: Pair,
    dilation: Pair,
    padding: Padding,
    border: Border,
    fill: float,
    present: Any,
    workers: int | None,
) -> Array:
    pixels = check_image(image)
    operation = ranking(
        Outline.of(pixels),
        size,
        percent,
        stride=stride,
        dilation=dilation,
        padding=padding,
        border=border,
        fill=fill,
    )
    output = run_over(operation, pixels, present, check_workers(workers))
    return output if np.ndim(image) == 3 else output[:, :, 0]


@functools.lru_cache(maxsize=64)
def index_of(percent: float, taps: int) -> int:
    """Return how many values come before the one asked for, rounded half up, without error."""
    return math.floor(Fraction(percent) / 100 * (taps - 1) + Fraction(1, 2))
