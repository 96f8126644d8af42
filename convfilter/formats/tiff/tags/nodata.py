"""The number of a page that stands for no data (GDAL's tag 42113, a text)."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from convfilter.formats.exif.ifd import ASCII
from convfilter.formats.tiff.tags.names import NODATA
from convfilter.picture.tags import PageTags

__all__ = ["has_nodata", "nodata_of", "stated_nodata", "with_nodata", "without_nodata"]


def nodata_of(
    tags: PageTags | None,
    dtype: np.dtype[Any],
    in_pixels: Callable[[float, np.dtype[Any]], float | None],
) -> float | None:
    """Return the number for no data among pixels of a dtype; None if the tags tell none.

    `in_pixels` says what a number of the file is among them, if it is anything.
    """
    stated = stated_nodata(tags)
    value = None if stated is None else in_pixels(stated, dtype)
    if value is None:
        return None
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            held = float(dtype.type(value))
        return None if math.isinf(held) and not math.isinf(value) else held
    is_held = (
        dtype.kind in "ui"
        and value.is_integer()
        and (np.iinfo(dtype).min <= value <= np.iinfo(dtype).max)
    )
    return value if is_held else None


def stated_nodata(tags: PageTags | None) -> float | None:
    """Return the number for no data among those of the file; None if the tags tell none."""
    for tag, _, data in tags.entries if tags else ():
        if tag == NODATA:
            with suppress(ValueError, OverflowError):
                return float(data.rstrip(b"\0 ").decode("ascii", "replace"))
    return None


def has_nodata(tags: PageTags) -> bool:
    """Tell whether tags have a number for no data."""
    return any(entry[0] == NODATA for entry in tags.entries)


def without_nodata(tags: PageTags) -> PageTags:
    """Return tags that tell no number for no data."""
    return tags._replace(entries=tuple(each for each in tags.entries if each[0] != NODATA))


def with_nodata(tags: PageTags | None, nodata: float | None) -> PageTags | None:
    """Return tags that tell this number; where it is None, those of numbers that never occur."""
    if nodata is None:
        return tags
    value = str(int(nodata)) if nodata.is_integer() else repr(nodata)
    entry = (NODATA, ASCII, value.encode() + b"\0")
    if tags is None:
        return PageTags("<", (entry,), (0, 0), 0)
    others = (each for each in tags.entries if each[0] != NODATA)
    return tags._replace(entries=(*others, entry))
