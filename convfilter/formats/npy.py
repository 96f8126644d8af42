"""Arrays in NumPy's own files (.npy): every dtype, number of channels and stack of pictures.

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

from convfilter.dtypes import PIXEL_DTYPES, understood, way_out
from convfilter.errors import ArgumentError, ImageError
from convfilter.formats.behind import behind
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.quiet import warnings_silenced
from convfilter.picture.image import Image, Stack
from convfilter.runtime.array_axes import check_axes, layout_of

__all__ = ["FORMAT", "read", "write"]

_LONGEST_HEADER = 10_000
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read an array (H, W) or (H, W, C), or of the axes named: then of stacks each picture.

    Which channel is alpha, if any, such a file does not tell.

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
    if dtype.kind not in "biuf":
        raise ImageError(f"arrays of {dtype.name} are not supported: store numbers")
    if len(shape) < 2 or 0 in shape:
        raise ImageError(
            f"an array of the shape {shape} is no picture: give (height, width) or"
            " (height, width, channels)"
        )
    try:
        layout = layout_of(shape, limits.axes)
    except ArgumentError as error:
        raise ImageError(str(error)) from error
    lengths = tuple(shape[axis] for axis in layout.stack)
    limits.check_size((shape[layout.columns], shape[layout.rows]), math.prod(lengths))
    chosen = limits.chosen(math.prod(lengths))
    values = understood(_values(file, shape, by_columns, dtype))
    if values.dtype.name not in PIXEL_DTYPES:
        raise ImageError(f"arrays of {dtype.name} are not supported: {way_out(values)}")
    pictures = layout.pictures(values)
    frames = [
        Image(np.ascontiguousarray(pictures[np.unravel_index(number, lengths)]), format=FORMAT.name)
        for number in chosen
    ]
    return replace(
        frames[0],
        following=tuple(frames[1:]),
        stacked=_stack(limits.axes, lengths, chosen),
        left_out=_behind(file),
    )


def _behind(file: BinaryIO) -> tuple[str, ...]:
    """Return what is said of the bytes behind the array; `numpy.save` may have added others."""
    first = file.read(len(npy.MAGIC_PREFIX))
    if first == npy.MAGIC_PREFIX:
        return ("further arrays behind the first: left out",)
    return tuple(behind(first + file.read()))


def _stack(axes: str | None, lengths: tuple[int, ...], chosen: list[int]) -> Stack | None:
    """Return how the chosen pictures of an array of such axes lie in one of their own."""
    if axes is None:
        return None
    letters = check_axes(axes)
    if len(chosen) == math.prod(lengths):
        return Stack(letters, lengths)
    # some pictures of several axes have one, if any, that is left
    first, *others = (letter for letter in letters if letter not in "YXC")
    left_out = others if len(chosen) > 1 else [first, *others]
    lengths = (len(chosen),) if len(chosen) > 1 else ()
    return Stack("".join(letter for letter in letters if letter not in left_out), lengths)


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
    holds=Holds(depth=64, arrays=True),
    read=read,
    write=write,
)
