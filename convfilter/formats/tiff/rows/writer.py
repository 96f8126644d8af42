"""Pages of strips or tiles, written one behind the other, each with its directory behind it."""

from __future__ import annotations

import struct
from typing import Any

from numpy.typing import NDArray

from convfilter.formats.declaring.rows import Sink
from convfilter.formats.exif.ifd import Layout
from convfilter.formats.tiff.rows.packing import Packing
from convfilter.formats.tiff.tags.laid_out import PageToWrite, Parts, directory_of

__all__ = ["Pages"]


class Pages:
    """Writes pages, each with as many rows as it has, in turn."""

    def __init__(
        self,
        sink: Sink,
        layout: Layout,
        pages: list[PageToWrite],
        tile: int | None,
        workers: int,
        notes: list[str],
    ) -> None:
        self._sink, self._layout, self._notes = sink, layout, notes
        self._pages, self._number = pages, 0
        self._tile, self._workers = tile, workers
        sink.put(layout.head)
        self._place = len(layout.head)
        self._link = layout.first
        """Where the offset of the next directory is to stand."""
        self._begin()

    def _begin(self) -> None:
        page = self._pages[self._number]
        self._packing = Packing(page.pixels, self._tile, self._layout.order, self._workers)
        self._offsets: list[int] = []
        self._lengths: list[int] = []
        self._left = len(page.pixels)

    def write(self, rows: NDArray[Any]) -> None:
        """Write further rows of a page."""
        self._left -= len(rows)
        for part in self._packing.take(rows):
            self._offsets.append(self._place)
            self._lengths.append(len(part))
            padded = len(part) % 2
            self._sink.put(part + bytes(padded) if padded else part)
            self._place += len(part) + padded
        if self._left == 0:
            self._end()

    def _end(self) -> None:
        """Write the directory of a page, and tell the one before where it is."""
        layout, count = self._layout, len(self._pages)
        numbers = (self._number, count) if count > 1 else None
        packing = self._packing
        parts = Parts(packing.side, packing.is_tiled, self._offsets, self._lengths)
        tree = directory_of(self._pages[self._number], parts, numbers, layout)
        directory = tree.packed(self._place, layout)
        self._sink.put(bytes(directory))
        self._sink.patch(self._link, struct.pack(layout.offset, self._place))
        self._link = self._place + layout.link(len(tree.entries) + len(tree.below))
        self._place += len(directory)
        self._number += 1
        if self._number < count:
            self._begin()

    def finish(self) -> list[str]:
        """Return notes; the last directory has been written with the last row."""
        return self._notes
