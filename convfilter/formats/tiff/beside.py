"""What TIFF pages say beside their pixels that is not kept, in words.

Whoever reads a page tells it, so that nothing is lost without a word. Tags that lay out the file,
and statistics of its pixels, need none: the result has its own.
"""

from __future__ import annotations

from convfilter.errors import listed
from convfilter.formats.exif.ifd import Directory, Source
from convfilter.formats.tiff.exif_tags import DESCRIPTIVE

__all__ = ["lost_of"]

_DESCRIPTION = 270
_LONGEST_DESCRIPTION = 1 << 16

_LAYING_OUT = frozenset(
    {
        *range(254, 269), 273, *range(277, 285), *range(288, 294), 296, 297, 317, *range(320, 331),
        332, 334, *range(336, 342), 346, 347, *range(512, 522), *range(529, 533), 559,
        700, 32995, 32996, 32997, 34665, 34675, 34853,
    }
)  # fmt: skip
"""Tags that lay out the file or whose content is kept elsewhere."""

_NAMES = {
    286: "the position on the page", 287: "the position on the page",
    300: "the colour response", 301: "the transfer function", 318: "the white point",
    319: "the primary colours", 33629: "MetaMorph's metadata", 333: "the names of inks",
    34377: "Photoshop's resources", 37724: "Photoshop's layers", 34118: "Zeiss' metadata",
    34361: "MM_Header", 34412: "Zeiss' metadata", 42112: "GDAL's metadata",
    42113: "the value for no data", 50838: "ImageJ's metadata", 50839: "ImageJ's metadata",
    51123: "MicroManager's metadata", 33628: "MetaMorph's metadata",
    33630: "MetaMorph's metadata", 33631: "MetaMorph's metadata",
    **dict.fromkeys((33550, 33922, 34264, 34735, 34736, 34737), "the georeference (GeoTIFF)"),
}  # fmt: skip


def lost_of(source: Source, page: Directory) -> list[str]:
    """Return lines that name what a page says and what is not kept."""
    found: dict[str, None] = {}
    unknown = []
    for tag, field in page.fields.items():
        if tag == _DESCRIPTION:
            text = source.part(field.place, min(field.length, _LONGEST_DESCRIPTION))
            name = _of_description(text)
            if name:
                found[name] = None
        elif tag in _NAMES:
            found[_NAMES[tag]] = None
        elif tag not in _LAYING_OUT and tag not in DESCRIPTIVE:
            unknown.append(str(tag))
    if unknown:
        found[f"the tag{'s' * (len(unknown) > 1)} {listed(unknown)}"] = None
    return [f"no place for {listed(list(found))}: left out"] if found else []


def _of_description(text: bytes) -> str:
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
