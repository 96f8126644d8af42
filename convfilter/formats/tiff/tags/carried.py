"""Tags of a page in another TIFF, made those of its pixels; what does not fit them is named."""

from __future__ import annotations

import re

from convfilter.formats.tiff.tags import descriptions
from convfilter.formats.tiff.tags.descriptions import Page
from convfilter.formats.tiff.tags.earth import moved
from convfilter.formats.tiff.tags.names import DESCRIPTION, EARTH, GDAL, IMAGEJ, name_of
from convfilter.picture.tags import SAME_GRID, PageTags

__all__ = ["fitting"]

_STATISTICS = re.compile(rb"\s*<Item\s+name=\"STATISTICS_[^<>]*>[^<>]*</Item>")


def fitting(tags: PageTags, page: Page) -> tuple[list[tuple[int, int, bytes]], list[str]]:
    """Return the tags that hold for a page, in the byte order of `tags`, and a line for others."""
    is_same = page.size == tags.size and tags.grid in (None, SAME_GRID)
    grid = None if page.size != tags.size and tags.grid == SAME_GRID else tags.grid
    kept: list[tuple[int, int, bytes]] = []
    lost: list[str] = []
    earth = [each for each in tags.entries if each[0] in EARTH]
    on_earth = earth if is_same else moved(earth, tags.order, grid)
    if on_earth is None:
        lost.append(name_of(*earth[0][::2]))
    else:
        kept += on_earth
    for tag, kind, data in tags.entries:
        if tag in EARTH:
            continue
        fit: bytes | None = data
        if tag == DESCRIPTION:
            fit = descriptions.fitting(data, tags, page)
        elif tag in IMAGEJ:
            fit = data if is_same and page.pages == tags.pages else None
        elif tag == GDAL:
            fit = _STATISTICS.sub(b"", data)
        if fit is None:
            lost.append(name_of(tag, data))
        else:
            kept.append((tag, kind, fit))
            lost += ["the statistics in GDAL's metadata"] * (tag == GDAL and fit != data)
    return kept, list(dict.fromkeys(lost))
