"""Operations on single pixels, helpers of pipelines."""

from __future__ import annotations

from typing import Annotated, cast

import numpy as np

from convfilter.errors import ArgumentError
from convfilter.filters import declare
from convfilter.filters.declaring.options import Channels, SignedMode
from convfilter.filters.declaring.parameters import Spec
from convfilter.filters.declaring.reach import POINT, for_a_figure
from convfilter.filters.pixels.otsu import Levels, otsu
from convfilter.filters.pixels.picture import Pixels
from convfilter.runtime.checks import Array

ROUNDING = 1e-6
"""Of white: far less than a step of 16 bits, far more than the rounding of a float."""


@declare.filter(reach=POINT, alpha="point", neutral=True, mixes=True, keeps_masks=True)
def grayscale(image: Pixels) -> Pixels:
    """Turn a colour picture grey: the luma 0.299 red + 0.587 green + 0.114 blue.

    A grey picture stays as it is.

    Recommendation ITU-R BT.601.
    """
    colour = image.colour
    if colour.ndim == 2 or colour.shape[2] == 1:
        return image.with_colour(colour.copy())
    if colour.shape[2] != 3:
        raise ArgumentError(
            f"the picture has {colour.shape[2]} colour channels: grayscale needs red, green, blue"
            " (of an array, alpha says that the last channel is none of them)"
        )
    return image.luma()


@declare.filter(reach=POINT, alpha="point", keeps_masks=True)
def invert(image: Pixels, *, channels: Channels = "each") -> Pixels:
    """Turn the picture into its negative: white minus value.

    A signed response, such as that of `laplacian`, is inverted as it would be shown at the end.
    """
    shown = image.shown().values
    return image.with_colour(shown.dtype.type(image.white) - shown, signed=None)


@declare.filter(
    reach=lambda values: for_a_figure(POINT) if values["threshold"] is None else POINT,
    alpha="point",
    response=True,
    few_values=True,
)
def threshold(
    image: Pixels,
    *,
    threshold: Annotated[
        float | None,
        Spec(
            "values above it become white, all others black",
            0,
            255,
            "0 to 255",
            automatic="found by Otsu's method",
        ),
    ] = None,
    channels: Channels = "luma",
) -> Pixels:
    """Turn the picture black and white: white where a value is above a threshold.

    Without a number, each channel is parted where the variance between dark and bright is largest.
    A signed response, such as that of `laplacian`, is judged as it would be shown at the end.

    Otsu, "A threshold selection method from gray-level histograms" (1979).
    """
    shown = image.shown().values
    planes = shown if shown.ndim == 3 else shown[:, :, np.newaxis]
    if threshold is None:
        exact = image.shown().colour  # integers, where the picture holds some
        levels = image.of_visible(
            "levels",
            exact if exact.ndim == 3 else exact[:, :, np.newaxis],
            lambda visible: [otsu(plane) for plane in np.moveaxis(visible, -1, 0)],
            Levels,
        )
    else:
        # a float that stands for the level itself may be rounded to either side of it
        levels = [image.intensity(threshold) + image.white * ROUNDING] * planes.shape[2]
    return image.with_colour(_white_where(shown > np.array(levels), image), signed=None)


@declare.filter(reach=POINT, alpha="point", neutral=True, keeps_masks=True)
def relu(image: Pixels) -> Pixels:
    """Set negative values to 0, as networks do with the responses of their layers.

    It changes raw signed responses, between the steps of a pipeline, and floats and int16, which
    may hold negative values; other pictures have none.

    Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).
    """
    return _without_sign(image, "clamp")


@declare.filter(reach=POINT, alpha="point", neutral=True, keeps_masks=True)
def abs_(image: Pixels) -> Pixels:
    """Take the size of every value, so that a negative one counts as much as a positive one.

    It changes raw signed responses, between the steps of a pipeline, and floats and int16, which
    may hold negative values; other pictures have none.

    Gonzalez & Woods, "Digital image processing".
    """
    return _without_sign(image, "abs")


def _without_sign(image: Pixels, word: SignedMode) -> Pixels:
    if image.colour_dtype.kind == "u":  # which has none
        return image.with_colour(image.colour.copy(), signed=None)
    return image.as_word_says(word)


@declare.filter(
    reach=lambda values: for_a_figure(POINT) if values["scale"] is None else POINT,
    alpha="point",
    neutral=True,
)
def normalize(
    image: Pixels,
    *,
    low: Annotated[
        float | None,
        Spec("what the lowest value becomes", 0, 255, "0 to 255", automatic="black, 0"),
    ] = None,
    high: Annotated[
        float | None,
        Spec("what the highest value becomes", 0, 255, "0 to 255", automatic="white, 255"),
    ] = None,
    scale: Annotated[
        float | None,
        Spec(
            "factor of every value, whatever the lowest and highest are",
            -1e6,
            1e6,
            automatic="such that all values span low to high",
        ),
    ] = None,
    offset: Annotated[float, Spec("added to every value in the end", -1e6, 1e6, "0 to 255")] = 0.0,
) -> Pixels:
    """Bring all values into a range: the lowest becomes `low`, the highest `high`.

    All channels together have one lowest and one highest value, of which alpha, clear pixels, NaN
    and infinity are none; where all values are alike, they become `low`. With `scale` values are
    multiplied by it instead, and `offset` is added: responses from -4 to 4 times white fit with
    `scale` 0.125 and `offset` 128, the same for every picture. A signed response is taken raw.

    Gonzalez & Woods, "Digital image processing".
    """
    values, floats = image.values, image.working_dtype.type
    if scale is None:
        black, white = 0 if low is None else low, 255 if high is None else high
        if black > white:
            raise ArgumentError(f"low is {black:g}, above high, {white:g}: give a smaller one")
        from convfilter.filters.pixels.shown import stretched

        ends = image.intensity(black), image.intensity(white)
        scaled = stretched(values, *ends, image.ends_of_visible(values))
    elif low is None and high is None:
        scaled = values * floats(scale)
    else:
        raise ArgumentError("scale takes the place of low and high: give either it or them")
    if offset:
        scaled += floats(image.intensity(offset))
    return image.with_colour(scaled, signed=None)


def _white_where(mask: Array, image: Pixels) -> Array:
    one = image.working_dtype.type
    return cast(Array, np.where(mask, one(image.white), one(0)))
