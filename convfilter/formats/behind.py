"""What stands behind the end of a picture in its file: further pictures, videos, anything."""

from __future__ import annotations

import re

__all__ = ["behind"]

_VIDEO = re.compile(rb".{4}ftyp", re.DOTALL)
_PADDING = b"\0\t\n\r\x1a \xff"


def behind(rest: bytes) -> list[str]:
    """Return a line about the bytes behind a picture; none if they say nothing."""
    if not rest.strip(_PADDING):
        return []
    what = "a video" if _VIDEO.match(rest) else f"{len(rest):,} bytes that are no part of it"
    return [f"{what} behind the picture: left out"]
