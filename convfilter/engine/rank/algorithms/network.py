"""Medians of 3x3 and 5x5 by networks of comparisons over vectors of outputs.

What is sorted, three neighbours or a column of five, serves all the windows that hold it (Adams,
*Fast median filters using separable sorting networks*, 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from convfilter.engine.planning import Plan
from convfilter.engine.rank.layout import BAND, EDGE_ROWS, EDGE_WIDTH
from convfilter.engine.rank.rank import Rank
from convfilter.engine.window import target
from convfilter.engine.window.source import Part, RowSources, Source
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import LINE_BYTES, Scratch


def ways(operation: Rank) -> Iterator[Plan]:
    """Yield the plan for the median of 3x3 or 5x5."""
    window = operation.rows.window, operation.columns.window
    is_median = operation.index == operation.taps // 2
    if not operation.is_dense or window not in ((3, 3), (5, 5)) or not is_median:
        return
    size = operation.dtype.itemsize
    reason = "by a network of comparisons over whole rows"
    if window == (5, 5):
        yield operation.plan_of("network", reason, 0.4 * size, effort=60, ready=_Five)
    elif operation.outline.shape[2] <= EDGE_WIDTH:
        plan = operation.plan_of("network", reason, 0.07 * size, effort=16, ready=_Three)
        yield replace(plan, tells_nan=True)


class _Network:
    def __init__(self, operation: Rank, part: Part) -> None:
        self.source = Source(part, operation.border, operation.fill, operation.dtype)


class _Three(_Network):
    """A part of a median of 3x3, made ready."""

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], int]:
        """Return the call that computes output rows from those padded rows into `out`."""
        source, dtype = self.source, out.dtype
        line = LINE_BYTES // dtype.itemsize
        pitch = EDGE_WIDTH + 2 * source.channels + line
        results = max(out.shape[1], (EDGE_ROWS + 1) * EDGE_WIDTH) + line
        return loop("engine.rank.loops.network.median_3x3", T=dtype).bind(
            source.record_in_place(rows, loads=True),
            target.place(out),
            *out.shape,
            np.empty(BAND + 3, np.int64),
            np.empty(BAND + 3, np.int64),
            scratch.take("edge", (EDGE_ROWS + 2) * pitch, dtype),
            scratch.take("results", results, dtype),
            keep=(source, rows, out),
        )


class _Five(_Network):
    """A part of a median of 5x5, made ready."""

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], int]:
        """Return the call that computes output rows from those padded rows into `out`."""
        source, dtype = self.source, out.dtype
        line = LINE_BYTES // dtype.itemsize
        # whole vectors, and one more line: rows at a distance of 4096 bytes would be in one set
        pitch = -(-source.row_length // line) * line + 2 * line
        return loop("engine.rank.loops.network.median_5x5", T=dtype).bind(
            source.record(rows),
            target.place(out),
            *out.shape,
            pitch,
            scratch.take("ring", 5 * pitch + line, dtype),
            scratch.take("columns", 5 * pitch + line, dtype),
            scratch.take("results", line, dtype),
            keep=(source, rows, out),
        )
