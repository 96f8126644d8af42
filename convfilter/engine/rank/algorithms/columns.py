"""Ranks of bytes in high windows, from sums of the histograms of columns.

Perreault and Hébert, *Median filtering in constant time*, 2007.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from convfilter.engine.planning import Plan
from convfilter.engine.rank.rank import Find, Own, Rank, Strips
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import Scratch

TILE = 256
"""Output columns at a time, so that the histograms of their columns stay in the cache."""


def ways(operation: Rank) -> Iterator[Plan]:
    """Yield the plan for dense windows of bytes."""
    if operation.is_dense and operation.dtype == np.uint8:
        cost = 30 + 100 / operation.columns.window
        reason = "by histograms of columns"
        yield operation.plan_of(
            "histogram", reason, cost, effort=64, ready=_Columns, detail=" of columns"
        )


class _Columns(Strips):
    """A part, made ready."""

    def work(self, rows: int, scratch: Scratch) -> Find:
        """Return the function that finds the ranks of a strip of padded rows."""
        source, index = self.source, self.operation.index
        window = source.rows.window, source.columns.window
        tile = min(max(TILE, window[1]), source.columns.outputs)
        columns = tile + window[1] - 1
        # a column enters a sum before another leaves it
        dtype = np.dtype(np.uint16 if window[0] * (window[1] + 1) < 2**16 else np.int32)
        merge = loop("engine.rank.loops.columns.merge_columns", N=dtype)
        column_runs = np.empty((columns, 16), dtype)
        column_levels = np.empty((16, columns, 16), dtype)
        runs, levels = np.empty(16, dtype), np.empty((16, 16), dtype)
        places = np.empty(16, np.int64)

        def find(strip: Array, own: Own, out: Array) -> None:
            histograms = column_runs, column_levels, runs, levels, places
            merge(strip, source.channels, *window, index, *own, tile, *histograms, out)

        return find

    def most_rows(self) -> int:
        """Return how many rows of outputs are found at a time."""
        return self.of_histogram()
