"""Edges: gradients, compass kernels, Frei and Chen's basis, Laplacians."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from convfilter import kernels
from convfilter.engine.correlation.layout import CombineName as Combine
from convfilter.filters import declare
from convfilter.filters.options import Channels, Signed, SignedMode, Window
from convfilter.filters.parameters import NumberPair, Spec
from convfilter.filters.pixels import Array, Pixels
from convfilter.kernels import shapes

Norm = Annotated[
    Literal["l2", "l1", "max"],
    Spec(
        "how the two gradients join: l2: root of the sum of squares; l1: sum of sizes; max: the"
        " larger size"
    ),
]
Scale = Annotated[float, Spec("factor of the response", 0.001, 1000)]
StepScale = Annotated[
    float | None,
    Spec(
        "factor of the response",
        0.001,
        1e6,
        automatic="such that a full step from black to white is answered with white",
    ),
]

_JOINED_BY: dict[str, Combine] = {"l2": "l2", "l1": "l1", "max": "max-abs"}
_COMPASS = ("n", "nw", "w", "sw", "s", "se", "e", "ne")


def _magnitude(image: Pixels, kernel: str, norm: str, scale: float, window: Window) -> Pixels:
    pair = [kernels.get(f"{kernel}-{axis}").array for axis in "xy"]
    return image.respond(pair, _JOINED_BY[norm], window, scale=scale)


@declare.filter(response=True)
def sobel(
    image: Pixels,
    window: Window,
    *,
    norm: Norm = "l2",
    scale: Scale = 1.0,
    channels: Channels = "each",
) -> Pixels:
    """Find edges with Sobel's two gradients, each smoothed 1-2-1 along the edge.

    Correlates with `sobel-x` and `sobel-y` and joins the responses by `norm`. A full step from
    black to white is answered with four times white, which saturates; `scale` 0.25 shows it whole.

    Sobel & Feldman, "A 3x3 isotropic gradient operator for image processing" (1968).
    """
    return _magnitude(image, "sobel", norm, scale, window)


@declare.filter(response=True)
def scharr(
    image: Pixels,
    window: Window,
    *,
    norm: Norm = "l2",
    scale: Scale = 1.0,
    channels: Channels = "each",
) -> Pixels:
    """Find edges with Scharr's two gradients, the truest to the direction among 3x3 kernels.

    Correlates with `scharr-x` and `scharr-y` (weights 3, 10, 3) and joins the responses by `norm`.
    The answer is four times that of Sobel's kernels; `scale` 0.0625 shows a full step whole.

    Scharr, "Optimal operators in digital image processing", dissertation, Heidelberg (2000).
    """
    return _magnitude(image, "scharr", norm, scale, window)


@declare.filter(response=True)
def prewitt(
    image: Pixels,
    window: Window,
    *,
    norm: Norm = "l2",
    scale: Scale = 1.0,
    channels: Channels = "each",
) -> Pixels:
    """Find edges with Prewitt's two gradients, each averaged evenly along the edge.

    Correlates with `prewitt-x` and `prewitt-y` and joins the responses by `norm`.

    Prewitt, "Object enhancement and extraction" (1970).
    """
    return _magnitude(image, "prewitt", norm, scale, window)


@declare.filter(response=True)
def roberts(
    image: Pixels,
    window: Window,
    *,
    norm: Norm = "l2",
    scale: Scale = 1.0,
    channels: Channels = "each",
) -> Pixels:
    """Find edges with Roberts' cross, the differences along both diagonals of 2x2 pixels.

    Correlates with `roberts-x` and `roberts-y` and joins the responses by `norm`.

    Roberts, "Machine perception of three-dimensional solids" (1963).
    """
    return _magnitude(image, "roberts", norm, scale, window)


def _strongest(image: Pixels, compass: str, scale: float, window: Window) -> Pixels:
    eight = [kernels.get(f"{compass}-{point}").array for point in _COMPASS]
    return image.respond(eight, "max", window, scale=scale)


@declare.filter(response=True)
def kirsch(
    image: Pixels, window: Window, *, scale: Scale = 1.0, channels: Channels = "each"
) -> Pixels:
    """Find edges with Kirsch's eight compass kernels: the strongest of their responses.

    Correlates with `kirsch-n`, `-nw`, `-w`, ... and keeps the largest response. A full step is
    answered with 15 times white; `scale` 0.0667 shows it whole.

    Kirsch, "Computer determination of the constituent structure of biological images" (1971).
    """
    return _strongest(image, "kirsch", scale, window)


@declare.filter(response=True)
def robinson(
    image: Pixels, window: Window, *, scale: Scale = 1.0, channels: Channels = "each"
) -> Pixels:
    """Find edges with Robinson's eight 5-level compass kernels: the strongest of their responses.

    Correlates with `robinson-n`, `-nw`, `-w`, ... and keeps the largest response.

    Robinson, "Edge detection by compass gradient masks" (1977).
    """
    return _strongest(image, "robinson", scale, window)


@declare.filter(response=True)
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
    `subspace` correlates with all nine: the answer is the cosine of the angle between the
    neighbourhood and the subspace, the root of its share of the energy, from black (no part of it)
    to white (nothing else). It does not depend on the contrast of the edge against black.

    Frei & Chen, "Fast boundary detection: a generalization and a new algorithm" (1977).
    """
    nine = [kernels.get(f"frei-chen-{number}") for number in range(1, 10)]
    if method == "compass":
        turned = [nine[0].rotated(steps).array for steps in range(8)]
        return image.respond(turned, "max", window, scale=scale)
    chosen = nine[:4] if subspace == "edge" else nine[4:8]
    part = image.respond([kernel.array for kernel in chosen], "l2", window)
    whole = image.respond([kernel.array for kernel in nine], "l2", window).values
    share = np.divide(part.values, whole, out=np.zeros_like(whole), where=whole > 0)
    return part.with_colour(share * share.dtype.type(image.white * scale))


@declare.filter(response=True)
def laplacian(
    image: Pixels,
    window: Window,
    *,
    neighbours: Annotated[
        Literal["4", "8"], Spec("pixels that are weighed against the middle one")
    ] = "4",
    scale: Scale = 1.0,
    channels: Channels = "each",
    signed: Signed = "abs",
) -> Pixels:
    """Take the Laplacian, the sum of both second derivatives: fine detail of every direction.

    Correlates with `laplacian-4` or `laplacian-8`, which are negative in the middle.

    Gonzalez & Woods, "Digital image processing".
    """
    kernel = kernels.get(f"laplacian-{neighbours}")
    return image.correlate(kernel.array, window, scale=scale, signed=signed)


@declare.filter(response=True)
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
    signed: Signed = "abs",
) -> Pixels:
    """Take the Laplacian of the picture blurred with a Gaussian: blobs and edges of one size.

    Correlates with one kernel that does both, negative in the middle. Edges lie where the response
    crosses zero, as `signed` offset shows. `scale` 1 gives the Laplacian itself.

    Marr & Hildreth, "Theory of edge detection" (1980).
    """
    kernel = shapes.laplacian_of_gaussian(sigma, truncate)
    return _full_step(image, kernel, scale, window, signed)


@declare.filter(response=True)
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
    signed: Signed = "abs",
) -> Pixels:
    """Subtract a wider Gaussian blur from a narrower one: detail of one size, a band-pass.

    Correlates with one kernel, positive in the middle. `scale` 1 gives the difference itself.

    Marr & Hildreth, "Theory of edge detection" (1980), whose ratio is 1.6.
    """
    kernel = shapes.difference_of_gaussians(sigma, ratio, truncate)
    return _full_step(image, kernel, scale, window, signed)


def _full_step(
    image: Pixels, kernel: Array, scale: float | None, window: Window, signed: SignedMode
) -> Pixels:
    """Correlate, by default scaled so that a step from black to white is answered with white."""
    if scale is None:
        # the answers on a step that faces right, or down, are the partial sums of the weights
        peak = max(float(np.abs(np.cumsum(kernel.sum(axis))).max()) for axis in (0, 1))
        scale = 1 / peak
    return image.correlate(kernel, window, scale=scale, signed=signed)
