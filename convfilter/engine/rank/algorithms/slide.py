"""Ranks of integers in large windows, from a histogram that follows the window.

With counts of runs of levels beside it (Huang, Yang and Tang, *A fast two-dimensional median
filtering algorithm*, 1979).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from convfilter.engine.planning import Plan
from convfilter.engine.rank.rank import Find, Own, Rank, Strips
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import Scratch


def ways(operation: Rank) -> Iterator[Plan]:
    """Yield the plan for dense windows of integers."""
    if operation.is_dense and operation.dtype.kind != "f":
        cost = (27 if operation.dtype == np.uint8 else 57) + 1.3 * operation.rows.window
        reason = "by a histogram that follows the window"
        effort = 2 * operation.rows.window
        yield operation.plan_of("histogram", reason, cost, effort=effort, ready=_Slide)


class _Slide(Strips):
    """A part, made ready."""

    def work(self, rows: int, scratch: Scratch) -> Find:
        """Return the function that finds the ranks of a strip of padded rows."""
        source, index = self.source, self.operation.index
        slide = loop("engine.rank.loops.slide.slide", S=source.dtype)
        lowest, highest = limits_of(source.dtype)
        levels = highest - lowest + 1
        shift = 4 if levels == 256 else 6
        window = source.rows.window, source.columns.window
        counts, coarse = np.empty(levels, np.int32), np.empty(levels >> shift, np.int32)

        def find(strip: Array, own: Own, out: Array) -> None:
            slide(strip, lowest, source.channels, *window, index, *own, shift, counts, coarse, out)

        return find

    def most_rows(self) -> int:
        """Return how many rows of outputs are found at a time."""
        return self.of_histogram()
