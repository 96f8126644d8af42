"""Maxima and minima of dense windows in blocks of rows, at a cost that no height adds to.

Van Herk, *A fast algorithm for local minimum and maximum filters on rectangular and octagonal
kernels*, 1992; Gil and Werman, *Computing 2-D min, median, and max filters*, 1993.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from convfilter.engine.fold.fold import PLACES, Fold
from convfilter.engine.fold.rows import BYTES, Rows, joins
from convfilter.engine.planning import Plan
from convfilter.engine.window import target
from convfilter.engine.window.source import Part, RowSources
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import Scratch


def ways(operation: Fold) -> Iterator[Plan]:
    """Yield the plan for maxima and minima of windows without stride or dilation."""
    is_extreme = operation.means is None and operation.over_channels is None
    if operation.is_dense and is_extreme and operation.rows.window > 1:
        how = f"in blocks as high as the window, in {operation.kind}"
        cost = operation.cost_per_tap * (6 + operation.passes.cost)
        yield Plan(
            "blocks",
            operation.kind,
            True,
            f"{operation.in_words}, {how}",
            cost,
            operation.effort,
            ready=_Ready,
            looks=True,
        )


class _Ready:
    """A part of a fold of dense windows, made ready to be folded in blocks."""

    def __init__(self, operation: Fold, part: Part) -> None:
        self._operation = operation
        self._rows = Rows(operation, part)

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], None]:
        """Return the call that computes output rows from those padded rows into `out`."""
        operation, parts = self._operation, self._rows
        source, passes = parts.source, operation.passes
        item = operation.dtype.itemsize
        length = source.row_length * item
        width = parts.count * source.channels * item
        return loop("engine.fold.loops.windows.fold_in_blocks").bind(
            source.record_in_place(rows),
            target.place(out),
            joins(operation)[1].address,
            *out.shape,
            parts.first,
            parts.count,
            source.rows.window,
            passes.starts,
            passes.shifts,
            item,
            operation.beyond,
            scratch.take("places", max(2, operation.columns.window), PLACES),
            scratch.take("line", length, BYTES),
            scratch.take("other", length, BYTES),
            scratch.take("folded", 0 if parts.have_place else width, BYTES),
            scratch.take("tails", (source.rows.window, _whole_lines(width)), BYTES),
            scratch.take("best", width, BYTES),
            keep=(source, rows, out),
        )


def _whole_lines(width: int) -> int:
    """Round up to whole lines of the cache: rows that begin with one are loaded faster."""
    return -(-width // memory.LINE_BYTES) * memory.LINE_BYTES
