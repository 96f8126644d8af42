"""Noise: taken away by medians, means and weighted means, or added."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

import numpy as np

from convfilter import engine, kernels
from convfilter.engine.noise import noise_sigma
from convfilter.filters import declare
from convfilter.filters.declare import Values
from convfilter.filters.declaring.options import BorderOptions, Channels, Window
from convfilter.filters.declaring.parameters import IntegerPair, Spec
from convfilter.filters.declaring.reach import WHOLE, Reach, around, around_ranks
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.windows import correlate, filled, rank, smooth
from convfilter.runtime.array_axes import axes_of
from convfilter.runtime.checks import Array

Patch = Annotated[
    int, Spec("side of the patches that are compared, odd", 1, 51, "pixels", odd=True)
]
Search = Annotated[
    int, Spec("side of the window in which they are sought, odd", 1, 201, "pixels", odd=True)
]

NOISE_REACH = 3
"""Side of the window that the estimate of the noise looks through."""

MEDIAN = 50
"""The percentile."""

BILATERAL_SIZE = 9
"""Side of the window with which `denoise` smooths."""

PATCH, SEARCH = 7, 21
"""Sides of the patches that `denoise` compares, and of the window in which they are sought."""


NOISE = Spec(
    "standard deviation of the noise",
    1,
    255,
    "0 to 255",
    automatic="estimated from the picture",
)


@declare.filter(
    reach=lambda values: around_ranks(values["size"]), alpha="smooths", keeps_masks=True
)
def median(
    image: Pixels,
    window: Window,
    *,
    size: Annotated[
        IntegerPair, Spec("side of the window, one number or rows,columns", 1, 1001, "pixels")
    ] = 3,
    channels: Channels = "each",
) -> Pixels:
    """Take the median of each window: single wrong pixels vanish and edges stay sharp.

    Tukey, "Exploratory data analysis" (1977).
    """
    return rank(image, MEDIAN, size, window)


@declare.filter(reach=lambda values: around(values["size"]), alpha="smooths", takes_gaps=False)
def bilateral(
    image: Pixels,
    options: BorderOptions,
    *,
    size: Annotated[int, Spec("diameter of the window, odd", 3, 101, "pixels", odd=True)] = 9,
    sigma_color: Annotated[
        float, Spec("standard deviation of colours that count as alike", 0.1, 1000, "0 to 255")
    ] = 50.0,
    sigma_space: Annotated[
        float, Spec("standard deviation of distances", 0.1, 250, "pixels")
    ] = 3.0,
    channels: Channels = "each",
) -> Pixels:
    """Average pixels that are near both in space and in colour: smooth areas, sharp edges.

    With `channels` each, the distance of colours is the sum over the channels, so that all are
    weighed alike.

    Tomasi & Manduchi, "Bilateral filtering for gray and color images" (1998).
    """
    return _bilateral(image, options, size, image.intensity(sigma_color), sigma_space)


def _bilateral(
    image: Pixels, options: BorderOptions, size: int, sigma_color: float, sigma_space: float
) -> Pixels:
    from convfilter.engine.edge_preserving.bilateral import bilateral_smoothing

    sigmas = sigma_color, sigma_space
    return smooth(image, engine.bilateral, bilateral_smoothing, size, options, size, *sigmas)


@declare.filter(
    reach=lambda values: around(_patches_span(values["size"], values["search"])),
    alpha="smooths",
    takes_gaps=False,
)
def nl_means(
    image: Pixels,
    options: BorderOptions,
    *,
    strength: Annotated[
        float,
        Spec("difference of patches that count as alike, about the noise's", 0.1, 255, "0 to 255"),
    ] = 10.0,
    size: Patch = PATCH,
    search: Search = SEARCH,
    channels: Channels = "each",
) -> Pixels:
    """Average pixels whose neighbourhoods look alike: non-local means.

    Buades, Coll & Morel, "A non-local algorithm for image denoising" (2005).
    """
    return _nl_means(image, options, image.intensity(strength), size, search)


def _patches_span(size: int, search: int) -> int:
    """Return the rows that the patches within a window cover."""
    return size + search - 1


def _nl_means(
    image: Pixels, options: BorderOptions, strength: float, size: int, search: int
) -> Pixels:
    from convfilter.engine.edge_preserving.nl_means import nl_means_smoothing

    channels = image.colour[0, 0].size

    def nl_means(planes: Array, strength: float, **named: Any) -> Array:
        # means over channels: alpha among them must not make colours more alike
        alike = strength * (channels / planes[0, 0].size) ** 0.5
        return engine.nl_means(planes, alike, **named)

    sizes = {"size": size, "search": search}
    span = _patches_span(size, search)
    return smooth(image, nl_means, nl_means_smoothing, span, options, strength, **sizes)


def _denoise_reach(values: Values) -> Reach:
    strength = values["strength"]
    if strength is None:
        return WHOLE
    match values["method"]:
        case "median":
            return around_ranks(_median_size(strength))
        case "kernel":
            return around(2 * _passes(strength) + 1)
        case "gaussian":
            return around(kernels.shapes.gaussian(_gaussian_sigma(strength)).shape)
        case "bilateral":
            return around(BILATERAL_SIZE)
        case _:
            return around(_patches_span(PATCH, SEARCH))


@declare.filter(
    reach=_denoise_reach,
    alpha="smooths",
    keeps_masks=lambda values: values["method"] == "median",
    takes_gaps=lambda values: values["method"] not in ("bilateral", "nl-means"),
)
def denoise(
    image: Pixels,
    options: BorderOptions,
    *,
    method: Annotated[
        Literal["median", "kernel", "gaussian", "bilateral", "nl-means"],
        Spec(
            "median: best for single wrong pixels; kernel: the 3x3 mean `denoise`, repeated;"
            " gaussian: blur; bilateral: keeps edges; nl-means: best and slowest"
        ),
    ] = "median",
    strength: Annotated[float | None, NOISE] = None,
    channels: Channels = "each",
) -> Pixels:
    """Take noise away by one of five methods, as strongly as the noise needs.

    `strength` is the noise's standard deviation, at least 1; it sets the size of the median, how
    often the kernel is applied, the sigma of the Gaussian, and what counts as alike for the other
    two (sigma_color twice the noise's, after Zhang & Gunturk, "Multiresolution bilateral filtering
    for image denoising", 2008). Without a number it is estimated from the picture, within the same
    range; single wrong pixels do not sway the estimate, however wrong they are.

    Immerkær, "Fast noise variance estimation" (1996).
    """
    if strength is None:
        visible = None if image.alpha is None else image.alpha > 0
        known = filled(image, NOISE_REACH)
        if image.present is not None:  # the estimate leaves out what is NaN
            known = np.where(image.present, known, np.float32(np.nan))
        found = noise_sigma(known, seen=visible, axes=axes_of(known), workers=image.workers)
        strength = NOISE.range.nearest(float(np.mean(found)) / image.intensity(1))
    window = Window(border=options.border, fill=options.fill)
    match method:
        case "median":
            return rank(image, MEDIAN, _median_size(strength), window)
        case "kernel":
            kernel = _repeated(kernels.get("denoise").array, _passes(strength))
            return correlate(image, kernel, window)
        case "gaussian":
            return correlate(image, kernels.shapes.gaussian(_gaussian_sigma(strength)), window)
        case "bilateral":
            alike = image.intensity(2 * strength)
            return _bilateral(image, options, BILATERAL_SIZE, alike, 1.8)
        case "nl-means":
            return _nl_means(image, options, image.intensity(strength), PATCH, SEARCH)


def _median_size(strength: float) -> int:
    return 3 if strength < 40 else 5 if strength < 80 else 7


def _passes(strength: float) -> int:
    """Return how often the 3x3 kernel is applied."""
    return 1 + min(int(strength / 25), 5)


def _gaussian_sigma(strength: float) -> float:
    return 0.35 + strength / 50


def _repeated(kernel: Array, times: int) -> Array:
    """Return the kernel that does in one pass what `times` passes of a symmetric kernel do."""

    def widened(wide: Array, narrow: Array) -> Array:
        return engine.correlate(wide, narrow, padding="full", border="constant", workers=1)

    return functools.reduce(widened, [kernel] * times)


# the noise of a pixel depends on its place
@declare.filter(
    reach=WHOLE,
    alpha="point",
    keeps_masks=lambda values: values["method"] == "salt-and-pepper",
)
def add_noise(
    image: Pixels,
    *,
    method: Annotated[
        Literal["gaussian", "salt-and-pepper", "speckle"],
        Spec(
            "gaussian: added to every value; salt-and-pepper: single values become white or black;"
            " speckle: in proportion to the value"
        ),
    ] = "gaussian",
    amount: Annotated[
        float,
        Spec(
            "gaussian: standard deviation in percent of white; salt-and-pepper: share of values;"
            " speckle: standard deviation in percent of the value",
            0.01,
            100,
            "percent",
        ),
    ] = 10.0,
    seed: Annotated[int, Spec("the same seed gives the same noise", 0, 2**32 - 1)] = 0,
    channels: Channels = "each",
) -> Pixels:
    """Add noise, the same for the same seed.

    With `channels` luma the noise is grey, all channels of a pixel change alike.

    Gonzalez & Woods, "Digital image processing".
    """
    random = np.random.default_rng(seed)
    values = image.values
    part = amount / 100
    if method == "salt-and-pepper":
        chance = random.random(values.shape, np.float32)
        noisy = np.where(chance < part / 2, values.dtype.type(0), values)
        noisy[(chance >= part / 2) & (chance < part)] = image.white
        return image.with_colour(noisy)
    noise = random.standard_normal(values.shape, np.float32).astype(values.dtype, copy=False)
    noise *= values * values.dtype.type(part) if method == "speckle" else part * image.white
    noise += values
    return image.with_colour(noise)
