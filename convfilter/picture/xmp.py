"""XMP packets (ISO 16684-1) that fit a picture which has been filtered and stands alone.

A packet may hold small pictures of what the large one was, and announce further pictures of its
file: gain maps, depth maps, videos, the rest of itself. Both are cut out; every other byte stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

__all__ = ["is_picture", "without_pictures"]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_THUMBNAIL = "http://ns.adobe.com/xap/1.0/g/img/"
_ANNOUNCING = (
    "http://ns.adobe.com/hdr-gain-map/",
    "http://ns.apple.com/HDRGainMap/",
    "http://ns.apple.com/pixeldatainfo/",
    "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/1.0/depthmap/",
    "http://ns.google.com/photos/1.0/image/",
    "http://ns.google.com/photos/1.0/audio/",
    "http://ns.google.com/photos/1.0/focus/",
    "http://ns.google.com/photos/dd/",
    "http://ns.adobe.com/xmp/note/ HasExtendedXMP",
    "http://ns.google.com/photos/1.0/camera/ Motion",
    "http://ns.google.com/photos/1.0/camera/ MicroVideo",
)
"""How names begin, behind their namespace and a space, that speak of what is not in the picture."""

_RAW_PICTURE = re.compile(rb"(?:/9j/|iVBORw0KGgo)(?:[\w+/=\s]|&#x?[\da-fA-F]+;){100,}")
_PICTURE = re.compile(r"\s*(?:data:image/|/9j/|iVBORw0KGgo|R0lGOD|UklGR|SUkqA|TU0AK)")
_SHORTEST = 64
"""Characters of a picture in base64."""

_BEGINNING = 256
"""Characters of an element's text that are looked at."""

_WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
"""Encodings other than UTF-8, by the bytes that a packet begins with."""

_TAG = re.compile(rb"<[^\s>/]+((?:\s+[^\s=>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*/?>")
_ATTRIBUTE = re.compile(rb"\s+([^\s=>]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")


def without_pictures(packet: bytes) -> bytes:
    """Return a packet without the pictures in it and without what it announces of others."""
    text = packet
    encoding = next((name for start, name in _WIDE.items() if packet.startswith(start)), "")
    if encoding:
        try:
            text = packet.decode(encoding).encode()
        except UnicodeError:
            return packet
    try:
        spans = _Walk(text).spans
    except (expat.ExpatError, ValueError):  # nothing but the text itself can be trusted
        return _RAW_PICTURE.sub(b"", packet)
    if not spans:
        return packet
    kept, last = [], 0
    for start, stop in sorted(spans):
        if start >= last:
            kept.append(text[last:start])
        last = max(last, stop)
    result = b"".join([*kept, text[last:]])
    return result.decode().encode(encoding) if encoding else result


def is_picture(text: str) -> bool:
    """Tell whether a text is a picture in base64: JPEG, PNG, GIF, WebP or TIFF."""
    return len(text) >= _SHORTEST and _PICTURE.match(text) is not None


class _Frame:
    """An element that is open: where it begins, and whether it shall go."""

    __slots__ = ("beginning", "goes", "name", "start")

    def __init__(self, name: str, start: int) -> None:
        self.name, self.start = name, start
        self.goes = False
        self.beginning = ""

    @property
    def is_property(self) -> bool:
        return not self.name.startswith((_RDF, "adobe:ns:meta/"))


class _Walk:
    """A walk along a packet of UTF-8; `spans` are what has to be cut out of it."""

    def __init__(self, packet: bytes) -> None:
        self.spans: list[tuple[int, int]] = []
        self._packet = packet
        self._open: list[_Frame] = []
        parser: Any = expat.ParserCreate("utf-8", " ")
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse
        self._place: Callable[[], int] = lambda: parser.CurrentByteIndex
        parser.Parse(packet.rstrip(b"\0"), True)

    def _refuse(self, *_: object) -> None:
        raise ValueError("a packet has no document type")

    def _start(self, name: str, attributes: list[str]) -> None:
        place = self._place()
        frame = _Frame(name, place)
        frame.goes = name.startswith(_ANNOUNCING)
        self._open.append(frame)
        if name.startswith(_THUMBNAIL):
            self._holds_picture()
        pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
        if any(self._is_cut(*pair) for pair in pairs):
            self._cut_attributes(place, pairs)

    def _is_cut(self, name: str, value: str) -> bool:
        return name.startswith((*_ANNOUNCING, _THUMBNAIL)) or is_picture(value)

    def _cut_attributes(self, place: int, pairs: list[tuple[str, str]]) -> None:
        if any(name.startswith(_THUMBNAIL) or is_picture(value) for name, value in pairs):
            self._holds_picture()
        tag = self._tag(place)
        stated = [
            each
            for each in _ATTRIBUTE.finditer(self._packet, tag.start(1), tag.end(1))
            if each[1] != b"xmlns" and not each[1].startswith(b"xmlns:")
        ]
        for each, pair in zip(stated, pairs, strict=True):
            if self._is_cut(*pair):
                self.spans.append(each.span())

    def _holds_picture(self) -> None:
        """Have the property go that holds the element at hand."""
        properties = [frame for frame in self._open if frame.is_property]
        named = [frame for frame in properties if frame.name.endswith(" Thumbnails")]
        for frame in named[-1:] or properties[:1]:
            frame.goes = True

    def _text(self, text: str) -> None:
        frame = self._open[-1]
        if len(frame.beginning) < _BEGINNING:
            frame.beginning = (frame.beginning + text[:_BEGINNING]).lstrip()

    def _end(self, name: str) -> None:
        if is_picture(self._open[-1].beginning):
            self._holds_picture()
        frame = self._open.pop()
        if frame.goes:
            tag = self._tag(frame.start)
            is_empty = tag[0].endswith(b"/>")
            stop = tag.end() if is_empty else self._packet.index(b">", self._place()) + 1
            self.spans.append((frame.start, stop))

    def _tag(self, place: int) -> re.Match[bytes]:
        """Return the tag at a place, with what it states."""
        tag = _TAG.match(self._packet, place)
        if tag is None:
            raise ValueError("an element that cannot be understood")
        return tag
