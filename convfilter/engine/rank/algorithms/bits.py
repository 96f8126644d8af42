"""Ranks of integers in small windows, bit by bit, for whole rows at once.

The value is the largest one that no more than so many others lie below (Ataman, Aatre and Wong, *A
fast method for real-time median filtering*, 1980).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from convfilter.engine.planning import Plan
from convfilter.engine.rank.rank import Find, Own, Rank, Strips
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import Scratch

MOST_COUNTED = 255
"""Values of a window that a byte can count."""

TILE = 1024
"""Output numbers whose values are searched for at a time, so that their rows stay in the cache."""


def ways(operation: Rank) -> Iterator[Plan]:
    """Yield the plan for integers in windows of so many values."""
    if operation.dtype.kind != "f" and operation.taps <= MOST_COUNTED:
        size = operation.dtype.itemsize
        cost = 0.5 * size + operation.taps * (0.047 if size == 1 else 0.185)
        reason = "by search, bit by bit, for whole rows"
        yield operation.plan_of("search", reason, cost, effort=8 * operation.taps, ready=_Search)


class _Search(Strips):
    """A part of a search, made ready."""

    indices_dtype = np.dtype(np.uint8)

    def work(self, rows: int, scratch: Scratch) -> Find:
        """Return the function that searches a strip of padded rows."""
        source, operation = self.source, self.operation
        dtype = source.dtype
        search = loop("engine.rank.loops.bits.search", S=dtype)
        lowest, _ = limits_of(dtype)
        taps = np.arange(source.rows.window, dtype=np.int64) * source.rows.dilation
        tile = min(TILE, source.output_length)
        values = np.empty((2, tile), dtype)
        counts = np.empty((2, tile), np.uint8)
        columns = np.empty(tile + int(source.tap_columns.max()), np.uint8)

        def find(strip: Array, own: Own, out: Array) -> None:
            window = source.rows.stride, taps, source.tap_columns, operation.index, *own
            search(strip, *window, lowest, 8 * dtype.itemsize, *values, *counts, columns, out)

        return find
