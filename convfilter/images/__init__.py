"""Picture files: reading, writing, formats and what travels with the pixels.

Names are imported when they are first used, so that the table of formats costs neither Pillow
nor NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.images.formats import (
    COMPRESSIONS,
    DEPTHS,
    FORMATS,
    SUFFIXES,
    Format,
    check_format,
    format_of,
    is_image_path,
    suffix_of,
)
from convfilter.lazy import exports

if TYPE_CHECKING:
    from convfilter.images.depth import is_deeper, to_depth
    from convfilter.images.image import Image, Metadata, Timing
    from convfilter.images.reading import DEFAULT_MAX_PIXELS, read
    from convfilter.images.writing import write

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
    "DEFAULT_MAX_PIXELS": "reading",
    "Image": "image",
    "Metadata": "image",
    "Timing": "image",
    "is_deeper": "depth",
    "read": "reading",
    "to_depth": "depth",
    "write": "writing",
}


__getattr__, __dir__ = exports(__name__, __all__, _HOMES)
