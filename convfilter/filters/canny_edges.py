"""Canny's edges: thin lines where gradients are steepest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np

from convfilter import engine
from convfilter.engine.edges.canny import SMALLER
from convfilter.errors import ArgumentError
from convfilter.filters import declare
from convfilter.filters.declaring.options import BorderOptions, Channels, Window
from convfilter.filters.declaring.parameters import Spec
from convfilter.filters.declaring.reach import WHOLE
from convfilter.filters.edges import gradients
from convfilter.filters.pixels.otsu import otsu
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.windows import correlate, is_uneven
from convfilter.kernels import shapes
from convfilter.runtime.checks import Array

LOW_BY_HIGH = 0.4
"""Canny found that the high threshold should be two to three times the low one."""

FAINTEST = 4.0
"""A gradient of one step of an integer: below it, an automatic threshold would follow rounding."""

ROUNDINGS = 64
"""Of a float, in units of its last digit: what they add up to in a gradient, at most."""

ROUNDING = 1e-6
"""Of a threshold: a gradient that lies above it by less may be one that stands on it, rounded."""


@declare.filter(reach=WHOLE, alpha="keeps", response=True, few_values=True)
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
    thresholds are measured as the length of Sobel's gradient, as OpenCV's with L2gradient. Of equal
    gradients side by side along a row or column the left or upper one stays; what differs by less
    than one part in 8192 counts as equal.

    Automatic thresholds depend on neither brightness nor scale: a picture times 0.003 has the same
    edges, and so has a mask of 0 and 1. A picture without contrast has none. In integers of more
    than two values a gradient of 4, that of a step of one, is taken for rounding.

    Canny, "A computational approach to edge detection" (1986); for the automatic threshold Otsu,
    "A threshold selection method from gray-level histograms" (1979).
    """
    uneven = is_uneven(image.alpha, image.of_uneven)
    given = low is not None or high is not None
    is_whole = not uneven and image.present is None
    if sigma == 0 and given and is_whole and image.colour.dtype == np.uint8:
        return _thin_lines(
            image, [image.colour], lambda plane: _of_bytes(plane, low, high, image, options)
        )
    window = Window(border=options.border, fill=options.fill)
    blurred = correlate(image, shapes.gaussian(sigma), window) if sigma > 0 else image
    scale = SMALLER if image.dtype.kind == "f" else 1.0
    right, up, there = gradients(blurred, window, scale)
    if there is not None:
        right[~there] = up[~there] = 0
        image = image.changed(present=there)
    if uneven:
        # what nobody sees has no edge, nor keeps one beside it from being the steepest
        clear = image.alpha == 0
        right[clear] = up[clear] = 0
    return _thin_lines(image, [right, up], lambda x, y: _followed(x, y, low, high, image, scale))


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
    least, most = _thresholds(low, high, 1.0, lambda: 0.0)
    return engine.canny(
        plane, least, most, border=options.border, fill=options.fill, workers=image.workers
    )


def _thresholds(
    low: float | None, high: float | None, unit: float, automatic: Callable[[], float]
) -> tuple[float, float]:
    """Return both thresholds times `unit`, where one or none is given."""
    if low is not None and high is not None and low > high:
        raise ArgumentError(f"low is {low:g}, above high, {high:g}: give a smaller one")
    if high is not None:
        most = high * unit
    else:
        most = automatic() if low is None else low / LOW_BY_HIGH * unit
    return most * LOW_BY_HIGH if low is None else low * unit, most


def _followed(
    right: Array, up: Array, low: float | None, high: float | None, image: Pixels, scale: float
) -> Array:
    """Return which pixels of one plane lie on an edge, by its gradients times `scale`."""

    def automatic() -> float:
        lengths = image.visible(np.hypot(right, up))
        return max(otsu(lengths), _of_rounding(image) * scale)

    unit = image.intensity(1) * scale * (1 + ROUNDING)
    least, most = _thresholds(low, high, unit, automatic)
    return engine.trace_edges(right, up, least, most, workers=image.workers)


def _of_rounding(image: Pixels) -> float:
    """Return the length that gradients may have by rounding alone, in values of the picture."""
    values = image.visible(image.colour)
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0
    lowest, highest = float(values.min()), float(values.max())
    if image.dtype.kind != "f" and highest - lowest > 1:
        return FAINTEST
    return ROUNDINGS * float(np.finfo(image.working_dtype).eps) * max(-lowest, highest)
