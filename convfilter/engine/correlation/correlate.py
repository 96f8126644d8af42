"""Two-dimensional correlation and convolution of images with kernels."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from convfilter.engine.correlation.factors import Factors, Weights
from convfilter.engine.correlation.layout import COMBINE_NAMES, Combine, CombineName
from convfilter.engine.operation import Operation, algorithms, run_over
from convfilter.engine.planning import Plan, forced, least_side, whole_size
from convfilter.engine.window import target
from convfilter.engine.window.axes import Outline, Padding, Pair, lay_out
from convfilter.engine.window.borders import Border, check_border
from convfilter.errors import ArgumentError, ArgumentTypeError, KernelError, UnknownNameError
from convfilter.runtime.checks import (
    Array,
    check_dtype,
    check_fill_number,
    check_image,
    check_kernel,
    check_number,
    limits_of,
)
from convfilter.runtime.pictures import of_pictures
from convfilter.runtime.threads import check_workers

ALGORITHMS = "convfilter.engine.correlation.algorithms"

MOST_REMEMBERED = 1 << 16
"""Bytes of kernels whose operation is remembered: to plan one takes longer than a small image."""


@dataclass(frozen=True, eq=False)
class Correlation(Operation):
    """Kernels of one shape over an image, their responses combined.

    Attributes
    ----------
    kernels : as they were given; `scaled` are those that the sums are made of
    scale, offset : applied to the sum of products
    combine : how responses become one
    needs_range : sums in float32 went beyond their range, or would
    in_lengths : squares of responses went beyond the range of float64: none are made
    only_sums : the pixels allow no other algorithm than sums of products
    """

    kernels: tuple[Weights, ...]
    combine: Combine
    scale: float
    offset: float
    needs_range: bool = False
    in_lengths: bool = False
    only_sums: bool = False
    over = "convfilter.engine.correlation.present"

    def ways(self) -> Iterator[Plan]:
        """Yield every way that keeps the promised accuracy; there is at least one."""
        for algorithm in algorithms(ALGORITHMS):
            yield from algorithm.ways(self)

    @functools.cached_property
    def scaled(self) -> tuple[Weights, ...]:
        """The kernels times the scale, and times `shrunk`."""
        return tuple(kernel * self.scale * self.shrunk for kernel in self.kernels)

    @functools.cached_property
    def shrunk(self) -> float:
        """A power of two that keeps responses in range on their way to a length, 1 otherwise."""
        if not self.in_lengths:
            return 1.0
        largest = max(float(np.abs(kernel * self.scale / 4).sum()) for kernel in self.kernels)
        return 2.0 ** -min(max(math.frexp(largest)[1] + 3, 0), 1000)

    @property
    def is_of_integers(self) -> bool:
        """Whether the image holds integers."""
        return self.outline.dtype.kind != "f"

    @functools.cached_property
    def is_integer(self) -> bool:
        """Whether all sums are integers, which have to be exact below 2**53."""
        return (
            self.is_of_integers
            and self.scale == 1
            and self.offset == math.floor(self.offset)
            and self.fill == math.floor(self.fill)
            and all(np.array_equal(kernel, np.rint(kernel)) for kernel in self.kernels)
        )

    @functools.cached_property
    def absolute_sums(self) -> tuple[float, ...]:
        """The sum of the absolute weights of each scaled kernel."""
        return tuple(float(np.abs(kernel).sum()) for kernel in self.scaled)

    @functools.cached_property
    def largest(self) -> float:
        """A bound on results of an image of integers, and on all that is summed on the way."""
        peak = 0.0
        if self.is_of_integers:
            lowest, highest = limits_of(self.outline.dtype)
            peak = max(-float(lowest), float(highest), abs(self.fill))
        return sum(self.absolute_sums) * peak + abs(self.offset)

    @functools.cached_property
    def factorings(self) -> list[tuple[str, tuple[Factors, ...], str]]:
        """The ways to apply the kernels: an algorithm's name, their factors, and why."""
        direct = tuple(Factors.direct(kernel) for kernel in self.scaled)
        factored = tuple(
            Factors.factored(kernel, self.is_integer) or alone
            for kernel, alone in zip(self.scaled, direct, strict=True)
        )
        dense = sum(factors.taps for factors in direct)
        taps_named = f"{dense} tap{'' if dense == 1 else 's'}"
        ways = [("direct", direct, f"{self.size_in_words}, {taps_named} other than zero")]
        if any(factors.along_rows is not None for factors in factored):
            taps = sum(factors.taps for factors in factored)
            why = f"of rank 1: {taps} taps by rows and columns instead of {dense}"
            ways.append(("separable", factored, f"{self.size_in_words} {why}"))
        return ways

    def target(self, out: Array, sums: np.dtype[Any]) -> bytes:
        """Return the record by which loops store rows of sums, or roots of sums, in `out`."""
        takes_root = self.combine == Combine.L2 and not self.in_lengths
        return target.record(
            out,
            sums,
            offset=self.offset,
            factor=1.0 if takes_root else None,
            finite=self.is_of_integers,
        )

    @property
    def size_in_words(self) -> str:
        """The kernels in words: how many, and of what size."""
        several = f"{len(self.kernels)} kernels of " if len(self.kernels) > 1 else ""
        return f"{several}{self.window}"

    def again(self, bad: int) -> Correlation | None:
        """Return the same with sums of products, in float64, and at last without squares."""
        if not (self.only_sums or self.needs_range or self.plan.any_values):
            return replace(self, only_sums=True)
        if self.plan.accumulator == np.float32:
            # the image holds NaN or infinity, or float32 overflowed on the way to a finite value
            return replace(self, needs_range=True)
        if self.combine == Combine.L2 and not (self.in_lengths or self._squares_fit):
            return replace(self, only_sums=True, in_lengths=True)
        self.refuse_nan()
        return None

    def refuse_nan(self) -> None:
        """Raise ArgumentError where results are integers, and infinities have made one NaN."""
        if self.dtype.kind != "f" and not self.is_of_integers:
            fills = math.isnan(self.fill)
            cause = "the fill is nan" if fills else "infinities in the image cancel to NaN"
            raise ArgumentError(f"{cause}, which {self.dtype} cannot hold: ask for a float dtype")

    @property
    def _squares_fit(self) -> bool:
        """Whether no finite value of the image leads to squares beyond the range of float64."""
        weights = np.abs(self.scaled)
        return self.outline.dtype != np.float64 and bool(
            abs(self.fill) < 1e50
            and weights[weights > 0].min(initial=1) > 1e-50
            and weights.sum() < 1e50
        )

    def check_values(self, image: Array) -> None:
        """Raise ArgumentError for NaN where the result is of integers."""
        if not self.is_of_integers and self.dtype.kind != "f" and np.isnan(image).any():
            raise ArgumentError(
                f"the image holds NaN, which {self.dtype} cannot: fill the gaps first, or ask for a"
                " float dtype"
            )


@of_pictures()
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
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
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
    array (H', W') or (H', W', C), or with axes as named
        Floats within 1e-5 (float32) or 1e-12 (float64) times the largest sum of absolute products
        among the windows that overlap the output's own: one huge pixel spoils no other window.

    Raises
    ------
    ArgumentError, ArgumentTypeError, KernelError
        For arguments that cannot be used; NaN or infinity in the kernel; NaN in a float image that
        is asked for as integers.

    """
    walk = {"stride": stride, "dilation": dilation, "padding": padding, "border": border}
    sums = {"fill": fill, "scale": scale, "offset": offset, "dtype": dtype}
    return _correlated(image, [kernel], None, mask, workers, **walk, **sums)


@of_pictures()
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
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
    workers: int | None = None,
) -> Array:
    """Convolve an image with a kernel: correlate with the kernel turned by 180 degrees.

    This is convolution as mathematics and signal processing define it. All arguments, results and
    errors are those of `correlate`.
    """
    turned = check_kernel(kernel)[::-1, ::-1]
    walk = {"stride": stride, "dilation": dilation, "padding": padding, "border": border}
    sums = {"fill": fill, "scale": scale, "offset": offset, "dtype": dtype}
    return _correlated(image, [turned], None, mask, workers, **walk, **sums)


@of_pictures()
def correlate_bank(
    image: ArrayLike,
    kernels: Sequence[ArrayLike],
    combine: CombineName | None,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    scale: float = 1.0,
    offset: float = 0.0,
    dtype: DTypeLike | None = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
    workers: int | None = None,
) -> Array:
    """Correlate an image with several kernels of one shape, and combine their responses.

    The responses ``r = scale * sum of products`` are combined for each output by `combine`:
    ``"l1"`` sum of abs(r), ``"l2"`` square root of the sum of r², ``"max"`` the largest r,
    ``"max-abs"`` the largest abs(r), ``"abs"`` abs(r) of a single kernel, None the response of a
    single kernel as it is. `offset` is added afterwards. All other arguments are those of
    `correlate`.

    Raises
    ------
    ArgumentError, ArgumentTypeError, KernelError
        As `correlate`; also for kernels of different shapes, or several where one is wanted.

    """
    walk = {"stride": stride, "dilation": dilation, "padding": padding, "border": border}
    sums = {"fill": fill, "scale": scale, "offset": offset, "dtype": dtype}
    return _correlated(image, kernels, combine, mask, workers, **walk, **sums)


def _correlated(
    image: ArrayLike,
    kernels: Sequence[ArrayLike],
    combine: CombineName | None,
    present: Any,
    workers: int | None,
    **named: Any,
) -> Array:
    pixels = check_image(image)
    operation = correlation(Outline.of(pixels), kernels, combine, **named)
    output = run_over(operation, pixels, present, check_workers(workers))
    return output if np.ndim(image) == 3 else output[:, :, 0]


def correlation(
    outline: Outline,
    kernels: Sequence[ArrayLike],
    combine: CombineName | None,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
    border: Border = "reflect",
    fill: float = 0.0,
    scale: float = 1.0,
    offset: float = 0.0,
    dtype: DTypeLike | None = None,
) -> Correlation:
    """Return `correlate_bank` as an operation, for an image that need not be there yet.

    Arguments and errors are those of `correlate_bank`.
    """
    if combine is not None and combine not in COMBINE_NAMES:
        raise UnknownNameError("way to combine responses", str(combine), COMBINE_NAMES)
    if not isinstance(kernels, Sequence):
        raise ArgumentTypeError("kernels is not a sequence: give a list of kernels")
    weights = tuple(check_kernel(kernel) for kernel in kernels)
    if not weights:
        raise KernelError("no kernel is given: give at least one")
    if len(weights) > 1 and combine in (None, "abs"):
        raise ArgumentError(f"{len(weights)} kernels are given: say how to combine their responses")
    if len({kernel.shape for kernel in weights}) > 1:
        shapes = ", ".join(str(kernel.shape) for kernel in weights)
        raise KernelError(f"the kernels have different shapes, {shapes}: give them one shape")
    scale = check_number(scale, "scale")
    if scale != 1:
        with np.errstate(over="ignore"):
            if not all(np.isfinite(kernel * scale).all() for kernel in weights):
                raise KernelError(
                    f"the kernel times scale {scale} is not finite: give smaller numbers"
                )
    height, width = weights[0].shape
    rows, columns = lay_out(outline.shape, (height, width), stride, dilation, padding)
    known, value = check_border(border), check_fill_number(fill, outline.dtype)
    fields: dict[str, Any] = {
        "outline": outline,
        "rows": rows,
        "columns": columns,
        "border": known,
        "fill": value if known == "constant" else 0.0,  # what nobody sees decides nothing
        "dtype": outline.dtype if dtype is None else check_dtype(dtype, "the result"),
        "combine": Combine.of(combine),
        "scale": scale,
        "offset": check_number(offset, "offset"),
    }
    if sum(kernel.nbytes for kernel in weights) > MOST_REMEMBERED:
        return Correlation(kernels=weights, **fields)
    contents = tuple((kernel.tobytes(), kernel.shape) for kernel in weights)
    side = least_side.get(), *whole_size(outline.shape[:2])
    return _remembered(contents, forced.get(), side, **fields)


@functools.lru_cache(maxsize=128)
def _remembered(
    kernels: tuple[tuple[bytes, tuple[int, ...]], ...],
    forced: str,
    side: tuple[int, ...],
    **fields: Any,
) -> Correlation:
    """Return the same operation for the same arguments, with its plan and all that it has made."""
    arrays = tuple(np.frombuffer(data).reshape(shape) for data, shape in kernels)
    return Correlation(kernels=arrays, **fields)
