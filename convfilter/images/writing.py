"""Write pictures: encoded in memory, put beside the target, then renamed onto it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import IO

from numpy.typing import ArrayLike

from convfilter.errors import ArgumentError, ImageError, UnknownNameError
from convfilter.images.encoding import Effort, Frame, encode
from convfilter.images.fitting import background_colour, fit
from convfilter.images.formats import COMPRESSIONS, FORMATS, Format, check_format, format_of
from convfilter.images.frames import alike
from convfilter.images.image import Image, Metadata, Timing
from convfilter.images.placing import place
from convfilter.images.reading import display_name

__all__ = ["write"]


def write(
    image: Image | ArrayLike,
    target: str | os.PathLike[str] | IO[bytes],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know
    overwrite: bool = True,
    quality: int | None = None,
    compress: str = "fast",
    background: str = "white",
    workers: int | None = None,
) -> list[str]:
    """Write a picture and return notes about what the format could not hold.

    What fits is stored exactly. JPEG (quality and colour resolution as in the source if that was
    JPEG, else 92 and full) and AVIF are lossy; WebP is lossless unless `quality` is given. Float
    pixels of 0 to 1 are rounded and saturated to 8 bits (in TIFF they stay 32-bit float), bool
    becomes 0 and 255. Alpha is laid on `background` for JPEG, BMP and the PNM family. More than 256
    colours are reduced for GIF. Grey becomes RGB in WebP, AVIF and .ppm; .pnm holds grey or RGB,
    .pgm grey, .pbm 0 and 255. PNG, GIF, WebP and AVIF hold the frames of animations, TIFF pages;
    other formats get the first one.

    Parameters
    ----------
    image : Image or array
        An array of 2 or 4 channels ends in alpha.
    target : path or binary stream
        A file is replaced at once when everything has succeeded, and keeps its permission bits.
    format : str, optional
        Name of the format; by default that of the suffix. Streams need it.
    overwrite : bool
        Whether an existing file may be replaced.
    quality : int, optional
        1 to 100, for JPEG, WebP and AVIF; others ignore it.
    compress : {"fast", "small"}
        For PNG: "small" takes many times longer and saves some of the space; others ignore it.
    background : str
        A colour name or ``#rrggbb``.
    workers : int, optional
        Number of threads for PNG and JPEG; by default all CPUs.

    Returns
    -------
    list of str
        One line for each loss (alpha, depth, colours, profile, frames); empty if there was none.

    Raises
    ------
    ImageError
        The format cannot hold the pixels, or the file cannot be written. Nothing is left behind.
    ArgumentError
        `quality`, `background` or `workers` cannot be understood.
    UnknownNameError
        No format is called `format`, or no way to compress `compress`.
    """
    if quality is not None and not 1 <= quality <= 100:
        raise ArgumentError(f"quality {quality} is out of range: give 1 to 100")
    if compress not in COMPRESSIONS:
        raise UnknownNameError("compression", compress, COMPRESSIONS)
    effort = Effort(quality, compress, workers)
    colour = background_colour(background)
    picture = Image.of(image)
    name = display_name(target)
    if not isinstance(target, (str, os.PathLike)):
        if format is None:
            raise ArgumentError(f"{name}: a stream has no suffix: give the format (--format)")
        pieces, notes = _encode(picture, check_format(format), colour, name, effort)
        _write_stream(target, pieces, name)
        return notes
    path = Path(target)
    format_name = format_of(path) if format is None else check_format(format)
    _check_target(path, name, overwrite)
    pieces, notes = _encode(picture, format_name, colour, name, effort)
    try:
        place(path, pieces, overwrite=overwrite)
    except FileExistsError as error:
        raise _exists(name) from error
    except (OSError, ValueError) as error:
        raise ImageError(_explain(error, path, name)) from error
    return notes


def _encode(
    picture: Image, format_name: str, colour: tuple[int, int, int], name: str, effort: Effort
) -> tuple[list[bytes], list[str]]:
    form = FORMATS[format_name]
    shown, notes = _shown(picture, form, name)
    fitted = []
    for frame in shown:
        pixels, losses = fit(frame, format_name, colour, name)
        fitted.append((pixels, pixels.ndim == 3 and pixels.shape[2] in (2, 4)))
        notes += losses
    if len(shown) > 1 and form.several == "frames":
        pixels_of_all, _ = alike(fitted)
    else:
        pixels_of_all = [pixels for pixels, _ in fitted]
    plays = picture.plays
    if plays > form.most_plays and len(shown) > 1 and form.several == "frames":
        plays = form.most_plays
        often = f"{plays:,} times at most" if plays else "for ever"
        notes.append(
            f"{name}: {form.name} plays {often}, not as often as wanted ({picture.plays:,})"
        )
    frames = [
        Frame(pixels, frame.timing or Timing(), frame.metadata)
        for pixels, frame in zip(pixels_of_all, shown, strict=True)
    ]
    pieces, omissions = encode(frames, format_name, plays, name, effort)
    return pieces, list(dict.fromkeys(notes + omissions))


def _shown(picture: Image, form: Format, name: str) -> tuple[tuple[Image, ...], list[str]]:
    """Return the frames that the format holds, and a note for what it holds no more."""
    frames = picture.frames
    if len(frames) == 1:
        return frames, []
    first_only = f"only the first of {len(frames)} frames is kept (--frames takes another)"
    if form.several is None:
        return frames[:1], [f"{name}: {form.name} holds one picture: {first_only}"]
    if form.several == "pages":
        timed = any(frame.timing is not None for frame in frames)
        return frames, [f"{name}: {form.name} holds pages, not how long to show them"] * timed
    if len({frame.shape[:2] for frame in frames}) > 1:
        return frames[:1], [f"{name}: {form.name} holds frames of one size: {first_only}"]
    notes = []
    if any(frame.timing is None for frame in frames):
        each = f"{Timing().duration:.0f} ms each"
        notes.append(f"{name}: pages become frames that are shown for {each}")
    first, *others = (replace(frame.metadata, dpi=None, jpeg=None) for frame in frames)
    if any(other not in (first, Metadata()) for other in others):
        notes.append(
            f"{name}: {form.name} holds metadata once: only that of the first page is kept"
        )
    return frames, notes


def _write_stream(stream: IO[bytes], pieces: list[bytes], name: str) -> None:
    try:
        stream.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        stream.flush()
    except BrokenPipeError:
        raise  # the reader went away, which is no fault of the picture
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{name}: cannot be written: {reason}") from error


def _check_target(path: Path, name: str, overwrite: bool) -> None:
    """Refuse early what could only fail after the work of encoding."""
    try:
        if path.is_dir():
            raise ImageError(f"{name}: is a folder: give the name of a file in it")
        if not overwrite and os.path.lexists(path):
            raise _exists(name)
        if path.exists() and not os.access(path, os.W_OK):
            raise ImageError(f"{name}: is write-protected: change its permissions or its name")
        if not path.parent.is_dir():
            raise ImageError(
                f"{name}: the folder {display_name(path.parent)} does not exist: create it first"
            )
    except (OSError, ValueError) as error:
        raise ImageError(_explain(error, path, name)) from error


def _exists(name: str) -> ImageError:
    return ImageError(f"{name}: exists already: allow it to be replaced (--overwrite)")


def _explain(error: OSError | ValueError, path: Path, name: str) -> str:
    if isinstance(error, PermissionError):
        folder = display_name(path.parent)
        return f"{name}: may not be written: check the permissions of the folder {folder}"
    reason = getattr(error, "strerror", None) or error
    return f"{name}: cannot be written: {reason}"
