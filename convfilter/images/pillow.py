"""Read a picture through Pillow, and what stands beside its pixels."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.images.exif import (
    apply_orientation,
    reset_orientation,
    strip_prefix,
    upright_xmp,
    without_thumbnail,
)
from convfilter.images.faults import faults_named, is_cut_off, words_of
from convfilter.images.formats import FORMATS, HEAD_BYTES
from convfilter.images.image import (
    Image,
    JpegSettings,
    Metadata,
    comment_of,
    resolution_of,
)
from convfilter.images.modes import in_native_order, pixels_of, widen_transparent_shade
from convfilter.images.quiet import keep_logs_quiet, silence_libtiff

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["decode", "frames_of", "metadata_of", "open_header", "orientation_of"]

_ORIENTATION = 0x0112


def open_header(file: BinaryIO, head: bytes, format_name: str, name: str) -> ImageFile:
    """Read the header alone.

    The class of the format is used rather than `PIL.Image.open`: the content has been looked at
    already, and no limit of Pillow's that is global to the process stands in the way.
    """
    entry = FORMATS[format_name]
    try:
        if format_name == "TIFF":
            silence_libtiff()
        keep_logs_quiet("PIL")
        reader = getattr(import_module(f"PIL.{entry.plugin}"), entry.reader)
        return cast("ImageFile", reader(file))
    except MemoryError as error:
        raise ImageError(f"{name}: does not fit into memory: use a smaller picture") from error
    except Exception as error:  # damaged data makes Pillow's plugins raise almost anything
        detail = words_of(error)
        if len(head) < HEAD_BYTES or is_cut_off(error):
            raise ImageError(
                f"{name}: the {format_name} file is truncated or damaged ({detail}): "
                "copy or create it again"
            ) from error
        raise ImageError(
            f"{name}: this {format_name} file is damaged or of a kind that is not served "
            f"({detail}): save it anew as 8-bit RGB or grey"
        ) from error


def decode(picture: ImageFile, format_name: str, name: str) -> Image:
    """Decode a picture whose header has been read; of several frames the first."""
    with faults_named(format_name, name, picture.size):
        pixels, alpha = _decode_pixels(picture, format_name, name)
        orientation = orientation_of(picture)
        metadata = metadata_of(picture, turned=orientation in (5, 6, 7, 8))
        pixels = apply_orientation(pixels, orientation)
        return Image(pixels, alpha, format_name, metadata)


def frames_of(picture: ImageFile) -> int:
    """Return the number of frames or pages."""
    return int(getattr(picture, "n_frames", 1) or 1)


def _decode_pixels(picture: ImageFile, format_name: str, name: str) -> tuple[NDArray[Any], bool]:
    if format_name == "JPEG":
        from convfilter.images import jpeg

        pixels = jpeg.decode(picture)
        if pixels is not None:
            return pixels, False
    if format_name == "PNG":
        widen_transparent_shade(picture)
    if format_name == "TIFF":
        in_native_order(picture)
    picture.load()
    return pixels_of(picture, name)


def orientation_of(picture: ImageFile) -> int:
    """Return the orientation that still has to be applied (Pillow applies that of TIFF)."""
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF block does not spoil the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def metadata_of(picture: ImageFile, *, turned: bool) -> Metadata:
    """Return what the file says besides its pixels; `turned` tells that they lie on their side."""
    info = picture.info
    profile = info.get("icc_profile")
    # a profile for ink says nothing about the RGB that the pixels have become
    keeps_profile = isinstance(profile, bytes) and profile and picture.mode != "CMYK"
    exif = info.get("exif")
    dpi = resolution_of(info.get("dpi"))
    if dpi is not None and turned:
        dpi = dpi[::-1]
    return Metadata(
        icc_profile=profile if keeps_profile else None,
        exif=_upright(exif) if isinstance(exif, bytes) and exif else None,
        dpi=dpi,
        text=_text(picture),
        jpeg=_jpeg_settings(picture),
        xmp=_xmp(info.get("xmp")),
    )


def _xmp(packet: Any) -> bytes | None:
    if isinstance(packet, str):
        packet = packet.encode("utf-8", "replace")
    return upright_xmp(packet) if isinstance(packet, bytes) and packet else None


def _upright(exif: bytes) -> bytes:
    """Return an EXIF block that fits pixels which have been turned upright and filtered."""
    return without_thumbnail(reset_orientation(strip_prefix(exif)))


def _jpeg_settings(picture: ImageFile) -> JpegSettings | None:
    """Return how a JPEG file was compressed; of inks that says nothing about RGB."""
    tables: dict[int, list[int]] = getattr(picture, "quantization", None) or {}
    if picture.format != "JPEG" or picture.mode not in ("L", "RGB") or not tables:
        return None
    from PIL.JpegImagePlugin import get_sampling

    kept = tuple(tuple(map(int, tables[number])) for number in sorted(tables))
    return JpegSettings(kept, max(0, get_sampling(picture)))


def _text(picture: ImageFile) -> tuple[tuple[str, str], ...]:
    """Return the texts of a PNG file, or the comment of another one.

    Those that could say how to turn the pixels are left out: XMP has a place of its own; EXIF kept
    as text may hold an orientation, which has been applied.
    """
    if picture.format != "PNG":
        comment = picture.info.get("comment")
        return comment_of(comment) if isinstance(comment, bytes) else ()
    texts: dict[str, str] = getattr(picture, "text", {})
    return tuple(
        (str(keyword), str(text))
        for keyword, text in texts.items()
        if keyword != "XML:com.adobe.xmp" and not keyword.startswith("Raw profile type ")
    )
