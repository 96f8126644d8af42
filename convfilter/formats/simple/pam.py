"""PAM, a Netpbm format of grey and colours with alpha (netpbm's manual, pam(5))."""

from __future__ import annotations

import io
import re
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.formats.behind import behind, behind_in
from convfilter.formats.declaring import Format, Holds
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.declaring.rows import RowReader, blank_pixels
from convfilter.picture.image import Image

__all__ = ["FORMAT", "read", "read_rows"]

_HEADER = re.compile(rb"P7\n((?:[^\n]{0,200}\n){0,100}?)ENDHDR\n")
_LONGEST_HEADER = 1 << 15
"""Bytes of a header, and more."""

_KINDS = {
    "": (1, 3),
    "BLACKANDWHITE": (1,),
    "GRAYSCALE": (1,),
    "RGB": (3,),
    "BLACKANDWHITE_ALPHA": (2,),
    "GRAYSCALE_ALPHA": (2,),
    "RGB_ALPHA": (4,),
}
"""How many values a pixel of each kind has."""


class _Header(NamedTuple):
    """What stands before the values, which begin at `start`."""

    width: int
    height: int
    channels: int
    largest: int
    start: int

    @classmethod
    def of(cls, data: bytes) -> _Header:
        """Read it at the beginning of a file, and refuse what is not read here."""
        header = _HEADER.match(data)
        if header is None:
            raise ValueError("its header has no end")
        lines = [line.split(None, 1) for line in header[1].decode("ascii", "replace").splitlines()]
        told = {line[0]: line[-1].strip() for line in lines if line and not line[0].startswith("#")}
        wide, high, channels, largest = (
            int(told.get(name, "")) for name in ("WIDTH", "HEIGHT", "DEPTH", "MAXVAL")
        )
        kind = told.get("TUPLTYPE", "")
        if min(wide, high) < 1 or not 0 < largest < 65536:
            raise ValueError("numbers that cannot be")
        if channels not in _KINDS.get(kind, ()):
            raise ImageError(
                f"PAM of {channels} channels and the kind {kind or 'unknown'!r} is not supported:"
                " convert it to PNG or TIFF first"
            )
        return cls(wide, high, channels, largest, header.end())

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return self.width * self.channels * (2 if self.largest > 255 else 1)

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """Of the pixels."""
        return np.uint16 if self.largest > 255 else np.uint8

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the pixels."""
        return (self.height, self.width, *([self.channels] if self.channels > 1 else []))

    def pixels(self, data: bytes) -> NDArray[Any]:
        """Return rows, their values scaled to 0 to 255 or 65535."""
        if len(data) % self.row_bytes or not data:
            raise EOFError("the file is truncated")
        values = np.frombuffer(data, ">u2" if self.largest > 255 else "u1")
        if values.max() > self.largest:
            raise ValueError("values beyond the largest one that the file states")
        white = int(np.iinfo(self.dtype).max)
        scaled = (values.astype(np.uint32) * white + self.largest // 2) // self.largest
        return scaled.astype(self.dtype).reshape(-1, *self.shape[1:])

    def image(self, pixels: NDArray[Any], left_out: list[str]) -> Image:
        """Return pixels with what is said of them."""
        alpha = self.channels in (2, 4)
        return Image(pixels, alpha, FORMAT.name, left_out=tuple(left_out))


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read the first picture of a file; values are scaled to 0 to 255 or 65535."""
    data = file.read()
    header = _Header.of(data)
    limits.check_size((header.width, header.height))
    limits.chosen()
    stop = header.start + header.height * header.row_bytes
    if len(data) < stop:
        raise EOFError("the file is truncated")
    return header.image(header.pixels(data[header.start : stop]), behind(data[stop:]))


def read_rows(file: BinaryIO, limits: Limits) -> RowReader:
    """Open the first picture of a file, to be read where it lies."""
    header = _Header.of(file.read(_LONGEST_HEADER))
    limits.check_size((header.width, header.height))
    limits.chosen()
    return _Rows(file, header)


class _Rows:
    """The rows of a picture; nothing of it is held."""

    in_order, held = False, 0

    def __init__(self, file: BinaryIO, header: _Header) -> None:
        self._file, self._header = file, header
        stop = header.start + header.height * header.row_bytes
        if file.seek(0, io.SEEK_END) < stop:
            raise EOFError("the file is truncated")
        file.seek(stop)
        self.image = header.image(blank_pixels(header.shape, header.dtype), behind_in(file))

    def read(self, first: int, last: int) -> NDArray[Any]:
        """Return rows."""
        header = self._header
        self._file.seek(header.start + first * header.row_bytes)
        pixels = header.pixels(self._file.read((last - first) * header.row_bytes))
        if len(pixels) < last - first:
            raise EOFError("the file is truncated")
        return pixels

    def close(self) -> None:
        """Nothing is held."""


FORMAT = Format(
    "PAM",
    suffixes=(".pam",),
    signature=rb"P7\n",
    holds=Holds(depth=16, alpha=True),
    read=read,
    read_rows=read_rows,
)
