"""How far the pixels of a page lie apart, and how pages make a stack, as tags of others tell it.

ImageJ's description (ij.io.TiffEncoder and Opener), OME-XML (schema 2016-06), and GeoTIFF's scale
(OGC GeoTIFF 1.1, B.6). What TIFF itself says per inch or centimetre is no business of this.
"""

from __future__ import annotations

import html
import json
import math
import re
import struct
from collections.abc import Mapping
from typing import NamedTuple

from convfilter.formats.tiff.tags.descriptions import attributes_of_pixels
from convfilter.picture.image import Stack
from convfilter.picture.spacing import Spacing

__all__ = ["Resolution", "spacing_of", "stack_of"]

_LINE = re.compile(rb"^(\w+)=(.*?)\s*$", re.MULTILINE)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_NO_LENGTH = ("", "pixel", "pixels", "reference frame")

_SCALE, _KEYS = 33550, 34735
_DOUBLE, _SHORT = 12, 3
_MODEL, _LENGTHS = 1024, 3076
_PROJECTED, _GEOGRAPHIC = 1, 2
_LINEAR = {9001: "m", 9002: "ft"}
"""Units by their numbers in the EPSG data set; a US survey foot is another one."""


class Resolution(NamedTuple):
    """Pixels a unit along a row and along a column, as the tags have it, and the unit's number."""

    across: float
    down: float
    unit: int


def spacing_of(
    description: bytes,
    entries: Mapping[int, tuple[int, bytes]],
    order: str,
    resolution: Resolution | None,
) -> Spacing | None:
    """Return the spacing that a page states by its description or its place on the earth.

    `entries` are the kind and the bytes of tags, by their number.
    """
    if description.startswith(b"ImageJ="):
        return _of_imagej(description, resolution)
    if b"<OME" in description:
        return _of_ome(description)
    return _of_earth(entries, order)


def stack_of(description: bytes, count: int) -> Stack | None:
    """Return how so many pages make a stack, if the description of the first one tells."""
    if description.startswith(b"ImageJ="):
        said = _lines(description)
        lengths = {
            letter: _whole(said.get(name, b"1"))
            for letter, name in (("T", b"frames"), ("Z", b"slices"), ("C", b"channels"))
        }
    elif b"<OME" in description:
        values = attributes_of_pixels(description)
        if values is None:
            return None
        order = values.get(b"DimensionOrder", b"").decode("latin-1")
        if sorted(order) != sorted("XYZCT"):
            return None
        lengths = {each: _whole(values.get(b"Size" + each.encode())) for each in order[:1:-1]}
        if math.prod(lengths.values()) != count:  # channels may be samples of pixels
            lengths.pop("C")
    else:
        lengths = _of_tifffile(description)
    lengths = {letter: length for letter, length in lengths.items() if length != 1}
    if count == 1 or math.prod(lengths.values()) != count:
        return None
    return Stack("".join(lengths) + "YX", tuple(lengths.values()))


def _of_tifffile(description: bytes) -> dict[str, int]:
    """Return the axes of tifffile's own description that are no part of a page."""
    try:
        said = json.loads(description.rstrip(b"\0"))
        axes, shape = said["axes"], said["shape"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    if not isinstance(axes, str) or not isinstance(shape, list) or len(axes) != len(shape):
        return {}
    pairs = [(letter, length) for letter, length in zip(axes, shape, strict=True)]
    lengths = {letter: length for letter, length in pairs if letter not in "YXS"}
    are_fine = all(type(length) is int and length > 0 for length in lengths.values())
    letters = "".join(lengths)
    are_fine &= letters.isascii() and letters.isalpha() and letters == letters.upper()
    # samples of pixels, and channels, are the same
    is_single = len(set(axes)) == len(axes) and not {"S", "C"} <= set(axes)
    return lengths if are_fine and is_single and {"Y", "X"} <= set(axes) else {}


def _of_imagej(description: bytes, resolution: Resolution | None) -> Spacing | None:
    unit = _text(_lines(description).get(b"unit", b""))
    if resolution is None or unit in _NO_LENGTH:
        return None
    across, down, number = resolution
    if number == 3 and unit in ("um", "µm", "micron"):
        unit = "cm"  # as ImageJ's Opener has it
    return Spacing.of_resolution(across, down, unit)


def _of_ome(description: bytes) -> Spacing | None:
    values = attributes_of_pixels(description)
    if values is None:
        return None
    rows, columns = (_text(values.get(name, b"")) for name in (b"PhysicalSizeY", b"PhysicalSizeX"))
    unit, other = (
        _text(values.get(name, "µm".encode()))
        for name in (b"PhysicalSizeYUnit", b"PhysicalSizeXUnit")
    )
    return Spacing.of(rows, columns, unit) if unit == other and unit not in _NO_LENGTH else None


def _of_earth(entries: Mapping[int, tuple[int, bytes]], order: str) -> Spacing | None:
    kind, data = entries.get(_SCALE, (0, b""))
    unit = _unit_on_earth(*entries.get(_KEYS, (0, b"")), order)
    if kind != _DOUBLE or len(data) != 24 or unit is None:
        return None
    across, down, _ = struct.unpack(f"{order}3d", data)
    return Spacing.of(repr(down), repr(across), unit)


def _unit_on_earth(kind: int, data: bytes, order: str) -> str | None:
    """Return the unit that the directory of keys states."""
    if kind != _SHORT:
        return None
    numbers = struct.unpack(f"{order}{len(data) // 2}H", data[: len(data) // 2 * 2])
    keys = dict(zip(numbers[4::4], numbers[7::4], strict=False))
    if keys.get(_MODEL) == _GEOGRAPHIC:
        return "degrees"
    return _LINEAR.get(keys.get(_LENGTHS, 0)) if keys.get(_MODEL) == _PROJECTED else None


def _lines(description: bytes) -> dict[bytes, bytes]:
    return dict(_LINE.findall(description))


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return html.unescape(text).strip()


def _whole(data: bytes | None) -> int:
    return int(data) if data and data.isdigit() and len(data) < 10 else 0
