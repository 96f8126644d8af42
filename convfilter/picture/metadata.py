"""What files say of a picture, in the form in which `Metadata` holds it."""

from __future__ import annotations

import re
from typing import Any

from convfilter.picture.image import COMMENT

__all__ = ["comment_of", "resolution_of", "upright_xmp"]


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
