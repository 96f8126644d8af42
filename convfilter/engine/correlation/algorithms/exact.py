"""Sums of bytes and whole weights in 16-bit integers, where these hold all of them.

No sum is ever rounded, and a vector holds twice as many as of floats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from convfilter.engine.correlation import costs
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.factors import Factors
from convfilter.engine.correlation.layout import BLOCK, Combine
from convfilter.engine.planning import Plan
from convfilter.engine.window.source import Part, RowSources, Source
from convfilter.engine.window.target import WHOLE
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import Lent, Scratch, lent

STRIP_BYTES = 1 << 19
"""All the memory that a band works in stays in a cache of a megabyte."""

SINGLE = np.dtype(np.float32)


def ways(operation: Correlation) -> Iterator[Plan]:
    """Yield the plans for bytes and whole weights."""
    takes_root = operation.combine == Combine.L2
    if takes_root and operation.dtype.kind == "f":
        return
    of_bytes = operation.is_integer and operation.outline.dtype == np.uint8
    if not of_bytes or operation.largest >= 2.0**15 or min(operation.absolute_sums) == 0:
        return
    for name, kernels, why in operation.factorings:
        yield Plan(
            name,
            WHOLE,
            not takes_root,
            f"{why}; 16-bit integer sums, exact: they stay below 2**15",
            costs.of_sums(kernels, WHOLE.name, operation.is_dense),
            effort=sum(factors.taps for factors in kernels),
            ready=_Sums(kernels).ready,
            looks=True,
        )


@dataclass(frozen=True, eq=False)
class _Sums:
    """A plan of sums, and the taps as the loop takes them for parts of so many columns."""

    kernels: tuple[Factors, ...]
    taps: dict[int, tuple[Lent, ...]] = field(default_factory=dict)

    def ready(self, operation: Correlation, part: Part) -> _Ready:
        """Make a part ready."""
        source = Source(part, operation.border, operation.fill, WHOLE)
        taps = self.taps.get(source.columns.outputs)
        if taps is None:
            taps = self.taps[source.columns.outputs] = _tap_arrays(source, self.kernels)
        return _Ready(operation, source, taps)


class _Ready(NamedTuple):
    operation: Correlation
    source: Source
    taps: tuple[Lent, ...]

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], None]:
        """Return the call that computes output rows from those padded rows into `out`."""
        source, combine = self.source, self.operation.combine
        at_once = min(source.strip_rows(strip_bytes=STRIP_BYTES), out.shape[0])
        # rows that begin with a line of the cache: fewer vectors lie across two
        length = -(-source.row_length // BLOCK) * BLOCK
        as_they_are = combine == Combine.NONE and out.dtype == WHOLE
        return loop("engine.correlation.loops.exact.respond").bind(
            source.record(rows),
            self.operation.target(out, SINGLE if combine == Combine.L2 else WHOLE),
            out.shape[0],
            source.rows.stride,
            source.rows.reach,
            *self.taps,
            combine,
            as_they_are and self.operation.offset == 0,
            scratch.take("strip", (source.height(at_once), length), WHOLE),
            scratch.take("rows", (3, length), WHOLE),
            scratch.take("squares", out.shape[1], SINGLE),
            keep=(source, rows, out),
        )


def _tap_arrays(source: Source, kernels: Sequence[Factors]) -> tuple[Lent, Lent, Lent, Lent]:
    """Return starts, rows, columns and weights of all taps, as the loop takes them."""
    starts, rows, columns, weights = [0], [], [], []
    for factors in kernels:
        down, along = factors.down_columns, factors.along_rows
        passes = [(down, False)] if along is None else [(down, True), (along, False)]
        starts += [starts[-1]] if along is None else []
        for taps, stays in passes:
            rows.append(taps.rows * source.rows.dilation)
            columns.append(taps.columns if stays else source.tap_columns[taps.columns])
            weights.append(taps.weights)
            starts.append(starts[-1] + len(taps))
    return (
        lent(np.array(starts, np.int64)),
        lent(np.concatenate(rows)),
        lent(np.concatenate(columns)),
        lent(np.concatenate(weights).astype(source.dtype)),
    )
