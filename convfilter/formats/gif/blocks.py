"""Blocks, which GIF files are made of (GIF89a, CompuServe 1990), and what the screen tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

__all__ = [
    "ANIMEXTS",
    "APPLICATION",
    "COMMENT_BLOCK",
    "CONTROL",
    "END",
    "EXTENSION",
    "NETSCAPE",
    "PICTURE",
    "PLAIN_TEXT",
    "PROFILE",
    "XMP",
    "aspect_of",
    "blocks_of",
    "cut",
    "density_of",
    "extension",
    "in_parts",
    "palette_of",
    "parts_of",
    "taken",
]

EXTENSION, PICTURE, END = b"!,;"
CONTROL, COMMENT_BLOCK, APPLICATION, PLAIN_TEXT = 0xF9, 0xFE, 0xFF, 0x01
NETSCAPE, XMP, PROFILE = b"NETSCAPE2.0", b"XMP DataXMP", b"ICCRGBG1012"
ANIMEXTS = b"ANIMEXTS1.0"
"""Another name of the same extension; readers accept both."""

_LONGEST_BLOCK = 255


def density_of(aspect: int) -> tuple[float, float] | None:
    """Return what a file says of oblong pixels: their width is `aspect` + 15 of 64 heights."""
    return (64.0, float(aspect + 15)) if aspect not in (0, 49) else None


def aspect_of(density: tuple[float, float] | None, notes: list[str]) -> int:
    """Return what says how oblong pixels are; 0 if it cannot be said, or they are square."""
    if density is None or density[0] == density[1]:
        return 0
    told = 64 * density[1] / density[0] - 15
    aspect = min(max(round(told), 1), 255)
    if abs(told - aspect) > 1e-6:
        notes.append("GIF tells in 64ths how oblong pixels are: rounded")
    return aspect


def blocks_of(file: BinaryIO) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the label and parts of each block: a picture has descriptor, palette, bits, pixels."""
    while (kind := taken(file, 1)[0]) != END:
        if kind == 0:
            continue  # the end of parts once more, as some programs write it
        if kind == EXTENSION:
            yield taken(file, 1)[0], list(parts_of(file))
        elif kind == PICTURE:
            descriptor = taken(file, 9)
            local = palette_of(file, descriptor[8])
            yield PICTURE, [descriptor, local, taken(file, 1), *parts_of(file)]
        else:
            raise ValueError(f"a block that begins with {kind}")


def taken(file: BinaryIO, count: int) -> bytes:
    """Return so many bytes; raises EOFError if the file ends before."""
    data = file.read(count)
    if len(data) < count:
        raise EOFError("the file is truncated")
    return data


def palette_of(file: BinaryIO, flags: int) -> bytes:
    """Return the colours that follow, if there are some."""
    return taken(file, 3 << (flags & 7) + 1) if flags & 0x80 else b""


def parts_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield the parts of a block, from the length of the first on."""
    while length := taken(file, 1)[0]:
        yield taken(file, length)


def cut(data: bytes) -> Iterator[bytes]:
    """Yield the parts that a block takes."""
    return (data[at : at + _LONGEST_BLOCK] for at in range(0, len(data), _LONGEST_BLOCK))


def extension(label: int, *parts: bytes) -> bytes:
    """Return a block of a label."""
    return bytes([EXTENSION, label]) + in_parts(parts)


def in_parts(parts: Iterable[bytes]) -> bytes:
    """Return parts as they stand in a block."""
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
