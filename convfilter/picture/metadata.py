"""What files say of a picture, in the form in which `Metadata` holds it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from convfilter.picture.image import COMMENT

__all__ = ["INKS", "comments_of", "orientation_of_xmp", "resolution_of", "upright_xmp"]


INKS = "its colours of ink (CMYK), which became sRGB"
"""What is said of pictures whose pixels were CMYK."""


def comments_of(comments: Iterable[bytes]) -> tuple[tuple[str, str], ...]:
    """Return comments of a file as its texts; each in UTF-8 or, where it is none, in Latin-1."""
    return tuple((COMMENT, _text_of(data)) for data in comments if data)


def _text_of(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def resolution_of(value: Any) -> tuple[float, float] | None:
    """Return pixels per inch that can be, or None."""
    try:
        across, down = (float(v) for v in value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return (across, down) if 0 < across < 1e6 and 0 < down < 1e6 else None


_ORIENTATION_IN_XMP = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)([1-8])")


def upright_xmp(packet: bytes) -> bytes:
    """Return an XMP packet without small pictures in which the orientation, if stated, is 1."""
    from convfilter.picture.xmp import without_pictures

    return without_pictures(_ORIENTATION_IN_XMP.sub(rb"\g<1>1", packet))


def orientation_of_xmp(packet: bytes) -> int | None:
    """Return the orientation that a packet states, if it does."""
    match = _ORIENTATION_IN_XMP.search(packet)
    return int(match[2]) if match else None
