"""PNG read row by row: a thread inflates ahead, and whoever asks for rows undoes their filters."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convfilter.formats.declaring.rows import OnlyWholeError, blank_pixels
from convfilter.formats.png.beside import Ancillary
from convfilter.formats.png.chunks import LARGEST_CONTENT, PngError, chunks
from convfilter.formats.png.reader import PIECE, Header, inflated, with_alpha
from convfilter.picture.image import Image
from convfilter.runtime import memory
from convfilter.runtime.compiled import loop

__all__ = ["Rows", "beside"]

_AHEAD = 16
"""Pieces that are inflated before anybody has asked for them."""


def beside(file: BinaryIO) -> Ancillary:
    """Return what stands beside the pixels, which are passed over.

    Raises
    ------
    OnlyWholeError
        The file is damaged; what can be made of it nevertheless, the whole shows.
    """
    ancillary = Ancillary()
    try:
        for chunk in chunks(file):
            if chunk.kind == b"IDAT":
                continue
            if chunk.is_critical:
                chunk.content(LARGEST_CONTENT)
            else:
                ancillary.take(chunk)
        ancillary.take_rest(file)
    except PngError as error:
        raise OnlyWholeError(f"is damaged ({error}), and is read as a whole") from error
    return ancillary


class Rows:
    """The rows of a file that is neither interlaced nor animated; `about` is all about it."""

    in_order = True

    def __init__(self, file: BinaryIO, header: Header, transparent: bytes, about: Image) -> None:
        self._header = header
        self._transparent = b"" if header.has_alpha else transparent
        row = self._pixels(np.zeros((1, header.width * header.step), np.uint8))
        self.image = about.with_pixels(
            blank_pixels((header.height, *row.shape[1:]), row.dtype),
            alpha=header.has_alpha or bool(self._transparent),
        )
        self._row_bytes = header.width * header.step
        self._loop = loop("formats.png.loops.unfilter_rows")
        self._above = np.zeros(self._row_bytes, np.uint8)
        self._at_once = max(1, PIECE // (self._row_bytes + 1))
        self._given = np.empty(0, np.uint8)
        self._next = 0
        self._ahead = _Ahead(inflated(_pixel_data(file)))
        self.held = (_AHEAD + 2) * PIECE + 4 * self._row_bytes * self._at_once

    def read(self, first: int, last: int) -> NDArray[Any]:
        """Return rows; the last ones are given out when all of the file proved to be right."""
        while self._next < first:
            count = min(self._at_once, first - self._next)
            self._unfiltered(np.empty((count, self._row_bytes), np.uint8))
        out = memory.empty((last - first, self._row_bytes), np.uint8)
        for start in range(0, len(out), self._at_once):
            self._unfiltered(out[start : start + self._at_once])
        if last == self._header.height:
            while self._ahead.get() is not None:
                pass  # behind the last row, nothing counts but that it is not damaged
        return self._pixels(out)

    def _unfiltered(self, out: NDArray[np.uint8]) -> None:
        rows = np.empty((len(out), self._row_bytes + 1), np.uint8)
        room = rows.reshape(-1)
        while room.size:
            if not self._given.size:
                data = self._ahead.get()
                if data is None:
                    raise PngError("the file is truncated")
                self._given = np.frombuffer(data, np.uint8)
            count = min(room.size, self._given.size)
            room[:count] = self._given[:count]
            room, self._given = room[count:], self._given[count:]
        if self._loop(self._above, rows, self._header.step, out):
            raise PngError("a row with an unknown filter")
        self._above = out[-1].copy()
        self._next += len(out)

    def _pixels(self, rows: NDArray[np.uint8]) -> NDArray[Any]:
        header = self._header
        samples = rows.view(">u2").astype(np.uint16) if header.depth == 16 else rows
        pixels = samples.reshape(len(rows), header.width, header.channels)
        if self._transparent:
            return with_alpha(pixels, self._transparent)
        return pixels[..., 0] if header.channels == 1 else pixels

    def close(self) -> None:
        """End the thread that inflates."""
        self._ahead.close()


def _pixel_data(file: BinaryIO) -> Iterator[bytes]:
    """Yield the compressed pixels in pieces, up to the end of the file."""
    for chunk in chunks(file):
        if chunk.kind == b"IDAT":
            yield from chunk.pieces()


class _Ahead:
    """Pieces that a thread makes ahead of whoever takes them."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._waiting: SimpleQueue[bytes | Exception | None] = SimpleQueue()
        self._room = threading.Semaphore(_AHEAD)
        self._is_closed = self._has_ended = False
        self._thread: threading.Thread | None = None

    def _work(self) -> None:
        last: Exception | None = None
        try:
            for piece in self._pieces:
                self._room.acquire()
                if self._is_closed:
                    break
                self._waiting.put(piece)
        except Exception as error:  # noqa: BLE001 - raised where the pieces are taken
            last = error
        self._waiting.put(last)

    def get(self) -> bytes | None:
        """Return the next piece, None behind the last; raises what the making raised."""
        if self._has_ended:
            return None
        if self._thread is None:
            name = "convfilter-inflating"
            self._thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._thread.start()
        piece = self._waiting.get()
        if isinstance(piece, bytes):
            self._room.release()
            return piece
        self._has_ended = True
        if piece is not None:
            raise piece
        return None

    def close(self) -> None:
        """Make no more pieces, and wait until nobody does."""
        self._is_closed = True
        if self._thread is not None:
            self._room.release()
            self._thread.join()
