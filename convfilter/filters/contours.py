"""Contours: Canny's thin lines, and the direction of gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np

from convfilter import engine, kernels
from convfilter.errors import ArgumentError
from convfilter.filters import declare, transparency
from convfilter.filters.levels import otsu
from convfilter.filters.options import BorderOptions, Channels, Window
from convfilter.filters.parameters import Spec
from convfilter.filters.pixels import Array, Pixels
from convfilter.kernels import shapes
from convfilter.runtime.threads import check_workers, run_bands

LOW_BY_HIGH = 0.4
"""Canny found that the high threshold should be two to three times the low one."""

FAINTEST = 4.0
"""A gradient of one step of 8 bits: below it, an automatic threshold would follow rounding."""

NANOSECONDS = 50
"""Of a pixel, to find its colour."""

ROWS_AT_ONCE = 16
"""Rows whose numbers stay in the cache while they become colours."""


@declare.filter(response=True, needs="image", few_values=True)
def canny(
    image: Pixels,
    options: BorderOptions,
    *,
    sigma: Annotated[
        float, Spec("standard deviation of the blur that comes first, 0 for none", 0, 50, "pixels")
    ] = 1.4,
    low: Annotated[
        float | None,
        Spec(
            "Sobel gradients above it belong to an edge if they touch one",
            0,
            1443,
            "grey levels",
            automatic="0.4 of the high one",
        ),
    ] = None,
    high: Annotated[
        float | None,
        Spec(
            "Sobel gradients above it are edges, on the scale of 8 bits",
            0,
            1443,
            "grey levels",
            automatic="Otsu's level of the gradients",
        ),
    ] = None,
    channels: Channels = "luma",
) -> Pixels:
    """Find edges as thin white lines: Canny's detector.

    Blurs with a Gaussian, correlates with Sobel's kernels, keeps the gradients that are largest
    across the edge, and follows them from those above `high` through those above `low`. The
    thresholds are measured as the length of Sobel's gradient, as OpenCV's with L2gradient.

    Canny, "A computational approach to edge detection" (1986); for the automatic threshold Otsu,
    "A threshold selection method from gray-level histograms" (1979).
    """
    uneven = transparency.is_uneven(image.alpha)
    given = low is not None or high is not None
    if sigma == 0 and given and not uneven and image.colour.dtype == np.uint8:
        return _thin_lines(
            image, [image.colour], lambda plane: _of_bytes(plane, low, high, image, options)
        )
    window = Window(border=options.border, fill=options.fill)
    blurred = image.keeping_alpha()
    if sigma > 0:
        blurred = blurred.correlate(shapes.gaussian(sigma), window)
    right, down = _gradients(blurred, window)
    if uneven:
        # what nobody sees has no edge, nor keeps one beside it from being the steepest
        clear = image.alpha == 0
        right[clear] = down[clear] = 0
    return _thin_lines(image, [right, down], lambda x, y: _followed(x, y, low, high, image))


def _thin_lines(image: Pixels, arrays: Sequence[Array], find: Callable[..., Array]) -> Pixels:
    """Return a picture that is white where `find` tells so of each plane of the arrays."""
    if arrays[0].ndim == 2:
        found = find(*arrays)
    else:
        planes = zip(*(np.moveaxis(array, 2, 0) for array in arrays), strict=True)
        found = np.stack([find(*plane) for plane in planes], axis=2)
    marks = found.view(np.uint8)
    white = image.dtype.type(image.white)
    # in place where it can be: new memory takes longer than the multiplication
    painted = np.multiply(marks, white, out=marks if image.dtype == marks.dtype else None)
    return image.with_colour(painted, signed=None)


def _of_bytes(
    plane: Array, low: float | None, high: float | None, image: Pixels, options: BorderOptions
) -> Array:
    """Return which pixels of one plane of bytes lie on an edge, by given thresholds."""
    least, most = _thresholds(low, high, lambda: 0.0)
    return engine.canny(
        plane, least, most, border=options.border, fill=options.fill, workers=image.workers
    )


def _thresholds(
    low: float | None, high: float | None, automatic: Callable[[], float]
) -> tuple[float, float]:
    """Return both thresholds as intensities, where one or none is given."""
    if high is None:
        high = automatic() if low is None else low / LOW_BY_HIGH
    if low is None:
        low = high * LOW_BY_HIGH
    if low > high:
        raise ArgumentError(f"low is {low:g}, above high, {high:g}: give a smaller one")
    return low, high


def _followed(
    right: Array, down: Array, low: float | None, high: float | None, image: Pixels
) -> Array:
    """Return which pixels of one plane lie on an edge, by its gradients."""
    unit = image.intensity(1)
    low, high = _thresholds(
        low, high, lambda: max(otsu(image.seen(np.hypot(right, down))) / unit, FAINTEST)
    )
    return engine.trace_edges(right, down, low * unit, high * unit, workers=image.workers)


@declare.filter(response=True, mixes=True)
def gradient_direction(image: Pixels, options: BorderOptions) -> Pixels:
    """Show where brightness rises as a hue, and how steeply as its brightness.

    Correlates the luma with `sobel-x` and `sobel-y`. Red stands for a rise to the right, yellow
    green for one upwards, cyan to the left, violet downwards, with all hues between. The length of
    the gradient is the brightness. The result has red, green and blue, also that of a grey picture.

    Smith, "Color gamut transform pairs" (1978), for the hues.
    """
    grey = image.luma()
    if grey.colour.ndim == 3 and grey.colour.shape[2] != 1:
        raise ArgumentError(
            f"the picture has {grey.colour.shape[2]} colour channels: gradient-direction needs one"
            " or three"
        )
    window = Window(border=options.border, fill=options.fill)
    right, down = (part.reshape(part.shape[:2]) for part in _gradients(grey, window))
    return image.with_colour(_hues(right, -down, image.white, image.workers), signed=None)


def _gradients(image: Pixels, window: Window) -> tuple[Array, Array]:
    """Return Sobel's raw gradients to the right and downwards."""
    right = image.correlate(kernels.get("sobel-x").array, window)
    down = image.correlate(kernels.get("sobel-y").array, window, scale=-1)
    return right.values, down.values


def _hues(right: Array, up: Array, white: float, workers: int | None) -> Array:
    """Return fully saturated colours: the direction as hue, the length as value."""
    colours = np.empty((*right.shape, 3), right.dtype)

    def paint(start: int, stop: int) -> None:
        for first in range(start, stop, ROWS_AT_ONCE):
            rows = slice(first, min(first + ROWS_AT_ONCE, stop))
            colours[rows] = _painted(right[rows], up[rows], white)

    height, width = right.shape
    run_bands(height, width * NANOSECONDS, check_workers(workers), paint)
    return colours


def _painted(right: Array, up: Array, white: float) -> Array:
    one = right.dtype.type
    value = np.minimum(np.hypot(right, up), one(white))
    sixths = np.arctan2(up, right) * one(3 / np.pi)
    # each of red, green and blue is full within a sixth of the circle on both sides of its own hue
    # and falls to nothing over the next one
    hues = np.array([0, 2, 4], right.dtype)
    apart = np.abs(sixths[:, :, np.newaxis] - hues)
    apart = np.minimum(apart, np.abs(one(6) - apart))
    return np.asarray(value[:, :, np.newaxis] * np.clip(one(2) - apart, 0, 1))
