"""PPM of 16-bit colour, which Pillow reduces to 8 bits (netpbm's manual, ppm(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

__all__ = ["DeepColour", "encode"]

_HEAD_BYTES = 1 << 16
_NUMBER = rb"(?:\s|#[^\r\n]*[\r\n])+(\d{1,9})"
# a single white space stands between the last number and the values
_HEADER = re.compile(rb"P([36])" + 3 * _NUMBER + rb"\s")
_COMMENT = re.compile(rb"#[^\r\n]*")


@dataclass(frozen=True)
class DeepColour:
    """The header of a file whose values need more than 8 bits."""

    plain: bool
    width: int
    height: int
    largest: int
    length: int

    @classmethod
    def of(cls, file: BinaryIO) -> DeepColour | None:
        """Read the header of a file; None for any other file."""
        file.seek(0)
        found = _HEADER.match(file.read(_HEAD_BYTES))
        file.seek(0)
        if found is None:
            return None
        kind, *numbers = (int(part) for part in found.groups())
        width, height, largest = numbers
        if not (width and height and 255 < largest < 65536):
            return None
        return cls(kind == 3, width, height, largest, found.end())

    def pixels(self, file: BinaryIO) -> NDArray[np.uint16]:
        """Return the pixels (H, W, 3), scaled to 0 to 65535; EOFError or ValueError for damage."""
        count = self.width * self.height * 3
        file.seek(self.length)
        values: NDArray[Any]
        if self.plain:
            words = _COMMENT.sub(b" ", file.read()).split(maxsplit=count)[:count]
            values = np.array([int(word) for word in words], np.int64)
        else:
            data = file.read(2 * count)
            values = np.frombuffer(data[: len(data) // 2 * 2], ">u2")
        if values.size < count:
            raise EOFError("the file is truncated")
        if values.min() < 0 or values.max() > self.largest:
            raise ValueError(f"a value lies beyond {self.largest}")
        if self.largest < 65535:
            values = np.rint(values * (65535 / self.largest))
        return values.astype(np.uint16).reshape(self.height, self.width, 3)


def encode(pixels: NDArray[np.uint16]) -> list[bytes]:
    """Return a file of pixels (H, W, 3) in pieces."""
    height, width = pixels.shape[:2]
    return [b"P6\n%d %d\n65535\n" % (width, height), pixels.astype(">u2").tobytes()]
