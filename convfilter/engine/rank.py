"""Windowed minimum, maximum, median and percentile."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from convfilter.engine.fold import Operation, fold
from convfilter.engine.geometry import Axis, Border, Padding, Pair, check_border, lay_out
from convfilter.engine.plan import Algorithm, Plan, record
from convfilter.engine.select import select_rank
from convfilter.errors import ArgumentError
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, check_image, check_number, check_pair
from convfilter.runtime.threads import check_workers


def minimum(
    image: ArrayLike,
    size: Pair,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    workers: int | None = None,
) -> Array:
    """Return the smallest value of every window: the erosion of a grey image by a rectangle.

    Exact, in the dtype of the image; a window that holds NaN gives NaN. All arguments, results and
    errors are those of `percentile`.
    """
    call = _prepare(image, size, stride, dilation, padding, border, fill)
    return _fold(call, "min", check_workers(workers))


def maximum(
    image: ArrayLike,
    size: Pair,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    workers: int | None = None,
) -> Array:
    """Return the largest value of every window: the dilation of a grey image by a rectangle.

    Exact, in the dtype of the image; a window that holds NaN gives NaN. All arguments, results and
    errors are those of `percentile`.
    """
    call = _prepare(image, size, stride, dilation, padding, border, fill)
    return _fold(call, "max", check_workers(workers))


def median(
    image: ArrayLike,
    size: Pair,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    workers: int | None = None,
) -> Array:
    """Return percentile 50 of every window: the middle value, the upper one of an even number.

    All arguments, results and errors are those of `percentile`.
    """
    call = _prepare(image, size, stride, dilation, padding, border, fill)
    return _rank(call, 50.0, check_workers(workers))


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
        ``symmetric`` (cba|abcd|dcb), ``wrap`` (bcd|abcd|abc).
    fill : the value of the border "constant"; the dtype of the image must be able to hold it
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    array (H', W') or (H', W', C)

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For arguments that cannot be used.

    """
    call = _prepare(image, size, stride, dilation, padding, border, fill)
    share = check_number(percent, "percent")
    if not 0 <= share <= 100:
        raise ArgumentError(f"percent is {share:g}: it must be from 0 to 100")
    return _rank(call, share, check_workers(workers))


@dataclass(frozen=True)
class _Call:
    """A checked call."""

    image: Array
    shape: tuple[int, ...]
    rows: Axis
    columns: Axis
    border: Border
    fill: float

    def empty_output(self) -> Array:
        """Return memory for the result, (rows, columns * channels)."""
        width = self.columns.outputs * self.image.shape[2]
        return memory.empty((self.rows.outputs, width), self.image.dtype)

    def shaped(self, output: Array) -> Array:
        """Return the result with the axes of the image."""
        return output.reshape(self.rows.outputs, self.columns.outputs, *self.shape[2:])


def _prepare(
    image: ArrayLike,
    size: Pair,
    stride: Pair,
    dilation: Pair,
    padding: Padding,
    border: Border,
    fill: float,
) -> _Call:
    pixels = check_image(image)
    rows, columns = lay_out(pixels.shape, check_pair(size, "size", 1), stride, dilation, padding)
    known = check_border(border)
    value = check_fill(fill, pixels.dtype) if known == "constant" else pixels.dtype.type(0).item()
    check_number(fill, "fill")
    return _Call(pixels, np.shape(image), rows, columns, known, value)


def check_fill(fill: float, dtype: np.dtype[Any]) -> float:
    """Return the fill as a number that the dtype holds, an int for integers, or raise."""
    value = check_number(fill, "fill")
    if dtype.kind == "f":
        if abs(value) > float(np.finfo(dtype).max):
            raise ArgumentError(f"fill is {value:g}: that is beyond the range of {dtype}")
        return value
    limits = np.iinfo(dtype)
    if value != math.floor(value) or not limits.min <= value <= limits.max:
        raise ArgumentError(
            f"fill is {value:g}: an image of {dtype} needs a whole number from {limits.min} to"
            f" {limits.max}"
        )
    return int(value)


def _fold(call: _Call, operation: Operation, workers: int) -> Array:
    output = call.empty_output()
    fold(
        call.image,
        call.rows,
        call.columns,
        call.border,
        call.fill,
        operation,
        workers,
        output=output,
    )
    _record(call, "separable", f"{operation} down columns, then along rows")
    return call.shaped(output)


def _rank(call: _Call, percent: float, workers: int) -> Array:
    taps = call.rows.window * call.columns.window
    index = _index(percent, taps)
    if index in (0, taps - 1):
        return _fold(call, "min" if index == 0 else "max", workers)
    output = call.empty_output()
    algorithm, reason, holds_nan = select_rank(
        call.image, call.rows, call.columns, call.border, call.fill, index, workers, output
    )
    if holds_nan:
        # what orders numbers says nothing of NaN; the maximum is NaN wherever a window holds one
        peaks = memory.empty(output.shape, output.dtype)
        fold(
            call.image,
            call.rows,
            call.columns,
            call.border,
            call.fill,
            "max",
            workers,
            output=peaks,
        )
        output[np.isnan(peaks)] = np.nan
    _record(call, algorithm, f"value {index} of {taps} {reason}")
    return call.shaped(output)


@functools.lru_cache(maxsize=64)
def _index(percent: float, taps: int) -> int:
    """Return how many values come before the one asked for, rounded half up, without error."""
    return math.floor(Fraction(percent) / 100 * (taps - 1) + Fraction(1, 2))


def _record(call: _Call, algorithm: Algorithm, reason: str) -> None:
    size = f"{call.rows.window}x{call.columns.window}"
    record(Plan(algorithm, call.image.dtype, True, f"{size}, {reason}", ()))
