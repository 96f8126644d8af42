"""PAM, a Netpbm format of grey and colours with alpha (netpbm's manual, pam(5))."""

from __future__ import annotations

import re
from typing import BinaryIO

import numpy as np

from convfilter.errors import ImageError
from convfilter.formats.behind import behind
from convfilter.formats.declaring import Format, Holds
from convfilter.formats.declaring.limits import Limits
from convfilter.picture.image import Image

__all__ = ["FORMAT", "read"]

_HEADER = re.compile(rb"P7\n((?:[^\n]{0,200}\n){0,100}?)ENDHDR\n")
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


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read the first picture of a file; values are scaled to 0 to 255 or 65535."""
    data = file.read()
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
    limits.check_size((wide, high))
    limits.chosen()
    dtype = np.dtype(">u2" if largest > 255 else "u1")
    count = wide * high * channels
    part = data[header.end() : header.end() + count * dtype.itemsize]
    if len(part) < count * dtype.itemsize:
        raise EOFError("the file is truncated")
    values = np.frombuffer(part, dtype).reshape(high, wide, channels)
    white = 65535 if largest > 255 else 255
    if values.max() > largest:
        raise ValueError("values beyond the largest one that the file states")
    scaled = (values.astype(np.uint32) * white + largest // 2) // largest
    pixels = scaled.astype(np.uint16 if largest > 255 else np.uint8)
    return Image(
        pixels[..., 0].copy() if channels == 1 else pixels,
        channels in (2, 4),
        FORMAT.name,
        left_out=tuple(behind(data[header.end() + len(part) :])),
    )


FORMAT = Format(
    "PAM",
    suffixes=(".pam",),
    signature=rb"P7\n",
    holds=Holds(depth=16, alpha=True),
    read=read,
)
