"""How much noise an image holds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.engine.correlation.correlate import correlate
from convfilter.runtime.checks import check_image
from convfilter.runtime.pictures import of_pictures

NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
"""The difference of two Laplacians (Immerkær, 1996): blind to constants, ramps and most edges."""


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
            total = float(np.sum(sizes, dtype=np.float64))
            count = sizes.size
            if not math.isfinite(total):
                sizes = sizes[np.isfinite(sizes)]
                total, count = float(np.sum(sizes, dtype=np.float64)), sizes.size
            sigmas[channel] = math.sqrt(math.pi / 2) / 6 * total / max(count, 1)
    return float(sigmas[0]) if np.ndim(image) == 2 else sigmas
