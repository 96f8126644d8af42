"""Texture: kernels turned to several directions, of which the strongest response is kept."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from convfilter.filters import declare
from convfilter.filters.convolution import KernelOption
from convfilter.filters.declaring.options import Channels, Signed, Window
from convfilter.filters.declaring.parameters import Spec
from convfilter.filters.declaring.reach import around
from convfilter.filters.declaring.values import kernel_of
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.windows import correlate_several
from convfilter.kernels import shapes
from convfilter.runtime.checks import Array


@declare.filter(
    reach=lambda values: around(_waves(**values)[0].shape), alpha="keeps", response=True
)
def gabor(
    image: Pixels,
    window: Window,
    *,
    wavelength: Annotated[
        float, Spec("width of a bright and a dark stripe", 2, 100, "pixels")
    ] = 6.0,
    sigma: Annotated[
        float | None,
        Spec(
            "standard deviation along the wave",
            0.5,
            56,
            "pixels",
            automatic="0.56 wavelengths, a bandwidth of one octave",
        ),
    ] = None,
    orientations: Annotated[int, Spec("directions, of which the strongest counts", 1, 64)] = 8,
    angle: Annotated[
        float, Spec("first direction of the wave, counterclockwise", -360, 360, "degrees")
    ] = 0.0,
    phase: Annotated[
        float, Spec("0: bright bars; 180: dark bars; 90 and 270: edges", 0, 360, "degrees")
    ] = 0.0,
    aspect: Annotated[float, Spec("sigma along the wave by that along the stripes", 0.1, 4)] = 0.5,
    scale: Annotated[float, Spec("factor of the response", 0.001, 1000)] = 6.0,
    channels: Channels = "each",
    signed: Signed = "clamp",
) -> Pixels:
    """Find stripes of one width in any direction with Gabor's waves under a Gaussian.

    Correlates with one kernel for each of `orientations` directions and keeps the largest response,
    which makes the result independent of how the picture is turned. Directions are spread over 180
    degrees, over 360 where `phase` makes the wave one-sided. Stripes that swing from black to white
    give half of white, times `scale`; negative responses are black unless `signed` asks otherwise.

    Daugman, "Uncertainty relation for resolution in space, spatial frequency, and orientation
    optimized by two-dimensional visual cortical filters" (1985).
    """
    waves = _waves(wavelength, sigma, orientations, angle, phase, aspect)
    return correlate_several(image, waves, "max", window, scale=scale)


def _waves(
    wavelength: float,
    sigma: float | None,
    orientations: int,
    angle: float,
    phase: float,
    aspect: float,
    **_others: Any,
) -> list[Array]:
    """Return the kernels of all directions, with zeros around them so that all are of one shape."""
    sigma = 0.56 * wavelength if sigma is None else sigma
    turn = 180.0 if phase % 180 == 0 else 360.0
    waves = [
        shapes.gabor(sigma, wavelength, angle + turn * i / orientations, phase=phase, aspect=aspect)
        for i in range(orientations)
    ]
    shape = np.max([wave.shape for wave in waves], axis=0)
    return [
        np.pad(wave, [(missing // 2, missing // 2) for missing in shape - wave.shape])
        for wave in waves
    ]


@declare.filter(
    reach=lambda values: around(kernel_of(values["kernel"]).shape), alpha="keeps", response=True
)
def oriented_max(
    image: Pixels,
    window: Window,
    *,
    kernel: KernelOption = "line-vertical",
    scale: Annotated[float, Spec("factor of the response", 0.001, 1000)] = 1.0,
    channels: Channels = "each",
    signed: Signed = "clamp",
) -> Pixels:
    """Turn a kernel eight ways and keep the largest response: its pattern in any direction.

    Correlates with the kernel turned round its rings in steps of 45 degrees, which only square
    kernels of odd size can be; others are refused. Negative responses are black unless `signed`
    asks otherwise.

    Kirsch, "Computer determination of the constituent structure of biological images" (1971).
    """
    chosen = kernel_of(kernel)
    turned = {k.weights.tobytes(): k.array for k in map(chosen.rotated, range(8))}
    return correlate_several(
        image,
        list(turned.values()),
        "max",
        window,
        scale=scale,
        offset=chosen.offset,
    )
