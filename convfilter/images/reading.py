"""Read picture files into arrays. Every way in which that can fail ends in one clear line."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

from numpy.typing import NDArray

from convfilter.errors import ArgumentTypeError, ImageError
from convfilter.images.exif import apply_orientation, reset_orientation, strip_prefix
from convfilter.images.formats import FORMATS, HEIF_REFUSED, check_avif, foreign_format, sniff
from convfilter.images.image import Image, Metadata
from convfilter.images.modes import pixels_of, refuse_lost_depth
from convfilter.images.quiet import keep_logs_quiet, pillow_warnings_silenced, silence_libtiff

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["DEFAULT_MAX_PIXELS", "display_name", "read"]

DEFAULT_MAX_PIXELS = 500_000_000
"""Largest width times height that is decoded unless the caller allows more."""

_HEAD = 64
_ORIENTATION = 0x0112
_CUT_OFF = ("truncated", "not enough image data", "unexpected end", "reached eof", "broken data")


def read(
    source: str | os.PathLike[str] | IO[bytes], *, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Image:
    """Read the first frame of a picture.

    The content decides about the format, not the suffix. Grey, grey with alpha, RGB and RGBA stay
    as they are; 1-bit pictures become 0 and 255; palettes become grey, RGB or (with transparency)
    grey or RGB with alpha; CMYK becomes sRGB, through its profile where it has one; YCbCr becomes
    RGB. 16-bit grey, and 16-bit colour of PNG, TIFF and PPM, becomes uint16, floats of TIFF stay
    floats, unscaled. The EXIF orientation is applied and reset. WebP and AVIF know no grey: their
    pictures are RGB.

    Parameters
    ----------
    source : path or binary stream
        A stream is read to its end.
    max_pixels : int
        Largest width times height; checked before anything is decoded.

    Returns
    -------
    Image
        Pixels uint8, uint16, float32 or float64 of shape ``(H, W)`` or ``(H, W, C)``, writable.

    Raises
    ------
    ImageError
        Missing, empty, truncated, damaged, too large, or of a kind that is not served (LAB, HEIC,
        and whatever Pillow would reduce to 8 bits without a word).
    """
    name = display_name(source)
    if isinstance(source, (str, os.PathLike)):
        with _open(Path(source), name) as file:
            return _read(file, name, max_pixels)
    if not hasattr(source, "read"):
        raise ArgumentTypeError(f"{source!r} is no picture file: give a path or a binary stream")
    try:
        data = source.read()
    except OSError as error:
        raise ImageError(f"{name}: cannot be read: {error.strerror or error}") from error
    if not isinstance(data, bytes):
        raise ImageError(f"{name}: gives text, not bytes: open it in binary mode")
    return _read(io.BytesIO(data), name, max_pixels)


def display_name(target: object) -> str:
    """Return the name of a path or stream for messages, on one line."""
    if isinstance(target, (str, os.PathLike)):
        name = os.fsdecode(target)
    else:
        given = getattr(target, "name", None)
        standard = {"<stdin>": "standard input", "<stdout>": "standard output"}
        name = standard.get(given, given) if isinstance(given, str) else "the stream"
    return name if name.isprintable() and name else repr(name)


def _open(path: Path, name: str) -> BinaryIO:
    """Open a file for reading; what cannot be rewound is taken into memory."""
    if path.is_dir():
        raise ImageError(f"{name}: is a folder, not a picture: give a file")
    try:
        file = path.open("rb")
        if file.seekable():
            return file
        with file:
            return io.BytesIO(file.read())
    except FileNotFoundError as error:
        raise ImageError(f"{name}: no such file: check the name and the folder") from error
    except PermissionError as error:
        raise ImageError(f"{name}: may not be read: check its permissions") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{name}: cannot be opened: {reason}") from error


def _read(file: BinaryIO, name: str, max_pixels: int) -> Image:
    try:
        head = file.read(_HEAD)
        file.seek(0)
    except OSError as error:
        raise ImageError(f"{name}: cannot be read: {error.strerror or error}") from error
    format_name = _identify(head, name)
    if format_name == "PNG":
        image = _read_png(file, head, name, max_pixels)
        if image is not None:
            return image
    if format_name == "TIFF":
        image = _read_deep_tiff(file, name, max_pixels)
        if image is not None:
            return image
    if format_name == "PPM":
        image = _read_deep_ppm(file, name, max_pixels)
        if image is not None:
            return image
    with pillow_warnings_silenced():
        picture = _header(file, head, format_name, name)
        with picture:
            _check_size(picture.size, name, max_pixels)
            refuse_lost_depth(picture, format_name, name)
            return _decode(picture, format_name, name)


def _read_png(file: BinaryIO, head: bytes, name: str, max_pixels: int) -> Image | None:
    """Read a PNG file without Pillow, or return None for one that Pillow has to look at.

    Pillow finds the words for what is damaged, and lives with some of it; but 16 bits of colour it
    would reduce to 8.
    """
    from convfilter.images import png_reader

    header = png_reader.Header.of(head)
    if header is None:
        return None
    _check_size((header.width, header.height), name, max_pixels)
    try:
        found = png_reader.decode(file, header)
        metadata, orientation = Metadata(dpi=_resolution(found.dpi)), 1
        if found.described is not None:
            with pillow_warnings_silenced(), _header(found.described, head, "PNG", name) as beside:
                beside.load()
                orientation = _orientation(beside)
                metadata = _metadata(beside, turned=orientation in (5, 6, 7, 8))
    except MemoryError as error:
        raise _too_large(header.width, header.height, name) from error
    except Exception as error:  # damage beside the pixels makes Pillow raise almost anything
        if header.is_deep_colour:
            raise ImageError(
                f"{name}: the PNG file is damaged ({_detail(error)}): create it again"
            ) from error
        file.seek(0)
        return None
    pixels = apply_orientation(found.pixels, orientation)
    return Image(pixels, found.alpha, "PNG", metadata, found.frames)


def _read_deep_tiff(file: BinaryIO, name: str, max_pixels: int) -> Image | None:
    """Read a TIFF file of 16-bit colour or floats, or return None for another one."""
    from convfilter.images.tiff import Deep

    deep = Deep.of(file)
    if deep is None:
        file.seek(0)
        return None
    _check_size(deep.size, name, max_pixels)
    try:
        with pillow_warnings_silenced():
            deep.check(name)
            pixels, alpha = deep.pixels()
            metadata, orientation = deep.metadata, deep.orientation
    except ImageError:
        raise
    except MemoryError as error:
        raise _too_large(*deep.size, name) from error
    except Exception as error:  # damaged data makes the libraries raise almost anything
        raise _damaged(error, "TIFF", name) from error
    if orientation in (5, 6, 7, 8) and metadata.dpi is not None:
        metadata = replace(metadata, dpi=metadata.dpi[::-1])
    pixels = apply_orientation(pixels, orientation)
    return Image(pixels, alpha, "TIFF", metadata, deep.frames)


def _read_deep_ppm(file: BinaryIO, name: str, max_pixels: int) -> Image | None:
    """Read a PPM file of more than 8 bits, or return None for another one."""
    from convfilter.images.pnm import DeepColour

    deep = DeepColour.of(file)
    if deep is None:
        return None
    _check_size((deep.width, deep.height), name, max_pixels)
    try:
        return Image(deep.pixels(file), format="PPM")
    except MemoryError as error:
        raise _too_large(deep.width, deep.height, name) from error
    except (EOFError, ValueError, OSError) as error:
        raise _damaged(error, "PPM", name) from error


def _identify(head: bytes, name: str) -> str:
    """Return the format of a file that starts with `head`, or say what is wrong with it."""
    if not head:
        raise ImageError(f"{name}: the file is empty: copy or create it again")
    format_name = sniff(head)
    if format_name == "AVIF":
        check_avif(name)
    if format_name is not None:
        return format_name
    foreign = foreign_format(head)
    if foreign == "a HEIC/HEIF picture":
        raise ImageError(f"{name}: {HEIF_REFUSED}")
    if foreign is not None:
        raise ImageError(f"{name}: is {foreign}, which is not served: convert it to PNG first")
    raise ImageError(f"{name}: is not a picture of a known format: give {_known()}")


def _known() -> str:
    names = [n for n in FORMATS if n not in ("PGM", "PBM", "PNM")]
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _header(file: BinaryIO, head: bytes, format_name: str, name: str) -> ImageFile:
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
        detail = _detail(error)
        if len(head) < _HEAD or _is_cut_off(error):
            raise ImageError(
                f"{name}: the {format_name} file is truncated or damaged ({detail}): "
                "copy or create it again"
            ) from error
        raise ImageError(
            f"{name}: this {format_name} file is damaged or of a kind that is not served "
            f"({detail}): save it anew as 8-bit RGB or grey"
        ) from error


def _check_size(size: tuple[int, int], name: str, max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise ImageError(
            f"{name}: {width}x{height} is {width * height:,} pixels, more than the limit of "
            f"{max_pixels:,}: raise it with --max-pixels if you trust the file"
        )


def _decode(picture: ImageFile, format_name: str, name: str) -> Image:
    try:
        frames = int(getattr(picture, "n_frames", 1) or 1)
        pixels, alpha = _decode_pixels(picture, format_name, name)
        orientation = _orientation(picture)
        metadata = _metadata(picture, turned=orientation in (5, 6, 7, 8))
        pixels = apply_orientation(pixels, orientation)
        return Image(pixels, alpha, format_name, metadata, frames)
    except ImageError:
        raise
    except MemoryError as error:
        raise _too_large(*picture.size, name) from error
    except Exception as error:  # damaged data makes Pillow's plugins raise almost anything
        raise _damaged(error, format_name, name) from error


def _damaged(error: Exception, format_name: str, name: str) -> ImageError:
    if _is_cut_off(error):
        return ImageError(f"{name}: the {format_name} file is truncated: copy or create it again")
    return ImageError(
        f"{name}: the {format_name} file is damaged ({_detail(error)}): create it again"
    )


def _too_large(width: int, height: int, name: str) -> ImageError:
    return ImageError(
        f"{name}: {width}x{height} pixels do not fit into memory: use a smaller picture"
    )


def _decode_pixels(picture: ImageFile, format_name: str, name: str) -> tuple[NDArray[Any], bool]:
    if format_name == "JPEG":
        from convfilter.images import jpeg

        pixels = jpeg.decode(picture)
        if pixels is not None:
            return pixels, False
    picture.load()
    return pixels_of(picture, name)


def _orientation(picture: ImageFile) -> int:
    """Return the orientation that still has to be applied (Pillow applies that of TIFF)."""
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF block does not spoil the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _metadata(picture: ImageFile, *, turned: bool) -> Metadata:
    info = picture.info
    profile = info.get("icc_profile")
    # a profile for ink says nothing about the RGB that the pixels have become
    keeps_profile = isinstance(profile, bytes) and profile and picture.mode != "CMYK"
    exif = info.get("exif")
    dpi = _resolution(info.get("dpi"))
    if dpi is not None and turned:
        dpi = dpi[::-1]
    return Metadata(
        icc_profile=profile if keeps_profile else None,
        exif=reset_orientation(strip_prefix(exif)) if isinstance(exif, bytes) and exif else None,
        dpi=dpi,
        text=_text(picture),
    )


def _text(picture: ImageFile) -> tuple[tuple[str, str], ...]:
    """Return the texts of a PNG file, except those that could say how to turn its pixels.

    XMP and EXIF kept as text may hold an orientation, which has been applied.
    """
    if picture.format != "PNG":
        return ()
    texts: dict[str, str] = getattr(picture, "text", {})
    return tuple(
        (str(keyword), str(text))
        for keyword, text in texts.items()
        if keyword != "XML:com.adobe.xmp" and not keyword.startswith("Raw profile type ")
    )


def _resolution(value: Any) -> tuple[float, float] | None:
    try:
        across, down = (float(v) for v in value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return (across, down) if 0 < across < 1e6 and 0 < down < 1e6 else None


def _is_cut_off(error: Exception) -> bool:
    message = str(error).lower()
    return isinstance(error, EOFError) or any(words in message for words in _CUT_OFF)


def _detail(error: Exception) -> str:
    """Return the words of an exception on one line."""
    text = " ".join(str(error).split())
    return text[:120] if text else type(error).__name__
