"""Long strips that are inflated row by row, in order."""

from __future__ import annotations

from typing import Any

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from convfilter.formats.tiff.strips import Parts, bytes_of_row
from convfilter.runtime import memory

__all__ = ["Inflated"]

_PIECE = 1 << 18
"""Bytes of a file that are inflated at a time."""


class Inflated:
    """The samples of a page whose strips are long, from its first row on."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._planes = [_Plane(parts, plane) for plane in range(parts.planes)]
        self._next = 0
        self.held = len(self._planes) * (4 * _PIECE + 2 * bytes_of_row(parts.storage))

    def samples(self, first: int, last: int) -> NDArray[Any]:
        """Return the samples (rows, W, S) of rows, which come behind those asked for before."""
        step = max(_PIECE // bytes_of_row(self._parts.storage), 1)
        while self._next < first:
            count = min(step, first - self._next)
            self._taken(count)
            self._next += count
        self._next = last
        return self._taken(last - first)

    def _taken(self, count: int) -> NDArray[Any]:
        storage = self._parts.storage
        shape = len(self._planes), count, storage.size[0], self._parts.samples_of_plane
        pixels = memory.empty(shape, self._parts.dtype)
        for plane, target in zip(self._planes, pixels, strict=True):
            plane.fill(target)
        return np.moveaxis(pixels[..., 0], 0, -1) if storage.apart else pixels[0]


class _Plane:
    """Samples that are stored together, strip after strip."""

    def __init__(self, parts: Parts, plane: int) -> None:
        self._parts = parts
        self._strip = plane * parts.down - 1
        self._left = 0
        self._row = bytes_of_row(parts.storage)

    def fill(self, target: NDArray[Any]) -> None:
        """Put the next rows into an array (rows, W, S)."""
        done = 0
        while done < len(target):
            if not self._left:
                self._next_strip()
            count = min(self._left, len(target) - done)
            data = self._inflated(count * self._row)
            self._parts.place(data, count, target[done : done + count])
            done += count
            self._left -= count

    def _next_strip(self) -> None:
        self._strip += 1
        height, high = self._parts.storage.size[1], self._parts.storage.part_size[1]
        self._left = min(high, height - self._strip % self._parts.down * high)
        self._at, self._end = self._parts.span(self._strip)
        self._inflate = isal_zlib.decompressobj()
        self._given = b""

    def _inflated(self, count: int) -> bytes:
        pieces = []
        while count:
            # something may come of bytes that were given before
            data = self._inflate.decompress(self._given, count)
            self._given = self._inflate.unconsumed_tail
            pieces.append(data)
            count -= len(data)
            if not data and not self._given:
                self._given = self._parts.packed(self._at, min(_PIECE, self._end - self._at))
                self._at += len(self._given)
                if self._inflate.eof or not self._given:
                    raise EOFError("the file is truncated")
        return b"".join(pieces)
