"""The number of a page that stands for no data (GDAL's tag 42113, a text)."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np

from convfilter.formats.exif.ifd import ASCII
from convfilter.formats.tiff.tags.names import NODATA
from convfilter.picture.tags import PageTags

__all__ = ["nodata_of", "with_nodata"]


def nodata_of(tags: PageTags | None, dtype: np.dtype[Any]) -> float | None:
    """Return the number for no data among pixels of a dtype; None if the tags tell none."""
    for tag, _, data in tags.entries if tags else ():
        if tag == NODATA:
            with suppress(ValueError, OverflowError):
                value = float(data.rstrip(b"\0 ").decode("ascii", "replace"))
                if dtype.kind == "f" and abs(value) <= np.finfo(dtype).max:
                    return float(dtype.type(value))
                is_held = (
                    dtype.kind in "ui"
                    and value.is_integer()
                    and (np.iinfo(dtype).min <= value <= np.iinfo(dtype).max)
                )
                if is_held or (dtype.kind == "f" and math.isnan(value)):
                    return value
    return None


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
