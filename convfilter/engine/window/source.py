"""Padded rows of an image: what every windowed filter reads.

The border is extended while rows are loaded, so the loops behind know windows only. With a column
stride the columns are sorted by their remainder, so that neighbouring outputs read neighbouring
numbers: a strided window costs what it keeps and needs no code of its own.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convfilter.engine.window.axes import Axis
from convfilter.engine.window.borders import Border
from convfilter.engine.window.layout import pack_source
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import Loop, loop
from convfilter.runtime.memory import Lent, Scratch, lent
from convfilter.runtime.watching import looking

STRIP_BYTES = 1 << 21
"""Small enough for the caches behind the first, large enough that few calls from Python are made.

Each call lets go of the interpreter lock and takes it again, which two threads feel.
"""

MOST_REMEMBERED = 1 << 16
"""Columns of a padded row that are remembered."""

RowSources = NDArray[np.int64]
"""For every padded row the row of the image that it repeats; negative for a row of `fill`."""


class Ready(Protocol):
    """A part of an operation, made ready."""

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], int | None]:
        """Return the call that computes output rows from those padded rows into `out`.

        The call returns how many numbers it could not compute.
        """


class Part(NamedTuple):
    """A part of an image (H, W, C) that begins at row and column `origin` of it, and its windows.

    The axes walk over the whole image; what they read lies within the part or beyond the border.
    """

    image: Array
    rows: Axis
    columns: Axis
    origin: tuple[int, int] = (0, 0)


class Source:
    """The padded rows of a part of an image, read as numbers of `dtype`.

    Number `x` of a row (`x < outputs * C`) and the tap column `v` of its window meet at
    ``x + tap_columns[v]``.

    Attributes
    ----------
    rows, columns : how the window walks over the whole image
    channels : of a pixel; they lie side by side
    dtype, image_dtype : of what is read, and of the image itself
    row_length : numbers of a padded row
    tap_columns : numbers from the first one of a window to each of its taps in a row
    run : the first padded column of those that lie side by side in the image, and the one after
    """

    def __init__(self, part: Part, border: Border, fill: float, dtype: DTypeLike) -> None:
        image, self.rows, self.columns, (self._top, self._left) = part
        height, width, self.channels = image.shape
        self.dtype, self.image_dtype = np.dtype(dtype), image.dtype
        self.border, self.fill = border, fill
        self._image = image.reshape(height, width * self.channels)
        is_long = self.columns.extent > MOST_REMEMBERED
        self._laid_out = (_columns if is_long else _remembered_columns)(
            self.columns, border, self.channels, self._left
        )
        self.run, self.tap_columns = self._laid_out.run, self._laid_out.taps
        self.row_length: int = self._laid_out.width * self.channels
        self._fields = (
            self._image.__array_interface__["data"][0],
            self._image.strides[0],
            self._image.shape[1],
        )
        self._look = looking(image)

    @property
    def image(self) -> Array:
        """The part of the image, its rows as rows of numbers."""
        return self._image

    @property
    def output_length(self) -> int:
        """Numbers of one output row."""
        length: int = self.columns.outputs * self.channels
        return length

    def height(self, outputs: int) -> int:
        """Return how many padded rows `outputs` output rows read."""
        return int((outputs - 1) * self.rows.stride + self.rows.reach)

    def row_sources(self, first_output: int, outputs: int) -> RowSources:
        """Return which rows of the image are the padded rows that those output rows read."""
        start = first_output * self.rows.stride
        # what is -1 stays negative, which is all that loops look at
        down = self.rows.sources(self.border)[start : start + self.height(outputs)]
        return down - self._top if self._top else down

    def record(self, rows: RowSources) -> bytes:
        """Return the record by which loops load padded rows; `rows` says which they are.

        It holds addresses: this source and `rows` have to live as long as it is used.
        """
        return self._record(self._load.address, 0, rows)

    def record_in_place(self, rows: RowSources, *, loads: bool = False) -> bytes:
        """Return the record by which loops read the rows of the image where they lie.

        With `loads` they can also load padded rows, of the dtype of this source.
        """
        load = self._load.address if loads else 0
        return self._record(load, self._blank.place[0], rows)

    def plane_record(self, rows: RowSources) -> bytes:
        """Return the record by which loops load padded rows one channel at a time."""
        return self._record(self.load_plane.address, 0, rows)

    def _record(self, load: int, blank: int, rows: RowSources) -> bytes:
        return pack_source(
            load,
            *self._fields,
            blank,
            rows.__array_interface__["data"][0],
            self._laid_out.address,
            self._laid_out.width,
            *self.run,
            self.channels,
            self.fill,
            *self._look,
        )

    def columns_read(self) -> tuple[int, int, bool]:
        """Return the first column of the image that is read, and how many from there on.

        The third value tells whether they lie side by side in a padded row as well.
        """
        is_long = self.columns.extent > MOST_REMEMBERED
        first, count, are_neighbours = (_read if is_long else _remembered_read)(
            self.columns, self.border
        )
        return first - self._left if count else 0, count, are_neighbours

    @functools.cached_property
    def load_plane(self) -> Loop:
        """The loop that loads one channel of padded rows."""
        return loop("engine.window.loops.rows.load_plane", S=self.image_dtype, T=self.dtype)

    @functools.cached_property
    def _load(self) -> Loop:
        return loop("engine.window.loops.rows.load", S=self.image_dtype, T=self.dtype)

    @functools.cached_property
    def _blank(self) -> Lent:
        """A row of the image full of `fill`."""
        fill = self.fill if self.border == "constant" else 0
        length = self._fields[2]
        row = _row if length > MOST_REMEMBERED else _remembered_row
        return row(length, self.image_dtype, fill, math.copysign(1, fill))

    def strip_rows(self, rows_of_scratch: int = 1, strip_bytes: int = STRIP_BYTES) -> int:
        """Return how many output rows to compute at a time.

        `rows_of_scratch` counts the further rows of scratch memory that one output row needs.
        """
        halo = self.rows.reach
        within_cache = strip_bytes // (self.row_length * self.dtype.itemsize) - halo
        # at least as many rows as the halo, so that no row is loaded more than about twice
        wanted = max(within_cache, halo) // (self.rows.stride + rows_of_scratch)
        return int(max(1, min(wanted, self.rows.outputs)))

    def strip(self, rows: RowSources, first: int, outputs: int, memory: Array) -> Array:
        """Load what some output rows read of padded rows, into memory (rows, row_length).

        The rows are those of a band, whose output rows are counted from 0.
        """
        strip = memory[: self.height(outputs)]
        start, length = first * self.rows.stride, self.row_length
        extent = self._laid_out.width
        places = strip.reshape(-1)
        self._load(self.record(rows), start, strip.shape[0], 0, extent, length, places)
        return strip

    def empty_strip(self, outputs: int) -> Array:
        """Return memory for the padded rows of `outputs` output rows."""
        return np.empty((self.height(outputs), self.row_length), self.dtype)


def _row(length: int, dtype: np.dtype[Any], value: float, sign: float) -> Lent:
    """Return a row full of a value; that of zero tells the one zero from the other."""
    return lent(np.full(length, value, dtype))


_remembered_row = functools.lru_cache(maxsize=16)(_row)


class _Columns(NamedTuple):
    """The padded columns of a row, in the order in which loops read them.

    Attributes
    ----------
    sources : the pixels of the image, or of a part of it, that they are; negative for `fill`
    address, width : of `sources`, and how many there are
    run : the first of those that lie side by side in the image, and the one after the last
    taps : numbers from the first tap of a window to each of them
    """

    sources: NDArray[np.int64]
    address: int
    width: int
    run: tuple[int, int]
    taps: NDArray[np.int64]


def _columns(columns: Axis, border: Border, channels: int, left: int = 0) -> _Columns:
    """Lay out the columns of a part that begins at column `left` of the image."""
    sources = columns.sources(border)
    if columns.stride == 1:
        taps = np.arange(columns.window, dtype=np.int64) * columns.dilation
        edges = columns.before, columns.before + columns.size
        first, last = (max(0, min(edge, sources.size)) for edge in edges)
    else:
        order, taps = _by_remainder(columns)
        sources = np.ascontiguousarray(sources[order])
        first = last = 0
    taps *= channels
    if left:
        sources = sources - left
    sources.setflags(write=False)
    taps.setflags(write=False)
    return _Columns(sources, sources.ctypes.data, sources.size, (first, last), taps)


_remembered_columns = functools.lru_cache(maxsize=64)(_columns)


def _read(columns: Axis, border: Border) -> tuple[int, int, bool]:
    """Return the first column that is read, how many from there on, and whether all in a run."""
    sources, _, _, (start, stop), _ = _columns(columns, border, 1)
    first, count = int(sources[start]) if stop > start else 0, stop - start
    read = sources[sources >= 0]
    lowest, highest = (int(read.min()), int(read.max())) if read.size else (0, -1)
    if count and lowest >= first and highest < first + count:
        return first, count, True
    return lowest, highest - lowest + 1, False


_remembered_read = functools.lru_cache(maxsize=64)(_read)


def _by_remainder(columns: Axis) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sort the padded columns that some tap reads by their remainder modulo the stride.

    Returns the columns in their new order and, for each tap, where its first column went.
    """
    stride = columns.stride
    taps = np.arange(columns.window, dtype=np.int64) * columns.dilation
    parts = []
    starts = np.empty_like(taps)
    length = 0
    remainders = taps % stride
    for remainder in np.unique(remainders):
        part = np.arange(remainder, columns.extent, stride, dtype=np.int64)
        starts[remainders == remainder] = length
        length += part.size
        parts.append(part)
    return np.concatenate(parts), starts + taps // stride
