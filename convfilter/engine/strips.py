"""Padded rows of an image, a strip at a time: what every windowed filter reads.

The border is extended while rows are loaded, so the filters behind know windows only. With a column
stride the columns are sorted by their remainder, so that neighbouring outputs read neighbouring
elements: a strided window costs what it keeps and needs no code of its own.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convfilter.engine.geometry import Axis, Border
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop

STRIP_BYTES = 1 << 21
"""Small enough for the caches behind the first, large enough that few calls from Python are made.

Each call lets go of the interpreter lock and takes it again, which two threads feel.
"""


LONGEST_KEPT = 1 << 16
"""Columns of a padded row that are remembered."""


@dataclass(frozen=True)
class Part:
    """A part of an image (H, W, C) that begins at row and column `origin` of it, and what to see.

    The axes walk over the whole image; what they see lies within the part or beyond the border.
    """

    image: Array
    rows: Axis
    columns: Axis
    origin: tuple[int, int] = (0, 0)

    def reader(self, border: Border, fill: float, dtype: DTypeLike) -> StripReader:
        """Return what tells a loop's own reading what to read."""
        return StripReader(
            self.image,
            self.rows,
            self.columns,
            border,
            fill,
            dtype,
            reads=False,
            origin=self.origin,
        )


class StripReader:
    """Reads the padded rows of an (H, W, C) image as `dtype`.

    Element `x` of a row (`x < outputs * C`) and the tap column `v` of its window meet at
    ``x + tap_columns[v]``. With ``reads=False`` it only tells a loop's own reading what to read.

    The image may be a part of the one that the axes walk over, which begins at row and column
    `origin` of that and holds all that is read.
    """

    def __init__(
        self,
        image: Array,
        rows: Axis,
        columns: Axis,
        border: Border,
        fill: float,
        dtype: DTypeLike,
        *,
        reads: bool = True,
        origin: tuple[int, int] = (0, 0),
    ) -> None:
        height, width, channels = image.shape
        self.channels: int = channels
        self.rows, self.columns = rows, columns
        self.dtype = np.dtype(dtype)
        self._image = image.reshape(height, width * self.channels)
        # what is -1 stays negative, which is all that loops look at
        down = rows.sources(border)
        self._row_sources = down - origin[0] if origin[0] else down
        lay_out = _columns if columns.extent > LONGEST_KEPT else _kept_columns
        sources, self._run, self.tap_columns = lay_out(columns, border, channels)
        self._column_sources = sources - origin[1] if origin[1] else sources
        self._fill = fill
        self.row_length = sources.size * self.channels
        self._load = (
            loop("engine.loops.strips.load", S=image.dtype, T=self.dtype) if reads else None
        )

    @property
    def output_length(self) -> int:
        """Elements of one output row."""
        return self.columns.outputs * self.channels

    def strip_rows(self, rows_of_scratch: int = 1, strip_bytes: int | None = None) -> int:
        """Return how many output rows to compute at a time.

        `rows_of_scratch` counts the further rows of scratch memory that one output row needs.
        """
        row_bytes = int(self.row_length) * self.dtype.itemsize
        halo: int = self.rows.reach
        within_cache: int = (strip_bytes or STRIP_BYTES) // row_bytes - halo
        # at least as many rows as the halo, so that no row is loaded more than about twice
        wanted = max(within_cache, halo) // (self.rows.stride + rows_of_scratch)
        return max(1, min(wanted, self.rows.outputs))

    def strip_height(self, outputs: int) -> int:
        """Return how many padded rows `outputs` output rows see."""
        return (outputs - 1) * self.rows.stride + self.rows.reach

    def read(self, first_output: int, outputs: int, out: Array) -> Array:
        """Load the padded rows that `outputs` output rows from `first_output` see, into `out`."""
        strip = out[: self.strip_height(outputs)]
        assert self._load is not None
        self._load(*self.sources(first_output, outputs), strip)
        return strip

    def sources(self, first_output: int, outputs: int) -> tuple[Any, ...]:
        """Return what `strips.load` has to know of those padded rows, but where they go."""
        return self.sources_at(self.row_sources(first_output, outputs))

    def row_sources(self, first_output: int, outputs: int) -> NDArray[np.int64]:
        """Return which rows of the image those are; negative numbers stand for `fill`."""
        start = first_output * self.rows.stride
        return self._row_sources[start : start + self.strip_height(outputs)]

    def sources_at(self, rows: NDArray[np.int64]) -> tuple[Any, ...]:
        """Return what `sources` does for padded rows that are these rows of the image."""
        columns, run = self._column_sources, self._run
        return (self._image, rows, columns, *run, self.channels, self._fill)

    def empty_strip(self, outputs: int) -> NDArray[Any]:
        """Return memory for the padded rows of `outputs` output rows."""
        return np.empty((self.strip_height(outputs), self.row_length), self.dtype)


Columns = tuple[NDArray[np.int64], tuple[int, int], NDArray[np.int64]]
"""Where columns come from, those that are a run of neighbours, and where the taps of a window are.

Sources are pixels, -1 for `fill`; taps are elements from the first one of a window.
"""


def _columns(columns: Axis, border: Border, channels: int) -> Columns:
    """Return the padded columns of a row, in the order that loops read them in."""
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


_kept_columns = functools.lru_cache(maxsize=64)(_columns)


def _by_remainder(columns: Axis) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sort the padded columns that some tap sees by their remainder modulo the stride.

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
