"""Pages of PDF documents, drawn by PDFium through pypdfium2."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

from convfilter.errors import ImageError
from convfilter.formats.declaring import Format, Holds
from convfilter.formats.declaring.limits import Limits, damaged, too_large
from convfilter.picture.image import Image, Metadata

__all__ = ["FORMAT", "read"]

_POINTS_PER_INCH = 72
_DEEPEST = 15
"""How far pictures may lie within other things of a page."""

_one_at_a_time = threading.Lock()
"""PDFium is for one thread."""


def read(file: BinaryIO, limits: Limits) -> Image:
    """Draw pages on white, as RGB, at `limits.dpi` pixels per inch."""
    data = file.read()
    with _one_at_a_time:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if b"/Encrypt" in data and "password" in str(error).lower():
                raise ImageError(
                    "is a PDF document with a password: take that away first"
                ) from None
            raise damaged(ValueError("no document that PDFium can read"), FORMAT.name) from error
        try:
            first, *others = _pages(document, limits)
        finally:
            document.close()
    return replace(first, following=tuple(others))


def _pages(document: pypdfium2.PdfDocument, limits: Limits) -> list[Image]:
    scale = limits.dpi / _POINTS_PER_INCH
    numbers = limits.chosen(len(document))
    sizes = []
    for number in numbers:
        try:
            width, height = document.get_page_size(number)
        except pypdfium2.PdfiumError as error:
            raise damaged(ValueError(f"its page {number + 1} cannot be read"), "PDF") from error
        sizes.append((math.ceil(width * scale), math.ceil(height * scale)))
    if len(sizes) > 1:
        limits.check_sizes(sizes)
    else:
        limits.check_size(sizes[0])
    if any(min(size) < 1 for size in sizes):
        raise ValueError("a page without a size")
    metadata = Metadata(dpi=(limits.dpi, limits.dpi))
    return [
        Image(_drawn(document, number, scale, limits), format=FORMAT.name, metadata=metadata)
        for number in numbers
    ]


def _drawn(
    document: pypdfium2.PdfDocument, number: int, scale: float, limits: Limits
) -> NDArray[Any]:
    """Return the pixels of a page; pictures in it count as its own pixels do."""
    try:
        page = document[number]
        for picture in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST):
            limits.check_size(picture.get_px_size())
        bitmap = page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False)
    except pypdfium2.PdfiumError as error:
        raise damaged(ValueError(f"its page {number + 1} cannot be drawn"), "PDF") from error
    except MemoryError as error:
        raise too_large() from error
    try:
        return np.array(bitmap.to_numpy()[..., :3])
    finally:
        bitmap.close()
        page.close()


FORMAT = Format(
    "PDF",
    suffixes=(".pdf",),
    signature=rb"[\s\0]{0,16}%PDF-",
    holds=Holds(depth=8, grey=False, several="pages"),
    keeps=frozenset({"resolution"}),
    read=read,
    written_as="TIFF",
    extra="pdf",
)
