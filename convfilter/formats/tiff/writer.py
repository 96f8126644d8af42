"""Write TIFF files: pages of strips or tiles, deflated by ISA-L in several threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from convfilter.errors import ImageError
from convfilter.formats.declaring import Effort, Frame, Written
from convfilter.formats.declaring.rows import InMemory, RowWriter, Sink, Storing
from convfilter.formats.exif.ifd import Layout, Order, Tree
from convfilter.formats.tiff.rows.packing import SIDE, Packing
from convfilter.formats.tiff.rows.writer import Pages
from convfilter.formats.tiff.tags.exif_tags import tree_of
from convfilter.formats.tiff.tags.laid_out import PageToWrite, with_tags
from convfilter.runtime.threads import check_workers

__all__ = ["begin", "encode"]

_CLASSIC_BYTES = 2**32 - 2**16
"""The longest file that offsets of 32 bits reach, with some room for the last directory."""


def encode(frames: Sequence[Frame], effort: Effort) -> Written:
    """Return a file in pieces, and notes about what was left out.

    Pixels are uint8, uint16, int16 or float32, (H, W) or (H, W, C), each page as it is. The first
    three channels before alpha are colours; of less than three the first one is grey. The byte
    order is that of the first EXIF block. Files that could have 4 GiB and more are BigTIFF, with
    the last byte of numbers first. The bytes do not depend on the number of threads.
    """
    file = InMemory()
    writer = begin(frames, file, effort)
    for frame in frames:
        writer.write(frame.pixels)
    return file.pieces, writer.finish()


def begin(frames: Sequence[Frame], sink: Sink, effort: Effort) -> RowWriter:
    """Begin a file of pages whose rows come one after the other; `encode` says what it holds."""
    storing, workers = effort.storing or Storing(), check_workers(effort.workers)
    if storing.halved is not None and len(frames) > 1:
        raise ImageError(
            f"reduced copies go with one picture, not with {len(frames)} pages: choose one"
            " (--frames)"
        )
    prepared = _Prepared.of(frames)
    layout = prepared.layout(storing)
    if layout.order != prepared.order:
        prepared = _Prepared.of(frames, layout.order)
    pages, notes = prepared.pages, prepared.notes
    if storing.halved is None:
        return Pages(sink, layout, pages, storing.tile, workers, notes)
    from convfilter.formats.tiff.rows.pyramid import Pyramid

    return Pyramid(sink, layout, pages[0], storing, workers, notes)


class _Prepared(NamedTuple):
    """Pages with their tags in the byte order of the file, and notes about what was left out."""

    order: Order
    pages: list[PageToWrite]
    notes: list[str]

    @classmethod
    def of(cls, frames: Sequence[Frame], wanted: Order | None = None) -> _Prepared:
        """Make them ready, in a byte order that is wanted, or else in that of what they say."""
        blocks = [tree_of(each.metadata.exif) if each.metadata.exif else None for each in frames]
        lost = sum(each is None for each in blocks) > sum(not each.metadata.exif for each in frames)
        notes = ["an EXIF block that is damaged or too long was left out"] * lost
        order: Order = next((block[0] for block in blocks if block is not None), "<")
        carried = next((each.metadata.tags for each in frames if each.metadata.tags), None)
        if carried is not None:  # of which some hold numbers that nobody else can turn
            order = ">" if carried.order == ">" else "<"
        order = wanted or order
        pages = []
        for frame, block in zip(frames, blocks, strict=True):
            own, exif = block or (order, Tree(()))
            exif = exif if own == order else exif.swapped()
            pages.append(PageToWrite(frame.pixels, frame.metadata, exif, frame.alpha))
        pages, lost_tags = with_tags(pages, order)
        return cls(order, pages, notes + lost_tags)

    def layout(self, storing: Storing) -> Layout:
        """Return the layout, known before there is a value: the same however well they compress."""
        if self.most_bytes(storing) <= _CLASSIC_BYTES:
            return Layout(self.order)
        return Layout("<", big=True)  # Pillow does not read BigTIFF of the other byte order

    def most_bytes(self, storing: Storing) -> int:
        """Return no fewer bytes than the file takes."""
        pages, tile = self.pages, storing.tile
        if storing.halved is not None:
            from convfilter.formats.tiff.rows.pyramid import copies_of

            tile = tile or SIDE
            pages = [*pages, *copies_of(pages[0], tile)]
        packed = sum(Packing(page.pixels, tile, self.order, 1).most_bytes for page in pages)
        return packed + sum(page.bytes_beside for page in pages)
