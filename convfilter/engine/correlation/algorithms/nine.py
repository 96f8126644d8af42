"""Kernels of 3x3 weights on images of floats, which are read where they lie in the image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from convfilter.engine.correlation import costs
from convfilter.engine.correlation.accuracy import float_sums
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.layout import BLOCK, EDGE_ROWS, EDGE_WIDTH, NINE_WIDTH, Combine
from convfilter.engine.planning import Plan
from convfilter.engine.window.source import Part, RowSources, Source
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import Lent, Scratch, lent


def ways(operation: Correlation) -> Iterator[Plan]:
    """Yield the plan for nine weights other than zero, in the arithmetic of the image."""
    if operation.combine != Combine.NONE or not operation.is_dense or operation.is_of_integers:
        return
    kernel = operation.scaled[0]
    if kernel.shape != (3, 3) or not kernel.all() or operation.outline.shape[2] > EDGE_WIDTH:
        return
    _, kernels, why = operation.factorings[0]
    for dtype, exact, arithmetic in float_sums(operation, kernels):
        if dtype == operation.outline.dtype:
            reason = f"{why}, read where they lie; {arithmetic}"
            plan = _Nine(lent(kernel.astype(dtype).ravel())).ready
            cost = costs.NINE[dtype.name]
            yield Plan(
                "nine",
                dtype,
                exact,
                reason,
                cost,
                effort=9,
                ready=plan,
                looks=True,
                tells_nan=True,
            )


class _Nine(NamedTuple):
    weights: Lent

    def ready(self, operation: Correlation, part: Part) -> _Ready:
        """Make a part ready."""
        source = Source(part, operation.border, operation.fill, self.weights.memory.dtype)
        return _Ready(operation, self.weights, source)


class _Ready(NamedTuple):
    operation: Correlation
    weights: Lent
    source: Source

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], int]:
        """Return the call that computes output rows from those padded rows into `out`."""
        dtype = self.source.dtype
        pitch = EDGE_WIDTH + 2 * self.source.channels + BLOCK
        return loop("engine.correlation.loops.nine.respond", T=dtype).bind(
            self.source.record_in_place(rows, loads=True),
            self.operation.target(out, dtype),
            *out.shape,
            self.weights,
            out.dtype == dtype,
            scratch.take("sums", max(4 * NINE_WIDTH, EDGE_ROWS * EDGE_WIDTH) + BLOCK, dtype),
            scratch.take("edge", (EDGE_ROWS + 2) * pitch, dtype),
            keep=(self.source, rows, out),
        )
