"""Arrays in NumPy's own files (.npy): every dtype and number of channels that an image may have.

The format is that of NumPy's documentation of `numpy.lib.format`. Nothing is ever unpickled.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.quiet import warnings_silenced
from convfilter.picture.image import Image

__all__ = ["FORMAT", "read", "write"]

_DTYPES = ("bool", "uint8", "uint16", "int16", "float32", "float64")
_LONGEST_HEADER = 10_000
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read an array (H, W) or (H, W, C); the last of 2 or 4 channels is alpha.

    Raises
    ------
    ImageError
        For arrays that are no pictures.
    ValueError, EOFError
        For damage, and where values are missing.
    """
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"version {version[0]}.{version[1]}")
    with warnings_silenced():  # of files that Python 2 has written
        shape, by_columns, dtype = _HEADERS[version](file, max_header_size=_LONGEST_HEADER)
    if dtype.name not in _DTYPES:
        raise ImageError(
            f"arrays of {dtype.name} are not supported: convert it with astype to one of"
            f" {', '.join(_DTYPES)}"
        )
    if len(shape) not in (2, 3) or 0 in shape:
        raise ImageError(
            f"an array of the shape {shape} is no picture: give (height, width) or"
            " (height, width, channels)"
        )
    limits.check_size((shape[1], shape[0]))
    limits.chosen()
    return replace(Image.of(_values(file, shape, by_columns, dtype)), format=FORMAT.name)


def _values(
    file: BinaryIO, shape: tuple[int, ...], by_columns: bool, dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return the array, C-contiguous and writable."""
    length = math.prod(shape) * dtype.itemsize
    data = file.read(length)
    if len(data) < length:
        raise EOFError("the file is truncated")
    values: NDArray[Any] = np.frombuffer(data, dtype).astype(dtype.newbyteorder("="))
    if by_columns:
        return np.ascontiguousarray(values.reshape(shape[::-1]).T)
    return values.reshape(shape)


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of an array: the header and the values."""
    (frame,) = frames
    contiguous = np.ascontiguousarray(frame.pixels)
    header = io.BytesIO()
    npy.write_array_header_1_0(header, npy.header_data_from_array_1_0(contiguous))
    return [header.getvalue(), contiguous.tobytes()], []


FORMAT = Format(
    "NPY",
    suffixes=(".npy",),
    signature=rb"\x93NUMPY",
    holds=Holds(depth=64, alpha=True, arrays=True),
    read=read,
    write=write,
)
