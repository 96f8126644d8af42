"""Frames joined to a picture: drawn one over the other, or as a library has decoded them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias

from convfilter.formats.animation.frames import PixelsAndAlpha, alike
from convfilter.formats.declaring import Format
from convfilter.formats.declaring.limits import Limits, too_large
from convfilter.picture.image import Image, Metadata, Timing
from convfilter.picture.orientation import upright

__all__ = ["Animation", "Decode", "drawn", "joined"]

Decode: TypeAlias = Callable[[bytes], PixelsAndAlpha]
"""Returns the picture in a file that holds only one."""


class Animation(Protocol):
    """What is known of a file before its frames are decoded."""

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of the whole."""

    @property
    def plays(self) -> int:
        """How often all frames are shown, 0 for ever."""

    @property
    def timings(self) -> Sequence[Timing]:
        """How each frame is shown."""

    def pictures(self, decode: Decode, numbers: Collection[int]) -> Iterator[PixelsAndAlpha]:
        """Yield these frames as they look; `decode` returns the picture of a file."""


def drawn(
    animation: Animation,
    form: Format,
    limits: Limits,
    decode: Decode,
    metadata: Metadata,
    orientation: int = 1,
) -> Image:
    """Return the wanted frames of an animation; a single frame is a picture like any other."""
    count = len(animation.timings)
    numbers = limits.chosen(count)
    limits.check_size(animation.size, len(numbers))
    try:
        pictures = list(animation.pictures(decode, numbers))
    except MemoryError as error:
        raise too_large(animation.size) from error
    timings = [animation.timings[number] for number in numbers]
    image = joined(pictures, timings, animation.plays, form, metadata, orientation)
    return image if count > 1 else replace(image, timing=None, plays=0)


def joined(
    pictures: Sequence[PixelsAndAlpha],
    timings: Sequence[Timing],
    plays: int,
    form: Format,
    metadata: Metadata,
    orientation: int,
) -> Image:
    """Return decoded frames as one picture, turned upright."""
    pixels, alpha = alike(pictures)
    first, *others = (
        Image(upright(part, orientation), alpha, form.name, timing=timing)
        for part, timing in zip(pixels, timings, strict=True)
    )
    return replace(first, metadata=metadata, plays=plays, following=tuple(others))
