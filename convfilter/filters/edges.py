"""Edges: gradients and their direction, compass kernels, Frei and Chen's basis, Laplacians."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from convfilter import kernels
from convfilter.engine.correlation.layout import CombineName
from convfilter.errors import ArgumentError
from convfilter.filters import declare
from convfilter.filters.declare import Values
from convfilter.filters.declaring.options import (
    BorderOptions,
    Channels,
    SignedAbs,
    SignedMode,
    Window,
)
from convfilter.filters.declaring.parameters import NumberPair, Spec
from convfilter.filters.declaring.reach import Reach, around
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.windows import correlate, correlate_several
from convfilter.runtime.checks import Array
from convfilter.runtime.missing import Bools
from convfilter.runtime.threads import check_workers, run_bands

Norm = Annotated[
    Literal["l2", "l1", "max", "sum"],
    Spec(
        "how the two gradients combine: l2: root of the sum of squares; l1: sum of sizes; max: the"
        " larger size; sum: x plus y with their signs, shown as `signed` says"
    ),
]
Scale = Annotated[float, Spec("factor of the response", 0.001, 1000)]
StepScale = Annotated[
    float | None,
    Spec(
        "factor of the response",
        0.001,
        1e6,
        automatic="such that a full step from black to white gives white",
    ),
]

NANOSECONDS = 50
"""Of a pixel, to find the colour of its gradient."""

ROWS_AT_ONCE = 16
"""Rows whose numbers stay in the cache while they become colours."""

_COMBINES: dict[str, CombineName] = {"l2": "l2", "l1": "l1", "max": "max-abs"}
_COMPASS = ("n", "nw", "w", "sw", "s", "se", "e", "ne")


def _combined(
    image: Pixels,
    kernel: str,
    norm: str,
    scale: float,
    window: Window,
    signed: SignedMode | None,
) -> Pixels:
    """Correlate with both gradients of a name and combine them; their sum is a signed response."""
    x, y = (kernels.get(f"{kernel}-{axis}").array for axis in "xy")
    if norm == "sum":
        return correlate(image, x + y, window, scale=scale, signed="abs")
    if signed is not None:
        raise ArgumentError(
            f"signed {signed}: norm {norm} gives no negative responses to show: take norm sum, or"
            " leave signed out"
        )
    return correlate_several(image, [x, y], _COMBINES[norm], window, scale=scale)


@declare.filter(reach=around(3), alpha="keeps", response=True)
def sobel(
    image: Pixels,
    window: Window,
    *,
    norm: Norm = "l2",
    scale: Scale = 1.0,
    channels: Channels = "each",
    signed: SignedAbs = None,
) -> Pixels:
    """Find edges with Sobel's two gradients, each smoothed 1-2-1 along the edge.

    Correlates with `sobel-x` and `sobel-y` and combines the responses by `norm`. A full step from
    black to white gives four times white, which saturates; `scale` 0.25 shows it whole. With `norm`
    sum the response is signed: x points right and y up, so brightness that rises to the right, or
    upwards, is positive. Integers get its size, floats and int16 the response itself.

    Sobel & Feldman, "A 3x3 isotropic gradient operator for image processing" (1968).
    """
    return _combined(image, "sobel", norm, scale, window, signed)


@declare.filter(reach=around(3), alpha="keeps", response=True)
def scharr(
    image: Pixels,
    window: Window,
    *,
    norm: Norm = "l2",
    scale: Scale = 1.0,
    channels: Channels = "each",
    signed: SignedAbs = None,
) -> Pixels:
    """Find edges with Scharr's two gradients, the truest to the direction among 3x3 kernels.

    Correlates with `scharr-x` and `scharr-y` (weights 3, 10, 3) and combines the responses by
    `norm`. They are four times those of Sobel's kernels; `scale` 0.0625 shows a full step whole.

    Scharr, "Optimal operators in digital image processing", dissertation, Heidelberg (2000).
    """
    return _combined(image, "scharr", norm, scale, window, signed)


@declare.filter(reach=around(3), alpha="keeps", response=True)
def prewitt(
    image: Pixels,
    window: Window,
    *,
    norm: Norm = "l2",
    scale: Scale = 1.0,
    channels: Channels = "each",
    signed: SignedAbs = None,
) -> Pixels:
    """Find edges with Prewitt's two gradients, each averaged evenly along the edge.

    Correlates with `prewitt-x` and `prewitt-y` and combines the responses by `norm`.

    Prewitt, "Object enhancement and extraction" (1970).
    """
    return _combined(image, "prewitt", norm, scale, window, signed)


@declare.filter(reach=around(2), alpha="keeps", response=True)
def roberts(
    image: Pixels,
    window: Window,
    *,
    norm: Norm = "l2",
    scale: Scale = 1.0,
    channels: Channels = "each",
    signed: SignedAbs = None,
) -> Pixels:
    """Find edges with Roberts' cross, the differences along both diagonals of 2x2 pixels.

    Correlates with `roberts-x` and `roberts-y` and combines the responses by `norm`.

    Roberts, "Machine perception of three-dimensional solids" (1963).
    """
    return _combined(image, "roberts", norm, scale, window, signed)


def _strongest(image: Pixels, compass: str, scale: float, window: Window) -> Pixels:
    eight = [kernels.get(f"{compass}-{point}").array for point in _COMPASS]
    return correlate_several(image, eight, "max", window, scale=scale)


@declare.filter(reach=around(3), alpha="keeps", response=True)
def kirsch(
    image: Pixels, window: Window, *, scale: Scale = 1.0, channels: Channels = "each"
) -> Pixels:
    """Find edges with Kirsch's eight compass kernels: the strongest of their responses.

    Correlates with `kirsch-n`, `-nw`, `-w`, ... and keeps the largest response. A full step
    gives 15 times white; `scale` 0.0667 shows it whole.

    Kirsch, "Computer determination of the constituent structure of biological images" (1971).
    """
    return _strongest(image, "kirsch", scale, window)


@declare.filter(reach=around(3), alpha="keeps", response=True)
def robinson(
    image: Pixels, window: Window, *, scale: Scale = 1.0, channels: Channels = "each"
) -> Pixels:
    """Find edges with Robinson's eight 5-level compass kernels: the strongest of their responses.

    Correlates with `robinson-n`, `-nw`, `-w`, ... and keeps the largest response.

    Robinson, "Edge detection by compass gradient masks" (1977).
    """
    return _strongest(image, "robinson", scale, window)


@declare.filter(reach=around(3), alpha="keeps", response=True)
def frei_chen(
    image: Pixels,
    window: Window,
    *,
    method: Annotated[
        Literal["compass", "subspace"],
        Spec(
            "compass: the strongest of the isotropic gradient turned eight ways; subspace: the"
            " share of the neighbourhood that is edge or line"
        ),
    ] = "compass",
    subspace: Annotated[
        Literal["edge", "line"],
        Spec("subspace that is measured: edge (kernels 1 to 4) or line (5 to 8)"),
    ] = "edge",
    scale: Scale = 1.0,
    channels: Channels = "each",
) -> Pixels:
    """Find edges or lines with Frei and Chen's nine orthonormal kernels.

    `compass` correlates with `frei-chen-1` turned round the ring and keeps the largest response.
    `subspace` correlates with all nine: the result is the cosine of the angle between the
    neighbourhood and the subspace, the root of its share of the energy, from black (no part of it)
    to white (nothing else). It does not depend on the contrast of the edge against black.

    Frei & Chen, "Fast boundary detection: a generalization and a new algorithm" (1977).
    """
    nine = [kernels.get(f"frei-chen-{number}") for number in range(1, 10)]
    if method == "compass":
        turned = [nine[0].rotated(steps).array for steps in range(8)]
        return correlate_several(image, turned, "max", window, scale=scale)
    chosen = nine[:4] if subspace == "edge" else nine[4:8]
    # both scaled alike, so that the largest floats have no infinite length
    part, among_all = (
        correlate_several(image, [kernel.array for kernel in those], "l2", window, scale=0.25)
        for those in (chosen, nine)
    )
    whole = among_all.values
    share = np.divide(part.values, whole, out=np.zeros_like(whole), where=whole > 0)
    shown = part.with_colour(share * share.dtype.type(image.white * scale))
    return shown.missing_as(among_all)


@declare.filter(reach=around(3), alpha="keeps", response=True)
def laplacian(
    image: Pixels,
    window: Window,
    *,
    neighbours: Annotated[
        Literal["4", "8"], Spec("pixels that are weighed against the middle one")
    ] = "4",
    scale: Scale = 1.0,
    channels: Channels = "each",
    signed: SignedAbs = None,
) -> Pixels:
    """Take the Laplacian, the sum of both second derivatives: fine detail of every direction.

    Correlates with `laplacian-4` or `laplacian-8`, which are negative in the middle.

    Gonzalez & Woods, "Digital image processing".
    """
    kernel = kernels.get(f"laplacian-{neighbours}")
    return correlate(image, kernel.array, window, scale=scale, signed="abs")


@declare.filter(
    reach=lambda values: around(
        kernels.shapes.laplacian_of_gaussian(values["sigma"], values["truncate"]).shape
    ),
    alpha="keeps",
    response=True,
)
def laplacian_of_gaussian(
    image: Pixels,
    window: Window,
    *,
    sigma: Annotated[
        NumberPair,
        Spec("standard deviation, one number or rows,columns", 0.3, 50, "pixels"),
    ] = 1.4,
    truncate: Annotated[
        float, Spec("reach of the kernel, in standard deviations", 1, 10, "sigmas")
    ] = 4.0,
    scale: StepScale = None,
    channels: Channels = "each",
    signed: SignedAbs = None,
) -> Pixels:
    """Take the Laplacian of the picture blurred with a Gaussian: blobs and edges of one size.

    Correlates with one kernel that does both, negative in the middle. Edges lie where the response
    crosses zero, as `signed` offset shows. `scale` 1 gives the Laplacian itself.

    Marr & Hildreth, "Theory of edge detection" (1980).
    """
    kernel = kernels.shapes.laplacian_of_gaussian(sigma, truncate)
    return _full_step(image, kernel, scale, window)


def _difference_reach(values: Values) -> Reach:
    sigma, ratio, truncate = (values[name] for name in ("sigma", "ratio", "truncate"))
    return around(kernels.shapes.difference_of_gaussians(sigma, ratio, truncate).shape)


@declare.filter(reach=_difference_reach, alpha="keeps", response=True)
def difference_of_gaussians(
    image: Pixels,
    window: Window,
    *,
    sigma: Annotated[
        NumberPair,
        Spec("standard deviation of the narrow one, or rows,columns", 0.3, 50, "pixels"),
    ] = 1.0,
    ratio: Annotated[float, Spec("wide standard deviation by the narrow one", 1.01, 10)] = 1.6,
    truncate: Annotated[
        float, Spec("reach of the kernel, in wide standard deviations", 1, 10, "sigmas")
    ] = 4.0,
    scale: StepScale = None,
    channels: Channels = "each",
    signed: SignedAbs = None,
) -> Pixels:
    """Subtract a wider Gaussian blur from a narrower one: detail of one size, a band-pass.

    Correlates with one kernel, positive in the middle. `scale` 1 gives the difference itself.

    Marr & Hildreth, "Theory of edge detection" (1980), whose ratio is 1.6.
    """
    kernel = kernels.shapes.difference_of_gaussians(sigma, ratio, truncate)
    return _full_step(image, kernel, scale, window)


def _full_step(image: Pixels, kernel: Array, scale: float | None, window: Window) -> Pixels:
    """Correlate, by default scaled so that a step from black to white gives white."""
    if scale is None:
        # the responses along a step that faces right, or down, are the partial sums of the weights
        peak = max(float(np.abs(np.cumsum(kernel.sum(axis))).max()) for axis in (0, 1))
        scale = 1 / peak
    return correlate(image, kernel, window, scale=scale, signed="abs")


@declare.filter(reach=around(3), alpha="keeps", response=True, mixes=True)
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
    *parts, there = gradients(grey, window)
    right, up = (part.reshape(part.shape[:2]) for part in parts)
    hues = _hues(right, up, image.white, image.workers)
    if there is not None:
        there = np.repeat(there.reshape((*right.shape, 1)), 3, axis=2)
    return image.with_colour(hues, signed=None, present=there)


def gradients(
    image: Pixels, window: Window, scale: float = 1.0
) -> tuple[Array, Array, Bools | None]:
    """Return Sobel's raw gradients to the right and upwards, times `scale`, and where they are.

    None stands for everywhere.
    """
    right, up = (
        correlate(image, kernels.get(name).array, window, scale=scale)
        for name in ("sobel-x", "sobel-y")
    )
    return right.values, up.values, right.missing_as(up).present


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
