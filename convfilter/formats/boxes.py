"""Boxes, which AVIF and HEIC files are made of: which pictures there are, and what is said of them.

Boxes are those of ISO/IEC 14496-12, items and their properties those of ISO/IEC 23008-12 (HEIF).
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from convfilter.errors import listed, shown
from convfilter.picture.image import CICP

__all__ = ["COLOURS", "OF_PICTURES", "Box", "Items", "Property", "boxes", "named", "unknown_boxes"]

COLOURS = b"\0\0\0\x13colrnclx"
"""The beginning of a box that tells the colours by numbers, of primaries, curve and matrix."""

_SRGB = {(1, 13), (1, 2), (2, 13), (2, 2)}
"""Primaries and curves, by their numbers (ITU-T H.273), that stand for sRGB, or for nothing."""

_MOST_ITEMS = 1 << 16
_MOST_NAMES = 8
_LONGEST_NAME = 100
"""Bytes of a property that say what an auxiliary picture is."""

_IN_FILE, _IN_IDAT = 0, 1
"""Where the pieces of an item lie: in the file, or in a box beside what is said of items."""

_ALPHA = (b"alpha", b"urn:mpeg:hevc:2015:auxid:1\0")
"""What names of auxiliary pictures contain that are alpha."""

_PICTURES = (b"av01", b"grid", b"iden", b"iovl", b"tmap", b"hvc1", b"j2k1", b"jpeg", b"unci")


OF_PICTURES = (b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"idat", b"pdin", b"mfra")
"""Boxes of AVIF and HEIC files that lay out pictures, or say nothing."""


class Box(NamedTuple):
    """A box of a kind, four letters; `content` stands behind them."""

    kind: bytes
    content: memoryview


class Property(NamedTuple):
    """A box that says something of an item, and whether readers must understand it."""

    kind: bytes
    content: memoryview
    essential: bool = False


def boxes(data: memoryview) -> Iterator[Box]:
    """Yield the boxes in some bytes, as far as they are whole."""
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1 and at + 16 <= len(data):
            (length,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        elif length == 0:  # up to the end
            length = len(data) - at
        if not head <= length <= len(data) - at:
            return
        yield Box(kind, data[at + head : at + length])
        at += length


def unknown_boxes(data: bytes, known: Collection[bytes]) -> list[str]:
    """Return a line that names the boxes of a file that are of none of these kinds."""
    kinds = (bytes(box.kind) for box in boxes(memoryview(data)) if box.content.nbytes)
    names = named([kind for kind in kinds if kind not in known])
    return [f"boxes that are not known here were left out: {names}"] if names else []


def named(kinds: Iterable[bytes]) -> str:
    """Return the names of kinds in words, each once and not more than a line holds."""
    names = [shown(kind.decode("latin-1")) for kind in dict.fromkeys(kinds)]
    others = ["others"] if len(names) > _MOST_NAMES else []
    return listed([*names[:_MOST_NAMES], *others])


@dataclass
class Items:
    """What a file says of its items.

    Attributes
    ----------
    primary : the number of the item that is the picture
    kinds : the kind of each item, by its number
    references : kinds of references, from which item, and to which ones
    made_of : what an item that is put together is made of, in its order
    properties : of each item
    content_types : of an item of kind "mime", what it is
    encoded : items of kind "mime" that are compressed
    pieces : of an item, the first byte and the length of each piece, None up to the end
    in_idat : items whose pieces lie in `idat`, not in the file
    idat : the bytes that stand beside what is said of items
    """

    primary: int | None = None
    kinds: dict[int, bytes] = field(default_factory=dict)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    made_of: dict[int, list[int]] = field(default_factory=dict)
    properties: dict[int, list[Property]] = field(default_factory=dict)
    content_types: dict[int, bytes] = field(default_factory=dict)
    encoded: set[int] = field(default_factory=set)
    pieces: dict[int, list[tuple[int, int | None]]] = field(default_factory=dict)
    in_idat: set[int] = field(default_factory=set)
    idat: memoryview = field(default_factory=lambda: memoryview(b""))

    @classmethod
    def of(cls, data: bytes) -> Items:
        """Read them from a file; what cannot be read is left out."""
        items = cls()
        with suppress(struct.error, IndexError, StopIteration):
            meta = next(box for box in boxes(memoryview(data)) if box.kind == b"meta")
            for kind, content in boxes(meta.content[4:]):
                if kind == b"pitm":
                    (items.primary,) = struct.unpack_from(">I" if content[0] else ">H", content, 4)
                elif kind == b"iinf":
                    items._take_kinds(content)
                elif kind == b"iref":
                    items._take_references(content)
                elif kind == b"iprp":
                    items._take_properties(content)
                elif kind == b"iloc":
                    items._take_places(content)
                elif kind == b"idat":
                    items.idat = content
        return items

    def _take_kinds(self, content: memoryview) -> None:
        for entry in boxes(content[8 if content[0] else 6 :]):
            version, data = entry.content[0], entry.content
            if entry.kind == b"infe" and version >= 2:
                form = ">HH4s" if version == 2 else ">IH4s"
                number, _, kind = struct.unpack_from(form, data, 4)
                self.kinds[number] = kind
                if kind == b"mime":
                    words = bytes(data[4 + struct.calcsize(form) :]).split(b"\0")
                    self.content_types[number] = words[1] if len(words) > 1 else b""
                    if len(words) > 2 and words[2]:
                        self.encoded.add(number)

    def _take_places(self, data: memoryview) -> None:
        """Take where the pieces of items lie (ISO/IEC 14496-12, 8.11.3)."""
        version = data[0]
        of_place, of_length, of_base, of_index = (
            *divmod(data[4], 16),
            *divmod(data[5], 16),
        )
        at = 6

        def number(width: int) -> int:
            nonlocal at
            at += width
            if at > len(data):
                raise IndexError("the table of places is cut off")
            return int.from_bytes(data[at - width : at], "big")

        wide = 4 if version > 1 else 2
        for _ in range(min(number(wide), _MOST_ITEMS)):
            item = number(wide)
            method = number(2) & 15 if version else _IN_FILE
            source = number(2)
            base = number(of_base)
            pieces: list[tuple[int, int | None]] = []
            count = number(2)
            if count > 1 and not (of_place or of_length):
                raise IndexError("pieces that take no place")
            for _ in range(count):
                number(of_index if version else 0)
                place, length = base + number(of_place), number(of_length)
                pieces.append((place, length if of_length else None))
            if source == 0 and method in (_IN_FILE, _IN_IDAT):
                self.pieces[item] = pieces
            if method == _IN_IDAT:
                self.in_idat.add(item)

    def content(self, number: int, file: bytes) -> bytes:
        """Return the bytes of an item; raises ValueError if they are not all there."""
        data = self.idat if number in self.in_idat else memoryview(file)
        parts = []
        left = len(file)
        for place, stated in self.pieces.get(number, ()):
            length = max(len(data) - place, 0) if stated is None else stated
            left -= length
            if place + length > len(data) or left < 0:
                raise ValueError("an item that lies beyond the end")
            parts.append(data[place : place + length])
        content = b"".join(parts)
        if not content:
            raise ValueError("an item that is not there")
        return content

    def _take_references(self, content: memoryview) -> None:
        letter = "I" if content[0] else "H"
        width = struct.calcsize(letter)
        for kind, data in boxes(content[4:]):
            source, count = struct.unpack_from(f">{letter}H", data)
            targets = struct.unpack_from(f">{count}{letter}", data, width + 2)
            self.references.append((kind, source, targets))
            if kind == b"dimg":
                self.made_of.setdefault(source, []).extend(targets)

    def _take_properties(self, content: memoryview) -> None:
        known: list[Box] = []
        for kind, data in boxes(content):
            if kind == b"ipco":
                known = list(boxes(data))
            elif kind == b"ipma":
                self._associate(data, known)

    def _associate(self, data: memoryview, known: list[Box]) -> None:
        letter, is_wide = "I" if data[0] else "H", data[3] & 1
        (count,) = struct.unpack_from(">I", data, 4)
        at = 8
        essential = 0x8000 if is_wide else 0x80
        mask = essential - 1
        for _ in range(min(count, _MOST_ITEMS)):
            number, entries = struct.unpack_from(f">{letter}B", data, at)
            at += struct.calcsize(f">{letter}B")
            indices = struct.unpack_from(f">{entries}{'H' if is_wide else 'B'}", data, at)
            at += entries * (2 if is_wide else 1)
            own = self.properties.setdefault(number, [])
            own += [
                Property(each.kind, each.content, bool(index & essential))
                for index in indices
                for each in known[max((index & mask) - 1, 0) : index & mask]
            ]

    def of_primary(self, kind: bytes) -> list[memoryview]:
        """Return the properties of a kind that the picture has."""
        own = self.properties.get(self.primary or 0, [])
        return [box.content for box in own if box.kind == kind]

    def colours(self, data: bytes) -> tuple[tuple[bytes, bytes], ...]:
        """Return what the file says of its colours by numbers, as PNG says it, if not sRGB.

        Where it says it twice, the primary item counts; of frames, what is said first.
        """
        said = [bytes(box[4:]) for box in self.of_primary(b"colr") if bytes(box[:4]) == b"nclx"]
        at = data.find(COLOURS)
        if not said and self.primary is None and at >= 0:
            said = [data[at + len(COLOURS) : at + len(COLOURS) + 4]]
        if not said or len(said[0]) < 4:
            return ()
        primaries, curve = struct.unpack_from(">HH", said[0])
        if (primaries, curve) in _SRGB or max(primaries, curve) > 255:
            return ()
        # pixels are RGB, of the full range
        return ((CICP, bytes((primaries, curve, 0, 1))),)

    def further(self) -> list[str]:
        """Return what pictures there are besides this one, its parts, alpha, and small ones."""
        small = [
            source
            for kind, source, _ in self.references
            if kind == b"thmb" or (kind == b"auxl" and self._is_alpha(source))
        ]
        known = self.with_parts([*small, *([] if self.primary is None else [self.primary])])
        maps = [number for number, kind in self.kinds.items() if kind == b"tmap"]
        known |= self.with_parts(maps)
        others = {
            number
            for number, kind in self.kinds.items()
            if kind in _PICTURES and number not in known
        }
        parts = (part for number in others for part in self.made_of.get(number, ()))
        count = len(others - self.with_parts(parts).keys())
        found = ["a gain map"] if maps else []
        if count:
            found.append(f"{count} further {'picture' if count == 1 else 'pictures'}")
        return found

    @property
    def alpha(self) -> int | None:
        """The item that is the alpha of the picture, if it has some."""
        for kind, source, targets in self.references:
            is_beside = source != self.primary and self.primary in targets
            if kind == b"auxl" and is_beside and self._is_alpha(source):
                return source
        return None

    def with_parts(self, numbers: Iterable[int]) -> dict[int, None]:
        """Return items with all that they are made of, each once, as the keys."""
        found = dict.fromkeys(numbers)
        waiting = list(found)
        for number in waiting:
            new = [part for part in self.made_of.get(number, ()) if part not in found]
            found |= dict.fromkeys(new)
            waiting += dict.fromkeys(new)
        return found

    def _is_alpha(self, number: int) -> bool:
        return any(
            box.kind == b"auxC"
            and any(name in bytes(box.content[:_LONGEST_NAME]) for name in _ALPHA)
            for box in self.properties.get(number, ())
        )
