"""The Netpbm formats: PPM, PGM and PBM, and PNM, which is whichever of them fits.

Pillow reads and writes them, except for PPM of 16-bit colour, which it would reduce to 8 bits. The
formats are those of netpbm's manual, ppm(5), pgm(5) and pbm(5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.picture.image import Image

__all__ = ["PBM", "PGM", "PNM", "PPM"]

_LONGEST_HEADER = 1 << 16
_NUMBER = rb"(?:\s|#[^\r\n]*[\r\n])+(\d{1,9})"
# a single white space stands between the last number and the values
_HEADER = rb"P([2356])" + 3 * _NUMBER + rb"(\s?)"
_COMMENT = rb"#[^\r\n]*"


class _Header(NamedTuple):
    """What stands before the values: `kind` is the second byte of the file, a digit.

    `length` is None where it does not end as it should.
    """

    kind: int
    width: int
    height: int
    largest: int
    length: int | None

    @classmethod
    def of(cls, file: BinaryIO) -> _Header | None:
        """Read the header of a file of grey or colours; None for one that has no such header."""
        file.seek(0)
        match = re.match(_HEADER, file.read(_LONGEST_HEADER))
        file.seek(0)
        if match is None:
            return None
        kind, width, height, largest = map(int, match.groups()[:4])
        return cls(kind, width, height, largest, match.end() if match[5] else None)

    @property
    def bits(self) -> int:
        """How many bits a value has."""
        return self.largest.bit_length()

    @property
    def is_deep_colour(self) -> bool:
        """Whether Pillow would reduce the values to 8 bits."""
        has_pixels = self.width > 0 and self.height > 0 and self.length is not None
        return self.kind in (3, 6) and has_pixels and 255 < self.largest < 65536


def _read_colour(file: BinaryIO, limits: Limits) -> Image:
    header = _Header.of(file)
    if header is None or not header.is_deep_colour:
        return _read_with_pillow(file, limits, PPM, header and header.bits)
    limits.check_size((header.width, header.height))
    limits.chosen()
    return Image(_deep_colour(file, header), format=PPM.name)


def _read_grey(file: BinaryIO, limits: Limits) -> Image:
    header = _Header.of(file)
    return _read_with_pillow(file, limits, PGM, header and header.bits)


def _read_black_and_white(file: BinaryIO, limits: Limits) -> Image:
    return _read_with_pillow(file, limits, PBM, 1)


def _read_with_pillow(file: BinaryIO, limits: Limits, form: Format, bits: int | None) -> Image:
    from PIL.PpmImagePlugin import PpmImageFile

    from convfilter.formats.pillow.reading import read_single

    return read_single(file, PpmImageFile, form, limits, lambda _: bits)


def _deep_colour(file: BinaryIO, header: _Header) -> NDArray[np.uint16]:
    """Return the pixels (H, W, 3), scaled to 0 to 65535; EOFError or ValueError for damage."""
    count = header.width * header.height * 3
    file.seek(header.length or 0)
    values: NDArray[Any]
    if header.kind == 3:
        words = re.sub(_COMMENT, b" ", file.read()).split(maxsplit=count)[:count]
        values = np.array([int(word) for word in words], np.int64)
    else:
        data = file.read(2 * count)
        values = np.frombuffer(data[: len(data) // 2 * 2], ">u2")
    if values.size < count:
        raise EOFError("the file is truncated")
    if values.min() < 0 or values.max() > header.largest:
        raise ValueError(f"a value lies beyond {header.largest}")
    if header.largest < 65535:
        values = np.rint(values * (65535 / header.largest))
    return values.astype(np.uint16).reshape(header.height, header.width, 3)


def _write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    (frame,) = frames
    pixels = frame.pixels
    if pixels.ndim == 3 and pixels.dtype == np.uint16:
        height, width = pixels.shape[:2]
        return [b"P6\n%d %d\n65535\n" % (width, height), pixels.astype(">u2").tobytes()], []
    return _written_by_pillow(pixels)


def _write_black_and_white(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    (frame,) = frames
    return _written_by_pillow(frame.pixels == 255)


def _written_by_pillow(pixels: NDArray[Any]) -> Written:
    from PIL import PpmImagePlugin  # noqa: F401 - which tells Pillow of the encoder

    from convfilter.formats.pillow.writing import encoded

    return [encoded(PPM.name, [pixels])], []


PPM = Format(
    "PPM",
    suffixes=(".ppm",),
    signature=rb"P[36][\s#]",
    holds=Holds(depth=16, grey=False),
    read=_read_colour,
    write=_write,
)
PGM = Format(
    "PGM",
    suffixes=(".pgm",),
    signature=rb"P[25][\s#]",
    holds=Holds(depth=16, colour=False),
    read=_read_grey,
    write=_write,
)
PBM = Format(
    "PBM",
    suffixes=(".pbm",),
    signature=rb"P[14][\s#]",
    holds=Holds(depth=1, colour=False),
    read=_read_black_and_white,
    write=_write_black_and_white,
)
PNM = Format(
    "PNM",
    suffixes=(".pnm",),
    signature=None,
    holds=Holds(depth=16),
    read=_read_colour,
    write=_write,
)
