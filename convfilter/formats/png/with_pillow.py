"""What Pillow does of PNG: the pixels of pictures that are not decoded here.

So are those of damaged files, for which Pillow has words, and with some of which it lives.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from PIL.PngImagePlugin import PngImageFile

from convfilter.errors import ImageError
from convfilter.formats.declaring import Format
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.pillow.reading import decoded, opened
from convfilter.formats.png.beside import Ancillary, described
from convfilter.formats.png.chunks import SIGNATURE, ChecksumError, PngError, chunk, chunks
from convfilter.picture.image import Image
from convfilter.picture.orientation import upright

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["read"]

_WIDENED = {"L;2": 85, "L;4": 17}
"""By what Pillow multiplies grey of 2 and 4 bits, which it has no modes for."""


def read(file: BinaryIO, form: Format, limits: Limits) -> Image:
    """Read a file whose animation, if it has one, is passed over."""
    pixels_alone, ancillary, is_cut = _bare(file)
    with opened(io.BytesIO(pixels_alone), PngImageFile, form) as picture:
        limits.check_size(picture.size)
        bits = _bits(picture)
        if bits == 16 and picture.mode[0] != "I":
            raise ImageError(
                f"this {form.name} file of 16-bit colour breaks the rules of the format: "
                "save it anew"
            )
        _widen_transparent_shade(picture)
        pixels, alpha = decoded(picture, form, bits)
    metadata, orientation, lost = described(ancillary.kept)
    left_out = [*ancillary.left_out, *lost]
    if is_cut:
        left_out.append("the file ends too early: what stood behind the pixels is lost")
    return Image(upright(pixels, orientation), alpha, form.name, metadata, left_out=tuple(left_out))


def _bare(file: BinaryIO) -> tuple[bytes, Ancillary, bool]:
    """Return the chunks that Pillow needs for the pixels, the others, and whether some are missing.

    Raises
    ------
    ChecksumError
        A chunk was changed without which there are no pixels.
    """
    pieces, ancillary = [SIGNATURE], Ancillary()
    has_pixels, place = False, 0
    try:
        for part in chunks(file):
            place = 0
            if part.kind == b"IDAT":
                has_pixels, place = True, part.place
            if part.is_critical:
                pieces += chunk(part.kind, *part.pieces())
            else:
                ancillary.take(part)
                if part.kind == b"tRNS" and ancillary.transparent:
                    pieces += chunk(part.kind, ancillary.transparent)
        ancillary.take_rest(file)
    except ChecksumError:
        raise
    except PngError as error:
        if not has_pixels:
            raise EOFError("the file is truncated") from error
        if place:  # the last of the compressed pixels, which Pillow takes as they are
            file.seek(place)
            pieces += chunk(b"IDAT", file.read())
        return b"".join(pieces), ancillary, True
    return b"".join(pieces), ancillary, False


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
