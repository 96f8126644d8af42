"""Carry out a checked correlation: strips in, weighted sums, responses joined, results stored."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.choose import choose
from convfilter.engine.gain import gain_for_squares
from convfilter.engine.geometry import Axis, Border, Outline
from convfilter.engine.loops.layout import BLOCK, PITCH, ROWS_AT_ONCE
from convfilter.engine.plan import Combine, Plan, Request
from convfilter.engine.schedule import Schedule, Weights
from convfilter.engine.strips import Part, StripReader
from convfilter.engine.taps import exact_taps, tap_arrays, worth_runs
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import bound, loop
from convfilter.runtime.memory import Scratch, of_thread
from convfilter.runtime.threads import run_bands

if TYPE_CHECKING:
    from convfilter.engine.gradient import Halves

COMBINES: tuple[Combine, ...] = get_args(Combine)
JOINS: dict[Combine | None, int] = {None: 0, "abs": 1, "l1": 1, "l2": 2, "max": 3, "max-abs": 4}
"""What the loop calls them."""


@dataclass(frozen=True)
class Call:
    """A checked call of `correlate_bank`; `gain` is a power of two that keeps squares in range."""

    image: Array | Outline
    shape: tuple[int, ...]
    kernels: tuple[Weights, ...]
    request: Request
    gain: float = 1.0
    plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plan", choose(self.kernels, self.request))

    @property
    def pixels(self) -> Array:
        """The image, which is there."""
        assert not isinstance(self.image, Outline)
        return self.image

    @cached_property
    def gradient(self) -> Halves | None:
        """The weights of a gradient, if the loop for gradients serves the call."""
        # in 16 bits the general loops are as fast; a difference of doubles might overflow
        single = self.plan.accumulator == np.float32
        if self.request.combine == "l2" and self.request.is_dense and single:
            from convfilter.engine.gradient import halves

            return halves([kernel * self.request.scale for kernel in self.kernels])
        return None

    def by_sums(self) -> Call:
        """Return the same call with sums of products, which serve all values."""
        return replace(self, request=replace(self.request, only_sums=True))

    def with_range(self) -> Call:
        """Return the same call with sums in float64."""
        return replace(self, request=replace(self.request, needs_range=True))

    @property
    def rows(self) -> Axis:
        """How the window walks down the image."""
        return self.request.rows

    @property
    def columns(self) -> Axis:
        """How the window walks along the rows of the image."""
        return self.request.columns

    @property
    def border(self) -> Border:
        """What stands beyond the edge."""
        return self.request.border

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the result."""
        return self.request.output_dtype

    @property
    def effort(self) -> int:
        """Multiplications for each output."""
        return sum(schedule.taps for schedule in self.plan.schedules)

    @property
    def in_parts(self) -> bool:
        """Whether parts of the image are served alone, and give the same bits."""
        return self.plan.algorithm not in ("box", "fft")

    def ready(self, part: Part) -> Response:
        """Make a part of the call ready."""
        return Response.of(self, part)

    def is_served(self, size: float) -> bool:
        """Tell whether images of floats of this largest size are served as planned."""
        request = self.request
        if request.combine != "l2" or self.image.dtype.kind != "f":
            return True
        if size == float("inf"):
            return False
        return gain_for_squares(size, self.kernels, request.scale, request.fill) == self.gain

    def bound(self, size: float) -> float:
        """Return a bound on the size of outputs, from one on the size of the image's values."""
        sums = [schedule.absolute_sum for schedule in self.plan.schedules]
        return 1.001 * sum(sums) * max(size, abs(self.request.fill)) + abs(self.request.offset)


STRIP_BYTES = 1 << 19
"""All the memory that a band works in stays in a cache of a megabyte."""

SPREAD_BYTES = 1 << 20
"""Of strips, what lies between the rows of narrow tiles included."""

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
        case _:
            output, bad = _run_sums(call, workers)
    rows, columns = call.request.rows, call.request.columns
    return output.reshape(rows.outputs, columns.outputs, *call.shape[2:]), bad


def _run_sums(call: Call, workers: int) -> tuple[Array, int]:
    response = Response.of(call)
    outputs = call.rows.outputs
    output = memory.empty((outputs, response.reader.output_length), call.dtype)
    bad: list[int] = []

    def work(start: int, stop: int) -> None:
        rows = response.reader.row_sources(start, stop - start)
        bad.append(response.bind(rows, output[start:stop], of_thread)() or 0)

    run_bands(outputs, response.reader.output_length * call.plan.cost, workers, work)
    return output, sum(bad)


@dataclass(frozen=True)
class Response:
    """A call made ready: what all bands of its rows have in common."""

    call: Call
    reader: StripReader
    tiles: Tiles | None
    taps: tuple[NDArray[Any], ...]
    gradient: Halves | None = None

    @classmethod
    def of(cls, call: Call, part: Part | None = None) -> Response:
        """Make a call, or a part of it, ready."""
        request = call.request
        part = part or Part(call.pixels, request.rows, request.columns)
        reader = part.reader(request.border, request.fill, call.plan.accumulator)
        made, width = _made(call.plan), reader.columns.outputs
        if reader.dtype == np.int16:
            taps = made.exact.get(width)
            if taps is None:
                taps = made.exact[width] = exact_taps(reader, call.plan.schedules)
            return cls(call, reader, None, taps)
        if (gradient := call.gradient) is not None:
            return cls(call, reader, None, (), gradient)
        if request.image_dtype.kind == "f":  # few images are
            from convfilter.engine import direct

            if direct.is_served(request, call.plan.schedules, reader.dtype):
                return cls(call, reader, None, ())
        tiles = made.tiles.get(width)
        if tiles is None:
            tiles = made.tiles[width] = Tiles.of(reader, call.plan.schedules)
        return cls(call, reader, tiles, tiles.taps)

    def bind(
        self, rows: NDArray[np.int64], out: Array, scratch: Scratch
    ) -> Callable[[], int | None]:
        """Return the call that computes output rows from those padded rows into `out`.

        It returns how many sums were NaN or infinite.
        """
        call = self.call
        if self.gradient is not None:
            from convfilter.engine.gradient import bind_magnitude

            factors = 1 / call.gain, call.request.offset
            image = call.image.dtype
            return bind_magnitude(self.reader, self.gradient, image, *factors, rows, out, scratch)
        if self.tiles is not None:
            return self._bind(rows, out, scratch)
        if self.reader.dtype == np.int16:
            return self._bind_exact(rows, out, scratch)
        from convfilter.engine import direct

        schedule, request = call.plan.schedules[0], call.request
        return direct.bind(self.reader, schedule, request.fill, request.offset, rows, out, scratch)

    def _bind(self, rows: NDArray[np.int64], out: Array, scratch: Scratch) -> Callable[[], int]:
        call, reader, tiles = self.call, self.reader, self.tiles
        request = call.request
        assert tiles is not None
        join = JOINS[request.combine]
        dtype = reader.dtype
        rounded = request.output_dtype.kind != "f"
        limits = (
            (np.iinfo(request.output_dtype).min, np.iinfo(request.output_dtype).max)
            if rounded
            else (0, 0)
        )
        strip_rows = tiles.strip_rows(out.shape[0])
        some_rows = ROWS_AT_ONCE * tiles.pitch
        joined = scratch.take("joined", some_rows, dtype)
        return bound(
            loop(
                "engine.loops.correlate.respond",
                S=request.image_dtype,
                T=dtype,
                D=request.output_dtype,
            ),
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
            request.offset,
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
        reader, request = self.reader, self.call.request
        join = JOINS[request.combine]
        within = np.iinfo(np.int16)
        limits = within if request.output_dtype.kind == "f" else np.iinfo(request.output_dtype)
        lowest, highest = max(within.min, limits.min), min(within.max, limits.max)
        at_once = min(reader.strip_rows(strip_bytes=STRIP_BYTES), out.shape[0])
        # rows that begin with a line of the cache: fewer vectors lie across two
        length = -(-reader.row_length // BLOCK) * BLOCK
        strip = reader.strip_height(at_once), length
        squares = reader.output_length if join == 2 else 0
        return bound(
            loop("engine.loops.exact.respond", S=request.image_dtype, D=request.output_dtype),
            *reader.sources_at(rows),
            reader.rows.stride,
            reader.rows.reach,
            *self.taps,
            join,
            join == 0 and request.output_dtype == np.int16 and request.offset == 0,
            request.offset,
            lowest,
            highest,
            scratch.take("strip", strip, reader.dtype),
            scratch.take("rows", (3, length), reader.dtype),
            scratch.take("squares", squares, np.dtype(np.float32)),
            out,
        )


@dataclass(frozen=True)
class Tiles:
    """The tiles of columns that `correlate.respond` works on, and the taps as it takes them."""

    rows: Axis
    dtype: np.dtype[Any]
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
        in_runs = dense and worth_runs(schedules, reader.dtype.name)
        strips = keeps_rows + sum(schedule.along_rows is not None for schedule in schedules)
        taps = tap_arrays(reader, schedules, pitch, in_runs, int(keeps_rows))
        return cls(rows, reader.dtype, width, halo, pitch, in_runs, strips, taps)

    def strip_rows(self, outputs: int) -> int:
        """Return how many rows a strip has to have for so many output rows, or fewer at a time."""
        rows, size = self.rows, self.dtype.itemsize
        used = (self.width + self.halo) * size  # of each row
        within_cache = min(STRIP_BYTES // used, SPREAD_BYTES // (self.pitch * size)) // self.strips
        # at least as many new rows as are moved up
        at_once = max(within_cache - rows.reach, rows.reach, ROWS_AT_ONCE) // rows.stride
        at_once = max(1, min(at_once, outputs))
        at_once = -(-at_once // ROWS_AT_ONCE) * ROWS_AT_ONCE
        return int((at_once - 1) * rows.stride + rows.reach)


@dataclass(eq=False)
class _Made:
    """What has been made of a plan, for parts of as many columns: tiles, or taps for integers."""

    tiles: dict[int, Tiles] = field(default_factory=dict)
    exact: dict[int, tuple[NDArray[Any], ...]] = field(default_factory=dict)


@functools.lru_cache(maxsize=64)
def _made(plan: Plan) -> _Made:
    """Return what has been made of a plan; plans are kept for the same calls again."""
    return _Made()


def _run_box(call: Call, workers: int) -> tuple[Array, int]:
    from convfilter.engine.box import run_box

    request = call.request
    return run_box(
        call.pixels,
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
    from convfilter.engine import fft

    request = call.request
    output = fft.run(
        call.pixels,
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
