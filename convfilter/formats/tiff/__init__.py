"""TIFF: pages of every depth, each with its own metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from convfilter.errors import ImageError
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits, too_large
from convfilter.formats.declaring.needed import needed
from convfilter.formats.tiff.storage import CMYK, Storage
from convfilter.formats.tiff.tags.nodata import has_nodata, nodata_of, stated_nodata, without_nodata
from convfilter.picture.image import Image, Metadata
from convfilter.picture.metadata import INKS
from convfilter.picture.orientation import upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convfilter.formats.declaring.rows import RowReader, RowWriter, Sink
    from convfilter.formats.tiff.pages import Page

__all__ = ["FORMAT", "read", "read_rows", "write", "write_rows"]


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read pages, each of its own size and kind; smaller copies of others are passed over.

    Camera raw that is laid out as TIFF is developed.
    """
    from convfilter.formats.tiff.camera import is_camera_raw
    from convfilter.formats.tiff.pages import stack_of

    if is_camera_raw(file):
        with needed("raw", "camera raw"):
            from convfilter.formats.extras import raw
        file.seek(0)
        return raw.read(file, limits)
    pages, chosen = _chosen(file, limits)
    first, *others = (_read_page(page, limits) for page in chosen)
    stacked = stack_of(pages) if len(chosen) == len(pages) else None
    return replace(first, following=tuple(others), stacked=stacked)


def _chosen(file: BinaryIO, limits: Limits) -> tuple[list[Page], list[Page]]:
    """Return all pages that are pictures of their own, and those of them that are to be read."""
    from convfilter.formats.tiff.pages import pages_of

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
    return pages, chosen


def read_rows(file: BinaryIO, limits: Limits) -> RowReader:
    """Open the only page that is asked for; its strips or tiles are unpacked as rows are read."""
    from convfilter.formats.declaring.rows import OnlyWholeError, blank_pixels
    from convfilter.formats.tiff.camera import is_camera_raw

    if is_camera_raw(file):
        raise OnlyWholeError("is camera raw, which is developed as a whole")
    _, chosen = _chosen(file, limits)
    if len(chosen) > 1:
        raise OnlyWholeError(
            f"has {len(chosen):,} pages, which are read as a whole: choose one (--frames)"
        )
    (page,) = chosen
    storage = page.storage
    if storage is None:
        raise OnlyWholeError("states no size, and is read as a whole")
    storage.check()
    from convfilter.formats.tiff.colours import picture_of
    from convfilter.formats.tiff.rows.reader import Rows, check_rows

    about = page.metadata()
    has_number = stated_nodata(about.tags) is not None
    check_rows(storage, page.orientation, has_nodata=has_number)
    image = _described(page, about, storage, blank_pixels((1, 1, 4), "uint8"))

    def picture(samples: NDArray[Any]) -> NDArray[Any]:
        return picture_of(storage, samples, about.icc_profile)

    rows = Rows(storage, page.shared.source, picture, image)
    rows.image = _with_nodata(rows.image, storage)
    return rows


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
    image = _described(page, metadata, storage, pixels)
    if fitted is not None:
        changed = f"the value for no data needs more than 16 bits: it is {fitted:.0f} now"
        return replace(image, nodata=fitted, left_out=(*image.left_out, changed))
    return _with_nodata(image, storage)


def _described(page: Page, metadata: Metadata, storage: Storage, pixels: NDArray[Any]) -> Image:
    """Return pixels with what their page says of them."""
    left_out = page.left_out()
    if storage.photometric == CMYK:
        left_out = (INKS, *left_out)
        metadata = replace(metadata, icc_profile=None)  # that of ink, for pixels that are RGB now
    alpha = storage.alpha is not None
    return Image(pixels, alpha, FORMAT.name, metadata, left_out=left_out)


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

    return writer.encode(frames, effort)


def write_rows(frame: Frame, sink: Sink, effort: Effort) -> RowWriter:
    """Begin a file of a page whose rows come one after the other."""
    from convfilter.formats.tiff import writer

    return writer.begin([frame], sink, effort)


FORMAT = Format(
    "TIFF",
    suffixes=(".tif", ".tiff"),
    signature=rb"II[*+]\0(?!....CR\x02)|MM\0[*+]",
    holds=Holds(depth=32, alpha=True, several="pages", bands=True, signed=True),
    keeps=frozenset({"profile", "EXIF", "XMP", "photoshop", "resolution", "density", "tags"}),
    read=read,
    write=write,
    read_rows=read_rows,
    write_rows=write_rows,
    stores=True,
)
