"""Sums of products in floats: all taps at once, or those of a row and a column one after the other.

They can compute every kernel, every window and every image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from convfilter.engine.correlation import costs
from convfilter.engine.correlation.accuracy import float_sums
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.factors import Factors, Taps
from convfilter.engine.correlation.layout import (
    BLOCK,
    CHUNK,
    LEAST_SQUARED,
    PITCH,
    ROWS_AT_ONCE,
    Combine,
)
from convfilter.engine.planning import Plan
from convfilter.engine.window.source import Part, RowSources, Source
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import Lent, Scratch, lent

STRIP_BYTES = 1 << 19
"""All the memory that a band works in stays in a cache of a megabyte."""

SPREAD_BYTES = 1 << 20
"""Of strips, what lies between the rows of narrow tiles included."""

WINDOW_ELEMENTS = 1 << 17
"""Of the rows under a window that a tile holds: half a megabyte of floats."""

NARROWEST = 1024
"""Numbers of a tile at least: each row of a tile is fetched from memory anew."""


def ways(operation: Correlation) -> Iterator[Plan]:
    """Yield the plans that keep the promised accuracy; there is at least one."""
    for name, kernels, why in operation.factorings:
        for dtype, exact, arithmetic in float_sums(operation, kernels):
            yield Plan(
                name,
                dtype,
                exact,
                f"{why}; {arithmetic}",
                costs.of_sums(kernels, dtype.name, operation.is_dense),
                effort=sum(factors.taps for factors in kernels),
                ready=_Sums(kernels, dtype).ready,
                looks=True,
            )


@dataclass(frozen=True, eq=False)
class _Sums:
    """A plan of sums, and the tiles that have been laid out for parts of so many columns."""

    kernels: tuple[Factors, ...]
    dtype: np.dtype[Any]
    tiles: dict[int, _Tiles] = field(default_factory=dict)

    def ready(self, operation: Correlation, part: Part) -> _Ready:
        """Make a part ready."""
        source = Source(part, operation.border, operation.fill, self.dtype)
        tiles = self.tiles.get(source.columns.outputs)
        if tiles is None:
            tiles = _Tiles.of(source, self.kernels)
            self.tiles[source.columns.outputs] = tiles
        return _Ready(operation, source, tiles)


class _Ready(NamedTuple):
    operation: Correlation
    source: Source
    tiles: _Tiles

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], int]:
        """Return the call that computes output rows from those padded rows into `out`."""
        operation, source, tiles = self.operation, self.source, self.tiles
        dtype = source.dtype
        strip_rows = tiles.strip_rows(out.shape[0])
        # whole vectors are summed, and read, beyond the numbers that are wanted
        some_rows = max(ROWS_AT_ONCE * tiles.pitch, CHUNK) + BLOCK
        combined = scratch.take("combined", some_rows, dtype)
        combine = Combine.LENGTH if operation.in_lengths else operation.combine
        several = combine != Combine.NONE
        return loop("engine.correlation.loops.sums.respond", T=dtype).bind(
            source.record(rows),
            operation.target(out, dtype),
            *out.shape,
            source.rows.stride,
            source.rows.reach,
            tiles.width,
            tiles.halo,
            tiles.pitch,
            *tiles.taps,
            tiles.in_runs,
            combine,
            LEAST_SQUARED[dtype.name],
            1 / operation.shrunk,
            strip_rows,
            scratch.take("line", tiles.width + tiles.halo + BLOCK, dtype),
            scratch.take("strips", tiles.strips * strip_rows * tiles.pitch + BLOCK, dtype),
            scratch.take("response", some_rows, dtype) if several else combined,
            combined,
            keep=(source, rows, out),
        )


class _Tiles(NamedTuple):
    """The tiles of columns that the loop works on, and the taps as it takes them."""

    row_stride: int
    reach: int
    itemsize: int
    width: int
    halo: int
    pitch: int
    in_runs: bool
    strips: int
    taps: tuple[Lent, ...]

    @classmethod
    def of(cls, source: Source, kernels: Sequence[Factors]) -> _Tiles:
        """Lay out tiles for these kernels."""
        length, channels, rows = source.output_length, source.channels, source.rows
        halo = source.row_length - length
        keeps_rows = any(factors.along_rows is None for factors in kernels)
        room = min(PITCH - BLOCK - halo * keeps_rows, max(WINDOW_ELEMENTS // rows.reach, NARROWEST))
        room = room // channels * channels
        if source.columns.stride == 1 and room >= NARROWEST // 2:
            tiles = -(-length // room)
            width, pitch = -(-length // channels // tiles) * channels, PITCH
        else:
            width, pitch = length, max(source.row_length, length) + BLOCK
        dense = pitch == PITCH and rows.stride == 1 and rows.dilation == 1
        in_runs = dense and _are_worth_runs(kernels, source.dtype.name)
        strips = keeps_rows + sum(factors.along_rows is not None for factors in kernels)
        taps = _tap_arrays(source, kernels, pitch, in_runs, int(keeps_rows))
        size = source.dtype.itemsize
        return cls(rows.stride, rows.reach, size, width, halo, pitch, in_runs, strips, taps)

    def strip_rows(self, outputs: int) -> int:
        """Return how many rows a strip has to have for so many output rows, or fewer at a time."""
        used = (self.width + self.halo) * self.itemsize  # of each row
        within_cache = min(STRIP_BYTES // used, SPREAD_BYTES // (self.pitch * self.itemsize))
        # at least as many new rows as are moved up
        at_once = max(within_cache // self.strips - self.reach, self.reach, ROWS_AT_ONCE)
        at_once = max(1, min(at_once // self.row_stride, outputs))
        at_once = -(-at_once // ROWS_AT_ONCE) * ROWS_AT_ONCE
        return (at_once - 1) * self.row_stride + self.reach


def _are_worth_runs(kernels: Sequence[Factors], dtype: str) -> bool:
    """Tell whether sums of four rows at once pay."""
    down = [factors.down_columns for factors in kernels]
    together = sum(costs.in_runs(taps, dtype) for taps in down)
    return together < float(sum(costs.TAP[dtype] * len(taps) for taps in down))


def _tap_arrays(
    source: Source,
    kernels: Sequence[Factors],
    pitch: int,
    in_runs: bool,
    first_strip: int,
) -> tuple[Lent, ...]:
    """Return the arguments `kernels` to `weights` of `sums.respond`."""
    described, along, along_weights = [], [np.empty(0, np.int64)], [np.empty(0)]
    starts, offsets, weights = [0], [np.empty(0, np.int64)], [np.empty(0)]
    taps_along = runs = 0
    for factors in kernels:
        down, row = factors.down_columns, factors.along_rows
        strip, columns = 0, source.tap_columns[down.columns]
        if row is not None:
            strip, columns = first_strip, np.zeros_like(columns)
            first_strip += 1
            along.append(source.tap_columns[row.columns])
            along_weights.append(row.weights)
        ends = taps_along + (0 if row is None else len(row)), runs
        parts = down.runs if in_runs else [(tap, 1) for tap in range(len(down))]
        firsts = np.array([first for first, _ in parts], np.int64)
        offsets.append((down.rows * source.rows.dilation * pitch + columns)[firsts])
        for _, length in parts:
            starts.append(starts[-1] + length)
        weights.append(down.weights)
        described.append(
            (strip, taps_along, ends[0], runs, runs + len(parts), _row_step(source, row))
        )
        taps_along, runs = ends[0], runs + len(parts)
    return (
        lent(np.array(described, np.int64)),
        lent(np.concatenate(along)),
        lent(np.concatenate(along_weights).astype(source.dtype)),
        lent(np.array(starts, np.int64)),
        lent(np.concatenate(offsets)),
        lent(np.concatenate(weights).astype(source.dtype)),
    )


def _row_step(source: Source, row: Taps | None) -> int:
    """Return the numbers from tap to tap along rows, or 0 where those are not even."""
    if row is None or not row.are_even:
        return 0
    steps = set(np.diff(source.tap_columns[row.columns]).tolist())  # strides put phases apart
    return steps.pop() if len(steps) == 1 else 0
