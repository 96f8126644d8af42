"""PNG and its animations."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from convfilter.errors import ImageError
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits, too_large, words_of
from convfilter.formats.png.beside import described
from convfilter.formats.png.chunks import (
    BACKGROUND,
    COLOUR_LENGTHS,
    ChecksumError,
    PngError,
    chunks,
)
from convfilter.picture.image import Image

if TYPE_CHECKING:
    from convfilter.formats.animation.frames import PixelsAndAlpha
    from convfilter.formats.declaring.rows import RowReader, RowWriter, Sink

__all__ = ["FORMAT", "read", "read_rows", "write", "write_rows"]


_LONGEST_NEEDED = {b"IHDR": 13, b"PLTE": 768, BACKGROUND: 6}
"""What tells the background, with the most bytes that it has."""


class _Announced(NamedTuple):
    """What a file says before its pixels: whether they move, and chunks about their colours."""

    is_animated: bool
    colour: tuple[tuple[bytes, bytes], ...]
    background: bytes | None

    def told(self, image: Image) -> Image:
        """Return the picture with what is said here."""
        if not self.colour and self.background is None:
            return image
        metadata = replace(image.metadata, png_colour=self.colour)
        if self.background is not None:
            background = (BACKGROUND, self.background)
            metadata = replace(metadata, png_chunks=(background, *metadata.png_chunks))
        return replace(image, metadata=metadata)

    @classmethod
    def of(cls, file: BinaryIO) -> _Announced:
        """Look at the chunks before the pixels.

        Each kind is allowed once: of several the first counts, as libpng has it.
        """
        is_animated = False
        found: dict[bytes, bytes] = {}
        with suppress(PngError):  # whoever reads the pixels meets it again
            for chunk in chunks(file):
                kind, length = chunk.kind, chunk.length
                if kind == b"IDAT":
                    break
                is_animated = is_animated or kind == b"acTL"
                is_wanted = COLOUR_LENGTHS.get(kind) == length or (
                    length <= _LONGEST_NEEDED.get(kind, -1)
                )
                if is_wanted and kind not in found:
                    with suppress(ChecksumError):  # so does it
                        found[kind] = chunk.content(length)
        colour = tuple((kind, data) for kind, data in found.items() if kind in COLOUR_LENGTHS)
        return cls(is_animated, colour, _background(found))


def _background(found: dict[bytes, bytes]) -> bytes | None:
    if BACKGROUND not in found or len(found.get(b"IHDR", b"")) < _LONGEST_NEEDED[b"IHDR"]:
        return None
    from convfilter.formats.png.background import told

    depth, colour_type = found[b"IHDR"][8:10]
    return told(found[BACKGROUND], depth, colour_type, found.get(b"PLTE", b""))


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read a file of one picture or of frames."""
    announced = _Announced.of(file)
    if announced.is_animated:
        image = _read_frames(file, limits)
    else:
        limits.chosen()
        image = _read_single(file, limits)
    return announced.told(image)


def read_rows(file: BinaryIO, limits: Limits) -> RowReader:
    """Open a picture that is not interlaced, to be decoded as its rows are asked for."""
    from convfilter.formats.declaring.rows import OnlyWholeError, blank_pixels
    from convfilter.formats.png.reader import Header
    from convfilter.formats.png.row_reader import Rows, beside

    announced = _Announced.of(file)
    header = Header.of(file)
    if announced.is_animated:
        raise OnlyWholeError("is an animation, which is read as a whole")
    if header is None:
        raise OnlyWholeError("is PNG of a palette or of few bits, which is read as a whole")
    limits.check_size((header.width, header.height))
    limits.chosen()
    if header.interlaced:
        raise OnlyWholeError("is interlaced PNG, which is read as a whole: save it not interlaced")
    ancillary = beside(file)
    metadata, orientation, lost = described(ancillary.kept)
    if orientation != 1:
        raise OnlyWholeError(
            "is stored turned or mirrored, and is read as a whole: save it upright"
        )
    left_out = (*ancillary.left_out, *lost)
    blank = blank_pixels((1, 1), header.dtype)
    about = announced.told(Image(blank, False, FORMAT.name, metadata, left_out=left_out))
    return Rows(file, header, ancillary.transparent, about)


def _read_single(file: BinaryIO, limits: Limits) -> Image:
    """Read a picture here if that is possible, else with Pillow."""
    from convfilter.formats.png.reader import Header, decode

    header = Header.of(file)
    if header is None:
        return _read_with_pillow(file, limits)
    limits.check_size((header.width, header.height))
    try:
        contents = decode(file, header)
    except MemoryError as error:
        raise too_large((header.width, header.height)) from error
    except PngError as error:
        if header.is_deep_colour:  # which Pillow would reduce to 8 bits
            raise ImageError(
                f"the {FORMAT.name} file is damaged ({words_of(error)}): create it again"
            ) from error
        image = _read_with_pillow(file, limits)
        line = f"what Pillow makes of a damaged file ({words_of(error)}) was read"
        return replace(image, left_out=(line, *image.left_out))
    pixels = contents.pixels
    metadata, orientation, lost = described(contents.ancillary.kept)
    left_out = (*contents.ancillary.left_out, *lost)
    if orientation != 1:
        from convfilter.picture.orientation import upright

        pixels = upright(pixels, orientation)
    return Image(pixels, contents.alpha, FORMAT.name, metadata, left_out=left_out)


def _read_with_pillow(file: BinaryIO, limits: Limits) -> Image:
    from convfilter.formats.png import with_pillow

    return with_pillow.read(file, FORMAT, limits)


def _read_frames(file: BinaryIO, limits: Limits) -> Image:
    from convfilter.formats.animation.reading import drawn
    from convfilter.formats.png.apng import Animation

    animation = Animation.of(file)
    metadata, orientation, lost = described(animation.ancillary.kept)
    all_of_it = Limits(limits.max_pixels)

    def decode(data: bytes) -> PixelsAndAlpha:
        image = _read_single(io.BytesIO(data), all_of_it)
        return image.pixels, image.alpha

    image = drawn(animation, FORMAT, limits, decode, metadata, orientation)
    return replace(image, left_out=(*animation.ancillary.left_out, *lost))


def blank(file: BinaryIO) -> Image | None:
    """Return a picture of the size and kind that a file's header tells, all of it 0."""
    import numpy as np

    from convfilter.formats.png.reader import Header

    header = Header.of(file)
    if header is None:
        return None
    shape = (header.height, header.width, header.channels)
    # a single number is there, whatever the size
    pixels = np.broadcast_to(np.zeros((), header.dtype), shape)
    return Image(pixels if header.channels > 1 else pixels[..., 0], header.has_alpha, FORMAT.name)


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of a picture or of frames."""
    from convfilter.formats.png import writer

    metadata, notes = writer.storable(frames[0].metadata, frames[0].pixels)
    first = frames[0]._replace(metadata=metadata)
    if len(frames) == 1:
        return writer.encode(first.pixels, metadata, effort.compress, effort.workers), notes
    from convfilter.formats.png import apng

    return apng.encode([first, *frames[1:]], plays, effort), notes


def write_rows(frame: Frame, sink: Sink, effort: Effort) -> RowWriter:
    """Begin a file of a picture whose rows come one after the other."""
    from convfilter.formats.png import writer
    from convfilter.formats.png.row_writer import Rows

    metadata, notes = writer.storable(frame.metadata, frame.pixels)
    return Rows(frame._replace(metadata=metadata), sink, effort, notes)


FORMAT = Format(
    "PNG",
    suffixes=(".png",),
    signature=rb"\x89PNG\r\n\x1a\n",
    holds=Holds(depth=16, alpha=True, several="frames"),
    keeps=frozenset(
        {
            *("profile", "EXIF", "XMP", "photoshop", "resolution", "density", "texts", "comment"),
            *("colours", "chunks"),
        }
    ),
    compress=True,
    read=read,
    write=write,
    blank=blank,
    read_rows=read_rows,
    write_rows=write_rows,
)
