"""EXIF and XMP that tell the size of their picture, told that of another one.

The size stands in a few tags of EXIF (Exif 2.32, tables 4 and 7), and properties of XMP of the same
names (CIPA DC-010). Only these numbers change; where nothing tells a size, nothing does.
"""

from __future__ import annotations

import re
import struct
from dataclasses import replace

from convfilter.formats.exif.ifd import LONG, SHORT, Directory, Source
from convfilter.picture.image import Metadata

__all__ = ["of_this_size"]

_WIDTH, _HEIGHT, _EXIF = 0x0100, 0x0101, 0x8769
_ACROSS, _DOWN = 0xA002, 0xA003
_SIDES = {_WIDTH: 0, _HEIGHT: 1, _ACROSS: 0, _DOWN: 1}

_PROPERTIES = re.compile(
    rb"((?:exif:Pixel([XY])Dimension|tiff:Image(Width|Length))\s*(?:=\s*[\"']|>)\s*)(\d{1,10})"
    rb"(?=\s*[\"'<])"
)


def of_this_size(metadata: Metadata, size: tuple[int, int]) -> Metadata:
    """Return metadata in which EXIF and XMP, if they tell a size, tell this one: columns, rows."""
    exif, xmp = metadata.exif, metadata.xmp
    if exif:
        exif = _in_block(exif, size)
    if xmp:
        xmp = _PROPERTIES.sub(lambda match: _told(match, size), xmp)
    if exif == metadata.exif and xmp == metadata.xmp:
        return metadata
    return replace(metadata, exif=exif, xmp=xmp)


def _told(match: re.Match[bytes], size: tuple[int, int]) -> bytes:
    is_across = match[2] == b"X" or match[3] == b"Width"
    return match[1] + b"%d" % size[0 if is_across else 1]


def _in_block(exif: bytes, size: tuple[int, int]) -> bytes:
    changed = bytearray(exif)
    try:
        source = Source(exif)
        first = source.directory(source.first)
        directories = [first]
        place = source.whole(first.fields.get(_EXIF))
        if place is not None:
            directories.append(source.directory(place))
    except (EOFError, ValueError):
        return bytes(changed)
    for directory in directories:
        _put(source, directory, size, changed)
    return bytes(changed)


def _put(source: Source, directory: Directory, size: tuple[int, int], changed: bytearray) -> None:
    order = source.layout.order
    for tag, field in directory.fields.items():
        side = _SIDES.get(tag)
        if side is None or field.kind not in (SHORT, LONG) or source.whole(field) is None:
            continue
        # 2 bytes for the tag, 2 for the kind and 4 for the number of values stand before the value
        struct.pack_into(f"{order}H", changed, field.place - 6, LONG)
        struct.pack_into(f"{order}I", changed, field.place, size[side])
