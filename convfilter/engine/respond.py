"""Carry out a checked correlation: strips in, weighted sums, responses joined, results stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np

from convfilter.engine.arguments import Array
from convfilter.engine.bands import run_bands
from convfilter.engine.geometry import Axis, Border
from convfilter.engine.native import Loop, loop
from convfilter.engine.plan import Plan, Taps, Weights, make_plan
from convfilter.engine.strips import StripReader

Combine = Literal["abs", "l1", "l2", "max", "max-abs"]
COMBINES: tuple[Combine, ...] = get_args(Combine)


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
    plan: Plan = field(init=False)

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

    def with_range(self) -> Call:
        """Return the same call with sums in float64."""
        return replace(self, needs_range=True)


def run(call: Call, workers: int) -> tuple[Array, int]:
    """Return the output and how many sums were NaN or infinite."""
    accumulator = call.plan.accumulator
    reader = StripReader(call.image, call.rows, call.columns, call.border, call.fill, accumulator)
    appliers = [
        _applier(reader, schedule.down_columns, schedule.along_rows)
        for schedule in call.plan.schedules
    ]
    join = _joiner(call.combine, accumulator, call.gain)
    store = _storer(call.dtype, accumulator, call.offset)
    outputs = call.rows.outputs
    output = np.empty((outputs, reader.output_length), call.dtype)
    bad: list[int] = []
    at_once = reader.strip_rows(rows_of_scratch=1 + (call.plan.algorithm == "separable"))

    def work(start: int, stop: int) -> None:
        most = min(at_once, stop - start)
        memory = reader.empty_strip(most)
        between = (
            np.empty((most, reader.row_length), accumulator)
            if call.plan.algorithm == "separable"
            else memory[:0]
        )
        response = np.empty((most, reader.output_length), accumulator)
        joined = response if join is None else np.empty_like(response)
        for first in range(start, stop, most):
            count = min(most, stop - first)
            strip = reader.read(first, count, memory)
            for number, apply in enumerate(appliers):
                apply(strip, between[:count], response[:count])
                if join is not None:
                    join(response[:count], number == 0, number == len(appliers) - 1, joined[:count])
            bad.append(store(joined[:count], output[first : first + count]))

    run_bands(
        outputs, reader.output_length * sum(s.taps for s in call.plan.schedules), workers, work
    )
    channels = call.shape[2:]
    return output.reshape(outputs, call.columns.outputs, *channels), sum(bad)


Apply = Callable[[Array, Array, Array], None]


def _applier(reader: StripReader, down_columns: Taps | None, along_rows: Taps) -> Apply:
    """Return the function that turns a strip into responses, by way of rows in between."""
    weighted_sum = loop("correlate.weighted_sum", T=reader.dtype)
    rows, dilation, stride = along_rows.rows, reader.rows.dilation, reader.rows.stride
    tap_columns = reader.tap_columns[along_rows.columns]
    weights = along_rows.weights.astype(reader.dtype)
    if down_columns is None:
        tap_rows = rows * dilation

        def direct(strip: Array, between: Array, response: Array) -> None:
            weighted_sum(strip, stride, tap_rows, tap_columns, weights, response)

        return direct
    first_rows = down_columns.rows * dilation
    first_columns = np.zeros(len(down_columns), np.int64)
    first_weights = down_columns.weights.astype(reader.dtype)

    def separable(strip: Array, between: Array, response: Array) -> None:
        weighted_sum(strip, stride, first_rows, first_columns, first_weights, between)
        weighted_sum(between, 1, rows, tap_columns, weights, response)

    return separable


Join = Callable[[Array, bool, bool, Array], None]


def _joiner(combine: Combine | None, dtype: np.dtype[Any], gain: float) -> Join | None:
    """Return the function that adds one response to those already joined."""
    match combine:
        case None:
            return None
        case "abs" | "l1":
            absolute = loop("correlate.join_absolute", T=dtype)
            return lambda response, first, last, joined: absolute(response, first, joined)
        case "l2":
            return _root_of_squares(
                loop("correlate.join_square", T=dtype),
                loop("correlate.square_root", T=dtype),
                1 / gain,
            )
        case "max" | "max-abs":
            maximum = loop("correlate.join_maximum", T=dtype)
            by_size = combine == "max-abs"
            return lambda response, first, last, joined: maximum(response, first, by_size, joined)


def _root_of_squares(square: Loop, root: Loop, factor: float) -> Join:
    def join(response: Array, first: bool, last: bool, joined: Array) -> None:
        square(response, first, joined)
        if last:
            root(joined, factor)

    return join


def _storer(
    dtype: np.dtype[Any], accumulator: np.dtype[Any], offset: float
) -> Callable[[Array, Array], int]:
    if dtype.kind == "f":
        store_float = loop("strips.store_float", T=accumulator, D=dtype)
        return lambda values, out: store_float(values, offset, out)
    store_integer = loop("strips.store_integer", T=accumulator, D=dtype)
    limits = np.iinfo(dtype)
    return lambda values, out: store_integer(values, offset, limits.min, limits.max, out)
