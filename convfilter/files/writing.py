"""Write picture files: encoded in memory, put beside the target, then renamed onto it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from numpy.typing import ArrayLike

from convfilter.errors import (
    ArgumentError,
    ArgumentTypeError,
    ConvfilterError,
    ImageError,
    ReaderGoneError,
    UnknownNameError,
    reason_of,
)
from convfilter.files.fit import fit
from convfilter.files.reading import display_name, holds
from convfilter.files.replace import check_target, exists_already, explained, replace_file
from convfilter.formats import FORMATS, check_format, check_written, format_of
from convfilter.formats.declaring import (
    BEST_QUALITY,
    COMPRESSIONS,
    Effort,
    Format,
    Frame,
    Written,
)
from convfilter.formats.declaring.limits import words_of
from convfilter.picture.image import Image, Metadata, Timing
from convfilter.runtime.numbers import Range, check_integer
from convfilter.runtime.streams import is_address, write_whole
from convfilter.runtime.threads import check_workers

if TYPE_CHECKING:
    from convfilter.colour.named import Colour
    from convfilter.formats.checksum import Checksum

__all__ = [
    "background_of",
    "check_effort",
    "kept",
    "told",
    "write",
    "write_hashed",
]


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
    tile: int | None = None,
    pyramid: bool = False,
) -> list[str]:
    """Write a picture and return notes about what the format could not hold.

    What fits is stored exactly, except in lossy formats; ``docs/formats.md`` says what each format
    holds, and what its quality is by default. Float pixels of 0 to 1 are rounded and saturated to 8
    bits where the format holds no floats, bool becomes 0 and 255. Alpha is laid on `background`
    where the format holds none. Grey becomes RGB where there is no grey, and more colours than the
    format holds are reduced. Of several frames or pages, a format of one picture gets the first.

    Parameters
    ----------
    image : Image or array
        (H, W) or (H, W, C). An array has no alpha: ``Image(pixels, alpha=True)`` has. Integers
        span their range, floats 0 to 1.
    target : path, address or binary stream
        An address is of storage that fsspec reaches, such as ``s3://bucket/edges.png``. A file is
        replaced at once when everything has succeeded. It keeps owner, group, permission
        bits, access list and extended attributes as far as the user may give them. A stream may
        take its bytes in parts, as unbuffered ones do.
    format : str, optional
        Name of the format; by default that of the suffix. Streams need it.
    overwrite : bool
        Whether an existing file may be replaced.
    quality : int, optional
        1 to 100, for formats that have one; others ignore it.
    compress : {"fast", "small"}
        "small" takes many times longer and saves some of the space; formats without a choice
        ignore it.
    background : str
        A colour name or ``#rrggbb``.
    workers : int, optional
        Number of threads that compress; by default all CPUs.
    tile : int, optional
        Side of the squares in which pixels are stored, a multiple of 16; by default they are
        stored in rows. Of formats that have tiles alone.
    pyramid : bool
        Whether the file holds reduced copies of the picture, too, each half as large, in tiles
        (Cloud Optimized GeoTIFF). Of formats that have tiles alone.

    Returns
    -------
    list of str
        One line for each loss (alpha, depth, colours, profile, frames; the owner or rights of a
        file that was replaced); empty if there was none.

    Raises
    ------
    ImageError
        The format cannot hold the pixels or is only read, or the file cannot be written. Nothing
        is left behind.
    BrokenPipeError
        The reader of a stream went away.
    ArgumentError, ArgumentTypeError
        `quality` or `workers` is no whole number in its range, `background` no colour, or `target`
        neither a path nor a binary stream.
    UnknownNameError
        No format is called `format`, or no way to compress `compress`.

    Examples
    --------
    >>> edges = convfilter.filters.sobel(convfilter.read("photo.jpg").pixels)
    >>> convfilter.write(edges, "edges.png")
    []
    """
    return write_hashed(
        image,
        target,
        format=format,
        overwrite=overwrite,
        quality=quality,
        compress=compress,
        background=background,
        workers=workers,
        tile=tile,
        pyramid=pyramid,
    )


def write_hashed(
    image: Image | ArrayLike,
    target: str | os.PathLike[str] | IO[bytes],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know
    overwrite: bool = True,
    quality: int | None = None,
    compress: str = "fast",
    background: str = "white",
    workers: int | None = None,
    tile: int | None = None,
    pyramid: bool = False,
    digest: Checksum | None = None,
    repeated: bool = False,
    forced: bool = True,
) -> list[str]:
    """Write as `write` does, and give the bytes of the file to a checksum as well.

    With `repeated` the same may have been written before, unknown to whoever asks: a file that is
    there and holds the very bytes is no reason to refuse. With `forced` off, a new file is not on
    the disk yet, as `replace_file` has it.
    """
    effort = check_effort(quality, compress, workers)
    colour = background_of(background)
    picture = Image.of(image)
    name, storing = display_name(target), (tile, pyramid)
    if not isinstance(target, (str, os.PathLike)):
        _check_stream(target, name)
        if format is None:
            raise ArgumentError(f"{name}: a stream has no suffix: give the format (--format)")
        pieces, notes = _encoded(picture, check_format(format), colour, name, effort, storing)
        _add_to(digest, pieces)
        _write_stream(target, pieces, name)
        return notes
    # of an address, what may be shown of it
    path = target if isinstance(target, Path) else Path(target)
    format_name = format_of(path) if format is None else check_format(format)
    in_storage = is_address(target)
    if not in_storage:
        check_target(path, name, overwrite or repeated)
    pieces, notes = _encoded(picture, format_name, colour, name, effort, storing)
    _add_to(digest, pieces)
    try:
        if in_storage:
            from convfilter.files.storage.remote import place_file

            place_file(target, pieces, overwrite=overwrite)
            return notes
        losses = replace_file(path, pieces, overwrite=overwrite, forced=forced)
    except FileExistsError as error:
        if repeated and holds(target, pieces):
            return notes
        raise exists_already(name) from error
    except BrokenPipeError as error:
        raise ReaderGoneError(f"{name}: nobody reads what is written to it") from error
    except (OSError, ValueError) as error:
        raise ImageError(explained(error, path, name)) from error
    return notes + [f"{name}: {loss}" for loss in losses]


def _add_to(digest: Checksum | None, pieces: Iterable[bytes]) -> None:
    if digest is not None:
        for piece in pieces:
            digest.update(piece)


def check_effort(quality: int | None, compress: str, workers: int | None) -> Effort:
    """Return how to compress, as `write` takes it; raises the errors that it has for that."""
    if quality is not None:
        quality = check_integer(quality, "quality", Range(1, BEST_QUALITY))
    if compress not in COMPRESSIONS:
        raise UnknownNameError("compression", compress, COMPRESSIONS)
    return Effort(quality, compress, check_workers(workers))


def background_of(text: str) -> Colour:
    """Return the colour that a name or ``#rrggbb`` stands for."""
    if text == "white":  # the default, for which Pillow need not be there
        return 255, 255, 255
    from convfilter.colour.named import colour_named

    return colour_named(text, "background")


def _encoded(
    picture: Image,
    format_name: str,
    background: Colour,
    name: str,
    effort: Effort,
    storing: tuple[int | None, bool],
) -> Written:
    """Return the file in pieces; notes, and errors about the picture, begin with its name."""
    try:
        form = FORMATS[check_written(format_name)]
        if storing != (None, False):
            from convfilter.files.storing import storing_of

            effort = effort._replace(storing=storing_of(picture, form, *storing))
        frames, notes = _fitted(picture, form, background)
        plays = _plays(picture, form, len(frames), notes)
        frames = kept(frames, form, notes)
        pieces, losses = _written(frames, plays, form, effort)
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from error
    told = [f"of the input: {line}" for frame in picture.frames for line in frame.left_out]
    return pieces, [f"{name}: {note}" for note in dict.fromkeys(told + notes + losses)]


def _fitted(picture: Image, form: Format, background: Colour) -> tuple[list[Frame], list[str]]:
    """Return the frames that the format holds, with pixels that it holds, and notes."""
    if form.holds.arrays:
        from convfilter.files.arrays import as_array

        array, notes = as_array(picture, form)
        return [Frame(array, Timing(), picture.metadata)], notes
    held, notes = _held(picture, form)
    pixels = []
    for frame in held:
        fitted, losses = fit(frame, form, background)
        pixels.append(fitted)
        notes += losses
    if len(held) > 1 and form.holds.several == "frames":
        from convfilter.formats.animation.frames import alike

        pixels, _ = alike([(part, part.ndim == 3 and part.shape[2] in (2, 4)) for part in pixels])
    frames = [
        Frame(part, frame.timing or Timing(), told(frame, form), frame.alpha and form.holds.alpha)
        for part, frame in zip(pixels, held, strict=True)
    ]
    return frames, notes


def told(frame: Image, form: Format) -> Metadata:
    """Return what is said of a frame, with its number for no data where the format has a tag."""
    if frame.nodata is None or "tags" not in form.keeps:
        return frame.metadata
    from convfilter.formats.tiff.tags.nodata import with_nodata

    return replace(frame.metadata, tags=with_nodata(frame.metadata.tags, frame.nodata))


def _plays(picture: Image, form: Format, frames: int, notes: list[str]) -> int:
    """Return how often the format plays an animation, and note it if that is not as wanted."""
    plays, most = picture.plays, form.holds.plays
    if plays <= most or frames == 1 or form.holds.several != "frames":
        return plays
    often = f"{most:,} times at most" if most else "for ever"
    notes.append(f"{form.name} plays {often}, not as often as wanted ({plays:,})")
    return most


def kept(frames: Sequence[Frame], form: Format, notes: list[str]) -> list[Frame]:
    """Return the frames with the metadata that the format keeps, and note what it does not."""
    made = []
    for frame in frames:
        if frame.metadata != Metadata():
            from convfilter.files.keep import keep

            metadata, losses = keep(frame.pixels, form, frame.metadata)
            frame = frame._replace(metadata=metadata)
            notes += losses
        made.append(frame)
    return made


def _written(frames: Sequence[Frame], plays: int, form: Format, effort: Effort) -> Written:
    assert form.write is not None
    try:
        return form.write(frames, plays, effort)
    except MemoryError as error:
        raise ImageError(f"not enough memory to write {form.name}") from error
    except ConvfilterError:
        raise
    except Exception as error:  # the libraries' encoders raise almost anything
        raise ImageError(
            f"cannot be written as {form.name} ({words_of(error)}): try another format"
        ) from error


def _held(picture: Image, form: Format) -> tuple[tuple[Image, ...], list[str]]:
    """Return the frames that the format holds, and a note for what it holds no more."""
    frames = picture.frames
    if len(frames) == 1:
        return frames, []
    first_only = f"only the first of {len(frames)} frames is kept (--frames takes another)"
    if form.holds.several is None:
        return frames[:1], [f"{form.name} holds one picture: {first_only}"]
    if form.holds.several == "pages":
        timed = any(frame.timing is not None for frame in frames)
        return frames, [f"{form.name} holds pages, not how long to show them"] * timed
    if len({frame.shape[:2] for frame in frames}) > 1:
        return frames[:1], [f"{form.name} holds frames of one size: {first_only}"]
    notes = []
    if any(frame.timing is None for frame in frames):
        each = f"{Timing().duration:.0f} ms each"
        notes.append(f"pages become frames that are shown for {each}")
    first, *others = (_described(frame.metadata) for frame in frames)
    if any(other not in (first, Metadata()) for other in others):
        notes.append(f"{form.name} holds metadata once: only that of the first page is kept")
    return frames, notes


def _described(metadata: Metadata) -> Metadata:
    """Return what metadata say of what is seen, not of how it was stored."""
    return replace(metadata, dpi=None, jpeg=None, webp_quality=None, tags=None)


def _check_stream(stream: object, name: str) -> None:
    if isinstance(stream, io.TextIOBase):
        raise ArgumentTypeError(f"{name}: takes text, not bytes: open it in binary mode")
    if not callable(getattr(stream, "write", None)):
        raise ArgumentTypeError(f"{stream!r} is no place for a picture: give a path or a stream")


def _write_stream(stream: IO[bytes], pieces: list[bytes], name: str) -> None:
    try:
        write_whole(stream, pieces)
    except BrokenPipeError:
        raise  # the reader went away, which is no fault of the picture
    except (OSError, ValueError) as error:
        raise ImageError(f"{name}: cannot be written: {reason_of(error)}") from error
