"""Photoshop's resources, IPTC among them (Photoshop File Formats, Adobe 2019)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["MARK", "OF_PICTURES", "Resource", "of_iptc", "resources", "without_pictures"]

MARK = b"8BIM"
OF_PICTURES = (1033, 1036)
"""Numbers of the resources that hold a small picture."""

_IPTC, _EXIF = 1028, (1058, 1059)


class Resource(NamedTuple):
    """A resource of a number; `start` and `stop` are those of its content."""

    number: int
    place: int
    start: int
    stop: int
    end: int


def resources(data: bytes, at: int = 0) -> Iterator[Resource]:
    """Yield the resources that stand one behind the other from a place on, as far as they do."""
    while at + 12 <= len(data) and data[at : at + 4] == MARK:
        place = at
        (number,) = struct.unpack_from(">H", data, at + 4)
        name = 1 + data[at + 6]
        at += 6 + name + name % 2
        if at + 4 > len(data):
            return
        (length,) = struct.unpack_from(">I", data, at)
        start = at + 4
        at = start + length + length % 2
        yield Resource(number, place, start, min(start + length, len(data)), min(at, len(data)))


def without_pictures(data: bytes) -> bytes:
    """Return resources without those that hold a small picture, or EXIF, which may hold one.

    EXIF stands in a place of its own in every file.
    """
    gone = [each for each in resources(data) if each.number in (*OF_PICTURES, *_EXIF)]
    for each in reversed(gone):
        data = data[: each.place] + data[each.end :]
    return data


def of_iptc(data: bytes) -> bytes:
    """Return the resource that holds these records of IPTC."""
    return MARK + struct.pack(">HHI", _IPTC, 0, len(data)) + data + bytes(len(data) % 2)
