"""Colours under transparent pixels: nobody sees them, so they must not show in their neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter import engine
from convfilter.engine.plan import Combine

Array = NDArray[Any]

FAINTEST = 1e-6
"""A mean opacity below it comes from rounding."""


def is_uneven(alpha: Array | None) -> bool:
    """Tell whether some pixels are more opaque than others, so that colours weigh unequally."""
    return alpha is not None and bool((alpha != alpha[0, 0]).any())


def share(alpha: Array, dtype: np.dtype[Any]) -> Array:
    """Return the opacity as a share from 0 to 1."""
    return np.asarray(alpha.astype(dtype) / dtype.type(_opaque(alpha)))


def correlate_seen(
    colour: Array,
    opacity: Array,
    kernels: Sequence[ArrayLike],
    combine: Combine | None,
    *,
    scale: float,
    offset: float,
    fill: float,
    **walk: Any,
) -> Array:
    """Correlate so that every colour counts as far as it is seen.

    The positive weights of a kernel and the negative ones each take the mean of the colours under
    them, weighted by opacity too; where all these are clear, the colour of the middle pixel. So a
    hidden colour weighs nothing and the rim of what is seen is no edge; where the opacity is even,
    the result is that of `engine.correlate_bank`. `colour` are floats (H, W) or (H, W, C),
    `opacity` shares (H, W).
    """
    weighted = colour * (opacity if colour.ndim == 2 else opacity[:, :, np.newaxis])
    middle = at_middle(colour, np.shape(kernels[0]), **walk)
    joined: Array | None = None
    for kernel in kernels:
        response = np.zeros_like(middle)
        weights = np.asarray(kernel, np.float64) * scale
        for sign in (1, -1):
            side = np.maximum(sign * weights, 0)
            if side.any():
                side_sum = side.sum()
                side /= side_sum
                seen = engine.correlate(opacity, side, fill=1.0, **walk)
                if colour.ndim == 3:
                    seen = seen[:, :, np.newaxis]
                total = engine.correlate(weighted, side, fill=fill, **walk)
                mean = np.divide(total, seen, out=middle.copy(), where=seen > FAINTEST)
                response += colour.dtype.type(sign * side_sum) * mean
        joined = _join(joined, response, combine)
    assert joined is not None
    if combine == "l2":
        joined = np.sqrt(joined)
    return np.asarray(joined + colour.dtype.type(offset))


def at_middle(plane: Array, size: tuple[int, ...], **walk: Any) -> Array:
    """Return the value at the middle of each window of `size`."""
    if walk["stride"] in (1, (1, 1)) and walk["padding"] == "same":
        return plane
    rows, columns = reach((size[0], size[1]), walk["dilation"])
    impulse = np.zeros((rows, columns))
    impulse[(rows - 1) // 2, (columns - 1) // 2] = 1
    return engine.correlate(plane, impulse, **{**walk, "border": "edge", "dilation": 1})


def reach(size: int | tuple[int, int], dilation: int | tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns from the first tap of a window to its last, both counted."""
    sizes = size if isinstance(size, tuple) else (size, size)
    steps = dilation if isinstance(dilation, tuple) else (dilation, dilation)
    return (sizes[0] - 1) * steps[0] + 1, (sizes[1] - 1) * steps[1] + 1


def pool_seen(colour: Array, alpha: Array, pool: Callable[[Array], Array]) -> Array:
    """Return the means of windows, each pixel weighted by its opacity; `colour` are floats."""
    opacity = share(alpha, colour.dtype)
    if colour.ndim == 3:
        opacity = opacity[:, :, np.newaxis]
    plain = pool(colour)
    weight = np.broadcast_to(pool(opacity), plain.shape)
    # what the padding takes from a mean, it takes from the mean of ones
    seen = pool(colour * opacity) * pool(np.ones_like(opacity))
    return np.asarray(np.divide(seen, weight, out=plain, where=weight > 0))


def covered(colour: Array, alpha: Array, size: tuple[int, int], workers: int | None) -> Array:
    """Return the colours, under clear pixels the mean of those seen within a window of `size`."""
    seen = alpha > 0
    if seen.all():
        return colour
    working = colour.dtype if colour.dtype.kind == "f" else np.dtype(np.float32)
    weights = seen.astype(working)
    rows, columns = size
    box = np.ones((2 * (rows // 2) + 1, 2 * (columns // 2) + 1))
    count = engine.correlate(weights, box, border="constant", workers=workers)
    if colour.ndim == 3:
        seen, weights, count = (plane[:, :, np.newaxis] for plane in (seen, weights, count))
    total = engine.correlate(
        colour.astype(working) * weights, box, border="constant", workers=workers
    )
    mean = total / np.maximum(count, working.type(1))
    if colour.dtype.kind != "f":
        mean = np.rint(mean)
    return np.where(seen | (count == 0), colour, mean.astype(colour.dtype))


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


def _opaque(alpha: Array) -> float:
    return 1.0 if alpha.dtype.kind == "f" else float(np.iinfo(alpha.dtype).max)
