"""Read picture files into arrays. Every way in which that can fail ends in one clear line."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from convfilter.errors import (
    ArgumentTypeError,
    EnvironmentVariableError,
    ImageError,
    UnknownNameError,
    reason_of,
    shown,
)
from convfilter.formats import FORMATS, identify
from convfilter.formats.declaring import HEAD_BYTES
from convfilter.formats.declaring.limits import (
    DEFAULT_DPI,
    DEVELOPED,
    DPI_RANGE,
    Limits,
    Selection,
    TooManyPixelsError,
    damaged,
    place_in,
    too_large,
)
from convfilter.picture.image import Image
from convfilter.runtime.array_axes import check_axes
from convfilter.runtime.numbers import Range, check_number
from convfilter.runtime.streams import descriptor_of, is_address, read_whole

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "blank",
    "damage_told",
    "display_name",
    "holds",
    "open_picture",
    "read",
]

DEFAULT_MAX_PIXELS = 500_000_000
"""Largest width times height, of all frames together, unless the caller allows more."""


def read(
    source: str | os.PathLike[str] | IO[bytes],
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    frames: str | int | Iterable[int] | None = None,
    axes: str | None = None,
    develop: str = DEVELOPED[0],
    dpi: float = DEFAULT_DPI,
) -> Image:
    """Read a picture with all its frames or pages.

    The content decides about the format, not the suffix. Grey, grey with alpha, RGB and RGBA stay
    as they are, and values keep their depth: 16 bits become uint16, floats stay floats, unscaled.
    In TIFF, further channels beside them stay channels, and numbers with a sign become int16.
    1-bit pictures become 0 and 255; palettes become grey, RGB or (with transparency) grey or RGB
    with alpha; CMYK becomes sRGB, through its profile where it has one; YCbCr becomes RGB. Arrays
    stay as they are, and none of their channels is alpha until ``Image(pixels, alpha=True)`` says
    so. The EXIF orientation is applied and
    reset. Frames of animations are those that are seen, drawn over one another; pages may each have
    their own size and kind, and those that are smaller copies of others are passed over.
    ``docs/formats.md`` says what each format holds.

    Parameters
    ----------
    source : path, address or binary stream
        An address is of storage that fsspec reaches, such as ``s3://bucket/photo.jpg``. A stream is
        read to its end.
    max_pixels : int
        Largest width times height, of all frames together; checked before anything is decoded.
    frames : str, int or several, optional
        Which frames to read, counted from 0: ``"0"``, ``"0-3"``, ``"0,4-6"``, ``"5-"`` or numbers.
    axes : str, optional
        What the axes of an array in a file of its own (.npy) are, a letter each: Y rows, X columns,
        C channels, all others a stack, whose pictures become frames. By default (H, W) or
        (H, W, C) of at most 4 channels.
    develop : {"8", "16", "linear"}
        What camera raw becomes: sRGB of 8 or of 16 bits, or linear light of 16 bits.
    dpi : float
        Pixels per inch at which pages of documents are drawn, 1 to 2400.

    Returns
    -------
    Image
        Pixels uint8, uint16, int16, float32 or float64 (of arrays also bool) of shape ``(H, W)`` or
        ``(H, W, C)``, writable. Integers span their range, floats 0 to 1.

    Raises
    ------
    ArgumentError
        `frames` is no choice of frames, `axes` are none, or `dpi` is out of range.
    UnknownNameError
        `develop` is none of its choices.
    ArgumentTypeError
        `source` is neither a path nor a stream.
    ImageError
        Missing, empty, truncated, damaged, too large, without the frames asked for, or of a kind
        that is not supported: Lab colours, formats that are refused by name, and whatever would
        lose bits.

    Examples
    --------
    >>> image = convfilter.read("photo.jpg")
    >>> image.pixels.shape, image.metadata.dpi
    ((480, 640, 3), (300.0, 300.0))
    """
    name = display_name(source)
    if axes is not None:
        axes = check_axes(axes)
    if develop not in DEVELOPED:
        raise UnknownNameError("way to develop", develop, DEVELOPED)
    dpi = check_number(dpi, "dpi", Range(*DPI_RANGE))
    limits = Limits(max_pixels, Selection.of(frames), axes, develop, dpi)
    if isinstance(source, (str, os.PathLike)):
        with open_picture(source, name) as file:
            return _read(file, name, limits)
    if not hasattr(source, "read"):
        raise ArgumentTypeError(f"{source!r} is no picture file: give a path or a binary stream")
    try:
        data = read_whole(source)
    except OSError as error:
        raise ImageError(f"{name}: cannot be read: {reason_of(error)}") from error
    if not isinstance(data, bytes):
        raise ImageError(f"{name}: gives text, not bytes: open it in binary mode")
    return _read(io.BytesIO(data), name, limits)


def blank(path: str | os.PathLike[str]) -> Image | None:
    """Return a picture of the size and kind of the first one in a file, without its pixels.

    None where the header does not tell, or the format has no use for it.
    """
    if not os.path.isfile(path):  # noqa: PTH113
        return None  # a pipe gives its bytes once, and storage takes its time
    with Path(path).open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(0)
        look = FORMATS[identify(head)].blank
        return None if look is None else look(file)


def display_name(target: object) -> str:
    """Return the name of a path or stream for messages, on one line."""
    if isinstance(target, (str, os.PathLike)):
        if is_address(target):
            from convfilter.files.storage.address import without_secrets

            return without_secrets(target)
        return shown(target)
    given = getattr(target, "name", None)
    standard = {"<stdin>": "standard input", "<stdout>": "standard output"}
    return shown(standard.get(given, given)) if isinstance(given, str) else "the stream"


def open_picture(source: str | os.PathLike[str], name: str) -> BinaryIO:
    """Open a file for reading; what cannot be rewound is taken into memory.

    Raises
    ------
    ImageError
    """
    if is_address(source):
        from convfilter.files.storage.remote import opened

        return opened(source)
    path = Path(source)
    if path.is_dir():
        raise ImageError(f"{name}: is a folder, not a picture: give a file")
    try:
        file = _opened(path)
        if file.seekable():
            return file
        with file:
            return io.BytesIO(read_whole(file))
    except FileNotFoundError as error:
        raise ImageError(f"{name}: no such file: check the name and the folder") from error
    except PermissionError as error:
        raise ImageError(f"{name}: may not be read: check its permissions") from error
    except (OSError, ValueError) as error:
        raise ImageError(f"{name}: cannot be opened: {reason_of(error)}") from error


def holds(source: str | os.PathLike[str], pieces: Iterable[bytes]) -> bool:
    """Tell whether a file consists of these bytes; raises ImageError."""
    data = b"".join(pieces)
    with open_picture(source, display_name(source)) as file:
        return file.read(len(data) + 1) == data


def _opened(path: Path) -> BinaryIO:
    """Open a file, or take up what is open: of a socket the system opens no second one."""
    descriptor = descriptor_of(path)
    if descriptor is None or stat.S_ISREG(os.fstat(descriptor).st_mode):
        return path.open("rb")
    return os.fdopen(os.dup(descriptor), "rb")


def _read(file: BinaryIO, name: str, limits: Limits) -> Image:
    try:
        head = file.read(HEAD_BYTES)
        file.seek(0)
    except OSError as error:
        raise ImageError(f"{name}: cannot be read: {reason_of(error)}") from error
    try:
        format_name = identify(head)
        return _decoded(file, format_name, limits)
    except TooManyPixelsError as error:
        raise TooManyPixelsError(f"{name}: {error}", error.pixels) from error
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from error


def _decoded(file: BinaryIO, format_name: str, limits: Limits) -> Image:
    form = FORMATS[format_name]
    if limits.axes is not None and not form.holds.arrays:
        raise ImageError(
            f"is {form.name}, which says itself what its axes are: leave axes out (--axes)"
        )
    with damage_told(file, format_name):
        return form.read(file, limits)


@contextmanager
def damage_told(file: BinaryIO, format_name: str) -> Iterator[None]:
    """Turn whatever a reader raises over a damaged file into an error that does not name it.

    Raises
    ------
    ImageError
    """
    try:
        yield
    except (ImageError, EnvironmentVariableError):
        raise
    except MemoryError as error:
        raise too_large() from error
    except Exception as error:  # damaged data makes the libraries raise almost anything
        raise damaged(error, format_name, place_in(file)) from error
