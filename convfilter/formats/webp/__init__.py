"""WebP, and animations put together of its pictures.

Pillow decodes and encodes each picture; the container of animations (RFC 9649) is read and written
here, since libwebp joins frames that look alike.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO, NamedTuple, cast

from PIL.WebPImagePlugin import WebPImageFile

from convfilter.errors import listed, shown
from convfilter.formats.animation.frames import changes, in_milliseconds
from convfilter.formats.behind import behind
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.pillow.frames import frames_of, read_frames
from convfilter.formats.pillow.reading import decoded, image_of, opened
from convfilter.formats.pillow.relayed import RelayedFile
from convfilter.formats.pillow.writing import described, encoded
from convfilter.formats.webp.vp8 import quality_of
from convfilter.picture.image import Image, Metadata, Timing

__all__ = ["FORMAT", "Part", "animated", "read", "timings_and_plays", "write"]

_PROFILE, _EXIF, _XMP, _ANIMATION = 0x20, 0x08, 0x04, 0x02
_ALPHA = 0x10
_CLEAR, _NO_BLENDING = 1, 2
_HEAD_BYTES, _KIND_BYTES = 30, 16
"""What tells the size of a picture, and what of it tells only the kind of the first chunk."""

_BESIDE = {b"ICCP": _PROFILE, b"EXIF": _EXIF, b"XMP ": _XMP}
_KNOWN = (*_BESIDE, b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")


_FRAME_BYTES = 16
"""What says how a frame is shown, before the chunks of its picture."""

_BITS = 8
"""Of a value; the format knows no others."""

_LONGEST_DURATION = 2**24 - 1
"""Milliseconds."""


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read a file of one picture or of frames: RGB, with or without alpha."""
    size = _size(file.read(_HEAD_BYTES))
    if size is not None:
        limits.check_size(size)
    file.seek(0)
    with opened(cast("BinaryIO", _Unhurried(file)), WebPImageFile, FORMAT) as picture:
        limits.check_size(picture.size)
        count = frames_of(picture)
        if count > 1:
            timings, plays = timings_and_plays(file)
            if len(timings) != count:
                raise ValueError(f"{len(timings)} frames that cannot all be read")
            image = read_frames(picture, FORMAT, limits, _BITS, plays, timings.__getitem__)
        else:
            limits.chosen()
            pixels, alpha = decoded(picture, FORMAT, _BITS)
            image = image_of(picture, FORMAT, pixels, alpha)
    metadata = replace(image.metadata, webp_quality=_quality(file))
    left_out = (*image.left_out, *_left_out(file))
    return replace(image, metadata=metadata, left_out=left_out)


def _quality(file: BinaryIO) -> int | None:
    """Return about which quality the first picture has, None for a lossless one."""
    file.seek(0)
    with suppress(EOFError):
        for kind, data in _chunks(file.read()):
            if kind == b"ANMF":
                data = _lossy_part(data[_FRAME_BYTES:])
            elif kind != b"VP8 ":
                continue
            return quality_of(data)
    return None


def _lossy_part(data: bytes) -> bytes:
    """Return the lossy picture of a frame; nothing if it is lossless."""
    at = 0
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"VP8 ":
            return data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return b""


def _left_out(file: BinaryIO) -> Iterator[str]:
    """Yield a line for chunks that are not known here, and for what stands behind the last."""
    file.seek(0)
    data = file.read()
    with suppress(EOFError):  # a decoder that needs no more than there is has no word for it
        names = [kind for kind, _ in _chunks(data) if kind not in _KNOWN]
        if names:
            told = listed([shown(name.decode("latin-1")) for name in dict.fromkeys(names)])
            yield f"chunks that are not known here were left out: {told}"
    yield from behind(data[8 + _number(data[4:8]) :])


def _size(head: bytes) -> tuple[int, int] | None:
    """Return columns and rows as the head of a file tells them (RFC 9649, 2.5 to 2.7)."""
    kind, data = head[12:16], head[20:]
    if len(head) < _HEAD_BYTES:
        return None
    if kind == b"VP8X":
        return _number(data[4:7]) + 1, _number(data[7:10]) + 1
    if kind == b"VP8L":
        bits = _number(data[1:5])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return _number(data[6:8]) & 0x3FFF, _number(data[8:10]) & 0x3FFF
    return None


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


class _Unhurried(RelayedFile):
    """A file whose first bytes come in two steps if a part of it is asked for.

    Pillow reads 30 bytes, tells the size from them, and refuses by a limit of its own, which is
    global to the process; of fewer bytes it does not. The size has been checked here.
    """

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and 0 <= size <= _HEAD_BYTES and self.file.tell() == 0:
            size = min(size, _KIND_BYTES)
        return self.file.read(-1 if size is None else size)


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of a picture or of frames.

    It is lossless unless a quality is asked for, or the input was a lossy WebP.
    """
    quality = effort.quality or frames[0].metadata.webp_quality
    if len(frames) == 1:
        return [_picture(frames[0], quality)], []
    frames, differ = in_milliseconds(frames, 0, _LONGEST_DURATION)
    notes = [f"{FORMAT.name} counts milliseconds: durations were rounded"] * differ
    height, width = frames[0].pixels.shape[:2]
    parts = []
    for number, (top, left, pixels) in enumerate(changes(frames, 2)):
        frame = frames[number]._replace(pixels=pixels)
        if number > 0:
            frame = frame._replace(metadata=Metadata())
        size = pixels.shape[1], pixels.shape[0]
        parts.append(Part(_picture(frame, quality), left, top, size, frame.timing))
    return animated(parts, (width, height), plays), notes


def _picture(frame: Frame, quality: int | None) -> bytes:
    if quality is None:  # Pillow's quality of a lossless picture is the effort
        options = {"lossless": True, "exact": True, "quality": 20, "method": 0}
    else:
        options = {"quality": quality, "method": 4}
    return encoded("WEBP", [frame.pixels], **described(frame.metadata), **options)


def timings_and_plays(file: BinaryIO) -> tuple[list[Timing], int]:
    """Return how frames are shown, and how often all of them, 0 for ever.

    Raises EOFError where the end of the file is missing.
    """
    file.seek(0)
    timings, plays = [], 0
    for kind, data in _chunks(file.read()):
        if kind == b"ANIM" and len(data) >= 6:
            plays = int.from_bytes(data[4:6], "little")
        elif kind == b"ANMF" and len(data) >= 16:
            duration = int.from_bytes(data[12:15], "little")
            timings.append(Timing(float(duration), "clear" if data[15] & _CLEAR else "keep"))
    return timings, plays


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kinds and contents of a file's chunks."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise EOFError("the file is truncated")
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > end:
            raise EOFError("the file is truncated")
        yield kind, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


class Part(NamedTuple):
    """The part of a frame that is drawn: a complete file of one picture, and its place.

    `left` and `top` are even; `size` is (columns, rows).
    """

    file: bytes
    left: int
    top: int
    size: tuple[int, int]
    timing: Timing


def animated(frames: Iterable[Part], size: tuple[int, int], plays: int) -> list[bytes]:
    """Return a file in pieces.

    `size` is (columns, rows) of the whole. Metadata in the first part's file becomes that of the
    whole. Durations are whole milliseconds.
    """
    beside: dict[bytes, bytes] = {}
    drawn: list[bytes] = []
    flags = _ANIMATION
    for frame in frames:
        parts = []
        for kind, data in _chunks(frame.file):
            if kind == b"VP8X":
                flags |= data[0] & _ALPHA
            elif kind in _BESIDE:
                if not drawn:
                    beside[kind] = data
            else:
                # the bit that says whether a lossless picture uses alpha (RFC 9649, 3.3)
                flags |= _ALPHA if kind == b"VP8L" and data[4] & 0x10 else 0
                parts.append(_chunk(kind, data))
        where = (frame.left // 2, frame.top // 2, frame.size[0] - 1, frame.size[1] - 1)
        duration = int(frame.timing.duration)
        how = _NO_BLENDING | (_CLEAR if frame.timing.disposal == "clear" else 0)
        head = b"".join(_whole(number, 3) for number in (*where, duration)) + bytes([how])
        drawn.append(_chunk(b"ANMF", head + b"".join(parts)))
    for kind in beside:
        flags |= _BESIDE[kind]
    canvas = bytes([flags, 0, 0, 0]) + _whole(size[0] - 1, 3) + _whole(size[1] - 1, 3)
    chunks = [_chunk(b"VP8X", canvas)]
    if b"ICCP" in beside:
        chunks.append(_chunk(b"ICCP", beside[b"ICCP"]))
    chunks.append(_chunk(b"ANIM", bytes(4) + _whole(plays, 2)))
    chunks += drawn
    chunks += [_chunk(kind, beside[kind]) for kind in (b"EXIF", b"XMP ") if kind in beside]
    length = 4 + sum(map(len, chunks))
    return [b"RIFF" + _whole(length, 4) + b"WEBP", *chunks]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + _whole(len(data), 4) + data + b"\0" * (len(data) % 2)


def _whole(number: int, length: int) -> bytes:
    return number.to_bytes(length, "little")


FORMAT = Format(
    "WEBP",
    suffixes=(".webp",),
    signature=rb"RIFF....WEBP",
    holds=Holds(
        depth=_BITS, grey=False, alpha=True, several="frames", plays=65535, longest_side=16383
    ),
    keeps=frozenset({"profile", "EXIF", "XMP", "compression"}),
    quality="as in the input if that is lossy WebP, else lossless",
    read=read,
    write=write,
)
