"""Picture files: reading, writing, formats and what travels with the pixels.

This is the public face of `convfilter.picture`, `convfilter.formats` and `convfilter.files`. Names
are imported when they are first used, so that the table of formats costs neither Pillow nor NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.lazy import exports

if TYPE_CHECKING:
    from convfilter.files.depth import is_deeper, to_depth
    from convfilter.files.reading import DEFAULT_MAX_PIXELS, read
    from convfilter.files.writing import write
    from convfilter.formats import (
        FORMATS,
        SUFFIXES,
        check_format,
        format_of,
        is_image_path,
        suffix_of,
    )
    from convfilter.formats.declaring import COMPRESSIONS, DEPTHS, Format
    from convfilter.picture.image import Image, Metadata, Timing

__all__ = [
    "COMPRESSIONS",
    "DEFAULT_MAX_PIXELS",
    "DEPTHS",
    "FORMATS",
    "SUFFIXES",
    "Format",
    "Image",
    "Metadata",
    "Timing",
    "check_format",
    "format_of",
    "is_deeper",
    "is_image_path",
    "read",
    "suffix_of",
    "to_depth",
    "write",
]

_HOMES = {
    "COMPRESSIONS": ".formats.declaring",
    "DEFAULT_MAX_PIXELS": ".files.reading",
    "DEPTHS": ".formats.declaring",
    "FORMATS": ".formats",
    "Format": ".formats.declaring",
    "Image": ".picture.image",
    "Metadata": ".picture.image",
    "SUFFIXES": ".formats",
    "Timing": ".picture.image",
    "check_format": ".formats",
    "format_of": ".formats",
    "is_deeper": ".files.depth",
    "is_image_path": ".formats",
    "read": ".files.reading",
    "suffix_of": ".formats",
    "to_depth": ".files.depth",
    "write": ".files.writing",
}

if not TYPE_CHECKING:  # which would believe in any name
    __getattr__, __dir__ = exports(__name__, __all__, _HOMES)
