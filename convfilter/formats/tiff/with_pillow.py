"""Pages of TIFF that Pillow reads: palettes, inks, bits, and whatever its libtiff unpacks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL.TiffImagePlugin import TiffImageFile

from convfilter.formats.declaring import Format
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.pillow.reading import decoded, image_of, opened
from convfilter.formats.quiet import silence_libtiff
from convfilter.formats.tiff.pages import Page
from convfilter.picture.image import Image

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["read"]


def read(page: Page, form: Format, limits: Limits) -> Image:
    """Read a page."""
    silence_libtiff()
    with opened(page.file, TiffImageFile, form) as picture:
        limits.check_size(picture.size)
        page.check(picture.size)
        _in_native_order(picture)
        pixels, alpha = decoded(picture, form, page.bits)
        if picture.mode.startswith("I;16") and page.is_white_zero:
            pixels = np.invert(pixels)  # Pillow inverts 8-bit pictures of this kind, but not these
        image = image_of(picture, form, pixels, alpha)
    metadata = page.metadata()
    if image.metadata.icc_profile is None:
        metadata = replace(metadata, icc_profile=None)  # that of ink, for pixels that are RGB now
    return replace(image, metadata=metadata)


def _in_native_order(picture: ImageFile) -> None:
    """Let Pillow take signed samples in the order in which libtiff unpacks them.

    Of others it knows this by itself.
    """
    for number, tile in enumerate(picture.tile):
        if tile.codec_name == "libtiff" and isinstance(tile.args, tuple):
            mode, *others = tile.args
            native = {"I;16BS": "I;16NS", "I;32BS": "I;32NS"}.get(mode, mode)
            picture.tile[number] = tile._replace(args=(native, *others))
