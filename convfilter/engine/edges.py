"""Parts of edge detectors: thin edges, growth along them, and the noise of an image."""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.engine.arguments import Array, check_image, check_number
from convfilter.engine.bands import check_workers, run_bands
from convfilter.engine.correlate import correlate
from convfilter.engine.native import loop
from convfilter.errors import ArgumentError, UnknownNameError

Norm = Literal["l2", "l1"]
NORMS: tuple[Norm, ...] = get_args(Norm)

NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
"""The difference of two Laplacians (Immerkær, 1996): blind to constants, ramps and most edges."""


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
    if norm not in NORMS:
        raise UnknownNameError("norm", str(norm), NORMS)
    across, down = _plane(gradient_x, "gradient_x"), _plane(gradient_y, "gradient_y")
    if across.shape != down.shape:
        raise ArgumentError(
            f"gradient_x has shape {across.shape} and gradient_y {down.shape}: give them one shape"
        )
    double = np.float64 in (across.dtype, down.dtype)
    dtype = np.dtype(np.float64 if double else np.float32)
    across, down = across.astype(dtype, copy=False), down.astype(dtype, copy=False)
    threads = check_workers(workers)
    height, width = across.shape
    squared = norm == "l2"
    sizes = np.zeros((height + 2, width + 2), dtype)
    output = np.empty((height, width), np.float32)
    measure, thin = loop("edges.measure", T=dtype), loop("edges.thin", T=dtype)
    run_bands(
        height,
        width,
        threads,
        lambda start, stop: measure(across, down, squared, start, stop, sizes),
    )
    run_bands(
        height,
        4 * width,
        threads,
        lambda start, stop: thin(across, down, sizes, squared, start, stop, output),
    )
    return output


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
    least, most = check_number(low, "low"), check_number(high, "high")
    if least > most:
        raise ArgumentError(f"low is {least:g} and high is {most:g}: low must not be above high")
    if sizes.dtype.kind != "f":
        sizes = sizes.astype(np.float32)
    # "above" is decided in the dtype of the magnitude, by the nearest number that is not larger
    weak, strong = (_rounded_down(value, sizes.dtype) for value in (least, most))
    marks = np.zeros(sizes.shape, np.uint8)
    stack = np.empty(max(int(np.count_nonzero(sizes > weak)), 1), np.int64)
    loop("edges.grow", T=sizes.dtype)(sizes, weak, strong, stack, marks)
    return marks.view(np.bool_)


def noise_sigma(
    image: ArrayLike, *, seen: ArrayLike | None = None, workers: int | None = None
) -> float | NDArray[np.float64]:
    """Return the standard deviation of the noise of an image, in values of the image.

    ``sqrt(pi / 2) / 6`` times the mean absolute response to the difference of two Laplacians
    (Immerkær, *Fast noise variance estimation*, 1996), which constants and ramps do not reach; fine
    texture is taken for noise. NaN pixels are left out, with their neighbours.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32, float64 or bool
    seen : array (H, W) of bool, or None: pixels to judge by
        Their neighbours count too, as far as the 3x3 window reaches.
    workers : threads; None for all CPUs

    Returns
    -------
    a float for (H, W), an array of C floats for (H, W, C); 0 where fewer than 3 rows or columns or
    nothing finite is there to judge by

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For arrays that are no image.

    """
    pixels = check_image(image)
    sigmas = np.zeros(pixels.shape[2])
    if min(pixels.shape[:2]) >= 3:
        responses = correlate(
            pixels, NOISE_KERNEL, padding="valid", dtype=_response_dtype(pixels), workers=workers
        )
        for channel in range(sigmas.size):
            sizes = np.abs(responses[:, :, channel])
            if seen is not None:
                sizes = sizes[np.asarray(seen)[1:-1, 1:-1]]
            total = float(np.sum(sizes, dtype=np.float64))
            count = sizes.size
            if not math.isfinite(total):
                sizes = sizes[np.isfinite(sizes)]
                total, count = float(np.sum(sizes, dtype=np.float64)), sizes.size
            sigmas[channel] = math.sqrt(math.pi / 2) / 6 * total / max(count, 1)
    return float(sigmas[0]) if np.ndim(image) == 2 else sigmas


def _response_dtype(image: Array) -> np.dtype[Any]:
    return np.dtype(np.float64 if image.dtype == np.float64 else np.float32)


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
