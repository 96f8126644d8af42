"""Pooling: windows, or groups of channels, reduced to one value each."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from convfilter import engine
from convfilter.filters import declare
from convfilter.filters.declaring.options import Dilation, Options
from convfilter.filters.declaring.parameters import IntegerPair, Spec
from convfilter.filters.declaring.reach import POINT, around
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.windows import pool
from convfilter.runtime.array_axes import axes_of
from convfilter.runtime.checks import Array

PoolSize = Annotated[
    IntegerPair, Spec("side of the window, one number or rows,columns", 1, 65536, "pixels")
]


class PoolWindow(Options):
    """How a pooling window walks over the image, in PyTorch's terms."""

    stride: Annotated[
        IntegerPair | None,
        Spec("step from one window to the next", 1, 65536, "pixels", automatic="size", shared=True),
    ] = None
    padding: Annotated[
        IntegerPair,
        Spec("rows and columns added around, at most half a window", 0, 65536, shared=True),
    ] = 0
    dilation: Dilation = 1
    ceil_mode: Annotated[
        bool, Spec("keep a last window that reaches beyond the picture", shared=True)
    ] = False


@declare.filter(reach=lambda values: around(values["size"]), alpha="smooths", keeps_masks=True)
def max_pool(image: Pixels, window: PoolWindow, *, size: PoolSize = 2) -> Pixels:
    """Reduce each window to its largest value; the picture shrinks by the stride.

    Padding never wins. Stride, padding and ceil_mode are PyTorch's. Alpha is pooled alike, and
    clear pixels lend no colour.

    Goodfellow, Bengio & Courville, "Deep learning" (2016).
    """
    return pool(image, size, "max", **window.as_arguments())


@declare.filter(reach=lambda values: around(values["size"]), alpha="smooths", keeps_masks=True)
def min_pool(image: Pixels, window: PoolWindow, *, size: PoolSize = 2) -> Pixels:
    """Reduce each window to its smallest value; the picture shrinks by the stride.

    Padding never wins. Stride, padding and ceil_mode are PyTorch's. Alpha is pooled alike, and
    clear pixels lend no colour.

    Goodfellow, Bengio & Courville, "Deep learning" (2016).
    """
    return pool(image, size, "min", **window.as_arguments())


@declare.filter(reach=lambda values: around(values["size"]), alpha="smooths")
def mean_pool(
    image: Pixels,
    window: PoolWindow,
    *,
    size: PoolSize = 2,
    count_include_pad: Annotated[
        bool, Spec("whether the mean counts the padding, which is 0")
    ] = True,
) -> Pixels:
    """Reduce each window to its mean; the picture shrinks by the stride.

    Stride, padding, ceil_mode and count_include_pad are PyTorch's. Alpha is pooled alike, and
    clear pixels lend no colour.

    Goodfellow, Bengio & Courville, "Deep learning" (2016).
    """
    return pool(image, size, "mean", count_include_pad=count_include_pad, **window.as_arguments())


@declare.filter(
    reach=POINT,
    alpha="point",
    response=True,
    neutral=True,
    mixes=True,
    keeps_masks=lambda values: values["reduce"] != "mean",
)
def depth_pool(
    image: Pixels,
    *,
    reduce: Annotated[
        Literal["max", "mean", "min"], Spec("what becomes of the values of a group of channels")
    ] = "max",
    size: Annotated[
        int | None,
        Spec("channels in a group", 1, 65536, "channels", automatic="all channels"),
    ] = None,
    stride: Annotated[
        int | None,
        Spec("step from one group of channels to the next", 1, 65536, "channels", automatic="size"),
    ] = None,
) -> Pixels:
    """Reduce each group of neighbouring channels to one; alpha is left alone.

    A grey picture, which has one channel, stays as it is.

    Goodfellow, Warde-Farley, Mirza, Courville & Bengio, "Maxout networks" (2013).
    """
    colour = image.colour if reduce != "mean" else image.values
    count = colour.shape[2] if colour.ndim == 3 else 1
    result: Array = engine.pool(
        colour,
        count if size is None else size,
        reduce=reduce,
        stride=stride,
        over="depth",
        axes=axes_of(colour),
        mask=image.present,
        workers=image.workers,
    )
    if result.ndim == 3 and result.shape[2] == 1:
        result = result[:, :, 0]
    there = None if image.present is None else ~np.ma.getmaskarray(result)
    return image.with_colour(np.asarray(result), present=there)
