"""The factors of a kernel: all its taps in one pass, or a column and a row in two."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.correlation.layout import GROUP, RUNS

Weights = NDArray[np.float64]

_LONGEST = (0, *(max(run for run in RUNS if run <= left) for left in range(1, RUNS[-1] + 1)))
"""For so many taps that are left, the longest run that has a loop."""


@dataclass(frozen=True, eq=False)
class Taps:
    """The weights other than zero of a kernel or of one factor of it, column by column."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    weights: Weights

    @classmethod
    def of(cls, kernel: Weights) -> Taps:
        """Collect the weights other than zero of a kernel (rows, columns)."""
        columns, rows = np.nonzero(kernel.T)
        return cls(rows.astype(np.int64), columns.astype(np.int64), kernel[rows, columns])

    def __len__(self) -> int:
        return int(self.weights.size)

    @property
    def absolute_sum(self) -> float:
        """The sum of the absolute weights."""
        return float(np.abs(self.weights).sum())

    @cached_property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """Pairs (first tap, length) of runs of taps below one another, as long as loops take."""
        breaks = (np.diff(self.rows) != 1) | (np.diff(self.columns) != 0)
        edges = [0, *(np.flatnonzero(breaks) + 1).tolist(), len(self)]
        found = []
        for first, last in itertools.pairwise(edges):
            while first < last:
                length = _LONGEST[min(last - first, RUNS[-1])]
                found.append((first, length))
                first += length
        return tuple(found)

    @property
    def are_even(self) -> bool:
        """Whether they are evenly spaced along a row, and few are left by nines and eights."""
        few_left = len(self) % 8 <= len(self) // 8
        return few_left and len(set(np.diff(self.columns).tolist())) == 1

    @property
    def depth_one_by_one(self) -> int:
        """Roundings, that of the weight among them, on the longest path through sums of groups.

        Nines and eights along a row are summed in halves: they round less.
        """
        return min(GROUP, len(self)) + -(-len(self) // GROUP)

    @property
    def depth_in_runs(self) -> int:
        """Roundings, that of the weight among them, on the longest path through sums of runs."""
        lengths = [length for _, length in self.runs]
        return max(lengths) + len(lengths) if lengths else 0


class Factors(NamedTuple):
    """The taps of a kernel, all at once, or first along the rows and then down the columns."""

    down_columns: Taps
    along_rows: Taps | None = None

    @classmethod
    def direct(cls, kernel: Weights) -> Factors:
        """Apply all taps of a kernel at once."""
        return cls(Taps.of(kernel))

    @classmethod
    def factored(cls, kernel: Weights, integer: bool) -> Factors | None:
        """Apply the two factors of a kernel of rank 1 that has some; integers stay integers."""
        factors = factor(kernel, integer) if min(kernel.shape) > 1 else None
        if factors is None:
            return None
        column, row = factors
        return cls(Taps.of(column[:, np.newaxis]), Taps.of(row[np.newaxis, :]))

    @property
    def taps(self) -> int:
        """Multiplications for each output."""
        return len(self.down_columns) + (0 if self.along_rows is None else len(self.along_rows))

    @property
    def depth(self) -> int:
        """Roundings that the longest path meets, at most, with that of the offset."""
        down = max(self.down_columns.depth_one_by_one, self.down_columns.depth_in_runs)
        along = 0 if self.along_rows is None else self.along_rows.depth_one_by_one
        return down + along + 1

    @property
    def absolute_sum(self) -> float:
        """The largest absolute sum of products of pixels of at most 1."""
        along = 1.0 if self.along_rows is None else self.along_rows.absolute_sum
        return self.down_columns.absolute_sum * along


def factor(kernel: Weights, integer: bool) -> tuple[Weights, Weights] | None:
    """Return (column, row) whose outer product is the kernel, or None where there is no such pair.

    Zeros stay exact zeros, so that a value under a zero weight reaches no sum. Integers are
    factored into integers.
    """
    pivot_row, pivot_column = np.unravel_index(np.argmax(np.abs(kernel)), kernel.shape)
    row = kernel[pivot_row]
    if not row.any():
        return None
    if integer:
        if np.abs(kernel).max() >= 2.0**53:
            return None
        divisor = math.gcd(*(int(abs(weight)) for weight in row))
        row = row / divisor
        column = kernel[:, pivot_column] / row[pivot_column]
        if not np.array_equal(column, np.rint(column)):
            return None
        return (column, row) if np.array_equal(np.outer(column, row), kernel) else None
    column = kernel[:, pivot_column] / kernel[pivot_row, pivot_column]
    # a row that sums to one keeps the values between the two passes within the image's range
    row_sum = np.abs(row).sum()
    column, row = column * row_sum, row / row_sum
    product = np.outer(column, row)
    close = np.abs(product - kernel).max() <= 2.0**-50 * np.abs(kernel).max()
    same_zeros = np.array_equal(product != 0, kernel != 0)
    return (column, row) if close and same_zeros else None
