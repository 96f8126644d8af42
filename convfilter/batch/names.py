"""Names of outputs, and names in messages."""

from __future__ import annotations

import os
from pathlib import PurePath

from convfilter.formats import SUFFIXES, is_image_path, suffix_of

__all__ = ["collision_key", "derived_name", "shown", "sibling_name"]


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path for a message, on one line whatever it holds."""
    text = os.fspath(path)
    return text if text.isprintable() and text else repr(text)


def derived_name(name: str, format_name: str | None) -> str:
    """Return the name with the suffix of the format, unless its own suffix means that format."""
    pure = PurePath(name)
    if format_name is None or SUFFIXES.get(pure.suffix.lower()) == format_name:
        return name
    stem = pure.stem if is_image_path(pure) else name
    return f"{stem}{suffix_of(format_name)}"


def sibling_name(name: str, label: str, format_name: str | None) -> str:
    """Return the name of a result beside its input: ``photo.jpg`` gives ``photo-sobel.jpg``."""
    pure = PurePath(derived_name(name, format_name))
    return f"{pure.stem}-{label}{pure.suffix}"


def collision_key(path: PurePath) -> str:
    """Return what two paths share if some file system takes them for one.

    Upper and lower case, and the two ways to write an accented letter, are one name on the file
    systems of macOS and Windows.
    """
    import unicodedata  # a single file collides with nothing

    return unicodedata.normalize("NFC", os.path.normpath(path)).casefold()
