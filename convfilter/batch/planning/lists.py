"""Lists of files, as other programs write them."""

from __future__ import annotations

import codecs
import os
from collections.abc import Sequence

from convfilter.errors import ImageError

__all__ = ["names_in"]

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def names_in(data: bytes) -> Sequence[str]:
    """Return the names in a list: one a line, or with a null character after each.

    No name holds a null character, so that a list with any is one of that kind. Lines may end as on
    Windows; empty ones are passed over. Bytes that are no text in the system's encoding stay as
    they are, as everywhere in paths. A mark at the beginning says UTF-8 or UTF-16.

    Raises
    ------
    ImageError
        The mark says UTF-16, and it is none.
    """
    if data.startswith(_WIDE):
        try:
            data = os.fsencode(data.decode("utf-16"))
        except UnicodeError as error:
            raise ImageError(f"the list begins as UTF-16 and is none: {error}") from error
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        names = data.split(b"\0")
    else:
        names = data.split(b"\n")
        if all(name.endswith(b"\r") for name in names[:-1]):
            names = [name.removesuffix(b"\r") for name in names]
    return [os.fsdecode(name) for name in names if name]
