"""How much memory the pixels of a file take, from its header: a quick look, before it is read.

What matters is that many files can be looked at in no time, so nothing is imported for it; whether
a file is sound is found out when it is read. A header may lie about its size: that makes a picture
wait for the memory that it claims, and no more.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

__all__ = ["bytes_of_pixels"]

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Second bytes of the markers that tell width and height (ITU-T T.81, table B.1)."""

_MOST_SEGMENTS = 1000
_CHANNELS_BY_TYPE = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
"""Of the colour types of PNG; a palette becomes RGB."""

_WIDTH, _HEIGHT, _BITS, _CHANNELS = 256, 257, 258, 277
"""Tags of TIFF 6.0."""

_FORMATS_OF_TAGS = {1: "B", 3: "H", 4: "L", 16: "Q"}
_MOST_TAGS = 1000


def bytes_of_pixels(file: BinaryIO) -> int | None:
    """Return the bytes of the first picture of a file once it is decoded; None if nothing tells."""
    head = file.read(32)
    width: int
    height: int
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height, depth, kind = struct.unpack(">IIBB", head[16:26])
            return width * height * _CHANNELS_BY_TYPE.get(kind, 4) * (2 if depth == 16 else 1)
        if head.startswith(b"\xff\xd8\xff"):
            return _of_segments(file)
        if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            return _of_tags(file, head)
        if head.startswith((b"GIF87a", b"GIF89a")):
            width, height = struct.unpack("<HH", head[6:10])
            return width * height * 4
        if head.startswith(b"BM"):
            width, height = struct.unpack("<ii", head[18:26])
            return abs(width * height) * 3
    except (struct.error, OverflowError):  # it ends too early
        return None
    return None


def _of_segments(file: BinaryIO) -> int | None:
    file.seek(2)
    for _ in range(_MOST_SEGMENTS):
        start, marker, length = struct.unpack(">BBH", file.read(4))
        if start != 0xFF or length < 2:
            return None
        if marker == 0xFF:
            file.seek(-3, 1)
        elif marker in _FRAMES:
            precision, height, width, channels = struct.unpack(">BHHB", file.read(6))
            return int(width * height * channels * (2 if precision > 8 else 1))
        else:
            file.seek(length - 2, 1)
    return None


def _of_tags(file: BinaryIO, head: bytes) -> int | None:
    order = "<" if head[:1] == b"I" else ">"
    is_big = head[2:4] in (b"+\0", b"\0+")
    counter, entry, place = ("Q", "HHQ8s", 8) if is_big else ("H", "HHL4s", 4)
    (first,) = struct.unpack_from(order + ("Q" if is_big else "L"), head, place)
    file.seek(first)
    (count,) = struct.unpack(order + counter, file.read(struct.calcsize("=" + counter)))
    size = struct.calcsize("=" + entry)
    found = {_BITS: 1, _CHANNELS: 1}
    for _ in range(min(count, _MOST_TAGS)):
        tag, kind, many, value = struct.unpack(order + entry, file.read(size))
        if tag in (_WIDTH, _HEIGHT, _CHANNELS) and kind in _FORMATS_OF_TAGS:
            (found[tag],) = struct.unpack_from(order + _FORMATS_OF_TAGS[kind], value)
        elif tag == _BITS and kind == 3:
            if 2 * many > len(value):  # those of more channels stand elsewhere
                here = file.tell()
                file.seek(*struct.unpack(order + ("Q" if is_big else "L"), value))
                value = file.read(2)
                file.seek(here)
            (found[tag],) = struct.unpack_from(order + "H", value)
    if _WIDTH not in found or _HEIGHT not in found:
        return None
    whole_bytes = -(-found[_BITS] // 8)
    return found[_WIDTH] * found[_HEIGHT] * found[_CHANNELS] * whole_bytes
