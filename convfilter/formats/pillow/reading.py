"""Read a picture through Pillow, and what stands beside its pixels.

A format passes the class of Pillow that reads it, rather than leaving the choice to
`PIL.Image.open`: the content has been looked at already, and no limit of Pillow's that is global to
the process stands in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.formats.declaring import HEAD_BYTES, Format
from convfilter.formats.declaring.limits import is_cut_off, place_in, too_large, words_of
from convfilter.formats.quiet import keep_logs_quiet, warnings_silenced
from convfilter.picture.image import Image, Metadata
from convfilter.picture.metadata import INKS, resolution_of, upright_xmp
from convfilter.picture.orientation import is_on_its_side, upright

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from convfilter.formats.declaring.limits import Limits

__all__ = [
    "decoded",
    "image_of",
    "metadata_of",
    "opened",
    "orientation_of",
    "read_single",
]

_ORIENTATION = 0x0112


def read_single(
    file: BinaryIO,
    reader: Callable[[BinaryIO], ImageFile],
    form: Format,
    limits: Limits,
    bits: Callable[[ImageFile], int | None],
) -> Image:
    """Read a file of one picture.

    Parameters
    ----------
    file : binary stream
        At its beginning.
    reader : class
        Pillow's, for this format.
    form : Format
        The format's declaration.
    limits : Limits
        Checked before anything is decoded.
    bits : function (picture) -> int or None
        How many bits a value has in the file, as `decoded` takes it.
    """
    with opened(file, reader, form) as picture:
        limits.check_size(picture.size)
        limits.chosen()
        pixels, alpha = decoded(picture, form, bits(picture))
        return image_of(picture, form, pixels, alpha)


@contextmanager
def opened(
    file: BinaryIO, reader: Callable[[BinaryIO], ImageFile], form: Format
) -> Iterator[ImageFile]:
    """Open a picture, of which only the header is read; Pillow's warnings are silenced meanwhile.

    Raises
    ------
    ImageError
        The header is damaged, or of a kind that Pillow does not know.
    """
    with warnings_silenced(), _header(file, reader, form) as picture:
        yield picture


def _header(file: BinaryIO, reader: Callable[[BinaryIO], ImageFile], form: Format) -> ImageFile:
    try:
        keep_logs_quiet("PIL")
        return reader(file)
    except MemoryError as error:
        raise too_large() from error
    except Exception as error:  # damaged data makes Pillow's plugins raise almost anything
        words = words_of(error, place_in(file))
        file.seek(0)
        if len(file.read(HEAD_BYTES)) < HEAD_BYTES or is_cut_off(error):
            raise ImageError(
                f"the {form.name} file is truncated or damaged ({words}): copy or create it again"
            ) from error
        raise ImageError(
            f"this {form.name} file is damaged or of a kind that is not supported "
            f"({words}): save it anew as 8-bit RGB or grey"
        ) from error


def decoded(picture: ImageFile, form: Format, bits: int | None) -> tuple[NDArray[Any], bool]:
    """Decode a picture whose header has been read; of several frames the one that is chosen.

    Pillow reduces deeper values to 8 bits without a word. So the caller has to say how many bits a
    value has in the file, and a picture that would lose some of them is refused.

    Parameters
    ----------
    picture : Pillow's picture
    form : Format
    bits : int or None
        None if the file does not say so.

    Returns
    -------
    (ndarray, bool)
        The pixels, (H, W) or (H, W, C), and whether the last channel is alpha.

    Raises
    ------
    ImageError
        Values have more bits than the format is declared to hold, or than Pillow leaves, or their
        bits are not known.
    """
    if bits is None:
        raise ImageError(
            f"this {form.name} file does not say how many bits its values have: save it anew"
        )
    if bits > form.holds.depth:
        raise ImageError(
            f"{form.name} of more than {form.holds.depth} bits is not supported: "
            "convert to 16-bit PNG"
        )
    from convfilter.formats.pillow.modes import bits_of, pixels_of

    try:
        picture.load()
        if bits > bits_of(picture.mode):
            raise ImageError(
                f"{bits}-bit colour of this kind is not supported: "
                "convert to 16-bit PNG or TIFF, or to 8 bits"
            )
        return pixels_of(picture)
    except MemoryError as error:
        raise too_large(picture.size) from error


def image_of(
    picture: ImageFile, form: Format, pixels: NDArray[Any], alpha: bool, **beside: Any
) -> Image:
    """Return a decoded picture, turned upright, with its metadata; `beside` are further ones."""
    orientation = orientation_of(picture)
    metadata = metadata_of(picture, orientation)
    left_out = (INKS,) if picture.mode == "CMYK" else ()
    return Image(
        upright(pixels, orientation),
        alpha,
        form.name,
        replace(metadata, **beside),
        left_out=left_out,
    )


def orientation_of(picture: ImageFile) -> int:
    """Return the orientation that still has to be applied (Pillow applies that of TIFF)."""
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF block does not spoil the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def metadata_of(picture: ImageFile, orientation: int) -> Metadata:
    """Return profile, EXIF, resolution and XMP, for pixels that are turned upright."""
    info = picture.info
    profile = info.get("icc_profile")
    # a profile for ink says nothing about the RGB that the pixels have become
    is_kept = isinstance(profile, bytes) and profile and picture.mode != "CMYK"
    exif, xmp = info.get("exif"), info.get("xmp")
    if exif:
        from convfilter.formats.exif.block import upright_block

        exif = upright_block(exif) if isinstance(exif, bytes) else None
    dpi = resolution_of(info.get("dpi"))
    if dpi is not None and is_on_its_side(orientation):
        dpi = dpi[::-1]
    if isinstance(xmp, str):
        xmp = xmp.encode("utf-8", "replace")
    return Metadata(
        icc_profile=profile if is_kept else None,
        exif=exif or None,
        dpi=dpi,
        xmp=upright_xmp(xmp) if isinstance(xmp, bytes) and xmp else None,
    )
