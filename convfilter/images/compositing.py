"""Frames of animations as they are seen: each drawn over what those before it have left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.images.frames import Picture, alike
from convfilter.images.image import Disposal

__all__ = ["Sprite", "composed"]


@dataclass(frozen=True)
class Sprite:
    """What is drawn of a frame.

    `over` lays the picture on what is there, by its alpha; otherwise it takes the place of that.
    """

    picture: Picture
    left: int
    top: int
    disposal: Disposal
    over: bool


def composed(sprites: Iterable[Sprite], size: tuple[int, int]) -> Iterator[Picture]:
    """Yield each frame as it is seen, `size` being (columns, rows); it begins with nothing.

    Pictures are uint8 or uint16, all of the same kind but for alpha and that some may be grey; a
    frame without anything clear in it has no alpha.
    """
    width, height = size
    canvas: NDArray[Any] | None = None
    for sprite in sprites:
        pixels, _ = sprite.picture
        if canvas is None:
            canvas = np.zeros((height, width, 2), pixels.dtype)
        # grey as long as all that was drawn is grey
        (cube, canvas), _ = alike([sprite.picture, (canvas, True)])
        top, left = sprite.top, sprite.left
        place = canvas[top : top + cube.shape[0], left : left + cube.shape[1]]
        before = place.copy() if sprite.disposal == "restore" else None
        place[:] = _over(cube, place) if sprite.over else cube
        clear = bool((canvas[..., -1] != np.iinfo(canvas.dtype).max).any())
        kept = canvas.copy() if clear else canvas[..., :-1].copy()
        yield (kept[..., 0] if kept.shape[2] == 1 else kept), clear
        if before is not None:
            place[:] = before
        elif sprite.disposal == "clear":
            place[:] = 0


def _over(top: NDArray[Any], below: NDArray[Any]) -> NDArray[Any]:
    """Lay one picture with straight alpha over another (Porter & Duff, "Compositing", 1984)."""
    white = np.iinfo(top.dtype).max
    opaque, clear = top[..., -1:] == white, top[..., -1:] == 0
    if (opaque | clear).all():
        return np.where(clear, below, top)
    share, rest = top[..., -1:] / float(white), below[..., -1:] / float(white)
    rest *= 1 - share
    alpha = share + rest
    weights = np.divide(share, alpha, out=np.zeros_like(alpha), where=alpha > 0)
    colours = weights * top[..., :-1] + (1 - weights) * below[..., :-1]
    mixed = np.rint(np.concatenate([colours, alpha * white], axis=2)).astype(top.dtype)
    return np.where(opaque, top, np.where(clear, below, mixed))
