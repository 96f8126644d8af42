"""The tags of a page that is written: how it is laid out, and what is said of its pixels."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from numpy.typing import NDArray

from convfilter.errors import listed
from convfilter.formats.exif.ifd import (
    LONG,
    LONG8,
    RATIONAL,
    SHORT,
    UNDEFINED,
    Entry,
    Layout,
    Order,
    Tree,
)
from convfilter.picture.image import Metadata

__all__ = ["PageToWrite", "Parts", "directory_of", "with_tags"]

_DEFLATE, _DIFFERENCES = 8, 2
_UNSPECIFIED, _UNASSOCIATED = 0, 2
_BLACK_IS_ZERO, _RGB = 1, 2
_REDUCED, _PAGE_OF_MANY = 1, 2
_NO_UNIT, _INCH, _CENTIMETRE = 1, 2, 3
_BYTE = 1
_KINDS_OF_SAMPLES = {"u": 1, "i": 2, "f": 3}


class PageToWrite(NamedTuple):
    """A page whose pixels tell shape and dtype alone, with what is written beside them."""

    pixels: NDArray[Any]
    metadata: Metadata
    exif: Tree
    alpha: bool = False
    tags: tuple[Entry, ...] = ()
    is_reduced: bool = False

    @property
    def bytes_beside(self) -> int:
        """No fewer bytes than all takes that is no pixel, but for what states where these are."""
        beside = len(self.metadata.icc_profile or b"") + len(self.metadata.xmp or b"")
        beside += len(self.metadata.photoshop or b"") + 2 * self.exif.length
        return beside + sum(len(tag.data) + 32 for tag in self.tags) + 4096


class Parts(NamedTuple):
    """Strips of so many rows, or tiles of such a side, where they begin, and their lengths."""

    side: int
    is_tiled: bool
    offsets: Sequence[int]
    lengths: Sequence[int]


def with_tags(pages: Sequence[PageToWrite], order: Order) -> tuple[list[PageToWrite], list[str]]:
    """Return the pages with what theirs said of the earth and of stacks, and notes."""
    if not any(page.metadata.tags for page in pages):
        return list(pages), []
    from convfilter.formats.tiff.tags.carried import fitting
    from convfilter.formats.tiff.tags.descriptions import Page

    made, notes = [], []
    for page in pages:
        tags = page.metadata.tags
        if tags is not None:
            height, width = page.pixels.shape[:2]
            samples = 1 if page.pixels.ndim == 2 else page.pixels.shape[2]
            stored = Page((width, height), samples, page.pixels.dtype, len(pages), order)
            fit, lost = fitting(tags, stored)
            if lost:
                notes.append(f"{listed(lost)} would not fit the result: left out")
            entries = (Entry(*each) for each in fit)
            is_own = tags.order == order
            page = page._replace(tags=tuple(e if is_own else e.swapped() for e in entries))
        made.append(page)
    return made, list(dict.fromkeys(notes))


def directory_of(
    page: PageToWrite, parts: Parts, numbers: tuple[int, int] | None, layout: Layout
) -> Tree:
    """Return the directory of a page; `numbers` are its own and how many there are, if several."""
    entries = _entries(page, parts, numbers, layout)
    known = {entry.tag for entry in page.tags}
    described = (entry for entry in page.exif.entries if entry.tag not in known)
    return Tree((*entries, *described, *page.tags), page.exif.below)


def _entries(
    page: PageToWrite, parts: Parts, numbers: tuple[int, int] | None, layout: Layout
) -> list[Entry]:
    """Return the tags that lay out a page, and those of metadata that EXIF has no part in."""
    pixels, metadata = page.pixels, page.metadata
    height, width = pixels.shape[:2]
    samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    colours = 3 if samples - page.alpha >= 3 else 1
    bands = samples - page.alpha - colours

    def entry(tag: int, kind: int, *values: int) -> Entry:
        letter = {SHORT: "H", LONG: "I", RATIONAL: "I", LONG8: "Q"}[kind]
        return Entry(tag, kind, struct.pack(f"{layout.order}{len(values)}{letter}", *values))

    entries = [
        entry(256, LONG, width),
        entry(257, LONG, height),
        entry(258, SHORT, *[8 * pixels.dtype.itemsize] * samples),
        entry(259, SHORT, _DEFLATE),
        entry(262, SHORT, _RGB if colours == 3 else _BLACK_IS_ZERO),
        entry(277, SHORT, samples),
        entry(284, SHORT, 1),
        entry(339, SHORT, *[_KINDS_OF_SAMPLES[pixels.dtype.kind]] * samples),
    ]
    offsets, lengths = (LONG8 if layout.big else LONG, *parts.offsets), (LONG, *parts.lengths)
    if parts.is_tiled:
        entries += [entry(322, LONG, parts.side), entry(323, LONG, parts.side)]
        entries += [entry(324, *offsets), entry(325, *lengths)]
    else:
        entries += [entry(273, *offsets), entry(278, LONG, parts.side), entry(279, *lengths)]
    if pixels.dtype.kind != "f":
        entries.append(entry(317, SHORT, _DIFFERENCES))
    if bands or page.alpha:
        entries.append(entry(338, SHORT, *[_UNSPECIFIED] * bands, *[_UNASSOCIATED] * page.alpha))
    if page.is_reduced:
        entries.append(entry(254, LONG, _REDUCED))
    elif numbers is not None:
        entries.append(entry(254, LONG, _PAGE_OF_MANY))
        if numbers[1] < 1 << 16:
            entries.append(entry(297, SHORT, *numbers))
    if metadata.dpi is not None:
        resolution, unit = _resolution(metadata, metadata.dpi)
        across, down = map(_fraction, resolution)
        entries += [entry(282, RATIONAL, *across), entry(283, RATIONAL, *down)]
        entries.append(entry(296, SHORT, unit))
    elif metadata.density is not None:
        across, down = map(_fraction, metadata.density)
        entries += [entry(282, RATIONAL, *across), entry(283, RATIONAL, *down)]
        entries.append(entry(296, SHORT, _NO_UNIT))
    if metadata.photoshop is not None:
        entries.append(Entry(34377, UNDEFINED, metadata.photoshop))
    if metadata.xmp is not None:
        entries.append(Entry(700, _BYTE, metadata.xmp))
    if metadata.icc_profile is not None:
        entries.append(Entry(34675, UNDEFINED, metadata.icc_profile))
    return entries


def _resolution(metadata: Metadata, dpi: tuple[float, float]) -> tuple[tuple[float, float], int]:
    """Return the resolution in the unit in which a description, if there is one, has it as well."""
    spacing = metadata.spacing
    is_described = metadata.tags is not None and metadata.tags.describes_pixels
    unit = {"in": _INCH, "cm": _CENTIMETRE}.get(spacing.unit) if spacing and is_described else None
    if spacing is None or unit is None:
        return dpi, _INCH
    return (float(1 / spacing.columns), float(1 / spacing.rows)), unit


def _fraction(value: float) -> tuple[int, int]:
    """Return a number below a million as a fraction of numbers of 32 bits."""
    most = 2**32 - 1
    nearest = Fraction(value).limit_denominator(most if value < 1 else int(most / (value + 1)))
    return max(nearest.numerator, 1), nearest.denominator
