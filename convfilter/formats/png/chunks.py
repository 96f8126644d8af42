"""Chunks, which PNG files are made of (PNG specification, third edition, section 5)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from isal import isal_zlib

__all__ = [
    "BACKGROUND",
    "COLOUR_LENGTHS",
    "LARGEST_CONTENT",
    "SIGNATURE",
    "ChecksumError",
    "Chunk",
    "PngError",
    "chunk",
    "chunks",
    "header_chunk",
]

SIGNATURE = b"\x89PNG\r\n\x1a\n"

COLOUR_LENGTHS = {b"cICP": 4, b"mDCV": 24, b"cLLI": 8, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1}
"""What says how colours look, besides a profile, with its length."""

BACKGROUND = b"bKGD"
"""What says on which shade or colour the picture may be laid."""

LARGEST_CONTENT = 1 << 26
"""The most bytes of a profile, an EXIF block, or all texts together, that are read or written."""

_PIECE = 1 << 18
"""Bytes of a chunk that are read at a time: few enough for the cache."""


class PngError(Exception):
    """The file breaks the rules of the format, or asks for what these readers do not support."""


class ChecksumError(PngError):
    """A chunk was changed after it had been written."""


class Chunk:
    """A chunk of a file whose content has not been read.

    Attributes
    ----------
    kind : bytes
        Four letters.
    place : int
        Where in the file its content begins.
    length : int
        Bytes of its content.
    """

    def __init__(self, file: BinaryIO, kind: bytes, place: int, length: int) -> None:
        self.kind, self.place, self.length = kind, place, length
        self._file = file

    @property
    def name(self) -> str:
        """Its kind, for messages."""
        return self.kind.decode("latin-1")

    @property
    def is_critical(self) -> bool:
        """Whether the pixels cannot be decoded without it."""
        return self.kind[:1].isupper()

    def pieces(self) -> Iterator[bytes]:
        """Yield the content in pieces of up to 256 KiB.

        Raises
        ------
        PngError
            The file ends before the chunk does.
        ChecksumError
            The checksum is wrong, which is known at the end.
        """
        check, left = isal_zlib.crc32(self.kind), self.length
        while left > 0:
            piece = _read(self._file, min(left, _PIECE))
            check = isal_zlib.crc32(piece, check)
            left -= len(piece)
            yield piece
        if _read(self._file, 4) != struct.pack(">I", check):
            raise ChecksumError(f"a chunk {self.name!r} whose checksum is wrong")

    def content(self, longest: int) -> bytes:
        """Return the whole content; also raises PngError if it is longer than `longest` bytes."""
        if self.length > longest:
            raise PngError(f"a chunk {self.name!r} of {self.length:,} bytes, which is too long")
        return b"".join(self.pieces())


def chunks(file: BinaryIO) -> Iterator[Chunk]:
    """Yield the chunks of a file up to its end, `IEND`; those that are not read are passed over.

    Raises
    ------
    PngError
        The file ends before that.
    """
    place, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        file.seek(place)
        length, kind = struct.unpack(">I4s", _read(file, 8))
        yield Chunk(file, kind, place + 8, length)
        place += 8 + length + 4


def _read(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise PngError("the file is truncated")
    return data


def chunk(kind: bytes, *pieces: bytes) -> list[bytes]:
    """Return a chunk in pieces: its length and kind, its content, its checksum."""
    check = isal_zlib.crc32(kind)
    for piece in pieces:
        check = isal_zlib.crc32(piece, check)
    length = sum(map(len, pieces))
    return [struct.pack(">I", length) + kind, *pieces, struct.pack(">I", check)]


def header_chunk(width: int, height: int, depth: int, colour_type: int) -> list[bytes]:
    """Return the first chunk, of a picture that is not interlaced."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))
