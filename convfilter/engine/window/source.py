"""Padded rows of an image: what every windowed filter reads.

The border is extended while rows are loaded, so the loops behind know windows only. With a column
stride the columns are sorted by their remainder, so that neighbouring outputs read neighbouring
numbers: a strided window costs what it keeps and needs no code of its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convfilter.engine.window.axes import Axis
from convfilter.engine.window.borders import Border
from convfilter.engine.window.layout import SOURCE
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import Loop, loop
from convfilter.runtime.memory import Scratch

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


@dataclass(frozen=True)
class Part:
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
        height, width, self.channels = part.image.shape
        self.rows, self.columns = part.rows, part.columns
        self.dtype, self.image_dtype = np.dtype(dtype), part.image.dtype
        self.border, self.fill = border, fill
        self._image = part.image.reshape(height, width * self.channels)
        # what is -1 stays negative, which is all that loops look at
        top, left = part.origin
        down = self.rows.sources(border)
        self._row_sources = down - top if top else down
        lay_out = _columns if self.columns.extent > MOST_REMEMBERED else _remembered_columns
        sources, self.run, self.tap_columns = lay_out(self.columns, border, self.channels)
        self._column_sources = sources - left if left else sources
        self._left = left
        self.row_length: int = int(sources.size) * self.channels
        self._fields = (
            self._image.ctypes.data,
            self._image.strides[0],
            self._image.shape[1],
        )
        self._more = (
            self._column_sources.ctypes.data,
            sources.size,
            *self.run,
            self.channels,
            fill,
        )

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
        return self._row_sources[start : start + self.height(outputs)]

    def record(self, rows: RowSources) -> Array:
        """Return the record by which loops load padded rows; `rows` says which they are.

        It holds addresses: this source and `rows` have to live as long as it is used.
        """
        fields = (self._load.address, *self._fields, 0, rows.ctypes.data, *self._more)
        return np.array([fields], SOURCE)

    def record_in_place(self, rows: RowSources, *, loads: bool = False) -> Array:
        """Return the record by which loops read the rows of the image where they lie.

        With `loads` they can also load padded rows, of the dtype of this source.
        """
        load = self._load.address if loads else 0
        fields = (load, *self._fields, self._blank.ctypes.data, rows.ctypes.data, *self._more)
        return np.array([fields], SOURCE)

    def plane_record(self, rows: RowSources) -> Array:
        """Return the record by which loops load padded rows one channel at a time."""
        load = self.load_plane.address
        fields = (load, *self._fields, 0, rows.ctypes.data, *self._more)
        return np.array([fields], SOURCE)

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
    def _blank(self) -> Array:
        """A row of the image full of `fill`."""
        fill = self.fill if self.border == "constant" else 0
        return np.full(self._image.shape[1], fill, self.image_dtype)

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
        extent = self._column_sources.size
        places = strip.reshape(-1)
        self._load(self.record(rows), start, strip.shape[0], 0, extent, length, places)
        return strip

    def empty_strip(self, outputs: int) -> Array:
        """Return memory for the padded rows of `outputs` output rows."""
        return np.empty((self.height(outputs), self.row_length), self.dtype)


Columns = tuple[NDArray[np.int64], tuple[int, int], NDArray[np.int64]]
"""Where columns come from, those that are a run of neighbours, and where the taps of a window are.

Sources are pixels, -1 for `fill`; taps are numbers from the first one of a window.
"""


def _columns(columns: Axis, border: Border, channels: int) -> Columns:
    """Return the padded columns of a row, in the order in which loops read them."""
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
    sources.setflags(write=False)
    taps.setflags(write=False)
    return sources, (first, last), taps


_remembered_columns = functools.lru_cache(maxsize=64)(_columns)


def _read(columns: Axis, border: Border) -> tuple[int, int, bool]:
    """Return the first column that is read, how many from there on, and whether all in a run."""
    sources, (start, stop), _ = _columns(columns, border, 1)
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
