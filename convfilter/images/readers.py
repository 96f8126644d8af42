"""Readers that do without Pillow where they can: they are faster, or keep what it would lose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from convfilter.errors import ImageError
from convfilter.images.exif import apply_orientation
from convfilter.images.faults import (
    check_pages,
    check_size,
    faults_named,
    too_large,
    words_of,
)
from convfilter.images.frames import Selection
from convfilter.images.image import Image, Metadata, resolution_of
from convfilter.images.quiet import pillow_warnings_silenced

if TYPE_CHECKING:
    from convfilter.images.tiff_pages import Page

__all__ = ["png_beside", "read_array", "read_deep_ppm", "read_png", "read_tiff"]


def read_png(file: BinaryIO, head: bytes, name: str, max_pixels: int) -> Image | None:
    """Read a PNG file without Pillow, or return None for one that Pillow has to look at.

    Pillow finds the words for what is damaged, and lives with some of it; but 16 bits of colour it
    would reduce to 8.
    """
    from convfilter.images import png_reader

    header = png_reader.Header.of(head)
    if header is None:
        return None
    check_size((header.width, header.height), name, max_pixels)
    try:
        found = png_reader.decode(file, header)
        metadata, orientation = Metadata(dpi=resolution_of(found.dpi)), 1
        if found.described is not None:
            metadata, orientation = png_beside(found.described, head, name)
    except MemoryError as error:
        raise too_large((header.width, header.height), name) from error
    except Exception as error:  # damage beside the pixels makes Pillow raise almost anything
        if header.is_deep_colour:
            raise ImageError(
                f"{name}: the PNG file is damaged ({words_of(error)}): create it again"
            ) from error
        file.seek(0)
        return None
    pixels = apply_orientation(found.pixels, orientation)
    return Image(pixels, found.alpha, "PNG", metadata)


def png_beside(file: BinaryIO, head: bytes, name: str) -> tuple[Metadata, int]:
    """Return what a PNG file says beside its pixels, and how they have to be turned."""
    from convfilter.images.pillow import metadata_of, open_header, orientation_of

    with pillow_warnings_silenced(), open_header(file, head, "PNG", name) as beside:
        beside.load()
        orientation = orientation_of(beside)
        return metadata_of(beside, turned=orientation in (5, 6, 7, 8)), orientation


def read_tiff(file: BinaryIO, head: bytes, name: str, max_pixels: int, wanted: Selection) -> Image:
    """Read pages of a TIFF file."""
    from convfilter.images.tiff_pages import pages_of

    with faults_named("TIFF", name):
        pages = pages_of(file)
        if any(page.hides_a_picture for page in pages):
            raise ImageError(
                f"{name}: holds small copies alone, and its full picture in a sub-directory, as in"
                " raw camera files, which is not served: develop it or save it as plain TIFF first"
            )
        chosen = [pages[number] for number in wanted.numbers(len(pages), name)]
        if len(chosen) > 1:
            check_pages([page.size for page in chosen], name, max_pixels)
        elif chosen[0].size is not None:
            check_size(chosen[0].size, name, max_pixels)
        first, *others = (_read_page(page, head, name, max_pixels) for page in chosen)
    return replace(first, following=tuple(others))


def _read_page(page: Page, head: bytes, name: str, max_pixels: int) -> Image:
    """Read a page of TIFF: with tifffile one of 16-bit colour or floats, others with Pillow."""
    deep = None
    if page.may_be_deep:
        from convfilter.images.tiff import Deep

        deep = Deep.of(page.file)
    if deep is None:
        return _read_shallow(page, head, name, max_pixels)
    check_size(deep.size, name, max_pixels)
    page.check(deep.size)
    with faults_named("TIFF", name, deep.size), pillow_warnings_silenced():
        deep.check(name)
        pixels, alpha = deep.pixels()
    return Image(apply_orientation(pixels, page.orientation), alpha, "TIFF", page.metadata())


def _read_shallow(page: Page, head: bytes, name: str, max_pixels: int) -> Image:
    from convfilter.images import modes, pillow

    with (
        pillow_warnings_silenced(),
        pillow.open_header(page.file, head, "TIFF", name) as picture,
    ):
        check_size(picture.size, name, max_pixels)
        page.check(picture.size)
        modes.refuse_lost_depth(picture, "TIFF", name)
        image = pillow.decode(picture, "TIFF", name)
    metadata = page.metadata()
    if image.metadata.icc_profile is None:
        metadata = replace(metadata, icc_profile=None)  # that of ink, for pixels that are RGB now
    return replace(image, metadata=metadata)


def read_deep_ppm(file: BinaryIO, name: str, max_pixels: int) -> Image | None:
    """Read a PPM file of more than 8 bits, or return None for another one."""
    from convfilter.images.pnm import DeepColour

    deep = DeepColour.of(file)
    if deep is None:
        return None
    check_size((deep.width, deep.height), name, max_pixels)
    with faults_named("PPM", name, (deep.width, deep.height)):
        return Image(deep.pixels(file), format="PPM")


def read_array(file: BinaryIO, name: str, max_pixels: int) -> Image:
    """Read an array from a file of NumPy's."""
    from convfilter.images.arrays import Stored

    with faults_named("NPY", name):
        stored = Stored.of(file, name)
        check_size((stored.shape[1], stored.shape[0]), name, max_pixels)
        return replace(Image.of(stored.pixels(file)), format="NPY")
