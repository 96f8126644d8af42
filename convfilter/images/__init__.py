"""Picture files: reading, writing, formats and what travels with the pixels.

Names are imported when they are first used, so that the table of formats costs neither Pillow
nor NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    """Import the module behind a public name on its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
