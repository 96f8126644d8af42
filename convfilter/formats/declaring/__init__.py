"""What a format declares of itself: its names, what it holds, how it is read and written.

A format is one module or room of `convfilter.formats` that ends with its declaration, a `Format`.
`index.py` beside this is generated from the declarations (`python docs/generate.py`), so that names
and suffixes are known without importing the modules, Pillow or NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convfilter.formats.declaring.limits import Limits
    from convfilter.formats.declaring.rows import RowReader, RowWriter, Sink, Storing
    from convfilter.picture.image import Image, Metadata, Timing

__all__ = [
    "BEST_QUALITY",
    "COMPRESSIONS",
    "DEPTHS",
    "HEAD_BYTES",
    "LARGEST_SIDE",
    "SIDE_STEP",
    "Effort",
    "Format",
    "Frame",
    "Holds",
    "Kept",
    "Summary",
    "Written",
]

COMPRESSIONS = ("fast", "small")
"""How hard to compress, for formats whose pixels are the same either way."""

BEST_QUALITY = 100
"""The quality of lossy formats is a whole number from 1 to this."""

DEPTHS = ("8", "16", "float")
"""Depths of values, from the least: bits of whole numbers, and 32-bit floats of 0 to 1."""

SIDE_STEP, LARGEST_SIDE = 16, 1 << 14
"""Sides of tiles are multiples of this (TIFF 6.0, section 15), and not above that."""

HEAD_BYTES = 64
"""Bytes at the beginning of a file that tell its format."""

UNLIMITED = 2**31 - 1
"""For what a format sets no limit to that a picture in memory could reach."""

Kept = Literal[
    "profile", "EXIF", "XMP", "photoshop", "resolution", "density", "texts", "comment", "colours",
    "CICP", "chunks", "tags", "compression",
]  # fmt: skip
"""What may stand beside the pixels. Photoshop's resources hold IPTC; density is a resolution
without a unit; a comment is a text without a keyword of its own; colours are what PNG says of them
besides a profile, of which CICP is what four numbers say; chunks are further ones of PNG, tags are
those of TIFF about the earth and stacks; compression is how a JPEG file was compressed."""


class Holds(NamedTuple):
    """What a format holds.

    Attributes
    ----------
    depth : int
        Bits of a value: 1 for black and white alone, 8, 16, or 32 for floats besides. Deeper pixels
        are refused when they are written, and files of deeper ones when they are read.
    grey, colour, alpha : bool
        Which pixels: grey, RGB, and either with alpha. Grey becomes RGB where there is no grey.
    several : {"frames", "pages"} or None
        What it holds more than one of: frames of one size that are shown in turn, or pages.
    plays : int
        How often frames are played at most, 0 if only for ever.
    longest_side : int
        The largest width or height, in pixels.
    lossy : bool
        Whether pixels are stored nearly as they are by default.
    colours : int or None
        How many colours a frame has at most.
    arrays : bool
        Whether pixels of every dtype and number of channels, and stacks of pictures, are stored as
        they are: as numbers, of which nothing tells whether some are alpha.
    bands : bool
        Whether further channels are stored beside grey or RGB.
    signed : bool
        Whether int16 is stored.
    floats_alone : bool
        Whether floats alone are stored, so that whole numbers become floats of 0 to 1.
    premultiplied : bool
        Whether colours are stored multiplied by alpha, which rounds them.
    """

    depth: int
    grey: bool = True
    colour: bool = True
    alpha: bool = False
    several: Literal["frames", "pages"] | None = None
    plays: int = UNLIMITED
    longest_side: int = UNLIMITED
    lossy: bool = False
    colours: int | None = None
    arrays: bool = False
    bands: bool = False
    signed: bool = False
    floats_alone: bool = False
    premultiplied: bool = False


class Frame(NamedTuple):
    """Pixels that a format holds, how long they are shown, and what stands beside them.

    `alpha` says whether their last channel is alpha; only formats of further channels need ask.
    """

    pixels: NDArray[Any]
    timing: Timing
    metadata: Metadata
    alpha: bool = False


class Effort(NamedTuple):
    """How to compress: the quality of lossy formats, one of `COMPRESSIONS`, and the threads.

    `storing` says how pixels are laid out, where that is not left to the format.
    """

    quality: int | None = None
    compress: str = "fast"
    workers: int | None = None
    storing: Storing | None = None


Written: TypeAlias = tuple[list[bytes], list[str]]
"""A file in pieces to be written in turn, and a note for each loss."""


class Format(NamedTuple):
    r"""A file format.

    Attributes
    ----------
    name : str
        In capitals; ``--format`` takes it in any case.
    suffixes : tuple of str
        Lower case with their dot, the usual one first.
    signature : bytes or None
        A regular expression (``.`` is any byte) that matches the beginning of every file of this
        format, and of no other. None for a format that is only written, or that no first bytes
        tell.
    holds : Holds
    read : function (file, limits) -> Image
        Reads a file from its beginning. What it takes is checked by `limits` before it is decoded.
        Values keep their depth or the file is refused. Errors are `ImageError`s that do not name
        the file, and whatever else the libraries raise; warnings of libraries are silenced.
    write : function (frames, plays, effort) -> Written, or None
        Gets several frames only if `holds.several` says so: those of an animation have one size
        and kind of pixels, and the metadata of the first counts; pages are what they are. `plays`
        is how often an animation plays, 0 for ever. Metadata holds nothing that is not in `keeps`.
        Notes do not name the file. None for a format that is only read.
    keeps : frozenset of str
        What of a picture's metadata is stored.
    quality : str
        What the quality is by default, in words; empty for a format without one.
    compress : bool
        Whether `COMPRESSIONS` make a difference.
    extra : str or None
        The extra of the package that installs the library which this format needs. Its module
        imports that at the beginning, and is itself imported for such a file alone.
    deep_extra : str or None
        The extra that installs what reads and writes values of more than 8 bits.
    written_as : str
        Of a format that is only read, the format of results where none is asked for.
    blank : function (file) -> Image or None
        Returns a picture of the size and kind of that in a file, without its pixels and whatever
        else comes after its header; None where the header does not tell. It lets loops be compiled
        while the file is read, and is of use to formats whose reading itself needs loops.
    read_rows : function (file, limits) -> RowReader, or None
        Opens a file, from its beginning, to be read row by row: the same pixels and the same words
        as `read` gives, in memory that does not depend on the number of rows. `OnlyWholeError` for
        a file of which that is not possible; other errors are those of `read`.
    write_rows : function (frame, sink, effort) -> RowWriter, or None
        Begins a file that is written row by row, the same bytes as `write` makes. The pixels of the
        frame tell shape and dtype alone. `OnlyWholeError` as above.
    stores : bool
        Whether it has a choice of how pixels are laid out (`Storing`).
    """

    name: str
    suffixes: tuple[str, ...]
    signature: bytes | None
    holds: Holds
    read: Callable[[BinaryIO, Limits], Image]
    write: Callable[[Sequence[Frame], int, Effort], Written] | None = None
    keeps: frozenset[Kept] = frozenset()
    quality: str = ""
    compress: bool = False
    extra: str | None = None
    deep_extra: str | None = None
    written_as: str = "PNG"
    blank: Callable[[BinaryIO], Image | None] | None = None
    read_rows: Callable[[BinaryIO, Limits], RowReader] | None = None
    write_rows: Callable[[Frame, Sink, Effort], RowWriter] | None = None
    stores: bool = False


class Summary(NamedTuple):
    """What of a declaration is known without its module; `load` imports that and returns it.

    `written_as` is the format of results where none is asked for, itself if it is written.
    """

    load: Callable[[], Format]
    suffixes: tuple[str, ...]
    signature: bytes | None
    written_as: str
    is_written: bool = True
    quality: str = ""
    compress: bool = False
    extra: str | None = None
    stores: bool = False
