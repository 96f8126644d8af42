"""Carry out a checked correlation: strips in, weighted sums, responses joined, results stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from convfilter.engine import costs, fft
from convfilter.engine.arguments import Array
from convfilter.engine.bands import run_bands
from convfilter.engine.box import run_box
from convfilter.engine.choose import choose
from convfilter.engine.loops.layout import PITCH, ROW_STEPS, ROWS_AT_ONCE
from convfilter.engine.native import loop
from convfilter.engine.plan import Combine, Plan, Request
from convfilter.engine.schedule import Schedule, Taps, Weights
from convfilter.engine.strips import StripReader

COMBINES: tuple[Combine, ...] = get_args(Combine)
JOINS: dict[Combine | None, int] = {None: 0, "abs": 1, "l1": 1, "l2": 2, "max": 3, "max-abs": 4}
"""What the loop calls them."""


@dataclass(frozen=True)
class Call:
    """A checked call of `correlate_bank`; `gain` is a power of two that keeps squares in range."""

    image: Array
    shape: tuple[int, ...]
    kernels: tuple[Weights, ...]
    request: Request
    gain: float = 1.0
    plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plan", choose(self.kernels, self.request))

    def by_sums(self) -> Call:
        """Return the same call with sums of products, which serve all values."""
        return replace(self, request=replace(self.request, only_sums=True))

    def with_range(self) -> Call:
        """Return the same call with sums in float64."""
        return replace(self, request=replace(self.request, needs_range=True))


STRIP_BYTES = 1 << 19
"""All the memory that a band works in stays in a cache of a megabyte."""

WINDOW_ELEMENTS = 1 << 17
"""Of the rows under a window that a tile holds: half a megabyte of floats."""

NARROWEST = 1024
"""Elements of a tile at least: each row of a tile is fetched from memory anew."""


def run(call: Call, workers: int) -> tuple[Array, int]:
    """Return the output and how many values the algorithm could not tell.

    Those are sums that are NaN or infinite. Boxes and transforms, which would carry NaN and
    infinity to outputs that do not weigh them, cannot tell any output then.
    """
    match call.plan.algorithm:
        case "box":
            output, bad = _run_box(call, workers)
        case "fft":
            output, bad = _run_transforms(call, workers)
        case _ if call.plan.accumulator == np.int16:
            output, bad = _run_exactly(call, workers), 0
        case _:
            output, bad = _run_sums(call, workers)
    rows, columns = call.request.rows, call.request.columns
    return output.reshape(rows.outputs, columns.outputs, *call.shape[2:]), bad


def _run_sums(call: Call, workers: int) -> tuple[Array, int]:
    request = call.request
    reader = _reader(call)
    tiles = Tiles.of(reader, call.plan.schedules)
    join = JOINS[request.combine]
    dtype = reader.dtype
    respond = loop("correlate.respond", S=call.image.dtype, T=dtype, D=request.output_dtype)
    rounded = request.output_dtype.kind != "f"
    limits = (
        (np.iinfo(request.output_dtype).min, np.iinfo(request.output_dtype).max)
        if rounded
        else (0, 0)
    )
    outputs = request.rows.outputs
    output = np.empty((outputs, reader.output_length), request.output_dtype)
    bad: list[int] = []

    def work(start: int, stop: int) -> None:
        strip_rows = tiles.strip_rows(stop - start)
        joined = np.empty(ROWS_AT_ONCE * tiles.pitch, dtype)
        found = respond(
            *reader.sources(start, stop - start),
            reader.rows.stride,
            reader.rows.reach,
            tiles.width,
            tiles.halo,
            tiles.pitch,
            *tiles.taps,
            tiles.in_runs,
            join,
            1 / call.gain,
            request.offset,
            *limits,
            rounded,
            call.image.dtype.kind != "f",
            strip_rows,
            np.empty(tiles.width + tiles.halo, dtype),
            np.zeros(tiles.strips * strip_rows * tiles.pitch, dtype),
            np.empty_like(joined) if join else joined,
            joined,
            output[start:stop],
        )
        bad.append(found)

    effort = reader.output_length * sum(schedule.taps for schedule in call.plan.schedules)
    run_bands(outputs, effort, workers, work)
    return output, sum(bad)


@dataclass(frozen=True)
class Tiles:
    """The tiles of columns that `correlate.respond` works on, and the taps as it takes them."""

    reader: StripReader
    width: int
    halo: int
    pitch: int
    in_runs: bool
    strips: int
    taps: tuple[NDArray[Any], ...]

    @classmethod
    def of(cls, reader: StripReader, schedules: Sequence[Schedule]) -> Tiles:
        """Lay out tiles for these kernels."""
        length, channels, rows = reader.output_length, reader.channels, reader.rows
        halo = reader.row_length - length
        keeps_rows = any(schedule.along_rows is None for schedule in schedules)
        room = min(PITCH - halo * keeps_rows, max(WINDOW_ELEMENTS // rows.reach, NARROWEST))
        room = room // channels * channels
        if reader.columns.stride == 1 and room >= NARROWEST // 2:
            tiles = -(-length // room)
            width, pitch = -(-length // channels // tiles) * channels, PITCH
        else:
            width, pitch = length, max(reader.row_length, length)
        dense = pitch == PITCH and rows.stride == 1 and rows.dilation == 1
        in_runs = dense and _worth_runs(schedules, reader.dtype.name)
        strips = keeps_rows + sum(schedule.along_rows is not None for schedule in schedules)
        taps = _tap_arrays(reader, schedules, pitch, in_runs, int(keeps_rows))
        return cls(reader, width, halo, pitch, in_runs, strips, taps)

    def strip_rows(self, outputs: int) -> int:
        """Return how many rows a strip has to have for so many output rows, or fewer at a time."""
        rows = self.reader.rows
        within_cache = STRIP_BYTES // (self.pitch * self.reader.dtype.itemsize * self.strips)
        # at least as many new rows as are moved up
        at_once = max(within_cache - rows.reach, rows.reach, ROWS_AT_ONCE) // rows.stride
        at_once = max(1, min(at_once, outputs))
        at_once = -(-at_once // ROWS_AT_ONCE) * ROWS_AT_ONCE
        return int((at_once - 1) * rows.stride + rows.reach)


def _worth_runs(schedules: Sequence[Schedule], dtype: str) -> bool:
    """Tell whether sums of four rows at once pay."""
    kernels = [schedule.down_columns for schedule in schedules]
    together = sum(costs.in_runs(taps, dtype) for taps in kernels)
    return together < sum(costs.TAP[dtype] * len(taps) for taps in kernels)


def _tap_arrays(
    reader: StripReader,
    schedules: Sequence[Schedule],
    pitch: int,
    in_runs: bool,
    first_strip: int,
) -> tuple[NDArray[Any], ...]:
    """Return the arguments `kernels` to `weights` of `correlate.respond`."""
    kernels, along, along_weights = [], [np.empty(0, np.int64)], [np.empty(0)]
    starts, offsets, weights = [0], [np.empty(0, np.int64)], [np.empty(0)]
    taps_along = runs = 0
    for schedule in schedules:
        down, row = schedule.down_columns, schedule.along_rows
        strip, columns = 0, reader.tap_columns[down.columns]
        if row is not None:
            strip, columns = first_strip, np.zeros_like(columns)
            first_strip += 1
            along.append(reader.tap_columns[row.columns])
            along_weights.append(row.weights)
        ends = taps_along + (0 if row is None else len(row)), runs
        parts = list(down.runs()) if in_runs else [(tap, 1) for tap in range(len(down))]
        firsts = np.array([first for first, _ in parts], np.int64)
        offsets.append((down.rows * reader.rows.dilation * pitch + columns)[firsts])
        for _, length in parts:
            starts.append(starts[-1] + length)
        weights.append(down.weights)
        kernels.append(
            (strip, taps_along, ends[0], runs, runs + len(parts), _row_step(reader, row))
        )
        taps_along, runs = ends[0], runs + len(parts)
    return (
        np.array(kernels, np.int64),
        np.concatenate(along),
        np.concatenate(along_weights).astype(reader.dtype),
        np.array(starts, np.int64),
        np.concatenate(offsets),
        np.concatenate(weights).astype(reader.dtype),
    )


def _row_step(reader: StripReader, row: Taps | None) -> int:
    """Return the elements from tap to tap along rows if the loops for nines and eights serve."""
    if row is None or len(row) % 8 > len(row) // 8:
        return 0
    steps = set(np.diff(reader.tap_columns[row.columns]).tolist())
    return steps.pop() if len(steps) == 1 and steps <= set(ROW_STEPS) else 0


def _run_box(call: Call, workers: int) -> tuple[Array, int]:
    request = call.request
    return run_box(
        call.image,
        request.rows,
        request.columns,
        request.border,
        request.fill,
        weight=float(call.kernels[0].flat[0]) * request.scale,
        offset=request.offset,
        arithmetic=call.plan.accumulator,
        dtype=request.output_dtype,
        workers=workers,
    )


def _run_transforms(call: Call, workers: int) -> tuple[Array, int]:
    request = call.request
    output = fft.run(
        call.image,
        [kernel * request.scale for kernel in call.kernels],
        JOINS[request.combine],
        request.rows,
        request.columns,
        request.border,
        request.fill,
        request.offset,
        request.output_dtype,
        fft.Tiling(call.plan.side, call.plan.accumulator),
        exact=call.plan.exact,
        workers=workers,
    )
    elements = request.rows.outputs * request.columns.outputs * request.channels
    return (np.empty(elements, np.uint8), elements) if output is None else (output, 0)


def _run_exactly(call: Call, workers: int) -> Array:
    """Return the output of a call whose sums fit into 16 bits."""
    request = call.request
    reader = _reader(call)
    taps = _taps(reader, call.plan.schedules)
    join = JOINS[request.combine]
    respond = loop("exact.respond", S=call.image.dtype, D=request.output_dtype)
    outputs = request.rows.outputs
    output = np.empty((outputs, reader.output_length), request.output_dtype)
    within = np.iinfo(np.int16)
    limits = within if request.output_dtype.kind == "f" else np.iinfo(request.output_dtype)
    lowest, highest = max(within.min, limits.min), min(within.max, limits.max)
    at_once = reader.strip_rows(strip_bytes=STRIP_BYTES)

    def work(start: int, stop: int) -> None:
        scratch = np.empty((3, reader.row_length), reader.dtype)
        squares = np.empty(reader.output_length if join == 2 else 0, np.float32)
        respond(
            *reader.sources(start, stop - start),
            reader.rows.stride,
            reader.rows.reach,
            *taps,
            join,
            join == 0 and request.output_dtype == np.int16 and request.offset == 0,
            request.offset,
            lowest,
            highest,
            reader.empty_strip(min(at_once, stop - start)),
            scratch,
            squares,
            output[start:stop],
        )

    effort = reader.output_length * sum(schedule.taps for schedule in call.plan.schedules)
    run_bands(outputs, effort, workers, work)
    return output


def _reader(call: Call) -> StripReader:
    request, dtype = call.request, call.plan.accumulator
    return StripReader(
        call.image, request.rows, request.columns, request.border, request.fill, dtype, reads=False
    )


def _taps(
    reader: StripReader, schedules: Sequence[Schedule]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Array]:
    """Return starts, rows, columns and weights of all taps, as `exact.respond` takes them."""
    starts, rows, columns, weights = [0], [], [], []
    for schedule in schedules:
        down, along = schedule.down_columns, schedule.along_rows
        passes = [(down, False)] if along is None else [(down, True), (along, False)]
        starts += [starts[-1]] if along is None else []
        for taps, stays in passes:
            rows.append(taps.rows * reader.rows.dilation)
            columns.append(taps.columns if stays else reader.tap_columns[taps.columns])
            weights.append(taps.weights)
            starts.append(starts[-1] + len(taps))
    return (
        np.array(starts, np.int64),
        np.concatenate(rows),
        np.concatenate(columns),
        np.concatenate(weights).astype(reader.dtype),
    )
