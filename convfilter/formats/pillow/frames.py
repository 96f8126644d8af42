"""Read frames of animations that Pillow decodes as they are seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from convfilter.formats.animation.reading import joined
from convfilter.formats.declaring import Format
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.pillow.reading import decoded, metadata_of, orientation_of
from convfilter.picture.image import Image, Timing

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["frames_of", "read_frames"]


def frames_of(picture: ImageFile) -> int:
    """Return the number of frames."""
    return int(getattr(picture, "n_frames", 1) or 1)


def read_frames(
    picture: ImageFile,
    form: Format,
    limits: Limits,
    bits: int | None,
    plays: int,
    timing_of: Callable[[int], Timing],
) -> Image:
    """Decode the wanted frames of a picture whose header has been read.

    `bits` are those of a value in the file, as `decoded` takes them; `timing_of` is asked about the
    frame of a number when that has been decoded.
    """
    numbers = limits.chosen(frames_of(picture))
    limits.check_size(picture.size, len(numbers))
    pictures, timings = [], []
    for number in numbers:
        picture.seek(number)
        pictures.append(decoded(picture, form, bits))
        timings.append(timing_of(number))
    orientation = orientation_of(picture)
    return joined(pictures, timings, plays, form, metadata_of(picture, orientation), orientation)
