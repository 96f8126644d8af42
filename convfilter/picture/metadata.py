"""What a picture file says besides its pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

__all__ = [
    "COMMENT",
    "Disposal",
    "JpegSettings",
    "Metadata",
    "Timing",
    "comment_of",
    "resolution_of",
    "upright_xmp",
]

COMMENT = "Comment"
"""The keyword of a GIF or JPEG comment among texts, as the PNG specification (11.3.3.2) has it."""

Disposal = Literal["keep", "clear", "restore"]
"""What becomes of a frame before the next one is drawn: it stays, its place is cleared, or what
was there before comes back."""


class JpegSettings(NamedTuple):
    """How a JPEG file was compressed.

    Attributes
    ----------
    tables : tuple of tuple of int
        The quantisation of brightness and of colours, 64 numbers each, row by row.
    subsampling : int
        0 where colours have full resolution, 1 for half of it along rows, 2 for half both ways.
    """

    tables: tuple[tuple[int, ...], ...]
    subsampling: int = 0


@dataclass(frozen=True)
class Metadata:
    r"""What a picture file says besides its pixels; written back where the format holds it.

    Attributes
    ----------
    icc_profile : bytes or None
        The colour profile as it stands in the file.
    exif : bytes or None
        The EXIF block in its TIFF form, without the ``Exif\0\0`` that JPEG puts before it.
        Its orientation is 1: pixels are turned upright when they are read.
    dpi : (float, float) or None
        Pixels per inch along a row and along a column.
    xmp : bytes or None
        The XMP packet (ISO 16684-1). Its orientation, if it states one, is 1.
    text : tuple of (str, str)
        Keywords and texts: author, description and the like, as PNG has them. The comment of a GIF
        or JPEG file has the keyword ``"Comment"``.
    png_colour : tuple of (bytes, bytes)
        What a PNG file says of its colours besides a profile: the chunks cICP, mDCV, cLLI, gAMA,
        cHRM and sRGB, each kind with its content.
    jpeg : JpegSettings or None
        How the picture was compressed; JPEG is written alike unless a quality is asked for.
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    text: tuple[tuple[str, str], ...] = ()
    jpeg: JpegSettings | None = None
    xmp: bytes | None = None
    png_colour: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True)
class Timing:
    """How a frame of an animation is shown.

    Attributes
    ----------
    duration : float
        Milliseconds until the next frame.
    disposal : {"keep", "clear", "restore"}
        As the file states it. Pixels of a frame are always those of the whole picture, so this
        says nothing that one would have to know to show them.
    """

    duration: float = 100.0
    disposal: Disposal = "keep"


def comment_of(data: bytes) -> tuple[tuple[str, str], ...]:
    """Return the comment of a file as its texts; in UTF-8 or, where it is none, in Latin-1."""
    if not data:
        return ()
    try:
        return ((COMMENT, data.decode("utf-8")),)
    except UnicodeDecodeError:
        return ((COMMENT, data.decode("latin-1")),)


def resolution_of(value: Any) -> tuple[float, float] | None:
    """Return pixels per inch that can be, or None."""
    try:
        across, down = (float(v) for v in value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return (across, down) if 0 < across < 1e6 and 0 < down < 1e6 else None


def upright_xmp(packet: bytes) -> bytes:
    """Return an XMP packet in which the orientation, if there is one, is 1."""
    orientation = rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)[2-8]"
    return re.sub(orientation, rb"\g<1>1", packet)
