"""Ranks of floats in dense windows, by a histogram of the ranks of the values within a block.

Suomela, *Median filtering is equivalent to sorting*, 2014.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from convfilter.engine.planning import Plan
from convfilter.engine.rank.rank import Find, Own, Rank, Strips
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import Scratch

LEAST_SIDE = 48
"""Output rows and columns of a block, at least; larger windows have larger blocks."""

SHIFT = 6
"""Ranks are counted one by one, and in runs of two to this power."""


def ways(operation: Rank) -> Iterator[Plan]:
    """Yield the plan for dense windows of floats."""
    if operation.is_dense and operation.dtype.kind == "f":
        cost = 58 + 1.8 * operation.rows.window
        reason = "by a histogram of the ranks within a block"
        effort = 2 * operation.rows.window
        yield operation.plan_of("ranks", reason, cost, effort=effort, ready=_Blocks)


class _Blocks(Strips):
    """A part, made ready."""

    def work(self, rows: int, scratch: Scratch) -> Find:
        """Return the function that finds the ranks of a strip of padded rows."""
        source, index = self.source, self.operation.index
        slide = loop("engine.rank.loops.slide.slide", S=np.int32)
        window = source.rows.window, source.columns.window
        side, channels, width = self.side, source.channels, source.columns.outputs

        def block(values: Array, own: Own) -> Array:
            """Return the values of the given rank, or ranks, in a block of one channel."""
            flat = values.reshape(-1)
            # zeros of both signs are equal: which of them comes first must not show
            flat = flat + flat.dtype.type(0)
            order = np.argsort(flat)
            ranks = np.empty(flat.size, np.int32)
            ranks[order] = np.arange(flat.size, dtype=np.int32)
            shape = values.shape[0] - window[0] + 1, values.shape[1] - window[1] + 1
            found = np.zeros(shape, np.int32)
            counts = np.empty(flat.size, np.int32)
            coarse = np.empty((flat.size >> SHIFT) + 1, np.int32)
            ranked, levels = ranks.reshape(values.shape), (SHIFT, counts, coarse)
            slide(ranked, 0, 1, *window, index, *own, *levels, found)
            selected: Array = flat[order[found]]
            return selected

        def find(strip: Array, own: Own, out: Array) -> None:
            padded = strip.reshape(strip.shape[0], -1, channels)
            target = out.reshape(out.shape[0], width, channels)
            for left in range(0, width, side):
                right = min(left + side, width)
                for channel in range(channels):
                    values = np.ascontiguousarray(padded[:, left : right + window[1] - 1, channel])
                    counted = own.counted
                    if counted.size:
                        counted = counted.reshape(target.shape)[:, left:right, channel]
                    of_block = Own(np.ascontiguousarray(counted), own.indices)
                    target[:, left:right, channel] = block(values, of_block)

        return find

    @property
    def side(self) -> int:
        """Rows and columns of outputs of a block."""
        return max(LEAST_SIDE, self.source.rows.window, self.source.columns.window)

    def most_rows(self) -> int:
        """Return how many rows of outputs are found at a time."""
        return self.side
