"""Animated PNG: files taken apart into pictures, drawn one over the other, and made of frames.

Each frame is a PNG picture of its own, without a head (PNG specification, third edition, sections
4.9, 11.3.6 and 13.2). It is given one and read as any other file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO

from convfilter.formats.animation.compositing import Sprite, composed
from convfilter.formats.animation.frames import PixelsAndAlpha, changes
from convfilter.formats.declaring import Effort, Frame
from convfilter.formats.png.beside import Ancillary
from convfilter.formats.png.chunks import SIGNATURE, chunk, chunks
from convfilter.formats.png.writer import compressed, head
from convfilter.picture.image import Disposal, Timing

__all__ = ["Animation", "encode"]

_LONGEST_OF_COLOURS = {b"PLTE": 768, b"tRNS": 256}
"""Chunks that every frame needs to be decoded, with the most bytes that they have."""

_OF_FRAMES = (b"acTL", b"fcTL", b"fdAT")
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

    `head` is the first chunk's content, `colours` are those that frames need. A picture
    for readers that know no animations, if it is not the first frame, is left out.
    """

    head: bytes = b""
    plays: int = 0
    frames: list[_Frame] = field(default_factory=list)
    colours: dict[bytes, bytes] = field(default_factory=dict)
    ancillary: Ancillary = field(default_factory=Ancillary)

    @classmethod
    def of(cls, file: BinaryIO) -> Animation:
        """Read a file to its end.

        Raises
        ------
        PngError, ValueError, struct.error
            For damage, and where the end is missing.
        """
        animation, counted = cls(), 0
        order = 0
        for part in chunks(file):
            kind = part.kind
            if not (part.is_critical or kind in _OF_FRAMES):
                animation.ancillary.take(part)
                continue
            data = part.content(_LARGEST_CHUNK)
            if kind == b"IHDR":
                animation.head = data
            elif kind == b"acTL":
                counted, animation.plays = struct.unpack(">II", data)
            elif kind == b"fcTL":
                animation.frames.append(_frame(data, order))
                order += 1
            elif kind == b"fdAT":
                if not animation.frames or int.from_bytes(data[:4], "big") != order:
                    raise ValueError("parts of a frame out of order")
                animation.frames[-1].data.append(data[4:])
                order += 1
            elif kind == b"IDAT":
                if animation.frames:
                    animation.frames[0].data.append(data)
            elif kind == b"PLTE":
                animation.colours[kind] = data
        animation.ancillary.take_rest(file)
        if animation.ancillary.transparent:
            animation.colours[b"tRNS"] = animation.ancillary.transparent
        for kind, data in animation.colours.items():
            if len(data) > _LONGEST_OF_COLOURS[kind]:
                raise ValueError(
                    f"a chunk {kind.decode('latin-1')!r} of {len(data):,} bytes, which is too long"
                )
        if counted != len(animation.frames) or not counted:
            raise ValueError(f"{counted} frames announced and {len(animation.frames)} there")
        width, height = animation.size
        for frame in animation.frames:
            if not (0 < frame.width <= width - frame.left < 2**31) or not (
                0 < frame.height <= height - frame.top < 2**31
            ):
                raise ValueError("a frame that reaches beyond the picture")
        return animation

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
        self, decode: Callable[[bytes], PixelsAndAlpha], numbers: Collection[int]
    ) -> Iterator[PixelsAndAlpha]:
        """Yield these frames as they look; `decode` returns the picture of a file."""
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
        parts = [SIGNATURE, *chunk(b"IHDR", start)]
        for kind, data in self.colours.items():
            parts += chunk(kind, data)
        return b"".join([*parts, *chunk(b"IDAT", *frame.data), *chunk(b"IEND")])


def _frame(data: bytes, order: int) -> _Frame:
    number, width, height, left, top, over, under, disposal, blend = struct.unpack(
        ">IIIIIHHBB", data
    )
    if number != order or disposal >= len(_DISPOSALS) or blend > 1:
        raise ValueError("a frame out of order or of an unknown kind")
    duration = 1000 * over / (under or _DEFAULT_DENOMINATOR)
    timing = Timing(duration, _DISPOSALS[disposal])
    return _Frame(width, height, left, top, timing, blend == 1)


def encode(frames: Sequence[Frame], plays: int, effort: Effort) -> list[bytes]:
    """Return a file in pieces, as `writer.encode` does; the metadata of the first frame counts.

    The frames are of one shape and dtype, and replace what was there before. Durations are stored
    as the nearest fractions of a second whose numbers have 16 bits.
    """
    pieces = head(frames[0].pixels, frames[0].metadata)
    pieces += chunk(b"acTL", struct.pack(">II", len(frames), plays))
    order = 0
    for number, (top, left, pixels) in enumerate(changes(frames)):
        timing = frames[number].timing
        height, width = pixels.shape[:2]
        delay = _fraction(timing.duration / 1000)
        disposal = _DISPOSALS.index(timing.disposal)
        place = (order, width, height, left, top, delay.numerator, delay.denominator, disposal, 0)
        pieces += chunk(b"fcTL", struct.pack(">IIIIIHHBB", *place))
        order += 1
        for data in compressed(pixels, effort.compress, effort.workers):
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
