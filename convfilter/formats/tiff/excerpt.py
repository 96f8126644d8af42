"""A page of a TIFF file in a file of its own.

libtiff goes along the whole chain of directories for each page that it is asked for, so that files
of many pages would take time with the square of their number.
"""

from __future__ import annotations

import io
import struct
from bisect import bisect_right

from convfilter.formats.exif.ifd import (
    LONG,
    LONG8,
    ONLY_BIG,
    Directory,
    Entry,
    Field,
    Layout,
    Source,
    Tree,
)

__all__ = ["excerpt_of"]

_COMPRESSION, _PLAIN, _OLD_JPEG = 259, 1, 6
_STRIPS, _TILES = (273, 279), (324, 325)
_BELOW = frozenset({330, 400, 34665, 34853, 40965})
"""Tags that point to further directories, which are not copied."""


def excerpt_of(source: Source, page: Directory, longest: int) -> io.BytesIO | None:
    """Return a file of this page alone, in the byte order of the one that it is from.

    It is a BigTIFF as well, except for those that Pillow does not know, with the first byte of
    numbers first.

    None for a page that is better read where it is: if its pixels are not compressed, so that
    libtiff is not needed, or hold further offsets, as JPEG of the old kind does; if it states where
    its pixels are in an unusual way; and if pixels are longer than `longest` bytes, or values
    longer than the file, or either lies beyond its end.
    """
    fields = page.fields
    if source.whole(fields.get(_COMPRESSION)) in (None, _PLAIN, _OLD_JPEG):
        return None
    if not all(map(source.holds, fields.values())):
        return None
    if sum(field.length for field in fields.values()) > source.size:
        return None
    tags = [pair for pair in (_STRIPS, _TILES) if pair[0] in fields]
    if len(tags) != 1 or fields[tags[0][0]].length > longest:
        return None
    offsets, lengths = (source.wholes(fields.get(tag)) for tag in tags[0])
    if not offsets or len(offsets) != len(lengths) or min(*offsets, *lengths) <= 0:
        return None
    spans = _spans(offsets, lengths)
    if spans[-1][1] > source.size or sum(stop - start for start, stop in spans) > longest:
        return None
    return _file(source, fields, tags[0][0], offsets, lengths, spans)


def _spans(offsets: list[int], lengths: list[int]) -> list[tuple[int, int]]:
    """Return where the parts begin and end, in order; parts that touch or overlap are joined."""
    spans: list[tuple[int, int]] = []
    for start, length in sorted(zip(offsets, lengths, strict=True)):
        stop = start + length
        if spans and start <= spans[-1][1]:
            start, last = spans.pop()
            stop = max(stop, last)
        spans.append((start, stop))
    return spans


def _file(
    source: Source,
    fields: dict[int, Field],
    tag: int,
    offsets: list[int],
    lengths: list[int],
    spans: list[tuple[int, int]],
) -> io.BytesIO:
    """Return a file of head, spans and directory, whose field `tag` says where the parts are."""
    layout = Layout(source.layout.order, source.layout.big and source.layout.order == "<")
    file = io.BytesIO()
    file.write(layout.head)
    places = []
    for start, stop in spans:
        places.append(file.tell())
        file.write(source.part(start, stop - start))
    file.write(bytes(file.tell() % 2))

    starts = [start for start, _ in spans]
    moved = []
    for offset in offsets:
        number = bisect_right(starts, offset) - 1
        moved.append(places[number] + offset - starts[number])
    kind, letter = (LONG8, "Q") if layout.big else (LONG, "I")
    of_lengths = dict((_STRIPS, _TILES))[tag]
    entries = [
        Entry(which, kind, struct.pack(f"{layout.order}{len(numbers)}{letter}", *numbers))
        for which, numbers in ((tag, moved), (of_lengths, lengths))
    ]
    entries += [
        Entry(field.tag, field.kind, source.part(field.place, field.length))
        for field in fields.values()
        if field.tag not in (tag, of_lengths, *_BELOW)
        and (layout.big or field.kind not in ONLY_BIG)
    ]
    place = file.tell()
    file.write(Tree(tuple(entries)).packed(place, layout))
    file.seek(layout.first)
    file.write(struct.pack(layout.offset, place))
    file.seek(0)
    return file
