"""HEIC and HEIF, as libheif reads them through pi_heif, which brings no encoder."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
import pi_heif
from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.formats.boxes import OF_PICTURES, Items, unknown_boxes
from convfilter.formats.declaring import Format, Holds
from convfilter.formats.declaring.limits import Limits, too_large, words_of
from convfilter.formats.exif.block import upright_metadata
from convfilter.formats.extras.depths import spread
from convfilter.picture.image import Image, Metadata

__all__ = ["FORMAT", "read"]

_PREMULTIPLIED = "a"
"""What modes end in where colours are multiplied by alpha."""


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read the main picture of a file: grey or RGB, with or without alpha.

    libheif turns it as the file's boxes say. The orientation of EXIF says nothing here
    (ISO/IEC 23008-12, A.2.1), and is reset.
    """
    data = file.read()
    try:
        picture = pi_heif.open_heif(data, convert_hdr_to_8bit=False, hdr_to_16bit=False)
        limits.check_size(picture.size)
        limits.chosen()
        pixels, alpha = _pixels(picture)
    except SyntaxError as error:  # what libheif does not know
        raise ImageError(
            f"this {FORMAT.name} file is of a kind that is not supported ({words_of(error)}):"
            " convert it to PNG first"
        ) from error
    except MemoryError as error:
        raise too_large() from error
    items = Items.of(data)
    profile = picture.info.get("icc_profile")
    metadata, _ = upright_metadata(
        Metadata(profile or None, png_colour=() if profile else items.colours(data)),
        picture.info.get("exif"),
        picture.info.get("xmp"),
    )
    left_out = [f"{what} beside the picture: left out" for what in items.further()]
    left_out += unknown_boxes(data, OF_PICTURES)
    return Image(pixels, alpha, FORMAT.name, metadata, left_out=tuple(left_out))


def _pixels(picture: pi_heif.HeifFile) -> tuple[NDArray[Any], bool]:
    """Return the decoded pixels and whether the last channel is alpha; deep ones are uint16."""
    kind = picture.mode.partition(";")[0]
    if kind.endswith(_PREMULTIPLIED):
        raise ImageError(
            "its colours are multiplied by alpha, which is not supported: convert it to PNG first"
        )
    values = np.asarray(picture)
    if values.shape[:2] != picture.size[::-1]:
        raise ValueError(f"{picture.size[0]}x{picture.size[1]} pixels that are not there")
    bits = int(picture.info["bit_depth"])
    if values.dtype == np.uint8:
        return np.array(values), kind.endswith("A")
    return spread(values, bits), kind.endswith("A")


FORMAT = Format(
    "HEIC",
    suffixes=(".heic", ".heif", ".hif"),
    signature=rb"....ftyp(hei[cxms]|hev[cxms]|(mif1|msf1|miaf)....(?!(....){0,12}?avi[fs]))",
    holds=Holds(depth=16, alpha=True),
    keeps=frozenset({"profile", "EXIF", "XMP", "CICP"}),
    read=read,
    extra="heic",
)
