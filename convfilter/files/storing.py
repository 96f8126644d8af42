"""How pixels are laid out in files that have a choice: tiles, and reduced copies of the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError, ImageError, listed
from convfilter.formats.declaring import LARGEST_SIDE, SIDE_STEP, Format
from convfilter.formats.declaring.index import SUMMARIES
from convfilter.formats.declaring.rows import Halved, Storing
from convfilter.picture.image import Image
from convfilter.runtime.numbers import Range, check_integer

__all__ = ["check_stores", "check_tile", "halved_by", "storing_of"]


def check_tile(tile: Any) -> int:
    """Return the side of a tile.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        It is no multiple of 16 from 16 to 16,384.
    """
    side = check_integer(tile, "tile", Range(SIDE_STEP, LARGEST_SIDE))
    if side % SIDE_STEP:
        raise ArgumentError(f"tile is {side}: give a multiple of {SIDE_STEP}, such as 256")
    return side


def check_stores(format_name: str, tile: int | None, pyramid: bool) -> None:
    """Refuse tiles and copies in a format that has none.

    Raises
    ------
    ImageError
    """
    if (tile is not None or pyramid) and not SUMMARIES[format_name].stores:
        others = listed([name for name, each in SUMMARIES.items() if each.stores], "or")
        what = "tiles (--tile)" if tile is not None else "reduced copies (--pyramid)"
        raise ImageError(f"{format_name} has no {what}: write {others}, or leave them out")


def storing_of(image: Image, form: Format, tile: int | None, pyramid: bool) -> Storing | None:
    """Return how a picture is laid out; None where that is left to the format.

    Raises
    ------
    ImageError
        The format has no choice.
    ArgumentError, ArgumentTypeError
        As `check_tile`.
    """
    if tile is None and not pyramid:
        return None
    side = None if tile is None else check_tile(tile)
    check_stores(form.name, tile, pyramid)
    return Storing(side, halved_by(image) if pyramid else None)


def halved_by(image: Image) -> Halved:
    """Return what makes rows of a copy that is half as large.

    A pixel of the copy is the mean of four, rounded to nearest, ties to even; of two or one at the
    right and lower edges of odd sizes. Colours are weighed by alpha, numbers for no data are left
    out. Of pictures of black and white (bool) it is the upper left one of the four.

    `image` tells what the picture was before it was fit to its format; rows that are halved may be
    of another dtype.
    """
    if image.dtype == np.bool_:
        return lambda rows: np.ascontiguousarray(rows[::2, ::2])
    if image.alpha:
        return lambda rows: _weighed(rows) if rows.shape[2:] in ((2,), (4,)) else _means(rows)
    return lambda rows: _means(rows, image.nodata)


def _means(rows: NDArray[Any], nodata: float | None = None) -> NDArray[Any]:
    from convfilter.engine import pool

    axes = "YXC"[: rows.ndim]
    means = pool(rows, 2, reduce="mean", stride=2, ceil_mode=True, nodata=nodata, axes=axes)
    return np.asarray(means)


def _weighed(rows: NDArray[Any]) -> NDArray[Any]:
    """Return means of colours, weighed by the alpha in the last channel, and of that."""
    height, width = rows.shape[:2]
    values = rows.astype(np.float64)
    alpha = values[..., -1:].copy()
    values[..., :-1] *= alpha
    below, right = height % 2, width % 2
    padded = np.pad(values, ((0, below), (0, right), (0, 0)))
    sums = padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
    count = np.full(sums.shape[:2], 4.0)
    if below:
        count[-1] /= 2
    if right:
        count[:, -1] /= 2
    opaque = sums[..., -1:]
    colours = np.divide(sums[..., :-1], opaque, out=np.zeros_like(sums[..., :-1]), where=opaque > 0)
    means = np.concatenate([colours, opaque / count[..., np.newaxis]], axis=2)
    if rows.dtype.kind != "f":
        means = np.rint(means)
    halved: NDArray[Any] = means.astype(rows.dtype)
    return halved
