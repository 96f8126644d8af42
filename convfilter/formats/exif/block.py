"""EXIF blocks that fit a picture which has been turned upright and filtered.

A block is a TIFF file without pixels (Exif 2.32, section 4.5). It is changed in place: to write it
anew would break the offsets in makers' notes.
"""

from __future__ import annotations

import struct
from contextlib import suppress

from convfilter.formats.exif.ifd import SHORT, Source

__all__ = ["PREFIX", "reset_orientation", "strip_prefix", "upright_block", "without_thumbnail"]

PREFIX = b"Exif\0\0"
"""What JPEG puts before a block."""

_ORIENTATION = 0x0112
_THUMBNAIL, _THUMBNAIL_LENGTH = 0x0201, 0x0202


def upright_block(exif: bytes) -> bytes:
    """Return a block without prefix and thumbnail, whose orientation, if it states one, is 1."""
    return without_thumbnail(reset_orientation(strip_prefix(exif)))


def strip_prefix(exif: bytes) -> bytes:
    """Return the block without the marker that JPEG puts before it."""
    return exif.removeprefix(PREFIX)


def reset_orientation(exif: bytes) -> bytes:
    """Return the block with its orientation set to 1 and every other byte untouched.

    A block that cannot be understood is returned as it is.
    """
    try:
        source = Source(exif)
        field = source.directory(source.first).fields.get(_ORIENTATION)
    except (EOFError, ValueError):
        return exif
    if field is None or (field.kind, field.length) != (SHORT, 2) or not source.holds(field):
        return exif
    changed = bytearray(exif)
    struct.pack_into(f"{source.layout.order}H", changed, field.place, 1)
    return bytes(changed)


def without_thumbnail(exif: bytes) -> bytes:
    """Return the block without the small picture in it, which shows what the large one was.

    Its bytes become zeros, or go where they are the last, and the directory that names them is no
    longer reached; every other byte stays in its place.
    """
    try:
        source = Source(exif)
        directory = source.directory(source.first)
    except (EOFError, ValueError):
        return exif
    if not directory.following:
        return exif
    changed = bytearray(exif)
    struct.pack_into(source.layout.offset, changed, directory.link, 0)
    with suppress(EOFError):  # a directory beyond the end names no thumbnail
        fields = source.directory(directory.following).fields
        start, length = (
            source.whole(fields.get(tag)) or 0 for tag in (_THUMBNAIL, _THUMBNAIL_LENGTH)
        )
        stop = start + length
        if directory.following < start and stop == len(exif):
            del changed[start:]
        elif directory.following < start and length > 0 and stop < len(exif):
            changed[start:stop] = bytes(length)
    return bytes(changed)
