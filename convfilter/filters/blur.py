"""Blurs: averages of the neighbourhood, weighted or not."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from convfilter.filters import declare
from convfilter.filters.declaring.options import Channels, Window
from convfilter.filters.declaring.parameters import IntegerPair, NumberPair, Spec
from convfilter.filters.declaring.reach import around
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.windows import correlate
from convfilter.kernels import shapes


def _box_size(radius: IntegerPair) -> tuple[int, int]:
    down, along = radius if isinstance(radius, tuple) else (radius, radius)
    return 2 * down + 1, 2 * along + 1


@declare.filter(reach=lambda values: around(_box_size(values["radius"])), alpha="smooths")
def box_blur(
    image: Pixels,
    window: Window,
    *,
    radius: Annotated[
        IntegerPair,
        Spec("pixels on each side of the middle, one number or rows,columns", 0, 1000, "pixels"),
    ] = 2,
    channels: Channels = "each",
) -> Pixels:
    """Blur with a box: the plain mean of 2 radius + 1 rows and columns.

    Correlates with equal weights that sum to 1.

    Gonzalez & Woods, "Digital image processing".
    """
    box = np.ones(_box_size(radius))
    return correlate(image, box, window, scale=1 / box.size)


@declare.filter(
    reach=lambda values: around(shapes.gaussian(values["sigma"], values["truncate"]).shape),
    alpha="smooths",
)
def gaussian_blur(
    image: Pixels,
    window: Window,
    *,
    sigma: Annotated[
        NumberPair,
        Spec(
            "standard deviation, one number or rows,columns; 0 leaves a direction alone",
            0,
            250,
            "pixels",
        ),
    ] = 2.0,
    truncate: Annotated[
        float, Spec("reach of the kernel, in standard deviations", 0.5, 8, "sigmas")
    ] = 4.0,
    channels: Channels = "each",
) -> Pixels:
    """Blur with a Gaussian, the smoothest of the blurs.

    Correlates with the sampled Gaussian, which reaches int(truncate * sigma + 0.5) pixels and sums
    to 1.

    Gonzalez & Woods, "Digital image processing".
    """
    return correlate(image, shapes.gaussian(sigma, truncate), window)


@declare.filter(
    reach=lambda values: around(shapes.motion(values["length"], values["angle"]).shape),
    alpha="smooths",
)
def motion_blur(
    image: Pixels,
    window: Window,
    *,
    length: Annotated[float, Spec("length of the path", 1, 1000, "pixels")] = 9.0,
    angle: Annotated[
        float, Spec("direction, counterclockwise from the right", -360, 360, "degrees")
    ] = 0.0,
    channels: Channels = "each",
) -> Pixels:
    """Blur along a straight line, as a camera that moved evenly would.

    Correlates with a line of equal weights through the middle; they sum to 1.

    Gonzalez & Woods, "Digital image processing".
    """
    return correlate(image, shapes.motion(length, angle), window)


@declare.filter(reach=lambda values: around(shapes.disk(values["radius"]).shape), alpha="smooths")
def disk_blur(
    image: Pixels,
    window: Window,
    *,
    radius: Annotated[float, Spec("radius of the disk", 0.1, 200, "pixels")] = 3.0,
    channels: Channels = "each",
) -> Pixels:
    """Blur with a disk, as a lens out of focus would.

    Correlates with a disk whose rim pixels count by the area inside the circle; the weights sum
    to 1.

    Gonzalez & Woods, "Digital image processing".
    """
    return correlate(image, shapes.disk(radius), window)
