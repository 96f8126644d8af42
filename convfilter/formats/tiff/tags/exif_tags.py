"""EXIF in TIFF files, where its tags stand among those that lay out the pixels.

JPEG, PNG and WebP hold EXIF as a block of its own, which is a TIFF file without a picture. Tags
that describe the picture are copied from one to the other, byte by byte. Those that lay out a file
are not, nor profile, XMP and resolution, which `Metadata` holds separately.
"""

from __future__ import annotations

import struct
from contextlib import suppress

from convfilter.formats.exif.ifd import SHORT, Entry, Layout, Order, Pointers, Source, Tree
from convfilter.formats.exif.previews import without_pictures

__all__ = ["DESCRIPTIVE", "block_of", "tree_of"]

_DESCRIPTION, _ORIENTATION = 270, 274
DESCRIPTIVE = frozenset(
    {
        269,  # DocumentName
        _DESCRIPTION,
        271,  # Make
        272,  # Model
        _ORIENTATION,
        285,  # PageName
        305,  # Software
        306,  # DateTime
        315,  # Artist
        316,  # HostComputer
        18246,  # Rating
        18249,  # RatingPercent
        33432,  # Copyright
        33723,  # IPTC
        *range(40091, 40096),  # title, comment, author, keywords, subject, as Windows has them
    }
)
"""Tags of a page's own directory that describe the picture."""

_BELOW: Pointers = {34665: {40965: {}}, 34853: {}}
"""The directories of Exif, with that of interoperability in it, and of GPS."""

_LAYING_OUT = (b'{"shape"', b"ImageJ=", b"SCANIMAGE")
_OME = b"<OME"
"""A description that begins with one of the first, or contains this, is about the file's layout."""

_LONGEST = 1 << 20
"""The most bytes of a block: more than cameras write."""


def block_of(source: Source, place: int) -> bytes | None:
    """Return the EXIF block of a page whose directory is at this place, without small pictures.

    Its orientation, if it states one, is 1. None if the page says nothing, or more than 1 MiB.
    """
    try:
        tree = _upright(Tree.of(source, place, _BELOW, _LONGEST, DESCRIPTIVE), source.layout.order)
    except (EOFError, ValueError):
        return None
    entries = tuple(entry for entry in tree.entries if not _lays_out(entry))
    if not tree.below and all(entry.tag == _ORIENTATION for entry in entries):
        return None
    layout = Layout(source.layout.order)
    block = bytes(layout.head + Tree(entries, tree.below).packed(len(layout.head), layout))
    return without_pictures(block)


def tree_of(exif: bytes) -> tuple[Order, Tree] | None:
    """Return the byte order of an EXIF block, and its tags that go into a page's directory.

    The orientation, if it is stated, is 1. None for a block that cannot be read or is too long.
    """
    with suppress(EOFError, ValueError):
        source = Source(exif)
        order = source.layout.order
        tree = Tree.of(source, source.first, _BELOW, _LONGEST, DESCRIPTIVE)
        return order, _upright(tree, order)
    return None


def _lays_out(entry: Entry) -> bool:
    """Tell whether this describes the layout of its file, which is not that of another file."""
    told = entry.tag == _DESCRIPTION
    return told and (entry.data.startswith(_LAYING_OUT) or _OME in entry.data)


def _upright(tree: Tree, order: Order) -> Tree:
    one = Entry(_ORIENTATION, SHORT, struct.pack(f"{order}H", 1))
    entries = (one if entry.tag == _ORIENTATION else entry for entry in tree.entries)
    return Tree(tuple(entries), tree.below)
