"""Operations that are no convolutions: what their loops are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.layers.pointwise import LocalResponse
from convfilter.nn.layers.pooling import DepthPool
from convfilter.nn.layers.window import Pair, Window
from convfilter.nn.running.layout import (
    DEPTH_POOL,
    FILL,
    LINEAR,
    MOVE,
    MOVED_AXES,
    NORMALISE,
    POINTWISE,
    POOL,
    WINDOW,
)
from convfilter.nn.running.operation import (
    Floats,
    Operation,
    Room,
    Step,
    Weighted,
    address,
    chunks_for,
    constant,
    lying,
    make,
)
from convfilter.nn.running.processor import lanes, whole_vectors
from convfilter.nn.running.values import FLOAT, Value

_ROOM = "nn.running.loops"


def rows_in_chunks(value: Value) -> int:
    """Return into how many chunks the rows of a value are cut."""
    return chunks_for(value.rows * value.columns * whole_vectors(value.maps), value.rows)


@dataclass(eq=False)
class Pooling(Operation):
    """One number of each window of each map."""

    window: Window = field(kw_only=True)
    is_mean: bool = field(kw_only=True)
    counts_padding: bool = field(kw_only=True)
    loops: ClassVar[tuple[str, ...]] = (f"{_ROOM}.pooling.pool",)

    def steps(self, room: Room) -> Iterator[Step]:
        """Make the step."""
        given, out = self.inputs[0], self.output
        rows, columns = (self._windows(axis) for axis in (0, 1))
        vectors = out.vectors
        row_chunks = rows_in_chunks(out)
        wanted = chunks_for(given.rows * given.columns * whole_vectors(given.maps), 8)
        vector_chunks = max(1, min(vectors, wanted // row_chunks))
        record = make(
            POOL,
            **lying(given, "input"),
            rows=out.rows,
            columns=out.columns,
            **lying(out, "output"),
            row_windows=address(rows),
            column_windows=address(columns),
            row_step=self.window.dilation[0] * given.row,
            column_step=self.window.dilation[1] * given.pixel,
            vectors=vectors,
            is_mean=self.is_mean,
            chunks=row_chunks * vector_chunks,
            vector_chunks=vector_chunks,
        )
        way = "mean" if self.is_mean else "maximum"
        yield self.step(way, self.loops[0], record, rows, columns)

    def _windows(self, axis: int) -> NDArray[Any]:
        """Return the windows of the outputs along an axis."""
        given, out, window = self.inputs[0], self.output, self.window
        size = (given.rows, given.columns)[axis]
        before, after = window.pads((given.rows, given.columns))[axis]
        apart, taps = window.dilation[axis], window.kernel[axis]
        records = np.zeros((out.rows, out.columns)[axis], WINDOW)
        for i in range(len(records)):
            places = np.arange(taps) * apart + i * window.stride[axis] - before
            inside = places[(places >= 0) & (places < size)]
            counted = (places < size + after).sum() if self.counts_padding else inside.size
            first = int(inside[0]) if inside.size else 0
            records[i] = first, inside.size, counted
        return records


@dataclass(eq=False)
class MapPooling(Operation):
    """The maximum or the mean of neighbouring maps."""

    layer: DepthPool = field(kw_only=True)
    loops: ClassVar[tuple[str, ...]] = (f"{_ROOM}.pooling.pool_maps",)

    def steps(self, room: Room) -> Iterator[Step]:
        """Make the step."""
        given, out = self.inputs[0], self.output
        maps = self.layer.output(given.shape)[0]
        record = make(
            DEPTH_POOL,
            **lying(given, "input"),
            **lying(out, "output"),
            rows=out.rows,
            columns=out.columns,
            maps=maps,
            together=self.layer.size,
            is_mean=self.layer.reduce == "mean",
            chunks=rows_in_chunks(given),
        )
        yield self.step(f"{self.layer.reduce} of maps", self.loops[0], record)


@dataclass(eq=False)
class Pointwise(Operation):
    """Numbers one by one; `weight` and `bias` are of each number of a place."""

    how: int = field(kw_only=True)
    name: str = field(kw_only=True)
    weight: Any = None
    bias: Any = None
    numbers: dict[str, float] = field(default_factory=dict)
    loops: ClassVar[tuple[str, ...]] = (f"{_ROOM}.pointwise.pointwise",)

    def steps(self, room: Room) -> Iterator[Step]:
        """Make the steps: several inputs are combined two at a time."""
        out = self.output
        padded = whole_vectors(out.maps)
        fields: dict[str, Any] = dict(self.numbers)
        keep: list[Any] = []
        if self.weight is not None:
            for name, numbers in (("weight", self.weight), ("bias", self.bias)):
                fields[name], array = constant(numbers, padded)
                keep.append(array)
        first, *others = self.inputs
        for other in others or [first]:
            record = make(
                POINTWISE,
                how=self.how,
                **_spread(first, out, "input"),
                **_spread(other, out, "second"),
                **lying(out, "output"),
                rows=out.rows,
                columns=out.columns,
                vectors=out.vectors,
                chunks=rows_in_chunks(out),
                **fields,
            )
            yield self.step(self.name, self.loops[0], record, *keep)
            first = out


def _spread(value: Value, out: Value, name: str) -> dict[str, int]:
    """Return where a value lies; a single row or column is read again for each of the output."""
    fields = lying(value, name)
    for side, step in (("rows", "row"), ("columns", "pixel")):
        if getattr(value, side) < getattr(out, side):
            fields[step if name == "input" else f"{name}_{step}"] = 0
    return fields


@dataclass(eq=False)
class Normalising(Operation):
    """What looks along the maps at each place: local response normalisation, and softmax."""

    layer: LocalResponse | None = None
    loops: ClassVar[tuple[str, ...]] = (
        f"{_ROOM}.normalising.local_response",
        f"{_ROOM}.normalising.softmax",
    )

    def steps(self, room: Room) -> Iterator[Step]:
        """Make the step."""
        given, out, layer = self.inputs[0], self.output, self.layer
        fields: dict[str, Any] = {}
        if layer is not None:
            size = 2 * (whole_vectors(given.maps) + layer.size)
            fields = {
                "neighbours": layer.size,
                "below": (layer.size - 1) // 2,
                "scratch": room.take(room.threads * size),
                "thread_scratch": size,
                "is_quick": layer.beta == 0.75,
                "factor": layer.alpha / layer.size if layer.divided else layer.alpha,
                "offset": layer.k,
                "power": layer.beta,
            }
        record = make(
            NORMALISE,
            **lying(given, "input"),
            **lying(out, "output"),
            rows=out.rows,
            columns=out.columns,
            maps=given.maps,
            vectors=given.vectors,
            chunks=rows_in_chunks(out),
            **fields,
        )
        way = "softmax" if layer is None else "local response"
        yield self.step(way, self.loops[layer is None], record)


@dataclass(eq=False)
class Connecting(Weighted):
    """What is fully connected; `is_squared`: distances to codes instead of products."""

    weight: Floats = field(kw_only=True)
    is_squared: bool = False
    loops: ClassVar[tuple[str, ...]] = (f"{_ROOM}.linear.connect",)

    def steps(self, room: Room) -> Iterator[Step]:
        """Make the step. Weights are used where they are, unless something multiplies them."""
        outputs, inputs = self.weight.shape
        weight = self.weight
        if np.any(self.scale != 1):
            weight = (weight * self.scale.reshape(-1, 1)).astype(np.float32)
        bias, kept = constant(np.broadcast_to(self.shift, (outputs,)))
        record = make(
            LINEAR,
            weights=address(weight),
            inputs=inputs,
            outputs=outputs,
            input=self.inputs[0].address,
            bias=bias,
            output=self.output.address,
            chunks=chunks_for(outputs * inputs, max(1, outputs // 8)),
            squared=self.is_squared,
            low=self.low,
            high=self.high,
        )
        yield self.step("rows of weights", self.loops[0], record, weight, kept)


@dataclass(eq=False)
class Moving(Operation):
    """Numbers in another order: axes exchanged, shapes changed, maps put together.

    Attributes
    ----------
    order : of the axes of the input, as numpy.transpose takes it
    first : the first map of the output that is written
    pads : rows above and columns to the left of what is written; what is negative is cut
    fill : what lies around it
    """

    order: tuple[int, ...] = ()
    first: int = 0
    pads: Pair | None = None
    fill: float = 0.0
    loops: ClassVar[tuple[str, ...]] = (f"{_ROOM}.moving.move", f"{_ROOM}.moving.fill_rows")

    def steps(self, room: Room) -> Iterator[Step]:
        """Make the steps."""
        given, out = self.inputs[0].array(), self.output.array()
        if self.pads is not None:
            yield self._filled()
            given, out = _overlap(given, out, self.pads)
        if self.order:
            given = given.transpose(self.order)
        if given.shape != out.shape and given.ndim == out.ndim:
            out = out[self.first : self.first + given.shape[0]]
        elif given.shape != out.shape:
            given, out = self._reshaped(given, out)
        yield self._move(given, out)

    def _reshaped(self, given: Floats, out: Floats) -> tuple[Floats, Floats]:
        """Return both with the axes of that one whose numbers lie in no row."""
        if len(self.inputs[0].shape) == 3 and len(self.output.shape) != 3:
            return given, out.reshape(given.shape)
        if len(self.inputs[0].shape) != 3:
            return given.reshape(out.shape), out
        raise AssertionError("from maps to maps in two steps")

    def _filled(self) -> Step:
        out = self.output
        record = make(
            FILL,
            output=out.address,
            output_row=out.row,
            length=(out.columns - 1) * out.pixel + whole_vectors(out.maps),
            rows=out.rows,
            value=self.fill,
        )
        return self.step("fill", self.loops[1], record, chunks=1)

    def copying(self, array: Floats) -> Step:
        """Return the step that copies an array to the output; its address can be exchanged."""
        return self._move(array, self.output.array())

    def _move(self, given: Floats, out: Floats) -> Step:
        """Return the step that copies an array; the axis whose numbers lie closest goes last."""
        axes = sorted(range(out.ndim), key=lambda axis: -out.strides[axis])
        if len(axes) > 1 and out.shape[axes[-1]] < lanes():
            axes[-2:] = axes[-1], axes[-2]  # one long row of them rather than many short ones
        missing = MOVED_AXES - len(axes)
        if missing < 0:
            name = self.layers[0]
            raise ArgumentError(f"layer {name!r}: {len(axes)} axes are more than {MOVED_AXES}")
        fields: dict[str, int] = {}
        for number in range(MOVED_AXES):
            axis = axes[number - missing] if number >= missing else None
            fields[f"n{number}"] = 1 if axis is None else out.shape[axis]
            fields[f"i{number}"] = 0 if axis is None else given.strides[axis] // FLOAT
            fields[f"o{number}"] = 0 if axis is None else out.strides[axis] // FLOAT
        record = make(
            MOVE,
            **fields,
            input=address(given),
            output=address(out),
            chunks=chunks_for(out.size, fields["n3"] * fields["n4"]),
        )
        return self.step("move", self.loops[0], record)


def _overlap(given: Floats, out: Floats, pads: Pair) -> tuple[Floats, Floats]:
    """Return what is copied, and where to, where maps are padded or cut."""
    taken: list[slice] = [slice(None)]
    written: list[slice] = [slice(None)]
    for axis, before in enumerate(pads, 1):
        start, stop = max(0, -before), min(given.shape[axis], out.shape[axis] - before)
        taken.append(slice(start, stop))
        written.append(slice(start + before, stop + before))
    return given[tuple(taken)], out[tuple(written)]


def loops_of(operations: Sequence[Operation]) -> dict[str, None]:
    """Return the names of all loops that operations may need, those first that take longest."""
    return dict.fromkeys(name for each in operations for name in each.loops)
