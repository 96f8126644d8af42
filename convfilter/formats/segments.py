"""Segments, which JPEG files are made of, and what lies in them or behind the picture unread.

Markers are those of ITU-T T.81, annex B; pictures behind the first are those of CIPA DC-007 (MPO),
of gain maps (ISO 21496-1), and whatever phones append.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from convfilter.errors import listed
from convfilter.formats.behind import behind

__all__ = ["COMMENT", "PHOTOSHOP", "Segment", "comments", "end_of_stream", "extended_xmp",
           "left_out", "segments"]  # fmt: skip

_MARKER = re.compile(rb"\xff[\xc0-\xfe]")
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START, _END = b"\xff\xd8\xff", b"\xff\xd9"
_START_OF_SCAN, _APPLICATION, COMMENT = 0xDA, range(0xE0, 0xF0), 0xFE
PHOTOSHOP = b"Photoshop 3.0\0"
_LARGEST_EXTENDED = 1 << 26

_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_GAIN_MAPS = (b"http://ns.adobe.com/hdr-gain-map/", b"urn:iso:std:iso:ts:21496", b"HDRGainMap")

_READ = (
    *(b"JFIF\0", b"JFXX\0", b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0", _EXTENDED_XMP),
    *(b"ICC_PROFILE\0", b"MPF\0", b"Adobe", b"urn:iso:std:iso:ts:21496", PHOTOSHOP),
)
"""How segments of applications begin that are read, or named in words of their own."""


class Segment(NamedTuple):
    """A segment with its marker's second byte; `place` is that of the marker."""

    marker: int
    place: int
    content: bytes


def segments(data: bytes, at: int = 2) -> Iterator[Segment]:
    """Yield the segments from a place on, up to the one that the first scan begins with."""
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker < 0xC0 or length < 2:
            return
        yield Segment(marker, at, data[at + 4 : at + 2 + length])
        if marker == _START_OF_SCAN:
            return
        at += 2 + length


def end_of_stream(data: bytes, at: int) -> int | None:
    """Return the end of a picture whose first segment is at a place; None if it is none."""
    has_frame = False
    for segment in segments(data, at):
        has_frame = has_frame or segment.marker in _FRAME_HEADERS
        if segment.marker == _START_OF_SCAN:
            return _end_of_scans(data, segment.place) if has_frame else None
    return None


def _end_of_scans(data: bytes, at: int) -> int:
    """Return where the picture ends whose scan begins at a place: behind its last marker."""
    while (found := _MARKER.search(data, at)) is not None:
        marker = data[found.start() + 1]
        at = found.end()
        if marker == _END[1]:
            return at
        if not 0xD0 <= marker <= 0xD8:
            at += int.from_bytes(data[at : at + 2], "big")
    return len(data)


def comments(found: Iterable[Segment]) -> list[bytes]:
    """Return the comments among the segments of a file."""
    return [each.content.rstrip(b"\0") for each in found if each.marker == COMMENT]


def extended_xmp(found: Iterable[Segment]) -> bytes | None:
    """Return what stands of an XMP packet beyond its first segment; None if nothing does.

    Nothing is returned of a part that is damaged: b"".
    """
    parts = [each.content for each in found if each.content.startswith(_EXTENDED_XMP)]
    if not parts:
        return None
    import hashlib  # which loads much

    head = len(_EXTENDED_XMP) + 40  # a name of 32 letters, the whole length, a place in it
    name = parts[0][len(_EXTENDED_XMP) : head - 8]
    length = int.from_bytes(parts[0][head - 8 : head - 4], "big")
    by_place = {
        int.from_bytes(part[head - 4 : head], "big"): part[head:]
        for part in parts
        if part[len(_EXTENDED_XMP) : head - 8] == name
    }
    whole = b"".join(by_place[place] for place in sorted(by_place))
    is_whole = len(whole) == length <= _LARGEST_EXTENDED
    digest = hashlib.md5(whole, usedforsecurity=False).hexdigest().upper().encode()
    return whole if is_whole and digest == name else b""


def left_out(data: bytes) -> tuple[str, ...]:
    """Return a line for each thing in a file that is not read."""
    lines, others, announced, scan = [], [], False, len(data)
    for segment in segments(data):
        content = segment.content
        if segment.marker == _START_OF_SCAN:
            scan = segment.place
        elif segment.marker in _APPLICATION:
            announced = announced or any(mark in content for mark in _GAIN_MAPS)
            if not content.startswith(_READ):
                others.append(_name(segment))
    if others:
        lines.append(f"segments that are not known here: {listed(dict.fromkeys(others))}: left out")
    return tuple(dict.fromkeys(lines + _behind(data, scan, announced)))


def _name(segment: Segment) -> str:
    word = re.match(rb"[ -~]{2,32}", segment.content)
    told = f" ({word[0].decode().strip()})" if word else ""
    return f"APP{segment.marker - _APPLICATION.start}{told}"


def _has_pair(data: bytes, at: int) -> bool:
    """Tell whether the marker that begins a picture stands behind a place.

    Bytes of a picture never come to it. NumPy looks at all pairs ten times as fast as `bytes.find`.
    """
    marker = int.from_bytes(_START[:2], "little")
    for first in (at, at + 1):
        count = max(0, len(data) - first) // 2
        if count and (np.frombuffer(data, "<u2", count, first) == marker).any():
            return True
    return False


def _behind(data: bytes, scan: int, announced: bool) -> list[str]:
    """Return lines about what stands behind the picture; a gain map may be `announced`."""
    if data.endswith(_END) and not (_has_pair(data, scan) and _START in data[scan:]):
        return []  # nearly always; to go along all of it takes longer
    rest = data[_end_of_scans(data, scan) :]
    count, others, at = 0, [], 0
    while (found := rest.find(_START, at)) >= 0:
        stop = end_of_stream(rest, found + 2)
        if stop is None:
            break
        others.append(rest[at:found])
        count, at = count + 1, stop
    others.append(rest[at:])
    lines = []
    if count and announced:
        lines.append("a gain map for brighter screens: left out")
        count -= 1
    if count:
        pictures = "picture" if count == 1 else "pictures"
        lines.append(f"{count} further {pictures} behind the first: left out")
    return lines + [line for part in others for line in behind(part)]
