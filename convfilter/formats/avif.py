"""AVIF, as Pillow reads and writes it where it was built with libavif; deeper by an extra."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import features

from convfilter.errors import ImageError
from convfilter.formats.animation.frames import in_milliseconds
from convfilter.formats.boxes import COLOURS, OF_PICTURES, Items, unknown_boxes
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.declaring.needed import needed
from convfilter.formats.pillow.frames import frames_of, read_frames
from convfilter.formats.pillow.reading import decoded, image_of, opened
from convfilter.formats.pillow.writing import described, encoded
from convfilter.formats.quiet import warnings_silenced
from convfilter.picture.image import CICP, Image, Timing

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["FORMAT", "read", "write"]

_QUALITY = 80
_EXTRA, _BITS_OF_PILLOW = "formats", 8
_SHORTEST_DURATION, _LONGEST_DURATION = 1, 2**32 - 1
"""Milliseconds."""

_CODING = re.compile(rb"av1C\x81.(.)", re.DOTALL)
"""A box that says how a picture is coded (AV1-ISOBMFF, 2.3), and its third byte."""

_MORE_THAN_8_BITS, _TWELVE_BITS = 0x40, 0x20


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read a file of one picture or of frames: RGB, with or without alpha."""
    _check_support()
    from PIL.AvifImagePlugin import AvifImageFile

    with opened(file, AvifImageFile, FORMAT) as picture:
        limits.check_size(picture.size)
        file.seek(0)
        data = file.read()
        bits = _bits(data)
        if frames_of(picture) > 1:
            image = read_frames(picture, FORMAT, limits, bits, 0, lambda _: _timing(picture))
        else:
            limits.chosen()
            if bits is not None and bits > _BITS_OF_PILLOW:
                with needed(_EXTRA, f"AVIF of {bits} bits"):
                    from convfilter.formats.extras import deep_avif
                pixels, alpha = deep_avif.decoded(data, picture.size, bits)
            else:
                pixels, alpha = decoded(picture, FORMAT, bits)
            image = image_of(picture, FORMAT, pixels, alpha)
    items = Items.of(data)
    colour = () if image.metadata.icc_profile else items.colours(data)
    left_out = [f"{what} beside the picture: left out" for what in items.further()]
    left_out += unknown_boxes(data, OF_PICTURES)
    metadata = replace(image.metadata, png_colour=colour)
    return replace(image, metadata=metadata, left_out=tuple(left_out))


def _check_support() -> None:
    """Raise `ImageError` if Pillow was built without AVIF, or is older than its support of it."""
    with warnings_silenced():  # a Pillow that never heard of AVIF warns
        is_supported = features.check("avif")
    if not is_supported:
        raise ImageError(
            "this Pillow was built without AVIF: install pillow 11.3 or later, "
            "or use another format"
        )


def _bits(data: bytes) -> int | None:
    """Return how many bits a value has in the picture that has most, None if none says it."""
    codings = [match[0] for match in _CODING.findall(data)]
    if not any(coding & _MORE_THAN_8_BITS for coding in codings):
        return 8 if codings else None
    return 12 if any(coding & _TWELVE_BITS for coding in codings) else 10


def _timing(picture: ImageFile) -> Timing:
    """Return how the frame that was decoded last is shown."""
    duration = picture.info.get("duration")
    return Timing(float(duration)) if isinstance(duration, (int, float)) else Timing()


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of a picture or of frames, which are played for ever."""
    _check_support()
    from PIL import AvifImagePlugin  # noqa: F401 - which tells Pillow of the encoder

    quality = _QUALITY if effort.quality is None else effort.quality
    if frames[0].pixels.dtype == np.uint16:
        return _deep(frames, quality, effort)
    # filters make sharp edges, around which colours of less resolution would show
    options = {**described(frames[0].metadata), "quality": quality, "subsampling": "4:4:4"}
    differ = False
    if len(frames) > 1:
        frames, differ = in_milliseconds(frames, _SHORTEST_DURATION, _LONGEST_DURATION)
        options["duration"] = [int(frame.timing.duration) for frame in frames]
    notes = [f"{FORMAT.name} counts milliseconds: durations were rounded"] * differ
    file = encoded("AVIF", [frame.pixels for frame in frames], **options)
    return [_with_colour(file, dict(frames[0].metadata.png_colour))], notes


def _deep(frames: Sequence[Frame], quality: int, effort: Effort) -> Written:
    """Return a file of a picture of 10 or 12 bits."""
    with needed(_EXTRA, "AVIF of more than 8 bits"):
        from convfilter.formats.extras import deep_avif
    if len(frames) > 1:
        raise ImageError(
            f"{FORMAT.name} of more than 8 bits holds one picture here: write PNG or TIFF, or"
            " convert to 8 bits (--depth 8)"
        )
    return [deep_avif.encoded(frames[0].pixels, frames[0].metadata, quality, effort)], []


def _with_colour(file: bytes, said: dict[bytes, bytes]) -> bytes:
    """Return the file with other numbers of primaries and curve, which Pillow has no option for."""
    if CICP not in said:
        return file
    numbers = struct.pack(">HH", *said[CICP][:2])
    start, *others = file.split(COLOURS)
    return COLOURS.join([start, *(numbers + other[len(numbers) :] for other in others)])


FORMAT = Format(
    "AVIF",
    suffixes=(".avif",),
    signature=rb"....ftyp(avi[fs]|(mif1|msf1|miaf)....(....){0,12}?avi[fs])",
    holds=Holds(
        depth=16,
        grey=False,
        alpha=True,
        several="frames",
        plays=0,
        longest_side=65536,
        lossy=True,
    ),
    keeps=frozenset({"profile", "EXIF", "XMP", "CICP"}),
    quality=str(_QUALITY),
    deep_extra=_EXTRA,
    read=read,
    write=write,
)
