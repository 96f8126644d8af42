"""Camera raw, developed by LibRaw through rawpy.

The white balance is the camera's, colours are interpolated by AHD and become sRGB through the
camera's matrix, values are scaled to the white level of the sensor and cut there, and brightness
is left alone. So the same file always gives the same picture, and exposures can be compared.
"""

from __future__ import annotations

import io
from typing import Any, BinaryIO

import numpy as np
import rawpy
from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.formats.declaring import Format, Holds
from convfilter.formats.declaring.limits import Limits, damaged, too_large
from convfilter.formats.exif.block import upright_metadata
from convfilter.formats.extras.raw_exif import exif_of
from convfilter.formats.quiet import printed
from convfilter.picture.image import CICP, Image, Metadata

__all__ = ["FORMAT", "read"]

_SRGB_CURVE = (2.4, 12.92)
"""The power of the curve, and its slope near black (IEC 61966-2-1)."""

_COMPLAINTS = rb"\s*$|unknown file: (Unexpected end of file|data corrupted)"
"""How lines begin by which LibRaw tells that data are damaged."""

_FEW_PIXELS = 1 << 20
"""A picture of fewer fits into any memory."""

_LINEAR = (1.0, 1.0)
_COLOURS_OF_LIGHT = ((CICP, bytes((1, 8, 0, 1))),)
"""The primaries of sRGB, and no curve (ITU-T H.273)."""


def read(file: BinaryIO, limits: Limits) -> Image:
    """Develop a file as `limits.develop` says."""
    data = file.read()
    is_linear = limits.develop == "linear"
    pixels_stated = 0
    try:
        with printed(_COMPLAINTS) as complaints, rawpy.imread(io.BytesIO(data)) as raw:
            sizes = raw.sizes
            limits.check_size((sizes.raw_width, sizes.raw_height))
            limits.check_size((sizes.iwidth, sizes.iheight))
            limits.chosen()
            pixels_stated = sizes.raw_width * sizes.raw_height
            pixels = raw.postprocess(
                demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD,
                use_camera_wb=True,
                output_color=rawpy.ColorSpace.sRGB,
                output_bps=8 if limits.develop == "8" else 16,
                gamma=_LINEAR if is_linear else _SRGB_CURVE,
                no_auto_bright=True,
                highlight_mode=rawpy.HighlightMode.Clip,
            )
    except rawpy.LibRawError as error:
        raise _error_of(error, pixels_stated) from error
    if complaints.lines:  # LibRaw goes on with what is left
        raise damaged(ValueError(complaints.lines[0].rpartition(": ")[2]), FORMAT.name)
    metadata, _ = upright_metadata(
        Metadata(png_colour=_COLOURS_OF_LIGHT if is_linear else ()), exif_of(data), None
    )
    return Image(_plain(pixels), format=FORMAT.name, metadata=metadata)


def _error_of(error: rawpy.LibRawError, pixels: int) -> ImageError:
    """Return LibRaw's error in words of our own; it gives its own as bytes.

    Of numbers that contradict each other it also says that memory does not suffice: a picture of
    so many pixels tells which of both it is. None are known where the header was not read.
    """
    if isinstance(error, rawpy.LibRawUnsufficientMemoryError) and 0 < pixels < _FEW_PIXELS:
        return damaged(ValueError("numbers of its header contradict each other"), FORMAT.name)
    words = b" ".join(part for part in error.args if isinstance(part, bytes)).decode(
        "ascii", "replace"
    )
    match error:
        case rawpy.LibRawUnsufficientMemoryError() | rawpy.LibRawTooBigError():
            return too_large()
        case rawpy.LibRawIOError():
            return damaged(EOFError(words), FORMAT.name)
        case rawpy.LibRawFileUnsupportedError() | rawpy.LibRawNotImplementedError():
            return ImageError(
                "is camera raw of a kind that LibRaw does not read:"
                " convert it to DNG, or develop it and save it as TIFF first"
            )
    return damaged(ValueError(words.lower() or "LibRaw cannot read it"), FORMAT.name)


def _plain(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return the pixels in memory of their own, without a last axis of one channel."""
    return np.array(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels)


FORMAT = Format(
    "CAMERA RAW",
    suffixes=(
        *(".dng", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"),
        *(".3fr", ".crw", ".dcr", ".erf", ".iiq", ".kdc", ".mrw", ".mos", ".rwl", ".sr2", ".x3f"),
    ),
    signature=(
        rb"....ftypcrx |II\*\0....CR\x02|FUJIFILMCCD-RAW|IIU\0|II(RO|RS)|MMOR|\0MRM|FOVb"
        rb"|II\x1a\0\0\0HEAPCCDR"
    ),
    holds=Holds(depth=16),
    keeps=frozenset({"EXIF"}),
    read=read,
    extra="raw",
)
