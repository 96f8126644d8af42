"""Files of items, which AVIF and HEIC are, put together anew (ISO/IEC 23008-12)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from convfilter.formats.boxes import Items, Property

__all__ = ["AVIF", "HEIC", "Item", "file_of", "with_metadata"]

AVIF = b"avif" + bytes(4) + b"avifmif1miaf"
HEIC = b"heic" + bytes(4) + b"heicmif1"
"""What begins a file: its brands."""

_HANDLER = bytes(8) + b"pict" + bytes(13)
_OF_XMP = b"application/rdf+xml\0"
_MOST_OF_A_BYTE = 127


class Item(NamedTuple):
    """An item of a file; `more` stands behind its name."""

    kind: bytes
    content: bytes
    properties: Sequence[Property] = ()
    more: bytes = b""


Reference = tuple[bytes, int, tuple[int, ...]]
"""A kind, from which item, and to which ones."""


def with_metadata(
    file: bytes, profile: bytes | None, exif: bytes | None, xmp: bytes | None
) -> bytes:
    """Return an AVIF file with the picture of `file`, and its alpha, and what is given beside.

    imagecodecs encodes AVIF of more than 8 bits, and takes no metadata.

    Raises
    ------
    ValueError
        The file holds no picture.
    """
    told = Items.of(file)
    if told.primary is None or told.primary not in told.kinds:
        raise ValueError("no picture")
    items = {
        number: Item(kind, told.content(number, file), told.properties.get(number, ()))
        for number, kind in sorted(told.kinds.items())
    }
    if profile:
        described = Property(b"colr", memoryview(b"prof" + profile))
        picture = items[told.primary]
        items[told.primary] = picture._replace(properties=[*picture.properties, described])
    references = list(told.references)
    for kind, more, block in ((b"Exif", b"", exif), (b"mime", _OF_XMP, xmp)):
        if block:
            number = max(items) + 1
            # an EXIF block begins with how many bytes stand before it
            items[number] = Item(kind, bytes(4) * (kind == b"Exif") + block, more=more)
            references.append((b"cdsc", number, (told.primary,)))
    return file_of(AVIF, told.primary, items, references)


def file_of(
    brands: bytes, primary: int, items: Mapping[int, Item], references: Sequence[Reference]
) -> bytes:
    """Return a file of items, of which `primary` is the picture; numbers go up to 65535."""
    start = _box(b"ftyp", brands)

    def meta(first: int) -> bytes:
        return _box(
            b"meta",
            bytes(4),
            _box(b"hdlr", _HANDLER),
            _box(b"pitm", struct.pack(">IH", 0, primary)),
            _places(items, first),
            _table(items),
            _references(references),
            _box(b"iprp", *_properties(items)),
        )

    first = len(start) + len(meta(0)) + 8
    contents = (item.content for item in items.values())
    return b"".join([start, meta(first), _box(b"mdat", *contents)])


def _places(items: Mapping[int, Item], first: int) -> bytes:
    """Return where each item lies, in 4 bytes for places and lengths, one behind the other."""
    parts = [struct.pack(">IBBH", 0, 0x44, 0, len(items))]
    for number, item in items.items():
        parts.append(struct.pack(">HHHII", number, 0, 1, first, len(item.content)))
        first += len(item.content)
    return _box(b"iloc", *parts)


def _table(items: Mapping[int, Item]) -> bytes:
    made = [
        _box(b"infe", struct.pack(">IHH4s", 2 << 24, number, 0, item.kind), b"\0", item.more)
        for number, item in items.items()
    ]
    return _box(b"iinf", struct.pack(">IH", 0, len(made)), *made)


def _references(references: Sequence[Reference]) -> bytes:
    if not references:
        return b""
    made = [
        _box(kind, struct.pack(f">HH{len(targets)}H", source, len(targets), *targets))
        for kind, source, targets in references
    ]
    return _box(b"iref", bytes(4), *made)


def _properties(items: Mapping[int, Item]) -> list[bytes]:
    """Return the box of all properties, and that which says of which item each is."""
    made: dict[bytes, int] = {}
    for item in items.values():
        for kind, content, _ in item.properties:
            made.setdefault(_box(kind, bytes(content)), len(made) + 1)
    is_wide = len(made) > _MOST_OF_A_BYTE
    letter, essential = ("H", 0x8000) if is_wide else ("B", 0x80)
    associations = [struct.pack(">II", int(is_wide), len(items))]
    for number, item in items.items():
        indices = [
            made[_box(kind, bytes(content))] | essential * must
            for kind, content, must in item.properties
        ]
        form = f">HB{len(indices)}{letter}"
        associations.append(struct.pack(form, number, len(indices), *indices))
    return [_box(b"ipco", *made), _box(b"ipma", *associations)]


def _box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), kind) + content
