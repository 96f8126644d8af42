"""Sheets of small pictures with labels: what layers see, and the kernels they see it with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError

if TYPE_CHECKING:
    from PIL import ImageFont

__all__ = ["sheet_of_kernels", "sheet_of_maps"]

Bytes = NDArray[np.uint8]

_SMALLEST_TILE = 40
"""Smaller maps are shown with larger pixels."""

_GAP = 6
"""Pixels between tiles."""

_TEXT = 12
"""Height of letters."""

_TITLE = 16

_PAPER, _INK = 255, 40

_LARGEST = 100_000_000
"""Pixels of a sheet."""


def sheet_of_maps(maps: NDArray[Any], title: str) -> Bytes:
    """Return the maps of a layer beside and below one another, numbered from 0.

    Each has a scale of greys of its own, since most would be dark beside the brightest one: its
    lowest number is black, its highest white, which is written behind the number of the map. Single
    numbers share one scale, which the title tells.

    Parameters
    ----------
    maps : (maps, rows, columns), or (features,), which are shown as squares
    title : what is written above, before the number and size of the maps

    Returns
    -------
    uint8 (H, W)
    """
    if maps.ndim == 1:
        maps = maps[:, None, None]
    if maps.ndim != 3:
        raise ArgumentError(f"{title} has outputs of shape {maps.shape}, which are no maps")
    count, rows, columns = maps.shape
    if not np.isfinite(maps).all():
        raise ArgumentError(f"{title} has NaN or infinity in its output, which cannot be shown")
    if (rows, columns) == (1, 1):
        low, high = float(maps.min()), float(maps.max())
        told = f"{title}: {count} numbers, {low:.3g} (black) to {high:.3g} (white)"
        return _sheet(list(_greys(maps, low, high)), [str(n) for n in range(count)], told)
    labels = [f"{number}: {largest:.3g}" for number, largest in enumerate(maps.max(axis=(1, 2)))]
    greys = [_greys(each, float(each.min()), float(each.max())) for each in maps]
    return _sheet(greys, labels, f"{title}: {count} maps of {columns}x{rows}, each up to white")


def sheet_of_kernels(weights: NDArray[Any], title: str, *, blue_first: bool = False) -> Bytes:
    """Return the kernels of a first layer, in colours where they look at three channels.

    Zero is grey, the largest weight of all white or black.

    Parameters
    ----------
    weights : (kernels, channels, rows, columns) with 1 or 3 channels
    title : what is written above
    blue_first : the channels are blue, green, red

    Returns
    -------
    uint8 (H, W) or (H, W, 3)
    """
    if weights.ndim != 4 or weights.shape[1] not in (1, 3):
        raise ArgumentError(
            f"{title} has kernels {weights.shape}: only those of 1 or 3 channels can be shown"
        )
    largest = float(np.abs(weights).max())
    greys = _greys(weights, -largest, largest).transpose(0, 2, 3, 1)
    if blue_first:
        greys = greys[..., ::-1]
    tiles = list(greys if weights.shape[1] == 3 else greys[..., 0])
    count, _, rows, columns = weights.shape
    told = f"{title}: {count} kernels of {columns}x{rows}, {-largest:.4g} to {largest:.4g}"
    return _sheet(tiles, [str(number) for number in range(count)], told)


def _greys(numbers: NDArray[Any], low: float, high: float) -> Bytes:
    span = high - low
    shares = (numbers.astype(np.float64) - low) / (span or 1.0)
    greys: Bytes = np.rint(shares * 255).astype(np.uint8)
    return greys


def _sheet(tiles: Sequence[Bytes], labels: Sequence[str], title: str) -> Bytes:
    """Return tiles of one size on paper, each above its label, below the title."""
    from PIL import Image, ImageDraw

    height, width = tiles[0].shape[:2]
    larger = max(1, math.ceil(_SMALLEST_TILE / max(height, width)))
    height, width = height * larger, width * larger
    label_font, title_font = _font(_TEXT), _font(_TITLE)
    widest = max(math.ceil(label_font.getlength(label)) for label in labels)
    step_x, step_y = max(width, widest) + _GAP, height + _TEXT + 2 + _GAP
    across = max(1, min(len(tiles), round(math.sqrt(len(tiles) * step_y / step_x))))
    down = math.ceil(len(tiles) / across)
    text = _plain(title)
    sides = (
        max(across * step_x, math.ceil(title_font.getlength(text)) + _GAP) + _GAP,
        down * step_y + _TITLE + 3 * _GAP,
    )
    if sides[0] * sides[1] > _LARGEST:
        raise ArgumentError(
            f"the sheet would have {sides[0]}x{sides[1]} pixels: take a later layer"
        )
    colour = tiles[0].ndim == 3
    paper = Image.new("RGB" if colour else "L", sides, (_PAPER,) * 3 if colour else _PAPER)
    draw = ImageDraw.Draw(paper)
    ink: Any = (_INK,) * 3 if colour else _INK
    draw.text((_GAP, _GAP), text, fill=ink, font=title_font)
    for number, (tile, label) in enumerate(zip(tiles, labels, strict=True)):
        left = _GAP + number % across * step_x
        top = _TITLE + 3 * _GAP + number // across * step_y
        shown = tile.repeat(larger, 0).repeat(larger, 1)
        paper.paste(Image.fromarray(np.ascontiguousarray(shown)), (left, top))
        draw.text((left, top + height + 1), _plain(label), fill=ink, font=label_font)
    return np.asarray(paper).copy()


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font that comes with Pillow; where it has no FreeType, its one size of dots."""
    from PIL import ImageFont

    try:
        return ImageFont.load_default(size)
    except (ImportError, OSError):
        return ImageFont.load_default()


def _plain(text: str) -> str:
    """Return a text in letters that every font has."""
    return text.encode("ascii", "backslashreplace").decode()
