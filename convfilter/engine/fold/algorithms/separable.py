"""Windows folded down their columns, then along rows, row after row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from convfilter.engine.fold.fold import PLACES, Fold, Means
from convfilter.engine.fold.rows import BYTES, JOINS, Rows, joins, name_of_join
from convfilter.engine.operation import share_out
from convfilter.engine.planning import Plan
from convfilter.engine.window import target
from convfilter.engine.window.source import Part, RowSources
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import Loop, loop
from convfilter.runtime.memory import Scratch, of_thread

NONE = bytes(8)
"""No counts."""


def ways(operation: Fold) -> Iterator[Plan]:
    """Yield the plan that can do everything."""
    rows, means = operation.rows, operation.means
    taps = rows.window + operation.passes.cost * rows.stride
    in_parts = operation.over_channels is None and (means is None or means.alike > 0)
    yield Plan(
        "separable",
        operation.kind,
        means is None or operation.outline.dtype.kind != "f",
        f"{operation.in_words}, in {operation.kind}",
        operation.cost_per_tap * taps * rows.stride * operation.columns.stride,
        operation.effort,
        ready=_Ready if in_parts else None,
        run=None if in_parts else _run,
        looks=in_parts and rows.stride <= rows.window and rows.dilation == 1,
        bind=None if in_parts else _bind,
    )


class _Ready:
    """A part of a fold, made ready."""

    def __init__(self, operation: Fold, part: Part) -> None:
        self._operation = operation
        self._rows = Rows(operation, part)

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], None]:
        """Return the call that computes output rows from those padded rows into `out`."""
        return self.bind_at(0, rows, out, scratch)

    def bind_at(
        self, first_output: int, rows: RowSources, out: Array, scratch: Scratch
    ) -> Callable[[], None]:
        """Do the same for rows of which the first is that one of the output."""
        operation, parts = self._operation, self._rows
        source, means = parts.source, operation.means
        sampling, passes = operation.sampling, operation.passes
        down, along = joins(operation)
        pairs = divide = 0
        if sampling == (2, 1, 1) and passes.are_pairs:
            pairs = loop(f"{name_of_join(operation)}_pairs", T=operation.kind).address
        row_counts = column_counts = NONE
        if means is not None:
            # of parts all windows count as many taps
            row_counts, column_counts = means.row_counts, operation.counts_along_rows
            divide = _division(means, operation.dtype).address
        item = operation.kind.itemsize
        length = source.row_length * item
        folded = 0 if parts.have_place else parts.count * source.channels * item
        return loop("engine.fold.loops.windows.fold").bind(
            source.record_in_place(rows),
            target.place(out),
            down.address,
            along.address,
            pairs,
            divide,
            *out.shape,
            parts.first,
            parts.count,
            source.rows.stride,
            source.rows.dilation,
            source.rows.window,
            passes.starts,
            passes.shifts,
            source.image_dtype.itemsize,
            item,
            operation.beyond,
            *sampling,
            first_output,
            row_counts,
            column_counts,
            0.0 if means is None else means.share,
            scratch.take("places", max(operation.rows.window, operation.columns.window), PLACES),
            scratch.take("line", length, BYTES),
            scratch.take("other", length, BYTES),
            scratch.take("folded", folded, BYTES),
            scratch.take("picked", out.shape[1] * item if means is not None else 0, BYTES),
            keep=(source, rows, out),
        )


def _division(means: Means, result: np.dtype[Any]) -> Loop:
    """Return the loop that divides sums by the taps that they count."""
    if means.share == 0.25 and means.sums == np.uint16 and result == np.uint8:
        return loop(f"{JOINS}.divide_by_four")
    return loop(f"{JOINS}.divide", T=means.sums, N=means.numbers, D=result)


def _run(operation: Fold, image: Array, workers: int) -> tuple[Array, int]:
    """Fold an image whose windows do not count as many taps each."""
    ready = _Ready(operation, Part(image, operation.rows, operation.columns))

    def bind(start: int, rows: RowSources, out: Array) -> Callable[[], None]:
        return ready.bind_at(start, rows, out, of_thread)

    return share_out(operation, image, workers, bind)


def _bind(operation: Fold, image: Array, out: Array, scratch: Scratch) -> Callable[[], None]:
    ready = _Ready(operation, Part(image, operation.rows, operation.columns))
    return ready.bind(operation.rows.sources(operation.border), out, scratch)
