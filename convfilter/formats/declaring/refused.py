"""Files that people take for pictures and that are not read: each is named in the message."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["REFUSED", "Refused"]


class Refused(NamedTuple):
    """A kind of file.

    Attributes
    ----------
    what : str
        What it is, in words.
    signature : bytes or None
        A regular expression that matches the beginning of such a file. The first that does counts.
    suffixes : tuple of str
        Lower case, with their dot.
    way_out : str
        What to do instead.
    """

    what: str
    signature: bytes | None
    suffixes: tuple[str, ...] = ()
    way_out: str = "which is not supported: convert it to PNG first"


REFUSED = (
    Refused("a video", rb"....ftyp", (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm")),
    Refused("a PostScript document", rb"\s*%!PS", (".ps", ".eps", ".ai")),
    Refused("a Photoshop document", rb"8BPS", (".psd", ".psb")),
    Refused("a Radiance HDR picture", rb"#\?RADIANCE", (".hdr",)),
    Refused("a ZIP archive", rb"PK\x03\x04"),
    Refused("a gzip archive", rb"\x1f\x8b"),
    Refused("an SVG drawing", rb"\s*<svg", (".svg", ".svgz")),
    Refused("an XML document", rb"\s*<\?xml"),
    Refused("an HTML or XML document", rb"\s*<!DOCTYPE"),
    Refused("an HTML document", rb"\s*<html"),
)
