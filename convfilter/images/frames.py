"""Frames of animations: which are wanted, of one kind, and what changes from one to the next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError, ImageError
from convfilter.images.image import Timing

__all__ = ["ALL", "Picture", "Selection", "alike", "changes"]

_PART = re.compile(r"(\d{1,9})(?:(-)(\d{1,9})?)?")

Picture = tuple[NDArray[Any], bool]
"""Pixels, and whether they end in alpha."""


@dataclass(frozen=True)
class Selection:
    """A choice of frames, counted from 0; `parts` are first and last numbers, None for the end."""

    parts: tuple[tuple[int, int | None], ...]

    @classmethod
    def of(cls, given: Selection | str | int | Iterable[int] | None) -> Selection:
        """Take a choice: words such as ``0``, ``0-3``, ``0,4-6`` or ``5-``, a number or several.

        Raises
        ------
        ArgumentError
            For what is no choice of frames.
        """
        if given is None or isinstance(given, Selection):
            return ALL if given is None else given
        if isinstance(given, int):
            given = (given,)
        if not isinstance(given, str):
            given = ",".join(str(number) for number in given)
        parts: list[tuple[int, int | None]] = []
        for word in given.split(","):
            found = _PART.fullmatch(word.strip())
            first, dash, last = found.groups() if found else ("", None, None)
            if found is None or (last is not None and int(last) < int(first)):
                raise ArgumentError(
                    f"frames {given!r}: {word.strip()!r} is no choice of frames: "
                    "give numbers from 0 such as 0, 0-3, 5- or 0,4-6"
                )
            parts.append((int(first), None if dash and last is None else int(last or first)))
        return cls(tuple(parts))

    def numbers(self, count: int, name: str) -> list[int]:
        """Return the numbers of the chosen frames of a file that has `count`, in its order.

        Raises `ImageError` about the file `name` for frames that it does not have.
        """
        chosen: set[int] = set()
        for first, last in self.parts:
            beyond = first if first >= count else last
            if beyond is not None and beyond >= count:
                has = f"{count} frames, 0 to {count - 1}" if count > 1 else "one frame, 0"
                raise ImageError(f"{name}: has {has}, and none of number {beyond}: see --frames")
            chosen.update(range(first, count if last is None else last + 1))
        return sorted(chosen)


ALL = Selection(((0, None),))
"""Every frame."""


def alike(frames: Sequence[Picture]) -> tuple[list[NDArray[Any]], bool]:
    """Return pixels of one number of channels and one dtype, and whether the last is alpha.

    Given are pixels (H, W) or (H, W, C) of unsigned integers, each with whether it ends in alpha:
    grey becomes RGB where another frame is, opaque where another has alpha, 16 bits where another
    has them.
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


def changes(
    frames: Sequence[tuple[NDArray[Any], Timing]], step: int = 1
) -> Iterator[tuple[int, int, NDArray[Any]]]:
    """Yield what has to be drawn of each frame: top, left, and pixels.

    A frame that stays, and that is drawn over one that stays, needs only the rectangle in which
    they differ, and one pixel if they do not. `top` and `left` are multiples of `step`.
    """
    last: NDArray[Any] | None = None
    for pixels, timing in frames:
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
