"""Pooling over space and over depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.engine.fold import Folding, Means, Operation, Picks, fold
from convfilter.engine.geometry import LARGEST_EXTENT, Axis, Border, Outline, Pair, check_elements
from convfilter.engine.plan import Plan, record
from convfilter.engine.strips import Part
from convfilter.errors import ArgumentError, UnknownNameError
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, check_image, check_integer, check_pair
from convfilter.runtime.threads import check_workers

Reduce = Literal["max", "mean", "min"]
REDUCES: tuple[Reduce, ...] = get_args(Reduce)
Over = Literal["space", "depth"]
OVERS: tuple[Over, ...] = get_args(Over)


def pool(
    image: ArrayLike,
    size: Pair,
    *,
    reduce: Reduce = "max",
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    over: Over = "space",
    workers: int | None = None,
) -> Array:
    """Reduce every window of an image to its maximum, mean or minimum, as PyTorch pools.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32, float64 or bool
    size : int or (rows, columns), at least 1; over "depth", a number of channels
    reduce : "max", "mean" or "min"
        The mean of integers is exact and rounded to nearest, ties to even. A window with NaN gives
        NaN.
    stride : int or (rows, columns), at least 1; None for `size`
    padding : int or (rows, columns), at most half of what a window spans
        Padding never wins a maximum or a minimum and adds nothing to a mean.
    dilation : int or (rows, columns), at least 1: the distance between the taps of a window
    ceil_mode : also keep a last window that reaches beyond the padding
    count_include_pad : whether a mean counts the padding among its taps
        What lies beyond the padding, as `ceil_mode` allows, is never counted.
    over : "space", or "depth" for groups of `size` neighbouring channels
        Over "depth" the stride walks along the channels; padding, dilation and ceil_mode stay at
        their defaults.
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    array (H', W') or (H', W', C) of the dtype of the image; over "depth" (H, W, C')

    Raises
    ------
    ArgumentError, ArgumentTypeError, UnknownNameError
        For arguments that cannot be used, among them padding that leaves a window without a pixel.

    """
    pixels = check_image(image)
    if reduce not in REDUCES:
        raise UnknownNameError("way to pool", str(reduce), REDUCES)
    if over not in OVERS:
        raise UnknownNameError("direction to pool over", str(over), OVERS)
    threads = check_workers(workers)
    if over == "depth":
        if check_pair(padding, "padding", 0) != (0, 0) or ceil_mode:
            raise ArgumentError("pooling over depth has neither padding nor ceil_mode: leave them")
        if check_pair(dilation, "dilation", 1) != (1, 1):
            raise ArgumentError("pooling over depth has no dilation: leave it at 1")
        return _pool_depth(pixels, size, reduce, stride, threads)
    sizes, rows, columns, counts = _windows(
        pixels.shape, size, stride, padding, dilation, ceil_mode, count_include_pad
    )
    channels = pixels.shape[2]
    output = memory.empty((rows.outputs, columns.outputs * channels), pixels.dtype)
    operation, fill = _operation(pixels.dtype, reduce, sizes[0] * sizes[1], *counts)
    fold(pixels, rows, columns, "constant", fill, operation, threads, output=output)
    record(_plan(reduce, f"{sizes[0]}x{sizes[1]}", operation, pixels.dtype))
    return output.reshape(rows.outputs, columns.outputs, *np.shape(image)[2:])


@dataclass(frozen=True)
class Pooling:
    """Maxima or minima of windows over space, as a step of a chain."""

    rows: Axis
    columns: Axis
    dtype: np.dtype[Any]
    fill: float
    operation: Literal["max", "min"]
    plan: Plan
    border: Border = "constant"
    in_parts: bool = True

    @property
    def effort(self) -> int:
        """Comparisons for each output."""
        return self.rows.window + self.columns.window

    def ready(self, part: Part) -> Folding:
        """Make a part ready."""
        return Folding(part, self.border, self.fill, self.operation)

    def is_served(self, _size: float) -> bool:
        """Images of every size are served alike."""
        return True

    def bound(self, size: float) -> float:
        """Return a bound on the size of outputs, from one on the size of the image's values."""
        return size


def pooling(
    outline: Outline,
    size: Pair,
    reduce: Literal["max", "min"],
    *,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> Pooling:
    """Return `pool` as a step of a chain, for an image that is not there yet."""
    sizes, rows, columns, _ = _windows(
        outline.shape, size, stride, padding, dilation, ceil_mode, True
    )
    fill = _least(outline.dtype, reduce)
    plan = _plan(reduce, f"{sizes[0]}x{sizes[1]}", reduce, outline.dtype)
    return Pooling(rows, columns, outline.dtype, fill, reduce, plan)


def _windows(
    shape: tuple[int, ...],
    size: Pair,
    stride: Pair | None,
    padding: Pair,
    dilation: Pair,
    ceil_mode: bool,
    count_include_pad: bool,
) -> tuple[tuple[int, int], Axis, Axis, list[NDArray[np.int64]]]:
    """Return sizes, both axes, and how many taps of each window count."""
    sizes = check_pair(size, "size", 1)
    strides = sizes if stride is None else check_pair(stride, "stride", 1)
    paddings = check_pair(padding, "padding", 0)
    dilations = check_pair(dilation, "dilation", 1)
    axes, counts = [], []
    for i, name in enumerate(("rows", "columns")):
        axis = _axis(
            shape[i], sizes[i], strides[i], paddings[i], dilations[i], bool(ceil_mode), name
        )
        axes.append(axis)
        counts.append(_counts(axis, paddings[i] if count_include_pad else 0, name))
    rows, columns = axes
    channels = shape[2]
    check_elements(rows.outputs * columns.outputs * channels, "the output")
    check_elements(rows.reach * columns.extent * channels, "the rows under the window")
    return sizes, rows, columns, counts


def _axis(
    size: int, window: int, stride: int, padding: int, dilation: int, ceil_mode: bool, name: str
) -> Axis:
    """Return how windows walk along one axis, in PyTorch's arithmetic."""
    reach = (window - 1) * dilation + 1
    if max(reach, size + 2 * padding, stride, dilation) > LARGEST_EXTENT:
        raise ArgumentError(
            f"the window, its padding or its stride spans more than {LARGEST_EXTENT} {name}:"
            " give smaller numbers"
        )
    if padding > reach // 2:
        raise ArgumentError(
            f"padding is {padding} {name} for a window that spans {reach}:"
            f" at most half of it, {reach // 2}, can be padded"
        )
    room = size + 2 * padding - reach + (stride - 1 if ceil_mode else 0)
    outputs = room // stride + 1
    if ceil_mode and (outputs - 1) * stride >= size + padding:
        outputs -= 1  # the last window has to start on the image or on the padding before it
    if outputs < 1:
        raise ArgumentError(
            f"the window spans {reach} {name} and the padded image has {size + 2 * padding}:"
            " no output is left, so give a smaller window or more padding"
        )
    return Axis(size, window, stride, dilation, padding, padding, outputs)


def _counts(axis: Axis, padding: int, name: str) -> NDArray[np.int64]:
    """Return how many taps of each window count, `padding` positions at either end among them."""
    if axis.before == 0 and axis.extent <= axis.size:
        return np.full(axis.outputs, axis.window, np.int64)
    start = np.arange(axis.outputs, dtype=np.int64) * axis.stride - axis.before
    skipped = np.maximum(-(start // axis.dilation), 0)

    def taps_below(position: int) -> NDArray[np.int64]:
        return np.clip((position - 1 - start) // axis.dilation + 1, 0, axis.window)

    real = taps_below(axis.size) - skipped
    if (real < 1).any():
        raise ArgumentError(
            f"a window sees nothing but padding along the {name}: give less dilation or padding"
        )
    return taps_below(axis.size + padding) if padding else real


def _operation(
    dtype: np.dtype[Any],
    reduce: Reduce,
    taps: int,
    row_counts: NDArray[np.int64],
    column_counts: NDArray[np.int64],
) -> tuple[Operation | Means, float]:
    """Return how to fold, and the value of the padding, which never wins."""
    if reduce == "mean":
        single, double = np.dtype(np.float32), np.dtype(np.float64)
        if dtype.kind == "f":
            return Means(double, double, row_counts, column_counts), 0.0
        limits = np.iinfo(dtype)
        bound = taps * max(-int(limits.min), int(limits.max))
        sums = np.dtype(np.int32 if bound < 2**31 else np.int64)
        if limits.min == 0 and bound < 2**16:
            sums = np.dtype(np.uint16)
        # below 2**23 a quotient that is no tie cannot round to one either
        return Means(sums, single if bound < 2**23 else double, row_counts, column_counts), 0
    return reduce, _least(dtype, reduce)


def _least(dtype: np.dtype[Any], reduce: Operation) -> float:
    """Return the value that never wins."""
    if dtype.kind == "f":
        return -np.inf if reduce == "max" else np.inf
    limits = np.iinfo(dtype)
    return int(limits.min) if reduce == "max" else int(limits.max)


def _pool_depth(
    image: Array, size: Pair, reduce: Reduce, stride: Pair | None, workers: int
) -> Array:
    """Pool groups of channels: a row of pixels is one row of numbers, a window lies within it."""
    window = check_integer(size, "size", 1)
    step = window if stride is None else check_integer(stride, "stride", 1)
    height, width, channels = image.shape
    if window > channels:
        raise ArgumentError(
            f"size is {window} and the image has {channels} channels: give a smaller size"
        )
    step = min(step, channels)  # a longer one finds nothing either
    groups = (channels - window) // step + 1
    flat = image.reshape(height, width * channels, 1)
    rows = Axis(height, 1, 1, 1, 0, 0, height)
    columns = Axis(width * channels, window, 1, 1, 0, 0, width * channels - window + 1)
    output = memory.empty((height, width * groups), image.dtype)
    ones, sizes = np.ones(height, np.int64), np.full(width, window, np.int64)
    operation, fill = _operation(image.dtype, reduce, window, ones, sizes)
    picks = Picks(channels, groups, step)
    fold(flat, rows, columns, "constant", fill, operation, workers, output=output, picks=picks)
    record(_plan(reduce, f"{window} channels", operation, image.dtype))
    return output.reshape(height, width, groups)


def _plan(
    reduce: Reduce, size: str, operation: Operation | Means, image_dtype: np.dtype[Any]
) -> Plan:
    dtype = operation.sums if isinstance(operation, Means) else image_dtype
    exact = reduce != "mean" or image_dtype.kind != "f"
    reason = f"{reduce} of {size}, down columns, then along rows, in {dtype}"
    return Plan("separable", dtype, exact, reason, ())
