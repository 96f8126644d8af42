"""Colours under transparent pixels: nobody sees them, so they must not show in their neighbours.

`colour` are raw values (H, W) or (H, W, C), `alpha` is raw alpha (H, W) from 0 to `white`. The
share of a pixel that is visible is its alpha divided by white.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from convfilter import engine
from convfilter.engine.correlation.correlate import correlation
from convfilter.engine.correlation.layout import CombineName
from convfilter.engine.planning import within
from convfilter.engine.window.axes import Outline
from convfilter.engine.window.borders import Border, reads_far_side
from convfilter.runtime.array_axes import axes_of
from convfilter.runtime.checks import Array

__all__ = [
    "at_middle",
    "correlate_visible",
    "extremes_of_visible",
    "fill_hidden",
    "pool_visible",
    "smooth_visible",
    "spanned",
]

FAINTEST = 1e-8
"""A mean share up to it is none: it may come from rounding, and is nothing in 16 bits.

Transforms in float64 are off by 5e-15 of white, ten times the errors observed (`engine.fft`):
divided by more than this, by less than a tenth of a level of 16 bits.
"""

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def correlate_visible(
    colour: Array,
    alpha: Array,
    kernels: Sequence[ArrayLike],
    combine: CombineName | None,
    *,
    white: float,
    scale: float,
    offset: float,
    fill: float,
    **walk: Any,
) -> tuple[Array, Array | None]:
    """Correlate so that every colour counts as far as it is visible.

    The positive weights of a kernel and the negative ones each take the mean of the colours under
    them, weighted by alpha too; where all these are clear, the colour of the middle pixel. So a
    hidden colour weighs nothing and the rim of what is visible is no edge; where alpha is even, the
    result is that of `engine.correlate_bank`.

    Returns the response as floats, and the mean of alpha under the weights if all of these have one
    sign. With a kernel whose sum is 1 both together are what comes of multiplying colours by alpha,
    filtering all channels and dividing again.
    """
    sides = [_sides(np.asarray(kernel, np.float64) * scale) for kernel in kernels]
    dtype = _arithmetic(colour, sides, white, walk)
    weighted, share = _premultiplied(colour, alpha, white, dtype)
    middle = at_middle(colour, np.shape(kernels[0]), fill=fill, **walk)
    middle = middle.astype(dtype, copy=False)
    combined = mean_share = None
    for sides_of_kernel in sides:
        response = np.zeros_like(middle)
        for weight, side in sides_of_kernel:
            mean_share = engine.correlate(share, side, fill=1.0, **walk)
            total = engine.correlate(weighted, side, fill=fill, axes=axes_of(weighted), **walk)
            response += dtype.type(weight) * _divided(total, mean_share, middle)
        combined = _combined(combined, response, combine)
    assert combined is not None
    if combine == "l2":
        combined = np.sqrt(combined)
    combined += dtype.type(offset)
    if combine is not None or len(sides[0]) != 1 or mean_share is None:
        return combined, None
    return combined, _without_faintest(mean_share) * dtype.type(white)


def _sides(weights: Array) -> list[tuple[float, Array]]:
    """Return the sum of the positive weights with their shares in it, and the negative ones."""
    sides = ((sign, np.maximum(sign * weights, 0)) for sign in (1, -1))
    return [(sign * side.sum(), side / side.sum()) for sign, side in sides if side.any()]


def _arithmetic(
    colour: Array, sides: Sequence[Sequence[tuple[float, Array]]], white: float, walk: Any
) -> np.dtype[Any]:
    """Return the dtype of sums that are divided by each other, however small they are.

    No product is negative, so sums of products are off by a share of themselves: by less than
    1e-5 in float32, which 8 bits allow and 16 do not. Transforms are off by a share of the largest
    sum, which is too much in float32.
    """
    if white != 255:
        return DOUBLE
    height, width, *channels = colour.shape
    outlines = [Outline((height, width, count), SINGLE) for count in {1, *channels}]
    steps = {name: value for name, value in walk.items() if name != "workers"}
    plans = (
        correlation(outline, [side], None, **steps).plan
        for outline in outlines
        for sides_of_kernel in sides
        for _, side in sides_of_kernel
    )
    return DOUBLE if any(plan.algorithm == "fft" for plan in plans) else SINGLE


def _premultiplied(
    colour: Array, alpha: Array, white: float, dtype: np.dtype[Any]
) -> tuple[Array, Array]:
    """Return the colours times the share that is visible of them, and that share (H, W)."""
    share = alpha.astype(dtype) / dtype.type(white)
    weighted = colour * (share if colour.ndim == 2 else share[:, :, np.newaxis])
    if colour.dtype.kind == "f":
        weighted[share == 0] = 0  # NaN and infinity too
    return weighted, share


def _divided(total: Array, share: Array, otherwise: Array) -> Array:
    """Return the means of colours, `otherwise` where next to nothing is visible."""
    divisor = share if total.ndim == 2 else share[:, :, np.newaxis]
    return np.divide(total, divisor, out=otherwise.copy(), where=divisor > FAINTEST)


def _without_faintest(share: Array) -> Array:
    """Return the share, 0 where next to nothing is visible and the colours are not mixed."""
    return np.where(share > FAINTEST, np.minimum(share, 1), 0)


def at_middle(plane: Array, size: tuple[int, ...], **walk: Any) -> Array:
    """Return the value at the middle of each window of `size`; beyond the edge by the border."""
    if walk["stride"] in (1, (1, 1)) and walk["padding"] == "same":
        return plane
    rows, columns = spanned((size[0], size[1]), walk["dilation"])
    impulse = np.zeros((rows, columns))
    impulse[(rows - 1) // 2, (columns - 1) // 2] = 1
    return engine.correlate(plane, impulse, axes=axes_of(plane), **{**walk, "dilation": 1})


def spanned(size: int | tuple[int, int], dilation: int | tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns from the first tap of a window to its last, both counted."""
    sizes = size if isinstance(size, tuple) else (size, size)
    steps = dilation if isinstance(dilation, tuple) else (dilation, dilation)
    return (sizes[0] - 1) * steps[0] + 1, (sizes[1] - 1) * steps[1] + 1


def pool_visible(
    colour: Array, alpha: Array, white: float, pool: Callable[[Array], Array]
) -> Array:
    """Return the means of windows as float64, each pixel weighted by its alpha."""
    weighted, share = _premultiplied(colour, alpha, white, DOUBLE)
    if colour.ndim == 3:
        share = share[:, :, np.newaxis]
    plain = pool(colour.astype(DOUBLE))
    divisor = np.broadcast_to(pool(share), plain.shape)
    # what the padding takes from a mean, it takes from the mean of ones
    total = pool(weighted) * pool(np.ones_like(share))
    return np.asarray(np.divide(total, divisor, out=plain, where=divisor > 0))


def extremes_of_visible(
    colour: Array,
    alpha: Array,
    find: Callable[[Array], Array],
    *,
    highest: bool,
    beyond: Sequence[float] = (),
) -> Array:
    """Return the largest or smallest values of windows, those of clear pixels not counted.

    `beyond` are values that windows may find beyond the edge, whole numbers if the colours are.
    """
    hidden = ~(alpha > 0)
    # clear pixels take what wins over no value, but NaN, which always wins
    weaker = np.fmin if highest else np.fmax

    def weakest(own: tuple[slice, slice]) -> list[Any]:
        """Return the value that wins over no visible one; none where nothing is visible."""
        visible = colour[own][~hidden[own]]
        return [weaker.reduce(visible, axis=None)] if visible.size else []

    part = within()
    if part is None:
        values = weakest((slice(None), slice(None))) if hidden.any() else []
    else:

        def merged(one: list[Any], other: list[Any]) -> list[Any]:
            return [weaker.reduce([*one, *other])] if one or other else []

        size = (colour.shape[0], colour.shape[1])
        values = part.figure("weakest", size, weakest, merged)
    if not hidden.any() or not (values or beyond):
        return find(colour)
    last = weaker.reduce(np.array([*values, *beyond], colour.dtype))
    return find(np.where(hidden if colour.ndim == 2 else hidden[:, :, np.newaxis], last, colour))


def smooth_visible(
    colour: Array,
    alpha: Array,
    white: float,
    smooth: Callable[[Array], Array],
    *,
    around: int,
    border: Border,
    fill: float,
) -> tuple[Array, Array]:
    """Smooth the colours times alpha, and alpha, as one picture, and divide again.

    Means whose weights depend on the values take pixels for alike that look alike, in alpha too.
    `around` says how many pixels a window reaches to each side; `fill` is opaque. Returns the
    colours and alpha as floats.
    """
    dtype = SINGLE if white == 255 else DOUBLE
    weighted, share = _premultiplied(colour, alpha, white, dtype)
    planes = np.dstack([weighted, share * dtype.type(white)])
    if border == "constant":
        height, width, channels = planes.shape
        wider = np.full((height + 2 * around, width + 2 * around, channels), fill, dtype)
        wider[:, :, -1] = white
        inside = np.s_[around : around + height, around : around + width]
        wider[inside] = planes
        means = smooth(wider)[inside]
    else:
        means = smooth(planes)
    mean_share = means[:, :, -1] / dtype.type(white)
    total = means[:, :, :-1].reshape(colour.shape)
    divided = _divided(total, mean_share, colour.astype(dtype, copy=False))
    return divided, _without_faintest(mean_share) * dtype.type(white)


def fill_hidden(
    colour: Array,
    alpha: Array,
    size: tuple[int, int],
    *,
    border: Border,
    fill: float,
    workers: int | None,
) -> Array:
    """Return the colours, under clear pixels the mean of the visible ones in a window of `size`.

    Where none is visible, that is about 0. Beyond the edge, other pixels are visible there as far
    as they are here, and `fill` is opaque.
    """
    visible = alpha > 0
    if visible.all():
        return colour
    working = colour.dtype if colour.dtype.kind == "f" else SINGLE
    weights = visible.astype(working)
    rows, columns = size
    box = np.ones((2 * (rows // 2) + 1, 2 * (columns // 2) + 1))
    # other borders repeat pixels that are within reach already
    beyond: Border = border if reads_far_side(border) else "constant"
    weight_beyond = 1.0 if border == "constant" else 0.0

    def summed(plane: Array, fill: float) -> Array:
        return engine.correlate(
            plane,
            box,
            border=beyond,
            fill=fill * weight_beyond,
            axes=axes_of(plane),
            workers=workers,
        )

    count = np.rint(summed(weights, 1.0))
    without_hidden = colour.astype(working)
    without_hidden[~visible] = 0
    total = summed(without_hidden, fill)
    if colour.ndim == 3:
        visible, count = visible[:, :, np.newaxis], count[:, :, np.newaxis]
    mean = total / np.maximum(count, working.type(1))
    if colour.dtype.kind != "f":
        mean = np.rint(mean)
    return np.where(visible, colour, mean.astype(colour.dtype))


def _combined(before: Array | None, response: Array, combine: CombineName | None) -> Array:
    """Return the responses of the kernels so far, combined with that of one more."""
    match combine:
        case None:
            return response
        case "l2":
            response = response * response
        case "l1" | "abs" | "max-abs":
            response = np.abs(response)
    if before is None:
        return response
    return np.asarray(
        np.maximum(before, response) if combine in ("max", "max-abs") else before + response
    )
