"""Icons (ICO): the largest of the pictures in a file, as PNG or as Pillow reads it."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import BinaryIO, NamedTuple

import numpy as np

from convfilter.errors import ImageError
from convfilter.formats import png
from convfilter.formats.declaring import Format, Holds
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.pillow.reading import read_single
from convfilter.picture.image import Image

__all__ = ["FORMAT", "read"]

_PNG = b"\x89PNG\r\n\x1a\n"
_HEAD, _ENTRY = 6, 16
_BITMAP_HEADER = 40


class _Entry(NamedTuple):
    """A picture: `sides` are columns and rows; `depth` bits a pixel; `line` is its entry."""

    sides: tuple[int, int]
    depth: int
    line: bytes
    data: bytes


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read the largest picture, of several such the deepest one; the others are copies of it."""
    data = file.read()
    limits.chosen()
    entry = max(_entries(data), key=lambda each: (each.sides[0] * each.sides[1], each.depth))
    if entry.data.startswith(_PNG):
        return replace(png.read(io.BytesIO(entry.data), limits), format=FORMAT.name)
    return _of_bitmap(entry, limits)


def _of_bitmap(entry: _Entry, limits: Limits) -> Image:
    """Read a bitmap, with the mask behind it; Pillow's reader of icons has a limit of its own."""
    from PIL.BmpImagePlugin import DibImageFile

    data = entry.data
    if len(data) < _BITMAP_HEADER:
        raise EOFError("the file is truncated")
    header, columns, doubled = struct.unpack_from("<Iii", data)
    (depth, packing), (shades,) = (
        struct.unpack_from("<HI", data, 14),
        struct.unpack_from("<I", data, 32),
    )
    rows = doubled // 2
    if (columns, rows) != entry.sides:
        raise ValueError("a picture of another size than stated")
    if packing:
        raise ImageError("an icon with a packed bitmap is not supported: convert it to PNG first")
    # the height counts the mask, too
    plain = data[:8] + struct.pack("<i", rows) + data[12:]
    image = read_single(io.BytesIO(plain), DibImageFile, FORMAT, limits, lambda _: 8)
    colours = image.pixels[..., :3] if image.channels > 1 else np.dstack([image.pixels] * 3)
    start = header + 4 * ((shades or 1 << depth) if depth <= 8 else 0)
    row_bytes = (columns * depth + 31) // 32 * 4
    if depth == 32:
        part = np.frombuffer(data, np.uint8, rows * row_bytes, start)
        alpha = part.reshape(rows, columns, 4)[::-1, :, 3]
    else:
        mask_bytes = (columns + 31) // 32 * 4
        mask = np.frombuffer(data, np.uint8, rows * mask_bytes, start + rows * row_bytes)
        hidden = np.unpackbits(mask.reshape(rows, mask_bytes), axis=1, count=columns)[::-1]
        alpha = np.where(hidden, np.uint8(0), np.uint8(255))
    return image.with_pixels(np.dstack([colours, alpha]), alpha=True)


def _entries(data: bytes) -> list[_Entry]:
    (count,) = struct.unpack_from("<H", data, 4) if len(data) >= _HEAD else (0,)
    entries = []
    for at in range(_HEAD, _HEAD + _ENTRY * count, _ENTRY):
        line = data[at : at + _ENTRY]
        if len(line) < _ENTRY:
            raise EOFError("the file is truncated")
        wide, high, _, _, _, depth, length, place = struct.unpack("<4BHHII", line)
        part = data[place : place + length]
        if len(part) < length:
            raise EOFError("the file is truncated")
        entries.append(_Entry((wide or 256, high or 256), depth, line, part))
    if not entries:
        raise ImageError("the icon holds no picture")
    return entries


FORMAT = Format(
    "ICO",
    suffixes=(".ico",),
    signature=rb"\0\0\x01\0",
    holds=Holds(depth=16, alpha=True),
    read=read,
)
