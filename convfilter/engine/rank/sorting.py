"""Ranks that differ from window to window, in small windows that are sorted as a whole."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.planning import Plan
from convfilter.engine.rank.exchanges import exchanges
from convfilter.engine.rank.rank import Find, Own, Rank, Strips
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import is_rehearsal, loop
from convfilter.runtime.memory import LINE_BYTES, Scratch

MOST_SORTED = 127
"""Values of a window. Of larger ones, histograms are the faster."""

TILE = 512
"""Numbers of a row whose windows are sorted before one of each is taken."""

NANOSECONDS = 0.8
"""Of a comparison of two vectors."""

NANOSECONDS_TO_TAKE = 1.2
"""Of a value from those that are sorted."""


def plan_of_sorting(operation: Rank) -> Plan | None:
    """Return the plan for small windows, None for others and for very narrow images."""
    lanes = LINE_BYTES // operation.dtype.itemsize
    outputs = operation.columns.outputs * operation.outline.shape[2]
    if operation.taps > MOST_SORTED or (outputs < lanes and not is_rehearsal()):
        return None
    window = operation.rows.window, operation.columns.window
    if window in ((3, 3), (5, 5)) and operation.is_dense and operation.percent == 50:
        count = operation.taps
        how = f"by sorting the {count} values of a window in registers"
        cost = (4.0 if count == 9 else 20.0) / lanes
        return operation.plan_of("sorting", how, cost, effort=3 * count, ready=_Medians)
    comparisons = network(operation.taps).size // 2
    cost = NANOSECONDS_TO_TAKE + (comparisons + operation.taps) * NANOSECONDS / lanes
    how = "by sorting all values of a window"
    return operation.plan_of("sorting", how, cost, effort=comparisons, ready=_Sorting)


class _Sorting(Strips):
    """A part of what is sorted, made ready."""

    indices_dtype = np.dtype(np.uint8)

    def work(self, rows: int, scratch: Scratch) -> Find:
        """Return the function that sorts the windows of a strip of padded rows."""
        source = self.source
        sort = loop("engine.rank.loops.sort.sort", S=source.dtype)
        down = np.arange(source.rows.window, dtype=np.int64) * source.rows.dilation
        tap_rows = np.repeat(down, source.columns.window)
        tap_columns = np.tile(source.tap_columns, source.rows.window)
        of_vector = LINE_BYTES // source.dtype.itemsize  # or more than one holds
        vectors = 4 if source.output_length >= 4 * of_vector else 1
        values = np.empty(tap_rows.size * vectors * of_vector, source.dtype)
        pairs = network(tap_rows.size)

        def find(strip: Array, own: Own, out: Array) -> None:
            window = source.rows.stride, tap_rows, tap_columns
            sort(strip, *window, pairs, vectors, *own, values, out)

        return find


class _Medians(Strips):
    """A part of a median of 3x3 or 5x5, made ready."""

    indices_dtype = np.dtype(np.uint8)

    def work(self, rows: int, scratch: Scratch) -> Find:
        """Return the function that sorts the windows of a strip of padded rows."""
        source = self.source
        side = source.rows.window
        median = loop(f"engine.rank.loops.among.median_{side}x{side}", S=source.dtype)
        ranks = scratch.take("ranks of tile", (side * side // 2 + 1, TILE), source.dtype)

        def find(strip: Array, own: Own, out: Array) -> None:
            median(strip, source.channels, own.counted, ranks, out)

        return find


@functools.lru_cache(maxsize=32)
def network(count: int) -> NDArray[np.int64]:
    """Return the places of values that are compared one after the other, two by two."""
    return np.array(exchanges(count), np.int64).ravel()
