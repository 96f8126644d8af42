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


_RAW = "which is not supported: develop it and save it as TIFF or PNG first"

REFUSED = (
    Refused(
        "a HEIC/HEIF picture",
        rb"....ftyp(heic|heix|hevc|hevx|heim|heis|mif1|msf1)",
        (".heic", ".heif", ".hif"),
        "which needs a decoder (libheif) that is not included: convert it to JPEG or PNG first",
    ),
    Refused(
        "a raw camera picture",
        rb"....ftypcrx |FUJIFILMCCD-RAW|IIU\0|II(RO|RS)|MMOR|\0MRM|FOVb",
        (".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw"),
        _RAW,
    ),
    Refused("a video", rb"....ftyp"),
    Refused("a PDF document", rb"\s*%PDF"),
    Refused("a PostScript document", rb"\s*%!PS"),
    Refused("a Photoshop document", rb"8BPS"),
    Refused("a JPEG 2000 picture", rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
    Refused("a JPEG XL picture", rb"\xff\x0a|\0\0\0\x0cJXL "),
    Refused("an icon (ICO)", rb"\0\0\x01\0"),
    Refused("an OpenEXR picture", rb"v/1\x01"),
    Refused("a Radiance HDR picture", rb"#\?RADIANCE"),
    Refused("a DDS texture", rb"DDS "),
    Refused("a PFM picture", rb"P[fF]"),
    Refused("a PAM picture", rb"P7"),
    Refused("a ZIP archive", rb"PK\x03\x04"),
    Refused("a gzip archive", rb"\x1f\x8b"),
    Refused("an SVG drawing", rb"\s*<svg"),
    Refused("an XML document", rb"\s*<\?xml"),
    Refused("an HTML or XML document", rb"\s*<!DOCTYPE"),
    Refused("an HTML document", rb"\s*<html"),
)
