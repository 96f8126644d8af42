"""Animated PNG: files taken apart into pictures, drawn one over the other, and made of frames.

Each frame is a PNG picture of its own, without a head (PNG specification, third edition, sections
4.9, 11.3.6 and 13.2). It is given one and read as any other file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, BinaryIO

from isal import isal_zlib
from numpy.typing import NDArray

from convfilter.images.compositing import Sprite, composed
from convfilter.images.frames import Picture, changes
from convfilter.images.image import Disposal, Metadata, Timing
from convfilter.images.png import chunk, compressed, head

__all__ = ["Animation", "encode"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LONGEST_OF_COLOURS = {b"PLTE": 768, b"tRNS": 256}
"""What every frame needs to be read, with the bytes that it has at most."""

_DISPOSALS: tuple[Disposal, ...] = ("keep", "clear", "restore")
_DEFAULT_DENOMINATOR = 100
_LARGEST_CHUNK = 1 << 28


@dataclass
class _Frame:
    width: int
    height: int
    left: int
    top: int
    timing: Timing
    over: bool
    data: list[bytes] = field(default_factory=list)


@dataclass
class Animation:
    """The chunks of a file: those of each frame, and those that stand beside them.

    `head` is the first chunk's content, `colours` are those of `beside` that frames need. A picture
    for readers that know no animations, if it is not the first frame, is left out.
    """

    head: bytes = b""
    plays: int = 0
    frames: list[_Frame] = field(default_factory=list)
    colours: dict[bytes, bytes] = field(default_factory=dict)
    beside: list[tuple[bytes, bytes]] = field(default_factory=list)

    @classmethod
    def of(cls, file: BinaryIO) -> Animation:
        """Read a file to its end; EOFError where that is missing, ValueError for damage."""
        found, counted = cls(), 0
        order = 0
        for kind, data in _chunks(file):
            if kind == b"IHDR":
                found.head = data
            elif kind == b"acTL":
                counted, found.plays = struct.unpack(">II", data)
            elif kind == b"fcTL":
                found.frames.append(_frame(data, order))
                order += 1
            elif kind == b"fdAT":
                if not found.frames or int.from_bytes(data[:4], "big") != order:
                    raise ValueError("parts of a frame out of order")
                found.frames[-1].data.append(data[4:])
                order += 1
            elif kind == b"IDAT":
                if found.frames:
                    found.frames[0].data.append(data)
            elif kind != b"IEND":
                found.beside.append((kind, data))
                if kind in _LONGEST_OF_COLOURS:
                    if len(data) > _LONGEST_OF_COLOURS[kind]:
                        raise ValueError(f"a chunk {kind!r} of {len(data):,} bytes")
                    found.colours[kind] = data
        if counted != len(found.frames) or not counted:
            raise ValueError(f"{counted} frames announced and {len(found.frames)} there")
        width, height = found.size
        for frame in found.frames:
            if not (0 < frame.width <= width - frame.left < 2**31) or not (
                0 < frame.height <= height - frame.top < 2**31
            ):
                raise ValueError("a frame that reaches beyond the picture")
        return found

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of the picture."""
        width, height = struct.unpack(">II", self.head[:8])
        return width, height

    @property
    def timings(self) -> tuple[Timing, ...]:
        """How each frame is shown."""
        return tuple(frame.timing for frame in self.frames)

    def pictures(
        self, decode: Callable[[bytes], Picture], numbers: Collection[int]
    ) -> Iterator[Picture]:
        """Yield these frames as they are seen; `decode` gives the picture in a file."""
        sprites = (
            Sprite(
                decode(self._file(frame)),
                frame.left,
                frame.top,
                frame.timing.disposal,
                frame.over,
            )
            for frame in self.frames
        )
        return composed(sprites, self.size, numbers)

    def _file(self, frame: _Frame) -> bytes:
        """Return a file of this picture alone."""
        start = struct.pack(">II", frame.width, frame.height) + self.head[8:]
        parts = [_SIGNATURE, *chunk(b"IHDR", start)]
        for kind, data in self.colours.items():
            parts += chunk(kind, data)
        return b"".join([*parts, *chunk(b"IDAT", *frame.data), *chunk(b"IEND")])


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    file.seek(len(_SIGNATURE))
    kind = b""
    while kind != b"IEND":
        start = file.read(8)
        length, kind = struct.unpack(">I4s", start.ljust(8, b"\0"))
        if length > _LARGEST_CHUNK:
            raise ValueError(f"a chunk {kind!r} of {length:,} bytes")
        data = file.read(length)
        check = file.read(4)
        if len(check) < 4:
            raise EOFError("the file is truncated")
        if isal_zlib.crc32(data, isal_zlib.crc32(kind)) != int.from_bytes(check, "big"):
            raise ValueError(f"a chunk {kind!r} whose checksum is wrong")
        yield kind, data


def _frame(data: bytes, order: int) -> _Frame:
    number, width, height, left, top, over, under, disposal, blend = struct.unpack(
        ">IIIIIHHBB", data
    )
    if number != order or disposal >= len(_DISPOSALS) or blend > 1:
        raise ValueError("a frame out of order or of an unknown kind")
    duration = 1000 * over / (under or _DEFAULT_DENOMINATOR)
    timing = Timing(duration, _DISPOSALS[disposal])
    return _Frame(width, height, left, top, timing, blend == 1)


def encode(
    frames: Sequence[tuple[NDArray[Any], Timing]],
    plays: int,
    metadata: Metadata,
    compress: str = "fast",
    workers: int | None = None,
) -> list[bytes]:
    """Return a file in pieces, as `png.encode` does.

    The frames are of one shape and dtype, and replace what was there before. Durations are stored
    as the nearest fractions of a second whose numbers have 16 bits.
    """
    pieces = head(frames[0][0], metadata)
    pieces += chunk(b"acTL", struct.pack(">II", len(frames), plays))
    order = 0
    for number, ((top, left, pixels), (_, timing)) in enumerate(
        zip(changes(frames), frames, strict=True)
    ):
        height, width = pixels.shape[:2]
        delay = _fraction(timing.duration / 1000)
        disposal = _DISPOSALS.index(timing.disposal)
        place = (order, width, height, left, top, delay.numerator, delay.denominator, disposal, 0)
        pieces += chunk(b"fcTL", struct.pack(">IIIIIHHBB", *place))
        order += 1
        for data in compressed(pixels, compress, workers):
            if number == 0:
                pieces += chunk(b"IDAT", *data)
            else:
                pieces += chunk(b"fdAT", struct.pack(">I", order), *data)
                order += 1
    return [*pieces, *chunk(b"IEND")]


def _fraction(seconds: float) -> Fraction:
    """Return the nearest fraction of numbers of 16 bits, of 65535 seconds at most."""
    most = 65535
    if seconds < 1:
        return Fraction(seconds).limit_denominator(most)
    # above 1 it is the numerator that reaches the limit
    return 1 / Fraction(1 / min(seconds, most)).limit_denominator(most)
