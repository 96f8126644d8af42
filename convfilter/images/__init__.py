"""Picture files: reading, writing, formats and what travels with the pixels.

Names are imported when they are first used, so that the table of formats costs neither Pillow
nor NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.images.formats import (
    COMPRESSIONS,
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
    from convfilter.images.image import Image, Metadata
    from convfilter.images.reading import DEFAULT_MAX_PIXELS, read
    from convfilter.images.writing import write

__all__ = [
    "COMPRESSIONS",
    "DEFAULT_MAX_PIXELS",
    "FORMATS",
    "SUFFIXES",
    "Format",
    "Image",
    "Metadata",
    "check_format",
    "format_of",
    "is_image_path",
    "read",
    "suffix_of",
    "write",
]

_HOMES = {
    "DEFAULT_MAX_PIXELS": "reading",
    "Image": "image",
    "Metadata": "image",
    "read": "reading",
    "write": "writing",
}


__getattr__, __dir__ = exports(__name__, __all__, _HOMES)
