"""Operations on single pixels, helpers of pipelines."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from convfilter.errors import ArgumentError
from convfilter.filters import declare
from convfilter.filters.declaring.options import Channels
from convfilter.filters.declaring.parameters import Spec
from convfilter.filters.declaring.reach import POINT, WHOLE
from convfilter.filters.pixels.otsu import otsu
from convfilter.filters.pixels.picture import Pixels
from convfilter.runtime.checks import Array

ROUNDING = 1e-6
"""Of white: far less than a step of 16 bits, far more than the rounding of a float."""


@declare.filter(reach=POINT, alpha="point", neutral=True, mixes=True)
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
        )
    return image.luma()


@declare.filter(reach=POINT, alpha="point")
def invert(image: Pixels, *, channels: Channels = "each") -> Pixels:
    """Turn the picture into its negative: white minus value.

    A signed response, such as that of `laplacian`, is inverted as it would be shown.
    """
    shown = image.shown().values
    return image.with_colour(shown.dtype.type(image.white) - shown, signed=None)


@declare.filter(
    reach=lambda values: WHOLE if values["threshold"] is None else POINT,
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
    A signed response, such as that of `laplacian`, is judged as it would be shown.

    Otsu, "A threshold selection method from gray-level histograms" (1979).
    """
    shown = image.shown().values
    planes = shown if shown.ndim == 3 else shown[:, :, np.newaxis]
    if threshold is None:
        exact = image.shown().colour  # integers, where the picture holds some
        visible = image.visible(exact if exact.ndim == 3 else exact[:, :, np.newaxis])
        levels = [otsu(plane) for plane in np.moveaxis(visible, -1, 0)]
    else:
        # a float that stands for the level itself may be rounded to either side of it
        levels = [image.intensity(threshold) + image.white * ROUNDING] * planes.shape[2]
    return image.with_colour(_white_where(shown > np.array(levels), image), signed=None)


@declare.filter(reach=POINT, alpha="point", neutral=True)
def relu(image: Pixels) -> Pixels:
    """Set negative values to 0, as networks do with the responses of their layers.

    It changes signed responses, between the steps of a pipeline; a picture has none.

    Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).
    """
    colour = image.colour
    positive = colour.copy() if colour.dtype.kind == "u" else np.maximum(colour, 0)
    return image.with_colour(positive, signed=None)


def _white_where(mask: Array, image: Pixels) -> Array:
    one = image.working_dtype.type
    return np.asarray(np.where(mask, one(image.white), one(0)))
