"""Noise: taken away by medians, means and weighted means, or added."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

import numpy as np

from convfilter import engine, kernels
from convfilter.engine.noise import noise_sigma, quiet_noise_sigma
from convfilter.engine.planning import Plan, record, recorded_plans
from convfilter.filters import declare
from convfilter.filters.declare import Values
from convfilter.filters.declaring.options import BorderOptions, Channels, Window
from convfilter.filters.declaring.parameters import IntegerPair, Spec
from convfilter.filters.declaring.reach import WHOLE, Reach, around, around_ranks
from convfilter.filters.pixels.impulses import Impulses, find_impulses
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.risk import middle_of, risk
from convfilter.filters.pixels.windows import correlate, filled, is_uneven, rank, smooth
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
"""Sides of the patches that `nl_means` compares, and of the window in which they are sought."""

SMALL_PATCH = 3
"""Side of the patches that `denoise` compares. Against 7, detail survives: 0.7 dB and more."""

INVISIBLE, WEAK = 2.0, 4.0
"""Noise of less than the first is left as it is, and of less than the second in part."""

DENSE = 0.09
"""So large a share of pixels that stand out as wrong that a larger median is needed."""


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
    if strength is None or values["method"] is None:
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
            return around(_patches_span(SMALL_PATCH, SEARCH))


@declare.filter(
    reach=_denoise_reach,
    alpha="smooths",
    keeps_masks=lambda values: values["method"] in (None, "median"),
    neutral=True,
    takes_gaps=lambda values: values["method"] not in ("bilateral", "nl-means"),
)
def denoise(
    image: Pixels,
    options: BorderOptions,
    *,
    method: Annotated[
        Literal["median", "kernel", "gaussian", "bilateral", "nl-means"] | None,
        Spec(
            "median: best for single wrong pixels; kernel: the 3x3 mean `denoise`, repeated;"
            " gaussian: blur; bilateral: keeps edges; nl-means: best and slowest",
            automatic="by the noise: wrong pixels get the median around them, else nl-means, or"
            " bilateral where that will come out better",
        ),
    ] = None,
    strength: Annotated[float | None, NOISE] = None,
    channels: Channels = "each",
) -> Pixels:
    """Take noise away, by the method and as strongly as the noise needs.

    Without a `method` the noise is looked at. Pixels that are black or white among others that are
    not, all over the picture, get the median around them, and all others stay; a picture of black
    and white alone gets the median where single pixels stand out all over, else it is left.
    Otherwise patches that look alike are averaged (nl-means), unless Stein's estimate of the error,
    over the middle of the picture, speaks for bilateral; noise of less than 2 of 255, which nobody
    sees, is left.

    `strength` is the noise's standard deviation, at least 1; it sets the size of the median, how
    often the kernel is applied, the sigma of the Gaussian, and what counts as alike for the other
    two (sigma_color twice the noise's, after Zhang & Gunturk, "Multiresolution bilateral filtering
    for image denoising", 2008). Without a number it is estimated where the picture is quietest,
    within the same range; single wrong pixels do not sway the estimate, however wrong they are.
    `--explain` tells what was found.

    Immerkær, "Fast noise variance estimation" (1996); Stein, "Estimation of the mean of a
    multivariate normal distribution" (1981).
    """
    window = Window(border=options.border, fill=options.fill)
    known = _visible_colour(image)
    if method is None and image.present is not None:
        method = "median"  # which minds gaps
    if method is None:
        impulses = find_impulses(known)
        two_tone = bool(((known == 0) | (known == image.white)).all())
        if two_tone and impulses is None:
            _tell("black and white, and hardly a pixel stands out: left")
            return image.with_colour(image.values.copy())
        if two_tone:
            method = "median"  # whose result is black and white as well
        elif impulses is not None:
            return _without_impulses(image, impulses, window)
    patches = strength
    if strength is None:
        strength = _estimated(image, known)
        if method is None and strength < INVISIBLE:
            _tell(f"a standard deviation of {strength:.2g} of 255, which nobody sees: left")
            return image.with_colour(image.values.copy())
        strength = NOISE.range.nearest(strength)
        patches = strength if method is not None else strength * min(1.0, strength / WEAK)
    assert patches is not None
    if method is None:
        method = _better_method(image, middle_of(known), strength, patches)
    _tell(f"a standard deviation of {strength:.3g} of 255: {method}")
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
            return _nl_means(image, options, image.intensity(patches), SMALL_PATCH, SEARCH)


def _better_method(
    image: Pixels, sample: Array, strength: float, patches: float
) -> Literal["bilateral", "nl-means"]:
    """Return the way that leaves less of an error in a sample, as far as that can be told."""
    how: dict[str, Any] = {"axes": axes_of(sample), "workers": image.workers}
    alike, tolerance = image.intensity(patches), image.intensity(2 * strength)

    def by_patches(pixels: Array) -> Array:
        return engine.nl_means(pixels, alike, size=SMALL_PATCH, search=SEARCH, **how)

    def by_pixels(pixels: Array) -> Array:
        return engine.bilateral(pixels, BILATERAL_SIZE, tolerance, 1.8, **how)

    sigma = image.intensity(strength)
    with recorded_plans():  # which nobody asks for
        is_better = risk(sample, by_pixels, sigma) < risk(sample, by_patches, sigma)
    return "bilateral" if is_better else "nl-means"


def _visible_colour(image: Pixels) -> Array:
    """Return the raw colours; among pixels that are visible, hidden ones look like these."""
    return filled(image, NOISE_REACH) if is_uneven(image.alpha) else image.colour


def _estimated(image: Pixels, known: Array) -> float:
    """Return the standard deviation of the noise on the scale 0 to 255."""
    if image.present is None and not is_uneven(image.alpha):
        return quiet_noise_sigma(known, workers=image.workers) / image.intensity(1)
    seen = None if image.alpha is None else image.alpha > 0
    if image.present is not None:  # the estimate leaves out what is NaN
        known = np.where(image.present, known, np.float32(np.nan))
    found = noise_sigma(known, seen=seen, axes=axes_of(known), workers=image.workers)
    return float(np.mean(found)) / image.intensity(1)


def _without_impulses(image: Pixels, impulses: Impulses, window: Window) -> Pixels:
    """Give wrong pixels the median around them, and leave all others as they are."""
    size = 5 if impulses.share > DENSE else 3
    _tell(f"{impulses.share:.1%} of all pixels stand out as wrong: the median of {size}x{size}")
    median = rank(image, MEDIAN, size, window).values
    wrong = impulses.are(image.values, median)
    return image.with_colour(np.where(wrong, median, image.values))


def _tell(reason: str) -> None:
    """Tell whoever explains a run what was found."""
    record(Plan("noise", np.dtype(np.float32), exact=False, reason=reason, cost=0.0))


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
