"""The Netpbm formats: PPM, PGM and PBM, and PNM, which is whichever of them fits.

The formats are those of netpbm's manual, ppm(5), pgm(5) and pbm(5). A file may hold several
pictures, one straight behind the other; where the values are written as words, it holds one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.formats.behind import behind, behind_in
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Kept, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.declaring.rows import (
    Appended,
    OnlyWholeError,
    RowReader,
    RowWriter,
    Sink,
    blank_pixels,
)
from convfilter.picture.image import COMMENT, Image, Metadata
from convfilter.picture.metadata import comments_of

__all__ = ["PBM", "PGM", "PNM", "PPM"]

_NUMBER = rb"(?:\s|#[^\r\n]*[\r\n])+(\d{1,9})"
# a single white space stands between the last number and the values
_GREY_OR_COLOUR = re.compile(rb"P([2356])" + 3 * _NUMBER + rb"(\s?)")
_BLACK_AND_WHITE = re.compile(rb"P([14])" + 2 * _NUMBER + rb"(\s?)")
_COMMENT = rb"#[^\r\n]*"
_WORDS_OF_COMMENT = re.compile(rb"#[ \t]?([^\r\n]*)")

_LONGEST_HEADER = 1 << 20
"""Bytes of a header with its comments, where rows are read; longer ones are read as a whole."""

_PLAIN = (1, 2, 3)
_BITS = (1, 4)


class _Header(NamedTuple):
    """What stands before the values: `kind` is the second byte of a picture, a digit.

    It begins at `place`, and its values at `start`.
    """

    place: int
    kind: int
    width: int
    height: int
    largest: int
    start: int

    @classmethod
    def of(cls, data: bytes, at: int) -> _Header | None:
        """Read the header at a place; None where there is none.

        Raises
        ------
        ValueError
            It makes no sense.
        """
        match = _GREY_OR_COLOUR.match(data, at)
        if match is None:
            match = _BLACK_AND_WHITE.match(data, at)
            if match is None:
                return None
        numbers = [int(number) for number in match.groups()[:-1]]
        kind, width, height = numbers[:3]
        largest = 1 if kind in _BITS else numbers[3]
        if width == 0 or height == 0:
            raise ValueError(f"a picture of {width}x{height} pixels")
        if not 0 < largest < 65536:
            raise ValueError(f"values from 0 to {largest}")
        if not match.groups()[-1]:
            raise EOFError("the file is truncated")
        return cls(at, kind, width, height, largest, match.end())

    @property
    def channels(self) -> int:
        """Values of a pixel."""
        return 3 if self.kind in (3, 6) else 1

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the pixels, (H, W) or (H, W, 3)."""
        return (self.height, self.width, *([3] if self.channels == 3 else []))

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """Of the pixels."""
        return np.uint8 if self.largest < 256 else np.uint16

    @property
    def length(self) -> int | None:
        """Bytes of the values; None where they are words."""
        if self.kind in _PLAIN:
            return None
        if self.kind in _BITS:
            return -(-self.width // 8) * self.height
        return self.width * self.height * self.channels * (2 if self.largest > 255 else 1)


def _read_colour(file: BinaryIO, limits: Limits) -> Image:
    return _read(file, limits, PPM.name)


def _read_grey(file: BinaryIO, limits: Limits) -> Image:
    return _read(file, limits, PGM.name)


def _read_black_and_white(file: BinaryIO, limits: Limits) -> Image:
    return _read(file, limits, PBM.name)


def _read(file: BinaryIO, limits: Limits, name: str) -> Image:
    """Read a file of one picture or several."""
    data = file.read()
    headers, rest = _headers(data)
    numbers = limits.chosen(len(headers))
    sizes = [(headers[number].width, headers[number].height) for number in numbers]
    if len(sizes) == 1:
        limits.check_size(sizes[0])
    else:
        limits.check_sizes(sizes)
    pages = []
    for number in numbers:
        pixels, is_cut = _pixels(data, headers[number])
        lines = ["values beyond the largest one that the file states: made equal to it"] * is_cut
        text = comments_of(_comments(data, headers, number))
        pages.append(
            Image(pixels, format=name, metadata=Metadata(text=text), left_out=tuple(lines))
        )
    first, *others = pages
    left_out = (*first.left_out, *behind(rest))
    return replace(first, following=tuple(others), left_out=left_out)


def _rows_of_colour(file: BinaryIO, limits: Limits) -> RowReader:
    return _Rows(file, limits, PPM.name)


def _rows_of_grey(file: BinaryIO, limits: Limits) -> RowReader:
    return _Rows(file, limits, PGM.name)


def _rows_of_black_and_white(file: BinaryIO, limits: Limits) -> RowReader:
    return _Rows(file, limits, PBM.name)


class _Rows:
    """The rows of the only picture of a file, read where they lie."""

    in_order, held = False, 0

    def __init__(self, file: BinaryIO, limits: Limits, name: str) -> None:
        data = file.read(_LONGEST_HEADER)
        header = _Header.of(data, 0)
        if header is None or header.length is None:
            raise OnlyWholeError("holds no numbers of fixed length, and is read as a whole")
        stop = header.start + header.length
        size = file.seek(0, io.SEEK_END)
        limits.check_size((header.width, header.height))
        if size < stop:
            raise EOFError("the file is truncated")
        file.seek(stop)
        with suppress(ValueError, EOFError):
            if _Header.of(file.read(_LONGEST_HEADER), 0) is not None:
                raise OnlyWholeError("holds several pictures, which are read as a whole")
        limits.chosen()
        file.seek(stop)
        text = comments_of(_WORDS_OF_COMMENT.findall(data, 0, header.start))
        self._file, self._header = file, header
        self.image = Image(
            blank_pixels(header.shape, header.dtype),
            format=name,
            metadata=Metadata(text=text),
            left_out=tuple(behind_in(file)),
        )

    def read(self, first: int, last: int) -> NDArray[Any]:
        """Return rows."""
        header, count = self._header, last - first
        row = (header.length or 0) // header.height
        self._file.seek(header.start + first * row)
        part = header._replace(height=count, start=0)
        pixels, is_cut = _pixels(self._file.read(count * row), part)
        if is_cut:
            raise ValueError(f"a value lies beyond {header.largest}")
        return pixels

    def close(self) -> None:
        """Nothing is held."""


def _comments(data: bytes, headers: Sequence[_Header], number: int) -> list[bytes]:
    """Return the comments of a picture, which stand between its numbers."""
    header = headers[number]
    stop = len(data) if header.length is None else header.start
    return _WORDS_OF_COMMENT.findall(data, header.place, stop)


def _headers(data: bytes) -> tuple[list[_Header], bytes]:
    """Return the headers of all pictures, and what stands behind the last one."""
    headers: list[_Header] = []
    at = 0
    while at < len(data):
        try:
            header = _Header.of(data, at)
        except (ValueError, EOFError):
            if not headers:
                raise
            header = None  # what begins like a picture and is none
        if header is None:
            break
        headers.append(header)
        if header.length is None:
            return headers, b""
        at = header.start + header.length
    if not headers:
        raise ValueError("no header")
    return headers, data[at:]


def _pixels(data: bytes, header: _Header) -> tuple[NDArray[Any], bool]:
    """Return the pixels of a picture, scaled to 0 to 255 or 65535, and whether values were cut.

    Raises
    ------
    EOFError, ValueError
        For damage.
    """
    count = header.width * header.height * header.channels
    shape = header.shape
    if header.kind in _BITS:
        black = _bits(data, header)
        return np.where(black, np.uint8(0), np.uint8(255)), False
    values = _words(data, header, count) if header.length is None else _numbers(data, header)
    if values.size < count:
        raise EOFError("the file is truncated")
    pixels, is_cut = _scaled(values, header)
    return pixels.reshape(shape), is_cut


def _scaled(values: NDArray[Any], header: _Header) -> tuple[NDArray[Any], bool]:
    """Return values scaled to 0 to 255 or 65535, and whether some were too large and were cut."""
    white = 255 if header.largest < 256 else 65535
    most = int(values.max())
    is_cut = most > header.largest
    if values.min() < 0 or (is_cut and white == 65535):
        raise ValueError(f"a value lies beyond {header.largest}")
    if is_cut:
        values = np.minimum(values, header.largest)
    if header.largest != white:
        values = np.rint(values.astype(np.float64) * white / header.largest)
    return values.astype(header.dtype), is_cut


def _numbers(data: bytes, header: _Header) -> NDArray[Any]:
    length = header.length or 0
    if header.start + length > len(data):
        raise EOFError("the file is truncated")
    kind = ">u2" if header.largest > 255 else "u1"
    return np.frombuffer(data, kind, length // np.dtype(kind).itemsize, header.start)


def _words(data: bytes, header: _Header, count: int) -> NDArray[Any]:
    words = re.sub(_COMMENT, b" ", data[header.start :]).split(maxsplit=count)[:count]
    return np.array([int(word) for word in words], np.int64)


def _bits(data: bytes, header: _Header) -> NDArray[np.bool_]:
    """Return where a picture (H, W) of black and white is black."""
    height, width = header.height, header.width
    if header.length is None:
        digits = b"".join(re.sub(_COMMENT, b"", data[header.start :]).split())[: height * width]
        if digits.strip(b"01"):
            raise ValueError("a value that is neither 0 nor 1")
        if len(digits) < height * width:
            raise EOFError("the file is truncated")
        values = np.frombuffer(digits, np.uint8).reshape(height, width) - np.uint8(ord("0"))
    else:
        rows = _numbers(data, header).reshape(height, -1)
        values = np.unpackbits(rows, axis=1, count=width)
    return values.astype(np.bool_)


def _write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of grey or coloured pictures."""
    return [piece for frame in frames for piece in _written(frame)], []


def _commented(metadata: Metadata) -> bytes:
    """Return comments, which end with their line."""
    lines = [line for word, text in metadata.text if word == COMMENT for line in text.splitlines()]
    return b"".join(b"# " + line.encode("utf-8", "replace") + b"\n" for line in lines)


def _written(frame: Frame) -> list[bytes]:
    return [_head(frame), _bytes(frame.pixels)]


def _head(frame: Frame) -> bytes:
    height, width = frame.pixels.shape[:2]
    kind, white = (5 if frame.pixels.ndim == 2 else 6), int(np.iinfo(frame.pixels.dtype).max)
    said = _commented(frame.metadata)
    return b"P%d\n%s%d %d\n%d\n" % (kind, said, width, height, white)


def _bytes(pixels: NDArray[Any]) -> bytes:
    return pixels.astype(pixels.dtype.newbyteorder(">"), copy=False).tobytes()


def _write_rows(frame: Frame, sink: Sink, effort: Effort) -> RowWriter:
    """Begin a file of a grey or coloured picture."""
    sink.put(_head(frame))
    return Appended(sink, _bytes)


def _write_black_and_white(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of pictures of 0 and 255."""
    return [piece for each in frames for piece in (_head_of_bits(each), _in_bits(each.pixels))], []


def _head_of_bits(frame: Frame) -> bytes:
    height, width = frame.pixels.shape[:2]
    return b"P4\n%s%d %d\n" % (_commented(frame.metadata), width, height)


def _in_bits(pixels: NDArray[np.uint8]) -> bytes:
    return np.packbits(pixels == 0, axis=1).tobytes()


def _write_rows_of_bits(frame: Frame, sink: Sink, effort: Effort) -> RowWriter:
    """Begin a file of a picture of 0 and 255."""
    sink.put(_head_of_bits(frame))
    return Appended(sink, _in_bits)


_KEEPS: frozenset[Kept] = frozenset({"comment"})

PPM = Format(
    "PPM",
    suffixes=(".ppm",),
    signature=rb"P[36][\s#]",
    holds=Holds(depth=16, grey=False, several="pages"),
    keeps=_KEEPS,
    read=_read_colour,
    write=_write,
    read_rows=_rows_of_colour,
    write_rows=_write_rows,
)
PGM = Format(
    "PGM",
    suffixes=(".pgm",),
    signature=rb"P[25][\s#]",
    holds=Holds(depth=16, colour=False, several="pages"),
    keeps=_KEEPS,
    read=_read_grey,
    write=_write,
    read_rows=_rows_of_grey,
    write_rows=_write_rows,
)
PBM = Format(
    "PBM",
    suffixes=(".pbm",),
    signature=rb"P[14][\s#]",
    holds=Holds(depth=1, colour=False, several="pages"),
    keeps=_KEEPS,
    read=_read_black_and_white,
    write=_write_black_and_white,
    read_rows=_rows_of_black_and_white,
    write_rows=_write_rows_of_bits,
)
PNM = Format(
    "PNM",
    suffixes=(".pnm",),
    signature=None,
    holds=Holds(depth=16, several="pages"),
    keeps=_KEEPS,
    read=_read_colour,
    write=_write,
    read_rows=_rows_of_colour,
    write_rows=_write_rows,
)
