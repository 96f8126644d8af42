"""Sharpening and relief: what differs from the neighbourhood, added or shown by itself."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from convfilter import kernels
from convfilter.filters import declare
from convfilter.filters.declaring.options import BorderOptions, Channels, SignedOffset, Window
from convfilter.filters.declaring.parameters import NumberPair, Spec
from convfilter.filters.declaring.reach import around
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.windows import correlate
from convfilter.runtime.checks import Array

Sigma = Annotated[
    NumberPair,
    Spec(
        "standard deviation of the blur, one number or rows,columns; 0 leaves a direction alone",
        0,
        250,
        "pixels",
    ),
]


@declare.filter(reach=around(3), alpha="keeps")
def sharpen(
    image: Pixels,
    window: Window,
    *,
    amount: Annotated[float, Spec("how much of the Laplacian is subtracted", 0.01, 10)] = 1.0,
    channels: Channels = "each",
) -> Pixels:
    """Sharpen: subtract the Laplacian of the four neighbours.

    Correlates with one kernel; with `amount` 1 it is 5 in the middle and -1 at the four sides.

    Gonzalez & Woods, "Digital image processing".
    """
    kernel = -amount * kernels.get("laplacian-4").array
    kernel[1, 1] += 1
    return correlate(image, kernel, window)


@declare.filter(
    reach=lambda values: around(kernels.shapes.gaussian(values["sigma"]).shape), alpha="keeps"
)
def unsharp_mask(
    image: Pixels,
    options: BorderOptions,
    *,
    sigma: Sigma = 2.0,
    amount: Annotated[float, Spec("how much of the difference is added", 0.01, 100)] = 1.0,
    threshold: Annotated[
        float, Spec("smaller differences are left alone", 0, 255, "0 to 255")
    ] = 0.0,
    channels: Channels = "each",
) -> Pixels:
    """Sharpen by what a Gaussian blur takes away: image + amount * (image - blurred).

    Correlates with the sampled Gaussian. Differences below `threshold` are not touched, which
    spares smooth areas and their noise.

    Gonzalez & Woods, "Digital image processing".
    """
    detail = _detail(image, sigma, options)
    if threshold > 0:
        detail[np.abs(detail) < image.intensity(threshold)] = 0
    detail *= detail.dtype.type(amount)
    detail += image.values
    return image.with_colour(detail)


@declare.filter(
    reach=lambda values: around(kernels.shapes.gaussian(values["sigma"]).shape),
    alpha="keeps",
    response=True,
)
def high_pass(
    image: Pixels,
    options: BorderOptions,
    *,
    sigma: Sigma = 3.0,
    channels: Channels = "each",
    signed: SignedOffset = None,
) -> Pixels:
    """Keep what a Gaussian blur takes away: image - blurred, shown around middle grey.

    Correlates with the sampled Gaussian.

    Gonzalez & Woods, "Digital image processing".
    """
    return image.with_colour(_detail(image, sigma, options), signed="offset")


def _detail(image: Pixels, sigma: float | tuple[float, float], options: BorderOptions) -> Array:
    """Return image - blurred as floats, in an array that the caller may write to."""
    window = Window(border=options.border, fill=options.fill)
    blurred = correlate(image, kernels.shapes.gaussian(sigma), window).values
    detail: Array = image.values - blurred
    return detail


@declare.filter(reach=around(3), alpha="keeps", response=True)
def emboss(
    image: Pixels,
    window: Window,
    *,
    angle: Annotated[
        float,
        Spec("where the light comes from, counterclockwise from the right", -360, 360, "degrees"),
    ] = 135.0,
    amount: Annotated[
        float, Spec("response to a step that faces the light, in steps", 0.01, 100)
    ] = 1.0,
    channels: Channels = "each",
    signed: SignedOffset = None,
) -> Pixels:
    """Show the picture as a relief lit from one side, on middle grey.

    Correlates with a 3x3 kernel that sums to 0: slopes that rise away from the light are bright.

    Schlag, "Fast embossing effects on raster image data", Graphics Gems IV (1994).
    """
    return correlate(image, kernels.shapes.emboss(angle, amount), window, signed="offset")
