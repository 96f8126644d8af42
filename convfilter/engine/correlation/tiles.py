"""Tiles that are correlated by transforms, each pair in the first way that is accurate enough."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from convfilter.engine.correlation.accuracy import (
    DOUBLE,
    LIKELY_IN_TILE,
    LIKELY_OF_PEAK,
    RELATIVE_ALLOWANCE,
    ROUNDING_ALLOWANCE,
    SINGLE,
    proven_error,
    roundoff,
    steps_of_tile,
)
from convfilter.engine.correlation.cells import Cells, cells_of, joined
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.layout import LEAST_SQUARED, Combine
from convfilter.engine.correlation.rectangle import by_products
from convfilter.engine.correlation.transform import LANES, Room, Transform
from convfilter.engine.planning import place_of, whole_size, within
from convfilter.engine.window.axes import Axis
from convfilter.engine.window.source import Part, Source
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import is_rehearsal, loop
from convfilter.runtime.memory import lent

FAINT = 2.0**20
"""The root mean square of responses that are to be squared is at least as many of the least."""


class _Entered(NamedTuple):
    """A pair that has been judged: its blank cells, the error allowed, and how it was looked at."""

    blanks: _Blanks
    least: float
    closely: bool


FEW_PAIRS, ASKED = 21, 7
"""Pairs of which none is asked before the others, and how many are asked of more."""

_NONE = lent(np.empty((1, 1), np.uint8))

_Blanks = list[tuple[int, Array, tuple[int, int]]]
"""Of planes, by part of a pair: which cells hold nothing but zeros, and how many there are."""


class Work:
    """Correlates pairs of planes of tiles."""

    def __init__(
        self,
        operation: Correlation,
        image: Array,
        size: int,
        dtype: np.dtype[Any],
        output: Array,
        first: int = 0,
    ) -> None:
        """Take the side of tiles, the dtype of transforms, and memory for the output.

        The first output is that of row `first` of the whole, where the image is a part of one.
        """
        part = Part(image, operation.rows, operation.columns)
        self._source = source = Source(part, operation.border, operation.fill, dtype)
        self._operation, self._image, self._output = operation, image, output
        self._size, self._dtype, self._first = size, dtype, first
        self._whole = _rows_of_whole(operation.rows, image, first)
        self._rows = source.row_sources(0, source.rows.outputs)
        self._padded = source.plane_record(self._rows)
        self._transform = Transform.of(size, dtype)
        shape = operation.scaled[0].shape
        kernels = [kernel.tobytes() for kernel in operation.scaled]
        dilations = source.rows.dilation, source.columns.dilation
        self._spectra = [
            lent(self._transform.spectrum(kernel, shape, *dilations)) for kernel in kernels
        ]
        self._steps = steps_of_tile(size, source.rows, source.columns)
        self._across = -(-source.columns.outputs // self._steps[1]) * source.channels
        self.planes = -(-source.rows.outputs // self._steps[0]) * self._across
        self.bad: list[int] = []  # something in it leaves all to sums of products
        self._channels: dict[int, Array] = {}
        self._several = operation.combine != Combine.NONE
        squares = operation.combine == Combine.L2
        least_squared = LEAST_SQUARED[dtype.name] if squares else 0.0
        self._faint = FAINT * least_squared
        self._smallest = max(1e-20 if dtype == SINGLE else 1e-200, least_squared)
        self._unit = LIKELY_IN_TILE * roundoff(dtype)
        peaks = [float(np.abs(kernel).max()) for kernel in operation.scaled]
        self._unit_of_peak = LIKELY_OF_PEAK * roundoff(dtype) * joined(peaks, operation.combine)
        self._allowance = RELATIVE_ALLOWANCE.get(output.dtype.name, 0.0)
        kinds = source.image_dtype.kind, output.dtype.kind
        self._measures = not operation.is_integer and "f" in kinds
        self._cells: Cells | None = None
        if self._measures and output.dtype.kind == "f":
            axes = self._whole, source.columns
            self._cells = cells_of(*axes, tuple(kernels), shape, operation.combine, size)
        self._norms = [float(np.linalg.norm(kernel)) for kernel in operation.scaled]
        self._sign = _sign(operation)
        self._target = operation.target(output, dtype)
        self._add = (
            loop("engine.correlation.loops.sums.combine", T=dtype) if self._several else None
        )
        self._correlate = loop("engine.correlation.loops.fft.correlate", T=dtype)
        self._enter = loop("engine.correlation.loops.tiles.enter", T=dtype)
        self._judge = loop("engine.correlation.loops.tiles.judge", T=dtype)
        self._leave = loop("engine.correlation.loops.tiles.leave", T=dtype)

    @np.errstate(over="ignore", invalid="ignore")  # where loops run as plain Python
    def __call__(self, start: int, stop: int) -> None:
        """Correlate those pairs, each in the first way that is accurate enough for it."""
        room = Room.of(self._operation, self._transform, self._cells)
        for pair in range(start, stop):
            if self.bad:
                return
            if not self._correlate_pair(pair, room):
                self._again(pair)

    def wants_double(self) -> bool:
        """Tell whether most pairs ask for float64, as far as a few of them tell.

        Where those lie depends on the image alone, so that it does not matter who asks.
        """
        columns = self._source.columns
        wide = columns.outputs + whole_size(self._image.shape[:2])[1] - columns.size
        across = -(-wide // self._steps[1]) * self._source.channels
        pairs = -(-(-(-self._whole.outputs // self._steps[0]) * across) // 2)
        if self._cells is None or pairs < FEW_PAIRS:
            return False
        asked = range(pairs // (2 * ASKED), pairs, pairs // ASKED)
        part = within()
        if part is None:
            return 2 * self._refused(asked) > ASKED
        added = len(self._output) - (self._whole.outputs - self._whole.size + len(self._image))
        size = len(self._output) - added, columns.outputs
        before = self._first // self._steps[0] * self._across // 2

        def gather(own: tuple[slice, slice]) -> int:
            """Ask those pairs whose first output is this part's own."""
            down = range(own[0].start + added, own[0].stop + added)
            along = range(own[1].start, own[1].stop)
            here = ((pair - before, *self._place(2 * (pair - before))) for pair in asked)
            return self._refused([p for p, top, left, _ in here if top in down and left in along])

        return 2 * int(part.figure("pairs", size, gather, operator.add)) > ASKED

    def _refused(self, asked: Iterable[int]) -> int:
        """Return how many of some pairs ask for float64."""
        assert self._cells is not None
        room = Room.of(self._operation, self._transform, self._cells)
        gains = [abs(float(kernel.sum())) for kernel in self._operation.scaled]
        refused = 0
        for pair in asked:
            self._load(pair, room)
            judged = self._judged(pair, room, self._cells, closely=True)
            before = math.sqrt(room.found.memory[1]) / self._size
            likely = [before * gain for gain in gains]
            refused += judged is None or self._error(room, before, likely) > judged[1]
        return refused

    def _load(self, pair: int, room: Room) -> None:
        cell_rows = 0 if self._cells is None else self._cells.shape[0]
        place = self._size, *self._steps, self._across, 2 * pair
        memory = room.sums, room.ends, room.lines, room.loaded
        self._enter(self._padded, self._rows.size, *place, cell_rows, *memory)

    def _entered(self, pair: int, room: Room) -> _Entered | None:
        """Load a pair of planes, and judge it; None where float errors might be too large."""
        size, cells = self._size, self._cells
        self._load(pair, room)
        if cells is None:
            return _Entered([], 0.0, True)
        for closely in (False, True):
            judged = self._judged(pair, room, cells, closely)
            if judged is None:
                if self._dtype == DOUBLE:
                    self.bad.append(1)
                return None
            blanks, least = judged
            before = math.sqrt(room.found.memory[1]) / size
            if self._error(room, before, [0.0] * len(self._spectra)) <= least:
                return _Entered(blanks, least, closely)
        return None

    def _correlate_pair(self, pair: int, room: Room) -> bool:
        """Correlate a pair of planes; tell whether that was accurate enough."""
        size, cells, spectra = self._size, self._cells, self._spectra
        place = size, *self._steps, self._across, 2 * pair
        entered = self._entered(pair, room)
        if entered is None:
            return bool(self.bad)
        blanks, least, closely = entered
        afters, tile = [], room.tile
        for number, spectrum in enumerate(spectra):
            if self._several:
                tile.memory[:] = room.loaded.memory
            work = size, self._measures, room.energies, tile
            self._correlate(spectrum, *self._transform.twiddles, *work)
            afters.append(math.sqrt(room.energies.memory[1]) / size)
            if self._add is not None:
                self._add(tile, int(number == 0), self._operation.combine, 0.0, room.combined)
        if self._measures and sum(afters) < self._faint and room.loaded.memory.any():
            return False  # squares would lose digits
        if self._measures and not is_rehearsal():
            before = math.sqrt(room.energies.memory[0])
            if cells is not None:
                error = self._error(room, before / size, afters)
            else:
                error = proven_error(self._operation.scaled, size, self._dtype, before)
                least = ROUNDING_ALLOWANCE[self._output.dtype.name]
            if cells is not None and not (error <= least or closely):
                blanks, least = self._judged(pair, room, cells, closely=True) or ([], 0.0)
            if not error <= least:
                return False
        for part, blank, needed in blanks:
            assert cells is not None
            clear = loop("engine.correlation.loops.tiles.clear", T=self._dtype)
            clear(blank, *needed, *cells.shape, size, part, room.combined)
        shape = *self._output.shape, self._source.channels
        finish = self._operation.is_integer, *self._range(room.ends.memory), room.lines
        bad = self._leave(
            room.combined, self._target, *shape, *place, *finish, room.target, room.rows
        )
        if bad:
            self.bad.append(bad)
        return True

    def _judged(
        self, pair: int, room: Room, cells: Cells, closely: bool
    ) -> tuple[_Blanks, float] | None:
        """Return the blank cells of a pair, and the error allowed around each of its outputs.

        None where some sum is not finite. A look that is not close finds less to be allowed.
        """
        blanks: _Blanks = []
        room.found.memory[:] = math.inf, 0.0, 0.0
        planes = range(2 * pair, min(2 * pair + 2, self.planes))
        places = [self._place(plane) for plane in planes]
        around = [cells.around(self._first + top, left) for top, left, _ in places]
        memory = room.cells, room.cell_lines
        if not closely and len(around) == 2 and around[0] is around[1]:
            known = self._size, *cells.shape, *around[0], *cells.reach, *memory
            count = self._judge(room.sums, room.ends, 2, 0, *known, _NONE, room.found)
            return None if count else (blanks, self._allowed(float(room.found.memory[0])))
        for part, place in enumerate(around):
            blank = np.empty(cells.number if closely else (1, 1), np.uint8)
            known = self._size, *cells.shape, *place, *cells.reach, *memory
            count = self._judge(room.halves[part], room.ends, 1, closely, *known, blank, room.found)
            if count == -1:
                return None
            if count:
                blanks.append((part, blank, (place.rows, place.columns)))
        return blanks, self._allowed(float(room.found.memory[0]))

    def _place(self, plane: int) -> tuple[int, int, int]:
        """Return the first output row and column of a plane, and its channel."""
        top, across = divmod(plane, self._across)
        left, channel = divmod(across, self._source.channels)
        return top * self._steps[0], left * self._steps[1], channel

    def _allowed(self, least: float) -> float:
        """Return the error allowed where sums of absolute products are at least so large."""
        if least < self._smallest:
            return 0.0
        return self._allowance * (least + abs(self._operation.offset))

    def _error(self, room: Room, before: float, afters: Sequence[float]) -> float:
        """Return a distance that errors stay below; `before` and `afters` are root mean squares.

        Where a single pixel outshines all others, errors are as large at every output.
        """
        errors = [before * norm + after for norm, after in zip(self._norms, afters, strict=True)]
        together = errors[0] if not self._several else joined(errors, self._operation.combine)
        return self._unit * together + self._unit_of_peak * float(room.found.memory[2])

    def _range(self, ends: Array) -> tuple[float, float]:
        """Return what no result leaves: one side of zero, if all numbers are of one sign."""
        if self._cells is None or not self._sign:
            return -math.inf, math.inf
        sides = (-math.inf, 0.0), (0.0, math.inf)
        if ends[:LANES].min() >= 0:
            return sides[self._sign > 0]
        if ends[LANES:].max() <= 0:
            return sides[self._sign < 0]
        return -math.inf, math.inf

    def _again(self, pair: int) -> None:
        """Correlate a pair in float64, or, if that was not enough, by sums of products.

        Where not even float64 can hold the sums of a cell, all is left to these.
        """
        if self._dtype == SINGLE:
            self._in_double(pair, pair + 1)
            return
        for plane in range(2 * pair, min(2 * pair + 2, self.planes)):
            top, left, channel = self._place(plane)
            output = self._output.reshape(len(self._output), -1, self._source.channels)
            wanted = output[top : top + self._steps[0], left : left + self._steps[1], channel]
            by_products(self._operation, self._channel(channel), top, left, wanted)

    @functools.cached_property
    def _in_double(self) -> Work:
        work = Work(self._operation, self._image, self._size, DOUBLE, self._output)
        work.bad = self.bad
        return work

    def _channel(self, channel: int) -> Array:
        pixels = self._channels.get(channel)
        if pixels is None:
            pixels = np.ascontiguousarray(self._image[:, :, channel : channel + 1])
            self._channels[channel] = pixels
        return pixels


def _rows_of_whole(rows: Axis, image: Array, first: int) -> Axis:
    """Return how windows walk down the whole that an image is a part of.

    `rows` are those of the part, which begin at row `first` of the outputs of the whole.
    """
    place = place_of((image.shape[0], image.shape[1]))
    if place is None:
        return rows
    whole, added = place.whole[0], place.origin[0] - first
    return rows._replace(
        size=whole, before=rows.before - added, outputs=rows.outputs - added + whole - rows.size
    )


def _sign(operation: Correlation) -> int:
    """Return 1 or -1 where all weights of a single kernel have that sign or are zero, else 0."""
    kernel = operation.scaled[0]
    if operation.combine != Combine.NONE:
        return 0
    return int(kernel.min() >= 0) - int(kernel.max() <= 0)
