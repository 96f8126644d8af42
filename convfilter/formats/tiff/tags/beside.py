"""What TIFF pages say beside their pixels: kept for another TIFF, or told in words.

Whoever reads a page tells what is lost, so that nothing is without a word. Tags that lay out the
file, and statistics of its pixels, need none: the result has its own.
"""

from __future__ import annotations

from convfilter.errors import listed
from convfilter.formats.exif.ifd import Directory, Source
from convfilter.formats.tiff.tags.exif_tags import DESCRIPTIVE
from convfilter.formats.tiff.tags.names import (
    DESCRIPTION,
    EARTH,
    IMAGEJ,
    NAMES,
    description_name,
    is_carried,
)
from convfilter.picture.tags import PageTags

__all__ = ["lost_of", "tags_of"]

_LONGEST_DESCRIPTION = 1 << 16
_LONGEST = 1 << 26

_PHOTOSHOP = 34377
_LAYING_OUT = frozenset(
    {
        *range(254, 269), 273, *range(277, 285), *range(288, 294), 296, 297, 317, *range(320, 331),
        332, 334, *range(336, 342), 346, 347, *range(512, 522), *range(529, 533), 559,
        700, 32995, 32996, 32997, _PHOTOSHOP, 34665, 34675, 34853,
    }
)  # fmt: skip
"""Tags that lay out the file or whose content is kept elsewhere."""


def tags_of(
    source: Source, page: Directory, size: tuple[int, int], pages: int, *, is_upright: bool
) -> PageTags | None:
    """Return the tags of a page that go into another TIFF; None if there are none."""
    entries = []
    room = min(source.size, _LONGEST)
    for tag, field in page.fields.items():
        if tag in _LAYING_OUT or (tag in DESCRIPTIVE and tag != DESCRIPTION):
            continue
        if not is_upright and tag in EARTH | IMAGEJ:
            continue
        room -= field.length
        if room < 0 or not source.holds(field):
            continue
        data = source.part(field.place, field.length)
        if is_carried(tag, field.kind, data):
            entries.append((tag, field.kind, data))
    return PageTags(source.layout.order, tuple(entries), size, pages) if entries else None


def lost_of(source: Source, page: Directory, carried: PageTags | None) -> list[str]:
    """Return lines that name what a page says and what is not kept."""
    kept = {tag for tag, _, _ in carried.entries} if carried else set()
    found: dict[str, None] = {}
    unknown = []
    for tag, field in page.fields.items():
        if tag in kept:
            continue
        if tag == DESCRIPTION:
            text = source.part(field.place, min(field.length, _LONGEST_DESCRIPTION))
            name = description_name(text)
            if name:
                found[name] = None
        elif tag in NAMES:
            found[NAMES[tag]] = None
        elif tag not in _LAYING_OUT and tag not in DESCRIPTIVE:
            unknown.append(str(tag))
    if unknown:
        found[f"the tag{'s' * (len(unknown) > 1)} {listed(unknown)}"] = None
    return [f"no place for {listed(list(found))}: left out"] if found else []
