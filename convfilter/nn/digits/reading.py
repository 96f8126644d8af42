"""A drawn digit made to look as those of MNIST do."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.digits.strokes import Mask, largest_parts, outline, runs_of, thickness

SIDE = 28
"""Rows and columns of a digit of MNIST."""

BOX = 20
"""The longer side of what is drawn (LeCun et al. 1998)."""

CENTRE = 14
"""Row and column of the centre of mass, counted from 0."""

LARGEST = 800
"""Rows and columns of a picture as it is looked at; larger ones are reduced."""

FAINTEST = 0.12
"""The contrast of ink and paper, of the whole range."""

INK = 0.3
"""What is darker than paper by this share of the contrast is ink."""

SMALLEST_PART = 0.05
"""Of the largest part: what is smaller is dust."""

SMALLEST = 5
"""Rows or columns of a digit."""

THINNEST, THIN = 0.9, 1.5
"""Pixels of a stroke in a box of 20: thinner ones than the first are drawn as thick as the second.

Those of MNIST are 1.3 to 3.1 thick (the middle 90 per cent).
"""

THICKEST, THICK = 4.6, 3.6
"""Thicker ones than the first are drawn as thick as the second."""

MOST_INK = 0.62
"""Of the pixels of a picture that shows a digit."""

MOST_INK_AT_EDGE = 0.3
"""Of the pixels along the edges."""

LONGEST_OUTLINE = 5.0
"""Of a digit, compared with the sides of its box."""

MOST_GREY = 1.6
"""Pixels neither of paper nor of ink, compared with the outline: edges have some, shades many."""

MOST_RUNS = 16
"""Pieces of ink in a row, on average: a digit has one or two, dust adds some."""


def read_digit(pixels: NDArray[Any]) -> NDArray[np.uint8] | None:
    """Return a drawn digit as MNIST would have it, or None where the picture shows none.

    It may be dark on light or light on dark, anywhere, of any size, drawn with a thin or a thick
    pen. The ink is cut out, scaled so that its longer side is 20 pixels, and laid into 28x28 with
    its centre of mass at the centre (LeCun et al. 1998, section III.A). A digit of MNIST stays as
    it is. Photographs, empty pictures and patterns are no digits; neither is checked that what is
    drawn is a digit and no other sign.

    Parameters
    ----------
    pixels : (H, W) or (H, W, C) of uint8, uint16 or floats from 0 to 1; a second or fourth channel
        is alpha, which is laid on white

    Returns
    -------
    (28, 28) uint8, light ink on black, or None

    Raises
    ------
    ArgumentError
        For arrays of other axes or dtypes.

    Examples
    --------
    >>> read_digit(np.zeros((40, 40), np.uint8)) is None  # there is none
    True
    """
    grey = _grey(pixels)
    if min(grey.shape) < SMALLEST or not np.isfinite(grey).all():
        return None
    grey = _reduced(grey)
    ink = _ink(grey)
    if ink is None:
        return None
    mask = _drawn(ink)
    return None if mask is None else _laid_out(ink * _around(mask), mask)


def _grey(pixels: NDArray[Any]) -> NDArray[np.float32]:
    full = {"u1": 255, "u2": 65535, "f4": 1, "f8": 1}.get(pixels.dtype.str[1:])
    if full is None or pixels.ndim not in (2, 3) or 0 in pixels.shape:
        raise ArgumentError(
            "a drawn digit is (H, W) or (H, W, C) of uint8, uint16 or floats,"
            f" not {pixels.shape} of {pixels.dtype}"
        )
    values = np.asarray(pixels, np.float32) / np.float32(full)
    if values.ndim == 2:
        return values
    channels = values.shape[2]
    colours = values[..., : channels - (channels in (2, 4))]
    grey: NDArray[np.float32] = colours.mean(2, dtype=np.float32)
    if channels in (2, 4):
        alpha = values[..., -1]
        grey = grey * alpha + (1 - alpha)
    return grey


def _reduced(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means of squares, where a picture is large."""
    by = -(-max(grey.shape) // LARGEST)
    if by == 1 or min(grey.shape) < by:
        return grey
    rows, columns = (side // by for side in grey.shape)
    cut = grey[: rows * by, : columns * by].reshape(rows, by, columns, by)
    means: NDArray[np.float32] = cut.mean((1, 3), dtype=np.float32)
    return means


def _ink(grey: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return how much ink is where, from 0 to 1: paper is what the edges show."""
    edges = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    half = edges.size // 2  # the number is even
    apart = grey - np.partition(edges, (half - 1, half))[half - 1 : half + 1].mean()
    if apart.max() < -apart.min():
        apart = -apart
    contrast = float(apart.max())
    if contrast < FAINTEST:
        return None
    ink: NDArray[np.float32] = np.clip(apart / np.float32(contrast), 0, 1)
    return ink


def _drawn(ink: NDArray[np.float32]) -> Mask | None:
    """Return where a digit is drawn, or None where the picture does not look like one."""
    mask = ink > INK
    edges = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    if mask.mean() > MOST_INK or edges.mean() > MOST_INK_AT_EDGE:
        return None
    if len(runs_of(mask).rows) > MOST_RUNS * len(mask):
        return None
    kept = largest_parts(mask, SMALLEST_PART)
    rows, columns = _box(kept)
    sides = rows.stop - rows.start, columns.stop - columns.start
    if max(sides) < SMALLEST:
        return None
    length = outline(kept)
    if length > LONGEST_OUTLINE * sum(sides):
        return None
    grey = ((ink > 0.2) & (ink < 0.8)).sum()
    if grey > MOST_GREY * length + 2 * sum(sides):
        return None
    if thickness(kept) * BOX / max(sides) > 8:
        return None
    return kept


def _box(mask: Mask) -> tuple[slice, slice]:
    """Return the rows and the columns in which something is."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _around(mask: Mask) -> Mask:
    """Return the mask with the pixels beside it, which the pen has touched."""
    return _spread(mask, 3)


def _spread(mask: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the maximum of each window of size x size."""
    for axis in (0, 1):
        mask = _widest(mask, size, axis, np.maximum)
    return mask


def _narrowed(mask: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the minimum of each window of size x size; paper is beyond the edges."""
    for axis in (0, 1):
        mask = _widest(mask, size, axis, np.minimum)
    return mask


def _widest(values: NDArray[Any], size: int, axis: int, join: np.ufunc) -> NDArray[Any]:
    width = [(0, 0), (0, 0)]
    width[axis] = ((size - 1) // 2, size - 1 - (size - 1) // 2)
    wide = np.pad(values, width)
    length = values.shape[axis]
    parts = (np.take(wide, range(k, k + length), axis) for k in range(size))
    out = next(parts)
    for part in parts:
        out = join(out, part)
    return out


def _laid_out(ink: NDArray[np.float32], mask: Mask) -> NDArray[np.uint8] | None:
    """Return the ink, scaled and centred, in strokes that are neither too thin nor too thick."""
    ink, mask = _as_thick(ink, mask)
    rows, columns = _box(mask)
    cut = ink[rows, columns]
    scale = BOX / max(cut.shape)
    sides = [max(1, round(side * scale)) for side in cut.shape]
    if tuple(sides) != cut.shape:
        down, right = (_weights(side, new) for side, new in zip(cut.shape, sides, strict=True))
        # NumPy's own sums, which no number of threads changes
        cut = np.einsum("ih,hj->ij", down, np.einsum("hw,jw->hj", cut, right))
    highest = float(cut.max())
    digit = np.zeros((3 * SIDE, 3 * SIDE))
    total = cut.sum()
    tops = []
    for axis, side in enumerate(cut.shape):
        centre = float((cut.sum(1 - axis) * np.arange(side)).sum() / total)
        tops.append(SIDE + int(np.floor(CENTRE - centre + 0.5)))
    digit[tops[0] : tops[0] + cut.shape[0], tops[1] : tops[1] + cut.shape[1]] = cut / highest
    middle = digit[SIDE : 2 * SIDE, SIDE : 2 * SIDE]
    return np.rint(np.clip(middle, 0, 1) * 255).astype(np.uint8)


def _as_thick(ink: NDArray[np.float32], mask: Mask) -> tuple[NDArray[np.float32], Mask]:
    """Return ink and mask with strokes about as thick as those of MNIST."""
    rows, columns = _box(mask)
    pixel = max(rows.stop - rows.start, columns.stop - columns.start) / BOX
    thick = thickness(mask) / pixel
    if thick < THINNEST:
        more = round((THIN - thick) * pixel)
        if more:
            wide = np.pad(ink, more), np.pad(mask, more)
            return _spread(wide[0], more + 1), _spread(wide[1], more + 1)
    if thick > THICKEST:
        less = round((thick - THICK) * pixel)
        thinner = _narrowed(ink, less + 1), _narrowed(mask, less + 1)
        if less and 4 * thinner[1].sum() > mask.sum():
            return thinner
    return ink, mask


def _weights(side: int, new: int) -> NDArray[np.float64]:
    """Return the shares (new, side) of pixels in those of another size: triangles, as Pillow's."""
    scale = side / new
    reach = max(scale, 1.0)
    centres = (np.arange(new) + 0.5) * scale - 0.5
    apart = np.abs(np.arange(side) - centres[:, None])
    shares = np.maximum(0, 1 - apart / reach)
    weights: NDArray[np.float64] = shares / shares.sum(1, keepdims=True)
    return weights
