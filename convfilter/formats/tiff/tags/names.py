"""What tags of a page are called in lines about them, and which of them go into another TIFF."""

from __future__ import annotations

from convfilter.formats.exif.ifd import ASCII, RATIONAL
from convfilter.picture.tags import PageTags

__all__ = ["DESCRIPTION", "EARTH", "GDAL", "IMAGEJ", "NAMES", "NODATA", "description_name",
           "is_carried", "name_of", "names_of"]  # fmt: skip

DESCRIPTION = 270
EARTH = frozenset({33550, 33922, 34264, 34735, 34736, 34737})
GDAL, NODATA = 42112, 42113
IMAGEJ = frozenset({50838, 50839})

NAMES = {
    286: "the position on the page", 287: "the position on the page",
    300: "the colour response", 301: "the transfer function", 318: "the white point",
    319: "the primary colours", 33629: "MetaMorph's metadata", 333: "the names of inks",
    37724: "Photoshop's layers", 34118: "Zeiss' metadata",
    34361: "MM_Header", 34412: "Zeiss' metadata", GDAL: "GDAL's metadata",
    NODATA: "the value for no data",
    51123: "MicroManager's metadata", 33628: "MetaMorph's metadata",
    33630: "MetaMorph's metadata", 33631: "MetaMorph's metadata",
    **dict.fromkeys(IMAGEJ, "ImageJ's metadata"),
    **dict.fromkeys(EARTH, "the georeference (GeoTIFF)"),
}  # fmt: skip

_FIRST_PRIVATE = 32768
_PLAIN = (ASCII, RATIONAL, 10, 11, 12)
"""Kinds of values that are no offsets and hold no picture: text, fractions and floats."""


def is_carried(tag: int, kind: int, start: bytes) -> bool:
    """Tell whether a tag that says nothing of the file goes into another one.

    `start` are the first bytes of its values.
    """
    if tag == DESCRIPTION:
        return description_name(start) in _CARRIED_DESCRIPTIONS
    if tag in EARTH or tag in IMAGEJ or tag in (GDAL, NODATA):
        return True
    return tag >= _FIRST_PRIVATE and tag not in NAMES and kind in _PLAIN


def description_name(text: bytes) -> str:
    """Return what a description is that tells of the layout of its file; empty for any other."""
    if text.startswith(b"ImageJ="):
        return "ImageJ's metadata"
    if text.startswith(b"SCANIMAGE"):
        return "ScanImage's metadata"
    if b"<OME" in text:
        return "the OME-XML"
    if text.startswith(b'{"shape"') and b'": ' in text[8:].partition(b"]")[2]:
        return "tifffile's metadata"
    return ""


_CARRIED_DESCRIPTIONS = ("ImageJ's metadata", "the OME-XML", "tifffile's metadata")


def name_of(tag: int, data: bytes) -> str:
    """Return what a tag is called."""
    return description_name(data) if tag == DESCRIPTION else NAMES.get(tag, f"the tag {tag}")


def names_of(tags: PageTags) -> list[str]:
    """Return what the tags of a page are called, each name once."""
    return list(dict.fromkeys(name_of(tag, data) for tag, _, data in tags.entries))
