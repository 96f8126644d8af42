"""The rows of a TIFF page: rows of strips or tiles, unpacked as they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.formats.declaring.rows import OnlyWholeError, blank_pixels
from convfilter.formats.exif.ifd import Source
from convfilter.formats.tiff.rows.inflating import Inflated
from convfilter.formats.tiff.storage import DEFLATE, NOT_PACKED, Storage
from convfilter.formats.tiff.strips import Parts, bytes_of_row, dtype_of
from convfilter.picture.image import Image

__all__ = ["Rows", "check_rows"]

_AT_ONCE = 1 << 20
"""Bytes of a strip that is not packed and is read in pieces."""

_LARGE = 1 << 23
"""Bytes of a strip that is inflated bit by bit, so that its rows have to be asked for in order."""

Picture = Callable[[NDArray[Any]], NDArray[Any]]
"""Makes pixels of samples (rows, W, S)."""


def check_rows(storage: Storage, orientation: int, *, has_nodata: bool) -> None:
    """Refuse pages of which a row depends on the others.

    Raises
    ------
    OnlyWholeError
    """
    if storage.is_for_pillow:
        raise OnlyWholeError(
            "is TIFF with JPEG or fax, which is read as a whole: save with deflate"
        )
    if orientation != 1:
        raise OnlyWholeError(
            "is stored turned or mirrored, and is read as a whole: save it upright"
        )
    if storage.kind != "f" and storage.depth > 16 and (storage.kind == "i" or has_nodata):
        raise OnlyWholeError(
            f"has whole numbers of {storage.depth} bits, of which all decide how they fit into 16:"
            " it is read as a whole; save it with 16 bits or as 32-bit float"
        )


class Rows:
    """The rows of a page; `picture` makes pixels of its samples, `image` is all about it."""

    def __init__(self, storage: Storage, source: Source, picture: Picture, about: Image) -> None:
        storage = _in_pieces(storage)
        parts = Parts(storage, source)
        width, height = storage.size
        row = picture(np.zeros((1, width, storage.samples), dtype_of(storage)))
        blank = blank_pixels((height, *row.shape[1:]), row.dtype)
        self.image = about.with_pixels(blank, alpha=about.alpha)
        self._picture, self._parts, self._high = picture, parts, storage.part_size[1]
        self._inflated: Inflated | None = None
        self.held = 2 * parts.bytes_held
        self.in_order = False
        is_large = bytes_of_row(storage) * self._high > _LARGE
        is_plain = not (storage.is_tiled or storage.is_subsampled)
        if is_large and is_plain and storage.compression in DEFLATE:
            self._inflated = Inflated(parts)
            self.in_order, self.held = True, self._inflated.held
        self._first, self._rest = 0, row[:0]
        """Rows that have been unpacked and were not asked for yet, from `_first` on."""

    def read(self, first: int, last: int) -> NDArray[Any]:
        """Return rows."""
        if self._inflated is not None:
            return self._picture(self._inflated.samples(first, last))
        found = []
        rest, start = self._rest, first - self._first
        if 0 <= start < len(rest):
            found.append(rest[start : start + last - first])
            first += len(found[0])
        if first < last:
            found.append(self._unpacked(first, last))
        return found[0].copy() if len(found) == 1 else np.concatenate(found)

    def _unpacked(self, first: int, last: int) -> NDArray[Any]:
        """Return rows that have to be unpacked, and keep what comes of their last parts besides."""
        high = self._high
        above, below = first // high, -(-last // high)
        pixels = self._picture(self._parts.samples(above, below))
        top = above * high
        if top + len(pixels) > last:
            start = max((below - 1) * high, top)
            self._first, self._rest = start, pixels[start - top :].copy()
        else:
            self._rest = pixels[:0].copy()
        return pixels[first - top : last - top]

    def close(self) -> None:
        """Let go of the rows that were not asked for."""
        self._rest, self._inflated = self._rest[:0].copy(), None


def _in_pieces(storage: Storage) -> Storage:
    """Return the same page with shorter strips, where they are long and can be read in pieces."""
    wide, high = storage.part_size
    row = bytes_of_row(storage)
    if storage.compression != NOT_PACKED or storage.is_tiled or storage.is_subsampled:
        return storage
    if high * row <= _AT_ONCE or high < 2:
        return storage
    most = max(_AT_ONCE // row, 1)
    height = storage.size[1]
    if high < height:  # shorter strips have to end where these do
        most = next(rows for rows in range(min(most, high), 0, -1) if high % rows == 0)
    strips = -(-height // high)
    offsets = [
        offset + number * most * row
        for place, offset in enumerate(storage.offsets)
        for number in range(-(-min(high, height - place % strips * high) // most))
    ]
    return storage._replace(part_size=(wide, most), offsets=offsets, lengths=[])
