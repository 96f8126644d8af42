"""Frames of animations as they look: each drawn over what those before it have left."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.formats.animation.frames import PixelsAndAlpha
from convfilter.picture.image import Disposal

__all__ = ["Sprite", "composed"]


@dataclass(frozen=True)
class Sprite:
    """The part of a frame that is drawn.

    `over` blends the picture with what is there, by its alpha; otherwise it replaces that.
    """

    picture: PixelsAndAlpha
    left: int
    top: int
    disposal: Disposal
    over: bool


def composed(
    sprites: Iterable[Sprite], size: tuple[int, int], numbers: Collection[int]
) -> Iterator[PixelsAndAlpha]:
    """Yield the frames of these numbers, from 0, as they look; the first is drawn on nothing.

    `size` is (columns, rows). Sprites after the last of the numbers are not looked at. Pictures are
    uint8 or uint16, all of one dtype, with or without alpha, grey or RGB. A frame in which nothing
    is transparent has no alpha.
    """
    width, height = size
    canvas: _Canvas | None = None
    wanted = frozenset(numbers)
    for number, sprite in enumerate(islice(sprites, max(wanted) + 1)):
        pixels, has_alpha = sprite.picture
        cube = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
        top, left = sprite.top, sprite.left
        place = np.s_[top : top + cube.shape[0], left : left + cube.shape[1]]
        if canvas is None:
            canvas = _Canvas.clear((height, width, 1), pixels.dtype)
        canvas = canvas.with_room_for(cube.shape[2] - has_alpha)
        before = canvas.part(place).copy() if sprite.disposal == "restore" else None
        canvas.part(place).draw(cube, has_alpha=has_alpha, over=sprite.over)
        if number in wanted:
            yield canvas.picture()
        if before is not None:
            canvas.part(place).draw(before.joined(), has_alpha=True, over=False)
        elif sprite.disposal == "clear":
            canvas.alpha[place], canvas.colours[place] = 0, 0


@dataclass(frozen=True)
class _Canvas:
    """The picture so far: colours (H, W, 1) or (H, W, 3), and alpha (H, W)."""

    colours: NDArray[Any]
    alpha: NDArray[Any]

    @classmethod
    def clear(cls, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> _Canvas:
        return cls(np.zeros(shape, dtype), np.zeros(shape[:2], dtype))

    def with_room_for(self, channels: int) -> _Canvas:
        """Return the same canvas, with three channels of colour if so many are drawn."""
        if channels <= self.colours.shape[2]:
            return self
        return _Canvas(np.repeat(self.colours, channels, axis=2), self.alpha)

    def part(self, place: tuple[slice, slice]) -> _Canvas:
        """Return a part, as a view: what is drawn on it is drawn on the whole."""
        return _Canvas(self.colours[place], self.alpha[place])

    def copy(self) -> _Canvas:
        return _Canvas(self.colours.copy(), self.alpha.copy())

    def joined(self) -> NDArray[Any]:
        """Return the pixels with alpha."""
        return np.concatenate([self.colours, self.alpha[..., np.newaxis]], axis=2)

    def picture(self) -> PixelsAndAlpha:
        """Return a copy, without alpha if nothing is transparent."""
        clear = bool((self.alpha != np.iinfo(self.alpha.dtype).max).any())
        pixels = self.joined() if clear else self.colours.copy()
        return (pixels[..., 0] if pixels.shape[2] == 1 else pixels), clear

    def draw(self, cube: NDArray[Any], *, has_alpha: bool, over: bool) -> None:
        """Draw pixels of the size of this canvas."""
        white = np.iinfo(self.alpha.dtype).max
        if not has_alpha:
            self.colours[...], self.alpha[...] = cube, white
            return
        colours, alpha = cube[..., :-1], np.ascontiguousarray(cube[..., -1])
        if over and ((alpha != 0) & (alpha != white)).any():
            colours, alpha = self._mixed(colours, alpha, float(white))
            over = False
        # a transparent pixel leaves what is below it
        drawn = alpha != 0 if over else np.True_
        np.copyto(self.colours, colours, where=np.asarray(drawn)[..., np.newaxis])
        np.copyto(self.alpha, alpha, where=drawn)

    def _mixed(
        self, colours: NDArray[Any], alpha: NDArray[Any], white: float
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Blend straight alpha with what is there (Porter & Duff, "Compositing", 1984)."""
        share = alpha / white
        whole = share + self.alpha / white * (1 - share)
        weights = np.divide(share, whole, out=np.zeros_like(whole), where=whole > 0)
        weights = np.where(alpha == 0, 0, weights)[..., np.newaxis]
        mixed = np.rint(weights * colours + (1 - weights) * self.colours)
        return mixed.astype(colours.dtype), np.rint(whole * white).astype(alpha.dtype)
