"""Colours under transparent pixels: nobody sees them, so they must not show in their neighbours.

`colour` are raw values (H, W) or (H, W, C), `alpha` is raw opacity (H, W) from 0 to `white`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter import engine
from convfilter.engine.correlation.correlate import correlation
from convfilter.engine.correlation.layout import CombineName as Combine
from convfilter.engine.window.axes import Outline
from convfilter.engine.window.borders import Border

Array = NDArray[Any]

FAINTEST = 1e-8
"""A mean opacity up to it is none: it may come from rounding, and is nothing in 16 bits.

Transforms in float64 are off by 5e-15 of white, ten times what was seen (`engine.fft`): divided by
more than this, by less than a tenth of a level of 16 bits.
"""

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def is_uneven(alpha: Array | None) -> TypeGuard[Array]:
    """Tell whether some pixels are more opaque than others, so that colours weigh unequally."""
    return alpha is not None and bool((alpha != alpha[0, 0]).any())


def keeps_place(kernel: ArrayLike) -> bool:
    """Tell whether only the weight in the middle is other than zero."""
    weights = np.asarray(kernel)
    rows, columns = weights.shape
    middle = rows // 2, columns // 2
    is_odd = rows % 2 == 1 and columns % 2 == 1
    return is_odd and bool(np.count_nonzero(weights) == np.count_nonzero(weights[middle]))


def correlate_seen(
    colour: Array,
    alpha: Array,
    kernels: Sequence[ArrayLike],
    combine: Combine | None,
    *,
    white: float,
    scale: float,
    offset: float,
    fill: float,
    **walk: Any,
) -> tuple[Array, Array | None]:
    """Correlate so that every colour counts as far as it is seen.

    The positive weights of a kernel and the negative ones each take the mean of the colours under
    them, weighted by opacity too; where all these are clear, the colour of the middle pixel. So a
    hidden colour weighs nothing and the rim of what is seen is no edge; where the opacity is even,
    the result is that of `engine.correlate_bank`.

    Returns the response as floats, and the mean of the opacity under the weights if all of these
    have one sign. With a kernel whose sum is 1 both together are what comes of multiplying colours
    by opacity, filtering all channels and dividing again.
    """
    sides = [_sides(np.asarray(kernel, np.float64) * scale) for kernel in kernels]
    dtype = _arithmetic(colour, sides, white, walk)
    weighted, opacity = premultiplied(colour, alpha, white, dtype)
    middle = at_middle(colour, np.shape(kernels[0]), fill=fill, **walk)
    middle = middle.astype(dtype, copy=False)
    joined = opacity_mean = None
    for of_kernel in sides:
        response = np.zeros_like(middle)
        for weight, side in of_kernel:
            seen = engine.correlate(opacity, side, fill=1.0, **walk)
            total = engine.correlate(weighted, side, fill=fill, **walk)
            response += dtype.type(weight) * _divided(total, seen, middle)
            opacity_mean = seen
        joined = _join(joined, response, combine)
    assert joined is not None
    if combine == "l2":
        joined = np.sqrt(joined)
    joined += dtype.type(offset)
    if combine is not None or len(sides[0]) != 1 or opacity_mean is None:
        return joined, None
    return joined, _cleared(opacity_mean) * dtype.type(white)


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
        for of_kernel in sides
        for _, side in of_kernel
    )
    return DOUBLE if any(plan.algorithm == "fft" for plan in plans) else SINGLE


def premultiplied(
    colour: Array, alpha: Array, white: float, dtype: np.dtype[Any]
) -> tuple[Array, Array]:
    """Return the colours times the share that is seen of them, and that share (H, W)."""
    opacity = alpha.astype(dtype) / dtype.type(white)
    weighted = colour * (opacity if colour.ndim == 2 else opacity[:, :, np.newaxis])
    if colour.dtype.kind == "f":
        weighted[opacity == 0] = 0  # NaN and infinity too
    return weighted, opacity


def _divided(total: Array, seen: Array, otherwise: Array) -> Array:
    """Return the means of colours, `otherwise` where next to nothing is seen."""
    share = seen if total.ndim == 2 else seen[:, :, np.newaxis]
    return np.divide(total, share, out=otherwise.copy(), where=share > FAINTEST)


def _cleared(opacity: Array) -> Array:
    """Return the opacity, none where next to nothing is seen and the colours are not mixed."""
    return np.where(opacity > FAINTEST, np.minimum(opacity, 1), 0)


def at_middle(plane: Array, size: tuple[int, ...], **walk: Any) -> Array:
    """Return the value at the middle of each window of `size`; beyond the edge by the border."""
    if walk["stride"] in (1, (1, 1)) and walk["padding"] == "same":
        return plane
    rows, columns = reach((size[0], size[1]), walk["dilation"])
    impulse = np.zeros((rows, columns))
    impulse[(rows - 1) // 2, (columns - 1) // 2] = 1
    return engine.correlate(plane, impulse, **{**walk, "dilation": 1})


def reach(size: int | tuple[int, int], dilation: int | tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns from the first tap of a window to its last, both counted."""
    sizes = size if isinstance(size, tuple) else (size, size)
    steps = dilation if isinstance(dilation, tuple) else (dilation, dilation)
    return (sizes[0] - 1) * steps[0] + 1, (sizes[1] - 1) * steps[1] + 1


def pool_seen(colour: Array, alpha: Array, white: float, pool: Callable[[Array], Array]) -> Array:
    """Return the means of windows as float64, each pixel weighted by its opacity."""
    weighted, opacity = premultiplied(colour, alpha, white, DOUBLE)
    if colour.ndim == 3:
        opacity = opacity[:, :, np.newaxis]
    plain = pool(colour.astype(DOUBLE))
    weight = np.broadcast_to(pool(opacity), plain.shape)
    # what the padding takes from a mean, it takes from the mean of ones
    seen = pool(weighted) * pool(np.ones_like(opacity))
    return np.asarray(np.divide(seen, weight, out=plain, where=weight > 0))


def extremes_seen(
    colour: Array,
    alpha: Array,
    find: Callable[[Array], Array],
    *,
    highest: bool,
    beyond: Sequence[float] = (),
) -> Array:
    """Return the largest or smallest values of windows, those of clear pixels not counted.

    `beyond` are other values that windows may see, whole numbers if the colours are.
    """
    hidden = ~(alpha > 0)
    if not hidden.any() or hidden.all():
        return find(colour)
    # clear pixels take what wins over no value, but NaN, which always wins
    weaker = np.fmin if highest else np.fmax
    last = weaker.reduce(colour[~hidden], axis=None)
    for value in beyond:
        last = weaker(last, value)
    return find(np.where(hidden if colour.ndim == 2 else hidden[:, :, np.newaxis], last, colour))


def smooth_seen(
    colour: Array,
    alpha: Array,
    white: float,
    smooth: Callable[[Array], Array],
    *,
    around: int,
    border: Border,
    fill: float,
) -> tuple[Array, Array]:
    """Smooth the colours times opacity and the opacity as one picture, and divide again.

    Means whose weights depend on the values take pixels for alike that look alike, in opacity too.
    `around` says how many pixels a window reaches to each side; `fill` is opaque. Returns the
    colours and the opacity as floats.
    """
    dtype = SINGLE if white == 255 else DOUBLE
    weighted, opacity = premultiplied(colour, alpha, white, dtype)
    planes = np.dstack([weighted, opacity * dtype.type(white)])
    if border == "constant":
        height, width, channels = planes.shape
        wider = np.full((height + 2 * around, width + 2 * around, channels), fill, dtype)
        wider[:, :, -1] = white
        inside = np.s_[around : around + height, around : around + width]
        wider[inside] = planes
        means = smooth(wider)[inside]
    else:
        means = smooth(planes)
    seen = means[:, :, -1] / dtype.type(white)
    total = means[:, :, :-1].reshape(colour.shape)
    divided = _divided(total, seen, colour.astype(dtype, copy=False))
    return divided, _cleared(seen) * dtype.type(white)


def covered(
    colour: Array,
    alpha: Array,
    size: tuple[int, int],
    *,
    border: Border,
    fill: float,
    workers: int | None,
) -> Array:
    """Return the colours, under clear pixels the mean of those seen within a window of `size`.

    Where none is seen, they are about 0. What stands beyond the edge is seen there as far as it is
    other pixels, or the opaque `fill`.
    """
    seen = alpha > 0
    if seen.all():
        return colour
    working = colour.dtype if colour.dtype.kind == "f" else SINGLE
    weights = seen.astype(working)
    rows, columns = size
    box = np.ones((2 * (rows // 2) + 1, 2 * (columns // 2) + 1))
    # the other borders repeat pixels that are within reach already
    beyond: Border = "wrap" if border == "wrap" else "constant"
    share = 1.0 if border == "constant" else 0.0

    def summed(plane: Array, fill: float) -> Array:
        return engine.correlate(plane, box, border=beyond, fill=fill * share, workers=workers)

    count = np.rint(summed(weights, 1.0))
    shown = colour.astype(working)
    shown[~seen] = 0
    total = summed(shown, fill)
    if colour.ndim == 3:
        seen, count = seen[:, :, np.newaxis], count[:, :, np.newaxis]
    mean = total / np.maximum(count, working.type(1))
    if colour.dtype.kind != "f":
        mean = np.rint(mean)
    return np.where(seen, colour, mean.astype(colour.dtype))


def _join(joined: Array | None, response: Array, combine: Combine | None) -> Array:
    match combine:
        case None:
            return response
        case "l2":
            response = response * response
        case "l1" | "abs" | "max-abs":
            response = np.abs(response)
    if joined is None:
        return response
    return np.asarray(
        np.maximum(joined, response) if combine in ("max", "max-abs") else joined + response
    )
