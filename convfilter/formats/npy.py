"""Arrays in NumPy's own files (.npy): every dtype, number of channels and stack of pictures.

The format is that of NumPy's documentation of `numpy.lib.format`. Nothing is ever unpickled.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from convfilter.dtypes import PIXEL_DTYPES, understood, way_out
from convfilter.errors import ArgumentError, ImageError
from convfilter.formats.behind import behind_in
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.declaring.rows import (
    Appended,
    OnlyWholeError,
    RowReader,
    RowWriter,
    Sink,
    blank_pixels,
)
from convfilter.formats.quiet import warnings_silenced
from convfilter.picture.image import Image, Stack
from convfilter.runtime.array_axes import Layout, check_axes, layout_of

__all__ = ["FORMAT", "read", "read_rows", "write", "write_rows"]

_LONGEST_HEADER = 10_000
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


class _Header(NamedTuple):
    """What a file says before its values, which begin at `start`; `chosen` of its pictures."""

    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype[Any]
    layout: Layout
    start: int

    @classmethod
    def of(cls, file: BinaryIO, limits: Limits) -> _Header:
        """Read it, and refuse what is no picture or too large."""
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
        header = cls(shape, by_columns, dtype, layout, file.tell())
        size = shape[layout.columns], shape[layout.rows]
        limits.check_size(size, math.prod(header.lengths))
        return header

    @property
    def lengths(self) -> tuple[int, ...]:
        """How many pictures there are along each axis of the stack."""
        return tuple(self.shape[axis] for axis in self.layout.stack)


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
    header = _Header.of(file, limits)
    lengths = header.lengths
    chosen = limits.chosen(math.prod(lengths))
    values = _known(_values(file, header.shape, header.by_columns, header.dtype))
    pictures = header.layout.pictures(values)
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


def _known(values: NDArray[Any]) -> NDArray[Any]:
    """Return values of a dtype that pixels have."""
    values = understood(values)
    if values.dtype.name not in PIXEL_DTYPES:
        raise ImageError(f"arrays of {values.dtype.name} are not supported: {way_out(values)}")
    return values


def read_rows(file: BinaryIO, limits: Limits) -> RowReader:
    """Open the only picture that is asked for of an array, to be read where it lies."""
    header = _Header.of(file, limits)
    chosen = limits.chosen(math.prod(header.lengths))
    if len(chosen) > 1:
        raise OnlyWholeError(
            f"holds {len(chosen):,} pictures, which are read as a whole: choose one (--frames)"
        )
    return _Rows(file, header, limits, chosen[0])


class _Rows:
    """The rows of a picture in an array; nothing of it is held."""

    in_order, held = False, 0

    def __init__(self, file: BinaryIO, header: _Header, limits: Limits, number: int) -> None:
        self._file, self._header = file, header
        self._place = np.unravel_index(number, header.lengths)
        length = math.prod(header.shape) * header.dtype.itemsize
        if file.seek(0, io.SEEK_END) < header.start + length:
            raise EOFError("the file is truncated")
        file.seek(header.start + length)
        picture = header.layout.pictures(blank_pixels(header.shape, header.dtype))[self._place]
        row = _known(picture[:1])
        self.image = Image(
            blank_pixels(picture.shape, row.dtype),
            format=FORMAT.name,
            stacked=_stack(limits.axes, header.lengths, [number]),
            left_out=_behind(file),
        )

    def read(self, first: int, last: int) -> NDArray[Any]:
        """Return rows; the memory into which the system maps the file is let go of at once."""
        header = self._header
        if not header.by_columns and header.layout.is_picture:
            size = math.prod(header.shape[1:]) * header.dtype.itemsize
            self._file.seek(header.start + first * size)
            data = self._file.read((last - first) * size)
            if len(data) < (last - first) * size:
                raise EOFError("the file is truncated")
            rows = np.frombuffer(data, header.dtype).reshape(-1, *header.shape[1:])
        else:
            shape = header.shape[::-1] if header.by_columns else header.shape
            mapped = np.memmap(self._file, header.dtype, "r", header.start, shape)
            values = mapped.T if header.by_columns else mapped
            rows = header.layout.pictures(np.asarray(values))[self._place][first:last]
        return np.ascontiguousarray(_known(rows.astype(header.dtype.newbyteorder("="))))

    def close(self) -> None:
        """Nothing is held."""


def _behind(file: BinaryIO) -> tuple[str, ...]:
    """Return what is said of the bytes behind the array; `numpy.save` may have added others."""
    first = file.read(len(npy.MAGIC_PREFIX))
    if first == npy.MAGIC_PREFIX:
        return ("further arrays behind the first: left out",)
    file.seek(-len(first), io.SEEK_CUR)
    return tuple(behind_in(file))


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
    return [_head(contiguous.shape, contiguous.dtype), contiguous.tobytes()], []


def _head(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    header = io.BytesIO()
    # of none of the values, which may not be there yet
    told = npy.header_data_from_array_1_0(np.empty((0,), dtype)) | {"shape": shape}
    npy.write_array_header_1_0(header, told)
    return header.getvalue()


def write_rows(frame: Frame, sink: Sink, effort: Effort) -> RowWriter:
    """Begin a file of an array whose rows come one after the other."""
    sink.put(_head(frame.pixels.shape, frame.pixels.dtype))
    return Appended(sink, lambda rows: np.ascontiguousarray(rows).tobytes())


FORMAT = Format(
    "NPY",
    suffixes=(".npy",),
    signature=rb"\x93NUMPY",
    holds=Holds(depth=64, arrays=True),
    read=read,
    write=write,
    read_rows=read_rows,
    write_rows=write_rows,
)
