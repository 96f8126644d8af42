"""A picture with reduced copies of it, laid out as Cloud Optimized GeoTIFF has it (cogeo.org).

All directories stand first, that of the whole picture before those of ever smaller copies. The
tiles follow, those of the smallest copy first: so a viewer finds what it shows first at the
beginning of the file. All tiles wait in files aside until the last row is there.
"""

from __future__ import annotations

import os
import struct
from typing import Any, BinaryIO

from numpy.typing import NDArray

from convfilter.formats.declaring.rows import Groups, Halved, Sink, Storing, blank_pixels
from convfilter.formats.exif.ifd import Layout, Order, Tree
from convfilter.formats.tiff.rows.packing import SIDE, Packing
from convfilter.formats.tiff.tags.laid_out import PageToWrite, Parts, directory_of
from convfilter.picture.image import Metadata

__all__ = ["Pyramid", "copies_of"]

_PIECE = 1 << 20
_ROWS_AT_ONCE = 64
"""Rows that are halved at once: an even number."""


class Pyramid:
    """Writes a picture and its copies, each half as large, until one tile holds the last."""

    def __init__(
        self,
        sink: Sink,
        layout: Layout,
        page: PageToWrite,
        storing: Storing,
        workers: int,
        notes: list[str],
    ) -> None:
        assert storing.halved is not None
        self._sink, self._layout, self._notes = sink, layout, notes
        order = layout.order
        tile = storing.tile or SIDE
        self._levels = [
            _Level(sink, each, tile, order, workers, storing.halved)
            for each in (page, *copies_of(page, tile))
        ]

    def write(self, rows: NDArray[Any]) -> None:
        """Write further rows."""
        self._write(0, rows)

    def _write(self, number: int, rows: NDArray[Any]) -> None:
        level = self._levels[number]
        level.write(rows)
        if number + 1 < len(self._levels):
            for group in level.groups.take(rows):
                self._write(number + 1, level.halved(group))

    def finish(self) -> list[str]:
        """Put directories and tiles together, and return notes."""
        try:
            self._sink.put(self._layout.head, *self._directories())
            for level in reversed(self._levels):
                level.copy(self._sink)
        finally:
            for level in self._levels:
                level.close()
        return self._notes

    def _directories(self) -> list[bytes]:
        """Return the directories, which stand behind the head, with the places of all tiles.

        Their lengths do not depend on places, so these are known after a first time.
        """
        layout, levels = self._layout, self._levels
        starts = [0] * len(levels)
        packed: list[bytearray] = []
        for _ in range(2):
            packed, place = [], len(layout.head)
            for number, level in enumerate(levels):
                tree = level.tree(starts[number], layout)
                directory = tree.packed(place, layout)
                place += len(directory)
                if number + 1 < len(levels):
                    link = layout.link(len(tree.entries) + len(tree.below))
                    struct.pack_into(layout.offset, directory, link, place)
                packed.append(directory)
            for number in reversed(range(len(levels))):
                starts[number] = place
                place += levels[number].length
        return [bytes(each) for each in packed]


class _Level:
    """The picture or a copy of it, whose tiles wait in a file aside."""

    def __init__(
        self,
        sink: Sink,
        page: PageToWrite,
        tile: int,
        order: Order,
        workers: int,
        halved: Halved,
    ) -> None:
        self.page, self.halved = page, halved
        self.groups = Groups(_ROWS_AT_ONCE, len(page.pixels))
        self._packing = Packing(page.pixels, tile, order, workers)
        self._file: BinaryIO = sink.aside()
        self._lengths: list[int] = []
        self._places: list[int] = []
        self.length = 0

    def write(self, rows: NDArray[Any]) -> None:
        """Pack further rows."""
        for part in self._packing.take(rows):
            padded = part + bytes(len(part) % 2)
            self._places.append(self.length)
            self._lengths.append(len(part))
            self._file.write(padded)
            self.length += len(padded)

    def tree(self, start: int, layout: Layout) -> Tree:
        """Return the directory, for tiles that begin at a place."""
        offsets = [start + place for place in self._places]
        parts = Parts(self._packing.side, True, offsets, self._lengths)
        return directory_of(self.page, parts, None, layout)

    def copy(self, sink: Sink) -> None:
        """Write the tiles to where they belong."""
        self._file.seek(0, os.SEEK_SET)
        while piece := self._file.read(_PIECE):
            sink.put(piece)

    def close(self) -> None:
        """Let go of the file aside."""
        self._file.close()


def copies_of(page: PageToWrite, tile: int) -> list[PageToWrite]:
    """Return the copies of a page, from the largest on."""
    copies = []
    height, width, *channels = page.pixels.shape
    while max(height, width) > tile:
        height, width = -(-height // 2), -(-width // 2)
        blank = blank_pixels((height, width, *channels), page.pixels.dtype)
        copies.append(PageToWrite(blank, Metadata(), Tree(()), page.alpha, is_reduced=True))
    return copies
