"""Edge detectors and their parts: gradients, thin edges, growth along them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.engine.correlate import correlate
from convfilter.engine.geometry import Border, check_border, lay_out
from convfilter.engine.strips import StripReader
from convfilter.errors import ArgumentError, UnknownNameError
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, check_image, check_number
from convfilter.runtime.compiled import loop
from convfilter.runtime.threads import check_workers, run_bands

Norm = Literal["l2", "l1"]
NORMS: tuple[Norm, ...] = get_args(Norm)

SOBEL_KERNEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def non_maximum_suppression(
    gradient_x: ArrayLike,
    gradient_y: ArrayLike,
    *,
    norm: Norm = "l2",
    workers: int | None = None,
) -> NDArray[np.float32]:
    """Return the length of the gradient where it is a maximum across the edge, else 0.

    The direction is rounded to the nearest of four (Canny, 1986). A pixel is compared with its two
    neighbours in that direction; along rows and columns it may equal the right or the lower one,
    as in OpenCV. Beyond the edge of the image the gradient is 0. A NaN is no maximum, nor is a
    pixel beside one in its direction.

    Parameters
    ----------
    gradient_x, gradient_y : arrays (H, W) of one shape and dtype, derivatives to the right and down
        The sign of both together does not matter, that of one alone does.
    norm : "l2" for the square root of x² + y², "l1" for abs(x) + abs(y)
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    float32 array (H, W)

    Raises
    ------
    ArgumentError, ArgumentTypeError, UnknownNameError
        For gradients that are no planes or do not fit each other, and for an unknown norm.

    """
    across, down = _check_gradients(gradient_x, gradient_y, norm)
    across, down = _as_floats(across, down)
    threads = check_workers(workers)
    squared = norm == "l2"
    marks = _Marks(across.shape)
    output = memory.empty(across.shape, np.float32)
    measure = loop("engine.loops.edges.measure_marked", T=across.dtype)
    mark = _gradient_marker(across, down, squared, 0.0, 0.0)

    def work(start: int, stop: int) -> None:
        mark(start, stop, marks.array)
        measure(marks.array, across, down, squared, start, stop, output)

    run_bands(across.shape[0], across.shape[1], threads, work)
    return output


def trace_edges(
    gradient_x: ArrayLike,
    gradient_y: ArrayLike,
    low: float,
    high: float,
    *,
    norm: Norm = "l2",
    workers: int | None = None,
) -> NDArray[np.bool_]:
    """Return the thin lines that Canny's detector finds in gradients.

    The result is ``hysteresis(non_maximum_suppression(gradient_x, gradient_y), low, high)``,
    without the array between them.

    Parameters
    ----------
    gradient_x, gradient_y, norm : as for `non_maximum_suppression`
    low, high : thresholds in values of the gradients, at least 0, `low` at most `high`
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    bool array (H, W)

    Raises
    ------
    ArgumentError, ArgumentTypeError, UnknownNameError
        As `non_maximum_suppression` and `hysteresis`, and for a negative threshold.

    """
    across, down = _check_gradients(gradient_x, gradient_y, norm)
    least, most = _check_thresholds(low, high, lowest=0.0)
    across, down = _as_floats(across, down)
    squared = norm == "l2"
    weak, strong = (_threshold(value, across.dtype, squared) for value in (least, most))
    mark = _gradient_marker(across, down, squared, weak, strong)
    return _Marks(across.shape).followed(mark, 1.5, check_workers(workers))


def canny(
    image: ArrayLike,
    low: float,
    high: float,
    *,
    norm: Norm = "l2",
    border: Border = "reflect",
    fill: float = 0.0,
    workers: int | None = None,
) -> NDArray[np.bool_]:
    """Return the thin lines that Canny's detector finds by Sobel's gradients, without a blur.

    OpenCV's Canny has the same thresholds: with ``L2gradient=True`` those of `norm` "l2". Its
    border is "edge".

    Parameters
    ----------
    image : array (H, W) of uint8, uint16, int16, float32, float64 or bool
    low, high, norm : as for `trace_edges`
    border, fill : what stands beyond the edge, as for `correlate`
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    bool array (H, W)

    Raises
    ------
    ArgumentError, ArgumentTypeError, UnknownNameError
        For an image that is no plane, an unknown norm or border, and thresholds that are negative
        or in the wrong order.

    """
    plane = _plane(image, "the image")
    if norm not in NORMS:
        raise UnknownNameError("norm", str(norm), NORMS)
    if plane.dtype != np.uint8 or fill not in range(256):
        dtype = np.float64 if plane.dtype == np.float64 else np.float32
        right, down = (
            correlate(plane, kernel, border=border, fill=fill, dtype=dtype, workers=workers)
            for kernel in (SOBEL_KERNEL, SOBEL_KERNEL.T)
        )
        return trace_edges(right, down, low, high, norm=norm, workers=workers)
    least, most = _check_thresholds(low, high, lowest=0.0)
    squared = norm == "l2"
    weak, strong = (_threshold(value, np.dtype(np.int32), squared) for value in (least, most))
    reader = StripReader(
        plane[:, :, np.newaxis],
        *lay_out(plane.shape, (3, 3)),
        check_border(border),
        fill,
        np.int16,
        reads=False,
    )
    run = loop("engine.loops.edges.mark_sobel")

    def mark(start: int, stop: int, marks: Array) -> int:
        source, rows, columns, run_start, run_stop, _, fill = reader.sources(0, plane.shape[0])
        strip = np.empty((5, reader.row_length), np.int16)
        gradients = np.empty((2, 3, plane.shape[1]), np.int16)
        sizes = np.empty((3, reader.row_length), np.int32)
        count: int = run(
            source,
            rows,
            columns,
            run_start,
            run_stop,
            fill,
            squared,
            weak,
            strong,
            start,
            stop,
            strip,
            *gradients,
            sizes,
            marks,
        )
        return count

    return _Marks(plane.shape).followed(mark, 1.5, check_workers(workers))


def hysteresis(magnitude: ArrayLike, low: float, high: float) -> NDArray[np.bool_]:
    """Return which pixels are above `high`, or above `low` and connected to one that is.

    Pixels are connected through their eight neighbours (Canny, 1986). NaN is above nothing.

    Parameters
    ----------
    magnitude : array (H, W)
    low, high : thresholds in values of `magnitude`, `low` at most `high`

    Returns
    -------
    bool array (H, W)

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For a magnitude that is no plane, and for thresholds in the wrong order.

    """
    sizes = _plane(magnitude, "magnitude")
    least, most = _check_thresholds(low, high)
    if sizes.dtype.kind != "f":
        sizes = sizes.astype(np.float32)
    # "above" is decided in the dtype of the magnitude, by the nearest number that is not larger
    weak, strong = (_rounded_down(value, sizes.dtype) for value in (least, most))
    run = loop("engine.loops.edges.mark_sizes", T=sizes.dtype)

    def mark(start: int, stop: int, marks: Array) -> int:
        count: int = run(sizes, weak, strong, start, stop, marks)
        return count

    return _Marks(sizes.shape).followed(mark, 1, 1)


Marker = Callable[[int, int, Array], int]
"""Marks rows start to stop, in `_Marks.array`, and returns how many are weak or strong."""


class _Marks:
    """Which pixels of an image may belong to an edge, and which do."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        # a column of zeros on both sides, and rows of whole words
        self.array: NDArray[np.uint8] = np.zeros((shape[0], -(-(shape[1] + 2) // 8) * 8), np.uint8)

    def followed(self, mark: Marker, nanoseconds: float, workers: int) -> NDArray[np.bool_]:
        """Mark the pixels, grow the edges from the strong ones, and return which are edges.

        `nanoseconds` is about what a pixel takes.
        Each thread grows them within its band. What is connected across a seam is grown after
        that: which pixels are reached does not depend on the order.
        """
        height, width = self._shape
        marks = self.array
        run, pick = loop("engine.loops.edges.grow"), loop("engine.loops.edges.pick")
        bands: list[tuple[int, int]] = []

        def grow(start: int, stop: int, top: int, bottom: int, found: int) -> None:
            seeds = np.zeros(marks.shape[1], np.uint8)
            stack = np.empty(max(found, 1), np.int64)
            places, words = marks.reshape(-1), seeds.view(np.int64)
            run(marks, places, start, stop, top, bottom, seeds, words, stack)

        def work(start: int, stop: int) -> None:
            found = mark(start, stop, marks)
            bands.append((start, found))
            grow(start, stop, start, stop, found)

        run_bands(height, width * nanoseconds, workers, work)
        total = sum(found for _, found in bands)
        for seam, _ in sorted(bands)[1:]:
            grow(seam - 1, seam + 1, 0, height, total)
        edges = memory.empty((height, width), np.uint8)
        run_bands(height, 0.1 * width, workers, lambda start, stop: pick(marks, start, stop, edges))
        return edges.view(np.bool_)


def _gradient_marker(across: Array, down: Array, squared: bool, low: float, high: float) -> Marker:
    run = loop("engine.loops.edges.mark", T=across.dtype)

    def mark(start: int, stop: int, marks: Array) -> int:
        sizes = np.empty((3, across.shape[1] + 2), across.dtype)
        count: int = run(across, down, squared, low, high, start, stop, sizes, marks)
        return count

    return mark


def _check_gradients(
    gradient_x: ArrayLike, gradient_y: ArrayLike, norm: str
) -> tuple[Array, Array]:
    if norm not in NORMS:
        raise UnknownNameError("norm", str(norm), NORMS)
    across, down = _plane(gradient_x, "gradient_x"), _plane(gradient_y, "gradient_y")
    if across.shape != down.shape:
        raise ArgumentError(
            f"gradient_x has shape {across.shape} and gradient_y {down.shape}: give them one shape"
        )
    return across, down


def _as_floats(across: Array, down: Array) -> tuple[Array, Array]:
    double = np.float64 in (across.dtype, down.dtype)
    dtype = np.dtype(np.float64 if double else np.float32)
    return across.astype(dtype, copy=False), down.astype(dtype, copy=False)


def _check_thresholds(low: Any, high: Any, lowest: float = -math.inf) -> tuple[float, float]:
    least, most = check_number(low, "low"), check_number(high, "high")
    if least > most:
        raise ArgumentError(f"low is {least:g} and high is {most:g}: low must not be above high")
    if least < lowest:
        raise ArgumentError(f"low is {least:g}: it must be at least {lowest:g}")
    return least, most


def _threshold(value: float, dtype: np.dtype[Any], squared: bool) -> float:
    """Return the largest size of the dtype whose length, in float32, is not above `value`.

    A size is the square of a length where `squared`; lengths grow with sizes, which lets
    bisection find it.
    """
    highest = _rounded_down(value, np.dtype(np.float32))
    number = np.dtype(np.float32) if dtype.kind == "i" else dtype
    bits = np.dtype(f"i{dtype.itemsize}")

    def size(pattern: int) -> Any:
        # positive floats are in the order of their bits
        return bits.type(pattern) if dtype.kind == "i" else bits.type(pattern).view(dtype)

    def is_above(pattern: int) -> bool:
        length = number.type(size(pattern))
        with np.errstate(over="ignore"):
            return bool(np.float32(np.sqrt(length) if squared else length) > highest)

    below, above = (
        0,
        int(np.iinfo(bits).max if dtype.kind == "i" else dtype.type(np.inf).view(bits)),
    )
    while above - below > 1:
        middle = (below + above) // 2
        if is_above(middle):
            above = middle
        else:
            below = middle
    return float(size(below))


def _plane(values: ArrayLike, what: str) -> Array:
    array = np.asarray(values)
    if array.ndim != 2:
        raise ArgumentError(f"{what} has {array.ndim} axes: give one plane (height, width)")
    return check_image(array)[:, :, 0]


def _rounded_down(value: float, dtype: np.dtype[Any]) -> float:
    """Return the largest number of the dtype that is at most `value`."""
    with np.errstate(over="ignore"):
        nearest = dtype.type(value)
    below = np.nextafter(nearest, dtype.type(-np.inf)) if float(nearest) > value else nearest
    return float(below)
