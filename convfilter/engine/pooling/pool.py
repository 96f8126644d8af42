"""Pooling over space and over depth."""

from __future__ import annotations

import functools
import math
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.engine.fold.fold import Fold, Means, Reduce, Sampling
from convfilter.engine.operation import run_over
from convfilter.engine.planning import forced, least_side
from convfilter.engine.window.axes import LARGEST_EXTENT, Axis, Outline, Pair, check_elements
from convfilter.errors import ArgumentError, UnknownNameError
from convfilter.runtime.checks import Array, check_image, check_integer, check_pair, limits_of
from convfilter.runtime.missing import Present
from convfilter.runtime.pictures import of_pictures
from convfilter.runtime.threads import check_workers

MOST_REMEMBERED = 1 << 16
"""Rows or columns of an image whose pooling is remembered: how many taps count is, for each."""

REDUCES: tuple[Reduce, ...] = get_args(Reduce)
Over = Literal["space", "depth"]
OVERS: tuple[Over, ...] = get_args(Over)


@of_pictures(keeps_masks=lambda named: named.get("reduce", "max") != "mean")
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
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
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
    array (H', W') or (H', W', C), or with axes as named, of the dtype of the image; over "depth"
    (H, W, C'). Maxima and minima of a mask are a mask.

    Raises
    ------
    ArgumentError, ArgumentTypeError, UnknownNameError
        For arguments that cannot be used, among them padding that leaves a window without a pixel.

    """
    pixels = check_image(image)
    operation = pooling(
        Outline.of(pixels),
        size,
        reduce=reduce,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        over=over,
    )
    # padding is no value of the image
    present = mask._replace(fill=False) if isinstance(mask, Present) else None
    output = run_over(operation, pixels, present, check_workers(workers))
    return output if np.ndim(image) == 3 or over == "depth" else output[:, :, 0]


def pooling(
    outline: Outline,
    size: Pair,
    *,
    reduce: Reduce = "max",
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    over: Over = "space",
    dtype: np.dtype[Any] | None = None,
) -> Fold:
    """Return `pool` as an operation, for an image that need not be there yet.

    `dtype` is that of the result: of means floats, else that of the image, which None stands for.
    """
    if reduce not in REDUCES:
        raise UnknownNameError("way to pool", str(reduce), REDUCES)
    if over not in OVERS:
        raise UnknownNameError("direction to pool over", str(over), OVERS)
    result = outline.dtype if dtype is None else dtype
    paddings, dilations = check_pair(padding, "padding", 0), check_pair(dilation, "dilation", 1)
    if over == "depth":
        if paddings != (0, 0) or ceil_mode:
            raise ArgumentError("pooling over depth has neither padding nor ceil_mode: leave them")
        if dilations != (1, 1):
            raise ArgumentError("pooling over depth has no dilation: leave it at 1")
        return _over_depth(outline, size, reduce, stride, result)
    sizes = check_pair(size, "size", 1)
    strides = sizes if stride is None else check_pair(stride, "stride", 1)
    asked = (reduce, sizes, strides, paddings, dilations, bool(ceil_mode), bool(count_include_pad))
    is_long = max(outline.shape) > MOST_REMEMBERED
    make = _over_space if is_long else _remembered_over_space
    return make(outline, result, forced.get(), least_side.get(), *asked)


def _over_space(
    outline: Outline,
    dtype: np.dtype[Any],
    forced: str,
    side: int,
    reduce: Reduce,
    sizes: tuple[int, int],
    strides: tuple[int, int],
    paddings: tuple[int, int],
    dilations: tuple[int, int],
    ceil_mode: bool,
    count_include_pad: bool,
) -> Fold:
    """Pool over rows and columns; what is `forced`, and for what `side`, decides on its plan."""
    axes, counts = [], []
    for i, name in enumerate(("rows", "columns")):
        axis = _axis(
            outline.shape[i], sizes[i], strides[i], paddings[i], dilations[i], ceil_mode, name
        )
        axes.append(axis)
        counts.append(_counts(axis, paddings[i] if count_include_pad else 0, name))
    rows, columns = axes
    channels = outline.shape[2]
    check_elements(rows.outputs * columns.outputs * channels, "the output")
    check_elements(rows.reach * columns.extent * channels, "the rows under the window")
    means, fill = _means_and_fill(outline.dtype, dtype, reduce, sizes[0] * sizes[1], *counts)
    return Fold(outline, rows, columns, "constant", fill, dtype, reduce, means)


_remembered_over_space = functools.lru_cache(maxsize=64)(_over_space)


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


def _means_and_fill(
    dtype: np.dtype[Any],
    result: np.dtype[Any],
    reduce: Reduce,
    taps: int,
    row_counts: NDArray[np.int64],
    column_counts: NDArray[np.int64],
) -> tuple[Means | None, float]:
    """Return how sums become means, if they do, and the value of the padding, which never wins."""
    if reduce != "mean":
        return None, _least(dtype, reduce)
    single, double = np.dtype(np.float32), np.dtype(np.float64)
    if dtype.kind == "f":
        return Means.of(double, double, row_counts, column_counts), 0.0
    lowest, highest = limits_of(dtype)
    bound = taps * max(-lowest, highest)
    sums = np.dtype(np.int32 if bound < 2**31 else np.int64)
    if lowest == 0 and bound < 2**16:
        sums = np.dtype(np.uint16)
    # below 2**23 a quotient that is no tie cannot round to one either
    numbers = single if bound < 2**23 and result != double else double
    return Means.of(sums, numbers, row_counts, column_counts), 0


def _least(dtype: np.dtype[Any], reduce: Literal["max", "min"]) -> float:
    """Return the value that never wins."""
    if dtype.kind == "f":
        return -math.inf if reduce == "max" else math.inf
    lowest, highest = limits_of(dtype)
    return lowest if reduce == "max" else highest


def _over_depth(
    outline: Outline, size: Pair, reduce: Reduce, stride: Pair | None, dtype: np.dtype[Any]
) -> Fold:
    """Pool groups of channels: a row of pixels is one row of numbers, a window lies within it."""
    window = check_integer(size, "size", 1)
    step = window if stride is None else check_integer(stride, "stride", 1)
    height, width, channels = outline.shape
    if window > channels:
        raise ArgumentError(
            f"size is {window} and the image has {channels} channels: give a smaller size"
        )
    step = min(step, channels)  # a longer one finds nothing either
    groups = (channels - window) // step + 1
    ones, sizes = np.ones(height, np.int64), np.full(width, window, np.int64)
    means, fill = _means_and_fill(outline.dtype, dtype, reduce, window, ones, sizes)
    return Fold(
        outline,
        Axis(height, 1, 1, 1, 0, 0, height),
        Axis(width * channels, window, 1, 1, 0, 0, width * channels - window + 1),
        "constant",
        fill,
        dtype,
        reduce,
        means,
        Sampling(channels, groups, step),
    )
