"""Read picture files into arrays. Every way in which that can fail ends in one clear line."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import IO, BinaryIO

from convfilter.errors import ArgumentTypeError, ImageError
from convfilter.images import readers
from convfilter.images.faults import check_size
from convfilter.images.formats import (
    FORMATS,
    HEAD_BYTES,
    HEIF_REFUSED,
    check_avif,
    foreign_format,
    sniff,
)
from convfilter.images.frames import ALL, Picture, Selection
from convfilter.images.image import Image
from convfilter.images.quiet import pillow_warnings_silenced

__all__ = ["DEFAULT_MAX_PIXELS", "display_name", "read"]

DEFAULT_MAX_PIXELS = 500_000_000
"""Largest width times height, of all frames together, unless the caller allows more."""


def read(
    source: str | os.PathLike[str] | IO[bytes],
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    frames: str | int | Iterable[int] | None = None,
) -> Image:
    """Read a picture with all its frames or pages.

    The content decides about the format, not the suffix. Grey, grey with alpha, RGB and RGBA stay
    as they are; 1-bit pictures become 0 and 255; palettes become grey, RGB or (with transparency)
    grey or RGB with alpha; CMYK becomes sRGB, through its profile where it has one; YCbCr becomes
    RGB. 16-bit grey, and 16-bit colour of PNG, TIFF and PPM, becomes uint16, floats of TIFF stay
    floats, unscaled. Arrays of .npy files stay as they are; the last of 2 or 4 channels is alpha.
    The EXIF orientation is applied and reset. WebP and AVIF know no grey: their pictures are RGB.
    Frames of animations are those that are seen, drawn over one another; pages of TIFF may each
    have their own size and kind, and those that are smaller copies of others are passed over.

    Parameters
    ----------
    source : path or binary stream
        A stream is read to its end.
    max_pixels : int
        Largest width times height, of all frames together; checked before anything is decoded.
    frames : str, int or several, optional
        Which frames to read, counted from 0: ``"0"``, ``"0-3"``, ``"0,4-6"``, ``"5-"`` or numbers.

    Returns
    -------
    Image
        Pixels uint8, uint16, float32 or float64 (of .npy also bool and int16) of shape ``(H, W)``
        or ``(H, W, C)``, writable.

    Raises
    ------
    ArgumentError
        `frames` is no choice of frames.
    ImageError
        Missing, empty, truncated, damaged, too large, without the frames asked for, or of a kind
        that is not served (LAB, HEIC, and whatever Pillow would reduce to 8 bits without a word).
    """
    name = display_name(source)
    wanted = Selection.of(frames)
    if isinstance(source, (str, os.PathLike)):
        with _open(Path(source), name) as file:
            return _read(file, name, max_pixels, wanted)
    if not hasattr(source, "read"):
        raise ArgumentTypeError(f"{source!r} is no picture file: give a path or a binary stream")
    try:
        data = source.read()
    except OSError as error:
        raise ImageError(f"{name}: cannot be read: {error.strerror or error}") from error
    if not isinstance(data, bytes):
        raise ImageError(f"{name}: gives text, not bytes: open it in binary mode")
    return _read(io.BytesIO(data), name, max_pixels, wanted)


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


def _read(file: BinaryIO, name: str, max_pixels: int, wanted: Selection) -> Image:
    try:
        head = file.read(HEAD_BYTES)
        file.seek(0)
    except OSError as error:
        raise ImageError(f"{name}: cannot be read: {error.strerror or error}") from error
    format_name = _identify(head, name)
    match format_name:
        case "PNG":
            return _read_png(file, head, name, max_pixels, wanted)
        case "GIF":
            return _read_gif(file, head, name, max_pixels, wanted)
        case "NPY":
            image: Image | None = readers.read_array(file, name, max_pixels)
        case "TIFF":
            return readers.read_tiff(file, head, name, max_pixels, wanted)
        case "PPM":
            image = readers.read_deep_ppm(file, name, max_pixels)
        case _:
            image = None
    if image is None:
        return _read_with_pillow(file, head, format_name, name, max_pixels, wanted)
    wanted.numbers(1, name)
    return image


def _read_png(file: BinaryIO, head: bytes, name: str, max_pixels: int, wanted: Selection) -> Image:
    from convfilter.images import png_reader

    announced = png_reader.Announced.of(file)
    if announced.animated:
        from convfilter.images.animations import read_png

        decode = _decoder(name, max_pixels)
        image = read_png(file, head, name, max_pixels, wanted, decode)
    else:
        wanted.numbers(1, name)
        image = readers.read_png(file, head, name, max_pixels) or _read_with_pillow(
            file, head, "PNG", name, max_pixels, wanted
        )
    if not announced.colour:
        return image
    return replace(image, metadata=replace(image.metadata, png_colour=announced.colour))


def _read_gif(file: BinaryIO, head: bytes, name: str, max_pixels: int, wanted: Selection) -> Image:
    from convfilter.images.animations import read_gif

    image = read_gif(file, name, max_pixels, wanted, _decoder(name, max_pixels))
    return image or _read_with_pillow(file, head, "GIF", name, max_pixels, wanted)


def _decoder(name: str, max_pixels: int) -> Callable[[bytes], Picture]:
    """Return what decodes a file of one picture, of which animations are made."""

    def decode(data: bytes) -> Picture:
        image = _read(io.BytesIO(data), name, max_pixels, ALL)
        return image.pixels, image.alpha

    return decode


def _read_with_pillow(
    file: BinaryIO, head: bytes, format_name: str, name: str, max_pixels: int, wanted: Selection
) -> Image:
    from convfilter.images import modes, pillow

    with pillow_warnings_silenced(), pillow.open_header(file, head, format_name, name) as picture:
        check_size(picture.size, name, max_pixels)
        if format_name == "AVIF":
            modes.refuse_deep_avif(file, name)
        modes.refuse_lost_depth(picture, format_name, name)
        if format_name in ("WEBP", "AVIF") and pillow.frames_of(picture) > 1:
            from convfilter.images.animations import decode_with_pillow

            return decode_with_pillow(picture, format_name, name, max_pixels, wanted, file)
        wanted.numbers(1, name)
        return pillow.decode(picture, format_name, name)


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
