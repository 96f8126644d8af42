"""Carry out a checked correlation: strips in, weighted sums, responses joined, results stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from convfilter.engine import fft
from convfilter.engine.arguments import Array
from convfilter.engine.bands import run_bands
from convfilter.engine.geometry import Axis, Border
from convfilter.engine.native import loop
from convfilter.engine.plan import Plan, Schedule, Weights, is_integer, make_plan
from convfilter.engine.strips import StripReader, storer

Combine = Literal["abs", "l1", "l2", "max", "max-abs"]
COMBINES: tuple[Combine, ...] = get_args(Combine)
JOINS: dict[Combine | None, int] = {None: 0, "abs": 1, "l1": 1, "l2": 2, "max": 3, "max-abs": 4}
"""What the loop calls them."""


@dataclass(frozen=True)
class Call:
    """A checked call of `correlate_bank`; `gain` is a power of two that keeps squares in range."""

    image: Array
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
    direct: bool = False
    plan: Plan = field(init=False)
    tiling: fft.Tiling | None = field(init=False)

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
        tiling = self._tiling(plan)
        if tiling is not None:
            kernel = plan.reason.partition(";")[0]
            reason = f"{kernel}; transforms of {tiling.size}x{tiling.size} tiles in {tiling.dtype}"
            plan = replace(plan, algorithm="fft", accumulator=tiling.dtype, reason=reason)
        object.__setattr__(self, "plan", plan)
        object.__setattr__(self, "tiling", tiling)

    def _tiling(self, plan: Plan) -> fft.Tiling | None:
        """Return the tiles for transforms, if those serve the call better than `plan`."""
        limit = fft.direct_cost(plan)
        if limit < fft.LEAST_COST:
            return None  # the usual small kernel: no time is lost on it
        how = (self.image.dtype, self.scale, self.offset, self.fill)
        is_inexact = is_integer(self.kernels, *how) and not plan.exact
        # sums that are not proven to be exact may be so for the values that come
        if self.needs_range or self.direct or is_inexact:
            return None
        tiling = fft.choose(
            [kernel * self.scale for kernel in self.kernels],
            self.rows,
            self.columns,
            self.image.shape[2],
            image_dtype=self.image.dtype,
            output_dtype=self.dtype,
            fill=self.fill,
            exact=plan.exact,
        )
        return tiling if tiling is not None and tiling.cost < limit else None

    def with_range(self) -> Call:
        """Return the same call with sums in float64."""
        return replace(self, needs_range=True)

    def without_transforms(self) -> Call:
        """Return the same call as sums of products."""
        return replace(self, direct=True)


EXACT_STRIP_BYTES = 1 << 18
"""Of 16-bit rows: all the memory that a band works in stays in a cache of half a megabyte."""


def transform(call: Call, tiling: fft.Tiling, workers: int) -> Array | None:
    """Return the output by transforms, or None where the values of the image do not allow them."""
    output = fft.run(
        call.image,
        [kernel * call.scale for kernel in call.kernels],
        JOINS[call.combine],
        call.rows,
        call.columns,
        call.border,
        call.fill,
        call.offset,
        call.dtype,
        tiling,
        exact=call.plan.exact,
        workers=workers,
    )
    if output is None:
        return None
    return output.reshape(call.rows.outputs, call.columns.outputs, *call.shape[2:])


def run(call: Call, workers: int) -> tuple[Array, int]:
    """Return the output and how many sums were NaN or infinite."""
    accumulator = call.plan.accumulator
    if accumulator == np.int16:
        return _run_exactly(call, workers), 0
    reader = StripReader(call.image, call.rows, call.columns, call.border, call.fill, accumulator)
    separable = call.plan.algorithm == "separable"
    taps = _taps(reader, call.plan.schedules)
    join = JOINS[call.combine]
    respond = loop("correlate.respond", T=accumulator)
    store = storer(call.dtype, accumulator, call.offset)
    outputs = call.rows.outputs
    output = np.empty((outputs, reader.output_length), call.dtype)
    bad: list[int] = []
    at_once = reader.strip_rows(rows_of_scratch=1 + separable)

    def work(start: int, stop: int) -> None:
        most = min(at_once, stop - start)
        memory = reader.empty_strip(most)
        between = np.empty((most if separable else 0, reader.row_length), accumulator)
        joined = np.empty((most, reader.output_length), accumulator)
        response = np.empty_like(joined) if join else joined
        for first in range(start, stop, most):
            count = min(most, stop - first)
            strip = reader.read(first, count, memory)
            result = joined[:count]
            respond(
                strip,
                reader.rows.stride,
                *taps,
                join,
                1 / call.gain,
                between[:count],
                response[:count],
                result,
            )
            bad.append(store(result, output[first : first + count]))

    effort = reader.output_length * sum(schedule.taps for schedule in call.plan.schedules)
    run_bands(outputs, effort, workers, work)
    channels = call.shape[2:]
    return output.reshape(outputs, call.columns.outputs, *channels), sum(bad)


def _run_exactly(call: Call, workers: int) -> Array:
    """Return the output of a call whose sums fit into 16 bits: one call of a loop for each band."""
    dtype = call.plan.accumulator
    reader = StripReader(
        call.image, call.rows, call.columns, call.border, call.fill, dtype, reads=False
    )
    taps = _taps(reader, call.plan.schedules)
    join = JOINS[call.combine]
    respond = loop("exact.respond", S=call.image.dtype, D=call.dtype)
    outputs = call.rows.outputs
    output = np.empty((outputs, reader.output_length), call.dtype)
    within = np.iinfo(np.int16)
    limits = within if call.dtype.kind == "f" else np.iinfo(call.dtype)
    lowest, highest = max(within.min, limits.min), min(within.max, limits.max)
    at_once = reader.strip_rows(strip_bytes=EXACT_STRIP_BYTES)

    def work(start: int, stop: int) -> None:
        scratch = np.empty((3, reader.row_length), dtype)
        squares = np.empty(reader.output_length if join == 2 else 0, np.float32)
        respond(
            *reader.sources(start, stop - start),
            reader.rows.stride,
            reader.rows.reach,
            *taps,
            join,
            call.offset,
            lowest,
            highest,
            reader.empty_strip(min(at_once, stop - start)),
            scratch,
            squares,
            output[start:stop],
        )

    effort = reader.output_length * sum(schedule.taps for schedule in call.plan.schedules)
    run_bands(outputs, effort, workers, work)
    return output.reshape(outputs, call.columns.outputs, *call.shape[2:])


def _taps(
    reader: StripReader, schedules: Sequence[Schedule]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Array]:
    """Return starts, rows, columns and weights of all taps, as `correlate.respond` takes them."""
    starts, rows, columns, weights = [0], [], [], []
    for schedule in schedules:
        down, along = schedule.down_columns, schedule.along_rows
        if down is not None:
            rows.append(down.rows * reader.rows.dilation)
            columns.append(np.zeros(len(down), np.int64))
            weights.append(down.weights)
        starts.append(starts[-1] + (0 if down is None else len(down)))
        rows.append(along.rows * reader.rows.dilation)
        columns.append(reader.tap_columns[along.columns])
        weights.append(along.weights)
        starts.append(starts[-1] + len(along))
    return (
        np.array(starts, np.int64),
        np.concatenate(rows),
        np.concatenate(columns),
        np.concatenate(weights).astype(reader.dtype),
    )
