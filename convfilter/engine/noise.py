"""How much noise an image holds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from convfilter.engine.correlation.correlate import correlate
from convfilter.runtime.checks import Array, check_image
from convfilter.runtime.pictures import of_pictures

NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
"""The difference of two Laplacians (Immerkær, 1996): blind to constants, ramps and most edges."""

KERNEL_NORM = 6
"""The root of the sum of its squared weights."""

MOST_RANKED = 2**18
"""Responses whose median is taken: of more, an even selection tells it within half a per cent."""

MOST_OF_THEM = 0.98
"""The quantile of the sizes of pixels that stands for the largest of all but outliers."""

NORMAL_MEDIAN = 0.6745
"""The median size of a normal deviate, in standard deviations."""


SIDES = (16, 8)
"""Sides of the blocks among which the quietest ones are sought, the first of which there are many.
"""

MANY = 64
"""So many blocks tell which are quiet."""

QUIET = 0.02
"""The share of blocks that is taken for free of texture."""

TOO_LOW = {16: 0.84, 8: 0.69}
"""What the quietest blocks show of the noise: the 2 per cent point of their estimates, measured."""

MOST_CUT, LEAST_CUT = 0.02, 0.25
"""The share of lowest and highest values in a block, beyond which noise was cut off there; and the
share of blocks that count anyhow, those with the fewest."""


@of_pictures()
def noise_sigma(
    image: ArrayLike,
    *,
    seen: ArrayLike | None = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    workers: int | None = None,
) -> float | NDArray[np.float64]:
    """Return the standard deviation of the noise of an image, in values of the image.

    The smaller one of two estimates from absolute responses to the difference of two Laplacians,
    which constants and ramps do not reach: ``sqrt(pi / 2) / 6`` times their mean (Immerkær, *Fast
    noise variance estimation*, 1996), and ``1 / (0.6745 * 6)`` times the median of those other than
    0 (Hampel, *The influence curve and its role in robust estimation*, 1974), which single wrong
    pixels do not sway, however wrong they are. Fine texture is taken for noise. Pixels that are NaN
    or infinite are left out, with their neighbours.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32, float64 or bool
    seen : array (H, W) of bool, or None: pixels to judge by
        Their neighbours count too, as far as the 3x3 window reaches.
    workers : threads; None for all CPUs

    Returns
    -------
    a float for (H, W), an array of C floats for (H, W, C), of stacks an array without the axes of
    rows and columns; 0 where fewer than 3 rows or columns or nothing finite is there to judge by

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For arrays that are no image.

    """
    pixels = check_image(image)
    dtype = np.float64 if pixels.dtype == np.float64 else np.float32
    sigmas = np.zeros(pixels.shape[2])
    if min(pixels.shape[:2]) >= 3:
        responses = correlate(
            pixels, NOISE_KERNEL, padding="valid", dtype=dtype, axes="YXC", workers=workers
        )
        for channel in range(sigmas.size):
            sizes = np.abs(responses[:, :, channel])
            if seen is not None:
                sizes = sizes[np.asarray(seen)[1:-1, 1:-1]]
            sigmas[channel] = _of_sizes(sizes, _rounding(pixels[:, :, channel], dtype))
    return float(sigmas[0]) if np.ndim(image) == 2 else sigmas


def _rounding(pixels: Array, dtype: DTypeLike) -> float:
    """Return how far a response may be from 0 where nothing but rounding makes it so.

    A constant that a share of white cannot express, such as 1 / 255, leaves a trace of itself.
    Most of the pixels tell their size: single ones, however large, do not.
    """
    some = np.abs(pixels.ravel()[:: 1 + pixels.size // MOST_RANKED].astype(dtype))
    some = some[np.isfinite(some)]
    if some.size == 0:
        return 0.0
    largest = float(np.quantile(some, MOST_OF_THEM))
    return float(np.abs(NOISE_KERNEL).sum() * np.finfo(dtype).eps) * largest


def _of_sizes(sizes: Array, rounding: float) -> float:
    """Return the standard deviation of the noise that makes responses of these sizes."""
    with np.errstate(over="ignore"):
        total = float(np.sum(sizes, dtype=np.float64))
    if not math.isfinite(total):
        sizes = sizes[np.isfinite(sizes)]
        with np.errstate(over="ignore"):
            total = float(np.sum(sizes, dtype=np.float64))
    some = sizes.ravel()[:: 1 + sizes.size // MOST_RANKED]
    some = some[some > rounding]
    if some.size == 0:
        return 0.0
    robust = float(np.median(some)) / (NORMAL_MEDIAN * KERNEL_NORM)
    return min(robust, math.sqrt(math.pi / 2) / KERNEL_NORM * total / sizes.size)


def quiet_noise_sigma(image: ArrayLike, *, workers: int | None = None) -> float:
    """Return the standard deviation of the noise where an image (H, W) or (H, W, C) is quietest.

    Of blocks, each estimated as by `noise_sigma`, those count that have least; so texture is not
    taken for noise as long as some part of the image is without. It is never more than what
    `noise_sigma` tells, and that where there are too few blocks.
    """
    axes = None if np.ndim(image) == 2 else "YXC"
    whole = float(np.mean(noise_sigma(image, workers=workers, axes=axes)))
    pixels = check_image(image)
    rows, columns = (max(extent - 2, 0) for extent in pixels.shape[:2])
    side = next((s for s in SIDES if (rows // s) * (columns // s) >= MANY), None)
    if side is None or not np.isfinite(pixels).all():
        return whole
    dtype = np.float64 if pixels.dtype == np.float64 else np.float32
    with np.errstate(over="ignore", invalid="ignore"):
        responses = correlate(
            pixels, NOISE_KERNEL, padding="valid", dtype=dtype, axes="YXC", workers=workers
        )
        means = _means(np.abs(responses), side)
        inner = pixels[1:-1, 1:-1]
        lowest, highest = pixels.min((0, 1)), pixels.max((0, 1))
        cut = _means((inner == lowest) | (inner == highest), side)
    found = []
    for channel in range(pixels.shape[2]):
        counts = cut[:, channel] <= MOST_CUT
        if counts.mean() < LEAST_CUT:  # of white paper, what is without noise counts as well
            least = cut[:, channel] <= np.quantile(cut[:, channel], LEAST_CUT)
            counts = least | (means[:, channel] == 0)
        some = means[counts, channel]
        found.append(float(np.quantile(some, QUIET)))
    quiet = math.sqrt(math.pi / 2) / KERNEL_NORM * float(np.mean(found)) / TOO_LOW[side]
    return min(whole, quiet) if math.isfinite(quiet) else whole


def _means(values: Array, side: int) -> Array:
    """Return the means of square blocks (n, C) of an array (H, W, C)."""
    rows, columns = (extent // side for extent in values.shape[:2])
    whole = values[: rows * side, : columns * side]
    blocks = whole.reshape(rows, side, columns, side, -1)
    means: Array = blocks.mean((1, 3), dtype=np.float64).reshape(rows * columns, -1)
    return means
