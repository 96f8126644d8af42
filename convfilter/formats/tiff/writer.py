"""Write TIFF files: pages of strips, deflated by ISA-L in several threads."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from convfilter.errors import listed
from convfilter.formats.declaring import Frame, Written
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
from convfilter.formats.tiff.tags.exif_tags import tree_of
from convfilter.picture.image import Metadata
from convfilter.runtime.threads import check_workers, run_bands

__all__ = ["encode"]

_DEFLATE, _DIFFERENCES = 8, 2
_UNSPECIFIED, _UNASSOCIATED = 0, 2
_BLACK_IS_ZERO, _RGB = 1, 2
_PAGE_OF_MANY = 2
_NO_UNIT, _INCH, _CENTIMETRE = 1, 2, 3
_BYTE = 1
_KINDS_OF_SAMPLES = {"u": 1, "i": 2, "f": 3}

_STRIP_BYTES = 1 << 18
_LEVEL = 1
_NANOSECONDS = 2.5
"""About what a byte takes to be compressed."""

_CLASSIC_BYTES = 2**32 - 2**16
"""The longest file that offsets of 32 bits reach, with some room for the last directory."""


class _Page(NamedTuple):
    """A page whose strips have been compressed, of `rows` rows each but for the last."""

    pixels: NDArray[Any]
    metadata: Metadata
    exif: Tree
    rows: int
    strips: list[bytes]
    alpha: bool = False
    tags: tuple[Entry, ...] = ()


def encode(pages: Sequence[Frame], workers: int | None = None) -> Written:
    """Return a file in pieces, and notes about what was left out.

    Pixels are uint8, uint16, int16 or float32, (H, W) or (H, W, C), each page as it is. The first
    three channels before alpha are colours; of less than three the first one is grey. The byte
    order is that of the first EXIF block. Files of 4 GiB and more are BigTIFF, with the last byte
    of numbers first. The bytes do not depend on `workers`.
    """
    blocks = [tree_of(page.metadata.exif) if page.metadata.exif else None for page in pages]
    lost = sum(block is None for block in blocks) > sum(not page.metadata.exif for page in pages)
    notes = ["an EXIF block that is damaged or too long was left out"] * lost
    order: Order = next((block[0] for block in blocks if block is not None), "<")
    carried = next((page.metadata.tags for page in pages if page.metadata.tags), None)
    if carried is not None:  # of which some hold numbers that nobody else can turn
        order = ">" if carried.order == ">" else "<"
    workers = check_workers(workers)

    def encoded(order: Order) -> list[_Page]:
        made = []
        for page, block in zip(pages, blocks, strict=True):
            own, exif = block or (order, Tree(()))
            rows, strips = _strips(page.pixels, order, workers)
            exif = exif if own == order else exif.swapped()
            made.append(_Page(page.pixels, page.metadata, exif, rows, strips, page.alpha))
        return made

    whole = encoded(order)
    whole, lost_tags = _with_tags(whole, order)
    notes += lost_tags
    big = sum(map(_length, whole)) > _CLASSIC_BYTES
    if big and order == ">":  # Pillow does not read BigTIFF of this byte order
        order = "<"
        whole, _ = _with_tags(encoded("<"), order)
    return _laid_out(whole, Layout(order, big)), notes


def _with_tags(pages: Sequence[_Page], order: Order) -> tuple[list[_Page], list[str]]:
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


def _strips(pixels: NDArray[Any], order: Order, workers: int) -> tuple[int, list[bytes]]:
    """Return rows to a strip, and the strips."""
    height = pixels.shape[0]
    row_bytes = pixels[0].nbytes
    rows = min(height, max(1, _STRIP_BYTES // row_bytes))
    count = -(-height // rows)
    strips = [b""] * count
    stored = pixels.dtype.newbyteorder(order)

    def work(start: int, stop: int) -> None:
        for number in range(start, stop):
            part = pixels[number * rows : (number + 1) * rows]
            if part.dtype.kind != "f":
                steps = part.astype(stored)
                steps[:, 1:] = part[:, 1:] - part[:, :-1]
                part = steps
            strips[number] = isal_zlib.compress(np.ascontiguousarray(part, stored), _LEVEL)

    run_bands(count, rows * row_bytes * _NANOSECONDS, workers, work)
    return rows, strips


def _length(page: _Page) -> int:
    """Return no fewer bytes than a page takes."""
    beside = len(page.metadata.icc_profile or b"") + len(page.metadata.xmp or b"")
    beside += len(page.metadata.photoshop or b"") + sum(len(tag.data) + 32 for tag in page.tags)
    return sum(len(strip) + 17 for strip in page.strips) + beside + 2 * page.exif.length + 4096


def _laid_out(pages: Sequence[_Page], layout: Layout) -> list[bytes]:
    """Return the file: of each page the strips, then the directory."""
    pieces: list[bytes | bytearray] = [bytearray(layout.head)]
    place = len(pieces[0])
    link = layout.first  # of the last directory to the next one
    last = pieces[0]
    for number, page in enumerate(pages):
        offsets = []
        for strip in page.strips:
            offsets.append(place)
            pieces.append(strip + bytes(len(strip) % 2))
            place += len(pieces[-1])
        numbers = (number, len(pages)) if len(pages) > 1 else None
        entries = _entries(page, offsets, numbers, layout)
        known = {entry.tag for entry in page.tags}
        described = (entry for entry in page.exif.entries if entry.tag not in known)
        tree = Tree((*entries, *described, *page.tags), page.exif.below)
        directory = tree.packed(place, layout)
        struct.pack_into(layout.offset, last, link, place)
        last, link = directory, layout.link(len(tree.entries) + len(tree.below))
        pieces.append(directory)
        place += len(directory)
    return [bytes(piece) for piece in pieces]


def _entries(
    page: _Page, offsets: list[int], numbers: tuple[int, int] | None, layout: Layout
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
        entry(273, LONG8 if layout.big else LONG, *offsets),
        entry(277, SHORT, samples),
        entry(278, LONG, page.rows),
        entry(279, LONG, *map(len, page.strips)),
        entry(284, SHORT, 1),
        entry(339, SHORT, *[_KINDS_OF_SAMPLES[pixels.dtype.kind]] * samples),
    ]
    if pixels.dtype.kind != "f":
        entries.append(entry(317, SHORT, _DIFFERENCES))
    if bands or page.alpha:
        entries.append(entry(338, SHORT, *[_UNSPECIFIED] * bands, *[_UNASSOCIATED] * page.alpha))
    if numbers is not None:
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
