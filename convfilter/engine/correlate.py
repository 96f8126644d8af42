"""Two-dimensional correlation and convolution of images with kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from convfilter.engine.gain import gain_for_squares, peak
from convfilter.engine.geometry import Border, Outline, Padding, Pair, check_border, lay_out
from convfilter.engine.plan import Combine, Plan, Request, record
from convfilter.engine.respond import COMBINES, Call, run
from convfilter.engine.schedule import Weights
from convfilter.errors import ArgumentError, ArgumentTypeError, KernelError, UnknownNameError
from convfilter.runtime.checks import (
    Array,
    check_dtype,
    check_image,
    check_kernel,
    check_number,
)
from convfilter.runtime.threads import check_workers


def correlate(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    scale: float = 1.0,
    offset: float = 0.0,
    dtype: DTypeLike | None = None,
    workers: int | None = None,
) -> Array:
    """Correlate an image with a kernel: lay it on the image as printed and add the products.

    ``y[i, j] = offset + scale * sum over u, v of x[i*s + u*d - p, j*s + v*d - p] * kernel[u, v]``

    This is what lectures on neural networks call a convolution; `convolve` turns the kernel first.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32, float64 or bool
        Every channel is treated alike. The image is never written to and need not be contiguous.
    kernel : array (rows, columns) of finite real numbers, of any size
    stride, dilation : int or (rows, columns), at least 1
    padding : "valid", "same", "full", int, (rows, columns) or ((top, bottom), (left, right))
        "same" gives ``ceil(size / stride)`` outputs, an odd rest of the padding at the end.
    border : what stands beyond the edge, in NumPy's words
        ``constant`` (`fill`), ``edge`` (aaa|abcd|ddd), ``reflect`` (dcb|abcd|cba),
        ``symmetric`` (cba|abcd|dcb), ``wrap`` (bcd|abcd|abc).
    fill : the value of the border "constant"
    scale, offset : applied to the sum of products
    dtype : dtype of the result; None for that of the image
        Integers are rounded to nearest, ties to even, and saturated. Float gives the raw response.
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    array (H', W') or (H', W', C)

    Raises
    ------
    ArgumentError, ArgumentTypeError, KernelError
        For arguments that cannot be used; NaN or infinity in the kernel; NaN in a float image that
        is asked for as integers.

    """
    return correlate_bank(
        image,
        [kernel],
        None,
        stride=stride,
        dilation=dilation,
        padding=padding,
        border=border,
        fill=fill,
        scale=scale,
        offset=offset,
        dtype=dtype,
        workers=workers,
    )


def convolve(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    scale: float = 1.0,
    offset: float = 0.0,
    dtype: DTypeLike | None = None,
    workers: int | None = None,
) -> Array:
    """Convolve an image with a kernel: correlate with the kernel turned by 180 degrees.

    This is convolution as mathematics and signal processing define it. All arguments, results and
    errors are those of `correlate`.
    """
    return correlate(
        image,
        check_kernel(kernel)[::-1, ::-1],
        stride=stride,
        dilation=dilation,
        padding=padding,
        border=border,
        fill=fill,
        scale=scale,
        offset=offset,
        dtype=dtype,
        workers=workers,
    )


def correlate_bank(
    image: ArrayLike,
    kernels: Sequence[ArrayLike],
    combine: Combine | None,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    scale: float = 1.0,
    offset: float = 0.0,
    dtype: DTypeLike | None = None,
    workers: int | None = None,
) -> Array:
    """Correlate an image with several kernels of one shape and join their responses, in one pass.

    The responses ``r = scale * sum of products`` are joined for each output by `combine`:
    ``"l1"`` sum of abs(r), ``"l2"`` square root of the sum of r², ``"max"`` the largest r,
    ``"max-abs"`` the largest abs(r), ``"abs"`` abs(r) of a single kernel, None the response of a
    single kernel as it is. `offset` is added afterwards. All other arguments are those of
    `correlate`.

    Raises
    ------
    ArgumentError, ArgumentTypeError, KernelError
        As `correlate`; also for kernels of different shapes, or several where one is wanted.

    """
    call = _prepare(
        image, kernels, combine, stride, dilation, padding, border, fill, scale, offset, dtype
    )
    threads = check_workers(workers)
    output, bad = run(call, threads)
    if bad and call.plan.algorithm in ("box", "fft"):
        call = call.by_sums()
        output, bad = run(call, threads)
    if bad and call.plan.accumulator == np.float32:
        # either the image holds NaN or infinity, or float32 overflowed on the way to a finite value
        call = call.with_range()
        output, bad = run(call, threads)
    if bad and output.dtype.kind != "f":
        raise ArgumentError(
            f"infinities in the image cancel to NaN, which {output.dtype} cannot hold: ask for a"
            " float dtype"
        )
    record(call.plan)
    return output


def plan(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    scale: float = 1.0,
    offset: float = 0.0,
    dtype: DTypeLike | None = None,
) -> Plan:
    """Tell what `correlate` would do with these arguments, without doing it."""
    return _prepare(
        image, [kernel], None, stride, dilation, padding, border, fill, scale, offset, dtype
    ).plan


def correlation(
    outline: Outline,
    kernels: Sequence[ArrayLike],
    combine: Combine | None,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    scale: float = 1.0,
    offset: float = 0.0,
    dtype: DTypeLike | None = None,
) -> Call:
    """Return `correlate_bank` as a step of a chain, for an image that is not there yet."""
    return _prepare(
        outline, kernels, combine, stride, dilation, padding, border, fill, scale, offset, dtype
    )


def _prepare(
    image: ArrayLike | Outline,
    kernels: Sequence[ArrayLike],
    combine: Combine | None,
    stride: Pair,
    dilation: Pair,
    padding: Padding,
    border: Border,
    fill: float,
    scale: float,
    offset: float,
    dtype: DTypeLike | None,
) -> Call:
    if combine is not None and combine not in COMBINES:
        raise UnknownNameError("way to combine responses", str(combine), COMBINES)
    if not isinstance(kernels, Sequence):
        raise ArgumentTypeError("kernels is not a sequence: give a list of kernels")
    weights = tuple(check_kernel(kernel) for kernel in kernels)
    if not weights:
        raise KernelError("no kernel is given: give at least one")
    if len(weights) > 1 and combine in (None, "abs"):
        raise ArgumentError(f"{len(weights)} kernels are given: say how to combine their responses")
    if any(kernel.shape != weights[0].shape for kernel in weights):
        shapes = ", ".join(str(kernel.shape) for kernel in weights)
        raise KernelError(f"the kernels have different shapes, {shapes}: give them one shape")
    scale = check_number(scale, "scale")
    with np.errstate(over="ignore"):
        if not all(np.isfinite(kernel * scale).all() for kernel in weights):
            raise KernelError(f"the kernel times scale {scale} is not finite: give smaller numbers")
    pixels = image if isinstance(image, Outline) else check_image(image)
    rows, columns = lay_out(pixels.shape, _shape(weights[0]), stride, dilation, padding)
    output_dtype = pixels.dtype if dtype is None else check_dtype(dtype, "the result")
    floats = None if isinstance(pixels, Outline) or pixels.dtype.kind != "f" else pixels
    if floats is not None and output_dtype.kind != "f" and np.isnan(floats).any():
        raise _nan_error(output_dtype)
    fill = check_number(fill, "fill")
    gain = 1.0
    if combine == "l2" and floats is not None:
        gain = gain_for_squares(peak(floats), weights, scale, fill)
    request = Request(
        image_dtype=pixels.dtype,
        output_dtype=output_dtype,
        rows=rows,
        columns=columns,
        channels=pixels.shape[2],
        border=check_border(border),
        fill=fill,
        scale=scale * gain,
        offset=check_number(offset, "offset"),
        combine=combine,
        needs_range=gain != 1,
    )
    shape = pixels.shape if isinstance(image, Outline) else np.shape(image)
    return Call(pixels, shape, weights, request, gain)


def _shape(kernel: Weights) -> tuple[int, int]:
    rows, columns = kernel.shape
    return rows, columns


def _nan_error(dtype: np.dtype[Any]) -> ArgumentError:
    return ArgumentError(
        f"the image holds NaN, which {dtype} cannot: fill the gaps first, or ask for a float dtype"
    )
