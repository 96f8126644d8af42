"""Edge detectors and their parts: gradients, thin edges, growth along them."""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.engine.edges.marks import Gradients, Marker, Marks, rounded_down
from convfilter.errors import ArgumentError, UnknownNameError
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, check_image, check_number
from convfilter.runtime.compiled import loop
from convfilter.runtime.pictures import of_pictures
from convfilter.runtime.threads import check_workers, run_bands

Norm = Literal["l2", "l1"]
NORMS: tuple[Norm, ...] = get_args(Norm)


@of_pictures(images=2, by_planes=True)
def non_maximum_suppression(
    gradient_x: ArrayLike,
    gradient_y: ArrayLike,
    *,
    norm: Norm = "l2",
    axes: str | None = None,
    channel_axis: int | None = None,
    workers: int | None = None,
) -> NDArray[np.floating]:
    """Return the length of the gradient where it is a maximum across the edge, else 0.

    The direction is rounded to the nearest of four (Canny, 1986). A pixel is compared with its two
    neighbours in that direction. Along rows and columns it may equal the right or the lower one,
    as in OpenCV: of two equal ones the left or upper one stays. Along diagonals it has to be larger
    than both. What differs by less than one part in 4096 (of the squares, for "l2") counts as
    equal, so that no rounding decides. Beyond the edge of the image the gradient is 0. A NaN is no
    maximum, nor is a pixel beside one in its direction.

    Parameters
    ----------
    gradient_x, gradient_y : arrays (H, W) of one shape and dtype, derivatives to the right and up
        These are the responses to the kernels `sobel-x` and `sobel-y`, say. The sign of both
        together does not matter, that of one alone does: for a derivative downwards, as OpenCV's
        and SciPy's along rows, give ``-gradient_y``.
    norm : "l2" for the square root of x² + y², "l1" for abs(x) + abs(y)
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    array (H, W) of float64 for gradients of float64, else of float32

    Raises
    ------
    ArgumentError, ArgumentTypeError, UnknownNameError
        For gradients that are no planes or do not fit each other, and for an unknown norm.

    """
    gradients = _check_gradients(gradient_x, gradient_y, norm)
    dtype = gradients.across.dtype
    threads = check_workers(workers)

    def measured(given: Gradients, marks: Marks, mark: Marker) -> NDArray[np.floating]:
        output = memory.empty(given.across.shape, given.across.dtype)
        measure = loop("engine.edges.loops.marks.measure_marked", T=given.across.dtype)

        def work(start: int, stop: int) -> None:
            mark(start, stop, marks.array)
            measure(marks.array, *given, start, stop, output)

        height, width = given.across.shape
        run_bands(height, width, threads, work)
        return output

    return gradients.marked(0.0, 0.0, measured).astype(dtype, copy=False)


@of_pictures(images=2, by_planes=True)
def trace_edges(
    gradient_x: ArrayLike,
    gradient_y: ArrayLike,
    low: float,
    high: float,
    *,
    norm: Norm = "l2",
    axes: str | None = None,
    channel_axis: int | None = None,
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
    gradients = _check_gradients(gradient_x, gradient_y, norm)
    least, most = check_thresholds(low, high, lowest=0.0)
    threads = check_workers(workers)
    return gradients.marked(
        least, most, lambda _given, marks, mark: marks.followed(mark, 1.5, threads)
    )


@of_pictures(by_planes=True)
def hysteresis(
    magnitude: ArrayLike,
    low: float,
    high: float,
    *,
    axes: str | None = None,
    channel_axis: int | None = None,
) -> NDArray[np.bool_]:
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
    sizes = as_plane(magnitude, "magnitude")
    least, most = check_thresholds(low, high)
    if sizes.dtype.kind != "f":
        sizes = sizes.astype(np.float32)
    # "above" is decided in the dtype of the magnitude, by the nearest number that is not larger
    weak, strong = (rounded_down(value, sizes.dtype) for value in (least, most))
    run = loop("engine.edges.loops.marks.mark_sizes", T=sizes.dtype)

    def mark(start: int, stop: int, marks: Array) -> int:
        count: int = run(sizes, weak, strong, start, stop, marks)
        return count

    return Marks(sizes.shape).followed(mark, 1, 1)


def _check_gradients(gradient_x: ArrayLike, gradient_y: ArrayLike, norm: str) -> Gradients:
    if norm not in NORMS:
        raise UnknownNameError("norm", str(norm), NORMS)
    across, up = as_plane(gradient_x, "gradient_x"), as_plane(gradient_y, "gradient_y")
    if across.shape != up.shape:
        raise ArgumentError(
            f"gradient_x has shape {across.shape} and gradient_y {up.shape}: give them one shape"
        )
    double = np.float64 in (across.dtype, up.dtype)
    dtype = np.dtype(np.float64 if double else np.float32)
    return Gradients.of(across.astype(dtype, copy=False), up.astype(dtype, copy=False), norm)


def check_thresholds(low: Any, high: Any, lowest: float = -math.inf) -> tuple[float, float]:
    """Return two thresholds, the first of which is not above the second."""
    least, most = check_number(low, "low"), check_number(high, "high")
    if least > most:
        raise ArgumentError(f"low is {least:g} and high is {most:g}: low must not be above high")
    if least < lowest:
        raise ArgumentError(f"low is {least:g}: it must be at least {lowest:g}")
    return least, most


def as_plane(values: ArrayLike, what: str) -> Array:
    """Return a plane (height, width), or raise an error that names it."""
    array = np.asarray(values)
    if array.ndim != 2:
        raise ArgumentError(
            f"{what} has {array.ndim} axes: give one plane (height, width), or name them by axes="
        )
    return check_image(array)[:, :, 0]
