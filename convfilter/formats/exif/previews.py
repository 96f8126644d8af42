"""EXIF blocks without the small pictures in them, which show what the large one was.

They stand in directories of their own, in Photoshop's resources, in an XMP packet, and in makers'
notes, whose own structure only makers know: so JPEG streams are looked for byte by byte. Bytes
become zeros in their places, since notes count from the beginning of the block.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress

from convfilter.formats.exif.ifd import Directory, Source
from convfilter.formats.exif.resources import OF_PICTURES, resources
from convfilter.formats.segments import end_of_stream
from convfilter.picture.xmp import without_pictures as without_pictures_in_xmp

__all__ = ["without_pictures"]

_SUB_DIRECTORIES, _XMP, _RESOURCES = 0x014A, 0x02BC, 0x8649
_WHERE = ((0x0111, 0x0117), (0x0144, 0x0145), (0x0201, 0x0202))
"""Tags that say where pixels are and how many bytes they have: strips, tiles, a JPEG stream."""

_MOST_DIRECTORIES = 16


def without_pictures(exif: bytes) -> bytes:
    """Return a block without prefix in which no small picture is left.

    The directories that name one are no longer reached, and a picture that is the last thing in the
    block goes with its bytes. A block that cannot be understood is searched for JPEG streams alone.
    """
    changed = bytearray(exif)
    with suppress(EOFError, ValueError, struct.error):
        _clear_directories(Source(exif), changed)
    for start, stop in _streams(bytes(changed)):
        changed[start:stop] = bytes(stop - start)
    return bytes(changed)


def _clear_directories(source: Source, changed: bytearray) -> None:
    first = source.directory(source.first)
    spans: list[tuple[int, int]] = []
    reached = {first.place}
    if first.following:
        struct.pack_into(source.layout.offset, changed, first.link, 0)
        spans += _spans(source, first.following, first.following, reached)
    pointed = first.fields.get(_SUB_DIRECTORIES)
    for place in [int(number) for number in source.numbers(pointed, _MOST_DIRECTORIES)]:
        spans += _spans(source, place, first.place, reached)
    _clear_resources(source, first, changed)
    _clear_xmp(source, first, changed)
    if pointed is not None:
        _take_out(source, first, _SUB_DIRECTORIES, changed)
    for start, stop in sorted(set(spans), reverse=True):
        if stop == len(changed) == source.size:
            del changed[start:]
        elif stop <= len(changed):
            changed[start:stop] = bytes(stop - start)


def _spans(source: Source, place: int, behind: int, reached: set[int]) -> Iterator[tuple[int, int]]:
    """Yield where the pixels are of a directory, and of those that follow it; all lie `behind`."""
    while place and place not in reached and len(reached) < _MOST_DIRECTORIES:
        reached.add(place)
        try:
            directory = source.directory(place)
        except EOFError:  # a directory beyond the end names no picture
            return
        for start_tag, length_tag in _WHERE:
            starts = source.numbers(directory.fields.get(start_tag), 1 << 16)
            lengths = source.numbers(directory.fields.get(length_tag), 1 << 16)
            for start, length in zip(map(int, starts), map(int, lengths), strict=False):
                if behind < start and length > 0 and start + length <= source.size:
                    yield start, start + length
        place = directory.following or 0


def _take_out(source: Source, directory: Directory, tag: int, changed: bytearray) -> None:
    """Take an entry out of a directory; those behind it move up, their values stay."""
    layout = source.layout
    width, head = struct.calcsize(layout.entry), struct.calcsize(layout.number)
    (count,) = struct.unpack_from(layout.number, changed, directory.place)
    start = directory.place + head
    stop = directory.link + struct.calcsize(layout.offset)
    rows = [bytes(changed[at : at + width]) for at in range(start, start + count * width, width)]
    kept = [row for row in rows if struct.unpack_from(f"{layout.order}H", row)[0] != tag]
    struct.pack_into(layout.number, changed, directory.place, len(kept))
    rest = b"".join(kept) + bytes(changed[directory.link : stop])
    changed[start:stop] = rest.ljust(stop - start, b"\0")


def _clear_resources(source: Source, directory: Directory, changed: bytearray) -> None:
    field = directory.fields.get(_RESOURCES)
    if field is None or not source.holds(field):
        return
    for each in resources(bytes(changed[: field.place + field.length]), field.place):
        if each.number in OF_PICTURES:
            changed[each.start : each.stop] = bytes(each.stop - each.start)


def _clear_xmp(source: Source, directory: Directory, changed: bytearray) -> None:
    field = directory.fields.get(_XMP)
    if field is None or not source.holds(field):
        return
    start, stop = field.place, field.place + field.length
    packet = bytes(changed[start:stop])
    clean = without_pictures_in_xmp(packet)
    if clean != packet:
        changed[start:stop] = clean.ljust(field.length, b" ")


def _streams(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where JPEG streams begin and end; some makers spoil the first byte of theirs."""
    at = 0
    while (found := data.find(b"\xd8\xff", at)) >= 0:
        stop = end_of_stream(data, found + 1)
        if stop is None:
            at = found + 2
        else:
            yield max(0, found - 1), stop
            at = stop
