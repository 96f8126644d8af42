"""Carry out a checked correlation: strips in, weighted sums, responses joined, results stored."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.arguments import Array, Outline
from convfilter.engine.bands import run_bands
from convfilter.engine.geometry import Axis, Border
from convfilter.engine.gradient import Halves, bind_magnitude, halves
from convfilter.engine.loops.layout import PITCH, ROWS_AT_ONCE
from convfilter.engine.native import bound, loop
from convfilter.engine.plan import Plan, make_plan
from convfilter.engine.schedule import Schedule, Weights
from convfilter.engine.strips import Part, Scratch, StripReader

Combine = Literal["abs", "l1", "l2", "max", "max-abs"]
COMBINES: tuple[Combine, ...] = get_args(Combine)
JOINS: dict[Combine | None, int] = {None: 0, "abs": 1, "l1": 1, "l2": 2, "max": 3, "max-abs": 4}
"""What the loop calls them."""


@dataclass(frozen=True)
class Call:
    """A checked call of `correlate_bank`; `gain` is a power of two that keeps squares in range."""

    image: Array | Outline
    shape: tuple[int, ...]
    kernels: tuple[Weights, ...]
    combine: Combine | None
    rows: Axis
    columns: Axis
    border: Border
    fill: float
    scale: float
    offset: float
    dtype: np.dtype[Any]
    needs_range: bool = False
    gain: float = 1.0
    plan: Plan = field(init=False)
    gradient: Halves | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        plan = make_plan(
            self.kernels,
            image_dtype=self.image.dtype,
            output_dtype=self.dtype,
            scale=self.scale * self.gain,
            offset=self.offset,
            fill=self.fill,
            needs_range=self.needs_range,
            takes_root=self.combine == "l2",
        )
        object.__setattr__(self, "plan", plan)
        steps = (self.rows.stride, self.columns.stride, self.rows.dilation, self.columns.dilation)
        # in 16 bits the general loops are as fast
        if self.combine == "l2" and steps == (1, 1, 1, 1) and plan.accumulator.kind == "f":
            scaled = [kernel * (self.scale * self.gain) for kernel in self.kernels]
            object.__setattr__(self, "gradient", halves(scaled))

    def with_range(self) -> Call:
        """Return the same call with sums in float64."""
        return replace(self, needs_range=True)

    @property
    def effort(self) -> int:
        """Multiplications for each output."""
        return sum(schedule.taps for schedule in self.plan.schedules)

    def ready(self, part: Part) -> Response:
        """Make a part of the call ready."""
        return Response.of(self, part)

    def is_served(self, size: float) -> bool:
        """Tell whether images of floats of this largest size are served as planned."""
        if self.combine != "l2" or self.image.dtype.kind != "f":
            return True
        if not math.isfinite(size):
            return False
        return gain_for_squares(size, self.kernels, self.scale, self.fill) == self.gain

    def bound(self, size: float) -> float:
        """Return a bound on the size of outputs, from one on the size of the image's values."""
        sums = [schedule.absolute_sum for schedule in self.plan.schedules]
        return 1.001 * sum(sums) * max(size, abs(self.fill)) + abs(self.offset)


STRIP_BYTES = 1 << 18
"""All the memory that a band works in stays in a cache of half a megabyte."""

WINDOW_ELEMENTS = 1 << 17
"""Of the rows under a window that a tile holds, for the same reason."""

NARROWEST = 1024
"""Elements of a tile at least: each row of a tile is fetched from memory anew."""


def run(call: Call, workers: int) -> tuple[Array, int]:
    """Return the output and how many sums were NaN or infinite."""
    response = Response.of(call)
    outputs = call.rows.outputs
    output = np.empty((outputs, response.reader.output_length), call.dtype)
    bad: list[int] = []

    def work(start: int, stop: int) -> None:
        rows = response.reader.row_sources(start, stop - start)
        bad.append(response.bind(rows, output[start:stop], Scratch())() or 0)

    run_bands(outputs, response.reader.output_length * call.effort, workers, work)
    return output.reshape(outputs, call.columns.outputs, *call.shape[2:]), sum(bad)


def peak(image: Array) -> float:
    """Return the largest finite size of a value."""
    largest = max(abs(float(image.min())), abs(float(image.max())))
    if not math.isfinite(largest):
        finite = image[np.isfinite(image)]
        largest = float(np.abs(finite).max(initial=0))
    return largest


def gain_for_squares(size: float, kernels: Sequence[Weights], scale: float, fill: float) -> float:
    """Return the power of two that brings the responses to a range where squares are safe.

    `size` is the largest of the image.
    """
    size = max(size, abs(fill))
    largest = max(float(np.abs(kernel).max()) for kernel in kernels) * abs(scale)
    if size == 0 or largest == 0:
        return 1.0
    exponent = math.log2(size) + math.log2(largest)
    if abs(exponent) < 24:
        return 1.0
    return 2.0 ** max(-900, min(900, -round(exponent), 900 - round(math.log2(largest))))


@dataclass(frozen=True)
class Response:
    """A call made ready: what all bands of its rows have in common."""

    call: Call
    reader: StripReader
    tiles: Tiles | None
    taps: tuple[NDArray[Any], ...]

    @classmethod
    def of(cls, call: Call, part: Part | None = None) -> Response:
        """Make a call, or a part of it, ready."""
        if part is None:
            assert not isinstance(call.image, Outline)
            part = Part(call.image, call.rows, call.columns)
        reader = part.reader(call.border, call.fill, call.plan.accumulator)
        if reader.dtype == np.int16:
            return cls(call, reader, None, _taps(reader, call.plan.schedules))
        tiles = Tiles.of(reader, call.plan.schedules)
        return cls(call, reader, tiles, tiles.taps)

    def bind(
        self, rows: NDArray[np.int64], out: Array, scratch: Scratch
    ) -> Callable[[], int | None]:
        """Return the call that computes output rows from those padded rows into `out`.

        It returns how many sums were NaN or infinite.
        """
        call = self.call
        if call.gradient is not None:
            factors = 1 / call.gain, call.offset
            image = call.image.dtype
            return bind_magnitude(self.reader, call.gradient, image, *factors, rows, out, scratch)
        return (self._bind_exact if self.tiles is None else self._bind)(rows, out, scratch)

    def _bind(self, rows: NDArray[np.int64], out: Array, scratch: Scratch) -> Callable[[], int]:
        call, reader, tiles = self.call, self.reader, self.tiles
        assert tiles is not None
        join = JOINS[call.combine]
        dtype = reader.dtype
        rounded = call.dtype.kind != "f"
        limits = (np.iinfo(call.dtype).min, np.iinfo(call.dtype).max) if rounded else (0, 0)
        strip_rows = tiles.strip_rows(out.shape[0])
        some_rows = ROWS_AT_ONCE * tiles.pitch
        joined = scratch.take("joined", some_rows, dtype)
        return bound(
            loop("correlate.respond", S=call.image.dtype, T=dtype, D=call.dtype),
            *reader.sources_at(rows),
            reader.rows.stride,
            reader.rows.reach,
            tiles.width,
            tiles.halo,
            tiles.pitch,
            *tiles.taps,
            tiles.in_runs,
            join,
            1 / call.gain,
            call.offset,
            *limits,
            rounded,
            call.image.dtype.kind != "f",
            strip_rows,
            scratch.take("line", tiles.width + tiles.halo, dtype),
            scratch.take("strips", tiles.strips * strip_rows * tiles.pitch, dtype),
            scratch.take("response", some_rows, dtype) if join else joined,
            joined,
            out,
        )

    def _bind_exact(
        self, rows: NDArray[np.int64], out: Array, scratch: Scratch
    ) -> Callable[[], None]:
        """Bind a call whose sums fit into 16 bits."""
        call, reader = self.call, self.reader
        join = JOINS[call.combine]
        within = np.iinfo(np.int16)
        limits = within if call.dtype.kind == "f" else np.iinfo(call.dtype)
        lowest, highest = max(within.min, limits.min), min(within.max, limits.max)
        at_once = min(reader.strip_rows(strip_bytes=STRIP_BYTES), out.shape[0])
        strip = reader.strip_height(at_once), reader.row_length
        squares = reader.output_length if join == 2 else 0
        return bound(
            loop("exact.respond", S=call.image.dtype, D=call.dtype),
            *reader.sources_at(rows),
            reader.rows.stride,
            reader.rows.reach,
            *self.taps,
            join,
            join == 0 and call.dtype == np.int16 and call.offset == 0,
            call.offset,
            lowest,
            highest,
            scratch.take("strip", strip, reader.dtype),
            scratch.take("rows", (3, reader.row_length), reader.dtype),
            scratch.take("squares", squares, np.dtype(np.float32)),
            out,
        )


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
        in_runs = dense and _worth_runs(schedules)
        strips = keeps_rows + sum(schedule.along_rows is not None for schedule in schedules)
        taps = _tap_arrays(reader, schedules, pitch, in_runs, int(keeps_rows))
        return cls(reader, width, halo, pitch, in_runs, strips, taps)

    def strip_rows(self, outputs: int) -> int:
        """Return how many rows a strip has to have for so many output rows, or fewer at a time."""
        rows = self.reader.rows
        used = (self.width + self.halo) * self.reader.dtype.itemsize  # of each row
        within_cache = STRIP_BYTES // (used * self.strips)
        # at least as many new rows as are moved up
        at_once = max(within_cache - rows.reach, rows.reach, ROWS_AT_ONCE) // rows.stride
        at_once = max(1, min(at_once, outputs))
        at_once = -(-at_once // ROWS_AT_ONCE) * ROWS_AT_ONCE
        return int((at_once - 1) * rows.stride + rows.reach)


def _worth_runs(schedules: Sequence[Schedule]) -> bool:
    """Tell whether sums of four rows at once pay: a run costs as much as one or two taps."""
    taps = sum(len(schedule.down_columns) for schedule in schedules)
    runs = sum(1 for schedule in schedules for _ in schedule.down_columns.runs())
    return taps > 2 * runs


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
        kernels.append((strip, taps_along, ends[0], runs, runs + len(parts)))
        taps_along, runs = ends[0], runs + len(parts)
    return (
        np.array(kernels, np.int64),
        np.concatenate(along),
        np.concatenate(along_weights).astype(reader.dtype),
        np.array(starts, np.int64),
        np.concatenate(offsets),
        np.concatenate(weights).astype(reader.dtype),
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
