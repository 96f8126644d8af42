"""How much noise an image holds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.engine.correlation.correlate import correlate
from convfilter.runtime.checks import Array, check_image
from convfilter.runtime.pictures import of_pictures

NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
"""The difference of two Laplacians (Immerkær, 1996): blind to constants, ramps and most edges."""

KERNEL_NORM = 6
"""The root of the sum of its squared weights."""

MOST_RANKED = 2**18
"""Responses whose median is taken: of more, an even selection tells it within half a per cent."""

NORMAL_MEDIAN = 0.6745
"""The median size of a normal deviate, in standard deviations."""


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
            sigmas[channel] = _of_sizes(sizes)
    return float(sigmas[0]) if np.ndim(image) == 2 else sigmas


def _of_sizes(sizes: Array) -> float:
    """Return the standard deviation of the noise that makes responses of these sizes."""
    with np.errstate(over="ignore"):
        total = float(np.sum(sizes, dtype=np.float64))
    if not math.isfinite(total):
        sizes = sizes[np.isfinite(sizes)]
        with np.errstate(over="ignore"):
            total = float(np.sum(sizes, dtype=np.float64))
    some = sizes.ravel()[:: 1 + sizes.size // MOST_RANKED]
    some = some[some > 0]
    if some.size == 0:
        return 0.0
    robust = float(np.median(some)) / (NORMAL_MEDIAN * KERNEL_NORM)
    return min(robust, math.sqrt(math.pi / 2) / KERNEL_NORM * total / sizes.size)
