"""An AVIF file put together anew, with metadata beside its picture (ISO/IEC 23008-12).

imagecodecs encodes AVIF of more than 8 bits, and takes no metadata.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from convfilter.formats.boxes import Box, Items

__all__ = ["with_metadata"]

_ESSENTIAL = (b"av1C",)
"""Properties without which a reader must not show an item."""

_HANDLER = bytes(8) + b"pict" + bytes(13)
_KIND = b"avif" + bytes(4) + b"avifmif1miaf"
_OF_XMP = b"application/rdf+xml\0"


def with_metadata(
    file: bytes, profile: bytes | None, exif: bytes | None, xmp: bytes | None
) -> bytes:
    """Return a file with the picture of `file`, and with its alpha, and what is given beside.

    Raises
    ------
    ValueError
        The file holds no picture in one piece.
    """
    items = Items.of(file)
    pictures = {number: items.content(number, file) for number in sorted(items.kinds)}
    if items.primary is None or items.primary not in pictures:
        raise ValueError("no picture")
    properties = {number: list(items.properties.get(number, ())) for number in pictures}
    if profile:
        properties[items.primary].append(Box(b"colr", memoryview(b"prof" + profile)))
    entries = [(number, items.kinds[number], b"") for number in pictures]
    references = list(items.references)
    contents = dict(pictures)
    for kind, more, block in ((b"Exif", b"", exif), (b"mime", _OF_XMP, xmp)):
        if block:
            number = max(contents) + 1
            entries.append((number, kind, more))
            references.append((b"cdsc", number, (items.primary,)))
            # an EXIF block begins with how many bytes stand before it
            contents[number] = bytes(4) * (kind == b"Exif") + block
    start = _box(b"ftyp", _KIND)
    lengths = [len(content) for content in contents.values()]

    def meta(first: int) -> bytes:
        return _box(
            b"meta",
            bytes(4),
            _box(b"hdlr", _HANDLER),
            _box(b"pitm", struct.pack(">IH", 0, items.primary or 0)),
            _places([*contents], lengths, first),
            _table(entries),
            _references(references),
            _box(b"iprp", *_properties(properties)),
        )

    first = len(start) + len(meta(0)) + 8
    return b"".join([start, meta(first), _box(b"mdat", *contents.values())])


def _places(numbers: Sequence[int], lengths: Sequence[int], first: int) -> bytes:
    """Return where each item lies, in 4 bytes for places and lengths, one behind the other."""
    parts = [struct.pack(">IBBH", 0, 0x44, 0, len(numbers))]
    for number, length in zip(numbers, lengths, strict=True):
        parts.append(struct.pack(">HHHII", number, 0, 1, first, length))
        first += length
    return _box(b"iloc", *parts)


def _table(entries: Sequence[tuple[int, bytes, bytes]]) -> bytes:
    made = [
        _box(b"infe", struct.pack(">IHH4s", 2 << 24, number, 0, kind), b"\0", more)
        for number, kind, more in entries
    ]
    return _box(b"iinf", struct.pack(">IH", 0, len(made)), *made)


def _references(references: Sequence[tuple[bytes, int, tuple[int, ...]]]) -> bytes:
    if not references:
        return b""
    made = [
        _box(kind, struct.pack(f">HH{len(targets)}H", source, len(targets), *targets))
        for kind, source, targets in references
    ]
    return _box(b"iref", bytes(4), *made)


def _properties(properties: dict[int, list[Box]]) -> list[bytes]:
    """Return the box of all properties, and that which says of which item each is."""
    all_of_them: list[bytes] = []
    associations = [struct.pack(">II", 0, len(properties))]
    for number, boxes in properties.items():
        indices = []
        for kind, content in boxes:
            made = _box(kind, bytes(content))
            if made not in all_of_them:
                all_of_them.append(made)
            indices.append(all_of_them.index(made) + 1 | (0x80 if kind in _ESSENTIAL else 0))
        associations.append(struct.pack(">HB", number, len(indices)) + bytes(indices))
    return [_box(b"ipco", *all_of_them), _box(b"ipma", *associations)]


def _box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), kind) + content
