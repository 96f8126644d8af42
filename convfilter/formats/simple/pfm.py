"""PFM, floats of grey or RGB (Paul Debevec's format, as netpbm's manual has it, pfm(5))."""

from __future__ import annotations

import re
from typing import BinaryIO

import numpy as np

from convfilter.formats.behind import behind
from convfilter.formats.declaring import Format, Holds
from convfilter.formats.declaring.limits import Limits
from convfilter.picture.image import Image

__all__ = ["FORMAT", "read"]

_HEADER = re.compile(rb"P([Ff])\s+(\d{1,9})\s+(\d{1,9})\s+([-+.\deE]{1,40})\s")


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read a picture: values as they are, whatever scale the file states besides its byte order."""
    data = file.read()
    header = _HEADER.match(data)
    if header is None:
        raise ValueError("its header makes no sense")
    wide, high, scale = int(header[2]), int(header[3]), float(header[4])
    if min(wide, high) < 1 or scale == 0:
        raise ValueError("numbers that cannot be")
    limits.check_size((wide, high))
    limits.chosen()
    channels = 3 if header[1] == b"F" else 1
    length = 4 * wide * high * channels
    part = data[header.end() : header.end() + length]
    if len(part) < length:
        raise EOFError("the file is truncated")
    values = np.frombuffer(part, "<f4" if scale < 0 else ">f4")
    shape = (high, wide, 3) if channels == 3 else (high, wide)
    with np.errstate(all="ignore"):
        pixels = values.reshape(shape)[::-1].astype(np.float32)  # rows begin at the bottom
    return Image(pixels, format=FORMAT.name, left_out=tuple(behind(data[header.end() + length :])))


FORMAT = Format(
    "PFM",
    suffixes=(".pfm",),
    signature=rb"P[Ff]\s",
    holds=Holds(depth=32),
    read=read,
    written_as="TIFF",
)
