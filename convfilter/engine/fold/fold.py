"""Maxima, minima and means of windows: what pooling and rank filters share.

A window is folded down its columns first, then along rows at every column, and the columns that the
stride skips are dropped last: cheaper than gathering, since all three are plain vector work. High
windows without stride or dilation are folded in blocks (van Herk, *A fast algorithm for local
minimum and maximum filters on rectangular and octagonal kernels*, 1992; Gil and Werman, *Computing
2-D min, median, and max filters*, 1993).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from convfilter.engine.operation import Operation, share_out
from convfilter.engine.planning import Plan
from convfilter.engine.window import target
from convfilter.engine.window.axes import Axis
from convfilter.engine.window.source import Part, RowSources, Source
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import Loop, loop
from convfilter.runtime.memory import Scratch, of_thread

Reduce = Literal["max", "mean", "min"]

Counts = NDArray[np.int64]

MOST_TAPS_AT_ONCE = 5
"""Taps that a pass along dense rows takes, at most: each covers so many times more columns."""

BYTES, PLACES = np.dtype(np.uint8), np.dtype(np.int64)

NONE = bytes(8)
"""No counts."""


class Means(NamedTuple):
    """How sums become means.

    Attributes
    ----------
    sums, numbers : dtypes of the sums, and of the division
    row_counts, column_counts : how many taps count of the windows of each row and column (integers)
    alike : the taps that every window counts, 0 where not all count as many
    """

    sums: np.dtype[Any]
    numbers: np.dtype[Any]
    row_counts: bytes
    column_counts: bytes
    alike: int

    @classmethod
    def of(
        cls, sums: DTypeLike, numbers: DTypeLike, row_counts: Counts, column_counts: Counts
    ) -> Means:
        """Return the means of windows that count so many taps down and along."""
        are_alike = all((counts == counts[0]).all() for counts in (row_counts, column_counts))
        return cls(
            np.dtype(sums),
            np.dtype(numbers),
            row_counts.tobytes(),
            column_counts.tobytes(),
            int(row_counts[0] * column_counts[0]) if are_alike else 0,
        )

    @property
    def share(self) -> float:
        """The inverse of the taps that every window counts, if that is a power of two, else 0."""
        taps = self.alike
        return 1 / taps if taps and taps & (taps - 1) == 0 else 0.0


class Sampling(NamedTuple):
    """Which columns are results: ``j * step + k * group_step`` for all `k` below `group`."""

    step: int
    group: int
    group_step: int


@dataclass(frozen=True, eq=False)
class Fold(Operation):
    """Windows folded into their maximum, minimum or mean.

    Attributes
    ----------
    reduce : into which of them
    means : how sums become means
    over_channels : windows lie along the channels of a pixel, and the results are these of all
        positions along a row of numbers; None for windows over rows and columns of pixels
    """

    reduce: Reduce
    means: Means | None = None
    over_channels: Sampling | None = None
    counts_nan = False

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """The shape of the result (H', W', C')."""
        if self.over_channels is None:
            return super().output_shape
        height, width, _ = self.outline.shape
        return height, width, self.over_channels.group

    def bound(self, size: float) -> float:
        """Return a bound on absolute outputs; a fill that is infinite is one that never wins."""
        return super().bound(size) if math.isfinite(self.fill) else size

    def ways(self) -> Iterator[Plan]:
        """Yield the folding row by row, and that in blocks."""
        kind = self.dtype if self.means is None else self.means.sums
        exact = self.means is None or self.outline.dtype.kind != "f"
        size = f"{self.reduce} of {self.window}, down columns, then along rows"
        if self.over_channels is not None:
            size = f"{self.reduce} of {self.columns.window} channels"
        passes = self.passes
        along = passes.taps + passes.passes + 1
        per_tap = 0.005 * kind.itemsize
        steps = self.rows.stride * self.columns.stride
        cost = per_tap * (self.rows.window + along * self.rows.stride) * steps
        effort = self.rows.window + passes.taps
        in_parts = self.over_channels is None and (self.means is None or self.means.alike > 0)
        yield Plan(
            "separable",
            kind,
            exact,
            f"{size}, in {kind}",
            cost,
            effort,
            ready=_Ready if in_parts else None,
            run=None if in_parts else _run,
        )
        is_extreme = self.means is None and self.over_channels is None
        if self.is_dense and is_extreme and self.rows.window > 1:
            reason = f"{size}, in blocks as high as the window, in {kind}"
            cost = per_tap * (6 + along)
            yield Plan("blocks", kind, exact, reason, cost, effort, ready=_ReadyInBlocks)

    @functools.cached_property
    def passes(self) -> Passes:
        """The passes along the rows, their shifts in numbers."""
        step = self.columns.dilation
        if self.over_channels is None:
            step *= self.outline.shape[2]
        at_once = MOST_TAPS_AT_ONCE if self.means is None else self.columns.window
        return Passes.of(self.columns.window, at_once, step)

    @functools.cached_property
    def counts_along_rows(self) -> bytes:
        """How many columns of taps each number of a row of results counts."""
        assert self.means is not None
        counts = np.frombuffer(self.means.column_counts, np.int64)
        return counts.repeat(self.sampling.group).tobytes()

    @functools.cached_property
    def sampling(self) -> Sampling:
        """The numbers of a folded row that are results."""
        channels = self.outline.shape[2]
        return self.over_channels or Sampling(self.columns.stride * channels, channels, 1)

    @functools.cached_property
    def beyond(self) -> bytes:
        """A pixel beyond the edge, folded down a column."""
        fill = self.fill if self.border == "constant" else 0
        channels = 1 if self.over_channels is not None else self.outline.shape[2]
        if self.means is None:
            return np.full(channels, fill, self.dtype).tobytes()
        return np.full(channels, fill * self.rows.window, self.means.sums).tobytes()


class Passes(NamedTuple):
    """Where the taps of each pass along the rows start, and the shift of each tap."""

    starts: bytes
    shifts: bytes
    passes: int
    taps: int
    """Of all passes."""
    is_pair: bool
    """Whether all there is to do is to join each number and the next."""

    @classmethod
    def of(cls, window: int, at_once: int, step: int) -> Passes:
        """Return the passes for a window along rows, of so many taps at once.

        A maximum of six taps, say, is the maximum of two maxima of three. Those may overlap, which
        sums may not: they take all taps at once.
        """
        starts: list[int] = [0]
        shifts: list[int] = []
        covered = 1
        while covered < window:
            left = -(-window // covered)
            wanted = left if at_once >= left else _balanced(left, at_once)
            shifts += [min(tap * covered, window - covered) * step for tap in range(wanted)]
            starts.append(len(shifts))
            covered = min(wanted * covered, window)
        is_pair = shifts == [0, 1]
        return cls(_as_bytes(starts), _as_bytes(shifts), len(starts) - 1, len(shifts), is_pair)


def _as_bytes(numbers: ArrayLike) -> bytes:
    """Return integers as loops take them that only read them."""
    return np.array(numbers, np.int64).tobytes()


def _balanced(taps: int, at_once: int) -> int:
    """Return how many taps the next pass takes, so that few passes take about as many each."""
    passes = math.ceil(math.log(taps, at_once))
    return next(wanted for wanted in range(2, at_once + 1) if wanted**passes >= taps)


@functools.lru_cache(maxsize=64)
def _at_every_column(columns: Axis) -> Axis:
    return replace(columns, stride=1, outputs=(columns.outputs - 1) * columns.stride + 1)


class _Rows:
    """The padded rows of a part with an output at every column.

    Attributes
    ----------
    source : the padded rows
    first, count, have_place : columns of the image that are read (see `Source.columns_read`)
    """

    def __init__(self, operation: Fold, part: Part) -> None:
        image, columns = part.image, part.columns
        if operation.over_channels is not None:
            image = image.reshape(image.shape[0], -1, 1)
        part = Part(image, part.rows, _at_every_column(columns), part.origin)
        self.source = Source(part, operation.border, operation.fill, image.dtype)
        self.first, self.count, self.have_place = self.source.columns_read()


class _Ready:
    """A part of a fold, made ready."""

    def __init__(self, operation: Fold, part: Part) -> None:
        self._operation = operation
        self._rows = _Rows(operation, part)

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], None]:
        """Return the call that computes output rows from those padded rows into `out`."""
        return self.bind_at(0, rows, out, scratch)

    def bind_at(
        self, first_output: int, rows: RowSources, out: Array, scratch: Scratch
    ) -> Callable[[], None]:
        """Do the same for rows of which the first is that one of the output."""
        operation, parts = self._operation, self._rows
        source, means = parts.source, operation.means
        dtype = operation.dtype if means is None else means.sums
        sampling, passes = operation.sampling, operation.passes
        down, along = _joins(operation)
        pairs = divide = 0
        if sampling == (2, 1, 1) and passes.is_pair:
            pairs = loop(f"{_name(operation)}_pairs", T=dtype).address
        row_counts = column_counts = NONE
        if means is not None:
            # of parts all windows count as many taps
            row_counts, column_counts = means.row_counts, operation.counts_along_rows
            divide = _division(means, operation.dtype).address
        item = dtype.itemsize
        length = source.row_length * item
        folded = 0 if parts.have_place else parts.count * source.channels * item
        return loop("engine.fold.loops.windows.fold").bind(
            source.record_in_place(rows),
            target.place(out),
            down.address,
            along.address,
            pairs,
            divide,
            *out.shape,
            parts.first,
            parts.count,
            source.rows.stride,
            source.rows.dilation,
            source.rows.window,
            passes.starts,
            passes.shifts,
            source.image_dtype.itemsize,
            item,
            operation.beyond,
            *sampling,
            first_output,
            row_counts,
            column_counts,
            0.0 if means is None else means.share,
            scratch.take("places", max(operation.rows.window, operation.columns.window), PLACES),
            scratch.take("line", length, BYTES),
            scratch.take("other", length, BYTES),
            scratch.take("folded", folded, BYTES),
            scratch.take("picked", out.shape[1] * item if means is not None else 0, BYTES),
            keep=(source, rows, out),
        )


JOINS = "engine.fold.loops.joins"


def _name(operation: Fold) -> str:
    """Return the name of the loop that joins rows as the operation does."""
    return f"{JOINS}.{ {'max': 'largest', 'min': 'smallest', 'mean': 'total'}[operation.reduce] }"


def _joins(operation: Fold) -> tuple[Loop, Loop]:
    """Return the loops that join rows of the image, and rows of what they became."""
    dtype, means = operation.outline.dtype, operation.means
    sums = dtype if means is None else means.sums
    name = _name(operation)
    return loop(name, S=dtype, T=sums), loop(name, S=sums, T=sums)


def _division(means: Means, result: np.dtype[Any]) -> Loop:
    """Return the loop that divides sums by the taps that they count."""
    if means.share == 0.25 and means.sums == np.uint16 and result == np.uint8:
        return loop(f"{JOINS}.divide_by_four")
    return loop(f"{JOINS}.divide", T=means.sums, N=means.numbers, D=result)


class _ReadyInBlocks:
    """A part of a fold of dense windows, made ready to be folded in blocks."""

    def __init__(self, operation: Fold, part: Part) -> None:
        self._operation = operation
        self._rows = _Rows(operation, part)

    def bind(self, rows: RowSources, out: Array, scratch: Scratch) -> Callable[[], None]:
        """Return the call that computes output rows from those padded rows into `out`."""
        operation, parts = self._operation, self._rows
        source, passes = parts.source, operation.passes
        item = operation.dtype.itemsize
        length = source.row_length * item
        width = parts.count * source.channels * item
        return loop("engine.fold.loops.windows.fold_in_blocks").bind(
            source.record_in_place(rows),
            target.place(out),
            _joins(operation)[1].address,
            *out.shape,
            parts.first,
            parts.count,
            source.rows.window,
            passes.starts,
            passes.shifts,
            item,
            operation.beyond,
            scratch.take("places", max(2, operation.columns.window), PLACES),
            scratch.take("line", length, BYTES),
            scratch.take("other", length, BYTES),
            scratch.take("folded", 0 if parts.have_place else width, BYTES),
            scratch.take("tails", (source.rows.window, _whole_lines(width)), BYTES),
            scratch.take("best", width, BYTES),
            keep=(source, rows, out),
        )


def _whole_lines(width: int) -> int:
    """Round up to whole lines of the cache: rows that begin with one are loaded faster."""
    return -(-width // memory.LINE_BYTES) * memory.LINE_BYTES


def _run(operation: Fold, image: Array, workers: int) -> tuple[Array, int]:
    """Fold an image whose windows do not count as many taps each."""
    ready = _Ready(operation, Part(image, operation.rows, operation.columns))

    def bind(start: int, rows: RowSources, out: Array) -> Callable[[], None]:
        return ready.bind_at(start, rows, out, of_thread)

    return share_out(operation, image, workers, bind)
