"""Decode the pixels of PNG: inflate piece by piece, undo the row filters in a compiled loop.

The format is that of the PNG specification, third edition. What is read here is 8 and 16 bits of
grey, grey with alpha, RGB and RGBA, interlaced or not; Pillow reads the others.
"""

from __future__ import annotations

import struct
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np
from isal import igzip_lib
from numpy.typing import NDArray

from convfilter.formats.png.beside import Ancillary
from convfilter.formats.png.chunks import LARGEST_CONTENT, PngError, chunks
from convfilter.runtime import memory
from convfilter.runtime.compiled import loop

__all__ = ["PIECE", "Contents", "Header", "decode", "inflated", "with_alpha"]

_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}

PIECE = 1 << 18
"""Bytes inflated at a time: few enough for the processor's cache."""

_SMALLEST_SHARED = 1 << 21
"""From so many bytes of pixels on, one thread undoes filters while another inflates."""

# Adam7: for each pass its first column and row, and the steps from one to the next
_ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)),
    (0, 1, 1, 2),
)


_ISAL_ERROR = cast("type[Exception]", igzip_lib.error)


class Header(NamedTuple):
    """What the first chunk of a file says."""

    width: int
    height: int
    depth: int
    colour_type: int
    interlaced: bool

    @classmethod
    def of(cls, file: BinaryIO) -> Header | None:
        """Return the header of a file whose pixels can be read here, else None."""
        file.seek(0)
        head = file.read(33)
        if len(head) < 33 or head[8:16] != b"\0\0\0\x0dIHDR":
            return None
        width, height, depth, colour, method, filters, interlace = struct.unpack(
            ">IIBBBBB", head[16:29]
        )
        known = colour in _CHANNELS and depth in (8, 16) and method == filters == 0
        if not known or interlace > 1 or not 0 < width < 2**31 or not 0 < height < 2**31:
            return None
        return cls(width, height, depth, colour, interlace == 1)

    @property
    def channels(self) -> int:
        """Samples of a pixel."""
        return _CHANNELS[self.colour_type]

    @property
    def step(self) -> int:
        """Bytes of a pixel."""
        return self.channels * self.depth // 8

    @property
    def has_alpha(self) -> bool:
        """Whether the last sample of a pixel is alpha."""
        return self.colour_type in (4, 6)

    @property
    def dtype(self) -> str:
        """The dtype of the pixels."""
        return "uint16" if self.depth == 16 else "uint8"

    @property
    def is_deep_colour(self) -> bool:
        """Whether Pillow would reduce the values to 8 bits."""
        return self.depth == 16 and self.channels > 1


class Contents(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    pixels : ndarray
        uint8 or uint16, (H, W) or (H, W, C), writable.
    alpha : bool
        Whether the last channel is alpha.
    ancillary : Ancillary
        What stands beside the pixels.
    """

    pixels: NDArray[Any]
    alpha: bool
    ancillary: Ancillary


class _Walk:
    """A walk along a file, once: yields the compressed pixels, and collects the other chunks."""

    def __init__(self, file: BinaryIO) -> None:
        self.ancillary = Ancillary()
        self._file = file

    def pixel_data(self) -> Iterator[bytes]:
        """Yield the compressed pixels in pieces, and read the file to its end."""
        for chunk in chunks(self._file):
            if chunk.kind == b"IDAT":
                yield from chunk.pieces()
            elif chunk.is_critical:
                chunk.content(LARGEST_CONTENT)
            else:
                self.ancillary.take(chunk)
        self.ancillary.take_rest(self._file)


class _Rows:
    """Undoes the row filters of inflated bytes, and puts the pixels in place, pass by pass."""

    def __init__(self, passes: Sequence[NDArray[np.uint8]], step: int) -> None:
        self._loop = loop("formats.png.loops.unfilter_rows")
        self._passes = iter(passes)
        self._step = step
        self._next_pass()

    def _next_pass(self) -> None:
        self._out = next(self._passes, None)
        if self._out is not None:
            rows, length = self._out.shape
            self._above = np.zeros(length, np.uint8)
            self._first = 0
            self._waiting = np.empty((min(rows, max(1, PIECE // (length + 1))), length + 1), "u1")
            self._filled = 0

    @property
    def complete(self) -> bool:
        """Whether all rows are there."""
        return self._out is None

    def take(self, data: bytes) -> None:
        """Take the next inflated bytes; what comes after the last row is ignored."""
        source = np.frombuffer(data, np.uint8)
        while source.size and self._out is not None:
            rows = min(len(self._waiting), len(self._out) - self._first)
            waiting = self._waiting[:rows]
            room = waiting.reshape(-1)[self._filled :]
            count = min(source.size, room.size)
            room[:count] = source[:count]
            source = source[count:]
            self._filled += count
            if self._filled == waiting.size:
                self._unfilter(waiting)

    def _unfilter(self, waiting: NDArray[np.uint8]) -> None:
        assert self._out is not None
        last = self._first + len(waiting)
        out = self._out[self._first : last]
        if self._loop(self._above, waiting, self._step, out):
            raise PngError("a row with an unknown filter")
        self._above, self._first, self._filled = out[-1], last, 0
        if last == len(self._out):
            self._next_pass()


def decode(file: BinaryIO, header: Header) -> Contents:
    """Return what a file with this header holds.

    Raises
    ------
    PngError
        For every defect.
    """
    walk = _Walk(file)
    pixels = _pixels(walk, header)
    alpha = header.has_alpha
    transparent = walk.ancillary.transparent
    if transparent and not alpha:
        pixels, alpha = with_alpha(pixels, transparent), True
    if pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    return Contents(pixels, alpha, walk.ancillary)


def _pixels(walk: _Walk, header: Header) -> NDArray[Any]:
    """Return the pixels, (H, W, C)."""
    shape = header.height, header.width, header.step
    if header.height * header.width * header.step > sys.maxsize:
        raise MemoryError
    out = memory.empty(shape, np.uint8)
    steps = _ADAM7 if header.interlaced else ((0, 0, 1, 1),)
    places = [out[y::down, x::across] for x, y, across, down in steps]
    places = [place for place in places if place.size]
    passes = [np.empty(place.shape, np.uint8) if header.interlaced else place for place in places]
    rows = _Rows([part.reshape(len(part), -1) for part in passes], header.step)
    pieces = inflated(walk.pixel_data())
    if out.nbytes < _SMALLEST_SHARED:
        for data in pieces:
            rows.take(data)
    else:
        _take_in_a_thread(rows, pieces)
    if not rows.complete:
        raise PngError("the file is truncated")
    if header.interlaced:
        for place, part in zip(places, passes, strict=True):
            place[:] = part
    samples = out.view(">u2").astype(np.uint16) if header.depth == 16 else out
    return samples.reshape(header.height, header.width, header.channels)


def inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what compressed pieces stand for, in pieces of up to 256 KiB.

    Raises
    ------
    PngError
    """
    inflate = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_ZLIB)
    try:
        for piece in pieces:
            given = piece
            while not inflate.eof:
                data = inflate.decompress(given, PIECE)
                given = b""
                if data:
                    yield data
                if inflate.needs_input:
                    break
    except (_ISAL_ERROR, EOFError) as error:
        raise PngError(f"the compressed data is broken: {error}") from error
    if not inflate.eof:
        raise PngError("the file is truncated")


def _take_in_a_thread(rows: _Rows, inflated: Iterator[bytes]) -> None:
    """Undo the filters in another thread while this one inflates."""
    from queue import SimpleQueue

    waiting: SimpleQueue[bytes | None] = SimpleQueue()
    room = threading.Semaphore(8)
    failed: list[Exception] = []

    def work() -> None:
        while (data := waiting.get()) is not None:
            if not failed:
                try:
                    rows.take(data)
                except Exception as error:  # noqa: BLE001 - raised where the others are
                    failed.append(error)
            room.release()

    thread = threading.Thread(target=work, name="convfilter-rows", daemon=True)
    thread.start()
    try:
        for data in inflated:
            room.acquire()
            if failed:
                break
            waiting.put(data)
    finally:
        waiting.put(None)
        thread.join()
    if failed:
        raise failed[0]


def with_alpha(pixels: NDArray[Any], colour: bytes) -> NDArray[Any]:
    """Return pixels with alpha: 0 where they have this colour, which is given as in the file."""
    channels = pixels.shape[2]
    if len(colour) != 2 * channels:
        raise PngError("a transparent colour of the wrong length")
    opaque = np.iinfo(pixels.dtype).max
    hidden = (pixels == np.frombuffer(colour, ">u2")).all(axis=2)
    alpha = np.where(hidden, pixels.dtype.type(0), pixels.dtype.type(opaque))
    return np.concatenate([pixels, alpha[..., np.newaxis]], axis=2)
