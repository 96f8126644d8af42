"""TIFF: pages of every depth, each with its own metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from convfilter.errors import ImageError
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits, too_large
from convfilter.formats.declaring.needed import needed
from convfilter.formats.tiff.storage import CMYK, Storage
from convfilter.formats.tiff.tags.nodata import has_nodata, nodata_of, stated_nodata, without_nodata
from convfilter.picture.image import Image
from convfilter.picture.metadata import INKS
from convfilter.picture.orientation import upright

if TYPE_CHECKING:
    from convfilter.formats.tiff.pages import Page

__all__ = ["FORMAT", "read", "write"]


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read pages, each of its own size and kind; smaller copies of others are passed over.

    Camera raw that is laid out as TIFF is developed.
    """
    from convfilter.formats.tiff.camera import is_camera_raw
    from convfilter.formats.tiff.pages import pages_of, stack_of

    if is_camera_raw(file):
        with needed("raw", "camera raw"):
            from convfilter.formats.extras import raw
        file.seek(0)
        return raw.read(file, limits)
    pages = pages_of(file)
    if any(page.hides_a_picture for page in pages):
        raise ImageError(
            "holds small copies alone, and its full picture in a sub-directory, as in"
            " raw camera files, which is not supported: develop it or save it as plain TIFF first"
        )
    chosen = [pages[number] for number in limits.chosen(len(pages))]
    if len(chosen) > 1:
        limits.check_sizes([page.size for page in chosen])
    elif chosen[0].size is not None:
        limits.check_size(chosen[0].size)
    first, *others = (_read_page(page, limits) for page in chosen)
    stacked = stack_of(pages) if len(chosen) == len(pages) else None
    return replace(first, following=tuple(others), stacked=stacked)


def _read_page(page: Page, limits: Limits) -> Image:
    storage = page.storage
    if storage is None:
        return _read_with_pillow(page, limits)
    storage.check()
    if storage.is_for_pillow:
        return _read_with_pillow(page, limits)
    from convfilter.formats.tiff.colours import fit_nodata, picture_of
    from convfilter.formats.tiff.strips import samples_of

    metadata = page.metadata()
    try:
        samples = samples_of(storage, page.shared.source)
        fitted = fit_nodata(storage, samples, stated_nodata(metadata.tags))
        pixels = picture_of(storage, samples, metadata.icc_profile)
        pixels = upright(pixels, page.orientation)
    except MemoryError as error:
        raise too_large(page.size) from error
    left_out = page.left_out()
    if storage.photometric == CMYK:
        left_out = (INKS, *left_out)
        metadata = replace(metadata, icc_profile=None)  # that of ink, for pixels that are RGB now
    alpha = storage.alpha is not None
    image = Image(pixels, alpha, FORMAT.name, metadata, left_out=left_out)
    if fitted is not None:
        changed = f"the value for no data needs more than 16 bits: it is {fitted:.0f} now"
        return replace(image, nodata=fitted, left_out=(*left_out, changed))
    return _with_nodata(image, storage)


def _with_nodata(image: Image, storage: Storage | None) -> Image:
    """Return a picture that knows its number for no data, if its page tells one.

    Where numbers of the file are no pixels, the tag is left out: it would name other pixels.
    """
    tags = image.metadata.tags
    if storage is None or tags is None or not has_nodata(tags):
        return image
    nodata = nodata_of(tags, image.dtype, storage.in_pixels)
    if nodata is not None or storage.keeps_numbers:
        return replace(image, nodata=nodata)
    metadata = replace(image.metadata, tags=without_nodata(tags))
    lost = "the value for no data is no value of the pixels: left out"
    return replace(image, metadata=metadata, left_out=(*image.left_out, lost))


def _read_with_pillow(page: Page, limits: Limits) -> Image:
    from convfilter.formats.tiff import with_pillow

    return _with_nodata(with_pillow.read(page, FORMAT, limits), page.storage)


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of pages, each with its own metadata."""
    from convfilter.formats.tiff import writer

    return writer.encode(frames, effort.workers)


FORMAT = Format(
    "TIFF",
    suffixes=(".tif", ".tiff"),
    signature=rb"II[*+]\0(?!....CR\x02)|MM\0[*+]",
    holds=Holds(depth=32, alpha=True, several="pages", bands=True, signed=True),
    keeps=frozenset({"profile", "EXIF", "XMP", "photoshop", "resolution", "density", "tags"}),
    read=read,
    write=write,
)
