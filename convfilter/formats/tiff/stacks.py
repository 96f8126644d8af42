"""Stacks of pictures in one directory: how many there are, and where each of them begins.

ImageJ writes the directory of the first picture alone where a file is large; its description tells
how many follow, each right behind the one before (ImageJ's ij.io.TiffEncoder). tifffile describes
the shape of what it has written in its own way.
"""

from __future__ import annotations

import math
import re

from convfilter.formats.exif.ifd import Directory, Source
from convfilter.formats.tiff.storage import NOT_PACKED, Storage
from convfilter.formats.tiff.strips import bytes_of_parts

__all__ = ["further_pictures"]

_DESCRIPTION, _METAMORPH = 270, 33629
_LONGEST_DESCRIPTION = 1 << 16


def further_pictures(
    source: Source, page: Directory, storage: Storage
) -> tuple[list[int], list[str]]:
    """Return how many bytes behind the first picture of a file's only directory others begin.

    Besides, a line for pictures of which the file tells and that are not read.

    Raises
    ------
    EOFError
        Some of them are in the file, and the end is missing.
    """
    count = _told(source, page, storage)
    if count < 2:
        return [], []
    line = f"its description tells of {count:,} pictures, of which the first one was read"
    if storage.compression != NOT_PACKED:
        return [], [line]
    parts = bytes_of_parts(storage)
    offsets = storage.offsets
    length = sum(parts)
    is_one_piece = len(offsets) >= len(parts) and all(
        offsets[number] + parts[number] == offsets[number + 1] for number in range(len(parts) - 1)
    )
    if not is_one_piece or not length:
        return [], [line]
    start, stop = offsets[0], offsets[0] + count * length
    if start <= page.place < stop or (source.size - start) // length < 2:
        return [], [line]  # nothing like them is there
    if stop > source.size:
        raise EOFError("the file is truncated")
    return [number * length for number in range(1, count)], []


def _told(source: Source, page: Directory, storage: Storage) -> int:
    """Return how many pictures the tags tell of; 0 if they tell nothing."""
    metamorph = page.fields.get(_METAMORPH)
    if metamorph is not None:  # six whole numbers for each picture, in three pairs
        return metamorph.length // 24
    field = page.fields.get(_DESCRIPTION)
    text = source.part(field.place, min(field.length, _LONGEST_DESCRIPTION)) if field else b""
    if text.startswith(b"ImageJ="):
        match = re.search(rb"^images=(\d{1,9})\s*$", text, re.MULTILINE)
        return int(match[1]) if match else 0
    shape = re.match(rb'\{"shape": \[(\d{1,9}(?:, \d{1,9})*)\]', text)
    if shape:
        width, height = storage.size
        return math.prod(map(int, shape[1].split(b", "))) // (width * height * storage.samples)
    return 0
