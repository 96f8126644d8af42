"""Slow and obvious twins of the engine over images with gaps: each window by what is there.

`there` is bool, (H, W, C); `fill_there` says whether the fill of the border "constant" is there.
Every function returns its result and where it is missing; what stands there means nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from tests import naive
from tests.naive import Array, Real, as_image, as_pair, as_planes

Result = tuple[Array, Array]


def correlate(
    image: Array,
    there: Array,
    kernel: Any,
    *,
    fill_there: bool = True,
    stride: Any = 1,
    dilation: Any = 1,
    padding: Any = "same",
    border: str = "reflect",
    fill: float = 0.0,
    scale: float = 1.0,
    absolute: bool = False,
) -> Result:
    """Return the weighted means under the weights of each sign, times the sum of these weights.

    With `absolute` values and weights are taken without their signs.
    """
    weights, planes = np.asarray(kernel).astype(Real), as_planes(image).astype(Real)
    known = np.where(there, planes, 0)
    if absolute:
        known, fill, scale = np.abs(known), abs(fill), abs(scale)
    walk = weights.shape, stride, dilation, padding, border
    fill = fill if fill_there else 0.0
    seen = list(naive.windows(known, *walk, fill))
    shares = list(naive.windows(there.astype(Real), *walk, float(fill_there)))
    total = np.zeros(seen[0][2].shape, Real)
    missing = np.zeros(total.shape, bool)
    for sign in (1, -1):
        side = np.maximum(sign * weights, 0)
        if not side.any():
            continue
        products, known_weights = np.zeros(total.shape, Real), np.zeros(total.shape, Real)
        with np.errstate(invalid="ignore"):
            for (u, v, values), (_, _, share) in zip(seen, shares, strict=True):
                if side[u, v] != 0:
                    products = products + side[u, v] * values
                    known_weights = known_weights + side[u, v] * share
            nothing = known_weights == 0
            share = side.sum() / np.where(nothing, 1, known_weights)
            total = total + (1 if absolute else sign) * share * products
        missing |= nothing
    with np.errstate(invalid="ignore"):
        return as_image(Real(scale) * total, image), as_image(missing, image)


def correlate_bank(
    image: Array, there: Array, kernels: Sequence[Any], how: str, **options: Any
) -> Result:
    """Combine the responses of kernels; missing where one of them is."""
    results = [correlate(image, there, kernel, **options) for kernel in kernels]
    missing = np.logical_or.reduce([gaps for _, gaps in results])
    return naive.combine([response for response, _ in results], how), missing


def is_whole(image: Array, there: Array, size: tuple[int, int], **walk: Any) -> Array:
    """Tell of which outputs the windows of a size see no gap at all."""
    options = {name: walk[name] for name in ("stride", "dilation", "padding") if name in walk}
    border, beyond = walk.get("border", "reflect"), float(walk.get("fill_there", True))
    gaps = 1 - there.astype(int)
    seen = naive.correlate(gaps, np.ones(size), border=border, fill=1 - beyond, **options)
    return as_image(seen == 0, image)


def percentile(
    image: Array, there: Array, size: Any, percent: float, *, fill_there: bool = True, **walk: Any
) -> Result:
    """Return the value at sorted index floor(percent / 100 * (n - 1) + 1/2) of n that are there."""
    planes = as_planes(image)
    taps = math.prod(as_pair(size))
    middle = math.floor(Fraction(percent) / 100 * (taps - 1) + Fraction(1, 2))
    is_even = any(side % 2 == 0 for side in as_pair(size))
    if middle in (0, taps - 1) and is_even and walk.get("border", "reflect") == "reflect":
        padded = naive.within_windows(planes, size, **walk)
        if padded is not None:
            there = np.asarray(naive.within_windows(there, size, **walk), bool)
            planes, walk = padded, {**walk, "padding": "valid"}
    named = {
        "stride": 1,
        "dilation": 1,
        "padding": "same",
        "border": "reflect",
        "fill": 0.0,
        **walk,
    }
    fill = named.pop("fill")
    order = [named[name] for name in ("stride", "dilation", "padding", "border")]
    values = np.stack([w for _, _, w in naive.windows(planes, as_pair(size), *order, fill)])
    known = np.stack([w for _, _, w in naive.windows(there, as_pair(size), *order, fill_there)])
    result = np.zeros(values.shape[1:], planes.dtype)
    missing = ~known.any(axis=0)
    for place in np.ndindex(result.shape):
        window = np.sort(values[(slice(None), *place)][known[(slice(None), *place)]])
        if window.size:
            index = math.floor(Fraction(percent) / 100 * (window.size - 1) + Fraction(1, 2))
            has_nan = window.dtype.kind == "f" and np.isnan(window).any()
            result[place] = np.nan if has_nan else window[index]
    return as_image(result, image), as_image(missing, image)


def pool(
    image: Array,
    there: Array,
    size: Any,
    *,
    reduce: str = "max",
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    over: str = "space",
) -> Result:
    """Return the maximum, minimum or mean of what is there, and of padding that counts."""
    planes = as_planes(image)
    if over == "depth":
        step = int(size if stride is None else stride)
        starts = range(0, planes.shape[2] - int(size) + 1, step)
        if not starts:
            raise naive.NothingLeftError("fewer channels than the window has")
        shape = (*planes.shape[:2], len(starts))
        windows = {
            (i, j, group): (
                planes[i, j, start : start + int(size)],
                there[i, j, start : start + int(size)],
                0,
            )
            for i, j in np.ndindex(planes.shape[:2])
            for group, start in enumerate(starts)
        }
    else:
        sizes, strides = as_pair(size), as_pair(size if stride is None else stride)
        axes = [
            naive.pooled_indices(
                planes.shape[axis], sizes[axis], strides[axis], (wanted, wanted), by, ceil_mode
            )
            for axis, (wanted, by) in enumerate(
                zip(naive.per_axis(padding), as_pair(dilation), strict=True)
            )
        ]
        rows, columns = axes
        shape = (len(rows), len(columns), planes.shape[2])
        windows = {}
        for (i, (down, taps_down)), (j, (along, taps_along)) in (
            (a, b) for a in enumerate(rows) for b in enumerate(columns)
        ):
            padded = taps_down * taps_along - len(down) * len(along)
            for c in range(planes.shape[2]):
                places = np.ix_(down, along, [c])
                windows[i, j, c] = planes[places].ravel(), there[places].ravel(), padded
    result = np.zeros(shape, Real if reduce == "mean" else planes.dtype)
    missing = np.zeros(shape, bool)
    for place, (values, known, padded) in windows.items():
        seen = values[known]
        missing[place] = not seen.size
        if seen.size and reduce == "mean":
            count = seen.size + (padded if count_include_pad else 0)
            with np.errstate(invalid="ignore"):
                result[place] = seen.astype(Real).sum() / count
        elif seen.size:
            result[place] = seen.max() if reduce == "max" else seen.min()
    if over == "depth":
        return result, missing
    return as_image(result, image), as_image(missing, image)
