"""Read animations: GIF and PNG drawn frame by frame, WebP and AVIF as Pillow decodes them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, Protocol

from convfilter.errors import ImageError
from convfilter.images.exif import apply_orientation
from convfilter.images.faults import check_size, damaged, faults_named
from convfilter.images.frames import Picture, Selection, alike
from convfilter.images.image import Image, Metadata, Timing
from convfilter.images.readers import png_beside

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["decode_with_pillow", "read_gif", "read_png"]

Decode = Callable[[bytes], Picture]
"""Returns the picture in a file that holds only one."""


class _Animation(Protocol):
    """What is known of a file before its frames are decoded."""

    @property
    def size(self) -> tuple[int, int]: ...
    @property
    def plays(self) -> int: ...
    @property
    def timings(self) -> Sequence[Timing]: ...
    def pictures(self, decode: Decode, numbers: Collection[int]) -> Iterator[Picture]: ...


def read_png(
    file: BinaryIO, head: bytes, name: str, max_pixels: int, wanted: Selection, decode: Decode
) -> Image:
    """Read an animated PNG file."""
    from convfilter.images import png_reader
    from convfilter.images.apng import Animation

    with faults_named("PNG", name):
        found = Animation.of(file)
        metadata, orientation = png_beside(png_reader.described(found.beside), head, name)
    return _drawn(found, "PNG", name, max_pixels, wanted, decode, metadata, orientation)


def read_gif(
    file: BinaryIO, name: str, max_pixels: int, wanted: Selection, decode: Decode
) -> Image | None:
    """Read a GIF file, or return None for one that holds a single picture and nothing else."""
    from convfilter.images.gif import Animation

    try:
        found = Animation.of(file)
        file.seek(0)
    except (EOFError, ValueError, struct.error, OSError) as error:
        raise damaged(error, "GIF", name) from error
    if not found.cels:
        raise ImageError(f"{name}: the GIF file holds no picture: create it again")
    if len(found.cels) == 1 and found.cels[0].size == found.size and found.metadata == Metadata():
        return None
    return _drawn(found, "GIF", name, max_pixels, wanted, decode, found.metadata)


def _drawn(
    found: _Animation,
    format_name: str,
    name: str,
    max_pixels: int,
    wanted: Selection,
    decode: Decode,
    metadata: Metadata,
    orientation: int = 1,
) -> Image:
    count = len(found.timings)
    numbers = wanted.numbers(count, name)
    check_size(found.size, name, max_pixels, len(numbers))
    with faults_named(format_name, name, found.size):
        pictures = list(found.pictures(decode, numbers))
    timings = [found.timings[number] for number in numbers]
    image = _joined(pictures, timings, found.plays, format_name, metadata, orientation)
    return image if count > 1 else replace(image, timing=None, plays=0)


def decode_with_pillow(
    picture: ImageFile,
    format_name: str,
    name: str,
    max_pixels: int,
    wanted: Selection,
    file: BinaryIO,
) -> Image:
    """Decode frames of a WebP or AVIF picture whose header has been read from `file`."""
    from convfilter.images.modes import pixels_of
    from convfilter.images.pillow import frames_of, metadata_of, orientation_of

    with faults_named(format_name, name, picture.size):
        count = frames_of(picture)
        timings, plays = [Timing()] * count, 0
        if format_name == "WEBP":
            from convfilter.images import webp

            timings, plays = webp.timings_and_plays(file)
        if len(timings) != count:
            raise ValueError(f"{len(timings)} frames that cannot all be read")
        numbers = wanted.numbers(count, name)
        check_size(picture.size, name, max_pixels, len(numbers))
        pictures, chosen = [], []
        for number in numbers:
            picture.seek(number)
            picture.load()
            pictures.append(pixels_of(picture, name))
            duration = picture.info.get("duration")
            if format_name == "AVIF" and isinstance(duration, (int, float)):
                chosen.append(Timing(float(duration)))
            else:
                chosen.append(timings[number])
        orientation = orientation_of(picture)
        metadata = metadata_of(picture, turned=orientation in (5, 6, 7, 8))
        return _joined(pictures, chosen, plays, format_name, metadata, orientation)


def _joined(
    pictures: Sequence[Picture],
    timings: Sequence[Timing],
    plays: int,
    format_name: str,
    metadata: Metadata,
    orientation: int,
) -> Image:
    pixels, alpha = alike(pictures)
    first, *others = (
        Image(apply_orientation(part, orientation), alpha, format_name, timing=timing)
        for part, timing in zip(pixels, timings, strict=True)
    )
    return replace(first, metadata=metadata, plays=plays, following=tuple(others))
