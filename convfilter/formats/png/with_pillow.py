"""What Pillow does of PNG: pictures that are not decoded here, and what stands beside the pixels.

A file that is damaged goes to Pillow as a whole, which has words for it, and lives with some of it.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from PIL.PngImagePlugin import PngImageFile

from convfilter.errors import ImageError
from convfilter.formats.declaring import Format
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.pillow.reading import (
    decoded,
    image_of,
    metadata_of,
    opened,
    orientation_of,
)
from convfilter.formats.png.chunks import SIGNATURE, chunk, header_chunk
from convfilter.formats.png.reader import is_beside
from convfilter.picture.image import Image, Metadata

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["beside_of", "read"]

_WIDENED = {"L;2": 85, "L;4": 17}
"""By what Pillow multiplies grey of 2 and 4 bits, which it has no modes for."""


def read(file: BinaryIO, form: Format, limits: Limits) -> Image:
    """Read a file whose animation, if it has one, is passed over."""
    file.seek(0)
    with opened(file, PngImageFile, form) as picture:
        limits.check_size(picture.size)
        bits = _bits(picture)
        if bits == 16 and picture.mode[0] != "I":
            raise ImageError(
                f"this {form.name} file of 16-bit colour breaks the rules of the format: "
                "save it anew"
            )
        _widen_transparent_shade(picture)
        pixels, alpha = decoded(picture, form, bits)
        return image_of(picture, form, pixels, alpha, text=_texts(picture))


def beside_of(beside: Iterable[tuple[bytes, bytes]], form: Format) -> tuple[Metadata, int]:
    """Return what these chunks, kinds and contents, say, and how the pixels have to be turned.

    Pillow reads them from a file of one grey pixel, which has no others.
    """
    pieces = [SIGNATURE, *header_chunk(1, 1, 8, 0)]
    for kind, data in beside:
        if is_beside(kind):
            pieces += chunk(kind, data)
    pieces += [*chunk(b"IDAT", zlib.compress(b"\0\0")), *chunk(b"IEND")]
    with opened(io.BytesIO(b"".join(pieces)), PngImageFile, form) as picture:
        picture.load()
        orientation = orientation_of(picture)
        return replace(metadata_of(picture, orientation), text=_texts(picture)), orientation


def _bits(picture: ImageFile) -> int | None:
    """Return how many bits a value has in the file, 8 at least."""
    modes = [str(tile.args) for tile in picture.tile]
    if not modes:
        return None
    return 16 if any(mode.endswith(";16B") for mode in modes) else 8


def _widen_transparent_shade(picture: ImageFile) -> None:
    """Make 8 bits of the transparent shade, where Pillow does so of the pixels only."""
    times = _WIDENED.get(str(picture.tile[0].args)) if picture.tile else None
    shade = picture.info.get("transparency")
    if times is not None and isinstance(shade, int):
        picture.info["transparency"] = times * shade


def _texts(picture: ImageFile) -> tuple[tuple[str, str], ...]:
    """Return the texts.

    Those that could say how to turn the pixels are left out: XMP has a place of its own; EXIF kept
    as text may hold an orientation, which has been applied.
    """
    texts: dict[str, str] = getattr(picture, "text", {})
    return tuple(
        (str(keyword), str(text))
        for keyword, text in texts.items()
        if keyword != "XML:com.adobe.xmp" and not keyword.startswith("Raw profile type ")
    )
