"""How small the sums of absolute products may be near each output of a tile, at little cost.

A tile of pixels is cut into cells of half a window. Each window then holds a whole cell, the one
where its outputs end (*its own*), and lies within it and its neighbours: where all nine hold
nothing but zeros, the sum is zero.

Let `A` be the sum of the sizes of the pixels of a cell, and `J` some windows that overlap both it
and all windows of an output. The largest of their sums of absolute products is at least their mean,
to which each pixel adds its size times the mean of the absolute weights that it meets in them. So
it is at least `A` times the least of these means over the pixels of the cell. For the own cell, `J`
are all windows that reach it; for neighbours, those in the middle of which it lies.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.correlation.factors import Weights
from convfilter.engine.correlation.layout import Combine
from convfilter.engine.window.axes import Axis
from convfilter.runtime.memory import Lent, lent

Floats = NDArray[np.float64]


class _Shifts(NamedTuple):
    """Windows along an axis, from `start` to before `stop`, by first pixel, from that of a cell."""

    start: int
    stop: int


class _Cells(NamedTuple):
    """Cells along an axis.

    Attributes
    ----------
    length : pixels of a cell
    outputs : of the whole image
    own : the windows that reach a cell
    near : those in the middle of which it lies, of several numbers
    reach : cells to either side of the own one that `near` holds for
    """

    length: int
    outputs: int
    own: _Shifts
    near: tuple[_Shifts, ...]
    reach: int

    @classmethod
    def of(cls, axis: Axis) -> _Cells:
        """Return the cells for a window that walks densely."""
        reach = axis.reach
        length = (reach + 1) // 2
        own = _Shifts(1 - reach, length)
        first, stop = length + 1 - reach, reach + 1 - 2 * length  # of windows near neighbours
        neighbours = int(stop > first)
        if not neighbours:
            first, stop = 1 - reach, reach + 1 - length
        room = stop - first
        wide = (1, max(1, room // 2), room)
        near = tuple(_Shifts(first + (room - n) // 2, first + (room - n) // 2 + n) for n in wide)
        return cls(length, axis.outputs, own, near, neighbours)

    def inside(self, step: int) -> range:
        """Return where tiles may begin, so that all windows around theirs are outputs."""
        after = (self.needed(0, min(step, self.outputs)) + 2) * self.length
        return range(-self.own.start, self.outputs - after - self.own.stop + 1)

    def needed(self, top: int, step: int) -> int:
        """Return how many cells have outputs, of a tile whose `step` outputs begin at `top`."""
        return -(-(min(step, self.outputs - top) - 1) // self.length) + 1

    def within(self, shifts: _Shifts, top: int, number: int) -> list[_Shifts]:
        """Return those of `shifts` that are outputs, for so many cells of a tile that begins there.

        Where none is, the nearest output, which overlaps as well.
        """
        found = []
        for cell in range(number):
            at = top + cell * self.length
            start = min(max(at + shifts.start, 0), self.outputs - 1)
            stop = min(max(at + shifts.stop, start + 1), self.outputs)
            found.append(_Shifts(start - at, stop - at))
        return found


class Around(NamedTuple):
    """What a tile is judged by: cells with outputs, and the least means of absolute weights.

    The means are those for a cell's own outputs and for those near it, each with a frame of zeros.
    """

    rows: int
    columns: int
    own: Lent
    near: Lent


class Cells:
    """The cells of tiles for some kernels.

    Attributes
    ----------
    shape : rows and columns of a cell
    number : cells down and across a tile; the last ones may be smaller
    reach : how many cells down and across neighbours are looked at
    """

    def __init__(
        self, rows: Axis, columns: Axis, kernels: Sequence[Weights], combine: Combine, size: int
    ) -> None:
        self._axes = _Cells.of(rows), _Cells.of(columns)
        self._steps = size - rows.reach + 1, size - columns.reach + 1
        self._combine = combine
        self.shape = self._axes[0].length, self._axes[1].length
        self.number = -(-size // self.shape[0]), -(-size // self.shape[1])
        self.reach = self._axes[0].reach, self._axes[1].reach
        self._sums = [_summed(kernel, rows, columns) for kernel in kernels]
        self._inside = (
            self._axes[0].inside(self._steps[0]),
            self._axes[1].inside(self._steps[1]),
        )
        self._found: dict[tuple[int, int], Around] = {}

    def needed(self, top: int, left: int) -> tuple[int, int]:
        """Return how many cells down and across have outputs, of the tile that begins there."""
        rows, columns = self._axes
        return rows.needed(top, self._steps[0]), columns.needed(left, self._steps[1])

    def around(self, top: int, left: int) -> Around:
        """Return what a tile is judged by whose outputs begin at row `top` and column `left`.

        Of all tiles with windows on every side that are outputs it is the same one.
        """
        rows, columns = self._inside
        key = (-1 if top in rows else top, -1 if left in columns else left)
        found = self._found.get(key)
        if found is None:
            own, *near = (
                self._table(top, left, *each)
                for each in zip(*((axis.own, *axis.near) for axis in self._axes), strict=True)
            )
            needed = self.needed(top, left)
            found = Around(*needed, lent(own), lent(np.max(near, axis=0)))
            self._found[key] = found
        return found

    def _table(self, top: int, left: int, down: _Shifts, across: _Shifts) -> Floats:
        """Return the least means for windows of each row and each column of cells, framed."""
        table = np.zeros((self.number[0] + 2, self.number[1] + 2))
        wanted = zip(self.needed(top, left), self.number, strict=True)
        last_row, last_column = (min(needed + 1, number) for needed, number in wanted)
        all_rows = self._axes[0].within(down, top, last_row)
        all_columns = self._axes[1].within(across, left, last_column)
        rows, columns = list(dict.fromkeys(all_rows)), list(dict.fromkeys(all_columns))
        means = np.array([[self._mean(row, column) for column in columns] for row in rows])
        places = [rows.index(row) for row in all_rows], [columns.index(c) for c in all_columns]
        table[1 : last_row + 1, 1 : last_column + 1] = means[np.ix_(*places)]
        return table

    def _mean(self, rows: _Shifts, columns: _Shifts) -> float:
        """Return the least mean of absolute weights that a pixel of a cell meets in windows.

        Those of several kernels become one as their responses do.
        """
        (top, bottom), (left, right) = (
            _weights_met(shifts, length, self._sums[0].shape[axis] - 1)
            for axis, (shifts, length) in enumerate(zip((rows, columns), self.shape, strict=True))
        )
        means = []
        for sums in self._sums:
            met = sums[np.ix_(bottom, right)] - sums[np.ix_(top, right)]
            met -= sums[np.ix_(bottom, left)] - sums[np.ix_(top, left)]
            # differences of sums are rounded
            means.append(max(0.0, float(met.min()) - 1e-14 * float(sums[-1, -1])))
        windows = (rows.stop - rows.start) * (columns.stop - columns.start)
        return joined(means, self._combine) / windows


def joined(sizes: Sequence[float], combine: Combine) -> float:
    """Return what sizes of responses, or their errors, become at most when they are combined."""
    if combine == Combine.L1:
        return sum(sizes)
    return math.hypot(*sizes) if combine == Combine.L2 else max(sizes)


@functools.lru_cache(maxsize=8)
def cells_of(
    rows: Axis,
    columns: Axis,
    kernels: tuple[bytes, ...],
    shape: tuple[int, int],
    combine: Combine,
    size: int,
) -> Cells:
    """Return the cells; for the same kernels the same ones, with all that they have found."""
    weights = [np.frombuffer(kernel).reshape(shape) for kernel in kernels]
    return Cells(rows, columns, weights, combine, size)


def _weights_met(
    shifts: _Shifts, length: int, reach: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first weight along an axis that each pixel of a cell meets, and their end."""
    pixels = np.arange(length)
    first = np.clip(pixels - shifts.stop + 1, 0, reach)
    return first, np.clip(pixels - shifts.start + 1, 0, reach)


def _summed(kernel: Weights, rows: Axis, columns: Axis) -> Floats:
    """Return the sums of absolute weights above and to the left of each place of a window."""
    sums = np.zeros((rows.reach + 1, columns.reach + 1))
    sums[1 :: rows.dilation, 1 :: columns.dilation] = np.abs(kernel)
    result: Floats = sums.cumsum(axis=0).cumsum(axis=1)
    return result
