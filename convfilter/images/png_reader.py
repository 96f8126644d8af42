"""Read PNG: inflated piece by piece, rows freed of their filters by a compiled loop.

The format is that of the PNG specification, third edition. Served are 8 and 16 bits of grey, grey
with alpha, RGB and RGBA, interlaced or not. Pillow, which cuts 16 bits of colour down to 8, reads
the others; it also reads what stands beside the pixels, if that is more than a resolution.
"""

from __future__ import annotations

import io
import struct
import sys
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, BinaryIO, cast

import numpy as np
from isal import igzip_lib, isal_zlib
from numpy.typing import NDArray

from convfilter.runtime import memory
from convfilter.runtime.compiled import link

__all__ = ["Announced", "Header", "PngError", "decode", "described"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
_METRES_PER_INCH = 0.0254

_OF_PIXELS = frozenset((b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS", b"bKGD", b"hIST", b"sBIT"))
"""What says something about the pixels as they are stored, and nothing when they are read."""

OF_COLOUR = {b"cICP": 4, b"mDCV": 24, b"cLLI": 8, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1}
"""What says how colours look, besides a profile, with its length."""

_SILENT = frozenset((*OF_COLOUR, b"tIME", b"sPLT"))
"""What the decoder passes over."""

_PIECE = 1 << 18
"""Bytes taken from the file or out of the decompressor at a time: few enough for the cache."""

_LARGEST_CHUNK = 1 << 26
"""Bytes of a chunk beside the pixels."""

_SMALLEST_SHARED = 1 << 21
"""Bytes of pixels worth a thread that takes rows while the next ones are inflated."""

# columns and rows from which, and by which, each pass takes its pixels
_ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)),
    (0, 1, 1, 2),
)


_ISAL_ERROR = cast("type[Exception]", igzip_lib.error)


class PngError(Exception):
    """The file breaks the rules of the format, or asks for what this reader does not serve."""


@dataclass(frozen=True)
class Header:
    """The first chunk of a file."""

    width: int
    height: int
    depth: int
    colour_type: int
    interlaced: bool

    @classmethod
    def of(cls, head: bytes) -> Header | None:
        """Return the header of a file that starts with `head`, if its pixels can be read here."""
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
    def is_deep_colour(self) -> bool:
        """Whether no other reader keeps all bits."""
        return self.depth == 16 and self.channels > 1


@dataclass(frozen=True)
class Announced:
    """What a file says before its pixels: whether they move, and chunks about their colours."""

    animated: bool
    colour: tuple[tuple[bytes, bytes], ...]

    @classmethod
    def of(cls, file: BinaryIO) -> Announced:
        """Look at the chunks before the pixels; the file is then at its beginning again.

        Each kind is allowed once: of several the first counts, as libpng has it.
        """
        file.seek(len(_SIGNATURE))
        animated = False
        colour: dict[bytes, bytes] = {}
        while len(start := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", start)
            if kind == b"IDAT":
                break
            animated = animated or kind == b"acTL"
            known = OF_COLOUR.get(kind) == length and kind not in colour
            if known:
                colour[kind] = file.read(length)
            file.seek(4 if known else length + 4, io.SEEK_CUR)
        file.seek(0)
        return cls(animated, tuple(colour.items()))


@dataclass
class Picture:
    """What a file holds.

    `pixels` are (H, W) or (H, W, C), writable; `described` is a small file with all that stands
    beside them, or None where that is no more than `dpi`.
    """

    pixels: NDArray[Any]
    alpha: bool
    dpi: tuple[float, float] | None = None
    described: io.BytesIO | None = None


@dataclass
class _Chunks:
    """The chunks of a file: those of the pixels are handed on, the others kept."""

    file: BinaryIO
    beside: list[tuple[bytes, bytes]] = field(default_factory=list)
    transparent: bytes = b""
    ended: bool = False

    def pixel_data(self) -> Iterator[bytes]:
        """Yield the compressed pixels in pieces, and read the file to its end."""
        self.file.seek(len(_SIGNATURE))
        while not self.ended:
            length, kind = struct.unpack(">I4s", self._read(8))
            if kind == b"IDAT":
                yield from self._checked(length, kind)
                continue
            if length > _LARGEST_CHUNK:
                raise PngError(f"a chunk {kind!r} of {length:,} bytes")
            data = b"".join(self._checked(length, kind))
            if kind == b"tRNS":
                self.transparent = data
            elif kind not in _OF_PIXELS and kind not in _SILENT:
                self.beside.append((kind, data))
            self.ended = kind == b"IEND"

    def _checked(self, length: int, kind: bytes) -> Iterator[bytes]:
        check = isal_zlib.crc32(kind)
        while length > 0:
            piece = self._read(min(length, _PIECE))
            check = isal_zlib.crc32(piece, check)
            length -= len(piece)
            yield piece
        if self._read(4) != struct.pack(">I", check):
            raise PngError(f"a chunk {kind!r} whose checksum is wrong")

    def _read(self, length: int) -> bytes:
        data = self.file.read(length)
        if len(data) < length:
            raise PngError("the file is truncated")
        return data


class _Rows:
    """Takes inflated bytes and puts the pixels of one pass after the other in their place."""

    def __init__(self, passes: Sequence[NDArray[np.uint8]], step: int) -> None:
        self._loop = link.loop("engine.loops.png.unfilter_rows")
        self._passes = iter(passes)
        self._step = step
        self._next_pass()

    def _next_pass(self) -> None:
        self._out = next(self._passes, None)
        if self._out is not None:
            rows, length = self._out.shape
            self._above = np.zeros(length, np.uint8)
            self._first = 0
            self._waiting = np.empty((min(rows, max(1, _PIECE // (length + 1))), length + 1), "u1")
            self._filled = 0

    @property
    def complete(self) -> bool:
        """Whether all rows are there."""
        return self._out is None

    def take(self, data: bytes) -> None:
        """Take the next bytes; those after the last row mean nothing."""
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
                self._free(waiting)

    def _free(self, waiting: NDArray[np.uint8]) -> None:
        assert self._out is not None
        last = self._first + len(waiting)
        out = self._out[self._first : last]
        if self._loop(self._above, waiting, self._step, out):
            raise PngError("a row with an unknown filter")
        self._above, self._first, self._filled = out[-1], last, 0
        if last == len(self._out):
            self._next_pass()


def decode(file: BinaryIO, header: Header) -> Picture:
    """Return the picture in a file with this header, of which nothing needs to have been read.

    Raises
    ------
    PngError
        For every defect.
    """
    chunks = _Chunks(file)
    pixels = _pixels(chunks, header)
    kinds = {kind for kind, _ in chunks.beside}
    alpha = header.colour_type in (4, 6)
    if chunks.transparent and not alpha:
        pixels, alpha = _with_alpha(pixels, chunks.transparent), True
    if pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if kinds <= {b"pHYs"}:
        return Picture(pixels, alpha, _dpi(chunks.beside))
    return Picture(pixels, alpha, None, described(chunks.beside))


def _pixels(chunks: _Chunks, header: Header) -> NDArray[Any]:
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
    inflated = _inflated(chunks.pixel_data())
    if out.nbytes < _SMALLEST_SHARED:
        for data in inflated:
            rows.take(data)
    else:
        _take_beside(rows, inflated)
    if not rows.complete:
        raise PngError("the file is truncated")
    if header.interlaced:
        for place, part in zip(places, passes, strict=True):
            place[:] = part
    samples = out.view(">u2").astype(np.uint16) if header.depth == 16 else out
    return samples.reshape(header.height, header.width, header.channels)


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    inflate = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_ZLIB)
    try:
        for piece in pieces:
            given = piece
            while not inflate.eof:
                data = inflate.decompress(given, _PIECE)
                given = b""
                if data:
                    yield data
                if inflate.needs_input:
                    break
    except (_ISAL_ERROR, EOFError) as error:
        raise PngError(f"the compressed data is broken: {error}") from error
    if not inflate.eof:
        raise PngError("the file is truncated")


def _take_beside(rows: _Rows, inflated: Iterator[bytes]) -> None:
    """Let a thread take rows while this one inflates."""
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


def _with_alpha(pixels: NDArray[Any], colour: bytes) -> NDArray[Any]:
    """Return pixels with alpha, 0 for those of one colour, which is given as a file has it."""
    channels = pixels.shape[2]
    if len(colour) != 2 * channels:
        raise PngError("a transparent colour of the wrong length")
    opaque = np.iinfo(pixels.dtype).max
    hidden = (pixels == np.frombuffer(colour, ">u2")).all(axis=2)
    alpha = np.where(hidden, pixels.dtype.type(0), pixels.dtype.type(opaque))
    return np.concatenate([pixels, alpha[..., np.newaxis]], axis=2)


def _dpi(beside: Sequence[tuple[bytes, bytes]]) -> tuple[float, float] | None:
    for _, data in reversed(beside):
        if len(data) != 9:
            raise PngError("a resolution of the wrong length")
        across, down, unit = struct.unpack(">IIB", data)
        if unit == 1:
            return across * _METRES_PER_INCH, down * _METRES_PER_INCH
    return None


def described(beside: Sequence[tuple[bytes, bytes]]) -> io.BytesIO:
    """Return a file of one grey pixel with everything else that the picture's file says."""
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head)]
    parts += [part for part in beside if part[0] not in _OF_PIXELS | _SILENT]
    parts += [(b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    ]
    return io.BytesIO(_SIGNATURE + b"".join(chunks))
