"""Gradients: pairs of 3x3 kernels such as Sobel's, whose size is found without their responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from convfilter.engine.correlation import costs
from convfilter.engine.correlation.accuracy import SINGLE, float_sums
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.factors import Weights
from convfilter.engine.correlation.layout import Combine
from convfilter.engine.planning import Plan
from convfilter.engine.window.source import Part, RowSources, Source
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import Lent, Scratch, lent


def ways(operation: Correlation) -> Iterator[Plan]:
    """Yield the plan for a gradient in float32; a difference of doubles might overflow."""
    if operation.combine != Combine.L2 or operation.in_lengths or not operation.is_dense:
        return
    weights = _halves(operation.scaled)
    if weights is None:
        return
    _, kernels, _ = operation.factorings[0]
    for dtype, exact, arithmetic in float_sums(operation, kernels):
        if dtype == SINGLE:
            along, down = (lent(half.astype(dtype)) for half in weights)
            why = f"{operation.size_in_words}, opposite halves: the size of a gradient"
            ready = _Gradient(along, down).ready
            reason = f"{why}; {arithmetic}"
            cost = costs.GRADIENT[dtype.name]
            yield Plan("gradient", dtype, exact, reason, cost, effort=12, ready=ready, looks=True)


def _halves(kernels: Sequence[Weights]) -> tuple[Weights, Weights] | None:
    """Return the weights of a gradient, (3,) and (3,), or None for other kernels.

    They are the last column of a kernel that differs along the rows (its first column is the
    opposite, the middle one is zero) and the last row of one that differs down the columns. Sobel's
    and Scharr's are of this kind.
    """
    if len(kernels) != 2 or any(kernel.shape != (3, 3) for kernel in kernels):
        return None
    along, down = sorted(kernels, key=lambda kernel: bool(kernel[:, 1].any()))
    for kernel in (along.T, down):
        if kernel[1].any() or not kernel[2].all() or (kernel[0] != -kernel[2]).any():
            return None
    return along[:, 2], down[2]


class _Gradient(NamedTuple):
    along: Lent
    down: Lent

    def ready(self, operation: Correlation, part: Part) -> _Ready:
        """Make a part ready."""
        return _Ready(operation, self, Source(part, operation.border, operation.fill, SINGLE))


class _Ready(NamedTuple):
    operation: Correlation
    weights: _Gradient
    source: Source

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], int]:
        """Return the call that computes output rows from those padded rows into `out`."""
        return loop("engine.correlation.loops.gradient.magnitude").bind(
            self.source.record(rows),
            self.operation.target(out, SINGLE),
            out.shape[0],
            self.weights.along,
            self.weights.down,
            scratch.take("lines", (3, self.source.row_length), SINGLE),
            scratch.take("squares", out.shape[1], SINGLE),
            keep=(self.source, rows, out),
        )
