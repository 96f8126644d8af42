"""Blurs: averages of the neighbourhood, weighted or not."""

from __future__ import annotations

from typing import Annotated

from convfilter.filters import declare
from convfilter.filters.options import Channels, Window
from convfilter.filters.parameters import NumberPair, Spec
from convfilter.filters.pixels import Pixels
from convfilter.kernels import shapes


@declare.filter()
def gaussian_blur(
    image: Pixels,
    window: Window,
    *,
    sigma: Annotated[
        NumberPair, Spec("standard deviation, one number or rows,columns", 0.05, 1000, "pixels")
    ] = 1.0,
    truncate: Annotated[
        float, Spec("reach of the kernel, in standard deviations", 0.5, 10, "sigmas")
    ] = 4.0,
    channels: Channels = "each",
) -> Pixels:
    """Blur with a Gaussian, the smoothest of the blurs."""
    return image.correlate(shapes.gaussian(sigma, truncate=truncate), window)
