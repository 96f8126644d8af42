"""Maxima, minima and means of windows: what pooling and rank filters share.

A window is folded down its columns first, then along rows at every column, and the columns that the
stride skips are dropped last: cheaper than gathering, since all three are plain vector work. How
rows are joined down the columns is what `algorithms/` differ in.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from convfilter.engine.operation import Operation, algorithms
from convfilter.engine.planning import Plan

Reduce = Literal["max", "mean", "min"]

Counts = NDArray[np.int64]

ALGORITHMS = "convfilter.engine.fold.algorithms"

PLACES = np.dtype(np.int64)
"""The dtype of addresses, shifts and counts."""

_PAIR = np.array([0, 1], PLACES).tobytes()

MOST_TAPS_AT_ONCE = 5
"""Taps that a pass along dense rows takes, at most: each covers so many times more columns."""


class Means(NamedTuple):
    """How sums become means.

    Attributes
    ----------
    sums, numbers : dtypes of the sums, and of the division
    row_counts, column_counts : how many taps count of the windows of each row and column (integers)
    alike : the taps that every window counts, 0 where not all count as many
    """

    sums: np.dtype[Any]
    numbers: np.dtype[Any]
    row_counts: bytes
    column_counts: bytes
    alike: int

    @classmethod
    def of(
        cls, sums: DTypeLike, numbers: DTypeLike, row_counts: Counts, column_counts: Counts
    ) -> Means:
        """Return the means of windows that count so many taps down and along."""
        are_alike = all((counts == counts[0]).all() for counts in (row_counts, column_counts))
        return cls(
            np.dtype(sums),
            np.dtype(numbers),
            row_counts.tobytes(),
            column_counts.tobytes(),
            int(row_counts[0] * column_counts[0]) if are_alike else 0,
        )

    @property
    def share(self) -> float:
        """The inverse of the taps that every window counts, if that is a power of two, else 0."""
        taps = self.alike
        return 1 / taps if taps and taps & (taps - 1) == 0 else 0.0


class Sampling(NamedTuple):
    """Which columns are results: ``j * step + k * group_step`` for all `k` below `group`."""

    step: int
    group: int
    group_step: int


@dataclass(frozen=True, eq=False)
class Fold(Operation):
    """Windows folded into their maximum, minimum or mean.

    Attributes
    ----------
    reduce : into which of them
    means : how sums become means
    over_channels : windows lie along the channels of a pixel, and the results are these of all
        positions along a row of numbers; None for windows over rows and columns of pixels
    """

    reduce: Reduce
    means: Means | None = None
    over_channels: Sampling | None = None
    counts_nan = False
    over = "convfilter.engine.fold.present"

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """The shape of the result (H', W', C')."""
        if self.over_channels is None:
            return super().output_shape
        height, width, _ = self.outline.shape
        return height, width, self.over_channels.group

    def ways(self) -> Iterator[Plan]:
        """Yield the plans of every algorithm."""
        for algorithm in algorithms(ALGORITHMS):
            yield from algorithm.ways(self)

    @property
    def kind(self) -> np.dtype[Any]:
        """The dtype of what is folded: of the image, or of sums."""
        return self.dtype if self.means is None else self.means.sums

    @property
    def in_words(self) -> str:
        """What becomes of which window."""
        if self.over_channels is not None:
            return f"{self.reduce} of {self.columns.window} channels"
        return f"{self.reduce} of {self.window}, down columns, then along rows"

    @property
    def cost_per_tap(self) -> float:
        """About what a number takes to be joined, in nanoseconds."""
        return 0.005 * self.kind.itemsize

    @property
    def effort(self) -> int:
        """What each number of the output takes, row by row."""
        return self.rows.window + self.passes.taps

    @functools.cached_property
    def passes(self) -> Passes:
        """The passes along the rows, their shifts in numbers."""
        step = self.columns.dilation
        if self.over_channels is None:
            step *= self.outline.shape[2]
        at_once = MOST_TAPS_AT_ONCE if self.means is None else self.columns.window
        return Passes.of(self.columns.window, at_once, step)

    @functools.cached_property
    def counts_along_rows(self) -> bytes:
        """How many columns of taps each number of a row of results counts."""
        assert self.means is not None
        counts = np.frombuffer(self.means.column_counts, np.int64)
        return counts.repeat(self.sampling.group).tobytes()

    @functools.cached_property
    def sampling(self) -> Sampling:
        """The numbers of a folded row that are results."""
        channels = self.outline.shape[2]
        return self.over_channels or Sampling(self.columns.stride * channels, channels, 1)

    @functools.cached_property
    def beyond(self) -> bytes:
        """A pixel beyond the edge, folded down a column."""
        fill = self.fill if self.border == "constant" else 0
        channels = 1 if self.over_channels is not None else self.outline.shape[2]
        if self.means is None:
            return np.full(channels, fill, self.dtype).tobytes()
        return np.full(channels, fill * self.rows.window, self.means.sums).tobytes()


class Passes(NamedTuple):
    """Where the taps of each pass along the rows start, and the shift of each tap: integers."""

    starts: bytes
    shifts: bytes

    @property
    def taps(self) -> int:
        """The taps of all passes."""
        return len(self.shifts) // PLACES.itemsize

    @property
    def cost(self) -> int:
        """About how many taps the passes cost: a pass about as much as a tap."""
        return self.taps + len(self.starts) // PLACES.itemsize

    @property
    def are_pairs(self) -> bool:
        """Whether all there is to do is to join each number and the next."""
        return self.shifts == _PAIR

    @classmethod
    def of(cls, window: int, at_once: int, step: int) -> Passes:
        """Return the passes for a window along rows, of so many taps at once.

        A maximum of six taps, say, is the maximum of two maxima of three. Those may overlap, which
        sums may not: they take all taps at once.
        """
        starts: list[int] = [0]
        shifts: list[int] = []
        covered = 1
        while covered < window:
            left = -(-window // covered)
            wanted = left if at_once >= left else _balanced(left, at_once)
            shifts += [min(tap * covered, window - covered) * step for tap in range(wanted)]
            starts.append(len(shifts))
            covered = min(wanted * covered, window)
        return cls(_as_bytes(starts), _as_bytes(shifts))


def _as_bytes(numbers: ArrayLike) -> bytes:
    """Return integers as loops take them that only read them."""
    return np.array(numbers, PLACES).tobytes()


def _balanced(taps: int, at_once: int) -> int:
    """Return how many taps the next pass takes, so that few passes take about as many each."""
    passes = math.ceil(math.log(taps, at_once))
    return next(wanted for wanted in range(2, at_once + 1) if wanted**passes >= taps)
