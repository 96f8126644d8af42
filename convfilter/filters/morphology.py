"""Ranks of the neighbourhood, and morphology with a flat rectangle built on them.

A window of even size reaches one further down and to the right. What dilates takes it turned by 180
degrees, so that what erodes and dilates moves nothing, whatever the size of the window.
"""

from __future__ import annotations

from typing import Annotated

from convfilter.filters import declare
from convfilter.filters.declare import Values
from convfilter.filters.declaring.options import BorderOptions, Channels, Window
from convfilter.filters.declaring.parameters import IntegerPair, Spec
from convfilter.filters.declaring.reach import Reach, around, around_ranks
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.windows import rank

SMALLEST, LARGEST = 0, 100
"""Percentiles."""

Size = Annotated[
    IntegerPair, Spec("side of the window, one number or rows,columns", 1, 1001, "pixels")
]


@declare.filter(reach=lambda values: around(values["size"]), alpha="smooths", keeps_masks=True)
def minimum(
    image: Pixels, window: Window, *, size: Size = 3, channels: Channels = "each"
) -> Pixels:
    """Take the smallest value of each window: dark spots grow.

    Gonzalez & Woods, "Digital image processing".
    """
    return rank(image, SMALLEST, size, window)


@declare.filter(reach=lambda values: around(values["size"]), alpha="smooths", keeps_masks=True)
def maximum(
    image: Pixels, window: Window, *, size: Size = 3, channels: Channels = "each"
) -> Pixels:
    """Take the largest value of each window: bright spots grow.

    Gonzalez & Woods, "Digital image processing".
    """
    return rank(image, LARGEST, size, window)


@declare.filter(
    reach=lambda values: around_ranks(values["size"]), alpha="smooths", keeps_masks=True
)
def percentile(
    image: Pixels,
    window: Window,
    *,
    size: Size = 3,
    percent: Annotated[
        float, Spec("share of the window that lies below the value", 0, 100, "percent")
    ] = 75.0,
    channels: Channels = "each",
) -> Pixels:
    """Take the value at a given rank of each window: from 0, the smallest, to 100, the largest.

    50 is the median. Of n values it is the one at index floor(percent / 100 * (n - 1) + 0.5) when
    they are sorted.

    Gonzalez & Woods, "Digital image processing".
    """
    return rank(image, percent, size, window)


@declare.filter(reach=lambda values: around(values["size"]), alpha="smooths", keeps_masks=True)
def erode(
    image: Pixels, options: BorderOptions, *, size: Size = 3, channels: Channels = "each"
) -> Pixels:
    """Erode: bright shapes lose their rim.

    The smallest value of each window, a flat rectangle as structuring element. An even one reaches
    one further down and to the right.

    Serra, "Image analysis and mathematical morphology" (1982).
    """
    return _chain(image, options, size, SMALLEST)


@declare.filter(
    reach=lambda values: around(values["size"]).turned(), alpha="smooths", keeps_masks=True
)
def dilate(
    image: Pixels, options: BorderOptions, *, size: Size = 3, channels: Channels = "each"
) -> Pixels:
    """Dilate: bright shapes gain a rim.

    The largest value of each window, a flat rectangle as structuring element, turned by 180
    degrees: an even one reaches one further up and to the left, so that what `erode` has moved
    comes back. `maximum` takes the window of `minimum` and `erode`.

    Serra, "Image analysis and mathematical morphology" (1982).
    """
    return _chain(image, options, size, LARGEST)


def _twice(values: Values) -> Reach:
    window = around(values["size"])
    return window.then(window.turned())


def _both_ways(values: Values) -> Reach:
    window = around(values["size"])
    return window.union(window.turned())


@declare.filter(reach=_twice, alpha="smooths", keeps_masks=True)
def open_(
    image: Pixels, options: BorderOptions, *, size: Size = 5, channels: Channels = "each"
) -> Pixels:
    """Open: erode, then dilate; bright shapes smaller than the window vanish, others stay.

    Nothing moves, whether the size is odd or even.

    Serra, "Image analysis and mathematical morphology" (1982).
    """
    return _chain(image, options, size, SMALLEST, LARGEST)


@declare.filter(reach=_twice, alpha="smooths", keeps_masks=True)
def close(
    image: Pixels, options: BorderOptions, *, size: Size = 5, channels: Channels = "each"
) -> Pixels:
    """Close: dilate, then erode; dark shapes smaller than the window vanish, others stay.

    Nothing moves, whether the size is odd or even.

    Serra, "Image analysis and mathematical morphology" (1982).
    """
    return _chain(image, options, size, LARGEST, SMALLEST)


@declare.filter(reach=_both_ways, alpha="keeps", response=True, keeps_masks=True)
def morphological_gradient(
    image: Pixels, options: BorderOptions, *, size: Size = 3, channels: Channels = "each"
) -> Pixels:
    """Find edges as what is dilated minus what is eroded: the span of values in each window.

    The window of an even size is turned for the dilation, so that edges stand where they are.

    Rivest, Soille & Beucher, "Morphological gradients" (1993).
    """
    high = _chain(image, options, size, LARGEST)
    low = _chain(image, options, size, SMALLEST)
    there = high.missing_as(low).present
    if high.colour.dtype.kind == "u":  # cannot wrap around: the maximum is not below the minimum
        return image.with_colour(high.colour - low.colour, signed=None, present=there)
    return image.with_colour(high.values - low.values, signed=None, present=there)


def _chain(
    image: Pixels,
    options: BorderOptions,
    size: int | tuple[int, int],
    *percents: float,
) -> Pixels:
    """Run erosions and dilations over the picture one after the other."""
    window = Window(border=options.border, fill=options.fill)
    first, *others = percents
    image = rank(image, first, size, window, turned=first == LARGEST)
    for percent in others:
        image.pass_on()
        image = rank(image, percent, size, window, turned=percent == LARGEST)
    return image
