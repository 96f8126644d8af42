"""Where camera raw keeps its EXIF: among tags of TIFF, in boxes (CR3), or in a preview (RAF)."""

from __future__ import annotations

from contextlib import suppress

from convfilter.formats.boxes import boxes
from convfilter.formats.exif.block import PREFIX
from convfilter.formats.exif.ifd import Layout, Source, Tree
from convfilter.formats.segments import segments
from convfilter.formats.tiff.tags.exif_tags import DESCRIPTIVE, block_of

__all__ = ["exif_of"]

_OWN_MARKS = {b"IIRO": b"II*\0", b"IIRS": b"II*\0", b"MMOR": b"MM\0*", b"IIU\0": b"II*\0"}
"""How files of Olympus and Panasonic begin that are TIFF otherwise."""

_FUJI = b"FUJIFILMCCD-RAW"
_PREVIEW_AT = 84
"""Where in a file of Fuji's the place and the length of its preview stand."""

_APP1 = 0xE1
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
"""The name of the box that Canon keeps metadata in."""

_EXIF, _GPS = 34665, 34853
_LONGEST = 1 << 20


def exif_of(data: bytes) -> bytes | None:
    """Return the EXIF block of a file, None where none is found."""
    with suppress(EOFError, ValueError):
        if data.startswith(_FUJI):
            return _of_preview(data)
        if data[4:8] == b"ftyp":
            return _of_boxes(data)
        source = Source(_OWN_MARKS.get(data[:4], data[:4]) + data[4:])
        return block_of(source, source.first)
    return None


def _of_preview(data: bytes) -> bytes | None:
    place, length = (int.from_bytes(data[at : at + 4], "big") for at in (_PREVIEW_AT, 88))
    for segment in segments(data[place : place + length]):
        if segment.marker == _APP1 and segment.content.startswith(PREFIX):
            return segment.content
    return None


def _of_boxes(data: bytes) -> bytes | None:
    """Return one block of the several that Canon keeps: the first tags, those of Exif, of GPS."""
    found = {}
    for kind, content in boxes(memoryview(data)):
        if kind == b"moov":
            for inner, uuid in boxes(content):
                if inner == b"uuid" and bytes(uuid[:16]) == _CANON:
                    found = {name: bytes(block) for name, block in boxes(uuid[16:])}
    first = Source(found.get(b"CMT1", b""))
    tree = Tree.of(first, first.first, {}, _LONGEST, DESCRIPTIVE)
    for name, tag in ((b"CMT2", _EXIF), (b"CMT4", _GPS)):
        with suppress(EOFError, ValueError):
            source = Source(found.get(name, b""))
            if source.layout == first.layout:
                tree.below[tag] = Tree.of(source, source.first, {}, _LONGEST)
    layout = Layout(first.layout.order)
    return bytes(layout.head + tree.packed(len(layout.head), layout))
