"""EXIF blocks that fit a picture which has been turned upright and filtered.

A block is a TIFF file without pixels (Exif 2.32, section 4.5). It is changed in place: to write it
anew would break the offsets in makers' notes.
"""

from __future__ import annotations

import struct
from dataclasses import replace

from convfilter.formats.exif.ifd import SHORT, Source
from convfilter.formats.exif.previews import without_pictures
from convfilter.picture.image import Metadata
from convfilter.picture.metadata import orientation_of_xmp, upright_xmp
from convfilter.picture.orientation import is_on_its_side

__all__ = [
    "PREFIX",
    "has_resolution",
    "orientation_of",
    "reset_orientation",
    "strip_prefix",
    "upright_block",
    "upright_metadata",
]

PREFIX = b"Exif\0\0"
"""What JPEG puts before a block."""

_ORIENTATION, _RESOLUTION = 0x0112, 0x011A


def upright_block(exif: bytes) -> bytes:
    """Return a block without prefix and small pictures, whose orientation, if it has one, is 1."""
    return without_pictures(reset_orientation(strip_prefix(exif)))


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


def orientation_of(exif: bytes) -> int | None:
    """Return the orientation that a block states; None if it states none that there is."""
    try:
        source = Source(exif)
        value = source.whole(source.directory(source.first).fields.get(_ORIENTATION))
    except (EOFError, ValueError):
        return None
    return value if value is not None and 1 <= value <= 8 else None


def has_resolution(exif: bytes) -> bool:
    """Tell whether a block states a resolution."""
    try:
        source = Source(exif)
        return _RESOLUTION in source.directory(source.first).fields
    except (EOFError, ValueError):
        return False


def upright_metadata(
    metadata: Metadata, exif: bytes | None, xmp: bytes | None
) -> tuple[Metadata, int]:
    """Return metadata of pixels that are turned upright, and how they have to be turned.

    EXIF counts, or where it states no orientation, XMP. `metadata` has neither; its resolution is
    that of the pixels as they are stored.
    """
    block = strip_prefix(exif) if exif else b""
    orientation = orientation_of(block) or orientation_of_xmp(xmp or b"") or 1
    dpi = metadata.dpi
    if dpi is not None and is_on_its_side(orientation):
        dpi = dpi[::-1]
    upright = replace(
        metadata,
        dpi=dpi,
        exif=upright_block(block) or None,
        xmp=upright_xmp(xmp) if xmp else None,
    )
    return upright, orientation
