"""Arrays in NumPy's own files (.npy): every dtype and number of channels that an image may have."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from convfilter.errors import ImageError

__all__ = ["Stored", "encode"]

_DTYPES = ("bool", "uint8", "uint16", "int16", "float32", "float64")
_LONGEST_HEADER = 10_000
_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


@dataclass(frozen=True)
class Stored:
    """The header of a file: what array follows it."""

    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, file: BinaryIO, name: str) -> Stored:
        """Read the header; the file then stands at the values.

        Raises `ImageError` for arrays that are no pictures, ValueError for damage. Nothing is ever
        unpickled.
        """
        version = npy.read_magic(file)
        if version not in _READERS:
            raise ValueError(f"version {version[0]}.{version[1]}")
        shape, by_columns, dtype = _READERS[version](file, max_header_size=_LONGEST_HEADER)
        if dtype.name not in _DTYPES:
            raise ImageError(
                f"{name}: arrays of {dtype.name} are not served: convert it with astype to one of"
                f" {', '.join(_DTYPES)}"
            )
        if len(shape) not in (2, 3) or 0 in shape:
            raise ImageError(
                f"{name}: an array of the shape {shape} is no picture: give (height, width) or"
                " (height, width, channels)"
            )
        return cls(shape, by_columns, dtype)

    def pixels(self, file: BinaryIO) -> NDArray[Any]:
        """Return the array, C-contiguous and writable; EOFError where values are missing."""
        count = math.prod(self.shape)
        data = file.read(count * self.dtype.itemsize)
        if len(data) < count * self.dtype.itemsize:
            raise EOFError("the file is truncated")
        native = self.dtype.newbyteorder("=")
        values: NDArray[Any] = np.frombuffer(data, self.dtype).astype(native)  # may be written to
        if self.by_columns:
            return np.ascontiguousarray(values.reshape(self.shape[::-1]).T)
        return values.reshape(self.shape)


def encode(pixels: NDArray[Any]) -> list[bytes]:
    """Return a file in pieces: the header and the values."""
    header = io.BytesIO()
    contiguous = np.ascontiguousarray(pixels)
    npy.write_array_header_1_0(header, npy.header_data_from_array_1_0(contiguous))
    return [header.getvalue(), contiguous.tobytes()]
