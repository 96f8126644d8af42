"""What filters do with windows of a picture: correlate, rank, pool, smooth, each with its alpha.

Where all pixels are equally opaque, colours wait as work for the engine, and alpha is what stands
in the middle of each window. Where they are not, colours count as far as they are visible; how, is
written in `alpha`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

import numpy as np
from numpy.typing import ArrayLike

from convfilter.errors import ArgumentError
from convfilter.filters.declaring.options import BorderOptions, SignedMode, Window
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.values import MIDDLE_GREY
from convfilter.filters.pixels.waiting import Averages, Picks, Sums
from convfilter.runtime.array_axes import axes_of
from convfilter.runtime.checks import Array

if TYPE_CHECKING:
    from convfilter.engine.correlation.layout import CombineName
    from convfilter.engine.operation import Operation

__all__ = [
    "correlate",
    "correlate_several",
    "filled",
    "is_uneven",
    "pool",
    "rank",
    "smooth",
]


def correlate(
    image: Pixels,
    kernel: ArrayLike,
    window: Window,
    *,
    scale: float = 1.0,
    offset: float = 0.0,
    signed: SignedMode | None = None,
) -> Pixels:
    """Correlate with one kernel; `offset` is an intensity, `signed` marks a signed response."""
    return _correlate(image, (kernel,), None, window, scale, offset, signed or image.signed)


def correlate_several(
    image: Pixels,
    kernels: Sequence[ArrayLike],
    combine: CombineName,
    window: Window,
    *,
    scale: float = 1.0,
    offset: float = 0.0,
    signed: SignedMode | None = None,
) -> Pixels:
    """Correlate with several kernels of one shape and combine the responses."""
    return _correlate(image, tuple(kernels), combine, window, scale, offset, signed)


def _correlate(
    image: Pixels,
    kernels: tuple[ArrayLike, ...],
    combine: CombineName | None,
    window: Window,
    scale: float,
    offset: float,
    signed: SignedMode | None,
) -> Pixels:
    rows, columns = np.shape(kernels[0])
    alpha = image.alpha
    raw_offset, fill = image.intensity(offset), _raw_fill(image, window)
    if not is_uneven(alpha, image.of_uneven) or all(map(_keeps_place, kernels)):
        work = Sums(
            kernels,
            combine,
            {**_walk(window), "fill": fill},
            scale=scale,
            offset=raw_offset,
            middle=image.intensity(MIDDLE_GREY),
        )
        return image.awaiting(
            work, alpha=_sampled_alpha(image, (rows, columns), window), signed=signed
        )
    from convfilter.filters.pixels.alpha import correlate_visible

    colour, smoothed = correlate_visible(
        image.colour,
        alpha,
        kernels,
        combine,
        white=image.white,
        scale=scale,
        offset=raw_offset,
        fill=fill,
        workers=image.workers,
        **_walk(window),
    )
    if smoothed is None or image.keeps_alpha:
        smoothed = _sampled_alpha(image, (rows, columns), window)
    return image.with_floats(colour, alpha=smoothed, signed=signed)


def rank(
    image: Pixels,
    percent: float,
    size: int | tuple[int, int],
    window: Window,
    *,
    turned: bool = False,
) -> Pixels:
    """Take the value at a percentile of each window: 0 is the smallest one, 100 the largest.

    A window that is `turned` by 180 degrees, of stride 1 and as many outputs as pixels, reaches
    one further up and to the left if it is even.
    """
    fill = _raw_fill(image, window)
    if image.colour_dtype.kind != "f":
        fill = round(fill)
    both = size if isinstance(size, tuple) else (size, size)
    alpha, walk = image.alpha, _walk(window)
    if turned and not all(side % 2 for side in both):
        walk["padding"] = tuple((side // 2, (side - 1) // 2) for side in both)
    if not is_uneven(alpha, image.of_uneven):
        from convfilter.engine.rank.rank import ranking

        work = Picks(ranking, size, percent, fill=fill, **walk)
        return image.awaiting(work, alpha=_sampled_alpha(image, both, window))
    from convfilter import engine
    from convfilter.filters.pixels.alpha import extremes_of_visible

    def find(plane: Array, fill: float = fill) -> Array:
        named = {"fill": fill, "axes": axes_of(plane), "workers": image.workers, **walk}
        return engine.percentile(plane, size, percent, **named)

    if percent in (0, 100):
        highest = percent == 100
        colour = extremes_of_visible(image.colour, alpha, find, highest=highest, beyond=(fill,))
    else:
        # a window with a visible pixel may lie wholly to one side of it
        twice = (2 * both[0] - 1, 2 * both[1] - 1)
        colour = find(filled(image, twice, window.dilation, border=window.border, fill=fill))
    if image.keeps_alpha:
        return image.with_colour(colour, alpha=_sampled_alpha(image, both, window))
    return image.with_colour(colour, alpha=find(alpha, image.white))


def pool(
    image: Pixels, size: int | tuple[int, int], reduce: Literal["max", "mean", "min"], **named: Any
) -> Pixels:
    """Pool the colours and the alpha as `engine.pool` does."""
    from convfilter import engine
    from convfilter.engine.pooling.pool import pooling

    alpha = image.alpha
    named = {"reduce": reduce, **named}

    def pooled(array: Array, **changes: Any) -> Array:
        given = {"axes": axes_of(array), "workers": image.workers, **named, **changes}
        return engine.pool(array, size, **given)

    if not is_uneven(alpha, image.of_uneven):
        kind = Averages if reduce == "mean" else Picks
        work = kind(pooling, size, shrinks=True, **named)
        # of equal values: their mean may differ in the last bit
        alpha = None if alpha is None else pooled(alpha, reduce="max")
        return image.awaiting(work, pads=True, alpha=alpha)
    from convfilter.filters.pixels.alpha import extremes_of_visible, pool_visible

    if reduce != "mean":
        colour = extremes_of_visible(image.colour, alpha, pooled, highest=reduce == "max")
        return image.with_colour(colour, alpha=pooled(alpha))
    colour = pool_visible(image.colour, alpha, image.white, pooled)
    # padding darkens colours, as it does without alpha, and takes nothing from alpha
    means = pooled(alpha.astype(np.float64), count_include_pad=False)
    return image.with_floats(colour, alpha=means)


def smooth(
    image: Pixels,
    function: Callable[..., Array],
    make: Callable[..., Operation],
    reach: int,
    options: BorderOptions,
    *arguments: Any,
    **named: Any,
) -> Pixels:
    """Smooth as a function of the engine does, such as `engine.bilateral`.

    `make` makes the engine's operation for it, such as `bilateral_smoothing`; its windows span
    `reach` rows. Where alpha is uneven, the function is called with alpha as one more channel.
    """
    fill = _raw_fill(image, options)
    beyond: dict[str, Any] = {"border": options.border, "fill": fill}
    if not is_uneven(image.alpha, image.of_uneven):
        return image.awaiting(Averages(make, *arguments, **beyond, **named))
    from convfilter.filters.pixels.alpha import smooth_visible

    def smoothed(planes: Array) -> Array:
        how = {"axes": axes_of(planes), "workers": image.workers}
        return function(planes, *arguments, **beyond, **named, **how)

    colour, alpha = smooth_visible(
        image.colour,
        image.alpha,
        image.white,
        smoothed,
        around=reach // 2,
        border=options.border,
        fill=fill,
    )
    return image.with_floats(colour, alpha=image.alpha if image.keeps_alpha else alpha)


def filled(
    image: Pixels,
    size: int | tuple[int, int],
    dilation: int | tuple[int, int] = 1,
    **beyond: Any,
) -> Array:
    """Return the raw colours, hidden ones replaced by the mean of the visible within a window.

    `beyond` are the border and the raw fill of the window, if it reaches beyond the edge.
    """
    if image.alpha is None:
        return image.colour
    from convfilter.filters.pixels.alpha import fill_hidden, spanned

    named = {"border": "reflect", "fill": 0.0, "workers": image.workers, **beyond}
    return fill_hidden(image.colour, image.alpha, spanned(size, dilation), **named)


def is_uneven(alpha: Array | None, of_uneven: bool = False) -> TypeGuard[Array]:
    """Tell whether some pixels are more opaque than others, so that colours weigh unequally.

    So they do in some rows of a picture in which it is so (`of_uneven`).
    """
    return alpha is not None and (of_uneven or bool((alpha != alpha[0, 0]).any()))


def _raw_fill(image: Pixels, options: BorderOptions) -> float:
    """Return the fill as a value of the picture; refuse NaN where it would become an integer."""
    if math.isnan(options.fill) and image.dtype.kind != "f":
        raise ArgumentError(
            f"fill is nan, which pictures of {image.dtype} cannot hold: give 0 to 255, or make it"
            " floats first (--depth float)"
        )
    return image.intensity(options.fill)


def _keeps_place(kernel: ArrayLike) -> bool:
    """Tell whether only the weight in the middle is other than zero."""
    weights = np.asarray(kernel)
    rows, columns = weights.shape
    middle = rows // 2, columns // 2
    is_odd = rows % 2 == 1 and columns % 2 == 1
    return is_odd and bool(np.count_nonzero(weights) == np.count_nonzero(weights[middle]))


def _walk(window: Window) -> dict[str, Any]:
    """Return how a window walks over a picture, as arguments of the engine."""
    return {
        "stride": window.stride,
        "dilation": window.dilation,
        "padding": window.padding,
        "border": window.border,
    }


def _sampled_alpha(image: Pixels, size: tuple[int, int], window: Window) -> Array | None:
    """Return the alpha at the middle of each window of `size`."""
    alpha = image.alpha
    if alpha is None:
        return None
    from convfilter.filters.pixels.alpha import at_middle

    # the fill is opaque, or as opaque as a picture whose pixels are alike
    fill = image.white if is_uneven(alpha, image.of_uneven) else float(alpha[0, 0])
    return at_middle(alpha, size, fill=fill, workers=image.workers, **_walk(window))
