"""The orientation inside an EXIF block, and turning pixels upright (Exif 2.32, section 4.6.4)."""

from __future__ import annotations

import re
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "apply_orientation",
    "reset_orientation",
    "strip_prefix",
    "upright_xmp",
    "without_thumbnail",
]

_ORIENTATION = 0x0112
_THUMBNAIL, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)[2-8]")
_PREFIX = b"Exif\0\0"


def strip_prefix(exif: bytes) -> bytes:
    """Return the block without the marker that JPEG puts before it."""
    return exif[len(_PREFIX) :] if exif.startswith(_PREFIX) else exif


def reset_orientation(exif: bytes) -> bytes:
    """Return the block with its orientation set to 1 and every other byte untouched.

    The value is changed in its place, since writing the block anew would break the offsets in
    makers' notes. A block that cannot be understood is returned as it is.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return exif
    (start,) = struct.unpack_from(f"{order}I", exif, 4)
    if start + 2 > len(exif):
        return exif
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    for index in range(count):
        entry = start + 2 + 12 * index
        if entry + 12 > len(exif):
            break
        tag, kind, number = struct.unpack_from(f"{order}HHI", exif, entry)
        if tag == _ORIENTATION and kind == 3 and number == 1:
            changed = bytearray(exif)
            struct.pack_into(f"{order}H", changed, entry + 8, 1)
            return bytes(changed)
    return exif


def upright_xmp(packet: bytes) -> bytes:
    """Return an XMP packet in which the orientation, if there is one, is 1."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", packet)


def without_thumbnail(exif: bytes) -> bytes:
    """Return the block without the small picture in it, which shows what the large one was.

    Its bytes become zeros, or go where they are the last, and the directory that names them is no
    longer reached; every other byte stays in its place.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return exif
    changed = bytearray(exif)
    try:
        (first,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, first)
        link = first + 2 + 12 * count
        (second,) = struct.unpack_from(f"{order}I", exif, link)
        if second == 0:
            return exif
        struct.pack_into(f"{order}I", changed, link, 0)
        (count,) = struct.unpack_from(f"{order}H", exif, second)
        entries = range(second + 2, second + 2 + 12 * count, 12)
        tags = [struct.unpack_from(f"{order}HHII", exif, entry) for entry in entries]
    except struct.error:  # what ends before it should is not read further
        return bytes(changed)
    values = {tag: value for tag, _, _, value in tags}
    start, length = values.get(_THUMBNAIL, 0), values.get(_THUMBNAIL_LENGTH, 0)
    if second < start and start + length == len(exif):
        del changed[start:]
    elif second < start and start + length < len(exif):
        changed[start : start + length] = bytes(length)
    return bytes(changed)


def apply_orientation(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return the pixels turned upright, C-contiguous; unknown orientations change nothing."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
