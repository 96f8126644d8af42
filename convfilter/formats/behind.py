"""What stands behind the end of a picture in its file: further pictures, videos, anything."""

from __future__ import annotations

import io
import re
from typing import BinaryIO

__all__ = ["behind", "behind_in"]

_VIDEO = re.compile(rb".{4}ftyp", re.DOTALL)
_PIECE = 1 << 20
_PADDING = b"\0\t\n\r\x1a \xff"


def behind(rest: bytes) -> list[str]:
    """Return a line about the bytes behind a picture; none if they say nothing."""
    if not rest.strip(_PADDING):
        return []
    return [_line(rest, len(rest))]


def behind_in(file: BinaryIO) -> list[str]:
    """Return the same about the rest of a file, which need not fit into memory."""
    start = file.tell()
    first = piece = file.read(_PIECE)
    while piece and not piece.strip(_PADDING):
        piece = file.read(_PIECE)
    return [_line(first, file.seek(0, io.SEEK_END) - start)] if piece else []


def _line(first: bytes, length: int) -> str:
    what = "a video" if _VIDEO.match(first) else f"{length:,} bytes that are no part of it"
    return f"{what} behind the picture: left out"
