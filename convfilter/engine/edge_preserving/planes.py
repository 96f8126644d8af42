"""Images as planes of floats, one for each channel, a tile at a time."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from convfilter.engine.operation import Operation
from convfilter.engine.window import target
from convfilter.engine.window.source import Part, RowSources, Source
from convfilter.errors import ArgumentError
from convfilter.runtime.checks import Array, check_number
from convfilter.runtime.memory import Scratch, aligned

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)

LARGEST_FACTOR = 1e30
"""Differences are divided by a sigma that float32 can still do so with."""

VECTOR = 16
"""The loops compute whole vectors of so many columns, and read up to two beyond a tile's border."""

OFFSETS_AT_ONCE = 128
"""Even. So many neighbours, twice, are added up before they join the sums: fewer roundings."""


class Tile(NamedTuple):
    """Outputs that are computed together, of a band that begins with row 0."""

    top: int
    left: int
    rows: int
    columns: int


Smooth = Callable[[Array, Tile, bytes], int]
"""Takes the planes of a tile, the tile, and a target record to store its means by; returns how many
could not be computed."""


@dataclass(frozen=True, eq=False)
class Smoothing(Operation):
    """A mean of the pixels around each, weighted by how much they are like it.

    Where the result is of floats and the image is not, its values are taken for floats of that kind
    from the beginning: the result is the same as for an image of these floats.

    Attributes
    ----------
    needs_range : sums in float32 went beyond their range
    """

    needs_range: bool

    def arithmetics(self) -> list[np.dtype[Any]]:
        """Return the dtypes that sums may have; float32 if it is accurate and in range."""
        is_single = is_accurate_in_single(self.dtype) and not self.needs_range
        return [SINGLE, DOUBLE] if is_single else [DOUBLE]


def is_accurate_in_single(dtype: np.dtype[Any]) -> bool:
    """Tell whether sums in float32 are accurate enough for results of a dtype."""
    return dtype.name in ("uint8", "float32")


class PlaneReader:
    """Filters a part of an image in tiles of planes (channels, rows, columns) of floats."""

    tile_size: tuple[int, int]
    scale: float = 1.0

    def __init__(self, operation: Smoothing, part: Part, dtype: np.dtype[Any]) -> None:
        self.operation, self.dtype = operation, dtype
        self.source = Source(part, operation.border, operation.fill, dtype)
        self.channels = self.source.channels
        self.reach = self.source.columns.reach

    @abstractmethod
    def smoother(self, rows: int, columns: int) -> Smooth:
        """Return the function that filters tiles of at most that size; each thread has its own."""

    @property
    def margin(self) -> int:
        """Columns of a plane before the first one of a tile."""
        return whole_vectors(self.reach // 2)

    def plane_length(self, columns: int) -> int:
        """Return the columns of a plane for so many of a tile."""
        return whole_vectors(columns) + 2 * self.margin + 2 * VECTOR

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], int]:
        """Return the call that computes output rows from those padded rows into `out`."""
        source, channels, reach = self.source, self.channels, self.reach
        height, width = out.shape[0], source.columns.outputs
        most = min(max(self.tile_size[0], reach), height)
        across = min(max(self.tile_size[1], reach), width)
        load = source.load_plane
        record, extent = source.record(rows), width + reach - 1
        smooth = self.smoother(most, across)
        memory = aligned((channels, most + reach - 1, self.plane_length(across)), self.dtype)
        memory[:] = 0  # what lies beyond is computed too, and never used
        finite = source.image_dtype.kind != "f"
        stored = target.record(out, self.dtype, finite=finite)
        lead = self.margin - reach // 2

        def call() -> int:
            bad = 0
            for top in range(0, height, most):
                high = min(most, height - top)
                for left in range(0, width, across):
                    tile = Tile(top, left, high, min(across, width - left))
                    length = self.plane_length(tile.columns)
                    planes = shaped(memory, (channels, high + reach - 1, length))
                    first = max(left - lead, 0)
                    last = min(left - lead + length, extent)
                    at = first - (left - lead)
                    for channel in range(channels):
                        place = planes[channel].reshape(-1)[at:]
                        area = top, planes.shape[1], channel, first, last, length
                        load(record, *area, self.scale, place)
                    bad += smooth(planes, tile, stored)
            return bad

        return call


def unit(dtype: np.dtype[Any]) -> float:
    """Return the exponent by which a weight falls to 1/e, negated, as the loops count exponents."""
    return 2.0**23 / math.log(2) if dtype == np.float32 else 1.0


def whole_vectors(columns: int) -> int:
    """Round up to a multiple of VECTOR."""
    return -(-columns // VECTOR) * VECTOR


def shaped(memory: Array, shape: tuple[int, ...]) -> Array:
    """Return the beginning of memory as an array of another shape."""
    return memory.reshape(-1)[: math.prod(shape)].reshape(shape)


def check_positive(value: Any, what: str) -> float:
    """Return a number above 0, or raise an error that names the argument."""
    number = check_number(value, what)
    if number <= 0:
        raise ArgumentError(f"{what} is {number:g}: it must be above 0")
    return number
