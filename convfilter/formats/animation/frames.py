"""Frames of animations: made of one kind, and what changes from one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convfilter.formats.declaring import Frame

__all__ = ["PixelsAndAlpha", "alike", "changes", "in_milliseconds"]

PixelsAndAlpha: TypeAlias = tuple[NDArray[Any], bool]
"""Pixels, and whether they end in alpha."""


def alike(frames: Sequence[PixelsAndAlpha]) -> tuple[list[NDArray[Any]], bool]:
    """Return pixels of one number of channels and one dtype, and whether the last is alpha.

    Given are pixels (H, W) or (H, W, C) of unsigned integers, each with whether it ends in alpha.
    All become RGB if one is, get alpha if one has it, opaque where they had none, and 16 bits if
    one has them.
    """
    alpha = any(has_alpha for _, has_alpha in frames)
    dtype = np.result_type(*(pixels.dtype for pixels, _ in frames))
    colours = max((1 if p.ndim == 2 else p.shape[2]) - has for p, has in frames)
    made: list[NDArray[Any]] = []
    for pixels, has_alpha in frames:
        cube = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
        if cube.dtype != dtype:
            cube = np.multiply(cube, 257, dtype=dtype)  # 257 times 255 is 65535
        shades = cube[..., :-1] if has_alpha else cube
        opaque = np.full_like(cube[..., :1], np.iinfo(dtype).max)
        planes = [shades] * (1 if shades.shape[2] == colours else colours)
        planes += [cube[..., -1:] if has_alpha else opaque] if alpha else []
        whole = planes[0] if len(planes) == 1 else np.concatenate(planes, axis=2)
        made.append(whole[..., 0] if whole.shape[2] == 1 else whole)
    return made, alpha


def changes(frames: Sequence[Frame], step: int = 1) -> Iterator[tuple[int, int, NDArray[Any]]]:
    """Yield the part of each frame that has to be drawn: top, left, and pixels.

    A frame that stays, and that is drawn over one that stays, needs only the rectangle in which
    they differ, and one pixel if they do not. `top` and `left` are multiples of `step`.
    """
    last: NDArray[Any] | None = None
    for pixels, timing, *_ in frames:
        stays = timing.disposal == "keep"
        if last is None or not stays or last.shape != pixels.shape:
            yield 0, 0, pixels
        else:
            differs = last != pixels
            if differs.ndim == 3:
                differs = differs.any(axis=2)
            rows, columns = (np.flatnonzero(differs.any(axis=axis)) for axis in (1, 0))
            if rows.size == 0:
                rows = columns = np.zeros(1, np.intp)
            top, left = (int(places[0]) // step * step for places in (rows, columns))
            yield top, left, pixels[top : rows[-1] + 1, left : columns[-1] + 1]
        last = pixels if stays else None


def in_milliseconds(
    frames: Sequence[Frame], shortest: int, longest: int
) -> tuple[list[Frame], bool]:
    """Return frames that are shown for whole milliseconds within a range.

    The second result tells whether some of them are now shown for another time than before.
    """
    whole = [min(max(round(frame.timing.duration), shortest), longest) for frame in frames]
    differ = any(
        abs(milliseconds - frame.timing.duration) > 1e-6
        for milliseconds, frame in zip(whole, frames, strict=True)
    )
    return [
        frame._replace(timing=frame.timing._replace(duration=float(milliseconds)))
        for milliseconds, frame in zip(whole, frames, strict=True)
    ], differ
