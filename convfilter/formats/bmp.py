"""BMP, as Pillow reads and writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from PIL.BmpImagePlugin import BmpImageFile

from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.pillow.reading import read_single
from convfilter.formats.pillow.writing import described, encoded
from convfilter.picture.image import Image

__all__ = ["FORMAT", "read", "write"]


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read a file; of values with more than 8 bits Pillow refuses the header."""
    return read_single(file, BmpImageFile, FORMAT, limits, lambda _: 8)


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of a picture, grey or RGB."""
    (frame,) = frames
    return [encoded("BMP", [frame.pixels], **described(frame.metadata))], []


FORMAT = Format(
    "BMP",
    suffixes=(".bmp",),
    signature=rb"BM",
    holds=Holds(depth=8),
    keeps=frozenset({"resolution"}),
    read=read,
    write=write,
)
