"""The picture formats that are served: names, suffixes and signatures.

Imports no Pillow, except to ask whether it was built with AVIF.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from convfilter.errors import ImageError, UnknownNameError, UsageError, suggestion

__all__ = [
    "COMPRESSIONS",
    "DEPTHS",
    "FORMATS",
    "HEAD_BYTES",
    "HEIF_REFUSED",
    "SUFFIXES",
    "Format",
    "check_avif",
    "check_format",
    "foreign_format",
    "format_of",
    "is_image_path",
    "sniff",
    "suffix_of",
]


Kept = Literal["profile", "EXIF", "XMP", "resolution", "texts", "comment"]
"""What may stand beside the pixels. A comment is a text without a keyword of its own."""


@dataclass(frozen=True)
class Format:
    """A file format and what it can hold.

    `suffixes` are lower case with their dot, the usual one first. `plugin` and `reader` name
    Pillow's module and class, `encoder` is Pillow's name for saving. `longest_side` is the
    largest width or height that the format allows, in pixels. `arrays` says that pixels of every
    dtype and number of channels are stored as they are. `several` says what the format holds more
    than one of: frames of one size that are shown in turn, or pages. `most_plays` is how often
    frames are played at most, 0 if only for ever. `keeps` says what of a picture's metadata it
    holds.
    """

    name: str
    suffixes: tuple[str, ...]
    plugin: str
    reader: str
    encoder: str
    alpha: bool = False
    grey: bool = True
    colour: bool = True
    uint16_grey: bool = False
    uint16_colour: bool = False
    floats: bool = False
    arrays: bool = False
    several: Literal["frames", "pages"] | None = None
    most_plays: int = 2**31 - 1
    keeps: frozenset[Kept] = frozenset()
    longest_side: int = 2**31 - 1


_DESCRIBED: frozenset[Kept] = frozenset({"profile", "EXIF", "XMP"})
_RESOLUTION: frozenset[Kept] = frozenset({"resolution"})
_PNM = ("PpmImagePlugin", "PpmImageFile", "PPM")

FORMATS: dict[str, Format] = {
    entry.name: entry
    for entry in (
        Format(
            "PNG",
            (".png",),
            "PngImagePlugin",
            "PngImageFile",
            "PNG",
            alpha=True,
            uint16_grey=True,
            uint16_colour=True,
            several="frames",
            keeps=_DESCRIBED | {"resolution", "texts"},
        ),
        Format(
            "JPEG",
            (".jpg", ".jpeg", ".jpe", ".jfif"),
            "JpegImagePlugin",
            "JpegImageFile",
            "JPEG",
            longest_side=65500,
            keeps=_DESCRIBED | {"resolution", "comment"},
        ),
        Format(
            "TIFF",
            (".tif", ".tiff"),
            "TiffImagePlugin",
            "TiffImageFile",
            "TIFF",
            alpha=True,
            uint16_grey=True,
            uint16_colour=True,
            floats=True,
            several="pages",
            keeps=_DESCRIBED | {"resolution"},
        ),
        Format(
            "WEBP",
            (".webp",),
            "WebPImagePlugin",
            "WebPImageFile",
            "WEBP",
            alpha=True,
            grey=False,
            several="frames",
            most_plays=65535,
            longest_side=16383,
            keeps=_DESCRIBED,
        ),
        Format("BMP", (".bmp",), "BmpImagePlugin", "BmpImageFile", "BMP", keeps=_RESOLUTION),
        Format(
            "GIF",
            (".gif",),
            "GifImagePlugin",
            "GifImageFile",
            "GIF",
            alpha=True,
            several="frames",
            most_plays=65536,
            longest_side=65535,
            keeps=frozenset({"XMP", "comment"}),
        ),
        Format("PPM", (".ppm",), *_PNM, grey=False, uint16_grey=True, uint16_colour=True),
        Format("PGM", (".pgm",), *_PNM, colour=False, uint16_grey=True),
        Format("PBM", (".pbm",), *_PNM, colour=False),
        Format("PNM", (".pnm",), *_PNM, uint16_grey=True, uint16_colour=True),
        Format("NPY", (".npy",), "", "", "", alpha=True, arrays=True),
        Format(
            "AVIF",
            (".avif",),
            "AvifImagePlugin",
            "AvifImageFile",
            "AVIF",
            alpha=True,
            grey=False,
            several="frames",
            most_plays=0,
            longest_side=65536,
            keeps=_DESCRIBED,
        ),
    )
}
"""Every format by its name. AVIF works only where Pillow was built with it."""

SUFFIXES: dict[str, str] = {
    suffix: entry.name for entry in FORMATS.values() for suffix in entry.suffixes
}
"""The format that each suffix (lower case, with its dot) stands for."""

COMPRESSIONS = ("fast", "small")
"""The ways to compress a PNG file."""

DEPTHS = ("8", "16", "float")
"""Depths of values, from the least: bits of whole numbers, and 32-bit floats of 0 to 1."""

HEAD_BYTES = 64
"""Bytes of a file that are looked at to tell its format."""

_ALIASES = {"JPG": "JPEG", "TIF": "TIFF"}
_HEIF_SUFFIXES = (".heic", ".heif", ".hif")
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}

HEIF_REFUSED = (
    "HEIC/HEIF needs a decoder (libheif) that is not included: convert it to JPEG or PNG first"
)

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"\x93NUMPY", "NPY"),
)
_NETPBM = {
    b"P1": "PBM",
    b"P4": "PBM",
    b"P2": "PGM",
    b"P5": "PGM",
    b"P3": "PPM",
    b"P6": "PPM",
}
# Named so that the message can say what the file is, and not only that it is no picture.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"8BPS", "a Photoshop document"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\x01\0", "an icon (ICO)"),
    (b"v/1\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"DDS ", "a DDS texture"),
    (b"Pf", "a PFM picture"),
    (b"PF", "a PFM picture"),
    (b"P7", "a PAM picture"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML document"),
    (b"<!DOCTYPE", "an HTML or XML document"),
    (b"<html", "an HTML document"),
)


def suffix_of(name: str) -> str:
    """Return the usual suffix of a format, with its dot: ``"JPEG"`` gives ``".jpg"``."""
    return FORMATS[check_format(name)].suffixes[0]


def check_format(name: str) -> str:
    """Return the canonical name of a format; case and a leading dot do not matter.

    Raises
    ------
    UnknownNameError
        No format has this name; the message suggests the nearest.
    UsageError
        The format is HEIC or HEIF.
    """
    asked = name.strip()
    upper = asked.lstrip(".").upper()
    upper = _ALIASES.get(upper, upper)
    if upper in FORMATS:
        return upper
    dotted = f".{upper.lower()}"
    if dotted in SUFFIXES:
        return SUFFIXES[dotted]
    if dotted in _HEIF_SUFFIXES:
        raise UsageError(f"format {name!r}: {HEIF_REFUSED}")
    raise UnknownNameError("image format", name, [n.lower() for n in FORMATS])


def check_avif(name: str) -> None:
    """Raise `ImageError` about the file `name` if Pillow was built without AVIF."""
    from PIL import features

    from convfilter.images.quiet import pillow_warnings_silenced

    with pillow_warnings_silenced():  # a Pillow that never heard of AVIF warns
        served = features.check("avif")
    if not served:
        raise ImageError(
            f"{name}: this Pillow was built without AVIF: install pillow 11.3 or later, "
            "or use another format"
        )


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the name of the format that the suffix of `path` stands for.

    Raises
    ------
    ImageError
        The suffix is missing or unknown; the message lists the known ones.
    """
    pure = PurePath(path)
    suffix = pure.suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    if suffix in _HEIF_SUFFIXES:
        raise ImageError(f"{pure}: {HEIF_REFUSED}")
    known = ", ".join(SUFFIXES)
    if not suffix:
        raise ImageError(
            f"{pure}: the name has no suffix that tells the format: "
            f"use one of {known}, or give the format (--format)"
        )
    near = suggestion(suffix, SUFFIXES)
    raise ImageError(f"{pure}: no format has the suffix {suffix!r}{near} (known: {known})")


def is_image_path(path: str | os.PathLike[str]) -> bool:
    """Whether the suffix of `path` is that of a format that is served."""
    return PurePath(path).suffix.lower() in SUFFIXES


def sniff(head: bytes) -> str | None:
    """Return the name of the format whose signature `head` (16 bytes or more) starts with."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis"):
        return "AVIF"
    if head[:2] in _NETPBM and (head[2:3].isspace() or head[2:3] == b"#"):
        return _NETPBM[head[:2]]
    return None


def foreign_format(head: bytes) -> str | None:
    """Return what a file that is not served probably is, in words, or None."""
    if head[4:8] == b"ftyp":
        return "a HEIC/HEIF picture" if head[8:12] in _HEIF_BRANDS else "a video"
    for signature, words in _FOREIGN:
        if head.lstrip().startswith(signature) or head.startswith(signature):
            return words
    return None
