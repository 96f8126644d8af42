"""Descriptions that tell how pages make a stack: ImageJ's, OME-XML and tifffile's.

They are kept where as many pages are stored as they tell of, and made those of the pixels: sizes,
the kind of values, and how far pixels lie apart. Nothing else in them changes.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np

from convfilter.picture.tags import PageTags

__all__ = ["Page", "attributes_of_pixels", "fitting"]

_PIXELS = re.compile(rb"<((?:\w+:)?)Pixels\b([^<>]*)>")
_ATTRIBUTE = re.compile(rb"(\s)([\w:]+)(\s*=\s*)(?:\"([^\"]*)\"|'([^']*)')")
_OTHER_FILE = re.compile(rb"\bFileName\s*=")
_SHAPE = re.compile(rb'\{"shape": \[(\d{1,9}(?:, \d{1,9})*)\]')
_TYPES = {"float32": b"float", "float64": b"double"}
_LAST_AXES = ("SizeX", "SizeY", "SizeC", "SizeZ", "SizeT")


class Page(NamedTuple):
    """What is stored: its size (columns, rows), the samples of a pixel, its dtype, and how many.

    `order` is the byte order of the file.
    """

    size: tuple[int, int]
    samples: int
    dtype: np.dtype[Any]
    pages: int
    order: str


def fitting(text: bytes, tags: PageTags, page: Page) -> bytes | None:
    """Return a description for the pages that are stored; None if it does not fit them."""
    if page.pages != tags.pages:
        return None
    if text.startswith(b"ImageJ="):
        return text
    if b"<OME" in text:
        return _ome(text, tags, page)
    shape = _SHAPE.match(text)
    if shape is None:
        return None
    held = page.pages * page.samples * math.prod(page.size)
    is_same = math.prod(map(int, shape[1].split(b", "))) == held and page.size == tags.size
    return text if is_same else None


def attributes_of_pixels(text: bytes) -> dict[bytes, bytes] | None:
    """Return what OME-XML says of the pixels of its only picture; None if it has several."""
    found = _PIXELS.findall(text)
    if len(found) != 1 or _OTHER_FILE.search(text):
        return None
    return {match[2]: match[4] or match[5] or b"" for match in _ATTRIBUTE.finditer(found[0][1])}


def _ome(text: bytes, tags: PageTags, page: Page) -> bytes | None:
    """Return OME-XML of one picture in one file (OME schema 2016-06) for these pages."""
    found = [*_PIXELS.finditer(text)]
    said = attributes_of_pixels(text)
    if said is None:
        return None
    try:
        channels, *others = (int(said[name.encode()]) for name in _LAST_AXES[2:])
    except (KeyError, ValueError):
        return None
    if channels * math.prod(others) != page.pages * page.samples:
        return None
    changed = {b"SizeX": b"%d" % page.size[0], b"SizeY": b"%d" % page.size[1]}
    kind = _TYPES.get(page.dtype.name, page.dtype.name.encode())
    if said.get(b"Type") != kind:
        changed[b"Type"] = kind
        changed[b"SignificantBits"] = b"%d" % (8 * page.dtype.itemsize)
    changed[b"BigEndian"] = b"true" if page.order == ">" else b"false"
    for name, axis in ((b"PhysicalSizeY", 0), (b"PhysicalSizeX", 1)):
        step = tags.grid.step[axis] if tags.grid else None
        if step != 1 and name in said:
            if step is None:
                return None
            try:
                changed[name] = repr(float(said[name]) * step).encode()
            except ValueError:
                return None

    def stated(match: re.Match[bytes]) -> bytes:
        value = changed.get(match[2])
        if value is None or value == (match[4] or match[5]):
            return match[0]
        return match[1] + match[2] + match[3] + b'"' + value + b'"'

    start, stop = found[0].span(2)
    return text[:start] + _ATTRIBUTE.sub(stated, found[0][2]) + text[stop:]
