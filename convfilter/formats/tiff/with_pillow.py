"""Pages of TIFF that Pillow reads: those compressed as JPEG or fax."""

from __future__ import annotations

from dataclasses import replace

from convfilter.formats.declaring import Format
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.pillow.reading import decoded, image_of, opened
from convfilter.formats.quiet import silence_libtiff
from convfilter.formats.tiff.libtiff import Picture
from convfilter.formats.tiff.pages import Page
from convfilter.picture.image import Image

__all__ = ["read"]


def read(page: Page, form: Format, limits: Limits) -> Image:
    """Read a page."""
    silence_libtiff()
    with opened(page.file, Picture, form) as picture:
        limits.check_size(picture.size)
        page.check(picture.size)
        pixels, alpha = decoded(picture, form, page.bits)
        image = image_of(picture, form, pixels, alpha)
    metadata = page.metadata()
    if image.metadata.icc_profile is None:
        metadata = replace(metadata, icc_profile=None)  # that of ink, for pixels that are RGB now
    return replace(image, metadata=metadata, left_out=(*image.left_out, *page.left_out()))
