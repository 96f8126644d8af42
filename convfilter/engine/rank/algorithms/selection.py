"""Ranks in any window: its values are gathered and the one is selected (Hoare, *Find*, 1961)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from convfilter.engine.planning import Plan
from convfilter.engine.rank.rank import Find, Own, Rank, Strips
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import Scratch


def ways(operation: Rank) -> Iterator[Plan]:
    """Yield the plan, which there is for every window and dtype."""
    taps = operation.taps
    reason = "by selection in every window"
    cost = 10.0 * taps
    yield operation.plan_of("selection", reason, cost, effort=4 * taps, ready=_Selection)


class _Selection(Strips):
    """A part, made ready."""

    def work(self, rows: int, scratch: Scratch) -> Find:
        """Return the function that finds the ranks of a strip of padded rows."""
        source, index = self.source, self.operation.index
        select = loop("engine.rank.loops.slide.select", S=source.dtype)
        down = np.arange(source.rows.window, dtype=np.int64) * source.rows.dilation
        tap_rows = np.repeat(down, source.columns.window)
        tap_columns = np.tile(source.tap_columns, source.rows.window)
        values = np.empty(tap_rows.size, source.dtype)

        def find(strip: Array, own: Own, out: Array) -> None:
            select(strip, source.rows.stride, tap_rows, tap_columns, index, *own, values, out)

        return find
